//! Files of this device that are on offer: found and hashed once, read chunk by chunk later.
//!
//! Hashing runs on tokio's blocking pool, reading on one thread of its own. A chunk is compared to
//! what was hashed before it leaves, so a file that changed is noticed here and not by the peer.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use parlor_proto::frame::OfferedFile;
use parlor_proto::id::PeerId;
use parlor_proto::limits::FILE_MAX_BYTES;
use parlor_proto::tree::{ChunkSize, Hash};
use tokio::sync::mpsc;

use crate::room::{RoomEvent, ShareAs, ShareId};
use batch::{Batch, Picture};
use find::{Found, find};
use hash::{BLOCK_BYTES, TreeHasher};
use leaves::LeavesWriter;
use photos::{Cleaned, Photos};

pub(crate) use leaves::{Leaves, Shelf};
pub(crate) use reader::run;

mod batch;
mod find;
mod hash;
mod leaves;
mod photos;
mod reader;
mod thumbnails;

/// Requests waiting for the reading thread.
pub(crate) const QUEUE_MAX: usize = 256;

/// Progress of hashing is told this often.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);

/// A file on offer.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// The person's own file.
    path: PathBuf,
    origin: Origin,
    size: u64,
    root: Hash,
    /// Where its leaves begin among those of the offer.
    first_leaf: u64,
}

impl SourceFile {
    /// The files of an offer of an earlier life of the app, in order; gives also how many leaves
    /// they have in all. `photos` holds them one behind the other where they are cleaned copies.
    pub(crate) fn kept(
        files: &[OfferedFile],
        paths: Vec<PathBuf>,
        photos: Option<&Arc<File>>,
    ) -> (Vec<Self>, u64) {
        let (mut first_leaf, mut start) = (0, 0);
        let sources = files.iter().zip(paths).map(|(file, path)| {
            let origin = photos.map_or(Origin::Own, |photos| {
                let file = Arc::clone(photos);
                Origin::Cleaned(Cleaned { file, start })
            });
            let source = Self {
                path,
                origin,
                size: file.size,
                root: file.root,
                first_leaf,
            };
            first_leaf += source.leaves();
            start += source.size;
            source
        });
        (sources.collect(), first_leaf)
    }

    /// The person's own file, be it that or a cleaned copy of it that is on offer.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether a copy of ours is on offer.
    pub(crate) const fn is_copy(&self) -> bool {
        matches!(self.origin, Origin::Cleaned(_))
    }

    /// How many leaves it has. A file of one chunk or none needs none.
    fn leaves(&self) -> u64 {
        match ChunkSize::PREFERRED.count(self.size) {
            0 | 1 => 0,
            count => count,
        }
    }
}

/// Where the bytes of a file on offer are.
#[derive(Debug)]
enum Origin {
    /// In the person's own file.
    Own,
    /// In ours, without metadata.
    Cleaned(Cleaned),
}

/// One offer's worth of files, hashed.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) share: ShareId,
    pub(crate) transfer: u64,
    pub(crate) leaves: Leaves,
    pub(crate) offered: Vec<OfferedFile>,
    pub(crate) sources: Vec<SourceFile>,
    pub(crate) more: bool,
}

/// What preparing a share gives, in order.
#[derive(Debug)]
pub(crate) enum Preparation {
    /// To be told as it is.
    Event(RoomEvent),
    /// To be offered.
    Offer(Prepared),
    /// A small picture of a file that is on offer.
    Preview {
        transfer: u64,
        file: u32,
        image: Bytes,
    },
}

/// What is asked of the reading thread.
#[derive(Debug)]
pub(crate) enum ReadRequest {
    /// Keep the files of a transfer at hand.
    Open {
        transfer: u64,
        sources: Vec<SourceFile>,
        leaves: Leaves,
    },
    /// Read one chunk into a bulk frame.
    Chunk {
        peer: PeerId,
        attempt: u32,
        transfer: u64,
        file: u32,
        offset: u64,
        len: u64,
    },
    /// Forget the files of a transfer.
    Close { transfer: u64 },
}

