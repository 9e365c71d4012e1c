//! Messages on disk: one SQLite file, written by one thread.
//!
//! A message counts as stored, and its author is told so, only after the transaction that holds it
//! is durable.

use std::path::Path;

use parlor_engine::input::{DiskInput, MessageId};
use parlor_proto::frame::ChatMessage;
use parlor_proto::id::{DeviceId, RoomId};
use rusqlite::{Connection, params};
use tokio::sync::mpsc;

use crate::clock::wall_clock_ms;
use crate::options::HistoryLocation;

/// Version of the schema below, kept in the file itself.
const SCHEMA_VERSION: i64 = 2;

/// Messages waiting for the disk; each peer has at most 32 under way.
pub(crate) const QUEUE_MAX: usize = 256;

/// A message to be kept.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) author: DeviceId,
    pub(crate) message: ChatMessage,
    /// Whether the engine waits to hear that it is durable.
    pub(crate) is_answered: bool,
}

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

    /// The last `max` messages of a room, oldest first.
    ///
    /// # Errors
    /// What SQLite says.
    pub fn last(&self, room: RoomId, max: u32) -> rusqlite::Result<Vec<KeptMessage>> {
        let mut select = self.connection.prepare_cached(
            "SELECT author, stream, seq, written_at_ms, text, signature FROM message
             WHERE room = ?1 ORDER BY kept_at_ms DESC, seq DESC LIMIT ?2",
        )?;
        let unsigned = |n: i64| u64::try_from(n).unwrap_or_default();
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

/// Brings the tables from `version` to [`SCHEMA_VERSION`], wholly or not at all.
fn migrate(connection: &Connection, version: i64) -> rusqlite::Result<()> {
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
         CREATE INDEX IF NOT EXISTS message_by_time ON message (room, kept_at_ms);",
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
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    Ok(connection)
}

/// The history's thread: keeps entries in order until the queue's other end is gone.
pub(crate) fn run(
    history: &History,
    room: RoomId,
    mut queue: mpsc::Receiver<Entry>,
    answers: &mpsc::Sender<DiskInput>,
) {
    while let Some(Entry {
        author,
        message,
        is_answered,
    }) = queue.blocking_recv()
    {
        let id = MessageId::of(author, &message);
        let answer = match history.keep(room, author, &message) {
            Ok(()) => DiskInput::MessageStored { id },
            Err(error) => {
                let reason = error.to_string();
                DiskInput::MessageNotStored { id, reason }
            }
        };
        if is_answered {
            // With nobody to hear it the rest is kept all the same.
            let _ = answers.blocking_send(answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId([1; 16]);
    const ADA: DeviceId = DeviceId([2; 16]);
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
