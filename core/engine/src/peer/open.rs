//! A link on which both said hello.

use core::time::Duration;
use std::collections::VecDeque;

use parlor_proto::id::DeviceId;
use parlor_proto::text::DisplayName;

use super::{Due, Introduction};
use crate::device::DevicePublic;
use crate::lane::Lane;
use crate::pacer::{ReceiveCredit, SendPacer};
use crate::quota::UNREAD_MAX;
use crate::sas::Sas;
use crate::time::{Deadline, Moment};
use crate::view::{AddressKind, PathView};

/// A link that said nothing for this long is dead, whatever ICE believes: SCTP can sleep for tens
/// of seconds behind a path that came back.
const SILENCE_MAX: Duration = Duration::from_secs(8);

/// The same where the server was just reached: then it is the path to the peer that is gone.
const SILENCE_REACHED_MAX: Duration = Duration::from_secs(3);

/// How long a ping may take after a lane broke, before the way to the server is in doubt, too.
const DOUBT_AFTER: Duration = Duration::from_secs(1);

/// Pings whose pong may still come: as many as leave before a peer counts as one that never reads.
const PINGS_KEPT: usize = 64;

/// A quiet link is probed this often.
const PING_EVERY: Duration = Duration::from_secs(2);

/// Frames without content that follow the last one of a kind, and how far apart. One of them may get
/// lost too.
const NUDGES: u32 = 4;
const NUDGE_EVERY: Duration = Duration::from_millis(20);

/// What follows a frame that nothing else follows: without it the transport notices a loss only after
/// a second (see [`Nudge`](parlor_proto::frame::Nudge)).
#[derive(Debug, Default)]
pub(crate) struct Nudges {
    left: u32,
    next: Option<Moment>,
}

impl Nudges {
    /// Something was said.
    pub(crate) fn begin(&mut self, now: Moment) {
        self.left = NUDGES;
        self.next = Some(now + NUDGE_EVERY);
    }

    fn is_due(&mut self, now: Moment) -> bool {
        let is_due = self.next.is_some_and(|at| at <= now);
        if is_due {
            self.left = self.left.saturating_sub(1);
            self.next = (self.left > 0).then_some(now + NUDGE_EVERY);
        }
        is_due
    }
}

/// What is known and counted while a link is open.
#[derive(Debug)]
pub(crate) struct OpenLink {
    pub(crate) device: DeviceId,
    /// The device's keys, as it proved them.
    pub(crate) public: DevicePublic,
    /// The name it is shown by.
    pub(crate) name: DisplayName,
    /// The name in its hello.
    pub(crate) calls_itself: DisplayName,
    /// What it numbers its messages in.
    pub(crate) stream: u64,
    /// Absent until it begins, right after the hello.
    pub(crate) sas: Option<Sas>,
    pub(crate) since: Moment,
    pub(crate) last_heard: Moment,
    /// Silence that ends the link.
    silence_max: Duration,
    /// When to doubt the network, unless something is heard before.
    doubt_at: Option<Moment>,
    /// When the peer last showed that it reads what it is sent.
    pub(crate) last_read: Moment,
    /// Our latest pings.
    pings: VecDeque<u64>,
    pub(crate) ping_at: Moment,
    pub(crate) path: Option<PathView>,
    pub(crate) send: SendPacer,
    pub(crate) receive: ReceiveCredit,
    /// Chunks of this peer that did not match their file.
    pub(crate) corrupt_chunks: u32,
    /// The transfer that was served last.
    pub(crate) turn: u64,
    pub(crate) lane: Lane,
    pub(crate) nudges: Nudges,
}

impl OpenLink {
    /// The transport took file bytes, which it does only as the peer reads.
    pub(crate) fn taken(&mut self, len: u64, now: Moment) {
        self.send.sent(len);
        self.last_read = now;
    }

    /// Whether its path leads over a relay, as far as we know.
    pub(crate) fn is_relayed(&self) -> bool {
        let ends = self.path.map(|path| [path.local, path.remote]);
        ends.is_some_and(|ends| ends.contains(&AddressKind::Relay))
    }

