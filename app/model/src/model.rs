//! Everything the app knows.

use std::collections::BTreeMap;
use std::path::PathBuf;

use parlor_engine::view::TransferStateView;
use parlor_proto::id::{DeviceId, RoomId};

use crate::join::Join;
use crate::picture::PictureId;
use crate::room::RoomModel;
use crate::settings::{Profile, Settings};
use crate::toast::Toast;

/// Where the app stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Stage {
    /// The home is being opened.
    #[default]
    Opening,
    /// It cannot be opened.
    Broken {
        /// Why.
        reason: String,
    },
    /// The person has not said their name yet.
    Welcome,
    /// In use.
    Ready,
}

/// A screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Screen {
    /// The rooms.
    #[default]
    Home,
    /// The way into somebody's room.
    Join,
    /// A room.
    Room(RoomId),
    /// All transfers of all rooms.
    Transfers,
    /// What can be set.
    Settings,
    /// How everything stands, for somebody who helps.
    Diagnostics,
    /// What this is.
    About,
    /// Whose work is in it, and on what terms.
    Licences,
    /// A room for files from another app is to be chosen.
    Share,
}

/// Something above the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sheet {
    /// The QR of a room.
    Invite(RoomId),
    /// Somebody in a room.
    Peer(RoomId, DeviceId),
    /// What can be done with a room.
    RoomMenu(RoomId),
    /// How the person wants to be shown.
    Avatar,
    /// A photo, as large as it can be.
    Photo(RoomId, PictureId),
}

/// Everything the app knows. Changed by [`Self::update`] alone.
#[derive(Debug, Clone, Default)]
pub struct Model {
    /// Milliseconds since 1970.
    pub now_ms: u64,
    /// Whether the window is in front.
    pub is_in_front: bool,
    /// Where the app stands.
    pub stage: Stage,
    /// This device.
    pub device: Option<DeviceId>,
    /// The person.
    pub profile: Profile,
    /// What they set.
    pub settings: Settings,
    /// The screens one can go back to; the last one is shown, home without any.
    pub screens: Vec<Screen>,
    /// What is above the screen.
    pub sheet: Option<Sheet>,
    /// Every room.
    pub rooms: BTreeMap<RoomId, RoomModel>,
    /// Whether a room is being made.
    pub is_making_room: bool,
    /// The join screen.
    pub join: Join,
    /// Files from another app that wait for a room.
    pub sharing: Vec<PathBuf>,
    /// A link that came before the person said their name.
    pub link_waiting: Option<String>,
    /// Devices that the person wants nothing to do with, and their owners' names.
    pub blocked: BTreeMap<DeviceId, String>,
    /// Short words.
    pub toasts: Vec<Toast>,
    /// Toasts so far.
    pub(crate) toast_count: u64,
    /// Whether the platform was asked to keep the device awake.
    pub(crate) is_kept_awake: bool,
}

impl Model {
    /// What is shown.
    #[must_use]
    pub fn screen(&self) -> Screen {
        self.screens.last().copied().unwrap_or_default()
    }

    /// The room that is shown.
    #[must_use]
    pub fn shown_room(&self) -> Option<RoomId> {
        match self.screen() {
            Screen::Room(room) => Some(room),
            _ => None,
        }
    }

    /// Whether bytes of a file move in any room: the device should not fall asleep now. What is
    /// held, or waits for somebody who is not here, may wait asleep.
    #[must_use]
    pub fn is_moving(&self) -> bool {
        self.rooms.values().any(|room| {
            room.view.transfers.iter().any(|transfer| {
                transfer.state == TransferStateView::Active
                    && transfer.hold.is_none()
                    && room.connected().any(|device| device == transfer.with)
            })
        })
    }

    /// Rooms that are not about to go, the one where something happened last first.
    #[must_use]
    pub fn rooms_by_time(&self) -> Vec<&RoomModel> {
        let mut rooms: Vec<_> = self.rooms.values().filter(|room| !room.is_going).collect();
        rooms.sort_by_key(|room| core::cmp::Reverse(room.changed_at_ms()));
        rooms
    }
}
