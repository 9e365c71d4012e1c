//! What a peer may ask of us, and how one that asks too much is cut off.

use parlor_proto::frame::{Bye, Frame};
use parlor_proto::id::{DeviceId, PeerId};

use super::Session;
use crate::input::IncomingKey;
use crate::notice::Notice;
use crate::peer::LinkState;
use crate::quota::{Counted, GREETING_FRAMES_MAX};
use crate::transfer::incoming::Incoming;
use crate::transfer::{
    INCOMING_FILES_PER_DEVICE_MAX, INCOMING_MAX, INCOMING_PER_DEVICE_MAX, Violation,
};

/// Peers cut off for breaking the protocol that are remembered by id.
const REFUSED_MAX: usize = 64;

/// Ended transfers of a device that are remembered, as a multiple of the open ones it may have.
const ENDED_SHARE: usize = 3;

/// Said to a device that was cut off and comes back before its time.
pub(super) const STILL_REFUSED: &str =
    "this device was cut off here a few minutes ago; try again later";

impl Session {
    pub(super) fn count(
        &mut self,
        device: DeviceId,
        counted: Counted,
        amount: u64,
    ) -> Result<(), Violation> {
        self.quotas.count(device, counted, amount, self.now)
    }

    /// Counts a frame before anybody looks into it.
    pub(super) fn count_frame(&mut self, id: PeerId, len: usize) -> Result<(), Violation> {
        let Some(peer) = self.peers.get_mut(&id) else {
            return Ok(());
        };
        match &peer.state {
            LinkState::Open(open) => {
                let device = open.device;
                self.count(device, Counted::Frames, 1)?;
                self.count(device, Counted::FrameBytes, len as u64)
            }
            LinkState::Connecting { .. } => {
                peer.greeting_frames = peer.greeting_frames.saturating_add(1);
                if peer.greeting_frames > GREETING_FRAMES_MAX {
                    return Err(Violation("talks on without saying hello"));
                }
                Ok(())
            }
            LinkState::Waiting { .. } => Ok(()),
        }
    }

    /// Counts what a frame makes us do.
    pub(super) fn count_kind(&mut self, device: DeviceId, frame: &Frame) -> Result<(), Violation> {
        let counted = match frame {
            Frame::Ping(_) | Frame::Pong(_) => Counted::Probes,
            Frame::Message(message) => {
                let len = message.text.len() as u64;
                self.count(device, Counted::MessageBytes, len)?;
                Counted::Messages
            }
            // Each is looked up on the disk, or written there.
            Frame::Passed(passed) => {
                let len = passed.message.text.len() as u64;
                self.count(device, Counted::MessageBytes, len)?;
                Counted::Messages
            }
            Frame::Have(have) => {
                self.count(device, Counted::Requests, have.authors.len() as u64)?;
                Counted::Requests
            }
            Frame::Offer(_) | Frame::Cancel(_) | Frame::Pause(_) => Counted::Offers,
            // At most one for each offered file is worth anything.
            Frame::Preview(_) => Counted::Requests,
            Frame::Answer(_) => Counted::Answers,
            Frame::Want(want) => {
                let ranges = want.ranges.len() as u64 / 4;
                self.count(device, Counted::Requests, ranges)?;
                Counted::Requests
            }
            Frame::FileDone(_) | Frame::FileFailed(_) => Counted::Requests,
            Frame::LaneReady(_) | Frame::LaneOver(_) => Counted::Lanes,
            // Counted as frames; a second SasCommit or SasReveal is a violation anyway.
            Frame::Hello(_)
            | Frame::Stored(_)
            | Frame::Credit(_)
            | Frame::SasCommit(_)
            | Frame::SasReveal(_)
            | Frame::Nudge(_)
            | Frame::Typing(_)
            | Frame::Bye(_) => return Ok(()),
        };
        self.count(device, counted, 1)
    }

    /// A frame of a kind that means nothing to us.
    pub(super) fn count_idle(&mut self, id: PeerId) {
        let open = self.peers.get(&id).and_then(|peer| peer.open());
        let Some(device) = open.map(|open| open.device) else {
            return;
        };
        if let Err(violation) = self.count(device, Counted::Idle, 1) {
            self.refuse_violation(id, violation);
        }
    }

    /// A chunk that nobody waits for any more.
    pub(super) fn count_stale(&mut self, device: DeviceId, len: u64) -> Result<(), Violation> {
        self.count(device, Counted::StaleChunks, 1)?;
        self.count(device, Counted::StaleBytes, len)
    }

    /// A message of ours leaves for `device`.
    pub(super) fn count_own(&mut self, device: DeviceId, len: usize) {
        self.quotas.count_own(device, len, self.now);
    }

