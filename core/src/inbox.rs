//! Files that arrive: checked chunk by chunk, durable before they get their name.
//!
//! All work goes through a handle of the one folder the person chose (`cap-std`), so no name, link
//! or race leads out of it. A file grows as a partial in `.parlor-partial` on the same volume, is
//! synced, and only then gets its final name, never over another file.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, SystemTime};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use parlor_engine::input::{DiskInput, IncomingKey};
use parlor_engine::output::DiskRequest;
use parlor_engine::ranges::RangeSet;
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::frame::OfferedFile;
use parlor_proto::name::SafePath;
use parlor_proto::tree::verify_chunk;
use tokio::sync::mpsc;

use crate::share::describe;

/// Requests waiting for the writing thread: a window of chunks for several peers.
pub(crate) const QUEUE_MAX: usize = 256;

/// Where partial files grow.
const PARTIALS: &str = ".parlor-partial";

/// Space left alone on the volume, so that a full disk does not take the whole device down.
const RESERVED_BYTES: u64 = 256 * 1024 * 1024;

/// A partial that was written more recently may belong to somebody who is about to lock it.
const ABANDONED_AFTER: Duration = Duration::from_secs(60);

/// Names tried when the offered one is taken.
const NUMBERS_MAX: u32 = 10_000;

/// The folder for received files.
#[derive(Debug)]
pub(crate) struct Inbox {
    /// None where the person chose no folder.
    folder: Option<Folder>,
    partials: BTreeMap<(IncomingKey, u32), Partial>,
    /// Keeps the partials of two rooms in one folder apart.
    token: u64,
}

#[derive(Debug)]
struct Folder {
    dir: Dir,
    partials: Dir,
    path: std::path::PathBuf,
}

#[derive(Debug)]
struct Partial {
    file: File,
    name: String,
    offered: OfferedFile,
    /// Bytes that are still to be written. The file has its length from the start, but on most
    /// volumes an unwritten part takes no space.
    missing: u64,
}

impl Inbox {
    /// Opens the folder, making it if it is not there, and checks that it can be written.
    ///
    /// `token` is random, so that two rooms can share a folder.
    pub(crate) fn open(path: Option<&Path>, token: u64) -> io::Result<Self> {
        let folder = path.map(Folder::open).transpose()?;
        Ok(Self {
            folder,
            partials: BTreeMap::new(),
            token,
        })
    }

    /// Carries out one request; `None` for those that are not answered.
    fn handle(&mut self, request: DiskRequest) -> Option<DiskInput> {
        match request {
            DiskRequest::Create {
                key, file, offered, ..
            } => Some(match self.create(key, file, offered) {
                Ok(()) => DiskInput::Created {
                    key,
                    file,
                    have: RangeSet::default(),
                },
                Err(error) => self.failed(key, file, 0, &error),
            }),
            DiskRequest::Write { key, chunk } => Some(self.write(key, &chunk)),
            DiskRequest::Finish { key, file } => Some(match self.finish(key, file) {
                Ok(stored_as) => DiskInput::Finished {
                    key,
                    file,
                    stored_as,
                },
                Err(error) => self.failed(key, file, 0, &error),
            }),
            DiskRequest::Discard { key, file } => {
                self.discard(key, file);
                None
            }
            DiskRequest::ReadChunk { .. }
            | DiskRequest::CloseSource { .. }
            | DiskRequest::KeepIncoming { .. }
            | DiskRequest::MarkIncoming { .. }
            | DiskRequest::ForgetIncoming { .. }
            | DiskRequest::MarkOutgoing { .. }
            | DiskRequest::StoreMessage { .. }
            | DiskRequest::RememberDevice { .. }
            | DiskRequest::ForgetDevice { .. } => None,
        }
    }

    fn failed(&mut self, key: IncomingKey, file: u32, len: u64, error: &io::Error) -> DiskInput {
        self.discard(key, file);
        DiskInput::StoreFailed {
            key,
            file,
            len,
            reason: describe(error),
        }
    }

