//! `parlor send`: done when the first receiver has everything it wanted.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use parlor_core::room::RoomEvent;
use parlor_core::room::notice::{CodeEnd, Notice, Outcome};
use parlor_proto::id::DeviceId;

use super::entry::Entry;
use super::{Act, Conduct, End, Presence, missing};
use crate::exit::{Code, Failure};

/// How far one device is with what we share.
#[derive(Debug, Default)]
struct Receiver {
    has_accepted: bool,
    /// Why it takes nothing, in its words.
    refusal: Option<String>,
    ended: BTreeMap<u64, Outcome>,
    /// Why the last of its files did not arrive.
    last_reason: Option<String>,
}

/// The rules of `parlor send`.
#[derive(Debug)]
pub(crate) struct SendConduct {
    entry: Entry,
    presence: Presence,
    keep: bool,
    transfers: BTreeSet<u64>,
    is_prepared: bool,
    /// Paths that cannot be offered, in words.
    not_prepared: Vec<String>,
    receivers: BTreeMap<DeviceId, Receiver>,
}

impl SendConduct {
    pub(crate) fn new(server: impl Into<String>, patience: Duration, keep: bool) -> Self {
        Self {
            entry: Entry::new(server),
            presence: Presence::new(patience),
            keep,
            transfers: BTreeSet::new(),
            is_prepared: false,
            not_prepared: Vec::new(),
            receivers: BTreeMap::new(),
        }
    }

    fn on_notice(&mut self, notice: &Notice) {
        if let Notice::PeerConnected { device, .. } = notice {
            self.receivers.entry(*device).or_default();
        } else if let Notice::NotOffered { transfer, reason } = notice {
            self.transfers.remove(transfer);
            self.not_prepared.push(reason.clone());
        } else if let Notice::OfferAnswered {
            by,
            accepted,
            reason,
            ..
        } = notice
        {
            let receiver = self.receivers.entry(*by).or_default();
            receiver.has_accepted |= *accepted > 0;
            receiver.refusal.clone_from(reason);
        } else if let Notice::FileNotDelivered { to, reason, .. } = notice {
            self.receivers.entry(*to).or_default().last_reason = Some(reason.clone());
        } else if let Notice::Sent {
            transfer,
            to,
            outcome,
        } = notice
        {
            let receiver = self.receivers.entry(*to).or_default();
            receiver.ended.insert(*transfer, outcome.clone());
        }
    }

    /// How it ended with one device; `None` while it has not.
    fn end_with(&self, device: DeviceId, receiver: &Receiver, now: Duration) -> Option<End> {
        let name = self.presence.name(device);
        if !self.is_prepared || receiver.ended.len() < self.transfers.len() {
            let is_gone = receiver.has_accepted && !self.presence.is_awaited(device, now);
            let why = if self.presence.has_closed(device) {
                closed
            } else {
                gone
            };
            return is_gone.then(|| Err(why(name)));
        }
        let mut end = Err(declined(name, receiver.refusal.as_deref()));
        for outcome in receiver.ended.values() {
            match outcome {
                Outcome::Complete { .. } => end = Ok(()),
                Outcome::Declined => {}
                Outcome::Incomplete { files, failed } => {
                    let reason = receiver.last_reason.as_deref();
                    return Some(Err(incomplete(name, *files, *failed, reason)));
                }
                Outcome::Cancelled { reason, .. } => {
                    return Some(Err(stopped(name, reason)));
                }
            }
        }
        Some(end)
    }

    fn nothing_to_offer(&self) -> Option<Failure> {
        if !self.is_prepared || !self.transfers.is_empty() {
            return None;
        }
        let what = self.not_prepared.join("; ");
        let message = if what.is_empty() {
            "There is no file to send in what was named; name a file or a folder with files."
                .to_owned()
        } else {
            format!("Nothing can be sent: {what}; check the path and its permissions.")
        };
        Some(Failure::new(Code::LocalFile, message))
    }

    fn done(&self) -> End {
        if self.not_prepared.is_empty() {
            return Ok(());
        }
        let what = self.not_prepared.join("; ");
        Err(Failure::new(
            Code::Incomplete,
            format!("The rest arrived, but not everything could be sent: {what}."),
        ))
    }
}

impl Conduct for SendConduct {
    fn on_event(&mut self, event: &RoomEvent, now: Duration) -> Vec<Act> {
        self.entry.on_event(event);
        self.presence.on_event(event, now);
        match event {
            RoomEvent::Session(Notice::CodeClosed {
                why: CodeEnd::Expired,
            }) => return vec![Act::RenewCode],
            RoomEvent::Session(notice) => self.on_notice(notice),
            RoomEvent::Preparing { .. } | RoomEvent::OfferedAgain { .. } => {}
            RoomEvent::Prepared { transfer, more, .. } => {
                self.transfers.insert(*transfer);
                self.is_prepared = !more;
            }
            RoomEvent::NotPrepared {
                path, reason, more, ..
            } => {
                let what = format!("{} ({reason})", path.display());
                self.not_prepared.push(what);
                self.is_prepared = !more;
            }
        }
        Vec::new()
    }

