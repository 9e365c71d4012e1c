//! Files of one offer: what they are, and how it goes with them.

use dioxus::prelude::*;
use lucide_dioxus::{AudioLines, Download, File, Film, FolderOpen, Image, Pause, Play, Share2, X};
use parlor_app_model::effect::TransferRef;
use parlor_app_model::model::Sheet;
use parlor_app_model::msg::{Intent, RoomIntent};
use parlor_app_model::picture::PictureId;
use parlor_app_model::view::FileKind;
use parlor_app_model::view::IncomingKey;
use parlor_app_model::view::rows::{By, FileCell, FilesRow, FilesState, Progress};
use parlor_proto::id::{DeviceId, RoomId};

use super::button::IconButton;
use crate::app::own_device;
use crate::bridge::pictures::tile_address;
use crate::bridge::use_courier;
use crate::platform::Abilities;
use crate::words::{Words, use_words};
use crate::{format, t};

/// Tiles of photos that are shown; the last one counts the rest.
const TILES_MAX: usize = 6;

/// Files of one offer.
#[component]
pub(crate) fn Offer(room: RoomId, files: FilesRow, by: By) -> Element {
    let words = use_words();
    let own = own_device();
    let author = match (&by, own) {
        (By::Other { device, .. }, _) => Some(*device),
        (By::Us, own) => own,
    };
    let photos: Vec<FileCell> = files
        .cells
        .iter()
        .filter(|cell| is_shown(cell))
        .cloned()
        .collect();
    let others: Vec<FileCell> = files
        .cells
        .iter()
        .filter(|cell| !is_shown(cell))
        .cloned()
        .collect();
    let hidden = files.count - files.cells.len();
    let is_theirs = matches!(by, By::Other { .. });
    rsx! {
        div { class: "offer",
            if !photos.is_empty() {
                Tiles { room, photos, author, of: files.of, hidden: if others.is_empty() { hidden } else { 0 } }
            }
            for cell in others.clone() {
                FileLine { key: "{cell.index}", cell, is_theirs }
            }
            if hidden > 0 && !others.is_empty() {
                p { class: "hint", style: "padding: 0 var(--s2)", {t!(words, "files-more", count = hidden)} }
            }
            for cell in files.cells.iter().filter(|cell| cell.failure.is_some()).cloned() {
                p { class: "problem",
                    {t!(words, "file-failed", name = cell.name.clone(), reason = cell.failure.clone().unwrap_or_default())}
                }
            }
            State { room, files: files.clone(), by }
        }
    }
}

/// Whether a file is shown as a picture. One that only other apps draw is a line that opens them.
const fn is_shown(cell: &FileCell) -> bool {
    cell.is_drawn && (cell.path.is_some() || cell.has_preview)
}

#[component]
fn Tiles(
    room: RoomId,
    photos: Vec<FileCell>,
    author: Option<DeviceId>,
    of: TransferRef,
    hidden: usize,
) -> Element {
    let courier = use_courier();
    let shown = photos.len().min(TILES_MAX);
    let rest = photos.len() - shown + hidden;
    let grid = match shown {
        1 => "one",
        2 => "two",
        4 => "four",
        _ => "",
    };
    let transfer = match of {
        TransferRef::Outgoing(transfer) => transfer,
        TransferRef::Incoming(key) => key.transfer,
    };
    let id_of = |cell: &FileCell| {
        author.map(|author| PictureId {
            author,
            transfer,
            file: cell.index,
        })
    };
    rsx! {
        div { class: "tiles {grid}",
            for (at, cell) in photos.into_iter().take(TILES_MAX).enumerate() {
                button {
                    key: "{cell.index}",
                    class: "tile",
                    r#type: "button",
                    disabled: cell.path.is_none(),
                    "aria-label": "{cell.name}",
                    onclick: {
                        let courier = courier.clone();
                        let id = id_of(&cell);
                        move |_| {
                            if let Some(id) = id {
                                courier.send(Intent::Show(Sheet::Photo(room, id)));
                            }
                        }
                    },
                    Image { size: 28 }
                    if let Some(id) = id_of(&cell) {
                        img {
                            src: tile_address(id, cell.path.is_some()),
                            alt: "",
                            loading: "lazy",
                            draggable: "false",
                        }
                    }
                    if at + 1 == shown && rest > 0 {
                        span { class: "rest", "+{rest}" }
                    }
                }
            }
        }
    }
}

