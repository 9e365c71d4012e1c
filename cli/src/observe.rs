//! From the room's events to reports: adds the names, sizes and hashes that an event leaves out.

use std::collections::BTreeMap;

use parlor_core::room::RoomEvent;
use parlor_core::room::input::IncomingKey;
use parlor_core::room::notice::{CodeEnd, Notice};
use parlor_core::room::view::{AddressKind, Direction, PathView, RoomView, TransferView};
use parlor_proto::frame::OfferedFile;
use parlor_proto::id::DeviceId;
use parlor_proto::invite::Invite;

use crate::report::{CodeEndReport, PathReport, PersonReport, Report, TransferRef, Way};

mod files;
pub(crate) mod identity;

/// Transfers by direction, device and number, as the view names them.
pub(crate) type TransferKey = (Way, DeviceId, u64);

/// What was heard so far, as far as later events need it.
#[derive(Debug, Default)]
pub(crate) struct Observer {
    /// The room we open, until its link is shown.
    unshown: Option<Invite>,
    names: BTreeMap<DeviceId, String>,
    incoming: BTreeMap<IncomingKey, Vec<OfferedFile>>,
    outgoing: BTreeMap<u64, Vec<OfferedFile>>,
    offers: u32,
}

impl Observer {
    /// `opened` is the room's invite if we open it; its link is shown once we are in.
    pub(crate) fn new(opened: Option<Invite>) -> Self {
        Self {
            unshown: opened,
            ..Self::default()
        }
    }

    /// What to tell about an event.
    pub(crate) fn reports(&mut self, event: &RoomEvent) -> Vec<Report> {
        match event {
            RoomEvent::Session(notice) => self.notice_reports(notice),
            RoomEvent::Preparing {
                share,
                done_bytes,
                total_bytes,
            } => vec![Report::Preparing {
                share: share.0,
                done_bytes: *done_bytes,
                total_bytes: *total_bytes,
            }],
            RoomEvent::Prepared {
                share,
                transfer,
                files,
                paths: _,
                more,
            } => {
                self.outgoing.insert(*transfer, files.clone());
                vec![Report::Prepared {
                    share: share.0,
                    transfer: transfer.to_string(),
                    files: files.iter().map(files::file_report).collect(),
                    total_bytes: files.iter().map(|file| file.size).sum(),
                    more: *more,
                }]
            }
            RoomEvent::OfferedAgain {
                transfer,
                files,
                paths: _,
            } => {
                self.outgoing.insert(*transfer, files.clone());
                vec![Report::OfferedAgain {
                    transfer: transfer.to_string(),
                    files: files.iter().map(files::file_report).collect(),
                    total_bytes: files.iter().map(|file| file.size).sum(),
                }]
            }
            RoomEvent::NotPrepared {
                share,
                path,
                reason,
                more,
            } => vec![Report::NotPrepared {
                share: share.0,
                path: path.display().to_string(),
                reason: reason.clone(),
                more: *more,
            }],
        }
    }

    fn notice_reports(&mut self, notice: &Notice) -> Vec<Report> {
        let report = match notice {
            Notice::Joined { others } => return self.joined(*others),
            Notice::ServerLost { .. }
            | Notice::PeerConnected { .. }
            | Notice::PeerUnreachable { .. }
            | Notice::PeerLost { .. }
            | Notice::PeerLeft { .. }
            | Notice::PeerRefused { .. } => self.peer_report(notice),
            Notice::ServerSuspected { why } => Some(Report::ServerSuspected {
                reason: why.to_string(),
            }),
            // A line that changes all the time is nothing for a terminal's history.
            Notice::Typing { .. } => None,
            Notice::Said { .. }
            | Notice::NotSaid { .. }
            | Notice::Heard { .. }
            | Notice::Delivered { .. } => self.chat_report(notice),
            Notice::Offered { .. }
            | Notice::NotOffered { .. }
            | Notice::OfferAnswered { .. }
            | Notice::FileReceived { .. }
            | Notice::FileDelivered { .. }
            | Notice::FileNotReceived { .. }
            | Notice::FileNotDelivered { .. } => self.file_report(notice),
            Notice::IncomingPaused { .. }
            | Notice::IncomingResumed { .. }
            | Notice::OutgoingPaused { .. }
            | Notice::OutgoingResumed { .. } => self.hold_report(notice),
            Notice::Received { key, outcome } => {
                let key = (Way::Incoming, key.from, key.transfer);
                Some(self.outcome_report(key, outcome))
            }
            Notice::Sent {
                transfer,
                to,
                outcome,
            } => Some(self.outcome_report((Way::Outgoing, *to, *transfer), outcome)),
            Notice::CodeReady { .. }
            | Notice::CodeUsed { .. }
            | Notice::CodeMistyped { .. }
            | Notice::CodeClosed { .. } => code_report(notice),
            Notice::Verified { device, .. }
            | Notice::NotVerified { device, .. }
            | Notice::NotRemembered { device, .. } => {
                identity::verdict_report(notice, self.name(*device))
            }
            // A terminal shows no pictures.
            Notice::Preview { .. } => None,
            // Told as the error that follows from them, and as the end.
            Notice::Rejected { .. } | Notice::Ended => None,
        };
        report.into_iter().collect()
    }

    fn joined(&mut self, others: usize) -> Vec<Report> {
        let room = self.unshown.take().map(|invite| Report::Room {
            link: invite.to_link(),
            deep_link: invite.to_deep_link(),
            server: invite.server.to_string(),
        });
        let joined = Report::Joined { others };
        room.into_iter().chain([joined]).collect()
    }

