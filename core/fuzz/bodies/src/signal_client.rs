//! What a client says to the server: JSON from anybody who can reach it.

use parlor_proto::id::{PeerId, RoomId};
use parlor_proto::limits::{
    RESUME_TOKEN_MAX_BYTES, SIGNAL_MESSAGE_MAX_BYTES, SIGNAL_PAYLOAD_MAX_BYTES,
};
use parlor_proto::signal::{ClientMessage, JoinIntent, ResumeToken};

use crate::Seed;

/// Reads a client's message; one that is taken is within the limits and survives a round trip.
pub fn run(data: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(data) else {
        return false;
    };
    let Ok(message) = ClientMessage::decode(text) else {
        return false;
    };
    assert!(text.len() <= SIGNAL_MESSAGE_MAX_BYTES, "read beyond limit");
    if let ClientMessage::Signal { payload, .. } = &message {
        assert!(payload.len() <= SIGNAL_PAYLOAD_MAX_BYTES, "{message:?}");
    }
    let encoded = message.encode();
    assert!(encoded.len() <= SIGNAL_MESSAGE_MAX_BYTES, "{message:?}");
    assert_eq!(ClientMessage::decode(&encoded), Ok(message));
    true
}

/// Every message, plain and at its limits, and texts that are none.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let token = |len| ResumeToken::new("t".repeat(len)).expect("letters within the limit");
    let join = |intent, max_peers, resume| ClientMessage::Join {
        room: RoomId([0x5A; 16]),
        intent,
        max_peers,
        resume,
    };
    let signal = |len| ClientMessage::Signal {
        to: PeerId([2; 16]),
        payload: "p".repeat(len),
    };
    let longest = join(
        JoinIntent::Join,
        Some(32),
        Some(token(RESUME_TOKEN_MAX_BYTES)),
    );
    let messages = [
        ("join", join(JoinIntent::Open, None, None)),
        ("join-longest", longest),
        ("signal", signal(40)),
        ("signal-longest", signal(SIGNAL_PAYLOAD_MAX_BYTES)),
        ("leave", ClientMessage::Leave),
    ];
    let taken = messages.map(|(name, message)| Seed::new(name, message.encode()));
    let texts = [
        ("escaped-type", r#"{"v":1,"\u0074ype":"leave"}"#),
        ("unknown-field", r#"{"v":1,"type":"leave","later":[{}]}"#),
        ("refused-version", r#"{"v":2,"type":"leave"}"#),
        ("refused-type", r#"{"v":1,"type":"later"}"#),
        ("refused-twice", r#"{"v":1,"v":1,"type":"leave"}"#),
        ("refused-array", r#"[1,"leave"]"#),
        ("refused-number", r#"{"v":1e0,"type":"leave"}"#),
    ];
    let texts = texts.map(|(name, text)| Seed::new(name, text));
    let too_long = Seed::new(
        "refused-too-long",
        signal(SIGNAL_PAYLOAD_MAX_BYTES + 1).encode(),
    );
    taken.into_iter().chain(texts).chain([too_long]).collect()
}
