//! A transfer to this device as a screen shows it.

use super::{FileState, Incoming, IncomingFile, State};
use crate::time::Moment;
use crate::view::{Direction, FileView, HoldView, TransferStateView, TransferView};

impl Incoming {
    pub(crate) fn view(&self, now: Moment) -> TransferView {
        let accepted = || {
            self.files
                .iter()
                .filter(|f| !matches!(f.state, FileState::Declined))
        };
        let total_bytes = accepted().map(|file| file.offered.size).sum::<u64>();
        let done_bytes = accepted().map(IncomingFile::done_bytes).sum::<u64>();
        let left = total_bytes.saturating_sub(done_bytes);
        let under_way = self
            .numbered()
            .filter(|(_, file)| file.state.is_busy())
            .map(|(index, file)| FileView {
                file: index,
                size: file.offered.size,
                done_bytes: file.done_bytes(),
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
            total_bytes,
            done_bytes,
            sent_bytes: 0,
            files: accepted().count(),
            done_files: accepted()
                .filter(|f| matches!(f.state, FileState::Done))
                .count(),
            under_way: under_way.collect(),
            bytes_per_second: self.pace.bytes_per_second(now),
            time_left: self.pace.time_left(left, now),
            hold: self.hold_view(),
        }
    }

    fn hold_view(&self) -> Option<HoldView> {
        if self.state != State::Active {
            return None;
        }
        match (self.hold.shown(), &self.hold.by_sender) {
            (Some(reason), _) => Some(HoldView {
                by_us: true,
                reason,
            }),
            (None, Some(reason)) => Some(HoldView {
                by_us: false,
                reason: reason.clone(),
            }),
            (None, None) => None,
        }
    }
}

impl IncomingFile {
    fn done_bytes(&self) -> u64 {
        match &self.state {
            FileState::Receiving { have, .. } => have.total(),
            FileState::Finishing | FileState::Done => self.offered.size,
            FileState::Declined
            | FileState::Queued
            | FileState::Creating
            | FileState::Failed { .. } => 0,
        }
    }
}
