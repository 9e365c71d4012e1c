//! What a device keeps: who it is, its rooms with all that was said there, the devices it met and
//! what the person set. One SQLite file in the app's data folder.
//!
//! A program with several rooms at once opens the home first and starts its rooms with
//! [`IdentityLocation::Home`]: they all are the same
//! device then. Everything here reads or writes the disk and may wait for it; a user interface
//! calls it from another thread.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use parlor_engine::device::DeviceKey;
use parlor_engine::known::KnownDevice;
use parlor_engine::record::ReaderRecord;
use parlor_proto::frame::MessageId;
use parlor_proto::id::{DeviceId, RoomId};
use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use parlor_proto::limits::MESSAGE_TEXT_MAX_BYTES;
use rusqlite::{OptionalExtension as _, Row, params};

use crate::clock::wall_clock_ms;
use crate::driver::OUTGOING_FOLDER;
use crate::history::{History, KeptEntry, KeptMember, unsigned};
use crate::options::IdentityLocation;
use crate::room::{KeyState, StartError};
use crate::share::Shelf;
use crate::store::{Opened, Trouble};

/// A setting's value, in bytes: far more than any has.
pub const SETTING_MAX_BYTES: usize = 64 * 1024;

/// Why something is not kept or not found.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// The disk or the file refused.
    #[error("cannot use {path}: {reason}")]
    File {
        /// The data folder.
        path: PathBuf,
        /// What SQLite said.
        reason: String,
    },
    /// What is being written is longer than any message may be.
    #[error(
        "what is being written is too long ({len_bytes} bytes, at most {MESSAGE_TEXT_MAX_BYTES})"
    )]
    DraftTooLong {
        /// Its length.
        len_bytes: usize,
    },
    /// A setting is longer than [`SETTING_MAX_BYTES`].
    #[error("the setting {name} is too long ({len_bytes} bytes, at most {SETTING_MAX_BYTES})")]
    SettingTooLong {
        /// Which.
        name: String,
        /// Its length.
        len_bytes: usize,
    },
}

/// A room that the person can come back to.
#[derive(Debug, Clone)]
pub struct KeptRoom {
    /// The way in.
    pub invite: Invite,
    /// Whether this device hosts the server that introduces its members.
    pub is_hosted: bool,
    /// As the person calls it.
    pub title: Option<String>,
    /// What the person began to write there.
    pub draft: String,
    /// When this device first was there, in milliseconds since 1970.
    pub made_at_ms: u64,
    /// The last entry.
    pub last: Option<KeptEntry>,
    /// Entries of others that came after the person last looked.
    pub unread: u32,
    /// How people go there.
    pub members: BTreeMap<DeviceId, KeptMember>,
}

impl KeptRoom {
    /// The room as the server knows it.
    #[must_use]
    pub fn id(&self) -> RoomId {
        self.invite.secret.room_id()
    }
}

/// The open file of local state. Clones share it; the device key is in use until the last of them,
/// and of the rooms started with it, is gone.
#[derive(Clone)]
pub struct Home(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    key: DeviceKey,
    state: KeyState,
    /// Behind a lock, as SQLite's connections may not be shared by threads; a room gets its own.
    history: Mutex<History>,
}

impl fmt::Debug for Home {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Home")
            .field("state", &self.0.state)
            .finish_non_exhaustive()
    }
}

impl Home {
    /// Opens the home in `folder`, making it on first use.
    ///
    /// # Errors
    /// [`StartError::Identity`] when the file cannot be made or read. It is never replaced.
    pub fn open(folder: &Path) -> Result<Self, StartError> {
        let location = IdentityLocation::Folder(folder.to_owned());
        let Opened { key, state, store } = Opened::open(&location)?;
        let refused = |error: rusqlite::Error| StartError::Identity {
            path: folder.to_owned(),
            reason: error.to_string(),
        };
        if state == KeyState::Kept {
            store.forget_old_transfers().map_err(refused)?;
            let numbers = store.offer_numbers().map_err(refused)?;
            Shelf::new(Some(folder.join(OUTGOING_FOLDER)), 0).keep_only(&numbers);
        }
        Ok(Self(Arc::new(Inner {
            folder: folder.to_owned(),
            key,
            state,
            history: Mutex::new(History::of(store)),
        })))
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.0.folder
    }

