//! What people write, and what peers say of it to each other.

use core::ops::RangeInclusive;

use super::{DecodeError, codec, within};
use crate::id::{DeviceId, RoomId};
use crate::limits::{HAVE_AUTHORS_MAX, MESSAGE_SEQ_MAX, MESSAGE_TEXT_MAX_BYTES, WRITTEN_AT_MAX_MS};
use crate::text::{DisplayName, cut};

/// A chat message; `(author device, stream, seq)` names it in the room for good.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct ChatMessage {
    /// Counts the author's messages of this stream from 1, up to [`MESSAGE_SEQ_MAX`].
    #[n(0)]
    pub seq: u64,
    /// When it was written by the author's clock, in milliseconds since 1970; clamped to
    /// [`WRITTEN_AT_MAX_MS`].
    #[n(1)]
    pub written_at_ms: u64,
    /// The text, at most [`MESSAGE_TEXT_MAX_BYTES`].
    #[n(2)]
    pub text: String,
    /// Ed25519 signature of the author's device over [`Self::signed_bytes`], so that any member
    /// may pass the message on.
    #[cbor(n(3), with = "minicbor::bytes")]
    pub signature: [u8; 64],
    /// Random for every outbox, so that a device that lost count can begin again at 1.
    #[n(4)]
    pub stream: u64,
    /// The message that this one answers, if any. Nobody has to know it.
    #[n(5)]
    pub in_reply_to: Option<MessageId>,
}

/// Names a message in its room for good.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
)]
#[cbor(map)]
pub struct MessageId {
    /// Who wrote it.
    #[n(0)]
    pub author: DeviceId,
    /// The author's stream.
    #[n(1)]
    pub stream: u64,
    /// Its number there.
    #[n(2)]
    pub seq: u64,
}

/// Cumulative receipt: all messages of the stream in the receiver's hello up to `through` are
/// stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Stored {
    /// Highest stored seq without a gap; 0 when there is none.
    #[n(0)]
    pub through: u64,
}

impl MessageId {
    /// The name of a message of `author`.
    #[must_use]
    pub const fn of(author: DeviceId, message: &ChatMessage) -> Self {
        Self {
            author,
            stream: message.stream,
            seq: message.seq,
        }
    }

    /// Every name that a message of `author` can have.
    #[must_use]
    pub const fn all_of(author: DeviceId) -> RangeInclusive<Self> {
        let first = Self {
            author,
            stream: 0,
            seq: 0,
        };
        let last = Self {
            author,
            stream: u64::MAX,
            seq: u64::MAX,
        };
        first..=last
    }

    /// Every name that a message of the same author and stream can have.
    #[must_use]
    pub const fn all_of_stream(self) -> RangeInclusive<Self> {
        Self { seq: 0, ..self }..=Self {
            seq: u64::MAX,
            ..self
        }
    }
}

/// Whether the person is writing. It may get lost, so it is said again while it is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Typing {
    /// Whether they are at it now.
    #[n(0)]
    pub is_typing: bool,
}

/// How far messages of others are stored here, so that the receiver passes on what is beyond. The
/// first one on a link is the sign to begin; later ones tell what changed.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Have {
    /// One for each author, at most [`HAVE_AUTHORS_MAX`](crate::limits::HAVE_AUTHORS_MAX).
    #[n(0)]
    pub authors: Vec<HaveAuthor>,
}

/// How far the messages of one author are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct HaveAuthor {
    /// The author.
    #[n(0)]
    pub author: DeviceId,
    /// The stream that is counted.
    #[n(1)]
    pub stream: u64,
    /// Highest stored seq; nothing before it is wanted.
    #[n(2)]
    pub through: u64,
    /// Whether the author itself is linked to, so that nobody need pass anything on.
    #[n(3)]
    pub is_direct: bool,
}

/// A message of somebody else, passed on by a member who has it.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Passed {
    /// The author's X25519 key; with the next one it makes the author's device id.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub handshake_key: [u8; 32],
    /// The author's Ed25519 key, which signed the message.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub signing_key: [u8; 32],
    /// By what name the author goes, in the words of who passes it on.
    #[cbor(n(2), with = "codec::display_name")]
    pub name: DisplayName,
    /// The message.
    #[n(3)]
    pub message: ChatMessage,
}

impl Have {
    /// Holds every field to its limit.
    pub(super) fn check(&self) -> Result<(), DecodeError> {
        within("authors", self.authors.len(), HAVE_AUTHORS_MAX)?;
        if self
            .authors
            .iter()
            .any(|have| have.through > MESSAGE_SEQ_MAX)
        {
            return Err(DecodeError::OutOfBounds("stored messages"));
        }
        Ok(())
    }
}

impl ChatMessage {
    /// A message without a signature yet, its text cut at [`MESSAGE_TEXT_MAX_BYTES`].
    #[must_use]
    pub fn new(stream: u64, seq: u64, written_at_ms: u64, text: &str) -> Self {
        Self {
            stream,
            seq,
            written_at_ms,
            text: cut(text, MESSAGE_TEXT_MAX_BYTES).to_owned(),
            signature: [0; 64],
            in_reply_to: None,
        }
    }

    /// Holds every field to its limit.
    pub(super) fn check(&mut self) -> Result<(), DecodeError> {
        within("message text", self.text.len(), MESSAGE_TEXT_MAX_BYTES)?;
        if self.seq == 0 || self.seq > MESSAGE_SEQ_MAX {
            return Err(DecodeError::OutOfBounds("message seq"));
        }
        let answered = self.in_reply_to.map_or(1, |to| to.seq);
        if answered == 0 || answered > MESSAGE_SEQ_MAX {
            return Err(DecodeError::OutOfBounds("answered message"));
        }
        if self.text.trim().is_empty() {
            return Err(DecodeError::OutOfBounds("message text"));
        }
        self.written_at_ms = self.written_at_ms.min(WRITTEN_AT_MAX_MS);
        Ok(())
    }

    /// What the author signs. An answer begins otherwise, so that neither form can be read as the
    /// other.
    #[must_use]
    pub fn signed_bytes(&self, room: RoomId, author: DeviceId) -> Vec<u8> {
        let own = [
            &room.0[..],
            &author.0,
            &self.stream.to_be_bytes(),
            &self.seq.to_be_bytes(),
            &self.written_at_ms.to_be_bytes(),
        ]
        .concat();
        let text = self.text.as_bytes();
        match self.in_reply_to {
            None => [b"parlor message v1".as_slice(), &own, text].concat(),
            Some(MessageId {
                author,
                stream,
                seq,
            }) => [
                b"parlor reply v1".as_slice(),
                &own,
                &author.0,
                &stream.to_be_bytes(),
                &seq.to_be_bytes(),
                text,
            ]
            .concat(),
        }
    }
}
