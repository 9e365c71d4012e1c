//! What the platform is asked for.

use std::path::PathBuf;

use parlor_app_model::effect::{NoteBody, PlatformEffect};
use parlor_app_model::msg::{Intent, Msg, Report};
use parlor_app_model::toast::Trouble;

use super::{Executor, Note, blocking};
use crate::platform::{PlatformError, Shared};
use crate::t;
use crate::words::Words;

/// Where pictures from the clipboard are put, in the data folder.
const PASTED: &str = "pasted";

impl Executor {
    pub(super) async fn on_platform(&self, effect: PlatformEffect) {
        let platform = self.platform.clone();
        match effect {
            PlatformEffect::Paste { room } => {
                let folder = self.home.folder().join(PASTED);
                let pasted = blocking(move || platform.paste_picture(&folder)).await;
                match pasted {
                    Ok(Some(path)) => self.report(Report::Picked(room, vec![path])).await,
                    Ok(None) => {}
                    Err(error) => self.trouble(no_clipboard(error)).await,
                }
            }
            PlatformEffect::Copy(text) => match blocking(move || platform.copy(&text)).await {
                Ok(()) => self.report(Report::Copied).await,
                Err(error) => self.trouble(no_clipboard(error)).await,
            },
            PlatformEffect::Visit(link) => self.show(move || platform.visit(&link)),
            PlatformEffect::Open(path) => self.show(move || platform.open(&path)),
            PlatformEffect::Reveal(path) => self.show(move || platform.reveal(&path)),
            PlatformEffect::ShareOut(paths) => self.share_out(paths).await,
            PlatformEffect::KeepAwake(is_awake) => {
                // Without anybody who keeps it awake a machine sleeps, and transfers go on later.
                if let Err(error) = blocking(move || platform.keep_awake(is_awake)).await {
                    tracing::debug!(%error, is_awake, "the machine sleeps when it wants");
                }
            }
            PlatformEffect::Notify { title, body } => {
                if self.notes.try_send(note(&self.words, title, body)).is_err() {
                    tracing::debug!("the notification service does not keep up");
                }
            }
            asks => self.ask(asks),
        }
    }

    /// What a person takes their time for runs beside everything else.
    fn ask(&self, effect: PlatformEffect) {
        let (platform, words) = (self.platform.clone(), self.words.clone());
        let reports = self.reports.clone();
        tokio::spawn(async move {
            let msg = match effect {
                PlatformEffect::PickFiles { room, photos } => {
                    let title = if photos {
                        t!(words, "compose-photos")
                    } else {
                        t!(words, "compose-files")
                    };
                    let paths = platform.pick_files(title, photos).await;
                    (!paths.is_empty()).then_some(Msg::Report(Report::Picked(room, paths)))
                }
                PlatformEffect::PickQrPicture => {
                    let paths = platform.pick_files(t!(words, "join-picture"), true).await;
                    let path = paths.into_iter().next();
                    path.map(|path| Msg::Intent(Intent::JoinByPicture(path)))
                }
                PlatformEffect::Scan => match platform.scan().await {
                    Ok(path) => path.map(|path| Msg::Intent(Intent::JoinByPicture(path))),
                    Err(error) => {
                        let reason = error.to_string();
                        Some(Msg::Report(Report::Trouble(Trouble::NoCamera { reason })))
                    }
                },
                PlatformEffect::PickFolder => {
                    let folder = platform.pick_folder(t!(words, "settings-folder")).await;
                    folder.map(|folder| Msg::Report(Report::FolderPicked(folder)))
                }
                PlatformEffect::Save(paths) => {
                    match platform.save(t!(words, "save-copy"), paths).await {
                        Ok(is_saved) => is_saved.then_some(Msg::Report(Report::Saved)),
                        Err(error) => {
                            let reason = error.to_string();
                            Some(Msg::Report(Report::Trouble(Trouble::NotSaved { reason })))
                        }
                    }
                }
                _ => None,
            };
            if let Some(msg) = msg {
                let _ = reports.send(msg).await;
            }
        });
    }

    async fn share_out(&self, paths: Vec<PathBuf>) {
        let platform = self.platform.clone();
        match blocking(move || platform.share_out(&paths)).await {
            // The sheet says so itself.
            Ok(Shared::Sheet) => {}
            Ok(Shared::Clipboard) => self.report(Report::FilesCopied).await,
            Err(error) => {
                let reason = error.to_string();
                self.trouble(Trouble::NotSharedOut { reason }).await;
            }
        }
    }

    /// Starts another program; nothing else waits for it.
    fn show(&self, work: impl FnOnce() -> Result<(), PlatformError> + Send + 'static) {
        let reports = self.reports.clone();
        tokio::spawn(async move {
            if let Err(error) = blocking(work).await {
                let reason = error.to_string();
                let trouble = Report::Trouble(Trouble::NotShown { reason });
                let _ = reports.send(Msg::Report(trouble)).await;
            }
        });
    }
}

fn no_clipboard(error: PlatformError) -> Trouble {
    let PlatformError(reason) = error;
    Trouble::NoClipboard { reason }
}

fn note(words: &Words, title: String, body: NoteBody) -> Note {
    let (name, body) = match body {
        NoteBody::Said { name, text } => (name, text),
        NoteBody::Files { name, count } => (name, t!(words, "files", count = count)),
    };
    if title.is_empty() {
        Note { title: name, body }
    } else {
        let body = format!("{name}: {body}");
        Note { title, body }
    }
}
