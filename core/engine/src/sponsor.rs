//! The member who shows a typed code: lets in who knows the words, and burns the code when
//! somebody guesses.
//!
//! The code is good for [`CODE_LIFETIME`], for as many newcomers as its owner said, and for
//! [`TRIES_MAX`] wrong tries. The server could lie about all three, so they are counted here.

use core::time::Duration;
use std::collections::BTreeMap;

use parlor_proto::code::{Code, Nameplate, Words};
use parlor_proto::id::PeerId;
use parlor_proto::invite::RoomSecret;
use parlor_proto::knock::{Half, Met};
use parlor_proto::pake::Side;
use parlor_proto::signal::ClientMessage;

use crate::notice::{CodeEnd, Notice};
use crate::output::Output;
use crate::time::{Deadline, Moment};
use crate::view::CodeView;

/// How long a code can be used: long enough to read it out twice, short enough that a note left on
/// a table is worth nothing.
pub(crate) const CODE_LIFETIME: Duration = Duration::from_secs(600);

/// Wrong tries that burn a code: with 2^33 codes, three guesses are one chance in almost three
/// thousand million, and a person mistypes at most twice.
pub(crate) const TRIES_MAX: u8 = 3;

/// Newcomers at once: more than a family types at the same moment.
const GUESTS_MAX: usize = 4;

/// From a knock to its proof: one round trip, and the server's delay that hides who is there.
const GUEST_PATIENCE: Duration = Duration::from_secs(20);

/// How long the server may take to name a number.
const NAMEPLATE_PATIENCE: Duration = Duration::from_secs(15);

/// A newcomer who knocked and has yet to prove that they know the words.
#[derive(Debug)]
struct Guest {
    met: Met,
    until: Moment,
}

/// A code from the wish to have one to its end.
#[derive(Debug)]
struct OpenCode {
    words: Words,
    /// None until the server named one.
    nameplate: Option<Nameplate>,
    /// When the server's number is due, while it is awaited.
    nameplate_due: Option<Moment>,
    until: Moment,
    uses_left: u32,
    tries_left: u8,
    guests: BTreeMap<PeerId, Guest>,
}

/// At most one code of this device in its room.
#[derive(Debug)]
pub(crate) struct Sponsor {
    secret: RoomSecret,
    open: Option<OpenCode>,
}

impl Sponsor {
    pub(crate) const fn new(secret: RoomSecret) -> Self {
        Self { secret, open: None }
    }

    /// Makes a code for `uses` newcomers; an earlier one ends.
    pub(crate) fn open(
        &mut self,
        words: Words,
        uses: u32,
        is_joined: bool,
        now: Moment,
    ) -> Vec<Output> {
        let mut outputs = self.close(CodeEnd::Closed, is_joined);
        self.open = Some(OpenCode {
            words,
            nameplate: None,
            nameplate_due: None,
            until: now + CODE_LIFETIME,
            uses_left: uses.max(1),
            tries_left: TRIES_MAX,
            guests: BTreeMap::new(),
        });
        if is_joined {
            outputs.extend(self.on_joined(now));
        }
        outputs
    }

    /// In the room, for the first time or again: the server may have forgotten the number.
    pub(crate) fn on_joined(&mut self, now: Moment) -> Option<Output> {
        let open = self.open.as_mut()?;
        open.nameplate_due = Some(now + NAMEPLATE_PATIENCE);
        let nameplate = open.nameplate;
        Some(Output::SendSignal(ClientMessage::NameplateOpen {
            nameplate,
        }))
    }

    /// The server is gone; it will be asked for the number again.
    pub(crate) fn on_server_lost(&mut self) {
        if let Some(open) = &mut self.open {
            open.nameplate_due = None;
            open.guests.clear();
        }
    }

    /// The server named the number.
    pub(crate) fn on_nameplate(&mut self, nameplate: Nameplate, now: Moment) -> Vec<Output> {
        let Some(open) = &mut self.open else {
            // Closed while the number was on its way.
            return vec![Output::SendSignal(ClientMessage::NameplateClose)];
        };
        // Once for each time it was asked for: a server cannot change a code that is being read out.
        if open.nameplate_due.take().is_none() || open.nameplate == Some(nameplate) {
            return Vec::new();
        }
        open.nameplate = Some(nameplate);
        open.guests.clear();
        vec![Output::Notice(Notice::CodeReady {
            code: open.code(nameplate),
            valid_for: open.until.since(now),
            uses_left: open.uses_left,
        })]
    }

