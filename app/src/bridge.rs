//! Between the model and the core: the one place that changes the model, and the one way to the
//! rest of the world.
//!
//! Messages of the person and of the world come in over one bounded queue and are taken in batches;
//! the effects go out to the [`Executor`](executor::Executor), which runs on other threads. A core
//! that hangs or fails is a message that does not come, never a window that does not move.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use dioxus::prelude::*;
use parlor_app_model::effect::Effect;
use parlor_app_model::model::Model;
use parlor_app_model::msg::{Intent, Msg, Report};
use tokio::sync::mpsc;

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

/// How long the app goes on behind its window for what is to be kept: more than a room takes to
/// close.
const CLOSING_MAX: Duration = Duration::from_secs(8);

/// How often it then looks for what rooms tell.
const TURN: Duration = Duration::from_millis(10);

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

/// What waits for the model and for the executor.
#[derive(Debug)]
pub(crate) struct Mailbox {
    queue: RefCell<mpsc::Receiver<Msg>>,
    backlog: RefCell<VecDeque<Effect>>,
    effects: mpsc::Sender<Effect>,
}

/// Both ends of the queue to the model, and the one that effects come out of.
pub(crate) fn mailbox() -> (
    Courier,
    mpsc::Sender<Msg>,
    Rc<Mailbox>,
    mpsc::Receiver<Effect>,
) {
    let (messages, queue) = mpsc::channel(MESSAGES_MAX);
    let (effects, effect_queue) = mpsc::channel(EFFECTS_MAX);
    let mailbox = Mailbox {
        queue: RefCell::new(queue),
        backlog: RefCell::default(),
        effects,
    };
    let courier = Courier(messages.clone());
    (courier, messages, Rc::new(mailbox), effect_queue)
}

/// Takes messages to the model until the app ends.
pub(crate) async fn run(mut model: Signal<Model>, mailbox: Rc<Mailbox>) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    loop {
        let has_backlog = !mailbox.backlog.borrow().is_empty();
        let messages = poll_fn(|context| {
            let mut queue = mailbox.queue.borrow_mut();
            queue.poll_recv_many(context, &mut batch, BATCH_MAX)
        });
        tokio::select! {
            count = messages => {
                if count == 0 {
                    return;
                }
                let mut model = model.write();
                for msg in batch.drain(..) {
                    mailbox.put(model.update(msg));
                }
            }
            permit = mailbox.effects.reserve(), if has_backlog => {
                let (Ok(permit), Some(effect)) = (permit, mailbox.backlog.borrow_mut().pop_front())
                else {
                    return;
                };
                permit.send(effect);
            }
        }
    }
}

impl Mailbox {
    fn put(&self, effects: Vec<Effect>) {
        let mut backlog = self.backlog.borrow_mut();
        for effect in effects {
            wait_in_line(&mut backlog, effect);
        }
    }

    /// Takes what waits for the model now; whether anything is to be done about it.
    fn take(&self, mut model: Signal<Model>) -> bool {
        let mut queue = self.queue.borrow_mut();
        let mut is_more = false;
        while let Ok(msg) = queue.try_recv() {
            let effects = model.write().update(msg);
            is_more |= !effects.is_empty();
            self.put(effects);
        }
        is_more
    }

    /// Gives the executor what it has room for.
    fn give(&self) {
        let mut backlog = self.backlog.borrow_mut();
        while !backlog.is_empty()
            && let Ok(permit) = self.effects.try_reserve()
            && let Some(effect) = backlog.pop_front()
        {
            permit.send(effect);
        }
    }
}

/// How the end of the app stands, for those who work on other threads.
#[derive(Debug, Clone)]
pub struct Closing {
    has_begun: Arc<AtomicBool>,
    done: SyncSender<()>,
}

impl Closing {
    /// Whether the window is gone, so that the app takes nothing more.
    #[cfg_attr(
        any(target_os = "android", target_os = "ios"),
        expect(dead_code, reason = "a phone starts an app once")
    )]
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Acquire)
    }

    /// Everything is done that was asked for.
    pub(crate) fn done(&self) {
        let _ = self.done.try_send(());
    }
}

/// The end of the app: what is to be kept is kept before the process ends.
#[derive(Debug)]
pub(crate) struct LastWords {
    mailbox: Rc<Mailbox>,
    closed: Receiver<()>,
    has_begun: Arc<AtomicBool>,
}

impl LastWords {
    /// Nothing was said yet.
    pub(crate) fn new(mailbox: Rc<Mailbox>) -> (Self, Closing) {
        let (done, closed) = std::sync::mpsc::sync_channel(1);
        let has_begun = Arc::new(AtomicBool::new(false));
        let last_words = Self {
            mailbox,
            closed,
            has_begun: has_begun.clone(),
        };
        (last_words, Closing { has_begun, done })
    }

    /// Has everything done that was asked for, and waits for that, in place of [`run`]: Dioxus polls
    /// nothing while the event of the window is handled, and never again once it is gone. `false`
    /// if that was done before.
    pub(crate) fn say(&self, model: Signal<Model>) -> bool {
        let is_first = !self.has_begun.swap(true, Ordering::AcqRel);
        if is_first {
            self.say_once(model);
        }
        is_first
    }

    fn say_once(&self, mut model: Signal<Model>) {
        let began = Instant::now();
        self.mailbox.take(model);
        let last = model.write().update(Msg::Report(Report::Closing));
        self.mailbox.put(last);
        // What rooms tell while they close leads to more.
        let mut is_more = false;
        while began.elapsed() < CLOSING_MAX {
            self.mailbox.give();
            match self.closed.recv_timeout(TURN) {
                Err(RecvTimeoutError::Timeout) => is_more |= self.mailbox.take(model),
                // Without a home there is nothing to keep.
                Err(RecvTimeoutError::Disconnected) => return,
                Ok(()) => {
                    is_more |= self.mailbox.take(model);
                    if !core::mem::take(&mut is_more) {
                        return;
                    }
                    self.mailbox.put(vec![Effect::Close]);
                }
            }
        }
        tracing::error!("the core does not keep up; the app ends before it is done");
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

#[cfg(test)]
pub(crate) mod tests {
    use parlor_app_model::effect::PlatformEffect;

    use super::*;

    /// An app, and the flag that says that it closes.
    pub(crate) fn ending() -> (Arc<AtomicBool>, Closing) {
        let (_, _, mailbox, _) = mailbox();
        let (_, closing) = LastWords::new(mailbox);
        (closing.has_begun.clone(), closing)
    }

    #[test]
    fn what_the_executor_has_no_room_for_waits() {
        let (_, _, mailbox, mut effects) = mailbox();
        let all = EFFECTS_MAX + 3;
        let copy = |at: usize| Effect::Platform(PlatformEffect::Copy(at.to_string()));
        mailbox.put((0..all).map(copy).collect());
        mailbox.give();
        mailbox.give();
        let mut seen = Vec::new();
        while let Ok(Effect::Platform(PlatformEffect::Copy(at))) = effects.try_recv() {
            seen.push(at);
            mailbox.give();
        }
        let expected: Vec<String> = (0..all).map(|at| at.to_string()).collect();
        assert_eq!(seen, expected);
    }
}