    fn verdict(&mut self, _others: usize, now: Duration) -> Option<End> {
        if let Some(failure) = self.entry.failure(now).or_else(|| self.nothing_to_offer()) {
            return Some(Err(failure));
        }
        if self.keep {
            return None;
        }
        let mut failure = None;
        let mut is_anyone_pending = false;
        for (device, receiver) in &self.receivers {
            match self.end_with(*device, receiver, now) {
                Some(Ok(())) => return Some(self.done()),
                Some(Err(ended)) => failure = Some(ended),
                None => is_anyone_pending |= self.presence.is_awaited(*device, now),
            }
        }
        if is_anyone_pending {
            return None;
        }
        failure.map(Err)
    }
}

fn gone(name: &str) -> Failure {
    Failure::new(
        Code::ConnectionLost,
        format!("The connection to {name} was lost before everything arrived; send again."),
    )
}

fn closed(name: &str) -> Failure {
    Failure::new(
        Code::Declined,
        format!("{name} went before everything arrived; send again, and it goes on where it was."),
    )
}

fn declined(name: &str, reason: Option<&str>) -> Failure {
    let message = match reason {
        None => format!("{name} declined the files; ask them and send again."),
        Some(reason) => {
            format!("{name} did not take the files ({reason}); ask them and send again.")
        }
    };
    Failure::new(Code::Declined, message)
}

fn stopped(name: &str, reason: &str) -> Failure {
    let message = format!("{name} stopped the transfer ({reason}); ask them and send again.");
    Failure::new(Code::Declined, message)
}

