//! A window whose page died, as WebKit's process does with a graphics driver or for want of memory,
//! is nothing but its last picture. Everything is kept, so the program starts anew in its place.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;
use std::time::{Duration, Instant};

use dioxus::prelude::*;
use dioxus_desktop::wry::WebViewExtUnix as _;
use parlor_app_model::model::Model;
use webkit2gtk::WebViewExt as _;

use crate::bridge::LastWords;
use crate::window::keep_place;

/// How often it started anew without having lived for [`LIFE_MIN`].
const RESTARTS: &str = "PARLOR_RESTARTS";

/// A page that dies again and again is not started any more.
const RESTARTS_MAX: u32 = 3;

/// After that a page was well.
const LIFE_MIN: Duration = Duration::from_mins(1);

/// Starts the program anew when the page of this window dies; `data_folder` as it was started with.
pub(crate) fn when_the_page_dies(
    model: Signal<Model>,
    last_words: Rc<LastWords>,
    data_folder: Option<PathBuf>,
) {
    let began = Instant::now();
    let (runtime, scope) = (
        dioxus::core::Runtime::current(),
        dioxus::core::current_scope_id(),
    );
    let window = dioxus_desktop::window();
    let seen = Rc::downgrade(&window);
    window
        .webview
        .webview()
        .connect_web_process_terminated(move |_, reason| {
            tracing::error!(?reason, "the page died");
            if let (Some(folder), Some(window)) = (&data_folder, seen.upgrade()) {
                keep_place(&window, folder);
            }
            if !runtime.in_scope(scope, || last_words.say(model)) {
                // The person closed it.
                std::process::exit(0);
            }
            let restarts = std::env::var(RESTARTS).ok();
            let restarts = restarts.and_then(|restarts| restarts.parse().ok());
            let restarts = restarts.filter(|_| began.elapsed() < LIFE_MIN).unwrap_or(0);
            let error = if restarts < RESTARTS_MAX {
                start(restarts + 1, data_folder.as_ref()).to_string()
            } else {
                "it does so again and again".to_owned()
            };
            eprintln!("error: the page of the window died: {error}");
            std::process::exit(1);
        });
}

/// Puts a new start of the program in the place of this one; comes back only with an error.
fn start(restarts: u32, data_folder: Option<&PathBuf>) -> std::io::Error {
    let program = match std::env::current_exe() {
        Ok(program) => program.into_os_string().into_encoded_bytes(),
        Err(error) => return error,
    };
    // An update put another program in its place.
    let program = program.strip_suffix(b" (deleted)").unwrap_or(&program);
    let mut command = Command::new(OsStr::from_bytes(program));
    if let Some(folder) = data_folder {
        command.arg("--data").arg(folder);
    }
    command.env(RESTARTS, restarts.to_string()).exec()
}
