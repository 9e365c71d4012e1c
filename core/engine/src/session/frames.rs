//! Frames of the control channel.

use parlor_proto::frame::{
    Cancel, Credit, DecodeError, FileFailed, Frame, Hello, LANE_QUIC, Offer, OfferAnswer, Pause,
    Probe, Stored,
};
use parlor_proto::id::{DeviceId, PeerId};
use parlor_proto::version::VERSIONS;

use super::Session;
use super::identity::{BLOCKED, EMOJI_DIFFER};
use super::limits::STILL_REFUSED;
use crate::handshake::HandshakeFailed;
use crate::input::IncomingKey;
use crate::notice::Notice;
use crate::output::DiskRequest;
use crate::pacer::{ReceiveCredit, SendPacer};
use crate::peer::{Introduction, LinkState, Stage};
use crate::quota::Counted;
use crate::record::Member;
use crate::transfer::incoming::Incoming;
use crate::transfer::{Step, Violation};

impl Session {
    pub(super) fn on_control(&mut self, id: PeerId, bytes: &[u8]) {
        if let Err(violation) = self.count_frame(id, bytes.len()) {
            return self.refuse_violation(id, violation);
        }
        let state = self.peers.get(&id).map(|peer| &peer.state);
        if let Some(LinkState::Connecting { stage, .. }) = state
            && !matches!(stage, Stage::Greeting(_))
        {
            return self.on_proof(id, bytes);
        }
        let frame = match Frame::decode(bytes) {
            Ok(frame) => frame,
            // A later version's frame: this one can do without it.
            Err(DecodeError::UnknownKind(_)) => {
                self.heard(id);
                return self.count_idle(id);
            }
            Err(error) => {
                return self.refuse_peer(id, &format!("the other device sent nonsense: {error}"));
            }
        };
        self.heard(id);
        let Some(peer) = self.peers.get(&id) else {
            return;
        };
        match (&peer.state, frame) {
            (LinkState::Connecting { .. }, Frame::Hello(hello)) => self.on_hello(id, hello),
            (LinkState::Connecting { .. }, Frame::Bye(bye)) => self.remove_peer(id, &bye.reason),
            (LinkState::Connecting { .. }, _) => {
                self.refuse_violation(id, Violation("spoke before it said hello"));
            }
            (LinkState::Open(open), frame) => {
                let device = open.device;
                if let Err(violation) = self.on_frame(id, device, frame) {
                    self.refuse_violation(id, violation);
                }
            }
            (LinkState::Waiting { .. }, _) => {}
        }
    }

    pub(super) fn heard(&mut self, id: PeerId) {
        let now = self.now;
        if let Some(open) = self.open_link(id) {
            open.heard(now);
        }
    }

    fn on_hello(&mut self, id: PeerId, hello: Hello) {
        if let Err(mismatch) = VERSIONS.negotiate(hello.versions) {
            return self.refuse_peer(id, &mismatch.to_string());
        }
        let Some((public, transcript)) = self.proven_device(id, &hello) else {
            return self.refuse_unproven(id, HandshakeFailed);
        };
        let Hello {
            device,
            name,
            window_bytes,
            stream,
            session,
            lanes,
            avatar,
            ..
        } = hello;
        if !self.lets_in(id, device) {
            return;
        }
        // A device that came back under a new id takes its old place.
        let former = self.peer_of(device);
        let now = self.now;
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        if peer.is_other_than(device) {
            return self.refuse_violation(id, Violation("changed who it is"));
        }
        let carried = self.unsettled.get(&device).copied().unwrap_or(0);
        let send = SendPacer::new(window_bytes);
        let window = self.config.window_bytes;
        let mut receive = ReceiveCredit::new(window, peer.allowed_bytes, carried);
        // What our disk took since our hello is theirs to send already.
        let credit = receive.settled(0);
        let standing = self.known.standing(device, &name);
        let shown_name = self.known.shown_name(device, &name);
        let who = Introduction {
            public,
            name: name.clone(),
            stream,
            shown_name: shown_name.clone(),
            standing: standing.clone(),
            avatar,
        };
        let took = peer.opened(who, send, receive, now);
        if self.config.has_lane && lanes & LANE_QUIC != 0 {
            peer.share_lane(window_bytes, now);
        }
        let path = peer.open().and_then(|open| open.path);
        if let Some(limit) = credit {
            self.send(id, &Frame::Credit(Credit { limit }));
        }
        if let Some(former) = former {
            self.remove_peer(former, "came back");
        }
        self.notice(Notice::PeerConnected {
            peer: id,
            device,
            name: shown_name,
            path,
            took,
            standing,
            avatar,
        });
        self.remember(Member {
            public,
            name,
            avatar,
        });
        self.catch_up(id, device, session, stream);
        self.begin_sas(id, transcript);
    }

