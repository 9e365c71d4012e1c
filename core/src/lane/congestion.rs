//! How fast a lane may send: a model of the path rather than a reaction to losses.
//!
//! Wi-Fi and mobile networks lose packets that no queue dropped, and a window that halves with each
//! of them stands at a twentieth of the line. So this follows BBR (draft-ietf-ccwg-bbr): it keeps
//! the highest rate at which packets were delivered lately and the shortest round trip, sends at
//! that rate, and looks for more now and then. Where others fill the queue, what may be under way is
//! bounded as TCP bounds it ([`crowd`]), so that neither side is pushed out.
//!
//! [`Model`] is told the time and is tested on simulated links; `controller` hands it to QUIC.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crowd::{Crowd, Own};

mod crowd;

/// What may be sent before anything is known, in full packets.
const INITIAL_PACKETS: u64 = 32;

/// What may always be under way, in packets.
const MIN_PACKETS: u64 = 4;

/// Twice as much each round trip: 2/ln 2.
const STARTUP_GAIN: f64 = 2.77;

/// Empties the queue that the startup left, in about a round.
const DRAIN_GAIN: f64 = 0.36;

/// The bottleneck's rate. Less would leave a queue that others fill to them.
const CRUISE_GAIN: f64 = 1.0;

const PROBE_UP_GAIN: f64 = 1.25;
const PROBE_DOWN_GAIN: f64 = 0.9;

/// Under way at most, in products of bandwidth and delay: acknowledgements come late and in heaps.
const WINDOW_GAIN: f64 = 2.0;

/// A round trip counts as this long at least: on short ways timers and schedulers take more time
/// than the path.
const RTT_FLOOR: Duration = Duration::from_millis(2);

/// So does a round: in one of a tenth of a millisecond, a pause of the scheduler is half the memory.
const ROUND_MIN: Duration = Duration::from_millis(5);

/// Packets on top of that, for acknowledgements that stand for many.
const AGGREGATE_PACKETS: u64 = 10;

/// Rounds without a quarter more of bandwidth before the pipe counts as full.
const FULL_AFTER_ROUNDS: u32 = 3;
const FULL_GROWTH: f64 = 1.25;

/// Rounds that a measured bandwidth is believed.
const BANDWIDTH_ROUNDS: u64 = 10;

/// Rounds from one look for more to the next, at least; up to as many again, so that flows that
/// share a link do not look at the same time.
const PROBE_EVERY_ROUNDS: u64 = 6;

/// How long the shortest round trip is believed, and how long what is under way is cut down to see
/// it again.
const MIN_RTT_FOR: Duration = Duration::from_secs(10);
const PROBE_RTT_FOR: Duration = Duration::from_millis(200);

/// Sent packets that are remembered; QUIC has fewer under way.
const MARKS_MAX: usize = 32 * 1024;

/// What was delivered when a packet left (draft-ietf-ccwg-bbr, delivery rate samples).
#[derive(Debug, Clone, Copy)]
struct Mark {
    sent_at: Instant,
    delivered: u64,
    delivered_at: Instant,
    /// When the packet left whose acknowledgement `delivered` ends with.
    first_sent_at: Instant,
    is_app_limited: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Startup,
    Drain,
    /// Looks for more.
    Up,
    /// Takes out again what that put in the queue.
    Down,
    Cruise,
    /// Little is under way, until then.
    ProbeRtt {
        until: Option<Instant>,
    },
}

/// The path as seen from the sender.
#[derive(Debug, Clone)]
pub(super) struct Model {
    mtu: u64,
    mode: Mode,
    marks: VecDeque<Mark>,
    delivered: u64,
    delivered_at: Instant,
    first_sent_at: Instant,
    is_app_limited: bool,
    /// Bytes and newest packet of the acknowledgements that are being taken in.
    acked: u64,
    newest_acked: Option<Instant>,
    round: u64,
    round_ends_at: u64,
    round_began: Instant,
    /// Highest rates by round, falling: bytes a second.
    rates: VecDeque<(u64, f64)>,
    min_rtt: Option<Duration>,
    min_rtt_at: Instant,
    smoothed_rtt: Option<Duration>,
    full_rate: f64,
    rounds_without_growth: u32,
    probe_in_round: u64,
    crowd: Crowd,
    dice: u64,
}

