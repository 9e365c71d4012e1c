//! One device that our files are offered to.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use parlor_proto::frame::ByteRange;

use super::ReceiverState;
use crate::transfer::pace::Pace;

/// How far one device is with the offer.
#[derive(Debug)]
pub(super) struct Receiver {
    pub(super) state: ReceiverState,
    /// The person was told of its first answer.
    pub(super) has_answered: bool,
    /// The person was told that it has everything.
    pub(super) is_complete: bool,
    /// Files the person was told it has.
    pub(super) told: BTreeSet<u32>,
    /// With its reason, which may be none.
    pub(super) paused: Option<Option<String>>,
    pub(super) pace: Pace,
    /// File bytes read for it, those that came twice included.
    pub(super) sent_bytes: u64,
    /// Chunks in a row of the file at the head of the queue.
    pub(super) run: u32,
    pub(super) accepted: BTreeSet<u32>,
    /// Files it has asked any range of.
    pub(super) begun: BTreeSet<u32>,
    pub(super) done: BTreeSet<u32>,
    pub(super) failed: BTreeSet<u32>,
    pub(super) queue: VecDeque<(u32, ByteRange)>,
    /// Bytes that were asked for when the queue was cleared, by file, until they are again.
    pub(super) parked: BTreeMap<u32, u64>,
}

impl Receiver {
    pub(super) fn new() -> Self {
        Self {
            state: ReceiverState::Offered,
            has_answered: false,
            is_complete: false,
            told: BTreeSet::new(),
            paused: None,
            pace: Pace::default(),
            sent_bytes: 0,
            run: 0,
            accepted: BTreeSet::new(),
            begun: BTreeSet::new(),
            done: BTreeSet::new(),
            failed: BTreeSet::new(),
            queue: VecDeque::new(),
            parked: BTreeMap::new(),
        }
    }

    /// It came to its end with the offer, and may want files after all that it does not have. Those
    /// that it gave up are open again if one of them can still be read.
    pub(super) fn takes_up_again(
        &mut self,
        accepted: &[u32],
        broken: &BTreeMap<u32, String>,
    ) -> bool {
        let mut lacking = accepted.iter().filter(|file| !self.done.contains(file));
        let is_any = lacking.any(|file| !broken.contains_key(file));
        if is_any {
            self.failed.retain(|file| broken.contains_key(file));
        }
        is_any
    }

    /// A file came to its end.
    pub(super) fn drop_queued(&mut self, file: u32) {
        self.queue.retain(|(queued, _)| *queued != file);
        self.parked.remove(&file);
    }

    /// Nothing is asked for any more, but what was still lacks.
    pub(super) fn park(&mut self) {
        for (file, range) in self.queue.drain(..) {
            *self.parked.entry(file).or_insert(0) += range.end - range.start;
        }
    }

    /// Bytes that are asked for and not sent, of one file or of all.
    pub(super) fn queued_bytes(&self, of: Option<u32>) -> u64 {
        let queue = self.queue.iter();
        let queued = queue.map(|(file, range)| (*file, range.end - range.start));
        let parked = self.parked.iter().map(|(file, bytes)| (*file, *bytes));
        queued
            .chain(parked)
            .filter(|(file, _)| of.is_none_or(|of| of == *file))
            .map(|(_, bytes)| bytes)
            .sum()
    }
}
