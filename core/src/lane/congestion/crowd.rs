//! Others on the same queue: how a flow tells that they are there, and what it leaves them.
//!
//! A packet that is lost while round trips are hardly longer than the shortest was lost by the way,
//! and says nothing. One that is lost on a long queue was dropped by it: then the flow behaves as
//! TCP does (RFC 9438), with a cut and a slow regrowth, and shares evenly with whoever does the same.

use std::time::{Duration, Instant};

use super::{AGGREGATE_PACKETS, RTT_FLOOR, WINDOW_GAIN, float, scaled};

/// A round's shortest round trip is the measure of its queue: pauses of a scheduler make others
/// longer. The queue is long from half of the longest lately on, and from this part and time on.
const QUEUED: f64 = 0.125;
const QUEUED_TIME: Duration = Duration::from_millis(2);

/// What the longest is taken from: so long, up to twice.
const LONGEST_FOR: Duration = Duration::from_secs(8);

/// A queue this many times as long as one's own share of it would be is filled by others, if it
/// stays so for as many rounds.
const FILLED: f64 = 3.0;
const FILLED_ROUNDS: u64 = 12;

/// How long others are remembered.
const SEEN_FOR: Duration = Duration::from_secs(4);

/// The part of a round's packets that may get lost before even a short queue counts as full. More
/// than what a bad Wi-Fi loses, less than a look for more into a full queue.
const LOSS_MAX: f64 = 0.04;

/// Fewer are no measure.
const LOST_PACKETS_MIN: u64 = 3;

/// What such a round leaves of what was under way, and what a drop by a long queue leaves.
const LOSS_KEEPS: f64 = 0.85;
const CUT_KEEPS: f64 = 0.7;

/// Rounds from one cut to the next, at least. One whose losses go on regardless has a neighbour who
/// does not answer to them, and would have all of the line.
const CUT_EVERY_ROUNDS: u64 = 16;

/// Rounds without loss in which a bound regrows slowly even where the queue is short: a short queue
/// that just overflowed will do so again.
const HELD_ROUNDS: u64 = 20;

/// Packets by which a bound grows in a round, and the rounds after which it is one more.
const GROWTH_PACKETS: f64 = 1.0;
const GROWTH_ROUNDS: f64 = 12.0;

/// Where others fill the queue, round trips are longer than the shortest, and a window of the latter
/// would give way to them round by round. So it follows the present ones, up to this.
const CROWDED_GAIN: f64 = 1.25;
const CROWDED_GAIN_MAX: f64 = 8.0;

/// The flow as it is at the end of a round.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own {
    pub(super) in_flight: u64,
    /// Bandwidth times delay, if known.
    pub(super) product: Option<u64>,
    pub(super) min_rtt: Option<Duration>,
    pub(super) mtu: u64,
    pub(super) looks_for_more: bool,
    pub(super) is_starting: bool,
}

/// What is known of others.
#[derive(Debug, Clone, Default)]
pub(super) struct Crowd {
    lost: u64,
    delivered: u64,
    shortest_rtt: Option<Duration>,
    /// The longest of rounds, of the present time and of the one before, and when the present began.
    longest_rtts: [Duration; 2],
    longest_since: Option<Instant>,
    /// What may be under way since the queue dropped packets.
    bound: Option<u64>,
    rounds_since_cut: Option<u64>,
    clean_rounds: u64,
    filled_rounds: u64,
    seen_at: Option<Instant>,
}

impl Crowd {
    /// Bytes got lost.
    pub(super) const fn lost(&mut self, bytes: u64) {
        self.lost += bytes;
    }

    /// Bytes arrived, after that round trip.
    pub(super) fn delivered(&mut self, bytes: u64, rtt: Duration) {
        self.delivered += bytes;
        let shortest = self.shortest_rtt.map_or(rtt, |shortest| shortest.min(rtt));
        self.shortest_rtt = Some(shortest);
    }

    /// Bytes that may be under way because of others; none is any number.
    pub(super) const fn bound(&self) -> Option<u64> {
        self.bound
    }

    /// Whether others filled the queue lately.
    fn is_seen(&self, now: Instant) -> bool {
        self.seen_at
            .is_some_and(|at| now.saturating_duration_since(at) < SEEN_FOR)
    }

