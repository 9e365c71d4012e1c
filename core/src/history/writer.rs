//! The thread that keeps what a session says and hears.

use std::collections::BTreeMap;
use std::path::PathBuf;

use parlor_engine::input::{DiskInput, MessageId};
use parlor_engine::record::Member;
use parlor_proto::frame::{ChatMessage, OfferedFile};
use parlor_proto::id::{DeviceId, RoomId};
use tokio::sync::mpsc;

use super::History;

/// Messages waiting for the disk; each peer has at most 32 under way.
pub(crate) const QUEUE_MAX: usize = 256;

/// Entries that become durable together.
const BATCH_MAX: usize = 64;

/// What is to be kept.
#[derive(Debug)]
pub(crate) enum Entry {
    /// A message. The engine waits to hear that it is durable.
    Message {
        author: DeviceId,
        message: ChatMessage,
    },
    /// How far somebody has our messages of that stream.
    Receipt {
        reader: DeviceId,
        stream: u64,
        through: u64,
    },
    /// Files are on offer.
    Offer {
        author: DeviceId,
        transfer: u64,
        files: Vec<OfferedFile>,
    },
    /// A file of an offer is here.
    File {
        author: DeviceId,
        transfer: u64,
        file: u32,
        path: PathBuf,
    },
    /// Who somebody in the room is.
    Member { member: Member, is_hearsay: bool },
    /// Messages are wanted back. The engine waits for them.
    Read {
        reader: DeviceId,
        after: MessageId,
        max: u32,
    },
    /// Nothing of the room is kept any more.
    Forget,
}

/// The history's thread: keeps entries in order until the queue's other end is gone.
pub(crate) fn run(
    history: &History,
    room: RoomId,
    mut queue: mpsc::Receiver<Entry>,
    answers: &mpsc::Sender<DiskInput>,
) {
    let mut holes = Holes::default();
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while queue.blocking_recv_many(&mut batch, BATCH_MAX) > 0 {
        for answer in keep_all(history, room, &mut holes, &batch) {
            // With nobody to hear it the rest is kept all the same.
            let _ = answers.blocking_send(answer);
        }
        let forgets = batch.iter().any(|entry| matches!(entry, Entry::Forget));
        if forgets && let Err(error) = history.settle() {
            tracing::warn!(%error, "what was forgotten may still be in the log");
        }
        batch.clear();
    }
}

/// Messages that could not be kept, by author and stream: the first of each. Those behind it wait,
/// so that what is kept has no gaps but the author's own, and its last one tells how far it goes.
#[derive(Debug, Clone, Default)]
struct Holes(BTreeMap<(DeviceId, u64), u64>);

impl Holes {
    fn is_behind_one(&self, id: MessageId) -> bool {
        let hole = self.0.get(&(id.author, id.stream));
        hole.is_some_and(|hole| id.seq > *hole)
    }

    fn note(&mut self, id: MessageId, is_kept: bool) {
        let place = (id.author, id.stream);
        if !is_kept {
            let hole = self.0.entry(place).or_insert(id.seq);
            *hole = (*hole).min(id.seq);
        } else if self.0.get(&place) == Some(&id.seq) {
            self.0.remove(&place);
        }
    }
}

/// Keeps all in one transaction; where that fails, each for itself.
fn keep_all(history: &History, room: RoomId, holes: &mut Holes, batch: &[Entry]) -> Vec<DiskInput> {
    let mut tried = holes.clone();
    let mut together = || {
        let transaction = history.connection().unchecked_transaction()?;
        let answers = keep_each(history, room, &mut tried, batch);
        transaction.commit().map(|()| answers)
    };
    let kept: rusqlite::Result<_> = together();
    if let Ok(answers) = kept {
        *holes = tried;
        return answers;
    }
    keep_each(history, room, holes, batch)
}

fn keep_each(
    history: &History,
    room: RoomId,
    holes: &mut Holes,
    batch: &[Entry],
) -> Vec<DiskInput> {
    let mut answers = Vec::with_capacity(batch.len());
    for entry in batch {
        match entry {
            Entry::Message { author, message } => {
                let id = MessageId::of(*author, message);
                let kept = if holes.is_behind_one(id) {
                    Err("one before it is not stored yet".to_owned())
                } else {
                    let kept = history.keep(room, *author, message);
                    kept.map_err(|error| error.to_string())
                };
                holes.note(id, kept.is_ok());
                answers.push(match kept {
                    Ok(()) => DiskInput::MessageStored { id },
                    Err(reason) => DiskInput::MessageNotStored { id, reason },
                });
            }
            Entry::Read { reader, after, max } => {
                answers.push(read(history, room, (*reader, *max), *after));
            }
            Entry::Forget => {
                holes.0.clear();
                if let Err(error) = history.forget(room) {
                    tracing::error!(%error, "the room could not be forgotten");
                }
            }
            other => {
                if let Err(error) = keep_other(history, room, other) {
                    tracing::warn!(%error, "something of the room is not kept");
                }
            }
        }
    }
    answers
}

/// Reads messages back. What cannot be read is not passed on.
fn read(
    history: &History,
    room: RoomId,
    (reader, max): (DeviceId, u32),
    after: MessageId,
) -> DiskInput {
    let read = history.messages_after(room, after, max);
    let (who, messages) = read.unwrap_or_else(|error| {
        tracing::warn!(%error, "messages cannot be passed on");
        (None, Vec::new())
    });
    DiskInput::MessagesRead {
        reader,
        after,
        who,
        messages,
    }
}

/// Keeps what nobody waits for.
fn keep_other(history: &History, room: RoomId, entry: &Entry) -> rusqlite::Result<()> {
    match entry {
        Entry::Receipt {
            reader,
            stream,
            through,
        } => history.keep_receipt(room, *reader, *stream, *through),
        Entry::Offer {
            author,
            transfer,
            files,
        } => history.keep_offer(room, *author, *transfer, files),
        Entry::File {
            author,
            transfer,
            file,
            path,
        } => history.keep_path(room, *author, (*transfer, *file), path),
        Entry::Member { member, is_hearsay } => history.keep_member(room, member, *is_hearsay),
        Entry::Message { .. } | Entry::Read { .. } | Entry::Forget => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    const ROOM: RoomId = RoomId([1; 16]);
    const ADA: DeviceId = DeviceId([2; 16]);
    const STREAM: u64 = 7;

    fn message(stream: u64, seq: u64) -> ChatMessage {
        ChatMessage::new(stream, seq, 0, "x")
    }

    #[test]
    fn messages_behind_one_that_could_not_be_kept_wait_for_it() {
        let history = History::of(Store::in_memory().unwrap());
        let mut holes = Holes::default();
        let id = |seq| MessageId::of(ADA, &message(STREAM, seq));
        holes.note(id(1), false);
        let entry = |seq| Entry::Message {
            author: ADA,
            message: message(STREAM, seq),
        };
        let answers = keep_all(&history, ROOM, &mut holes, &[entry(2)]);
        assert!(matches!(answers[..], [DiskInput::MessageNotStored { .. }]));
        assert!(history.entries_before(ROOM, None, 9).unwrap().is_empty());
        keep_all(&history, ROOM, &mut holes, &[entry(1), entry(2)]);
        assert_eq!(history.entries_before(ROOM, None, 9).unwrap().len(), 2);
    }
}
