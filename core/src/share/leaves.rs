//! The leaves of the trees of an offer's files, on disk: half a megabyte for each GB on offer would
//! otherwise stay in memory for as long as it is.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parlor_proto::tree::Hash;

const HASH_BYTES: u64 = 32;

/// How the files are called behind their transfer's number.
const SUFFIX: &str = ".leaves";

/// The same for cleaned photos (`photos`).
const PHOTOS_SUFFIX: &str = ".photos";

/// Where offers get their numbers and keep their leaves.
#[derive(Debug, Clone)]
pub(crate) struct Shelf {
    /// None where offers end with the app: the leaves then have no name.
    folder: Option<PathBuf>,
    last_transfer: Arc<AtomicU64>,
}

/// The leaves of one offer, file after file. A file of one chunk or none has none.
#[derive(Debug)]
pub(crate) enum Leaves {
    /// In a file of their own, removed when the offer ends.
    Kept(PathBuf),
    /// In a file without a name.
    Unnamed(Arc<File>),
}

/// Takes the leaves of one offer.
#[derive(Debug)]
pub(super) struct LeavesWriter {
    pub(super) transfer: u64,
    out: BufWriter<File>,
    path: Option<PathBuf>,
    written: u64,
}

impl Shelf {
    /// `folder` is made when it is needed; the first transfer gets the number after `last`.
    pub(crate) fn new(folder: Option<PathBuf>, last: u64) -> Self {
        Self {
            folder,
            last_transfer: Arc::new(AtomicU64::new(last)),
        }
    }

    pub(super) fn begin(&self) -> io::Result<LeavesWriter> {
        let transfer = self
            .last_transfer
            .fetch_add(1, Ordering::Relaxed)
            .wrapping_add(1);
        let path = self
            .folder
            .as_deref()
            .map(|folder| path_in(folder, transfer));
        let file = match &path {
            Some(path) => {
                if let Some(folder) = &self.folder {
                    fs::create_dir_all(folder)?;
                }
                File::create(path)?
            }
            None => tempfile::tempfile()?,
        };
        Ok(LeavesWriter {
            transfer,
            out: BufWriter::new(file),
            path,
            written: 0,
        })
    }

    /// The leaves of an offer of an earlier life of the app, if they are all there.
    pub(crate) fn kept(&self, transfer: u64, leaves: u64) -> Option<Leaves> {
        let path = path_in(self.folder.as_deref()?, transfer);
        let len = path.metadata().ok()?.len();
        (len == leaves.checked_mul(HASH_BYTES)?).then_some(Leaves::Kept(path))
    }

    /// The cleaned photos of an offer of an earlier life of the app, if they are all there.
    pub(crate) fn kept_photos(&self, transfer: u64, len_bytes: u64) -> Option<Arc<File>> {
        let path = photos_path(&path_in(self.folder.as_deref()?, transfer));
        let file = File::open(path).ok()?;
        (file.metadata().ok()?.len() >= len_bytes).then(|| Arc::new(file))
    }

    /// Removes what is left of offers other than these.
    pub(crate) fn keep_only(&self, transfers: &[u64]) {
        let Some(entries) = self.folder.as_deref().and_then(|f| f.read_dir().ok()) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| {
                let suffixes = [SUFFIX, PHOTOS_SUFFIX].into_iter();
                suffixes
                    .filter_map(|suffix| name.strip_suffix(suffix))
                    .next()
            });
            let number = number.and_then(|number| u64::from_str_radix(number, 16).ok());
            if number.is_some_and(|number| !transfers.contains(&number)) {
                // Tried again at the next start.
                let _ = fs::remove_file(entry.path());
            }
        }
    }
}

fn path_in(folder: &Path, transfer: u64) -> PathBuf {
    folder.join(format!("{transfer:016x}{SUFFIX}"))
}

/// Where the cleaned photos of an offer are, beside its leaves.
fn photos_path(leaves: &Path) -> PathBuf {
    leaves.with_extension(&PHOTOS_SUFFIX[1..])
}

impl LeavesWriter {
    /// Where the cleaned photos of the offer are kept; none where they end with the app.
    pub(super) fn photos_path(&self) -> Option<PathBuf> {
        self.path.as_deref().map(photos_path)
    }

    /// How many there are so far.
    pub(super) const fn written(&self) -> u64 {
        self.written
    }

    pub(super) fn push(&mut self, leaf: &Hash) -> io::Result<()> {
        self.out.write_all(leaf)?;
        self.written += 1;
        Ok(())
    }

    /// Takes back what was written after the first `count`.
    pub(super) fn take_back(&mut self, count: u64) -> io::Result<()> {
        if count == self.written {
            return Ok(());
        }
        self.out.flush()?;
        let file = self.out.get_mut();
        file.set_len(count * HASH_BYTES)?;
        file.seek(SeekFrom::Start(count * HASH_BYTES))?;
        self.written = count;
        Ok(())
    }

    /// Durable, where they have a name.
    pub(super) fn finish(self) -> io::Result<(u64, Leaves)> {
        let file = self
            .out
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        let leaves = match self.path {
            Some(path) => {
                file.sync_all()?;
                Leaves::Kept(path)
            }
            None => Leaves::Unnamed(Arc::new(file)),
        };
        Ok((self.transfer, leaves))
    }
}

impl Leaves {
    /// A handle to read from.
    pub(super) fn open(&self) -> io::Result<File> {
        match self {
            Self::Kept(path) => File::open(path),
            Self::Unnamed(file) => file.try_clone(),
        }
    }

    /// The offer ended.
    pub(super) fn remove(self) {
        if let Self::Kept(path) = self {
            // Tried again at the next start.
            let _ = fs::remove_file(photos_path(&path));
            let _ = fs::remove_file(path);
        }
    }
}

/// Reads `count` leaves from the one numbered `first`.
pub(super) fn read(file: &File, first: u64, count: usize) -> io::Result<Vec<Hash>> {
    let mut file = file;
    file.seek(SeekFrom::Start(first.saturating_mul(HASH_BYTES)))?;
    let mut leaves = vec![[0; 32]; count];
    file.read_exact(leaves.as_flattened_mut())?;
    Ok(leaves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_leaves_are_there_for_the_next_life_and_go_with_their_offer() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(Some(folder.path().join("outgoing")), 6);
        let mut writer = shelf.begin().unwrap();
        for byte in 0..5 {
            writer.push(&[byte; 32]).unwrap();
        }
        writer.take_back(3).unwrap();
        writer.push(&[9; 32]).unwrap();
        let (transfer, _) = writer.finish().unwrap();
        assert_eq!(transfer, 7);
        assert!(shelf.kept(7, 5).is_none());
        let leaves = shelf.kept(7, 4).unwrap();
        let read = read(&leaves.open().unwrap(), 2, 2).unwrap();
        assert_eq!(read, [[2; 32], [9; 32]]);
        shelf.keep_only(&[7]);
        assert!(shelf.kept(7, 4).is_some());
        leaves.remove();
        assert!(shelf.kept(7, 4).is_none());
    }

    #[test]
    fn what_belongs_to_no_offer_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let shelf = Shelf::new(Some(folder.path().to_owned()), 0);
        drop(shelf.begin().unwrap());
        fs::write(folder.path().join("other"), b"x").unwrap();
        shelf.keep_only(&[]);
        assert!(shelf.kept(1, 0).is_none());
        assert!(folder.path().join("other").exists());
    }
}
