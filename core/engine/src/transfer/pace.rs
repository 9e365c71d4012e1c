//! How fast a transfer goes, smoothed so that a number on a screen can be read.

use core::time::Duration;

use crate::time::Moment;

/// What is older than this counts little: shorter jumps with every pause of a disk, longer lags.
const SMOOTHED_OVER_MS: u64 = 2_000;

/// Bytes are gathered this long before they count.
const STEP: Duration = Duration::from_millis(200);

/// A first-order low-pass over the bytes that moved.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pace {
    /// Start of the step that is being gathered; none while nothing has moved.
    since: Option<Moment>,
    gathered: u64,
    bytes_per_second: Option<u64>,
}

impl Pace {
    /// Bytes moved.
    pub(crate) fn moved(&mut self, len: u64, now: Moment) {
        // The first bytes say when it began; how long they took is not known.
        let Some(since) = self.since else {
            self.since = Some(now);
            return;
        };
        self.gathered = self.gathered.saturating_add(len);
        if now.since(since) >= STEP {
            *self = self.folded(since, now);
        }
    }

    /// Nothing moves for a reason: what was before says nothing of what comes after.
    pub(crate) fn stopped(&mut self) {
        *self = Self::default();
    }

    fn folded(self, since: Moment, now: Moment) -> Self {
        let millis = u64::try_from(now.since(since).as_millis()).unwrap_or(u64::MAX);
        let moved = self.gathered.saturating_mul(1000);
        let rate = match self.bytes_per_second {
            None => moved.checked_div(millis).unwrap_or(0),
            Some(rate) => {
                let weighted = rate.saturating_mul(SMOOTHED_OVER_MS).saturating_add(moved);
                weighted
                    .checked_div(millis.saturating_add(SMOOTHED_OVER_MS))
                    .unwrap_or(0)
            }
        };
        Self {
            since: Some(now),
            gathered: 0,
            bytes_per_second: Some(rate),
        }
    }

    /// Bytes a second; a stall shows as a speed that falls.
    pub(crate) fn bytes_per_second(self, now: Moment) -> u64 {
        match self.since {
            Some(since) if now.since(since) >= STEP => {
                self.folded(since, now).bytes_per_second.unwrap_or(0)
            }
            _ => self.bytes_per_second.unwrap_or(0),
        }
    }

    /// Time until `left` bytes moved; none while nothing can be said.
    pub(crate) fn time_left(self, left: u64, now: Moment) -> Option<Duration> {
        let rate = self.bytes_per_second(now);
        (rate > 0).then(|| Duration::from_secs(left.div_ceil(rate)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(millis: u64) -> Moment {
        Moment(Duration::from_millis(millis))
    }

    fn steady() -> Pace {
        let mut pace = Pace::default();
        (0..=20).for_each(|step| pace.moved(100, at(step * 100)));
        pace
    }

    #[test]
    fn a_steady_flow_shows_its_speed() {
        let shown = steady().bytes_per_second(at(2000));
        assert!((950..=1100).contains(&shown), "{shown}");
        assert_eq!(steady().time_left(0, at(2000)), Some(Duration::ZERO));
    }

    #[test]
    fn a_stall_lets_the_speed_fall() {
        let pace = steady();
        let later: Vec<u64> = [2500, 5000, 20_000]
            .map(|millis| pace.bytes_per_second(at(millis)))
            .to_vec();
        assert!(later.is_sorted_by(|a, b| a > b), "{later:?}");
    }

    #[test]
    fn one_burst_does_not_take_the_number_over() {
        let mut pace = steady();
        pace.moved(1000, at(2200));
        assert!(pace.bytes_per_second(at(2200)) < 1600);
    }

    #[test]
    fn nothing_moved_is_no_promise() {
        assert_eq!(Pace::default().time_left(1000, at(5)), None);
    }
}
