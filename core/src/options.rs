//! What a room is opened with.

use std::fmt;
use std::path::{Path, PathBuf};

use parlor_engine::accept::AcceptRules;
use parlor_proto::avatar::Avatar;
use parlor_proto::invite::Invite;
use parlor_proto::signal::{IceServer, JoinIntent};
use parlor_proto::text::DisplayName;

use crate::home::Home;

/// STUN servers (RFC 8489) that are asked for our public address when neither the options nor the
/// signaling server name others. They learn that we exist, never what we say.
pub const DEFAULT_STUN_SERVERS: [&str; 2] = [
    "stun:stun.l.google.com:19302",
    "stun:stun.cloudflare.com:3478",
];

/// File bytes that may wait in memory for each sending peer: hides a disk's pauses at line rate.
pub const DEFAULT_WINDOW_BYTES: u32 = 4 * 1024 * 1024;

/// What a room is opened with.
#[derive(Clone)]
pub struct RoomOptions {
    /// Server and secret of the room.
    pub invite: Invite,
    /// Whether the room may be created.
    pub intent: JoinIntent,
    /// Members at most, if this creates the room; the server's default otherwise.
    pub max_peers: Option<u8>,
    /// The person's name.
    pub name: DisplayName,
    /// How the person wants to be shown.
    pub avatar: Avatar,
    /// Where received files go; without one every offer must be declined.
    pub folder: Option<PathBuf>,
    /// Where the device key and the devices that were met are kept.
    pub identity: IdentityLocation,
    /// Whether messages are kept there, too, and what was shared.
    pub keeps_history: bool,
    /// STUN and TURN servers; `None` takes the signaling server's, or the public defaults.
    pub ice_servers: Option<Vec<IceServer>>,
    /// File bytes that may wait in memory for each sending peer.
    pub window_bytes: u32,
    /// Which offers are taken without asking.
    pub accept: AcceptRules,
    /// Whether file bytes may go over a lane (QUIC) where the other side has one; without it they
    /// take the data channel.
    pub has_lane: bool,
    /// Whether peers are reached by TURN servers alone: they then do not learn this device's
    /// address (RFC 8445, section 4), and without such a server nobody is reached.
    pub relay_only: bool,
}

/// Where the device key and what is known of other devices are kept.
#[derive(Debug, Clone)]
pub enum IdentityLocation {
    /// Until the room is left: others meet a new device each time.
    Memory,
    /// In a file in this folder, which is made, for its owner alone, if it is not there.
    Folder(PathBuf),
    /// In the file of an open home: for programs with several rooms at once.
    Home(Home),
}

impl IdentityLocation {
    /// The folder, if anything is kept.
    pub(crate) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Memory => None,
            Self::Folder(folder) => Some(folder),
            Self::Home(home) => Some(home.folder()),
        }
    }

    /// The folder, for an error's words; empty where nothing is kept.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder().map(Path::to_owned).unwrap_or_default()
    }
}

impl fmt::Debug for RoomOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Paths, names and addresses are nobody's business in a log.
        f.debug_struct("RoomOptions")
            .field("intent", &self.intent)
            .field("window_bytes", &self.window_bytes)
            .finish_non_exhaustive()
    }
}

impl RoomOptions {
    /// Options with the defaults: nothing kept, nothing received.
    #[must_use]
    pub fn new(invite: Invite, intent: JoinIntent, name: DisplayName) -> Self {
        Self {
            invite,
            intent,
            max_peers: None,
            name,
            avatar: Avatar::default(),
            folder: None,
            identity: IdentityLocation::Memory,
            keeps_history: false,
            ice_servers: None,
            window_bytes: DEFAULT_WINDOW_BYTES,
            accept: AcceptRules::default(),
            has_lane: true,
            relay_only: false,
        }
    }
}
