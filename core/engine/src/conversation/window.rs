//! Which counters were taken, so that each is taken once (RFC 6479 keeps them the same way).

/// Counters back from the highest that may still come: as many as a carrier with several paths
/// may mix up, for 128 bytes.
const WIDTH: u64 = 1024;

const WORD_BITS: u64 = u64::BITS as u64;
const WORDS: usize = (WIDTH / WORD_BITS) as usize;

/// Where a counter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Not taken yet.
    New,
    /// Taken.
    Seen,
    /// Below the window.
    TooOld,
}

/// A ring of bits, one for each counter of the window.
#[derive(Debug, Clone, Default)]
pub(super) struct Window {
    /// One above the highest that was taken.
    next: u64,
    seen: [u64; WORDS],
}

impl Window {
    pub(super) const fn place(&self, counter: u64) -> Place {
        let (word, bit) = slot(counter);
        if counter >= self.next {
            Place::New
        } else if self.next - counter > WIDTH {
            Place::TooOld
        } else if self.seen[word] & bit == 0 {
            Place::New
        } else {
            Place::Seen
        }
    }

    /// Takes a counter that is [`Place::New`], below `u64::MAX`.
    pub(super) fn mark(&mut self, counter: u64) {
        if counter >= self.next {
            // What leaves the window makes room for what enters it.
            let first = self.next.max(counter.saturating_sub(WIDTH - 1));
            for entering in first..=counter {
                let (word, bit) = slot(entering);
                self.seen[word] &= !bit;
            }
            self.next = counter + 1;
        }
        let (word, bit) = slot(counter);
        self.seen[word] |= bit;
    }
}

const fn slot(counter: u64) -> (usize, u64) {
    let place = counter % WIDTH;
    ((place / WORD_BITS) as usize, 1 << (place % WORD_BITS))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_window_is_as_wide_as_it_says() {
        let mut window = Window::default();
        window.mark(5000);
        assert_eq!(window.place(5000 - WIDTH + 1), Place::New);
        assert_eq!(window.place(5000 - WIDTH), Place::TooOld);
        assert_eq!(window.place(5000), Place::Seen);
        assert_eq!(window.place(5001), Place::New);
    }

    fn counters() -> impl Strategy<Value = Vec<u64>> {
        let near = 0..3 * WIDTH;
        let far = prop_oneof![4 => near, 1 => 0..1u64 << 48];
        prop::collection::vec(far, 0..400)
    }

    proptest! {
        #[test]
        fn every_counter_is_taken_once_and_only_within_the_window(counters in counters()) {
            let mut window = Window::default();
            let mut taken = BTreeSet::new();
            for counter in counters {
                let highest = taken.last().copied();
                let expected = if taken.contains(&counter) && highest < Some(counter + WIDTH) {
                    Place::Seen
                } else if highest.is_some_and(|highest| highest >= counter + WIDTH) {
                    Place::TooOld
                } else {
                    Place::New
                };
                prop_assert_eq!(window.place(counter), expected);
                if expected == Place::New {
                    window.mark(counter);
                    taken.insert(counter);
                }
            }
        }
    }
}
