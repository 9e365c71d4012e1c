//! Short words at the edge of the window: what was done and can be undone, or what went wrong.

use parlor_proto::id::{DeviceId, RoomId};

/// How long a toast stays, in milliseconds: time to read a line and reach for "Undo".
pub const TOAST_MS: u64 = 6_000;

/// Toasts at once; an older one gives way.
pub const TOASTS_MAX: usize = 3;

/// One toast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// Tells it from others.
    pub id: u64,
    /// What it says.
    pub text: ToastText,
    /// When it goes by itself, in milliseconds since 1970.
    pub until_ms: u64,
}

/// What a toast says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToastText {
    /// The room will be forgotten; it can be undone until the toast goes.
    Forgetting {
        /// Which.
        room: RoomId,
    },
    /// A device will be forgotten; it can be undone until the toast goes.
    ForgettingDevice {
        /// In which room it was said so.
        room: RoomId,
        /// Which.
        device: DeviceId,
        /// Its owner's name.
        name: String,
    },
    /// Somebody is blocked; that can be undone.
    Blocked {
        /// The device.
        device: DeviceId,
        /// Its owner's name.
        name: String,
    },
    /// Something is in the clipboard.
    Copied,
    /// Files are in the clipboard.
    FilesCopied,
    /// Copies of files were made.
    Saved,
    /// Something went wrong.
    Trouble(Trouble),
}

impl ToastText {
    /// Whether the person can still take it back.
    #[must_use]
    pub const fn can_be_undone(&self) -> bool {
        match self {
            Self::Forgetting { .. } | Self::ForgettingDevice { .. } | Self::Blocked { .. } => true,
            Self::Copied | Self::FilesCopied | Self::Saved | Self::Trouble(_) => false,
        }
    }
}

/// What went wrong, in kinds that have words in every language; `reason` is the system's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// A room cannot be opened.
    RoomNotOpened {
        /// Why.
        reason: String,
    },
    /// A message is not sent.
    NotSaid {
        /// Why.
        reason: String,
    },
    /// A file cannot be sent.
    NotPrepared {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
    /// Settings or rooms are not kept.
    NotKept {
        /// Why.
        reason: String,
    },
    /// A file cannot be opened or shown.
    NotShown {
        /// Why.
        reason: String,
    },
    /// A copy of a file cannot be made.
    NotSaved {
        /// Why.
        reason: String,
    },
    /// Files cannot be handed to another app.
    NotSharedOut {
        /// Why.
        reason: String,
    },
    /// The camera cannot be used.
    NoCamera {
        /// Why.
        reason: String,
    },
    /// The clipboard cannot be used.
    NoClipboard {
        /// Why.
        reason: String,
    },
}
