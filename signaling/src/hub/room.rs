//! One room: who is in it, and what waits for those who are away. Held by the hub.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use parlor_proto::id::PeerId;

use super::ConnId;

/// Signals kept for a member who is away: an offer and the first candidates of it. Whoever was
/// away longer starts over anyway.
pub const HELD_SIGNALS_MAX: usize = 16;

/// A signal that waits for its receiver.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) from: PeerId,
    pub(super) payload: String,
}

#[derive(Debug)]
pub(super) enum Member {
    /// Connected.
    Here { conn: ConnId },
    /// The connection broke; the place is kept until then.
    Away {
        until: Duration,
        held: VecDeque<Held>,
    },
}

#[derive(Debug)]
pub(super) struct Room {
    pub(super) members: BTreeMap<PeerId, Member>,
    pub(super) limit: usize,
}

impl Room {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            members: BTreeMap::new(),
            limit,
        }
    }

    pub(super) fn is_full(&self) -> bool {
        self.members.len() >= self.limit
    }

    /// The connections of everybody who is here, except `peer`'s.
    pub(super) fn others_here(&self, peer: PeerId) -> impl Iterator<Item = ConnId> {
        self.members
            .iter()
            .filter_map(move |(id, member)| match member {
                Member::Here { conn } if *id != peer => Some(*conn),
                Member::Here { .. } | Member::Away { .. } => None,
            })
    }

    /// Everybody but `peer`, those who are away included.
    pub(super) fn roster(&self, peer: PeerId) -> Vec<PeerId> {
        self.members
            .keys()
            .copied()
            .filter(|id| *id != peer)
            .collect()
    }

    pub(super) fn longest_away(&self) -> Option<PeerId> {
        let away = self.members.iter().filter_map(|(id, member)| match member {
            Member::Away { until, .. } => Some((*until, *id)),
            Member::Here { .. } => None,
        });
        away.min().map(|(_, id)| id)
    }
}

pub(super) fn bytes_of(held: &VecDeque<Held>) -> usize {
    held.iter().map(|signal| signal.payload.len()).sum()
}
