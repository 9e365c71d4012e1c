//! A room while a command runs in it: takes its events, reports them, and leaves in good order.

use core::time::Duration;
use std::time::Instant;

use parlor_core::room::input::IncomingKey;
use parlor_core::room::view::TransferStateView;
use parlor_core::room::{Room, RoomEvent, RoomEvents};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::exit::Failure;
use crate::interrupt::Interrupt;
use crate::meter::Meter;
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

/// A room with all that watches it.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    pub(crate) room: Room,
    pub(crate) reporter: &'a mut Reporter,
    events: RoomEvents,
    observer: Observer,
    meter: Meter<TransferKey>,
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
            meter: Meter::default(),
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
            Happening::Tick => self.report_progress(),
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
        if self.room.leave().await.is_err() {
            return;
        }
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
        for report in self.observer.reports(event) {
            self.reporter.report(&report);
        }
    }

    fn report_progress(&mut self) {
        let now = self.now();
        let view = self.room.view();
        let view = view.borrow();
        let active = view
            .transfers
            .iter()
            .filter(|transfer| transfer.state == TransferStateView::Active);
        let open: Vec<TransferKey> = active.clone().map(transfer_key).collect();
        self.meter.keep(|key| open.contains(key));
        for transfer in active {
            let (done_bytes, total_bytes) = (transfer.done_bytes, transfer.total_bytes);
            let key = transfer_key(transfer);
            if let Some(pace) = self.meter.sample(key, done_bytes, total_bytes, now) {
                self.reporter.report(&Report::Progress {
                    of: self.observer.transfer_ref(key),
                    done_bytes,
                    total_bytes,
                    bytes_per_second: pace.bytes_per_second,
                    seconds_left: pace.seconds_left,
                });
            }
        }
    }
}
