//! What passes between a newcomer with a typed code and the member who shows it.
//!
//! ```text
//! newcomer                         server                          sponsor
//!    │ knock: half of the key exchange ─────────────────────────────► │
//!    │ ◄──────────────────────────── answer: half of the key exchange │
//!    │ proof: that the newcomer has the key ────────────────────────► │ wrong: one of 3 tries
//!    │ ◄───────────────── answer: the room's secret, sealed under it  │
//! ```
//!
//! The newcomer proves first, so that nobody can try a guess without the sponsor counting it.
//! The texts are base64url and look random to whoever does not know the words; none of them can be
//! checked against a list of words afterwards, as the key exchange's ephemeral secrets are gone.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::BASE64URL_NOPAD;

use crate::code::Nameplate;
use crate::invite::RoomSecret;
use crate::limits::KNOCK_PAYLOAD_MAX_BYTES;
use crate::pake::{Pake, Side, Spake2Ed25519};

const PROOF_CONTEXT: &str = "parlor v1 2026 code newcomer proof";
const INVITATION_CONTEXT: &str = "parlor v1 2026 code invitation key";
const INVITATION_AAD: &[u8] = b"parlor code invitation v1";
const NONCE_BYTES: usize = 24;

/// A text that does not belong to this exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KnockError {
    /// Not base64url, or not of the right shape.
    #[error("not a message of this exchange")]
    Malformed,
    /// Sealed under another key: other words, or changed on the way.
    #[error("sealed by somebody who does not know the code")]
    Forged,
}

/// One side's half of an exchange, while it waits for the other half.
#[derive(Clone)]
pub struct Half {
    side: Side,
    password: Vec<u8>,
    nameplate: Nameplate,
    seed: [u8; 32],
}

/// The key both halves make. Its debug form shows nothing.
#[derive(Clone)]
pub struct Met {
    proof: [u8; 32],
    invitation_key: [u8; 32],
}

impl core::fmt::Debug for Half {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Half")
            .field("side", &self.side)
            .finish_non_exhaustive()
    }
}

impl core::fmt::Debug for Met {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Met(…)")
    }
}

impl Half {
    /// `password` is the words of the code as `Words::password`
    /// gives them; `seed` must be fresh for each exchange.
    #[must_use]
    pub const fn new(side: Side, password: Vec<u8>, nameplate: Nameplate, seed: [u8; 32]) -> Self {
        Self {
            side,
            password,
            nameplate,
            seed,
        }
    }

    /// What to send.
    #[must_use]
    pub fn text(&self) -> String {
        let bound_to = self.bound_to();
        let message = Spake2Ed25519::message(self.side, &self.password, &bound_to, &self.seed);
        BASE64URL_NOPAD.encode(&message)
    }

    /// Puts the other half to this one. Wrong words give another key, which only
    /// [`Met::is_proof`] and [`Met::open`] tell.
    ///
    /// # Errors
    /// [`KnockError::Malformed`].
    pub fn meet(&self, theirs: &str) -> Result<Met, KnockError> {
        let theirs = decode(theirs)?;
        let bound_to = self.bound_to();
        let (password, seed) = (&self.password, &self.seed);
        let key = Spake2Ed25519::key(self.side, password, &bound_to, seed, &theirs)
            .map_err(|_| KnockError::Malformed)?;
        Ok(Met {
            proof: blake3::derive_key(PROOF_CONTEXT, &key),
            invitation_key: blake3::derive_key(INVITATION_CONTEXT, &key),
        })
    }

    fn bound_to(&self) -> [u8; 4] {
        u32::from(self.nameplate).to_be_bytes()
    }
}

impl Met {
    /// What the newcomer sends to show that it has the key.
    #[must_use]
    pub fn proof(&self) -> String {
        BASE64URL_NOPAD.encode(&self.proof)
    }

    /// Whether `text` is the newcomer's proof. Takes the same time however much of it is right.
    #[must_use]
    pub fn is_proof(&self, text: &str) -> bool {
        let proof: Option<[u8; 32]> = decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        // BLAKE3's own hash type compares in constant time.
        proof.is_some_and(|proof| {
            blake3::Hash::from_bytes(proof) == blake3::Hash::from_bytes(self.proof)
        })
    }

    /// The room's secret for the newcomer. `nonce` is random.
    #[must_use]
    pub fn seal(&self, secret: &RoomSecret, nonce: [u8; NONCE_BYTES]) -> String {
        let cipher = XChaCha20Poly1305::new((&self.invitation_key).into());
        let payload = Payload {
            msg: secret.expose(),
            aad: INVITATION_AAD,
        };
        let sealed = cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a secret is far shorter than the cipher's limit");
        BASE64URL_NOPAD.encode(&[&nonce[..], &sealed].concat())
    }

    /// The room's secret from the sponsor, whose knowledge of the words this shows as well.
    ///
    /// # Errors
    /// [`KnockError`].
    pub fn open(&self, text: &str) -> Result<RoomSecret, KnockError> {
        let bytes = decode(text)?;
        let (nonce, sealed) = bytes
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(KnockError::Malformed)?;
        let cipher = XChaCha20Poly1305::new((&self.invitation_key).into());
        let payload = Payload {
            msg: sealed,
            aad: INVITATION_AAD,
        };
        let plain = cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| KnockError::Forged)?;
        let secret = plain.try_into().map_err(|_| KnockError::Malformed)?;
        Ok(RoomSecret::from_bytes(secret))
    }
}

