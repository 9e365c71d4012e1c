//! A transfer from this device that stands still: for everyone when we pause it, for one device
//! when that does.

use parlor_proto::frame::{Frame, Pause};
use parlor_proto::id::DeviceId;

use super::{Outgoing, ReceiverState};
use crate::notice::Notice;
use crate::transfer::Step;

impl Outgoing {
    pub(super) fn pause_frame(&self) -> Step {
        Step::Frame(Frame::Pause(Pause {
            transfer: self.transfer,
            by_sender: true,
            is_paused: self.is_paused,
            reason: None,
        }))
    }

    /// The person wants it to stand still, or to go on.
    pub(crate) fn pause(&mut self, is_paused: bool) -> Vec<(DeviceId, Vec<Step>)> {
        self.is_paused = is_paused;
        for receiver in self.receivers.values_mut() {
            receiver.pace.stopped();
        }
        let open = self.receivers.iter();
        let open = open.filter(|(_, receiver)| receiver.state != ReceiverState::Ended);
        open.map(|(device, _)| (*device, vec![self.pause_frame()]))
            .collect()
    }

    /// A receiver wants it to stand still, or to go on. It asks again for what it lacks then.
    pub(crate) fn on_paused(&mut self, device: DeviceId, pause: Pause) -> Vec<Step> {
        let transfer = self.transfer;
        let Some(receiver) = self.receivers.get_mut(&device) else {
            return Vec::new();
        };
        let is_same = receiver.paused.is_some() == pause.is_paused;
        if receiver.state != ReceiverState::Active || is_same {
            return Vec::new();
        }
        receiver.pace.stopped();
        receiver.park();
        receiver.paused = pause.is_paused.then(|| pause.reason.clone());
        let by = Some(device);
        vec![Step::Notice(if pause.is_paused {
            Notice::OutgoingPaused {
                transfer,
                by,
                reason: pause.reason,
            }
        } else {
            Notice::OutgoingResumed { transfer, by }
        })]
    }
}
