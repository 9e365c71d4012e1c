//! The invite: QR, link and code.

use parlor_proto::id::RoomId;

use super::{RoomTitle, title};
use crate::model::Model;

/// How long it says that somebody came in, in milliseconds.
const CAME_MS: u64 = 10_000;

/// The invite of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteView {
    /// Which.
    pub room: RoomId,
    /// What it is called.
    pub title: RoomTitle,
    /// What the QR says, and what is copied.
    pub link: String,
    /// The typed code, once the server named its number. None works in a room that this device
    /// hosts: whoever types it would have to know the server's address.
    pub code: Option<String>,
    /// Whether the server introduces newcomers now.
    pub is_online: bool,
    /// Whether the link works on this device's network only.
    pub is_local: bool,
    /// Who came in just now.
    pub came: Vec<String>,
}

/// The invite of a room; nothing for one that is not there.
#[must_use]
pub fn invite(model: &Model, id: RoomId) -> Option<InviteView> {
    let room = model.rooms.get(&id)?;
    let code = room.view.code.as_ref().and_then(|code| code.code.as_ref());
    let came = room.members.values().filter(|member| {
        let at = member.came_at_ms;
        at.is_some_and(|at| model.now_ms.saturating_sub(at) < CAME_MS)
    });
    let is_local = !room.invite.server.is_encrypted();
    Some(InviteView {
        room: id,
        title: title(room, model.device),
        link: room.invite.to_link(),
        code: code.filter(|_| !is_local).map(ToString::to_string),
        is_online: room.is_online(),
        is_local,
        came: came.map(|member| member.name.as_str().to_owned()).collect(),
    })
}
