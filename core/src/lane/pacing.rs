//! When the next packets may leave: a token bucket (RFC 9002, section 7.7) in front of the socket.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Time that may be made up for: the timers of a runtime are as coarse as that.
const BURST_TIME_MS: u64 = 3;

/// What may always leave at once: one call to the kernel.
const BURST_MIN_BYTES: u64 = 16 * 1024;

/// Bytes a second from which on nothing is paced here: a thousandth of that is as much as sockets
/// hold, and such a path is a cable or the machine itself.
const UNPACED_RATE: u64 = 250_000_000;

/// A datagram of this size carries acknowledgements at most, which never wait.
pub(super) const UNPACED_MAX_BYTES: usize = 200;

/// The rate of one lane, set by its congestion control and kept by its socket.
#[derive(Debug, Default)]
pub(super) struct Pacing {
    /// Bytes a second; zero is as fast as it goes.
    rate: AtomicU64,
    bucket: Mutex<Bucket>,
}

#[derive(Debug, Default)]
struct Bucket {
    /// Bytes that may leave; negative after more than that left.
    tokens: i64,
    at: Option<Instant>,
}

impl Pacing {
    /// From now on so many bytes a second; none is as fast as it goes.
    pub(super) fn set(&self, rate: Option<u64>) {
        let rate = rate.filter(|rate| *rate < UNPACED_RATE);
        self.rate.store(rate.unwrap_or(0), Ordering::Relaxed);
    }

    /// Whether a datagram may leave now; else the time when one may.
    pub(super) fn check(&self, now: Instant) -> Result<(), Instant> {
        let rate = self.rate.load(Ordering::Relaxed);
        if rate == 0 {
            return Ok(());
        }
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        bucket.refill(rate, now);
        if bucket.tokens > 0 {
            return Ok(());
        }
        let missing = bucket.tokens.unsigned_abs() + 1;
        let wait = missing.saturating_mul(1_000_000).div_ceil(rate);
        Err(now + Duration::from_micros(wait))
    }

    /// Bytes left.
    pub(super) fn sent(&self, bytes: usize) {
        if self.rate.load(Ordering::Relaxed) == 0 {
            return;
        }
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        bucket.tokens = bucket.tokens.saturating_sub(bytes);
    }
}

impl Bucket {
    fn refill(&mut self, rate: u64, now: Instant) {
        let most = (rate.saturating_mul(BURST_TIME_MS) / 1000).max(BURST_MIN_BYTES);
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let Some(at) = self.at.replace(now) else {
            self.tokens = most;
            return;
        };
        let nanos = now.saturating_duration_since(at).as_nanos();
        let earned = nanos.saturating_mul(rate.into()) / 1_000_000_000;
        let earned = i64::try_from(earned).unwrap_or(i64::MAX);
        if earned == 0 {
            // Too short to earn a byte: counted with the next.
            self.at = Some(at);
        }
        self.tokens = self.tokens.saturating_add(earned).min(most);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u64 = 10_000_000;

    #[test]
    fn bytes_leave_at_the_rate() {
        let pacing = Pacing::default();
        pacing.set(Some(RATE));
        let start = Instant::now();
        let (mut now, mut sent) = (start, 0);
        while now < start + Duration::from_secs(1) {
            match pacing.check(now) {
                Ok(()) => {
                    pacing.sent(14_000);
                    sent += 14_000;
                }
                Err(then) => now = then,
            }
        }
        assert!((9_900_000..10_100_000).contains(&sent), "{sent}");
    }

    #[test]
    fn what_a_late_timer_missed_is_made_up_for_but_no_more() {
        let pacing = Pacing::default();
        pacing.set(Some(RATE));
        let mut now = Instant::now();
        while pacing.check(now).is_ok() {
            pacing.sent(1_000);
        }
        now += Duration::from_secs(1);
        let mut burst = 0;
        while pacing.check(now).is_ok() {
            pacing.sent(1_000);
            burst += 1_000;
        }
        assert!((29_000..=32_000).contains(&burst), "{burst}");
    }

    #[test]
    fn what_left_without_a_rate_is_not_owed_later() {
        let pacing = Pacing::default();
        let now = Instant::now();
        pacing.sent(1_000_000_000);
        pacing.set(Some(RATE));
        assert_eq!(pacing.check(now), Ok(()));
    }

    #[test]
    fn without_a_rate_nothing_waits() {
        let pacing = Pacing::default();
        let now = Instant::now();
        for _ in 0..1_000 {
            assert_eq!(pacing.check(now), Ok(()));
            pacing.sent(1_000_000);
        }
    }
}
