//! Files that arrive: checked chunk by chunk, durable before they get their name.
//!
//! All work goes through a handle of the one folder the person chose (`cap-std`), so no name, link
//! or race leads out of it. A file grows as a partial in `.parlor-partial` on the same volume, is
//! synced, and only then gets its final name, never over another file. What there is of a file
//! that was not finished stays, under the name of its content, and is what a later transfer of the
//! same content goes on from, whoever sends it.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use parlor_engine::input::{DiskInput, IncomingKey};
use parlor_engine::output::DiskRequest;
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::frame::OfferedFile;
use parlor_proto::tree::prove_chunk;
use tokio::sync::mpsc;

use crate::share::describe;

mod disk;
mod journal;
mod naming;
mod partial;
mod volume;
mod whole;

use disk::Disk;
use partial::{Partial, Surroundings};
use volume::Volume;

/// Requests waiting for the writing thread: a window of chunks for several peers.
pub(crate) const QUEUE_MAX: usize = 256;

/// Space left alone on the volume, so that a full disk does not take the whole device down.
const RESERVED_BYTES: u64 = 256 * 1024 * 1024;

/// Requests taken while whole files wait to be finished together: they are not to wait long.
const BURST_MAX: usize = 64;

/// Files without space whose partials are remembered, to be removed if they are cancelled. One that
/// is not goes with its age.
const CLOSED_MAX: usize = 1024;

/// A file of a transfer.
type FileId = (IncomingKey, u32);

/// The folder for received files.
#[derive(Debug)]
pub(crate) struct Inbox<V: Volume = Disk> {
    /// None where the person chose no folder.
    volume: Option<V>,
    partials: BTreeMap<FileId, Partial<V::File>>,
    /// Names of partials that were closed for want of space.
    closed: BTreeMap<FileId, String>,
    /// Where the answers go, to see whether anybody still waits for them.
    answers: Option<mpsc::Sender<DiskInput>>,
}

impl Inbox {
    /// Opens the folder, making it if it is not there, and checks that it can be written.
    pub(crate) fn open(path: Option<&Path>) -> io::Result<Self> {
        Ok(Self::on(path.map(Disk::open).transpose()?))
    }
}

impl<V: Volume> Inbox<V> {
    const fn on(volume: Option<V>) -> Self {
        Self {
            volume,
            partials: BTreeMap::new(),
            closed: BTreeMap::new(),
            answers: None,
        }
    }

    /// Carries out one request; `None` for those that are not answered.
    fn handle(&mut self, request: DiskRequest) -> Option<DiskInput> {
        match request {
            DiskRequest::Create {
                key,
                file,
                offered,
                may_be_whole,
            } => Some(self.create((key, file), offered, may_be_whole)),
            DiskRequest::Write { key, chunk } => Some(self.write(key, &chunk)),
            DiskRequest::Finish { key, file } => self.finish(&[(key, file)]).pop(),
            DiskRequest::Discard { key, file } => {
                self.discard((key, file));
                None
            }
            DiskRequest::ReadChunk { .. }
            | DiskRequest::CloseSource { .. }
            | DiskRequest::KeepIncoming { .. }
            | DiskRequest::MarkIncoming { .. }
            | DiskRequest::ForgetIncoming { .. }
            | DiskRequest::MarkOutgoing { .. }
            | DiskRequest::StoreMessage { .. }
            | DiskRequest::KeepReceipt { .. }
            | DiskRequest::KeepMember { .. }
            | DiskRequest::ReadMessages { .. }
            | DiskRequest::RememberDevice { .. }
            | DiskRequest::ForgetDevice { .. } => None,
        }
    }

    fn create(&mut self, id: FileId, offered: OfferedFile, may_be_whole: bool) -> DiskInput {
        let (key, file) = id;
        let Some(volume) = &self.volume else {
            return store_failed(id, 0, &io::Error::other("no folder was chosen"));
        };
        self.partials.remove(&id);
        self.closed.remove(&id);
        // Only for a file that was accepted before: else whoever offers a hash would learn whether
        // its file is here.
        let is_over = || self.answers.as_ref().is_some_and(mpsc::Sender::is_closed);
        if may_be_whole && let Some(stored_as) = whole::find(volume, &offered, &is_over) {
            whole::forget_partials(volume, &offered);
            return DiskInput::Finished {
                key,
                file,
                stored_as,
            };
        }
        // What was promised to files under way is not free any more.
        let promised = self.partials.values().map(|partial| partial.missing);
        let around = Surroundings {
            promised: promised.fold(0, u64::saturating_add),
            is_in_use: &|stem| self.partials.values().any(|open| open.stem == stem),
            is_over: &is_over,
        };
        let first = partial::stem(&offered, 0);
        match Partial::open(volume, offered, &around) {
            Ok((partial, have)) => {
                self.partials.insert(id, partial);
                DiskInput::Created { key, file, have }
            }
            Err(error) if is_no_space(&error) => {
                self.remember_closed(id, first);
                no_space(id, 0, &error)
            }
            Err(error) => store_failed(id, 0, &error),
        }
    }

