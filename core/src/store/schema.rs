//! The tables of the file of local state, and how an older file gets them.

use rusqlite::Connection;

/// Version of the tables, kept in the file itself.
pub(super) const VERSION: usize = STEPS.len();

/// What each version added to the one before.
pub(super) const STEPS: [&str; 5] = [DEVICES, TRANSFERS, ROOMS, PEOPLE, DRAFTS];

/// Who this device is, and whom it met.
const DEVICES: &str = "
    CREATE TABLE device_key (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        seed BLOB NOT NULL CHECK (length(seed) = 32)
    );
    CREATE TABLE known_device (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        handshake_key BLOB NOT NULL CHECK (length(handshake_key) = 32),
        signing_key BLOB NOT NULL CHECK (length(signing_key) = 32),
        name TEXT NOT NULL,
        is_verified INTEGER NOT NULL,
        first_met_at_ms INTEGER NOT NULL,
        last_met_at_ms INTEGER NOT NULL,
        UNIQUE (handshake_key, signing_key)
    );";

/// Transfers that outlive the app.
const TRANSFERS: &str = "
    CREATE TABLE incoming (
        room BLOB NOT NULL,
        device BLOB NOT NULL,
        transfer INTEGER NOT NULL,
        offer BLOB NOT NULL,
        files BLOB NOT NULL,
        is_paused INTEGER NOT NULL,
        stopped TEXT,
        changed_at_ms INTEGER NOT NULL,
        PRIMARY KEY (room, device, transfer)
    ) WITHOUT ROWID;
    CREATE TABLE outgoing (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        transfer INTEGER NOT NULL UNIQUE,
        room BLOB NOT NULL,
        offer BLOB NOT NULL,
        is_paused INTEGER NOT NULL,
        made_at_ms INTEGER NOT NULL
    );
    CREATE TABLE outgoing_file (
        transfer INTEGER NOT NULL,
        file INTEGER NOT NULL,
        path BLOB NOT NULL,
        PRIMARY KEY (transfer, file)
    ) WITHOUT ROWID;";

/// Rooms that people come back to, what was said and shared there, and what the person set.
/// An entry is a message (with a stream) or an offer (with a transfer); its place is the order in
/// which this device learnt of it.
const ROOMS: &str = "
    CREATE TABLE room (
        room BLOB PRIMARY KEY,
        secret BLOB NOT NULL CHECK (length(secret) = 32),
        server TEXT NOT NULL,
        is_hosted INTEGER NOT NULL,
        title TEXT,
        made_at_ms INTEGER NOT NULL,
        read_through INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE member (
        room BLOB NOT NULL,
        device BLOB NOT NULL,
        name TEXT NOT NULL,
        PRIMARY KEY (room, device)
    ) WITHOUT ROWID;
    CREATE TABLE entry (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        room BLOB NOT NULL,
        author BLOB NOT NULL,
        kept_at_ms INTEGER NOT NULL,
        stream INTEGER,
        seq INTEGER,
        written_at_ms INTEGER,
        text TEXT,
        signature BLOB,
        transfer INTEGER,
        offer BLOB,
        CHECK ((stream IS NULL) <> (transfer IS NULL)),
        UNIQUE (room, author, stream, seq),
        UNIQUE (room, author, transfer)
    );
    CREATE INDEX entry_in_room ON entry (room, place);
    CREATE TABLE entry_file (
        room BLOB NOT NULL,
        author BLOB NOT NULL,
        transfer INTEGER NOT NULL,
        file INTEGER NOT NULL,
        path BLOB NOT NULL,
        PRIMARY KEY (room, author, transfer, file)
    ) WITHOUT ROWID;
    CREATE TABLE receipt (
        room BLOB NOT NULL,
        reader BLOB NOT NULL,
        stream INTEGER NOT NULL,
        through INTEGER NOT NULL,
        PRIMARY KEY (room, reader)
    ) WITHOUT ROWID;
    ALTER TABLE outgoing ADD COLUMN is_copy INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE setting (
        name TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) WITHOUT ROWID;";

/// How people are shown, by what keys others can check their messages, whom a message answers, and
/// with whom the person wants nothing to do.
const PEOPLE: &str = "
    ALTER TABLE known_device ADD COLUMN is_blocked INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE member ADD COLUMN handshake_key BLOB;
    ALTER TABLE member ADD COLUMN signing_key BLOB;
    ALTER TABLE member ADD COLUMN colour INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE member ADD COLUMN emblem INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE entry ADD COLUMN reply_author BLOB;
    ALTER TABLE entry ADD COLUMN reply_stream INTEGER;
    ALTER TABLE entry ADD COLUMN reply_seq INTEGER;";

/// What the person began to write in a room.
const DRAFTS: &str = "ALTER TABLE room ADD COLUMN draft TEXT NOT NULL DEFAULT '';";

/// Tables whose rows belong to a room, by their column `room`.
pub(crate) const OF_ROOMS: [&str; 7] = [
    "entry",
    "entry_file",
    "receipt",
    "member",
    "incoming",
    "outgoing",
    "room",
];

/// Brings the tables from `version` to [`VERSION`], wholly or not at all; writes nothing where
/// nothing changes.
pub(super) fn migrate(connection: &Connection, version: usize) -> rusqlite::Result<()> {
    let Some(steps @ [_, ..]) = STEPS.get(version..) else {
        return Ok(());
    };
    let transaction = connection.unchecked_transaction()?;
    for step in steps {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(
        None,
        "user_version",
        i64::try_from(VERSION).unwrap_or_default(),
    )?;
    transaction.commit()
}
