//! Signed chat messages.

use parlor_engine::device::{DeviceKey, DevicePublic};
use parlor_proto::frame::{ChatMessage, Frame, MessageId};
use parlor_proto::id::{DeviceId, RoomId};
use parlor_proto::invite::RoomSecret;
use parlor_proto::limits::MESSAGE_SEQ_MAX;

use crate::json::{Json, hex};
use crate::{SECRET, check};

const DESCRIPTION: &str = "Chat messages and their authors' Ed25519 signatures (docs/protocol.md, \
    6.4). `frame` is the control frame. `refused` are signatures that must not be taken. Bytes \
    are lower-case hex.";

const SEED: [u8; 32] = [0x01; 32];

/// Small enough for readers of JSON that keep numbers as floating point.
const STREAM: u64 = 0x0012_3456_789A_BCDE;

/// A message of somebody else.
const ANSWERED: MessageId = MessageId {
    author: DeviceId([0x77; 16]),
    stream: 0x0010_0000_0000_0001,
    seq: 5,
};

fn room() -> RoomId {
    RoomSecret::from_bytes(SECRET).room_id()
}

/// The messages; whoever changes what a message holds changes this and what the files show.
fn messages() -> [ChatMessage; 4] {
    [
        ChatMessage::new(STREAM, 1, 1_700_000_000_000, "hello"),
        ChatMessage::new(STREAM, 2, 0, "Grüße, 😀\nsecond line"),
        ChatMessage::new(STREAM, MESSAGE_SEQ_MAX, 253_402_300_799_999, "."),
        ChatMessage {
            in_reply_to: Some(ANSWERED),
            ..ChatMessage::new(STREAM, 3, 1_700_000_002_000, "to that, yes")
        },
    ]
}

#[test]
fn signed_messages() {
    let author = DeviceKey::from_seed(&SEED);
    let vectors = object! {
        "description": DESCRIPTION,
        "room": hex(room().0),
        "author_seed": hex(SEED),
        "author": hex(author.id().0),
        "signing_public": hex(author.public().signing),
        "accepted": messages().map(|message| accepted(&author, message)).to_vec(),
        "refused": refused(&author),
    };
    check("message.json", &vectors);
}

fn accepted(author: &DeviceKey, mut message: ChatMessage) -> Json {
    let signed = message.signed_bytes(room(), author.id());
    message.signature = author.sign(&signed);
    assert!(author.public().has_signed(&signed, &message.signature));
    let frame = Frame::Message(message.clone());
    assert_eq!(Frame::decode(&frame.encode()).as_ref(), Ok(&frame));
    object! {
        "stream": message.stream,
        "seq": message.seq,
        "written_at_ms": message.written_at_ms,
        "text": message.text.as_str(),
        "in_reply_to": message.in_reply_to.map_or(Json::Null, reference),
        "signed_bytes": hex(signed),
        "signature": hex(message.signature),
        "frame": hex(frame.encode()),
    }
}

fn reference(id: MessageId) -> Json {
    object! {
        "author": hex(id.author.0),
        "stream": id.stream,
        "seq": id.seq,
    }
}

fn refused(author: &DeviceKey) -> Vec<Json> {
    let [message, ..] = messages();
    let good = author.sign(&message.signed_bytes(room(), author.id()));
    let mut malleable = good;
    // The group's order added to the scalar: the same signature to those who do not look.
    add_order(&mut malleable);
    let small = DevicePublic {
        handshake: [0; 32],
        signing: low_order_point(),
    };
    let with_text = |text: &str| ChatMessage {
        text: text.to_owned(),
        ..message.clone()
    };
    let answering = ChatMessage {
        in_reply_to: Some(ANSWERED),
        ..message.clone()
    };
    let others = [
        ("made an answer", room(), author.id(), answering, good),
        (
            "another text",
            room(),
            author.id(),
            with_text("hallo"),
            good,
        ),
        (
            "another room",
            RoomId([0; 16]),
            author.id(),
            message.clone(),
            good,
        ),
        (
            "another author",
            room(),
            DeviceId([0; 16]),
            message.clone(),
            good,
        ),
        ("malleated", room(), author.id(), message.clone(), malleable),
    ];
    let others = others.map(|(why, room, device, message, signature)| {
        let signed = message.signed_bytes(room, device);
        refusal(why, author.public(), &signed, &signature)
    });
    let mut identity = [0; 64];
    identity[0] = 1;
    let signed = message.signed_bytes(room(), small.id());
    let low_order = refusal("a key of small order", &small, &signed, &identity);
    others.into_iter().chain([low_order]).collect()
}

fn refusal(why: &str, key: &DevicePublic, signed: &[u8], signature: &[u8; 64]) -> Json {
    assert!(!key.has_signed(signed, signature), "{why}");
    object! {
        "why": why,
        "signing_public": hex(key.signing),
        "signed_bytes": hex(signed),
        "signature": hex(signature),
    }
}

/// The neutral point, whose signatures of anything pass a careless check.
fn low_order_point() -> [u8; 32] {
    let mut point = [0; 32];
    point[0] = 1;
    point
}

fn add_order(signature: &mut [u8; 64]) {
    // RFC 8032, 5.1: L, little-endian.
    const ORDER: [u8; 32] = [
        0xED, 0xD3, 0xF5, 0x5C, 0x1A, 0x63, 0x12, 0x58, 0xD6, 0x9C, 0xF7, 0xA2, 0xDE, 0xF9, 0xDE,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        carry = sum >> 8;
        *byte = sum.to_le_bytes()[0];
    }
}
