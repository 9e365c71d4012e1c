//! A transfer from this device: one offer, answered by each device for itself.

use std::collections::BTreeMap;

use bytes::Bytes;
use parlor_proto::frame::{ByteRange, FileFailed, Frame, Offer, OfferAnswer, OfferedFile, Want};
use parlor_proto::id::DeviceId;
use parlor_proto::limits::{CHUNK_BYTES, PREVIEW_MAX_BYTES};

use super::{Step, Violation};
use crate::notice::{Notice, Outcome};
use crate::time::Moment;
use receiver::Receiver;

mod hold;
mod receiver;
mod view;
mod words;

/// Ranges one device may have asked for and not received.
const QUEUED_RANGES_MAX: usize = 32 * 1024;

/// Chunks of one file that follow each other before another has its turn: enough for a disk to
/// read ahead, little enough that a small file is not held up.
const TURN_CHUNKS: u32 = 16;

/// A chunk that is to be read now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NextChunk {
    pub(crate) file: u32,
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

/// One of our offers.
#[derive(Debug)]
pub(crate) struct Outgoing {
    transfer: u64,
    files: Vec<OfferedFile>,
    /// Files that can no longer be read, with the reason.
    broken: BTreeMap<u32, String>,
    /// Why we stopped it, if we did: devices that are not connected hear it when they are.
    cancelled: Option<String>,
    is_paused: bool,
    previews: BTreeMap<u32, Bytes>,
    receivers: BTreeMap<DeviceId, Receiver>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReceiverState {
    Offered,
    Active,
    Ended,
}

impl Outgoing {
    pub(crate) const fn new(transfer: u64, files: Vec<OfferedFile>, is_paused: bool) -> Self {
        Self {
            transfer,
            files,
            broken: BTreeMap::new(),
            cancelled: None,
            is_paused,
            previews: BTreeMap::new(),
            receivers: BTreeMap::new(),
        }
    }

    pub(crate) const fn is_cancelled(&self) -> bool {
        self.cancelled.is_some()
    }

    pub(crate) const fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Whether `device` was ever offered this.
    pub(crate) fn has_met(&self, device: DeviceId) -> bool {
        self.receivers.contains_key(&device)
    }

    /// Whether `device` still has to answer, or to receive.
    pub(crate) fn is_open_with(&self, device: DeviceId) -> bool {
        let receiver = self.receivers.get(&device);
        receiver.is_some_and(|receiver| receiver.state != ReceiverState::Ended)
    }

    /// A link to `device` opened, or the offer is new: say what is on offer, or how it ended if
    /// that was our doing and may have been lost with an older link.
    pub(crate) fn offer_to(&mut self, device: DeviceId) -> Vec<Step> {
        if let Some(reason) = &self.cancelled {
            let was_offered = self.receivers.contains_key(&device);
            let cancel = was_offered.then(|| self.cancel_frame(reason));
            return cancel.into_iter().collect();
        }
        let receiver = self.receivers.entry(device).or_insert_with(Receiver::new);
        receiver.park();
        if receiver.state == ReceiverState::Ended {
            return self.failures_again(device);
        }
        let is_new = !receiver.has_answered;
        let offer = Offer {
            transfer: self.transfer,
            files: self.files.clone(),
        };
        let mut steps = vec![Step::Frame(Frame::Offer(offer))];
        if self.is_paused {
            steps.push(self.pause_frame());
        }
        if is_new {
            let previews = self.previews.iter();
            steps.extend(previews.map(|(file, image)| self.preview_frame(*file, image)));
        }
        steps
    }

    pub(crate) fn preview_bytes(&self) -> usize {
        self.previews.values().map(Bytes::len).sum()
    }

