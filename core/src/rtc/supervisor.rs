//! Owns one connection from its sockets to its `Closed`: negotiates, waits for the channels,
//! watches the state, and always closes what it opened, because a connection of the library that
//! is dropped unclosed runs on for ever.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use webrtc::peer_connection::{PeerConnection, RTCPeerConnectionState, RTCSessionDescription};

use super::inspect::inspect;
use super::intake::Pace;
use super::lanes::LaneSeat;
use super::peer::{self, Peer, States};
use super::pump::{ChannelNotice, FrameQueues, Outlet, Phase, Pump};
use super::pumps::{Pumps, join_all};
use super::{Candidate, Channel, CloseReason, MAX_REMOTE_CANDIDATES, Role, RtcConfig, RtcEvent};

/// Pause between two [`RtcEvent::Path`]: often enough for a person to watch.
const PATH_REFRESH: Duration = Duration::from_secs(3);

/// Notices of six channel tasks, a handful from each.
const NOTICE_QUEUE: usize = 32;

/// The first message of the answerer, as text on control, before which the offerer sends nothing.
///
/// The offerer is the SCTP server and opens first. The library loses, in silence, what reaches a
/// client together with the end of the SCTP handshake: its pre-negotiated channels do not exist
/// yet. 19 of 120 links on one machine lost their first frames so.
const GREETING: &str = "parlor";

/// What a peer does that has us hold more than it may send.
const ENDLESS: &str = "sends more at once than it may";

/// What the handle asks of the supervisor.
#[derive(Debug)]
pub(super) enum Command {
    RemoteDescription(String),
    RemoteCandidate(Candidate),
    OpenLane(u32, mpsc::Receiver<Bytes>),
}

/// Whether and why the handle ended the link. A dropped handle ends it too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    No,
    Requested,
    Overflow,
    Unread,
}

/// How a link ended, for the supervisor's own purposes.
#[derive(Debug)]
enum End {
    /// Report this.
    Reason(CloseReason),
    /// The handle or the consumer is gone: nobody waits for a report.
    Abandoned,
}

impl From<CloseReason> for End {
    fn from(reason: CloseReason) -> Self {
        Self::Reason(reason)
    }
}

pub(super) struct Supervisor<K> {
    role: Role,
    config: RtcConfig,
    outlet: Outlet<K>,
    commands: mpsc::Receiver<Command>,
    stop: watch::Receiver<Stop>,
}

/// What negotiation has seen so far.
#[derive(Default)]
struct Progress {
    described: bool,
    early_candidates: Vec<Candidate>,
    candidates_taken: usize,
    opened: [bool; 3],
    greeted: bool,
    is_open: bool,
    /// Of the certificate the peer showed.
    remote_fingerprint: Option<String>,
}

