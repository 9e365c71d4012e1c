//! The code that somebody reads out: `4821-amber-otter-canoe`.
//!
//! The number, given by the server, finds the member who shows the code. The words, which the
//! server never sees, prove to that member that the newcomer was told them.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::NAMEPLATE_MAX;
use crate::pake::{Pake, Side, Spake2Ed25519};

mod parse;
mod words;

pub use parse::{CodeError, looks_like_code};
pub use words::{Words, complete};

/// The number of a code: where at the server its sponsor can be found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u32", try_from = "u32")]
pub struct Nameplate(u32);

/// A number that is no nameplate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the number of a code is 1 to {NAMEPLATE_MAX}")]
pub struct NameplateError;

impl TryFrom<u32> for Nameplate {
    type Error = NameplateError;

    fn try_from(number: u32) -> Result<Self, NameplateError> {
        match number {
            1..=NAMEPLATE_MAX => Ok(Self(number)),
            _ => Err(NameplateError),
        }
    }
}

impl From<Nameplate> for u32 {
    fn from(Nameplate(number): Nameplate) -> Self {
        number
    }
}

impl fmt::Display for Nameplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Nameplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nameplate(hidden)")
    }
}

/// What a sponsor's first answer looks like, made by a server for a number that leads nowhere, so
/// that nobody can find out which numbers are in use. Bytes, not yet base64url.
#[must_use]
pub fn decoy_answer(nameplate: Nameplate, seed: &[u8; 32]) -> Vec<u8> {
    let bound_to = nameplate.0.to_be_bytes();
    Spake2Ed25519::message(Side::Sponsor, seed, &bound_to, seed)
}

/// A whole code. `Display` writes it as it is read out; `Debug` hides it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Finds the member who shows the code.
    pub nameplate: Nameplate,
    /// Prove that the newcomer was told the code.
    pub words: Words,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.nameplate, self.words)
    }
}

#[cfg(test)]
mod tests;
