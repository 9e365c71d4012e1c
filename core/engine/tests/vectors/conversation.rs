//! A conversation through a third party, from the handshake to sealed frames.

use bytes::Bytes;
use parlor_engine::conversation::{Conversation, Parties, Received};
use parlor_engine::device::DeviceKey;
use parlor_proto::id::PeerId;
use parlor_proto::invite::RoomSecret;
use parlor_proto::relayed::{Content, Flow, Introduction, Relayed};

use crate::json::{Json, hex};
use crate::{SECRET, check, seeded, variant, x25519_public};

const DESCRIPTION: &str = "One conversation through a third party (docs/protocol.md, 11). The \
    member with the larger peer id begins. `relayed` is what a carrier is given, in this order; \
    `plaintext` is what is inside the seal. `refused` are messages that the named side must not \
    take after all of them. Bytes are lower-case hex.";

const BEGINNER: [u8; 32] = [0x01; 32];
const OTHER: [u8; 32] = [0x02; 32];
const NUMBER: u64 = 0x0102_0304_0506_0708;

fn parties(seed: &[u8; 32]) -> Parties {
    let (beginner, other) = (PeerId([0x22; 16]), PeerId([0x11; 16]));
    let (me, them) = if *seed == BEGINNER {
        (beginner, other)
    } else {
        (other, beginner)
    };
    Parties {
        room: RoomSecret::from_bytes(SECRET).room_id(),
        conversation: NUMBER,
        me,
        them,
    }
}

const fn ephemeral_seed(device: &[u8; 32]) -> [u8; 32] {
    [device[0] ^ 0x60; 32]
}

fn side(seed: &[u8; 32], expected: &[u8; 32]) -> Conversation {
    let key = DeviceKey::from_seed(seed);
    let psk = RoomSecret::from_bytes(SECRET).psk();
    let expected = Some(DeviceKey::from_seed(expected).id());
    let seed_of_keys = ephemeral_seed(seed);
    Conversation::new(parties(seed), &key, &psk, expected, seed_of_keys)
        .expect("keys that Noise takes")
}

fn replies(side: &mut Conversation, relayed: &Relayed) -> Vec<Relayed> {
    let received = side.receive(relayed).expect("of this conversation");
    let Received::Replies(replies) = received else {
        panic!("replies, not {received:?}");
    };
    replies
}

struct Met {
    beginner: Conversation,
    other: Conversation,
    /// First, second, third message, and both introductions.
    passed: Vec<Relayed>,
}

fn meet() -> Met {
    let (mut beginner, mut other) = (side(&BEGINNER, &OTHER), side(&OTHER, &BEGINNER));
    let first = beginner.start().expect("this side begins");
    let second = replies(&mut other, &first).remove(0);
    let [third, introduction]: [Relayed; 2] = replies(&mut beginner, &second)
        .try_into()
        .expect("the third message and the introduction");
    let back = replies(&mut other, &third).remove(0);
    for (side, introduction) in [(&mut other, &introduction), (&mut beginner, &back)] {
        let received = side.receive(introduction).expect("the expected device");
        assert!(matches!(received, Received::Introduced(_)));
    }
    Met {
        beginner,
        other,
        passed: vec![first, second, third, introduction, back],
    }
}

#[test]
fn conversations() {
    let mut met = meet();
    let transcript = *met.beginner.transcript().expect("both have keys");
    assert_eq!(met.other.transcript(), Some(&transcript));
    let (beginner, other) = (member(&BEGINNER, &transcript), member(&OTHER, &transcript));
    let mut relayed = introduced(&met, &transcript);
    let mut sealed = Vec::new();
    for (flow, frame) in [
        (Flow::Control, b"\x02\xA1\x00\x07".as_slice()),
        (Flow::Bulk, b"bulk"),
        (Flow::Live, b""),
    ] {
        for from_beginner in [true, false] {
            let (message, json) = carried(&mut met, from_beginner, flow, frame);
            relayed.push(json);
            sealed.push(message);
        }
    }
    let vectors = object! {
        "description": DESCRIPTION,
        "room": hex(parties(&BEGINNER).room.0),
        "psk": hex(RoomSecret::from_bytes(SECRET).psk()),
        "conversation": hex(NUMBER.to_be_bytes()),
        "beginner": beginner,
        "other": other,
        "prologue": hex(parties(&BEGINNER).prologue()),
        "transcript": hex(transcript),
        "relayed": relayed,
        "refused": refused(&mut met, &sealed),
    };
    check("conversation.json", &vectors);
}

