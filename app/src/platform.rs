//! What differs between desktop, Android and iOS, behind one trait.

use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

#[cfg(not(any(target_os = "android", target_os = "ios")))]
mod desktop;

/// An answer that comes later.
pub type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Why the platform did not do something, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PlatformError(pub String);

/// What the system around the app can do.
pub trait Platform: fmt::Debug + Send + Sync {
    /// Where the app keeps what it knows.
    ///
    /// # Errors
    /// When the system names no place.
    fn data_folder(&self) -> Result<PathBuf, PlatformError>;

    /// Where received files go unless the person chose otherwise.
    ///
    /// # Errors
    /// When the system names no place.
    fn download_folder(&self) -> Result<PathBuf, PlatformError>;

    /// Lets the person choose files, or photos and films only; none when they do not.
    fn pick_files(&self, title: String, photos: bool) -> Later<Vec<PathBuf>>;

    /// Lets the person choose a folder.
    fn pick_folder(&self, title: String) -> Later<Option<PathBuf>>;

    /// Puts text into the clipboard.
    ///
    /// # Errors
    /// What the system says.
    fn copy(&self, text: &str) -> Result<(), PlatformError>;

    /// The picture that is in the clipboard, as a file in `folder`; none if there is none.
    ///
    /// # Errors
    /// What the system says.
    fn paste_picture(&self, folder: &Path) -> Result<Option<PathBuf>, PlatformError>;

    /// Opens a file with the program for it.
    ///
    /// # Errors
    /// What the system says.
    fn open(&self, path: &Path) -> Result<(), PlatformError>;

    /// Shows a file where it is.
    ///
    /// # Errors
    /// What the system says.
    fn reveal(&self, path: &Path) -> Result<(), PlatformError>;

    /// Tells the person something while they look elsewhere.
    ///
    /// # Errors
    /// What the system says.
    fn notify(&self, title: &str, body: &str) -> Result<(), PlatformError>;
}

/// The platform this was built for.
#[cfg(not(any(target_os = "android", target_os = "ios")))]
#[must_use]
pub fn current() -> Arc<dyn Platform> {
    Arc::new(desktop::Desktop::default())
}
