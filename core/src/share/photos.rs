//! Photos on their way out: cleaned once, and kept in a file until their transfer ends.
//!
//! One file holds all photos of an offer, one behind the other, so that hundreds of them take one
//! handle. With a data folder it is beside the leaves of the offer and outlives the app with it.
//! Without one it has no name and goes with the last handle, however the process ends; its place is
//! the system's folder for temporary files (`TMPDIR`) then.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parlor_photo::{CleanError, PHOTO_MAX_BYTES};

use super::describe;

/// Photos of one offer, in bytes; with more, the next offer begins. About two hundred photos.
const OFFER_PHOTOS_MAX_BYTES: u64 = 1024 * 1024 * 1024;

/// Photos of one share, in bytes: what it may take of the disk while it is on offer.
const SHARE_PHOTOS_MAX_BYTES: u64 = 8 * OFFER_PHOTOS_MAX_BYTES;

/// A cleaned photo among others in a file.
#[derive(Debug)]
pub(super) struct Cleaned {
    pub(super) file: Arc<File>,
    /// Where it begins in the file.
    pub(super) start: u64,
}

/// The cleaned photos of a share.
#[derive(Debug, Default)]
pub(super) struct Photos {
    /// Those of the offer that is being made.
    file: Option<Arc<File>>,
    offer_len_bytes: u64,
    share_len_bytes: u64,
}

impl Photos {
    /// Reads a photo, cleans it and keeps it, in a new file at `place` if it is the first of an
    /// offer; gives where, and its bytes. The reason of a failure is for a person.
    pub(super) fn clean(
        &mut self,
        path: &Path,
        place: Option<PathBuf>,
    ) -> Result<(Cleaned, Vec<u8>), String> {
        let bytes = read(path)?;
        let photo = parlor_photo::clean(&bytes).map_err(|error| error.to_string())?;
        drop(bytes);
        let len_bytes = photo.len() as u64;
        if self.share_len_bytes.saturating_add(len_bytes) > SHARE_PHOTOS_MAX_BYTES {
            return Err("too many photos at once; send the others afterwards".to_owned());
        }
        let kept = self.keep(&photo, place).map_err(|error| {
            let reason = describe(&error);
            format!("its copy without location data cannot be kept here: {reason}")
        })?;
        self.offer_len_bytes = self.offer_len_bytes.saturating_add(len_bytes);
        self.share_len_bytes = self.share_len_bytes.saturating_add(len_bytes);
        Ok((kept, photo))
    }

    fn keep(&mut self, photo: &[u8], place: Option<PathBuf>) -> io::Result<Cleaned> {
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None => {
                let file = match place {
                    Some(path) => File::options()
                        .read(true)
                        .write(true)
                        .create(true)
                        .truncate(true)
                        .open(path)?,
                    None => tempfile::tempfile()?,
                };
                Arc::clone(self.file.insert(Arc::new(file)))
            }
        };
        let start = self.offer_len_bytes;
        // Where an earlier one did not fit, its first part is still there.
        (&*file).seek(SeekFrom::Start(start))?;
        (&*file).write_all(photo)?;
        Ok(Cleaned { file, start })
    }

    /// Whether the next photo belongs into the next offer.
    pub(super) const fn is_offer_full(&self) -> bool {
        self.offer_len_bytes >= OFFER_PHOTOS_MAX_BYTES
    }

    /// The last photo is not offered after all; the next one takes its place.
    pub(super) const fn take_back(&mut self, len_bytes: u64) {
        self.offer_len_bytes = self.offer_len_bytes.saturating_sub(len_bytes);
        self.share_len_bytes = self.share_len_bytes.saturating_sub(len_bytes);
    }

    /// Those of the offer are all there, and durable. The next photo is of another offer.
    pub(super) fn finish_offer(&mut self) -> io::Result<()> {
        self.offer_len_bytes = 0;
        match self.file.take() {
            Some(file) => file.sync_all(),
            None => Ok(()),
        }
    }
}

