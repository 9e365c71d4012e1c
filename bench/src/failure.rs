//! Why something was not measured, in a sentence.

use std::fmt::Display;

/// A sentence for the person at the terminal and for the report.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Failure(pub(crate) String);

pub(crate) type Result<T> = core::result::Result<T, Failure>;

/// Says what was being done when an error came.
pub(crate) trait While<T> {
    fn during(self, what: &str) -> Result<T>;
}

impl<T, E: Display> While<T> for core::result::Result<T, E> {
    fn during(self, what: &str) -> Result<T> {
        self.map_err(|error| Failure(format!("{what}: {error}")))
    }
}

/// A failure without an error behind it.
pub(crate) fn failed<T>(why: impl Into<String>) -> Result<T> {
    Err(Failure(why.into()))
}
