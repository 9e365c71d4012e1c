//! The devices that were met, in the file of local state. One thread writes them.

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use parlor_engine::device::DevicePublic;
use parlor_engine::input::DiskInput;
use parlor_engine::known::{KNOWN_DEVICES_MAX, KnownDevice};
use parlor_engine::record::IncomingRecord;
use parlor_proto::id::{DeviceId, RoomId};
use parlor_proto::text::DisplayName;
use rusqlite::{Connection, params};
use tokio::sync::mpsc;

use crate::arrivals::ArrivalChange;
use crate::offers::{KeptOffer, OfferChange};
use crate::options::{IdentityLocation, RoomOptions};
use crate::room::StartError;
use crate::store::{KeyState, Store};

/// Changes waiting for the disk: one for each hello and each decision of the person.
pub(crate) const QUEUE_MAX: usize = 256;

/// A change to what is known.
#[derive(Debug)]
pub(crate) enum DeviceChange {
    Remember(KnownDevice),
    Forget(DeviceId),
    Arrival(ArrivalChange),
    Offer(OfferChange),
}

impl Store {
    /// Everybody who was met, in the order of the first meetings. Of more than the limit the
    /// verified and those met last stay; the others are forgotten.
    pub(crate) fn known_devices(&self) -> rusqlite::Result<Vec<KnownDevice>> {
        let max = i64::try_from(KNOWN_DEVICES_MAX).unwrap_or(i64::MAX);
        self.connection.execute(
            "DELETE FROM known_device WHERE place NOT IN (
                 SELECT place FROM known_device
                 ORDER BY is_verified DESC, last_met_at_ms DESC, place LIMIT ?1)",
            [max],
        )?;
        all(&self.connection)
    }

    /// Puts down what is known of a device; the name it had first stays.
    pub(crate) fn remember(&self, device: &KnownDevice) -> rusqlite::Result<()> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        let now_ms = i64::try_from(now.as_millis()).unwrap_or(i64::MAX);
        let DevicePublic { handshake, signing } = device.public;
        let mut upsert = self.connection.prepare_cached(
            "INSERT INTO known_device (handshake_key, signing_key, name, is_verified,
                 first_met_at_ms, last_met_at_ms)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5)
             ON CONFLICT DO UPDATE SET is_verified = ?4, last_met_at_ms = ?5",
        )?;
        let name = device.name.as_str();
        upsert.execute(params![
            handshake,
            signing,
            name,
            device.is_verified,
            now_ms
        ])?;
        Ok(())
    }

    /// Removes a device.
    pub(crate) fn forget(&self, id: DeviceId) -> rusqlite::Result<()> {
        let known = all(&self.connection)?;
        let Some(device) = known.iter().find(|device| device.public.id() == id) else {
            return Ok(());
        };
        self.connection.execute(
            "DELETE FROM known_device WHERE handshake_key = ?1 AND signing_key = ?2",
            params![device.public.handshake, device.public.signing],
        )?;
        Ok(())
    }
}

/// Everybody who was met, for the start of a session.
pub(crate) fn known(
    store: &Store,
    location: &IdentityLocation,
) -> Result<Vec<KnownDevice>, StartError> {
    store.known_devices().map_err(|error| StartError::Identity {
        path: path_of(location),
        reason: error.to_string(),
    })
}

/// What an earlier session of the same device left of the room's transfers.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    pub(crate) incoming: Vec<IncomingRecord>,
    pub(crate) offers: Vec<KeptOffer>,
    /// The numbers of the offers of all rooms.
    pub(crate) offer_numbers: Vec<u64>,
}

/// The transfers of the room, for the start of a session that is the same device.
pub(crate) fn kept(
    store: &Store,
    options: &RoomOptions,
    key: KeyState,
) -> Result<Kept, StartError> {
    if key == KeyState::InUse {
        return Ok(Kept::default());
    }
    let room = options.invite.secret.room_id();
    let read = || {
        store.forget_old_transfers()?;
        Ok(Kept {
            incoming: store.arrivals(room)?,
            offers: store.offers(room)?,
            offer_numbers: store.offer_numbers()?,
        })
    };
    read().map_err(|error: rusqlite::Error| StartError::Identity {
        path: path_of(&options.identity),
        reason: error.to_string(),
    })
}

