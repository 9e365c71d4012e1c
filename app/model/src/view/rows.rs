//! The timeline, row by row.

use core::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use parlor_engine::input::IncomingKey;
use parlor_engine::view::{TransferStateView, TransferView};
use parlor_proto::avatar::Avatar;
use parlor_proto::id::{DeviceId, RoomId};

use super::{FileKind, file_kind, is_drawn};
use crate::effect::TransferRef;
use crate::model::Model;
use crate::room::RoomModel;
use crate::timeline::{Body, Entry, EntryKey, Fate, Files, Reply};

/// Entries of one author within this time stand together, in milliseconds.
const GROUP_MS: u64 = 3 * 60 * 1000;

/// Files of an offer that are shown one by one; the rest is a number.
pub const CELLS_MAX: usize = 9;

/// An entry as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Which.
    pub key: EntryKey,
    /// When it came, in milliseconds since 1970.
    pub at_ms: u64,
    /// When the one before it came.
    pub before_ms: Option<u64>,
    /// Whose it is.
    pub by: By,
    /// Whether it is the first of a group.
    pub is_first: bool,
    /// Whether it is the last of a group, where the time stands.
    pub is_last: bool,
    /// What it is.
    pub body: RowBody,
}

/// Whose an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Ours.
    Us,
    /// Somebody's.
    Other {
        /// Their device.
        device: DeviceId,
        /// Their name.
        name: String,
        /// How they want to be shown.
        avatar: Avatar,
    },
}

/// A message that another one answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// Whose it is.
    pub by: By,
    /// The first line of its text; none where this device does not have it.
    pub text: Option<String>,
}

/// Characters of a quoted message: two lines on a phone.
const QUOTE_MAX_CHARS: usize = 140;

/// What a row is.
#[derive(Debug, Clone, PartialEq)]
pub enum RowBody {
    /// A message.
    Text {
        /// Its text.
        text: String,
        /// What it answers.
        quote: Option<Quote>,
        /// What became of it.
        state: SaidState,
    },
    /// Files.
    Files(FilesRow),
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaidState {
    /// It is somebody else's.
    Theirs,
    /// It is not stored yet.
    Pending,
    /// It is stored here and waits for others.
    Waiting,
    /// So many have it.
    Delivered {
        /// Devices.
        to: usize,
    },
    /// It could not be said.
    Failed {
        /// Why.
        reason: String,
        /// To say it again.
        pending: u64,
    },
}

/// Files of one offer.
#[derive(Debug, Clone, PartialEq)]
pub struct FilesRow {
    /// To hold or stop it.
    pub of: TransferRef,
    /// The first files.
    pub cells: Vec<FileCell>,
    /// Files in all.
    pub count: usize,
    /// Those of them that did not come.
    pub failed: usize,
    /// Bytes in all.
    pub total_bytes: u64,
    /// How it stands.
    pub state: FilesState,
    /// What to take up again, where it ended without all of its files.
    pub again: Option<IncomingKey>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileCell {
    /// Its index in the offer.
    pub index: u32,
    /// Its name.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// What it is.
    pub kind: FileKind,
    /// Where it is, once it is whole here.
    pub path: Option<PathBuf>,
    /// Whether it is a picture of a kind that this app draws itself.
    pub is_drawn: bool,
    /// Whether a small picture of it came with the offer.
    pub has_preview: bool,
    /// Why it will not arrive.
    pub failure: Option<String>,
}

/// How an offer stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilesState {
    /// The person has to answer it.
    Asked(IncomingKey),
    /// Nobody took it yet.
    Waiting,
    /// It moves.
    Moving(Progress),
    /// It stands still.
    Held {
        /// How far it is.
        progress: Progress,
        /// Whether we hold it.
        by_us: bool,
        /// Why, where it is nobody's wish.
        reason: Option<String>,
    },
    /// It is done; ours are whole at so many devices.
    Done {
        /// Devices; none for somebody else's files.
        to: Option<usize>,
    },
    /// This side declined it.
    Declined,
    /// Somebody stopped it.
    Cancelled {
        /// Whether we did.
        by_us: bool,
    },
    /// It was of an earlier session, and did not come to its end there.
    Over,
}

/// How far a transfer is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes done.
    pub done_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
    /// Smoothed speed.
    pub bytes_per_second: u64,
    /// At that speed.
    pub time_left: Option<Duration>,
}

