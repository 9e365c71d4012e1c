//! What of a transfer to this device outlives the app, so that it goes on by itself.

use parlor_proto::frame::OfferedFile;

use crate::input::IncomingKey;

/// How one file of a kept transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileMark {
    /// The person does not want it.
    Declined,
    /// Wanted, and not known to be whole.
    Wanted,
    /// Whole, under its final name.
    Done,
    /// It came to nothing.
    Failed,
}

/// How a kept transfer stands: what changes after the person's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingMarks {
    /// One for each file of the offer.
    pub files: Vec<FileMark>,
    /// Whether the person paused it.
    pub is_paused: bool,
    /// Why the person stopped it, if they did: the sender may not have heard.
    pub stopped: Option<String>,
}

/// A transfer that the person answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncomingRecord {
    /// Who offered it, and its number there.
    pub key: IncomingKey,
    /// The offer.
    pub files: Vec<OfferedFile>,
    /// How it stands.
    pub marks: IncomingMarks,
}

impl IncomingMarks {
    /// Whether there is anything left to do.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.stopped.is_some() || !self.files.contains(&FileMark::Wanted)
    }
}
