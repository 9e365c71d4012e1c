//! A room while a command runs in it: takes its events, reports them, and leaves in good order.

use core::time::Duration;
use std::collections::BTreeMap;
use std::time::Instant;

use parlor_core::room::input::IncomingKey;
use parlor_core::room::notice::Notice;
use parlor_core::room::view::{Direction, TransferStateView};
use parlor_core::room::{Room, RoomEvent, RoomEvents};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::exit::Failure;
use crate::interrupt::Interrupt;
use crate::observe::identity::own_identity;
use crate::observe::{Observer, TransferKey, transfer_key};
use crate::report::{Report, Reporter};

/// Progress is told and patience is looked at this often.
const TICK: Duration = Duration::from_millis(250);

/// What leaving may take: the goodbye has to get out, but nobody should wait for it.
const LEAVE_MAX: Duration = Duration::from_secs(3);

/// What the command has to look at.
#[derive(Debug)]
pub(crate) enum Happening {
    /// Something happened in the room; it is reported already.
    Event(RoomEvent),
    /// A quarter of a second went by.
    Tick,
    /// The person wants out.
    Interrupted,
    /// The room is over.
    Closed,
}

/// What the person does with the transfers under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Steering {
    Pause,
    Resume,
    Cancel,
}

/// A room with all that watches it.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    pub(crate) room: Room,
    pub(crate) reporter: &'a mut Reporter,
    events: RoomEvents,
    observer: Observer,
    /// Bytes of each open transfer that were told last.
    told: BTreeMap<TransferKey, u64>,
    interrupt: &'a mut Interrupt,
    tick: Interval,
    started: Instant,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(
        (room, events): (Room, RoomEvents),
        observer: Observer,
        reporter: &'a mut Reporter,
        interrupt: &'a mut Interrupt,
    ) -> Self {
        let mut tick = interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        reporter.report(&own_identity(room.identity()));
        Self {
            room,
            reporter,
            events,
            observer,
            told: BTreeMap::new(),
            interrupt,
            tick,
            started: Instant::now(),
        }
    }

    /// Time since the command began.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Members besides us, connected or not.
    pub(crate) fn others(&self) -> usize {
        self.room.view().borrow().peers.len()
    }

    /// The next thing to look at. Nothing is lost when this is dropped half-way.
    pub(crate) async fn next(&mut self) -> Happening {
        let happening = tokio::select! {
            event = self.events.next() => event.map_or(Happening::Closed, Happening::Event),
            _ = self.tick.tick() => Happening::Tick,
            () = self.interrupt.wait() => Happening::Interrupted,
        };
        match &happening {
            Happening::Event(event) => self.report(event),
            Happening::Tick => self.report_progress(false),
            Happening::Interrupted => self.reporter.interrupted(),
            Happening::Closed => {}
        }
        happening
    }

    /// Answers an offer.
    pub(crate) async fn answer(&self, key: IncomingKey, files: Vec<u32>) -> Result<(), Failure> {
        let answered = self.room.answer(key, files, None).await;
        answered.map_err(|_| Failure::room_closed())
    }

    /// Leaves, and reports what still happens until the goodbye is out.
    pub(crate) async fn leave(&mut self) {
        if self.room.leave().await.is_ok() {
            self.hear_out().await;
        }
    }

    /// The same, but what is under way can go on another time.
    pub(crate) async fn close(&mut self) {
        if self.room.close().await.is_ok() {
            self.hear_out().await;
        }
    }

    /// Holds every transfer, lets it go on, or stops it for good; gives how many there are.
    pub(crate) async fn steer(&self, how: Steering) -> Result<usize, Failure> {
        let mut count = 0;
        let transfers = self.room.view().borrow().transfers.clone();
        for transfer in transfers {
            if transfer.state == TransferStateView::Ended {
                continue;
            }
            let number = transfer.transfer;
            let key = IncomingKey {
                from: transfer.with,
                transfer: number,
            };
            let room = &self.room;
            let done = match (transfer.direction, how) {
                (Direction::Incoming, Steering::Pause) => room.pause_incoming(key, true).await,
                (Direction::Incoming, Steering::Resume) => room.pause_incoming(key, false).await,
                (Direction::Incoming, Steering::Cancel) => room.cancel_incoming(key).await,
                (Direction::Outgoing, Steering::Pause) => room.pause_outgoing(number, true).await,
                (Direction::Outgoing, Steering::Resume) => room.pause_outgoing(number, false).await,
                (Direction::Outgoing, Steering::Cancel) => room.cancel_outgoing(number).await,
            };
            done.map_err(|_| Failure::room_closed())?;
            count += 1;
        }
        Ok(count)
    }

    async fn hear_out(&mut self) {
        let until = tokio::time::Instant::now() + LEAVE_MAX;
        loop {
            tokio::select! {
                event = self.events.next() => match event {
                    Some(event) => self.report(&event),
                    None => return,
                },
                () = self.interrupt.wait() => return,
                () = tokio::time::sleep_until(until) => {
                    tracing::warn!("left without waiting any longer for the goodbye");
                    return;
                }
            }
        }
    }

    fn report(&mut self, event: &RoomEvent) {
        if let RoomEvent::Session(Notice::Sent { .. } | Notice::Received { .. }) = event {
            self.report_progress(true);
        }
        for report in self.observer.reports(event) {
            self.reporter.report(&report);
        }
    }

    /// How far transfers are that moved; with `and_ended` also those that came to their end.
    fn report_progress(&mut self, and_ended: bool) {
        let view = self.room.view();
        let view = view.borrow();
        let active = view
            .transfers
            .iter()
            .filter(|transfer| transfer.state != TransferStateView::Offered);
        for transfer in active {
            let is_open = transfer.state == TransferStateView::Active;
            let was_told = self.told.contains_key(&transfer_key(transfer));
            let is_worth_telling = is_open || (and_ended && was_told);
            if !is_worth_telling {
                continue;
            }
            let key = transfer_key(transfer);
            if self.told.insert(key, transfer.done_bytes) == Some(transfer.done_bytes) {
                continue;
            }
            self.reporter.report(&Report::Progress {
                of: self.observer.transfer_ref(key),
                done_bytes: transfer.done_bytes,
                total_bytes: transfer.total_bytes,
                sent_bytes: transfer.sent_bytes,
                bytes_per_second: transfer.bytes_per_second,
                seconds_left: transfer.time_left.map(|left| left.as_secs()),
            });
        }
        if and_ended {
            let is_open = |key: &TransferKey| {
                let mut open = view.transfers.iter();
                open.any(|t| transfer_key(t) == *key && t.state == TransferStateView::Active)
            };
            self.told.retain(|key, _| is_open(key));
        }
    }
}
