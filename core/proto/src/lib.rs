//! Parlor's wire: bytes to types and back, and nothing else.
//!
//! This crate holds no state, asks no clock, and does no input or output. Whatever arrives from a
//! server, a peer, a QR code or a keyboard is parsed here into a type that cannot hold a bad value,
//! so that the rest of the tree never checks again. Decoders never panic and look at a length
//! before they allocate for it.
//!
//! - [`signal`]: what a client and the signaling server say to each other (JSON over WebSocket).
//! - [`frame`]: what two peers say on the `control` channel (CBOR).
//! - [`chunk`]: file bytes with their proof on the `bulk` channel.
//! - [`tree`]: the BLAKE3 tree that lets a chunk be checked by itself.
//! - [`invite`]: the link and QR that let somebody in, and the keys derived from it.
//! - [`code`]: the code that is read out and typed, and [`pake`], the key exchange behind it.
//! - [`knock`]: what a newcomer with such a code and the member who shows it say to each other.
//! - [`emoji`]: the pictures by which two people make sure that nobody is between them.
//! - [`envelope`]: offers, answers and candidates sealed against the server that carries them.
//! - [`relayed`]: what a member carries for two others, and cannot read.
//! - [`name`]: file names a stranger chose, made safe.
//! - [`text`]: short texts a stranger chose, made safe to show.
//! - [`version`]: which protocol versions two devices share.
//! - [`limits`]: every bound of the wire, named.

// States and messages are matched whole, so that a new one is met everywhere.
#![warn(clippy::wildcard_enum_match_arm)]

pub mod avatar;
pub mod chunk;
pub mod code;
pub mod emoji;
pub mod envelope;
pub mod frame;
pub mod id;
pub mod invite;
pub mod knock;
pub mod limits;
pub mod name;
pub mod pake;
pub mod relayed;
pub mod signal;
pub mod text;
pub mod tree;
pub mod version;
