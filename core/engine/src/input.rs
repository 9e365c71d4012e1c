//! Everything that can happen to a session.

use bytes::Bytes;
use parlor_proto::envelope::Candidate;
use parlor_proto::frame::{ChatMessage, OfferedFile};

pub use parlor_proto::frame::MessageId;
use parlor_proto::id::{DeviceId, PeerId};
use parlor_proto::signal::ServerMessage;
use parlor_proto::text::DisplayName;

use crate::accept::AcceptRules;
use crate::device::DevicePublic;
use crate::known::KnownDevice;
use crate::ranges::RangeSet;
use crate::view::PathView;

/// One thing that happened.
#[derive(Debug)]
pub enum Input {
    /// On the socket to the signaling server.
    Signal(SignalInput),
    /// On the connection to a peer. Inputs of an attempt that is no longer current are ignored.
    Link {
        /// The peer.
        peer: PeerId,
        /// The attempt the connection was opened for.
        attempt: u32,
        /// What happened.
        event: LinkInput,
    },
    /// The disk answered.
    Disk(DiskInput),
    /// The person (or the program above) wants something.
    Command(Command),
    /// Nothing but the time: a deadline was reached.
    Time,
}

/// On the socket to the signaling server.
#[derive(Debug)]
pub enum SignalInput {
    /// The WebSocket is open.
    Opened,
    /// A message arrived.
    Received(ServerMessage),
    /// The socket closed, or could not be opened.
    Closed {
        /// For a person to read.
        reason: String,
    },
}

/// On the connection to a peer.
#[derive(Debug)]
pub enum LinkInput {
    /// Our offer or answer is ready.
    LocalDescription {
        /// Session description.
        sdp: String,
    },
    /// One of our addresses was found.
    LocalCandidate(Candidate),
    /// The control and bulk channels are open.
    Open {
        /// How the peers reach each other, where known.
        path: Option<PathView>,
        /// SHA-256 of our DTLS certificate, as in `a=fingerprint` (RFC 8122).
        local_fingerprint: String,
        /// SHA-256 of the certificate that the other side presented on this very connection.
        remote_fingerprint: String,
    },
    /// A control frame arrived.
    Control(Bytes),
    /// A bulk frame arrived.
    Bulk(Bytes),
    /// Something arrived on the channel for what may get lost.
    Live(Bytes),
    /// The data channel took a bulk frame holding this many file bytes.
    BulkSent {
        /// File bytes in it.
        data_len: u64,
    },
    /// Something happened on a lane. Inputs of a lane that has ended are ignored.
    Lane {
        /// Its number.
        lane: u32,
        /// What happened.
        event: LaneInput,
    },
    /// The path changed or was measured again.
    Path(PathView),
    /// The peer used the connection as no implementation does, and the connection is gone. The last
    /// input of an attempt.
    Misused {
        /// What it did, to follow "the other device".
        what: &'static str,
    },
    /// The connection is gone. The last input of an attempt.
    Closed {
        /// For a person to read.
        reason: String,
    },
}

/// On a lane: the second way for bulk frames.
#[derive(Debug)]
pub enum LaneInput {
    /// Both sides are there; the certificate of the other one is that of the link.
    Open,
    /// The next bulk frame of the peer, in the order they were sent.
    Bulk(Bytes),
    /// The transport took a bulk frame holding this many file bytes.
    Sent {
        /// File bytes in it.
        data_len: u64,
    },
    /// The lane is gone, or never came about. Its last input.
    Closed {
        /// For logs.
        reason: String,
    },
}

/// Names a transfer to this device: who offered it, and its number there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncomingKey {
    /// The offering device.
    pub from: DeviceId,
    /// Its number for the transfer.
    pub transfer: u64,
}

