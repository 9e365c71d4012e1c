//! Time as the engine is told it.

use core::ops::Add;
use core::time::Duration;

/// A point on the driver's monotonic clock, as the time since some fixed start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Moment(pub Duration);

impl Moment {
    /// Time from `earlier` to here; zero when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

impl Add<Duration> for Moment {
    type Output = Self;

    fn add(self, rhs: Duration) -> Self {
        Self(self.0.saturating_add(rhs))
    }
}

/// When the engine wants to be called again, and for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline {
    /// The latest moment for the next `Input::Time`.
    pub at: Moment,
    /// What is due then: for logs and for people who debug a stuck session.
    pub why: &'static str,
}
