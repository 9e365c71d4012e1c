//! The public door: a room as a program above the core sees it.
//!
//! Commands go in through [`Room`], which can be cloned. State comes out as the latest
//! [`RoomView`], at most ten times a second, and what happened as [`RoomEvent`]s, each once.

use std::path::PathBuf;

use parlor_engine::input::{Command, IncomingKey, MessageId};
use parlor_engine::notice::Notice;
use parlor_engine::view::RoomView;
use parlor_proto::frame::OfferedFile;
use parlor_proto::id::DeviceId;
use tokio::sync::{mpsc, watch};

use crate::driver::{self, DriverCommand};
use crate::options::RoomOptions;

pub use crate::store::KeyState;
pub use parlor_engine::{accept, input, known, notice, time, view};

/// Commands that may wait for the event loop; it takes them faster than a person can give them.
const COMMANDS_MAX: usize = 64;

/// Events that may wait for the program above, before the room stops reading from its peers.
const EVENTS_MAX: usize = 256;

/// Why a room could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The folder for received files cannot be used.
    #[error("cannot write to the folder {path}: {reason}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// The file for messages cannot be used.
    #[error("cannot keep messages in {path}: {reason}")]
    History {
        /// The file.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
    /// The device key cannot be used.
    #[error("cannot use the device key in {path}: {reason}")]
    Identity {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The operating system gave no random numbers or no thread.
    #[error("the system refused what a room needs: {0}")]
    System(String),
}

/// The room is over: left, or its task ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the room is closed")]
pub struct RoomClosed;

/// Something that happened in a room.
#[derive(Debug, Clone, PartialEq)]
pub enum RoomEvent {
    /// The engine's own.
    Session(Notice),
    /// Files are being read and hashed before they are offered. At most ten a second.
    Preparing {
        /// The share.
        share: ShareId,
        /// Bytes read so far.
        done_bytes: u64,
        /// Bytes in all.
        total_bytes: u64,
    },
    /// Part of a share is on offer as one transfer.
    Prepared {
        /// The share.
        share: ShareId,
        /// The transfer in the engine's notices.
        transfer: u64,
        /// What is on offer.
        files: Vec<OfferedFile>,
        /// Where each of the files is; of a cleaned copy, the person's own file.
        paths: Vec<PathBuf>,
        /// Whether more transfers of the same share follow.
        more: bool,
    },
    /// What an earlier session of this device had on offer in the room is on offer again.
    OfferedAgain {
        /// The transfer in the engine's notices.
        transfer: u64,
        /// What is on offer.
        files: Vec<OfferedFile>,
        /// Where each of the files is.
        paths: Vec<PathBuf>,
    },
    /// A path cannot be offered; the rest of the share goes on.
    NotPrepared {
        /// The share.
        share: ShareId,
        /// The path.
        path: PathBuf,
        /// Why.
        reason: String,
        /// Whether this ends the share.
        more: bool,
    },
}

/// Who this device is in the room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomIdentity {
    /// As the others see it.
    pub device: DeviceId,
    /// Whether it will be the same the next time.
    pub key: KeyState,
}

/// Names one call of [`Room::share`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShareId(pub u64);

/// How files are sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ShareAs {
    /// Byte for byte, with whatever they tell: a photo its place, time and camera.
    #[default]
    File,
    /// Pictures without metadata (`parlor-photo`) and without the time of their last change. The
    /// pixels stay as they are. What cannot be cleaned is not sent.
    Photo,
}

/// A handle to a running room. When the last one is dropped the room is left.
#[derive(Debug, Clone)]
pub struct Room {
    commands: mpsc::Sender<DriverCommand>,
    view: watch::Receiver<RoomView>,
    identity: RoomIdentity,
    shares: std::sync::Arc<std::sync::atomic::AtomicU64>,
}

/// The events of a room, for its one reader.
#[derive(Debug)]
pub struct RoomEvents {
    events: mpsc::Receiver<RoomEvent>,
}

impl RoomEvents {
    /// The next event; `None` after the last, when the room is closed.
    pub async fn next(&mut self) -> Option<RoomEvent> {
        self.events.recv().await
    }
}

