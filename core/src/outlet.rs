//! A bounded queue that the event loop can always put something into without waiting.
//!
//! What does not fit waits in the loop's own memory and leaves as room appears. The engine bounds
//! how much can be under way (credit, pipe, files at once), so that memory is bounded as well.

use std::collections::VecDeque;

use tokio::sync::mpsc;

/// The sending end of a bounded channel, with what did not fit yet.
#[derive(Debug)]
pub(crate) struct Outlet<T> {
    queue: mpsc::Sender<T>,
    waiting: VecDeque<T>,
}

impl<T> Outlet<T> {
    pub(crate) const fn new(queue: mpsc::Sender<T>) -> Self {
        Self {
            queue,
            waiting: VecDeque::new(),
        }
    }

    /// Puts one more at the end. Dropped when the other end is gone.
    pub(crate) fn push(&mut self, item: T) {
        if !self.waiting.is_empty() {
            self.waiting.push_back(item);
        } else if let Err(mpsc::error::TrySendError::Full(item)) = self.queue.try_send(item) {
            self.waiting.push_back(item);
        }
    }

    /// How many wait here.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Moves one on as soon as there is room; never ready while nothing waits. Loses nothing when
    /// it is dropped half-way.
    pub(crate) async fn move_on(&mut self) {
        if self.waiting.is_empty() {
            return std::future::pending().await;
        }
        match self.queue.reserve().await {
            Ok(permit) => {
                if let Some(item) = self.waiting.pop_front() {
                    permit.send(item);
                }
            }
            Err(_) => self.waiting.clear(),
        }
    }
}
