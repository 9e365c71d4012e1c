//! Who somebody is: the emoji on a link, what people say of them, and what is remembered.

use parlor_proto::frame::Frame;
use parlor_proto::id::{DeviceId, PeerId};

use super::Session;
use crate::known::KnownDevice;
use crate::notice::Notice;
use crate::output::{DiskRequest, Role};
use crate::sas::{Sas, SasFailed, SasScene};

/// Devices refused for their emoji that are remembered: as many as peers refused by id.
const REFUSED_DEVICES_MAX: usize = 64;

/// The warning where the emoji are not the same on both sides.
pub(super) const EMOJI_DIFFER: &str = "the emoji differ: somebody may be in between";

/// Said to a device that the person wants nothing to do with. It does not learn more than that.
pub(super) const BLOCKED: &str = "this device does not connect to yours";

impl Session {
    /// Both said hello: the emoji of this link are agreed on.
    pub(super) fn begin_sas(&mut self, id: PeerId, transcript: [u8; 32]) {
        let random = self.random.block();
        let me = self.config.device.id();
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let role = peer.role;
        let Some(open) = peer.open_mut() else {
            return;
        };
        let (offerer, answerer) = match role {
            Role::Offerer => (me, open.device),
            Role::Answerer => (open.device, me),
        };
        let scene = SasScene {
            transcript,
            offerer,
            answerer,
        };
        let (sas, first) = Sas::new(role, scene, random);
        open.sas = Some(sas);
        if let Some(first) = first {
            self.send(id, &first);
        }
    }

    /// Takes a frame of the comparison; one that is not due ends the link.
    pub(super) fn with_sas(
        &mut self,
        id: PeerId,
        take: impl FnOnce(&mut Sas) -> Result<Option<Frame>, SasFailed>,
    ) {
        let open = self.open_link(id);
        let Some(sas) = open.and_then(|open| open.sas.as_mut()) else {
            return;
        };
        match take(sas) {
            Ok(Some(reply)) => self.send(id, &reply),
            Ok(None) => {}
            Err(failed) => self.refuse_peer(id, &failed.to_string()),
        }
    }

    /// The person compared the emoji.
    pub(super) fn verify(&mut self, device: DeviceId, matches: bool) {
        let id = self.peer_of(device);
        let open = id.and_then(|id| Some((id, self.peers.get(&id)?.open()?)));
        let compared = open.filter(|(_, open)| {
            let sas = open.sas.as_ref();
            sas.is_some_and(|sas| sas.emoji().is_some())
        });
        let Some((id, open)) = compared else {
            let reason = "there are no emoji to compare before both are connected".to_owned();
            return self.notice(Notice::NotVerified { device, reason });
        };
        let judged = self.known.judge(open.public, &open.calls_itself, matches);
        self.disk(DiskRequest::RememberDevice { device: judged });
        if !matches {
            if self.refused_devices.len() == REFUSED_DEVICES_MAX {
                self.refused_devices.pop_front();
            }
            self.refused_devices.push_back(device);
            return self.refuse_peer(id, EMOJI_DIFFER);
        }
        self.review(id);
        let name = self.name_of(device);
        self.notice(Notice::Verified { device, name });
    }

    /// The person wants nothing to do with a device, or will have it back.
    pub(super) fn block(&mut self, known: KnownDevice) {
        let (device, is_blocked) = (known.public.id(), known.is_blocked);
        let known = self.known.block(known);
        self.disk(DiskRequest::RememberDevice { device: known });
        if is_blocked && let Some(id) = self.peer_of(device) {
            self.refuse_quietly(id, BLOCKED);
        }
        if !is_blocked {
            self.tell_have(device);
        }
    }

    pub(super) fn forget(&mut self, device: DeviceId) {
        self.known.forget(device);
        self.disk(DiskRequest::ForgetDevice { device });
        if let Some(id) = self.peer_of(device) {
            self.review(id);
        }
    }

    /// What is known of a connected device changed.
    fn review(&mut self, id: PeerId) {
        let known = &self.known;
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        let Some(open) = peer.open_mut() else {
            return;
        };
        let (device, said) = (open.device, open.calls_itself.clone());
        let name = known.shown_name(device, &said);
        open.name = name.clone();
        peer.known_as = Some((device, name));
        peer.standing = Some(known.standing(device, &said));
    }
}