/// Finds and hashes everything below `paths`, cleaned first where it is to go as photos. Blocking.
pub(crate) fn prepare(
    share: ShareId,
    paths: &[PathBuf],
    how: ShareAs,
    shelf: &Shelf,
    out: &mpsc::Sender<Preparation>,
) {
    let (found, failed) = find(paths);
    let total_bytes = found.iter().map(|file| file.size).sum();
    let mut hasher = Hasher {
        share,
        out,
        total_bytes,
        done_bytes: 0,
        told_at: Instant::now(),
    };
    let mut left = failed.len() + found.len();
    let not_prepared = |path, reason, more| {
        Preparation::Event(RoomEvent::NotPrepared {
            share,
            path,
            reason,
            more,
        })
    };
    for (path, reason) in failed {
        left -= 1;
        let failure = not_prepared(path, reason, left > 0);
        if out.blocking_send(failure).is_err() {
            return;
        }
    }
    let mut batch = Batch::default();
    let mut photos = Photos::default();
    let mut pictures = Vec::new();
    for file in found {
        left -= 1;
        let source = batch.leaves(shelf).and_then(|leaves| match how {
            ShareAs::File => hasher.hash(&file, leaves),
            ShareAs::Photo => hasher.clean(&file, &mut photos, leaves),
        });
        match source {
            Ok(source) => batch.push(file, source, how),
            Err(reason) => {
                let more = left > 0 || !batch.offered.is_empty();
                let failure = not_prepared(file.path, reason, more);
                if out.blocking_send(failure).is_err() {
                    return;
                }
            }
        }
        let is_due = batch.is_full() || photos.is_offer_full() || left == 0;
        if is_due && !batch.offered.is_empty() {
            batch.note_pictures(&mut pictures);
            let batch = std::mem::take(&mut batch);
            let finished = photos
                .finish_offer()
                .and_then(|()| batch.finish(share, left > 0));
            let preparation = match finished {
                Ok(prepared) => Preparation::Offer(prepared),
                Err(error) => not_prepared(PathBuf::new(), describe(&error), left > 0),
            };
            if out.blocking_send(preparation).is_err() {
                return;
            }
        }
    }
    show(pictures, out);
}

/// Makes the small pictures, once nothing else is to be done.
fn show(pictures: Vec<Picture>, out: &mpsc::Sender<Preparation>) {
    for Picture {
        transfer,
        file,
        path,
    } in pictures
    {
        let preview = thumbnails::make(&path).map(|image| Preparation::Preview {
            transfer,
            file,
            image,
        });
        if preview.is_some_and(|preview| out.blocking_send(preview).is_err()) {
            return;
        }
    }
}

struct Hasher<'a> {
    share: ShareId,
    out: &'a mpsc::Sender<Preparation>,
    total_bytes: u64,
    done_bytes: u64,
    told_at: Instant,
}

impl Hasher<'_> {
    fn hash(&mut self, file: &Found, leaves: &mut LeavesWriter) -> Result<SourceFile, String> {
        let first_leaf = leaves.written();
        let hashed = File::open(&file.path).and_then(|source| self.read(source, leaves));
        let (size, root) = hashed.map_err(|error| {
            // The next file's leaves follow those of the last one that is offered.
            let undone = leaves.take_back(first_leaf).err();
            describe(undone.as_ref().unwrap_or(&error))
        })?;
        Ok(SourceFile {
            path: file.path.clone(),
            origin: Origin::Own,
            size,
            root,
            first_leaf,
        })
    }

    fn clean(
        &mut self,
        file: &Found,
        photos: &mut Photos,
        leaves: &mut LeavesWriter,
    ) -> Result<SourceFile, String> {
        let (photo, bytes) = photos.clean(&file.path, leaves.photos_path())?;
        let first_leaf = leaves.written();
        let mut tree = TreeHasher::default();
        let hashed = tree.take(&bytes, leaves).and_then(|()| tree.finish());
        let root = hashed.map_err(|error| {
            photos.take_back(bytes.len() as u64);
            describe(&error)
        })?;
        self.done_bytes += file.size;
        self.tell();
        let size = bytes.len() as u64;
        Ok(SourceFile {
            path: file.path.clone(),
            origin: Origin::Cleaned(photo),
            size,
            root,
            first_leaf,
        })
    }

    fn read(&mut self, mut source: File, leaves: &mut LeavesWriter) -> io::Result<(u64, Hash)> {
        let mut tree = TreeHasher::default();
        let mut block = vec![0; BLOCK_BYTES];
        loop {
            let len = read_full(&mut source, &mut block)?;
            tree.take(&block[..len], leaves)?;
            self.done_bytes += len as u64;
            self.tell();
            if len < BLOCK_BYTES {
                break;
            }
            if tree.size() > FILE_MAX_BYTES {
                return Err(io::Error::other("the file is too large"));
            }
        }
        Ok((tree.size(), tree.finish()?))
    }

    fn tell(&mut self) {
        if self.told_at.elapsed() < PROGRESS_EVERY {
            return;
        }
        self.told_at = Instant::now();
        let Self {
            share,
            done_bytes,
            total_bytes,
            ..
        } = *self;
        let event = RoomEvent::Preparing {
            share,
            done_bytes,
            total_bytes,
        };
        // Progress that nobody has time for is progress nobody misses.
        let _ = self.out.try_send(Preparation::Event(event));
    }
}

