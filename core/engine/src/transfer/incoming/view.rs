//! A transfer to this device as a screen shows it.

use super::{FileState, Incoming, State};
use crate::view::{Direction, TransferStateView, TransferView};

impl Incoming {
    pub(crate) fn view(&self) -> TransferView {
        let accepted = || {
            self.files
                .iter()
                .filter(|f| !matches!(f.state, FileState::Declined))
        };
        let done_bytes = accepted().map(|file| match &file.state {
            FileState::Receiving { have, .. } => have.total(),
            FileState::Finishing | FileState::Done => file.offered.size,
            FileState::Declined
            | FileState::Queued
            | FileState::Creating
            | FileState::Failed { .. } => 0,
        });
        TransferView {
            transfer: self.key.transfer,
            with: self.key.from,
            direction: Direction::Incoming,
            state: match self.state {
                State::Offered => TransferStateView::Offered,
                State::Active => TransferStateView::Active,
                State::Ended => TransferStateView::Ended,
            },
            total_bytes: accepted().map(|file| file.offered.size).sum(),
            done_bytes: done_bytes.sum(),
            files: accepted().count(),
            done_files: accepted()
                .filter(|f| matches!(f.state, FileState::Done))
                .count(),
        }
    }
}
