//! `parlor receive`: done when everything that was accepted is here.

use core::time::Duration;
use std::collections::BTreeMap;

use parlor_core::room::RoomEvent;
use parlor_core::room::input::IncomingKey;
use parlor_core::room::notice::{Notice, OfferStanding, Outcome};
use parlor_proto::id::PeerId;

use super::entry::Entry;
use super::{Act, Conduct, End, Presence, missing};
use crate::exit::{Code, Failure};

/// A large selection comes as several offers, and nothing on the wire says which is the last. A
/// sender that stays in the room gets this long to make the next one.
const NEXT_OFFER_PATIENCE: Duration = Duration::from_millis(1500);

/// Tries to connect to a peer before we say that there is no way to it.
const UNREACHABLE_MAX: u32 = 3;

#[derive(Debug)]
enum OfferState {
    Asked { files: usize },
    Running,
    Ended(Outcome),
}

/// The rules of `parlor receive`.
#[derive(Debug)]
pub(crate) struct ReceiveConduct {
    entry: Entry,
    presence: Presence,
    patience: Duration,
    takes_all: bool,
    offers: BTreeMap<IncomingKey, OfferState>,
    /// When an offer last came or ended.
    stirred_at: Duration,
    /// Why the last file failed, and whether it was our own disk.
    last_reason: Option<(bool, String)>,
    /// Since when nobody else is in the room.
    alone_since: Option<Duration>,
    refused: BTreeMap<PeerId, String>,
    unreachable: BTreeMap<PeerId, (u32, String)>,
}

impl ReceiveConduct {
    pub(crate) fn new(server: impl Into<String>, patience: Duration, takes_all: bool) -> Self {
        Self {
            entry: Entry::new(server),
            presence: Presence::new(patience),
            patience,
            takes_all,
            offers: BTreeMap::new(),
            stirred_at: Duration::ZERO,
            last_reason: None,
            alone_since: None,
            refused: BTreeMap::new(),
            unreachable: BTreeMap::new(),
        }
    }

    /// The person's answer to [`Act::Ask`].
    pub(crate) fn decide(&mut self, key: IncomingKey, is_taken: bool) -> Option<Act> {
        let state = self.offers.get_mut(&key)?;
        let OfferState::Asked { files } = *state else {
            return None;
        };
        // A declined offer is ended by the notice that follows.
        *state = OfferState::Running;
        let wanted = (0..).take(if is_taken { files } else { 0 });
        Some(Act::Answer(key, wanted.collect()))
    }

    /// Whether an offer still waits for its answer.
    pub(crate) fn is_open(&self, key: IncomingKey) -> bool {
        matches!(self.offers.get(&key), Some(OfferState::Asked { .. }))
    }

    fn on_offered(&mut self, key: IncomingKey, files: usize) -> Option<Act> {
        self.offers.insert(key, OfferState::Asked { files });
        if self.takes_all {
            self.decide(key, true)
        } else {
            Some(Act::Ask(key))
        }
    }

    fn on_notice(&mut self, notice: &Notice, now: Duration) -> Option<Act> {
        if let Notice::Offered {
            key,
            files,
            standing,
            ..
        } = notice
        {
            self.stirred_at = now;
            if let OfferStanding::Taken { .. } = standing {
                self.offers.insert(*key, OfferState::Running);
                return None;
            }
            return self.on_offered(*key, files.len());
        }
        if let Notice::Received { key, outcome } = notice {
            self.stirred_at = now;
            self.offers.insert(*key, OfferState::Ended(outcome.clone()));
        } else if let Notice::FileNotReceived { by_us, reason, .. } = notice {
            self.last_reason = Some((*by_us, reason.clone()));
        } else if let Notice::PeerRefused { peer, reason, .. } = notice {
            self.refused.insert(*peer, reason.clone());
        } else if let Notice::PeerUnreachable {
            peer,
            reason,
            failures,
        } = notice
        {
            self.unreachable.insert(*peer, (*failures, reason.clone()));
        } else if let Notice::PeerConnected { peer, .. } = notice {
            self.unreachable.remove(peer);
        }
        None
    }