impl Room {
    /// Opens or joins a room: spawns its event loop on the current tokio runtime.
    ///
    /// # Errors
    /// [`StartError`] when folder, history or device key cannot be used. An unreachable server is no error
    /// here: it is tried again and told as a notice.
    pub fn start(options: RoomOptions) -> Result<(Self, RoomEvents), StartError> {
        let (commands, command_queue) = mpsc::channel(COMMANDS_MAX);
        let (events_in, events) = mpsc::channel(EVENTS_MAX);
        let (view_in, view) = watch::channel(RoomView::default());
        let identity = driver::spawn(options, command_queue, events_in, view_in)?;
        Ok((
            Self {
                commands,
                view,
                identity,
                shares: std::sync::Arc::default(),
            },
            RoomEvents { events },
        ))
    }

    async fn command(&self, command: Command) -> Result<(), RoomClosed> {
        self.commands
            .send(DriverCommand::Session(command))
            .await
            .map_err(|_| RoomClosed)
    }

    /// Says something to everyone. The answer is a `Said` or `NotSaid` notice.
    ///
    /// # Errors
    /// [`RoomClosed`].
    pub async fn say(&self, text: impl Into<String>) -> Result<(), RoomClosed> {
        self.answer_message(text, None).await
    }

    /// The same, in answer to a message; `None` for one that answers nothing.
    ///
    /// # Errors
    /// [`RoomClosed`].
    pub async fn answer_message(
        &self,
        text: impl Into<String>,
        in_reply_to: Option<MessageId>,
    ) -> Result<(), RoomClosed> {
        let text = text.into();
        let command = DriverCommand::Say { text, in_reply_to };
        self.commands.send(command).await.map_err(|_| RoomClosed)
    }

    /// Lets the others know that the person is writing, or has stopped. To be called with every
    /// change of the text: how often the others hear of it is the room's business.
    ///
    /// # Errors
    /// [`RoomClosed`].
    pub async fn typing(&self, is_typing: bool) -> Result<(), RoomClosed> {
        let typed = if is_typing {
            Command::Typed
        } else {
            Command::StoppedTyping
        };
        self.command(typed).await
    }

    /// Has nothing to do with a device from now on, in any room, or lets it in again the next time it
    /// comes, as `device` says; [`Home::block`](crate::home::Home::block) gives it. Others in the room
    /// are not affected.
    ///
    /// # Errors
    /// [`RoomClosed`].
    pub async fn block(&self, device: known::KnownDevice) -> Result<(), RoomClosed> {
        self.command(Command::Block { device }).await
    }

    /// Offers files and whole folders to everyone in the room, now and later, as they are.
    ///
    /// # Errors
    /// [`RoomClosed`]. What is wrong with a path is told as [`RoomEvent::NotPrepared`].
    pub async fn share(&self, paths: Vec<PathBuf>) -> Result<ShareId, RoomClosed> {
        self.share_as(paths, ShareAs::File).await
    }

    /// The same, with a choice of what the files tell about their sender.
    ///
    /// # Errors
    /// [`RoomClosed`]. What is wrong with a path is told as [`RoomEvent::NotPrepared`].
    pub async fn share_as(&self, paths: Vec<PathBuf>, how: ShareAs) -> Result<ShareId, RoomClosed> {
        let share = ShareId(
            self.shares
                .fetch_add(1, std::sync::atomic::Ordering::Relaxed),
        );
        let command = DriverCommand::Share { share, paths, how };
        self.commands.send(command).await.map_err(|_| RoomClosed)?;
        Ok(share)
    }

    /// Takes some or all files of an offer; an empty list declines it.
    ///
    /// # Errors
    /// [`RoomClosed`].
    pub async fn answer(
        &self,
        key: IncomingKey,
        accepted: Vec<u32>,
        reason: Option<String>,
    ) -> Result<(), RoomClosed> {
        self.command(Command::Answer {
            key,
            accepted,
            reason,
        })
        .await
    }

    /// Takes all files of an offer after all that ended without them: because it was declined or
    /// stopped here, or the disk refused some. The sender must still have it on offer.
    ///
    /// # Errors
    /// [`RoomClosed`].
    pub async fn take_up_again(&self, key: IncomingKey) -> Result<(), RoomClosed> {
        self.command(Command::TakeUpAgain { key }).await
    }

