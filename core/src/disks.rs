//! The threads that touch the disk: one for files that arrive, one for files that are read, one for
//! messages, one for what is kept of devices and transfers. Each has a bounded queue, and all answer into one.

use std::thread::JoinHandle;

use parlor_engine::input::DiskInput;
use parlor_engine::output::DiskRequest;
use parlor_engine::record::MessageRecord;
use parlor_proto::id::{DeviceId, RoomId};
use tokio::sync::mpsc;

use crate::arrivals::ArrivalChange;
use crate::history::{History, writer};
use crate::inbox::{self, Inbox};
use crate::offers::OfferChange;
use crate::options::RoomOptions;
use crate::outlet::Outlet;
use crate::room::StartError;
use crate::share::{self, ReadRequest};
use crate::store::changes::{self, StoreChange};
use crate::store::{KeyState, Store};

/// Answers that may wait for the loop.
const ANSWERS_MAX: usize = 256;

/// The disk threads, as the event loop sees them.
#[derive(Debug)]
pub(crate) struct Disks {
    inbox: Outlet<DiskRequest>,
    reader: Outlet<ReadRequest>,
    history: Outlet<writer::Entry>,
    changes: Outlet<StoreChange>,
    answers: mpsc::Receiver<DiskInput>,
    threads: Vec<JoinHandle<()>>,
    /// Whether transfers are remembered for the next session of this device. One with a key of the
    /// moment has none.
    remembers: bool,
}

impl Disks {
    /// Opens folder and history and starts the threads. Gives what earlier sessions of the device
    /// left of the room's messages.
    pub(crate) fn start(
        options: &RoomOptions,
        device: DeviceId,
        (store, key): (Store, KeyState),
    ) -> Result<(Self, MessageRecord), StartError> {
        let folder = options.folder.clone();
        let inbox = Inbox::open(folder.as_deref()).map_err(|error| StartError::Folder {
            path: folder.unwrap_or_default(),
            reason: share::describe(&error),
        })?;
        let room = options.invite.secret.room_id();
        let (history, record) =
            open_history(options, room, device, (&store, key)).map_err(|error| {
                StartError::History {
                    path: options.identity.path(),
                    reason: error.to_string(),
                }
            })?;
        let (inbox_in, inbox_queue) = mpsc::channel(inbox::QUEUE_MAX);
        let (reader_in, reader_queue) = mpsc::channel(share::QUEUE_MAX);
        let (history_in, history_queue) = mpsc::channel(writer::QUEUE_MAX);
        let (out, answers) = mpsc::channel(ANSWERS_MAX);
        let (changes_in, changes_queue) = mpsc::channel(changes::QUEUE_MAX);
        let (inbox_out, reader_out, changes_out) = (out.clone(), out.clone(), out.clone());
        let threads = vec![
            thread("parlor-inbox", move || {
                inbox::run(inbox, inbox_queue, &inbox_out)
            })?,
            thread("parlor-reader", move || {
                share::run(reader_queue, &reader_out)
            })?,
            thread("parlor-store", move || {
                changes::run(&store, room, changes_queue, &changes_out)
            })?,
            thread("parlor-history", move || {
                writer::run(&history, room, history_queue, &out)
            })?,
        ];
        let disks = Self {
            inbox: Outlet::new(inbox_in),
            reader: Outlet::new(reader_in),
            history: Outlet::new(history_in),
            changes: Outlet::new(changes_in),
            answers,
            threads,
            remembers: key != KeyState::InUse,
        };
        Ok((disks, record))
    }

