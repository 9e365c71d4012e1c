//! The signaling messages as they are on the wire, and what happens to texts that are not.

use parlor_proto::id::{PeerId, RoomId};
use parlor_proto::limits::*;
use parlor_proto::signal::*;
use proptest::prelude::*;

fn peer(byte: u8) -> PeerId {
    PeerId([byte; 16])
}

fn token() -> ResumeToken {
    ResumeToken::new("c2VjcmV0LXRva2Vu").expect("base64url is plain")
}

fn client_messages() -> Vec<(&'static str, ClientMessage)> {
    let room = RoomId([0x5A; 16]);
    vec![
        (
            "client_join_open",
            ClientMessage::Join {
                room,
                intent: JoinIntent::Open,
                max_peers: Some(8),
                resume: None,
            },
        ),
        (
            "client_join_resume",
            ClientMessage::Join {
                room,
                intent: JoinIntent::Join,
                max_peers: None,
                resume: Some(token()),
            },
        ),
        (
            "client_signal",
            ClientMessage::Signal {
                to: peer(2),
                payload: "c2VhbGVk-_".into(),
            },
        ),
        ("client_leave", ClientMessage::Leave),
    ]
}

fn server_messages() -> Vec<(&'static str, ServerMessage)> {
    let turn = IceServer {
        urls: vec!["turn:turn.example:3478?transport=udp".into()],
        username: Some("1790000000:room.peer".into()),
        credential: Some("cGFzc3dvcmQ=".into()),
    };
    let stun = IceServer {
        urls: vec!["stun:stun.example:3478".into()],
        username: None,
        credential: None,
    };
    let error = |code, retry_after_ms| ServerMessage::Error {
        code,
        message: "a sentence".into(),
        retry_after_ms,
    };
    vec![
        (
            "server_joined",
            ServerMessage::Joined {
                peer: peer(1),
                peers: vec![peer(2), peer(3)],
                resume: token(),
                ice_servers: vec![stun, turn],
                resumed: false,
            },
        ),
        (
            "server_peer_joined",
            ServerMessage::PeerJoined { peer: peer(2) },
        ),
        (
            "server_peer_left",
            ServerMessage::PeerLeft { peer: peer(2) },
        ),
        (
            "server_signal",
            ServerMessage::Signal {
                from: peer(2),
                payload: "c2VhbGVk-_".into(),
            },
        ),
        ("server_error", error(ErrorCode::RoomFull, None)),
        (
            "server_error_retry",
            error(ErrorCode::Draining, Some(1_500)),
        ),
    ]
}

#[test]
fn every_client_message_has_its_wire_form() {
    for (name, message) in client_messages() {
        insta::assert_snapshot!(name, message.encode());
        assert_eq!(ClientMessage::decode(&message.encode()), Ok(message));
    }
}

#[test]
fn every_server_message_has_its_wire_form() {
    for (name, message) in server_messages() {
        insta::assert_snapshot!(name, message.encode());
        assert_eq!(ServerMessage::decode(&message.encode()), Ok(message));
    }
}

#[test]
fn every_error_code_has_its_wire_form() {
    use ErrorCode::*;
    let codes = [
        BadMessage,
        UnsupportedVersion,
        UnknownType,
        RoomNotFound,
        RoomFull,
        NotJoined,
        AlreadyJoined,
        PeerNotFound,
        TooLarge,
        RateLimited,
        SlowConsumer,
        HelloTimeout,
        Displaced,
        Draining,
        Internal,
        Unknown,
    ];
    let lines = codes.map(|code| {
        let name = serde_json::to_string(&code).expect("a unit variant");
        assert_eq!(serde_json::from_str::<ErrorCode>(&name).ok(), Some(code));
        format!("{name} fatal={}", code.is_fatal())
    });
    insta::assert_snapshot!("error_codes", lines.join("\n"));
}

