//! What is told of files and transfers.

use parlor_core::room::input::IncomingKey;
use parlor_core::room::notice::{Notice, OfferStanding, Outcome};
use parlor_proto::frame::OfferedFile;
use parlor_proto::tree::Hash;

use super::{Observer, TransferKey};
use crate::report::{FileReport, Report, Way};

impl Observer {
    pub(super) fn file_report(&mut self, notice: &Notice) -> Option<Report> {
        Some(match notice {
            Notice::Offered {
                key,
                name,
                files,
                standing,
            } => {
                let is_open = *standing == OfferStanding::Open;
                self.offered(*key, name.as_str(), files, is_open)
            }
            Notice::NotOffered { transfer, reason } => Report::NotOffered {
                transfer: transfer.to_string(),
                reason: reason.clone(),
            },
            Notice::OfferAnswered {
                transfer,
                by,
                accepted,
                reason,
            } => Report::OfferAnswered {
                of: self.transfer_ref((Way::Outgoing, *by, *transfer)),
                accepted: *accepted,
                reason: reason.clone(),
            },
            Notice::FileReceived {
                key,
                file,
                stored_as,
            } => {
                let offered = file_at(self.incoming.get(key), *file);
                Report::FileReceived {
                    of: self.transfer_ref((Way::Incoming, key.from, key.transfer)),
                    file: *file,
                    path: stored_as.clone(),
                    size: offered.size,
                    blake3: offered.blake3,
                }
            }
            Notice::FileDelivered { transfer, file, to } => {
                let FileReport { path, size, blake3 } = file_at(self.outgoing.get(transfer), *file);
                Report::FileDelivered {
                    of: self.transfer_ref((Way::Outgoing, *to, *transfer)),
                    file: *file,
                    path,
                    size,
                    blake3,
                }
            }
            Notice::FileNotReceived { .. } | Notice::FileNotDelivered { .. } => {
                return self.failed_report(notice);
            }
            #[allow(
                clippy::wildcard_enum_match_arm,
                reason = "the caller routes by the full list"
            )]
            _ => return None,
        })
    }

    fn failed_report(&self, notice: &Notice) -> Option<Report> {
        Some(match notice {
            Notice::FileNotReceived {
                key, file, reason, ..
            } => Report::FileFailed {
                of: self.transfer_ref((Way::Incoming, key.from, key.transfer)),
                file: *file,
                path: file_at(self.incoming.get(key), *file).path,
                reason: reason.clone(),
            },
            Notice::FileNotDelivered {
                transfer,
                file,
                to,
                reason,
            } => Report::FileFailed {
                of: self.transfer_ref((Way::Outgoing, *to, *transfer)),
                file: *file,
                path: file_at(self.outgoing.get(transfer), *file).path,
                reason: reason.clone(),
            },
            #[allow(
                clippy::wildcard_enum_match_arm,
                reason = "the caller routes by the full list"
            )]
            _ => return None,
        })
    }

    /// A transfer stands still or goes on. What we want of our own we need not be told.
    pub(super) fn hold_report(&self, notice: &Notice) -> Option<Report> {
        let (of, by_us, paused) = match notice {
            Notice::IncomingPaused { key, by_us, reason } => (
                (Way::Incoming, key.from, key.transfer),
                *by_us,
                Some(reason),
            ),
            Notice::IncomingResumed { key, by_us } => {
                ((Way::Incoming, key.from, key.transfer), *by_us, None)
            }
            Notice::OutgoingPaused {
                transfer,
                by: Some(device),
                reason,
            } => ((Way::Outgoing, *device, *transfer), false, Some(reason)),
            Notice::OutgoingResumed {
                transfer,
                by: Some(device),
            } => ((Way::Outgoing, *device, *transfer), false, None),
            #[allow(
                clippy::wildcard_enum_match_arm,
                reason = "the caller routes by the full list"
            )]
            _ => return None,
        };
        let of = self.transfer_ref(of);
        Some(match paused {
            Some(reason) => Report::TransferPaused {
                of,
                by_us,
                reason: reason.clone(),
            },
            None => Report::TransferResumed { of, by_us },
        })
    }

    fn offered(
        &mut self,
        key: IncomingKey,
        name: &str,
        files: &[OfferedFile],
        is_open: bool,
    ) -> Report {
        self.incoming.insert(key, files.to_vec());
        self.names
            .entry(key.from)
            .or_insert_with(|| name.to_owned());
        self.offers += 1;
        Report::Offered {
            offer: self.offers,
            from: key.from.to_string(),
            name: name.to_owned(),
            transfer: key.transfer.to_string(),
            files: files.iter().map(file_report).collect(),
            total_bytes: files.iter().map(|file| file.size).sum(),
            is_open,
        }
    }

    pub(super) fn outcome_report(&self, key: TransferKey, outcome: &Outcome) -> Report {
        let of = self.transfer_ref(key);
        match outcome {
            Outcome::Complete { files, bytes } => Report::TransferComplete {
                of,
                files: *files,
                bytes: *bytes,
            },
            Outcome::Incomplete { files, failed } => Report::TransferIncomplete {
                of,
                files: *files,
                failed: *failed,
            },
            Outcome::Declined => Report::TransferDeclined { of },
            Outcome::Cancelled { by_us, reason } => Report::TransferCancelled {
                of,
                by_us: *by_us,
                reason: reason.clone(),
            },
        }
    }
}

pub(super) fn file_report(file: &OfferedFile) -> FileReport {
    FileReport {
        path: file.path.to_string(),
        size: file.size,
        blake3: hex(&file.root),
    }
}

fn file_at(files: Option<&Vec<OfferedFile>>, index: u32) -> FileReport {
    let file = files.and_then(|files| files.get(index as usize));
    file.map_or_else(
        || FileReport {
            path: format!("file {index}"),
            size: 0,
            blake3: String::new(),
        },
        file_report,
    )
}

fn hex(hash: &Hash) -> String {
    blake3::Hash::from_bytes(*hash).to_hex().to_string()
}
