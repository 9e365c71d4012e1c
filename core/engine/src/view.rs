//! The state of a session as a screen shows it: always whole, never a history.

use core::time::Duration;

use parlor_proto::avatar::Avatar;
use parlor_proto::code::Code;
use parlor_proto::emoji::Comparison;
use parlor_proto::id::{DeviceId, PeerId};
use parlor_proto::text::DisplayName;

use crate::known::Standing;
use crate::time::Moment;

/// A session at one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RoomView {
    /// The signaling server.
    pub server: ServerView,
    /// Every peer, connected or not.
    pub peers: Vec<PeerView>,
    /// Every transfer that has not ended, and those that ended in this session.
    pub transfers: Vec<TransferView>,
    /// The typed code that this device shows.
    pub code: Option<CodeView>,
}

/// A typed code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeView {
    /// None until the server named its number.
    pub code: Option<Code>,
    /// When it ends by itself.
    pub expires_at: Moment,
    /// Newcomers it still lets in.
    pub uses_left: u32,
    /// Wrong tries until it ends.
    pub tries_left: u8,
}

/// The signaling server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ServerView {
    /// Not in the room yet, or again on the way there.
    #[default]
    Connecting,
    /// In the room.
    Joined,
    /// Refused; no further try.
    Rejected,
}

/// One peer.
#[derive(Debug, Clone, PartialEq)]
pub struct PeerView {
    /// The connection to the server by which it is known.
    pub peer: PeerId,
    /// Who it is, once it said so.
    pub identity: Option<(DeviceId, DisplayName)>,
    /// How the connection stands.
    pub state: PeerStateView,
    /// How the peers reach each other while connected.
    pub path: Option<PathView>,
    /// Whether file bytes have a lane of their own there.
    pub has_lane: bool,
    /// Tries to connect so far.
    pub attempts: u32,
    /// What is known of the device, once it said who it is.
    pub standing: Option<Standing>,
    /// How the person wants to be shown.
    pub avatar: Avatar,
    /// While connected: the same on both sides, if nobody is in between. For people to compare.
    pub emoji: Option<Comparison>,
}

/// How a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerStateView {
    /// A try is about to begin.
    Waiting,
    /// A try is under way.
    Connecting,
    /// Open since then.
    Connected {
        /// When the peer said hello.
        since: Moment,
    },
}

/// Kind of address on one end of a path (RFC 8445, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddressKind {
    /// An interface of the machine.
    Host,
    /// What a STUN server saw.
    ServerReflexive,
    /// What the peer saw.
    PeerReflexive,
    /// A TURN server.
    Relay,
}

/// How two peers reach each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PathView {
    /// Our end.
    pub local: AddressKind,
    /// Their end.
    pub remote: AddressKind,
    /// Round-trip time, once measured.
    pub round_trip: Option<Duration>,
}

/// Where a transfer goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// To us.
    Incoming,
    /// From us.
    Outgoing,
}

/// One transfer between us and one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransferView {
    /// Its number at the offering device.
    pub transfer: u64,
    /// The other device.
    pub with: DeviceId,
    /// Where it goes.
    pub direction: Direction,
    /// How it stands.
    pub state: TransferStateView,
    /// Bytes of all accepted files.
    pub total_bytes: u64,
    /// Bytes of them that the receiver has verified and written (incoming) or that the channel has
    /// taken (outgoing).
    pub done_bytes: u64,
    /// File bytes that left this device for it, those that had to be sent twice included; zero for
    /// incoming ones.
    pub sent_bytes: u64,
    /// Accepted files.
    pub files: usize,
    /// Files whole at the receiver.
    pub done_files: usize,
    /// Files that are begun and not done: a few.
    pub under_way: Vec<FileView>,
    /// Smoothed over the last seconds; zero before anything moved.
    pub bytes_per_second: u64,
    /// At that speed; none while nothing can be said.
    pub time_left: Option<Duration>,
    /// Why it stands still, if it does.
    pub hold: Option<HoldView>,
}

/// One file that is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileView {
    /// Index in the offer.
    pub file: u32,
    /// Length in bytes.
    pub size: u64,
    /// Bytes of it, counted as those of the transfer.
    pub done_bytes: u64,
}

/// Why a transfer stands still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HoldView {
    /// Whether this side holds it, and not the other.
    pub by_us: bool,
    /// None where a person wants it so.
    pub reason: Option<String>,
}

/// How a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TransferStateView {
    /// Waiting for the receiver's answer.
    Offered,
    /// Under way while the peers are connected.
    Active,
    /// Every accepted file came to its end.
    Ended,
}