    /// How many products of bandwidth and delay may be under way.
    pub(super) fn window_gain(&self, now: Instant, min: Duration, smoothed: Duration) -> f64 {
        if !self.is_seen(now) {
            return WINDOW_GAIN;
        }
        let longer = smoothed.as_secs_f64() / min.max(RTT_FLOOR).as_secs_f64();
        WINDOW_GAIN.max((CROWDED_GAIN * longer).min(CROWDED_GAIN_MAX))
    }

    /// A round is over; tells whether there was too much under way in it.
    pub(super) fn end_round(&mut self, now: Instant, own: &Own) -> bool {
        let lost = core::mem::take(&mut self.lost);
        let delivered = core::mem::take(&mut self.delivered);
        let rtts = self.shortest_rtt.take().zip(own.min_rtt);
        let longest = self.longest_rtt(now, rtts.map(|(rtt, _)| rtt));
        let is_queued = rtts.is_some_and(|(rtt, min)| {
            let least = min.mul_f64(QUEUED).saturating_add(QUEUED_TIME);
            rtt > min + (longest.saturating_sub(min) / 2).max(least)
        });
        self.look_for_others(now, rtts);
        self.rounds_since_cut = self.rounds_since_cut.map(|rounds| rounds + 1);
        let may_cut = self
            .rounds_since_cut
            .is_none_or(|rounds| rounds > CUT_EVERY_ROUNDS);
        let is_measure = lost > LOST_PACKETS_MIN * own.mtu;
        let is_heavy = is_measure && float(lost) > LOSS_MAX * float(lost + delivered);
        // A flow with a small share has few packets to lose and is not the one that is too many.
        let product = own.product.unwrap_or(own.in_flight);
        let least = product + AGGREGATE_PACKETS * own.mtu;
        if own.is_starting {
            if is_heavy || (is_queued && lost > 0) {
                // The queue is full because we filled it; the rate is yet to be seen.
                let most = own.in_flight.min(self.bound.unwrap_or(u64::MAX));
                self.bound = Some(most.max(least));
            }
            return false;
        }
        if is_queued && lost > 0 && may_cut {
            self.seen_at = Some(now);
            self.rounds_since_cut = Some(0);
            self.clean_rounds = 0;
            let most = own.in_flight.min(self.bound.unwrap_or(u64::MAX));
            self.bound = Some(scaled(most, CUT_KEEPS).max(product));
            return true;
        }
        if is_heavy && !is_queued {
            self.clean_rounds = 0;
            self.bound = Some(scaled(own.in_flight, LOSS_KEEPS).max(least));
            return true;
        }
        self.grow(own, is_queued, lost == 0);
        false
    }

    fn longest_rtt(&mut self, now: Instant, rtt: Option<Duration>) -> Duration {
        let since = *self.longest_since.get_or_insert(now);
        if now.saturating_duration_since(since) > LONGEST_FOR {
            self.longest_since = Some(now);
            self.longest_rtts = [Duration::ZERO, self.longest_rtts[0]];
        }
        self.longest_rtts[0] = self.longest_rtts[0].max(rtt.unwrap_or_default());
        self.longest_rtts[0].max(self.longest_rtts[1])
    }

    fn look_for_others(&mut self, now: Instant, rtts: Option<(Duration, Duration)>) {
        let is_filled = rtts.is_some_and(|(rtt, min)| rtt > min.max(RTT_FLOOR).mul_f64(FILLED));
        if is_filled && !self.is_seen(now) {
            self.filled_rounds += 1;
        } else {
            self.filled_rounds = 0;
        }
        if self.filled_rounds > FILLED_ROUNDS {
            self.seen_at = Some(now);
        }
    }

    fn grow(&mut self, own: &Own, is_queued: bool, is_clean: bool) {
        let Some(bound) = self.bound else { return };
        if is_clean {
            self.clean_rounds += 1;
        }
        if is_queued || self.clean_rounds < HELD_ROUNDS {
            let packets = GROWTH_PACKETS + float(self.clean_rounds) / GROWTH_ROUNDS;
            self.bound = Some(bound.saturating_add(scaled(own.mtu, packets)));
        } else if is_clean || own.looks_for_more {
            // The others may have left.
            let grown = bound.saturating_add(bound / 4);
            let is_loose = own
                .product
                .is_some_and(|product| grown > scaled(product, WINDOW_GAIN));
            self.bound = (!is_loose).then_some(grown);
        }
    }
}