    /// A small picture of a file, for those who look at the offer now or later.
    pub(crate) fn add_preview(&mut self, file: u32, image: Bytes) -> Vec<(DeviceId, Step)> {
        let is_one = (file as usize) < self.files.len() && image.len() <= PREVIEW_MAX_BYTES;
        if !is_one || self.is_cancelled() {
            return Vec::new();
        }
        let step = |device: &DeviceId| (*device, self.preview_frame(file, &image));
        let looking = self.receivers.iter();
        let looking = looking.filter(|(_, receiver)| !receiver.has_answered);
        let shown = looking.map(|(device, _)| step(device)).collect();
        self.previews.insert(file, image);
        shown
    }

    /// `device` began anew, and may no longer know of the offer. What the person was told of it
    /// is not told again.
    pub(crate) fn begin_again(&mut self, device: DeviceId) {
        if let Some(receiver) = self.receivers.get_mut(&device) {
            let Receiver {
                has_answered,
                is_complete,
                sent_bytes,
                ..
            } = *receiver;
            *receiver = Receiver {
                has_answered,
                is_complete,
                sent_bytes,
                begun: core::mem::take(&mut receiver.begun),
                parked: core::mem::take(&mut receiver.parked),
                told: core::mem::take(&mut receiver.told),
                ..Receiver::new()
            };
        }
    }

    pub(crate) fn link_closed(&mut self, device: DeviceId) {
        if let Some(receiver) = self.receivers.get_mut(&device) {
            receiver.park();
            receiver.pace.stopped();
        }
    }

    pub(crate) fn on_answer(
        &mut self,
        device: DeviceId,
        answer: &OfferAnswer,
    ) -> Result<Vec<Step>, Violation> {
        let count = self.files.len();
        let named = answer.accepted.iter().chain(&answer.done);
        if named.copied().any(|file| file as usize >= count) {
            return Err(Violation("accepted a file that was not offered"));
        }
        if let Some(reason) = &self.cancelled {
            return Ok(vec![self.cancel_frame(reason)]);
        }
        // One that knows the offer from before may be faster than ours.
        let receiver = self.receivers.entry(device).or_insert_with(Receiver::new);
        let was_over = receiver.state == ReceiverState::Ended;
        if was_over && !receiver.takes_up_again(&answer.accepted, &self.broken) {
            let lacking = answer.accepted.iter().copied();
            let lacking: Vec<u32> = lacking.filter(|f| !receiver.done.contains(f)).collect();
            return Ok(self.tell_broken(&lacking));
        }
        let is_first = !core::mem::replace(&mut receiver.has_answered, true) || was_over;
        receiver.park();
        receiver.paused = None;
        receiver.accepted = answer.accepted.iter().copied().collect();
        receiver.state = ReceiverState::Active;
        let mut steps = Vec::new();
        if is_first {
            steps.push(Step::Notice(Notice::OfferAnswered {
                transfer: self.transfer,
                by: device,
                accepted: receiver.accepted.len(),
                reason: answer.reason.clone(),
            }));
        }
        if receiver.accepted.is_empty() {
            receiver.state = ReceiverState::Ended;
            steps.push(self.sent(device, Outcome::Declined));
            return Ok(steps);
        }
        for file in &answer.done {
            steps.extend(self.on_file_done(device, *file)?);
        }
        steps.extend(self.failures_again(device));
        let broken: Vec<_> = self.broken.iter().map(|(f, r)| (*f, r.clone())).collect();
        for (file, reason) in broken {
            steps.extend(self.fail_for(device, file, &reason));
        }
        Ok(steps)
    }

    pub(crate) fn on_want(&mut self, device: DeviceId, want: &Want) -> Result<(), Violation> {
        let Some(receiver) = self.receivers.get_mut(&device) else {
            return Ok(());
        };
        if receiver.state != ReceiverState::Active {
            return Ok(());
        }
        let Some(offered) = self.files.get(want.file as usize) else {
            return Err(Violation("wants a file that was not offered"));
        };
        if !receiver.accepted.contains(&want.file) {
            return Err(Violation("wants a file it did not accept"));
        }
        if want.ranges.iter().any(|range| range.end > offered.size) {
            return Err(Violation("wants bytes beyond the end of a file"));
        }
        if receiver.queue.len() + want.ranges.len() > QUEUED_RANGES_MAX {
            return Err(Violation("wants too many ranges"));
        }
        if receiver.failed.contains(&want.file) || receiver.done.contains(&want.file) {
            return Ok(());
        }
        receiver.begun.insert(want.file);
        receiver.parked.remove(&want.file);
        receiver
            .queue
            .extend(want.ranges.iter().map(|range| (want.file, *range)));
        Ok(())
    }

