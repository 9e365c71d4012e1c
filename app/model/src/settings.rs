//! What the person set. Kept as JSON; what is missing or unknown there is as if never set.

use std::path::PathBuf;

use parlor_engine::accept::{AcceptFrom, AcceptKinds, AcceptRules};
use parlor_proto::avatar::Avatar;
use serde::{Deserialize, Serialize};

/// Under which names the home keeps them.
pub const PROFILE: &str = "profile";
/// See [`PROFILE`].
pub const SETTINGS: &str = "settings";

/// Bytes of an offer that is taken without asking, unless set otherwise: a day's photos.
pub const ACCEPT_MAX_BYTES: u64 = 1 << 30;

/// Who the person is to others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// As they want to be called.
    pub name: String,
    /// The colour they want to be shown in, as in [`Avatar`].
    pub colour: u8,
    /// The picture they want to be shown by, as in [`Avatar`].
    pub emblem: u8,
}

impl Profile {
    /// How they want to be shown.
    #[must_use]
    pub const fn avatar(&self) -> Avatar {
        Avatar {
            colour: self.colour,
            emblem: self.emblem,
        }
    }
}

/// Everything in the settings screen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Light or dark.
    pub look: Look,
    /// A language tag (BCP 47); the system's without.
    pub language: Option<String>,
    /// The signaling server for new rooms; without one this device hosts them.
    pub server: Option<String>,
    /// Where received files go; the system's folder for downloads without.
    pub folder: Option<PathBuf>,
    /// Whose offers are taken without asking.
    pub accept_from: AcceptWhom,
    /// Whether those may be files of any kind, and not only photos, films and sound.
    pub accept_any_kind: bool,
    /// Whether peers are reached through TURN servers alone.
    pub relay_only: bool,
    /// Whether photos go out without place and camera.
    pub clean_photos: bool,
    /// Whether others see that the person is writing.
    pub shows_typing: bool,
    /// Whether new messages are told when the window is not in front.
    pub notify: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            look: Look::System,
            language: None,
            server: None,
            folder: None,
            accept_from: AcceptWhom::Nobody,
            accept_any_kind: false,
            relay_only: false,
            clean_photos: true,
            shows_typing: true,
            notify: true,
        }
    }
}

impl Settings {
    /// The engine's form of the rules for offers.
    #[must_use]
    pub const fn accept_rules(&self) -> AcceptRules {
        AcceptRules {
            from: match self.accept_from {
                AcceptWhom::Nobody => AcceptFrom::Nobody,
                AcceptWhom::Verified => AcceptFrom::Verified,
                AcceptWhom::Known => AcceptFrom::Known,
                AcceptWhom::Anyone => AcceptFrom::Anyone,
            },
            max_bytes: ACCEPT_MAX_BYTES,
            kinds: if self.accept_any_kind {
                AcceptKinds::All
            } else {
                AcceptKinds::Media
            },
        }
    }
}

/// Light or dark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// As the system.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// Whose offers are taken without asking; as in the engine, in a form that is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AcceptWhom {
    /// Every offer is asked about.
    #[default]
    Nobody,
    /// Verified devices.
    Verified,
    /// Those and devices met before.
    Known,
    /// Whoever is in the room.
    Anyone,
}
