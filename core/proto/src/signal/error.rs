//! What can go wrong between a client and the server.

use serde::{Deserialize, Serialize};

/// Why the server refused something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The message could not be read; the connection ends.
    BadMessage,
    /// The message is of another protocol version; the connection ends.
    UnsupportedVersion,
    /// The server does not know this type of message; the connection goes on.
    UnknownType,
    /// Nobody is in the room that was to be joined.
    RoomNotFound,
    /// The room has as many members as it may.
    RoomFull,
    /// Only members may do this.
    NotJoined,
    /// This connection is in a room already.
    AlreadyJoined,
    /// The receiver of a signal is not, or no longer, in the room.
    PeerNotFound,
    /// The message is larger than allowed; the connection ends.
    TooLarge,
    /// Too many messages, or the server is as full as it may be.
    RateLimited,
    /// The client read too slowly and its queue ran over; the connection ends.
    SlowConsumer,
    /// No join came in time; the connection ends.
    HelloTimeout,
    /// Another connection resumed this peer; the connection ends, and dialing again would only
    /// push the other one out in turn.
    Displaced,
    /// A newcomer did not get in by a code: it is wrong, used up or gone, and nobody is told
    /// which. The connection ends.
    CodeRefused,
    /// The server is going away; dial again after the time it says.
    Draining,
    /// The server failed.
    Internal,
    /// A code this version does not know.
    #[serde(other)]
    Unknown,
}

impl ErrorCode {
    /// Dialing again by itself would meet the same answer: stop, and tell the person.
    #[must_use]
    pub fn is_fatal(self) -> bool {
        match self {
            Self::BadMessage
            | Self::UnsupportedVersion
            | Self::RoomNotFound
            | Self::RoomFull
            | Self::TooLarge
            | Self::CodeRefused
            | Self::Displaced => true,
            Self::UnknownType
            | Self::NotJoined
            | Self::AlreadyJoined
            | Self::PeerNotFound
            | Self::RateLimited
            | Self::SlowConsumer
            | Self::HelloTimeout
            | Self::Draining
            | Self::Internal
            | Self::Unknown => false,
        }
    }
}

/// Why a text is not a signaling message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignalDecodeError {
    /// Longer than [`SIGNAL_MESSAGE_MAX_BYTES`](crate::limits::SIGNAL_MESSAGE_MAX_BYTES); nothing of it was parsed.
    #[error("a signaling message of {len_bytes} bytes is too large")]
    TooLarge {
        /// Its length.
        len_bytes: usize,
    },
    /// Not a JSON object with a version and a type, or a known type with the wrong fields.
    #[error("not a signaling message")]
    Malformed,
    /// Another protocol version.
    #[error("signaling version {version} is not supported")]
    UnsupportedVersion {
        /// The version it says.
        version: u64,
    },
    /// A type this version does not know: skip the message and go on.
    #[error("unknown type of signaling message")]
    UnknownType,
    /// A part is larger than its limit or holds characters that do not belong there.
    #[error("{what} out of bounds")]
    OutOfBounds {
        /// The part.
        what: &'static str,
    },
}
