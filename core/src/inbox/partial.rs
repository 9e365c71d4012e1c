//! A file that is not whole yet, kept under the name of its content until it is.

use std::io;
use std::time::{Duration, SystemTime};

use parlor_engine::ranges::RangeSet;
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::frame::OfferedFile;
use parlor_proto::limits::CHUNK_BYTES;
use parlor_proto::tree::Hash;

use super::journal::Journal;
use super::volume::{Standing, Volume, VolumeFile};
use super::{RESERVED_BYTES, is_no_space};

/// End of the name of the file that grows.
pub(super) const PART: &str = ".part";

/// End of the name of its journal.
pub(super) const JOURNAL: &str = ".journal";

/// Transfers of the same content that may be under way at once in one folder.
pub(super) const SAME_CONTENT_MAX: u32 = 32;

/// Tries to get hold of a partial while others finish or remove it.
const CLAIM_TRIES: u32 = 8;

/// What is compared with to find out whether bytes are all zero.
const ZEROS: [u8; 4096] = [0; 4096];

/// What else goes on while a partial is opened.
pub(super) struct Surroundings<'a> {
    /// Bytes of the disk that belong to other files under way.
    pub(super) promised: u64,
    /// Whether a partial of that name is being written here; a volume may have no locks.
    pub(super) is_in_use: &'a dyn Fn(&str) -> bool,
    /// Whether the room has ended, and nobody waits for long work any more.
    pub(super) is_over: &'a dyn Fn() -> bool,
}

/// An open partial, locked for as long as it is open.
#[derive(Debug)]
pub(super) struct Partial<F> {
    pub(super) file: F,
    /// Its name and that of its journal, without their ends.
    pub(super) stem: String,
    pub(super) offered: OfferedFile,
    /// Bytes that are still to be found on the disk.
    pub(super) missing: u64,
    /// None for a single chunk, of which there is nothing to go on from.
    journal: Option<Journal<F>>,
}

impl<F: VolumeFile> Partial<F> {
    /// Makes the partial of an offered file, or opens what an earlier try left of it; gives what is
    /// there, checked.
    ///
    /// Without space nothing is made, and what is there stays.
    pub(super) fn open<V: Volume<File = F>>(
        volume: &V,
        offered: OfferedFile,
        around: &Surroundings<'_>,
    ) -> io::Result<(Self, RangeSet)> {
        let stems = (0..SAME_CONTENT_MAX).map(|number| stem(&offered, number));
        for stem in stems.filter(|stem| !(around.is_in_use)(stem)) {
            let Some(file) = claim(volume, &stem)? else {
                continue;
            };
            let is_new = file.len_bytes()? == 0;
            let opened = Self::prepare(volume, file, stem.clone(), offered, around, is_new);
            if opened.is_err() && is_new {
                remove(volume, &stem);
            }
            return opened;
        }
        let text = "the same file is being received too many times at once";
        Err(io::Error::other(text))
    }

    fn prepare<V: Volume<File = F>>(
        volume: &V,
        file: F,
        stem: String,
        offered: OfferedFile,
        around: &Surroundings<'_>,
        is_new: bool,
    ) -> io::Result<(Self, RangeSet)> {
        let size = offered.size;
        let needed = size.saturating_sub(file.allocated_bytes()?);
        let taken = RESERVED_BYTES.saturating_add(around.promised);
        let free = volume.free_bytes()?.saturating_sub(taken);
        if needed > free {
            let total = volume.total_bytes()?;
            if size > total {
                let (needs, has) = (size.div_ceil(1_000_000), total / 1_000_000);
                let text = format!(
                    "not enough space: the file needs {needs} MB, and the whole disk has {has} MB"
                );
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
            }
            let (needs, has) = (needed.div_ceil(1_000_000), free / 1_000_000);
            let text = format!("not enough space: the file needs {needs} MB, {has} MB are free");
            return Err(io::Error::new(io::ErrorKind::StorageFull, text));
        }
        let is_single = size <= CHUNK_BYTES as u64;
        let missing = if is_single {
            needed
        } else {
            match file.allocate(size) {
                Ok(()) => 0,
                Err(error) if is_no_space(&error) => return Err(error),
                // The volume cannot; then the space is only counted.
                Err(_) => needed,
            }
        };
        if file.len_bytes()? != size {
            file.set_len(size)?;
        }
        let mut partial = Self {
            file,
            stem,
            offered,
            missing,
            journal: None,
        };
        let mut have = RangeSet::default();
        if !is_single {
            let name = format!("{}{JOURNAL}", partial.stem);
            let mut journal = Journal::new(volume.open_partial(&name)?, size)?;
            if is_new {
                journal.clear()?;
            } else {
                have = journal.replay(&partial.file, size, around.is_over)?;
            }
            partial.journal = Some(journal);
        }
        Ok((partial, have))
    }

