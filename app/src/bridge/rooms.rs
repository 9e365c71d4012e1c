//! The rooms that are open.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use futures_util::future::join_all;
use parlor_app_model::effect::{RoomEffect, TransferRef};
use parlor_app_model::view::{FileKind, file_kind};
use parlor_core::room::{Room, RoomClosed, RoomEvents, ShareAs};
use parlor_proto::id::{DeviceId, RoomId};
use tokio::task::JoinHandle;

use super::pump::{self, Outlets};

/// What closing a room may take: its goodbye, and the disk.
const CLOSE_MAX: Duration = Duration::from_secs(5);

/// Newcomers that a code lets in: whoever is in the room with the person.
const CODE_USES: u32 = 8;

#[derive(Debug)]
struct Open {
    room: Room,
    pump: JoinHandle<()>,
}

/// The rooms that are open.
#[derive(Debug, Default)]
pub(super) struct Rooms(HashMap<RoomId, Open>);

impl Rooms {
    /// Takes a room in that was just started; gives which device we are there.
    pub(super) fn add(
        &mut self,
        id: RoomId,
        (room, events): (Room, RoomEvents),
        outlets: Outlets,
    ) -> DeviceId {
        let device = room.identity().device;
        let pumped = room.clone();
        let pump = tokio::spawn(async move { pump::run(id, &pumped, events, outlets).await });
        self.0.insert(id, Open { room, pump });
        device
    }

    pub(super) fn contains(&self, id: RoomId) -> bool {
        self.0.contains_key(&id)
    }

    pub(super) fn ids(&self) -> Vec<RoomId> {
        self.0.keys().copied().collect()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Room> {
        self.0.values().map(|open| &open.room)
    }

    /// Does something in a room.
    pub(super) async fn act(&self, id: RoomId, effect: RoomEffect) -> Result<(), RoomClosed> {
        let Some(Open { room, .. }) = self.0.get(&id) else {
            return Err(RoomClosed);
        };
        match effect {
            RoomEffect::Say(text, to) => room.answer_message(text, to).await,
            RoomEffect::Typing(is_typing) => room.typing(is_typing).await,
            RoomEffect::Share { paths, is_clean } => share(room, paths, is_clean).await,
            RoomEffect::Answer(key, files) => room.answer(key, files, None).await,
            RoomEffect::TakeUpAgain(key) => room.take_up_again(key).await,
            RoomEffect::Pause(TransferRef::Incoming(key), is_paused) => {
                room.pause_incoming(key, is_paused).await
            }
            RoomEffect::Pause(TransferRef::Outgoing(transfer), is_paused) => {
                room.pause_outgoing(transfer, is_paused).await
            }
            RoomEffect::Cancel(TransferRef::Incoming(key)) => room.cancel_incoming(key).await,
            RoomEffect::Cancel(TransferRef::Outgoing(transfer)) => {
                room.cancel_outgoing(transfer).await
            }
            RoomEffect::OpenCode => room.open_code(CODE_USES).await,
            RoomEffect::CloseCode => room.close_code().await,
            RoomEffect::Verify(device, matches) => room.verify(device, matches).await,
            RoomEffect::ForgetDevice(device) => room.forget(device).await,
            RoomEffect::NetworkChanged => room.network_changed().await,
        }
    }

    /// Leaves a room for good and forgets it.
    pub(super) async fn forget(&mut self, id: RoomId) {
        if let Some(open) = self.0.remove(&id) {
            open.end(true).await;
        }
    }

    /// Closes every room for now, all at once. What they were told to keep is on the disk then.
    pub(super) async fn close_all(&mut self) {
        let all = self.0.drain().map(|(_, open)| open.end(false));
        join_all(all).await;
    }
}

impl Open {
    async fn end(self, forgets: bool) {
        let Self { room, pump } = self;
        let asked = if forgets {
            room.leave_and_forget().await
        } else {
            room.close().await
        };
        drop(room);
        if asked.is_ok() && tokio::time::timeout(CLOSE_MAX, pump).await.is_err() {
            tracing::warn!("a room was still busy when it was given up");
        }
    }
}

/// Pictures go out cleaned if the person wants it so, everything else as it is.
async fn share(room: &Room, paths: Vec<PathBuf>, is_clean: bool) -> Result<(), RoomClosed> {
    let (photos, files): (Vec<_>, Vec<_>) = paths
        .into_iter()
        .partition(|path| is_clean && is_photo(path));
    for (paths, how) in [(photos, ShareAs::Photo), (files, ShareAs::File)] {
        if !paths.is_empty() {
            room.share_as(paths, how).await?;
        }
    }
    Ok(())
}

fn is_photo(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    file_kind(&name) == FileKind::Photo
}
