//! How much one address may ask of the server.
//!
//! An IPv4 address counts by itself; IPv6 counts by /64, which is what one customer gets. Kept in
//! memory only, and never logged.

use core::fmt;
use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use std::collections::BTreeMap;

use super::bucket::Bucket;

/// Addresses that are remembered. Beyond it, those the server has not met share one allowance, so
/// that somebody with many addresses cannot fill the memory.
pub const ADDRESSES_MAX: usize = 65_536;

/// How often a full table is searched for addresses that need no memory.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Allowances of one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressLimits {
    /// Connections opened at once. A school behind one address comes back after a restart.
    pub connects_burst: u32,
    /// Time after which one more may be opened.
    pub connect_every: Duration,
    /// Connections open at the same time.
    pub open_max: u32,
    /// Rooms made, or asked for in vain, at once.
    pub rooms_burst: u32,
    /// Time after which one more may be.
    pub room_every: Duration,
    /// Codes tried at once: a family that mistypes each of theirs.
    pub knocks_burst: u32,
    /// Time after which one more may be tried. A code dies of three wrong tries anyway; this keeps
    /// one address from killing the codes of others by number.
    pub knock_every: Duration,
}

impl Default for AddressLimits {
    fn default() -> Self {
        Self {
            connects_burst: 500,
            connect_every: Duration::from_millis(200),
            open_max: 1_000,
            rooms_burst: 200,
            room_every: Duration::from_secs(2),
            knocks_burst: 10,
            knock_every: Duration::from_secs(6),
        }
    }
}

/// Who is counted together. Its debug form does not show the address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientKey(u64, bool);

impl From<IpAddr> for ClientKey {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self(u32::from(v4).into(), false),
            IpAddr::V6(v6) => Self((u128::from(v6) >> 64) as u64, true),
        }
    }
}

impl From<Ipv4Addr> for ClientKey {
    fn from(address: Ipv4Addr) -> Self {
        Self::from(IpAddr::V4(address))
    }
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientKey(…)")
    }
}

#[derive(Debug, Default, Clone)]
struct Entry {
    connects: Bucket,
    rooms: Bucket,
    knocks: Bucket,
    open: u32,
}

/// Where a connection is counted, for as long as it is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    /// With its own address.
    Own(ClientKey),
    /// With all those there was no place for.
    Shared,
}

/// The allowances of all addresses.
#[derive(Debug)]
pub(super) struct Addresses {
    limits: AddressLimits,
    entries: BTreeMap<ClientKey, Entry>,
    /// Shared by those there is no place for.
    overflow: Entry,
    swept_at: Duration,
}

impl Addresses {
    pub(super) fn new(limits: AddressLimits) -> Self {
        Self {
            limits,
            entries: BTreeMap::new(),
            overflow: Entry::default(),
            swept_at: Duration::ZERO,
        }
    }

    /// Counts a connection that opened, and says how long to wait if it is one too many. Either
    /// way [`Self::closed`] follows when it ends.
    pub(super) fn connect(
        &mut self,
        from: ClientKey,
        now: Duration,
    ) -> (Counted, Result<(), Duration>) {
        let limits = self.limits;
        self.make_place(from, now);
        let counted = if self.entries.contains_key(&from) {
            Counted::Own(from)
        } else {
            Counted::Shared
        };
        let entry = self.entry(counted);
        entry.open += 1;
        if entry.open > limits.open_max {
            return (counted, Err(limits.connect_every));
        }
        let Entry { connects, .. } = entry;
        let taken = connects.take(now, limits.connect_every, limits.connects_burst);
        (counted, taken)
    }

    pub(super) fn closed(&mut self, counted: Counted) {
        let entry = self.entry(counted);
        entry.open = entry.open.saturating_sub(1);
    }

    /// Counts a room made or asked for in vain, or says how long to wait.
    pub(super) fn room(&mut self, counted: Counted, now: Duration) -> Result<(), Duration> {
        let AddressLimits {
            room_every,
            rooms_burst,
            ..
        } = self.limits;
        self.entry(counted).rooms.take(now, room_every, rooms_burst)
    }

