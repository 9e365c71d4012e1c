//! The second way for the bulk frames of one link: when it opens, what it carries, what of that
//! has to be sent again.
//!
//! Frames on a lane arrive in their order, or not at all once it broke. So when a lane ends, each
//! side says how many it received, and the chunks beyond that go back to their queues. Nothing is
//! lost, and nothing that arrived is sent twice. Between lanes, and where there is none, bulk
//! frames take the data channel.
//!
//! The answerer opens lanes, one after the other, so that both never disagree on which is the
//! present one.

use core::time::Duration;
use std::collections::VecDeque;

use crate::output::Role;
use crate::peer::Due;
use crate::session::WINDOW_MAX_BYTES;
use crate::time::{Deadline, Moment};
use crate::transfer::Violation;

/// From being ready to an open lane: some round trips, two of them with a lost packet.
const OPEN_TIMEOUT: Duration = Duration::from_secs(4);

/// How long a new link's file bytes wait for the first lane. What takes the data channel meanwhile
/// would crawl there on a lossy path, and hold its part of the credit for as long.
const AWAITED_FOR: Duration = Duration::from_secs(1);

/// First pause after a lane that did not come about or broke, doubled with each one in a row.
const RETRY_FIRST: Duration = Duration::from_millis(500);

/// Longest pause: a firewall that drops QUIC may be another one in the next café.
const RETRY_MAX: Duration = Duration::from_secs(60);

/// A lane that lived this long was a good one.
const GOOD_AFTER: Duration = Duration::from_secs(5);

/// Chunks that are remembered until they are known to have arrived; more at once take the data
/// channel. Four times what the window holds of full ones.
const KEPT_MAX: usize = 512;

/// A chunk on its way to one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SentChunk {
    pub(crate) transfer: u64,
    pub(crate) file: u32,
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// One of the two sides has none.
    #[default]
    Off,
    /// None is open; the answerer opens the next one then.
    Waiting { until: Option<Moment> },
    /// On its way.
    Opening { since: Moment },
    /// Carries frames.
    Open { since: Moment },
    /// Ended here. What the other side received of it is not known yet.
    Ended,
}

/// The lanes of one link, of which one at most is there at a time.
#[derive(Debug, Default)]
pub(crate) struct Lane {
    is_answerer: bool,
    number: u32,
    state: State,
    /// Until when it is worth waiting for the first one.
    awaited_until: Option<Moment>,
    failures: u32,
    /// Bulk frames of the peer on the present lane.
    received: u64,
    /// Ours on it that need not be sent again: they arrived, or their file did by another way.
    confirmed: u64,
    /// As many of the first of them certainly arrived on it.
    arrived: u64,
    /// Ours after those.
    kept: VecDeque<SentChunk>,
    kept_bytes: u64,
    /// The last of them, which the transport has not taken yet.
    in_pipe: usize,
    /// No more than this of what we sent can be under way: the peer's window.
    under_way_max: u64,
}

impl Lane {
    /// Lanes between two sides that both can.
    pub(crate) fn shared(role: Role, peer_window_bytes: u32, now: Moment) -> Self {
        let is_answerer = role == Role::Answerer;
        Self {
            is_answerer,
            state: State::Waiting {
                until: is_answerer.then_some(now),
            },
            awaited_until: Some(now + AWAITED_FOR),
            under_way_max: peer_window_bytes.max(WINDOW_MAX_BYTES).into(),
            ..Self::default()
        }
    }

    pub(crate) const fn is_open(&self) -> bool {
        matches!(self.state, State::Open { .. })
    }

    /// Whether file bytes do better to wait for it.
    pub(crate) fn is_awaited(&self) -> bool {
        self.awaited_until.is_some()
    }

    pub(crate) const fn number(&self) -> u32 {
        self.number
    }

    pub(crate) const fn received(&self) -> u64 {
        self.received
    }

    /// Whether `lane` is the present one and not over.
    fn is_present(&self, lane: u32) -> bool {
        let is_there = matches!(self.state, State::Opening { .. } | State::Open { .. });
        is_there && self.number == lane
    }

    pub(crate) fn due(&mut self, now: Moment) -> Option<Due> {
        self.awaited_until = self.awaited_until.filter(|until| *until > now);
        match self.state {
            State::Waiting { until: Some(until) } if until <= now => Some(Due::Lane),
            State::Opening { since } if since + OPEN_TIMEOUT <= now => Some(Due::LaneTimeout),
            State::Off
            | State::Waiting { .. }
            | State::Opening { .. }
            | State::Open { .. }
            | State::Ended => None,
        }
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        let awaited = self.awaited_until.map(|at| Deadline {
            at,
            why: "wait for a lane",
        });
        awaited
            .into_iter()
            .chain(self.change_deadline())
            .reduce(Deadline::min)
    }

    fn change_deadline(&self) -> Option<Deadline> {
        match self.state {
            State::Waiting { until } => until.map(|at| Deadline {
                at,
                why: "open a lane",
            }),
            State::Opening { since } => Some(Deadline {
                at: since + OPEN_TIMEOUT,
                why: "give up a lane",
            }),
            State::Off | State::Open { .. } | State::Ended => None,
        }
    }

