//! What happened, for the program above: each notice is said once.

use core::time::Duration;

use bytes::Bytes;
use parlor_proto::avatar::Avatar;
use parlor_proto::code::Code;
use parlor_proto::frame::OfferedFile;
use parlor_proto::id::{DeviceId, PeerId};
use parlor_proto::signal::ErrorCode;
use parlor_proto::text::DisplayName;

use crate::input::{IncomingKey, MessageId};
use crate::known::Standing;
use crate::view::PathView;

/// Something that happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// We are in the room.
    Joined {
        /// Other members the server knows of.
        others: usize,
    },
    /// The server is out of reach; it will be tried again. Connections to peers go on.
    ServerLost {
        /// Why.
        reason: String,
        /// Failures in a row, this one included.
        failures: u32,
        /// Until the next try.
        retry_in: Duration,
    },
    /// The server refused us and trying again would not help. The session does not dial again.
    Rejected {
        /// What the server said.
        code: ErrorCode,
        /// Its words.
        message: String,
    },
    /// A peer is connected and has said who it is.
    PeerConnected {
        /// The connection.
        peer: PeerId,
        /// The device.
        device: DeviceId,
        /// The person.
        name: DisplayName,
        /// How the peers reach each other.
        path: Option<PathView>,
        /// From the first attempt to open channels.
        took: Duration,
        /// What is known of the device.
        standing: Standing,
        /// How the person wants to be shown.
        avatar: Avatar,
    },
    /// A try to connect to a peer failed; it will be tried again.
    PeerUnreachable {
        /// The peer.
        peer: PeerId,
        /// Why.
        reason: String,
        /// Failures in a row.
        failures: u32,
    },
    /// A connected peer fell silent or its connection broke; it will be tried again.
    PeerLost {
        /// The device.
        device: DeviceId,
        /// The person.
        name: DisplayName,
        /// Why.
        reason: String,
    },
    /// A peer left the room.
    PeerLeft {
        /// The device, where it ever connected.
        device: DeviceId,
        /// The person.
        name: DisplayName,
        /// In their words.
        reason: String,
    },
    /// A peer broke the protocol or speaks another version, and was cut off.
    PeerRefused {
        /// The peer.
        peer: PeerId,
        /// The person, if the peer had said hello.
        name: Option<DisplayName>,
        /// Why.
        reason: String,
    },
    /// One of our messages got its number.
    Said {
        /// The stream it belongs to.
        stream: u64,
        /// Its number there.
        seq: u64,
        /// The text.
        text: String,
        /// The message that it answers.
        in_reply_to: Option<MessageId>,
        /// When it was written, in milliseconds since 1970.
        written_at_ms: u64,
        /// Our signature over it.
        signature: [u8; 64],
    },
    /// The message is too long, or too many wait for delivery.
    NotSaid {
        /// The text.
        text: String,
        /// Why.
        reason: String,
    },
    /// A message arrived and is stored.
    Heard {
        /// The author.
        author: DeviceId,
        /// The author's name.
        name: DisplayName,
        /// The author's stream.
        stream: u64,
        /// Its number there.
        seq: u64,
        /// The text.
        text: String,
        /// The message that it answers, which may be unknown here.
        in_reply_to: Option<MessageId>,
        /// When it was written by the author's clock.
        written_at_ms: u64,
    },
    /// Somebody begins to write, or stops.
    Typing {
        /// The device.
        device: DeviceId,
        /// Whether they are at it.
        is_typing: bool,
    },
    /// A device stored our message.
    Delivered {
        /// Our message.
        seq: u64,
        /// The device that has it.
        to: DeviceId,
    },
    /// Somebody offers files.
    Offered {
        /// The transfer.
        key: IncomingKey,
        /// Who offers.
        name: DisplayName,
        /// What.
        files: Vec<OfferedFile>,
        /// Whether the person has to answer.
        standing: OfferStanding,
    },
    /// A small picture of a file that somebody offers, as they made it: to be decoded with limits.
    Preview {
        /// The transfer.
        key: IncomingKey,
        /// The file.
        file: u32,
        /// A JPEG or PNG.
        image: Bytes,
    },
    /// A transfer to this device stands still.
    IncomingPaused {
        /// The transfer.
        key: IncomingKey,
        /// Whether this side wants it so, and not the sender.
        by_us: bool,
        /// Why, where it is nobody's wish: a full disk, which is looked at again by itself.
        reason: Option<String>,
    },
    /// A transfer to this device goes on.
    IncomingResumed {
        /// The transfer.
        key: IncomingKey,
        /// Whether it was this side that held it.
        by_us: bool,
    },
    /// A transfer from this device stands still.
    OutgoingPaused {
        /// Our transfer.
        transfer: u64,
        /// The device that wants it so; none where we do, for everyone.
        by: Option<DeviceId>,
        /// Why, where it is nobody's wish: a full disk.
        reason: Option<String>,
    },
    /// A transfer from this device goes on.
    OutgoingResumed {
        /// Our transfer.
        transfer: u64,
        /// The device that held it; none where we did.
        by: Option<DeviceId>,
    },
    /// The files cannot be offered.
    NotOffered {
        /// Our transfer.
        transfer: u64,
        /// Why.
        reason: String,
    },
    /// A device answered our offer.
    OfferAnswered {
        /// Our transfer.
        transfer: u64,
        /// The device.
        by: DeviceId,
        /// How many files it takes; none when it declined.
        accepted: usize,
        /// Why not, in their words.
        reason: Option<String>,
    },
    /// A file arrived whole and has its final name.
    FileReceived {
        /// The transfer.
        key: IncomingKey,
        /// The file.
        file: u32,
        /// Where it is.
        stored_as: String,
    },
    /// A device has one of our files whole.
    FileDelivered {
        /// Our transfer.
        transfer: u64,
        /// The file.
        file: u32,
        /// The device.
        to: DeviceId,
    },
    /// A file will not arrive.
    FileNotReceived {
        /// The transfer.
        key: IncomingKey,
        /// The file.
        file: u32,
        /// Whether it was our disk that refused it, and not the sender that cannot read it.
        by_us: bool,
        /// Why.
        reason: String,
    },
    /// A file of ours will not arrive at a device.
    FileNotDelivered {
        /// Our transfer.
        transfer: u64,
        /// The file.
        file: u32,
        /// The device.
        to: DeviceId,
        /// Why.
        reason: String,
    },
    /// A transfer to this device ended: every file is received, failed or declined.
    Received {
        /// The transfer.
        key: IncomingKey,
        /// How it ended.
        outcome: Outcome,
    },
    /// A transfer to one device ended.
    Sent {
        /// Our transfer.
        transfer: u64,
        /// The device.
        to: DeviceId,
        /// How it ended.
        outcome: Outcome,
    },
    /// The session is over; nothing follows.
    Ended,
    /// A typed code can be read out. Said again, with another number, if the server gave it away
    /// while we were gone.
    CodeReady {
        /// The code.
        code: Code,
        /// From now.
        valid_for: Duration,
        /// Newcomers it lets in.
        uses_left: u32,
    },
    /// Somebody typed the code and was given the room's secret.
    CodeUsed {
        /// Newcomers it still lets in.
        uses_left: u32,
    },
    /// Somebody tried the code's number with other words: mistyped, or a guess.
    CodeMistyped {
        /// Wrong tries until the code ends.
        tries_left: u8,
    },
    /// The code lets nobody in any more.
    CodeClosed {
        /// Why.
        why: CodeEnd,
    },
    /// The emoji were the same: from now on the device is known for sure, in every room.
    Verified {
        /// The device.
        device: DeviceId,
        /// The name it is shown by from now on.
        name: DisplayName,
    },
    /// The emoji of a device cannot be compared now.
    NotVerified {
        /// The device.
        device: DeviceId,
        /// Why.
        reason: String,
    },
    /// The disk does not remember a device: with the next session it is as if it was never met.
    NotRemembered {
        /// The device.
        device: DeviceId,
        /// Why.
        reason: String,
    },
    /// What came from the server is not what an honest server brings. Said once for each reason.
    /// It had no effect, and gave nobody anything.
    ServerSuspected {
        /// What was seen.
        why: Suspicion,
    },
}

