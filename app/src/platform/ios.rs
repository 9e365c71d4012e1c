//! iOS. Type-checked for it, not run on a device.
//!
//! Everything of UIKit happens on the main thread, where what is asked here is sent to; answers
//! come back over channels. Dialogs are in [`dialogs`], what they tell in [`listener`].

#![allow(
    unsafe_code,
    reason = "Apple's frameworks are not checked by Rust: each call says what it relies on"
)]

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, mpsc};
use std::time::Duration;

use block2::RcBlock;
use dispatch2::DispatchQueue;
use objc2::MainThreadMarker;
use objc2::runtime::Bool;
use objc2_foundation::{NSDictionary, NSError, NSString, NSURL};
use objc2_ui_kit::{UIApplication, UIPasteboard};
use objc2_user_notifications::{
    UNAuthorizationOptions, UNMutableNotificationContent, UNNotificationRequest,
    UNUserNotificationCenter,
};

use super::{Abilities, Later, Platform, PlatformError, Shared};
use crate::given::Given;

mod dialogs;
mod listener;

/// Where everything is kept, in the app's own folder.
const DATA: &str = "Library/Application Support/parlor";

/// Where received files go.
const RECEIVED: &str = "Documents/Received";

/// How long the main thread may take to do something that asks nobody.
const MAIN_MAX: Duration = Duration::from_secs(10);

/// Files that are opened with this app at once.
const FILES_MAX: usize = 1000;

/// What the system handed to the app and nobody took yet.
static GIVEN: Mutex<Given> = Mutex::new(Given {
    link: None,
    files: Vec::new(),
});

/// Keeps what the system handed to the app until [`Platform::given`] takes it.
pub fn opened(given: Given) {
    let mut kept = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    kept.link = given.link.or_else(|| kept.link.take());
    let room = FILES_MAX.saturating_sub(kept.files.len());
    kept.files.extend(given.files.into_iter().take(room));
}

/// An iPhone or iPad.
#[derive(Debug)]
pub(super) struct Ios;

impl Platform for Ios {
    fn abilities(&self) -> Abilities {
        Abilities {
            can_reveal: false,
            can_scan: true,
        }
    }

    fn given(&self) -> Given {
        let given = std::mem::take(&mut *GIVEN.lock().unwrap_or_else(PoisonError::into_inner));
        Given {
            files: given.files.into_iter().map(listener::moved).collect(),
            ..given
        }
    }

    fn data_folder(&self) -> Result<PathBuf, PlatformError> {
        own_folder(DATA)
    }

    fn download_folder(&self) -> Result<PathBuf, PlatformError> {
        own_folder(RECEIVED)
    }

    fn pick_files(&self, _: String, photos: bool) -> Later<Vec<PathBuf>> {
        let picked = dialogs::ask(move |mtm, listener| {
            if photos {
                dialogs::pick_photos(mtm, listener)
            } else {
                dialogs::pick_files(mtm, listener)
            }
        });
        Box::pin(async move {
            picked.await.unwrap_or_else(|error| {
                tracing::warn!(%error, "nothing is picked");
                Vec::new()
            })
        })
    }

    /// Apps write into their own folders only.
    fn pick_folder(&self, _: String) -> Later<Option<PathBuf>> {
        Box::pin(async { None })
    }

    fn copy(&self, text: &str) -> Result<(), PlatformError> {
        let text = text.to_owned();
        on_main(move |_| {
            let text = NSString::from_str(&text);
            // SAFETY: on the main thread, as everything that touches the pasteboard here.
            unsafe { UIPasteboard::generalPasteboard().setString(Some(&text)) };
            Ok(())
        })
    }

    fn paste_picture(&self, folder: &Path) -> Result<Option<PathBuf>, PlatformError> {
        let folder = folder.to_owned();
        on_main(move |_| {
            // SAFETY: on the main thread, as everything that touches the pasteboard here.
            let picture = unsafe { UIPasteboard::generalPasteboard().image() };
            let Some(picture) = picture else {
                return Ok(None);
            };
            let bytes = picture.png_representation().ok_or_else(|| {
                PlatformError("the picture in the clipboard is damaged".to_owned())
            })?;
            let now = chrono::Local::now().format("%Y-%m-%d %H.%M.%S%.3f");
            let path = folder.join(format!("{now}.png"));
            std::fs::create_dir_all(&folder).map_err(words)?;
            std::fs::write(&path, bytes.to_vec()).map_err(words)?;
            Ok(Some(path))
        })
    }

