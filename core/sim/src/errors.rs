//! A subscriber that fails the test when anything is logged at the error level.

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// Panics on error events and ignores all others.
#[derive(Debug)]
pub struct NoErrors;

/// Runs `scenario` with [`NoErrors`] listening on this thread.
pub fn none_in<T>(scenario: impl FnOnce() -> T) -> T {
    tracing::subscriber::with_default(NoErrors, scenario)
}

impl Subscriber for NoErrors {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::ERROR
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::ERROR)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        panic!("logged as an error:{}", text.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn core::fmt::Debug) {
        use core::fmt::Write as _;
        // Writing to a String cannot fail.
        let _ = write!(self.0, " {field}={value:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "the disk is on fire")]
    fn an_error_fails_the_run() {
        none_in(|| tracing::error!("the disk is on fire"));
    }

    #[test]
    fn a_warning_does_not() {
        none_in(|| tracing::warn!("it is getting warm"));
    }
}
