//! The first words on a new link: each side proves itself, then says hello.

use parlor_proto::frame::{Frame, Hello, LANE_QUIC};
use parlor_proto::id::PeerId;
use parlor_proto::limits::BULK_FRAME_MAX_BYTES;
use parlor_proto::version::VERSIONS;

use super::{Config, Session};
use crate::device::DevicePublic;
use crate::handshake::{Handshake, HandshakeFailed, Progress, Proven, Scene};
use crate::output::{LinkAction, Role};
use crate::peer::{LinkState, Stage};

/// Sent in place of a proof by a side that found none: no handshake message is this short.
const NO_PROOF: [u8; 1] = [0];

impl Session {
    /// File bytes a peer may send on a new link: the window, less what of it still waits for our
    /// disk. A peer that has not said who it is may be any device that is not connected.
    fn allowed_bytes(&self, id: PeerId) -> u32 {
        let known_as = self
            .peers
            .get(&id)
            .and_then(|peer| Some(peer.known_as.as_ref()?.0));
        let waiting = self.unsettled.iter().filter(|(device, _)| {
            known_as.map_or_else(
                || self.peer_of(**device).is_none(),
                |known| known == **device,
            )
        });
        let most = waiting.map(|(_, bytes)| *bytes).max().unwrap_or(0);
        let most = u32::try_from(most).unwrap_or(u32::MAX);
        self.config.window_bytes.saturating_sub(most)
    }

    /// The channels are open: each side proves itself before anything else is said.
    pub(super) fn begin_handshake(&mut self, id: PeerId, local: &str, remote: &str) {
        let seed = self.random.block();
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let LinkState::Connecting { stage, .. } = &mut peer.state else {
            return;
        };
        if !matches!(stage, Stage::Dialling) {
            return;
        }
        let (ours, theirs) = ((peer.me, local), (peer.id, remote));
        let (offerer, answerer) = match peer.role {
            Role::Offerer => (ours, theirs),
            Role::Answerer => (theirs, ours),
        };
        let scene = Scene {
            room: self.room,
            attempt: peer.attempt,
            offerer,
            answerer,
        };
        let Config { device, secret, .. } = &self.config;
        let psk = secret.psk();
        let started = Handshake::new(peer.role, device, &psk, &scene, seed)
            .and_then(|mut handshake| Ok((handshake.start()?, handshake)));
        match started {
            Ok((first, handshake)) => {
                *stage = Stage::Proving(Box::new(handshake));
                if let Some(first) = first {
                    self.link(id, LinkAction::SendControl(first.into()));
                }
            }
            Err(failed) => self.refuse_unproven(id, failed),
        }
    }

    /// A handshake message of the peer.
    pub(super) fn on_proof(&mut self, id: PeerId, message: &[u8]) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let LinkState::Connecting { stage, .. } = &mut peer.state else {
            return;
        };
        let Stage::Proving(handshake) = stage else {
            return;
        };
        match handshake.read(message) {
            Ok(Progress { reply, proven }) => {
                if let Some(proven) = &proven {
                    *stage = Stage::Greeting(*proven);
                }
                if let Some(reply) = reply {
                    self.link(id, LinkAction::SendControl(reply.into()));
                }
                if let Some(proven) = proven {
                    self.send_hello(id, &proven);
                }
            }
            Err(failed) => self.refuse_unproven(id, failed),
        }
    }

    /// Somebody without the room's secret, or somebody between us. The other side, honest or not,
    /// gets a message that proves nothing, so that it learns of the failure and is warned as well.
    pub(super) fn refuse_unproven(&mut self, id: PeerId, failed: HandshakeFailed) {
        self.link(id, LinkAction::SendControl(NO_PROOF.as_slice().into()));
        self.refuse(id, &failed.to_string());
    }

    fn send_hello(&mut self, id: PeerId, proven: &Proven) {
        let window_bytes = self.allowed_bytes(id);
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.allowed_bytes = window_bytes;
        }
        let key = &self.config.device;
        let device = key.id();
        let hello = Hello {
            versions: VERSIONS,
            device,
            name: self.config.name.clone(),
            avatar: self.config.avatar,
            window_bytes,
            bulk_frame_max_bytes: u32::try_from(BULK_FRAME_MAX_BYTES).unwrap_or(u32::MAX),
            signing_key: key.public().signing,
            stream: self.chat.stream(),
            session: self.number,
            lanes: if self.config.has_lane { LANE_QUIC } else { 0 },
            proof: key.sign(&Hello::signed_bytes(&proven.transcript, device)),
        };
        self.send(id, &Frame::Hello(hello));
    }

    /// The keys of the device, if the hello proves that they are its own and the id is theirs, and
    /// the handshake's transcript.
    pub(super) fn proven_device(
        &self,
        id: PeerId,
        hello: &Hello,
    ) -> Option<(DevicePublic, [u8; 32])> {
        let LinkState::Connecting { stage, .. } = &self.peers.get(&id)?.state else {
            return None;
        };
        let Stage::Greeting(proven) = stage else {
            return None;
        };
        let public = DevicePublic {
            handshake: proven.remote_key,
            signing: hello.signing_key,
        };
        let signed = Hello::signed_bytes(&proven.transcript, hello.device);
        let holds = public.id() == hello.device && public.has_signed(&signed, &hello.proof);
        holds.then_some((public, proven.transcript))
    }
}