/// What a server is suspected for. Its text form is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Suspicion {
    /// A signal does not open: it was changed on the way or passed on as another's, or whoever
    /// wrote it is in the room without its secret.
    #[error(
        "what another device sent through the server was changed on the way, or somebody without \
         the invite sent it"
    )]
    Changed,
    /// A signal came twice, or after one that was sent later.
    #[error("the server brought old words of another device again")]
    Repeated,
    /// A roster that no room can have.
    #[error("the server named people who cannot be in this room")]
    Roster,
}

/// Whether an offer waits for the person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfferStanding {
    /// It does.
    Open,
    /// It was taken by the person's rules just now, or in an earlier life of the app.
    Taken {
        /// Indexes of the files that are taken.
        accepted: Vec<u32>,
        /// Those of them that are whole already.
        done: Vec<u32>,
    },
}

/// Why a typed code ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeEnd {
    /// Its time is over.
    Expired,
    /// Too many wrong tries.
    Guessed,
    /// As many came in as were to.
    UsedUp,
    /// Its owner closed it, or asked for a new one.
    Closed,
    /// Its owner left the room.
    Left,
    /// The server gave no number: it does not know codes, or has no number left.
    NoNumber,
}

/// How a transfer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Every accepted file is whole at the receiver.
    Complete {
        /// Files.
        files: usize,
        /// Bytes.
        bytes: u64,
    },
    /// Some accepted files are not.
    Incomplete {
        /// Files that are whole.
        files: usize,
        /// Files that are not.
        failed: usize,
    },
    /// The receiver wants none of it.
    Declined,
    /// One side stopped it.
    Cancelled {
        /// Whether this side did.
        by_us: bool,
        /// In their words.
        reason: String,
    },
}
