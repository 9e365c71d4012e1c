//! The numbers of typed codes, and whose they are.

use core::fmt;
use std::collections::BTreeMap;

use parlor_proto::code::Nameplate;
use parlor_proto::id::{PeerId, RoomId};

/// Separates this use of the server's key from any other.
const KEY_CONTEXT: &str = "parlor signaling 2026-11 typed codes";

/// Numbers are as short as they can be while most of their length are free: first and last.
const SPANS: [(u32, u32); 3] = [(1_000, 9_999), (10_000, 99_999), (100_000, 999_999)];

/// Numbers a member can have: draws of a hash of their name. With half of all numbers free, that
/// all of them are taken does not happen.
const DRAWS_MAX: u64 = 64;

/// A member, as the hub knows them.
pub(super) type MemberName = (RoomId, PeerId);

/// Makes what has to look random: numbers and decoys.
#[derive(Clone)]
pub struct CodeKey([u8; 32]);

impl CodeKey {
    /// From the server's key.
    #[must_use]
    pub fn new(server_key: &[u8; 32]) -> Self {
        Self(blake3::derive_key(KEY_CONTEXT, server_key))
    }

    /// The same for the same input, and foreseeable by nobody without the key.
    pub(super) fn random(&self, purpose: &[u8], input: &[u8]) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(purpose).update(input);
        *hasher.finalize().as_bytes()
    }
}

impl fmt::Debug for CodeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeKey(…)")
    }
}

/// At most one number for each member.
#[derive(Debug, Default)]
pub(super) struct Nameplates {
    by_number: BTreeMap<Nameplate, MemberName>,
    by_member: BTreeMap<MemberName, Nameplate>,
    opened: u64,
}

impl Nameplates {
    /// The member's number: the one they have, else the one they want, else a new one. `None` when
    /// no number is left.
    ///
    /// A wanted number is given only if it is one that this member may have had before: otherwise
    /// whoever asks for numbers would learn from a no which are in use.
    pub(super) fn open(
        &mut self,
        member: MemberName,
        wanted: Option<Nameplate>,
        key: &CodeKey,
    ) -> Option<Nameplate> {
        if let Some(own) = self.by_member.get(&member) {
            return Some(*own);
        }
        let is_free = |number: &Nameplate| !self.by_number.contains_key(number);
        let may_be_theirs = |number: &Nameplate| {
            let spans = SPANS.iter();
            spans
                .copied()
                .any(|span| draws(member, span, key, 0).any(|drawn| drawn == *number))
        };
        let wanted = wanted.filter(|number| is_free(number) && may_be_theirs(number));
        let number = match wanted {
            Some(number) => number,
            None => self.draw(member, key)?,
        };
        self.by_number.insert(number, member);
        self.by_member.insert(member, number);
        Some(number)
    }

    pub(super) fn close(&mut self, member: MemberName) {
        if let Some(number) = self.by_member.remove(&member) {
            self.by_number.remove(&number);
        }
    }

    pub(super) fn owner(&self, number: Nameplate) -> Option<MemberName> {
        self.by_number.get(&number).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.by_number.len()
    }

    fn draw(&mut self, member: MemberName, key: &CodeKey) -> Option<Nameplate> {
        let used = self.by_number.len();
        let has_space = |(first, last): &(u32, u32)| {
            usize::try_from((last - first) / 2).is_ok_and(|n| used < n)
        };
        let span = SPANS.into_iter().find(has_space)?;
        // From another place each time: whoever burnt a code must not know the next one's number.
        self.opened += 1;
        let mut draws = draws(member, span, key, self.opened);
        draws.find(|number| !self.by_number.contains_key(number))
    }
}

/// The numbers of a span that a member can have, from the `start`th on.
fn draws(
    (room, peer): MemberName,
    (first, last): (u32, u32),
    key: &CodeKey,
    start: u64,
) -> impl Iterator<Item = Nameplate> {
    let name = [room.0, peer.0].concat();
    let numbers = (0..DRAWS_MAX).map(move |n| {
        let index = (start.wrapping_add(n) % DRAWS_MAX).to_be_bytes();
        let random = key.random(b"nameplate", &[&index[..], &name].concat());
        let [a, b, c, d, ..] = random;
        first + u32::from_be_bytes([a, b, c, d]) % (last - first + 1)
    });
    numbers.filter_map(|number| Nameplate::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(n: u32) -> MemberName {
        let mut peer = [0; 16];
        peer[..4].copy_from_slice(&n.to_be_bytes());
        (RoomId([1; 16]), PeerId(peer))
    }

    fn key() -> CodeKey {
        CodeKey::new(&[7; 32])
    }

    #[test]
    fn numbers_are_short_and_grow_only_when_half_of_them_are_taken() {
        let mut plates = Nameplates::default();
        let numbers: Vec<u32> = (0..6_000)
            .map(|n| plates.open(member(n), None, &key()).unwrap().into())
            .collect();
        assert!(numbers[..4_000].iter().all(|n| *n < 10_000));
        assert!(
            numbers[5_000..]
                .iter()
                .all(|n| (10_000..100_000).contains(n))
        );
        let distinct: std::collections::BTreeSet<_> = numbers.iter().collect();
        assert_eq!(distinct.len(), numbers.len());
    }

    #[test]
    fn a_member_keeps_their_number_until_they_close_it() {
        let mut plates = Nameplates::default();
        let number = plates.open(member(1), None, &key()).unwrap();
        assert_eq!(plates.open(member(1), None, &key()), Some(number));
        plates.close(member(1));
        assert_eq!((plates.owner(number), plates.len()), (None, 0));
        assert_eq!(plates.open(member(1), Some(number), &key()), Some(number));
    }

    #[test]
    fn asking_for_a_number_does_not_tell_whether_it_is_in_use() {
        let mut plates = Nameplates::default();
        let used = plates.open(member(1), None, &key()).unwrap();
        let unused = (1_000..).map(|n| Nameplate::try_from(n).unwrap());
        let unused: Vec<Nameplate> = unused.filter(|n| *n != used).take(50).collect();
        for (n, wanted) in unused.into_iter().enumerate() {
            let asker = member(100 + u32::try_from(n).unwrap());
            assert_ne!(plates.open(asker, Some(wanted), &key()), Some(wanted));
            plates.close(asker);
        }
        assert_ne!(plates.open(member(2), Some(used), &key()), Some(used));
    }

    #[test]
    fn the_next_code_of_a_member_has_another_number() {
        let mut plates = Nameplates::default();
        let first = plates.open(member(1), None, &key());
        plates.close(member(1));
        assert_ne!(plates.open(member(1), None, &key()), first);
    }

    #[test]
    fn nobody_gets_a_number_that_somebody_has() {
        let mut plates = Nameplates::default();
        let number = plates.open(member(1), None, &key()).unwrap();
        assert_ne!(plates.open(member(2), Some(number), &key()), Some(number));
        assert_eq!(plates.owner(number), Some(member(1)));
    }
}