    /// The end once nothing runs and nothing waits for an answer.
    fn end_of_offers(&self) -> End {
        let mut end = Ok(());
        for (key, state) in &self.offers {
            let name = self.presence.name(key.from);
            match state {
                OfferState::Ended(Outcome::Incomplete { files, failed }) => {
                    return Err(match &self.last_reason {
                        Some((true, reason)) => not_saved(*files, *failed, reason),
                        Some((false, reason)) => incomplete(name, *files, *failed, Some(reason)),
                        None => incomplete(name, *files, *failed, None),
                    });
                }
                OfferState::Ended(Outcome::Cancelled { reason, .. }) => {
                    end = Err(stopped(name, reason));
                }
                OfferState::Ended(Outcome::Complete { .. } | Outcome::Declined)
                | OfferState::Asked { .. }
                | OfferState::Running => {}
            }
        }
        end
    }

    /// The end where no offer was answered: nobody is there, or nobody can be reached.
    fn end_without_offer(&self, others: usize, now: Duration) -> Option<Failure> {
        if self.presence.has_met_anyone() {
            let is_over = !self.presence.is_anyone_awaited(now);
            return is_over.then(|| {
                gone(if self.offers.is_empty() {
                    "Everyone left the room before any file was offered"
                } else {
                    "The sender left before the files were accepted"
                })
            });
        }
        if self.refused.len() >= others.max(1)
            && let Some(reason) = self.refused.values().next()
        {
            return Some(Failure::new(
                Code::Refused,
                format!("Cannot work with the other device ({reason}); update Parlor on both."),
            ));
        }
        let is_alone = |since| now.saturating_sub(since) >= self.patience;
        if self.alone_since.is_some_and(is_alone) {
            return Some(gone("Nobody is in the room any more"));
        }
        let given_up = self
            .unreachable
            .values()
            .filter(|(n, _)| *n >= UNREACHABLE_MAX);
        if others > 0 && given_up.clone().count() >= others {
            let reason = given_up.map(|(_, reason)| reason.as_str()).next();
            let reason = reason.unwrap_or("no connection came about");
            return Some(Failure::new(
                Code::ConnectionLost,
                format!(
                    "The devices cannot reach each other ({reason}); bring both into one \
                     network, or name a STUN server with --stun."
                ),
            ));
        }
        None
    }
}

impl Conduct for ReceiveConduct {
    fn on_event(&mut self, event: &RoomEvent, now: Duration) -> Vec<Act> {
        self.entry.on_event(event);
        self.presence.on_event(event, now);
        let act = match event {
            RoomEvent::Session(notice) => self.on_notice(notice, now),
            RoomEvent::Preparing { .. }
            | RoomEvent::Prepared { .. }
            | RoomEvent::OfferedAgain { .. }
            | RoomEvent::NotPrepared { .. } => None,
        };
        act.into_iter().collect()
    }

    fn verdict(&mut self, others: usize, now: Duration) -> Option<End> {
        if let Some(failure) = self.entry.failure(now) {
            return Some(Err(failure));
        }
        self.alone_since = match self.alone_since {
            _ if others > 0 || !self.entry.has_joined() => None,
            Some(since) => Some(since),
            None => Some(now),
        };
        let mut has_ended = false;
        let mut is_waiting = false;
        let mut lost_from = None;
        for (key, state) in &self.offers {
            let is_awaited = self.presence.is_awaited(key.from, now);
            match state {
                OfferState::Ended(_) => has_ended = true,
                OfferState::Asked { .. } => is_waiting |= is_awaited,
                OfferState::Running if is_awaited => is_waiting = true,
                OfferState::Running => lost_from = Some(key.from),
            }
        }
        if is_waiting {
            return None;
        }
        if let Some(device) = lost_from {
            let name = self.presence.name(device);
            return Some(Err(gone(&format!(
                "The connection to {name} was lost before everything arrived"
            ))));
        }
        if !has_ended {
            return self.end_without_offer(others, now).map(Err);
        }
        let is_quiet = now.saturating_sub(self.stirred_at) >= NEXT_OFFER_PATIENCE;
        let is_alone = self.presence.connected().next().is_none();
        (is_quiet || is_alone).then(|| self.end_of_offers())
    }
}

