//! The server's words, and the life of the link to each peer.

use core::time::Duration;

use parlor_proto::envelope::{PeerSignal, Route};
use parlor_proto::id::{DeviceId, PeerId};
use parlor_proto::signal::{ClientMessage, ErrorCode, ServerMessage};

use super::Session;
use super::suspicion::FIRST_TRIES_EVERY;
use crate::input::{LinkInput, SignalInput};
use crate::notice::{Notice, Suspicion};
use crate::output::{LinkAction, Output, Role};
use crate::peer::{LinkState, Peer};
use crate::transfer::Violation;

/// How far a peer's count of tries may run ahead of ours: beyond any number of real ones.
const ATTEMPT_LEAP_MAX: u32 = 1 << 20;

impl Session {
    pub(super) fn on_signal(&mut self, event: SignalInput) {
        match event {
            SignalInput::Opened => {
                let join = self.signal.on_opened();
                self.out.extend(join);
            }
            SignalInput::Closed { reason } => {
                self.sponsor.on_server_lost();
                let lost = self.signal.on_closed(reason, self.now, &mut self.random);
                self.out.extend(lost.map(Output::Notice));
            }
            SignalInput::Received(message) => self.on_server_message(message),
        }
    }

    fn on_server_message(&mut self, message: ServerMessage) {
        match message {
            ServerMessage::Joined {
                peer,
                peers,
                resume,
                ice_servers,
                resumed: _,
            } => {
                if self.signal.is_joined() {
                    // The answer to a question that was not asked.
                    return self.suspect(Suspicion::Roster);
                }
                if !self.signal.is_joining() {
                    return;
                }
                self.signal.on_joined(resume);
                let before = self.me.replace(peer);
                self.former_me = before.filter(|me| *me != peer).or(self.former_me);
                self.ice_servers = ice_servers;
                self.notice(Notice::Joined {
                    others: peers.len(),
                });
                self.out.extend(self.sponsor.on_joined(self.now));
                self.on_roster(&peers);
            }
            ServerMessage::PeerJoined { peer } => self.add_peer(peer),
            ServerMessage::PeerLeft { peer } => self.on_peer_left(peer),
            ServerMessage::Signal { from, payload } => self.on_sealed(from, &payload),
            ServerMessage::Nameplate { nameplate } => {
                let outputs = self.sponsor.on_nameplate(nameplate, self.now);
                self.out.extend(outputs);
            }
            ServerMessage::Knock { guest, payload } => {
                let seed = self.random.block();
                let outputs = self.sponsor.on_knock(guest, &payload, seed, self.now);
                self.out.extend(outputs);
            }
            ServerMessage::KnockProof { guest, payload } => {
                let nonce = self.random.nonce();
                let outputs = self.sponsor.on_proof(guest, &payload, nonce);
                self.out.extend(outputs);
            }
            // For newcomers, which a member is not.
            ServerMessage::KnockAnswer { .. } => {}
            ServerMessage::Error {
                code,
                message,
                retry_after_ms,
            } => {
                if code == ErrorCode::UnknownType {
                    let outputs = self.sponsor.on_unsupported();
                    self.out.extend(outputs);
                }
                let after = retry_after_ms.map(|ms| Duration::from_millis(ms.into()));
                let outputs =
                    self.signal
                        .on_error(code, message, after, self.now, &mut self.random);
                self.out.extend(outputs);
            }
        }
    }

    /// The whole roster, after joining or coming back.
    fn on_roster(&mut self, roster: &[PeerId]) {
        let gone: Vec<PeerId> = self
            .peers
            .keys()
            .copied()
            .filter(|peer| !roster.contains(peer))
            .collect();
        for peer in gone {
            self.on_peer_left(peer);
        }
        for peer in roster {
            self.add_peer(*peer);
        }
        let now = self.now;
        for peer in self.peers.values_mut() {
            peer.hurry(now);
            if let Some(open) = peer.open_mut() {
                open.expect_word(now);
            }
        }
    }

    /// Nothing comes from a peer any more. The socket to the server may belong to a network that is
    /// gone, and would not say so for a minute.
    pub(super) fn doubt_server(&mut self) {
        if self.signal.is_joined() {
            self.signal.on_network_changed(self.now);
        }
    }

    fn add_peer(&mut self, peer: PeerId) {
        let Some(me) = self.me else { return };
        if peer == me {
            return self.suspect(Suspicion::Roster);
        }
        if self.refused.contains(&peer) {
            return;
        }
        // The server has us under a new name. Who offers follows from both names, so whoever it
        // still has under the old one is met again; links to all others go on.
        if self.peers.get(&peer).is_some_and(|known| known.me != me) {
            self.remove_peer(peer, "came back");
        }
        if let Some(known) = self.peers.get_mut(&peer) {
            known.in_roster = true;
        } else if self.has_place() {
            let mut new = Peer::new(peer, me, self.now);
            new.last_counter = self.take_counter(peer);
            self.peers.insert(peer, new);
        }
    }

