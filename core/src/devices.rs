//! The devices that were met, in the file of local state.

use parlor_engine::device::DevicePublic;
use parlor_engine::known::{KNOWN_DEVICES_MAX, KnownDevice};
use parlor_proto::id::DeviceId;
use parlor_proto::text::DisplayName;
use rusqlite::{Connection, params};

use crate::clock::wall_clock_ms;
use crate::store::Store;

impl Store {
    /// Everybody who was met, in the order of the first meetings. Of more than the limit the
    /// blocked, the verified and those met last stay; the others are forgotten.
    pub(crate) fn known_devices(&self) -> rusqlite::Result<Vec<KnownDevice>> {
        let max = i64::try_from(KNOWN_DEVICES_MAX).unwrap_or(i64::MAX);
        self.connection.execute(
            "DELETE FROM known_device WHERE place NOT IN (
                 SELECT place FROM known_device
                 ORDER BY is_blocked DESC, is_verified DESC, last_met_at_ms DESC, place LIMIT ?1)",
            [max],
        )?;
        all(&self.connection)
    }

    /// Puts down what is known of a device; the name it had first stays.
    pub(crate) fn remember(&self, device: &KnownDevice) -> rusqlite::Result<()> {
        let DevicePublic { handshake, signing } = device.public;
        let mut upsert = self.connection.prepare_cached(
            "INSERT INTO known_device (handshake_key, signing_key, name, is_verified,
                 first_met_at_ms, last_met_at_ms, is_blocked)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)
             ON CONFLICT DO UPDATE SET is_verified = ?4, last_met_at_ms = ?5, is_blocked = ?6",
        )?;
        let name = device.name.as_str();
        upsert.execute(params![
            handshake,
            signing,
            name,
            device.is_verified,
            wall_clock_ms(),
            device.is_blocked
        ])?;
        Ok(())
    }

    /// The person wants nothing to do with a device, or will have it back; `member` is what a room
    /// has of one that was never met. Gives what is remembered now.
    pub(crate) fn block(
        &self,
        id: DeviceId,
        member: Option<(DevicePublic, DisplayName)>,
        is_blocked: bool,
    ) -> rusqlite::Result<Option<KnownDevice>> {
        let known = all(&self.connection)?;
        let met = known.into_iter().find(|device| device.public.id() == id);
        let from_room = member.map(|(public, name)| KnownDevice {
            public,
            name,
            is_verified: false,
            is_blocked,
        });
        let Some(device) = met.or(from_room) else {
            return Ok(None);
        };
        let device = KnownDevice {
            is_blocked,
            ..device
        };
        self.remember(&device)?;
        Ok(Some(device))
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

fn all(connection: &Connection) -> rusqlite::Result<Vec<KnownDevice>> {
    let mut select = connection.prepare_cached(
        "SELECT handshake_key, signing_key, name, is_verified, is_blocked FROM known_device
         ORDER BY place",
    )?;
    let rows = select.query_map([], |row| {
        Ok(KnownDevice {
            public: DevicePublic {
                handshake: row.get(0)?,
                signing: row.get(1)?,
            },
            name: DisplayName::sanitise(&row.get::<_, String>(2)?),
            is_verified: row.get(3)?,
            is_blocked: row.get(4)?,
        })
    })?;
    rows.collect()
}

#[cfg(test)]
mod tests {
    use parlor_engine::device::DeviceKey;

    use super::*;
    use crate::options::IdentityLocation;
    use crate::store::Opened;

    fn device(seed: u8, name: &str, is_verified: bool) -> KnownDevice {
        KnownDevice {
            public: *DeviceKey::from_seed(&[seed; 32]).public(),
            name: DisplayName::sanitise(name),
            is_verified,
            is_blocked: false,
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
    fn who_is_blocked_stays_so_until_the_person_says_otherwise() {
        let store = store(&IdentityLocation::Memory);
        let (ada, bob) = (device(1, "Ada", true), device(2, "Bob", false));
        store.remember(&ada).unwrap();
        store.remember(&bob).unwrap();
        let are_blocked = || {
            let known = store.known_devices().unwrap().into_iter();
            known.map(|device| device.is_blocked).collect::<Vec<_>>()
        };
        store.block(ada.public.id(), None, true).unwrap();
        assert_eq!(are_blocked(), [true, false]);
        store.block(ada.public.id(), None, false).unwrap();
        assert_eq!(are_blocked(), [false, false]);
    }

    #[test]
    fn who_is_known_by_hearsay_alone_can_be_blocked() {
        let store = store(&IdentityLocation::Memory);
        let eve = device(5, "Eve", false);
        let id = eve.public.id();
        assert_eq!(store.block(id, None, true).unwrap(), None);
        let member = Some((eve.public, eve.name.clone()));
        let blocked = store.block(id, member, true).unwrap().unwrap();
        assert_eq!(store.known_devices().unwrap(), [blocked]);
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
            SELECT n + 10, randomblob(32), randomblob(32), 'Eve', 0, n, n + 5000000000000, 0
            FROM numbers";
        store.connection.execute(insert, []).unwrap();
        let known = store.known_devices().unwrap();
        assert_eq!(known.len(), KNOWN_DEVICES_MAX);
        assert_eq!(known[0], ada);
    }
}
