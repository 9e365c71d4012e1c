//! What each screen shows, as data without words: the words are the renderer's.

pub mod diagnostics;
pub mod home;
pub mod invite;
pub mod links;
pub mod peer;
pub mod photo;
pub mod room;
pub mod rows;
pub mod transfers;

use std::time::Duration;

pub use parlor_engine::input::IncomingKey;
pub use parlor_engine::known::Standing;
use parlor_engine::view::{AddressKind, PathView, PeerStateView, PeerView};
use parlor_proto::id::DeviceId;

use crate::room::RoomModel;

/// What a room is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomTitle {
    /// As the person calls it.
    Own(String),
    /// By who was there, in no order but that of their devices.
    People(Vec<String>),
    /// Nobody was there yet.
    Nobody,
}

/// Names in a title; more do not fit on a phone.
const TITLE_NAMES_MAX: usize = 3;

/// What a room is called.
#[must_use]
pub fn title(room: &RoomModel, own: Option<DeviceId>) -> RoomTitle {
    if let Some(title) = &room.title {
        return RoomTitle::Own(title.clone());
    }
    let others = room.members.iter().filter(|(id, _)| Some(**id) != own);
    let names: Vec<String> = others
        .map(|(_, member)| member.name.as_str().to_owned())
        .take(TITLE_NAMES_MAX)
        .collect();
    if names.is_empty() {
        RoomTitle::Nobody
    } else {
        RoomTitle::People(names)
    }
}

/// How two devices reach each other, as people think of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PathKind {
    /// On the same network.
    Near,
    /// Straight through the internet.
    Direct,
    /// Through a TURN server, which sees nothing but sealed bytes.
    Relayed,
}

/// How a connection goes.
#[must_use]
pub const fn path_kind(path: &PathView) -> PathKind {
    match (path.local, path.remote) {
        (AddressKind::Relay, _) | (_, AddressKind::Relay) => PathKind::Relayed,
        (AddressKind::Host, AddressKind::Host) => PathKind::Near,
        _ => PathKind::Direct,
    }
}

/// How somebody is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkState {
    /// Not here.
    Away,
    /// On the way.
    Connecting,
    /// Here.
    Connected {
        /// How.
        path: Option<PathKind>,
        /// Round-trip time.
        round_trip: Option<Duration>,
    },
}

fn link_state(peer: &PeerView) -> LinkState {
    match peer.state {
        PeerStateView::Waiting | PeerStateView::Connecting => LinkState::Connecting,
        PeerStateView::Connected { .. } => LinkState::Connected {
            path: peer.path.as_ref().map(path_kind),
            round_trip: peer.path.as_ref().and_then(|path| path.round_trip),
        },
    }
}

/// A kind of file, by the end of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A picture.
    Photo,
    /// A film.
    Film,
    /// Sound.
    Sound,
    /// Anything else.
    Other,
}

const PHOTOS: &[&str] = &[
    "avif", "bmp", "dng", "gif", "heic", "heif", "jpeg", "jpg", "jxl", "png", "tif", "tiff", "webp",
];
/// Those of them that the app draws itself (`parlor-core`'s `picture`).
const DRAWN: &[&str] = &["gif", "jpeg", "jpg", "png", "webp"];
const FILMS: &[&str] = &["3gp", "avi", "m4v", "mkv", "mov", "mp4", "ogv", "webm"];
const SOUNDS: &[&str] = &[
    "aac", "aiff", "flac", "m4a", "mp3", "oga", "ogg", "opus", "wav",
];

/// Whether a file is a picture of a kind that the app draws itself; others are for other apps.
#[must_use]
pub fn is_drawn(name: &str) -> bool {
    end_of(name).is_some_and(|end| DRAWN.contains(&end.as_str()))
}

fn end_of(name: &str) -> Option<String> {
    name.rsplit_once('.').map(|(_, end)| end.to_lowercase())
}

/// The kind of a file.
#[must_use]
pub fn file_kind(name: &str) -> FileKind {
    let end = end_of(name);
    let is_in = |kinds: &[&str]| end.as_deref().is_some_and(|end| kinds.contains(&end));
    if is_in(PHOTOS) {
        FileKind::Photo
    } else if is_in(FILMS) {
        FileKind::Film
    } else if is_in(SOUNDS) {
        FileKind::Sound
    } else {
        FileKind::Other
    }
}
