//! Changes inputs as fuzzers do, by a fixed seed.

use fastrand::Rng;
use parlor_fuzz_bodies::Seed;

/// Changes to one input at most: with more, little of it is left.
const CHANGES_MAX: usize = 4;

/// Bytes that one change adds at most.
const ADDED_MAX_BYTES: usize = 64;

/// Numbers where things go wrong.
const EDGES: [u64; 8] = [
    0,
    1,
    0x7F,
    0xFF,
    0xFFFF,
    0x7FFF_FFFF,
    u32::MAX as u64,
    u64::MAX,
];

/// Mutates inputs, taking pieces of all of them.
pub(crate) struct Mutator<'a> {
    rng: Rng,
    all: &'a [Seed],
}

impl<'a> Mutator<'a> {
    pub(crate) fn new(all: &'a [Seed]) -> Self {
        let rng = Rng::with_seed(1);
        Self { rng, all }
    }

    pub(crate) fn mutate(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..self.rng.usize(1..=CHANGES_MAX) {
            self.change(&mut bytes);
        }
        bytes
    }

    fn change(&mut self, bytes: &mut Vec<u8>) {
        let rng = &mut self.rng;
        let at = rng.usize(0..=bytes.len());
        let end = rng.usize(at..=bytes.len()).min(at + ADDED_MAX_BYTES);
        match rng.u8(0..8) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let copy = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, copy));
            }
            3 => {
                let added: Vec<u8> = (0..rng.usize(1..8)).map(|_| rng.u8(..)).collect();
                drop(bytes.splice(at..at, added));
            }
            4 => {
                let edge = EDGES[rng.usize(0..EDGES.len())].to_le_bytes();
                let width = 1 << rng.usize(0..4);
                let end = bytes.len().min(at + width);
                bytes[at..end].copy_from_slice(&edge[..end - at]);
            }
            5 => {
                let other = &self.all[rng.usize(0..self.all.len())].bytes;
                let from = rng.usize(0..=other.len());
                let to = rng.usize(from..=other.len()).min(from + ADDED_MAX_BYTES);
                drop(bytes.splice(at..end, other[from..to].iter().copied()));
            }
            6 => bytes
                .iter_mut()
                .skip(at)
                .take(1)
                .for_each(|byte| *byte = rng.u8(..)),
            _ => {
                let mask = 1 << rng.u8(0..8);
                bytes
                    .iter_mut()
                    .skip(at)
                    .take(1)
                    .for_each(|byte| *byte ^= mask);
            }
        }
    }
}
