//! One room, as the app knows it.

use std::collections::{BTreeMap, BTreeSet};

use parlor_engine::view::{PeerStateView, RoomView, ServerView, TransferView};
use parlor_proto::avatar::Avatar;
use parlor_proto::id::{DeviceId, RoomId};
use parlor_proto::invite::Invite;
use parlor_proto::text::DisplayName;

use crate::effect::TransferRef;
use crate::msg::RoomFound;
use crate::timeline::{Entry, EntryKey, Timeline};

/// Somebody who was in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub name: DisplayName,
    /// How they want to be shown.
    pub avatar: Avatar,
    /// When they came in while the invite was on screen: it says so for a moment.
    pub came_at_ms: Option<u64>,
}

/// Whether this device is in a room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Presence {
    /// On its way.
    #[default]
    Entering,
    /// It is, connected to the server or not.
    Inside,
    /// It cannot be.
    Outside {
        /// Why.
        reason: String,
    },
}

/// What became of the server.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ServerTrouble {
    /// Nothing.
    #[default]
    None,
    /// It is out of reach; it is tried again.
    Lost {
        /// Why.
        reason: String,
    },
    /// It refused, and is not tried again.
    Rejected {
        /// In its words.
        reason: String,
    },
}

/// Files that are being read before they are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preparing {
    /// Bytes read.
    pub done_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}

/// A room.
#[derive(Debug, Clone)]
pub struct RoomModel {
    /// The way in.
    pub invite: Invite,
    /// Whether this device hosts its server.
    pub is_hosted: bool,
    /// As the person calls it.
    pub title: Option<String>,
    /// When this device first was there, in milliseconds since 1970.
    pub made_at_ms: u64,
    /// The last entry that was found, until others are loaded.
    pub last_kept: Option<Entry>,
    /// Entries of others that were not looked at.
    pub unread: u32,
    /// Whether what was seen is still to be marked as read.
    pub(crate) is_read_due: bool,
    /// What the person began to write.
    pub draft: String,
    /// What is kept of that, and of messages that are not stored.
    pub(crate) kept_draft: String,
    /// Whether that may be another now.
    pub(crate) is_draft_due: bool,
    /// Who is writing now.
    pub writers: BTreeSet<DeviceId>,
    /// The message that the next one of ours answers.
    pub replying: Option<EntryKey>,
    /// Everybody who was there.
    pub members: BTreeMap<DeviceId, Member>,
    /// Whether this device is there.
    pub presence: Presence,
    /// The server.
    pub server: ServerTrouble,
    /// The state as the core shows it.
    pub view: RoomView,
    /// What was said and shared.
    pub timeline: Timeline,
    /// How far each reader has which of our streams.
    pub receipts: BTreeMap<DeviceId, (u64, u64)>,
    /// The stream of our messages of this session.
    pub own_stream: Option<u64>,
    /// Shares that are being read.
    pub preparing: BTreeMap<u64, Preparing>,
    /// Whether it is gone from the list and only waits for the person not to undo it.
    pub is_going: bool,
}

impl RoomModel {
    /// A room that was found or made.
    #[must_use]
    pub fn new(found: RoomFound) -> Self {
        Self {
            invite: found.invite,
            is_hosted: found.is_hosted,
            title: found.title,
            kept_draft: found.draft.clone(),
            is_draft_due: false,
            draft: found.draft,
            made_at_ms: found.made_at_ms,
            last_kept: found.last,
            unread: found.unread,
            is_read_due: false,
            writers: BTreeSet::new(),
            replying: None,
            members: found.members,
            presence: Presence::Entering,
            server: ServerTrouble::None,
            view: RoomView::default(),
            timeline: Timeline::default(),
            receipts: BTreeMap::new(),
            own_stream: None,
            preparing: BTreeMap::new(),
            is_going: false,
        }
    }

    /// The room as the server knows it.
    #[must_use]
    pub fn id(&self) -> RoomId {
        self.invite.secret.room_id()
    }

    /// The last entry.
    #[must_use]
    pub fn last(&self) -> Option<&Entry> {
        self.timeline.last().or(self.last_kept.as_ref())
    }

    /// When something last happened, in milliseconds since 1970.
    #[must_use]
    pub fn changed_at_ms(&self) -> u64 {
        self.last().map_or(self.made_at_ms, |entry| entry.at_ms)
    }

    /// Devices that are connected now.
    pub fn connected(&self) -> impl Iterator<Item = DeviceId> {
        let peers = self.view.peers.iter();
        peers.filter_map(|peer| match (&peer.identity, peer.state) {
            (Some((device, _)), PeerStateView::Connected { .. }) => Some(*device),
            _ => None,
        })
    }

    /// Whether the server introduces newcomers now.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.view.server == ServerView::Joined
    }

    /// By what name somebody goes.
    #[must_use]
    pub fn name_of(&self, device: DeviceId) -> Option<&str> {
        self.members.get(&device).map(|member| member.name.as_str())
    }

    /// How somebody wants to be shown.
    #[must_use]
    pub fn avatar_of(&self, device: DeviceId) -> Avatar {
        let member = self.members.get(&device);
        member.map_or_else(Avatar::default, |member| member.avatar)
    }

    /// The transfers of one offer: one to each member who took it, or the one to us.
    pub fn transfers_of(&self, of: TransferRef) -> impl Iterator<Item = &TransferView> {
        let transfers = self.view.transfers.iter();
        transfers.filter(move |transfer| transfer_ref(transfer) == of)
    }
}

/// What the person can hold or stop of a transfer.
#[must_use]
pub const fn transfer_ref(transfer: &TransferView) -> TransferRef {
    use parlor_engine::input::IncomingKey;
    use parlor_engine::view::Direction;
    match transfer.direction {
        Direction::Outgoing => TransferRef::Outgoing(transfer.transfer),
        Direction::Incoming => TransferRef::Incoming(IncomingKey {
            from: transfer.with,
            transfer: transfer.transfer,
        }),
    }
}
