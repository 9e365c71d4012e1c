//! Five emoji that both people can compare, to be sure that nobody is between them.
//!
//! Once a link is open, each side adds 32 random bytes to what both see alike: the handshake's
//! transcript and both devices. Out of all of it come 30 bits. The offerer commits to its bytes
//! before the answerer shows its own, and shows them after: so neither side, nor somebody in the
//! middle who talks to both, can try values until the emoji match. One try, one chance in 2^30.
//! (The scheme of Vaudenay, "Secure Communications over Insecure Channels Based on Short
//! Authenticated Strings", CRYPTO 2005.)

use core::fmt;

use parlor_proto::emoji::{Comparison, comparison};
use parlor_proto::frame::{Frame, SasCommit, SasReveal};
use parlor_proto::id::DeviceId;

use crate::output::Role;

const COMMITMENT_CONTEXT: &str = "parlor v1 2026 emoji commitment";
const EMOJI_CONTEXT: &str = "parlor v1 2026 emoji";

/// Why a comparison cannot be made. The link is of no use then: an honest device does none of this.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SasFailed {
    /// The number shown is not the one committed to.
    #[error(
        "the other device changed the number behind its emoji after it had seen ours; somebody may \
         be in between"
    )]
    NotCommitted,
    /// A frame that was not due.
    #[error("the other device broke the order in which emoji are agreed on")]
    OutOfOrder,
}

/// What both sides must see alike, or their emoji differ.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SasScene {
    /// Of the handshake on this link.
    pub(crate) transcript: [u8; 32],
    pub(crate) offerer: DeviceId,
    pub(crate) answerer: DeviceId,
}

impl SasScene {
    fn commitment(&self, random: &[u8; 32]) -> [u8; 32] {
        let bytes = [self.transcript.as_slice(), &self.offerer.0, random].concat();
        blake3::derive_key(COMMITMENT_CONTEXT, &bytes)
    }

    fn emoji(&self, of_offerer: &[u8; 32], of_answerer: &[u8; 32]) -> Comparison {
        let ids = [self.offerer.0, self.answerer.0].concat();
        let randoms = [*of_offerer, *of_answerer].concat();
        let bytes = [self.transcript.as_slice(), &ids, &randoms].concat();
        comparison(&blake3::derive_key(EMOJI_CONTEXT, &bytes))
    }
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the answerer: the commitment.
    Commitment,
    /// At the answerer: the number behind the commitment.
    Opening { commitment: [u8; 32] },
    /// At the offerer: the answerer's number.
    Number,
    /// Nothing: the emoji are known.
    Done(Comparison),
}

/// One comparison, from the open link to the emoji.
pub(crate) struct Sas {
    scene: SasScene,
    random: [u8; 32],
    state: State,
}

impl fmt::Debug for Sas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sas")
            .field("emoji", &self.emoji())
            .finish_non_exhaustive()
    }
}

impl Sas {
    /// `random` must be fresh: it is this side's part. Gives the frame to begin with, if it is this
    /// side that begins.
    pub(crate) fn new(role: Role, scene: SasScene, random: [u8; 32]) -> (Self, Option<Frame>) {
        let (state, first) = match role {
            Role::Offerer => {
                let commitment = scene.commitment(&random);
                let commit = Frame::SasCommit(SasCommit { commitment });
                (State::Number, Some(commit))
            }
            Role::Answerer => (State::Commitment, None),
        };
        let sas = Self {
            scene,
            random,
            state,
        };
        (sas, first)
    }

    /// The offerer committed itself. Gives our number, which is shown only now.
    pub(crate) fn on_commit(&mut self, commit: SasCommit) -> Result<Frame, SasFailed> {
        if self.state != State::Commitment {
            return Err(SasFailed::OutOfOrder);
        }
        let SasCommit { commitment } = commit;
        self.state = State::Opening { commitment };
        Ok(self.reveal())
    }

    /// The other side shows its number. Gives ours, where it is due.
    pub(crate) fn on_reveal(&mut self, reveal: SasReveal) -> Result<Option<Frame>, SasFailed> {
        let theirs = reveal.random;
        match self.state {
            State::Number => {
                self.state = State::Done(self.scene.emoji(&self.random, &theirs));
                Ok(Some(self.reveal()))
            }
            State::Opening { commitment } if self.scene.commitment(&theirs) == commitment => {
                self.state = State::Done(self.scene.emoji(&theirs, &self.random));
                Ok(None)
            }
            State::Opening { .. } => Err(SasFailed::NotCommitted),
            State::Commitment | State::Done(_) => Err(SasFailed::OutOfOrder),
        }
    }

    /// The emoji, once both numbers are known here.
    pub(crate) const fn emoji(&self) -> Option<Comparison> {
        match self.state {
            State::Done(emoji) => Some(emoji),
            State::Commitment | State::Opening { .. } | State::Number => None,
        }
    }

    fn reveal(&self) -> Frame {
        Frame::SasReveal(SasReveal {
            random: self.random,
        })
    }
}

#[cfg(test)]
mod tests;
