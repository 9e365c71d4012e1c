//! What the server says to a client: JSON from a server that may be hostile.

use parlor_proto::id::PeerId;
use parlor_proto::limits::{
    ICE_SERVERS_MAX, KNOCK_PAYLOAD_MAX_BYTES, REASON_MAX_BYTES, ROOM_PEERS_MAX,
    SIGNAL_MESSAGE_MAX_BYTES, SIGNAL_PAYLOAD_MAX_BYTES,
};
use parlor_proto::signal::{ErrorCode, IceServer, ResumeToken, ServerMessage};

use crate::Seed;

/// Reads a server's message; one that is taken is within the limits and survives a round trip.
pub fn run(data: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(data) else {
        return false;
    };
    let Ok(message) = ServerMessage::decode(text) else {
        return false;
    };
    assert!(text.len() <= SIGNAL_MESSAGE_MAX_BYTES, "read beyond limit");
    assert!(is_within_limits(&message), "{message:?}");
    let encoded = message.encode();
    assert!(encoded.len() <= SIGNAL_MESSAGE_MAX_BYTES, "{message:?}");
    assert_eq!(ServerMessage::decode(&encoded), Ok(message));
    true
}

fn is_within_limits(message: &ServerMessage) -> bool {
    match message {
        ServerMessage::Joined {
            peers, ice_servers, ..
        } => {
            peers.len() <= ROOM_PEERS_MAX
                && ice_servers.len() <= ICE_SERVERS_MAX
                && ice_servers.iter().all(|server| server.check().is_ok())
        }
        ServerMessage::Signal { payload, .. } => payload.len() <= SIGNAL_PAYLOAD_MAX_BYTES,
        ServerMessage::Error { message, .. } => message.len() <= REASON_MAX_BYTES,
        ServerMessage::Knock { payload, .. }
        | ServerMessage::KnockProof { payload, .. }
        | ServerMessage::KnockAnswer { payload } => payload.len() <= KNOCK_PAYLOAD_MAX_BYTES,
        ServerMessage::PeerJoined { .. }
        | ServerMessage::PeerLeft { .. }
        | ServerMessage::Nameplate { .. } => true,
    }
}

/// Every message, plain and at its limits, and texts that are none.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let peer = |byte| PeerId([byte; 16]);
    let joined = |peers, ice_servers| ServerMessage::Joined {
        peer: peer(1),
        peers,
        resume: ResumeToken::new("c2VjcmV0LXRva2Vu").expect("base64 is plain"),
        ice_servers,
        resumed: false,
    };
    let ice = |url: &str, secret: Option<&str>| IceServer {
        urls: vec![url.to_owned()],
        username: secret.map(str::to_owned),
        credential: secret.map(str::to_owned),
    };
    let stun = ice("stun:stun.example:3478", None);
    let turn = ice("turn:turn.example:3478?transport=udp", Some("1790000000:x"));
    let everyone = (2..).take(ROOM_PEERS_MAX).map(peer).collect();
    let error = |code, message: &str, retry_after_ms| ServerMessage::Error {
        code,
        message: message.to_owned(),
        retry_after_ms,
    };
    let from = peer(2);
    let payload = "c2VhbGVk-_".to_owned();
    let controls = "\u{1}\"".repeat(REASON_MAX_BYTES / 2);
    let messages = [
        ("joined", joined(vec![peer(2)], vec![stun, turn.clone()])),
        ("joined-full", joined(everyone, vec![turn; ICE_SERVERS_MAX])),
        ("peer-joined", ServerMessage::PeerJoined { peer: from }),
        ("peer-left", ServerMessage::PeerLeft { peer: from }),
        ("signal", ServerMessage::Signal { from, payload }),
        ("error", error(ErrorCode::RoomFull, "a sentence", None)),
        ("error-retry", error(ErrorCode::Draining, "", Some(1_500))),
        (
            "error-escaped",
            error(ErrorCode::Internal, &controls, Some(u32::MAX)),
        ),
    ];
    let taken = messages.map(|(name, message)| Seed::new(name, message.encode()));
    let texts = [
        (
            "error-unknown-code",
            r#"{"v":1,"type":"error","code":"later","message":""}"#,
        ),
        (
            "refused-code",
            r#"{"v":1,"type":"error","code":7,"message":""}"#,
        ),
        (
            "refused-ice",
            r#"{"v":1,"type":"joined","peer":"aeaqcaibaeaqcaibaeaqcaibae","peers":[],"resume":"t","ice_servers":[{"urls":["http:x"]}],"resumed":false}"#,
        ),
        ("refused-short", r#"{"v":1,"type":"joined"}"#),
    ];
    let texts = texts.map(|(name, text)| Seed::new(name, text));
    taken.into_iter().chain(texts).collect()
}