    /// Stops a transfer from this device.
    ///
    /// # Errors
    /// [`RoomClosed`].
    pub async fn cancel_outgoing(&self, transfer: u64) -> Result<(), RoomClosed> {
        self.command(Command::CancelOutgoing { transfer }).await
    }

    /// Stops a transfer to this device.
    ///
    /// # Errors
    /// [`RoomClosed`].
    pub async fn cancel_incoming(&self, key: IncomingKey) -> Result<(), RoomClosed> {
        self.command(Command::CancelIncoming { key }).await
    }

    /// Lets a transfer from this device stand still for everyone, or go on.
    ///
    /// # Errors
    /// [`RoomClosed`].
    pub async fn pause_outgoing(&self, transfer: u64, is_paused: bool) -> Result<(), RoomClosed> {
        self.command(Command::PauseOutgoing {
            transfer,
            is_paused,
        })
        .await
    }

    /// Lets a transfer to this device stand still, or go on; it stays so when the app is closed.
    ///
    /// # Errors
    /// [`RoomClosed`].
    pub async fn pause_incoming(
        &self,
        key: IncomingKey,
        is_paused: bool,
    ) -> Result<(), RoomClosed> {
        self.command(Command::PauseIncoming { key, is_paused })
            .await
    }

    /// Takes offers by these rules from now on.
    ///
    /// # Errors
    /// [`RoomClosed`].
    pub async fn accept_by(&self, rules: accept::AcceptRules) -> Result<(), RoomClosed> {
        self.command(Command::Accept(rules)).await
    }

    /// Ends the session as when the app is closed: the next one in this room goes on with what was
    /// under way. The last event is `Ended`.
    ///
    /// # Errors
    /// [`RoomClosed`] when it was left already.
    pub async fn close(&self) -> Result<(), RoomClosed> {
        self.command(Command::Close).await
    }

    /// Tells the room that the network changed, so that it reconnects without waiting.
    ///
    /// # Errors
    /// [`RoomClosed`].
    pub async fn network_changed(&self) -> Result<(), RoomClosed> {
        self.command(Command::NetworkChanged).await
    }

    /// Makes a code that somebody can read out, for `uses` newcomers; one made before ends. The
    /// answer is a `CodeReady` or `CodeClosed` notice.
    ///
    /// # Errors
    /// [`RoomClosed`].
    pub async fn open_code(&self, uses: u32) -> Result<(), RoomClosed> {
        self.command(Command::OpenCode { uses }).await
    }

    /// Lets nobody in by the code any more.
    ///
    /// # Errors
    /// [`RoomClosed`].
    pub async fn close_code(&self) -> Result<(), RoomClosed> {
        self.command(Command::CloseCode).await
    }

    /// Says whether the five emoji of a connected device, as the view shows them, are the same on
    /// both sides. The answer is a `Verified`, `PeerRefused` or `NotVerified` notice.
    ///
    /// # Errors
    /// [`RoomClosed`].
    pub async fn verify(&self, device: DeviceId, matches: bool) -> Result<(), RoomClosed> {
        self.command(Command::Verify { device, matches }).await
    }

    /// Remembers nothing of a device any more.
    ///
    /// # Errors
    /// [`RoomClosed`].
    pub async fn forget(&self, device: DeviceId) -> Result<(), RoomClosed> {
        self.command(Command::Forget { device }).await
    }

    /// Who this device is in the room.
    #[must_use]
    pub const fn identity(&self) -> RoomIdentity {
        self.identity
    }

    /// Leaves the room for good: transfers end and are not remembered. Peers are told; the last event is `Ended`.
    ///
    /// # Errors
    /// [`RoomClosed`] when it was left already.
    pub async fn leave(&self) -> Result<(), RoomClosed> {
        self.command(Command::Leave).await
    }

    /// The same, and removes every message of the room from this device. They are gone when the events
    /// end; what others have they keep.
    ///
    /// # Errors
    /// [`RoomClosed`] when it was left already.
    pub async fn leave_and_forget(&self) -> Result<(), RoomClosed> {
        let command = DriverCommand::LeaveAndForget;
        self.commands.send(command).await.map_err(|_| RoomClosed)
    }

    /// The latest state and its changes.
    #[must_use]
    pub fn view(&self) -> watch::Receiver<RoomView> {
        self.view.clone()
    }
}
