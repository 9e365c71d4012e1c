//! What was said and shared in a room, in order, as far as it is loaded.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

use parlor_engine::input::MessageId;
use parlor_proto::frame::OfferedFile;
use parlor_proto::id::DeviceId;

/// Names an entry among all of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKey {
    /// A message with its number.
    Message {
        /// Who wrote it.
        author: DeviceId,
        /// The author's stream.
        stream: u64,
        /// Its number there.
        seq: u64,
    },
    /// A message of ours that has no number yet.
    Pending(u64),
    /// Files on offer.
    Offer {
        /// Whose.
        author: DeviceId,
        /// The transfer.
        transfer: u64,
    },
}

impl EntryKey {
    /// The key of a message.
    #[must_use]
    pub const fn of(id: MessageId) -> Self {
        Self::Message {
            author: id.author,
            stream: id.stream,
            seq: id.seq,
        }
    }

    /// The name of a message that has a number.
    #[must_use]
    pub const fn message_id(self) -> Option<MessageId> {
        match self {
            Self::Message {
                author,
                stream,
                seq,
            } => Some(MessageId {
                author,
                stream,
                seq,
            }),
            Self::Pending(_) | Self::Offer { .. } => None,
        }
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Which.
    pub key: EntryKey,
    /// Its place in the history; none for one of this session.
    pub place: Option<u64>,
    /// When this device learnt of it, in milliseconds since 1970.
    pub at_ms: u64,
    /// What it is.
    pub body: Body,
}

impl Entry {
    /// Whose it is; none for one of ours that has no number yet.
    #[must_use]
    pub const fn author(&self) -> Option<DeviceId> {
        match self.key {
            EntryKey::Message { author, .. } | EntryKey::Offer { author, .. } => Some(author),
            EntryKey::Pending(_) => None,
        }
    }
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// A message.
    Text {
        /// Its text.
        text: String,
        /// What it answers.
        reply: Option<Reply>,
        /// Why it could not be said.
        failure: Option<String>,
    },
    /// Files.
    Files(Files),
}

/// What a message answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The message.
    pub to: MessageId,
    /// Its text, where this device has it.
    pub text: Option<String>,
}

impl Body {
    /// A message that was said.
    #[must_use]
    pub const fn said(text: String, reply: Option<Reply>) -> Self {
        Self::Text {
            text,
            reply,
            failure: None,
        }
    }
}

/// Files of one offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// All of them.
    pub files: Vec<OfferedFile>,
    /// Where those are that are whole here.
    pub paths: BTreeMap<u32, PathBuf>,
    /// Those of which a small picture came with the offer.
    pub previews: BTreeSet<u32>,
    /// Those that will not arrive, and why.
    pub failures: BTreeMap<u32, String>,
    /// How the offer stands, as far as this session saw.
    pub fate: Fate,
}

impl Files {
    /// Files that were just offered.
    #[must_use]
    pub const fn new(files: Vec<OfferedFile>, paths: BTreeMap<u32, PathBuf>) -> Self {
        Self {
            files,
            paths,
            previews: BTreeSet::new(),
            failures: BTreeMap::new(),
            fate: Fate::Unknown,
        }
    }
}

impl Files {
    /// Whether it ended in this session without all of them, and not by the sender's will.
    pub(crate) fn lacks_some(&self) -> bool {
        match self.fate {
            Fate::Declined | Fate::Cancelled { by_us: true } => true,
            Fate::Done => !self.failures.is_empty(),
            Fate::Unknown | Fate::Asked | Fate::Taken | Fate::Cancelled { by_us: false } => false,
        }
    }
}

/// What became of an offer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Fate {
    /// Nothing was heard of it in this session.
    #[default]
    Unknown,
    /// The person has to answer it.
    Asked,
    /// It is taken.
    Taken,
    /// This side declined it.
    Declined,
    /// One side stopped it.
    Cancelled {
        /// Whether this side did.
        by_us: bool,
    },
    /// All that was taken is whole, or failed for good.
    Done,
}

/// The entries of a room that are loaded.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    entries: Vec<Entry>,
    places: HashMap<EntryKey, usize>,
    /// Whether the history may have entries before these.
    pub has_older: bool,
    /// Whether they are being read.
    pub is_loading: bool,
    /// Whether the last entries of the history are there.
    pub is_loaded: bool,
    pending: u64,
    prepended: usize,
}

impl Timeline {
    /// How many entries were put before the first one that was there: what stays where it is keeps
    /// its distance to that.
    #[must_use]
    pub const fn prepended(&self) -> usize {
        self.prepended
    }

    /// The loaded entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The last one.
    #[must_use]
    pub fn last(&self) -> Option<&Entry> {
        self.entries.last()
    }

    /// One of them.
    #[must_use]
    pub fn find(&self, key: EntryKey) -> Option<&Entry> {
        self.entries.get(self.place(key)?)
    }

    /// Where among them one is.
    #[must_use]
    pub fn place(&self, key: EntryKey) -> Option<usize> {
        self.places.get(&key).copied()
    }

    /// The files of an offer.
    pub(crate) fn files_mut(&mut self, author: DeviceId, transfer: u64) -> Option<&mut Files> {
        let place = *self.places.get(&EntryKey::Offer { author, transfer })?;
        match &mut self.entries.get_mut(place)?.body {
            Body::Files(files) => Some(files),
            Body::Text { .. } => None,
        }
    }

