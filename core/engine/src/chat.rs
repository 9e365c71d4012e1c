//! Messages: numbered by their author, sent until every device has stored them, shown once.
//!
//! On every hello each side says how far it has stored the other's messages; that receipt both
//! closes gaps after an outage and lets the author begin to send.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use parlor_proto::frame::ChatMessage;
use parlor_proto::id::DeviceId;
use parlor_proto::text::DisplayName;

use crate::time::{Deadline, Moment};

/// Own messages kept for devices that have not stored them and for those still to come.
pub(crate) const OUTBOX_MAX: usize = 1000;

/// Messages on their way to one device without a receipt: keeps the control channel's queue short.
const UNSTORED_MAX: u64 = 32;

/// Devices whose messages are counted: several times the members of a room, as people come and go.
/// Beyond that those who left are forgotten first.
const AUTHORS_MAX: usize = 256;

/// How long after the disk refused a message it is asked again: long enough for a person to make
/// room, short enough that the sender still sees the message arrive.
const STORE_AGAIN_AFTER: Duration = Duration::from_secs(2);

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
    /// Whether nothing new came on this link yet: then a gap is one that its author cannot close.
    is_fresh: bool,
}

/// An arrived message on its way to the disk.
#[derive(Debug)]
struct Storing {
    message: ChatMessage,
    /// The author's name on arrival: they may have left when it is shown.
    name: DisplayName,
    state: StoringState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StoringState {
    Asked,
    Refused { again_at: Moment },
    Durable,
}

/// Messages of one author that became durable, to be shown in this order.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Durable {
    pub(crate) messages: Vec<(DisplayName, ChatMessage)>,
    pub(crate) through: u64,
}

/// What to do with an arrived message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Store it; the receipt follows when it is durable.
    New,
    /// It is stored already: only the receipt was lost.
    Repeated { stored_through: u64 },
    /// It leaves a gap, comes twice before it is stored, or too much waits already.
    Ignored,
}

/// The room's messages as far as the engine needs them.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    outbox: VecDeque<ChatMessage>,
    last_seq: u64,
    readers: BTreeMap<DeviceId, Reader>,
    authors: BTreeMap<DeviceId, Author>,
    /// Handed to the disk; shown when they and all before them are stored.
    storing: BTreeMap<(DeviceId, u64), Storing>,
}

