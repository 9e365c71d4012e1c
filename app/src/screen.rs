//! The screens, one file each.

pub(crate) mod about;
pub(crate) mod diagnostics;
pub(crate) mod home;
pub(crate) mod join;
pub(crate) mod licences;
pub(crate) mod opening;
pub(crate) mod room;
pub(crate) mod settings;
pub(crate) mod share;
pub(crate) mod transfers;
pub(crate) mod welcome;

use parlor_app_model::view::RoomTitle;

use crate::t;
use crate::words::Words;

/// What a room is called.
pub(crate) fn room_title(words: &Words, title: &RoomTitle) -> String {
    match title {
        RoomTitle::Own(title) => title.clone(),
        RoomTitle::People(names) => names.join(&t!(words, "name-separator")),
        RoomTitle::Nobody => t!(words, "room-nobody"),
    }
}
