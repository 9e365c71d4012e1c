//! The code that somebody reads out: `4821-amber-otter-canoe`.
//!
//! The number, given by the server, finds the member who shows the code. The words, which the
//! server never sees, prove to that member that the newcomer was told them.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::NAMEPLATE_MAX;
use crate::pake::{Pake, Side, Spake2Ed25519};

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

/// STUB until words branch merges.
#[derive(Clone, PartialEq, Eq)]
pub struct Words([u16; 3]);
impl Words {
    /// stub
    #[must_use]
    pub fn from_random(b: &[u8; 5]) -> Self {
        Self([u16::from(b[0]), u16::from(b[1]), u16::from(b[2])])
    }
    /// stub
    #[must_use]
    pub fn password(&self) -> Vec<u8> {
        format!("{:?}", self.0).into_bytes()
    }
}
impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words")
    }
}
/// stub
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Code {
    /// n
    pub nameplate: Nameplate,
    /// w
    pub words: Words,
}
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-x-y-z", self.nameplate)
    }
}
