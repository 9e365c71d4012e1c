//! Messages: numbered by their author, sent until every device has stored them, shown once.
//!
//! On every hello each side says how far it has stored the other's messages; that receipt both
//! closes gaps after an outage and lets the author begin to send.

use std::collections::{BTreeMap, VecDeque};

use parlor_proto::frame::ChatMessage;
use parlor_proto::id::DeviceId;

/// Own messages kept for devices that have not stored them and for those still to come.
pub(crate) const OUTBOX_MAX: usize = 1000;

/// Messages on their way to one device without a receipt: keeps the control channel's queue short.
const UNSTORED_MAX: u64 = 32;

/// Devices whose messages are counted; a room never has more members at once, but people return.
const AUTHORS_MAX: usize = 256;

/// How far one device is with our messages.
#[derive(Debug, Default, Clone, Copy)]
struct Reader {
    sent_through: u64,
    stored_through: u64,
    /// Whether the device said on this link how far it is.
    is_synced: bool,
    /// Whether the device left: then nothing waits for it.
    has_left: bool,
}

/// How far we are with one author's messages.
#[derive(Debug, Default, Clone, Copy)]
struct Author {
    /// Handed to the disk.
    taken_through: u64,
    /// On the disk.
    stored_through: u64,
}

/// What to do with an arrived message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Store it; the receipt follows when it is durable.
    New,
    /// It is stored already: only the receipt was lost.
    Repeated { stored_through: u64 },
    /// It leaves a gap, comes twice before it is stored, or there are too many authors.
    Ignored,
}

/// The room's messages as far as the engine needs them.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    outbox: VecDeque<ChatMessage>,
    last_seq: u64,
    readers: BTreeMap<DeviceId, Reader>,
    authors: BTreeMap<DeviceId, Author>,
    /// Texts handed to the disk, shown when they are stored.
    storing: BTreeMap<(DeviceId, u64), ChatMessage>,
}

impl Chat {
    /// Takes a message of ours. `None` when the oldest one still waits for a device and the outbox
    /// is full.
    pub(crate) fn say(&mut self, text: &str, written_at_ms: u64) -> Option<ChatMessage> {
        if self.outbox.len() == OUTBOX_MAX {
            let oldest = self.outbox.front().map_or(0, |message| message.seq);
            let lacks = |reader: &Reader| !reader.has_left && reader.stored_through < oldest;
            if self.readers.values().any(lacks) {
                return None;
            }
            self.outbox.pop_front();
        }
        self.last_seq += 1;
        let message = ChatMessage::new(self.last_seq, written_at_ms, text);
        self.outbox.push_back(message.clone());
        Some(message)
    }

    /// A link to `device` opened: gives how far we have stored its messages. What was sent on an
    /// older link and has no receipt counts as lost.
    pub(crate) fn link_opened(&mut self, device: DeviceId) -> u64 {
        if self.readers.len() == AUTHORS_MAX && !self.readers.contains_key(&device) {
            let gone = self.readers.iter().find(|(_, reader)| reader.has_left);
            if let Some(gone) = gone.map(|(device, _)| *device) {
                self.readers.remove(&gone);
            }
        }
        let reader = self.readers.entry(device).or_default();
        reader.has_left = false;
        reader.is_synced = false;
        reader.sent_through = reader.stored_through;
        self.authors
            .get(&device)
            .map_or(0, |author| author.stored_through)
    }

    /// `device` left the room: its receipts are no longer waited for.
    pub(crate) fn left(&mut self, device: DeviceId) {
        if let Some(reader) = self.readers.get_mut(&device) {
            reader.has_left = true;
            reader.is_synced = false;
        }
    }

    /// `device` has our messages through `through`. Gives those it has newly stored.
    pub(crate) fn on_stored(&mut self, device: DeviceId, through: u64) -> Vec<u64> {
        let through = through.min(self.last_seq);
        let Some(reader) = self.readers.get_mut(&device) else {
            return Vec::new();
        };
        reader.is_synced = true;
        let newly = reader.stored_through + 1..=through;
        reader.stored_through = reader.stored_through.max(through);
        reader.sent_through = reader.sent_through.max(reader.stored_through);
        let first_kept = self.outbox.front().map_or(u64::MAX, |message| message.seq);
        newly.filter(|seq| *seq >= first_kept).collect()
    }

    /// The next message to send to `device` now; called until it gives nothing.
    pub(crate) fn next_for(&mut self, device: DeviceId) -> Option<ChatMessage> {
        let reader = self.readers.get_mut(&device)?;
        if !reader.is_synced || reader.sent_through - reader.stored_through >= UNSTORED_MAX {
            return None;
        }
        let first_kept = self.outbox.front()?.seq;
        let seq = (reader.sent_through + 1).max(first_kept);
        let index = usize::try_from(seq - first_kept).ok()?;
        let message = self.outbox.get(index)?.clone();
        reader.sent_through = seq;
        Some(message)
    }