    fn write(&mut self, key: IncomingKey, chunk: &ChunkFrame) -> DiskInput {
        let (file, offset, len) = (chunk.file, chunk.offset, chunk.data.len() as u64);
        let id = (key, file);
        let Some(partial) = self.partials.get_mut(&id) else {
            return DiskInput::Dropped { key, file, len };
        };
        let OfferedFile { root, size, .. } = &partial.offered;
        let ChunkFrame { data, proof, .. } = chunk;
        let Ok(value) = prove_chunk(root, *size, chunk.chunk, offset, data, proof) else {
            return DiskInput::Corrupt {
                key,
                file,
                offset,
                len,
            };
        };
        match partial.write(chunk, &value) {
            Ok(()) => DiskInput::Written {
                key,
                file,
                offset,
                len,
            },
            Err(error) if is_no_space(&error) => {
                if let (Some(partial), Some(volume)) = (self.partials.remove(&id), &self.volume) {
                    let stem = partial.stem.clone();
                    partial.close(volume);
                    self.remember_closed(id, stem);
                }
                no_space(id, len, &error)
            }
            Err(error) => {
                self.discard(id);
                store_failed(id, len, &error)
            }
        }
    }

    fn remember_closed(&mut self, id: FileId, stem: String) {
        if self.closed.len() < CLOSED_MAX {
            self.closed.insert(id, stem);
        }
    }

    fn discard(&mut self, id: FileId) {
        let Some(volume) = &self.volume else {
            return;
        };
        let closed = self.closed.remove(&id);
        if let Some(open) = self.partials.remove(&id) {
            partial::remove(volume, &open.stem);
        } else if let Some(stem) = closed
            && let Some(_held) = partial::lock(volume, &stem)
        {
            partial::remove(volume, &stem);
        }
    }
}

impl<V: Volume> Drop for Inbox<V> {
    fn drop(&mut self) {
        if let Some(volume) = &self.volume {
            for partial in std::mem::take(&mut self.partials).into_values() {
                partial.close(volume);
            }
        }
    }
}

/// Whether more space would have helped.
fn is_no_space(error: &io::Error) -> bool {
    use io::ErrorKind::{QuotaExceeded, StorageFull};
    matches!(error.kind(), StorageFull | QuotaExceeded)
}

fn no_space((key, file): FileId, len: u64, error: &io::Error) -> DiskInput {
    DiskInput::NoSpace {
        key,
        file,
        len,
        reason: describe(error),
    }
}

fn store_failed((key, file): FileId, len: u64, error: &io::Error) -> DiskInput {
    DiskInput::StoreFailed {
        key,
        file,
        len,
        reason: describe(error),
    }
}

/// The file that a request is about, if it is about one here.
const fn file_of(request: &DiskRequest) -> Option<FileId> {
    match request {
        DiskRequest::Create { key, file, .. }
        | DiskRequest::Finish { key, file }
        | DiskRequest::Discard { key, file } => Some((*key, *file)),
        DiskRequest::Write { key, chunk } => Some((*key, chunk.file)),
        _ => None,
    }
}

/// The writing thread: answers until the queue's other end is gone.
pub(crate) fn run(
    mut inbox: Inbox,
    mut queue: mpsc::Receiver<DiskRequest>,
    answers: &mpsc::Sender<DiskInput>,
) {
    inbox.answers = Some(answers.clone());
    let send = |answer| answers.blocking_send(answer).is_ok();
    while let Some(request) = queue.blocking_recv() {
        let (mut next, mut taken, mut whole) = (Some(request), 1, Vec::new());
        while let Some(request) = next.take() {
            // Requests for one file are carried out in order.
            if file_of(&request).is_some_and(|id| whole.contains(&id)) {
                let finished = inbox.finish(&std::mem::take(&mut whole));
                if !finished.into_iter().all(send) {
                    return;
                }
            }
            if let DiskRequest::Finish { key, file } = request {
                whole.push((key, file));
            } else if !inbox.handle(request).into_iter().all(send) {
                return;
            }
            if !whole.is_empty() && taken < BURST_MAX {
                taken += 1;
                next = queue.try_recv().ok();
            }
        }
        if !inbox.finish(&whole).into_iter().all(send) {
            return;
        }
    }
}

#[cfg(test)]
mod faults;
#[cfg(test)]
mod names;
#[cfg(test)]
mod tests;
