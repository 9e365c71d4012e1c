//! Messages: numbered by their author, sent until every device has stored them, shown once.
//!
//! On every hello each side says how far it has stored the other's messages; that receipt both
//! closes gaps after an outage and lets the author begin to send.

use core::time::Duration;
use std::collections::BTreeMap;

use parlor_proto::frame::ChatMessage;
use parlor_proto::id::DeviceId;
use parlor_proto::text::DisplayName;

use crate::input::MessageId;
use crate::record::{AuthorRecord, MessageRecord, ReaderRecord};
use crate::time::{Deadline, Moment};

use outbox::Outbox;
use passing::Passing;

pub(crate) use passing::Read;

mod hearsay;
mod outbox;
mod passing;

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
    /// The one it is in; none before its first link. In another one it may have lost what it had.
    session: Option<u64>,
    sent_through: u64,
    stored_through: u64,
    /// Said to be delivered, once for each message however often the device begins anew.
    told_through: u64,
    /// Whether the device said on this link how far it is.
    is_synced: bool,
    /// Whether the device left: then nothing waits for it.
    has_left: bool,
}

/// How far we are with one author's messages.
#[derive(Debug, Clone, Copy)]
struct Author {
    /// Which of the author's streams this counts.
    stream: u64,
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
    /// The receipt for their author.
    pub(crate) through: Option<u64>,
}

/// How things stand with a device that a link opened to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    /// How far its messages are stored here.
    pub(crate) through: u64,
    /// Whether it lost what it knew of this room since it was here last.
    pub(crate) has_begun_anew: bool,
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
#[derive(Debug)]
pub(crate) struct Chat {
    /// This device.
    own: DeviceId,
    outbox: Outbox,
    readers: BTreeMap<DeviceId, Reader>,
    authors: BTreeMap<DeviceId, Author>,
    passing: Passing,
    /// How many authors each member made known that never were here themselves.
    hearsay: BTreeMap<DeviceId, usize>,
    /// Handed to the disk; shown when they and all before them are stored.
    storing: BTreeMap<MessageId, Storing>,
}

impl Chat {
    /// Goes on from what earlier sessions of `own` left; `fresh_stream` must not have been used by
    /// it before.
    pub(crate) fn new(own: DeviceId, fresh_stream: u64, kept: MessageRecord) -> Self {
        let readers = kept.readers.into_iter().take(AUTHORS_MAX);
        let authors = kept.authors.into_iter().take(AUTHORS_MAX);
        Self {
            own,
            outbox: Outbox::new(fresh_stream, kept.own),
            readers: readers.map(Reader::restored).collect(),
            authors: authors.map(Author::restored).collect(),
            passing: Passing::default(),
            hearsay: BTreeMap::new(),
            storing: BTreeMap::new(),
        }
    }

    /// The stream for our hello.
    pub(crate) const fn stream(&self) -> u64 {
        self.outbox.stream()
    }

    /// Takes a message of ours. `None` when the oldest one still waits for a device and the outbox
    /// is full.
    pub(crate) fn say(
        &mut self,
        text: &str,
        in_reply_to: Option<MessageId>,
        written_at_ms: u64,
        sign: impl FnOnce(&ChatMessage) -> [u8; 64],
    ) -> Option<ChatMessage> {
        if self.outbox.is_full() {
            let oldest = self.outbox.first_kept().unwrap_or(0);
            let lacks = |reader: &Reader| !reader.has_left && reader.stored_through < oldest;
            if self.readers.values().any(lacks) || !self.outbox.is_oldest_durable() {
                return None;
            }
            self.outbox.drop_oldest();
        }
        let message = self.outbox.next(text, in_reply_to, written_at_ms);
        Some(self.outbox.add(message, sign))
    }

    /// A message of ours is durable. Gives those that may leave now.
    pub(crate) fn on_own_durable(&mut self, seq: u64) -> Vec<ChatMessage> {
        self.outbox.on_durable(seq)
    }

    /// Whether a message is ours.
    pub(crate) fn is_own(&self, id: MessageId) -> bool {
        id.author == self.own
    }