    /// This device, as the others see it.
    #[must_use]
    pub fn device(&self) -> DeviceId {
        self.0.key.id()
    }

    /// Whether it will be the same the next time. [`KeyState::InUse`] where another Parlor has the
    /// home open.
    #[must_use]
    pub fn key_state(&self) -> KeyState {
        self.0.state
    }

    /// What a room of this home starts with.
    pub(crate) fn for_a_room(&self) -> Result<Opened, Trouble> {
        Ok(Opened {
            key: self.0.key.clone(),
            state: self.0.state,
            store: self.history().store().another()?,
        })
    }

    fn history(&self) -> MutexGuard<'_, History> {
        // Nothing is half done in there: SQLite rolls back.
        let history = self.0.history.lock();
        history.unwrap_or_else(PoisonError::into_inner)
    }

    fn told<T>(&self, done: rusqlite::Result<T>) -> Result<T, HomeError> {
        done.map_err(|error| HomeError::File {
            path: self.0.folder.clone(),
            reason: error.to_string(),
        })
    }

    /// What was set under that name.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn setting(&self, name: &str) -> Result<Option<String>, HomeError> {
        let history = self.history();
        let connection = history.connection();
        let select = "SELECT value FROM setting WHERE name = ?1";
        let value = connection.query_row(select, [name], |row| row.get(0));
        self.told(value.optional())
    }

    /// Keeps a setting for good.
    ///
    /// # Errors
    /// [`HomeError`].
    pub fn set(&self, name: &str, value: &str) -> Result<(), HomeError> {
        if value.len() > SETTING_MAX_BYTES {
            return Err(HomeError::SettingTooLong {
                name: name.to_owned(),
                len_bytes: value.len(),
            });
        }
        let insert = "INSERT OR REPLACE INTO setting VALUES (?1, ?2)";
        let done = self.history().connection().execute(insert, [name, value]);
        self.told(done).map(drop)
    }

    /// Every room, the one with the latest entry first.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn rooms(&self) -> Result<Vec<KeptRoom>, HomeError> {
        let history = self.history();
        let own = self.device();
        let read = || {
            let mut select = history.connection().prepare_cached(
                "SELECT secret, server, is_hosted, title, draft, made_at_ms, read_through FROM room",
            )?;
            let rows = select.query_map([], room_from)?;
            let mut rooms = Vec::new();
            for row in rows {
                let Some((mut room, read_through)) = row? else {
                    continue;
                };
                let id = room.id();
                room.last = history.entries_before(id, None, 1)?.pop();
                room.unread = history.unread(id, own, read_through)?;
                room.members = history.members(id)?;
                rooms.push(room);
            }
            Ok(rooms)
        };
        let mut rooms = self.told(read())?;
        let latest = |room: &KeptRoom| {
            let entry = room.last.as_ref().map(|entry| entry.kept_at_ms);
            entry.unwrap_or(room.made_at_ms)
        };
        rooms.sort_by_key(|room| std::cmp::Reverse(latest(room)));
        Ok(rooms)
    }

    /// Remembers a room, or that its server is another one now.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn keep_room(&self, invite: &Invite, is_hosted: bool) -> Result<(), HomeError> {
        let insert = "INSERT INTO room (room, secret, server, is_hosted, made_at_ms, read_through)
             VALUES (?1, ?2, ?3, ?4, ?5, 0)
             ON CONFLICT DO UPDATE SET server = ?3, is_hosted = ?4";
        let done = self.history().connection().execute(
            insert,
            params![
                invite.secret.room_id().0,
                invite.secret.expose(),
                invite.server.link_base(),
                is_hosted,
                wall_clock_ms()
            ],
        );
        self.told(done).map(drop)
    }

    /// Calls a room something; nothing takes the name away.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn name_room(&self, room: RoomId, title: Option<&str>) -> Result<(), HomeError> {
        let update = "UPDATE room SET title = ?2 WHERE room = ?1";
        let history = self.history();
        let done = history.connection().execute(update, params![room.0, title]);
        self.told(done).map(drop)
    }

    /// Keeps what the person began to write in a room; nothing where that is empty.
    ///
    /// # Errors
    /// [`HomeError::DraftTooLong`] over [`MESSAGE_TEXT_MAX_BYTES`]; [`HomeError::File`].
    pub fn keep_draft(&self, room: RoomId, draft: &str) -> Result<(), HomeError> {
        if draft.len() > MESSAGE_TEXT_MAX_BYTES {
            return Err(HomeError::DraftTooLong {
                len_bytes: draft.len(),
            });
        }
        let update = "UPDATE room SET draft = ?2 WHERE room = ?1";
        let history = self.history();
        let done = history.connection().execute(update, params![room.0, draft]);
        self.told(done).map(drop)
    }

    /// The person has seen everything in the room up to now.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn mark_read(&self, room: RoomId) -> Result<(), HomeError> {
        let update = "UPDATE room SET read_through =
             (SELECT IFNULL(MAX(place), 0) FROM entry WHERE room = ?1) WHERE room = ?1";
        let done = self.history().connection().execute(update, params![room.0]);
        self.told(done).map(drop)
    }

    /// Removes everything of a room that is not open, from the bytes of the file, too. An open one
    /// is left by [`Room::leave_and_forget`](crate::room::Room::leave_and_forget).
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn forget_room(&self, room: RoomId) -> Result<(), HomeError> {
        let history = self.history();
        let forget = || {
            let transaction = history.connection().unchecked_transaction()?;
            history.forget(room)?;
            transaction.commit()?;
            history.settle()
        };
        self.told(forget())
    }

    /// The last `max` entries of a room that come before `place`, oldest first.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn entries_before(
        &self,
        room: RoomId,
        place: Option<u64>,
        max: u32,
    ) -> Result<Vec<KeptEntry>, HomeError> {
        let entries = self.history().entries_before(room, place, max);
        self.told(entries)
    }

    /// How far each reader has which of this device's streams.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn receipts(&self, room: RoomId) -> Result<Vec<(u64, ReaderRecord)>, HomeError> {
        let receipts = self.history().receipts(room);
        self.told(receipts)
    }

    /// The text of a message, where it is kept.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn text_of(&self, room: RoomId, id: MessageId) -> Result<Option<String>, HomeError> {
        let text = self.history().text_of(room, id);
        self.told(text)
    }

    /// The person wants nothing to do with a device, or will have it back. Gives what rooms that are
    /// open are to be told by [`Room::block`](crate::room::Room::block); nothing where no more than its
    /// id is known.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn block(
        &self,
        device: DeviceId,
        is_blocked: bool,
    ) -> Result<Option<KnownDevice>, HomeError> {
        let history = self.history();
        let done = history
            .member(device)
            .and_then(|member| history.store().block(device, member, is_blocked));
        self.told(done)
    }

    /// Everybody who was met.
    ///
    /// # Errors
    /// [`HomeError::File`].
    pub fn known_devices(&self) -> Result<Vec<KnownDevice>, HomeError> {
        let known = self.history().store().known_devices();
        self.told(known)
    }
}

/// The room and how far it was read; `None` for what no version of this program writes.
fn room_from(row: &Row<'_>) -> rusqlite::Result<Option<(KeptRoom, u64)>> {
    let server: String = row.get("server")?;
    let Ok(server) = ServerUrl::parse(&server) else {
        return Ok(None);
    };
    let room = KeptRoom {
        invite: Invite {
            server,
            secret: RoomSecret::from_bytes(row.get("secret")?),
        },
        is_hosted: row.get("is_hosted")?,
        title: row.get("title")?,
        draft: row.get("draft")?,
        made_at_ms: unsigned(row.get("made_at_ms")?),
        last: None,
        unread: 0,
        members: BTreeMap::new(),
    };
    Ok(Some((room, unsigned(row.get("read_through")?))))
}

#[cfg(test)]
mod tests;
