//! Answered transfers to this device, in the file of local state, so that they go on after the app
//! was closed or killed.

use parlor_engine::input::IncomingKey;
use parlor_engine::record::{FileMark, IncomingMarks, IncomingRecord};
use parlor_proto::id::{DeviceId, RoomId};
use rusqlite::{Row, params};

use crate::clock::wall_clock_ms;
use crate::store::Store;
use crate::store::changes::{offer_bytes, offer_from};

/// Ended transfers of a room that are remembered, so that their sender, asking again, hears how
/// they ended. The oldest are forgotten first.
const ENDED_MAX: usize = 256;

/// A change to what is kept.
#[derive(Debug)]
pub(crate) enum ArrivalChange {
    Keep(IncomingRecord),
    Mark(IncomingKey, IncomingMarks),
    Forget(IncomingKey),
}

impl Store {
    /// The transfers of a room, oldest first. What cannot be read is forgotten.
    pub(crate) fn arrivals(&self, room: RoomId) -> rusqlite::Result<Vec<IncomingRecord>> {
        let mut select = self.connection.prepare_cached(
            "SELECT device, transfer, offer, files, is_paused, stopped FROM incoming
             WHERE room = ?1 ORDER BY changed_at_ms",
        )?;
        let rows = select.query_map([room.0], |row| Ok((key_of(row)?, record(row)?)))?;
        let (mut records, mut unwanted) = (Vec::new(), Vec::new());
        for row in rows {
            match row? {
                (_, Some(record)) => records.push(record),
                (key, None) => unwanted.push(key),
            }
        }
        let ended = records.iter().filter(|record| record.marks.is_ended());
        let old = ended.clone().count().saturating_sub(ENDED_MAX);
        unwanted.extend(ended.take(old).map(|record| record.key));
        records.retain(|record| !unwanted.contains(&record.key));
        for key in unwanted {
            self.change_arrival(room, &ArrivalChange::Forget(key))?;
        }
        Ok(records)
    }

    /// Carries a change out.
    pub(crate) fn change_arrival(
        &self,
        room: RoomId,
        change: &ArrivalChange,
    ) -> rusqlite::Result<()> {
        match change {
            ArrivalChange::Keep(record) => self.keep_arrival(room, record),
            ArrivalChange::Mark(key, marks) => {
                let mut update = self.connection.prepare_cached(
                    "UPDATE incoming SET files = ?4, is_paused = ?5, stopped = ?6, changed_at_ms = ?7
                     WHERE room = ?1 AND device = ?2 AND transfer = ?3",
                )?;
                update.execute(params![
                    room.0,
                    key.from.0,
                    key.transfer.cast_signed(),
                    bytes_of(&marks.files),
                    marks.is_paused,
                    marks.stopped,
                    wall_clock_ms()
                ])?;
                Ok(())
            }
            ArrivalChange::Forget(key) => {
                let mut delete = self.connection.prepare_cached(
                    "DELETE FROM incoming WHERE room = ?1 AND device = ?2 AND transfer = ?3",
                )?;
                delete.execute(params![room.0, key.from.0, key.transfer.cast_signed()])?;
                Ok(())
            }
        }
    }

