//! `parlor room`: over when the person leaves, or when the end of their input has been heard.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use parlor_core::room::input::IncomingKey;
use parlor_core::room::notice::{Notice, OfferStanding};
use parlor_core::room::{RoomEvent, ShareAs};
use parlor_proto::id::DeviceId;

use super::entry::Entry;
use super::{Act, Conduct, End, Presence};
use crate::chat::line::{HELP, Line, Verdict};
use crate::exit::{Code, Failure};
use crate::stage::Steering;

/// What a line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Do {
    Nothing,
    Say(String),
    Share(Vec<PathBuf>, ShareAs),
    Answer(IncomingKey, Vec<u32>),
    Who,
    Verify(String, Option<Verdict>),
    Forget(String),
    OpenCode,
    /// Hold, resume or stop what is under way.
    Steer(Steering),
    Tell(String),
}

/// An offer to us.
#[derive(Debug)]
struct Offer {
    key: IncomingKey,
    files: usize,
    is_open: bool,
}

/// The rules of `parlor room`.
#[derive(Debug)]
pub(crate) struct ChatConduct {
    entry: Entry,
    presence: Presence,
    has_folder: bool,
    offers: BTreeMap<u32, Offer>,
    /// Offers that were accepted and have not ended.
    incoming: BTreeSet<IncomingKey>,
    /// Who has which of our messages.
    said: BTreeMap<u64, BTreeSet<DeviceId>>,
    /// Lines given to the room that have no number yet.
    unsaid: usize,
    /// Shares that are still being read.
    preparing: usize,
    /// With whom each of our transfers has ended.
    outgoing: BTreeMap<u64, BTreeSet<DeviceId>>,
    has_left: bool,
    is_at_end: bool,
}

impl ChatConduct {
    pub(crate) fn new(server: impl Into<String>, patience: Duration, has_folder: bool) -> Self {
        Self {
            entry: Entry::new(server),
            presence: Presence::new(patience),
            has_folder,
            offers: BTreeMap::new(),
            incoming: BTreeSet::new(),
            said: BTreeMap::new(),
            unsaid: 0,
            preparing: 0,
            outgoing: BTreeMap::new(),
            has_left: false,
            is_at_end: false,
        }
    }

    /// What a line asks for.
    pub(crate) fn on_line(&mut self, line: Line) -> Do {
        match line {
            Line::Say(text) => {
                self.unsaid += 1;
                Do::Say(text)
            }
            Line::Send(paths) => self.share(paths, ShareAs::File),
            Line::Photo(paths) => self.share(paths, ShareAs::Photo),
            Line::Accept(number) => self.answer(number, true),
            Line::Decline(number) => self.answer(number, false),
            Line::Who => Do::Who,
            Line::Verify(name, verdict) => Do::Verify(name, verdict),
            Line::Forget(name) => Do::Forget(name),
            Line::Code => Do::OpenCode,
            Line::Steer(how) => Do::Steer(how),
            Line::Help => Do::Tell(HELP.to_owned()),
            Line::Mistake(what) => Do::Tell(what),
            Line::Nothing => Do::Nothing,
            Line::Leave => {
                self.has_left = true;
                Do::Nothing
            }
            Line::End => {
                self.is_at_end = true;
                Do::Nothing
            }
        }
    }

    fn share(&mut self, paths: Vec<PathBuf>, how: ShareAs) -> Do {
        self.preparing += 1;
        Do::Share(paths, how)
    }

    fn answer(&mut self, number: Option<u32>, is_taken: bool) -> Do {
        let open = self.offers.iter_mut().filter(|(_, offer)| offer.is_open);
        let mut named = open.filter(|(at, _)| number.is_none_or(|number| number == **at));
        let Some((_, offer)) = named.next_back() else {
            return Do::Tell("There is no such offer to answer.".to_owned());
        };
        if is_taken && !self.has_folder {
            let text = "There is no folder to save files in; join again with --out DIR.";
            return Do::Tell(text.to_owned());
        }
        offer.is_open = false;
        let (key, files) = (offer.key, offer.files);
        if is_taken {
            self.incoming.insert(key);
        }
        let wanted = (0..).take(if is_taken { files } else { 0 });
        Do::Answer(key, wanted.collect())
    }

    fn on_notice(&mut self, notice: &Notice) {
        if let Notice::Offered {
            key,
            files,
            standing,
            ..
        } = notice
        {
            let is_open = *standing == OfferStanding::Open;
            if !is_open {
                self.incoming.insert(*key);
            }
            let number = u32::try_from(self.offers.len()).unwrap_or(u32::MAX);
            let offer = Offer {
                key: *key,
                files: files.len(),
                is_open,
            };
            self.offers.insert(number.saturating_add(1), offer);
        } else if let Notice::NotOffered { transfer, .. } = notice {
            self.outgoing.remove(transfer);
        } else if let Notice::Received { key, .. } = notice {
            self.incoming.remove(key);
            let mut offers = self.offers.values_mut();
            if let Some(offer) = offers.find(|offer| offer.key == *key) {
                offer.is_open = false;
            }
        } else if let Notice::Said { seq, .. } = notice {
            self.unsaid = self.unsaid.saturating_sub(1);
            self.said.insert(*seq, BTreeSet::new());
        } else if let Notice::NotSaid { .. } = notice {
            self.unsaid = self.unsaid.saturating_sub(1);
        } else if let Notice::Delivered { seq, to } = notice {
            self.said.entry(*seq).or_default().insert(*to);
        } else if let Notice::Sent { transfer, to, .. } = notice {
            self.outgoing.entry(*transfer).or_default().insert(*to);
        }
    }

