//! A transfer to this device: which files are taken, which ranges are here, what to ask for next.

use std::collections::{BTreeMap, BTreeSet};

use parlor_proto::chunk::ChunkFrame;
use parlor_proto::frame::{ByteRange, Frame, OfferAnswer, OfferedFile};
use parlor_proto::id::DeviceId;
use parlor_proto::limits::WANT_RANGES_MAX;
use parlor_proto::text::DisplayName;

use super::{Step, Violation};
use crate::input::IncomingKey;
use crate::notice::{Notice, Outcome};
use crate::output::DiskRequest;
use crate::ranges::RangeSet;

mod view;
mod words;

/// Files of a transfer that are asked for at once: enough that small files follow each other
/// without a pause of a round trip, few enough open files for a phone.
const FILES_AT_ONCE: usize = 16;

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

#[derive(Debug)]
struct IncomingFile {
    offered: OfferedFile,
    state: FileState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Offered,
    Active,
    Ended,
}

/// What became of an arrived chunk.
#[derive(Debug)]
pub(crate) enum ChunkArrival {
    /// To be checked and written.
    Write(DiskRequest),
    /// Of no use any more, and no fault of the sender's.
    Stale,
}

/// One offer to us.
#[derive(Debug)]
pub(crate) struct Incoming {
    key: IncomingKey,
    files: Vec<IncomingFile>,
    state: State,
    /// Why we stopped it, if we did: the sender may not have heard.
    stopped: Option<String>,
}

impl Incoming {
    pub(crate) fn new(key: IncomingKey, files: Vec<OfferedFile>) -> Self {
        let files = files.into_iter();
        let files = files.map(|offered| IncomingFile {
            offered,
            state: FileState::Queued,
        });
        Self {
            key,
            files: files.collect(),
            state: State::Offered,
            stopped: None,
        }
    }

    pub(crate) fn is_from(&self, device: DeviceId) -> bool {
        self.key.from == device
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.state == State::Ended
    }

    pub(crate) const fn files(&self) -> usize {
        self.files.len()
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.state == State::Active
    }

