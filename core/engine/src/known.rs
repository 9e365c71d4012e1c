//! Devices met before: who is new, who came back, and who comes under another's name.
//!
//! A name belongs to the device that used it first here, and to a verified one above all others.
//! What the disk remembers comes in at the start; whatever is learned goes back to it.

use std::collections::BTreeMap;

use parlor_proto::id::DeviceId;
use parlor_proto::name::is_invisible;
use parlor_proto::text::DisplayName;
use unicode_normalization::UnicodeNormalization as _;
use unicode_security::confusable_detection::skeleton;

use crate::device::DevicePublic;

/// Devices that a session is told of at the start: everybody a person meets in years of rooms.
pub const KNOWN_DEVICES_MAX: usize = 4096;

/// New devices that one session learns of: several times the members of the largest room, and too
/// few for a member who makes devices up to push out those that were met before.
pub const NEW_DEVICES_MAX: usize = 256;

/// A device that was met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDevice {
    /// Its keys; its id follows from them.
    pub public: DevicePublic,
    /// The name under which it was first met.
    pub name: DisplayName,
    /// Whether the person compared the emoji with it and they were the same.
    pub is_verified: bool,
    /// Whether the person wants nothing to do with it.
    pub is_blocked: bool,
}

/// What is known of a device that is in the room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Never met before.
    New,
    /// Met before.
    Known {
        /// The name it had first, where it has another now.
        former_name: Option<DisplayName>,
    },
    /// Met before, and verified: shown under the name it had first.
    Verified {
        /// What it calls itself now, where that is another name.
        calls_itself: Option<DisplayName>,
    },
    /// It uses a name that looks like that of another device.
    NameTaken {
        /// The name of that device.
        owner: DisplayName,
        /// Whether that device is verified.
        is_owner_verified: bool,
    },
}

#[derive(Debug)]
struct Entry {
    device: KnownDevice,
    look: Look,
    /// Counts in the order of the first meetings.
    place: usize,
    /// Whether it came in this session.
    has_come: bool,
}

/// All devices met, in this session and before.
#[derive(Debug, Default)]
pub(crate) struct Known {
    devices: BTreeMap<DeviceId, Entry>,
    places: usize,
    /// Met for the first time in this session.
    new: usize,
}

/// Whether a name was given at all: those without one are not told apart by it.
fn is_given(name: &DisplayName) -> bool {
    *name != DisplayName::sanitise("")
}

impl Known {
    /// `devices` in the order of their first meetings; those beyond the limit are not taken.
    pub(crate) fn new(devices: Vec<KnownDevice>) -> Self {
        let mut known = Self::default();
        for device in devices.into_iter().take(KNOWN_DEVICES_MAX) {
            known.insert(device);
        }
        known
    }

    fn insert(&mut self, device: KnownDevice) {
        let entry = Entry {
            look: Look::of(&device.name),
            place: self.places,
            has_come: false,
            device,
        };
        self.places += 1;
        self.devices.insert(entry.device.public.id(), entry);
    }

    /// What is known of a device that calls itself `name`.
    pub(crate) fn standing(&self, id: DeviceId, name: &DisplayName) -> Standing {
        let own = self.devices.get(&id);
        if let Some(Entry { device, .. }) = own.filter(|entry| entry.device.is_verified) {
            let calls_itself = (device.name != *name).then(|| name.clone());
            return Standing::Verified { calls_itself };
        }
        if let Some(owner) = self.owner_of(id, name) {
            return Standing::NameTaken {
                owner: owner.name.clone(),
                is_owner_verified: owner.is_verified,
            };
        }
        match own {
            None => Standing::New,
            Some(Entry { device, .. }) => Standing::Known {
                former_name: (device.name != *name).then(|| device.name.clone()),
            },
        }
    }

    /// The device, other than `id`, that the name belongs to.
    fn owner_of(&self, id: DeviceId, name: &DisplayName) -> Option<&KnownDevice> {
        if !is_given(name) {
            return None;
        }
        let look = Look::of(name);
        // Since when the device itself has the name.
        let own = self.devices.get(&id).filter(|own| own.look.is_like(&look));
        let own_place = own.map_or(usize::MAX, |own| own.place);
        let others = self.devices.iter().filter(|(other, _)| **other != id);
        let rivals = others
            .map(|(_, entry)| entry)
            .filter(|entry| entry.look.is_like(&look))
            .filter(|entry| entry.device.is_verified || entry.place < own_place);
        let owner = rivals.min_by_key(|entry| (!entry.device.is_verified, entry.place));
        owner.map(|entry| &entry.device)
    }