fn incomplete(name: &str, files: usize, failed: usize, reason: Option<&str>) -> Failure {
    let reason = reason.unwrap_or("no reason was given");
    let what = missing(files, failed);
    Failure::new(
        Code::Incomplete,
        format!("{what} did not arrive at {name} ({reason}); send again what is missing."),
    )
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use parlor_core::room::ShareId;

    use super::super::examples::*;
    use super::*;

    fn conduct(keep: bool) -> SendConduct {
        let mut conduct = SendConduct::new("https://example.org", PATIENCE, keep);
        conduct.on_event(&joined(0), s(0));
        conduct
    }

    fn prepared(transfer: u64, more: bool) -> RoomEvent {
        RoomEvent::Prepared {
            share: ShareId(0),
            transfer,
            files: vec![file("a", 1)],
            paths: vec![PathBuf::from("/a")],
            more,
        }
    }

    fn not_prepared(more: bool) -> RoomEvent {
        RoomEvent::NotPrepared {
            share: ShareId(0),
            path: PathBuf::from("/b"),
            reason: "permission denied".to_owned(),
            more,
        }
    }

    fn answered(by: DeviceId, accepted: usize) -> RoomEvent {
        notice(Notice::OfferAnswered {
            transfer: 1,
            by,
            accepted,
            reason: None,
        })
    }

    fn sent(transfer: u64, to: DeviceId, outcome: Outcome) -> RoomEvent {
        notice(Notice::Sent {
            transfer,
            to,
            outcome,
        })
    }

    fn play(conduct: &mut SendConduct, events: &[RoomEvent]) {
        for event in events {
            conduct.on_event(event, s(1));
        }
    }

    fn code(verdict: Option<End>) -> Option<Code> {
        verdict.map(|end| end.map_or_else(|failure| failure.code, |()| Code::Done))
    }

    #[test]
    fn it_is_done_when_the_first_receiver_has_every_transfer() {
        let mut conduct = conduct(false);
        play(
            &mut conduct,
            &[prepared(1, true), connected(ADA), answered(ADA, 1)],
        );
        play(&mut conduct, &[sent(1, ADA, complete(1))]);
        assert_eq!(conduct.verdict(1, s(1)), None, "more is being prepared");
        play(&mut conduct, &[prepared(2, false)]);
        assert_eq!(conduct.verdict(1, s(1)), None, "the second is under way");
        play(&mut conduct, &[sent(2, ADA, complete(1))]);
        assert_eq!(conduct.verdict(1, s(1)), Some(Ok(())));
    }

    #[test]
    fn with_keep_nobody_ends_it() {
        let mut conduct = conduct(true);
        play(
            &mut conduct,
            &[prepared(1, false), connected(ADA), answered(ADA, 1)],
        );
        play(&mut conduct, &[sent(1, ADA, complete(1)), left(ADA)]);
        assert_eq!(conduct.verdict(0, s(3600)), None);
    }

    #[test]
    fn a_refusal_ends_it_unless_somebody_else_may_still_want_it() {
        let mut conduct = conduct(false);
        play(
            &mut conduct,
            &[prepared(1, false), connected(ADA), connected(BOB)],
        );
        play(
            &mut conduct,
            &[answered(ADA, 0), sent(1, ADA, Outcome::Declined)],
        );
        assert_eq!(conduct.verdict(2, s(1)), None);
        play(&mut conduct, &[sent(1, BOB, cancelled())]);
        let failure = conduct.verdict(2, s(1)).unwrap().unwrap_err();
        assert_eq!(failure.code, Code::Declined);
        assert!(
            failure.message.starts_with("Bob stopped the transfer"),
            "{failure}"
        );
    }

    #[test]
    fn a_receiver_lost_half_way_is_awaited_and_then_given_up() {
        let mut conduct = conduct(false);
        play(
            &mut conduct,
            &[prepared(1, false), connected(ADA), answered(ADA, 1)],
        );
        conduct.on_event(&lost(ADA), s(10));
        assert_eq!(conduct.verdict(1, s(14)), None);
        conduct.on_event(&connected(ADA), s(14));
        assert_eq!(conduct.verdict(1, s(60)), None);
        conduct.on_event(&lost(ADA), s(60));
        assert_eq!(code(conduct.verdict(1, s(65))), Some(Code::ConnectionLost));
    }

    #[test]
    fn somebody_who_left_before_answering_is_no_reason_to_end() {
        let mut conduct = conduct(false);
        play(
            &mut conduct,
            &[prepared(1, false), connected(ADA), left(ADA)],
        );
        assert_eq!(conduct.verdict(0, s(3600)), None);
    }

    #[test]
    fn a_code_is_renewed_when_it_expires_but_not_when_somebody_guesses() {
        let mut conduct = conduct(false);
        let closed = |why| notice(Notice::CodeClosed { why });
        let acts = conduct.on_event(&closed(CodeEnd::Expired), s(600));
        assert_eq!(acts, [Act::RenewCode]);
        for why in [CodeEnd::Guessed, CodeEnd::UsedUp, CodeEnd::NoNumber] {
            assert_eq!(conduct.on_event(&closed(why), s(601)), [], "{why:?}");
        }
    }

    #[test]
    fn failed_files_make_it_incomplete() {
        let mut conduct = conduct(false);
        play(
            &mut conduct,
            &[prepared(1, false), connected(ADA), answered(ADA, 2)],
        );
        let not_delivered = notice(Notice::FileNotDelivered {
            transfer: 1,
            file: 0,
            to: ADA,
            reason: "the disk is full".to_owned(),
        });
        let outcome = Outcome::Incomplete {
            files: 1,
            failed: 1,
        };
        play(&mut conduct, &[not_delivered, sent(1, ADA, outcome)]);
        let failure = conduct.verdict(1, s(1)).unwrap().unwrap_err();
        assert_eq!(failure.code, Code::Incomplete);
        assert!(failure.message.contains("1 of 2 files"), "{failure}");
        assert!(failure.message.contains("the disk is full"), "{failure}");
    }

    #[test]
    fn paths_that_cannot_be_offered_are_told_in_the_end() {
        let mut conduct = conduct(false);
        play(
            &mut conduct,
            &[not_prepared(true), prepared(1, false), connected(ADA)],
        );
        play(&mut conduct, &[answered(ADA, 1), sent(1, ADA, complete(1))]);
        let failure = conduct.verdict(1, s(1)).unwrap().unwrap_err();
        assert_eq!(failure.code, Code::Incomplete);
        assert!(
            failure.message.contains("/b (permission denied)"),
            "{failure}"
        );
    }

    #[test]
    fn an_offer_that_is_not_made_is_not_waited_for() {
        let mut conduct = conduct(false);
        let not_offered = notice(Notice::NotOffered {
            transfer: 2,
            reason: "too many transfers at once".to_owned(),
        });
        play(
            &mut conduct,
            &[prepared(1, true), prepared(2, false), not_offered],
        );
        play(
            &mut conduct,
            &[connected(ADA), answered(ADA, 1), sent(1, ADA, complete(1))],
        );
        assert_eq!(code(conduct.verdict(1, s(1))), Some(Code::Incomplete));
    }

    #[test]
    fn with_nothing_to_offer_nobody_is_waited_for() {
        for keep in [false, true] {
            let mut conduct = conduct(keep);
            conduct.on_event(&not_prepared(false), s(1));
            assert_eq!(code(conduct.verdict(0, s(1))), Some(Code::LocalFile));
        }
    }
}
