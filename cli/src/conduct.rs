//! When a command is done, and how it ends: decided from what happened and the time alone.
//!
//! A conduct is told every [`RoomEvent`] and asked for its verdict after each one and every
//! quarter of a second. It opens no socket, reads no file and asks for no time, so its tests are
//! lists of events.

use core::time::Duration;
use std::collections::BTreeMap;

use parlor_core::room::RoomEvent;
use parlor_core::room::input::IncomingKey;
use parlor_core::room::notice::Notice;
use parlor_proto::id::DeviceId;

use crate::exit::Failure;

pub(crate) mod chat;
pub(crate) mod entry;
pub(crate) mod receive;
pub(crate) mod send;

/// How a command ends.
pub(crate) type End = Result<(), Failure>;

/// Something the command has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// Ask the person about an offer.
    Ask(IncomingKey),
    /// Answer an offer: these files, or none.
    Answer(IncomingKey, Vec<u32>),
    /// Make another code: the last one's time is over.
    RenewCode,
}

/// The rules of one command.
pub(crate) trait Conduct {
    /// Takes what happened; gives what is to be done about it.
    fn on_event(&mut self, event: &RoomEvent, now: Duration) -> Vec<Act>;

    /// How the command ends, once it does. `others` is the number of other members known now.
    fn verdict(&mut self, others: usize, now: Duration) -> Option<End>;
}

/// Whether a device is there.
#[derive(Debug)]
struct Seen {
    name: String,
    lost_at: Option<Duration>,
    has_closed: bool,
}

/// Who has been connected, and since when they are lost.
#[derive(Debug)]
pub(crate) struct Presence {
    patience: Duration,
    devices: BTreeMap<DeviceId, Seen>,
}

impl Presence {
    pub(crate) const fn new(patience: Duration) -> Self {
        Self {
            patience,
            devices: BTreeMap::new(),
        }
    }

    pub(crate) fn on_event(&mut self, event: &RoomEvent, now: Duration) {
        let RoomEvent::Session(notice) = event else {
            return;
        };
        if let Notice::PeerConnected { device, name, .. } = notice {
            let name = name.as_str().to_owned();
            let seen = Seen {
                name,
                lost_at: None,
                has_closed: false,
            };
            self.devices.insert(*device, seen);
        } else if let Notice::PeerLost { device, .. } | Notice::PeerLeft { device, .. } = notice
            && let Some(seen) = self.devices.get_mut(device)
        {
            // A device that was lost and is then given up was lost at the first of the two.
            seen.lost_at.get_or_insert(now);
            seen.has_closed = matches!(notice, Notice::PeerLeft { .. });
        }
    }

    /// Whether somebody went on purpose.
    pub(crate) fn has_closed(&self, device: DeviceId) -> bool {
        self.devices
            .get(&device)
            .is_some_and(|seen| seen.has_closed)
    }

    pub(crate) fn has_met_anyone(&self) -> bool {
        !self.devices.is_empty()
    }

    pub(crate) fn connected(&self) -> impl Iterator<Item = DeviceId> {
        let here = self.devices.iter().filter(|(_, s)| s.lost_at.is_none());
        here.map(|(device, _)| *device)
    }

    /// Connected, or lost for so short a time that it is still waited for.
    pub(crate) fn is_awaited(&self, device: DeviceId, now: Duration) -> bool {
        let seen = self.devices.get(&device);
        seen.is_some_and(|seen| self.is_patient(seen, now))
    }

    pub(crate) fn is_anyone_awaited(&self, now: Duration) -> bool {
        self.devices.values().any(|seen| self.is_patient(seen, now))
    }

    fn is_patient(&self, seen: &Seen, now: Duration) -> bool {
        let lost_at = seen.lost_at;
        lost_at.is_none_or(|at| now.saturating_sub(at) < self.patience)
    }

    pub(crate) fn name(&self, device: DeviceId) -> &str {
        let seen = self.devices.get(&device);
        seen.map_or("the other side", |seen| seen.name.as_str())
    }
}

/// "The file" or "1 of 3 files", for those that did not arrive.
pub(crate) fn missing(files: usize, failed: usize) -> String {
    match (files, failed) {
        (0, 1) => "The file".to_owned(),
        (_, _) => format!("{failed} of {} files", files + failed),
    }
}

#[cfg(test)]
pub(crate) mod examples {
    //! Events for the tests of conducts.

    use parlor_core::room::notice::Outcome;
    use parlor_proto::frame::OfferedFile;
    use parlor_proto::id::PeerId;
    use parlor_proto::name::SafePath;
    use parlor_proto::text::DisplayName;

    use super::*;

    pub(crate) const ADA: DeviceId = DeviceId([1; 16]);
    pub(crate) const BOB: DeviceId = DeviceId([2; 16]);
    pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

    pub(crate) const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    pub(crate) fn notice(notice: Notice) -> RoomEvent {
        RoomEvent::Session(notice)
    }

    pub(crate) fn joined(others: usize) -> RoomEvent {
        notice(Notice::Joined { others })
    }

    pub(crate) fn connected(device: DeviceId) -> RoomEvent {
        notice(Notice::PeerConnected {
            peer: PeerId(device.0),
            device,
            name: name_of(device),
            path: None,
            took: s(0),
            standing: parlor_core::room::known::Standing::New,
            avatar: parlor_proto::avatar::Avatar::default(),
        })
    }

    pub(crate) fn lost(device: DeviceId) -> RoomEvent {
        notice(Notice::PeerLost {
            device,
            name: name_of(device),
            reason: "the other device fell silent".to_owned(),
        })
    }

    pub(crate) fn left(device: DeviceId) -> RoomEvent {
        notice(Notice::PeerLeft {
            device,
            name: name_of(device),
            reason: "left the room".to_owned(),
        })
    }

    pub(crate) fn name_of(device: DeviceId) -> DisplayName {
        DisplayName::sanitise(if device == ADA { "Ada" } else { "Bob" })
    }

    pub(crate) fn file(path: &str, size: u64) -> OfferedFile {
        OfferedFile {
            path: SafePath::sanitise(path),
            size,
            root: [0; 32],
            modified_ms: None,
            mime: None,
        }
    }

    pub(crate) const fn complete(files: usize) -> Outcome {
        Outcome::Complete { files, bytes: 0 }
    }

    pub(crate) fn cancelled() -> Outcome {
        let reason = "the receiver stopped it".to_owned();
        Outcome::Cancelled {
            by_us: false,
            reason,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::examples::*;
    use super::*;

    #[test]
    fn a_lost_device_is_awaited_for_as_long_as_patience_lasts() {
        let mut presence = Presence::new(PATIENCE);
        presence.on_event(&connected(ADA), s(0));
        presence.on_event(&lost(ADA), s(10));
        presence.on_event(&left(ADA), s(12));
        assert_eq!(presence.connected().count(), 0);
        assert!(presence.is_awaited(ADA, s(14)));
        assert!(!presence.is_awaited(ADA, s(15)));
        presence.on_event(&connected(ADA), s(16));
        assert!(presence.is_awaited(ADA, s(99)));
        assert_eq!(presence.name(ADA), "Ada");
    }
}
