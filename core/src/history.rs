//! What was said and shared in rooms, in the file of local state.
//!
//! A message counts as stored, and its author is told so, only after the transaction that holds it
//! is durable.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use parlor_engine::device::DevicePublic;
use parlor_engine::record::{
    AuthorRecord, Member, MessageRecord, OUTBOX_MAX, OwnMessages, ReaderRecord,
};
use parlor_proto::avatar::Avatar;
use parlor_proto::frame::{ChatMessage, MessageId, OfferedFile};
use parlor_proto::id::{DeviceId, RoomId};
use parlor_proto::text::DisplayName;
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::clock::wall_clock_ms;
use crate::offers::{path_bytes, path_from};
use crate::store::changes::offer_bytes;
use crate::store::{Store, schema};

use rows::{author_from, entry_from, message_from, signed};

pub(crate) use rows::unsigned;

mod rows;
pub(crate) mod timeline;
pub(crate) mod writer;

/// Something that was said or shared, as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptEntry {
    /// Counts in the order in which this device learnt of things, over all rooms.
    pub place: u64,
    /// Whose it is.
    pub author: DeviceId,
    /// When this device learnt of it, in milliseconds since 1970.
    pub kept_at_ms: u64,
    /// What it is.
    pub content: KeptContent,
}

/// What somebody said or shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptContent {
    /// A message.
    Message {
        /// The author's stream.
        stream: u64,
        /// Its number there.
        seq: u64,
        /// When it was written by the author's clock, in milliseconds since 1970.
        written_at_ms: u64,
        /// The text.
        text: String,
        /// The author's signature over it.
        signature: [u8; 64],
        /// The message that it answers.
        in_reply_to: Option<MessageId>,
        /// The text of that one, where it is kept.
        quoted: Option<String>,
    },
    /// Files on offer.
    Offer {
        /// Its number at the offering device.
        transfer: u64,
        /// The files.
        files: Vec<OfferedFile>,
        /// Where those of them are that are whole on this device, by their index.
        paths: BTreeMap<u32, PathBuf>,
    },
}

/// Somebody who was in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptMember {
    /// The name they went by.
    pub name: DisplayName,
    /// How they wanted to be shown.
    pub avatar: Avatar,
}

/// An author's keys and name.
pub(crate) type Author = (DevicePublic, DisplayName);

/// The entries of all rooms of this device.
#[derive(Debug)]
pub(crate) struct History {
    store: Store,
}