#[component]
fn FileLine(cell: FileCell, is_theirs: bool) -> Element {
    let words = use_words();
    let courier = use_courier();
    let (reveal, save, share) = (courier.clone(), courier.clone(), courier.clone());
    let can_reveal = use_context::<Abilities>().can_reveal;
    let path = cell.path.clone();
    let kind = match cell.kind {
        FileKind::Photo => rsx! { Image { size: 20 } },
        FileKind::Film => rsx! { Film { size: 20 } },
        FileKind::Sound => rsx! { AudioLines { size: 20 } },
        FileKind::Other => rsx! { File { size: 20 } },
    };
    let what = rsx! {
        span { class: "kind", {kind} }
        span { class: "grow",
            span { class: "name", dir: "auto", "{cell.name}" }
            span { class: "sub", {format::size(&words, cell.size)} }
        }
    };
    let Some(path) = path else {
        return rsx! { div { class: "file-line", {what} } };
    };
    let (shown, saved, shared) = (path.clone(), path.clone(), path.clone());
    rsx! {
        div { style: "display: flex; align-items: center",
            button {
                class: "file-line",
                r#type: "button",
                title: t!(words, "open"),
                onclick: move |_| courier.send(Intent::Open(path.clone())),
                {what}
            }
            if can_reveal {
                IconButton {
                    label: t!(words, "reveal"),
                    onclick: move |_| reveal.send(Intent::Reveal(shown.clone())),
                    FolderOpen { size: 18 }
                }
            } else if is_theirs {
                IconButton {
                    label: t!(words, "save-copy"),
                    onclick: move |_| save.send(Intent::Save(vec![saved.clone()])),
                    Download { size: 18 }
                }
            }
            if is_theirs {
                IconButton {
                    label: t!(words, "share-out"),
                    onclick: move |_| share.send(Intent::ShareOut(vec![shared.clone()])),
                    Share2 { size: 18 }
                }
            }
        }
    }
}

/// How an offer stands, and what can be done about it.
#[component]
fn State(room: RoomId, files: FilesRow, by: By) -> Element {
    let words = use_words();
    match files.state.clone() {
        FilesState::Asked(key) => rsx! { Ask { room, of: key, files, by } },
        FilesState::Moving(progress) => rsx! {
            Moving { room, of: files.of, progress, held: None }
        },
        FilesState::Held {
            progress,
            by_us,
            reason,
        } => {
            let held = match (reason, by_us) {
                (Some(reason), _) => t!(words, "files-held-reason", reason = reason),
                (None, true) => t!(words, "files-held-us"),
                (None, false) => t!(words, "files-held-them"),
            };
            rsx! { Moving { room, of: files.of, progress, held: Some((held, by_us)) } }
        }
        FilesState::Waiting => rsx! {
            div { class: "state",
                p { class: "grow", {t!(words, "files-waiting")} }
                Stop { room, of: files.of }
            }
        },
        over => rsx! {
            div { class: "state",
                p { class: "grow", {over_text(&words, &over, &files)} }
                if let Some(of) = files.again {
                    Again { room, of, was_declined: over == FilesState::Declined }
                }
                // Photos have no line of their own for it.
                if files.cells.iter().any(|cell| is_shown(cell) && cell.path.is_some())
                    && matches!(by, By::Other { .. })
                {
                    HandOn { room, of: files.of }
                }
            }
        },
    }
}

/// The way back to files that did not come.
#[component]
fn Again(room: RoomId, of: IncomingKey, was_declined: bool) -> Element {
    let words = use_words();
    let courier = use_courier();
    rsx! {
        button {
            class: "button small",
            r#type: "button",
            onclick: move |_| courier.send(Intent::Room(room, RoomIntent::TakeUpAgain(of))),
            if was_declined {
                {t!(words, "take-after-all")}
            } else {
                {t!(words, "retry")}
            }
        }
    }
}

/// What can be done with all files of an offer that are here.
#[component]
fn HandOn(room: RoomId, of: TransferRef) -> Element {
    let words = use_words();
    let courier = use_courier();
    let share = courier.clone();
    rsx! {
        IconButton {
            label: t!(words, "save-copy"),
            onclick: move |_| courier.send(Intent::Room(room, RoomIntent::Save(of))),
            Download { size: 18 }
        }
        IconButton {
            label: t!(words, "share-out"),
            onclick: move |_| share.send(Intent::Room(room, RoomIntent::ShareOut(of))),
            Share2 { size: 18 }
        }
    }
}

