//! How fast somebody may do something: one connection talk, one address connect and knock.

use core::time::Duration;

/// Messages a connection may send at once. Somebody who enters a full room answers 31 peers, each
/// with a description and about a dozen trickled candidates: under 450.
pub const MESSAGE_BURST_MAX: u32 = 512;

/// Time after which one more message is allowed: 50 a second keeps the candidates of a whole room
/// that changes networks flowing, and is nothing to the server.
pub const MESSAGE_INTERVAL: Duration = Duration::from_millis(20);

/// A token bucket kept as one point in time: when it would be full again.
#[derive(Debug, Default, Clone)]
pub(super) struct Bucket {
    full_at: Duration,
}

impl Bucket {
    /// Takes one out of `burst`, of which another is there after each `every`; or says how long to
    /// wait for one.
    pub(super) fn take(
        &mut self,
        now: Duration,
        every: Duration,
        burst: u32,
    ) -> Result<(), Duration> {
        let full_at = self.full_at.max(now) + every;
        let debt = full_at - now;
        let debt_max = every * burst;
        if debt > debt_max {
            return Err(debt - debt_max);
        }
        self.full_at = full_at;
        Ok(())
    }

    /// Takes one message out, or says how long to wait for it.
    pub(super) fn take_message(&mut self, now: Duration) -> Result<(), Duration> {
        self.take(now, MESSAGE_INTERVAL, MESSAGE_BURST_MAX)
    }

    pub(super) fn is_full(&self, now: Duration) -> bool {
        self.full_at <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(1_000);

    fn emptied() -> Bucket {
        let mut bucket = Bucket::default();
        for _ in 0..MESSAGE_BURST_MAX {
            assert_eq!(bucket.take_message(START), Ok(()));
        }
        bucket
    }

    #[test]
    fn a_burst_passes_and_the_next_message_waits() {
        assert_eq!(emptied().take_message(START), Err(MESSAGE_INTERVAL));
    }

    #[test]
    fn waiting_as_told_is_enough() {
        let mut bucket = emptied();
        assert_eq!(bucket.take_message(START + MESSAGE_INTERVAL), Ok(()));
        assert!(bucket.take_message(START + MESSAGE_INTERVAL).is_err());
    }

    #[test]
    fn a_long_rest_allows_one_burst_and_no_more() {
        let mut bucket = emptied();
        let later = START + Duration::from_secs(3_600);
        for _ in 0..MESSAGE_BURST_MAX {
            assert_eq!(bucket.take_message(later), Ok(()));
        }
        assert!(bucket.take_message(later).is_err());
    }
}
