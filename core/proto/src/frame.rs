//! What two peers say to each other on the `control` channel.
//!
//! A frame is one kind byte and a CBOR map with integer keys (RFC 8949). Later versions add keys
//! and kinds; both are skipped by those who do not know them.

use crate::avatar::Avatar;
use crate::id::DeviceId;
use crate::limits::{
    BULK_FRAME_MIN_BYTES, CHUNK_UNIT_BYTES, CONTROL_FRAME_MAX_BYTES, FILE_MAX_BYTES,
    MIME_MAX_BYTES, OFFER_FILES_MAX, PREVIEW_MAX_BYTES, REASON_MAX_BYTES, WANT_RANGES_MAX,
};
use crate::text::{DisplayName, one_line};
use crate::version::VersionRange;

mod codec;
mod lane;
mod message;
mod transfer;

pub use lane::{LANE_QUIC, LaneOver, LaneReady};
pub use message::{ChatMessage, Have, HaveAuthor, MessageId, Passed, Stored, Typing};
pub use transfer::{
    ByteRange, Cancel, Credit, FileFailed, FileRef, Offer, OfferAnswer, OfferedFile, Pause,
    Preview, Want,
};

/// One frame of the control channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// First frame each way; nothing else is looked at before it.
    Hello(Hello),
    /// Asks for a pong, to notice a path that died in silence.
    Ping(Probe),
    /// Answers a ping.
    Pong(Probe),
    /// A chat message.
    Message(ChatMessage),
    /// Which of the receiver's messages are stored here.
    Stored(Stored),
    /// Files on offer.
    Offer(Offer),
    /// The answer to an offer: which files are wanted at all.
    Answer(OfferAnswer),
    /// Ranges of a file to be sent now.
    Want(Want),
    /// How many file bytes the other side may have sent since the link opened.
    Credit(Credit),
    /// A file is whole, verified and durable at the receiver.
    FileDone(FileRef),
    /// A file cannot be sent or cannot be stored; the rest of the transfer goes on.
    FileFailed(FileFailed),
    /// The transfer is over for both sides.
    Cancel(Cancel),
    /// The sender leaves the room on purpose.
    Bye(Bye),
    /// The offerer binds itself to its number for the emoji.
    SasCommit(SasCommit),
    /// A number for the emoji.
    SasReveal(SasReveal),
    /// A transfer stands still, or goes on.
    Pause(Pause),
    /// A small picture of an offered file.
    Preview(Preview),
    /// The answerer is ready for a lane.
    LaneReady(LaneReady),
    /// A lane has ended on this side.
    LaneOver(LaneOver),
    /// Says nothing; its arrival shows the transport what was lost before it.
    Nudge(Nudge),
    /// On `live`: somebody writes.
    Typing(Typing),
    /// How far the messages of others are stored here.
    Have(Have),
    /// A message of somebody else.
    Passed(Passed),
}

/// A frame without content. SCTP sends a packet again at once when it sees three later ones arrive
/// (RFC 9260, section 7.2.4), and after a second where none follow; these are what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Nudge {}

/// Who is speaking and which protocol versions it knows.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Hello {
    /// Protocol versions this side speaks.
    #[n(0)]
    pub versions: VersionRange,
    /// The speaking device.
    #[n(1)]
    pub device: DeviceId,
    /// The person's name.
    #[cbor(n(2), with = "codec::display_name")]
    pub name: DisplayName,
    /// File bytes that may be under way to this side at once.
    #[n(3)]
    pub window_bytes: u32,
    /// Largest bulk frame this side takes, in bytes; at least [`BULK_FRAME_MIN_BYTES`].
    #[n(4)]
    pub bulk_frame_max_bytes: u32,
    /// The device's Ed25519 key; with the handshake's X25519 key it makes the device id.
    #[cbor(n(5), with = "minicbor::bytes")]
    pub signing_key: [u8; 32],
    /// Signature of that key over [`Self::signed_bytes`].
    #[cbor(n(6), with = "minicbor::bytes")]
    pub proof: [u8; 64],
    /// The stream that this device numbers its messages in; another one means that it began anew.
    #[n(7)]
    pub stream: u64,
    /// Ways besides the data channels that this side can carry bulk frames on, a bit for each
    /// ([`LANE_QUIC`]); none where it is left out.
    #[cbor(n(8), default)]
    pub lanes: u32,
    /// Tells one life of the app on the device from another. A new one may have lost what it had of
    /// transfers.
    #[n(9)]
    pub session: u64,
    /// How the person wants to be shown.
    #[cbor(n(10), default)]
    pub avatar: Avatar,
}