    /// A message arrived.
    pub(crate) fn on_message(&mut self, from: DeviceId, message: ChatMessage) -> Arrival {
        if !self.authors.contains_key(&from) && self.authors.len() == AUTHORS_MAX {
            return Arrival::Ignored;
        }
        let author = self.authors.entry(from).or_default();
        if message.seq <= author.stored_through {
            return Arrival::Repeated {
                stored_through: author.stored_through,
            };
        }
        // The first message we ever see of an author sets where its numbers begin for us.
        let is_next = message.seq == author.taken_through + 1 || author.taken_through == 0;
        if !is_next {
            return Arrival::Ignored;
        }
        author.taken_through = message.seq;
        self.storing.insert((from, message.seq), message);
        Arrival::New
    }

    /// A message is durable: gives it back to be shown, and how far the author's are stored.
    pub(crate) fn on_durable(&mut self, from: DeviceId, seq: u64) -> Option<(ChatMessage, u64)> {
        let message = self.storing.remove(&(from, seq))?;
        let author = self.authors.get_mut(&from)?;
        author.stored_through = author.stored_through.max(seq);
        Some((message, author.stored_through))
    }

    /// A message could not be stored: everything from it on is to be sent again.
    pub(crate) fn on_not_durable(&mut self, from: DeviceId, seq: u64) {
        self.storing
            .retain(|(author, kept), _| *author != from || *kept < seq);
        if let Some(author) = self.authors.get_mut(&from) {
            author.taken_through = author.taken_through.min(seq.saturating_sub(1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: DeviceId = DeviceId([1; 16]);

    fn synced_with(messages: u64) -> Chat {
        let mut chat = Chat::default();
        for n in 0..messages {
            chat.say(&format!("{n}"), 0).unwrap();
        }
        chat.link_opened(ADA);
        chat.on_stored(ADA, 0);
        chat
    }

    fn drain(chat: &mut Chat) -> Vec<u64> {
        core::iter::from_fn(|| chat.next_for(ADA).map(|message| message.seq)).collect()
    }

    #[test]
    fn nothing_is_sent_before_the_reader_says_how_far_it_is() {
        let mut chat = Chat::default();
        chat.say("hi", 0).unwrap();
        chat.link_opened(ADA);
        assert!(chat.next_for(ADA).is_none());
        chat.on_stored(ADA, 0);
        assert_eq!(drain(&mut chat), [1]);
    }

    #[test]
    fn messages_without_a_receipt_are_bounded() {
        let mut chat = synced_with(100);
        assert_eq!(drain(&mut chat).len() as u64, UNSTORED_MAX);
        assert_eq!(chat.on_stored(ADA, 2), [1, 2]);
        assert_eq!(drain(&mut chat), [33, 34]);
    }

    #[test]
    fn a_new_link_sends_again_what_has_no_receipt() {
        let mut chat = synced_with(3);
        drain(&mut chat);
        chat.on_stored(ADA, 1);
        chat.link_opened(ADA);
        chat.on_stored(ADA, 1);
        assert_eq!(drain(&mut chat), [2, 3]);
    }

    #[test]
    fn a_message_is_shown_once_however_often_it_comes() {
        let mut chat = Chat::default();
        let message = ChatMessage::new(1, 0, "hi");
        assert_eq!(chat.on_message(ADA, message.clone()), Arrival::New);
        assert_eq!(chat.on_message(ADA, message.clone()), Arrival::Ignored);
        assert_eq!(chat.on_durable(ADA, 1), Some((message.clone(), 1)));
        assert_eq!(
            chat.on_message(ADA, message),
            Arrival::Repeated { stored_through: 1 }
        );
        assert_eq!(chat.on_durable(ADA, 1), None);
    }

    #[test]
    fn a_gap_is_not_taken() {
        let mut chat = Chat::default();
        chat.on_message(ADA, ChatMessage::new(1, 0, "a"));
        assert_eq!(
            chat.on_message(ADA, ChatMessage::new(3, 0, "c")),
            Arrival::Ignored
        );
    }

    #[test]
    fn a_message_the_disk_refused_is_taken_when_it_comes_again() {
        let mut chat = Chat::default();
        let message = ChatMessage::new(1, 0, "a");
        chat.on_message(ADA, message.clone());
        chat.on_not_durable(ADA, 1);
        assert_eq!(chat.on_message(ADA, message), Arrival::New);
    }

    #[test]
    fn a_full_outbox_refuses_rather_than_drops_what_somebody_lacks() {
        let mut chat = synced_with(OUTBOX_MAX as u64);
        assert!(chat.say("one more", 0).is_none());
        chat.on_stored(ADA, 1);
        assert!(chat.say("one more", 0).is_some());
    }

    #[test]
    fn nothing_waits_for_a_device_that_left() {
        let mut chat = synced_with(OUTBOX_MAX as u64);
        chat.left(ADA);
        assert!(chat.say("one more", 0).is_some());
    }

    #[test]
    fn a_receipt_for_messages_never_written_is_no_receipt() {
        let mut chat = synced_with(1);
        assert_eq!(chat.on_stored(ADA, 99), [1]);
        chat.say("later", 0);
        assert_eq!(drain(&mut chat), [2]);
    }
}
