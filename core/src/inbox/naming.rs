//! The end of a file: durable first, then named, then the name durable too.
//!
//! Files that become whole together share the syncs of their folders and wait for the disk side by
//! side, which is where the time of many small files goes.

use std::collections::BTreeMap;
use std::io;

use parlor_engine::input::DiskInput;
use parlor_proto::name::{SafeName, SafePath};

use super::partial::{self, JOURNAL, PART, Partial};
use super::volume::{Taken, Volume, VolumeFile};
use super::{FileId, Inbox, is_no_space, store_failed};

/// Names tried when the offered one is taken.
const NUMBERS_MAX: u32 = 10_000;

/// Files that are synced side by side: a journaling volume commits what waits at once together.
const SYNCS_MAX: usize = 8;

/// Folders kept open until they are synced: well below the open files a system allows.
const FOLDERS_MAX: usize = 128;

/// The names that a file may get: the offered one, and numbers after it.
pub(super) fn names(offered: &SafePath) -> impl Iterator<Item = SafeName> {
    (1..=NUMBERS_MAX).map(|number| match number {
        1 => offered.file_name().clone(),
        n => offered.file_name().numbered(n),
    })
}

impl<V: Volume> Inbox<V> {
    /// Makes whole files durable and gives them their names; an answer for each.
    pub(super) fn finish(&mut self, files: &[FileId]) -> Vec<DiskInput> {
        let (mut answers, mut whole) = (Vec::new(), Vec::new());
        for id in files {
            match self.partials.remove(id) {
                Some(partial) => whole.push((*id, partial)),
                None => {
                    let gone = io::Error::other("the file was given up");
                    answers.push(store_failed(*id, 0, &gone));
                }
            }
        }
        let Some(volume) = &self.volume else {
            return answers;
        };
        let synced = sync_together(&whole);
        let mut shelf = Shelf::new(volume);
        for ((id, partial), synced) in whole.into_iter().zip(synced) {
            if let Err(error) = synced {
                // What the disk would not take may still look right from memory.
                partial::remove(volume, &partial.stem);
                answers.push(store_failed(id, 0, &error));
                continue;
            }
            match shelf.name(&partial.stem, &partial.offered.path) {
                Ok((taken, stored_as)) => shelf.placed.push(Placed {
                    id,
                    partial,
                    taken,
                    stored_as,
                }),
                Err(error) => {
                    // The bytes are safe and only lack room for a name: worth another try.
                    if !is_no_space(&error) {
                        partial::remove(volume, &partial.stem);
                    }
                    answers.push(store_failed(id, 0, &error));
                }
            }
            if shelf.folders.len() >= FOLDERS_MAX {
                answers.extend(shelf.settle());
            }
        }
        answers.extend(shelf.settle());
        answers
    }
}

fn sync_together<F: VolumeFile>(files: &[(FileId, Partial<F>)]) -> Vec<io::Result<()>> {
    let per_thread = files.len().div_ceil(SYNCS_MAX).max(1);
    let sync = |files: &[(FileId, Partial<F>)]| -> Vec<io::Result<()>> {
        files.iter().map(|(_, partial)| partial.sync()).collect()
    };
    let mut groups = files.chunks(per_thread);
    let own = groups.next().unwrap_or_default();
    std::thread::scope(|scope| {
        let spawn = |group| {
            let thread = std::thread::Builder::new().name("parlor-sync".to_owned());
            (group, thread.spawn_scoped(scope, move || sync(group)))
        };
        let others: Vec<_> = groups.map(spawn).collect();
        let mut results = sync(own);
        for (group, thread) in others {
            match thread.map(std::thread::ScopedJoinHandle::join) {
                Ok(Ok(synced)) => results.extend(synced),
                // No thread to be had, or it did not come to its end.
                Ok(Err(_)) | Err(_) => results.extend(sync(group)),
            }
        }
        results
    })
}

/// Files that have their names and wait for the names to be durable.
struct Shelf<'a, V: Volume> {
    volume: &'a V,
    /// By path below the root, with every folder on the way: each may be new.
    folders: BTreeMap<String, V::Folder>,
    placed: Vec<Placed<V::File>>,
}

struct Placed<F> {
    id: FileId,
    /// Holds the lock until the partial is gone.
    partial: Partial<F>,
    taken: Taken,
    stored_as: String,
}

impl<'a, V: Volume> Shelf<'a, V> {
    const fn new(volume: &'a V) -> Self {
        Self {
            volume,
            folders: BTreeMap::new(),
            placed: Vec::new(),
        }
    }

    /// Gives a partial its final name: the offered one, or the next free number after it.
    fn name(&mut self, stem: &str, offered: &SafePath) -> io::Result<(Taken, String)> {
        let volume = self.volume;
        let target = self.folder(offered)?;
        let part = format!("{stem}{PART}");
        for name in names(offered) {
            match volume.take_name(&part, target, name.as_str()) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(taken) => {
                    let path = offered.with_file_name(name).to_string();
                    let path = volume.path().join(path);
                    return Ok((taken, path.to_string_lossy().into_owned()));
                }
            }
        }
        Err(io::Error::other("too many files of that name"))
    }

    /// The folder that a file goes into, made if it is not there.
    fn folder(&mut self, offered: &SafePath) -> io::Result<&V::Folder> {
        let mut path = String::new();
        if !self.folders.contains_key(&path) {
            self.folders.insert(path.clone(), self.volume.root()?);
        }
        for component in offered.folders() {
            let name = component.as_str();
            let below = format!("{path}/{name}");
            if !self.folders.contains_key(&below)
                && let Some(above) = self.folders.get(&path)
            {
                let folder = self.volume.enter_or_make(above, name)?;
                self.folders.insert(below.clone(), folder);
            }
            path = below;
        }
        let missing = || io::Error::other("the folder is gone");
        self.folders.get(&path).ok_or_else(missing)
    }

    /// Makes the names durable. Only then the partials go: until then they are what surely is left
    /// after a power cut.
    fn settle(&mut self) -> Vec<DiskInput> {
        let folders = std::mem::take(&mut self.folders);
        let mut folders = folders.values();
        let synced = folders.try_for_each(|folder| self.volume.sync_folder(folder));
        let settled = std::mem::take(&mut self.placed).into_iter().map(|placed| {
            let stem = &placed.partial.stem;
            match placed.taken {
                Taken::Linked => partial::remove(self.volume, stem),
                // Its old name may be another's by now; the journal proves itself to whoever has it.
                Taken::Moved => {
                    let _ = self.volume.remove_partial(&format!("{stem}{JOURNAL}"));
                }
            }
            let (key, file) = placed.id;
            match &synced {
                Ok(()) => DiskInput::Finished {
                    key,
                    file,
                    stored_as: placed.stored_as,
                },
                Err(error) => store_failed(placed.id, 0, error),
            }
        });
        settled.collect()
    }
}