    /// The name to show a device by that calls itself `name`.
    pub(crate) fn shown_name(&self, id: DeviceId, name: &DisplayName) -> DisplayName {
        let own = self.devices.get(&id);
        let bound = own.filter(|entry| entry.device.is_verified);
        bound.map_or(name, |entry| &entry.device.name).clone()
    }

    /// A device said hello. Gives what the disk is to remember of it: once in a session, and if
    /// there is room.
    pub(crate) fn met(&mut self, public: DevicePublic, name: &DisplayName) -> Option<KnownDevice> {
        let id = public.id();
        if !self.devices.contains_key(&id) {
            if self.new >= NEW_DEVICES_MAX {
                return None;
            }
            self.new += 1;
            self.insert(KnownDevice {
                public,
                name: name.clone(),
                is_verified: false,
                is_blocked: false,
            });
        }
        let entry = self.devices.get_mut(&id)?;
        let is_first = !core::mem::replace(&mut entry.has_come, true);
        is_first.then(|| entry.device.clone())
    }

    /// The person compared the emoji with a device. Gives what the disk is to remember: what
    /// people decide has room, however many were met.
    pub(crate) fn judge(
        &mut self,
        public: DevicePublic,
        name: &DisplayName,
        is_verified: bool,
    ) -> KnownDevice {
        let mut device = self.devices.get(&public.id()).map_or_else(
            || KnownDevice {
                public,
                name: name.clone(),
                is_verified,
                is_blocked: false,
            },
            |entry| entry.device.clone(),
        );
        device.is_verified = is_verified;
        match self.devices.get_mut(&public.id()) {
            Some(entry) => entry.device.is_verified = is_verified,
            None => self.insert(device.clone()),
        }
        device
    }

    /// Whether the person wants nothing to do with the device.
    pub(crate) fn is_blocked(&self, id: DeviceId) -> bool {
        let known = self.devices.get(&id);
        known.is_some_and(|entry| entry.device.is_blocked)
    }

    /// The person wants nothing to do with a device, or will have it back. Gives what the disk is to
    /// remember: what people decide has room, however many were met.
    pub(crate) fn block(&mut self, device: KnownDevice) -> KnownDevice {
        match self.devices.get_mut(&device.public.id()) {
            Some(entry) => {
                entry.device.is_blocked = device.is_blocked;
                entry.device.clone()
            }
            None => {
                self.insert(device.clone());
                device
            }
        }
    }

    /// The name that a device had first; none for one that was never met.
    pub(crate) fn first_name(&self, id: DeviceId) -> Option<&DisplayName> {
        self.devices.get(&id).map(|entry| &entry.device.name)
    }

    /// Whether the device was remembered until now.
    pub(crate) fn forget(&mut self, id: DeviceId) -> bool {
        self.devices.remove(&id).is_some()
    }
}

/// How a name looks: two names that a person may take for each other share one of the two forms.
#[derive(Debug, PartialEq, Eq)]
struct Look {
    /// Confusable characters reduced as written, then case: `Iris` with a capital i is `lris`.
    as_written: String,
    /// Case first, then confusable characters: `IRIS` is `iris`.
    in_lower_case: String,
}

impl Look {
    /// UTS #39 skeletons of the name without what shows nothing.
    fn of(name: &DisplayName) -> Self {
        let words: Vec<&str> = name.as_str().split_whitespace().collect();
        let plain: String = words
            .join(" ")
            .nfkc()
            .filter(|c| !is_invisible(*c))
            .collect();
        Self {
            as_written: folded(&skeleton(&plain).collect::<String>()),
            in_lower_case: skeleton(&folded(&plain)).collect(),
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        self.as_written == other.as_written || self.in_lower_case == other.in_lower_case
    }
}

/// Upper case first, so that letters which only grow in it (`ß`) fold as well.
fn folded(text: &str) -> String {
    text.to_uppercase().to_lowercase().nfkc().collect()
}

#[cfg(test)]
mod tests;