impl<K: Clone + Send + Sync + 'static> Supervisor<K> {
    pub(super) fn new(
        key: K,
        role: Role,
        config: RtcConfig,
        events: mpsc::Sender<(K, RtcEvent)>,
        commands: mpsc::Receiver<Command>,
        stop: watch::Receiver<Stop>,
    ) -> Self {
        Self {
            role,
            config,
            outlet: Outlet { key, events },
            commands,
            stop,
        }
    }

    /// The whole life of a link.
    pub(super) async fn run(mut self, queues: FrameQueues) {
        let end = match peer::build(self.role, &self.config).await {
            Ok(peer) => self.run_peer(peer, queues).await,
            Err(error) => setup_failed(&error),
        };
        match end {
            End::Reason(reason) => {
                tracing::debug!(why = reason.kind(), "link closed");
                // The consumer is gone, or has it.
                self.emit(RtcEvent::Closed { reason }).await.ok();
            }
            End::Abandoned => self.outlet.try_send(RtcEvent::Closed {
                reason: CloseReason::Requested,
            }),
        }
    }

    async fn run_peer(&mut self, mut peer: Peer, queues: FrameQueues) -> End {
        let connection = Arc::clone(&peer.connection);
        let mut pumps = match self.start_pumps(&peer, queues).await {
            Ok(pumps) => pumps,
            Err(error) => {
                peer::close(&*connection).await;
                return setup_failed(&error);
            }
        };
        // The library parses what the peer sends. Should it ever panic on it, this link ends and
        // the connection is still closed.
        let end = AssertUnwindSafe(self.drive(&mut peer, &mut pumps))
            .catch_unwind()
            .await
            .unwrap_or_else(|_| CloseReason::Setup("the transport failed inside".into()).into());
        peer.seat.close().await;
        self.wind_down(&*connection, pumps, &end).await;
        end
    }

    async fn start_pumps(&self, peer: &Peer, queues: FrameQueues) -> webrtc::error::Result<Pumps> {
        let (phase, phase_watch) = watch::channel(Phase::Opening);
        let (notice_queue, notices) = mpsc::channel(NOTICE_QUEUE);
        let connection = &*peer.connection;
        let control = peer::open_channel(connection, Channel::Control).await?;
        let bulk = peer::open_channel(connection, Channel::Bulk).await?;
        let live = peer::open_channel(connection, Channel::Live).await?;
        let mut pumps = Pumps {
            readers: JoinSet::new(),
            control_writer: JoinSet::new(),
            other_writers: JoinSet::new(),
            phase,
            notices,
            control: Arc::clone(&control),
            control_drained: Arc::default(),
        };
        let queues = [
            (
                Channel::Control,
                control,
                queues.control,
                queues.control_bytes,
            ),
            (Channel::Bulk, bulk, queues.bulk, Arc::default()),
            (Channel::Live, live, queues.live, Arc::default()),
        ];
        for (channel, data, queue, waiting) in queues {
            let pump = Pump {
                channel,
                data,
                phase: phase_watch.clone(),
                outlet: self.outlet.clone(),
                notices: notice_queue.clone(),
                intake: peer.intake.clone(),
                pace: Pace::new(),
                texts: 0,
                arrived: VecDeque::new(),
                arrived_bytes: 0,
                drained: if channel == Channel::Control {
                    Arc::clone(&pumps.control_drained)
                } else {
                    Arc::default()
                },
            };
            pumps.readers.spawn(pump.clone().read());
            if channel == Channel::Control {
                pumps.control_writer.spawn(pump.write(queue, waiting));
            } else {
                pumps.other_writers.spawn(pump.write(queue, waiting));
            }
        }
        Ok(pumps)
    }

    /// Runs the connection until there is a reason to end it.
    async fn drive(&mut self, peer: &mut Peer, pumps: &mut Pumps) -> End {
        match self.negotiate_and_run(peer, pumps).await {
            Ok(never) => match never {},
            Err(end) => end,
        }
    }

    async fn negotiate_and_run(
        &mut self,
        peer: &mut Peer,
        pumps: &mut Pumps,
    ) -> Result<std::convert::Infallible, End> {
        let connection = Arc::clone(&peer.connection);
        let mut progress = Progress::default();
        if self.role == Role::Offerer {
            let offer = connection.create_offer(None).await.map_err(setup)?;
            self.describe(&*connection, offer).await?;
        }
        let mut refresh = tokio::time::interval(PATH_REFRESH);
        refresh.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                end = stopped(&mut self.stop) => return Err(end),
                () = peer.intake.is_over() => return Err(CloseReason::Misused(ENDLESS).into()),
                Some(command) = self.commands.recv() => {
                    let seat = &mut peer.seat;
                    self.obey(&*connection, (&mut progress, seat), command).await?;
                }
                Some(candidate) = peer.candidates.recv() => {
                    self.emit(RtcEvent::LocalCandidate(candidate)).await?;
                }
                Some(notice) = pumps.notices.recv() => {
                    self.note(&*connection, &mut progress, pumps, notice).await?;
                }
                Ok(()) = peer.states.changed() => {
                    let states = *peer.states.borrow_and_update();
                    judge(states, progress.is_open)?;
                }
                _ = refresh.tick(), if progress.is_open => {
                    if let Some(path) = inspect(&*connection).await.path {
                        self.outlet.try_send(RtcEvent::Path(path));
                    }
                }
            }
        }
    }

    async fn obey(
        &mut self,
        connection: &dyn PeerConnection,
        (progress, seat): (&mut Progress, &mut LaneSeat),
        command: Command,
    ) -> Result<(), End> {
        match command {
            Command::RemoteDescription(_) if progress.described => {
                tracing::debug!("second remote description ignored");
                Ok(())
            }
            Command::RemoteDescription(sdp) => {
                self.take_description(connection, sdp).await?;
                progress.described = true;
                for candidate in std::mem::take(&mut progress.early_candidates) {
                    peer::take_candidate(connection, candidate).await;
                }
                Ok(())
            }
            Command::RemoteCandidate(candidate) => {
                if candidate.line.is_empty() || progress.candidates_taken >= MAX_REMOTE_CANDIDATES {
                    return Ok(());
                }
                progress.candidates_taken += 1;
                if progress.described {
                    peer::take_candidate(connection, candidate).await;
                } else {
                    progress.early_candidates.push(candidate);
                }
                Ok(())
            }
            Command::OpenLane(lane, frames) => {
                let fingerprint = progress.remote_fingerprint.as_deref();
                seat.open(lane, frames, (&self.outlet, fingerprint));
                Ok(())
            }
        }
    }

    async fn take_description(
        &mut self,
        connection: &dyn PeerConnection,
        sdp: String,
    ) -> Result<(), End> {
        match self.role {
            Role::Offerer => {
                let answer = RTCSessionDescription::answer(sdp).map_err(setup)?;
                connection
                    .set_remote_description(answer)
                    .await
                    .map_err(setup)
            }
            Role::Answerer => {
                let offer = RTCSessionDescription::offer(sdp).map_err(setup)?;
                connection
                    .set_remote_description(offer)
                    .await
                    .map_err(setup)?;
                let answer = connection.create_answer(None).await.map_err(setup)?;
                self.describe(connection, answer).await
            }
        }
    }

    /// Applies our description, which begins the search for candidates, and reports it.
    async fn describe(
        &mut self,
        connection: &dyn PeerConnection,
        description: RTCSessionDescription,
    ) -> Result<(), End> {
        let sdp = description.sdp.clone();
        connection
            .set_local_description(description)
            .await
            .map_err(setup)?;
        self.emit(RtcEvent::LocalDescription { sdp }).await
    }

    async fn note(
        &mut self,
        connection: &dyn PeerConnection,
        progress: &mut Progress,
        pumps: &Pumps,
        notice: ChannelNotice,
    ) -> Result<(), End> {
        match notice {
            ChannelNotice::Opened(channel) => {
                progress.opened[usize::from(channel.id())] = true;
                if progress.opened == [true; 3] && self.role == Role::Answerer {
                    progress.greeted = true;
                    pumps.control.send_text(GREETING).await.map_err(setup)?;
                }
                self.open_if_ready(connection, progress, pumps).await
            }
            ChannelNotice::Greeted => {
                progress.greeted = true;
                self.open_if_ready(connection, progress, pumps).await
            }
            ChannelNotice::Closed => Err(CloseReason::RemoteClosed.into()),
            // Our end of the connection stopped by itself: the path is gone as far as we know.
            ChannelNotice::Ended => Err(CloseReason::IceFailed.into()),
            ChannelNotice::Refused => Err(CloseReason::QueueOverflow.into()),
            ChannelNotice::Misused(what) => Err(CloseReason::Misused(what).into()),
            ChannelNotice::OutletGone => Err(End::Abandoned),
        }
    }

    async fn open_if_ready(
        &mut self,
        connection: &dyn PeerConnection,
        progress: &mut Progress,
        pumps: &Pumps,
    ) -> Result<(), End> {
        if progress.opened == [true; 3] && progress.greeted && !progress.is_open {
            progress.is_open = true;
            progress.remote_fingerprint = Some(self.announce_open(connection).await?);
            pumps.phase.send_replace(Phase::Open);
        }
        Ok(())
    }

    /// Gives the fingerprint of the peer's certificate.
    async fn announce_open(&mut self, connection: &dyn PeerConnection) -> Result<String, End> {
        let seen = inspect(connection).await;
        // Without both certificates nobody could check who is on the other side.
        let (Some(local_fingerprint), Some(remote_fingerprint)) =
            (seen.local_fingerprint, seen.remote_fingerprint)
        else {
            return Err(CloseReason::Setup("no certificate of the peer".into()).into());
        };
        self.emit(RtcEvent::Open {
            path: seen.path,
            local_fingerprint,
            remote_fingerprint: remote_fingerprint.clone(),
        })
        .await?;
        Ok(remote_fingerprint)
    }

    /// Waits for room for `event`, but not past the end of the link.
    async fn emit(&mut self, event: RtcEvent) -> Result<(), End> {
        let is_last = matches!(event, RtcEvent::Closed { .. });
        tokio::select! {
            biased;
            sent = self.outlet.send(event) => sent.map_err(|_| End::Abandoned),
            end = abandoned_or_stopped(&mut self.stop, is_last) => Err(end),
        }
    }

    /// Ends the tasks and the connection; afterwards no event of this link can appear.
    async fn wind_down(&mut self, connection: &dyn PeerConnection, mut pumps: Pumps, end: &End) {
        pumps.other_writers.abort_all();
        if *pumps.phase.borrow() == Phase::Open {
            match end {
                End::Reason(CloseReason::Requested | CloseReason::QueueOverflow)
                | End::Abandoned => pumps.flush_control().await,
                End::Reason(CloseReason::RemoteClosed | CloseReason::IceFailed) => {
                    pumps.phase.send_replace(Phase::Draining);
                    // What the peer said before it left is still delivered, at the consumer's
                    // pace, unless we are told to stop meanwhile.
                    tokio::select! {
                        () = join_all(&mut pumps.readers) => {}
                        _ = stopped(&mut self.stop) => {}
                    }
                }
                End::Reason(
                    CloseReason::Setup(_) | CloseReason::Unread | CloseReason::Misused(_),
                ) => {}
            }
        }
        peer::close(connection).await;
        pumps.control_writer.shutdown().await;
        pumps.other_writers.shutdown().await;
        pumps.readers.shutdown().await;
    }
}

