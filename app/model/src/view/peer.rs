//! Somebody in a room.

use parlor_engine::known::Standing;
use parlor_proto::avatar::Avatar;
use parlor_proto::emoji::Comparison;
use parlor_proto::id::{DeviceId, RoomId};

use super::{LinkState, link_state};
use crate::model::Model;

/// The sheet of a peer.
#[derive(Debug, Clone, PartialEq)]
pub struct PeerSheetView {
    /// Where.
    pub room: RoomId,
    /// Whose.
    pub device: DeviceId,
    /// Their name.
    pub name: String,
    /// How they want to be shown.
    pub avatar: Avatar,
    /// Whether the person wants nothing to do with them.
    pub is_blocked: bool,
    /// How they are connected.
    pub link: LinkState,
    /// Bytes a second of all transfers with them.
    pub bytes_per_second: u64,
    /// What is known of them.
    pub standing: Option<Standing>,
    /// To be compared with what their screen shows.
    pub emoji: Option<Comparison>,
}

/// The sheet of a peer; nothing for one who was never there.
#[must_use]
pub fn peer(model: &Model, id: RoomId, device: DeviceId) -> Option<PeerSheetView> {
    let room = model.rooms.get(&id)?;
    let member = room.members.get(&device)?;
    let mut peers = room.view.peers.iter();
    let peer = peers.find(|peer| {
        let identity = peer.identity.as_ref();
        identity.is_some_and(|(of, _)| *of == device)
    });
    let transfers = room.view.transfers.iter();
    let with = transfers.filter(|transfer| transfer.with == device);
    Some(PeerSheetView {
        room: id,
        device,
        name: member.name.as_str().to_owned(),
        avatar: member.avatar,
        is_blocked: model.blocked.contains_key(&device),
        link: peer.map_or(LinkState::Away, link_state),
        bytes_per_second: with.map(|transfer| transfer.bytes_per_second).sum(),
        standing: peer.and_then(|peer| peer.standing.clone()),
        emoji: peer.and_then(|peer| peer.emoji),
    })
}
