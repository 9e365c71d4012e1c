//! A transfer from this device as a screen shows it, for each device that has it.

use parlor_proto::id::DeviceId;

use super::{Outgoing, Receiver, ReceiverState};
use crate::time::Moment;
use crate::view::{Direction, FileView, HoldView, TransferStateView, TransferView};

impl Outgoing {
    pub(crate) fn views(&self, now: Moment) -> impl Iterator<Item = TransferView> {
        self.receivers
            .iter()
            .map(move |(device, receiver)| self.view(*device, receiver, now))
    }

    fn size_of(&self, file: u32) -> u64 {
        self.files.get(file as usize).map_or(0, |file| file.size)
    }

    fn view(&self, with: DeviceId, receiver: &Receiver, now: Moment) -> TransferView {
        let is_open = receiver.state == ReceiverState::Offered;
        let total_bytes = if is_open {
            self.files.iter().map(|file| file.size).sum()
        } else {
            let accepted = receiver.accepted.iter();
            accepted.map(|file| self.size_of(*file)).sum::<u64>()
        };
        let begun = receiver.begun.union(&receiver.done);
        let begun = begun.map(|file| self.size_of(*file)).sum::<u64>();
        let queued = receiver.queued_bytes(None);
        let done_bytes = begun.saturating_sub(queued);
        TransferView {
            transfer: self.transfer,
            with,
            direction: Direction::Outgoing,
            state: match receiver.state {
                ReceiverState::Offered => TransferStateView::Offered,
                ReceiverState::Active => TransferStateView::Active,
                ReceiverState::Ended => TransferStateView::Ended,
            },
            total_bytes,
            done_bytes,
            sent_bytes: receiver.sent_bytes,
            files: if is_open {
                self.files.len()
            } else {
                receiver.accepted.len()
            },
            done_files: receiver.done.len(),
            under_way: self.under_way(receiver),
            bytes_per_second: receiver.pace.bytes_per_second(now),
            time_left: receiver
                .pace
                .time_left(total_bytes.saturating_sub(done_bytes), now),
            hold: self.hold_view(receiver),
        }
    }

    fn under_way(&self, receiver: &Receiver) -> Vec<FileView> {
        if receiver.state != ReceiverState::Active {
            return Vec::new();
        }
        let begun = receiver.begun.difference(&receiver.done);
        let open = begun.filter(|file| !receiver.failed.contains(file));
        open.map(|&file| {
            let size = self.size_of(file);
            FileView {
                file,
                size,
                done_bytes: size.saturating_sub(receiver.queued_bytes(Some(file))),
            }
        })
        .collect()
    }

    fn hold_view(&self, receiver: &Receiver) -> Option<HoldView> {
        if receiver.state == ReceiverState::Ended {
            None
        } else if self.is_paused {
            Some(HoldView {
                by_us: true,
                reason: None,
            })
        } else {
            receiver.paused.as_ref().map(|reason| HoldView {
                by_us: false,
                reason: reason.clone(),
            })
        }
    }
}
