//! How bad the network, the server and the disks are in one run.

use core::ops::RangeInclusive;

use fastrand::Rng;

/// How bad things are. Chances are in a thousand.
#[derive(Debug, Clone)]
pub struct Faults {
    /// One way between two nodes, in milliseconds.
    pub delay_ms: RangeInclusive<u64>,
    /// A packet is lost; it arrives all the same, later by a retransmission.
    pub loss: u32,
    /// Bytes a second from one node to another.
    pub bandwidth: u64,
    /// Bytes of bulk frames that the data channel takes before it makes the driver wait.
    pub send_buffer: u64,
    /// One way to the server, in milliseconds.
    pub signal_delay_ms: RangeInclusive<u64>,
    /// The hub's path says a sealed signal twice.
    pub signal_doubled: u32,
    /// The hub's path says an old sealed signal again.
    pub signal_replayed: u32,
    /// The hub's path lets a sealed signal be overtaken.
    pub signal_overtaken: u32,
    /// Candidates are found before the description is ready.
    pub early_candidates: u32,
    /// A connection fails before it opens.
    pub open_fails: u32,
    /// Whether ICE ever notices that the path is gone.
    pub ice_notices: bool,
    /// A close takes back what was sent just before.
    pub abrupt_close: u32,
    /// A lane cannot be opened.
    pub lane_fails: u32,
    /// A lane breaks with a frame on it.
    pub lane_breaks: u32,
    /// Somebody who can read and write sealed signals sits between any two peers.
    pub in_the_middle: bool,
    /// The disks.
    pub disk: DiskFaults,
}

/// How bad the disks are.
#[derive(Debug, Clone)]
pub struct DiskFaults {
    /// Time for one request, in milliseconds; requests for one file follow each other.
    pub delay_ms: RangeInclusive<u64>,
    /// Time to read one chunk, in milliseconds.
    pub read_delay_ms: RangeInclusive<u64>,
    /// A partial file cannot be made.
    pub create_fails: u32,
    /// A chunk cannot be written.
    pub write_fails: u32,
    /// A whole file cannot be made durable.
    pub finish_fails: u32,
    /// A message cannot be stored.
    pub message_fails: u32,
    /// A source can no longer be read.
    pub read_fails: u32,
    /// A bit of a chunk flips before it is verified; twice for each pair of nodes at most, as
    /// more of that is refused as an attack.
    pub flips: u32,
}

impl Faults {
    /// A good local network and a good disk.
    #[must_use]
    pub fn none() -> Self {
        Self {
            delay_ms: 1..=5,
            loss: 0,
            bandwidth: 20_000_000,
            send_buffer: 256 * 1024,
            signal_delay_ms: 5..=20,
            signal_doubled: 0,
            signal_replayed: 0,
            signal_overtaken: 0,
            early_candidates: 0,
            open_fails: 0,
            ice_notices: true,
            abrupt_close: 0,
            lane_fails: 0,
            lane_breaks: 0,
            in_the_middle: false,
            disk: DiskFaults::none(),
        }
    }

    /// A bad network that differs from seed to seed; disks are good.
    #[must_use]
    pub fn rough(rng: &mut Rng) -> Self {
        let slow = rng.u64(10..200);
        Self {
            delay_ms: rng.u64(1..=slow)..=slow,
            loss: rng.u32(0..150),
            bandwidth: rng.u64(300_000..5_000_000),
            send_buffer: rng.u64(1..16) * 32 * 1024,
            signal_delay_ms: 5..=rng.u64(20..600),
            signal_doubled: rng.u32(0..100),
            signal_replayed: rng.u32(0..60),
            signal_overtaken: rng.u32(0..60),
            early_candidates: rng.u32(0..500),
            open_fails: rng.u32(0..200),
            ice_notices: rng.bool(),
            abrupt_close: rng.u32(0..500),
            lane_fails: rng.u32(0..400),
            lane_breaks: rng.u32(0..40),
            in_the_middle: false,
            disk: DiskFaults {
                delay_ms: 0..=rng.u64(1..80),
                read_delay_ms: 0..=rng.u64(1..30),
                ..DiskFaults::none()
            },
        }
    }

    /// No more new faults: what remains is slow at most.
    pub fn calm(&mut self) {
        let disk = DiskFaults {
            delay_ms: self.disk.delay_ms.clone(),
            read_delay_ms: self.disk.read_delay_ms.clone(),
            ..DiskFaults::none()
        };
        *self = Self {
            delay_ms: self.delay_ms.clone(),
            loss: self.loss,
            bandwidth: self.bandwidth,
            send_buffer: self.send_buffer,
            signal_delay_ms: self.signal_delay_ms.clone(),
            ice_notices: self.ice_notices,
            disk,
            ..Self::none()
        };
    }
}

impl DiskFaults {
    /// A fast disk that never fails.
    #[must_use]
    pub fn none() -> Self {
        Self {
            delay_ms: 0..=3,
            read_delay_ms: 0..=3,
            create_fails: 0,
            write_fails: 0,
            finish_fails: 0,
            message_fails: 0,
            read_fails: 0,
            flips: 0,
        }
    }

    /// A disk that fails now and then, in all its ways.
    #[must_use]
    pub fn rough(rng: &mut Rng) -> Self {
        Self {
            delay_ms: 0..=rng.u64(1..120),
            read_delay_ms: 0..=rng.u64(1..120),
            create_fails: rng.u32(0..60),
            write_fails: rng.u32(0..8),
            finish_fails: rng.u32(0..60),
            message_fails: rng.u32(0..150),
            read_fails: rng.u32(0..4),
            flips: rng.u32(0..60),
        }
    }
}

/// Whether something with that chance in a thousand happens.
pub(crate) fn chance(rng: &mut Rng, in_thousand: u32) -> bool {
    in_thousand > 0 && rng.u32(0..1000) < in_thousand
}