    /// Counts a try of a code, or says how long to wait.
    pub(super) fn knock(&mut self, counted: Counted, now: Duration) -> Result<(), Duration> {
        let AddressLimits {
            knock_every,
            knocks_burst,
            ..
        } = self.limits;
        let entry = self.entry(counted);
        entry.knocks.take(now, knock_every, knocks_burst)
    }

    fn entry(&mut self, counted: Counted) -> &mut Entry {
        match counted {
            Counted::Own(from) => self.entries.entry(from).or_default(),
            Counted::Shared => &mut self.overflow,
        }
    }

    fn make_place(&mut self, from: ClientKey, now: Duration) {
        if self.entries.contains_key(&from) {
            return;
        }
        if self.entries.len() >= ADDRESSES_MAX && self.swept_at + SWEEP_EVERY <= now {
            self.swept_at = now;
            self.entries.retain(|_, entry| {
                let buckets = [&entry.connects, &entry.rooms, &entry.knocks];
                entry.open > 0 || buckets.iter().any(|bucket| !bucket.is_full(now))
            });
        }
        if self.entries.len() < ADDRESSES_MAX {
            self.entries.insert(from, Entry::default());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(1_000);

    fn key(address: &str) -> ClientKey {
        address.parse::<IpAddr>().unwrap().into()
    }

    fn addresses() -> Addresses {
        Addresses::new(AddressLimits {
            knocks_burst: 2,
            ..AddressLimits::default()
        })
    }

    #[test]
    fn a_network_of_ipv6_counts_as_one_and_neighbours_as_others() {
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
        assert_ne!(key("0.0.0.1"), key("0:0:0:1::1"));
    }

    #[test]
    fn too_many_tries_of_codes_wait_and_others_do_not() {
        let mut addresses = addresses();
        let (one, allowed) = addresses.connect(key("192.0.2.1"), START);
        let (other, _) = addresses.connect(key("192.0.2.2"), START);
        assert_eq!(allowed, Ok(()));
        assert_eq!(addresses.knock(one, START), Ok(()));
        assert_eq!(addresses.knock(one, START), Ok(()));
        let wait = addresses.knock(one, START).unwrap_err();
        assert_eq!(addresses.knock(other, START), Ok(()));
        assert_eq!(addresses.knock(one, START + wait), Ok(()));
    }

    #[test]
    fn more_open_connections_than_allowed_are_refused_until_one_closes() {
        let limits = AddressLimits {
            open_max: 1,
            ..AddressLimits::default()
        };
        let mut addresses = Addresses::new(limits);
        let from = key("192.0.2.1");
        let (first, allowed) = addresses.connect(from, START);
        let (second, refused) = addresses.connect(from, START);
        assert!(allowed.is_ok() && refused.is_err());
        addresses.closed(first);
        addresses.closed(second);
        assert!(addresses.connect(from, START).1.is_ok());
    }

    #[test]
    fn strangers_by_the_thousand_share_what_is_left_and_are_forgotten() {
        let mut addresses = addresses();
        let strangers = (0..).map(|n: u32| ClientKey::from(Ipv4Addr::from(n)));
        let mut counted = Vec::new();
        for from in strangers.take(ADDRESSES_MAX + 3) {
            let (at, allowed) = addresses.connect(from, START);
            assert!(allowed.is_ok());
            let _ = addresses.knock(at, START);
            counted.push(at);
        }
        assert_eq!(addresses.entries.len(), ADDRESSES_MAX);
        let late = ClientKey::from(Ipv4Addr::from(u32::MAX));
        let (shared, allowed) = addresses.connect(late, START);
        assert!(allowed.is_ok() && shared == Counted::Shared);
        assert!(
            addresses.knock(shared, START).is_err(),
            "they share a bucket"
        );
        for at in counted {
            addresses.closed(at);
        }
        let later = START + Duration::from_secs(3_600);
        let (own, _) = addresses.connect(late, later);
        assert_eq!((own, addresses.entries.len()), (Counted::Own(late), 1));
        addresses.closed(shared);
        assert_eq!(addresses.overflow.open, 0);
    }
}
