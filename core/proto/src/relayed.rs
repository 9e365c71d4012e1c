//! What one member carries for two others: an envelope that the carrier reads, and a body that
//! only the two can open.
//!
//! Layout of the envelope, integers big-endian: kind `0x30` (1), conversation (8), sender (16),
//! receiver (16), then the body to the end. Peer ids name the two, as the server gave them: device
//! ids live longer, and a carrier has no business with them. Nothing in the envelope is secret and
//! nothing in it is believed: the keys of the body belong to exactly these two, this conversation
//! and one direction, so that a changed envelope leads to keys that do not open the body.

use bytes::{BufMut, Bytes, BytesMut};

use crate::id::{DeviceId, PeerId};
use crate::limits::{
    CARRIED_CONTENT_MAX_BYTES, CONVERSATION_MESSAGES_MAX, HANDSHAKE_MESSAGE_MAX_BYTES,
    RELAYED_MAX_BYTES, SEALED_MAX_BYTES, SEALED_MIN_BYTES,
};

const KIND: u8 = 0x30;
const HEADER_BYTES: usize = 41;
const SEALED: u8 = 0x10;
const INTRODUCTION: u8 = 0xFF;

/// One message on its way through a carrier.
#[derive(Clone, PartialEq, Eq)]
pub struct Relayed {
    /// Which conversation of the two this belongs to; chosen at random by the side that begins.
    pub conversation: u64,
    /// Who sent it, as the carrier believes; proven only by the body.
    pub from: PeerId,
    /// Whom to carry it to.
    pub to: PeerId,
    /// A [`Body`], which the carrier does not read.
    pub body: Bytes,
}

/// What is in the body of a [`Relayed`].
#[derive(Clone, PartialEq, Eq)]
pub enum Body {
    /// A message of the Noise handshake.
    Handshake {
        /// Which of the three.
        step: Step,
        /// As Noise made it, at most [`HANDSHAKE_MESSAGE_MAX_BYTES`].
        message: Bytes,
    },
    /// A sealed [`Content`].
    Sealed {
        /// Counts the messages of this direction from 0, below [`CONVERSATION_MESSAGES_MAX`];
        /// also the nonce.
        counter: u64,
        /// Ciphertext and tag, at most [`SEALED_MAX_BYTES`].
        sealed: Bytes,
    },
}

/// Place of a message in the handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// From the side that begins.
    First,
    /// The answer.
    Second,
    /// From the side that began; then both have keys.
    Third,
}

/// What was sealed.
#[derive(Clone, PartialEq, Eq)]
pub enum Content {
    /// The first message of each side: which device it is.
    Introduction(Introduction),
    /// A frame of one of the channels that a direct link would have.
    Carried {
        /// The channel.
        flow: Flow,
        /// The frame, at most [`CARRIED_CONTENT_MAX_BYTES`].
        frame: Bytes,
    },
}

/// The channel that a direct link would carry a frame on; the number is that of the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flow {
    /// Control frames.
    Control,
    /// File bytes.
    Bulk,
    /// What is worth nothing late.
    Live,
}

/// Shows which device speaks, as a hello does on a direct link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Introduction {
    /// The device's Ed25519 key; with the handshake's X25519 key it makes the device id.
    pub signing_key: [u8; 32],
    /// Signature of that key over [`Self::signed_bytes`].
    pub proof: [u8; 64],
}

/// Why bytes are not what a carrier should have brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RelayedError {
    /// Over the limit.
    #[error("{len_bytes} bytes are over the limit of {max_bytes}")]
    TooLong {
        /// Its length.
        len_bytes: usize,
        /// The limit.
        max_bytes: usize,
    },
    /// Ends too early.
    #[error("the relayed message is cut short")]
    Truncated,
    /// A kind of a later version; may be skipped.
    #[error("unknown kind {0:#04x} of relayed message")]
    UnknownKind(u8),
    /// A field outside its limits.
    #[error("the relayed message's {0} is out of bounds")]
    OutOfBounds(&'static str),
}

impl core::fmt::Debug for Relayed {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { from, to, body, .. } = self;
        f.debug_struct("Relayed")
            .field("from", from)
            .field("to", to)
            .field("len_bytes", &body.len())
            .finish_non_exhaustive()
    }
}

impl core::fmt::Debug for Body {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Handshake { step, .. } => f.debug_tuple("Handshake").field(step).finish(),
            Self::Sealed { counter, .. } => f.debug_tuple("Sealed").field(counter).finish(),
        }
    }
}

impl core::fmt::Debug for Content {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Introduction(_) => f.write_str("Introduction(…)"),
            Self::Carried { flow, frame } => f
                .debug_struct("Carried")
                .field("flow", flow)
                .field("len_bytes", &frame.len())
                .finish(),
        }
    }
}