    fn create(&mut self, key: IncomingKey, file: u32, offered: OfferedFile) -> io::Result<()> {
        let folder = self
            .folder
            .as_ref()
            .ok_or_else(|| io::Error::other("no folder was chosen"))?;
        let free = fs4::available_space(&folder.path)?;
        // What was promised to files under way is not free any more.
        let promised = self.partials.values().map(|partial| partial.missing);
        let free = promised.fold(free.saturating_sub(RESERVED_BYTES), u64::saturating_sub);
        if offered.size > free {
            let (needs, has) = (megabytes(offered.size), free / 1_000_000);
            let text = format!("not enough space: the file needs {needs} MB, {has} MB are free");
            return Err(io::Error::new(io::ErrorKind::StorageFull, text));
        }
        let name = format!(
            "{:016x}-{}-{:016x}-{file}.part",
            self.token, key.from, key.transfer
        );
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        let handle = folder.partials.open_with(&name, &options)?;
        // Says that somebody is at work on it, for as long as this process lives.
        // A volume without locks does without.
        let handle = handle.into_std();
        let _ = handle.try_lock();
        handle.set_len(offered.size)?;
        self.partials.insert(
            (key, file),
            Partial {
                file: handle,
                name,
                missing: offered.size,
                offered,
            },
        );
        Ok(())
    }

    fn write(&mut self, key: IncomingKey, chunk: &ChunkFrame) -> DiskInput {
        let (file, offset, len) = (chunk.file, chunk.offset, chunk.data.len() as u64);
        let Some(partial) = self.partials.get_mut(&(key, file)) else {
            let reason = "the file was given up".to_owned();
            return DiskInput::StoreFailed {
                key,
                file,
                len,
                reason,
            };
        };
        let OfferedFile { root, size, .. } = &partial.offered;
        let ChunkFrame {
            chunk: chunk_size,
            data,
            proof,
            ..
        } = chunk;
        if verify_chunk(root, *size, *chunk_size, offset, data, proof).is_err() {
            return DiskInput::Corrupt {
                key,
                file,
                offset,
                len,
            };
        }
        let handle = &mut partial.file;
        let written = handle
            .seek(SeekFrom::Start(offset))
            .and_then(|_| handle.write_all(&chunk.data));
        match written {
            Ok(()) => {
                partial.missing = partial.missing.saturating_sub(len);
                DiskInput::Written {
                    key,
                    file,
                    offset,
                    len,
                }
            }
            Err(error) => self.failed(key, file, len, &error),
        }
    }

    fn finish(&mut self, key: IncomingKey, file: u32) -> io::Result<String> {
        let gone = || io::Error::other("the file was given up");
        let folder = self.folder.as_ref().ok_or_else(gone)?;
        let partial = self.partials.get(&(key, file)).ok_or_else(gone)?;
        let OfferedFile {
            size,
            root,
            modified_ms,
            ..
        } = &partial.offered;
        if *size == 0 && *root != *blake3::hash(&[]).as_bytes() {
            return Err(io::Error::other(
                "the file is empty, but its hash is not that of nothing",
            ));
        }
        if let Some(modified_ms) = modified_ms {
            let modified = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(*modified_ms));
            if let (Some(modified), Ok(handle)) = (modified, partial.file.try_clone()) {
                // A volume that keeps no times is no reason to lose the file.
                let _ = handle.set_modified(modified);
            }
        }
        partial.file.sync_all()?;
        let path = folder.name(&partial.name, &partial.offered.path)?;
        self.partials.remove(&(key, file));
        Ok(path)
    }

    fn discard(&mut self, key: IncomingKey, file: u32) {
        if let (Some(partial), Some(folder)) = (self.partials.remove(&(key, file)), &self.folder) {
            drop(partial.file);
            // Nothing better can be done with a partial that cannot be removed.
            let _ = folder.partials.remove_file(&partial.name);
        }
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        let keys: Vec<(IncomingKey, u32)> = self.partials.keys().copied().collect();
        for (key, file) in keys {
            self.discard(key, file);
        }
        if let Some(folder) = &self.folder {
            // Fails while another room has partials here, as it should.
            let _ = folder.dir.remove_dir(PARTIALS);
        }
    }
}