/// All of a file, or why it is no photo that can be cleaned.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let words = |error: io::Error| describe(&error);
    let too_large = || CleanError::TooLarge.to_string();
    let file = File::open(path).map_err(words)?;
    let len_bytes = file.metadata().map_err(words)?.len();
    let len = usize::try_from(len_bytes).map_err(|_| too_large())?;
    if len > PHOTO_MAX_BYTES {
        return Err(too_large());
    }
    let mut bytes = Vec::with_capacity(len);
    // It may be growing; one byte more tells that it has grown too large.
    let mut limited = file.take(PHOTO_MAX_BYTES as u64 + 1);
    limited.read_to_end(&mut bytes).map_err(words)?;
    if bytes.len() > PHOTO_MAX_BYTES {
        Err(too_large())
    } else {
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::mpsc;

    use super::super::{Preparation, Prepared, Shelf, prepare};
    use super::*;
    use crate::room::{RoomEvent, ShareAs, ShareId};

    fn photo(side: u32) -> Vec<u8> {
        let mut bytes = io::Cursor::new(Vec::new());
        let image = image::RgbImage::from_fn(side, side, |x, y| {
            image::Rgb([x as u8, y as u8, (x ^ y) as u8])
        });
        image
            .write_to(&mut bytes, image::ImageFormat::Jpeg)
            .unwrap();
        bytes.into_inner()
    }

    fn shared(paths: &[PathBuf]) -> (Vec<Prepared>, Vec<(PathBuf, String)>) {
        let (out, mut queue) = mpsc::channel(100);
        prepare(
            ShareId(1),
            paths,
            ShareAs::Photo,
            &Shelf::new(None, 0),
            &out,
        );
        let (mut offers, mut failures) = (Vec::new(), Vec::new());
        while let Ok(preparation) = queue.try_recv() {
            match preparation {
                Preparation::Offer(offer) => offers.push(offer),
                Preparation::Event(RoomEvent::NotPrepared { path, reason, .. }) => {
                    failures.push((path, reason));
                }
                Preparation::Event(_) | Preparation::Preview { .. } => {}
            }
        }
        (offers, failures)
    }

    #[test]
    fn what_is_offered_is_the_cleaned_photo_without_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let (plain, path) = (photo(20), folder.path().join("a.jpg"));
        std::fs::write(&path, [&plain[..], b"a film"].concat()).unwrap();
        let (offers, failures) = shared(&[path]);
        assert_eq!(failures, []);
        let offered = &offers[0].offered[0];
        assert_eq!(offered.root, *blake3::hash(&plain).as_bytes());
        assert_eq!(offered.size, plain.len() as u64);
        assert_eq!(offered.modified_ms, None);
    }

    #[test]
    fn photos_of_one_offer_share_a_file_without_a_name() {
        let folder = tempfile::tempdir().unwrap();
        for side in [20, 30] {
            std::fs::write(folder.path().join(format!("{side}.jpg")), photo(side)).unwrap();
        }
        let mut photos = Photos::default();
        let (first, _) = photos.clean(&folder.path().join("20.jpg"), None).unwrap();
        let (second, _) = photos.clean(&folder.path().join("30.jpg"), None).unwrap();
        assert!(Arc::ptr_eq(&first.file, &second.file));
        assert_eq!(second.start, photo(20).len() as u64);
        photos.finish_offer().unwrap();
        let (third, _) = photos.clean(&folder.path().join("20.jpg"), None).unwrap();
        assert!(!Arc::ptr_eq(&first.file, &third.file));
        assert_eq!(third.start, 0);
    }

    #[test]
    fn what_cannot_be_cleaned_is_not_sent_and_the_rest_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name| folder.path().join(name);
        std::fs::write(path("a.heic"), b"\0\0\0\x18ftypheic\0\0\0\0").unwrap();
        std::fs::write(path("b.txt"), b"hello").unwrap();
        std::fs::write(path("c.jpg"), photo(20)).unwrap();
        let (offers, failures) = shared(&[path("a.heic"), path("b.txt"), path("c.jpg")]);
        assert_eq!(offers[0].offered.len(), 1);
        assert_eq!(failures.len(), 2);
        for (path, reason) in failures {
            assert!(reason.contains("send it as a file"), "{path:?}: {reason}");
        }
    }

    #[test]
    fn a_file_over_the_limit_is_refused_unread() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("huge.jpg");
        let file = File::create(&path).unwrap();
        file.set_len(PHOTO_MAX_BYTES as u64 * 100).unwrap();
        let (_, failures) = shared(&[path]);
        assert!(failures[0].1.contains("64 MiB"), "{failures:?}");
    }
}