impl Progress {
    /// Of a thousand.
    #[must_use]
    pub fn permille(&self) -> u64 {
        let total = u128::from(self.total_bytes.max(1));
        let done = u128::from(self.done_bytes) * 1000 / total;
        u64::try_from(done).unwrap_or(1000).min(1000)
    }

    pub(super) fn of<'a>(transfers: impl Iterator<Item = &'a TransferView>) -> Self {
        let mut sum = Self::default();
        for transfer in transfers {
            sum.done_bytes += transfer.done_bytes;
            sum.total_bytes += transfer.total_bytes;
            sum.bytes_per_second += transfer.bytes_per_second;
            sum.time_left = sum.time_left.max(transfer.time_left);
        }
        sum
    }
}

/// Rows of a part of the loaded entries, by their index; what lies outside is left out.
#[must_use]
pub fn rows(model: &Model, id: RoomId, part: Range<usize>) -> Vec<Row> {
    let Some(room) = model.rooms.get(&id) else {
        return Vec::new();
    };
    let entries = room.timeline.entries();
    let part = part.start.min(entries.len())..part.end.min(entries.len());
    part.map(|at| {
        let before = at.checked_sub(1).and_then(|at| entries.get(at));
        row(model, room, &entries[at], (before, entries.get(at + 1)))
    })
    .collect()
}

fn row(
    model: &Model,
    room: &RoomModel,
    entry: &Entry,
    (before, after): (Option<&Entry>, Option<&Entry>),
) -> Row {
    let own = model.device;
    let by = by(room, entry.author(), own);
    let is_ours = by == By::Us;
    let is_with = |other: Option<&Entry>| other.is_some_and(|other| is_together(entry, other, own));
    let body = match &entry.body {
        Body::Text {
            text,
            reply,
            failure,
        } => RowBody::Text {
            text: text.clone(),
            quote: reply.as_ref().map(|reply| quote(model, room, reply)),
            state: said_state(room, entry.key, is_ours, failure.as_deref()),
        },
        Body::Files(files) => RowBody::Files(files_row(room, entry.key, is_ours, files)),
    };
    Row {
        key: entry.key,
        at_ms: entry.at_ms,
        before_ms: before.map(|before| before.at_ms),
        by,
        is_first: !is_with(before),
        is_last: !is_with(after),
        body,
    }
}

/// What a message answers, for a line or two.
pub(super) fn quote(model: &Model, room: &RoomModel, reply: &Reply) -> Quote {
    let known = reply.text.clone();
    let text = known.or_else(|| room.timeline.text_of(EntryKey::of(reply.to)));
    let first_line = |text: String| {
        let line = text.trim().lines().next().unwrap_or_default();
        line.chars().take(QUOTE_MAX_CHARS).collect()
    };
    Quote {
        by: by(room, Some(reply.to.author), model.device),
        text: text.map(first_line),
    }
}

pub(super) fn by(room: &RoomModel, author: Option<DeviceId>, own: Option<DeviceId>) -> By {
    match author {
        Some(device) if Some(device) != own => By::Other {
            device,
            name: room.name_of(device).unwrap_or_default().to_owned(),
            avatar: room.avatar_of(device),
        },
        _ => By::Us,
    }
}

fn is_together(one: &Entry, other: &Entry, own: Option<DeviceId>) -> bool {
    let author = |entry: &Entry| entry.author().or(own);
    author(one) == author(other) && one.at_ms.abs_diff(other.at_ms) < GROUP_MS
}

