//! Messages on disk: one SQLite file, written by one thread.
//!
//! A message counts as stored, and its author is told so, only after the transaction that holds it
//! is durable.

use std::path::Path;

use parlor_engine::record::{AuthorRecord, MessageRecord, OUTBOX_MAX, OwnMessages, ReaderRecord};
use parlor_proto::frame::ChatMessage;
use parlor_proto::id::{DeviceId, RoomId};
use rusqlite::{Connection, params};

use crate::clock::wall_clock_ms;
use crate::options::HistoryLocation;

pub(crate) mod writer;

/// Version of the schema below, kept in the file itself.
const SCHEMA_VERSION: i64 = 3;

/// A message as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMessage {
    /// Who wrote it.
    pub author: DeviceId,
    /// The author's stream; 0 for messages kept before there were streams.
    pub stream: u64,
    /// Its number there.
    pub seq: u64,
    /// When it was written by the author's clock, in milliseconds since 1970.
    pub written_at_ms: u64,
    /// The text.
    pub text: String,
    /// The author's signature over it.
    pub signature: [u8; 64],
}

/// The messages of all rooms of this device.
#[derive(Debug)]
pub struct History {
    connection: Connection,
}

impl History {
    /// Opens the file, making or migrating it as needed.
    ///
    /// # Errors
    /// What SQLite says: no such folder, no permission, not a database, or a later version.
    pub fn open(location: &HistoryLocation) -> rusqlite::Result<Self> {
        let connection = match location {
            HistoryLocation::Memory => Connection::open_in_memory()?,
            HistoryLocation::File(path) => open_file(path)?,
        };
        let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if version > SCHEMA_VERSION {
            let text = format!("written by a later version of Parlor ({version})");
            return Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_SCHEMA),
                Some(text),
            ));
        }
        migrate(&connection, version)?;
        Ok(Self { connection })
    }

    /// Keeps a message for good; one that is kept already stays as it is.
    ///
    /// # Errors
    /// What SQLite says, a full disk above all.
    pub fn keep(
        &self,
        room: RoomId,
        author: DeviceId,
        message: &ChatMessage,
    ) -> rusqlite::Result<()> {
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO message
                 (room, author, stream, seq, written_at_ms, kept_at_ms, text, signature)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING",
        )?;
        let (seq, written_at_ms) = (signed(message.seq), signed(message.written_at_ms));
        insert.execute(params![
            room.0,
            author.0,
            message.stream.cast_signed(),
            seq,
            written_at_ms,
            wall_clock_ms(),
            message.text,
            message.signature
        ])?;
        Ok(())
    }

    /// Keeps how far `reader` has the messages of that stream of ours.
    fn keep_receipt(
        &self,
        room: RoomId,
        reader: DeviceId,
        stream: u64,
        through: u64,
    ) -> rusqlite::Result<()> {
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO receipt (room, reader, stream, through) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (room, reader) DO UPDATE SET stream = ?3, through = ?4",
        )?;
        let through = i64::try_from(through).unwrap_or(i64::MAX);
        insert.execute(params![room.0, reader.0, stream.cast_signed(), through])?;
        Ok(())
    }

    /// Removes everything of a room. Gone from the file only after [`Self::settle`].
    fn forget(&self, room: RoomId) -> rusqlite::Result<()> {
        let connection = &self.connection;
        connection.execute("DELETE FROM message WHERE room = ?1", params![room.0])?;
        connection.execute("DELETE FROM receipt WHERE room = ?1", params![room.0])?;
        Ok(())
    }

    /// Takes out of the log what was changed, so that nothing removed is left there.
    fn settle(&self) -> rusqlite::Result<()> {
        let done = |_: &rusqlite::Row<'_>| Ok(());
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], done)
    }

    /// What a new session of the device `own` goes on from.
    pub(crate) fn record(&self, room: RoomId, own: DeviceId) -> rusqlite::Result<MessageRecord> {
        let own_messages = self.own_messages(room, own)?;
        let stream = own_messages.as_ref().map(|own| own.stream);
        Ok(MessageRecord {
            own: own_messages,
            authors: self.authors(room, own)?,
            readers: stream.map_or_else(|| Ok(Vec::new()), |stream| self.readers(room, stream))?,
        })
    }

    /// The last of the device's own, as far back as there is no gap.
    fn own_messages(&self, room: RoomId, own: DeviceId) -> rusqlite::Result<Option<OwnMessages>> {
        let mut select = self.connection.prepare_cached(
            "SELECT stream, seq, written_at_ms, text, signature FROM message
             WHERE room = ?1 AND author = ?2 ORDER BY kept_at_ms DESC, seq DESC LIMIT ?3",
        )?;
        let most = i64::try_from(OUTBOX_MAX).unwrap_or(i64::MAX);
        let rows = select.query_map(params![room.0, own.0, most], |row| {
            let mut message = ChatMessage::new(
                row.get::<_, i64>(0)?.cast_unsigned(),
                unsigned(row.get(1)?),
                unsigned(row.get(2)?),
                &row.get::<_, String>(3)?,
            );
            message.signature = row.get(4)?;
            Ok(message)
        })?;
        let mut messages: Vec<ChatMessage> = rows.collect::<rusqlite::Result<_>>()?;
        let Some(stream) = messages.first().map(|message| message.stream) else {
            return Ok(None);
        };
        messages.retain(|message| message.stream == stream);
        messages.sort_unstable_by_key(|message| message.seq);
        let follows = |pair: &[ChatMessage]| pair[1].seq == pair[0].seq + 1;
        let gap = messages.windows(2).rposition(|pair| !follows(pair));
        messages.drain(..gap.map_or(0, |gap| gap + 1));
        Ok(Some(OwnMessages { stream, messages }))
    }

    fn authors(&self, room: RoomId, own: DeviceId) -> rusqlite::Result<Vec<AuthorRecord>> {
        let mut select = self.connection.prepare_cached(
            "SELECT author, stream, MAX(seq) FROM message WHERE room = ?1 AND author <> ?2
             GROUP BY author, stream ORDER BY MAX(kept_at_ms)",
        )?;
        let rows = select.query_map(params![room.0, own.0], |row| {
            Ok(AuthorRecord {
                device: DeviceId(row.get(0)?),
                stream: row.get::<_, i64>(1)?.cast_unsigned(),
                through: unsigned(row.get(2)?),
            })
        })?;
        let mut authors: Vec<AuthorRecord> = Vec::new();
        for row in rows {
            let row = row?;
            // The stream that was written in last counts.
            authors.retain(|author| author.device != row.device);
            authors.push(row);
        }
        authors.reverse();
        Ok(authors)
    }

    fn readers(&self, room: RoomId, stream: u64) -> rusqlite::Result<Vec<ReaderRecord>> {
        let mut select = self.connection.prepare_cached(
            "SELECT reader, through FROM receipt WHERE room = ?1 AND stream = ?2",
        )?;
        let rows = select.query_map(params![room.0, stream.cast_signed()], |row| {
            Ok(ReaderRecord {
                device: DeviceId(row.get(0)?),
                through: unsigned(row.get(1)?),
            })
        })?;
        rows.collect()
    }

    /// The last `max` messages of a room, oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn last(&self, room: RoomId, max: u32) -> rusqlite::Result<Vec<KeptMessage>> {
        let mut select = self.connection.prepare_cached(
            "SELECT author, stream, seq, written_at_ms, text, signature FROM message
             WHERE room = ?1 ORDER BY kept_at_ms DESC, seq DESC LIMIT ?2",
        )?;
        let rows = select.query_map(params![room.0, max], |row| {
            Ok(KeptMessage {
                author: DeviceId(row.get(0)?),
                stream: row.get::<_, i64>(1)?.cast_unsigned(),
                seq: unsigned(row.get(2)?),
                written_at_ms: unsigned(row.get(3)?),
                text: row.get(4)?,
                signature: row.get(5)?,
            })
        })?;
        let mut messages = rows.collect::<rusqlite::Result<Vec<_>>>()?;
        messages.reverse();
        Ok(messages)
    }
}

fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

/// Brings the tables from `version` to [`SCHEMA_VERSION`], wholly or not at all.
fn migrate(connection: &Connection, version: i64) -> rusqlite::Result<()> {
    // Nothing is written where nothing changes: somebody else may be writing.
    if version == SCHEMA_VERSION {
        return Ok(());
    }
    let transaction = connection.unchecked_transaction()?;
    let has_streams = version != 1;
    if !has_streams {
        transaction.execute_batch(
            "ALTER TABLE message RENAME TO message_1; DROP INDEX IF EXISTS message_by_time;",
        )?;
    }
    transaction.execute_batch(
        "CREATE TABLE IF NOT EXISTS message (
             room BLOB NOT NULL,
             author BLOB NOT NULL,
             stream INTEGER NOT NULL,
             seq INTEGER NOT NULL,
             written_at_ms INTEGER NOT NULL,
             kept_at_ms INTEGER NOT NULL,
             text TEXT NOT NULL,
             signature BLOB NOT NULL,
             PRIMARY KEY (room, author, stream, seq)
         ) WITHOUT ROWID;
         CREATE INDEX IF NOT EXISTS message_by_time ON message (room, kept_at_ms);
         CREATE TABLE IF NOT EXISTS receipt (
             room BLOB NOT NULL,
             reader BLOB NOT NULL,
             stream INTEGER NOT NULL,
             through INTEGER NOT NULL,
             PRIMARY KEY (room, reader)
         ) WITHOUT ROWID;",
    )?;
    if !has_streams {
        transaction.execute_batch(
            "INSERT INTO message
                 SELECT room, author, 0, seq, written_at_ms, kept_at_ms, text, signature
                 FROM message_1;
             DROP TABLE message_1;",
        )?;
    }
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()
}