fn path_of(location: &IdentityLocation) -> PathBuf {
    match location {
        IdentityLocation::Memory => PathBuf::new(),
        IdentityLocation::Folder(folder) => folder.clone(),
    }
}

fn all(connection: &Connection) -> rusqlite::Result<Vec<KnownDevice>> {
    let mut select = connection.prepare_cached(
        "SELECT handshake_key, signing_key, name, is_verified FROM known_device ORDER BY place",
    )?;
    let rows = select.query_map([], |row| {
        Ok(KnownDevice {
            public: DevicePublic {
                handshake: row.get(0)?,
                signing: row.get(1)?,
            },
            name: DisplayName::sanitise(&row.get::<_, String>(2)?),
            is_verified: row.get(3)?,
        })
    })?;
    rows.collect()
}

/// The thread: carries changes out in order until the queue's other end is gone. Only what fails is
/// answered.
pub(crate) fn run(
    store: &Store,
    room: RoomId,
    mut queue: mpsc::Receiver<DeviceChange>,
    answers: &mpsc::Sender<DiskInput>,
) {
    while let Some(change) = queue.blocking_recv() {
        let (device, done) = match change {
            DeviceChange::Remember(device) => (device.public.id(), store.remember(&device)),
            DeviceChange::Forget(device) => (device, store.forget(device)),
            DeviceChange::Offer(change) => {
                // It is on offer all the same, until the app ends.
                if let Err(error) = store.change_offer(room, &change) {
                    tracing::warn!(%error, "an offer is not remembered");
                }
                continue;
            }
            DeviceChange::Arrival(change) => {
                // The transfer goes on; only after a kill the person is asked again.
                if let Err(error) = store.change_arrival(room, &change) {
                    tracing::warn!(%error, "a transfer is not remembered");
                }
                continue;
            }
        };
        if let Err(error) = done {
            let reason = error.to_string();
            // With nobody to hear it the rest is carried out all the same.
            let _ = answers.blocking_send(DiskInput::DeviceNotRemembered { device, reason });
        }
    }
}

#[cfg(test)]
mod tests {
    use parlor_engine::device::DeviceKey;

    use super::*;
    use crate::store::Opened;

    fn device(seed: u8, name: &str, is_verified: bool) -> KnownDevice {
        KnownDevice {
            public: *DeviceKey::from_seed(&[seed; 32]).public(),
            name: DisplayName::sanitise(name),
            is_verified,
        }
    }

    fn store(location: &IdentityLocation) -> Store {
        Opened::open(location).unwrap().store
    }

    #[test]
    fn devices_are_remembered_in_the_order_they_were_met() {
        let data = tempfile::tempdir().unwrap();
        let location = IdentityLocation::Folder(data.path().to_owned());
        let met = [device(9, "Ada", true), device(1, "Bob", false)];
        let first = store(&location);
        for device in &met {
            first.remember(device).unwrap();
        }
        drop(first);
        assert_eq!(store(&location).known_devices().unwrap(), met);
    }

    #[test]
    fn the_first_name_stays_and_the_latest_verdict_counts() {
        let store = store(&IdentityLocation::Memory);
        store.remember(&device(1, "Ada", true)).unwrap();
        store.remember(&device(1, "Countess", false)).unwrap();
        let known = store.known_devices().unwrap();
        assert_eq!(known, [device(1, "Ada", false)]);
    }

    #[test]
    fn a_forgotten_device_is_gone_and_the_others_stay() {
        let store = store(&IdentityLocation::Memory);
        let (ada, bob) = (device(1, "Ada", true), device(2, "Bob", false));
        store.remember(&ada).unwrap();
        store.remember(&bob).unwrap();
        store.forget(ada.public.id()).unwrap();
        assert_eq!(store.known_devices().unwrap(), [bob]);
    }

    #[test]
    fn of_too_many_devices_the_verified_and_the_latest_stay() {
        let store = store(&IdentityLocation::Memory);
        let ada = device(1, "Ada", true);
        store.remember(&ada).unwrap();
        let insert = "
            WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers LIMIT 5000)
            INSERT INTO known_device
            SELECT n + 10, randomblob(32), randomblob(32), 'Eve', 0, n, n + 5000000000000
            FROM numbers";
        store.connection.execute(insert, []).unwrap();
        let known = store.known_devices().unwrap();
        assert_eq!(known.len(), KNOWN_DEVICES_MAX);
        assert_eq!(known[0], ada);
    }
}