fn member(seed: &[u8; 32], transcript: &[u8; 32]) -> Json {
    let key = DeviceKey::from_seed(seed);
    let ephemeral = seeded(&ephemeral_seed(seed));
    let signed = Introduction::signed_bytes(transcript, key.id());
    object! {
        "device_seed": hex(seed),
        "static_public": hex(key.public().handshake),
        "ephemeral_secret": hex(ephemeral),
        "ephemeral_public": hex(x25519_public(ephemeral)),
        "peer": hex(parties(seed).me.0),
        "device": hex(key.id().0),
        "signing_public": hex(key.public().signing),
        "introduction_signed_bytes": hex(&signed),
        "introduction_proof": hex(key.sign(&signed)),
    }
}

/// Who sent it.
fn name(from_beginner: bool) -> &'static str {
    if from_beginner { "beginner" } else { "other" }
}

fn introduced(met: &Met, transcript: &[u8; 32]) -> Vec<Json> {
    let [first, second, third, introduction, back] = met.passed.as_slice() else {
        panic!("five messages");
    };
    let handshake = [
        ("handshake 1", true, first),
        ("handshake 2", false, second),
        ("handshake 3", true, third),
    ];
    let handshake = handshake.map(|(what, from_beginner, relayed)| {
        object! {
            "what": what,
            "from": name(from_beginner),
            "bytes": hex(relayed.encode()),
        }
    });
    let introductions = [(true, BEGINNER, introduction), (false, OTHER, back)];
    let introductions = introductions.map(|(from_beginner, seed, relayed)| {
        let key = DeviceKey::from_seed(&seed);
        let signed = Introduction::signed_bytes(transcript, key.id());
        let introduction = Content::Introduction(Introduction {
            signing_key: key.public().signing,
            proof: key.sign(&signed),
        });
        object! {
            "what": "introduction",
            "from": name(from_beginner),
            "counter": 0u64,
            "plaintext": hex(introduction.encode()),
            "bytes": hex(relayed.encode()),
        }
    });
    handshake.into_iter().chain(introductions).collect()
}

fn carried(met: &mut Met, from_beginner: bool, flow: Flow, frame: &[u8]) -> (Relayed, Json) {
    let (from, to) = if from_beginner {
        (&mut met.beginner, &mut met.other)
    } else {
        (&mut met.other, &mut met.beginner)
    };
    let relayed = from.seal(flow, frame).expect("both are introduced");
    let bytes = relayed.encode();
    let decoded = Relayed::decode(bytes.clone()).expect("just encoded");
    let frame = Bytes::copy_from_slice(frame);
    let expected = Received::Frame {
        flow,
        frame: frame.clone(),
    };
    assert_eq!(to.receive(&decoded), Ok(expected));
    let counter: [u8; 8] = bytes[42..50].try_into().expect("eight bytes");
    let json = object! {
        "what": "frame",
        "from": name(from_beginner),
        "flow": flow.number(),
        "counter": u64::from_be_bytes(counter),
        "plaintext": hex(Content::Carried { flow, frame }.encode()),
        "bytes": hex(&bytes),
    };
    (relayed, json)
}

fn refused(met: &mut Met, sealed: &[Relayed]) -> Vec<Json> {
    let last = met.beginner.seal(Flow::Control, b"once").expect("ready");
    let flipped = |at: usize| {
        let mut bytes = last.encode().to_vec();
        bytes[at] ^= 1;
        bytes
    };
    let mut turned = met.other.seal(Flow::Control, b"back").expect("ready");
    (turned.from, turned.to) = (turned.to, turned.from);
    let end = last.encode().len() - 1;
    let cases = [
        ("came before", sealed[0].encode().to_vec()),
        (
            "handshake message of before",
            met.passed[0].encode().to_vec(),
        ),
        ("introduction of before", met.passed[3].encode().to_vec()),
        ("another conversation", flipped(1)),
        ("another sender", flipped(9)),
        ("another receiver", flipped(25)),
        ("changed counter", flipped(49)),
        ("changed kind", flipped(50)),
        ("changed tag", flipped(end)),
        ("a counter beyond the end", flipped(42)),
        ("turned round", turned.encode().to_vec()),
    ];
    let refused = cases.map(|(why, bytes)| {
        let relayed = Relayed::decode(Bytes::from(bytes.clone())).expect(why);
        let error = met.other.receive(&relayed).expect_err(why);
        object! {
            "why": why,
            "to": "other",
            "bytes": hex(bytes),
            "error": variant(&error),
        }
    });
    // What was refused did no harm.
    met.other.receive(&last).expect("not taken before");
    refused.to_vec()
}