    /// The next chunk `device` waits for, without taking it.
    pub(crate) fn peek(&self, device: DeviceId) -> Option<NextChunk> {
        let receiver = self.receivers.get(&device)?;
        if self.is_paused || receiver.paused.is_some() {
            return None;
        }
        let (file, range) = receiver.queue.front()?;
        let size = self.files.get(*file as usize)?.size;
        let chunk_bytes = CHUNK_BYTES as u64;
        let offset = range.start - range.start % chunk_bytes;
        let len = chunk_bytes.min(size - offset);
        Some(NextChunk {
            file: *file,
            offset,
            len,
        })
    }

    /// Takes the chunk that [`Self::peek`] gave.
    pub(crate) fn take(&mut self, device: DeviceId, chunk: NextChunk, now: Moment) {
        let Some(receiver) = self.receivers.get_mut(&device) else {
            return;
        };
        receiver.sent_bytes = receiver.sent_bytes.saturating_add(chunk.len);
        receiver.run += 1;
        receiver.pace.moved(chunk.len, now);
        // Other ranges inside the same chunk are answered by it too.
        let reached = chunk.offset + chunk.len;
        while let Some((file, range)) = receiver.queue.front_mut()
            && *file == chunk.file
            && (chunk.offset..reached).contains(&range.start)
        {
            range.start = reached;
            if range.start < range.end {
                break;
            }
            receiver.queue.pop_front();
        }
        let is_same = receiver
            .queue
            .front()
            .is_some_and(|(file, _)| *file == chunk.file);
        if !is_same {
            receiver.run = 0;
        } else if receiver.run >= TURN_CHUNKS {
            receiver.run = 0;
            let others = receiver
                .queue
                .iter()
                .position(|(file, _)| *file != chunk.file);
            receiver.queue.rotate_left(others.unwrap_or(0));
        }
    }

    /// A chunk that was taken got lost on its way: it is the next one.
    pub(crate) fn give_back(&mut self, device: DeviceId, chunk: NextChunk) {
        let Some(receiver) = self.receivers.get_mut(&device) else {
            return;
        };
        let NextChunk { file, offset, len } = chunk;
        let is_over = receiver.done.contains(&file) || receiver.failed.contains(&file);
        if receiver.state != ReceiverState::Active || is_over {
            return;
        }
        let end = offset + len;
        match receiver.queue.front_mut() {
            Some((next, range)) if *next == file && range.start == end => range.start = offset,
            _ => {
                let range = ByteRange { start: offset, end };
                receiver.queue.push_front((file, range));
            }
        }
    }

    pub(crate) fn on_file_done(
        &mut self,
        device: DeviceId,
        file: u32,
    ) -> Result<Vec<Step>, Violation> {
        let Some(receiver) = self.receivers.get_mut(&device) else {
            return Ok(Vec::new());
        };
        if receiver.state != ReceiverState::Active {
            return Ok(Vec::new());
        }
        if !receiver.accepted.contains(&file) {
            return Err(Violation("finished a file it did not accept"));
        }
        if !receiver.done.insert(file) {
            return Ok(Vec::new());
        }
        // It had all of the file before ours became unreadable.
        receiver.failed.remove(&file);
        receiver.drop_queued(file);
        let is_news = receiver.told.insert(file);
        let delivered = is_news.then_some(Notice::FileDelivered {
            transfer: self.transfer,
            file,
            to: device,
        });
        let mut steps: Vec<Step> = delivered.into_iter().map(Step::Notice).collect();
        steps.extend(self.end_if_all_settled(device));
        Ok(steps)
    }

