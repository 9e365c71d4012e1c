//! Both links, and signaling carried by hand.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use parlor_core::rtc::{Channel, CloseReason, PathInfo, Role, RtcConfig, RtcEvent, RtcLink};
use tokio::sync::mpsc;

/// Far more than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Offerer,
    Answerer,
}

impl Side {
    pub(crate) fn index(self) -> usize {
        match self {
            Self::Offerer => 0,
            Self::Answerer => 1,
        }
    }

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Offerer => Self::Answerer,
            Self::Answerer => Self::Offerer,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Opened {
    pub(crate) path: Option<PathInfo>,
    pub(crate) local_fingerprint: String,
    pub(crate) remote_fingerprint: String,
}

/// Both links, signaling carried by hand, and what each side reported that nobody looked at yet.
pub(crate) struct Pair {
    pub(crate) links: [Option<RtcLink>; 2],
    pub(crate) events: mpsc::Receiver<(Side, RtcEvent)>,
    pub(crate) unread: VecDeque<(Side, RtcEvent)>,
    pub(crate) opened: [Option<Opened>; 2],
}

impl Pair {
    pub(crate) fn spawn(config: &RtcConfig) -> Self {
        let (sender, events) = mpsc::channel(64);
        let spawn = |side, role| Some(RtcLink::spawn(side, role, config.clone(), sender.clone()));
        Self {
            links: [
                spawn(Side::Offerer, Role::Offerer),
                spawn(Side::Answerer, Role::Answerer),
            ],
            events,
            unread: VecDeque::new(),
            opened: [None, None],
        }
    }

    pub(crate) async fn open(config: &RtcConfig) -> Self {
        let mut pair = Self::spawn(config);
        while pair.opened.iter().any(Option::is_none) {
            let event = pair.next_beyond_signaling().await;
            pair.unread.extend(event);
        }
        pair
    }

    pub(crate) fn link(&self, side: Side) -> &RtcLink {
        self.links[side.index()].as_ref().expect("not dropped yet")
    }

    /// Plays the server for one event; gives back what was not for it.
    pub(crate) async fn next_beyond_signaling(&mut self) -> Option<(Side, RtcEvent)> {
        let (side, event) = tokio::time::timeout(PATIENCE, self.events.recv())
            .await
            .expect("an event in time")
            .expect("links alive");
        match event {
            RtcEvent::LocalDescription { sdp } => {
                self.link(side.other())
                    .set_remote_description(sdp)
                    .expect("room");
                None
            }
            RtcEvent::LocalCandidate(candidate) => {
                if let Some(link) = &self.links[side.other().index()] {
                    // The other end may be gone already.
                    link.add_remote_candidate(candidate).ok();
                }
                None
            }
            RtcEvent::Open {
                path,
                local_fingerprint,
                remote_fingerprint,
            } => {
                self.opened[side.index()] = Some(Opened {
                    path,
                    local_fingerprint,
                    remote_fingerprint,
                });
                None
            }
            RtcEvent::Path(_) => None,
            event @ (RtcEvent::Frame { .. }
            | RtcEvent::BulkSent { .. }
            | RtcEvent::Lane { .. }
            | RtcEvent::Closed { .. }) => Some((side, event)),
        }
    }

    pub(crate) async fn next(&mut self) -> (Side, RtcEvent) {
        loop {
            if let Some(event) = self.unread.pop_front() {
                return event;
            }
            let event = self.next_beyond_signaling().await;
            self.unread.extend(event);
        }
    }

    pub(crate) async fn frame_for(&mut self, wanted: Side) -> (Channel, Bytes) {
        loop {
            match self.next().await {
                (side, RtcEvent::Frame { channel, data }) if side == wanted => {
                    return (channel, data);
                }
                (_, RtcEvent::BulkSent { .. }) => {}
                other => panic!("waited for a frame, saw {other:?}"),
            }
        }
    }

    pub(crate) async fn close_of(&mut self, wanted: Side) -> CloseReason {
        loop {
            if let (side, RtcEvent::Closed { reason }) = self.next().await
                && side == wanted
            {
                return reason;
            }
        }
    }
}

/// Bytes that differ from place to place, so that a swap or a cut shows.
pub(crate) fn pattern(index: usize, len: usize) -> Bytes {
    (0..len)
        .map(|at| u8::try_from((at * 7 + index * 13) % 251).expect("below 251"))
        .collect()
}

/// Reads a `VmHWM`-like figure of this process, in bytes; none off Linux.
pub(crate) fn memory_bytes(field: &str) -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// Carries signaling from one link to the other; tells whether the event was its `Open`.
pub(crate) fn carry(event: RtcEvent, to: &RtcLink) -> bool {
    match event {
        RtcEvent::LocalDescription { sdp } => to.set_remote_description(sdp).expect("room"),
        RtcEvent::LocalCandidate(candidate) => to.add_remote_candidate(candidate).expect("room"),
        RtcEvent::Open { .. } => return true,
        RtcEvent::Frame { .. }
        | RtcEvent::BulkSent { .. }
        | RtcEvent::Lane { .. }
        | RtcEvent::Path(_)
        | RtcEvent::Closed { .. } => {}
    }
    false
}