    pub(super) fn new(
        who: Introduction,
        path: Option<PathView>,
        (send, receive): (SendPacer, ReceiveCredit),
        now: Moment,
    ) -> Self {
        Self {
            device: who.public.id(),
            public: who.public,
            name: who.shown_name,
            calls_itself: who.name,
            stream: who.stream,
            sas: None,
            since: now,
            last_heard: now,
            silence_max: SILENCE_MAX,
            doubt_at: None,
            last_read: now,
            pings: VecDeque::new(),
            ping_at: now + PING_EVERY,
            path,
            send,
            receive,
            corrupt_chunks: 0,
            turn: 0,
            lane: Lane::default(),
            nudges: Nudges::default(),
        }
    }

    pub(super) fn due(&mut self, now: Moment) -> Option<Due> {
        if self.last_heard + self.silence_max <= now {
            return Some(Due::Silent);
        }
        if self.last_read + UNREAD_MAX <= now {
            return Some(Due::Unread);
        }
        if self.ping_at <= now {
            self.ping_at = now + PING_EVERY;
            return Some(Due::Ping);
        }
        if self.nudges.is_due(now) {
            return Some(Due::Nudge);
        }
        let is_doubted = self.doubt_at.take_if(|at| *at <= now).is_some();
        is_doubted
            .then_some(Due::Doubt)
            .or_else(|| self.lane.due(now))
    }

    pub(super) fn deadline(&self) -> Deadline {
        let deadline = |at, why| Deadline { at, why };
        let silent = deadline(self.last_heard + self.silence_max, "a silent peer");
        let unread = deadline(self.last_read + UNREAD_MAX, "a peer that does not read");
        let ping = deadline(self.ping_at, "ping a peer");
        let doubt = self.doubt_at.map(|at| deadline(at, "doubt the network"));
        let nudge = self.nudges.next.map(|at| deadline(at, "nudge a peer"));
        let others = doubt.into_iter().chain(nudge).chain(self.lane.deadline());
        others.fold(silent.min(unread).min(ping), Deadline::min)
    }

    /// The machine slept for `gap`: nobody could be heard meanwhile.
    pub(super) fn slept(&mut self, gap: Duration, now: Moment) {
        self.last_heard = self.last_heard + gap;
        self.last_read = self.last_read + gap;
        self.ping_at = now;
    }

    /// Asks for a sign of life now.
    pub(super) fn probe(&mut self, now: Moment) {
        self.ping_at = now;
    }

    /// Whether it fell silent, and nobody has looked for the server since.
    pub(super) fn is_long_silent(&self) -> bool {
        self.silence_max == SILENCE_MAX
    }

    /// The peer said something.
    pub(crate) fn heard(&mut self, now: Moment) {
        self.last_heard = now;
        self.silence_max = SILENCE_MAX;
        self.doubt_at = None;
    }

    /// Another way to the peer fell silent: is this one still there?
    pub(crate) fn doubt(&mut self, now: Moment) {
        self.ping_at = now;
        self.doubt_at = Some(now + DOUBT_AFTER);
    }

    /// The server was reached: a peer that stays silent is not.
    pub(crate) fn expect_word(&mut self, now: Moment) {
        self.ping_at = now;
        self.silence_max = SILENCE_REACHED_MAX;
    }

    /// A ping leaves.
    pub(crate) fn pinged(&mut self, nonce: u64) {
        if self.pings.len() == PINGS_KEPT {
            self.pings.pop_front();
        }
        self.pings.push_back(nonce);
    }

    /// A pong came. Only the answer to a ping of ours shows that the peer reads.
    pub(crate) fn ponged(&mut self, nonce: u64, now: Moment) {
        if let Some(at) = self.pings.iter().position(|ping| *ping == nonce) {
            self.pings.drain(..=at);
            self.last_read = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Moment {
        Moment(Duration::from_millis(millis))
    }

    #[test]
    fn some_frames_follow_the_last_one_and_then_none() {
        let mut nudges = Nudges::default();
        nudges.begin(at(0));
        let due = (0..1_000).filter(|millis| nudges.is_due(at(*millis)));
        assert_eq!(due.collect::<Vec<_>>(), [20, 40, 60, 80]);
    }

    #[test]
    fn what_is_said_meanwhile_needs_to_be_followed_too() {
        let mut nudges = Nudges::default();
        nudges.begin(at(0));
        assert!(nudges.is_due(at(20)));
        nudges.begin(at(30));
        let due = (0..1_000).filter(|millis| nudges.is_due(at(*millis)));
        assert_eq!(due.count(), 4);
    }
}
