//! The frame of a room: its head, who is there, and what stands in the way.

use parlor_proto::avatar::Avatar;
use parlor_proto::id::{DeviceId, RoomId};

use super::rows::{Quote, quote};
use super::{LinkState, RoomTitle, link_state, title};
use crate::model::Model;
use crate::room::{Presence, RoomModel, ServerTrouble};
use crate::timeline::EntryKey;

/// A room without its timeline.
#[derive(Debug, Clone, PartialEq)]
pub struct RoomFrame {
    /// Which.
    pub room: RoomId,
    /// What it is called.
    pub title: RoomTitle,
    /// Who is or was here, those who are first.
    pub peers: Vec<PeerChip>,
    /// What stands in the way.
    pub banner: Option<Banner>,
    /// Loaded entries.
    pub entries: usize,
    /// Those of them that were loaded before the first one.
    pub prepended: usize,
    /// Whether older ones can be loaded.
    pub has_older: bool,
    /// Whether the last entries are still to be read.
    pub is_loading: bool,
    /// Names of those who are writing now.
    pub writers: Vec<String>,
    /// The message that the next one answers.
    pub replying: Option<Quote>,
    /// Files that are being read before they are offered: bytes read, and in all.
    pub preparing: Option<(u64, u64)>,
}

/// Somebody in the strip at the top.
#[derive(Debug, Clone, PartialEq)]
pub struct PeerChip {
    /// Their device.
    pub device: DeviceId,
    /// Their name.
    pub name: String,
    /// How they want to be shown.
    pub avatar: Avatar,
    /// How they are connected.
    pub link: LinkState,
    /// Whether the person compared the emoji with them.
    pub is_verified: bool,
    /// Whether they use the name of somebody else.
    pub is_name_taken: bool,
}

/// What stands in the way, the worst first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Banner {
    /// The room cannot be opened.
    Outside {
        /// Why.
        reason: String,
    },
    /// The server refused; those who are here stay connected.
    Rejected {
        /// In its words.
        reason: String,
    },
    /// The server is out of reach.
    ServerLost {
        /// Whether somebody is connected all the same.
        has_company: bool,
        /// Why.
        reason: String,
    },
}

/// A room's frame; nothing for one that is not there.
#[must_use]
pub fn frame(model: &Model, id: RoomId) -> Option<RoomFrame> {
    let room = model.rooms.get(&id)?;
    let preparing = room.preparing.values();
    let preparing = preparing.fold((0, 0), |(done, total), share| {
        (done + share.done_bytes, total + share.total_bytes)
    });
    Some(RoomFrame {
        room: id,
        title: title(room, model.device),
        peers: chips(model, room),
        banner: banner(room),
        entries: room.timeline.entries().len(),
        prepended: room.timeline.prepended(),
        has_older: room.timeline.has_older,
        is_loading: !room.timeline.is_loaded && room.timeline.is_loading,
        writers: writers(room),
        replying: room.replying.and_then(|key| replying(model, room, key)),
        preparing: (!room.preparing.is_empty()).then_some(preparing),
    })
}

fn writers(room: &RoomModel) -> Vec<String> {
    let named = room
        .writers
        .iter()
        .filter_map(|device| room.name_of(*device));
    named.map(str::to_owned).collect()
}

fn replying(model: &Model, room: &RoomModel, key: EntryKey) -> Option<Quote> {
    let reply = room.timeline.reply_to(key)?;
    Some(quote(model, room, &reply))
}

fn banner(room: &RoomModel) -> Option<Banner> {
    if let Presence::Outside { reason } = &room.presence {
        let reason = reason.clone();
        return Some(Banner::Outside { reason });
    }
    match &room.server {
        ServerTrouble::None => None,
        ServerTrouble::Rejected { reason } => Some(Banner::Rejected {
            reason: reason.clone(),
        }),
        ServerTrouble::Lost { reason } => Some(Banner::ServerLost {
            has_company: room.connected().next().is_some(),
            reason: reason.clone(),
        }),
    }
}

fn chips(model: &Model, room: &RoomModel) -> Vec<PeerChip> {
    use parlor_engine::known::Standing;
    let is_shown = |id: &DeviceId| Some(*id) != model.device && !model.blocked.contains_key(id);
    let others = room.members.iter().filter(|(id, _)| is_shown(id));
    let mut chips: Vec<PeerChip> = others
        .map(|(device, member)| {
            let mut peers = room.view.peers.iter();
            let peer = peers.find(|peer| {
                let identity = peer.identity.as_ref();
                identity.is_some_and(|(id, _)| id == device)
            });
            let standing = peer.and_then(|peer| peer.standing.as_ref());
            PeerChip {
                device: *device,
                name: member.name.as_str().to_owned(),
                avatar: member.avatar,
                link: peer.map_or(LinkState::Away, link_state),
                is_verified: matches!(standing, Some(Standing::Verified { .. })),
                is_name_taken: matches!(standing, Some(Standing::NameTaken { .. })),
            }
        })
        .collect();
    chips.sort_by_key(|chip| match chip.link {
        LinkState::Connected { .. } => 0,
        LinkState::Connecting => 1,
        LinkState::Away => 2,
    });
    chips
}