    /// Something on the channel for what may get lost.
    pub(super) fn on_live(&mut self, id: PeerId, bytes: &[u8]) {
        if let Err(violation) = self.count_frame(id, bytes.len()) {
            return self.refuse_violation(id, violation);
        }
        self.heard(id);
        let open = self.peers.get(&id).and_then(|peer| peer.open());
        let device = open.map(|open| open.device);
        match (device, Frame::decode(bytes)) {
            (Some(device), Ok(Frame::Typing(typing))) => {
                // Each may be news for a screen.
                match self.count(device, Counted::Probes, 1) {
                    Ok(()) => self.on_typing(device, typing),
                    Err(violation) => self.refuse_violation(id, violation),
                }
            }
            // What overtook the hello, what a later version says here, and what has its place
            // elsewhere: none of it is worth a connection.
            (_, Ok(_) | Err(_)) => self.count_idle(id),
        }
    }

    /// Whether a device that proved who it is may come in. Without a violation it was cut off a
    /// short while ago.
    pub(super) fn admit(&mut self, device: DeviceId) -> Result<(), Option<Violation>> {
        if self.quotas.is_refused(device, self.now) {
            return Err(None);
        }
        self.count(device, Counted::Hellos, 1).map_err(|violation| {
            self.quotas.refuse(device, self.now);
            Some(violation)
        })
    }

    /// Whether one more offer of a device can be kept; forgets ended ones when there are many.
    pub(super) fn has_room_for_offer(&mut self, from: DeviceId, files: usize) -> bool {
        let first = IncomingKey { from, transfer: 0 };
        let last = IncomingKey {
            from,
            transfer: u64::MAX,
        };
        let theirs = || self.incoming.range(first..=last).map(|(_, known)| known);
        let open = theirs().filter(|incoming| !incoming.is_ended());
        let (offers, open_files) = totals(open);
        if offers >= INCOMING_PER_DEVICE_MAX || open_files + files > INCOMING_FILES_PER_DEVICE_MAX {
            return false;
        }
        if self.incoming.len() >= INCOMING_MAX {
            // Of devices that are gone only what is under way is worth keeping.
            let here: Vec<DeviceId> = self.open_devices().iter().map(|(_, d)| *d).collect();
            self.incoming
                .retain(|key, incoming| incoming.is_under_way() || here.contains(&key.from));
        }
        if self.incoming.len() >= INCOMING_MAX {
            return false;
        }
        let theirs = || self.incoming.range(first..=last).map(|(_, known)| known);
        let (offers, all_files) = totals(theirs());
        let is_over = offers >= (1 + ENDED_SHARE) * INCOMING_PER_DEVICE_MAX
            || all_files + files > INCOMING_FILES_PER_DEVICE_MAX;
        if is_over {
            self.incoming
                .retain(|key, incoming| key.from != from || !incoming.is_ended());
        }
        true
    }

    /// A peer broke the protocol: it is told, cut off, and not connected to again.
    pub(super) fn refuse_peer(&mut self, id: PeerId, reason: &str) {
        self.say_bye(id, reason);
        self.refuse(id, reason);
    }

    fn say_bye(&mut self, id: PeerId, reason: &str) {
        let reason = reason.to_owned();
        self.send(id, &Frame::Bye(Bye { reason }));
    }

    pub(super) fn refuse(&mut self, id: PeerId, reason: &str) {
        // Only the device that proved itself on this very connection answers for it.
        let open = self.peers.get(&id).and_then(|peer| peer.open());
        let known = open.map(|open| (open.device, open.name.clone()));
        if let Some((device, _)) = &known {
            self.quotas.refuse(*device, self.now);
        }
        self.notice(Notice::PeerRefused {
            peer: id,
            name: known.map(|(_, name)| name),
            reason: reason.to_owned(),
        });
        self.shut_out(id, reason);
    }

    /// A device comes that is not let in: it hears why, and nobody else is bothered.
    pub(super) fn refuse_quietly(&mut self, id: PeerId, why: &str) {
        self.say_bye(id, why);
        self.shut_out(id, why);
    }

    fn shut_out(&mut self, id: PeerId, reason: &str) {
        if self.refused.len() == REFUSED_MAX {
            self.refused.pop_front();
        }
        self.refused.push_back(id);
        self.remove_peer(id, reason);
    }

    pub(super) fn refuse_violation(&mut self, id: PeerId, Violation(what): Violation) {
        self.refuse_peer(id, &format!("the other device {what}"));
    }
}

/// Offers, and files in them.
fn totals<'a>(offers: impl Iterator<Item = &'a Incoming>) -> (usize, usize) {
    offers.fold((0, 0), |(offers, files), incoming| {
        (offers + 1, files + incoming.files())
    })
}
