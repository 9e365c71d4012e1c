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
    /// After which message there is none here to follow.
    gap_after: Option<u64>,
    /// Whether it hears the author itself.
    is_direct: bool,
}

#[derive(Debug, Default)]
struct Reader {
    authors: BTreeMap<DeviceId, Progress>,
    /// After which message the disk is being read for it.
    reading: Option<MessageId>,
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
                gap_after: None,
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

    /// An author is here, and with it what others need to check its messages by.
    pub(super) fn author_came(&mut self, author: DeviceId) {
        for reader in self.readers.values_mut() {
            if let Some(progress) = reader.authors.get_mut(&author) {
                progress.gap_after = None;
            }
        }
    }

    /// What to read for `reader` next, at most `max` messages; called until it gives nothing.
    pub(super) fn next(
        &mut self,
        reader: DeviceId,
        ours: &BTreeMap<DeviceId, Author>,
        max: u64,
    ) -> Option<Read> {
        let known = self.readers.get_mut(&reader)?;
        if known.reading.is_some() || max == 0 {
            return None;
        }
        let is_full = known.authors.len() >= HAVE_AUTHORS_MAX;
        let (author, progress) = ours
            .iter()
            .filter(|(author, _)| **author != reader)
            .find_map(|(author, our)| {
                let progress = match known.authors.get(author) {
                    Some(progress) => *progress,
                    None if is_full => return None,
                    None => Progress::none(our.stream),
                };
                progress.lacks(our).then_some((*author, progress))
            })?;
        known.authors.insert(author, progress);
        let after = MessageId {
            author,
            stream: progress.stream,
            seq: progress.sent_through,
        };
        known.reading = Some(after);
        let max = max.min(UNSTORED_MAX.saturating_sub(progress.under_way()));
        Some(Read {
            after,
            max: u32::try_from(max).unwrap_or_default(),
        })
    }

    /// Messages that come after one were read for `reader`. Gives those that leave: without a gap
    /// from what it has by now.
    pub(super) fn on_read(
        &mut self,
        reader: DeviceId,
        after: MessageId,
        messages: Vec<ChatMessage>,
    ) -> Vec<ChatMessage> {
        let Some(known) = self.readers.get_mut(&reader) else {
            return Vec::new();
        };
        if known.reading.take_if(|reading| *reading == after).is_none() {
            return Vec::new();
        }
        let Some(progress) = known.authors.get_mut(&after.author) else {
            return Vec::new();
        };
        // Meanwhile it may have said more, or less.
        let is_as_before = (progress.stream, progress.sent_through) == (after.stream, after.seq);
        let mut leaving = Vec::with_capacity(messages.len());
        for message in messages {
            let is_next = message.seq == progress.sent_through.saturating_add(1);
            if message.stream == progress.stream && is_next {
                progress.sent_through = message.seq;
                leaving.push(message);
            }
        }
        if leaving.is_empty() && is_as_before {
            progress.gap_after = Some(after.seq);
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
            gap_after: None,
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
            gap_after: self.gap_after,
            ..said
        }
    }

    const fn under_way(self) -> u64 {
        self.sent_through.saturating_sub(self.stored_through)
    }

