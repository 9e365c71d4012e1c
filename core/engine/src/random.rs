//! Randomness as the engine is given it: a seed from outside, stretched by BLAKE3.

use core::time::Duration;

use parlor_proto::code::Words;

/// A stream of numbers that follows from its seed alone.
#[derive(Clone)]
pub(crate) struct Random {
    seed: [u8; 32],
    drawn: u64,
}

impl core::fmt::Debug for Random {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Random")
            .field("drawn", &self.drawn)
            .finish_non_exhaustive()
    }
}

impl Random {
    pub(crate) const fn new(seed: [u8; 32]) -> Self {
        Self { seed, drawn: 0 }
    }

    pub(crate) fn block(&mut self) -> [u8; 32] {
        self.drawn += 1;
        *blake3::keyed_hash(&self.seed, &self.drawn.to_le_bytes()).as_bytes()
    }

    pub(crate) fn number(&mut self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.block();
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    /// Never the same twice under one seed, and unforeseeable without it.
    pub(crate) fn nonce(&mut self) -> [u8; 24] {
        let mut nonce = [0; 24];
        nonce.copy_from_slice(&self.block()[..24]);
        nonce
    }

    /// The words of a new code.
    pub(crate) fn words(&mut self) -> Words {
        let [a, b, c, d, e, ..] = self.block();
        Words::from_random(&[a, b, c, d, e])
    }

    /// Evenly between zero and `max`.
    pub(crate) fn up_to(&mut self, max: Duration) -> Duration {
        let millis = u64::try_from(max.as_millis())
            .unwrap_or(u64::MAX)
            .saturating_add(1);
        Duration::from_millis(self.number() % millis)
    }
}
