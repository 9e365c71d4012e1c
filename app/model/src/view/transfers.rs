//! All transfers of all rooms.

use parlor_engine::view::TransferStateView;
use parlor_proto::id::RoomId;

use super::rows::{By, FilesRow, FilesState, by, files_row};
use super::{RoomTitle, title};
use crate::model::Model;
use crate::timeline::Body;

/// Ended transfers that are listed; older ones are in their rooms.
const ENDED_MAX: usize = 30;

/// One transfer.
#[derive(Debug, Clone, PartialEq)]
pub struct TransferLine {
    /// Where.
    pub room: RoomId,
    /// What the room is called.
    pub title: RoomTitle,
    /// Whose files they are.
    pub by: By,
    /// When it was offered, in milliseconds since 1970.
    pub at_ms: u64,
    /// The files.
    pub files: FilesRow,
}

impl TransferLine {
    /// Whether something is still to happen.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(
            self.files.state,
            FilesState::Asked(_)
                | FilesState::Waiting
                | FilesState::Moving(_)
                | FilesState::Held { .. }
        )
    }
}

/// All transfers of what is loaded, the open ones first, the latest first.
#[must_use]
pub fn transfers(model: &Model) -> Vec<TransferLine> {
    let mut lines = Vec::new();
    for room in model.rooms.values().filter(|room| !room.is_going) {
        let entries = room.timeline.entries().iter();
        lines.extend(entries.filter_map(|entry| {
            let Body::Files(files) = &entry.body else {
                return None;
            };
            let by = by(room, entry.author(), model.device);
            Some(TransferLine {
                room: room.id(),
                title: title(room, model.device),
                at_ms: entry.at_ms,
                files: files_row(room, entry.key, by == By::Us, files),
                by,
            })
        }));
    }
    lines.sort_by_key(|line| (!line.is_open(), core::cmp::Reverse(line.at_ms)));
    let open = lines.iter().filter(|line| line.is_open()).count();
    lines.truncate(open + ENDED_MAX);
    lines
}

/// Transfers that move now, in all rooms.
#[must_use]
pub fn active_count(model: &Model) -> usize {
    let transfers = model.rooms.values().flat_map(|room| &room.view.transfers);
    transfers
        .filter(|transfer| transfer.state == TransferStateView::Active)
        .count()
}