fn gone(what: &str) -> Failure {
    Failure::new(
        Code::ConnectionLost,
        format!("{what}; ask for a new link and try again."),
    )
}

fn stopped(name: &str, reason: &str) -> Failure {
    Failure::new(
        Code::Declined,
        format!("{name} stopped the transfer ({reason}); ask them to send again."),
    )
}

fn incomplete(name: &str, files: usize, failed: usize, reason: Option<&str>) -> Failure {
    let reason = reason.unwrap_or("no reason was given");
    let what = missing(files, failed);
    Failure::new(
        Code::Incomplete,
        format!("{what} from {name} did not arrive ({reason}); ask for it again."),
    )
}

fn not_saved(files: usize, failed: usize, reason: &str) -> Failure {
    let what = missing(files, failed);
    Failure::new(
        Code::LocalFile,
        format!("{what} could not be saved ({reason}); make room or choose another --out."),
    )
}

#[cfg(test)]
mod tests {
    use parlor_proto::id::DeviceId;

    use super::super::examples::*;
    use super::*;

    fn conduct(takes_all: bool) -> ReceiveConduct {
        let mut conduct = ReceiveConduct::new("https://example.org", PATIENCE, takes_all);
        conduct.on_event(&joined(1), s(0));
        conduct
    }

    const fn key(from: DeviceId, transfer: u64) -> IncomingKey {
        IncomingKey { from, transfer }
    }

    fn offered(key: IncomingKey) -> RoomEvent {
        notice(Notice::Offered {
            key,
            name: name_of(key.from),
            files: vec![file("a", 1), file("b", 2)],
            standing: OfferStanding::Open,
        })
    }

    fn received(key: IncomingKey, outcome: Outcome) -> RoomEvent {
        notice(Notice::Received { key, outcome })
    }

    fn code(verdict: Option<End>) -> Option<Code> {
        verdict.map(|end| end.map_or_else(|failure| failure.code, |()| Code::Done))
    }

    #[test]
    fn everything_is_taken_where_the_person_said_so() {
        let mut conduct = conduct(true);
        conduct.on_event(&connected(ADA), s(1));
        let acts = conduct.on_event(&offered(key(ADA, 1)), s(1));
        assert_eq!(acts, [Act::Answer(key(ADA, 1), vec![0, 1])]);
        assert_eq!(conduct.verdict(1, s(100)), None);
        conduct.on_event(&received(key(ADA, 1), complete(2)), s(100));
        assert_eq!(conduct.verdict(1, s(101)), None, "another offer may follow");
        assert_eq!(conduct.verdict(1, s(102)), Some(Ok(())));
    }

    #[test]
    fn a_sender_that_leaves_afterwards_is_not_waited_for() {
        let mut conduct = conduct(true);
        conduct.on_event(&connected(ADA), s(1));
        conduct.on_event(&offered(key(ADA, 1)), s(1));
        conduct.on_event(&received(key(ADA, 1), complete(2)), s(2));
        conduct.on_event(&left(ADA), s(2));
        assert_eq!(conduct.verdict(0, s(2)), Some(Ok(())));
    }

    #[test]
    fn every_offer_of_a_set_is_waited_for() {
        let mut conduct = conduct(true);
        conduct.on_event(&connected(ADA), s(1));
        conduct.on_event(&offered(key(ADA, 1)), s(1));
        conduct.on_event(&received(key(ADA, 1), complete(2)), s(2));
        conduct.on_event(&offered(key(ADA, 2)), s(3));
        assert_eq!(conduct.verdict(1, s(60)), None);
        conduct.on_event(&received(key(ADA, 2), cancelled()), s(60));
        assert_eq!(code(conduct.verdict(1, s(62))), Some(Code::Declined));
    }

    #[test]
    fn the_person_is_asked_and_no_is_an_answer() {
        let mut conduct = conduct(false);
        conduct.on_event(&connected(ADA), s(1));
        let acts = conduct.on_event(&offered(key(ADA, 1)), s(1));
        assert_eq!(acts, [Act::Ask(key(ADA, 1))]);
        assert!(conduct.is_open(key(ADA, 1)));
        assert_eq!(conduct.verdict(1, s(3600)), None);
        let act = conduct.decide(key(ADA, 1), false);
        assert_eq!(act, Some(Act::Answer(key(ADA, 1), vec![])));
        assert_eq!(conduct.decide(key(ADA, 1), true), None);
        conduct.on_event(&received(key(ADA, 1), Outcome::Declined), s(3600));
        assert_eq!(conduct.verdict(1, s(3602)), Some(Ok(())));
    }