fn over_text(words: &Words, state: &FilesState, files: &FilesRow) -> String {
    let said = match state {
        FilesState::Done { to: Some(to) } => {
            let to = *to;
            t!(words, "files-sent", count = to)
        }
        FilesState::Done { to: None } if files.failed > 0 => {
            let (failed, count) = (files.failed, files.count);
            return t!(words, "files-incomplete", failed = failed, count = count);
        }
        FilesState::Done { to: None } => t!(words, "files-done"),
        FilesState::Declined => t!(words, "files-declined"),
        FilesState::Cancelled { by_us: true } => t!(words, "files-cancelled-us"),
        FilesState::Cancelled { by_us: false } => t!(words, "files-cancelled-them"),
        _ => t!(words, "files-over"),
    };
    format!("{said} · {}", format::size(words, files.total_bytes))
}

/// What somebody wants to send.
#[must_use]
pub(crate) fn what(words: &Words, files: &FilesRow) -> String {
    if files.cells.iter().all(|cell| cell.kind == FileKind::Photo) {
        t!(words, "photos", count = files.count)
    } else {
        t!(words, "files", count = files.count)
    }
}

#[component]
fn Ask(room: RoomId, of: IncomingKey, files: FilesRow, by: By) -> Element {
    let words = use_words();
    let courier = use_courier();
    let take = courier.clone();
    let name = match by {
        By::Other { name, .. } if !name.is_empty() => name,
        _ => t!(words, "unnamed"),
    };
    let (what, size) = (
        what(&words, &files),
        format::size(&words, files.total_bytes),
    );
    let answer = move |takes| Intent::Room(room, RoomIntent::Answer(of, takes));
    rsx! {
        p { style: "padding: 0 var(--s2)",
            {t!(words, "offer-asked", name = name, what = what, size = size)}
        }
        div { class: "ask",
            button {
                class: "button",
                r#type: "button",
                onclick: move |_| courier.send(answer(false)),
                {t!(words, "decline")}
            }
            button {
                class: "button main",
                r#type: "button",
                onclick: move |_| take.send(answer(true)),
                {t!(words, "take")}
            }
        }
    }
}

/// A transfer under way; `held` says why it stands still, and whether we hold it.
#[component]
fn Moving(
    room: RoomId,
    of: TransferRef,
    progress: Progress,
    held: Option<(String, bool)>,
) -> Element {
    let words = use_words();
    let courier = use_courier();
    let permille = progress.permille();
    let percent = format!("{}.{}%", permille / 10, permille % 10);
    let is_held = held.is_some();
    let is_ours = held.as_ref().is_some_and(|(_, by_us)| *by_us);
    let amount = {
        let done = format::size(&words, progress.done_bytes);
        let total = format::size(&words, progress.total_bytes);
        t!(words, "files-moving", done = done, total = total)
    };
    let pace = match held {
        Some((held, _)) => held,
        None => pace(&words, &progress),
    };
    rsx! {
        div {
            class: if is_held { "progress held" } else { "progress" },
            role: "progressbar",
            "aria-valuemin": "0",
            "aria-valuemax": "1000",
            "aria-valuenow": "{permille}",
            div { style: "width: {percent}" }
        }
        div { class: "state",
            div { class: "grow",
                p { "{amount}" }
                // The line stays, so that nothing moves when there is no speed yet.
                p { class: "pace", "{pace}" }
            }
            if is_ours || !is_held {
                IconButton {
                    label: if is_held { t!(words, "resume") } else { t!(words, "pause") },
                    onclick: move |_| courier.send(Intent::Room(room, RoomIntent::Pause(of, !is_held))),
                    if is_held { Play { size: 18 } } else { Pause { size: 18 } }
                }
            }
            Stop { room, of }
        }
    }
}

fn pace(words: &Words, progress: &Progress) -> String {
    let speed = progress.bytes_per_second;
    let speed = (speed > 0).then(|| format::speed(words, speed));
    let left = progress
        .time_left
        .map(|left| format::time_left(words, left));
    let parts: Vec<String> = speed.into_iter().chain(left).collect();
    parts.join(" · ")
}

#[component]
fn Stop(room: RoomId, of: TransferRef) -> Element {
    let words = use_words();
    let courier = use_courier();
    rsx! {
        IconButton {
            label: t!(words, "cancel"),
            onclick: move |_| courier.send(Intent::Room(room, RoomIntent::Cancel(of))),
            X { size: 18 }
        }
    }
}
