//! Messages between a client and the signaling server: JSON text, one message a WebSocket frame.
//!
//! The engine's signal machine speaks [`ClientMessage`] and hears [`ServerMessage`]; the server's
//! hub is the other end. Both sides enter through `decode`, which looks at the length, then at the
//! version and the type, then at the body, then at every bound of [`limits`](crate::limits), so a
//! decoded message is always within them. What `encode` makes of such a message always fits
//! [`SIGNAL_MESSAGE_MAX_BYTES`].
//!
//! ```text
//! {"v":1,"type":"join","room":"…","intent":"open"}        client to server
//! {"v":1,"type":"signal","to":"…","payload":"…"}
//! {"v":1,"type":"leave"}
//! {"v":1,"type":"nameplate_open"}
//! {"v":1,"type":"knock","nameplate":4821,"payload":"…"}
//! {"v":1,"type":"joined","peer":"…","peers":[…],…}        server to client
//! {"v":1,"type":"peer_joined","peer":"…"}
//! {"v":1,"type":"error","code":"room_full","message":"…"}
//! ```
//!
//! Unknown fields are skipped and unknown types are an error of their own, so either side may
//! learn new things first. Debug output never shows payloads, tokens or credentials.

mod debug;
mod error;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use self::error::{ErrorCode, SignalDecodeError};
use crate::code::Nameplate;
use crate::id::{PeerId, RoomId};
use crate::limits::{
    ICE_CREDENTIAL_MAX_BYTES, ICE_SERVER_URLS_MAX, ICE_SERVERS_MAX, ICE_URL_MAX_BYTES,
    KNOCK_PAYLOAD_MAX_BYTES, REASON_MAX_BYTES, RESUME_TOKEN_MAX_BYTES, ROOM_PEERS_MAX,
    SIGNAL_MESSAGE_MAX_BYTES, SIGNAL_PAYLOAD_MAX_BYTES,
};

/// The version in every message; a server or client that sees another one stops there.
pub const SIGNAL_VERSION: u64 = 1;

/// Fewest members a room can be limited to: a room for one is no room.
pub const ROOM_PEERS_MIN: u8 = 2;

/// What somebody expects of the room they name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinIntent {
    /// Create the room if nobody is in it.
    Open,
    /// Somebody must be there already; otherwise the answer is [`ErrorCode::RoomNotFound`].
    Join,
}

/// What a client says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientMessage {
    /// The first message of a connection: enter a room, or come back to it.
    Join {
        /// The room, as derived from its secret.
        room: RoomId,
        /// Whether the room may be created.
        intent: JoinIntent,
        /// Limit of the room, from [`ROOM_PEERS_MIN`] to [`ROOM_PEERS_MAX`]; only heard when this
        /// join creates the room.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_peers: Option<u8>,
        /// Proof of an earlier membership, to come back as the same peer. An expired one is
        /// ignored: the client then enters as somebody new.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        resume: Option<ResumeToken>,
    },
    /// Pass something sealed to another member.
    Signal {
        /// Who it is for.
        to: PeerId,
        /// base64url without padding, up to [`SIGNAL_PAYLOAD_MAX_BYTES`]; opaque to the server.
        payload: String,
    },
    /// Leave for good: the others hear it at once, and the server closes the connection.
    Leave,
    /// A member asks for a number under which newcomers can knock. One for each member; asking
    /// again gives the same.
    NameplateOpen {
        /// The number this member had before the server forgot it, kept if it is free.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nameplate: Option<Nameplate>,
    },
    /// The member's number leads nowhere from now on.
    NameplateClose,
    /// The first message of a newcomer's connection: a key exchange with whoever has the number.
    Knock {
        /// The number.
        nameplate: Nameplate,
        /// The newcomer's half, base64url without padding, up to [`KNOCK_PAYLOAD_MAX_BYTES`].
        payload: String,
    },
    /// A newcomer's proof, after the answer to their knock.
    KnockProof {
        /// base64url without padding, up to [`KNOCK_PAYLOAD_MAX_BYTES`].
        payload: String,
    },
    /// A member answers a newcomer: the first time a half of the key exchange, the second time
    /// the sealed invitation.
    KnockAnswer {
        /// Whom, as the server named them.
        guest: PeerId,
        /// base64url without padding, up to [`KNOCK_PAYLOAD_MAX_BYTES`].
        payload: String,
    },
    /// A member turns a newcomer away.
    KnockRefuse {
        /// Whom, as the server named them.
        guest: PeerId,
    },
}

