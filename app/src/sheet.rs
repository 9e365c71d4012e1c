//! What stands above a screen, one file each.

pub(crate) mod avatar;
pub(crate) mod invite;
pub(crate) mod peer;
pub(crate) mod photo;
pub(crate) mod room_menu;