impl Relayed {
    /// The bytes for the carrier. The body is expected to be within its limit.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let Self {
            conversation,
            from,
            to,
            body,
        } = self;
        let mut bytes = BytesMut::with_capacity(HEADER_BYTES.saturating_add(body.len()));
        bytes.put_u8(KIND);
        bytes.put_u64(*conversation);
        bytes.put_slice(&from.0);
        bytes.put_slice(&to.0);
        bytes.put_slice(body);
        bytes.freeze()
    }

    /// Reads an envelope, which is all a carrier needs; `body` shares memory with `bytes`.
    ///
    /// # Errors
    /// [`RelayedError`]; an unknown kind may be skipped.
    pub fn decode(mut bytes: Bytes) -> Result<Self, RelayedError> {
        within(&bytes, RELAYED_MAX_BYTES)?;
        let [kind] = take(&mut bytes)?;
        if kind != KIND {
            return Err(RelayedError::UnknownKind(kind));
        }
        let relayed = Self {
            conversation: u64::from_be_bytes(take(&mut bytes)?),
            from: PeerId(take(&mut bytes)?),
            to: PeerId(take(&mut bytes)?),
            body: bytes,
        };
        if relayed.from == relayed.to {
            return Err(RelayedError::OutOfBounds("receiver"));
        }
        if relayed.body.is_empty() {
            return Err(RelayedError::Truncated);
        }
        Ok(relayed)
    }
}

impl Body {
    /// The bytes for [`Relayed::body`].
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut bytes = BytesMut::new();
        match self {
            Self::Handshake { step, message } => {
                bytes.put_u8(step.number());
                bytes.put_slice(message);
            }
            Self::Sealed { counter, sealed } => {
                bytes.put_u8(SEALED);
                bytes.put_u64(*counter);
                bytes.put_slice(sealed);
            }
        }
        bytes.freeze()
    }

    /// Reads [`Relayed::body`].
    ///
    /// # Errors
    /// [`RelayedError`]; an unknown kind may be skipped.
    pub fn decode(mut bytes: Bytes) -> Result<Self, RelayedError> {
        let [kind] = take(&mut bytes)?;
        if let Some(step) = Step::from_number(kind) {
            within(&bytes, HANDSHAKE_MESSAGE_MAX_BYTES)?;
            let message = bytes;
            return Ok(Self::Handshake { step, message });
        }
        if kind != SEALED {
            return Err(RelayedError::UnknownKind(kind));
        }
        let counter = u64::from_be_bytes(take(&mut bytes)?);
        if counter >= CONVERSATION_MESSAGES_MAX {
            return Err(RelayedError::OutOfBounds("counter"));
        }
        within(&bytes, SEALED_MAX_BYTES)?;
        if bytes.len() < SEALED_MIN_BYTES {
            return Err(RelayedError::Truncated);
        }
        let sealed = bytes;
        Ok(Self::Sealed { counter, sealed })
    }
}

impl Step {
    const fn number(self) -> u8 {
        match self {
            Self::First => 1,
            Self::Second => 2,
            Self::Third => 3,
        }
    }

    const fn from_number(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::First),
            2 => Some(Self::Second),
            3 => Some(Self::Third),
            _ => None,
        }
    }
}

impl Flow {
    /// The channel's number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Control => 0,
            Self::Bulk => 1,
            Self::Live => 2,
        }
    }

    const fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => Some(Self::Control),
            1 => Some(Self::Bulk),
            2 => Some(Self::Live),
            _ => None,
        }
    }
}

impl Content {
    /// The bytes to seal.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let mut bytes = BytesMut::new();
        match self {
            Self::Introduction(Introduction { signing_key, proof }) => {
                bytes.put_u8(INTRODUCTION);
                bytes.put_slice(signing_key);
                bytes.put_slice(proof);
            }
            Self::Carried { flow, frame } => {
                bytes.put_u8(flow.number());
                bytes.put_slice(frame);
            }
        }
        bytes.freeze()
    }

    /// Reads what was sealed.
    ///
    /// # Errors
    /// [`RelayedError`]; an unknown kind may be skipped.
    pub fn decode(mut bytes: Bytes) -> Result<Self, RelayedError> {
        let [kind] = take(&mut bytes)?;
        if let Some(flow) = Flow::from_number(kind) {
            within(&bytes, CARRIED_CONTENT_MAX_BYTES)?;
            return Ok(Self::Carried { flow, frame: bytes });
        }
        if kind != INTRODUCTION {
            return Err(RelayedError::UnknownKind(kind));
        }
        let introduction = Introduction {
            signing_key: take(&mut bytes)?,
            proof: take(&mut bytes)?,
        };
        // Bytes of a later version may follow.
        Ok(Self::Introduction(introduction))
    }
}

impl Introduction {
    /// What the device signs to show that the key is its own, in this conversation: the
    /// handshake's transcript and who of the two it is, so that the other side cannot send the
    /// proof back.
    #[must_use]
    pub fn signed_bytes(transcript: &[u8; 32], device: DeviceId) -> Vec<u8> {
        [b"parlor introduction v1".as_slice(), transcript, &device.0].concat()
    }
}

fn within(bytes: &Bytes, max_bytes: usize) -> Result<(), RelayedError> {
    let len_bytes = bytes.len();
    if len_bytes > max_bytes {
        return Err(RelayedError::TooLong {
            len_bytes,
            max_bytes,
        });
    }
    Ok(())
}

fn take<const N: usize>(bytes: &mut Bytes) -> Result<[u8; N], RelayedError> {
    let (&taken, _) = bytes
        .split_first_chunk::<N>()
        .ok_or(RelayedError::Truncated)?;
    drop(bytes.split_to(N));
    Ok(taken)
}

#[cfg(test)]
mod tests;