    /// A link to `device` opened, which is in `session` and writes in `stream`: gives how far we
    /// have stored its messages. What was sent on an older link and has no receipt counts as lost.
    pub(crate) fn link_opened(&mut self, device: DeviceId, session: u64, stream: u64) -> Opened {
        if self.readers.len() == AUTHORS_MAX && !self.readers.contains_key(&device) {
            let gone = self.readers.iter().find(|(_, reader)| reader.has_left);
            if let Some(gone) = gone.map(|(device, _)| *device) {
                self.readers.remove(&gone);
            }
        }
        let reader = self.readers.entry(device).or_default();
        let has_begun_anew = reader.session.is_some_and(|before| before != session);
        if has_begun_anew {
            *reader = Reader {
                told_through: reader.told_through,
                ..Reader::default()
            };
        }
        self.passing.forget(device);
        reader.session = Some(session);
        reader.has_left = false;
        reader.is_synced = false;
        reader.sent_through = reader.stored_through;
        self.passing.author_came(device);
        let through = self.author_came(device, stream);
        Opened {
            through,
            has_begun_anew,
        }
    }

    /// The author itself is here: its word on its stream counts, whatever others passed on. Gives
    /// how far its messages are stored.
    fn author_came(&mut self, device: DeviceId, stream: u64) -> u64 {
        if !self.knows(device) && !self.has_room_for_author() {
            return 0;
        }
        let author = self.authors.entry(device);
        let author = author.or_insert_with(|| Author::new(stream));
        if author.stream != stream {
            *author = Author::new(stream);
        }
        author.is_fresh = true;
        author.stored_through
    }

    /// `device` left the room: its receipts are no longer waited for.
    pub(crate) fn left(&mut self, device: DeviceId) {
        self.passing.forget(device);
        if let Some(reader) = self.readers.get_mut(&device) {
            reader.has_left = true;
            reader.is_synced = false;
        }
    }

    /// `device` has our messages through `through`. Gives those it has newly stored.
    pub(crate) fn on_stored(&mut self, device: DeviceId, through: u64) -> Vec<u64> {
        let through = through.min(self.outbox.last_seq());
        let Some(reader) = self.readers.get_mut(&device) else {
            return Vec::new();
        };
        reader.is_synced = true;
        let first_kept = self.outbox.first_kept().unwrap_or(u64::MAX);
        let newly = first_kept.max(reader.told_through + 1)..=through;
        reader.stored_through = reader.stored_through.max(through);
        reader.told_through = reader.told_through.max(through);
        reader.sent_through = reader.sent_through.max(reader.stored_through);
        newly.collect()
    }

    /// The next message to send to `device` now; called until it gives nothing.
    pub(crate) fn next_for(&mut self, device: DeviceId) -> Option<ChatMessage> {
        let reader = self.readers.get_mut(&device)?;
        if !reader.is_synced || reader.sent_through - reader.stored_through >= UNSTORED_MAX {
            return None;
        }
        let message = self.outbox.after(reader.sent_through)?;
        reader.sent_through = message.seq;
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
        let stream = message.stream;
        let author = self.authors.entry(from);
        let author = author.or_insert_with(|| Author::new(stream));
        if author.stream != stream {
            *author = Author::new(stream);
        }
        if message.seq <= author.stored_through {
            return Arrival::Repeated {
                stored_through: author.stored_through,
            };
        }
        let is_next = message.seq == author.taken_through + 1;
        let leaves_gap = message.seq > author.taken_through && author.is_fresh;
        if !(is_next || leaves_gap) {
            return Arrival::Ignored;
        }
        let arrival = self.take(from, name, message);
        if let (Arrival::New, Some(author)) = (&arrival, self.authors.get_mut(&from)) {
            author.is_fresh = false;
        }
        arrival
    }

