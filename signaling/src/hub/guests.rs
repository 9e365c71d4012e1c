//! Typed codes: members who show one, guests who knock, and what a guest is told when.
//!
//! A guest is a connection that knocked instead of joining. It is answered [`ANSWER_AFTER`] its
//! knock and refused [`REFUSE_AFTER`] its proof, to the moment, whether the number is unused, its
//! member is away, slow or busy, or the words are wrong; where nobody answers, a decoy does. So
//! nobody can find out which numbers are in use. Only the right words are answered sooner.

use core::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use parlor_proto::code::{Nameplate, decoy_answer};
use parlor_proto::id::PeerId;
use parlor_proto::signal::{ClientMessage, ErrorCode, ServerMessage};

use super::nameplates::MemberName;
use super::room::Member;
use super::{CloseCode, ConnId, ConnState, Hub};

/// From a knock to its answer: time for a phone on a slow network to give a true one. A sponsor
/// who takes longer counts as absent, or lateness would tell that there is one.
pub const ANSWER_AFTER: Duration = Duration::from_secs(1);

/// From a proof to its refusal, for the same reason.
pub const REFUSE_AFTER: Duration = Duration::from_secs(2);

/// From the answer to the proof, which a program makes at once.
pub const PROOF_PATIENCE: Duration = Duration::from_secs(10);

/// Guests of one member at once: what a sponsor's client takes. Later ones meet a decoy, so that
/// strangers cannot fill the member's queue.
pub const GUESTS_PER_SPONSOR_MAX: usize = 4;

/// A connection that knocked.
#[derive(Debug)]
pub(super) struct Guest {
    conn: ConnId,
    /// None where the number leads nowhere.
    sponsor: Option<MemberName>,
    /// Made for every knock, so that making it takes time from all alike.
    decoy: String,
    stage: Stage,
    due: Duration,
}

#[derive(Debug)]
enum Stage {
    /// The answer is let out when it is due.
    Knocked { answer: Option<String> },
    /// The answer is out.
    Answered,
    /// The proof is with the sponsor; the refusal is let out when it is due.
    Proved,
}

impl Hub {
    pub(super) fn on_code_message(
        &mut self,
        conn: ConnId,
        message: ClientMessage,
        state: ConnState,
        now: Duration,
    ) {
        match (message, state) {
            (ClientMessage::NameplateOpen { nameplate }, ConnState::Member { room, peer }) => {
                let key = &self.config.code_key;
                match self.nameplates.open((room, peer), nameplate, key) {
                    Some(nameplate) => self.send(conn, ServerMessage::Nameplate { nameplate }),
                    None => self.error(conn, ErrorCode::Internal),
                }
            }
            (ClientMessage::NameplateClose, ConnState::Member { room, peer }) => {
                self.nameplates.close((room, peer));
            }
            (ClientMessage::KnockAnswer { guest, payload }, ConnState::Member { room, peer }) => {
                self.on_sponsor_answer(guest, (room, peer), payload);
            }
            (ClientMessage::KnockRefuse { guest }, ConnState::Member { room, peer }) => {
                let member = (room, peer);
                if let Some(guest) = self.guest_of(guest, member) {
                    guest.sponsor = None;
                }
            }
            (ClientMessage::Knock { nameplate, payload }, ConnState::Waiting { .. }) => {
                self.on_knock(conn, nameplate, payload, now);
            }
            (ClientMessage::KnockProof { payload }, ConnState::Guest { peer }) => {
                self.on_guest_proof(peer, payload, now);
            }
            (_, ConnState::Member { .. }) => self.error(conn, ErrorCode::AlreadyJoined),
            (_, ConnState::Waiting { .. } | ConnState::Guest { .. }) => {
                self.error(conn, ErrorCode::NotJoined);
            }
        }
    }

    fn on_knock(&mut self, conn: ConnId, nameplate: Nameplate, payload: String, now: Duration) {
        let Some(known) = self.conns.get_mut(&conn) else {
            return;
        };
        if let Err(wait) = self.addresses.knock(known.from, now) {
            return self.fail(conn, ErrorCode::RateLimited, Some(wait), now);
        }
        let ConnState::Waiting { fresh_peer, until } = known.state else {
            return;
        };
        known.state = ConnState::Guest { peer: fresh_peer };
        self.hellos.remove(&(until, conn));
        let sponsor = self.sponsor_of(nameplate);
        let due = now + ANSWER_AFTER;
        let guest = Guest {
            conn,
            decoy: self.decoy(nameplate, fresh_peer),
            sponsor: sponsor.map(|(member, _)| member),
            stage: Stage::Knocked { answer: None },
            due,
        };
        self.dues.insert((due, fresh_peer));
        self.guests.insert(fresh_peer, guest);
        if let Some((_, conn)) = sponsor {
            let guest = fresh_peer;
            self.send(conn, ServerMessage::Knock { guest, payload });
        }
    }

