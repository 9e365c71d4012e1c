//! The long-term key of a device: who it is in every room.
//!
//! One 32-byte seed gives two key pairs: X25519 for the handshake, Ed25519 for signatures. The
//! device id is a hash of both public keys, so an id cannot be claimed without them.

use core::fmt;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use parlor_proto::id::DeviceId;
use zeroize::Zeroizing;

const HANDSHAKE_CONTEXT: &str = "parlor v1 2026 device handshake key";
const SIGNING_CONTEXT: &str = "parlor v1 2026 device signing key";
const ID_CONTEXT: &str = "parlor v1 2026 device id";

/// The secret half. Its debug form shows only the device id.
#[derive(Clone)]
pub struct DeviceKey {
    handshake: Zeroizing<[u8; 32]>,
    signing: SigningKey,
    public: DevicePublic,
}

/// The public half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DevicePublic {
    /// X25519, as the Noise handshake shows it.
    pub handshake: [u8; 32],
    /// Ed25519, as the hello shows it.
    pub signing: [u8; 32],
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DeviceKey").field(&self.public.id()).finish()
    }
}

impl DeviceKey {
    /// From 32 random bytes that the device keeps.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        let handshake = Zeroizing::new(blake3::derive_key(HANDSHAKE_CONTEXT, seed));
        let signing_seed = Zeroizing::new(blake3::derive_key(SIGNING_CONTEXT, seed));
        let signing = SigningKey::from_bytes(&signing_seed);
        let public = DevicePublic {
            handshake: x25519_public(&handshake),
            signing: signing.verifying_key().to_bytes(),
        };
        Self {
            handshake,
            signing,
            public,
        }
    }

    /// The public half.
    #[must_use]
    pub const fn public(&self) -> &DevicePublic {
        &self.public
    }

    /// The device's id.
    #[must_use]
    pub fn id(&self) -> DeviceId {
        self.public.id()
    }

    pub(crate) fn handshake_secret(&self) -> &[u8; 32] {
        &self.handshake
    }

    /// Ed25519 (RFC 8032) over `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.signing.sign(message).to_bytes()
    }
}

impl DevicePublic {
    /// The device's id.
    #[must_use]
    pub fn id(&self) -> DeviceId {
        let both = [self.handshake, self.signing].concat();
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, ..] =
            blake3::derive_key(ID_CONTEXT, &both);
        DeviceId([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p])
    }

    /// Whether the device signed `message`. Strict: small-order keys and malleable signatures are
    /// refused.
    #[must_use]
    pub fn has_signed(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        VerifyingKey::from_bytes(&self.signing)
            .and_then(|key| key.verify_strict(message, &Signature::from_bytes(signature)))
            .is_ok()
    }
}

fn x25519_public(secret: &[u8; 32]) -> [u8; 32] {
    curve25519_dalek::MontgomeryPoint::mul_base_clamped(*secret).to_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_always_gives_the_same_device() {
        let (one, same) = (
            DeviceKey::from_seed(&[1; 32]),
            DeviceKey::from_seed(&[1; 32]),
        );
        assert_eq!(one.id(), same.id());
        assert_ne!(one.id(), DeviceKey::from_seed(&[2; 32]).id());
    }

    #[test]
    fn only_the_signer_and_only_the_text_verify() {
        let (ada, eve) = (
            DeviceKey::from_seed(&[1; 32]),
            DeviceKey::from_seed(&[2; 32]),
        );
        let signature = ada.sign(b"hello");
        assert!(ada.public().has_signed(b"hello", &signature));
        assert!(!ada.public().has_signed(b"hallo", &signature));
        assert!(!eve.public().has_signed(b"hello", &signature));
    }

    #[test]
    fn the_debug_form_holds_no_key() {
        let key = DeviceKey::from_seed(&[7; 32]);
        let shown = format!("{key:?}");
        assert!(shown.len() < 40, "{shown}");
    }
}
