//! One direction of a path: what becomes of each packet, and when it arrives.

use core::time::Duration;
use std::collections::VecDeque;

use fastrand::Rng;

/// Bytes on their way where no rate bounds them.
const IN_FLIGHT_MAX_BYTES: usize = 256 * 1024 * 1024;

/// How good one direction is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shape {
    /// Bits that leave per second, headers of IP included; none is as fast as it goes.
    pub rate_bits_per_second: Option<u64>,
    /// Time that every packet takes besides.
    pub delay: Duration,
    /// Bytes that may wait to leave; more are dropped (drop-tail). Without a rate nothing waits.
    pub queue_bytes: usize,
    /// What gets lost apart from that.
    pub loss: Loss,
}

/// How packets get lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// None does.
    None,
    /// Each by itself.
    Random {
        /// Of a million packets.
        per_million: u32,
    },
    /// Several in a row: a channel that is good or bad (Gilbert-Elliott), and loses everything
    /// while it is bad.
    Bursty {
        /// Of a million packets, on the whole.
        per_million: u32,
        /// Packets in a row, on average.
        mean_burst_packets: u32,
    },
}

impl Shape {
    /// As fast as it goes, and nothing lost.
    pub const FREE: Self = Self {
        rate_bits_per_second: None,
        delay: Duration::ZERO,
        queue_bytes: usize::MAX,
        loss: Loss::None,
    };

    /// Half of a round trip of `rtt` at `megabits` per second, with a queue of one
    /// bandwidth-delay product, but 64 KiB at least.
    #[must_use]
    pub fn link(megabits: u64, rtt: Duration, loss: Loss) -> Self {
        let bits = megabits * 1_000_000;
        let micros = u64::try_from(rtt.as_micros()).unwrap_or(u64::MAX);
        let product = bits / 8 * micros / 1_000_000;
        Self {
            rate_bits_per_second: Some(bits),
            delay: rtt / 2,
            queue_bytes: usize::try_from(product)
                .unwrap_or(usize::MAX)
                .max(64 * 1024),
            loss,
        }
    }
}

/// What became of the packets so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Handed on.
    pub passed: u64,
    /// Lost by chance.
    pub lost: u64,
    /// Found the queue full.
    pub dropped: u64,
}

/// One direction. Times are since the start of the path, and never go backwards.
#[derive(Debug)]
pub struct Pipe {
    shape: Shape,
    rng: Rng,
    is_bad: bool,
    /// When the last packet in the queue has left.
    free_at: Duration,
    on_the_way: VecDeque<(Duration, Vec<u8>)>,
    bytes_on_the_way: usize,
    counts: Counts,
}

impl Pipe {
    /// An empty one; losses follow from the seed.
    #[must_use]
    pub fn new(shape: Shape, seed: u64) -> Self {
        Self {
            shape,
            rng: Rng::with_seed(seed),
            is_bad: false,
            free_at: Duration::ZERO,
            on_the_way: VecDeque::new(),
            bytes_on_the_way: 0,
            counts: Counts::default(),
        }
    }

    /// Packets that come from now on find it so.
    pub fn set_shape(&mut self, shape: Shape) {
        self.shape = shape;
    }

    /// What became of the packets so far.
    #[must_use]
    pub const fn counts(&self) -> Counts {
        self.counts
    }

    /// A packet enters.
    pub fn enter(&mut self, packet: &[u8], now: Duration) {
        if self.is_lost() {
            self.counts.lost += 1;
            return;
        }
        let leaves = match self.shape.rate_bits_per_second {
            None => now,
            Some(rate) => {
                let starts = self.free_at.max(now);
                let waiting = bytes_in(starts.saturating_sub(now), rate);
                if waiting.saturating_add(packet.len()) > self.shape.queue_bytes {
                    self.counts.dropped += 1;
                    return;
                }
                self.free_at = starts + time_for(packet.len(), rate);
                self.free_at
            }
        };
        if self.bytes_on_the_way + packet.len() > IN_FLIGHT_MAX_BYTES {
            self.counts.dropped += 1;
            return;
        }
        let before = self.on_the_way.back().map_or(Duration::ZERO, |last| last.0);
        let arrives = (leaves + self.shape.delay).max(before);
        self.bytes_on_the_way += packet.len();
        self.on_the_way.push_back((arrives, packet.to_vec()));
    }

    /// When the next packet arrives.
    #[must_use]
    pub fn next_due(&self) -> Option<Duration> {
        self.on_the_way.front().map(|(arrives, _)| *arrives)
    }

    /// The next packet that has arrived by `now`.
    pub fn leave(&mut self, now: Duration) -> Option<Vec<u8>> {
        self.next_due().filter(|arrives| *arrives <= now)?;
        let (_, packet) = self.on_the_way.pop_front()?;
        self.bytes_on_the_way -= packet.len();
        self.counts.passed += 1;
        Some(packet)
    }

    /// Whatever is on its way is gone.
    pub fn clear(&mut self) {
        self.counts.lost += self.on_the_way.len() as u64;
        self.on_the_way.clear();
        self.bytes_on_the_way = 0;
        self.free_at = Duration::ZERO;
    }