    /// Somebody came into the room.
    fn remember(&mut self, member: Member) {
        if let Some(device) = self.known.met(member.public, &member.name) {
            self.disk(DiskRequest::RememberDevice { device });
        }
        let is_hearsay = false;
        self.disk(DiskRequest::KeepMember { member, is_hearsay });
    }

    /// Whether a device that proved who it is may come in; else its peer is refused.
    fn lets_in(&mut self, id: PeerId, device: DeviceId) -> bool {
        if device == self.config.device.id() {
            self.refuse_peer(id, "the other device says it is this one");
            return false;
        }
        if self.known.is_blocked(device) {
            self.refuse_quietly(id, BLOCKED);
            return false;
        }
        if self.refused_devices.contains(&device) {
            self.refuse_peer(id, EMOJI_DIFFER);
            return false;
        }
        match self.admit(device) {
            Ok(()) => true,
            Err(Some(violation)) => {
                self.refuse_violation(id, violation);
                false
            }
            Err(None) => {
                self.refuse_quietly(id, STILL_REFUSED);
                false
            }
        }
    }

    /// Says how far the device's messages are stored here, and what is on offer.
    fn catch_up(&mut self, id: PeerId, device: DeviceId, session: u64, stream: u64) {
        let opened = self.chat.link_opened(device, session, stream);
        self.meet_transfers_again(device, opened.has_begun_anew);
        let through = opened.through;
        self.send(id, &Frame::Stored(Stored { through }));
        self.say_have(id, device);
        self.tell_have(device);
        self.offer_again(device);
    }

    fn on_frame(&mut self, id: PeerId, device: DeviceId, frame: Frame) -> Result<(), Violation> {
        self.count_kind(device, &frame)?;
        match frame {
            Frame::Hello(_) => return Err(Violation("said hello twice")),
            Frame::Ping(Probe { nonce }) => self.send(id, &Frame::Pong(Probe { nonce })),
            Frame::Pong(Probe { nonce }) => {
                let now = self.now;
                if let Some(open) = self.open_link(id) {
                    open.ponged(nonce, now);
                }
            }
            Frame::Message(message) => self.on_message(id, device, message)?,
            Frame::Stored(Stored { through }) => self.on_stored(device, through)?,
            Frame::Have(have) => self.on_have(device, &have)?,
            Frame::Passed(passed) => self.on_passed(id, device, passed)?,
            // Its place is the channel for what may get lost.
            Frame::Typing(_) => self.count(device, Counted::Idle, 1)?,
            Frame::Credit(Credit { limit }) => {
                let open = self.open_link(id);
                if open.is_some_and(|open| !open.send.credit(limit)) {
                    self.count(device, Counted::Idle, 1)?;
                }
            }
            Frame::Bye(bye) => self.remove_peer(id, &bye.reason),
            Frame::SasCommit(commit) => self.with_sas(id, |sas| sas.on_commit(commit).map(Some)),
            Frame::SasReveal(reveal) => self.with_sas(id, |sas| sas.on_reveal(reveal)),
            Frame::Offer(offer) => self.on_file_offer(device, offer)?,
            Frame::LaneReady(ready) => self.on_lane_ready(id, ready)?,
            Frame::LaneOver(over) => self.on_lane_over(id, over)?,
            Frame::Nudge(_) => {}
            Frame::Answer(_)
            | Frame::Want(_)
            | Frame::FileDone(_)
            | Frame::FileFailed(_)
            | Frame::Pause(_)
            | Frame::Preview(_)
            | Frame::Cancel(_) => self.on_transfer_frame(device, frame)?,
        }
        Ok(())
    }

    fn on_file_offer(&mut self, from: DeviceId, offer: Offer) -> Result<(), Violation> {
        let key = IncomingKey {
            from,
            transfer: offer.transfer,
        };
        if let Some(incoming) = self.incoming.get_mut(&key) {
            let steps = incoming.on_offered_again(&offer.files);
            self.take_steps(from, steps);
            return Ok(());
        }
        let files = offer.files.len();
        self.count(from, Counted::OfferedFiles, files as u64)?;
        if !self.has_room_for_offer(from, files) {
            let transfer = offer.transfer;
            let reason = Some("too many offers are open; answer some first".to_owned());
            let (accepted, done) = (Vec::new(), Vec::new());
            let answer = OfferAnswer {
                transfer,
                accepted,
                reason,
                done,
            };
            self.take_steps(from, vec![Step::Frame(Frame::Answer(answer))]);
            return Ok(());
        }
        let mut incoming = Incoming::new(key, offer.files);
        let name = self.name_of(from);
        let peer = self.peer_of(from).and_then(|id| self.peers.get(&id));
        let standing = peer.and_then(|peer| peer.standing.as_ref());
        let steps = if standing.is_some_and(|who| incoming.is_taken(&self.config.accept, who)) {
            let all: Vec<u32> = (0..).take(files).collect();
            incoming.answer_offer(&all, None)
        } else {
            Vec::new()
        };
        let notice = incoming.notice(name);
        self.incoming.insert(key, incoming);
        self.notice(notice);
        self.take_steps(from, steps);
        Ok(())
    }

