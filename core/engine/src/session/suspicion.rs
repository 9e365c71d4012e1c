//! What comes from the server and cannot be honest, and how little it can make us do by it.
//!
//! Nothing here protects a secret: signals that do not open are thrown away whatever the reason,
//! and who is on the other end of a link is proven on the link. It is about telling the person, and
//! about peers that the server made up: they cost bounded memory and work, and no honest peer their
//! place.

use core::time::Duration;

use parlor_proto::envelope::{OpenError, Route};
use parlor_proto::id::PeerId;
use parlor_proto::limits::ROOM_PEERS_MAX;

use super::Session;
use crate::notice::{Notice, Suspicion};
use crate::time::Moment;

/// Peers kept while a link to them lives although the server dropped them, and those it named.
const PEERS_MAX: usize = 2 * ROOM_PEERS_MAX;

/// How long a peer may say nothing before it gives way to one that was named after it: half of all
/// peers wait for our offer first, and then a slow phone answers.
const MUTE_PATIENCE: Duration = Duration::from_secs(15);

/// Connections to peers that never said anything: a full room at once, and then one after each
/// pause. A server could otherwise name others without end, and have us build a connection to each.
pub(super) const FIRST_TRIES_BURST: u32 = 2 * ROOM_PEERS_MAX as u32;
pub(super) const FIRST_TRIES_EVERY: Duration = Duration::from_secs(1);

/// Peers that are gone whose count of signals is remembered: many times the members of a room.
const COUNTERS_MAX: usize = 256;

impl Session {
    /// A peer is gone. The server may name it again and repeat what it once said.
    pub(super) fn remember_counter(&mut self, id: PeerId, last_counter: u64) {
        if last_counter == 0 {
            return;
        }
        if self.counters.len() == COUNTERS_MAX {
            self.counters.pop_front();
        }
        self.counters.push_back((id, last_counter));
    }

    /// How far a peer's signals were heard when it was last here.
    pub(super) fn take_counter(&mut self, id: PeerId) -> u64 {
        let at = self.counters.iter().position(|(gone, _)| *gone == id);
        let entry = at.and_then(|at| self.counters.remove(at));
        entry.map_or(0, |(_, counter)| counter)
    }

    /// Tells the person: once for each reason, however often it is seen.
    pub(super) fn suspect(&mut self, why: Suspicion) {
        if self.suspected.insert(why) {
            tracing::warn!(?why, "the server said what no honest one says");
            self.notice(Notice::ServerSuspected { why });
        }
    }

    /// A signal could not be opened, and is dropped.
    pub(super) fn on_unopened(&mut self, from: PeerId, payload: &str, error: OpenError) {
        let is_suspicious = match error {
            // Written by a member after all, of a later version.
            OpenError::BadSignal => false,
            OpenError::Malformed => true,
            OpenError::Forged => !self.is_for_former_self(from, payload),
        };
        if is_suspicious {
            self.suspect(Suspicion::Changed);
        }
    }

    /// Whether a signal was written for the name that the server had us under before this one: it
    /// may have been on its way while we came back.
    fn is_for_former_self(&self, from: PeerId, payload: &str) -> bool {
        let opens = |to| {
            let room = self.room;
            let route = Route { room, from, to };
            self.sealer.open(&route, payload).is_ok()
        };
        self.former_me.is_some_and(opens)
    }

    /// Whether there is a place for one more peer that the server named. Whoever never said a word
    /// may have to give theirs up.
    pub(super) fn has_place(&mut self) -> bool {
        let listed = self.peers.values().filter(|peer| peer.in_roster).count();
        if listed >= ROOM_PEERS_MAX {
            self.suspect(Suspicion::Roster);
        } else if self.peers.len() < PEERS_MAX {
            return true;
        }
        let now = self.now;
        let is_overdue = |met_at: Moment| met_at + MUTE_PATIENCE <= now;
        let mute = self.peers.values();
        let mute = mute.filter(|peer| peer.is_mute() && is_overdue(peer.met_at));
        let Some(longest) = mute.min_by_key(|peer| peer.met_at).map(|peer| peer.id) else {
            return false;
        };
        self.remove_peer(longest, "never said a word");
        true
    }
}