impl Hello {
    /// What the device signs to show that the key is its own, now: the handshake's transcript and
    /// who of the two it is, so that the other side cannot send the proof back.
    #[must_use]
    pub fn signed_bytes(transcript: &[u8; 32], device: DeviceId) -> Vec<u8> {
        [b"parlor hello v1".as_slice(), transcript, &device.0].concat()
    }
}

/// A number that comes back unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Probe {
    /// Chosen by the asking side.
    #[n(0)]
    pub nonce: u64,
}

/// Why a peer closes the link.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Bye {
    /// For a person to read.
    #[n(0)]
    pub reason: String,
}

/// Binds the offerer to the number it will show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct SasCommit {
    /// Hash of the number, of the handshake's transcript and of the offerer's device id.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub commitment: [u8; 32],
}

/// One side's part of what the emoji are made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct SasReveal {
    /// Random, new for every link.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub random: [u8; 32],
}

/// Why a control frame could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// No bytes at all.
    #[error("the frame is empty")]
    Empty,
    /// Longer than [`CONTROL_FRAME_MAX_BYTES`].
    #[error("a control frame of {0} bytes is over the limit")]
    TooLong(usize),
    /// A kind of a later version; may be skipped.
    #[error("unknown frame kind {0:#04x}")]
    UnknownKind(u8),
    /// The body is not the CBOR of its kind.
    #[error("the body of frame kind {kind:#04x} is malformed")]
    Malformed {
        /// The kind byte.
        kind: u8,
    },
    /// A field of the body is over its limit.
    #[error("{0} is out of bounds")]
    OutOfBounds(&'static str),
}

macro_rules! kinds {
    ($($kind:literal => $variant:ident),+ $(,)?) => {
        impl Frame {
            /// The frame as bytes. Fields are expected to be within their limits.
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                match self {
                    $(Self::$variant(body) => {
                        let mut bytes = vec![$kind];
                        minicbor::encode(body, &mut bytes).expect("a Vec takes every write");
                        bytes
                    })+
                }
            }

            fn decode_body(kind: u8, body: &[u8]) -> Result<Self, DecodeError> {
                let mut decoder = minicbor::Decoder::new(body);
                let frame = match kind {
                    $($kind => decoder.decode().map(Self::$variant),)+
                    _ => return Err(DecodeError::UnknownKind(kind)),
                };
                match frame {
                    Ok(frame) if decoder.position() == body.len() => Ok(frame),
                    _ => Err(DecodeError::Malformed { kind }),
                }
            }
        }
    };
}

kinds! {
    0x01 => Hello,
    0x02 => Ping,
    0x03 => Pong,
    0x04 => Message,
    0x05 => Stored,
    0x06 => Offer,
    0x07 => Answer,
    0x08 => Want,
    0x09 => Credit,
    0x0A => FileDone,
    0x0B => FileFailed,
    0x0C => Cancel,
    0x0D => Bye,
    0x0E => SasCommit,
    0x0F => SasReveal,
    0x10 => Pause,
    0x11 => Preview,
    0x12 => LaneReady,
    0x13 => LaneOver,
    0x14 => Nudge,
    0x15 => Typing,
    0x16 => Have,
    0x17 => Passed,
}

