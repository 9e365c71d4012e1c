//! What follows from a room's secret and from a device's seed.

use ed25519_dalek::SigningKey;
use parlor_engine::device::DeviceKey;
use parlor_proto::invite::RoomSecret;

use crate::json::{Json, hex};
use crate::{SECRET, check, x25519_public};

const DESCRIPTION: &str = "What follows from a room's secret and from a device's seed \
    (docs/protocol.md, 2.3 and 5.4). Every derivation is BLAKE3 in derive_key mode; an id is its \
    first 16 bytes. Bytes are lower-case hex, *_text is base32.";

const INPUTS: [[u8; 32]; 3] = [[0; 32], SECRET, [0xFF; 32]];

#[test]
fn derivations() {
    let vectors = object! {
        "description": DESCRIPTION,
        "contexts": contexts(),
        "rooms": INPUTS.map(room).to_vec(),
        "devices": INPUTS.map(device).to_vec(),
    };
    check("derivations.json", &vectors);
}

const HANDSHAKE_CONTEXT: &str = "parlor v1 2026 device handshake key";
const SIGNING_CONTEXT: &str = "parlor v1 2026 device signing key";

fn contexts() -> Json {
    object! {
        "room_id": "parlor v1 2026 room id",
        "signal_key": "parlor v1 2026 signal key",
        "psk": "parlor v1 2026 psk",
        "device_handshake_secret": HANDSHAKE_CONTEXT,
        "device_signing_seed": SIGNING_CONTEXT,
        "device_id": "parlor v1 2026 device id",
    }
}

fn room(secret: [u8; 32]) -> Json {
    let room = RoomSecret::from_bytes(secret);
    let id = room.room_id();
    object! {
        "secret": hex(secret),
        "room_id": hex(id.0),
        "room_id_text": id.to_string(),
        "signal_key": hex(room.signal_key()),
        "psk": hex(room.psk()),
    }
}

fn device(seed: [u8; 32]) -> Json {
    let key = DeviceKey::from_seed(&seed);
    let public = key.public();
    // The secrets never leave a key, so they are made here, and shown to be the key's own.
    let handshake = blake3::derive_key(HANDSHAKE_CONTEXT, &seed);
    let signing = blake3::derive_key(SIGNING_CONTEXT, &seed);
    assert_eq!(x25519_public(handshake), public.handshake);
    let verifying = SigningKey::from_bytes(&signing).verifying_key();
    assert_eq!(verifying.to_bytes(), public.signing);
    object! {
        "seed": hex(seed),
        "handshake_secret": hex(handshake),
        "handshake_public": hex(public.handshake),
        "signing_seed": hex(signing),
        "signing_public": hex(public.signing),
        "device_id": hex(key.id().0),
        "device_id_text": key.id().to_string(),
    }
}
