//! What changes the model.

use std::collections::BTreeMap;
use std::path::PathBuf;

use parlor_engine::input::IncomingKey;
use parlor_engine::notice::Notice;
use parlor_engine::view::RoomView;
use parlor_proto::frame::OfferedFile;
use parlor_proto::id::{DeviceId, RoomId};
use parlor_proto::invite::Invite;

use crate::effect::TransferRef;
use crate::join::JoinProblem;
use crate::model::{Screen, Sheet};
use crate::room::Member;
use crate::settings::{Profile, Settings};
use crate::timeline::{Entry, EntryKey};
use crate::toast::Trouble;

/// Something that changes the model.
#[derive(Debug, Clone)]
pub enum Msg {
    /// The person did something.
    Intent(Intent),
    /// The world did.
    Report(Report),
}

/// What the person wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Intent {
    /// Be called and shown like that.
    CallMe(Profile),
    /// Show a screen.
    Go(Screen),
    /// Show something above the screen.
    Show(Sheet),
    /// One step back: the sheet first, then the screen.
    Back,
    /// Make a room and show its QR.
    NewRoom,
    /// See a room.
    SeeRoom(RoomId),
    /// Something was typed or pasted where a link or a code goes.
    TypeInvite(String),
    /// Go in by what was typed.
    Join,
    /// Go in by a picture of a QR.
    JoinByPicture(PathBuf),
    /// Let the person choose such a picture.
    PickQrPicture,
    /// Let the person take such a picture.
    Scan,
    /// A link was opened that the system handed to the app.
    OpenLink(String),
    /// Files came from another app, for a room to be chosen.
    ShareIn(Vec<PathBuf>),
    /// In a room.
    Room(RoomId, RoomIntent),
    /// Change settings.
    Set(Settings),
    /// Choose where received files go.
    PickFolder,
    /// Have nothing to do with a device, or have it back.
    Block {
        /// The device.
        device: DeviceId,
        /// By what name its owner goes.
        name: String,
        /// Whether it is blocked from now on.
        is_blocked: bool,
    },
    /// Put something into the clipboard.
    Copy(String),
    /// Follow a link that stands in a message.
    Follow(String),
    /// Open a file.
    Open(PathBuf),
    /// Show a file where it is.
    Reveal(PathBuf),
    /// Keep copies of files where the person wants them.
    Save(Vec<PathBuf>),
    /// Hand files to another app.
    ShareOut(Vec<PathBuf>),
    /// Take back what a toast says.
    Undo(u64),
    /// Send a toast away.
    Dismiss(u64),
}

/// What the person wants in a room.
#[derive(Debug, Clone, PartialEq)]
pub enum RoomIntent {
    /// Say something, in answer to what was chosen, if anything.
    Say(String),
    /// Choose a message to answer, or none.
    Reply(Option<EntryKey>),
    /// The text that is being written is this now.
    Draft(String),
    /// Say again what could not be said.
    SayAgain(u64),
    /// Choose photos or files.
    Pick {
        /// Only photos and films.
        photos: bool,
    },
    /// Share the picture that is in the clipboard, if there is one.
    Paste,
    /// Share these.
    Share(Vec<PathBuf>),
    /// Take a whole offer, or decline it.
    Answer(IncomingKey, bool),
    /// Take an offer after all that ended without all of its files.
    TakeUpAgain(IncomingKey),
    /// Hold a transfer, or let it go on.
    Pause(TransferRef, bool),
    /// Stop a transfer.
    Cancel(TransferRef),
    /// Keep copies of the files of an offer that are here.
    Save(TransferRef),
    /// Hand the files of an offer that are here to another app.
    ShareOut(TransferRef),
    /// A code to read out, a new one if there is one.
    OpenCode,
    /// End the code.
    CloseCode,
    /// The emoji of a device are the same, or not.
    Verify(DeviceId, bool),
    /// Remember nothing of a device.
    ForgetDevice(DeviceId),
    /// Call the room something.
    Name(String),
    /// Remove the room and all that was said there from this device.
    Forget,
    /// See older entries.
    ShowOlder,
    /// Try the server again now.
    Retry,
}

