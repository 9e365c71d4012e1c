//! The JSON between a client and the server.

use parlor_proto::code::Nameplate;
use parlor_proto::id::{PeerId, RoomId};
use parlor_proto::signal::{
    ClientMessage, ErrorCode, IceServer, JoinIntent, ResumeToken, ServerMessage,
};

use crate::json::Json;
use crate::{check, variant};

const DESCRIPTION: &str = "Signaling messages as this implementation writes them \
    (docs/protocol.md, 3); the order of fields does not matter. `refused` are texts that must not \
    be taken, each with the error's name.";

#[test]
fn signaling_messages() {
    let client = client().into_iter().map(|(name, message)| {
        let text = message.encode();
        assert_eq!(ClientMessage::decode(&text), Ok(message), "{name}");
        object! { "name": name, "text": text }
    });
    let server = server().into_iter().map(|(name, message)| {
        let text = message.encode();
        assert_eq!(ServerMessage::decode(&text), Ok(message), "{name}");
        object! { "name": name, "text": text }
    });
    let vectors = object! {
        "description": DESCRIPTION,
        "client": client.collect::<Vec<_>>(),
        "server": server.collect::<Vec<_>>(),
        "refused_from_client": refused_from_client(),
        "refused_from_server": refused_from_server(),
    };
    check("signaling.json", &vectors);
}

const fn peer(byte: u8) -> PeerId {
    PeerId([byte; 16])
}

fn token() -> ResumeToken {
    ResumeToken::new("c2VjcmV0LXRva2Vu").expect("plain text")
}

fn nameplate() -> Nameplate {
    Nameplate::try_from(4821).expect("within its bounds")
}

/// base64url, as every payload is.
fn payload() -> String {
    "c2VhbGVk-_".to_owned()
}

fn client() -> Vec<(&'static str, ClientMessage)> {
    let room = RoomId([0x5A; 16]);
    let join = |intent, max_peers, resume| ClientMessage::Join {
        room,
        intent,
        max_peers,
        resume,
    };
    let (nameplate, guest, payload) = (nameplate(), peer(4), payload);
    vec![
        ("open a room", join(JoinIntent::Open, Some(8), None)),
        ("come back", join(JoinIntent::Join, None, Some(token()))),
        (
            "signal",
            ClientMessage::Signal {
                to: peer(2),
                payload: payload(),
            },
        ),
        ("leave", ClientMessage::Leave),
        (
            "open any nameplate",
            ClientMessage::NameplateOpen { nameplate: None },
        ),
        (
            "open the same nameplate",
            ClientMessage::NameplateOpen {
                nameplate: Some(nameplate),
            },
        ),
        ("close the nameplate", ClientMessage::NameplateClose),
        (
            "knock",
            ClientMessage::Knock {
                nameplate,
                payload: payload(),
            },
        ),
        (
            "knock proof",
            ClientMessage::KnockProof { payload: payload() },
        ),
        (
            "knock answer",
            ClientMessage::KnockAnswer {
                guest,
                payload: payload(),
            },
        ),
        ("knock refusal", ClientMessage::KnockRefuse { guest }),
    ]
}

fn server() -> Vec<(&'static str, ServerMessage)> {
    let (nameplate, guest, payload) = (nameplate(), peer(4), payload);
    vec![
        ("joined", joined()),
        ("peer joined", ServerMessage::PeerJoined { peer: peer(2) }),
        ("peer left", ServerMessage::PeerLeft { peer: peer(2) }),
        (
            "signal",
            ServerMessage::Signal {
                from: peer(2),
                payload: payload(),
            },
        ),
        ("nameplate", ServerMessage::Nameplate { nameplate }),
        (
            "knock",
            ServerMessage::Knock {
                guest,
                payload: payload(),
            },
        ),
        (
            "knock proof",
            ServerMessage::KnockProof {
                guest,
                payload: payload(),
            },
        ),
        (
            "knock answer",
            ServerMessage::KnockAnswer { payload: payload() },
        ),
        ("error", error(ErrorCode::RoomFull, None)),
        ("error with a wait", error(ErrorCode::Draining, Some(1_500))),
        ("code refused", error(ErrorCode::CodeRefused, None)),
    ]
}

fn joined() -> ServerMessage {
    let server = |url: &str, username: Option<&str>, credential: Option<&str>| IceServer {
        urls: vec![url.to_owned()],
        username: username.map(str::to_owned),
        credential: credential.map(str::to_owned),
    };
    let stun = server("stun:stun.example:3478", None, None);
    let turn = server(
        "turn:turn.example:3478?transport=udp",
        Some("1790000000:room.peer"),
        Some("cGFzc3dvcmQ="),
    );
    ServerMessage::Joined {
        peer: peer(1),
        peers: vec![peer(2), peer(3)],
        resume: token(),
        ice_servers: vec![stun, turn],
        resumed: false,
    }
}

fn error(code: ErrorCode, retry_after_ms: Option<u32>) -> ServerMessage {
    ServerMessage::Error {
        code,
        message: "a sentence".to_owned(),
        retry_after_ms,
    }
}

fn refused_from_client() -> Vec<Json> {
    let texts = [
        r#"{"v":2,"type":"leave"}"#,
        r#"{"v":1,"type":"dance"}"#,
        r#"{"v":1}"#,
        r#"[1,"leave"]"#,
        r#"{"v":1,"type":"join","room":"short","intent":"open"}"#,
        r#"{"v":1,"type":"join","room":"ljnfuws2ljnfuws2ljnfuws2li","intent":"open","max_peers":1}"#,
        r#"{"v":1,"type":"signal","to":"aibaeaqcaibaeaqcaibaeaqcai","payload":"a+b/"}"#,
        r#"{"v":1,"type":"knock","nameplate":0,"payload":""}"#,
        r#"{"v":1,"type":"knock","nameplate":1000000,"payload":""}"#,
    ];
    let texts = texts.map(|text| {
        let error = ClientMessage::decode(text).expect_err(text);
        object! { "text": text, "error": variant(&error) }
    });
    texts.to_vec()
}

fn refused_from_server() -> Vec<Json> {
    let texts = [
        r#"{"v":1,"type":"leave"}"#,
        r#"{"v":1,"type":"joined","peer":"aeaqcaibaeaqcaibaeaqcaibae","peers":[],"resume":"","resumed":false}"#,
        r#"{"v":1,"type":"joined","peer":"aeaqcaibaeaqcaibaeaqcaibae","peers":[],"resume":"t","resumed":false,"ice_servers":[{"urls":["http://example.org"]}]}"#,
        r#"{"v":1,"type":"peer_left"}"#,
    ];
    let texts = texts.map(|text| {
        let error = ServerMessage::decode(text).expect_err(text);
        object! { "text": text, "error": variant(&error) }
    });
    texts.to_vec()
}
