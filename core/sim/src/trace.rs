//! What happened, line by line: printed in a replay, hashed in the test that a seed gives one run.

use parlor_engine::time::Moment;

/// Where the lines go.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    pub(crate) prints: bool,
    /// Takes in every line when there is one.
    pub(crate) digest: Option<Box<blake3::Hasher>>,
}

impl Trace {
    /// Adds a line; `what` is only asked when somebody wants it.
    pub(crate) fn line(&mut self, now: Moment, who: &str, what: impl FnOnce() -> String) {
        if !self.prints && self.digest.is_none() {
            return;
        }
        let line = format!("{:>11.3} {who:<7} {}", now.0.as_secs_f64(), what());
        if self.prints {
            println!("{line}");
        }
        if let Some(digest) = &mut self.digest {
            digest.update(line.as_bytes());
        }
    }
}

/// The start of a debug form: frames and session descriptions are long.
pub(crate) fn brief(value: &impl core::fmt::Debug) -> String {
    let text = format!("{value:?}");
    if text.len() <= 200 {
        return text;
    }
    let start: String = text.chars().take(200).collect();
    format!("{start}…")
}