    fn visit(&self, link: &str) -> Result<(), PlatformError> {
        let link = link.to_owned();
        on_main(move |mtm| {
            let url = NSURL::URLWithString(&NSString::from_str(&link))
                .ok_or_else(|| PlatformError(format!("{link} is no address")))?;
            // SAFETY: no options, so none of another type than the system expects.
            unsafe {
                UIApplication::sharedApplication(mtm).openURL_options_completionHandler(
                    &url,
                    &NSDictionary::new(),
                    None,
                );
            }
            Ok(())
        })
    }

    fn open(&self, path: &Path) -> Result<(), PlatformError> {
        let path = path.to_owned();
        on_main(move |mtm| dialogs::preview(mtm, &path))
    }

    fn reveal(&self, path: &Path) -> Result<(), PlatformError> {
        self.open(path)
    }

    fn save(&self, _: String, paths: Vec<PathBuf>) -> Later<Result<bool, PlatformError>> {
        let saved = dialogs::ask(move |mtm, listener| dialogs::export(mtm, listener, &paths));
        Box::pin(async move { saved.await.map(|saved| !saved.is_empty()) })
    }

    fn share_out(&self, paths: &[PathBuf]) -> Result<Shared, PlatformError> {
        let paths = paths.to_owned();
        on_main(move |mtm| dialogs::share_out(mtm, &paths))?;
        Ok(Shared::Sheet)
    }

    fn scan(&self) -> Later<Result<Option<PathBuf>, PlatformError>> {
        let taken = dialogs::ask(dialogs::photograph);
        Box::pin(async move { taken.await.map(|taken| taken.into_iter().next()) })
    }

    fn keep_awake(&self, is_awake: bool) -> Result<(), PlatformError> {
        on_main(move |mtm| {
            UIApplication::sharedApplication(mtm).setIdleTimerDisabled(is_awake);
            Ok(())
        })
    }

    fn notify(&self, title: &str, body: &str) -> Result<(), PlatformError> {
        let (title, body) = (title.to_owned(), body.to_owned());
        // The system asks the person the first time, and remembers what they said.
        let allowed = RcBlock::new(move |is_allowed: Bool, _: *mut NSError| {
            if is_allowed.as_bool() {
                show(&title, &body);
            }
        });
        UNUserNotificationCenter::currentNotificationCenter()
            .requestAuthorizationWithOptions_completionHandler(
                UNAuthorizationOptions::Alert | UNAuthorizationOptions::Sound,
                &allowed,
            );
        Ok(())
    }
}

fn show(title: &str, body: &str) {
    let content = UNMutableNotificationContent::new();
    content.setTitle(&NSString::from_str(title));
    content.setBody(&NSString::from_str(body));
    // Of one room the last note is enough.
    let request = UNNotificationRequest::requestWithIdentifier_content_trigger(
        &NSString::from_str(title),
        &content,
        None,
    );
    UNUserNotificationCenter::currentNotificationCenter()
        .addNotificationRequest_withCompletionHandler(&request, None);
}

fn own_folder(inside: &str) -> Result<PathBuf, PlatformError> {
    let own = std::env::var_os("HOME")
        .ok_or_else(|| PlatformError("the system names no folder for this app".to_owned()))?;
    Ok(Path::new(&own).join(inside))
}

/// Does something on the main thread, and waits for it. Not from the main thread itself.
fn on_main<T: Send + 'static>(
    work: impl FnOnce(MainThreadMarker) -> Result<T, PlatformError> + Send + 'static,
) -> Result<T, PlatformError> {
    let (tell, told) = mpsc::sync_channel(1);
    DispatchQueue::main().exec_async(move || {
        if let Some(mtm) = MainThreadMarker::new() {
            let _ = tell.try_send(work(mtm));
        }
    });
    told.recv_timeout(MAIN_MAX).map_err(words)?
}

fn words(error: impl std::fmt::Display) -> PlatformError {
    PlatformError(error.to_string())
}