    /// The member behind a number and their connection, if they can take one more guest.
    fn sponsor_of(&self, nameplate: Nameplate) -> Option<(MemberName, ConnId)> {
        let member = self.nameplates.owner(nameplate)?;
        let theirs = |guest: &&Guest| guest.sponsor == Some(member);
        if self.guests.values().filter(theirs).count() >= GUESTS_PER_SPONSOR_MAX {
            return None;
        }
        Some((member, self.conn_of(member)?))
    }

    fn conn_of(&self, (room, peer): MemberName) -> Option<ConnId> {
        match self.rooms.get(&room)?.members.get(&peer)? {
            Member::Here { conn } => Some(*conn),
            Member::Away { .. } => None,
        }
    }

    fn guest_of(&mut self, guest: PeerId, member: MemberName) -> Option<&mut Guest> {
        let guest = self.guests.get_mut(&guest)?;
        (guest.sponsor == Some(member)).then_some(guest)
    }

    fn on_sponsor_answer(&mut self, peer: PeerId, member: MemberName, payload: String) {
        let Some(guest) = self.guest_of(peer, member) else {
            return;
        };
        match &mut guest.stage {
            Stage::Knocked { answer } => *answer = Some(payload),
            // Said twice; the guest has its answer.
            Stage::Answered => {}
            Stage::Proved => {
                let conn = guest.conn;
                self.send(conn, ServerMessage::KnockAnswer { payload });
                self.close(conn, CloseCode::Left);
            }
        }
    }

    fn on_guest_proof(&mut self, peer: PeerId, payload: String, now: Duration) {
        let Some(guest) = self.guests.get_mut(&peer) else {
            return;
        };
        let Stage::Answered = guest.stage else {
            let conn = guest.conn;
            return self.fail(conn, ErrorCode::BadMessage, None, now);
        };
        self.dues.remove(&(guest.due, peer));
        guest.stage = Stage::Proved;
        guest.due = now + REFUSE_AFTER;
        self.dues.insert((guest.due, peer));
        if let Some(conn) = guest.sponsor.and_then(|member| self.conn_of(member)) {
            let guest = peer;
            self.send(conn, ServerMessage::KnockProof { guest, payload });
        }
    }

    /// Lets out what is due to guests.
    pub(super) fn expire_guests(&mut self, now: Duration) {
        while let Some(&(due, peer)) = self.dues.first()
            && due <= now
        {
            self.dues.pop_first();
            let Some(guest) = self.guests.get_mut(&peer) else {
                continue;
            };
            let conn = guest.conn;
            match &mut guest.stage {
                Stage::Knocked { answer } => {
                    let answer = answer.take().filter(|_| guest.sponsor.is_some());
                    if answer.is_none() {
                        guest.sponsor = None;
                    }
                    guest.stage = Stage::Answered;
                    guest.due = due + PROOF_PATIENCE;
                    self.dues.insert((guest.due, peer));
                    let decoy = core::mem::take(&mut guest.decoy);
                    let payload = answer.unwrap_or(decoy);
                    self.send(conn, ServerMessage::KnockAnswer { payload });
                }
                Stage::Answered => self.fail(conn, ErrorCode::HelloTimeout, None, now),
                Stage::Proved => self.fail(conn, ErrorCode::CodeRefused, None, now),
            }
        }
    }

    fn decoy(&self, nameplate: Nameplate, guest: PeerId) -> String {
        // The guest's name is random and never used twice, so no two decoys are alike.
        let seed = self.config.code_key.random(b"decoy", &guest.0);
        BASE64URL_NOPAD.encode(&decoy_answer(nameplate, &seed))
    }

    pub(super) fn forget_guest(&mut self, peer: PeerId) {
        if let Some(guest) = self.guests.remove(&peer) {
            self.dues.remove(&(guest.due, peer));
        }
    }
}