    fn keep_arrival(&self, room: RoomId, record: &IncomingRecord) -> rusqlite::Result<()> {
        let IncomingRecord { key, files, marks } = record;
        let mut insert = self.connection.prepare_cached(
            "INSERT OR REPLACE INTO incoming
                 (room, device, transfer, offer, files, is_paused, stopped, changed_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?;
        insert.execute(params![
            room.0,
            key.from.0,
            key.transfer.cast_signed(),
            offer_bytes(key.transfer, files),
            bytes_of(&marks.files),
            marks.is_paused,
            marks.stopped,
            wall_clock_ms()
        ])?;
        Ok(())
    }
}

fn key_of(row: &Row<'_>) -> rusqlite::Result<IncomingKey> {
    Ok(IncomingKey {
        from: DeviceId(row.get("device")?),
        transfer: row.get::<_, i64>("transfer")?.cast_unsigned(),
    })
}

/// `None` for what no version of this program writes.
fn record(row: &Row<'_>) -> rusqlite::Result<Option<IncomingRecord>> {
    let key = key_of(row)?;
    let offer: Vec<u8> = row.get("offer")?;
    let marks: Vec<u8> = row.get("files")?;
    let Some(files) = offer_from(&offer, key.transfer) else {
        return Ok(None);
    };
    let marks: Option<Vec<FileMark>> = marks.into_iter().map(mark_of).collect();
    let marks = marks.filter(|marks| marks.len() == files.len());
    let Some(marks) = marks else {
        return Ok(None);
    };
    let marks = IncomingMarks {
        files: marks,
        is_paused: row.get("is_paused")?,
        stopped: row.get("stopped")?,
    };
    Ok(Some(IncomingRecord { key, files, marks }))
}

fn bytes_of(marks: &[FileMark]) -> Vec<u8> {
    let byte = |mark: &FileMark| match mark {
        FileMark::Declined => 0,
        FileMark::Wanted => 1,
        FileMark::Done => 2,
        FileMark::Failed => 3,
    };
    marks.iter().map(byte).collect()
}

const fn mark_of(byte: u8) -> Option<FileMark> {
    match byte {
        0 => Some(FileMark::Declined),
        1 => Some(FileMark::Wanted),
        2 => Some(FileMark::Done),
        3 => Some(FileMark::Failed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use parlor_proto::frame::OfferedFile;
    use parlor_proto::name::SafePath;

    use super::*;
    use crate::options::IdentityLocation;
    use crate::store::Opened;

    const ROOM: RoomId = RoomId([1; 16]);

    fn record(transfer: u64, marks: &[FileMark]) -> IncomingRecord {
        let file = |index: usize| OfferedFile {
            path: SafePath::sanitise(&format!("trip/{index}.jpg")),
            size: 7,
            root: [9; 32],
            modified_ms: Some(5),
            mime: None,
        };
        IncomingRecord {
            key: IncomingKey {
                from: DeviceId([2; 16]),
                transfer,
            },
            files: (0..marks.len()).map(file).collect(),
            marks: IncomingMarks {
                files: marks.to_vec(),
                is_paused: true,
                stopped: None,
            },
        }
    }

    #[test]
    fn an_answered_transfer_is_there_in_the_next_life() {
        let folder = tempfile::tempdir().unwrap();
        let location = IdentityLocation::Folder(folder.path().to_owned());
        let mut kept = record(u64::MAX, &[FileMark::Wanted, FileMark::Declined]);
        let store = Opened::open(&location).unwrap().store;
        let keep = ArrivalChange::Keep(kept.clone());
        store.change_arrival(ROOM, &keep).unwrap();
        kept.marks.files = vec![FileMark::Done, FileMark::Declined];
        kept.marks.stopped = Some("enough".to_owned());
        let mark = ArrivalChange::Mark(kept.key, kept.marks.clone());
        store.change_arrival(ROOM, &mark).unwrap();
        drop(store);
        let store = Opened::open(&location).unwrap().store;
        assert_eq!(store.arrivals(ROOM).unwrap(), [kept]);
        assert_eq!(store.arrivals(RoomId([8; 16])).unwrap(), []);
    }

    #[test]
    fn a_forgotten_transfer_is_gone() {
        let store = Opened::open(&IdentityLocation::Memory).unwrap().store;
        let kept = record(1, &[FileMark::Wanted]);
        let key = kept.key;
        for change in [ArrivalChange::Keep(kept), ArrivalChange::Forget(key)] {
            store.change_arrival(ROOM, &change).unwrap();
        }
        assert_eq!(store.arrivals(ROOM).unwrap(), []);
    }

    #[test]
    fn of_ended_transfers_the_last_are_remembered_and_all_that_are_open() {
        let store = Opened::open(&IdentityLocation::Memory).unwrap().store;
        for transfer in 0..ENDED_MAX as u64 + 5 {
            let mark = if transfer == 0 {
                FileMark::Wanted
            } else {
                FileMark::Done
            };
            let keep = ArrivalChange::Keep(record(transfer, &[mark]));
            store.change_arrival(ROOM, &keep).unwrap();
        }
        let kept = store.arrivals(ROOM).unwrap();
        assert_eq!(kept.len(), ENDED_MAX + 1);
        assert_eq!(store.arrivals(ROOM).unwrap().len(), ENDED_MAX + 1);
        assert!(kept.iter().any(|record| record.key.transfer == 0));
    }

    #[test]
    fn a_damaged_row_is_forgotten_and_the_rest_is_there() {
        let store = Opened::open(&IdentityLocation::Memory).unwrap().store;
        for transfer in [1, 2] {
            let keep = ArrivalChange::Keep(record(transfer, &[FileMark::Wanted]));
            store.change_arrival(ROOM, &keep).unwrap();
        }
        let spoil = "UPDATE incoming SET offer = x'06ff' WHERE transfer = 1";
        store.connection.execute(spoil, []).unwrap();
        assert_eq!(store.arrivals(ROOM).unwrap().len(), 1);
    }
}
