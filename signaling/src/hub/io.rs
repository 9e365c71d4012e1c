//! What the hub is told, what it answers, and its settings.

use core::time::Duration;

use parlor_proto::id::PeerId;
use parlor_proto::limits::ROOM_PEERS_MAX;
use parlor_proto::signal::{ClientMessage, ErrorCode, IceServer, ServerMessage, SignalDecodeError};

use super::addresses::{AddressLimits, ClientKey};
use super::nameplates::CodeKey;
use crate::resume::ResumeKey;

/// How long a member without a connection keeps their place: a lift, a tunnel, a phone that
/// changes networks. Users of other tools ask for about two minutes.
pub const RESUME_WINDOW: Duration = Duration::from_secs(120);

/// How long a token is good for a member this server does not remember. Connections live for
/// hours and the token is handed out at their start, so it must outlive them by the window.
pub const RESUME_TOKEN_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// A connection that has not joined by then is closed: a phone on a bad network needs one round
/// trip, a scanner needs none.
pub const HELLO_TIMEOUT: Duration = Duration::from_secs(5);

/// A connection, named by the driver: never the same name twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnId(pub u64);

/// What the hub needs to know from the start.
#[derive(Debug, Clone)]
pub struct HubConfig {
    /// Makes and checks resume tokens; servers that share it accept each other's.
    pub resume_key: ResumeKey,
    /// Makes the numbers of typed codes, and decoys.
    pub code_key: CodeKey,
    /// What one address may do.
    pub address_limits: AddressLimits,
    /// Handed to everybody who joins.
    pub ice_servers: Vec<IceServer>,
    /// Limit of a room whose creator names none, and the most one can name.
    pub room_peers_max: u8,
    /// See [`RESUME_WINDOW`].
    pub resume_window: Duration,
    /// See [`HELLO_TIMEOUT`].
    pub hello_timeout: Duration,
}

impl HubConfig {
    /// The defaults, with a key.
    #[must_use]
    pub fn new(server_key: &[u8; 32]) -> Self {
        Self {
            resume_key: ResumeKey::new(server_key),
            code_key: CodeKey::new(server_key),
            address_limits: AddressLimits::default(),
            ice_servers: Vec::new(),
            room_peers_max: ROOM_PEERS_MAX
                .try_into()
                .expect("the limit is a small constant"),
            resume_window: RESUME_WINDOW,
            hello_timeout: HELLO_TIMEOUT,
        }
    }
}

/// What happened.
#[derive(Debug)]
pub enum HubInput {
    /// A connection opened.
    Connected {
        /// Its name.
        conn: ConnId,
        /// A random name for the peer behind it, used unless they resume as somebody.
        fresh_peer: PeerId,
        /// Where it comes from.
        from: ClientKey,
    },
    /// A connection said something.
    Message {
        /// Which.
        conn: ConnId,
        /// What.
        message: ClientMessage,
    },
    /// A connection said something unreadable.
    Undecodable {
        /// Which.
        conn: ConnId,
        /// Why it is unreadable.
        error: SignalDecodeError,
    },
    /// A connection ended. One that the hub closed itself may be reported or not.
    Disconnected {
        /// Which.
        conn: ConnId,
    },
    /// Time passed.
    Tick,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub enum HubOutput {
    /// Send this, after everything before it.
    Send {
        /// To whom.
        conn: ConnId,
        /// What.
        message: ServerMessage,
    },
    /// Close the connection once everything before it is sent. The hub has forgotten it already.
    Close {
        /// Which.
        conn: ConnId,
        /// Why.
        code: CloseCode,
    },
}

/// Why the hub closes a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CloseCode {
    /// They left.
    Left,
    /// This error was sent just before.
    Failed(ErrorCode),
}

/// The error message for a code, in words for people.
#[must_use]
pub fn error_message(code: ErrorCode, wait: Option<Duration>) -> ServerMessage {
    let text = match code {
        ErrorCode::BadMessage => "the message could not be read",
        ErrorCode::UnsupportedVersion => "this server speaks version 1",
        ErrorCode::UnknownType => "this server does not know this type of message",
        ErrorCode::RoomNotFound => "nobody is in this room",
        ErrorCode::RoomFull => "the room is full",
        ErrorCode::NotJoined => "join a room first",
        ErrorCode::AlreadyJoined => "this connection is in a room already",
        ErrorCode::PeerNotFound => "this peer is not in the room",
        ErrorCode::TooLarge => "the message is too large",
        ErrorCode::RateLimited => "too many messages",
        ErrorCode::SlowConsumer => "messages were not read in time",
        ErrorCode::HelloTimeout => "no join came in time",
        ErrorCode::Displaced => "another connection took over",
        ErrorCode::CodeRefused => "this code does not open a room",
        ErrorCode::Draining => "the server is going away",
        ErrorCode::Internal | ErrorCode::Unknown => "the server failed",
    };
    let millis = |wait: Duration| u32::try_from(wait.as_millis()).unwrap_or(u32::MAX);
    ServerMessage::Error {
        code,
        message: text.to_owned(),
        // Rounded up: who comes back in time must not find that it was a bit early.
        retry_after_ms: wait.map(|wait| millis(wait + Duration::from_micros(999))),
    }
}
