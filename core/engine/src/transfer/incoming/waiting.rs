//! Files that wait for a place, by size, each in the order of the offer.

use std::collections::VecDeque;

/// Larger files take few of the places, so that small ones go past them.
const LARGE_BYTES: u64 = 4 * 1024 * 1024;

/// Whether a file of that size is one of the larger.
pub(super) const fn is_large(size: u64) -> bool {
    size > LARGE_BYTES
}

/// Two queues of indexes in the offer.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    small: VecDeque<u32>,
    large: VecDeque<u32>,
}

impl Waiting {
    const fn queue_of(&mut self, size: u64) -> &mut VecDeque<u32> {
        if is_large(size) {
            &mut self.large
        } else {
            &mut self.small
        }
    }

    /// A file waits behind those that do.
    pub(super) fn add(&mut self, file: u32, size: u64) {
        self.queue_of(size).push_back(file);
    }

    /// A file that had its place waits before all others.
    pub(super) fn put_back(&mut self, file: u32, size: u64) {
        self.queue_of(size).push_front(file);
    }

    /// The next file: a large one first, if one may be.
    pub(super) fn next(&mut self, may_be_large: bool) -> Option<u32> {
        let large = may_be_large.then(|| self.large.pop_front()).flatten();
        large.or_else(|| self.small.pop_front())
    }

    /// A file came to its end without a place.
    pub(super) fn remove(&mut self, file: u32, size: u64) {
        self.queue_of(size).retain(|queued| *queued != file);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.small.is_empty() && self.large.is_empty()
    }
}