fn open_file(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // A receipt promises that the message survives a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId([1; 16]);
    const ADA: DeviceId = DeviceId([2; 16]);
    const BOB: DeviceId = DeviceId([3; 16]);
    const STREAM: u64 = u64::MAX;

    #[test]
    fn messages_survive_closing_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let location = HistoryLocation::File(folder.path().join("history.db"));
        let history = History::open(&location).unwrap();
        history
            .keep(ROOM, ADA, &ChatMessage::new(STREAM, 1, 5, "hello"))
            .unwrap();
        drop(history);
        let kept = History::open(&location).unwrap().last(ROOM, 10).unwrap();
        let text = "hello".to_owned();
        assert_eq!(
            kept,
            [KeptMessage {
                author: ADA,
                stream: STREAM,
                seq: 1,
                written_at_ms: 5,
                text,
                signature: [0; 64]
            }]
        );
    }

    #[test]
    fn a_message_kept_twice_is_there_once() {
        let history = History::open(&HistoryLocation::Memory).unwrap();
        history
            .keep(ROOM, ADA, &ChatMessage::new(STREAM, 1, 5, "hello"))
            .unwrap();
        history
            .keep(ROOM, ADA, &ChatMessage::new(STREAM, 1, 5, "hello"))
            .unwrap();
        assert_eq!(history.last(ROOM, 10).unwrap().len(), 1);
    }

    #[test]
    fn the_same_number_in_another_stream_is_another_message() {
        let history = History::open(&HistoryLocation::Memory).unwrap();
        for stream in [STREAM, 1] {
            let message = ChatMessage::new(stream, 1, 5, "hello");
            history.keep(ROOM, ADA, &message).unwrap();
        }
        assert_eq!(history.last(ROOM, 10).unwrap().len(), 2);
    }

    #[test]
    fn a_file_from_before_there_were_streams_keeps_its_messages() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(
            "CREATE TABLE message (
                 room BLOB NOT NULL, author BLOB NOT NULL, seq INTEGER NOT NULL,
                 written_at_ms INTEGER NOT NULL, kept_at_ms INTEGER NOT NULL,
                 text TEXT NOT NULL, signature BLOB NOT NULL, PRIMARY KEY (room, author, seq)
             ) WITHOUT ROWID;
             CREATE INDEX message_by_time ON message (room, kept_at_ms);
             PRAGMA user_version = 1;",
        )
        .unwrap();
        let insert = "INSERT INTO message VALUES (?1, ?2, 1, 5, 6, 'old', ?3)";
        old.execute(insert, params![ROOM.0, ADA.0, [0_u8; 64]])
            .unwrap();
        drop(old);
        let location = HistoryLocation::File(path);
        let history = History::open(&location).unwrap();
        let kept = history.last(ROOM, 10).unwrap();
        let found: Vec<_> = kept.iter().map(|m| (m.stream, m.text.as_str())).collect();
        assert_eq!(found, [(0, "old")]);
        drop(history);
        assert!(History::open(&location).is_ok(), "and once only");
    }

    #[test]
    fn the_last_messages_of_one_room_come_oldest_first() {
        let history = History::open(&HistoryLocation::Memory).unwrap();
        for seq in 1..=5 {
            history
                .keep(ROOM, ADA, &ChatMessage::new(STREAM, seq, 0, "x"))
                .unwrap();
        }
        history
            .keep(
                RoomId([9; 16]),
                ADA,
                &ChatMessage::new(STREAM, 1, 0, "elsewhere"),
            )
            .unwrap();
        let seqs: Vec<u64> = history
            .last(ROOM, 3)
            .unwrap()
            .iter()
            .map(|m| m.seq)
            .collect();
        assert_eq!(seqs, [3, 4, 5]);
    }

    fn message(stream: u64, seq: u64) -> ChatMessage {
        ChatMessage::new(stream, seq, 0, "x")
    }

    #[test]
    fn a_later_session_goes_on_from_its_last_stream() {
        let history = History::open(&HistoryLocation::Memory).unwrap();
        for (stream, seq) in [(1, 1), (1, 2), (STREAM, 7), (STREAM, 8)] {
            history.keep(ROOM, ADA, &message(stream, seq)).unwrap();
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        history.keep(ROOM, BOB, &message(5, 4)).unwrap();
        history.keep_receipt(ROOM, BOB, STREAM, 7).unwrap();
        let record = history.record(ROOM, ADA).unwrap();
        let own = record.own.unwrap();
        assert_eq!(own.messages, [message(STREAM, 7), message(STREAM, 8)]);
        let (device, through) = (BOB, 4);
        let author = AuthorRecord {
            device,
            stream: 5,
            through,
        };
        assert_eq!(record.authors, [author]);
        assert_eq!(record.readers, [ReaderRecord { device, through: 7 }]);
    }

    #[test]
    fn receipts_of_a_former_stream_do_not_count() {
        let history = History::open(&HistoryLocation::Memory).unwrap();
        history.keep(ROOM, ADA, &message(STREAM, 1)).unwrap();
        history.keep_receipt(ROOM, BOB, 1, 99).unwrap();
        assert_eq!(history.record(ROOM, ADA).unwrap().readers, []);
    }

    #[test]
    fn a_file_of_a_later_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.db");
        Connection::open(&path)
            .unwrap()
            .pragma_update(None, "user_version", 99)
            .unwrap();
        assert!(History::open(&HistoryLocation::File(path)).is_err());
    }
}