impl Model {
    pub(super) fn new(now: Instant, mtu: u16, seed: u64) -> Self {
        Self {
            mtu: mtu.into(),
            mode: Mode::Startup,
            marks: VecDeque::new(),
            delivered: 0,
            delivered_at: now,
            first_sent_at: now,
            is_app_limited: false,
            acked: 0,
            newest_acked: None,
            round: 0,
            round_ends_at: 0,
            round_began: now,
            rates: VecDeque::new(),
            min_rtt: None,
            min_rtt_at: now,
            smoothed_rtt: None,
            full_rate: 0.0,
            rounds_without_growth: 0,
            probe_in_round: 0,
            crowd: Crowd::default(),
            dice: seed | 1,
        }
    }

    /// Packets of this size fit the path.
    pub(super) fn set_mtu(&mut self, mtu: u16) {
        self.mtu = mtu.into();
    }

    /// What may be sent before anything is known, in bytes.
    pub(super) const fn initial_window(&self) -> u64 {
        INITIAL_PACKETS * self.mtu
    }

    /// Packets leave now.
    pub(super) fn sent(&mut self, now: Instant) {
        if self.marks.back().is_some_and(|mark| mark.sent_at == now) {
            return;
        }
        if self.marks.is_empty() {
            self.first_sent_at = now;
            self.delivered_at = now;
        }
        if self.marks.len() == MARKS_MAX {
            self.marks.pop_front();
        }
        self.marks.push_back(Mark {
            sent_at: now,
            delivered: self.delivered,
            delivered_at: self.delivered_at,
            first_sent_at: self.first_sent_at,
            is_app_limited: self.is_app_limited,
        });
    }

    /// One packet that left at `sent_at` arrived.
    pub(super) fn acked(&mut self, now: Instant, sent_at: Instant, bytes: u64) {
        self.acked += bytes;
        self.newest_acked = self.newest_acked.max(Some(sent_at));
        let rtt = now.saturating_duration_since(sent_at);
        let is_stale = now.saturating_duration_since(self.min_rtt_at) > MIN_RTT_FOR;
        let is_probing = matches!(self.mode, Mode::ProbeRtt { .. });
        if self.min_rtt.is_none_or(|min| rtt <= min) || (is_stale && is_probing) {
            self.min_rtt = Some(rtt.max(Duration::from_micros(1)));
            self.min_rtt_at = now;
        }
    }

    /// Packets got lost.
    pub(super) const fn lost(&mut self, bytes: u64) {
        self.crowd.lost(bytes);
    }

    /// All acknowledgements of a moment are in.
    pub(super) fn settle(&mut self, now: Instant, in_flight: u64, is_app_limited: bool) {
        self.is_app_limited = is_app_limited;
        let (acked, newest) = (self.acked, self.newest_acked.take());
        self.acked = 0;
        let Some(newest) = newest else { return };
        let rtt = now.saturating_duration_since(newest);
        let smoothed = self
            .smoothed_rtt
            .map_or(rtt, |before| (before * 7 + rtt) / 8);
        self.smoothed_rtt = Some(smoothed);
        self.delivered += acked;
        self.delivered_at = now;
        self.crowd.delivered(acked, rtt);
        let Some(mark) = self.mark_of(newest) else {
            return;
        };
        self.first_sent_at = mark.sent_at;
        let is_round_over = now.saturating_duration_since(self.round_began) >= ROUND_MIN;
        let is_round_start = is_round_over && mark.delivered >= self.round_ends_at;
        if is_round_start {
            self.round += 1;
            self.round_began = now;
            self.round_ends_at = self.delivered;
        }
        self.take_rate(now, &mark);
        if is_round_start {
            self.look_for_others(now, in_flight);
            self.look_for_full_pipe(mark.is_app_limited);
        }
        self.change_mode(now, in_flight);
    }

