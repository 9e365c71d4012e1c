//! Between the model and the core: the one place that changes the model, and the one way to the
//! rest of the world.
//!
//! Messages of the person and of the world come in over one bounded queue and are taken in batches;
//! the effects go out to the [`Executor`](executor::Executor), which runs on other threads. A core
//! that hangs or fails is a message that does not come, never a window that does not move.

use std::collections::VecDeque;
use std::sync::mpsc::{RecvTimeoutError, SyncSender};
use std::time::Duration;

use dioxus::prelude::*;
use parlor_app_model::effect::Effect;
use parlor_app_model::model::Model;
use parlor_app_model::msg::{Intent, Msg, Report};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;

pub mod executor;
pub mod pictures;

mod hosting;
mod notes;
mod pump;
mod rooms;
mod translate;

/// Messages that may wait for the model: a second of the busiest room.
const MESSAGES_MAX: usize = 1024;

/// Messages that are taken together, so that a burst is one new picture.
const BATCH_MAX: usize = 256;

/// Effects that may wait for the executor.
const EFFECTS_MAX: usize = 256;

/// Effects that wait behind those: beyond it the executor has hung for minutes.
const BACKLOG_MAX: usize = 4096;

/// How long the window stays for what is to be kept before it closes.
const CLOSING_MAX: Duration = Duration::from_secs(3);

/// Takes messages to the model, from components and from the world.
#[derive(Debug, Clone)]
pub struct Courier(mpsc::Sender<Msg>);

impl Courier {
    /// Says what the person wants.
    pub fn send(&self, intent: Intent) {
        if self.0.try_send(Msg::Intent(intent)).is_err() {
            tracing::error!("the model does not keep up; what the person did is lost");
        }
    }
}

/// The courier, for components.
#[must_use]
pub fn use_courier() -> Courier {
    use_context()
}

/// Both ends of the queue to the model.
pub(crate) fn queue() -> (Courier, mpsc::Sender<Msg>, mpsc::Receiver<Msg>) {
    let (messages, queue) = mpsc::channel(MESSAGES_MAX);
    (Courier(messages.clone()), messages, queue)
}

/// The queue to the executor.
pub(crate) fn effects() -> (mpsc::Sender<Effect>, mpsc::Receiver<Effect>) {
    mpsc::channel(EFFECTS_MAX)
}

/// Takes messages to the model until the app ends.
pub(crate) async fn run(
    mut model: Signal<Model>,
    mut queue: mpsc::Receiver<Msg>,
    effects: mpsc::Sender<Effect>,
) {
    let mut backlog: VecDeque<Effect> = VecDeque::new();
    let mut batch = Vec::with_capacity(BATCH_MAX);
    loop {
        tokio::select! {
            count = queue.recv_many(&mut batch, BATCH_MAX) => {
                if count == 0 {
                    return;
                }
                let mut model = model.write();
                for msg in batch.drain(..) {
                    for effect in model.update(msg) {
                        wait_in_line(&mut backlog, effect);
                    }
                }
            }
            permit = effects.reserve(), if !backlog.is_empty() => {
                let (Ok(permit), Some(effect)) = (permit, backlog.pop_front()) else {
                    return;
                };
                permit.send(effect);
            }
        }
    }
}

/// What is to be kept when the window closes.
#[derive(Debug)]
pub(crate) struct LastWords {
    effects: mpsc::Sender<Effect>,
    closed: std::sync::mpsc::Receiver<()>,
}

impl LastWords {
    /// Gives what the executor is to say that it is done by.
    pub(crate) fn new(effects: mpsc::Sender<Effect>) -> (Self, SyncSender<()>) {
        let (done, closed) = std::sync::mpsc::sync_channel(1);
        (Self { effects, closed }, done)
    }

    /// Hands it to the executor and waits until it is done. Not as a message in the queue: when the
    /// window is gone, Dioxus takes none any more.
    pub(crate) fn say(&self, mut model: Signal<Model>) {
        for effect in model.write().update(Msg::Report(Report::Closing)) {
            match self.effects.try_send(effect) {
                Ok(()) => {}
                // Without a home there is nothing to keep.
                Err(TrySendError::Closed(_)) => return,
                Err(TrySendError::Full(_)) => {
                    tracing::error!("the core does not keep up; what was typed last is lost");
                    return;
                }
            }
        }
        if self.closed.recv_timeout(CLOSING_MAX) == Err(RecvTimeoutError::Timeout) {
            tracing::error!("the core does not keep up; the app ends before it is done");
        }
    }
}

/// The queue must never make the model wait: the executor reports to it.
fn wait_in_line(backlog: &mut VecDeque<Effect>, effect: Effect) {
    if let Effect::MarkRead(room) = &effect {
        let is_it = |waiting: &Effect| matches!(waiting, Effect::MarkRead(other) if other == room);
        if backlog.iter().any(is_it) {
            return;
        }
    }
    if backlog.len() < BACKLOG_MAX {
        backlog.push_back(effect);
    } else {
        tracing::error!("the core does not keep up; an effect is dropped");
    }
}
