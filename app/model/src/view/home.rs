//! The rooms.

use parlor_proto::id::RoomId;

use super::{FileKind, RoomTitle, file_kind, title};
use crate::model::Model;
use crate::room::{Presence, RoomModel};
use crate::timeline::{Body, Entry};

/// The home screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeView {
    /// The rooms, the latest first.
    pub rooms: Vec<RoomLine>,
    /// Whether a room is being made.
    pub is_making_room: bool,
    /// Transfers that move now, in all rooms.
    pub transfers: usize,
    /// The room that is shown beside it.
    pub shown: Option<RoomId>,
}

/// A room in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomLine {
    /// Which.
    pub room: RoomId,
    /// What it is called.
    pub title: RoomTitle,
    /// The last entry.
    pub last: LastLine,
    /// When it came, or the room was made; milliseconds since 1970.
    pub at_ms: u64,
    /// Devices that are connected.
    pub present: usize,
    /// Entries that were not looked at.
    pub unread: u32,
    /// Whether it cannot be opened.
    pub is_broken: bool,
}

/// The last entry of a room in a line. `by` is the author's name; none for ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LastLine {
    /// Nothing was said yet.
    Nothing,
    /// The person began to write this.
    Draft(String),
    /// A message.
    Text {
        /// Whose.
        by: Option<String>,
        /// What.
        text: String,
    },
    /// Photos.
    Photos {
        /// Whose.
        by: Option<String>,
        /// How many.
        count: usize,
    },
    /// Files, some of which are no photos.
    Files {
        /// Whose.
        by: Option<String>,
        /// How many.
        count: usize,
    },
}

/// Characters of a message in the list.
const LINE_MAX_CHARS: usize = 120;

/// The home screen.
#[must_use]
pub fn home(model: &Model) -> HomeView {
    let rooms = model.rooms_by_time();
    HomeView {
        rooms: rooms.into_iter().map(|room| line(model, room)).collect(),
        is_making_room: model.is_making_room,
        transfers: super::transfers::active_count(model),
        shown: model.shown_room(),
    }
}

fn line(model: &Model, room: &RoomModel) -> RoomLine {
    RoomLine {
        room: room.id(),
        title: title(room, model.device),
        last: last(model, room),
        at_ms: room.changed_at_ms(),
        present: room.connected().count(),
        unread: room.unread,
        is_broken: matches!(room.presence, Presence::Outside { .. }),
    }
}

fn last(model: &Model, room: &RoomModel) -> LastLine {
    // Where it is shown, what is written stands in the room itself.
    if !room.draft.is_empty() && model.shown_room() != Some(room.id()) {
        return LastLine::Draft(start_of(&room.draft));
    }
    let last = room.last();
    last.map_or(LastLine::Nothing, |entry| last_entry(model, room, entry))
}

fn start_of(text: &str) -> String {
    text.chars().take(LINE_MAX_CHARS).collect()
}

fn last_entry(model: &Model, room: &RoomModel, entry: &Entry) -> LastLine {
    let other = entry
        .author()
        .filter(|author| Some(*author) != model.device);
    let by = other.map(|author| room.name_of(author).unwrap_or_default().to_owned());
    match &entry.body {
        Body::Text { text, .. } => {
            let text = start_of(text);
            LastLine::Text { by, text }
        }
        Body::Files(files) => {
            let count = files.files.len();
            let mut names = files.files.iter().map(|file| file.path.file_name());
            if names.all(|name| file_kind(name.as_str()) == FileKind::Photo) {
                LastLine::Photos { by, count }
            } else {
                LastLine::Files { by, count }
            }
        }
    }
}