    /// The path leads over a relay, which no lane can use: looked at again later.
    pub(crate) fn put_off(&mut self, now: Moment) {
        self.awaited_until = None;
        self.state = State::Waiting {
            until: Some(now + RETRY_MAX),
        };
    }

    /// Opens the next one, on the side that decides. Gives its number.
    pub(crate) fn begin(&mut self, now: Moment) -> u32 {
        self.reset(self.number.saturating_add(1), now);
        self.number
    }

    fn reset(&mut self, number: u32, now: Moment) {
        self.number = number;
        self.state = State::Opening { since: now };
        self.received = 0;
        self.confirmed = 0;
        self.arrived = 0;
        self.kept.clear();
        self.kept_bytes = 0;
        self.in_pipe = 0;
    }

    /// The answerer is ready for `lane`. `false` where lanes are none of our business.
    pub(crate) fn on_ready(&mut self, lane: u32, now: Moment) -> Result<bool, Violation> {
        if self.state == State::Off {
            return Ok(false);
        }
        let is_waiting = matches!(self.state, State::Waiting { .. });
        if self.is_answerer || !is_waiting || lane <= self.number {
            return Err(Violation("opens lanes out of turn"));
        }
        self.reset(lane, now);
        Ok(true)
    }

    pub(crate) fn on_open(&mut self, lane: u32, now: Moment) {
        if self.is_present(lane) {
            self.state = State::Open { since: now };
            self.awaited_until = None;
        }
    }

    /// A frame of the peer; whether it counts.
    pub(crate) fn on_frame(&mut self, lane: u32) -> bool {
        let counts = self.is_open() && self.number == lane;
        self.received += u64::from(counts);
        counts
    }

    /// Takes a chunk on, if there is a lane with room: then gives its number.
    pub(crate) fn carry(&mut self, chunk: SentChunk) -> Option<u32> {
        if !self.is_open() || self.kept.len() >= KEPT_MAX {
            return None;
        }
        self.kept_bytes += chunk.len;
        self.kept.push_back(chunk);
        self.in_pipe += 1;
        let (mut after, max) = (self.kept_bytes, self.under_way_max);
        let before = self.confirmed;
        self.confirm_while(|first| {
            after -= first.len;
            after >= max
        });
        if self.confirmed > before {
            // Frames keep their order there, so all before it arrived, too.
            self.arrived = self.confirmed;
        }
        Some(self.number)
    }

    /// Forgets the first chunks that need not be sent again.
    fn confirm_while(&mut self, mut is_settled: impl FnMut(&SentChunk) -> bool) {
        while let Some(first) = self.kept.front()
            && self.kept.len() > self.in_pipe
            && is_settled(first)
        {
            self.kept_bytes -= first.len;
            self.kept.pop_front();
            self.confirmed += 1;
        }
    }

    /// The transport took the next frame; whether that still matters.
    pub(crate) fn on_sent(&mut self, lane: u32) -> bool {
        let counts = self.is_present(lane) && self.in_pipe > 0;
        self.in_pipe -= usize::from(counts);
        counts
    }

    /// A file is whole at the receiver, so nobody needs its chunks again: many small files make many
    /// small chunks.
    pub(crate) fn on_file_done(&mut self, transfer: u64, file: u32) {
        self.confirm_while(|first| (first.transfer, first.file) == (transfer, file));
    }

    /// The lane is over on our side. Gives the lengths of the chunks that the transport never
    /// took, or nothing if it was over before.
    pub(crate) fn end(&mut self, now: Moment) -> Option<Vec<u64>> {
        if !self.is_present(self.number) {
            return None;
        }
        let was_good = matches!(self.state, State::Open { since } if since + GOOD_AFTER <= now);
        self.failures = if was_good { 0 } else { self.failures + 1 };
        self.awaited_until = None;
        self.state = State::Ended;
        let first = self.kept.len() - self.in_pipe;
        self.in_pipe = 0;
        Some(self.kept.range(first..).map(|chunk| chunk.len).collect())
    }

    /// How many frames the other side received, after the end on ours. Gives the chunks that did
    /// not arrive, in their order.
    pub(crate) fn on_over(
        &mut self,
        received: u64,
        now: Moment,
    ) -> Result<Vec<SentChunk>, Violation> {
        if self.state != State::Ended {
            return Ok(Vec::new());
        }
        let of_kept = received.saturating_sub(self.confirmed);
        let arrived = usize::try_from(of_kept).ok();
        let arrived = arrived.filter(|arrived| *arrived <= self.kept.len());
        let Some(arrived) = arrived.filter(|_| received >= self.arrived) else {
            return Err(Violation("counts what it was never sent"));
        };
        let lost = self.kept.drain(arrived..).collect();
        self.kept.clear();
        self.kept_bytes = 0;
        let step = RETRY_FIRST.saturating_mul(1 << self.failures.min(8));
        self.state = State::Waiting {
            until: self.is_answerer.then(|| now + step.min(RETRY_MAX)),
        };
        Ok(lost)
    }
}

#[cfg(test)]
mod tests;