    /// The oldest place that is loaded.
    pub(crate) fn first_place(&self) -> Option<u64> {
        self.entries.iter().find_map(|entry| entry.place)
    }

    /// Appends an entry; one that is there already stays as it is.
    pub(crate) fn push(&mut self, entry: Entry) -> bool {
        if self.places.contains_key(&entry.key) {
            return false;
        }
        self.places.insert(entry.key, self.entries.len());
        self.entries.push(entry);
        true
    }

    /// Appends a message of ours that has no number yet; gives its own.
    pub(crate) fn push_pending(&mut self, text: String, reply: Option<Reply>, at_ms: u64) -> u64 {
        self.pending += 1;
        self.push(Entry {
            key: EntryKey::Pending(self.pending),
            place: None,
            at_ms,
            body: Body::said(text, reply),
        });
        self.pending
    }

    /// What a message answers, with its text where it is loaded; nothing for what has no number.
    pub(crate) fn reply_to(&self, key: EntryKey) -> Option<Reply> {
        Some(Reply {
            to: key.message_id()?,
            text: self.text_of(key),
        })
    }

    /// The text of a message, if it is loaded.
    pub(crate) fn text_of(&self, key: EntryKey) -> Option<String> {
        match &self.find(key)?.body {
            Body::Text { text, .. } => Some(text.clone()),
            Body::Files(_) => None,
        }
    }

    /// The text that a message answers was found.
    pub(crate) fn quote(&mut self, answer: EntryKey, quoted: String) {
        let place = self.places.get(&answer).copied();
        let entry = place.and_then(|place| self.entries.get_mut(place));
        if let Some(Entry {
            body: Body::Text {
                reply: Some(reply), ..
            },
            ..
        }) = entry
        {
            reply.text = Some(quoted);
        }
    }

    /// The texts of our messages that have no number, as they are not stored yet or could not be.
    pub(crate) fn pending(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().filter_map(|entry| match &entry.body {
            Body::Text { text, .. } if matches!(entry.key, EntryKey::Pending(_)) => {
                Some(text.as_str())
            }
            _ => None,
        })
    }

    /// The first message with that text which waits for its number has it now.
    pub(crate) fn number(
        &mut self,
        key: EntryKey,
        (said, reply): (&str, Option<Reply>),
        at_ms: u64,
    ) {
        let Some(place) = self.waiting(said) else {
            self.push(Entry {
                key,
                place: None,
                at_ms,
                body: Body::said(said.to_owned(), reply),
            });
            return;
        };
        let entry = &mut self.entries[place];
        self.places.remove(&entry.key);
        if self.places.contains_key(&key) {
            // The history was read after it was stored and before we heard so.
            self.remove_at(place);
            return;
        }
        entry.key = key;
        self.places.insert(key, place);
    }

    /// The first message with that text which waits for its number will get none.
    pub(crate) fn fail(&mut self, said: &str, reason: &str) {
        if let Some(place) = self.waiting(said)
            && let Body::Text { failure, .. } = &mut self.entries[place].body
        {
            *failure = Some(reason.to_owned());
        }
    }

    /// Where the first message with that text is that waits for its number.
    fn waiting(&self, said: &str) -> Option<usize> {
        self.entries.iter().position(|entry| {
            let is_it =
                matches!(&entry.body, Body::Text { text, failure: None, .. } if text == said);
            is_it && matches!(entry.key, EntryKey::Pending(_))
        })
    }

    /// Takes a message out that could not be said; gives its text and what it answers.
    pub(crate) fn take_failed(&mut self, pending: u64) -> Option<(String, Option<Reply>)> {
        let place = *self.places.get(&EntryKey::Pending(pending))?;
        let entry = self.entries.get(place)?;
        let Body::Text {
            text,
            reply,
            failure: Some(_),
        } = &entry.body
        else {
            return None;
        };
        let said = (text.clone(), reply.clone());
        self.remove_at(place);
        Some(said)
    }

    fn remove_at(&mut self, place: usize) {
        self.entries.remove(place);
        self.index();
    }

    /// Puts entries of the history before those that are there. What came in meanwhile and is among
    /// them takes the history's place.
    pub(crate) fn prepend(&mut self, older: Vec<Entry>, has_older: bool) {
        self.has_older = has_older;
        self.is_loading = false;
        self.is_loaded = true;
        let known: BTreeSet<EntryKey> = older.iter().map(|entry| entry.key).collect();
        let mut present: HashMap<EntryKey, Entry> = HashMap::new();
        let mut rest = Vec::new();
        for entry in core::mem::take(&mut self.entries) {
            if known.contains(&entry.key) {
                present.insert(entry.key, entry);
            } else {
                rest.push(entry);
            }
        }
        self.entries = older
            .into_iter()
            .map(|entry| merged(entry, &mut present))
            .collect();
        self.prepended += self.entries.len();
        self.entries.append(&mut rest);
        self.index();
    }

    fn index(&mut self) {
        let keys = self.entries.iter().enumerate();
        self.places = keys.map(|(place, entry)| (entry.key, place)).collect();
    }
}

/// An entry of the history with what this session knows of it.
fn merged(mut kept: Entry, present: &mut HashMap<EntryKey, Entry>) -> Entry {
    let Some(live) = present.remove(&kept.key) else {
        return kept;
    };
    if let (Body::Files(files), Body::Files(mut now)) = (&mut kept.body, live.body) {
        now.paths.append(&mut files.paths);
        *files = now;
    }
    kept
}

#[cfg(test)]
mod tests;