/// What the server says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The answer to a join that worked.
    Joined {
        /// The receiver's own name in this room.
        peer: PeerId,
        /// The other members, those who are away for a moment included.
        peers: Vec<PeerId>,
        /// What to show in the next join to come back as `peer`.
        resume: ResumeToken,
        /// Servers for connectivity checks and relaying.
        #[serde(default)]
        ice_servers: Vec<IceServer>,
        /// The token in the join was good, so `peer` is the same as before.
        resumed: bool,
    },
    /// Somebody entered.
    PeerJoined {
        /// Who.
        peer: PeerId,
    },
    /// Somebody left for good, or stayed away too long.
    PeerLeft {
        /// Who.
        peer: PeerId,
    },
    /// Something sealed from another member.
    Signal {
        /// Who sent it, as the server knows them.
        from: PeerId,
        /// base64url without padding, up to [`SIGNAL_PAYLOAD_MAX_BYTES`].
        payload: String,
    },
    /// The answer to a member's [`ClientMessage::NameplateOpen`].
    Nameplate {
        /// The number.
        nameplate: Nameplate,
    },
    /// To the member with the number: a newcomer knocked.
    Knock {
        /// The newcomer, named by the server for as long as their connection lives.
        guest: PeerId,
        /// Their half of the key exchange.
        payload: String,
    },
    /// To the member with the number: a newcomer's proof.
    KnockProof {
        /// The newcomer.
        guest: PeerId,
        /// The proof.
        payload: String,
    },
    /// To the newcomer, twice: the member's half, then the sealed invitation. A number that leads
    /// nowhere gives a first answer as well, which nobody can tell from a true one.
    KnockAnswer {
        /// base64url without padding, up to [`KNOCK_PAYLOAD_MAX_BYTES`].
        payload: String,
    },
    /// Something went wrong; whether the connection ends too is up to the code.
    Error {
        /// What, for programs.
        code: ErrorCode,
        /// What, for people, up to [`REASON_MAX_BYTES`].
        message: String,
        /// How long to wait before the next try.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_ms: Option<u32>,
    },
}

/// A server for connectivity checks (STUN) or relaying (TURN), as WebRTC wants to hear of it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IceServer {
    /// `stun:`, `stuns:`, `turn:` or `turns:` addresses of one and the same server.
    pub urls: Vec<String>,
    /// TURN user name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// TURN password.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

impl IceServer {
    /// Whether every part is within bounds and made of characters that belong there.
    ///
    /// # Errors
    /// [`SignalDecodeError::OutOfBounds`] names the part that is not.
    pub fn check(&self) -> Result<(), SignalDecodeError> {
        bounded(
            "ice server urls",
            (1..=ICE_SERVER_URLS_MAX).contains(&self.urls.len()),
        )?;
        bounded("ice url", self.urls.iter().all(|url| is_ice_url(url)))?;
        let secrets = [self.username.as_deref(), self.credential.as_deref()];
        let fits = |text: &str| is_plain(text, ICE_CREDENTIAL_MAX_BYTES);
        bounded("ice credential", secrets.into_iter().flatten().all(fits))
    }
}

/// Proof of membership that only the server can make or read; clients keep it and show it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct ResumeToken(String);

impl ResumeToken {
    /// Takes printable ASCII of up to [`RESUME_TOKEN_MAX_BYTES`].
    ///
    /// # Errors
    /// [`SignalDecodeError::OutOfBounds`] for anything else.
    pub fn new(text: impl Into<String>) -> Result<Self, SignalDecodeError> {
        let text = text.into();
        bounded(
            "resume token",
            !text.is_empty() && is_plain(&text, RESUME_TOKEN_MAX_BYTES),
        )?;
        Ok(Self(text))
    }

    /// The text to put on the wire. Never log it: whoever has it can take the member's place.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ResumeToken {
    type Error = SignalDecodeError;

    fn try_from(text: String) -> Result<Self, SignalDecodeError> {
        Self::new(text)
    }
}

impl From<ResumeToken> for String {
    fn from(token: ResumeToken) -> Self {
        token.0
    }
}

/// What every message starts with, read before the rest.
#[derive(Deserialize)]
struct Head<'a> {
    v: u64,
    #[serde(borrow, rename = "type")]
    kind: std::borrow::Cow<'a, str>,
}

#[derive(Serialize)]
struct Versioned<'a, M> {
    v: u64,
    #[serde(flatten)]
    message: &'a M,
}

impl ClientMessage {
    const TYPES: [&'static str; 9] = [
        "join",
        "signal",
        "leave",
        "nameplate_open",
        "nameplate_close",
        "knock",
        "knock_proof",
        "knock_answer",
        "knock_refuse",
    ];

    /// The text to send.
    #[must_use]
    pub fn encode(&self) -> String {
        encode(self)
    }

    /// Reads a text that a client sent.
    ///
    /// # Errors
    /// Anything that is not a message within all bounds; see [`SignalDecodeError`].
    pub fn decode(text: &str) -> Result<Self, SignalDecodeError> {
        let message: Self = decode(text, &Self::TYPES)?;
        message.check()?;
        Ok(message)
    }

