//! The handshake of a direct link, message by message, and the proof in the hello after it.

use parlor_engine::device::DeviceKey;
use parlor_engine::handshake::{Handshake, Scene};
use parlor_engine::output::Role;
use parlor_proto::frame::Hello;
use parlor_proto::id::PeerId;
use parlor_proto::invite::RoomSecret;

use crate::json::{Json, hex};
use crate::{SECRET, check, seeded, variant, x25519_public};

const DESCRIPTION: &str = "One handshake Noise_XXpsk3_25519_ChaChaPoly_BLAKE2s with empty payloads \
    and the proofs of both hellos (docs/protocol.md, 5.4 and 6.2). The offerer is the initiator. \
    `transcript` is the handshake hash. `refused` are messages in place of the numbered one, each \
    of which must end the handshake. Bytes are lower-case hex.";

const OFFERER: [u8; 32] = [0x01; 32];
const ANSWERER: [u8; 32] = [0x02; 32];
const FINGERPRINTS: [&str; 2] = [
    "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F",
    "FF:FE:FD:FC:FB:FA:F9:F8:F7:F6:F5:F4:F3:F2:F1:F0:EF:EE:ED:EC:EB:EA:E9:E8:E7:E6:E5:E4:E3:E2:E1:E0",
];

fn scene() -> Scene<'static> {
    let [offerer, answerer] = FINGERPRINTS;
    Scene {
        room: RoomSecret::from_bytes(SECRET).room_id(),
        attempt: 1,
        offerer: (PeerId([0x22; 16]), offerer),
        answerer: (PeerId([0x11; 16]), answerer),
    }
}

const fn ephemeral_seed(device: &[u8; 32]) -> [u8; 32] {
    [device[0] ^ 0x50; 32]
}

fn side(role: Role, scene: &Scene<'_>, psk: &[u8; 32]) -> Handshake {
    let device = match role {
        Role::Offerer => OFFERER,
        Role::Answerer => ANSWERER,
    };
    let key = DeviceKey::from_seed(&device);
    Handshake::new(role, &key, psk, scene, ephemeral_seed(&device)).expect("keys that Noise takes")
}

/// The three messages, and the transcript of both.
fn messages(offerer: &mut Handshake, answerer: &mut Handshake) -> ([Vec<u8>; 3], [u8; 32]) {
    let first = offerer.start().expect("no failure").expect("it begins");
    let second = answerer.read(&first).expect("no failure").reply;
    let second = second.expect("an answer");
    let third = offerer.read(&second).expect("no failure");
    let (by_offerer, third) = (third.proven.expect("proof"), third.reply.expect("a reply"));
    let by_answerer = answerer.read(&third).expect("no failure").proven;
    let transcript = by_answerer.expect("proof").transcript;
    assert_eq!(by_offerer.transcript, transcript);
    ([first, second, third], transcript)
}

#[test]
fn direct_links() {
    let psk = RoomSecret::from_bytes(SECRET).psk();
    let mut offerer = side(Role::Offerer, &scene(), &psk);
    let mut answerer = side(Role::Answerer, &scene(), &psk);
    let (messages, transcript) = messages(&mut offerer, &mut answerer);
    let Scene { room, attempt, .. } = scene();
    let vectors = object! {
        "description": DESCRIPTION,
        "room": hex(room.0),
        "psk": hex(psk),
        "attempt": attempt,
        "offerer": member(&OFFERER, scene().offerer, &transcript),
        "answerer": member(&ANSWERER, scene().answerer, &transcript),
        "prologue": hex(scene().prologue()),
        "messages": messages.iter().map(hex).collect::<Vec<_>>(),
        "transcript": hex(transcript),
        "refused": refused(&messages, &psk),
    };
    check("handshake.json", &vectors);
}

fn member(seed: &[u8; 32], (peer, fingerprint): (PeerId, &str), transcript: &[u8; 32]) -> Json {
    let key = DeviceKey::from_seed(seed);
    let ephemeral = seeded(&ephemeral_seed(seed));
    let signed = Hello::signed_bytes(transcript, key.id());
    object! {
        "device_seed": hex(seed),
        "static_public": hex(key.public().handshake),
        "ephemeral_secret": hex(ephemeral),
        "ephemeral_public": hex(x25519_public(ephemeral)),
        "peer": hex(peer.0),
        "fingerprint": fingerprint,
        "device": hex(key.id().0),
        "signing_public": hex(key.public().signing),
        "hello_signed_bytes": hex(&signed),
        "hello_proof": hex(key.sign(&signed)),
    }
}

fn refused(messages: &[Vec<u8>; 3], psk: &[u8; 32]) -> Vec<Json> {
    let flipped = |index: usize, at: usize| {
        let mut message = messages[index].clone();
        message[at] ^= 1;
        message
    };
    let longer = [messages[2].as_slice(), &[0]].concat();
    let mut refused = vec![
        refusal("changed ephemeral key", 1, flipped(0, 0), psk),
        refusal("changed tag", 1, flipped(0, 47), psk),
        refusal("changed static key", 2, flipped(1, 32), psk),
        refusal("changed tag", 2, flipped(1, 95), psk),
        refusal("changed static key", 3, flipped(2, 0), psk),
        refusal("one byte more", 3, longer, psk),
    ];
    let mut stranger = side(Role::Offerer, &scene(), &[0; 32]);
    stranger.start().expect("no failure");
    let third = stranger.read(&messages[1]).expect("the psk comes last");
    let third = third.reply.expect("a third message");
    refused.push(refusal("made without the room's psk", 3, third, psk));
    for (why, seen) in other_scenes() {
        let mut stranger = side(Role::Offerer, &seen, psk);
        let first = stranger.start().expect("no failure").expect("it begins");
        refused.push(refusal(why, 1, first, psk));
    }
    refused
}

fn other_scenes() -> [(&'static str, Scene<'static>); 3] {
    let [own, other] = FINGERPRINTS;
    [
        (
            "made for another certificate of the offerer",
            Scene {
                offerer: (scene().offerer.0, other),
                ..scene()
            },
        ),
        (
            "made for another certificate of the answerer",
            Scene {
                answerer: (scene().answerer.0, own),
                ..scene()
            },
        ),
        (
            "made for another attempt",
            Scene {
                attempt: 2,
                ..scene()
            },
        ),
    ]
}

/// Both sides are at the message before it, then one of them reads `message`.
fn refusal(why: &str, number: usize, message: Vec<u8>, psk: &[u8; 32]) -> Json {
    let mut offerer = side(Role::Offerer, &scene(), psk);
    let mut answerer = side(Role::Answerer, &scene(), psk);
    let first = offerer.start().expect("no failure").expect("it begins");
    if number == 3 {
        answerer.read(&first).expect("no failure");
    }
    let reader = if number == 2 {
        &mut offerer
    } else {
        &mut answerer
    };
    let error = reader.read(&message).expect_err(why);
    object! {
        "why": why,
        "message": number,
        "bytes": hex(message),
        "error": variant(&error),
    }
}