    /// Hands a request to the thread it is for.
    pub(crate) fn ask(&mut self, request: DiskRequest) {
        match request {
            DiskRequest::ReadChunk {
                peer,
                attempt,
                transfer,
                file,
                offset,
                len,
            } => self.read(ReadRequest::Chunk {
                peer,
                attempt,
                transfer,
                file,
                offset,
                len,
            }),
            DiskRequest::CloseSource { transfer } => {
                self.change_offer(OfferChange::Forget(transfer));
                self.read(ReadRequest::Close { transfer });
            }
            DiskRequest::StoreMessage { author, message } => {
                self.history
                    .push(writer::Entry::Message { author, message });
            }
            DiskRequest::KeepReceipt {
                reader,
                stream,
                through,
            } => self.history.push(writer::Entry::Receipt {
                reader,
                stream,
                through,
            }),
            DiskRequest::KeepMember { member, is_hearsay } => self
                .history
                .push(writer::Entry::Member { member, is_hearsay }),
            DiskRequest::ReadMessages { reader, after, max } => {
                self.history
                    .push(writer::Entry::Read { reader, after, max });
            }
            DiskRequest::RememberDevice { device } => {
                self.changes.push(StoreChange::Remember(device));
            }
            DiskRequest::ForgetDevice { device } => {
                self.changes.push(StoreChange::Forget(device));
            }
            DiskRequest::KeepIncoming { record } => self.change(ArrivalChange::Keep(record)),
            DiskRequest::MarkIncoming { key, marks } => {
                self.change(ArrivalChange::Mark(key, marks));
            }
            DiskRequest::ForgetIncoming { key } => self.change(ArrivalChange::Forget(key)),
            DiskRequest::MarkOutgoing {
                transfer,
                is_paused,
            } => self.change_offer(OfferChange::Pause(transfer, is_paused)),
            DiskRequest::Create { .. }
            | DiskRequest::Write { .. }
            | DiskRequest::Finish { .. }
            | DiskRequest::Discard { .. } => self.inbox.push(request),
        }
    }

    /// Removes all that is kept of the room, after what still waits to be kept.
    pub(crate) fn forget_room(&mut self) {
        self.history.push(writer::Entry::Forget);
    }

    /// Keeps what an event tells of the room, for the timeline of a later session.
    pub(crate) fn keep_for_timeline(&mut self, entry: writer::Entry) {
        self.history.push(entry);
    }

    fn change(&mut self, change: ArrivalChange) {
        if self.remembers {
            self.changes.push(StoreChange::Arrival(change));
        }
    }

    pub(crate) fn change_offer(&mut self, change: OfferChange) {
        if self.remembers {
            self.changes.push(StoreChange::Offer(change));
        }
    }

    pub(crate) fn read(&mut self, request: ReadRequest) {
        self.reader.push(request);
    }

    /// The next answer. Moves waiting requests on meanwhile; loses nothing when dropped half-way.
    pub(crate) async fn answer(&mut self) -> DiskInput {
        loop {
            tokio::select! {
                Some(answer) = self.answers.recv() => return answer,
                () = self.inbox.move_on() => {}
                () = self.reader.move_on() => {}
                () = self.history.move_on() => {}
                () = self.changes.move_on() => {}
            }
        }
    }

    /// Keeps what is still to be kept, and waits for the threads.
    pub(crate) async fn finish(mut self) {
        while self.history.waiting() + self.changes.waiting() > 0 {
            tokio::select! {
                () = self.history.move_on() => {}
                () = self.changes.move_on() => {}
                // Nobody wants the answers any more, but the thread wants to be rid of them.
                Some(_) = self.answers.recv() => {}
            }
        }
        let Self {
            inbox,
            reader,
            history,
            changes,
            answers,
            threads,
            remembers: _,
        } = self;
        // With its queue closed each thread comes to its end.
        drop((inbox, reader, history, changes, answers));
        let joined = tokio::task::spawn_blocking(|| {
            for thread in threads {
                if thread.join().is_err() {
                    tracing::error!("a disk thread panicked");
                }
            }
        });
        if joined.await.is_err() {
            tracing::error!("the disk threads could not be waited for");
        }
    }
}

/// The history of the room, and what a session goes on from there.
fn open_history(
    options: &RoomOptions,
    room: RoomId,
    device: DeviceId,
    (store, key): (&Store, KeyState),
) -> rusqlite::Result<(History, MessageRecord)> {
    let history = History::of(if options.keeps_history {
        store.another()?
    } else {
        Store::in_memory()?
    });
    let record = match key {
        KeyState::Kept => history.record(room, device)?,
        // Another device than the one that left them.
        KeyState::ForThisSession | KeyState::InUse => MessageRecord::default(),
    };
    Ok((history, record))
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StartError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(|error| StartError::System(error.to_string()))
}