/// Reads until the buffer is full or the file ends.
pub(crate) fn read_full(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while len < buffer.len() {
        match source.read(&mut buffer[len..]) {
            Ok(0) => break,
            Ok(more) => len += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}

/// An error of the disk in words for a person.
pub(crate) fn describe(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::StorageFull if error.raw_os_error().is_some() => {
            "the disk is full".to_owned()
        }
        io::ErrorKind::ReadOnlyFilesystem => "the disk is read-only".to_owned(),
        io::ErrorKind::NotADirectory => "a file is in the way of a folder".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use parlor_proto::limits::OFFER_FILES_MAX;

    use super::*;

    fn prepared(paths: Vec<PathBuf>) -> (Vec<Prepared>, Vec<RoomEvent>) {
        let (out, mut queue) = mpsc::channel(1000);
        prepare(
            ShareId(1),
            &paths,
            ShareAs::File,
            &Shelf::new(None, 0),
            &out,
        );
        drop(out);
        let (mut offers, mut events) = (Vec::new(), Vec::new());
        while let Ok(preparation) = queue.try_recv() {
            match preparation {
                Preparation::Offer(offer) => offers.push(offer),
                Preparation::Event(event) => events.push(event),
                Preparation::Preview { .. } => {}
            }
        }
        (offers, events)
    }

    #[test]
    fn a_folder_is_offered_with_its_tree() {
        let folder = tempfile::tempdir().unwrap();
        let trip = folder.path().join("trip");
        std::fs::create_dir_all(trip.join("day 1")).unwrap();
        std::fs::write(trip.join("a.txt"), b"a").unwrap();
        std::fs::write(trip.join("day 1/b.txt"), b"").unwrap();
        let (offers, _) = prepared(vec![trip]);
        let names: Vec<String> = offers[0]
            .offered
            .iter()
            .map(|f| f.path.to_string())
            .collect();
        assert_eq!(names, ["trip/a.txt", "trip/day 1/b.txt"]);
        assert_eq!(offers[0].offered[0].root, *blake3::hash(b"a").as_bytes());
    }

    #[test]
    fn a_missing_path_is_named_and_the_rest_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let (here, missing) = (folder.path().join("here"), folder.path().join("missing"));
        std::fs::write(&here, b"x").unwrap();
        let (offers, events) = prepared(vec![missing.clone(), here]);
        assert_eq!(offers.len(), 1);
        assert!(
            events.iter().any(
                |event| matches!(event, RoomEvent::NotPrepared { path, .. } if *path == missing)
            )
        );
    }

    #[test]
    fn pictures_are_shown_small_after_their_offer() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.txt"), b"a").unwrap();
        let picture = image::RgbImage::new(40, 30);
        picture.save(folder.path().join("b.png")).unwrap();
        let (out, mut queue) = mpsc::channel(10);
        let paths = [folder.path().to_owned()];
        let shelf = Shelf::new(None, 6);
        prepare(ShareId(1), &paths, ShareAs::File, &shelf, &out);
        let offered = queue.try_recv().unwrap();
        assert!(matches!(offered, Preparation::Offer(offer) if offer.transfer == 7));
        let Ok(Preparation::Preview {
            transfer,
            file,
            image,
        }) = queue.try_recv()
        else {
            panic!("no preview");
        };
        assert_eq!((transfer, file), (7, 1));
        assert!(image::load_from_memory(&image).is_ok());
    }

    #[test]
    fn many_files_become_several_offers() {
        let folder = tempfile::tempdir().unwrap();
        for n in 0..OFFER_FILES_MAX + 1 {
            std::fs::write(folder.path().join(n.to_string()), b"x").unwrap();
        }
        let (offers, _) = prepared(vec![folder.path().to_owned()]);
        let counts: Vec<usize> = offers.iter().map(|offer| offer.offered.len()).collect();
        assert_eq!(counts, [OFFER_FILES_MAX, 1]);
        assert_eq!(
            offers.iter().map(|offer| offer.more).collect::<Vec<_>>(),
            [true, false]
        );
    }
}
