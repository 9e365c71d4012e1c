//! Why a transfer to this device stands still: somebody paused it, or the disk is full.

use core::time::Duration;

use super::{FileState, Incoming, State};
use crate::notice::Notice;
use crate::time::Moment;
use crate::transfer::Step;

/// A full disk is looked at again this often: soon enough that a person who made room sees it go
/// on, seldom enough to cost nothing.
const SPACE_RETRY: Duration = Duration::from_secs(3);

/// What was asked for and found no room.
#[derive(Debug)]
struct NoSpace {
    reason: String,
    retry_at: Moment,
    /// The file that is tried.
    trying: Option<u32>,
    /// Nothing else is under way either, and the sender knows.
    is_told: bool,
}

/// Reasons to stand still, at once if need be.
#[derive(Debug, Default)]
pub(super) struct Hold {
    pub(super) by_us: bool,
    /// With the sender's reason, which may be none.
    pub(super) by_sender: Option<Option<String>>,
    no_space: Option<NoSpace>,
}

impl Hold {
    /// Whether this side asks for nothing.
    pub(super) fn stands_still(&self) -> bool {
        self.by_us || self.no_space.as_ref().is_some_and(|full| full.is_told)
    }

    /// Whether this side asks for nothing, and why where it is not the person's wish.
    pub(super) fn ours(&self) -> Option<Option<String>> {
        match &self.no_space {
            Some(full) if full.is_told => Some(Some(full.reason.clone())),
            Some(_) | None => self.by_us.then_some(None),
        }
    }

    /// The same as a person sees it: some file may wait for room while others arrive.
    pub(super) fn shown(&self) -> Option<Option<String>> {
        match &self.no_space {
            Some(full) => Some(Some(full.reason.clone())),
            None => self.ours(),
        }
    }

    pub(super) const fn may_begin(&self) -> bool {
        !self.by_us && self.no_space.is_none()
    }
}

impl Incoming {
    /// The person wants it to stand still, or to go on.
    pub(crate) fn pause(&mut self, is_paused: bool) -> Vec<Step> {
        if self.state != State::Active || self.hold.by_us == is_paused {
            return Vec::new();
        }
        self.hold.by_us = is_paused;
        let mut steps = vec![self.mark(), self.paused_notice(is_paused, true, None)];
        if is_paused {
            self.pace.stopped();
        }
        match self.hold.ours() {
            Some(reason) => steps.push(self.pause_frame(true, reason)),
            None => {
                steps.push(self.pause_frame(false, None));
                steps.extend(self.want_all_missing());
            }
        }
        steps
    }

    /// The sender wants it to stand still, or to go on.
    pub(crate) fn on_paused(&mut self, is_paused: bool, reason: Option<String>) -> Vec<Step> {
        if self.state != State::Active || self.hold.by_sender.is_some() == is_paused {
            return Vec::new();
        }
        self.pace.stopped();
        self.hold.by_sender = is_paused.then(|| reason.clone());
        vec![self.paused_notice(is_paused, false, reason)]
    }

    /// There is no room for a file. It waits at the head of its queue.
    pub(crate) fn on_no_space(&mut self, file: u32, reason: &str, now: Moment) -> Vec<Step> {
        let Some(entry) = self.active_file(file) else {
            return Vec::new();
        };
        if !matches!(
            entry.state,
            FileState::Creating | FileState::Receiving { .. }
        ) {
            return Vec::new();
        }
        entry.state = FileState::Queued;
        let size = entry.offered.size;
        self.waiting.put_back(file, size);
        let retry_at = now + SPACE_RETRY;
        if let Some(full) = &mut self.hold.no_space {
            full.retry_at = retry_at;
            full.trying = full.trying.filter(|trying| *trying != file);
            return self.tell_if_idle().into_iter().collect();
        }
        let reason = reason.to_owned();
        self.hold.no_space = Some(NoSpace {
            reason: reason.clone(),
            retry_at,
            trying: None,
            is_told: false,
        });
        let told = self.paused_notice(true, true, Some(reason));
        self.tell_if_idle().into_iter().chain([told]).collect()
    }

    /// The sender hears of a full disk when nothing it sends is of use any more.
    pub(super) fn tell_if_idle(&mut self) -> Option<Step> {
        let is_news = |full: &NoSpace| !full.is_told && self.state == State::Active;
        if !self.hold.no_space.as_ref().is_some_and(is_news) || self.busy() > 0 {
            return None;
        }
        let full = self.hold.no_space.as_mut()?;
        full.is_told = true;
        let reason = full.reason.clone();
        self.pace.stopped();
        Some(self.pause_frame(true, Some(reason)))
    }

    /// When the disk is to be looked at again.
    pub(crate) fn retry_at(&self) -> Option<Moment> {
        let full = self.hold.no_space.as_ref()?;
        let is_waiting = self.state == State::Active && full.trying.is_none();
        is_waiting.then_some(full.retry_at)
    }

    /// Tries one file again.
    pub(crate) fn retry(&mut self, now: Moment) -> Vec<Step> {
        if self.retry_at().is_none_or(|at| at > now) {
            return Vec::new();
        }
        let Some(file) = self.waiting.next(true) else {
            return Vec::new();
        };
        if let Some(full) = &mut self.hold.no_space {
            full.trying = Some(file);
        }
        self.create(file).into_iter().collect()
    }

    /// The file that was tried for room came out of it, one way or the other.
    pub(super) fn space_found(&mut self, file: u32) -> Vec<Step> {
        let tried = self.hold.no_space.as_ref().and_then(|full| full.trying);
        let nothing_waits = tried.is_none() && self.waiting.is_empty();
        let is_stuck = self.hold.no_space.is_some() && nothing_waits;
        if tried != Some(file) && !is_stuck {
            return Vec::new();
        }
        let was_told = self.hold.no_space.take().is_some_and(|full| full.is_told);
        let mut steps = vec![self.paused_notice(false, true, None)];
        if self.hold.by_us || !was_told {
            return steps;
        }
        steps.push(self.pause_frame(false, None));
        steps.extend(self.want_all_missing());
        steps
    }

    fn paused_notice(&self, is_paused: bool, by_us: bool, reason: Option<String>) -> Step {
        let key = self.key;
        Step::Notice(if is_paused {
            Notice::IncomingPaused { key, by_us, reason }
        } else {
            Notice::IncomingResumed { key, by_us }
        })
    }
}
