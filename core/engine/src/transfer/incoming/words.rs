//! What a receiver says, as frames and notices.

use parlor_proto::frame::{
    ByteRange, Cancel, FileFailed, FileRef, Frame, OfferAnswer, Pause, Want,
};

use super::Incoming;
use crate::notice::{Notice, Outcome};
use crate::transfer::Step;

impl Incoming {
    pub(super) fn want(&self, file: u32, ranges: Vec<ByteRange>) -> Step {
        Step::Frame(Frame::Want(Want {
            transfer: self.key.transfer,
            file,
            ranges,
        }))
    }

    pub(super) fn answer(&self, accepted: Vec<u32>, reason: Option<String>) -> Step {
        let transfer = self.key.transfer;
        Step::Frame(Frame::Answer(OfferAnswer {
            transfer,
            accepted,
            done: Vec::new(),
            reason,
        }))
    }

    pub(super) fn pause_frame(&self, is_paused: bool, reason: Option<String>) -> Step {
        Step::Frame(Frame::Pause(Pause {
            transfer: self.key.transfer,
            by_sender: false,
            is_paused,
            reason,
        }))
    }

    pub(super) fn cancel_frame(&self, reason: &str) -> Step {
        Step::Frame(Frame::Cancel(Cancel {
            transfer: self.key.transfer,
            by_sender: false,
            reason: reason.to_owned(),
        }))
    }

    pub(super) fn done_frame(&self, file: u32) -> Step {
        Step::Frame(Frame::FileDone(FileRef {
            transfer: self.key.transfer,
            file,
        }))
    }

    pub(super) fn failed_frame(&self, file: u32, reason: &str) -> Step {
        let reason = reason.to_owned();
        let transfer = self.key.transfer;
        Step::Frame(Frame::FileFailed(FileFailed {
            transfer,
            file,
            reason,
            by_sender: false,
        }))
    }

    pub(super) fn ended(&self, outcome: Outcome) -> Step {
        Step::Notice(Notice::Received {
            key: self.key,
            outcome,
        })
    }
}