    /// The mark of the packet that left then; older ones are done with.
    fn mark_of(&mut self, sent_at: Instant) -> Option<Mark> {
        let at = self
            .marks
            .partition_point(|mark| mark.sent_at <= sent_at)
            .checked_sub(1)?;
        self.marks.drain(..at);
        self.marks.front().copied()
    }

    fn take_rate(&mut self, now: Instant, mark: &Mark) {
        let acks = now.saturating_duration_since(mark.delivered_at);
        let sends = mark.sent_at.saturating_duration_since(mark.first_sent_at);
        let took = acks.max(sends);
        // Shorter than any round trip: heaps of acknowledgements, not a rate.
        if took.is_zero() || self.min_rtt.is_some_and(|min| took < min) {
            return;
        }
        let rate = float(self.delivered - mark.delivered) / took.as_secs_f64();
        if mark.is_app_limited && rate < self.rate() {
            return;
        }
        while self.rates.back().is_some_and(|(_, lower)| *lower <= rate) {
            self.rates.pop_back();
        }
        self.rates.push_back((self.round, rate));
        while let Some((round, _)) = self.rates.front()
            && self.rates.len() > 1
            && round + BANDWIDTH_ROUNDS < self.round
        {
            self.rates.pop_front();
        }
    }

    /// The bottleneck's, in bytes a second; zero while it is unknown.
    fn rate(&self) -> f64 {
        self.rates.front().map_or(0.0, |(_, rate)| *rate)
    }

    fn look_for_others(&mut self, now: Instant, in_flight: u64) {
        let own = Own {
            in_flight,
            product: self.product(1.0),
            min_rtt: self.min_rtt,
            mtu: self.mtu,
            looks_for_more: self.mode == Mode::Up,
            is_starting: self.mode == Mode::Startup,
        };
        if self.crowd.end_round(now, &own) && self.mode == Mode::Up {
            self.probe_in_round = self.round;
            self.mode = Mode::Down;
        }
    }

    fn look_for_full_pipe(&mut self, was_app_limited: bool) {
        if self.mode != Mode::Startup || was_app_limited {
            return;
        }
        if self.rate() >= self.full_rate * FULL_GROWTH {
            self.full_rate = self.rate();
            self.rounds_without_growth = 0;
        } else {
            self.rounds_without_growth += 1;
        }
        if self.rounds_without_growth >= FULL_AFTER_ROUNDS {
            self.probe_in_round = self.round;
            self.mode = Mode::Drain;
        }
    }

    fn change_mode(&mut self, now: Instant, in_flight: u64) {
        let product = self.product(1.0).unwrap_or(u64::MAX);
        match self.mode {
            Mode::Startup => {}
            // Where others hold the queue full, sending less and less would go on for ever.
            Mode::Drain if in_flight <= product || self.round > self.probe_in_round + 3 => {
                self.cruise();
            }
            // A queue that others filled does not go away by waiting for it.
            Mode::Down if in_flight <= product || self.round > self.probe_in_round => self.cruise(),
            Mode::Up => {
                let most = self.product(PROBE_UP_GAIN).unwrap_or(u64::MAX);
                let is_bound = self.crowd.bound().is_some_and(|bound| in_flight >= bound);
                if in_flight >= most || is_bound || self.round > self.probe_in_round + 2 {
                    self.probe_in_round = self.round;
                    self.mode = Mode::Down;
                }
            }
            Mode::Cruise if self.round >= self.probe_in_round => self.mode = Mode::Up,
            Mode::ProbeRtt { until: None } => {
                if in_flight <= self.probe_rtt_window() {
                    let until = now + PROBE_RTT_FOR;
                    self.mode = Mode::ProbeRtt { until: Some(until) };
                }
            }
            Mode::ProbeRtt { until: Some(until) } if until <= now => {
                self.min_rtt_at = now;
                self.cruise();
            }
            Mode::Drain | Mode::Down | Mode::Cruise | Mode::ProbeRtt { .. } => {}
        }
        let is_stale = now.saturating_duration_since(self.min_rtt_at) > MIN_RTT_FOR;
        let may_probe = !matches!(self.mode, Mode::Startup | Mode::ProbeRtt { .. });
        if is_stale && may_probe && !self.is_app_limited {
            self.mode = Mode::ProbeRtt { until: None };
        }
    }