fn said_state(room: &RoomModel, key: EntryKey, is_ours: bool, failure: Option<&str>) -> SaidState {
    if !is_ours {
        return SaidState::Theirs;
    }
    match (key, failure) {
        (EntryKey::Pending(pending), Some(reason)) => SaidState::Failed {
            reason: reason.to_owned(),
            pending,
        },
        (EntryKey::Message { stream, seq, .. }, _) => {
            let receipts = room.receipts.values();
            let to = receipts
                .filter(|(of, through)| *of == stream && *through >= seq)
                .count();
            if to == 0 {
                SaidState::Waiting
            } else {
                SaidState::Delivered { to }
            }
        }
        _ => SaidState::Pending,
    }
}

pub(super) fn files_row(room: &RoomModel, key: EntryKey, is_ours: bool, files: &Files) -> FilesRow {
    let of = match key {
        EntryKey::Offer { author, transfer } if !is_ours => TransferRef::Incoming(IncomingKey {
            from: author,
            transfer,
        }),
        EntryKey::Offer { transfer, .. } => TransferRef::Outgoing(transfer),
        EntryKey::Message { .. } | EntryKey::Pending(_) => TransferRef::Outgoing(0),
    };
    let cells = (0_u32..).zip(&files.files).take(CELLS_MAX);
    let cells = cells.map(|(index, file)| {
        let name = file.path.file_name().as_str().to_owned();
        FileCell {
            index,
            kind: file_kind(&name),
            is_drawn: is_drawn(&name),
            name,
            size: file.size,
            path: files.paths.get(&index).cloned(),
            has_preview: files.previews.contains(&index),
            failure: files.failures.get(&index).cloned(),
        }
    });
    FilesRow {
        of,
        cells: cells.collect(),
        count: files.files.len(),
        failed: files.failures.len(),
        total_bytes: files.files.iter().map(|file| file.size).sum(),
        state: files_state(room, of, files),
        again: match of {
            TransferRef::Incoming(key) if files.lacks_some() => Some(key),
            TransferRef::Incoming(_) | TransferRef::Outgoing(_) => None,
        },
    }
}

/// How an offer stands, from its transfers and from what became of it.
pub(super) fn files_state(room: &RoomModel, of: TransferRef, files: &Files) -> FilesState {
    match (&files.fate, of) {
        (Fate::Cancelled { by_us }, _) => return FilesState::Cancelled { by_us: *by_us },
        (Fate::Declined, _) => return FilesState::Declined,
        (Fate::Asked, TransferRef::Incoming(key)) => return FilesState::Asked(key),
        (Fate::Done, TransferRef::Incoming(_)) => return FilesState::Done { to: None },
        _ => {}
    }
    let active = || {
        let transfers = room.transfers_of(of);
        transfers.filter(|transfer| transfer.state == TransferStateView::Active)
    };
    if active().next().is_some() {
        let progress = Progress::of(active());
        let hold = active().find_map(|transfer| transfer.hold.clone());
        let moves = active().any(|transfer| transfer.hold.is_none());
        return match hold {
            Some(hold) if !moves => FilesState::Held {
                progress,
                by_us: hold.by_us,
                reason: hold.reason,
            },
            _ => FilesState::Moving(progress),
        };
    }
    match of {
        TransferRef::Incoming(_) if files.paths.len() == files.files.len() => {
            FilesState::Done { to: None }
        }
        TransferRef::Incoming(_) if files.fate == Fate::Taken => {
            FilesState::Moving(Progress::default())
        }
        TransferRef::Incoming(_) => FilesState::Over,
        TransferRef::Outgoing(_) => {
            let whole = room.transfers_of(of).filter(|transfer| {
                transfer.state == TransferStateView::Ended
                    && transfer.files > 0
                    && transfer.done_files == transfer.files
            });
            match whole.count() {
                0 => FilesState::Waiting,
                to => FilesState::Done { to: Some(to) },
            }
        }
    }
}
