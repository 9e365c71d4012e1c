//! What this device has on offer, in the file of local state, so that it is offered again after
//! the app was closed or killed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use parlor_proto::frame::OfferedFile;
use parlor_proto::id::RoomId;
use rusqlite::params;

use crate::clock::wall_clock_ms;
use crate::store::Store;
use crate::store::changes::{offer_bytes, offer_from};

/// An offer as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptOffer {
    pub(crate) transfer: u64,
    pub(crate) files: Vec<OfferedFile>,
    /// Where each of the files is.
    pub(crate) paths: Vec<PathBuf>,
    /// Whether cleaned copies of them are on offer.
    pub(crate) is_copy: bool,
    pub(crate) is_paused: bool,
}

/// A change to what is kept.
#[derive(Debug)]
pub(crate) enum OfferChange {
    Keep(KeptOffer),
    Pause(u64, bool),
    Forget(u64),
}

impl Store {
    /// The offers of a room, oldest first. What cannot be read is forgotten.
    pub(crate) fn offers(&self, room: RoomId) -> rusqlite::Result<Vec<KeptOffer>> {
        let mut select = self.connection.prepare_cached(
            "SELECT transfer, offer, is_paused, is_copy FROM outgoing WHERE room = ?1 ORDER BY place",
        )?;
        let rows = select.query_map([room.0], |row| {
            let transfer: i64 = row.get(0)?;
            let offer: Vec<u8> = row.get(1)?;
            let (is_paused, is_copy): (bool, bool) = (row.get(2)?, row.get(3)?);
            Ok((transfer.cast_unsigned(), offer, is_paused, is_copy))
        })?;
        let mut offers = Vec::new();
        for row in rows {
            let (transfer, offer, is_paused, is_copy) = row?;
            let paths = self.paths(transfer)?;
            match offer_from(&offer, transfer) {
                Some(files) if files.len() == paths.len() => offers.push(KeptOffer {
                    transfer,
                    files,
                    paths,
                    is_copy,
                    is_paused,
                }),
                Some(_) | None => self.change_offer(room, &OfferChange::Forget(transfer))?,
            }
        }
        Ok(offers)
    }

    /// The numbers of all offers of all rooms.
    pub(crate) fn offer_numbers(&self) -> rusqlite::Result<Vec<u64>> {
        let mut select = self
            .connection
            .prepare_cached("SELECT transfer FROM outgoing")?;
        let rows = select.query_map([], |row| row.get::<_, i64>(0))?;
        rows.map(|row| row.map(i64::cast_unsigned)).collect()
    }

    fn paths(&self, transfer: u64) -> rusqlite::Result<Vec<PathBuf>> {
        let mut select = self
            .connection
            .prepare_cached("SELECT path FROM outgoing_file WHERE transfer = ?1 ORDER BY file")?;
        let rows = select.query_map([transfer.cast_signed()], |row| row.get::<_, Vec<u8>>(0))?;
        rows.map(|row| row.map(path_from)).collect()
    }

    /// Carries a change out, wholly or not at all.
    pub(crate) fn change_offer(&self, room: RoomId, change: &OfferChange) -> rusqlite::Result<()> {
        let transaction = self.connection.unchecked_transaction()?;
        match change {
            OfferChange::Keep(offer) => {
                let KeptOffer {
                    transfer,
                    files,
                    paths,
                    is_copy,
                    is_paused,
                } = offer;
                let offer = offer_bytes(*transfer, files);
                let number = transfer.cast_signed();
                transaction.execute(
                    "INSERT INTO outgoing (transfer, room, offer, is_paused, is_copy, made_at_ms)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![number, room.0, offer, is_paused, is_copy, wall_clock_ms()],
                )?;
                let mut insert = transaction.prepare_cached(
                    "INSERT INTO outgoing_file (transfer, file, path) VALUES (?1, ?2, ?3)",
                )?;
                for (file, path) in (0_u32..).zip(paths) {
                    insert.execute(params![number, file, path_bytes(path)])?;
                }
            }
            OfferChange::Pause(transfer, is_paused) => {
                transaction.execute(
                    "UPDATE outgoing SET is_paused = ?2 WHERE transfer = ?1",
                    params![transfer.cast_signed(), is_paused],
                )?;
            }
            OfferChange::Forget(transfer) => {
                let number = transfer.cast_signed();
                transaction.execute("DELETE FROM outgoing WHERE transfer = ?1", [number])?;
                transaction.execute("DELETE FROM outgoing_file WHERE transfer = ?1", [number])?;
            }
        }
        transaction.commit()
    }
}

