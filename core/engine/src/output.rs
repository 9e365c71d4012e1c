//! Everything a session asks of its driver.

use bytes::Bytes;
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::envelope::Candidate;
use parlor_proto::frame::{ChatMessage, OfferedFile};
use parlor_proto::id::{DeviceId, PeerId};
use parlor_proto::signal::{ClientMessage, IceServer};

use crate::input::{IncomingKey, MessageId};
use crate::known::KnownDevice;
use crate::notice::Notice;
use crate::record::{IncomingMarks, IncomingRecord, Member};
use crate::time::Deadline;

/// One thing to do. [`Output::Wait`] means: nothing more until the next input.
#[derive(Debug)]
pub enum Output {
    /// Open a WebSocket to the signaling server, closing any older one in silence.
    Dial,
    /// Close the WebSocket in silence.
    HangUp,
    /// Send to the signaling server.
    SendSignal(ClientMessage),
    /// Open a connection to a peer.
    OpenLink {
        /// The peer.
        peer: PeerId,
        /// Tags all inputs of this connection.
        attempt: u32,
        /// Who writes the offer.
        role: Role,
        /// STUN and TURN servers that the signaling server named.
        ice_servers: Vec<IceServer>,
    },
    /// Do something with a connection.
    Link {
        /// The peer.
        peer: PeerId,
        /// The attempt it was opened for.
        attempt: u32,
        /// What to do.
        action: LinkAction,
    },
    /// Ask something of the disk.
    Disk(DiskRequest),
    /// Tell the program above.
    Notice(Notice),
    /// Call again with [`Input::Time`](crate::input::Input::Time) at the deadline, or with any
    /// other input before.
    Wait(Option<Deadline>),
}

/// Who writes the offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// This side.
    Offerer,
    /// The other side.
    Answerer,
}

/// What to do with a connection.
#[derive(Debug)]
pub enum LinkAction {
    /// The peer's offer or answer.
    RemoteDescription {
        /// Session description.
        sdp: String,
    },
    /// One of the peer's addresses.
    RemoteCandidate(Candidate),
    /// Send on the control channel, before any bulk frame still queued.
    SendControl(Bytes),
    /// Send on the channel for what may get lost.
    SendLive(Bytes),
    /// Send on the bulk channel and report `BulkSent` when the channel took it.
    SendBulk {
        /// The frame.
        frame: Bytes,
        /// File bytes in it.
        data_len: u64,
    },
    /// Do something with a lane of it.
    Lane {
        /// The lane's number.
        lane: u32,
        /// What to do.
        action: LaneAction,
    },
    /// Close it once what was sent is out. No input of this attempt is wanted after this.
    Close,
}

/// What to do with a lane: the second way for bulk frames.
#[derive(Debug)]
pub enum LaneAction {
    /// Open it: the offerer dials, the answerer listens. Reports of an older lane end with this.
    Open,
    /// Send a bulk frame and report [`LaneInput::Sent`](crate::input::LaneInput::Sent) when the
    /// transport took it.
    Send {
        /// The frame.
        frame: Bytes,
        /// File bytes in it.
        data_len: u64,
    },
    /// Close it at once.
    Close,
}

/// What is asked of the disk. Requests for one file are carried out in order.
#[derive(Debug)]
pub enum DiskRequest {
    /// Read a chunk of an offered file and build its bulk frame.
    ReadChunk {
        /// The link that will send it.
        peer: PeerId,
        /// Its attempt.
        attempt: u32,
        /// The transfer.
        transfer: u64,
        /// The file.
        file: u32,
        /// First byte.
        offset: u64,
        /// Bytes to read.
        len: u64,
    },
    /// Make the partial file, or open what an earlier try left of it.
    Create {
        /// The transfer.
        key: IncomingKey,
        /// The file.
        file: u32,
        /// What was offered.
        offered: OfferedFile,
        /// Whether an earlier life of the app may have finished it without saying so: a file of
        /// this name and content is then the one, and `Finished` the answer.
        may_be_whole: bool,
    },
    /// Check a chunk against the file's hash and write it.
    Write {
        /// The transfer.
        key: IncomingKey,
        /// The chunk; its file index names the file.
        chunk: ChunkFrame,
    },
    /// Make the file durable and give it its final name.
    Finish {
        /// The transfer.
        key: IncomingKey,
        /// The file.
        file: u32,
    },
    /// Forget a file that will not be finished, partial bytes included. Not answered.
    Discard {
        /// The transfer.
        key: IncomingKey,
        /// The file.
        file: u32,
    },
    /// Remember a transfer that the person answered. Not answered.
    KeepIncoming {
        /// All of it.
        record: IncomingRecord,
    },
    /// A kept transfer stands otherwise. Not answered.
    MarkIncoming {
        /// The transfer.
        key: IncomingKey,
        /// How it stands.
        marks: IncomingMarks,
    },
    /// Remember nothing of a transfer any more. Not answered.
    ForgetIncoming {
        /// The transfer.
        key: IncomingKey,
    },
    /// Remember whether a transfer from this device stands still. Not answered.
    MarkOutgoing {
        /// The transfer.
        transfer: u64,
        /// Whether it does.
        is_paused: bool,
    },
    /// The transfer needs no more reading. Not answered.
    CloseSource {
        /// The transfer.
        transfer: u64,
    },
    /// Remember that a device was met, with all that is said of it here.
    RememberDevice {
        /// The device.
        device: KnownDevice,
    },
    /// Remember nothing of a device any more.
    ForgetDevice {
        /// The device.
        device: DeviceId,
    },
    /// Make a message durable: a received one, or one of our own before it leaves.
    StoreMessage {
        /// Its author.
        author: DeviceId,
        /// The message.
        message: ChatMessage,
    },
    /// Keep who somebody in the room is. Not answered.
    KeepMember {
        /// Who.
        member: Member,
        /// Whether somebody else said so: then it counts for nothing beside what they said
        /// themselves.
        is_hearsay: bool,
    },
    /// Read messages of an author to pass them on. Answered by
    /// [`MessagesRead`](crate::input::DiskInput::MessagesRead).
    ReadMessages {
        /// The device that they are for.
        reader: DeviceId,
        /// Those of this author and stream that come after this one, which need not exist.
        after: MessageId,
        /// How many at most.
        max: u32,
    },
    /// Keep how far another device has our messages. Not answered; to lose the last ones is no harm.
    KeepReceipt {
        /// The device.
        reader: DeviceId,
        /// The stream of our messages.
        stream: u64,
        /// The last one it has.
        through: u64,
    },
}