    /// The server does not know what a number is.
    pub(crate) fn on_unsupported(&mut self) -> Vec<Output> {
        let awaits = self.open.as_ref().is_some_and(OpenCode::awaits_nameplate);
        if awaits {
            self.close(CodeEnd::NoNumber, false)
        } else {
            Vec::new()
        }
    }

    /// A newcomer knocked. `seed` is fresh.
    pub(crate) fn on_knock(
        &mut self,
        guest: PeerId,
        payload: &str,
        seed: [u8; 32],
        now: Moment,
    ) -> Vec<Output> {
        let refuse = || vec![Output::SendSignal(ClientMessage::KnockRefuse { guest })];
        let Some(open) = &mut self.open else {
            return refuse();
        };
        let Some(nameplate) = open.nameplate else {
            return refuse();
        };
        if open.guests.contains_key(&guest) || open.guests.len() >= GUESTS_MAX {
            return refuse();
        }
        let half = Half::new(Side::Sponsor, open.words.password(), nameplate, seed);
        let Ok(met) = half.meet(payload) else {
            return refuse();
        };
        let until = now + GUEST_PATIENCE;
        open.guests.insert(guest, Guest { met, until });
        let payload = half.text();
        vec![Output::SendSignal(ClientMessage::KnockAnswer {
            guest,
            payload,
        })]
    }

    /// A newcomer's proof. `nonce` is fresh.
    pub(crate) fn on_proof(
        &mut self,
        guest: PeerId,
        payload: &str,
        nonce: [u8; 24],
    ) -> Vec<Output> {
        let Some(open) = &mut self.open else {
            return vec![Output::SendSignal(ClientMessage::KnockRefuse { guest })];
        };
        let Some(Guest { met, .. }) = open.guests.remove(&guest) else {
            return vec![Output::SendSignal(ClientMessage::KnockRefuse { guest })];
        };
        if !met.is_proof(payload) {
            open.tries_left = open.tries_left.saturating_sub(1);
            let tries_left = open.tries_left;
            let mut outputs = vec![
                Output::SendSignal(ClientMessage::KnockRefuse { guest }),
                Output::Notice(Notice::CodeMistyped { tries_left }),
            ];
            if tries_left == 0 {
                outputs.extend(self.close(CodeEnd::Guessed, true));
            }
            return outputs;
        }
        open.uses_left = open.uses_left.saturating_sub(1);
        let uses_left = open.uses_left;
        let payload = met.seal(&self.secret, nonce);
        let mut outputs = vec![
            Output::SendSignal(ClientMessage::KnockAnswer { guest, payload }),
            Output::Notice(Notice::CodeUsed { uses_left }),
        ];
        if uses_left == 0 {
            outputs.extend(self.close(CodeEnd::UsedUp, true));
        }
        outputs
    }

    /// Ends the code, if there is one.
    pub(crate) fn close(&mut self, why: CodeEnd, is_joined: bool) -> Vec<Output> {
        let Some(open) = self.open.take() else {
            return Vec::new();
        };
        let tell_server = is_joined && (open.nameplate.is_some() || open.awaits_nameplate());
        let close = tell_server.then_some(Output::SendSignal(ClientMessage::NameplateClose));
        let notice = Output::Notice(Notice::CodeClosed { why });
        close.into_iter().chain([notice]).collect()
    }

    pub(crate) fn on_time(&mut self, is_joined: bool, now: Moment) -> Vec<Output> {
        let Some(open) = &mut self.open else {
            return Vec::new();
        };
        open.guests.retain(|_, guest| guest.until > now);
        if open.until <= now {
            return self.close(CodeEnd::Expired, is_joined);
        }
        if open.nameplate_due.is_some_and(|due| due <= now) {
            return self.close(CodeEnd::NoNumber, is_joined);
        }
        Vec::new()
    }

    pub(crate) fn deadline(&self) -> Option<Deadline> {
        let open = self.open.as_ref()?;
        let guests = open.guests.values().map(|guest| guest.until);
        let at = guests.chain(open.nameplate_due).chain([open.until]).min()?;
        Some(Deadline {
            at,
            why: "end a code or forget a newcomer",
        })
    }

    pub(crate) fn view(&self) -> Option<CodeView> {
        let open = self.open.as_ref()?;
        Some(CodeView {
            code: open.nameplate.map(|nameplate| open.code(nameplate)),
            expires_at: open.until,
            uses_left: open.uses_left,
            tries_left: open.tries_left,
        })
    }
}

impl OpenCode {
    fn code(&self, nameplate: Nameplate) -> Code {
        Code {
            nameplate,
            words: self.words.clone(),
        }
    }

    const fn awaits_nameplate(&self) -> bool {
        self.nameplate_due.is_some()
    }
}

#[cfg(test)]
mod tests;
