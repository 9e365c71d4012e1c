//! One WebRTC connection to one peer, reduced to a handle and a stream of [`RtcEvent`]s.
//!
//! This is the only module of the tree that knows the `webrtc` and `rtc` crates; nothing of
//! theirs appears in its public types. It decides nothing: who offers, when to retry and what a
//! frame means belong to the engine. The engine's driver calls [`RtcLink::spawn`], carries
//! [`RtcEvent::LocalDescription`] and [`RtcEvent::LocalCandidate`] to the other side by
//! signaling, and hands what comes back to [`RtcLink::set_remote_description`] and
//! [`RtcLink::add_remote_candidate`].
//!
//! Inside, `supervisor` owns the connection and reports its life, `pump` moves frames (two tasks
//! per channel, so that no channel waits in our queues for another), `peer` holds every setting,
//! `inspect` reads path and certificates, and `net` adapts sockets, timers and name lookup.
//!
//! On the wire, besides the channels and their binary messages, there is one rule: the answerer's
//! first message is a text message on control, and the offerer sends nothing before it has heard
//! something. Text messages are never frames. See `supervisor::GREETING` for the reason.
//!
//! Every queue is bounded. A slow consumer stops the readers, which shrinks the SCTP window
//! (RFC 9260, section 6.2), which slows the other side. That is a last resort, not a way to pace:
//! the library holds 512 messages per link before the window moves, and once it has closed, the
//! library never announces new room, so the link stands still until the peer's next probe, 1 to
//! 60 s later. The engine's credit must keep the consumer well ahead of that.
//!
//! The window counts bytes of messages, and each message costs the library some 700 bytes more. So
//! small messages are not left to the window: more of them than an honest peer ever has under way
//! end the link (`pump`), and so does a message that does not end (`intake`).

mod inspect;
mod intake;
mod lanes;
mod net;
mod peer;
mod pump;
mod pumps;
mod supervisor;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, watch};

use pump::FrameQueues;
use supervisor::{Command, Stop, Supervisor};

pub use crate::lane::LaneEvent;

/// The largest frame that [`RtcLink::send`] takes, in bytes: what every current WebRTC stack
/// accepts in one message (`a=max-message-size`, RFC 8841) and what we announce ourselves.
pub const MAX_FRAME_BYTES: usize = 256 * 1024;

/// Remote candidates one link takes, early ones included. Each one is paired with every local
/// address and pinged, so a peer must not be able to point us at hosts without end.
pub const MAX_REMOTE_CANDIDATES: usize = 64;

/// Control frames waiting for the channel. The engine may answer one frame with many (a reconnect
/// in the middle of large folders), but bounds what they add up to; a peer that lets this many
/// pile up has stopped reading.
const CONTROL_QUEUE_FRAMES: usize = 2048;

/// Bytes of them. A thousand long messages and every offer fit; a peer for which more waits has
/// stopped reading.
const CONTROL_QUEUE_MAX_BYTES: usize = 24 * 1024 * 1024;

/// Bulk frames waiting for the channel: more than the engine ever has under way to one peer (2 MiB
/// and 48 frames), so that a full queue means a bug and not a busy moment.
const BULK_QUEUE_FRAMES: usize = 64;

/// Live frames waiting for the channel. They are stale within a second, so few are worth keeping.
const LIVE_QUEUE_FRAMES: usize = 64;

/// Signaling input waiting for the supervisor: one description and every candidate we would take.
const COMMAND_QUEUE: usize = MAX_REMOTE_CANDIDATES + 16;

/// Which side starts the negotiation (RFC 8829).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Creates the offer at once and waits for an answer.
    Offerer,
    /// Waits for an offer and answers it.
    Answerer,
}

/// The three pre-negotiated data channels (RFC 8832, section 4: ids agreed out of band).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Id 0, reliable and ordered.
    Control,
    /// Id 1, reliable. Receivers must not rely on order: chunk frames carry their place.
    Bulk,
    /// Id 2, unordered and never retransmitted: typing, presence.
    Live,
}

impl Channel {
    /// All of them, in the order of their ids.
    pub const ALL: [Self; 3] = [Self::Control, Self::Bulk, Self::Live];

