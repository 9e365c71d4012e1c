//! Every bound of the wire in one place, each with the reason for its size.

/// Largest signaling message, either way: an SDP with data channels only is under 2 KiB, so this
/// leaves room for sealing and many candidates without letting a client fill the server.
pub const SIGNAL_MESSAGE_MAX_BYTES: usize = 16 * 1024;

/// Largest opaque payload inside a signaling message; the rest of the 16 KiB is the JSON around it.
pub const SIGNAL_PAYLOAD_MAX_BYTES: usize = 14 * 1024;

/// Members of a room unless the server says otherwise: beyond this a mesh no longer serves.
pub const ROOM_PEERS_MAX: usize = 32;

/// ICE servers a server may hand out: STUN and TURN in two places, with room to spare.
pub const ICE_SERVERS_MAX: usize = 8;

/// Addresses of one ICE server: UDP, TCP, TLS, and one more.
pub const ICE_SERVER_URLS_MAX: usize = 4;

/// One ICE address in bytes. All lists full at once still fit the 16 KiB message.
pub const ICE_URL_MAX_BYTES: usize = 192;

/// A TURN user name or password in bytes: `expiry:room8.peer8` and base64 of SHA-1 are under 40;
/// hosted TURN services hand out up to about 200.
pub const ICE_CREDENTIAL_MAX_BYTES: usize = 256;

/// A resume token in bytes as a client accepts it; ours is 76, other servers may need more.
pub const RESUME_TOKEN_MAX_BYTES: usize = 256;

/// Largest frame on the control channel: an offer of [`OFFER_FILES_MAX`] files with short names
/// fits, and a hostile peer cannot make us hold more.
pub const CONTROL_FRAME_MAX_BYTES: usize = 64 * 1024;

/// Largest frame on the bulk channel: 128 KiB of file, the header and the proof, well inside the
/// 256 KiB message that both webrtc-rs and Chromium take.
pub const BULK_FRAME_MAX_BYTES: usize = CHUNK_MAX_BYTES + 4 * 1024;

/// Text of one chat message in bytes of UTF-8: longer texts are files.
pub const MESSAGE_TEXT_MAX_BYTES: usize = 16 * 1024;

/// Authors in one word about how far their messages are stored: as many as a device keeps count of.
pub const HAVE_AUTHORS_MAX: usize = 256;

/// Highest number of a message: no person writes as many, and one more never overflows.
pub const MESSAGE_SEQ_MAX: u64 = 1 << 48;

/// Latest time a message can claim, in milliseconds since 1970: the year 9999, the last that
/// calendars agree on.
pub const WRITTEN_AT_MAX_MS: u64 = 253_402_300_799_999;

/// Least a peer must take in one bulk frame: one chunk as we send it with the longest proof.
pub const BULK_FRAME_MIN_BYTES: usize = CHUNK_BYTES + 2 * 1024;

/// A person's name in bytes of UTF-8: about 16 characters of the widest scripts.
pub const DISPLAY_NAME_MAX_BYTES: usize = 64;

/// Files in one offer frame; a larger selection is several offers.
pub const OFFER_FILES_MAX: usize = 256;

/// A preview of an offered picture: sharp at the size of a list, and 256 of them are 4 MiB.
pub const PREVIEW_MAX_BYTES: usize = 16 * 1024;

/// One component of a received path in bytes: what ext4, APFS and NTFS all take.
pub const NAME_MAX_BYTES: usize = 255;

/// Components of a received path: deeper trees break tools long before file systems.
pub const PATH_DEPTH_MAX: usize = 32;

/// A whole received path in bytes, separators included.
pub const PATH_MAX_BYTES: usize = 1024;

/// MIME type of an offered file in bytes (RFC 6838 allows 127 for each half).
pub const MIME_MAX_BYTES: usize = 127;

/// Reason or detail texts in frames, in bytes: one sentence.
pub const REASON_MAX_BYTES: usize = 256;

/// Largest file: 1 PiB keeps every offset and bitmap computation far from overflow.
pub const FILE_MAX_BYTES: u64 = 1 << 50;

/// Smallest unit that is verified by itself, and the alignment of every range on the wire.
pub const CHUNK_UNIT_BYTES: usize = 16 * 1024;

/// File bytes in one bulk frame as we send it: 64 KiB measured best on webrtc-rs.
pub const CHUNK_BYTES: usize = 64 * 1024;

/// Largest run of file bytes in one bulk frame that we accept.
pub const CHUNK_MAX_BYTES: usize = 128 * 1024;

/// Hashes in a chunk's proof: one for each level between a 16 KiB unit and the root of the
/// largest file.
pub const PROOF_MAX_HASHES: usize = 36;

/// Ranges in one want frame: more holes than this are asked for in several frames.
pub const WANT_RANGES_MAX: usize = 1024;

/// Longest invite link or deep link we try to parse.
pub const INVITE_MAX_BYTES: usize = 512;

/// SDP we accept from a peer: data channels only need under 2 KiB.
pub const SDP_MAX_BYTES: usize = 8 * 1024;

/// One ICE candidate line (RFC 8839); IPv6 with all extensions is under 300 bytes.
pub const CANDIDATE_MAX_BYTES: usize = 512;

/// A newcomer's or sponsor's part of a typed code's key exchange, in base64url: the longest, the
/// sealed invitation, is under 100 bytes.
pub const KNOCK_PAYLOAD_MAX_BYTES: usize = 256;

/// Largest nameplate: six digits can still be read out in one breath.
pub const NAMEPLATE_MAX: u32 = 999_999;

/// A typed code as a person may paste it, in bytes.
pub const CODE_MAX_BYTES: usize = 128;

/// Longest message of a Noise handshake: the second has 32 bytes of ephemeral key, 48 of static
/// key and 16 of tag.
pub const HANDSHAKE_MESSAGE_MAX_BYTES: usize = 128;

/// Longest sealed part of what a member carries for two others: the longest message Noise allows.
pub const SEALED_MAX_BYTES: usize = 65_535;

/// Shortest sealed part: one byte of kind and the tag.
pub const SEALED_MIN_BYTES: usize = 17;

/// Longest frame inside a sealed part: what the kind and the tag leave.
pub const CARRIED_CONTENT_MAX_BYTES: usize = SEALED_MAX_BYTES - SEALED_MIN_BYTES;

/// Longest message that a member carries for two others: envelope (41), kind and counter (9), and
/// the sealed part.
pub const RELAYED_MAX_BYTES: usize = 41 + 9 + SEALED_MAX_BYTES;

/// Messages of one direction of a conversation: far from the end of its 64-bit nonces, and nobody
/// sends as many.
pub const CONVERSATION_MESSAGES_MAX: u64 = 1 << 48;
