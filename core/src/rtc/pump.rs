//! Moves frames: one reading and one writing task per channel, and the outlet they share.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::FutureExt;
use tokio::sync::{Notify, mpsc, watch};
use webrtc::data_channel::{DataChannel, DataChannelEvent};

use super::intake::{FLOODS, Intake, Pace};
use super::{Channel, RtcEvent};

/// Frames of one channel that may wait for the consumer. The most that an honest peer has under way
/// are the wants and receipts of 512 files at once; beyond four times as much it is a flood, and to
/// leave it to the transport would cost far more memory than the frames have bytes.
const ARRIVED_MAX_FRAMES: usize = 4096;

/// Bytes of them, beyond which the channel is not read and its window closes.
const ARRIVED_MAX_BYTES: usize = 2 * 1024 * 1024;

/// Text messages on one channel: the greeting.
const TEXTS_MAX: u32 = 1;

/// How long the channels of a connection that ended may stay silent before they count as read
/// out. The library reports the end ahead of frames it has received but not yet handed over.
const LAST_WORDS: Duration = Duration::from_millis(50);

/// The receiving ends of the queues behind [`super::RtcLink::send`].
#[derive(Debug)]
pub(super) struct FrameQueues {
    pub(super) control: mpsc::Receiver<Bytes>,
    pub(super) control_bytes: Arc<AtomicUsize>,
    pub(super) bulk: mpsc::Receiver<Bytes>,
    pub(super) live: mpsc::Receiver<Bytes>,
}

/// Where events go, each tagged with the link's key.
#[derive(Debug)]
pub(super) struct Outlet<K> {
    pub(super) key: K,
    pub(super) events: mpsc::Sender<(K, RtcEvent)>,
}

impl<K: Clone> Clone for Outlet<K> {
    fn clone(&self) -> Self {
        Self {
            key: self.key.clone(),
            events: self.events.clone(),
        }
    }
}

/// Nobody reads the events any more.
#[derive(Debug)]
pub(super) struct OutletGone;

impl<K: Clone> Outlet<K> {
    /// Waits for room: this wait is what slows the peer down.
    pub(super) async fn send(&self, event: RtcEvent) -> Result<(), OutletGone> {
        self.events
            .send((self.key.clone(), event))
            .await
            .map_err(|_| OutletGone)
    }

    /// For events that may be skipped.
    pub(super) fn try_send(&self, event: RtcEvent) {
        // A full queue or none at all: skipped either way.
        self.events.try_send((self.key.clone(), event)).ok();
    }
}

/// What the tasks of a channel tell the supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChannelNotice {
    Opened(Channel),
    /// The peer has spoken, so its channels are open.
    Greeted,
    /// The peer closed the channel; frames it sent before may still follow.
    Closed,
    /// The connection ended without the peer's doing.
    Ended,
    /// The channel refused a frame of ours.
    Refused,
    /// The peer broke the rules of the link.
    Misused(&'static str),
    OutletGone,
}

/// Phases of a link as the channel tasks see them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// `Open` is not out yet: hold frames both ways.
    Opening,
    /// Frames flow.
    Open,
    /// We end it: send what is queued, then stop.
    Flushing,
    /// It has ended: deliver what is left, then stop.
    Draining,
}

/// One channel with what its two tasks need.
pub(super) struct Pump<K> {
    pub(super) channel: Channel,
    pub(super) data: Arc<dyn DataChannel>,
    pub(super) phase: watch::Receiver<Phase>,
    pub(super) outlet: Outlet<K>,
    pub(super) notices: mpsc::Sender<ChannelNotice>,
    pub(super) intake: Intake,
    /// Of the peer's messages on this channel.
    pub(super) pace: Pace,
    /// Text messages of the peer on this channel.
    pub(super) texts: u32,
    /// Frames of the peer that the consumer has not taken, and their bytes.
    pub(super) arrived: VecDeque<Bytes>,
    pub(super) arrived_bytes: usize,
    /// Told whenever nothing of this channel is under way any more.
    pub(super) drained: Arc<Notify>,
}

impl<K: Clone> Clone for Pump<K> {
    fn clone(&self) -> Self {
        Self {
            channel: self.channel,
            data: Arc::clone(&self.data),
            phase: self.phase.clone(),
            outlet: self.outlet.clone(),
            notices: self.notices.clone(),
            intake: self.intake.clone(),
            pace: self.pace.clone(),
            texts: 0,
            arrived: VecDeque::new(),
            arrived_bytes: 0,
            drained: Arc::clone(&self.drained),
        }
    }
}

impl<K: Clone> Pump<K> {
    /// Delivers the peer's frames until the channel ends.
    pub(super) async fn read(mut self) {
        if let Err(last) = self.read_until_end().await {
            self.notify(last).await;
        }
    }

    async fn read_until_end(&mut self) -> Result<(), ChannelNotice> {
        let mut phase = self.phase.clone();
        let mut hand_over = self.phase.clone();
        loop {
            let has_room = self.arrived_bytes < ARRIVED_MAX_BYTES;
            if self.pace.is_hasty() && has_room {
                match self.data.poll().now_or_never() {
                    Some(event) => {
                        self.take(event.ok_or(ChannelNotice::Ended)?).await?;
                        self.hand_over_what_fits();
                        continue;
                    }
                    // Nothing is left behind.
                    None => self.intake.relax(),
                }
            }
            let has_more = !self.arrived.is_empty();
            tokio::select! {
                biased;
                permit = reserve(&mut hand_over, &self.outlet), if has_more => {
                    self.hand_over(permit.map_err(|OutletGone| ChannelNotice::OutletGone)?);
                }
                event = self.data.poll(), if has_room => {
                    self.take(event.ok_or(ChannelNotice::Ended)?).await?;
                }
                () = draining(&mut phase) => break,
            }
        }
        self.hand_all_over().await?;
        while let Ok(Some(event)) = tokio::time::timeout(LAST_WORDS, self.data.poll()).await {
            self.take(event).await?;
            self.hand_all_over().await?;
        }
        Ok(())
    }

