//! What the model wants done.

use std::path::PathBuf;

use parlor_engine::input::{IncomingKey, MessageId};
use parlor_proto::code::Code;
use parlor_proto::id::{DeviceId, RoomId};
use parlor_proto::invite::{Invite, ServerUrl};

use crate::settings::{Profile, Settings};
use crate::timeline::EntryKey;

/// Something to be done outside. What comes of it is told as a [`Report`](crate::msg::Report).
#[derive(Debug, Clone)]
pub enum Effect {
    /// Keep the profile.
    KeepProfile(Profile),
    /// Keep the settings; those of open rooms take effect there.
    KeepSettings(Settings),
    /// Make a room: on that server, or on one in this process.
    MakeRoom {
        /// The server somebody set.
        server: Option<ServerUrl>,
    },
    /// Remember a room that somebody invited to.
    KeepRoom(Invite),
    /// Enter a room.
    Enter {
        /// Its way in.
        invite: Invite,
        /// Whether this device hosts its server.
        is_hosted: bool,
    },
    /// To an open room.
    Room(RoomId, RoomEffect),
    /// Remove a room for good, open or not.
    Forget(RoomId),
    /// Call a room something.
    NameRoom(RoomId, Option<String>),
    /// Keep what is being written in a room.
    KeepDraft(RoomId, String),
    /// The person looks at the room's last entry.
    MarkRead(RoomId),
    /// Read entries of a room that come before a place.
    LoadEntries {
        /// The room.
        room: RoomId,
        /// Before this one; the last ones without.
        before: Option<u64>,
    },
    /// Read the text of a message that `answer` answers.
    ReadQuoted {
        /// The room.
        room: RoomId,
        /// The answer.
        answer: EntryKey,
        /// What it answers.
        to: MessageId,
    },
    /// Have nothing to do with a device, in any room, or have it back.
    Block(DeviceId, bool),
    /// Exchange a typed code for an invite.
    Redeem {
        /// Where the code was made.
        server: ServerUrl,
        /// The code.
        code: Code,
    },
    /// Find an invite in a picture.
    ReadPicture(PathBuf),
    /// To the platform.
    Platform(PlatformEffect),
    /// All that comes before this is done; the window can go.
    Close,
}

/// What an open room is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoomEffect {
    /// Say something, in answer to a message or to none.
    Say(String, Option<MessageId>),
    /// Let the others know whether the person is writing.
    Typing(bool),
    /// Offer files.
    Share {
        /// Which.
        paths: Vec<PathBuf>,
        /// Whether pictures go out without what they tell of their maker.
        is_clean: bool,
    },
    /// Take these files of an offer; none declines it.
    Answer(IncomingKey, Vec<u32>),
    /// Take an offer after all that ended without all of its files.
    TakeUpAgain(IncomingKey),
    /// Hold a transfer, or let it go on.
    Pause(TransferRef, bool),
    /// Stop a transfer.
    Cancel(TransferRef),
    /// Make a code that lets one newcomer in.
    OpenCode,
    /// End the code.
    CloseCode,
    /// The emoji of a device are the same, or not.
    Verify(DeviceId, bool),
    /// Remember nothing of a device.
    ForgetDevice(DeviceId),
    /// Try the network anew.
    NetworkChanged,
}

/// A transfer from this device or to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TransferRef {
    /// Ours, by its number.
    Outgoing(u64),
    /// Somebody's.
    Incoming(IncomingKey),
}

/// What the platform is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlatformEffect {
    /// Let the person choose photos or files to share.
    PickFiles {
        /// For which room.
        room: RoomId,
        /// Only photos and films.
        photos: bool,
    },
    /// Share the picture that is in the clipboard, if there is one.
    Paste {
        /// In which room.
        room: RoomId,
    },
    /// Let the person choose a picture of a QR.
    PickQrPicture,
    /// Let the person choose where received files go.
    PickFolder,
    /// Put text into the clipboard.
    Copy(String),
    /// Show a page of the web.
    Visit(String),
    /// Open a file with the program for it.
    Open(PathBuf),
    /// Show a file where it is.
    Reveal(PathBuf),
    /// Keep copies of files where the person wants them.
    Save(Vec<PathBuf>),
    /// Hand files to another app.
    ShareOut(Vec<PathBuf>),
    /// Let the person take a picture of a QR.
    Scan,
    /// Keep the device from falling asleep, or no longer.
    KeepAwake(bool),
    /// Tell the person something while the app is not in front.
    Notify {
        /// The room.
        title: String,
        /// What happened.
        body: NoteBody,
    },
}

/// What a notification says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoteBody {
    /// Somebody said this.
    Said {
        /// Who.
        name: String,
        /// What.
        text: String,
    },
    /// Somebody sends files.
    Files {
        /// Who.
        name: String,
        /// How many.
        count: usize,
    },
}
