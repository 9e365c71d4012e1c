//! Resume tokens: made and checked by the [`hub`](crate::hub), kept by clients, stored by nobody.
//!
//! A token is `base64url(version ‖ peer ‖ expiry ‖ mac)` with a MAC by keyed BLAKE3 over the room
//! as well, so it is good in one room only and any server with the same key can check it: members
//! come back as themselves after a restart.

use core::fmt;
use core::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use parlor_proto::id::{PeerId, RoomId};
use parlor_proto::signal::ResumeToken;

/// Separates this use of the server's key from any other.
const KEY_CONTEXT: &str = "parlor signaling 2026-11 resume token";
const VERSION: u8 = 1;
const PEER_BYTES: usize = 16;
const EXPIRY_BYTES: usize = 8;
const MAC_BYTES: usize = 32;
const SIGNED_BYTES: usize = 1 + PEER_BYTES + EXPIRY_BYTES;
const TOKEN_BYTES: usize = SIGNED_BYTES + MAC_BYTES;

/// Makes and checks tokens.
#[derive(Clone)]
pub struct ResumeKey([u8; 32]);

/// What a good token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// Who its holder was.
    pub peer: PeerId,
    /// Until when it counts for a member the hub no longer remembers.
    pub expires: Duration,
}

impl ResumeKey {
    /// Derives the token key from the server's key.
    #[must_use]
    pub fn new(server_key: &[u8; 32]) -> Self {
        Self(blake3::derive_key(KEY_CONTEXT, server_key))
    }

    /// A token for `peer` of `room`. `expires` is kept to the second.
    #[must_use]
    pub fn mint(&self, room: RoomId, peer: PeerId, expires: Duration) -> ResumeToken {
        let mut token = Vec::with_capacity(TOKEN_BYTES);
        token.push(VERSION);
        token.extend_from_slice(&peer.0);
        token.extend_from_slice(&expires.as_secs().to_be_bytes());
        let mac = self.mac(room, &token);
        token.extend_from_slice(mac.as_bytes());
        ResumeToken::new(BASE64URL_NOPAD.encode(&token)).expect("base64url is short and plain")
    }

    /// Who the holder of `token` was in `room`; `None` if this key did not make it for this room.
    /// The expiry is the caller's to judge.
    #[must_use]
    pub fn open(&self, room: RoomId, token: &ResumeToken) -> Option<Claim> {
        let bytes = BASE64URL_NOPAD.decode(token.as_str().as_bytes()).ok()?;
        let (signed, mac) = bytes.split_at_checked(SIGNED_BYTES)?;
        let mac: [u8; MAC_BYTES] = mac.try_into().ok()?;
        // `blake3::Hash` compares in constant time.
        if self.mac(room, signed) != mac {
            return None;
        }
        let (version, rest) = signed.split_first()?;
        let (peer, expiry) = rest.split_at_checked(PEER_BYTES)?;
        (*version == VERSION).then_some(())?;
        Some(Claim {
            peer: PeerId(peer.try_into().ok()?),
            expires: Duration::from_secs(u64::from_be_bytes(expiry.try_into().ok()?)),
        })
    }

    fn mac(&self, room: RoomId, signed: &[u8]) -> blake3::Hash {
        let mut mac = blake3::Hasher::new_keyed(&self.0);
        mac.update(&room.0);
        mac.update(signed);
        mac.finalize()
    }
}

impl fmt::Debug for ResumeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ResumeKey(<hidden>)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: RoomId = RoomId([1; 16]);
    const PEER: PeerId = PeerId([2; 16]);
    const EXPIRES: Duration = Duration::from_secs(1_800_000_000);

    fn key() -> ResumeKey {
        ResumeKey::new(&[7; 32])
    }

    #[test]
    fn a_token_says_who_its_holder_was() {
        let token = key().mint(ROOM, PEER, EXPIRES);
        assert_eq!(token.as_str().len(), 76);
        let claim = Claim {
            peer: PEER,
            expires: EXPIRES,
        };
        assert_eq!(key().open(ROOM, &token), Some(claim));
    }

    #[test]
    fn a_token_is_good_in_its_own_room_only() {
        let token = key().mint(ROOM, PEER, EXPIRES);
        assert_eq!(key().open(RoomId([9; 16]), &token), None);
    }

    #[test]
    fn a_token_of_another_key_is_refused() {
        let token = ResumeKey::new(&[8; 32]).mint(ROOM, PEER, EXPIRES);
        assert_eq!(key().open(ROOM, &token), None);
    }

    #[test]
    fn a_token_changed_anywhere_is_refused() {
        let token = key().mint(ROOM, PEER, EXPIRES);
        for at in 0..token.as_str().len() {
            let mut text = token.as_str().as_bytes().to_vec();
            text[at] = if text[at] == b'A' { b'B' } else { b'A' };
            let changed = ResumeToken::new(String::from_utf8(text).unwrap()).unwrap();
            assert_eq!(key().open(ROOM, &changed), None, "changed at {at}");
        }
    }

    #[test]
    fn texts_of_other_lengths_are_refused() {
        let token = key().mint(ROOM, PEER, EXPIRES);
        for len in 1..token.as_str().len() {
            let cut = ResumeToken::new(&token.as_str()[..len]).unwrap();
            assert_eq!(key().open(ROOM, &cut), None);
        }
        let long = ResumeToken::new(format!("{}AAAA", token.as_str())).unwrap();
        assert_eq!(key().open(ROOM, &long), None);
    }
}
