//! Pictures of files in the timeline, by address: `/picture/<author>-<transfer>-<file>` is a small
//! one, `/photo/…` one that fills a screen.
//!
//! Only files that a room told of have an address; nothing else on the disk can be asked for.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use parlor_app_model::picture::PictureId;
use parlor_core::picture::{PREVIEW_SIDE_MAX, PictureError, PictureSource, PictureWorker, Preview};
use parlor_proto::id::DeviceId;

/// Files with an address; the oldest lose theirs.
const SOURCES_MAX: usize = 4096;

/// Pictures that are kept decoded, in bytes: a screen full, several times over.
const CACHE_MAX_BYTES: usize = 24 * 1024 * 1024;

/// How large a picture is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Size {
    /// For the timeline.
    Small,
    /// For a screen of its own.
    Large,
}

impl Size {
    /// The first part of the addresses of such pictures.
    #[must_use]
    pub const fn folder(self) -> &'static str {
        match self {
            Self::Small => "picture",
            Self::Large => "photo",
        }
    }

    const fn side_max(self) -> u32 {
        match self {
            // Half a phone's width on its dense screen.
            Self::Small => 640,
            Self::Large => PREVIEW_SIDE_MAX,
        }
    }

    /// Where the web view asks for a picture of this size.
    #[must_use]
    pub fn address(self, id: PictureId) -> String {
        format!("/{}/{}", self.folder(), id.name())
    }

    /// Which picture is asked for.
    #[must_use]
    pub fn asked(self, path: &str) -> Option<PictureId> {
        let name = path.strip_prefix('/')?.strip_prefix(self.folder())?;
        PictureId::from_name(name.strip_prefix('/')?)
    }
}

/// Where the web view asks for the small picture of a file: another address once the file itself is
/// there, so that it is asked for anew.
#[must_use]
pub fn tile_address(id: PictureId, is_whole: bool) -> String {
    let stage = if is_whole { "whole" } else { "small" };
    format!("{}?{stage}", Size::Small.address(id))
}

#[derive(Debug, Default)]
struct Shelf {
    sources: HashMap<PictureId, PictureSource>,
    order: VecDeque<PictureId>,
    cache: HashMap<(PictureId, Size), Arc<Preview>>,
    cached: VecDeque<(PictureId, Size)>,
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

    /// The picture, no larger than that.
    ///
    /// # Errors
    /// [`PictureError`]; an address nobody gave is no picture.
    pub async fn preview(&self, id: PictureId, size: Size) -> Result<Arc<Preview>, PictureError> {
        let source = {
            let shelf = self.shelf();
            if let Some(preview) = shelf.cache.get(&(id, size)) {
                return Ok(preview.clone());
            }
            shelf.sources.get(&id).cloned()
        };
        let source = source.ok_or(PictureError::NotAPicture)?;
        let worker = self.worker.as_ref().ok_or(PictureError::Stopped)?;
        let preview = Arc::new(worker.preview(source, size.side_max()).await?);
        self.shelf().keep((id, size), preview.clone());
        Ok(preview)
    }
}

impl Default for Pictures {
    fn default() -> Self {
        Self::new()
    }
}

impl Shelf {
    fn keep(&mut self, key: (PictureId, Size), preview: Arc<Preview>) {
        self.drop_cached(key);
        self.cached_bytes += preview.bytes.len();
        self.cache.insert(key, preview);
        self.cached.push_back(key);
        while self.cached_bytes > CACHE_MAX_BYTES && self.cached.len() > 1 {
            if let Some(old) = self.cached.front().copied() {
                self.drop_cached(old);
            }
        }
    }

    /// The file of this picture is another one now, or gone.
    fn uncache(&mut self, id: PictureId) {
        for size in [Size::Small, Size::Large] {
            self.drop_cached((id, size));
        }
    }

    fn drop_cached(&mut self, key: (PictureId, Size)) {
        if let Some(preview) = self.cache.remove(&key) {
            self.cached_bytes -= preview.bytes.len();
            self.cached.retain(|other| *other != key);
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
    fn an_address_names_its_picture_and_its_size() {
        for (size, other) in [(Size::Small, Size::Large), (Size::Large, Size::Small)] {
            assert_eq!(size.asked(&size.address(ID)), Some(ID));
            assert_eq!(other.asked(&size.address(ID)), None);
        }
        for path in [
            "/picture/../etc/passwd",
            "/picture/",
            "/etc/passwd",
            "picture",
        ] {
            assert_eq!(Size::Small.asked(path), None, "{path}");
        }
    }

    #[tokio::test]
    async fn what_no_room_told_of_cannot_be_asked_for() {
        let pictures = Pictures::new();
        assert_eq!(
            pictures.preview(ID, Size::Small).await,
            Err(PictureError::NotAPicture)
        );
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
        let width = async |size| pictures.preview(ID, size).await.unwrap().width;
        assert_eq!(width(Size::Small).await, 4);
        assert_eq!(width(Size::Large).await, 4);
        pictures.add(ID, PictureSource::Path(path));
        pictures.add(ID, bytes);
        assert_eq!(width(Size::Small).await, 40);
        assert_eq!(width(Size::Large).await, 40);
    }

    #[tokio::test]
    async fn a_screen_is_filled_by_more_than_the_timeline_shows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wide.png");
        let wide = image::RgbImage::from_pixel(3000, 20, image::Rgb([0, 0, 200]));
        wide.save(&path).unwrap();
        let pictures = Pictures::new();
        pictures.add(ID, PictureSource::Path(path));
        let width = async |size| pictures.preview(ID, size).await.unwrap().width;
        assert_eq!(width(Size::Small).await, 640);
        assert_eq!(width(Size::Large).await, 2048);
    }
}
