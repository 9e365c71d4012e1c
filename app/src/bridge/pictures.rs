//! Small pictures of files in the timeline, by address: `/picture/<author>-<transfer>-<file>`.
//!
//! Only files that a room told of have an address; nothing else on the disk can be asked for.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use parlor_core::picture::{PictureError, PictureSource, PictureWorker, Preview};
use parlor_proto::id::DeviceId;

/// Files with an address; the oldest lose theirs.
const SOURCES_MAX: usize = 4096;

/// Pictures that are kept decoded, in bytes: a screen full, several times over.
const CACHE_MAX_BYTES: usize = 24 * 1024 * 1024;

/// Longest side, in pixels: half a phone's width on its dense screen.
const SIDE_MAX: u32 = 640;

/// Names a file of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PictureId {
    /// Whose offer.
    pub author: DeviceId,
    /// The transfer.
    pub transfer: u64,
    /// The file.
    pub file: u32,
}

impl PictureId {
    /// Where the web view asks for it.
    #[must_use]
    pub fn address(&self) -> String {
        let Self {
            author,
            transfer,
            file,
        } = self;
        format!("/picture/{author}-{transfer}-{file}")
    }

    /// From the path of a request.
    #[must_use]
    pub fn from_path(path: &str) -> Option<Self> {
        let name = path.strip_prefix("/picture/")?;
        let mut parts = name.split('-');
        let id = Self {
            author: parts.next()?.parse().ok()?,
            transfer: parts.next()?.parse().ok()?,
            file: parts.next()?.parse().ok()?,
        };
        parts.next().is_none().then_some(id)
    }
}

#[derive(Debug, Default)]
struct Shelf {
    sources: HashMap<PictureId, PictureSource>,
    order: VecDeque<PictureId>,
    cache: HashMap<PictureId, Arc<Preview>>,
    cached: VecDeque<PictureId>,
    cached_bytes: usize,
}

/// The pictures that can be asked for.
#[derive(Debug, Clone)]
pub struct Pictures {
    worker: Option<PictureWorker>,
    shelf: Arc<Mutex<Shelf>>,
}

impl Pictures {
    /// No pictures yet.
    #[must_use]
    pub fn new() -> Self {
        let worker = PictureWorker::start();
        if let Err(error) = &worker {
            tracing::error!(%error, "pictures are not shown");
        }
        Self {
            worker: worker.ok(),
            shelf: Arc::default(),
        }
    }

    fn shelf(&self) -> std::sync::MutexGuard<'_, Shelf> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives files of an offer their addresses.
    pub fn add_files(&self, (author, transfer): (DeviceId, u64), paths: &BTreeMap<u32, PathBuf>) {
        for (file, path) in paths {
            let id = PictureId {
                author,
                transfer,
                file: *file,
            };
            self.add(id, PictureSource::Path(path.clone()));
        }
    }

    /// Gives a file an address. A file on the disk takes the place of the small picture that came
    /// with its offer, never the other way round.
    pub fn add(&self, id: PictureId, source: PictureSource) {
        let mut shelf = self.shelf();
        let shelf = &mut *shelf;
        match shelf.sources.get(&id) {
            None => shelf.order.push_back(id),
            Some(PictureSource::Path(_)) if matches!(source, PictureSource::Bytes(_)) => return,
            Some(_) => shelf.uncache(id),
        }
        shelf.sources.insert(id, source);
        while shelf.order.len() > SOURCES_MAX {
            if let Some(old) = shelf.order.pop_front() {
                shelf.sources.remove(&old);
                shelf.uncache(old);
            }
        }
    }

    /// The small picture.
    ///
    /// # Errors
    /// [`PictureError`]; an address nobody gave is no picture.
    pub async fn preview(&self, id: PictureId) -> Result<Arc<Preview>, PictureError> {
        let source = {
            let shelf = self.shelf();
            if let Some(preview) = shelf.cache.get(&id) {
                return Ok(preview.clone());
            }
            shelf.sources.get(&id).cloned()
        };
        let source = source.ok_or(PictureError::NotAPicture)?;
        let worker = self.worker.as_ref().ok_or(PictureError::Stopped)?;
        let preview = Arc::new(worker.preview(source, SIDE_MAX).await?);
        self.shelf().keep(id, preview.clone());
        Ok(preview)
    }
}

impl Default for Pictures {
    fn default() -> Self {
        Self::new()
    }
}

impl Shelf {
    fn keep(&mut self, id: PictureId, preview: Arc<Preview>) {
        self.uncache(id);
        self.cached_bytes += preview.bytes.len();
        self.cache.insert(id, preview);
        self.cached.push_back(id);
        while self.cached_bytes > CACHE_MAX_BYTES && self.cached.len() > 1 {
            if let Some(old) = self.cached.front().copied() {
                self.uncache(old);
            }
        }
    }

    fn uncache(&mut self, id: PictureId) {
        if let Some(preview) = self.cache.remove(&id) {
            self.cached_bytes -= preview.bytes.len();
            self.cached.retain(|other| *other != id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: PictureId = PictureId {
        author: DeviceId([7; 16]),
        transfer: u64::MAX,
        file: 3,
    };

    #[test]
    fn an_address_names_its_file_and_nothing_else() {
        assert_eq!(PictureId::from_path(&ID.address()), Some(ID));
        for path in [
            "/picture/../etc/passwd",
            "/picture/",
            "/etc/passwd",
            "/picture/a-1-2",
        ] {
            assert_eq!(PictureId::from_path(path), None, "{path}");
        }
    }

    #[tokio::test]
    async fn what_no_room_told_of_cannot_be_asked_for() {
        let pictures = Pictures::new();
        assert_eq!(pictures.preview(ID).await, Err(PictureError::NotAPicture));
    }

    #[tokio::test]
    async fn the_file_itself_is_shown_once_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("red.png");
        image::RgbImage::from_pixel(40, 20, image::Rgb([200, 0, 0]))
            .save(&path)
            .unwrap();
        let mut small = std::io::Cursor::new(Vec::new());
        let thumbnail = image::RgbImage::from_pixel(4, 2, image::Rgb([200, 0, 0]));
        thumbnail
            .write_to(&mut small, image::ImageFormat::Png)
            .unwrap();
        let bytes = PictureSource::Bytes(small.into_inner().into());
        let pictures = Pictures::new();
        pictures.add(ID, bytes.clone());
        assert_eq!(pictures.preview(ID).await.unwrap().width, 4);
        pictures.add(ID, PictureSource::Path(path));
        pictures.add(ID, bytes);
        assert_eq!(pictures.preview(ID).await.unwrap().width, 40);
    }
}