/// The disk's answers, each to one [`DiskRequest`](crate::output::DiskRequest).
#[derive(Debug)]
pub enum DiskInput {
    /// A chunk was read: the whole bulk frame, ready to send.
    ChunkRead {
        /// The link that asked.
        peer: PeerId,
        /// Its attempt.
        attempt: u32,
        /// The transfer.
        transfer: u64,
        /// The file.
        file: u32,
        /// First byte.
        offset: u64,
        /// The bulk frame.
        frame: Bytes,
        /// File bytes in it.
        data_len: u64,
    },
    /// A chunk could not be read; the file is not sent any further to anyone.
    ReadFailed {
        /// The link that asked.
        peer: PeerId,
        /// Its attempt.
        attempt: u32,
        /// The transfer.
        transfer: u64,
        /// The file.
        file: u32,
        /// File bytes that were asked for.
        data_len: u64,
        /// For a person to read.
        reason: String,
    },
    /// The partial file is there and has its length.
    Created {
        /// The transfer.
        key: IncomingKey,
        /// The file.
        file: u32,
        /// What an earlier try left of it, checked again.
        have: RangeSet,
    },
    /// There is no room on the disk for a file, or for a chunk of it. What is there of it stays,
    /// closed: a later `Create` goes on from it. No answer to `Discard` or `Finish`.
    NoSpace {
        /// The transfer.
        key: IncomingKey,
        /// The file.
        file: u32,
        /// Bytes of the write that found no room; zero for creating.
        len: u64,
        /// For a person to read.
        reason: String,
    },
    /// A chunk came for a file that is not open any more, and was thrown away.
    Dropped {
        /// The transfer.
        key: IncomingKey,
        /// The file.
        file: u32,
        /// Bytes thrown away.
        len: u64,
    },
    /// A chunk was checked and written.
    Written {
        /// The transfer.
        key: IncomingKey,
        /// The file.
        file: u32,
        /// First byte.
        offset: u64,
        /// Bytes written.
        len: u64,
    },
    /// A chunk did not match the file's hash and was thrown away.
    Corrupt {
        /// The transfer.
        key: IncomingKey,
        /// The file.
        file: u32,
        /// First byte.
        offset: u64,
        /// Bytes thrown away.
        len: u64,
    },
    /// The file is whole, durable, and has its final name.
    Finished {
        /// The transfer.
        key: IncomingKey,
        /// The file.
        file: u32,
        /// Where it is now, for a person to read.
        stored_as: String,
    },
    /// Creating, writing or finishing failed; the file's partial is gone.
    StoreFailed {
        /// The transfer.
        key: IncomingKey,
        /// The file.
        file: u32,
        /// Bytes of the write that failed; zero for creating and finishing.
        len: u64,
        /// For a person to read.
        reason: String,
    },
    /// A received message is durable.
    MessageStored {
        /// The message.
        id: MessageId,
    },
    /// What was learned of a device could not be stored. (Nothing is said when it could.)
    DeviceNotRemembered {
        /// The device.
        device: DeviceId,
        /// For a person to read.
        reason: String,
    },
    /// Messages of an author were read, to be passed on.
    MessagesRead {
        /// The device that they are for.
        reader: DeviceId,
        /// The message that they come after.
        after: MessageId,
        /// The author's keys and name, where they are kept.
        who: Option<(DevicePublic, DisplayName)>,
        /// In their order; fewer than were asked for, or none, where there are no more.
        messages: Vec<ChatMessage>,
    },
    /// A received message could not be stored; the session keeps it and asks again later.
    MessageNotStored {
        /// The message.
        id: MessageId,
        /// For a person to read.
        reason: String,
    },
}

/// What the person wants.
#[derive(Debug)]
pub enum Command {
    /// Say something to everyone in the room.
    Say {
        /// The text.
        text: String,
        /// The message that this one answers.
        in_reply_to: Option<MessageId>,
        /// Now by this device's wall clock, in milliseconds since 1970.
        written_at_ms: u64,
    },
    /// The person typed something. The session tells the others, and tells them by itself when no
    /// more comes.
    Typed,
    /// The person has nothing more to say for now: they cleared the text.
    StoppedTyping,
    /// Offer files to everyone in the room, now and later. The driver has hashed them and can read
    /// them under the number it chose for the transfer.
    Offer {
        /// The driver's number, unique on this device.
        transfer: u64,
        /// The files.
        files: Vec<OfferedFile>,
        /// Whether it stands still until the person resumes it.
        is_paused: bool,
    },
    /// Show a small picture of an offered file to those who have not answered.
    Preview {
        /// The transfer.
        transfer: u64,
        /// The file.
        file: u32,
        /// A JPEG or PNG of at most
        /// [`PREVIEW_MAX_BYTES`](parlor_proto::limits::PREVIEW_MAX_BYTES).
        image: Bytes,
    },
    /// Answer an offer.
    Answer {
        /// The offer.
        key: IncomingKey,
        /// Indexes of the files to take; empty declines.
        accepted: Vec<u32>,
        /// Why not, for the other person to read.
        reason: Option<String>,
    },
    /// Take all files of an offer after all that ended without them: declined, cancelled or failed.
    TakeUpAgain {
        /// The offer.
        key: IncomingKey,
    },
    /// Stop a transfer from this device.
    CancelOutgoing {
        /// The transfer.
        transfer: u64,
    },
    /// Stop a transfer to this device.
    CancelIncoming {
        /// The transfer.
        key: IncomingKey,
    },
    /// Let a transfer from this device stand still for everyone, or go on.
    PauseOutgoing {
        /// The transfer.
        transfer: u64,
        /// Whether it stands still.
        is_paused: bool,
    },
    /// Let a transfer to this device stand still, or go on.
    PauseIncoming {
        /// The transfer.
        key: IncomingKey,
        /// Whether it stands still.
        is_paused: bool,
    },
    /// From now on take offers by these rules. Those that were asked about stay open.
    Accept(AcceptRules),
    /// The network changed: dial now instead of waiting out a backoff.
    NetworkChanged,
    /// Leave the room for good: transfers end, and nothing of them is remembered.
    Leave,
    /// Close the app: the session ends, and the next one goes on where this one was.
    Close,
    /// Make a typed code for newcomers; one made before ends.
    OpenCode {
        /// How many newcomers it lets in, at least one.
        uses: u32,
    },
    /// The code lets nobody in from now on.
    CloseCode,
    /// The person compared the emoji with somebody who is connected.
    Verify {
        /// The other device.
        device: DeviceId,
        /// Whether they were the same on both sides.
        matches: bool,
    },
    /// Whether to have nothing to do with a device: one that is blocked is cut off, and not let in
    /// again while this holds.
    Block {
        /// The device, as the disk knows it from now on.
        device: KnownDevice,
    },
    /// Remember nothing of a device, not even that it was verified.
    Forget {
        /// The device.
        device: DeviceId,
    },
}
