//! Notifications, told one after the other beside everything else: the service for them is another
//! program, which may be slow or never answer.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::executor::blocking;
use crate::platform::Platform;

/// Notifications that wait. Of more than that at once nobody reads the first.
const WAITING_MAX: usize = 16;

/// A notification.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) title: String,
    pub(super) body: String,
}

/// Starts to tell notes, until nobody has any.
pub(super) fn tell(platform: Arc<dyn Platform>) -> mpsc::Sender<Note> {
    let (notes, mut queue) = mpsc::channel::<Note>(WAITING_MAX);
    tokio::spawn(async move {
        while let Some(Note { title, body }) = queue.recv().await {
            let platform = platform.clone();
            // Without a service nobody is told; the list still counts.
            if let Err(error) = blocking(move || platform.notify(&title, &body)).await {
                tracing::debug!(%error, "a notification is not shown");
            }
        }
    });
    notes
}
