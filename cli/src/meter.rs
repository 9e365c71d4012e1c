//! Speed and time left of transfers, measured over the last seconds of what the view says.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

/// Time over which speed is averaged: shorter jumps with every disk pause, longer lags behind.
const WINDOW: Duration = Duration::from_secs(3);

/// How fast something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    pub(crate) bytes_per_second: u64,
    /// Unknown while nothing moves.
    pub(crate) seconds_left: Option<u64>,
}

/// Samples of each transfer.
#[derive(Debug)]
pub(crate) struct Meter<K> {
    samples: BTreeMap<K, VecDeque<(Duration, u64)>>,
}

impl<K> Default for Meter<K> {
    fn default() -> Self {
        Self {
            samples: BTreeMap::new(),
        }
    }
}

impl<K: Ord> Meter<K> {
    /// Takes how far a transfer is now. Gives its pace when that changed since the last sample.
    pub(crate) fn sample(&mut self, key: K, done: u64, total: u64, now: Duration) -> Option<Pace> {
        let samples = self.samples.entry(key).or_default();
        if samples.back().is_some_and(|(_, last)| *last == done) {
            return None;
        }
        samples.push_back((now, done));
        while samples.len() > 2 && samples.get(1).is_some_and(|(at, _)| now - *at >= WINDOW) {
            samples.pop_front();
        }
        let (since, from) = *samples.front()?;
        let millis = u64::try_from(now.saturating_sub(since).as_millis()).unwrap_or(u64::MAX);
        // What was lost with a connection is asked for again, so `done` can go back.
        let moved = done.saturating_sub(from).saturating_mul(1000);
        let bytes_per_second = moved.checked_div(millis).unwrap_or(0);
        let left = total.saturating_sub(done);
        let seconds_left = (bytes_per_second > 0).then(|| left.div_ceil(bytes_per_second.max(1)));
        Some(Pace {
            bytes_per_second,
            seconds_left,
        })
    }

    /// Forgets transfers that ended.
    pub(crate) fn keep(&mut self, is_open: impl Fn(&K) -> bool) {
        self.samples.retain(|key, _| is_open(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn speed_and_time_left_follow_the_last_seconds() {
        let mut meter = Meter::default();
        let first = meter.sample(1, 0, 10_000, ms(0)).unwrap();
        assert_eq!((first.bytes_per_second, first.seconds_left), (0, None));
        let pace = meter.sample(1, 1000, 10_000, ms(500)).unwrap();
        assert_eq!(pace.bytes_per_second, 2000);
        assert_eq!(pace.seconds_left, Some(5));
        for step in 1..=10 {
            meter.sample(1, 1000 + step, 10_000, ms(500 + 1000 * step));
        }
        let slow = meter.sample(1, 1011, 10_000, ms(11_500)).unwrap();
        assert_eq!(slow.bytes_per_second, 1);
    }

    #[test]
    fn nothing_new_is_nothing_to_tell() {
        let mut meter = Meter::default();
        assert!(meter.sample(1, 5, 10, ms(0)).is_some());
        assert!(meter.sample(1, 5, 10, ms(250)).is_none());
        assert!(meter.sample(2, 5, 10, ms(250)).is_some());
    }

    #[test]
    fn going_back_is_no_speed() {
        let mut meter = Meter::default();
        meter.sample(1, 500, 1000, ms(0));
        let pace = meter.sample(1, 100, 1000, ms(250)).unwrap();
        assert_eq!(pace.bytes_per_second, 0);
        assert_eq!(pace.seconds_left, None);
    }
}
