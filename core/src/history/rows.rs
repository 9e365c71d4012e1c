//! Rows of the tables as what they stand for.

use std::collections::BTreeMap;

use parlor_engine::device::DevicePublic;
use parlor_proto::frame::{ChatMessage, MessageId};
use parlor_proto::id::DeviceId;
use parlor_proto::text::DisplayName;
use rusqlite::Row;

use super::{Author, KeptContent, KeptEntry};
use crate::store::changes::offer_from;

/// `None` for what no version of this program writes.
pub(super) fn entry_from(row: &Row<'_>) -> rusqlite::Result<Option<KeptEntry>> {
    let transfer: Option<i64> = row.get("transfer")?;
    let content = if let Some(transfer) = transfer {
        let transfer = transfer.cast_unsigned();
        let offer: Vec<u8> = row.get("offer")?;
        let Some(files) = offer_from(&offer, transfer) else {
            return Ok(None);
        };
        KeptContent::Offer {
            transfer,
            files,
            paths: BTreeMap::new(),
        }
    } else {
        KeptContent::Message {
            stream: row.get::<_, i64>("stream")?.cast_unsigned(),
            seq: unsigned(row.get("seq")?),
            written_at_ms: unsigned(row.get("written_at_ms")?),
            text: row.get("text")?,
            signature: row.get("signature")?,
            in_reply_to: reply_from(row)?,
            quoted: None,
        }
    };
    Ok(Some(KeptEntry {
        place: unsigned(row.get("place")?),
        author: DeviceId(row.get("author")?),
        kept_at_ms: unsigned(row.get("kept_at_ms")?),
        content,
    }))
}

pub(super) fn author_from(row: &Row<'_>) -> rusqlite::Result<Author> {
    let public = DevicePublic {
        handshake: row.get("handshake_key")?,
        signing: row.get("signing_key")?,
    };
    Ok((
        public,
        DisplayName::sanitise(&row.get::<_, String>("name")?),
    ))
}

/// A message as it was sent.
pub(super) fn message_from(row: &Row<'_>) -> rusqlite::Result<ChatMessage> {
    let mut message = ChatMessage::new(
        row.get::<_, i64>("stream")?.cast_unsigned(),
        unsigned(row.get("seq")?),
        unsigned(row.get("written_at_ms")?),
        &row.get::<_, String>("text")?,
    );
    message.signature = row.get("signature")?;
    message.in_reply_to = reply_from(row)?;
    Ok(message)
}

pub(super) fn reply_from(row: &Row<'_>) -> rusqlite::Result<Option<MessageId>> {
    let author: Option<[u8; 16]> = row.get("reply_author")?;
    let Some(author) = author else {
        return Ok(None);
    };
    Ok(Some(MessageId {
        author: DeviceId(author),
        stream: row.get::<_, i64>("reply_stream")?.cast_unsigned(),
        seq: row.get::<_, i64>("reply_seq")?.cast_unsigned(),
    }))
}

pub(crate) fn unsigned(n: i64) -> u64 {
    u64::try_from(n).unwrap_or_default()
}

pub(super) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
