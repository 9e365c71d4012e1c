//! What the person began to write and did not send yet.

use parlor_proto::id::RoomId;

use crate::effect::{Effect, RoomEffect};
use crate::model::Model;

impl Model {
    /// The text that is being written in a room is this now.
    pub(super) fn draft(&mut self, id: RoomId, mut text: String) -> Vec<Effect> {
        let is_writing = !text.trim().is_empty();
        if !is_writing {
            text.clear();
        }
        if let Some(room) = self.rooms.get_mut(&id) {
            room.draft = text;
        }
        if self.settings.shows_typing && self.is_inside(id) {
            return vec![Effect::Room(id, RoomEffect::Typing(is_writing))];
        }
        Vec::new()
    }

    /// What changed since the last time is kept. What was sent is kept as if it were still being
    /// written until it is stored as a message: it is never in neither place.
    pub(super) fn keep_drafts(&mut self) -> Vec<Effect> {
        let rooms = self.rooms.iter_mut();
        let due = rooms.filter(|(_, room)| {
            let is_stored = !room.draft.is_empty() || !room.timeline.has_pending();
            room.draft != room.kept_draft && is_stored
        });
        due.map(|(id, room)| {
            room.kept_draft.clone_from(&room.draft);
            Effect::KeepDraft(*id, room.draft.clone())
        })
        .collect()
    }
}
