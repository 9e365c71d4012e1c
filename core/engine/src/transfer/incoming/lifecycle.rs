//! One file of a transfer: from its place among those under way to its final name.

use std::collections::BTreeMap;

use parlor_proto::chunk::ChunkFrame;
use parlor_proto::frame::ByteRange;
use parlor_proto::limits::WANT_RANGES_MAX;

use super::waiting::is_large;
use super::{FileState, Incoming, State};
use crate::notice::{Notice, Outcome};
use crate::output::DiskRequest;
use crate::ranges::RangeSet;
use crate::time::Moment;
use crate::transfer::{Step, Violation};

/// Files of a transfer that are asked for at once: enough that small files follow each other
/// without a pause of a round trip.
const FILES_AT_ONCE: usize = 16;

/// Large ones among them.
const LARGE_AT_ONCE: usize = 4;

/// Files that came to their end before the disk hears of it: what a killed app did not note is
/// found under its name and counts as done.
const UNMARKED_MAX: u32 = 64;

/// What became of an arrived chunk.
#[derive(Debug)]
pub(crate) enum ChunkArrival {
    /// To be checked and written.
    Write(DiskRequest),
    /// Of no use any more, and no fault of the sender's.
    Stale,
}

impl Incoming {
    /// Files that are open or about to be. One that was under way when the transfer ended is closed.
    pub(crate) fn busy(&self) -> usize {
        if self.state != State::Active {
            return 0;
        }
        self.states().filter(|(_, state)| state.is_busy()).count()
    }

    /// Whether [`Self::begin`] could do anything.
    pub(crate) fn has_queued(&self) -> bool {
        self.state == State::Active && !self.waiting.is_empty() && self.hold.may_begin()
    }

    /// Begins files while there is room: `free` more than now in all transfers, but one in each.
    pub(crate) fn begin(&mut self, free: &mut usize) -> Vec<Step> {
        let mut steps = Vec::new();
        if !self.has_queued() {
            return steps;
        }
        let mut busy = self.busy();
        let open = self.files.iter().filter(|file| file.state.is_busy());
        let mut large = open.filter(|file| is_large(file.offered.size)).count();
        while busy < FILES_AT_ONCE && (*free > 0 || busy == 0) {
            let Some(file) = self.waiting.next(large < LARGE_AT_ONCE) else {
                break;
            };
            let Some(step) = self.create(file) else {
                continue;
            };
            let entry = self.files.get(file as usize);
            large += usize::from(entry.is_some_and(|entry| is_large(entry.offered.size)));
            steps.push(step);
            busy += 1;
            *free = free.saturating_sub(1);
        }
        steps
    }

    pub(super) fn create(&mut self, file: u32) -> Option<Step> {
        let key = self.key;
        let entry = self.files.get_mut(file as usize)?;
        if !matches!(entry.state, FileState::Queued) {
            return None;
        }
        entry.state = FileState::Creating;
        Some(Step::Disk(DiskRequest::Create {
            key,
            file,
            offered: entry.offered.clone(),
            may_be_whole: entry.may_be_whole,
        }))
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
        let mut steps = self.space_found(file);
        steps.extend(if is_whole {
            self.finish(file)
        } else {
            self.want_missing(file)
        });
        steps
    }

    pub(super) fn want_all_missing(&mut self) -> Vec<Step> {
        let count = self.files.len();
        let wants = (0..).take(count).flat_map(|file| self.want_missing(file));
        wants.collect()
    }

    /// Asks for everything of a file that is neither here nor on its way to the disk.
    fn want_missing(&mut self, file: u32) -> Vec<Step> {
        let stands_still = self.hold.stands_still();
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
        if stands_still {
            *asked = 0;
            return Vec::new();
        }
        let mut soon = have.clone();
        writing
            .iter()
            .for_each(|(offset, len)| soon.insert(*offset, offset + len));
        let gaps = soon.gaps(entry.offered.size, WANT_RANGES_MAX);
        *asked = gaps.iter().map(|gap| gap.end - gap.start).sum();
        if gaps.is_empty() {
            Vec::new()
        } else {
            entry.was_asked_for = true;
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
            FileState::Declined | FileState::Queued | FileState::Creating
                if !entry.was_asked_for =>
            {
                Err(Violation("sent a file nobody asked for"))
            }
            FileState::Declined
            | FileState::Queued
            | FileState::Creating
            | FileState::Receiving { .. }
            | FileState::Finishing
            | FileState::Done
            | FileState::Failed { .. } => Ok(ChunkArrival::Stale),
        }
    }

