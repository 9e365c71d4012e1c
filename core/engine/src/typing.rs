//! Who is writing at the moment: said on a channel where it may get lost, so it is said again while
//! it is true, and forgotten by those who hear it no more.

use core::time::Duration;
use std::collections::BTreeMap;

use parlor_proto::id::DeviceId;

use crate::time::{Deadline, Moment};

/// While the person goes on writing, the others are told this often.
const SAY_EVERY: Duration = Duration::from_secs(3);

/// Who types nothing for this long is thinking, or gone.
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// How long a word that somebody writes holds: two of them may get lost.
const HOLDS_FOR: Duration = Duration::from_secs(10);

#[derive(Debug)]
struct Own {
    said_at: Moment,
    typed_at: Moment,
}

/// Who is writing: this side, and others. The latter are devices that are linked to.
#[derive(Debug, Default)]
pub(crate) struct Writers {
    own: Option<Own>,
    /// Until when each of them counts as writing.
    others: BTreeMap<DeviceId, Moment>,
}

impl Writers {
    /// The person typed something. Gives whether to tell the others.
    pub(crate) fn typed(&mut self, now: Moment) -> bool {
        let is_due = self
            .own
            .as_ref()
            .is_none_or(|own| own.said_at + SAY_EVERY <= now);
        let said_at = match &self.own {
            Some(own) if !is_due => own.said_at,
            Some(_) | None => now,
        };
        self.own = Some(Own {
            said_at,
            typed_at: now,
        });
        is_due
    }

    /// The person is done, or what they wrote was sent. Gives whether others believe otherwise.
    pub(crate) fn stopped(&mut self) -> bool {
        self.own.take().is_some()
    }

    /// Whether the person paused for so long that the others are to hear it.
    pub(crate) fn has_paused(&mut self, now: Moment) -> bool {
        let has_paused = self.own.as_ref();
        let has_paused = has_paused.is_some_and(|own| own.typed_at + PAUSE_MAX <= now);
        has_paused && self.stopped()
    }

    /// `device` says whether it writes. Gives whether that is news.
    pub(crate) fn heard(&mut self, device: DeviceId, is_typing: bool, now: Moment) -> bool {
        if is_typing {
            self.others.insert(device, now + HOLDS_FOR).is_none()
        } else {
            self.others.remove(&device).is_some()
        }
    }

    /// Those of whom nothing was heard for too long; each is given once.
    pub(crate) fn fell_silent(&mut self, now: Moment) -> Vec<DeviceId> {
        let silent = self.others.extract_if(.., |_, until| *until <= now);
        silent.map(|(device, _)| device).collect()
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        let own = self.own.as_ref().map(|own| own.typed_at + PAUSE_MAX);
        let first = own.into_iter().chain(self.others.values().copied()).min();
        first.map(|at| Deadline {
            at,
            why: "somebody stops writing",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: DeviceId = DeviceId([1; 16]);

    const fn at(millis: u64) -> Moment {
        Moment(Duration::from_millis(millis))
    }

    #[test]
    fn a_person_who_types_all_the_time_is_told_of_every_three_seconds() {
        let mut writers = Writers::default();
        let told = (0..100).filter(|n| writers.typed(at(n * 100)));
        assert_eq!(told.collect::<Vec<_>>(), [0, 30, 60, 90]);
    }

    #[test]
    fn a_pause_is_told_once() {
        let mut writers = Writers::default();
        writers.typed(at(0));
        assert!(!writers.has_paused(at(4_999)));
        assert!(writers.has_paused(at(5_000)));
        assert!(!writers.has_paused(at(60_000)));
        assert_eq!(writers.deadline(), None);
    }

    #[test]
    fn who_never_wrote_has_nothing_to_stop() {
        let mut writers = Writers::default();
        assert!(!writers.stopped());
        writers.typed(at(0));
        assert!(writers.stopped());
    }

    #[test]
    fn what_is_heard_again_is_no_news() {
        let mut writers = Writers::default();
        assert!(writers.heard(ADA, true, at(0)));
        assert!(!writers.heard(ADA, true, at(3_000)));
        assert!(writers.heard(ADA, false, at(4_000)));
        assert!(!writers.heard(ADA, false, at(5_000)));
    }

    #[test]
    fn a_word_that_is_not_repeated_loses_its_hold() {
        let mut writers = Writers::default();
        writers.heard(ADA, true, at(0));
        writers.heard(ADA, true, at(3_000));
        assert_eq!(writers.fell_silent(at(12_999)), []);
        assert_eq!(writers.fell_silent(at(13_000)), [ADA]);
        assert_eq!(writers.fell_silent(at(13_000)), []);
    }
}