    pub(crate) fn notice(&self, name: DisplayName) -> Notice {
        let files = self.files.iter().map(|file| file.offered.clone()).collect();
        Notice::Offered {
            key: self.key,
            name,
            files,
        }
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
        if self.state == State::Offered {
            return Vec::new();
        }
        if let Some(reason) = &self.stopped {
            return vec![self.cancel_frame(reason)];
        }
        let accepted = self
            .numbered()
            .filter(|(_, f)| !matches!(f.state, FileState::Declined));
        let accepted = accepted.map(|(file, _)| file).collect();
        let done = self
            .states()
            .filter(|(_, state)| matches!(state, FileState::Done));
        let answer = OfferAnswer {
            transfer: self.key.transfer,
            accepted,
            done: done.map(|(file, _)| file).collect(),
            reason: None,
        };
        let mut steps = vec![Step::Frame(Frame::Answer(answer))];
        for file in (0..).take(self.files.len()) {
            steps.extend(self.want_missing(file));
        }
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
            steps.extend(self.create_next());
        }
        steps
    }

    /// Begins files while there is room for more.
    fn create_next(&mut self) -> Vec<Step> {
        let is_busy = |file: &&IncomingFile| {
            let state = &file.state;
            matches!(
                state,
                FileState::Creating | FileState::Receiving { .. } | FileState::Finishing
            )
        };
        let free = FILES_AT_ONCE.saturating_sub(self.files.iter().filter(is_busy).count());
        let key = self.key;
        let queued = (0..).zip(&mut self.files);
        let queued = queued
            .filter(|(_, file)| matches!(file.state, FileState::Queued))
            .take(free);
        let create = queued.map(|(index, file)| {
            file.state = FileState::Creating;
            let offered = file.offered.clone();
            Step::Disk(DiskRequest::Create {
                key,
                file: index,
                offered,
                may_be_whole: false,
            })
        });
        create.collect()
    }

    pub(crate) fn on_created(&mut self, file: u32, have: RangeSet) -> Vec<Step> {
        let Some(entry) = self.active_file(file) else {
            return Vec::new();
        };
        if !matches!(entry.state, FileState::Creating) {
            return Vec::new();
        }
        let is_whole = have.total() == entry.offered.size;
        entry.state = FileState::Receiving {
            have,
            writing: BTreeMap::new(),
            asked: 0,
        };
        if is_whole {
            self.finish(file)
        } else {
            self.want_missing(file)
        }
    }

    /// Asks for everything of a file that is neither here nor on its way to the disk.
    fn want_missing(&mut self, file: u32) -> Vec<Step> {
        let Some(entry) = self.files.get_mut(file as usize) else {
            return Vec::new();
        };
        let FileState::Receiving {
            have,
            writing,
            asked,
        } = &mut entry.state
        else {
            return Vec::new();
        };
        let mut soon = have.clone();
        writing
            .iter()
            .for_each(|(offset, len)| soon.insert(*offset, offset + len));
        let gaps = soon.gaps(entry.offered.size, WANT_RANGES_MAX);
        *asked = gaps.iter().map(|gap| gap.end - gap.start).sum();
        if gaps.is_empty() {
            Vec::new()
        } else {
            vec![self.want(file, gaps)]
        }
    }

    pub(crate) fn on_chunk(&mut self, chunk: ChunkFrame) -> Result<ChunkArrival, Violation> {
        let key = self.key;
        let Some(entry) = self.files.get_mut(chunk.file as usize) else {
            return Err(Violation("sent a file it did not offer"));
        };
        let len = chunk.data.len() as u64;
        if chunk.chunk.len_at(entry.offered.size, chunk.offset) != Some(len) {
            return Err(Violation("sent a chunk that does not fit its file"));
        }
        match &mut entry.state {
            FileState::Receiving { have, writing, .. } if self.state == State::Active => {
                let is_here = have.contains(chunk.offset, chunk.offset + len);
                if is_here || writing.contains_key(&chunk.offset) {
                    return Ok(ChunkArrival::Stale);
                }
                writing.insert(chunk.offset, len);
                Ok(ChunkArrival::Write(DiskRequest::Write { key, chunk }))
            }
            FileState::Declined | FileState::Queued | FileState::Creating => {
                Err(Violation("sent a file nobody asked for"))
            }
            FileState::Receiving { .. }
            | FileState::Finishing
            | FileState::Done
            | FileState::Failed { .. } => Ok(ChunkArrival::Stale),
        }
    }

    pub(crate) fn on_written(&mut self, file: u32, offset: u64, len: u64) -> Vec<Step> {
        let Some(entry) = self.active_file(file) else {
            return Vec::new();
        };
        let size = entry.offered.size;
        let FileState::Receiving {
            have,
            writing,
            asked,
        } = &mut entry.state
        else {
            return Vec::new();
        };
        writing.remove(&offset);
        have.insert(offset, offset + len);
        *asked = asked.saturating_sub(len);
        if have.total() == size {
            self.finish(file)
        } else if *asked == 0 {
            self.want_missing(file)
        } else {
            Vec::new()
        }
    }

    /// A chunk did not match: ask for just that one again.
    pub(crate) fn on_corrupt(&mut self, file: u32, offset: u64, len: u64) -> Vec<Step> {
        let Some(entry) = self.active_file(file) else {
            return Vec::new();
        };
        let FileState::Receiving { writing, .. } = &mut entry.state else {
            return Vec::new();
        };
        writing.remove(&offset);
        vec![self.want(
            file,
            vec![ByteRange {
                start: offset,
                end: offset + len,
            }],
        )]
    }

    fn finish(&mut self, file: u32) -> Vec<Step> {
        let key = self.key;
        let Some(entry) = self.files.get_mut(file as usize) else {
            return Vec::new();
        };
        entry.state = FileState::Finishing;
        vec![Step::Disk(DiskRequest::Finish { key, file })]
    }

    pub(crate) fn on_finished(&mut self, file: u32, stored_as: String) -> Vec<Step> {
        let Some(entry) = self.active_file(file) else {
            return Vec::new();
        };
        if !matches!(entry.state, FileState::Finishing) {
            return Vec::new();
        }
        entry.state = FileState::Done;
        let notice = Notice::FileReceived {
            key: self.key,
            file,
            stored_as,
        };
        let mut steps = vec![self.done_frame(file), Step::Notice(notice)];
        steps.extend(self.go_on());
        steps
    }

    /// Our disk refused the file, or the sender cannot read it.
    pub(crate) fn fail_file(&mut self, file: u32, reason: &str, tell_sender: bool) -> Vec<Step> {
        let key = self.key;
        let Some(entry) = self.active_file(file) else {
            return Vec::new();
        };
        // A file that is all here is none of the sender's business any more.
        let is_all_here = matches!(entry.state, FileState::Finishing) && !tell_sender;
        let is_settled = matches!(
            entry.state,
            FileState::Done | FileState::Failed { .. } | FileState::Declined
        );
        if is_settled || is_all_here {
            return Vec::new();
        }
        let reason = reason.to_owned();
        entry.state = FileState::Failed {
            reason: reason.clone(),
        };
        let mut steps = vec![Step::Disk(DiskRequest::Discard { key, file })];
        if tell_sender {
            steps.push(self.failed_frame(file, &reason));
        }
        steps.push(Step::Notice(Notice::FileNotReceived {
            key,
            file,
            by_us: tell_sender,
            reason,
        }));
        steps.extend(self.go_on());
        steps
    }

    fn go_on(&mut self) -> Vec<Step> {
        let steps = self.create_next();
        if !steps.is_empty() {
            return steps;
        }
        let (mut files, mut bytes, mut failed) = (0, 0, 0);
        for file in &self.files {
            match file.state {
                FileState::Done => {
                    files += 1;
                    bytes += file.offered.size;
                }
                FileState::Failed { .. } => failed += 1,
                FileState::Declined => {}
                FileState::Queued
                | FileState::Creating
                | FileState::Receiving { .. }
                | FileState::Finishing => return Vec::new(),
            }
        }
        self.state = State::Ended;
        let outcome = if failed == 0 {
            Outcome::Complete { files, bytes }
        } else {
            Outcome::Incomplete { files, failed }
        };
        vec![self.ended(outcome)]
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
        for (file, state) in self.states() {
            if matches!(state, FileState::Creating | FileState::Receiving { .. }) {
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
        }
        steps.push(self.ended(Outcome::Cancelled { by_us, reason }));
        steps
    }

    fn active_file(&mut self, file: u32) -> Option<&mut IncomingFile> {
        if self.state == State::Active {
            self.files.get_mut(file as usize)
        } else {
            None
        }
    }

    fn numbered(&self) -> impl Iterator<Item = (u32, &IncomingFile)> {
        (0..).zip(&self.files)
    }

    fn states(&self) -> impl Iterator<Item = (u32, &FileState)> {
        self.numbered().map(|(index, file)| (index, &file.state))
    }
}