    /// The server lost sight of a peer. A live link outweighs that: the server may be the one that
    /// failed.
    fn on_peer_left(&mut self, id: PeerId) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.in_roster = false;
        if peer.open().is_none() {
            self.remove_peer(id, "left the room");
        }
    }

    pub(super) fn remove_peer(&mut self, id: PeerId, reason: &str) {
        let Some(peer) = self.peers.get(&id) else {
            return;
        };
        let (known_as, last_counter) = (peer.known_as.clone(), peer.last_counter);
        if peer.has_link() {
            self.link(id, LinkAction::Close);
        }
        self.peers.remove(&id);
        self.remember_counter(id, last_counter);
        let Some((device, name)) = known_as else {
            return;
        };
        self.forget_link(device);
        if self.peer_of(device).is_none() {
            self.chat.left(device);
            self.notice(Notice::PeerLeft {
                device,
                name,
                reason: reason.to_owned(),
            });
        }
    }

    /// Whatever was under way on a link is void; transfers wait for the next one.
    fn forget_link(&mut self, device: DeviceId) {
        self.outgoing
            .values_mut()
            .for_each(|outgoing| outgoing.link_closed(device));
        if self.peer_of(device).is_none() {
            self.no_longer_writes(device);
            self.tell_have(device);
        }
    }

    fn route(&self, from: PeerId, to: PeerId) -> Route {
        Route {
            room: self.room,
            from,
            to,
        }
    }

    pub(super) fn send_sealed(&mut self, to: PeerId, signal: &PeerSignal) {
        let Some(me) = self.me else { return };
        // Without the server the signal is lost; the try times out and the next one is sent.
        if !self.signal.is_joined() {
            return;
        }
        self.counter += 1;
        let nonce = self.random.nonce();
        let payload = self
            .sealer
            .seal(&self.route(me, to), self.counter, nonce, signal);
        self.out
            .push_back(Output::SendSignal(ClientMessage::Signal { to, payload }));
    }

    fn on_sealed(&mut self, from: PeerId, payload: &str) {
        let Some(me) = self.me else { return };
        let (counter, signal) = match self.sealer.open(&self.route(from, me), payload) {
            Ok(opened) => opened,
            Err(error) => {
                tracing::debug!(peer = %from.short(), %error, "dropped a signal");
                return self.on_unopened(from, payload, error);
            }
        };
        // Only the roster makes peers: the server may hold signals of somebody who left since.
        let Some(peer) = self.peers.get_mut(&from) else {
            return;
        };
        if counter <= peer.last_counter {
            tracing::debug!(peer = %from.short(), "dropped a repeated signal");
            return self.suspect(Suspicion::Repeated);
        }
        peer.last_counter = counter;
        let asks_for_work = matches!(
            signal,
            PeerSignal::Offer { .. } | PeerSignal::OfferPlease { .. }
        );
        if asks_for_work && !peer.may_begin(self.now) {
            tracing::warn!(peer = %from.short(), "dropped one of too many tries");
            return;
        }
        match signal {
            PeerSignal::Offer { attempt, sdp } => self.on_offer(from, attempt, sdp),
            PeerSignal::Answer { attempt, sdp } => {
                let is_current = peer.role == Role::Offerer && peer.attempt == attempt;
                if is_current && peer.has_link() {
                    self.link(from, LinkAction::RemoteDescription { sdp });
                }
            }
            PeerSignal::Candidate { attempt, candidate } => {
                if peer.attempt == attempt && peer.has_link() {
                    self.link(from, LinkAction::RemoteCandidate(candidate));
                } else if attempt > peer.attempt {
                    peer.keep_early(attempt, candidate);
                }
            }
            PeerSignal::OfferPlease { attempt } => {
                let is_lost = attempt < peer.attempt && peer.is_offer_overdue(self.now);
                let is_ahead =
                    attempt >= peer.attempt && attempt - peer.attempt <= ATTEMPT_LEAP_MAX;
                let is_wanted = is_ahead || is_lost;
                if peer.role == Role::Offerer && is_wanted {
                    self.drop_link(from, "the other side asked for a new connection");
                    // Ahead of us if we forgot the peer in between: offers count on from there.
                    if let Some(peer) = self.peers.get_mut(&from) {
                        peer.attempt = peer.attempt.max(attempt);
                    }
                    self.begin_offer(from);
                }
            }
        }
    }

    pub(super) fn begin_offer(&mut self, id: PeerId) {
        let now = self.now;
        let is_joined = self.signal.is_joined();
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        if !is_joined {
            // Nothing would carry the offer; joining hurries everybody who waits.
            return peer.wait_for_server(now);
        }
        if peer.is_mute() && !self.first_tries.take(now) {
            return peer.wait(now + FIRST_TRIES_EVERY);
        }
        if !peer.is_met && !self.quotas.may_meet(now) {
            return peer.wait_for_turn(now);
        }
        peer.is_met = true;
        let Some(attempt) = peer.attempt.checked_add(1) else {
            return self.refuse_violation(id, Violation("counts its tries beyond all reason"));
        };
        peer.begin(attempt, now);
        let ice_servers = self.ice_servers.clone();
        let role = Role::Offerer;
        self.out.push_back(Output::OpenLink {
            peer: id,
            attempt,
            role,
            ice_servers,
        });
    }

    fn on_offer(&mut self, id: PeerId, attempt: u32, sdp: String) {
        let Some(peer) = self.peers.get(&id) else {
            return;
        };
        if peer.role != Role::Answerer {
            return;
        }
        let (known, has_link) = (peer.attempt, peer.has_link());
        if attempt <= known || attempt - known > ATTEMPT_LEAP_MAX {
            // The other side forgot us in between and counts from one again.
            if attempt <= known && !has_link {
                self.send_sealed(id, &PeerSignal::OfferPlease { attempt: known });
            }
            return;
        }
        let now = self.now;
        if !peer.is_met && !self.quotas.may_meet(now) {
            // Asked for again when its turn comes.
            return;
        }
        self.drop_link(id, "the other side made a new connection");
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.is_met = true;
        peer.begin(attempt, now);
        let early = peer.take_early();
        let ice_servers = self.ice_servers.clone();
        let role = Role::Answerer;
        self.out.push_back(Output::OpenLink {
            peer: id,
            attempt,
            role,
            ice_servers,
        });
        self.link(id, LinkAction::RemoteDescription { sdp });
        for candidate in early {
            self.link(id, LinkAction::RemoteCandidate(candidate));
        }
    }

    /// Closes the current link, if any, so that another try can begin.
    fn drop_link(&mut self, id: PeerId, reason: &str) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        if !peer.has_link() {
            return;
        }
        let was_open = peer.open().map(|open| (open.device, open.name.clone()));
        self.link(id, LinkAction::Close);
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.lost(now);
        if let Some((device, name)) = was_open {
            self.forget_link(device);
            self.notice(Notice::PeerLost {
                device,
                name,
                reason: reason.to_owned(),
            });
        }
    }

    pub(super) fn on_link(&mut self, id: PeerId, attempt: u32, event: LinkInput) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        if peer.attempt != attempt || !peer.has_link() {
            return;
        }
        match event {
            LinkInput::LocalDescription { sdp } => {
                let signal = match peer.role {
                    Role::Offerer => PeerSignal::Offer { attempt, sdp },
                    Role::Answerer => PeerSignal::Answer { attempt, sdp },
                };
                self.send_sealed(id, &signal);
            }
            LinkInput::LocalCandidate(candidate) => {
                self.send_sealed(id, &PeerSignal::Candidate { attempt, candidate });
            }
            LinkInput::Open {
                path,
                local_fingerprint,
                remote_fingerprint,
            } => {
                if let LinkState::Connecting { path: slot, .. } = &mut peer.state {
                    *slot = path;
                }
                self.begin_handshake(id, &local_fingerprint, &remote_fingerprint);
            }
            LinkInput::Path(path) => {
                if let Some(open) = peer.open_mut() {
                    open.path = Some(path);
                }
            }
            LinkInput::Control(bytes) => self.on_control(id, &bytes),
            LinkInput::Bulk(bytes) => {
                self.heard(id);
                self.on_bulk(id, bytes);
            }
            LinkInput::Lane { lane, event } => self.on_lane(id, lane, event),
            LinkInput::Live(bytes) => self.on_live(id, &bytes),
            LinkInput::BulkSent { data_len } => {
                let now = self.now;
                if let Some(open) = peer.open_mut() {
                    open.taken(data_len, now);
                }
            }
            LinkInput::Misused { what } => self.refuse_violation(id, Violation(what)),
            LinkInput::Closed { reason } => self.on_link_closed(id, &reason),
        }
    }

    pub(super) fn on_link_closed(&mut self, id: PeerId, reason: &str) {
        let now = self.now;
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        if let Some(open) = peer.open() {
            let (device, name) = (open.device, open.name.clone());
            peer.lost(now);
            let in_roster = peer.in_roster;
            self.forget_link(device);
            if in_roster {
                self.notice(Notice::PeerLost {
                    device,
                    name,
                    reason: reason.to_owned(),
                });
            } else {
                self.remove_peer(id, reason);
            }
            return;
        }
        peer.failed(now, &mut self.random);
        let failures = peer.failures;
        let reason = reason.to_owned();
        if peer.in_roster {
            self.notice(Notice::PeerUnreachable {
                peer: id,
                reason,
                failures,
            });
        } else {
            self.remove_peer(id, &reason);
        }
    }
}