    /// Takes a message in that follows those before it, unless too much waits already.
    fn take(&mut self, from: DeviceId, name: DisplayName, message: ChatMessage) -> Arrival {
        let waiting = self.storing.range(MessageId::all_of(from)).count();
        let Some(author) = self.authors.get_mut(&from) else {
            return Arrival::Ignored;
        };
        if waiting as u64 >= UNSTORED_MAX {
            return Arrival::Ignored;
        }
        author.taken_through = message.seq;
        let storing = Storing {
            name,
            state: StoringState::Asked,
            message,
        };
        self.storing
            .insert(MessageId::of(from, &storing.message), storing);
        Arrival::New
    }

    /// Whether one more author can be counted; forgets one that left when there are many.
    fn has_room_for_author(&mut self) -> bool {
        if self.authors.len() < AUTHORS_MAX {
            return true;
        }
        let is_gone = |device: &DeviceId| {
            let stores = self.storing.range(MessageId::all_of(*device));
            let reader = self.readers.get(device);
            reader.is_none_or(|reader| reader.has_left) && stores.count() == 0
        };
        let gone = self.authors.keys().copied().find(|device| is_gone(device));
        gone.is_some_and(|device| self.authors.remove(&device).is_some())
    }

    /// A message is durable: gives it and those behind it that waited for it, to be shown.
    pub(crate) fn on_durable(&mut self, id: MessageId) -> Option<Durable> {
        self.storing.get_mut(&id)?.state = StoringState::Durable;
        let mut messages = Vec::new();
        while let Some((first, storing)) = self.storing.range(id.all_of_stream()).next()
            && storing.state == StoringState::Durable
        {
            let first = *first;
            let Storing { name, message, .. } = self.storing.remove(&first)?;
            messages.push((name, message));
        }
        let (_, last) = messages.last()?;
        let author = self.authors.get_mut(&id.author);
        // Of a stream that its author has given up nobody waits for the receipt.
        let through = author
            .filter(|author| author.stream == id.stream)
            .map(|author| {
                author.stored_through = author.stored_through.max(last.seq);
                author.stored_through
            });
        Some(Durable { messages, through })
    }

    /// A message could not be stored: it is kept here, and the disk is asked again later.
    pub(crate) fn on_not_durable(&mut self, id: MessageId, now: Moment) {
        if self.is_own(id) {
            return self.outbox.on_refused(id.seq, now);
        }
        if let Some(storing) = self.storing.get_mut(&id) {
            let again_at = now + STORE_AGAIN_AFTER;
            storing.state = StoringState::Refused { again_at };
        }
    }

    /// Messages the disk refused and is to be asked again now.
    pub(crate) fn store_again(&mut self, now: Moment) -> Vec<(DeviceId, ChatMessage)> {
        let due = self
            .storing
            .iter_mut()
            .filter(|(_, storing)| storing.state.again_at().is_some_and(|at| at <= now));
        let due = due.map(|(id, storing)| {
            storing.state = StoringState::Asked;
            (id.author, storing.message.clone())
        });
        let own = self.outbox.store_again(now).into_iter();
        due.chain(own.map(|message| (self.own, message))).collect()
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        let again = self.storing.values();
        let again = again.filter_map(|storing| storing.state.again_at());
        again
            .chain(self.outbox.again_at())
            .min()
            .map(|at| Deadline {
                at,
                why: "store a message again",
            })
    }
}

impl Reader {
    /// One that is not here yet: nothing waits for it.
    fn restored(kept: ReaderRecord) -> (DeviceId, Self) {
        let reader = Self {
            told_through: kept.through,
            has_left: true,
            ..Self::default()
        };
        (kept.device, reader)
    }
}

impl Author {
    fn restored(kept: AuthorRecord) -> (DeviceId, Self) {
        let author = Self {
            taken_through: kept.through,
            stored_through: kept.through,
            ..Self::new(kept.stream)
        };
        (kept.device, author)
    }

    const fn new(stream: u64) -> Self {
        Self {
            stream,
            taken_through: 0,
            stored_through: 0,
            is_fresh: true,
        }
    }
}

impl StoringState {
    const fn again_at(self) -> Option<Moment> {
        match self {
            Self::Refused { again_at } => Some(again_at),
            Self::Asked | Self::Durable => None,
        }
    }
}

#[cfg(test)]
mod tests;
