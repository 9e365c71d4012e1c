//! Messages of others, passed on to who lacks them: because their author is away, or has no link to
//! the reader.
//!
//! Each side says how far it has which author, and its peers pass on what they have beyond that, in
//! order and without a gap. Whoever passes on could otherwise make a reader skip what only the
//! author still has.

use std::collections::BTreeMap;

use parlor_proto::frame::{ChatMessage, HaveAuthor, MessageId};
use parlor_proto::id::DeviceId;
use parlor_proto::limits::HAVE_AUTHORS_MAX;

use super::{Author, UNSTORED_MAX};

/// How far one device is with one author.
#[derive(Debug, Clone, Copy)]
struct Progress {
    stream: u64,
    stored_through: u64,
    sent_through: u64,
    /// Whether it hears the author itself.
    is_direct: bool,
}

#[derive(Debug, Default)]
struct Reader {
    authors: BTreeMap<DeviceId, Progress>,
    /// Whose messages are being read from the disk for it.
    reading: Option<DeviceId>,
}

/// Messages to be read from the disk.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Read {
    /// The first one is the next after this.
    pub(crate) after: MessageId,
    pub(crate) max: u32,
}

/// What the devices that are linked to have of each other's messages.
#[derive(Debug, Default)]
pub(super) struct Passing {
    /// Those that said on this link what they have.
    readers: BTreeMap<DeviceId, Reader>,
}

impl Passing {
    /// A link opened or ended: what was said and sent on an older one is void.
    pub(super) fn forget(&mut self, reader: DeviceId) {
        self.readers.remove(&reader);
    }

    /// `reader` says what it has. Gives whether that is news.
    pub(super) fn on_have(&mut self, reader: DeviceId, authors: &[HaveAuthor]) -> bool {
        let mut is_news = !self.readers.contains_key(&reader);
        let known = self.readers.entry(reader).or_default();
        for said in authors {
            let before = known.authors.get(&said.author).copied();
            if before.is_none() && known.authors.len() >= HAVE_AUTHORS_MAX {
                continue;
            }
            let fresh = Progress {
                stream: said.stream,
                stored_through: said.through,
                sent_through: said.through,
                is_direct: said.is_direct,
            };
            let now = before
                .filter(|before| before.stream == said.stream)
                .map_or(fresh, |before| before.and_then(fresh));
            is_news |= before.is_none_or(|before| {
                (before.stored_through, before.is_direct) != (now.stored_through, now.is_direct)
            });
            known.authors.insert(said.author, now);
        }
        is_news
    }

    /// What to read for `reader` next; called until it gives nothing.
    pub(super) fn next(
        &mut self,
        reader: DeviceId,
        ours: &BTreeMap<DeviceId, Author>,
    ) -> Option<Read> {
        let known = self.readers.get_mut(&reader)?;
        if known.reading.is_some() {
            return None;
        }
        let (author, progress) = ours
            .iter()
            .filter(|(author, _)| **author != reader)
            .find_map(|(author, our)| {
                let progress = known.authors.get(author).copied();
                let progress = progress.unwrap_or(Progress::none(our.stream));
                progress.lacks(our).then_some((*author, progress))
            })?;
        if !known.authors.contains_key(&author) && known.authors.len() >= HAVE_AUTHORS_MAX {
            return None;
        }
        known.authors.insert(author, progress);
        known.reading = Some(author);
        let max = UNSTORED_MAX.saturating_sub(progress.under_way());
        Some(Read {
            after: MessageId {
                author,
                stream: progress.stream,
                seq: progress.sent_through,
            },
            max: u32::try_from(max).unwrap_or_default(),
        })
    }

    /// Messages of `author` were read for `reader`. Gives those that leave: without a gap from what
    /// it has. Where there is none of them here, it is asked for no more on this link.
    pub(super) fn on_read(
        &mut self,
        reader: DeviceId,
        author: DeviceId,
        messages: Vec<ChatMessage>,
    ) -> Vec<ChatMessage> {
        let Some(known) = self.readers.get_mut(&reader) else {
            return Vec::new();
        };
        if known.reading != Some(author) {
            return Vec::new();
        }
        known.reading = None;
        let Some(progress) = known.authors.get_mut(&author) else {
            return Vec::new();
        };
        let mut leaving = Vec::with_capacity(messages.len());
        for message in messages {
            if message.stream != progress.stream || message.seq != progress.sent_through + 1 {
                break;
            }
            progress.sent_through = message.seq;
            leaving.push(message);
        }
        if leaving.is_empty() {
            progress.sent_through = u64::MAX;
        }
        leaving
    }
}

impl Progress {
    const fn none(stream: u64) -> Self {
        Self {
            stream,
            stored_through: 0,
            sent_through: 0,
            is_direct: false,
        }
    }

    /// What is known after the reader said more of the same stream.
    fn and_then(self, said: Self) -> Self {
        let stored_through = self.stored_through.max(said.stored_through);
        Self {
            stored_through,
            // Whom its author left needs what the author had under way.
            sent_through: if self.is_direct && !said.is_direct {
                stored_through
            } else {
                self.sent_through.max(stored_through)
            },
            ..said
        }
    }

    const fn under_way(self) -> u64 {
        self.sent_through.saturating_sub(self.stored_through)
    }