    fn check(&self) -> Result<(), SignalDecodeError> {
        match self {
            Self::Join { max_peers, .. } => {
                let fits = |max: u8| max >= ROOM_PEERS_MIN && usize::from(max) <= ROOM_PEERS_MAX;
                bounded("max_peers", max_peers.is_none_or(fits))
            }
            Self::Signal { payload, .. } => bounded("payload", is_payload(payload)),
            Self::Knock { payload, .. }
            | Self::KnockProof { payload }
            | Self::KnockAnswer { payload, .. } => bounded("payload", is_knock_payload(payload)),
            Self::Leave
            | Self::NameplateOpen { .. }
            | Self::NameplateClose
            | Self::KnockRefuse { .. } => Ok(()),
        }
    }
}

impl ServerMessage {
    const TYPES: [&'static str; 9] = [
        "joined",
        "peer_joined",
        "peer_left",
        "signal",
        "nameplate",
        "knock",
        "knock_proof",
        "knock_answer",
        "error",
    ];

    /// The text to send.
    #[must_use]
    pub fn encode(&self) -> String {
        encode(self)
    }

    /// Reads a text that the server sent.
    ///
    /// # Errors
    /// [`SignalDecodeError::UnknownType`] is a message to skip; see [`SignalDecodeError`].
    pub fn decode(text: &str) -> Result<Self, SignalDecodeError> {
        let message: Self = decode(text, &Self::TYPES)?;
        message.check()?;
        Ok(message)
    }

    fn check(&self) -> Result<(), SignalDecodeError> {
        match self {
            Self::Joined {
                peers, ice_servers, ..
            } => {
                bounded("peers", peers.len() <= ROOM_PEERS_MAX)?;
                bounded("ice servers", ice_servers.len() <= ICE_SERVERS_MAX)?;
                ice_servers.iter().try_for_each(IceServer::check)
            }
            Self::Signal { payload, .. } => bounded("payload", is_payload(payload)),
            Self::Error { message, .. } => bounded("error", message.len() <= REASON_MAX_BYTES),
            Self::Knock { payload, .. }
            | Self::KnockProof { payload, .. }
            | Self::KnockAnswer { payload } => bounded("payload", is_knock_payload(payload)),
            Self::PeerJoined { .. } | Self::PeerLeft { .. } | Self::Nameplate { .. } => Ok(()),
        }
    }
}

fn encode(message: &impl Serialize) -> String {
    let versioned = Versioned {
        v: SIGNAL_VERSION,
        message,
    };
    serde_json::to_string(&versioned).expect("strings, numbers and lists always serialise")
}

fn decode<M: DeserializeOwned>(text: &str, types: &[&str]) -> Result<M, SignalDecodeError> {
    if text.len() > SIGNAL_MESSAGE_MAX_BYTES {
        return Err(SignalDecodeError::TooLarge {
            len_bytes: text.len(),
        });
    }
    // serde reads structs from arrays as well, which would be a second, undocumented form.
    if !text.trim_start().starts_with('{') {
        return Err(SignalDecodeError::Malformed);
    }
    let head: Head<'_> = serde_json::from_str(text).map_err(|_| SignalDecodeError::Malformed)?;
    if head.v != SIGNAL_VERSION {
        return Err(SignalDecodeError::UnsupportedVersion { version: head.v });
    }
    if !types.contains(&head.kind.as_ref()) {
        return Err(SignalDecodeError::UnknownType);
    }
    serde_json::from_str(text).map_err(|_| SignalDecodeError::Malformed)
}

fn bounded(what: &'static str, within: bool) -> Result<(), SignalDecodeError> {
    if within {
        Ok(())
    } else {
        Err(SignalDecodeError::OutOfBounds { what })
    }
}

fn is_payload(text: &str) -> bool {
    text.len() <= SIGNAL_PAYLOAD_MAX_BYTES && is_base64url(text)
}

fn is_knock_payload(text: &str) -> bool {
    text.len() <= KNOCK_PAYLOAD_MAX_BYTES && is_base64url(text)
}

fn is_base64url(text: &str) -> bool {
    let base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.bytes().all(base64url)
}

/// Text that JSON never has to escape, so that its length on the wire is its length here.
fn is_plain(text: &str, max_bytes: usize) -> bool {
    let plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    text.len() <= max_bytes && text.bytes().all(plain)
}

fn is_ice_url(text: &str) -> bool {
    let known = ["stun:", "stuns:", "turn:", "turns:"]
        .iter()
        .any(|scheme| text.starts_with(scheme));
    known && is_plain(text, ICE_URL_MAX_BYTES)
}