fn decode(text: &str) -> Result<Vec<u8>, KnockError> {
    if text.len() > KNOCK_PAYLOAD_MAX_BYTES {
        return Err(KnockError::Malformed);
    }
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .map_err(|_| KnockError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::decoy_answer;

    const SECRET: RoomSecret = RoomSecret::from_bytes([7; 32]);

    fn nameplate(number: u32) -> Nameplate {
        Nameplate::try_from(number).unwrap()
    }

    fn half(side: Side, password: &str, seed: u8) -> Half {
        Half::new(side, password.into(), nameplate(4821), [seed; 32])
    }

    fn newcomer(password: &str) -> Half {
        half(Side::Newcomer, password, 1)
    }

    fn sponsor(password: &str) -> Half {
        half(Side::Sponsor, password, 2)
    }

    #[test]
    fn whoever_knows_the_words_is_given_the_secret() {
        let (newcomer, sponsor) = (newcomer("amber-otter"), sponsor("amber-otter"));
        let by_newcomer = newcomer.meet(&sponsor.text()).unwrap();
        let by_sponsor = sponsor.meet(&newcomer.text()).unwrap();
        assert!(by_sponsor.is_proof(&by_newcomer.proof()));
        let sealed = by_sponsor.seal(&SECRET, [3; 24]);
        assert_eq!(by_newcomer.open(&sealed), Ok(SECRET));
    }

    #[test]
    fn other_words_prove_nothing_and_open_nothing() {
        let (newcomer, sponsor) = (newcomer("amber-otter"), sponsor("amber-otten"));
        let by_newcomer = newcomer.meet(&sponsor.text()).unwrap();
        let by_sponsor = sponsor.meet(&newcomer.text()).unwrap();
        assert!(!by_sponsor.is_proof(&by_newcomer.proof()));
        let sealed = by_sponsor.seal(&SECRET, [3; 24]);
        assert_eq!(by_newcomer.open(&sealed), Err(KnockError::Forged));
    }

    #[test]
    fn another_number_is_another_exchange() {
        let elsewhere = Half::new(Side::Sponsor, b"amber".into(), nameplate(5), [2; 32]);
        let by_newcomer = newcomer("amber").meet(&elsewhere.text()).unwrap();
        let by_sponsor = elsewhere.meet(&newcomer("amber").text()).unwrap();
        assert!(!by_sponsor.is_proof(&by_newcomer.proof()));
    }

    #[test]
    fn a_server_that_learns_the_words_later_cannot_open_what_it_recorded() {
        let (newcomer, sponsor) = (newcomer("amber"), sponsor("amber"));
        let by_sponsor = sponsor.meet(&newcomer.text()).unwrap();
        let sealed = by_sponsor.seal(&SECRET, [3; 24]);
        for side in [Side::Newcomer, Side::Sponsor] {
            for theirs in [newcomer.text(), sponsor.text()] {
                let late = half(side, "amber", 9).meet(&theirs);
                let opened = late.and_then(|late| late.open(&sealed));
                assert!(opened.is_err(), "{side:?}");
            }
        }
    }

    #[test]
    fn a_halfs_text_is_as_likely_under_any_words() {
        // What a text says of the words would show as a bias of its bits.
        let ones = |password: &str| -> u32 {
            let texts = (0..=255).map(|seed| half(Side::Newcomer, password, seed).text());
            let bytes = texts.flat_map(|text| decode(&text).unwrap().split_off(1));
            bytes.map(|byte| byte.count_ones()).sum()
        };
        let bits = 256 * 32 * 8;
        for password in ["amber", "otter", "canoe", ""] {
            let ones = ones(password);
            assert!(ones.abs_diff(bits / 2) < bits / 50, "{password}: {ones}");
        }
    }

    #[test]
    fn a_decoy_has_the_shape_of_an_answer_and_leads_nowhere() {
        let decoy = BASE64URL_NOPAD.encode(&decoy_answer(nameplate(4821), &[5; 32]));
        assert_eq!(decoy.len(), sponsor("amber").text().len());
        let met = newcomer("amber").meet(&decoy).unwrap();
        let sealed = sponsor("amber").meet(&newcomer("amber").text()).unwrap();
        let sealed = sealed.seal(&SECRET, [3; 24]);
        assert_eq!(met.open(&sealed), Err(KnockError::Forged));
    }

    #[test]
    fn texts_that_are_none_are_refused() {
        let met = newcomer("amber").meet(&sponsor("amber").text()).unwrap();
        for text in ["", "!", "AAAA", &"A".repeat(KNOCK_PAYLOAD_MAX_BYTES + 1)] {
            assert!(newcomer("amber").meet(text).is_err(), "{text}");
            assert!(met.open(text).is_err(), "{text}");
            assert!(!met.is_proof(text), "{text}");
        }
    }

    #[test]
    fn every_changed_character_of_an_invitation_is_noticed() {
        let by_newcomer = newcomer("amber").meet(&sponsor("amber").text()).unwrap();
        let by_sponsor = sponsor("amber").meet(&newcomer("amber").text()).unwrap();
        let sealed = by_sponsor.seal(&SECRET, [3; 24]);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(by_newcomer.open(&changed).is_err(), "character {at}");
        }
    }
}