    /// The receiver gave a file up.
    pub(crate) fn on_file_failed(&mut self, device: DeviceId, failed: &FileFailed) -> Vec<Step> {
        self.fail_for(device, failed.file, &failed.reason)
            .into_iter()
            .filter(|step| !matches!(step, Step::Frame(_)))
            .collect()
    }

    /// A file of ours cannot be read any more: tell everyone who takes it.
    pub(crate) fn on_read_failed(&mut self, file: u32, reason: &str) -> Vec<(DeviceId, Vec<Step>)> {
        if self.broken.contains_key(&file) {
            return Vec::new();
        }
        self.broken.insert(file, reason.to_owned());
        let devices: Vec<DeviceId> = self.receivers.keys().copied().collect();
        devices
            .into_iter()
            .map(|device| (device, self.fail_for(device, file, reason)))
            .collect()
    }

    fn fail_for(&mut self, device: DeviceId, file: u32, reason: &str) -> Vec<Step> {
        let Some(receiver) = self.receivers.get_mut(&device) else {
            return Vec::new();
        };
        let settled = receiver.done.contains(&file) || !receiver.accepted.contains(&file);
        if receiver.state != ReceiverState::Active || settled || !receiver.failed.insert(file) {
            return Vec::new();
        }
        receiver.drop_queued(file);
        let transfer = self.transfer;
        let notice = Notice::FileNotDelivered {
            transfer,
            file,
            to: device,
            reason: reason.to_owned(),
        };
        let mut steps = vec![self.failed_frame(file, reason), Step::Notice(notice)];
        steps.extend(self.end_if_all_settled(device));
        steps
    }

    fn end_if_all_settled(&mut self, device: DeviceId) -> Option<Step> {
        let receiver = self.receivers.get_mut(&device)?;
        let settled = receiver.done.len() + receiver.failed.len();
        if receiver.state != ReceiverState::Active || settled < receiver.accepted.len() {
            return None;
        }
        receiver.state = ReceiverState::Ended;
        let (files, failed) = (receiver.done.len(), receiver.failed.len());
        let size_of = |file: &u32| self.files.get(*file as usize).map_or(0, |file| file.size);
        let bytes = receiver.done.iter().map(size_of).sum();
        let was_complete = receiver.is_complete;
        receiver.is_complete = failed == 0;
        let outcome = if failed == 0 {
            Outcome::Complete { files, bytes }
        } else {
            Outcome::Incomplete { files, failed }
        };
        let is_news = !(was_complete && failed == 0);
        is_news.then(|| self.sent(device, outcome))
    }

    fn sent(&self, to: DeviceId, outcome: Outcome) -> Step {
        Step::Notice(Notice::Sent {
            transfer: self.transfer,
            to,
            outcome,
        })
    }

    /// The receiver stopped the transfer.
    pub(crate) fn on_cancelled(&mut self, device: DeviceId, reason: &str) -> Vec<Step> {
        self.end(device, false, reason).into_iter().collect()
    }

    /// We stop it, for everyone.
    pub(crate) fn cancel(&mut self, reason: &str) -> Vec<(DeviceId, Vec<Step>)> {
        self.cancelled = Some(reason.to_owned());
        self.previews.clear();
        let devices: Vec<DeviceId> = self.receivers.keys().copied().collect();
        let ended = devices.into_iter().filter_map(|device| {
            let notice = self.end(device, true, reason)?;
            Some((device, vec![self.cancel_frame(reason), notice]))
        });
        ended.collect()
    }

    fn end(&mut self, device: DeviceId, by_us: bool, reason: &str) -> Option<Step> {
        let receiver = self.receivers.get_mut(&device)?;
        if receiver.state == ReceiverState::Ended {
            return None;
        }
        receiver.state = ReceiverState::Ended;
        receiver.queue.clear();
        Some(self.sent(
            device,
            Outcome::Cancelled {
                by_us,
                reason: reason.to_owned(),
            },
        ))
    }
}