#[test]
fn debug_output_hides_payloads_tokens_and_credentials() {
    let shown = format!("{:?}{:?}", client_messages(), server_messages());
    for secret in ["c2VhbGVk", "c2VjcmV0", "cGFzc3dv", "1790000000:room.peer"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    let room = RoomId([0x5A; 16]).to_string();
    assert!(!shown.contains(&room), "{shown}");
}

#[test]
fn unknown_fields_are_skipped() {
    let text = r#"{"v":1,"type":"leave","later":{"deep":[1,{}]},"v2":null}"#;
    assert_eq!(ClientMessage::decode(text), Ok(ClientMessage::Leave));
}

#[test]
fn fields_may_come_in_any_order_and_escaped() {
    let text = r#" {"type":"l\u0065ave", "v":1} "#;
    assert_eq!(ClientMessage::decode(text), Ok(ClientMessage::Leave));
}

#[test]
fn an_unknown_type_is_an_error_to_skip() {
    let text = r#"{"v":1,"type":"weather","sun":true}"#;
    assert_eq!(
        ServerMessage::decode(text),
        Err(SignalDecodeError::UnknownType)
    );
    assert_eq!(
        ClientMessage::decode(text),
        Err(SignalDecodeError::UnknownType)
    );
}

#[test]
fn an_unknown_error_code_is_kept_as_unknown_and_not_fatal() {
    let text = r#"{"v":1,"type":"error","code":"eclipse","message":"dark"}"#;
    let message = ServerMessage::decode(text).expect("an old client survives new codes");
    assert!(matches!(
        message,
        ServerMessage::Error { code: ErrorCode::Unknown, .. } if !ErrorCode::Unknown.is_fatal()
    ));
}

#[test]
fn another_version_is_told_before_anything_else_of_the_message() {
    let text = r#"{"v":2,"type":"handshake","body":7}"#;
    let error = SignalDecodeError::UnsupportedVersion { version: 2 };
    assert_eq!(ClientMessage::decode(text), Err(error));
}

#[test]
fn texts_that_are_not_messages_are_malformed() {
    let nested = "[".repeat(10_000);
    let texts = [
        "",
        "null",
        "{}",
        "[1,\"leave\"]",
        "\"leave\"",
        r#"{"v":1}"#,
        r#"{"type":"leave"}"#,
        r#"{"v":"1","type":"leave"}"#,
        r#"{"v":1,"v":1,"type":"leave"}"#,
        r#"{"v":1,"type":"leave"}{}"#,
        r#"{"v":1,"type":"signal","to":"short","payload":""}"#,
        r#"{"v":1,"type":"join","room":"aaaaaaaaaaaaaaaaaaaaaaaaaa","intent":"burn"}"#,
        &nested,
    ];
    for text in texts {
        assert_eq!(
            ClientMessage::decode(text),
            Err(SignalDecodeError::Malformed),
            "{text}"
        );
    }
}

#[test]
fn the_length_is_looked_at_before_the_text() {
    let text = "x".repeat(SIGNAL_MESSAGE_MAX_BYTES + 1);
    let error = SignalDecodeError::TooLarge {
        len_bytes: text.len(),
    };
    assert_eq!(ClientMessage::decode(&text), Err(error.clone()));
    assert_eq!(ServerMessage::decode(&text), Err(error));
}

#[test]
fn parts_out_of_bounds_are_refused() {
    let room = RoomId([1; 16]);
    let join = |max_peers| ClientMessage::Join {
        room,
        intent: JoinIntent::Open,
        max_peers: Some(max_peers),
        resume: None,
    };
    let signal = |payload: String| ClientMessage::Signal {
        to: peer(1),
        payload,
    };
    let bad = [
        join(0),
        join(1),
        join(33),
        signal("a".repeat(SIGNAL_PAYLOAD_MAX_BYTES + 1)),
        signal("not base64url!".into()),
        signal("émile".into()),
    ];
    for message in bad {
        let decoded = ClientMessage::decode(&message.encode());
        assert!(
            matches!(decoded, Err(SignalDecodeError::OutOfBounds { .. })),
            "{message:?}"
        );
    }
}

#[test]
fn lists_out_of_bounds_are_refused() {
    let ice = |urls: Vec<String>| IceServer {
        urls,
        username: None,
        credential: None,
    };
    let good = ice(vec!["stun:a.example".into()]);
    let joined = |peers: usize, ice_servers: Vec<IceServer>| ServerMessage::Joined {
        peer: peer(0),
        peers: vec![peer(1); peers],
        resume: token(),
        ice_servers,
        resumed: true,
    };
    let bad = [
        joined(ROOM_PEERS_MAX + 1, vec![]),
        joined(0, vec![good.clone(); ICE_SERVERS_MAX + 1]),
        joined(0, vec![ice(vec![])]),
        joined(0, vec![ice(vec!["https://a.example".into()])]),
        joined(0, vec![ice(vec!["stun:a b".into()])]),
        joined(0, vec![ice(vec!["stun:a".into(); ICE_SERVER_URLS_MAX + 1])]),
        joined(
            0,
            vec![ice(vec![format!("stun:{}", "a".repeat(ICE_URL_MAX_BYTES))])],
        ),
    ];
    for message in bad {
        let decoded = ServerMessage::decode(&message.encode());
        assert!(
            matches!(decoded, Err(SignalDecodeError::OutOfBounds { .. })),
            "{message:?}"
        );
    }
}

#[test]
fn resume_tokens_are_bounded_plain_text() {
    assert!(ResumeToken::new("a".repeat(RESUME_TOKEN_MAX_BYTES)).is_ok());
    for bad in [
        String::new(),
        "a".repeat(RESUME_TOKEN_MAX_BYTES + 1),
        "a\"b".into(),
        "a b".into(),
    ] {
        assert!(ResumeToken::new(bad).is_err());
    }
    let text =
        r#"{"v":1,"type":"join","room":"aaaaaaaaaaaaaaaaaaaaaaaaaa","intent":"join","resume":""}"#;
    assert_eq!(
        ClientMessage::decode(text),
        Err(SignalDecodeError::Malformed)
    );
}

#[test]
fn the_largest_messages_fit_the_largest_size() {
    let full = "~".repeat(ICE_CREDENTIAL_MAX_BYTES);
    let url = format!("turns:{}", "a".repeat(ICE_URL_MAX_BYTES - 6));
    let ice = IceServer {
        urls: vec![url; ICE_SERVER_URLS_MAX],
        username: Some(full.clone()),
        credential: Some(full),
    };
    let payload = "_".repeat(SIGNAL_PAYLOAD_MAX_BYTES);
    let largest = [
        ServerMessage::Joined {
            peer: peer(0),
            peers: vec![peer(1); ROOM_PEERS_MAX],
            resume: ResumeToken::new("r".repeat(RESUME_TOKEN_MAX_BYTES)).unwrap(),
            ice_servers: vec![ice; ICE_SERVERS_MAX],
            resumed: false,
        },
        ServerMessage::Signal {
            from: peer(1),
            payload,
        },
    ];
    for message in largest {
        assert_eq!(ServerMessage::decode(&message.encode()), Ok(message));
    }
}

fn any_text(max: usize) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("[A-Za-z0-9_-]{{1,{max}}}")).expect("a valid pattern")
}

