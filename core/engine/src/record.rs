//! What of a room outlives the app, so that it goes on by itself: transfers to this device, and
//! messages.

use parlor_proto::avatar::Avatar;
use parlor_proto::frame::{ChatMessage, OfferedFile};
use parlor_proto::id::DeviceId;
use parlor_proto::text::DisplayName;

use crate::device::DevicePublic;
use crate::input::IncomingKey;

/// What earlier sessions of this device left of a room's messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MessageRecord {
    /// Its own; none if it never said anything.
    pub own: Option<OwnMessages>,
    /// How far those of others are stored here, one entry for each author.
    pub authors: Vec<AuthorRecord>,
    /// How far others are known to have stored its own.
    pub readers: Vec<ReaderRecord>,
}

/// Somebody who was in the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The keys, as their holder proved them or signed messages with them.
    pub public: DevicePublic,
    /// The name they go by.
    pub name: DisplayName,
    /// How they want to be shown.
    pub avatar: Avatar,
}

/// Own messages kept for devices that have not stored them and for those still to come.
pub const OUTBOX_MAX: usize = 1000;

/// The last messages of this device, as many as [`OUTBOX_MAX`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnMessages {
    /// What they are numbered in.
    pub stream: u64,
    /// In their order and without a gap.
    pub messages: Vec<ChatMessage>,
}

/// How far the messages of one author are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorRecord {
    /// The author.
    pub device: DeviceId,
    /// The stream it wrote in last.
    pub stream: u64,
    /// Nothing up to this one is missing that its author could still send.
    pub through: u64,
}

/// How far one device has stored the messages of this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReaderRecord {
    /// The device.
    pub device: DeviceId,
    /// The last one that it was said to have.
    pub through: u64,
}

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
