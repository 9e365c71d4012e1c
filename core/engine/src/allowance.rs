//! How often something may happen that somebody else causes: a burst, then one after each pause.

use core::time::Duration;

use crate::time::Moment;

/// A token bucket.
#[derive(Debug)]
pub(crate) struct Allowance {
    burst: u32,
    every: Duration,
    left: u32,
    counted_at: Moment,
}

impl Allowance {
    /// `burst` at once, and one more after each `every`, which is a second at least.
    pub(crate) const fn new(burst: u32, every: Duration, now: Moment) -> Self {
        Self {
            burst,
            every,
            left: burst,
            counted_at: now,
        }
    }

    /// Takes one; `false` when there is none.
    pub(crate) fn take(&mut self, now: Moment) -> bool {
        let earned = now.since(self.counted_at).as_secs() / self.every.as_secs().max(1);
        if earned > 0 {
            self.counted_at = now;
            let earned = u32::try_from(earned).unwrap_or(u32::MAX);
            self.left = self.left.saturating_add(earned).min(self.burst);
        }
        let may = self.left > 0;
        self.left = self.left.saturating_sub(1);
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_burst_one_comes_back_with_each_pause() {
        let at = |seconds| Moment(Duration::from_secs(seconds));
        let mut allowance = Allowance::new(3, Duration::from_secs(2), at(0));
        let at_once = (0..10).filter(|_| allowance.take(at(0))).count();
        assert_eq!(at_once, 3);
        assert!(!allowance.take(at(1)));
        assert!(allowance.take(at(2)));
        assert!(!allowance.take(at(3)));
        let later = (0..10).filter(|_| allowance.take(at(1000))).count();
        assert_eq!(later, 3);
    }
}