fn any_client_message() -> impl Strategy<Value = ClientMessage> {
    let id = any::<[u8; 16]>;
    let token =
        any_text(RESUME_TOKEN_MAX_BYTES).prop_map(|text| ResumeToken::new(text).expect("plain"));
    let max = proptest::option::of(2u8..=32);
    prop_oneof![
        (id(), any::<bool>(), max, proptest::option::of(token)).prop_map(
            |(room, open, max_peers, resume)| ClientMessage::Join {
                room: RoomId(room),
                intent: if open {
                    JoinIntent::Open
                } else {
                    JoinIntent::Join
                },
                max_peers,
                resume,
            }
        ),
        (id(), any_text(500)).prop_map(|(to, payload)| ClientMessage::Signal {
            to: PeerId(to),
            payload
        }),
        Just(ClientMessage::Leave),
    ]
}

fn any_server_message() -> impl Strategy<Value = ServerMessage> {
    let id = || any::<[u8; 16]>().prop_map(PeerId);
    let url = any_text(ICE_URL_MAX_BYTES - 5).prop_map(|host| format!("turn:{host}"));
    let ice = (
        proptest::collection::vec(url, 1..=ICE_SERVER_URLS_MAX),
        proptest::option::of(any_text(ICE_CREDENTIAL_MAX_BYTES)),
    )
        .prop_map(|(urls, username)| IceServer {
            urls,
            credential: username.clone(),
            username,
        });
    let joined = (
        id(),
        proptest::collection::vec(id(), 0..=ROOM_PEERS_MAX),
        any_text(RESUME_TOKEN_MAX_BYTES),
        proptest::collection::vec(ice, 0..=ICE_SERVERS_MAX),
        any::<bool>(),
    )
        .prop_map(
            |(peer, peers, token, ice_servers, resumed)| ServerMessage::Joined {
                peer,
                peers,
                resume: ResumeToken::new(token).expect("plain"),
                ice_servers,
                resumed,
            },
        );
    prop_oneof![
        joined,
        id().prop_map(|peer| ServerMessage::PeerJoined { peer }),
        id().prop_map(|peer| ServerMessage::PeerLeft { peer }),
        (id(), any_text(500)).prop_map(|(from, payload)| ServerMessage::Signal { from, payload }),
        ("\\PC{0,60}", any::<Option<u32>>()).prop_map(|(message, retry_after_ms)| {
            ServerMessage::Error {
                code: ErrorCode::RateLimited,
                message,
                retry_after_ms,
            }
        }),
    ]
}

/// Whatever the bytes are, decoding answers.
fn decode_both(bytes: &[u8]) {
    if let Ok(text) = core::str::from_utf8(bytes) {
        let _ = ClientMessage::decode(text);
        let _ = ServerMessage::decode(text);
    }
}

proptest! {
    #[test]
    fn client_messages_read_back_as_they_were(message in any_client_message()) {
        prop_assert_eq!(ClientMessage::decode(&message.encode()), Ok(message));
    }

    #[test]
    fn server_messages_read_back_as_they_were(message in any_server_message()) {
        prop_assert_eq!(ServerMessage::decode(&message.encode()), Ok(message));
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,200}") {
        decode_both(text.as_bytes());
    }

    #[test]
    fn a_flipped_bit_is_answered(message in any_server_message(), at in any::<usize>(), bit in 0u8..8) {
        let mut bytes = message.encode().into_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        decode_both(&bytes);
    }
}

#[test]
fn every_truncation_and_every_flipped_bit_is_answered() {
    let texts = client_messages()
        .into_iter()
        .map(|(_, message)| message.encode())
        .chain(
            server_messages()
                .into_iter()
                .map(|(_, message)| message.encode()),
        );
    for text in texts {
        for end in 0..text.len() {
            let cut = text.get(..end).expect("messages are ASCII");
            assert!(ClientMessage::decode(cut).is_err());
            assert!(ServerMessage::decode(cut).is_err());
        }
        for at in 0..text.len() * 8 {
            let mut bytes = text.clone().into_bytes();
            bytes[at / 8] ^= 1 << (at % 8);
            decode_both(&bytes);
        }
    }
}