    async fn hand_all_over(&mut self) -> Result<(), ChannelNotice> {
        while let Some(data) = self.next_arrived() {
            let channel = self.channel;
            let sent = self.outlet.send(RtcEvent::Frame { channel, data }).await;
            sent.map_err(|OutletGone| ChannelNotice::OutletGone)?;
        }
        Ok(())
    }

    fn hand_over(&mut self, permit: mpsc::OwnedPermit<(K, RtcEvent)>) {
        let channel = self.channel;
        if let Some(data) = self.next_arrived() {
            permit.send((self.outlet.key.clone(), RtcEvent::Frame { channel, data }));
        }
    }

    fn hand_over_what_fits(&mut self) {
        if *self.phase.borrow() != Phase::Open {
            return;
        }
        while !self.arrived.is_empty()
            && let Ok(permit) = self.outlet.events.clone().try_reserve_owned()
        {
            self.hand_over(permit);
        }
    }

    fn next_arrived(&mut self) -> Option<Bytes> {
        let data = self.arrived.pop_front()?;
        self.arrived_bytes -= data.len();
        Some(data)
    }

    async fn take(&mut self, event: DataChannelEvent) -> Result<(), ChannelNotice> {
        match event {
            DataChannelEvent::OnOpen => self.notify(ChannelNotice::Opened(self.channel)).await,
            DataChannelEvent::OnClose => self.notify(ChannelNotice::Closed).await,
            DataChannelEvent::OnMessage(message) => {
                self.intake.taken(message.data.len());
                self.pace.take().map_err(ChannelNotice::Misused)?;
                if self.pace.is_hasty() {
                    self.intake.tighten();
                } else {
                    self.intake.relax();
                }
                if *self.phase.borrow() == Phase::Opening {
                    self.notify(ChannelNotice::Greeted).await;
                }
                if message.is_string {
                    // Text is between the links; frames are binary.
                    self.texts += 1;
                    if self.texts > TEXTS_MAX {
                        return Err(ChannelNotice::Misused(
                            "sends text where only frames belong",
                        ));
                    }
                    return Ok(());
                }
                self.arrived_bytes += message.data.len();
                self.arrived.push_back(message.data.freeze());
                if self.arrived.len() > ARRIVED_MAX_FRAMES {
                    return Err(ChannelNotice::Misused(FLOODS));
                }
            }
            // The threshold is zero: the peer has all of it.
            DataChannelEvent::OnBufferedAmountLow => self.drained.notify_one(),
            // A threshold we do not set, and steps before `OnClose`.
            DataChannelEvent::OnError
            | DataChannelEvent::OnClosing
            | DataChannelEvent::OnBufferedAmountHigh
            | _ => {}
        }
        Ok(())
    }

    /// Sends our frames until the link ends. `waiting` counts the bytes that are queued.
    pub(super) async fn write(
        mut self,
        mut queue: mpsc::Receiver<Bytes>,
        waiting: Arc<AtomicUsize>,
    ) {
        if self.reach(Phase::Open).await.is_err() {
            return;
        }
        let mut phase = self.phase.clone();
        loop {
            let frame = tokio::select! {
                // Queued frames first: flushing means that none is left.
                biased;
                frame = queue.recv() => frame,
                _ = phase.wait_for(|phase| *phase >= Phase::Flushing) => None,
            };
            let Some(frame) = frame else { return };
            let len = frame.len();
            let sent = self.send(frame).await;
            waiting.fetch_sub(len, Ordering::Relaxed);
            if let Err(notice) = sent {
                return self.notify(notice).await;
            }
        }
    }

    async fn send(&self, frame: Bytes) -> Result<(), ChannelNotice> {
        let bytes = frame.len();
        if let Err(error) = self.data.send(BytesMut::from(frame)).await {
            if matches!(error, webrtc::error::Error::ErrDataChannelClosed) {
                // The reader says why.
                return Err(ChannelNotice::Ended);
            }
            tracing::warn!(%error, channel = ?self.channel, bytes, "frame refused");
            return Err(ChannelNotice::Refused);
        }
        if self.channel == Channel::Bulk {
            self.outlet
                .send(RtcEvent::BulkSent { bytes })
                .await
                .map_err(|OutletGone| ChannelNotice::OutletGone)?;
        }
        Ok(())
    }

    async fn reach(&mut self, wanted: Phase) -> Result<(), OutletGone> {
        self.phase
            .wait_for(|phase| *phase >= wanted)
            .await
            .map(drop)
            .map_err(|_| OutletGone)
    }

    async fn notify(&self, notice: ChannelNotice) {
        // No supervisor means that the link is over.
        self.notices.send(notice).await.ok();
    }
}

/// Room for one more event, once the link is open: a peer may open before we do.
async fn reserve<K>(
    phase: &mut watch::Receiver<Phase>,
    outlet: &Outlet<K>,
) -> Result<mpsc::OwnedPermit<(K, RtcEvent)>, OutletGone> {
    let opened = phase.wait_for(|phase| *phase >= Phase::Open).await;
    opened.map_err(|_| OutletGone)?;
    let events = outlet.events.clone();
    events.reserve_owned().await.map_err(|_| OutletGone)
}

async fn draining(phase: &mut watch::Receiver<Phase>) {
    // No supervisor means that the link is over.
    phase
        .wait_for(|phase| *phase == Phase::Draining)
        .await
        .map(drop)
        .ok();
}