    fn on_transfer_frame(&mut self, device: DeviceId, frame: Frame) -> Result<(), Violation> {
        let may_be_empty = matches!(frame, Frame::Want(_) | Frame::Answer(_));
        let from = device;
        let key_of = |transfer| IncomingKey { from, transfer };
        let steps = match frame {
            Frame::Answer(answer) => match self.outgoing.get_mut(&answer.transfer) {
                Some(outgoing) => outgoing.on_answer(device, &answer)?,
                None if answer.accepted.is_empty() => Vec::new(),
                // Forgotten here; left alone, the other side would wait for ever.
                None => vec![Step::Frame(Frame::Cancel(Cancel {
                    transfer: answer.transfer,
                    by_sender: true,
                    reason: "the files are no longer on offer".to_owned(),
                }))],
            },
            Frame::Want(want) => {
                match self.outgoing.get_mut(&want.transfer) {
                    Some(outgoing) => outgoing.on_want(device, &want)?,
                    None => self.count(device, Counted::Idle, 1)?,
                }
                Vec::new()
            }
            Frame::FileDone(done) => {
                self.confirm_on_lane(device, done);
                match self.outgoing.get_mut(&done.transfer) {
                    Some(outgoing) => outgoing.on_file_done(device, done.file)?,
                    None => Vec::new(),
                }
            }
            Frame::FileFailed(failed) => self.on_file_failed(device, &failed),
            Frame::Pause(pause) => self.on_pause(device, pause),
            Frame::Preview(preview) => match self.incoming.get_mut(&key_of(preview.transfer)) {
                Some(incoming) => incoming.on_preview(preview.file, preview.image)?,
                None => Vec::new(),
            },
            Frame::Cancel(cancel) => self.on_cancel(device, &cancel),
            Frame::Hello(_)
            | Frame::Ping(_)
            | Frame::Pong(_)
            | Frame::Message(_)
            | Frame::Stored(_)
            | Frame::Offer(_)
            | Frame::Credit(_)
            | Frame::SasCommit(_)
            | Frame::SasReveal(_)
            | Frame::LaneReady(_)
            | Frame::LaneOver(_)
            | Frame::Nudge(_)
            | Frame::Typing(_)
            | Frame::Have(_)
            | Frame::Passed(_)
            | Frame::Bye(_) => Vec::new(),
        };
        if steps.is_empty() && !may_be_empty {
            self.count(device, Counted::Idle, 1)?;
        }
        self.take_steps(device, steps);
        self.offer_more(device);
        Ok(())
    }

    fn on_cancel(&mut self, from: DeviceId, cancel: &Cancel) -> Vec<Step> {
        let transfer = cancel.transfer;
        let steps = if cancel.by_sender {
            let incoming = self.incoming.get_mut(&IncomingKey { from, transfer });
            incoming.map(|i| i.cancel(false, &cancel.reason))
        } else {
            let outgoing = self.outgoing.get_mut(&transfer);
            outgoing.map(|o| o.on_cancelled(from, &cancel.reason))
        };
        steps.unwrap_or_default()
    }

    fn on_pause(&mut self, from: DeviceId, pause: Pause) -> Vec<Step> {
        let steps = if pause.by_sender {
            let transfer = pause.transfer;
            let incoming = self.incoming.get_mut(&IncomingKey { from, transfer });
            incoming.map(|i| i.on_paused(pause.is_paused, pause.reason))
        } else {
            let outgoing = self.outgoing.get_mut(&pause.transfer);
            outgoing.map(|o| o.on_paused(from, pause))
        };
        steps.unwrap_or_default()
    }

    fn on_file_failed(&mut self, device: DeviceId, failed: &FileFailed) -> Vec<Step> {
        if failed.by_sender {
            let key = IncomingKey {
                from: device,
                transfer: failed.transfer,
            };
            let incoming = self.incoming.get_mut(&key);
            incoming
                .map(|i| i.fail_file(failed.file, &failed.reason, false))
                .unwrap_or_default()
        } else {
            let outgoing = self.outgoing.get_mut(&failed.transfer);
            outgoing
                .map(|outgoing| outgoing.on_file_failed(device, failed))
                .unwrap_or_default()
        }
    }
}