impl Frame {
    /// Reads a frame and checks every bound.
    ///
    /// # Errors
    /// [`DecodeError`] names what is wrong; [`DecodeError::UnknownKind`] may be skipped.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > CONTROL_FRAME_MAX_BYTES {
            return Err(DecodeError::TooLong(bytes.len()));
        }
        let (&kind, body) = bytes.split_first().ok_or(DecodeError::Empty)?;
        let mut frame = Self::decode_body(kind, body)?;
        frame.check()?;
        Ok(frame)
    }

    /// Holds every field to its limit; texts that only a person reads are trimmed instead.
    fn check(&mut self) -> Result<(), DecodeError> {
        match self {
            Self::Message(message) => message.check()?,
            Self::Passed(passed) => passed.message.check()?,
            Self::Have(have) => have.check()?,
            Self::Offer(offer) => {
                within("offered files", offer.files.len(), OFFER_FILES_MAX)?;
                if offer.files.is_empty() {
                    return Err(DecodeError::OutOfBounds("offered files"));
                }
                for file in &mut offer.files {
                    if file.size > FILE_MAX_BYTES {
                        return Err(DecodeError::OutOfBounds("file size"));
                    }
                    file.mime = file.mime.take().map(|mime| one_line(&mime, MIME_MAX_BYTES));
                }
            }
            Self::Answer(answer) => {
                within("accepted files", answer.accepted.len(), OFFER_FILES_MAX)?;
                within("finished files", answer.done.len(), OFFER_FILES_MAX)?;
                answer.reason = answer.reason.take().map(|r| one_line(&r, REASON_MAX_BYTES));
            }
            Self::Want(want) => {
                within("wanted ranges", want.ranges.len(), WANT_RANGES_MAX)?;
                check_ranges(&want.ranges)?;
            }
            Self::FileFailed(failed) => failed.reason = one_line(&failed.reason, REASON_MAX_BYTES),
            Self::Cancel(cancel) => cancel.reason = one_line(&cancel.reason, REASON_MAX_BYTES),
            Self::Pause(pause) => {
                pause.reason = pause.reason.take().map(|r| one_line(&r, REASON_MAX_BYTES));
            }
            Self::Preview(preview) => {
                within("preview", preview.image.len(), PREVIEW_MAX_BYTES)?;
            }
            Self::Bye(bye) => bye.reason = one_line(&bye.reason, REASON_MAX_BYTES),
            Self::Hello(hello) => {
                let takes = usize::try_from(hello.bulk_frame_max_bytes).unwrap_or(usize::MAX);
                if takes < BULK_FRAME_MIN_BYTES {
                    return Err(DecodeError::OutOfBounds("bulk frame size"));
                }
            }
            Self::SasCommit(_)
            | Self::SasReveal(_)
            | Self::Ping(_)
            | Self::Pong(_)
            | Self::Stored(_)
            | Self::Credit(_)
            | Self::LaneReady(_)
            | Self::LaneOver(_)
            | Self::Nudge(_)
            | Self::Typing(_)
            | Self::FileDone(_) => {}
        }
        Ok(())
    }
}

fn within(what: &'static str, len: usize, max: usize) -> Result<(), DecodeError> {
    if len > max {
        Err(DecodeError::OutOfBounds(what))
    } else {
        Ok(())
    }
}

fn check_ranges(ranges: &[ByteRange]) -> Result<(), DecodeError> {
    let mut reached = 0;
    for range in ranges {
        if !range.start.is_multiple_of(CHUNK_UNIT_BYTES as u64) {
            return Err(DecodeError::OutOfBounds("wanted ranges"));
        }
        if range.start < reached || range.end <= range.start || range.end > FILE_MAX_BYTES {
            return Err(DecodeError::OutOfBounds("wanted ranges"));
        }
        reached = range.end;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
