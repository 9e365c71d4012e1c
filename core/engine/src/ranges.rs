//! Sets of byte ranges: which parts of a file are here.

use std::collections::BTreeMap;

use parlor_proto::frame::ByteRange;

/// Disjoint, non-touching ranges in ascending order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RangeSet {
    /// End by start.
    ranges: BTreeMap<u64, u64>,
    total: u64,
}

impl RangeSet {
    /// Adds `start..end`, joining what it touches.
    pub fn insert(&mut self, start: u64, end: u64) {
        if end <= start {
            return;
        }
        let (mut from, mut to) = (start, end);
        let touching: Vec<u64> = self
            .ranges
            .range(..=end)
            .rev()
            .take_while(|(_, range_end)| **range_end >= start)
            .map(|(range_start, _)| *range_start)
            .collect();
        for range_start in touching {
            if let Some(range_end) = self.ranges.remove(&range_start) {
                self.total -= range_end - range_start;
                from = from.min(range_start);
                to = to.max(range_end);
            }
        }
        self.ranges.insert(from, to);
        self.total += to - from;
    }

    /// Whether all of `start..end` is in the set.
    #[must_use]
    pub fn contains(&self, start: u64, end: u64) -> bool {
        self.ranges
            .range(..=start)
            .next_back()
            .is_some_and(|(_, range_end)| *range_end >= end)
    }

    /// Bytes in the set.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.total
    }

    /// The first `max` gaps below `size`.
    #[must_use]
    pub fn gaps(&self, size: u64, max: usize) -> Vec<ByteRange> {
        let mut gaps = Vec::new();
        let mut reached = 0;
        for (&start, &end) in &self.ranges {
            if start > reached && reached < size {
                gaps.push(ByteRange {
                    start: reached,
                    end: start.min(size),
                });
            }
            reached = end;
            if gaps.len() == max {
                return gaps;
            }
        }
        if reached < size {
            gaps.push(ByteRange {
                start: reached,
                end: size,
            });
        }
        gaps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(ranges: &[(u64, u64)]) -> RangeSet {
        let mut set = RangeSet::default();
        ranges
            .iter()
            .for_each(|(start, end)| set.insert(*start, *end));
        set
    }

    #[test]
    fn touching_and_overlapping_ranges_join() {
        assert_eq!(set(&[(0, 10), (20, 30), (10, 20)]), set(&[(0, 30)]));
        assert_eq!(set(&[(5, 25), (0, 10), (20, 30)]), set(&[(0, 30)]));
        assert_eq!(set(&[(0, 10), (20, 30), (8, 22)]).total(), 30);
    }

    #[test]
    fn ranges_apart_stay_apart() {
        let set = set(&[(0, 10), (20, 30)]);
        assert!(set.contains(0, 10) && set.contains(22, 30));
        assert!(!set.contains(5, 25) && !set.contains(10, 20));
    }

    #[test]
    fn gaps_are_what_is_missing_below_the_size() {
        let gaps = set(&[(10, 20), (30, 40)]).gaps(50, 8);
        let expected = [(0, 10), (20, 30), (40, 50)].map(|(start, end)| ByteRange { start, end });
        assert_eq!(gaps, expected);
        assert!(set(&[(0, 50)]).gaps(50, 8).is_empty());
        assert_eq!(set(&[(10, 20), (30, 40)]).gaps(50, 1).len(), 1);
    }

    #[test]
    fn random_inserts_agree_with_a_plain_list_of_bytes() {
        let mut rng = fastrand::Rng::with_seed(7);
        for _ in 0..200 {
            let (mut set, mut plain) = (RangeSet::default(), [false; 64]);
            for _ in 0..12 {
                let start = rng.usize(0..64);
                let end = rng.usize(start..=64);
                set.insert(start as u64, end as u64);
                plain[start..end].fill(true);
            }
            assert_eq!(set.total(), plain.iter().filter(|b| **b).count() as u64);
            let gaps: u64 = set.gaps(64, 64).iter().map(|gap| gap.end - gap.start).sum();
            assert_eq!(gaps, 64 - set.total());
        }
    }
}