    /// The SCTP stream id.
    #[must_use]
    pub const fn id(self) -> u16 {
        match self {
            Self::Control => 0,
            Self::Bulk => 1,
            Self::Live => 2,
        }
    }
}

/// A STUN or TURN server (RFC 7064, RFC 7065). TURN works over UDP only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct IceServer {
    /// `stun:host[:port]` or `turn:host[:port]`.
    pub urls: Vec<String>,
    /// TURN user name; empty for STUN.
    pub username: String,
    /// TURN password; empty for STUN.
    pub credential: String,
}

impl std::fmt::Debug for IceServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The credential would end in logs.
        f.debug_struct("IceServer")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

/// Settings of one link. `Default` is what the measurements chose.
#[derive(Debug, Clone)]
pub struct RtcConfig {
    /// STUN and TURN servers, all tried at once. Unreachable ones delay nothing.
    pub ice_servers: Vec<IceServer>,
    /// Use TURN candidates only, to hide our addresses or to test the relay.
    pub relay_only: bool,
    /// Kernel buffer asked for on each side of each UDP socket, in bytes. Stock buffers overflow
    /// and SCTP then stalls a second at a time; the kernel may grant less.
    pub udp_buffer_bytes: usize,
    /// Bytes a channel holds unacknowledged before its sender waits.
    pub bulk_send_buffer_bytes: usize,
    /// SCTP receive window in bytes (`a_rwnd`, RFC 9260): the ceiling of speed times round trip.
    /// Less is used where the kernel grants small UDP buffers.
    pub sctp_window_bytes: u32,
    /// Pause between two rounds of connectivity checks. A link opens after two rounds.
    pub ice_check_interval: Duration,
    /// Threads that drive connections apart from the caller's runtime, shared by the whole
    /// process and set by the first link that asks; 0 drives them on the caller's runtime.
    pub reactor_threads: usize,
}

impl Default for RtcConfig {
    fn default() -> Self {
        Self {
            ice_servers: Vec::new(),
            relay_only: false,
            udp_buffer_bytes: 4 * 1024 * 1024,
            bulk_send_buffer_bytes: 1024 * 1024,
            sctp_window_bytes: 1024 * 1024,
            ice_check_interval: peer::CHECK_INTERVAL,
            reactor_threads: 0,
        }
    }
}

/// One ICE candidate as signaling carries it (`RTCIceCandidateInit`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidate {
    /// `candidate:…`, the attribute of RFC 8839, section 5.1.
    pub line: String,
    /// The media section by name, if known.
    pub mid: Option<String>,
    /// The media section by place, if known.
    pub mline_index: Option<u16>,
    /// The user fragment of the generation it belongs to, if known.
    pub ufrag: Option<String>,
}

/// How an ICE candidate was found (RFC 8445, section 5.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CandidateKind {
    /// An address of an interface.
    Host,
    /// The address a STUN server saw.
    ServerReflexive,
    /// The address the peer saw, or that we saw of the peer.
    PeerReflexive,
    /// An address of a TURN server.
    Relay,
}

/// The path that data takes now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathInfo {
    /// Our end.
    pub local: CandidateKind,
    /// The peer's end.
    pub remote: CandidateKind,
    /// The peer's address and port.
    pub remote_addr: String,
    /// `udp` or `tcp`.
    pub protocol: String,
    /// Round trip of the last connectivity check; none before the first answer.
    pub rtt: Option<Duration>,
}

/// What a link reports. See [`RtcLink::spawn`] for the order.
#[derive(Debug, Clone)]
pub enum RtcEvent {
    /// Our offer or answer, without candidates (trickle ICE, RFC 8838). Once per link.
    LocalDescription {
        /// The session description (RFC 8866).
        sdp: String,
    },
    /// One more of our addresses. May come before or after the link opens.
    LocalCandidate(Candidate),
    /// All channels carry data, on both sides. Once per link, before any [`RtcEvent::Frame`].
    Open {
        /// The chosen path, if the statistics show it already.
        path: Option<PathInfo>,
        /// SHA-256 of our DTLS certificate, as in `a=fingerprint`: upper case hex with colons.
        local_fingerprint: String,
        /// SHA-256 of the certificate the peer presented on this connection.
        remote_fingerprint: String,
    },
    /// One frame of the peer. In order on [`Channel::Control`].
    Frame {
        /// Where it came in.
        channel: Channel,
        /// Its bytes.
        data: Bytes,
    },
    /// The channel took one bulk frame of ours, in the order of [`RtcLink::send`]. This is room
    /// for more, not a sign that the peer has it.
    BulkSent {
        /// The length of that frame.
        bytes: usize,
    },
    /// Something happened on a lane; see [`RtcLink::open_lane`].
    Lane {
        /// Its number.
        lane: u32,
        /// What happened.
        event: LaneEvent,
    },
    /// The path, every few seconds while open. Skipped while the consumer is behind.
    Path(PathInfo),
    /// The end, exactly once, and always the last event.
    Closed {
        /// Why.
        reason: CloseReason,
    },
}