impl History {
    pub(crate) const fn of(store: Store) -> Self {
        Self { store }
    }

    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) const fn connection(&self) -> &Connection {
        &self.store.connection
    }

    /// Takes out of the log what was changed, so that nothing removed is left there.
    pub(crate) fn settle(&self) -> rusqlite::Result<()> {
        self.store.settle()
    }

    /// Keeps a message for good; one that is kept already stays as it is.
    ///
    /// # Errors
    /// What SQLite says, a full disk above all.
    pub(crate) fn keep(
        &self,
        room: RoomId,
        author: DeviceId,
        message: &ChatMessage,
    ) -> rusqlite::Result<()> {
        let mut insert = self.connection().prepare_cached(
            "INSERT INTO entry
                 (room, author, kept_at_ms, stream, seq, written_at_ms, text, signature,
                 reply_author, reply_stream, reply_seq)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING",
        )?;
        insert.execute(params![
            room.0,
            author.0,
            wall_clock_ms(),
            message.stream.cast_signed(),
            signed(message.seq),
            signed(message.written_at_ms),
            message.text,
            message.signature,
            message.in_reply_to.map(|to| to.author.0),
            message.in_reply_to.map(|to| to.stream.cast_signed()),
            message.in_reply_to.map(|to| to.seq.cast_signed()),
        ])?;
        Ok(())
    }

    /// Keeps that files are on offer.
    fn keep_offer(
        &self,
        room: RoomId,
        author: DeviceId,
        transfer: u64,
        files: &[OfferedFile],
    ) -> rusqlite::Result<()> {
        let mut insert = self.connection().prepare_cached(
            "INSERT INTO entry (room, author, kept_at_ms, transfer, offer)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        )?;
        let offer = offer_bytes(transfer, files);
        let number = transfer.cast_signed();
        insert.execute(params![room.0, author.0, wall_clock_ms(), number, offer])?;
        Ok(())
    }

    /// Keeps where a file of an offer is.
    fn keep_path(
        &self,
        room: RoomId,
        author: DeviceId,
        (transfer, file): (u64, u32),
        path: &Path,
    ) -> rusqlite::Result<()> {
        let mut insert = self
            .connection()
            .prepare_cached("INSERT OR REPLACE INTO entry_file VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let number = transfer.cast_signed();
        insert.execute(params![room.0, author.0, number, file, path_bytes(path)])?;
        Ok(())
    }

    /// Keeps who somebody in the room is; by hearsay only where nothing is known of them.
    fn keep_member(&self, room: RoomId, member: &Member, is_hearsay: bool) -> rusqlite::Result<()> {
        let known = if is_hearsay {
            "handshake_key = ?4, signing_key = ?5 WHERE handshake_key IS NULL"
        } else {
            "name = ?3, handshake_key = ?4, signing_key = ?5, colour = ?6, emblem = ?7"
        };
        let mut insert = self.connection().prepare_cached(&format!(
            "INSERT INTO member (room, device, name, handshake_key, signing_key, colour, emblem)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET {known}"
        ))?;
        insert.execute(params![
            room.0,
            member.public.id().0,
            member.name.as_str(),
            member.public.handshake,
            member.public.signing,
            member.avatar.colour,
            member.avatar.emblem
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
        let mut insert = self.connection().prepare_cached(
            "INSERT INTO receipt (room, reader, stream, through) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (room, reader) DO UPDATE SET stream = ?3, through = ?4",
        )?;
        insert.execute(params![
            room.0,
            reader.0,
            stream.cast_signed(),
            signed(through)
        ])?;
        Ok(())
    }

    /// Removes everything of a room. Gone from the file only after [`Store::settle`].
    pub(crate) fn forget(&self, room: RoomId) -> rusqlite::Result<()> {
        for table in schema::OF_ROOMS {
            let delete = format!("DELETE FROM {table} WHERE room = ?1");
            self.connection().execute(&delete, params![room.0])?;
        }
        let without_offer =
            "DELETE FROM outgoing_file WHERE transfer NOT IN (SELECT transfer FROM outgoing)";
        self.connection().execute(without_offer, [])?;
        Ok(())
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
        let mut select = self.connection().prepare_cached(
            "SELECT stream, seq, written_at_ms, text, signature,
                 reply_author, reply_stream, reply_seq
             FROM entry
             WHERE room = ?1 AND author = ?2 AND stream IS NOT NULL ORDER BY place DESC LIMIT ?3",
        )?;
        let most = i64::try_from(OUTBOX_MAX).unwrap_or(i64::MAX);
        let rows = select.query_map(params![room.0, own.0, most], message_from)?;
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

    /// The next messages of an author after one of them, in their order, and who the author is.
    fn messages_after(
        &self,
        room: RoomId,
        after: MessageId,
        max: u32,
    ) -> rusqlite::Result<(Option<Author>, Vec<ChatMessage>)> {
        let mut select = self.connection().prepare_cached(
            "SELECT stream, seq, written_at_ms, text, signature,
                 reply_author, reply_stream, reply_seq
             FROM entry
             WHERE room = ?1 AND author = ?2 AND stream = ?3 AND seq > ?4 ORDER BY seq LIMIT ?5",
        )?;
        let stream = after.stream.cast_signed();
        let from = params![room.0, after.author.0, stream, signed(after.seq), max];
        let rows = select.query_map(from, message_from)?;
        let messages = rows.collect::<rusqlite::Result<_>>()?;
        let mut select = self.connection().prepare_cached(
            "SELECT handshake_key, signing_key, name FROM member
             WHERE room = ?1 AND device = ?2 AND handshake_key IS NOT NULL",
        )?;
        let who = select.query_row(params![room.0, after.author.0], author_from);
        Ok((who.optional()?, messages))
    }

    /// What some room has of a device's keys and name.
    pub(crate) fn member(&self, device: DeviceId) -> rusqlite::Result<Option<Author>> {
        let mut select = self.connection().prepare_cached(
            "SELECT handshake_key, signing_key, name FROM member
             WHERE device = ?1 AND handshake_key IS NOT NULL LIMIT 1",
        )?;
        select.query_row([device.0], author_from).optional()
    }

    /// The text of a message, where it is kept.
    pub(crate) fn text_of(&self, room: RoomId, id: MessageId) -> rusqlite::Result<Option<String>> {
        let mut select = self.connection().prepare_cached(
            "SELECT text FROM entry WHERE room = ?1 AND author = ?2 AND stream = ?3 AND seq = ?4",
        )?;
        let stream = id.stream.cast_signed();
        let named = params![room.0, id.author.0, stream, signed(id.seq)];
        select.query_row(named, |row| row.get(0)).optional()
    }

    fn authors(&self, room: RoomId, own: DeviceId) -> rusqlite::Result<Vec<AuthorRecord>> {
        let mut select = self.connection().prepare_cached(
            "SELECT author, stream, MAX(seq) FROM entry
             WHERE room = ?1 AND author <> ?2 AND stream IS NOT NULL
             GROUP BY author, stream ORDER BY MAX(place)",
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
        let receipts = self.receipts(room)?.into_iter();
        let of_stream = receipts.filter(|(receipt_of, _)| *receipt_of == stream);
        Ok(of_stream.map(|(_, reader)| reader).collect())
    }

    /// How far each reader has which of our streams.
    pub(crate) fn receipts(&self, room: RoomId) -> rusqlite::Result<Vec<(u64, ReaderRecord)>> {
        let mut select = self
            .connection()
            .prepare_cached("SELECT stream, reader, through FROM receipt WHERE room = ?1")?;
        let rows = select.query_map(params![room.0], |row| {
            let reader = ReaderRecord {
                device: DeviceId(row.get(1)?),
                through: unsigned(row.get(2)?),
            };
            Ok((row.get::<_, i64>(0)?.cast_unsigned(), reader))
        })?;
        rows.collect()
    }

    /// How people go in the room.
    pub(crate) fn members(&self, room: RoomId) -> rusqlite::Result<BTreeMap<DeviceId, KeptMember>> {
        let mut select = self
            .connection()
            .prepare_cached("SELECT device, name, colour, emblem FROM member WHERE room = ?1")?;
        let rows = select.query_map(params![room.0], |row| {
            let member = KeptMember {
                name: DisplayName::sanitise(&row.get::<_, String>(1)?),
                avatar: Avatar {
                    colour: row.get(2)?,
                    emblem: row.get(3)?,
                },
            };
            Ok((DeviceId(row.get(0)?), member))
        })?;
        rows.collect()
    }

    /// The last `max` entries of a room that come before `place`, oldest first. What cannot be read
    /// is left out.
    pub(crate) fn entries_before(
        &self,
        room: RoomId,
        place: Option<u64>,
        max: u32,
    ) -> rusqlite::Result<Vec<KeptEntry>> {
        let mut select = self.connection().prepare_cached(
            "SELECT place, author, kept_at_ms, stream, seq, written_at_ms, text, signature,
                 transfer, offer, reply_author, reply_stream, reply_seq
             FROM entry WHERE room = ?1 AND place < ?2 ORDER BY place DESC LIMIT ?3",
        )?;
        let before = place.map_or(i64::MAX, signed);
        let rows = select.query_map(params![room.0, before, max], entry_from)?;
        let mut entries = Vec::new();
        for entry in rows {
            entries.extend(entry?);
        }
        for entry in &mut entries {
            match &mut entry.content {
                KeptContent::Offer {
                    transfer, paths, ..
                } => *paths = self.paths(room, entry.author, *transfer)?,
                KeptContent::Message {
                    in_reply_to: Some(to),
                    quoted,
                    ..
                } => *quoted = self.text_of(room, *to)?,
                KeptContent::Message { .. } => {}
            }
        }
        entries.reverse();
        Ok(entries)
    }

    fn paths(
        &self,
        room: RoomId,
        author: DeviceId,
        transfer: u64,
    ) -> rusqlite::Result<BTreeMap<u32, PathBuf>> {
        let mut select = self.connection().prepare_cached(
            "SELECT file, path FROM entry_file WHERE room = ?1 AND author = ?2 AND transfer = ?3",
        )?;
        let number = transfer.cast_signed();
        let rows = select.query_map(params![room.0, author.0, number], |row| {
            Ok((row.get(0)?, path_from(row.get(1)?)))
        })?;
        rows.collect()
    }

    /// Entries of others that came after `place`.
    pub(crate) fn unread(&self, room: RoomId, own: DeviceId, place: u64) -> rusqlite::Result<u32> {
        let mut count = self.connection().prepare_cached(
            "SELECT COUNT(*) FROM entry WHERE room = ?1 AND place > ?2 AND author <> ?3",
        )?;
        count.query_row(params![room.0, signed(place), own.0], |row| row.get(0))
    }
}

#[cfg(test)]
mod tests;
