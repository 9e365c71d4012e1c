//! What the person began to write and did not send yet.

use parlor_proto::id::{DeviceId, RoomId};
use parlor_proto::limits::MESSAGE_TEXT_MAX_BYTES;

use crate::effect::{Effect, RoomEffect};
use crate::model::Model;
use crate::room::RoomModel;
use crate::timeline::Body;

impl Model {
    /// The text that is being written in a room is this now.
    pub(super) fn draft(&mut self, id: RoomId, mut text: String) -> Vec<Effect> {
        let is_writing = !text.trim().is_empty();
        if !is_writing {
            text.clear();
        }
        if let Some(room) = self.rooms.get_mut(&id) {
            room.draft = text;
            room.is_draft_due = true;
        }
        if self.settings.shows_typing && self.is_inside(id) {
            return vec![Effect::Room(id, RoomEffect::Typing(is_writing))];
        }
        Vec::new()
    }

    /// Keeps what changed since the last time.
    pub(super) fn keep_drafts(&mut self) -> Vec<Effect> {
        let rooms = self.rooms.iter_mut();
        let due = rooms.filter(|(_, room)| room.is_draft_due);
        due.filter_map(|(id, room)| keep_draft(*id, room)).collect()
    }

    /// Keeps what changed in a room, now.
    pub(super) fn keep_draft_of(&mut self, id: RoomId) -> Option<Effect> {
        keep_draft(id, self.rooms.get_mut(&id)?)
    }
}

/// The end of the app between storing a message and forgetting what was being written leaves both;
/// it would be sent again. This finds it where nobody said anything after it.
pub(super) fn forget_if_sent(room: &mut RoomModel, own: DeviceId) {
    let last = room.last_kept.as_ref();
    let last = last.filter(|last| last.author() == Some(own));
    let Some(Body::Text { text, .. }) = last.map(|last| &last.body) else {
        return;
    };
    if room.draft.trim() == text {
        room.draft.clear();
    } else if let Some(rest) = room.draft.strip_prefix(&format!("{text}\n")) {
        room.draft = rest.to_owned();
    } else {
        return;
    }
    room.is_draft_due = true;
}

fn keep_draft(id: RoomId, room: &mut RoomModel) -> Option<Effect> {
    room.is_draft_due = false;
    let unsent = unsent(room);
    if unsent == room.kept_draft {
        return None;
    }
    room.kept_draft.clone_from(&unsent);
    Some(Effect::KeepDraft(id, unsent))
}

/// All that would be lost with the app: what was sent and is not stored as a message, which may
/// never be, and what is being written. A kill may find a message in both places, never in neither.
fn unsent(room: &RoomModel) -> String {
    let being_written = Some(room.draft.as_str()).filter(|text| !text.is_empty());
    let texts: Vec<&str> = room.timeline.pending().chain(being_written).collect();
    let unsent = texts.join("\n");
    // What is being written comes last, and stays.
    let over = unsent.len().saturating_sub(MESSAGE_TEXT_MAX_BYTES);
    unsent[unsent.ceil_char_boundary(over)..].to_owned()
}