/// What happened outside.
#[derive(Debug, Clone)]
pub enum Report {
    /// What the home keeps.
    Home {
        /// This device.
        device: DeviceId,
        /// Who the person is; nobody on first use.
        profile: Option<Profile>,
        /// What they set.
        settings: Settings,
        /// Their rooms.
        rooms: Vec<RoomFound>,
        /// Devices that they want nothing to do with, and their owners' names.
        blocked: BTreeMap<DeviceId, String>,
    },
    /// The home cannot be opened; nothing works without.
    HomeBroken(String),
    /// The time, in milliseconds since 1970; every second.
    Clock(u64),
    /// Whether the window is in front.
    InFront(bool),
    /// The window is about to be closed.
    Closing,
    /// A new room is kept and can be entered.
    RoomMade {
        /// Its way in.
        invite: Invite,
        /// Whether this device hosts its server.
        is_hosted: bool,
    },
    /// A room is kept that somebody invited to, known before or not.
    Invited(Invite),
    /// That could not be done.
    JoinFailed(JoinProblem),
    /// A room is open.
    Entered(RoomId, DeviceId),
    /// A room has another way in: its server moved with this device.
    Moved(Invite),
    /// A room cannot be opened.
    NotEntered(RoomId, String),
    /// Something happened in a room.
    Notice(RoomId, Notice),
    /// The state of a room.
    View(RoomId, RoomView),
    /// Files are being read before they are offered.
    Preparing {
        /// The room.
        room: RoomId,
        /// Which share.
        share: u64,
        /// Bytes read.
        done_bytes: u64,
        /// Bytes in all.
        total_bytes: u64,
    },
    /// Files of this device are on offer.
    Prepared {
        /// The room.
        room: RoomId,
        /// Which share; none for one of an earlier session.
        share: Option<u64>,
        /// The transfer.
        transfer: u64,
        /// The files.
        files: Vec<OfferedFile>,
        /// Where they are, by their index.
        paths: BTreeMap<u32, PathBuf>,
        /// Whether more of the share follows.
        more: bool,
    },
    /// A path cannot be offered.
    NotPrepared {
        /// The room.
        room: RoomId,
        /// Which share.
        share: u64,
        /// The name of the file.
        name: String,
        /// Why.
        reason: String,
        /// Whether more of the share follows.
        more: bool,
    },
    /// A file of an offer is on this device.
    FileAt {
        /// The room.
        room: RoomId,
        /// Whose offer.
        author: DeviceId,
        /// The transfer and the file.
        file: (u64, u32),
        /// Where.
        path: PathBuf,
    },
    /// Entries that were asked for, oldest first.
    Entries {
        /// The room.
        room: RoomId,
        /// The entries.
        entries: Vec<Entry>,
        /// Whether there may be older ones.
        has_older: bool,
        /// How far each reader has which of our streams; with the last entries only.
        receipts: Vec<(DeviceId, u64, u64)>,
    },
    /// The text of a message that another one answers.
    Quoted {
        /// The room.
        room: RoomId,
        /// The answer.
        answer: EntryKey,
        /// The text.
        text: String,
    },
    /// The person chose files for a room.
    Picked(RoomId, Vec<PathBuf>),
    /// The person chose where received files go.
    FolderPicked(PathBuf),
    /// Text is in the clipboard.
    Copied,
    /// Files are in the clipboard, as this system has nothing else to hand them on by.
    FilesCopied,
    /// Copies of files are where the person wanted them.
    Saved,
    /// Something did not work.
    Trouble(Trouble),
}

/// A room as the home keeps it.
#[derive(Debug, Clone)]
pub struct RoomFound {
    /// The way in.
    pub invite: Invite,
    /// Whether this device hosts its server.
    pub is_hosted: bool,
    /// As the person calls it.
    pub title: Option<String>,
    /// What they began to write there.
    pub draft: String,
    /// When this device first was there, in milliseconds since 1970.
    pub made_at_ms: u64,
    /// The last entry.
    pub last: Option<Entry>,
    /// Entries that were not looked at.
    pub unread: u32,
    /// Who was there.
    pub members: BTreeMap<DeviceId, Member>,
}
