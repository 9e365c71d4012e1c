//! The running tasks of a connection's channels, and how they come to their end.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use webrtc::data_channel::DataChannel;

use super::pump::{ChannelNotice, Phase};

/// How long queued control frames may take to reach the peer on close: they may wait behind a
/// buffer of file data, and a goodbye is worth that much.
const CLOSE_FLUSH: Duration = Duration::from_secs(1);

/// The running tasks of the channels.
pub(super) struct Pumps {
    pub(super) readers: JoinSet<()>,
    pub(super) control_writer: JoinSet<()>,
    pub(super) other_writers: JoinSet<()>,
    pub(super) phase: watch::Sender<Phase>,
    pub(super) notices: mpsc::Receiver<ChannelNotice>,
    pub(super) control: Arc<dyn DataChannel>,
    pub(super) control_drained: Arc<Notify>,
}

impl Pumps {
    pub(super) async fn flush_control(&mut self) {
        self.phase.send_replace(Phase::Flushing);
        let control = Arc::clone(&self.control);
        let drained = Arc::clone(&self.control_drained);
        let flushed = async {
            join_all(&mut self.control_writer).await;
            // Taken by the channel is not yet with the peer: ending the connection now would
            // drop what waits behind file data.
            while control
                .outstanding_bytes()
                .await
                .is_ok_and(|bytes| bytes > 0)
            {
                drained.notified().await;
            }
        };
        // What has not left by then is not waited for.
        tokio::time::timeout(CLOSE_FLUSH, flushed).await.ok();
    }
}

pub(super) async fn join_all(tasks: &mut JoinSet<()>) {
    while tasks.join_next().await.is_some() {}
}