impl Folder {
    fn open(path: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        let dir = Dir::open_ambient_dir(path, ambient_authority())?;
        dir.create_dir_all(PARTIALS)?;
        let partials = dir.open_dir(PARTIALS)?;
        remove_abandoned(&partials);
        let path = path.canonicalize()?;
        Ok(Self {
            dir,
            partials,
            path,
        })
    }

    /// Gives a whole partial its final name: the offered one, or the next free number after it.
    fn name(&self, partial: &str, offered: &SafePath) -> io::Result<String> {
        let mut target = self.dir.try_clone()?;
        for component in offered.folders() {
            let name = component.as_str();
            match target.create_dir(name) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                Ok(()) | Err(_) => target = target.open_dir(name)?,
            }
        }
        for number in 1..=NUMBERS_MAX {
            let name = match number {
                1 => offered.file_name().clone(),
                n => offered.file_name().numbered(n),
            };
            match self.take_name(partial, &target, name.as_str()) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(()) => {
                    sync_dir(&target)?;
                    let path = self.path.join(offered.with_file_name(name).to_string());
                    return Ok(path.to_string_lossy().into_owned());
                }
            }
        }
        Err(io::Error::other("too many files of that name"))
    }

    /// Moves the partial to `name` unless that is taken.
    fn take_name(&self, partial: &str, target: &Dir, name: &str) -> io::Result<()> {
        match self.partials.hard_link(partial, target, name) {
            Ok(()) => self.partials.remove_file(partial),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
            // Volumes without hard links (FAT, Android's shared storage): look, then rename.
            Err(_) if target.symlink_metadata(name).is_ok() => {
                Err(io::ErrorKind::AlreadyExists.into())
            }
            Err(_) => self.partials.rename(partial, target, name),
        }
    }
}

/// Removes what a killed process left: partials that nobody holds a lock on any more.
///
/// Best effort: a volume that refuses locks keeps them.
fn remove_abandoned(partials: &Dir) {
    let Ok(entries) = partials.entries() else {
        return;
    };
    for entry in entries.flatten() {
        let changed = entry.metadata().and_then(|metadata| metadata.modified());
        let age = changed.map(|changed| changed.into_std().elapsed().unwrap_or_default());
        let is_old = age.is_ok_and(|age| age > ABANDONED_AFTER);
        let is_free = || {
            entry
                .open()
                .is_ok_and(|file| file.into_std().try_lock().is_ok())
        };
        let is_ours = entry.file_name().to_string_lossy().ends_with(".part");
        if is_ours && is_old && is_free() {
            // Another process may have been faster.
            let _ = entry.remove_file();
        }
    }
}

/// Makes a new name survive a power cut, where the system knows how.
fn sync_dir(dir: &Dir) -> io::Result<()> {
    if cfg!(unix) {
        // The handle itself is a mere path (`O_PATH`); syncing wants one that is open for reading.
        dir.open(".")?.sync_all()?;
    }
    Ok(())
}

const fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}

/// The writing thread: answers until the queue's other end is gone, then removes what is partial.
pub(crate) fn run(
    mut inbox: Inbox,
    mut queue: mpsc::Receiver<DiskRequest>,
    answers: &mpsc::Sender<DiskInput>,
) {
    while let Some(request) = queue.blocking_recv() {
        if let Some(answer) = inbox.handle(request)
            && answers.blocking_send(answer).is_err()
        {
            return;
        }
    }
}

#[cfg(test)]
mod names;
#[cfg(test)]
mod tests;
