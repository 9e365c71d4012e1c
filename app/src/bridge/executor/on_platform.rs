//! What the platform is asked for.

use parlor_app_model::effect::{NoteBody, PlatformEffect};
use parlor_app_model::msg::{Intent, Msg, Report};
use parlor_app_model::toast::Trouble;

use super::{Executor, blocking};
use crate::platform::PlatformError;
use crate::t;
use crate::words::Words;

/// Where pictures from the clipboard are put, in the data folder.
const PASTED: &str = "pasted";

impl Executor {
    pub(super) async fn on_platform(&self, effect: PlatformEffect) {
        let platform = self.platform.clone();
        let words = &self.words;
        let reports = self.reports.clone();
        match effect {
            PlatformEffect::PickFiles { room, photos } => {
                let title = if photos {
                    t!(words, "compose-photos")
                } else {
                    t!(words, "compose-files")
                };
                tokio::spawn(async move {
                    let paths = platform.pick_files(title, photos).await;
                    if !paths.is_empty() {
                        let _ = reports.send(Msg::Report(Report::Picked(room, paths))).await;
                    }
                });
            }
            PlatformEffect::PickQrPicture => {
                let title = t!(words, "join-picture");
                tokio::spawn(async move {
                    let paths = platform.pick_files(title, true).await;
                    if let Some(path) = paths.into_iter().next() {
                        let intent = Intent::JoinByPicture(path);
                        let _ = reports.send(Msg::Intent(intent)).await;
                    }
                });
            }
            PlatformEffect::PickFolder => {
                let title = t!(words, "settings-folder");
                tokio::spawn(async move {
                    if let Some(folder) = platform.pick_folder(title).await {
                        let _ = reports
                            .send(Msg::Report(Report::FolderPicked(folder)))
                            .await;
                    }
                });
            }
            PlatformEffect::Paste { room } => {
                let folder = self.home.folder().join(PASTED);
                let pasted = blocking(move || platform.paste_picture(&folder)).await;
                match pasted {
                    Ok(Some(path)) => self.report(Report::Picked(room, vec![path])).await,
                    Ok(None) => {}
                    Err(error) => {
                        let reason = error.to_string();
                        self.trouble(Trouble::NoClipboard { reason }).await;
                    }
                }
            }
            PlatformEffect::Copy(text) => match blocking(move || platform.copy(&text)).await {
                Ok(()) => self.report(Report::Copied).await,
                Err(error) => {
                    let reason = error.to_string();
                    self.trouble(Trouble::NoClipboard { reason }).await;
                }
            },
            PlatformEffect::Open(path) => self.show(move || platform.open(&path)).await,
            PlatformEffect::Reveal(path) => self.show(move || platform.reveal(&path)).await,
            PlatformEffect::Notify { title, body } => {
                let (title, body) = note(words, title, body);
                // Without a notification service nobody is told; the list still counts.
                let _ = blocking(move || platform.notify(&title, &body)).await;
            }
        }
    }

    async fn show(&self, work: impl FnOnce() -> Result<(), PlatformError> + Send + 'static) {
        if let Err(error) = blocking(work).await {
            let reason = error.to_string();
            self.trouble(Trouble::NotShown { reason }).await;
        }
    }
}

fn note(words: &Words, title: String, body: NoteBody) -> (String, String) {
    let (name, body) = match body {
        NoteBody::Said { name, text } => (name, text),
        NoteBody::Files { name, count } => (name, t!(words, "files", count = count)),
    };
    if title.is_empty() {
        (name, body)
    } else {
        (title, format!("{name}: {body}"))
    }
}