/// Why a link ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseReason {
    /// We asked for it.
    Requested,
    /// The peer closed its end, or its process ended in order.
    RemoteClosed,
    /// No path was found, or the path went silent.
    IceFailed,
    /// The connection could not be made: bad description, failed handshake, no socket.
    Setup(String),
    /// A bound of this module was exceeded by us: a frame over [`MAX_FRAME_BYTES`] or over what
    /// the peer takes, or local candidates nobody fetched. Nothing is dropped in silence.
    QueueOverflow,
    /// More of our frames wait for the control channel than an honest peer leaves unread.
    Unread,
    /// The peer used the connection as no implementation does.
    Misused(&'static str),
}

impl CloseReason {
    /// For logs: without what a library said of a description, which may quote it.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::RemoteClosed => "remote closed",
            Self::IceFailed => "ICE failed",
            Self::Setup(_) => "setup",
            Self::QueueOverflow => "queue overflow",
            Self::Unread => "unread",
            Self::Misused(_) => "misused",
        }
    }
}

/// A queue of the link is full, or the link is closing. The frame was not taken; try again after
/// the next [`RtcEvent::BulkSent`], or give up on [`RtcEvent::Closed`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the link's queue is full or the link is closing")]
pub struct QueueFull;

/// Handle of one connection. Dropping it closes the connection and ends its tasks.
#[derive(Debug)]
pub struct RtcLink {
    commands: mpsc::Sender<Command>,
    control: mpsc::Sender<Bytes>,
    bulk: mpsc::Sender<Bytes>,
    live: mpsc::Sender<Bytes>,
    stop: watch::Sender<Stop>,
    /// Bytes that wait for the control channel.
    control_bytes: Arc<AtomicUsize>,
    /// The present lane, by its number.
    lane: Option<(u32, mpsc::Sender<Bytes>)>,
}