    /// Writes a chunk that was proven and has this chaining value, and records that it is there.
    pub(super) fn write(&mut self, chunk: &ChunkFrame, value: &Hash) -> io::Result<()> {
        if !self.is_zero_already(chunk) {
            self.file.write_at(chunk.offset, &chunk.data)?;
        }
        self.missing = self.missing.saturating_sub(chunk.data.len() as u64);
        match &mut self.journal {
            Some(journal) => journal.append(chunk, value),
            None => Ok(()),
        }
    }

    /// Whether the chunk is zeros and the file reads as zeros there, so that a hole stays one.
    /// Looked up rather than remembered: an earlier life may have written there without a record.
    fn is_zero_already(&self, chunk: &ChunkFrame) -> bool {
        if !is_zero(&chunk.data) {
            return false;
        }
        let mut there = vec![0; chunk.data.len()];
        let read = self.file.read_at(chunk.offset, &mut there);
        read.is_ok_and(|read| read == there.len()) && is_zero(&there)
    }

    /// Makes the whole file durable, with the time its sender gave it.
    pub(super) fn sync(&self) -> io::Result<()> {
        let OfferedFile {
            size,
            root,
            modified_ms,
            ..
        } = &self.offered;
        if *size == 0 && *root != *blake3::hash(&[]).as_bytes() {
            let text = "the file is empty, but its hash is not that of nothing";
            return Err(io::Error::other(text));
        }
        let since = modified_ms.map(Duration::from_millis);
        if let Some(time) = since.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since)) {
            // A volume that keeps no times is no reason to lose the file.
            let _ = self.file.set_modified(time);
        }
        self.file.sync()
    }

    /// Closes it for a later try to go on from, if there is anything to go on from.
    pub(super) fn close<V: Volume<File = F>>(self, volume: &V) {
        if self.journal.as_ref().is_none_or(Journal::is_empty) {
            remove(volume, &self.stem);
        }
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    let is_zero = |block: &[u8]| ZEROS.get(..block.len()) == Some(block);
    bytes.chunks(ZEROS.len()).all(is_zero)
}

/// Name of a partial without its end: that of its content, and a number for each transfer of the
/// same content at the same time.
pub(super) fn stem(offered: &OfferedFile, number: u32) -> String {
    let root = blake3::Hash::from_bytes(offered.root).to_hex();
    match number {
        0 => format!("{root}-{}", offered.size),
        n => format!("{root}-{}-{n}", offered.size),
    }
}

/// Opens and locks a partial, making it if it is not there; `None` if somebody else has it.
fn claim<V: Volume>(volume: &V, stem: &str) -> io::Result<Option<V::File>> {
    let name = format!("{stem}{PART}");
    for _ in 0..CLAIM_TRIES {
        let file = volume.open_partial(&name)?;
        if !file.try_lock() {
            return Ok(None);
        }
        match volume.standing(&file, &name)? {
            Standing::Sole => return Ok(Some(file)),
            // An earlier life named it and came no further. Whoever wrote here now would write
            // into the file that was finished.
            Standing::Shared => volume.remove_partial(&name)?,
            // Somebody finished or removed it before it was locked here.
            Standing::Gone => {}
        }
    }
    Ok(None)
}

/// Locks a partial that is there and that nobody else has.
pub(super) fn lock<V: Volume>(volume: &V, stem: &str) -> Option<V::File> {
    let name = format!("{stem}{PART}");
    let file = volume.find_partial(&name).ok()?;
    let is_ours = file.try_lock() && volume.standing(&file, &name).ok()? != Standing::Gone;
    is_ours.then_some(file)
}

/// Removes a partial and its journal. Best effort: nothing better can be done with what stays.
pub(super) fn remove<V: Volume>(volume: &V, stem: &str) {
    // The journal first: as soon as the partial's name is free, both may be somebody else's.
    let _ = volume.remove_partial(&format!("{stem}{JOURNAL}"));
    let _ = volume.remove_partial(&format!("{stem}{PART}"));
}
