//! Linux, macOS and Windows.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use arboard::Clipboard;
use directories::{ProjectDirs, UserDirs};

use super::{Abilities, Later, Platform, PlatformError, Shared};

mod awake;
mod copies;

/// Ends of names of photos and films, for the dialog.
const PHOTOS_AND_FILMS: &[&str] = &[
    "avif", "gif", "heic", "heif", "jpeg", "jpg", "m4v", "mkv", "mov", "mp4", "png", "tif", "tiff",
    "webm", "webp",
];

/// What is to be chosen in a dialog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// Any number of files.
    Files,
    /// Any number of photos and films.
    Photos,
    /// One folder.
    Folder,
}

/// The folder for received files in the system's folder for downloads.
const RECEIVED: &str = "Parlor";

/// A desktop.
#[derive(Default)]
pub(super) struct Desktop {
    /// What is copied goes with its owner on some systems, so it is kept while the app runs.
    clipboard: Mutex<Option<Clipboard>>,
    awake: Mutex<Vec<keepawake::KeepAwake>>,
}

impl fmt::Debug for Desktop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desktop").finish_non_exhaustive()
    }
}

impl Desktop {
    fn with_clipboard<T>(
        &self,
        work: impl FnOnce(&mut Clipboard) -> Result<T, arboard::Error>,
    ) -> Result<T, arboard::Error> {
        let mut kept = self
            .clipboard
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let clipboard = match kept.take() {
            Some(clipboard) => kept.insert(clipboard),
            None => kept.insert(Clipboard::new()?),
        };
        work(clipboard)
    }
}

impl Platform for Desktop {
    fn abilities(&self) -> Abilities {
        Abilities {
            can_reveal: true,
            can_scan: false,
        }
    }

    fn data_folder(&self) -> Result<PathBuf, PlatformError> {
        let folders = ProjectDirs::from("", "", "parlor");
        let data = folders.map(|folders| folders.data_dir().join("app"));
        data.ok_or_else(|| PlatformError("the system names no folder for data".to_owned()))
    }

    fn download_folder(&self) -> Result<PathBuf, PlatformError> {
        let folders = UserDirs::new()
            .ok_or_else(|| PlatformError("the system names no home folder".to_owned()))?;
        let downloads = folders.download_dir().map(Path::to_owned);
        let downloads = downloads.unwrap_or_else(|| folders.home_dir().join("Downloads"));
        Ok(downloads.join(RECEIVED))
    }

    fn pick_files(&self, title: String, photos: bool) -> Later<Vec<PathBuf>> {
        let wanted = if photos {
            Wanted::Photos
        } else {
            Wanted::Files
        };
        Box::pin(choose(title, wanted))
    }

    fn pick_folder(&self, title: String) -> Later<Option<PathBuf>> {
        Box::pin(async move { choose(title, Wanted::Folder).await.into_iter().next() })
    }

    fn copy(&self, text: &str) -> Result<(), PlatformError> {
        self.with_clipboard(|clipboard| clipboard.set_text(text))
            .map_err(words)
    }

    fn paste_picture(&self, folder: &Path) -> Result<Option<PathBuf>, PlatformError> {
        let picture = match self.with_clipboard(Clipboard::get_image) {
            Ok(picture) => picture,
            Err(arboard::Error::ContentNotAvailable) => return Ok(None),
            Err(error) => return Err(words(error)),
        };
        let (width, height) = (picture.width, picture.height);
        let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
        let pixels =
            image::RgbaImage::from_raw(side(width), side(height), picture.bytes.into_owned())
                .ok_or_else(|| {
                    PlatformError("the picture in the clipboard is damaged".to_owned())
                })?;
        std::fs::create_dir_all(folder).map_err(words)?;
        let now = chrono::Local::now().format("%Y-%m-%d %H.%M.%S%.3f");
        let path = folder.join(format!("{now}.png"));
        pixels.save(&path).map_err(words)?;
        Ok(Some(path))
    }

    fn visit(&self, link: &str) -> Result<(), PlatformError> {
        opener::open_browser(link).map_err(words)
    }

    fn open(&self, path: &Path) -> Result<(), PlatformError> {
        opener::open(path).map_err(words)
    }

    fn reveal(&self, path: &Path) -> Result<(), PlatformError> {
        opener::reveal(path).map_err(words)
    }

    fn save(&self, title: String, paths: Vec<PathBuf>) -> Later<Result<bool, PlatformError>> {
        Box::pin(copies::save(title, paths))
    }

    fn share_out(&self, paths: &[PathBuf]) -> Result<Shared, PlatformError> {
        self.with_clipboard(|clipboard| clipboard.set().file_list(paths))
            .map_err(words)?;
        Ok(Shared::Clipboard)
    }

    fn scan(&self) -> Later<Result<Option<PathBuf>, PlatformError>> {
        Box::pin(async { Ok(None) })
    }

    fn keep_awake(&self, is_awake: bool) -> Result<(), PlatformError> {
        let mut kept = self.awake.lock().unwrap_or_else(PoisonError::into_inner);
        awake::release(&mut kept);
        if is_awake {
            *kept = awake::hold()?;
        }
        Ok(())
    }

    fn notify(&self, title: &str, body: &str) -> Result<(), PlatformError> {
        let mut note = notify_rust::Notification::new();
        note.appname("Parlor").summary(title).body(body);
        note.show().map(drop).map_err(words)
    }
}

/// Lets the person choose; nothing when they do not.
async fn choose(title: String, wanted: Wanted) -> Vec<PathBuf> {
    let mut dialog = rfd::AsyncFileDialog::new().set_title(&title);
    if wanted == Wanted::Photos {
        dialog = dialog.add_filter(&title, &photo_ends());
    }
    let picked = match wanted {
        Wanted::Files | Wanted::Photos => dialog.pick_files().await,
        // Asked for one folder, it tells a dialog that was closed and none at all apart nowhere.
        Wanted::Folder if cfg!(target_os = "linux") => dialog.pick_folders().await,
        Wanted::Folder => dialog.pick_folder().await.map(|folder| vec![folder]),
    };
    match picked {
        Some(picked) => {
            let paths = picked.into_iter().map(|file| file.path().to_owned());
            paths.collect()
        }
        // There was no dialog; one that is closed gives an empty list.
        #[cfg(target_os = "linux")]
        None => super::gtk_dialog::choose(title, wanted).await,
        #[cfg(not(target_os = "linux"))]
        None => Vec::new(),
    }
}

/// Ends of names of photos and films, also in capitals as cameras write them: some dialogs tell
/// them apart.
pub(super) fn photo_ends() -> Vec<String> {
    let capitals = PHOTOS_AND_FILMS.iter().map(|end| end.to_uppercase());
    let ends = PHOTOS_AND_FILMS.iter().map(|end| (*end).to_owned());
    ends.chain(capitals).collect()
}

fn words(error: impl std::fmt::Display) -> PlatformError {
    PlatformError(error.to_string())
}