    #[test]
    fn a_sender_lost_half_way_is_awaited_and_then_given_up() {
        let mut conduct = conduct(true);
        conduct.on_event(&connected(ADA), s(1));
        conduct.on_event(&offered(key(ADA, 1)), s(1));
        conduct.on_event(&lost(ADA), s(10));
        assert_eq!(conduct.verdict(1, s(14)), None);
        assert_eq!(code(conduct.verdict(1, s(15))), Some(Code::ConnectionLost));
    }

    #[test]
    fn an_offer_that_nobody_answers_goes_with_its_sender() {
        let mut conduct = conduct(false);
        conduct.on_event(&connected(ADA), s(1));
        conduct.on_event(&offered(key(ADA, 1)), s(1));
        conduct.on_event(&left(ADA), s(2));
        assert_eq!(code(conduct.verdict(0, s(7))), Some(Code::ConnectionLost));
    }

    #[test]
    fn one_of_two_senders_may_go() {
        let mut conduct = conduct(true);
        conduct.on_event(&connected(ADA), s(1));
        conduct.on_event(&connected(BOB), s(1));
        conduct.on_event(&left(BOB), s(2));
        assert_eq!(conduct.verdict(1, s(3600)), None);
        conduct.on_event(&left(ADA), s(3600));
        assert_eq!(
            code(conduct.verdict(0, s(3605))),
            Some(Code::ConnectionLost)
        );
    }

    #[test]
    fn an_empty_room_is_not_waited_in() {
        let mut conduct = conduct(true);
        assert_eq!(conduct.verdict(1, s(1)), None);
        assert_eq!(conduct.verdict(0, s(2)), None);
        assert_eq!(conduct.verdict(1, s(3)), None);
        assert_eq!(conduct.verdict(0, s(4)), None);
        assert_eq!(conduct.verdict(0, s(8)), None);
        assert_eq!(code(conduct.verdict(0, s(9))), Some(Code::ConnectionLost));
    }

    #[test]
    fn peers_that_refuse_or_cannot_be_reached_end_it() {
        let peer = PeerId([9; 16]);
        let reason = || "no connection came about in time".to_owned();
        let mut refused = conduct(true);
        let event = Notice::PeerRefused {
            peer,
            name: None,
            reason: reason(),
        };
        refused.on_event(&notice(event), s(1));
        assert_eq!(code(refused.verdict(1, s(1))), Some(Code::Refused));

        let mut unreachable = conduct(true);
        for failures in 1..=3 {
            assert_eq!(unreachable.verdict(1, s(1)), None);
            let event = Notice::PeerUnreachable {
                peer,
                reason: reason(),
                failures,
            };
            unreachable.on_event(&notice(event), s(1));
        }
        let failure = unreachable.verdict(1, s(1)).unwrap().unwrap_err();
        assert_eq!(failure.code, Code::ConnectionLost);
        assert!(failure.message.contains("--stun"), "{failure}");
    }

    #[test]
    fn failed_files_make_it_incomplete() {
        let mut conduct = conduct(true);
        conduct.on_event(&connected(ADA), s(1));
        conduct.on_event(&offered(key(ADA, 1)), s(1));
        conduct.on_event(
            &notice(Notice::FileNotReceived {
                key: key(ADA, 1),
                file: 1,
                by_us: true,
                reason: "the disk is full".to_owned(),
            }),
            s(2),
        );
        let outcome = Outcome::Incomplete {
            files: 1,
            failed: 1,
        };
        conduct.on_event(&received(key(ADA, 1), outcome), s(2));
        let failure = conduct.verdict(1, s(4)).unwrap().unwrap_err();
        assert_eq!(failure.code, Code::LocalFile);
        assert!(failure.message.contains("1 of 2 files"), "{failure}");
        assert!(failure.message.contains("the disk is full"), "{failure}");
    }
}