    /// Whether everything we gave has reached at least one person and everyone who is here.
    fn is_settled(&self) -> bool {
        let here: BTreeSet<DeviceId> = self.presence.connected().collect();
        let reached =
            |devices: &BTreeSet<DeviceId>| !devices.is_empty() && devices.is_superset(&here);
        self.unsaid == 0
            && self.preparing == 0
            && self.incoming.is_empty()
            && self.said.values().all(reached)
            && self.outgoing.values().all(reached)
    }
}

impl Conduct for ChatConduct {
    fn on_event(&mut self, event: &RoomEvent, now: Duration) -> Vec<Act> {
        self.entry.on_event(event);
        self.presence.on_event(event, now);
        match event {
            RoomEvent::Session(notice) => self.on_notice(notice),
            RoomEvent::Preparing { .. } => {}
            RoomEvent::Prepared { transfer, more, .. } => {
                self.outgoing.insert(*transfer, BTreeSet::new());
                self.preparing -= usize::from(!more && self.preparing > 0);
            }
            RoomEvent::OfferedAgain { transfer, .. } => {
                self.outgoing.insert(*transfer, BTreeSet::new());
            }
            RoomEvent::NotPrepared { more, .. } => {
                self.preparing -= usize::from(!more && self.preparing > 0);
            }
        }
        Vec::new()
    }

    fn verdict(&mut self, _others: usize, now: Duration) -> Option<End> {
        if self.has_left {
            return Some(Ok(()));
        }
        if let Some(failure) = self.entry.failure(now) {
            return Some(Err(failure));
        }
        if !self.is_at_end {
            return None;
        }
        if self.entry.has_joined() && self.is_settled() {
            return Some(Ok(()));
        }
        let is_over = self.presence.has_met_anyone() && !self.presence.is_anyone_awaited(now);
        is_over.then(|| {
            Err(Failure::new(
                Code::ConnectionLost,
                "Everyone left before all of it arrived; ask for a new link and try again.",
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::examples::*;
    use super::*;

    fn conduct() -> ChatConduct {
        let mut conduct = ChatConduct::new("https://example.org", PATIENCE, true);
        conduct.on_event(&joined(1), s(0));
        conduct.on_event(&connected(ADA), s(1));
        conduct
    }

    fn offered(transfer: u64) -> RoomEvent {
        notice(Notice::Offered {
            key: key(transfer),
            name: name_of(ADA),
            files: vec![file("a", 1), file("b", 2)],
            standing: OfferStanding::Open,
        })
    }

    const fn key(transfer: u64) -> IncomingKey {
        IncomingKey {
            from: ADA,
            transfer,
        }
    }

    fn said(seq: u64) -> RoomEvent {
        notice(Notice::Said {
            stream: 1,
            seq,
            text: "hi".to_owned(),
            in_reply_to: None,
            written_at_ms: 0,
            signature: [0; 64],
        })
    }

    #[test]
    fn offers_are_answered_by_number_or_the_latest_first() {
        let mut conduct = conduct();
        conduct.on_event(&offered(10), s(1));
        conduct.on_event(&offered(11), s(1));
        conduct.on_event(&offered(12), s(1));
        assert_eq!(
            conduct.on_line(Line::Accept(Some(2))),
            Do::Answer(key(11), vec![0, 1])
        );
        assert!(matches!(
            conduct.on_line(Line::Accept(Some(2))),
            Do::Tell(_)
        ));
        assert_eq!(
            conduct.on_line(Line::Decline(None)),
            Do::Answer(key(12), vec![])
        );
        assert_eq!(
            conduct.on_line(Line::Decline(None)),
            Do::Answer(key(10), vec![])
        );
        assert!(matches!(conduct.on_line(Line::Accept(None)), Do::Tell(_)));
    }

    #[test]
    fn nothing_is_accepted_without_a_folder() {
        let mut conduct = ChatConduct::new("https://example.org", PATIENCE, false);
        conduct.on_event(&offered(10), s(1));
        assert!(matches!(conduct.on_line(Line::Accept(None)), Do::Tell(_)));
        assert_eq!(
            conduct.on_line(Line::Decline(None)),
            Do::Answer(key(10), vec![])
        );
    }

    #[test]
    fn the_end_of_input_waits_until_everyone_has_what_was_said() {
        let mut conduct = conduct();
        conduct.on_event(&connected(BOB), s(1));
        conduct.on_line(Line::Say("hi".to_owned()));
        conduct.on_line(Line::End);
        assert_eq!(conduct.verdict(2, s(2)), None);
        conduct.on_event(&said(1), s(2));
        let delivered = |to| notice(Notice::Delivered { seq: 1, to });
        conduct.on_event(&delivered(ADA), s(2));
        assert_eq!(conduct.verdict(2, s(2)), None);
        conduct.on_event(&delivered(BOB), s(2));
        assert_eq!(conduct.verdict(2, s(2)), Some(Ok(())));
    }

    #[test]
    fn the_end_of_input_does_not_wait_for_people_who_left() {
        let mut conduct = conduct();
        conduct.on_line(Line::Say("hi".to_owned()));
        conduct.on_event(&said(1), s(1));
        conduct.on_line(Line::End);
        conduct.on_event(&left(ADA), s(2));
        assert_eq!(conduct.verdict(0, s(6)), None);
        let failure = conduct.verdict(0, s(7)).unwrap().unwrap_err();
        assert_eq!(failure.code, Code::ConnectionLost);
    }

    #[test]
    fn leaving_is_at_once() {
        let mut conduct = conduct();
        conduct.on_line(Line::Say("hi".to_owned()));
        conduct.on_line(Line::Leave);
        assert_eq!(conduct.verdict(1, s(2)), Some(Ok(())));
    }
}