impl Chat {
    /// Takes a message of ours. `None` when the oldest one still waits for a device and the outbox
    /// is full.
    pub(crate) fn say(
        &mut self,
        text: &str,
        written_at_ms: u64,
        sign: impl FnOnce(&ChatMessage) -> [u8; 64],
    ) -> Option<ChatMessage> {
        if self.outbox.len() == OUTBOX_MAX {
            let oldest = self.outbox.front().map_or(0, |message| message.seq);
            let lacks = |reader: &Reader| !reader.has_left && reader.stored_through < oldest;
            if self.readers.values().any(lacks) {
                return None;
            }
            self.outbox.pop_front();
        }
        self.last_seq += 1;
        let mut message = ChatMessage::new(self.last_seq, written_at_ms, text);
        message.signature = sign(&message);
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
        self.authors.get_mut(&device).map_or(0, |author| {
            author.is_fresh = true;
            author.stored_through
        })
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
        let first_kept = self.outbox.front().map_or(u64::MAX, |message| message.seq);
        let newly = first_kept.max(reader.stored_through + 1)..=through;
        reader.stored_through = reader.stored_through.max(through);
        reader.sent_through = reader.sent_through.max(reader.stored_through);
        newly.collect()
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
    pub(crate) fn on_message(
        &mut self,
        from: DeviceId,
        name: DisplayName,
        message: ChatMessage,
    ) -> Arrival {
        if !self.authors.contains_key(&from) && !self.has_room_for_author() {
            return Arrival::Ignored;
        }
        let waiting = self.storing.range((from, 0)..=(from, u64::MAX)).count();
        let author = self.authors.entry(from).or_insert(Author {
            is_fresh: true,
            ..Author::default()
        });
        if message.seq <= author.stored_through {
            return Arrival::Repeated {
                stored_through: author.stored_through,
            };
        }
        let is_next = message.seq == author.taken_through + 1;
        let leaves_gap = message.seq > author.taken_through && author.is_fresh;
        if !(is_next || leaves_gap) || waiting as u64 >= UNSTORED_MAX {
            return Arrival::Ignored;
        }
        author.taken_through = message.seq;
        author.is_fresh = false;
        let storing = Storing {
            name,
            state: StoringState::Asked,
            message,
        };
        self.storing.insert((from, storing.message.seq), storing);
        Arrival::New
    }

    /// Whether one more author can be counted; forgets one that left when there are many.
    fn has_room_for_author(&mut self) -> bool {
        if self.authors.len() < AUTHORS_MAX {
            return true;
        }
        let is_gone = |device: &DeviceId| {
            let stores = self.storing.range((*device, 0)..=(*device, u64::MAX));
            let reader = self.readers.get(device);
            reader.is_none_or(|reader| reader.has_left) && stores.count() == 0
        };
        let gone = self.authors.keys().copied().find(|device| is_gone(device));
        gone.is_some_and(|device| self.authors.remove(&device).is_some())
    }

    /// A message is durable: gives it and those behind it that waited for it, to be shown.
    pub(crate) fn on_durable(&mut self, from: DeviceId, seq: u64) -> Option<Durable> {
        self.storing.get_mut(&(from, seq))?.state = StoringState::Durable;
        let author = self.authors.get_mut(&from)?;
        let mut messages = Vec::new();
        while let Some(((author, seq), first)) =
            self.storing.range((from, 0)..=(from, u64::MAX)).next()
            && first.state == StoringState::Durable
        {
            let key = (*author, *seq);
            let Storing { name, message, .. } = self.storing.remove(&key)?;
            messages.push((name, message));
        }
        let (_, last) = messages.last()?;
        author.stored_through = author.stored_through.max(last.seq);
        let through = author.stored_through;
        Some(Durable { messages, through })
    }

    /// A message could not be stored: it is kept here, and the disk is asked again later.
    pub(crate) fn on_not_durable(&mut self, from: DeviceId, seq: u64, now: Moment) {
        if let Some(storing) = self.storing.get_mut(&(from, seq)) {
            let again_at = now + STORE_AGAIN_AFTER;
            storing.state = StoringState::Refused { again_at };
        }
    }

    /// Messages the disk refused and is to be asked again now.
    pub(crate) fn store_again(&mut self, now: Moment) -> Vec<(DeviceId, ChatMessage)> {
        let due = self
            .storing
            .iter_mut()
            .filter(|(_, storing)| storing.again_at().is_some_and(|at| at <= now));
        due.map(|((author, _), storing)| {
            storing.state = StoringState::Asked;
            (*author, storing.message.clone())
        })
        .collect()
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        let again = self.storing.values().filter_map(Storing::again_at);
        again.min().map(|at| Deadline {
            at,
            why: "store a message again",
        })
    }
}

impl Storing {
    const fn again_at(&self) -> Option<Moment> {
        match self.state {
            StoringState::Refused { again_at } => Some(again_at),
            StoringState::Asked | StoringState::Durable => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: DeviceId = DeviceId([1; 16]);

    fn unsigned(_: &ChatMessage) -> [u8; 64] {
        [0; 64]
    }

    fn name() -> DisplayName {
        DisplayName::sanitise("Ada")
    }

    fn arrives(chat: &mut Chat, seq: u64) -> Arrival {
        chat.on_message(ADA, name(), ChatMessage::new(seq, 0, "hi"))
    }

    fn shown(durable: Option<Durable>) -> Vec<u64> {
        let messages = durable.map_or(Vec::new(), |durable| durable.messages);
        messages.iter().map(|(_, message)| message.seq).collect()
    }

    fn synced_with(messages: u64) -> Chat {
        let mut chat = Chat::default();
        for n in 0..messages {
            chat.say(&format!("{n}"), 0, unsigned).unwrap();
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
        chat.say("hi", 0, unsigned).unwrap();
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
        assert_eq!(arrives(&mut chat, 1), Arrival::New);
        assert_eq!(arrives(&mut chat, 1), Arrival::Ignored);
        assert_eq!(shown(chat.on_durable(ADA, 1)), [1]);
        assert_eq!(
            arrives(&mut chat, 1),
            Arrival::Repeated { stored_through: 1 }
        );
        assert_eq!(chat.on_durable(ADA, 1), None);
    }

    #[test]
    fn a_gap_is_not_taken() {
        let mut chat = Chat::default();
        arrives(&mut chat, 1);
        assert_eq!(arrives(&mut chat, 3), Arrival::Ignored);
    }

    #[test]
    fn a_gap_that_its_author_cannot_close_any_more_is_taken() {
        let mut chat = Chat::default();
        arrives(&mut chat, 1);
        chat.on_durable(ADA, 1);
        assert_eq!(chat.link_opened(ADA), 1);
        assert_eq!(arrives(&mut chat, 500), Arrival::New);
        assert_eq!(arrives(&mut chat, 502), Arrival::Ignored);
        assert_eq!(shown(chat.on_durable(ADA, 500)), [500]);
    }

    #[test]
    fn a_message_the_disk_refused_is_stored_later_and_holds_back_the_next() {
        let (mut chat, start) = (Chat::default(), Moment::default());
        arrives(&mut chat, 1);
        arrives(&mut chat, 2);
        chat.on_not_durable(ADA, 1, start);
        assert_eq!(chat.on_durable(ADA, 2), None);
        assert!(chat.store_again(start).is_empty());
        let later = chat.deadline().unwrap().at;
        assert_eq!(chat.store_again(later).len(), 1);
        assert_eq!(chat.deadline(), None);
        assert_eq!(shown(chat.on_durable(ADA, 1)), [1, 2]);
    }

    #[test]
    fn what_waits_for_the_disk_is_bounded_whatever_the_author_sends() {
        let mut chat = Chat::default();
        for seq in 1..=UNSTORED_MAX {
            assert_eq!(arrives(&mut chat, seq), Arrival::New);
        }
        assert_eq!(arrives(&mut chat, UNSTORED_MAX + 1), Arrival::Ignored);
        chat.on_durable(ADA, 1);
        assert_eq!(arrives(&mut chat, UNSTORED_MAX + 1), Arrival::New);
    }

    #[test]
    fn devices_that_left_make_room_for_new_ones() {
        let mut chat = Chat::default();
        for n in 0..=AUTHORS_MAX {
            let mut id = [0; 16];
            id[..8].copy_from_slice(&(n as u64).to_be_bytes());
            let device = DeviceId(id);
            chat.link_opened(device);
            let arrival = chat.on_message(device, name(), ChatMessage::new(1, 0, "hi"));
            assert_eq!(arrival, Arrival::New, "device {n}");
            chat.on_durable(device, 1);
            chat.left(device);
        }
    }

    #[test]
    fn a_full_outbox_refuses_rather_than_drops_what_somebody_lacks() {
        let mut chat = synced_with(OUTBOX_MAX as u64);
        assert!(chat.say("one more", 0, unsigned).is_none());
        chat.on_stored(ADA, 1);
        assert!(chat.say("one more", 0, unsigned).is_some());
    }

    #[test]
    fn nothing_waits_for_a_device_that_left() {
        let mut chat = synced_with(OUTBOX_MAX as u64);
        chat.left(ADA);
        assert!(chat.say("one more", 0, unsigned).is_some());
    }

    #[test]
    fn a_receipt_for_messages_never_written_is_no_receipt() {
        let mut chat = synced_with(1);
        assert_eq!(chat.on_stored(ADA, 99), [1]);
        chat.say("later", 0, unsigned);
        assert_eq!(drain(&mut chat), [2]);
    }
}
