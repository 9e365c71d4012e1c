//! What differs between desktop, Android and iOS, behind one trait.

use std::fmt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;

use crate::given::Given;

#[cfg(target_os = "android")]
mod android;
#[cfg(not(any(target_os = "android", target_os = "ios")))]
mod desktop;
#[cfg(target_os = "linux")]
mod gtk_dialog;
#[cfg(target_os = "ios")]
mod ios;

#[cfg(target_os = "ios")]
pub use ios::opened;

/// An answer that comes later.
pub type Later<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Why the platform did not do something, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct PlatformError(pub String);

/// What screens offer only where the system has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// Files are in folders that the person can look into; where they are not, a copy can be saved.
    pub can_reveal: bool,
    /// There is a camera that can be held to a QR.
    pub can_scan: bool,
}

/// Where files went that were handed to another app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shared {
    /// The system asks the person which app.
    Sheet,
    /// They are in the clipboard, for the person to paste.
    Clipboard,
}

/// What the system around the app can do.
///
/// Everything but [`Self::abilities`] is called from threads that may wait, never from the one of
/// the window.
pub trait Platform: fmt::Debug + Send + Sync {
    /// What screens may offer.
    fn abilities(&self) -> Abilities;

    /// What links and other apps gave since this was last asked, where that does not come with
    /// another start.
    fn given(&self) -> Given {
        Given::default()
    }

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

    /// Shows a page of the web; `link` is `http` or `https`.
    ///
    /// # Errors
    /// What the system says.
    fn visit(&self, link: &str) -> Result<(), PlatformError>;

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

    /// Keeps copies of files where the person wants them; `false` if they want none after all.
    fn save(&self, title: String, paths: Vec<PathBuf>) -> Later<Result<bool, PlatformError>>;

    /// Hands files to another app.
    ///
    /// # Errors
    /// What the system says.
    fn share_out(&self, paths: &[PathBuf]) -> Result<Shared, PlatformError>;

    /// Lets the person take a picture of a QR; none when they do not.
    fn scan(&self) -> Later<Result<Option<PathBuf>, PlatformError>>;

    /// Keeps the device from falling asleep by itself, until told otherwise or the app ends.
    ///
    /// # Errors
    /// What the system says; the device then sleeps when it wants.
    fn keep_awake(&self, is_awake: bool) -> Result<(), PlatformError>;

    /// Tells the person something while they look elsewhere.
    ///
    /// # Errors
    /// What the system says.
    fn notify(&self, title: &str, body: &str) -> Result<(), PlatformError>;
}

/// The platform this was built for.
#[must_use]
pub fn current() -> Arc<dyn Platform> {
    #[cfg(target_os = "android")]
    return Arc::new(android::Android);
    #[cfg(target_os = "ios")]
    return Arc::new(ios::Ios);
    #[cfg(not(any(target_os = "android", target_os = "ios")))]
    return Arc::new(desktop::Desktop::default());
}

#[cfg(test)]
mod tests {
    /// Both sides name them in strings, which no compiler compares.
    #[test]
    fn what_android_is_asked_for_is_there_in_kotlin() {
        let rust = include_str!("platform/android.rs");
        let kotlin = include_str!("../../android/MainActivity.kt");
        let calls = rust.split("call(\"").skip(1);
        let waits = rust.split("wait(\"").skip(1);
        let names: Vec<&str> = calls
            .chain(waits)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        assert_eq!(names.len(), 13, "{names:?}");
        for name in names {
            let method = format!("@JvmStatic\n    fun {name}(");
            assert!(kotlin.contains(&method), "{name}");
        }
    }
}
