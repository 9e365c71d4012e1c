//! Files on offer, and how far they are: the frames of a transfer.

use super::codec;
use crate::name::SafePath;
use crate::tree::Hash;

/// Files on offer.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Offer {
    /// Numbered by the offering device, unique for it.
    #[n(0)]
    pub transfer: u64,
    /// At most [`OFFER_FILES_MAX`](crate::limits::OFFER_FILES_MAX) files.
    #[n(1)]
    pub files: Vec<OfferedFile>,
}

/// One file of an offer.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct OfferedFile {
    /// Where it goes below the receiver's folder.
    #[cbor(n(0), with = "codec::safe_path")]
    pub path: SafePath,
    /// Length in bytes.
    #[n(1)]
    pub size: u64,
    /// BLAKE3 of the whole file.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub root: Hash,
    /// Last change in milliseconds since 1970, where known.
    #[n(3)]
    pub modified_ms: Option<u64>,
    /// Media type by the sender's guess, for display only.
    #[n(4)]
    pub mime: Option<String>,
}

/// The answer to an offer.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct OfferAnswer {
    /// The offered transfer.
    #[n(0)]
    pub transfer: u64,
    /// Indexes of the files that are wanted; none means declined.
    #[n(1)]
    pub accepted: Vec<u32>,
    /// Why not, for a person to read.
    #[n(2)]
    pub reason: Option<String>,
    /// Indexes of those that are whole already, when an offer is answered again over a new link.
    #[n(3)]
    pub done: Vec<u32>,
}

/// Ranges of one file to be sent.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Want {
    /// The accepted transfer.
    #[n(0)]
    pub transfer: u64,
    /// The accepted file.
    #[n(1)]
    pub file: u32,
    /// At most [`WANT_RANGES_MAX`](crate::limits::WANT_RANGES_MAX), ascending, apart, in bytes; starts are multiples of
    /// [`CHUNK_UNIT_BYTES`](crate::limits::CHUNK_UNIT_BYTES).
    #[n(2)]
    pub ranges: Vec<ByteRange>,
}

/// `start..end` in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub struct ByteRange {
    /// First byte.
    #[n(0)]
    pub start: u64,
    /// One past the last byte.
    #[n(1)]
    pub end: u64,
}

/// Absolute allowance, so that a repeated or late frame does no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Credit {
    /// File bytes the receiver of this frame may have sent on this link in total.
    #[n(0)]
    pub limit: u64,
}

/// One file of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct FileRef {
    /// The transfer.
    #[n(0)]
    pub transfer: u64,
    /// Index in the offer.
    #[n(1)]
    pub file: u32,
}

/// Why one file came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct FileFailed {
    /// The transfer.
    #[n(0)]
    pub transfer: u64,
    /// Index in the offer.
    #[n(1)]
    pub file: u32,
    /// For a person to read.
    #[n(2)]
    pub reason: String,
    /// Whether the side that gives up is the one that offered the file.
    #[n(3)]
    pub by_sender: bool,
}

/// Ends a transfer.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Cancel {
    /// The transfer.
    #[n(0)]
    pub transfer: u64,
    /// Whether the side that cancels is the one that offered it.
    #[n(1)]
    pub by_sender: bool,
    /// For a person to read.
    #[n(2)]
    pub reason: String,
}

/// A transfer is to stand still, or to go on. Whoever pauses is the one who ends the pause.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Pause {
    /// The transfer.
    #[n(0)]
    pub transfer: u64,
    /// Whether the side that says so is the one that offered it.
    #[n(1)]
    pub by_sender: bool,
    /// Whether it stands still from now on.
    #[n(2)]
    pub is_paused: bool,
    /// Why, for a person to read, where it is not a person's wish: a full disk.
    #[n(3)]
    pub reason: Option<String>,
}

/// A small picture of an offered file, sent after its offer.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Preview {
    /// The offered transfer.
    #[n(0)]
    pub transfer: u64,
    /// Index in the offer.
    #[n(1)]
    pub file: u32,
    /// A JPEG or PNG of at most [`PREVIEW_MAX_BYTES`](crate::limits::PREVIEW_MAX_BYTES). A stranger's: to be decoded with limits.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub image: Vec<u8>,
}
