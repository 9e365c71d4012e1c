//! A transfer to this device: which files are taken, which ranges are here, what to ask for next.
//!
//! `lifecycle` takes a file from its first byte to its name, `hold` is why a transfer stands still.

use std::collections::{BTreeMap, BTreeSet};

use parlor_proto::frame::{Frame, OfferAnswer, OfferedFile};
use parlor_proto::id::DeviceId;
use parlor_proto::text::DisplayName;

use super::pace::Pace;
use super::{Step, Violation};
use crate::accept::AcceptRules;
use crate::input::IncomingKey;
use crate::known::Standing;
use crate::notice::{Notice, OfferStanding, Outcome};
use crate::output::DiskRequest;
use crate::ranges::RangeSet;
use crate::record::{FileMark, IncomingMarks, IncomingRecord};
use hold::Hold;
use waiting::Waiting;

mod hold;
mod lifecycle;
mod view;
mod waiting;
mod words;

pub(crate) use lifecycle::ChunkArrival;

#[derive(Debug)]
enum FileState {
    Declined,
    Queued,
    Creating,
    Receiving {
        have: RangeSet,
        /// Length by offset of chunks on their way to the disk.
        writing: BTreeMap<u64, u64>,
        /// Bytes asked for on this link and not yet written.
        asked: u64,
    },
    Finishing,
    Done,
    Failed {
        reason: String,
    },
}

impl FileState {
    const fn is_busy(&self) -> bool {
        matches!(
            self,
            Self::Creating | Self::Receiving { .. } | Self::Finishing
        )
    }

    const fn mark(&self) -> FileMark {
        match self {
            Self::Declined => FileMark::Declined,
            Self::Queued | Self::Creating | Self::Receiving { .. } | Self::Finishing => {
                FileMark::Wanted
            }
            Self::Done => FileMark::Done,
            Self::Failed { .. } => FileMark::Failed,
        }
    }
}

#[derive(Debug)]
struct IncomingFile {
    offered: OfferedFile,
    state: FileState,
    /// Bytes of it were asked for, so that some may still come when nobody waits for them.
    was_asked_for: bool,
    /// An earlier life of the app was at work on it.
    may_be_whole: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Offered,
    Active,
    Ended,
}

/// One offer to us.
#[derive(Debug)]
pub(crate) struct Incoming {
    key: IncomingKey,
    files: Vec<IncomingFile>,
    state: State,
    /// Why we stopped it, if we did: the sender may not have heard.
    stopped: Option<String>,
    waiting: Waiting,
    hold: Hold,
    pace: Pace,
    previewed: BTreeSet<u32>,
    /// Files that came to their end since the disk was told how the transfer stands.
    unmarked: u32,
    /// The sender knows of it in its present session.
    is_confirmed: bool,
    /// The answer was given on the present link without waiting for the offer.
    is_answered: bool,
}

impl Incoming {
    pub(crate) fn new(key: IncomingKey, files: Vec<OfferedFile>) -> Self {
        let files = files.into_iter();
        let files = files.map(|offered| IncomingFile {
            offered,
            state: FileState::Queued,
            was_asked_for: false,
            may_be_whole: false,
        });
        Self {
            key,
            files: files.collect(),
            state: State::Offered,
            stopped: None,
            waiting: Waiting::default(),
            hold: Hold::default(),
            pace: Pace::default(),
            previewed: BTreeSet::new(),
            unmarked: 0,
            is_confirmed: true,
            is_answered: false,
        }
    }

    /// A transfer of an earlier life of the app. It goes on when the sender is there.
    pub(crate) fn restored(record: IncomingRecord) -> Self {
        let IncomingRecord { key, files, marks } = record;
        let mut incoming = Self::new(key, files);
        incoming.state = if marks.is_ended() {
            State::Ended
        } else {
            State::Active
        };
        let marked = marks
            .files
            .into_iter()
            .chain(core::iter::repeat(FileMark::Declined));
        for (file, mark) in incoming.files.iter_mut().zip(marked) {
            file.may_be_whole = true;
            file.state = match mark {
                FileMark::Declined => FileState::Declined,
                FileMark::Wanted => FileState::Queued,
                FileMark::Done => FileState::Done,
                FileMark::Failed => FileState::Failed {
                    reason: "it came to nothing before".to_owned(),
                },
            };
        }
        incoming.stopped = marks.stopped;
        incoming.hold.by_us = marks.is_paused;
        incoming.is_confirmed = false;
        incoming.queue_wanted();
        incoming
    }