    pub(crate) fn on_written(
        &mut self,
        file: u32,
        offset: u64,
        len: u64,
        now: Moment,
    ) -> Vec<Step> {
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
        let (is_whole, is_due) = (have.total() == size, *asked == 0);
        self.pace.moved(len, now);
        if is_whole {
            self.finish(file)
        } else if is_due {
            self.want_missing(file)
        } else {
            Vec::new()
        }
    }

    /// A chunk did not match: ask for just that one again.
    pub(crate) fn on_corrupt(&mut self, file: u32, offset: u64, len: u64) -> Vec<Step> {
        let stands_still = self.hold.stands_still();
        let Some(entry) = self.active_file(file) else {
            return Vec::new();
        };
        let FileState::Receiving { writing, .. } = &mut entry.state else {
            return Vec::new();
        };
        writing.remove(&offset);
        if stands_still {
            return Vec::new();
        }
        let (start, end) = (offset, offset + len);
        vec![self.want(file, vec![ByteRange { start, end }])]
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
        // A file that an earlier life of the app finished is found while it is created.
        if !matches!(entry.state, FileState::Finishing | FileState::Creating) {
            return Vec::new();
        }
        entry.state = FileState::Done;
        let notice = Notice::FileReceived {
            key: self.key,
            file,
            stored_as,
        };
        let mut steps = self.space_found(file);
        steps.extend([self.done_frame(file), Step::Notice(notice)]);
        steps.extend(self.settled());
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
        let size = entry.offered.size;
        self.waiting.remove(file, size);
        let mut steps = self.space_found(file);
        steps.push(Step::Disk(DiskRequest::Discard { key, file }));
        if tell_sender {
            steps.push(self.failed_frame(file, &reason));
        }
        steps.push(Step::Notice(Notice::FileNotReceived {
            key,
            file,
            by_us: tell_sender,
            reason,
        }));
        steps.extend(self.settled());
        steps
    }

    /// A file came to its end, and perhaps the transfer with it.
    fn settled(&mut self) -> Vec<Step> {
        self.unmarked += 1;
        let (mut files, mut bytes, mut failed) = (0, 0, 0);
        let mut is_over = true;
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
                | FileState::Finishing => is_over = false,
            }
        }
        if !is_over {
            let is_due = self.unmarked >= UNMARKED_MAX;
            let marked = is_due.then(|| self.mark());
            return marked.into_iter().chain(self.tell_if_idle()).collect();
        }
        self.state = State::Ended;
        let outcome = if failed == 0 {
            Outcome::Complete { files, bytes }
        } else {
            Outcome::Incomplete { files, failed }
        };
        vec![self.mark(), self.ended(outcome)]
    }
}

#[cfg(test)]
mod tests {
    use parlor_proto::frame::OfferedFile;
    use parlor_proto::id::DeviceId;
    use parlor_proto::name::SafePath;

    use super::*;
    use crate::input::IncomingKey;

    #[test]
    fn a_stopped_transfer_gives_its_places_back() {
        let file = OfferedFile {
            path: SafePath::sanitise("a.jpg"),
            size: 7,
            root: [1; 32],
            modified_ms: None,
            mime: None,
        };
        let key = IncomingKey {
            from: DeviceId([2; 16]),
            transfer: 1,
        };
        let mut incoming = Incoming::new(key, vec![file; 3]);
        incoming.answer_offer(&[0, 1, 2], None);
        incoming.begin(&mut 3);
        assert_eq!(incoming.busy(), 3);
        incoming.cancel(true, "enough");
        assert_eq!(incoming.busy(), 0);
    }
}