impl RtcLink {
    /// Starts a connection on the current tokio runtime.
    ///
    /// `events` receives, each tagged with `key`: `LocalDescription` (an answerer's after the
    /// remote one), `LocalCandidate`s, then `Open`, then `Frame`s, `BulkSent`s and `Path`s, and
    /// at last `Closed` and nothing after it. A full `events` queue pauses the link. After the
    /// handle is dropped, `Closed` comes only if the queue has room at that moment.
    ///
    /// # Panics
    /// Outside a tokio runtime with time and IO enabled.
    pub fn spawn<K: Clone + Send + Sync + 'static>(
        key: K,
        role: Role,
        config: RtcConfig,
        events: mpsc::Sender<(K, RtcEvent)>,
    ) -> Self {
        let (commands, command_queue) = mpsc::channel(COMMAND_QUEUE);
        let (control, control_queue) = mpsc::channel(CONTROL_QUEUE_FRAMES);
        let (bulk, bulk_queue) = mpsc::channel(BULK_QUEUE_FRAMES);
        let (live, live_queue) = mpsc::channel(LIVE_QUEUE_FRAMES);
        let (stop, stopped) = watch::channel(Stop::No);
        let control_bytes = Arc::default();
        let queues = FrameQueues {
            control: control_queue,
            control_bytes: Arc::clone(&control_bytes),
            bulk: bulk_queue,
            live: live_queue,
        };
        let supervisor = Supervisor::new(key, role, config, events, command_queue, stopped);
        tokio::spawn(supervisor.run(queues));
        Self {
            commands,
            control,
            bulk,
            live,
            stop,
            control_bytes,
            lane: None,
        }
    }

    /// Opens a lane on an open link: a second way for bulk frames, over QUIC on the same path. Any
    /// lane before it ends, and nothing that is reported of that one counts any more.
    ///
    /// # Errors
    /// [`QueueFull`] after the link ended.
    pub fn open_lane(&mut self, lane: u32) -> Result<(), QueueFull> {
        let (frames, queue) = mpsc::channel(BULK_QUEUE_FRAMES);
        self.lane = Some((lane, frames));
        self.commands
            .try_send(Command::OpenLane(lane, queue))
            .map_err(|_| QueueFull)
    }

    /// Queues one bulk frame on a lane that is open; never waits. On another lane it is dropped, as
    /// all that was under way on it.
    ///
    /// # Errors
    /// [`QueueFull`] if it takes no more.
    pub fn send_on_lane(&self, lane: u32, frame: Bytes) -> Result<(), QueueFull> {
        match &self.lane {
            Some((open, frames)) if *open == lane => match frames.try_send(frame) {
                Err(mpsc::error::TrySendError::Full(_)) => Err(QueueFull),
                // It just ended, and says so.
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => Ok(()),
            },
            Some(_) | None => Ok(()),
        }
    }

    /// Ends a lane at once.
    pub fn close_lane(&mut self, lane: u32) {
        self.lane.take_if(|(open, _)| *open == lane);
    }

    /// Hands over the peer's offer or answer. A bad one ends the link with
    /// [`CloseReason::Setup`]; a second one is ignored.
    ///
    /// # Errors
    /// [`QueueFull`] if signaling outruns the connection, or after the link ended.
    pub fn set_remote_description(&self, sdp: String) -> Result<(), QueueFull> {
        self.commands
            .try_send(Command::RemoteDescription(sdp))
            .map_err(|_| QueueFull)
    }

    /// Hands over one of the peer's candidates, before or after its description. Unreadable ones
    /// and those beyond [`MAX_REMOTE_CANDIDATES`] are ignored.
    ///
    /// # Errors
    /// [`QueueFull`] if signaling outruns the connection, or after the link ended.
    pub fn add_remote_candidate(&self, candidate: Candidate) -> Result<(), QueueFull> {
        self.commands
            .try_send(Command::RemoteCandidate(candidate))
            .map_err(|_| QueueFull)
    }

    /// Queues one frame; never waits. Frames queued before `Open` leave after it. A frame over
    /// [`MAX_FRAME_BYTES`] is a bug of the caller and ends the link.
    ///
    /// # Errors
    /// [`QueueFull`] if the channel's queue is full or the link ended.
    pub fn send(&self, channel: Channel, frame: Bytes) -> Result<(), QueueFull> {
        if frame.len() > MAX_FRAME_BYTES {
            tracing::error!(?channel, len_bytes = frame.len(), "frame over the limit");
            self.request_stop(Stop::Overflow);
            return Err(QueueFull);
        }
        let queue = match channel {
            Channel::Control => return self.send_control(frame),
            Channel::Bulk => &self.bulk,
            Channel::Live => &self.live,
        };
        queue.try_send(frame).map_err(|_| QueueFull)
    }

    fn send_control(&self, frame: Bytes) -> Result<(), QueueFull> {
        let len = frame.len();
        let waiting = self.control_bytes.fetch_add(len, Ordering::Relaxed);
        let has_room = waiting + len <= CONTROL_QUEUE_MAX_BYTES;
        if has_room && self.control.try_send(frame).is_ok() {
            return Ok(());
        }
        self.control_bytes.fetch_sub(len, Ordering::Relaxed);
        Err(QueueFull)
    }

    /// Ends a connection whose peer leaves too much unread, without waiting for what is queued.
    pub fn close_unread(&self) {
        self.request_stop(Stop::Unread);
    }

    /// Ends the connection: control frames already queued are given a moment to leave, bulk and
    /// live ones are dropped, the peer is told (SCTP ABORT and DTLS `close_notify`).
    pub fn close(&self) {
        self.request_stop(Stop::Requested);
    }

    fn request_stop(&self, stop: Stop) {
        // The first reason stays.
        self.stop.send_if_modified(|current| {
            let first = *current == Stop::No;
            if first {
                *current = stop;
            }
            first
        });
    }
}