    fn marks(&self) -> IncomingMarks {
        IncomingMarks {
            files: self.files.iter().map(|file| file.state.mark()).collect(),
            is_paused: self.hold.by_us,
            stopped: self.stopped.clone(),
        }
    }

    /// The disk is to remember how it stands.
    fn mark(&mut self) -> Step {
        self.unmarked = 0;
        let (key, marks) = (self.key, self.marks());
        Step::Disk(DiskRequest::MarkIncoming { key, marks })
    }

    fn queue_wanted(&mut self) {
        for (index, file) in (0..).zip(&self.files) {
            if matches!(file.state, FileState::Queued) {
                self.waiting.add(index, file.offered.size);
            }
        }
    }

    fn offered(&self) -> Vec<OfferedFile> {
        self.files.iter().map(|file| file.offered.clone()).collect()
    }

    pub(crate) const fn key(&self) -> IncomingKey {
        self.key
    }

    pub(crate) fn is_from(&self, device: DeviceId) -> bool {
        self.key.from == device
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// Whether the person's rules take it without asking.
    pub(crate) fn is_taken(&self, rules: &AcceptRules, standing: &Standing) -> bool {
        rules.takes(standing, self.files.iter().map(|file| &file.offered))
    }

    pub(crate) const fn files(&self) -> usize {
        self.files.len()
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.state == State::Active
    }

    pub(crate) fn notice(&self, name: DisplayName) -> Notice {
        let files = self.offered();
        let standing = match self.state {
            State::Offered => OfferStanding::Open,
            State::Active | State::Ended => OfferStanding::Taken {
                accepted: self.accepted(),
                done: self.done(),
            },
        };
        Notice::Offered {
            key: self.key,
            name,
            files,
            standing,
        }
    }

    fn accepted(&self) -> Vec<u32> {
        self.those(|state| !matches!(state, FileState::Declined))
    }

    fn done(&self) -> Vec<u32> {
        self.those(|state| matches!(state, FileState::Done))
    }

    fn those(&self, is_one: impl Fn(&FileState) -> bool) -> Vec<u32> {
        let found = self.states().filter(|(_, state)| is_one(state));
        found.map(|(file, _)| file).collect()
    }

    /// A link to the sender opened. Where it may not know any more what we took, it hears so
    /// first; else its offer is answered when it comes.
    pub(crate) fn link_opened(&mut self, has_begun_anew: bool, name: DisplayName) -> Vec<Step> {
        let was_confirmed = core::mem::replace(&mut self.is_confirmed, true);
        self.is_answered = false;
        if was_confirmed && !has_begun_anew {
            return Vec::new();
        }
        // What was not answered yet is offered again, or the answer finds it gone.
        if self.state != State::Active {
            return Vec::new();
        }
        self.is_answered = true;
        let mut steps = Vec::new();
        if !was_confirmed {
            steps.push(Step::Notice(self.notice(name)));
        }
        steps.extend(self.answer_again());
        steps
    }

    /// The same offer came again over a new link: say where we are, and what we lack.
    pub(crate) fn on_offered_again(&mut self, files: &[OfferedFile]) -> Vec<Step> {
        let same = files.len() == self.files.len()
            && files
                .iter()
                .zip(&self.files)
                .all(|(theirs, ours)| *theirs == ours.offered);
        if !same {
            let reason = Some("the offer is not the one made before".to_owned());
            return vec![self.answer(Vec::new(), reason)];
        }
        if self.state == State::Offered || core::mem::take(&mut self.is_answered) {
            return Vec::new();
        }
        if let Some(reason) = &self.stopped {
            return vec![self.cancel_frame(reason)];
        }
        self.answer_again()
    }

    fn answer_again(&mut self) -> Vec<Step> {
        let answer = OfferAnswer {
            transfer: self.key.transfer,
            accepted: self.accepted(),
            done: self.done(),
            reason: None,
        };
        let mut steps = vec![Step::Frame(Frame::Answer(answer))];
        if let Some(reason) = self.hold.ours() {
            steps.push(self.pause_frame(true, reason));
        }
        steps.extend(self.want_all_missing());
        for (file, state) in self.states() {
            if let FileState::Failed { reason } = state {
                steps.push(self.failed_frame(file, reason));
            }
        }
        steps
    }

    /// The person answered.
    pub(crate) fn answer_offer(&mut self, accepted: &[u32], reason: Option<String>) -> Vec<Step> {
        if self.state != State::Offered {
            return Vec::new();
        }
        let wanted: BTreeSet<u32> = accepted
            .iter()
            .copied()
            .filter(|file| (*file as usize) < self.files.len())
            .collect();
        for (index, file) in (0..).zip(&mut self.files) {
            if !wanted.contains(&index) {
                file.state = FileState::Declined;
            }
        }
        let mut steps = vec![self.answer(wanted.iter().copied().collect(), reason)];
        if wanted.is_empty() {
            self.state = State::Ended;
            steps.push(self.ended(Outcome::Declined));
        } else {
            self.state = State::Active;
            self.queue_wanted();
        }
        steps.push(self.keep());
        steps
    }

    fn keep(&self) -> Step {
        let (key, files, marks) = (self.key, self.offered(), self.marks());
        let record = IncomingRecord { key, files, marks };
        Step::Disk(DiskRequest::KeepIncoming { record })
    }

    /// It ended without all of its files, and the person wants the others after all.
    pub(crate) fn take_up_again(&mut self) -> Vec<Step> {
        let is_whole = self.done().len() == self.files.len();
        // The disk's answers from before must not be taken for those to come.
        let is_settled = |(_, state): (u32, &FileState)| !matches!(state, FileState::Creating);
        if self.state != State::Ended || is_whole || !self.states().all(is_settled) {
            return Vec::new();
        }
        for file in &mut self.files {
            if !matches!(file.state, FileState::Done) {
                file.state = FileState::Queued;
            }
        }
        self.state = State::Active;
        self.stopped = None;
        // The sender may be away, and has to hear of it first when it is back.
        self.is_confirmed = false;
        self.waiting = Waiting::default();
        self.queue_wanted();
        let mut steps = vec![self.keep()];
        steps.extend(self.answer_again());
        steps
    }

    /// A small picture of a file, worth showing while the person has not answered.
    pub(crate) fn on_preview(&mut self, file: u32, image: Vec<u8>) -> Result<Vec<Step>, Violation> {
        if (file as usize) >= self.files.len() {
            return Err(Violation("sent a picture of a file it did not offer"));
        }
        if self.state == State::Ended || !self.previewed.insert(file) {
            return Ok(Vec::new());
        }
        let key = self.key;
        Ok(vec![Step::Notice(Notice::Preview {
            key,
            file,
            image: image.into(),
        })])
    }

    /// Stops the transfer; partial files go.
    pub(crate) fn cancel(&mut self, by_us: bool, reason: &str) -> Vec<Step> {
        if self.state == State::Ended {
            return Vec::new();
        }
        let was_offered = self.state == State::Offered;
        self.state = State::Ended;
        let key = self.key;
        let mut steps = Vec::new();
        for (file, entry) in self.numbered() {
            let has_partial = matches!(
                entry.state,
                FileState::Creating | FileState::Receiving { .. }
            );
            let may_have = matches!(entry.state, FileState::Queued) && entry.was_asked_for;
            if has_partial || may_have {
                steps.push(Step::Disk(DiskRequest::Discard { key, file }));
            }
        }
        let reason = reason.to_owned();
        if by_us && was_offered {
            steps.push(self.answer(Vec::new(), Some(reason.clone())));
        } else if by_us {
            steps.push(self.cancel_frame(&reason));
        }
        if by_us {
            self.stopped = Some(reason.clone());
            if !was_offered {
                steps.push(self.mark());
            }
        } else {
            steps.push(Step::Disk(DiskRequest::ForgetIncoming { key }));
        }
        steps.push(self.ended(Outcome::Cancelled { by_us, reason }));
        steps
    }

    /// A file that the disk said something of, while that still matters.
    fn active_file(&mut self, file: u32) -> Option<&mut IncomingFile> {
        let entry = self.files.get_mut(file as usize)?;
        if self.state == State::Active {
            return Some(entry);
        }
        if matches!(entry.state, FileState::Creating) {
            entry.state = FileState::Queued;
        }
        None
    }

    fn numbered(&self) -> impl Iterator<Item = (u32, &IncomingFile)> {
        (0..).zip(&self.files)
    }

    fn states(&self) -> impl Iterator<Item = (u32, &FileState)> {
        self.numbered().map(|(index, file)| (index, &file.state))
    }
}
