//! The key exchange behind a typed code: two sides that know the same few words end up with the
//! same strong key, and whoever carries or changes their messages learns nothing of words or key.
//!
//! Each wrong guess costs an attacker one whole exchange, which the sponsor counts. Both functions
//! are pure: what a side keeps between them is its seed.

use rand_core::{CryptoRng, RngCore};
use spake2::{Ed25519Group, Identity, Password, Spake2};

/// Which side of the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Types the code.
    Newcomer,
    /// Shows the code.
    Sponsor,
}

/// What the other side sent is not a message of this exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a message of the key exchange")]
pub struct PakeError;

/// A password-authenticated key exchange of one message each way.
///
/// A trait, because the one implementation has had no formal review and CPace may replace it.
pub trait Pake {
    /// What `side` sends. `seed` must be fresh for every exchange; `bound_to` is what both sides
    /// see alike besides the password.
    fn message(side: Side, password: &[u8], bound_to: &[u8], seed: &[u8; 32]) -> Vec<u8>;

    /// The key, the same on both sides if their passwords and surroundings are. A wrong password
    /// is not noticed here but by the confirmation under the key.
    ///
    /// # Errors
    /// [`PakeError`] if `theirs` is not a message of the other side.
    fn key(
        side: Side,
        password: &[u8],
        bound_to: &[u8],
        seed: &[u8; 32],
        theirs: &[u8],
    ) -> Result<[u8; 32], PakeError>;
}

/// SPAKE2 over Ed25519 (RFC 9382 describes the family; the crate `spake2` predates it and is
/// compatible with magic-wormhole's). Messages are 33 bytes: the side, and a group element.
#[derive(Debug, Clone, Copy)]
pub struct Spake2Ed25519;

impl Spake2Ed25519 {
    fn start(
        side: Side,
        password: &[u8],
        bound_to: &[u8],
        seed: &[u8; 32],
    ) -> (Spake2<Ed25519Group>, Vec<u8>) {
        let identity = |who: &str| Identity::new(&[who.as_bytes(), bound_to].concat());
        let (newcomer, sponsor) = (
            identity("parlor code v1 newcomer "),
            identity("parlor code v1 sponsor "),
        );
        let password = Password::new(password);
        let rng = SeededRng(blake3::Hasher::new_keyed(seed).finalize_xof());
        match side {
            Side::Newcomer => Spake2::start_a_with_rng(&password, &newcomer, &sponsor, rng),
            Side::Sponsor => Spake2::start_b_with_rng(&password, &newcomer, &sponsor, rng),
        }
    }
}

impl Pake for Spake2Ed25519 {
    fn message(side: Side, password: &[u8], bound_to: &[u8], seed: &[u8; 32]) -> Vec<u8> {
        Self::start(side, password, bound_to, seed).1
    }

    fn key(
        side: Side,
        password: &[u8],
        bound_to: &[u8],
        seed: &[u8; 32],
        theirs: &[u8],
    ) -> Result<[u8; 32], PakeError> {
        let (state, _) = Self::start(side, password, bound_to, seed);
        let key = state.finish(theirs).map_err(|_| PakeError)?;
        key.try_into().map_err(|_| PakeError)
    }
}

/// The interface the crate wants; every byte follows from the seed.
struct SeededRng(blake3::OutputReader);

impl RngCore for SeededRng {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        self.0.fill(dest);
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for SeededRng {}

#[cfg(test)]
mod tests {
    use super::*;

    type P = Spake2Ed25519;

    fn keys(
        newcomer: (&[u8], &[u8]),
        sponsor: (&[u8], &[u8]),
    ) -> (Result<[u8; 32], PakeError>, Result<[u8; 32], PakeError>) {
        let (ours, theirs) = ([1; 32], [2; 32]);
        let a = P::message(Side::Newcomer, newcomer.0, newcomer.1, &ours);
        let b = P::message(Side::Sponsor, sponsor.0, sponsor.1, &theirs);
        (
            P::key(Side::Newcomer, newcomer.0, newcomer.1, &ours, &b),
            P::key(Side::Sponsor, sponsor.0, sponsor.1, &theirs, &a),
        )
    }

    #[test]
    fn the_same_words_give_both_sides_the_same_key() {
        let (newcomer, sponsor) = keys((b"amber", b"1"), (b"amber", b"1"));
        assert!(newcomer.is_ok());
        assert_eq!(newcomer, sponsor);
    }

    #[test]
    fn other_words_or_another_number_give_other_keys() {
        for other in [(b"umber", b"1"), (b"amber", b"2")] {
            let (newcomer, sponsor) = keys((b"amber", b"1"), (other.0, other.1));
            assert_ne!(newcomer, sponsor);
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let own = P::message(Side::Sponsor, b"amber", b"1", &[1; 32]);
        for theirs in [&[][..], &[0; 33], &own, &[b'A'; 32], &[b'A'; 34]] {
            let key = P::key(Side::Sponsor, b"amber", b"1", &[1; 32], theirs);
            assert_eq!(key, Err(PakeError), "{theirs:?}");
        }
    }
}
