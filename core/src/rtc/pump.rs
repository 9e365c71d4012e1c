//! Moves frames: one reading and one writing task per channel, and the outlet they share.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::sync::{Notify, mpsc, watch};
use webrtc::data_channel::{DataChannel, DataChannelEvent};

use super::{Channel, RtcEvent};

/// How long the channels of a connection that ended may stay silent before they count as read
/// out. The library reports the end ahead of frames it has received but not yet handed over.
const LAST_WORDS: Duration = Duration::from_millis(50);

/// The receiving ends of the queues behind [`super::RtcLink::send`].
#[derive(Debug)]
pub(super) struct FrameQueues {
    pub(super) control: mpsc::Receiver<Bytes>,
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
        loop {
            let event = tokio::select! {
                biased;
                event = self.data.poll() => event,
                _ = phase.wait_for(|phase| *phase == Phase::Draining) => break,
            };
            self.take(event.ok_or(ChannelNotice::Ended)?).await?;
        }
        while let Ok(Some(event)) = tokio::time::timeout(LAST_WORDS, self.data.poll()).await {
            self.take(event).await?;
        }
        Ok(())
    }

    async fn take(&mut self, event: DataChannelEvent) -> Result<(), ChannelNotice> {
        match event {
            DataChannelEvent::OnOpen => self.notify(ChannelNotice::Opened(self.channel)).await,
            DataChannelEvent::OnClose => self.notify(ChannelNotice::Closed).await,
            DataChannelEvent::OnMessage(message) => {
                if *self.phase.borrow() == Phase::Opening {
                    self.notify(ChannelNotice::Greeted).await;
                }
                if message.is_string {
                    // Text is between the links; frames are binary.
                    return Ok(());
                }
                self.deliver(message.data.freeze())
                    .await
                    .map_err(|OutletGone| ChannelNotice::OutletGone)?;
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

    async fn deliver(&mut self, data: Bytes) -> Result<(), OutletGone> {
        // A peer may open before we do; its frames wait here and in the window behind.
        self.reach(Phase::Open).await?;
        let channel = self.channel;
        self.outlet.send(RtcEvent::Frame { channel, data }).await
    }

    /// Sends our frames until the link ends.
    pub(super) async fn write(mut self, mut queue: mpsc::Receiver<Bytes>) {
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
            if let Err(notice) = self.send(frame).await {
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