    fn is_lost(&mut self) -> bool {
        let mut chance = |of: f64| self.rng.f64() < of;
        match self.shape.loss {
            Loss::None => false,
            Loss::Random { per_million } => chance(f64::from(per_million) / 1e6),
            Loss::Bursty {
                per_million,
                mean_burst_packets,
            } => {
                let share = f64::from(per_million).min(999_999.0) / 1e6;
                let ends = 1.0 / f64::from(mean_burst_packets.max(1));
                // So that it is bad for that share of the packets.
                let begins = ends * share / (1.0 - share);
                let flips = if self.is_bad { ends } else { begins };
                self.is_bad ^= chance(flips);
                self.is_bad
            }
        }
    }
}

fn time_for(bytes: usize, rate: u64) -> Duration {
    Duration::from_nanos((bytes as u64).saturating_mul(8_000_000_000) / rate.max(1))
}

fn bytes_in(time: Duration, rate: u64) -> usize {
    let bits = time.as_nanos().saturating_mul(rate.into()) / 1_000_000_000;
    usize::try_from(bits / 8).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u64 = 8_000_000;

    fn shape() -> Shape {
        Shape {
            rate_bits_per_second: Some(RATE),
            delay: Duration::from_millis(10),
            queue_bytes: 3_000,
            loss: Loss::None,
        }
    }

    fn lossy(loss: Loss) -> Pipe {
        let mut pipe = Pipe::new(
            Shape {
                loss,
                ..Shape::FREE
            },
            7,
        );
        for _ in 0..100_000 {
            pipe.enter(&[0; 100], Duration::ZERO);
        }
        pipe
    }

    #[test]
    fn packets_leave_at_the_rate_and_arrive_after_the_delay() {
        let mut pipe = Pipe::new(shape(), 1);
        (0..3).for_each(|_| pipe.enter(&[0; 1_000], Duration::ZERO));
        for arrives in [11, 12, 13] {
            let arrives = Duration::from_millis(arrives);
            assert_eq!(pipe.next_due(), Some(arrives));
            assert!(pipe.leave(arrives - Duration::from_nanos(1)).is_none());
            assert!(pipe.leave(arrives).is_some());
        }
    }

    #[test]
    fn what_finds_the_queue_full_is_dropped() {
        let mut pipe = Pipe::new(shape(), 1);
        (0..10).for_each(|_| pipe.enter(&[0; 1_000], Duration::ZERO));
        assert_eq!(pipe.counts().dropped, 7);
        pipe.enter(&[0; 1_000], Duration::from_millis(1));
        assert_eq!(pipe.counts().dropped, 7, "there is room again");
    }

    #[test]
    fn a_shorter_delay_lets_nothing_overtake() {
        let mut pipe = Pipe::new(shape(), 1);
        pipe.enter(&[1], Duration::ZERO);
        pipe.set_shape(Shape::FREE);
        pipe.enter(&[2], Duration::ZERO);
        let late = Duration::from_secs(1);
        let order: Vec<_> = core::iter::from_fn(|| pipe.leave(late)).collect();
        assert_eq!(order, [vec![1], vec![2]]);
    }

    #[test]
    fn random_losses_are_as_many_as_they_should_be() {
        let lost = lossy(Loss::Random {
            per_million: 10_000,
        })
        .counts()
        .lost;
        assert!((850..1_150).contains(&lost), "{lost}");
    }

    #[test]
    fn bursts_lose_as_many_but_in_a_row() {
        let loss = Loss::Bursty {
            per_million: 10_000,
            mean_burst_packets: 8,
        };
        let lost = lossy(loss).counts().lost;
        assert!((650..1_350).contains(&lost), "{lost}");
        let mut pipe = Pipe::new(
            Shape {
                loss,
                ..Shape::FREE
            },
            7,
        );
        let mut bursts = 0;
        let mut was_lost = false;
        for _ in 0..100_000 {
            let before = pipe.counts().lost;
            pipe.enter(&[0], Duration::ZERO);
            let is_lost = pipe.counts().lost > before;
            bursts += u64::from(is_lost && !was_lost);
            was_lost = is_lost;
        }
        assert!(pipe.counts().lost / bursts >= 5, "{bursts} bursts");
    }

    #[test]
    fn the_same_seed_loses_the_same() {
        let loss = Loss::Random {
            per_million: 100_000,
        };
        let run = |seed| {
            let mut pipe = Pipe::new(
                Shape {
                    loss,
                    ..Shape::FREE
                },
                seed,
            );
            let lost = (0..1_000_u32).filter(|_| {
                let before = pipe.counts().lost;
                pipe.enter(&[0], Duration::ZERO);
                pipe.counts().lost > before
            });
            lost.collect::<Vec<_>>()
        };
        assert_eq!(run(3), run(3));
        assert_ne!(run(3), run(4));
    }

    #[test]
    fn what_is_on_its_way_can_be_cut_off() {
        let mut pipe = Pipe::new(shape(), 1);
        pipe.enter(&[0; 1_000], Duration::ZERO);
        pipe.clear();
        assert_eq!(pipe.next_due(), None);
    }
}
