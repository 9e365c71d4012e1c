//! What is said of a transfer from this device.

use bytes::Bytes;
use parlor_proto::frame::{Cancel, FileFailed, Frame, Preview};
use parlor_proto::id::DeviceId;

use super::Outgoing;
use crate::transfer::Step;

impl Outgoing {
    pub(super) fn preview_frame(&self, file: u32, image: &Bytes) -> Step {
        Step::Frame(Frame::Preview(Preview {
            transfer: self.transfer,
            file,
            image: image.to_vec(),
        }))
    }

    pub(super) fn cancel_frame(&self, reason: &str) -> Step {
        Step::Frame(Frame::Cancel(Cancel {
            transfer: self.transfer,
            by_sender: true,
            reason: reason.to_owned(),
        }))
    }

    /// Which of the files that `device` takes cannot be read, in case it has not heard.
    pub(super) fn failures_again(&self, device: DeviceId) -> Vec<Step> {
        let Some(receiver) = self.receivers.get(&device) else {
            return Vec::new();
        };
        let missed = self
            .broken
            .iter()
            .filter(|(file, _)| receiver.failed.contains(file));
        missed
            .map(|(file, reason)| self.failed_frame(*file, reason))
            .collect()
    }

    /// Which of these files cannot be read.
    pub(super) fn tell_broken(&self, files: &[u32]) -> Vec<Step> {
        let broken = files
            .iter()
            .filter_map(|file| Some((file, self.broken.get(file)?)));
        broken
            .map(|(file, reason)| self.failed_frame(*file, reason))
            .collect()
    }

    pub(super) fn failed_frame(&self, file: u32, reason: &str) -> Step {
        Step::Frame(Frame::FileFailed(FileFailed {
            transfer: self.transfer,
            file,
            reason: reason.to_owned(),
            by_sender: true,
        }))
    }
}