    /// Whether we have something for it that may leave now.
    const fn lacks(self, ours: &Author) -> bool {
        !self.is_direct
            && self.stream == ours.stream
            && self.sent_through < ours.stored_through
            && self.under_way() < UNSTORED_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: DeviceId = DeviceId([1; 16]);
    const CEM: DeviceId = DeviceId([3; 16]);
    const STREAM: u64 = 9;

    fn ours(stored_through: u64) -> BTreeMap<DeviceId, Author> {
        let author = Author {
            stored_through,
            ..Author::new(STREAM)
        };
        BTreeMap::from([(ADA, author)])
    }

    fn have(through: u64, is_direct: bool) -> [HaveAuthor; 1] {
        [HaveAuthor {
            author: ADA,
            stream: STREAM,
            through,
            is_direct,
        }]
    }

    fn messages(range: core::ops::RangeInclusive<u64>) -> Vec<ChatMessage> {
        range
            .map(|seq| ChatMessage::new(STREAM, seq, 0, "hi"))
            .collect()
    }

    fn sent(passing: &mut Passing, from_disk: Vec<ChatMessage>) -> Vec<u64> {
        let leaving = passing.on_read(CEM, ADA, from_disk);
        leaving.iter().map(|message| message.seq).collect()
    }

    fn read(after: u64, max: u32) -> Option<Read> {
        Some(Read {
            after: MessageId {
                author: ADA,
                stream: STREAM,
                seq: after,
            },
            max,
        })
    }

    #[test]
    fn nothing_is_passed_on_before_the_reader_said_what_it_has() {
        let mut passing = Passing::default();
        assert_eq!(passing.next(CEM, &ours(5)), None);
        assert!(passing.on_have(CEM, &[]));
        assert_eq!(passing.next(CEM, &ours(5)), read(0, 32));
    }

    #[test]
    fn what_the_reader_lacks_is_passed_on_in_order_and_once() {
        let mut passing = Passing::default();
        passing.on_have(CEM, &have(2, false));
        assert_eq!(passing.next(CEM, &ours(4)), read(2, 32));
        assert_eq!(passing.next(CEM, &ours(4)), None, "one read at a time");
        assert_eq!(sent(&mut passing, messages(3..=4)), [3, 4]);
        assert_eq!(passing.next(CEM, &ours(4)), None);
        assert_eq!(passing.next(CEM, &ours(5)), read(4, 30));
    }

    #[test]
    fn no_more_than_a_window_leaves_without_a_receipt() {
        let mut passing = Passing::default();
        passing.on_have(CEM, &[]);
        passing.next(CEM, &ours(100));
        assert_eq!(sent(&mut passing, messages(1..=32)).len(), 32);
        assert_eq!(passing.next(CEM, &ours(100)), None);
        passing.on_have(CEM, &have(20, false));
        assert_eq!(passing.next(CEM, &ours(100)), read(32, 20));
    }

    #[test]
    fn a_gap_on_our_disk_is_not_passed_on() {
        let mut passing = Passing::default();
        passing.on_have(CEM, &[]);
        passing.next(CEM, &ours(9));
        assert_eq!(sent(&mut passing, messages(5..=9)), [0; 0]);
        assert_eq!(passing.next(CEM, &ours(9)), None, "there is none to give");
    }

    #[test]
    fn who_hears_the_author_is_passed_nothing_until_the_author_is_gone() {
        let mut passing = Passing::default();
        passing.on_have(CEM, &have(1, true));
        assert_eq!(passing.next(CEM, &ours(3)), None);
        assert!(passing.on_have(CEM, &have(2, false)));
        assert_eq!(passing.next(CEM, &ours(3)), read(2, 32));
    }

    #[test]
    fn another_stream_of_the_author_is_not_ours_to_judge() {
        let mut passing = Passing::default();
        let other = HaveAuthor {
            stream: STREAM + 1,
            ..have(0, false)[0]
        };
        passing.on_have(CEM, &[other]);
        assert_eq!(passing.next(CEM, &ours(3)), None);
    }

    #[test]
    fn a_new_link_begins_with_what_is_said_on_it() {
        let mut passing = Passing::default();
        passing.on_have(CEM, &[]);
        passing.next(CEM, &ours(3));
        passing.forget(CEM);
        assert_eq!(sent(&mut passing, messages(1..=3)), [0; 0]);
        passing.on_have(CEM, &have(1, false));
        assert_eq!(passing.next(CEM, &ours(3)), read(1, 32));
    }

    #[test]
    fn an_author_is_passed_none_of_its_own() {
        let mut passing = Passing::default();
        passing.on_have(ADA, &[]);
        assert_eq!(passing.next(ADA, &ours(3)), None);
    }

    #[test]
    fn what_one_reader_names_is_bounded() {
        let mut passing = Passing::default();
        for n in 0..2 * HAVE_AUTHORS_MAX as u128 {
            let author = DeviceId(n.to_be_bytes());
            let said = HaveAuthor {
                author,
                ..have(1, false)[0]
            };
            passing.on_have(CEM, &[said]);
        }
        assert_eq!(passing.readers[&CEM].authors.len(), HAVE_AUTHORS_MAX);
    }
}