    fn cruise(&mut self) {
        self.mode = Mode::Cruise;
        // xorshift: flows must differ, and nothing depends on more.
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        self.probe_in_round = self.round + PROBE_EVERY_ROUNDS / 2 + self.dice % PROBE_EVERY_ROUNDS;
    }

    /// Bandwidth times delay, times a gain.
    fn product(&self, gain: f64) -> Option<u64> {
        let rtt = self.min_rtt?.max(RTT_FLOOR);
        let rate = self.rate();
        (rate > 0.0).then(|| whole(rate * rtt.as_secs_f64() * gain))
    }

    fn probe_rtt_window(&self) -> u64 {
        let half = self.product(0.5).unwrap_or(0);
        half.max(MIN_PACKETS * self.mtu)
    }

    fn window_gain(&self) -> f64 {
        let (Some(min), Some(now)) = (self.min_rtt, self.smoothed_rtt) else {
            return WINDOW_GAIN;
        };
        self.crowd.window_gain(self.round_began, min, now)
    }

    /// Bytes that may be under way.
    pub(super) fn window(&self) -> u64 {
        let initial = INITIAL_PACKETS * self.mtu;
        let aggregate = AGGREGATE_PACKETS * self.mtu;
        let gain = if self.mode == Mode::Startup {
            STARTUP_GAIN
        } else {
            self.window_gain()
        };
        let open = self
            .product(gain)
            .map_or(initial, |product| product + aggregate);
        let open = match self.mode {
            Mode::Startup => open.max(initial),
            Mode::ProbeRtt { .. } => self.probe_rtt_window(),
            Mode::Drain | Mode::Up | Mode::Down | Mode::Cruise => open,
        };
        open.min(self.crowd.bound().unwrap_or(u64::MAX))
            .max(MIN_PACKETS * self.mtu)
    }

    /// Bytes a second to send at; none while nothing is known.
    pub(super) fn pace(&self) -> Option<u64> {
        let rtt = self.min_rtt?;
        let gain = match self.mode {
            Mode::Startup => STARTUP_GAIN,
            Mode::Drain => DRAIN_GAIN,
            Mode::Up => PROBE_UP_GAIN,
            Mode::Down => PROBE_DOWN_GAIN,
            Mode::Cruise | Mode::ProbeRtt { .. } => CRUISE_GAIN,
        };
        let known = self.rate() * gain;
        let pace = if self.mode == Mode::Startup {
            // What the first packets said is no limit.
            let initial = float(INITIAL_PACKETS * self.mtu) / rtt.as_secs_f64();
            known.max(initial * STARTUP_GAIN)
        } else {
            known
        };
        Some(whole(pace).max(self.mtu))
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "bytes under way and rates are far below 2^52"
)]
const fn float(bytes: u64) -> f64 {
    bytes as f64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and nothing here is negative"
)]
const fn whole(bytes: f64) -> u64 {
    bytes as u64
}

fn scaled(bytes: u64, by: f64) -> u64 {
    whole(float(bytes) * by)
}

#[cfg(test)]
mod tests;