#[cfg(unix)]
pub(crate) fn path_bytes(path: &Path) -> Vec<u8> {
    use std::os::unix::ffi::OsStrExt as _;
    path.as_os_str().as_bytes().to_vec()
}

#[cfg(unix)]
pub(crate) fn path_from(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
pub(crate) fn path_bytes(path: &Path) -> Vec<u8> {
    path.to_string_lossy().into_owned().into_bytes()
}

#[cfg(not(unix))]
pub(crate) fn path_from(bytes: Vec<u8>) -> PathBuf {
    OsString::from(String::from_utf8_lossy(&bytes).into_owned()).into()
}

#[cfg(test)]
mod tests {
    use parlor_proto::name::SafePath;

    use super::*;
    use crate::options::IdentityLocation;
    use crate::store::Opened;

    const ROOM: RoomId = RoomId([1; 16]);

    fn offer(transfer: u64) -> KeptOffer {
        let file = |name: &str| OfferedFile {
            path: SafePath::sanitise(name),
            size: 7,
            root: [9; 32],
            modified_ms: None,
            mime: None,
        };
        KeptOffer {
            transfer,
            files: vec![file("trip/a.jpg"), file("trip/b.jpg")],
            paths: vec!["/photos/a.jpg".into(), "/photos/b.jpg".into()],
            is_copy: false,
            is_paused: false,
        }
    }

    #[test]
    fn an_offer_is_there_in_the_next_life_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let location = IdentityLocation::Folder(folder.path().to_owned());
        let store = Opened::open(&location).unwrap().store;
        let changes = [
            OfferChange::Keep(offer(u64::MAX)),
            OfferChange::Keep(offer(3)),
            OfferChange::Pause(3, true),
        ];
        for change in changes {
            store.change_offer(ROOM, &change).unwrap();
        }
        drop(store);
        let store = Opened::open(&location).unwrap().store;
        let paused = KeptOffer {
            is_paused: true,
            ..offer(3)
        };
        assert_eq!(store.offers(ROOM).unwrap(), [offer(u64::MAX), paused]);
        assert_eq!(store.offers(RoomId([2; 16])).unwrap(), []);
        store.change_offer(ROOM, &OfferChange::Forget(3)).unwrap();
        assert_eq!(store.offer_numbers().unwrap(), [u64::MAX]);
    }

    #[test]
    fn what_nobody_goes_on_with_for_a_month_is_forgotten() {
        let store = Opened::open(&IdentityLocation::Memory).unwrap().store;
        for transfer in [1, 2] {
            let keep = OfferChange::Keep(offer(transfer));
            store.change_offer(ROOM, &keep).unwrap();
        }
        let age = "UPDATE outgoing SET made_at_ms = 5 WHERE transfer = 1";
        store.connection.execute(age, []).unwrap();
        store.forget_old_transfers().unwrap();
        assert_eq!(store.offer_numbers().unwrap(), [2]);
        assert_eq!(store.paths(1).unwrap(), [] as [PathBuf; 0]);
        assert_eq!(store.offers(ROOM).unwrap(), [offer(2)]);
    }

    #[test]
    fn a_damaged_offer_is_forgotten_and_the_rest_is_there() {
        let store = Opened::open(&IdentityLocation::Memory).unwrap().store;
        for transfer in [1, 2] {
            store
                .change_offer(ROOM, &OfferChange::Keep(offer(transfer)))
                .unwrap();
        }
        let spoil = "DELETE FROM outgoing_file WHERE transfer = 1 AND file = 0";
        store.connection.execute(spoil, []).unwrap();
        assert_eq!(store.offers(ROOM).unwrap(), [offer(2)]);
        assert_eq!(store.offer_numbers().unwrap(), [2]);
    }
}
