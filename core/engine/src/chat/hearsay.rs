//! What members hear of each other's messages from a third: what they have, and what they pass on.

use parlor_proto::frame::{ChatMessage, HaveAuthor, MessageId};
use parlor_proto::id::DeviceId;
use parlor_proto::text::DisplayName;

use super::{AUTHORS_MAX, Arrival, Author, Chat, Read};

/// Authors that one member may make known in a session who are not here: twice a full room.
pub(super) const HEARSAY_MAX: usize = 64;

impl Chat {
    /// Whether messages of `author` are counted.
    pub(crate) fn knows(&self, author: DeviceId) -> bool {
        self.authors.contains_key(&author)
    }

    /// A message of `author` arrived from somebody who passes it on. It must follow the last one:
    /// what is missing in between its author may still bring.
    pub(crate) fn on_passed(
        &mut self,
        (passer, author): (DeviceId, DeviceId),
        name: DisplayName,
        message: ChatMessage,
    ) -> Arrival {
        if !self.knows(author) {
            // Nobody is forgotten for somebody who is known by hearsay alone.
            let has_room = self.authors.len() < AUTHORS_MAX && self.hearsay.len() < AUTHORS_MAX;
            let told = self.hearsay.get(&passer).copied().unwrap_or(0);
            if message.seq != 1 || !has_room || told >= HEARSAY_MAX {
                return Arrival::Ignored;
            }
            self.hearsay.insert(passer, told + 1);
            self.authors.insert(author, Author::new(message.stream));
        }
        match self.authors.get(&author) {
            Some(known) if known.stream != message.stream => Arrival::Ignored,
            Some(known) if message.seq <= known.stored_through => Arrival::Repeated {
                stored_through: known.stored_through,
            },
            Some(known) if message.seq == known.taken_through + 1 => {
                self.take(author, name, message)
            }
            Some(_) | None => Arrival::Ignored,
        }
    }

    /// How far the messages of all authors but `reader` are stored, for `reader` to hear.
    /// `is_direct` says of whom nothing need be passed on.
    pub(crate) fn have(
        &self,
        reader: DeviceId,
        is_direct: impl Fn(DeviceId) -> bool,
    ) -> Vec<HaveAuthor> {
        let authors = self.authors.keys().filter(|author| **author != reader);
        authors
            .filter_map(|author| self.have_of(*author, is_direct(*author)))
            .collect()
    }

    /// How far the messages of one author are stored.
    pub(crate) fn have_of(&self, author: DeviceId, is_direct: bool) -> Option<HaveAuthor> {
        let known = self.authors.get(&author)?;
        Some(HaveAuthor {
            author,
            stream: known.stream,
            through: known.stored_through,
            is_direct,
        })
    }

    /// `reader` says what it has of whom. Gives whether that is news.
    pub(crate) fn on_have(&mut self, reader: DeviceId, authors: &[HaveAuthor]) -> bool {
        self.passing.on_have(reader, authors)
    }

    /// Messages to read from the disk now, to pass them on to `reader`.
    pub(crate) fn next_read(&mut self, reader: DeviceId, max: u64) -> Option<Read> {
        self.passing.next(reader, &self.authors, max)
    }

    /// They were read. Gives those to pass on.
    pub(crate) fn on_read(
        &mut self,
        reader: DeviceId,
        after: MessageId,
        messages: Vec<ChatMessage>,
    ) -> Vec<ChatMessage> {
        self.passing.on_read(reader, after, messages)
    }
}