/// Resolves when the handle ended the link.
async fn stopped(stop: &mut watch::Receiver<Stop>) -> End {
    match stop.wait_for(|stop| *stop != Stop::No).await.as_deref() {
        Ok(Stop::Overflow) => CloseReason::QueueOverflow.into(),
        Ok(Stop::Unread) => CloseReason::Unread.into(),
        Ok(Stop::Requested | Stop::No) => CloseReason::Requested.into(),
        Err(_) => End::Abandoned,
    }
}

/// As [`stopped`]; with `only_abandoned`, a mere request to stop does not count.
async fn abandoned_or_stopped(stop: &mut watch::Receiver<Stop>, only_abandoned: bool) -> End {
    if only_abandoned {
        while stop.changed().await.is_ok() {}
        return End::Abandoned;
    }
    stopped(stop).await
}

fn judge(states: States, is_open: bool) -> Result<(), End> {
    if states.candidates_lost {
        return Err(CloseReason::QueueOverflow.into());
    }
    if states.has_foreign_channel {
        return Err(CloseReason::Misused("opens channels of its own").into());
    }
    if states.ice_failed {
        return Err(CloseReason::IceFailed.into());
    }
    match states.peer {
        RTCPeerConnectionState::Failed if is_open => Err(CloseReason::IceFailed.into()),
        RTCPeerConnectionState::Failed => {
            Err(CloseReason::Setup("the secure handshake failed".into()).into())
        }
        RTCPeerConnectionState::Closed => Err(CloseReason::RemoteClosed.into()),
        RTCPeerConnectionState::Unspecified
        | RTCPeerConnectionState::New
        | RTCPeerConnectionState::Connecting
        | RTCPeerConnectionState::Connected
        | RTCPeerConnectionState::Disconnected
        | _ => Ok(()),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "used as a function for map_err"
)]
fn setup(error: webrtc::error::Error) -> End {
    setup_failed(&error)
}

fn setup_failed(error: &webrtc::error::Error) -> End {
    CloseReason::Setup(error.to_string()).into()
}