    fn peer_report(&mut self, notice: &Notice) -> Option<Report> {
        Some(match notice {
            Notice::ServerLost {
                reason,
                failures,
                retry_in,
            } => Report::ServerLost {
                reason: reason.clone(),
                failures: *failures,
                retry_in_ms: millis(*retry_in),
            },
            Notice::PeerConnected {
                peer: _,
                device,
                name,
                path,
                took,
                standing,
                avatar: _,
            } => {
                let (standing, other_name) = identity::standing_report(standing);
                self.names.insert(*device, name.to_string());
                Report::PeerConnected {
                    device: device.to_string(),
                    name: name.to_string(),
                    path: path.as_ref().map(path_report),
                    connect_ms: millis(*took),
                    standing,
                    other_name,
                }
            }
            Notice::PeerUnreachable {
                peer: _,
                reason,
                failures,
            } => Report::PeerUnreachable {
                reason: reason.clone(),
                failures: *failures,
            },
            Notice::PeerLost {
                device,
                name,
                reason,
            } => Report::PeerLost {
                device: device.to_string(),
                name: name.to_string(),
                reason: reason.clone(),
            },
            Notice::PeerLeft {
                device,
                name,
                reason,
            } => Report::PeerLeft {
                device: device.to_string(),
                name: name.to_string(),
                reason: reason.clone(),
            },
            Notice::PeerRefused { reason, .. } => Report::PeerRefused {
                reason: reason.clone(),
            },
            #[allow(
                clippy::wildcard_enum_match_arm,
                reason = "the caller routes by the full list"
            )]
            _ => return None,
        })
    }

    fn chat_report(&self, notice: &Notice) -> Option<Report> {
        Some(match notice {
            Notice::Said {
                stream: _,
                seq,
                text,
                in_reply_to: _,
                written_at_ms,
                signature: _,
            } => Report::Said {
                seq: *seq,
                text: text.clone(),
                written_at_ms: *written_at_ms,
            },
            Notice::NotSaid { text: _, reason } => Report::NotSaid {
                reason: reason.clone(),
            },
            Notice::Heard {
                author,
                name,
                stream: _,
                seq,
                text,
                in_reply_to: _,
                written_at_ms,
            } => Report::Message {
                device: author.to_string(),
                name: name.to_string(),
                seq: *seq,
                text: text.clone(),
                written_at_ms: *written_at_ms,
            },
            Notice::Delivered { seq, to } => Report::Delivered {
                seq: *seq,
                to: to.to_string(),
                name: self.name(*to),
            },
            #[allow(
                clippy::wildcard_enum_match_arm,
                reason = "the caller routes by the full list"
            )]
            _ => return None,
        })
    }

    /// A transfer of the view, in words of the reports.
    pub(crate) fn transfer_ref(&self, (direction, with, transfer): TransferKey) -> TransferRef {
        TransferRef {
            direction,
            transfer: transfer.to_string(),
            with: with.to_string(),
            name: self.name(with),
        }
    }

    fn name(&self, device: DeviceId) -> String {
        let name = self.names.get(&device);
        name.map_or_else(|| "Somebody".to_owned(), String::clone)
    }
}

/// The key of a transfer in the view.
pub(crate) const fn transfer_key(transfer: &TransferView) -> TransferKey {
    let way = match transfer.direction {
        Direction::Incoming => Way::Incoming,
        Direction::Outgoing => Way::Outgoing,
    };
    (way, transfer.with, transfer.transfer)
}

/// Everyone else in the room.
pub(crate) fn people(view: &RoomView) -> Vec<PersonReport> {
    view.peers.iter().map(identity::person).collect()
}

pub(crate) fn path_report(path: &PathView) -> PathReport {
    PathReport {
        local: address_kind(path.local),
        remote: address_kind(path.remote),
        round_trip_ms: path.round_trip.map(millis_exact),
    }
}

/// As ICE calls them (RFC 8839, section 5.1).
const fn address_kind(kind: AddressKind) -> &'static str {
    match kind {
        AddressKind::Host => "host",
        AddressKind::ServerReflexive => "srflx",
        AddressKind::PeerReflexive => "prflx",
        AddressKind::Relay => "relay",
    }
}

/// To the microsecond; what follows is noise.
fn millis_exact(time: core::time::Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

fn millis(time: core::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn code_report(notice: &Notice) -> Option<Report> {
    Some(match notice {
        Notice::CodeReady {
            code,
            valid_for,
            uses_left,
        } => Report::CodeReady {
            code: code.to_string(),
            valid_s: valid_for.as_secs(),
            uses_left: *uses_left,
        },
        Notice::CodeUsed { uses_left } => Report::CodeUsed {
            uses_left: *uses_left,
        },
        Notice::CodeMistyped { tries_left } => Report::CodeMistyped {
            tries_left: *tries_left,
        },
        Notice::CodeClosed { why } => Report::CodeClosed { why: end_of(*why) },
        #[allow(
            clippy::wildcard_enum_match_arm,
            reason = "the caller routes by the full list"
        )]
        _ => return None,
    })
}

const fn end_of(why: CodeEnd) -> CodeEndReport {
    match why {
        CodeEnd::Expired => CodeEndReport::Expired,
        CodeEnd::Guessed => CodeEndReport::Guessed,
        CodeEnd::UsedUp => CodeEndReport::UsedUp,
        CodeEnd::Closed => CodeEndReport::Closed,
        CodeEnd::Left => CodeEndReport::Left,
        CodeEnd::NoNumber => CodeEndReport::NoNumber,
    }
}