    /// Whether we have something for it that may leave now.
    fn lacks(self, ours: &Author) -> bool {
        !self.is_direct
            && self.gap_after != Some(self.sent_through)
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

    /// What leaves of an answer of the disk to a read after message `after`.
    fn sent(passing: &mut Passing, after: u64, from_disk: Vec<ChatMessage>) -> Vec<u64> {
        let after = read(after, 0).unwrap().after;
        let leaving = passing.on_read(CEM, after, from_disk);
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
        assert_eq!(passing.next(CEM, &ours(5), 99), None);
        assert!(passing.on_have(CEM, &[]));
        assert_eq!(passing.next(CEM, &ours(5), 99), read(0, 32));
    }

    #[test]
    fn what_the_reader_lacks_is_passed_on_in_order_and_once() {
        let mut passing = Passing::default();
        passing.on_have(CEM, &have(2, false));
        assert_eq!(passing.next(CEM, &ours(4), 99), read(2, 32));
        assert_eq!(passing.next(CEM, &ours(4), 99), None, "one read at a time");
        assert_eq!(sent(&mut passing, 2, messages(3..=4)), [3, 4]);
        assert_eq!(passing.next(CEM, &ours(4), 99), None);
        assert_eq!(passing.next(CEM, &ours(5), 99), read(4, 30));
    }

    #[test]
    fn no_more_than_a_window_leaves_without_a_receipt() {
        let mut passing = Passing::default();
        passing.on_have(CEM, &[]);
        passing.next(CEM, &ours(100), 99);
        assert_eq!(sent(&mut passing, 0, messages(1..=32)).len(), 32);
        assert_eq!(passing.next(CEM, &ours(100), 99), None);
        passing.on_have(CEM, &have(20, false));
        assert_eq!(passing.next(CEM, &ours(100), 99), read(32, 20));
    }

    #[test]
    fn a_gap_on_our_disk_is_not_passed_on() {
        let mut passing = Passing::default();
        passing.on_have(CEM, &[]);
        passing.next(CEM, &ours(9), 99);
        assert_eq!(sent(&mut passing, 0, messages(5..=9)), [0; 0]);
        assert_eq!(
            passing.next(CEM, &ours(9), 99),
            None,
            "there is none to give"
        );
    }

    #[test]
    fn who_hears_the_author_is_passed_nothing_until_the_author_is_gone() {
        let mut passing = Passing::default();
        passing.on_have(CEM, &have(1, true));
        assert_eq!(passing.next(CEM, &ours(3), 99), None);
        assert!(passing.on_have(CEM, &have(2, false)));
        assert_eq!(passing.next(CEM, &ours(3), 99), read(2, 32));
    }

    #[test]
    fn another_stream_of_the_author_is_not_ours_to_judge() {
        let mut passing = Passing::default();
        let other = HaveAuthor {
            stream: STREAM + 1,
            ..have(0, false)[0]
        };
        passing.on_have(CEM, &[other]);
        assert_eq!(passing.next(CEM, &ours(3), 99), None);
    }

    #[test]
    fn what_the_reader_got_from_others_meanwhile_does_not_end_it() {
        let mut passing = Passing::default();
        passing.on_have(CEM, &have(2, false));
        passing.next(CEM, &ours(20), 99);
        passing.on_have(CEM, &have(10, false));
        assert_eq!(sent(&mut passing, 2, messages(3..=11)), [11]);
        assert_eq!(passing.next(CEM, &ours(20), 99), read(11, 31));
        passing.on_have(CEM, &have(20, false));
        assert_eq!(sent(&mut passing, 11, messages(12..=20)), [0; 0]);
        assert_eq!(passing.next(CEM, &ours(21), 99), read(20, 32));
    }

    #[test]
    fn what_could_not_be_checked_is_passed_on_once_its_author_came() {
        let mut passing = Passing::default();
        passing.on_have(CEM, &[]);
        passing.next(CEM, &ours(3), 99);
        assert_eq!(sent(&mut passing, 0, Vec::new()), [0; 0]);
        assert_eq!(passing.next(CEM, &ours(3), 99), None);
        passing.author_came(ADA);
        assert_eq!(passing.next(CEM, &ours(3), 99), read(0, 32));
    }

    #[test]
    fn no_more_is_read_than_may_be_sent() {
        let mut passing = Passing::default();
        passing.on_have(CEM, &[]);
        assert_eq!(passing.next(CEM, &ours(9), 0), None);
        assert_eq!(passing.next(CEM, &ours(9), 3), read(0, 3));
    }

    #[test]
    fn a_new_link_begins_with_what_is_said_on_it() {
        let mut passing = Passing::default();
        passing.on_have(CEM, &[]);
        passing.next(CEM, &ours(3), 99);
        passing.forget(CEM);
        assert_eq!(sent(&mut passing, 0, messages(1..=3)), [0; 0]);
        passing.on_have(CEM, &have(1, false));
        assert_eq!(passing.next(CEM, &ours(3), 99), read(1, 32));
    }

    #[test]
    fn an_author_is_passed_none_of_its_own() {
        let mut passing = Passing::default();
        passing.on_have(ADA, &[]);
        assert_eq!(passing.next(ADA, &ours(3), 99), None);
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
