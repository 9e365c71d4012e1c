//! Everything that a signaling server receives in a room's life, searched for what it must not know.
//!
//! A relay between the rooms and the real server keeps every byte both ways. WebSocket messages are
//! unmasked, and what looks like base64url in them is decoded and searched as well.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its scene has failed"
)]

mod debug;
mod life;
mod logs;
mod relay;

use data_encoding::BASE64URL_NOPAD;
use parlor_signaling::server::{Server, ServerConfig};

use life::{TEXT, contains, invite, live, secrets};
use relay::{Relay, decoded, messages};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_receives_nothing_of_what_a_room_says_or_is() {
    let config = ServerConfig::new("127.0.0.1:0".parse().unwrap());
    let server = Server::bind(config).await.unwrap();
    let relay = Relay::start(server.local_addr()).await;
    let invite = invite(&relay);
    let source = tempfile::tempdir().unwrap();
    let life = live(&relay, &invite, source.path()).await;
    assert_eq!(life.devices.len(), 3);

    let streams = relay.record.0.lock().unwrap().clone();
    let messages: Vec<Vec<u8>> = streams.iter().flat_map(|bytes| messages(bytes)).collect();
    let signals = messages
        .iter()
        .filter(|m| contains(m, b"\"signal\""))
        .count();
    let joins = messages.iter().filter(|m| contains(m, b"\"join\"")).count();
    let bytes: usize = streams.iter().map(Vec::len).sum();
    assert!(
        signals >= 12 && joins >= 5,
        "{signals} signals, {joins} joins"
    );
    let knocks = |m: &&Vec<u8>| contains(m, b"\"knock_proof\"");
    assert!(messages.iter().any(|m| knocks(&m)), "no code was typed");
    assert!(bytes > 10_000, "{bytes} bytes");
    let id = invite.secret.room_id().to_string();
    assert!(messages.iter().any(|m| contains(m, id.as_bytes())));

    let insides: Vec<Vec<u8>> = messages
        .iter()
        .flat_map(|message| decoded(message))
        .collect();
    assert!(!insides.iter().any(|inside| contains(inside, b"127.0.0.1")));
    let seen: Vec<Vec<u8>> = streams
        .iter()
        .cloned()
        .chain(insides)
        .chain(messages.clone())
        .collect();
    assert!(
        seen.len() > streams.len() + messages.len() + signals / 2,
        "nothing was decoded"
    );
    for (name, secret) in secrets(&invite, &life, source.path()) {
        for bytes in &seen {
            let text = String::from_utf8_lossy(bytes);
            assert!(!contains(bytes, &secret), "{name} in {text}");
        }
    }
}

/// The search finds what is there: in a masked message, and in base64url within it.
#[test]
fn the_search_sees_through_masks_and_base64() {
    let payload = format!(
        "{{\"payload\":\"{}\"}}",
        BASE64URL_NOPAD.encode(TEXT.as_bytes())
    );
    let mask = [1, 2, 3, 4];
    let masked = payload
        .bytes()
        .enumerate()
        .map(|(i, byte)| byte ^ mask[i % 4]);
    let mut stream = b"GET /ws HTTP/1.1\r\n\r\n".to_vec();
    stream.extend([0x81, 0x80 | u8::try_from(payload.len()).unwrap()]);
    stream.extend(mask);
    stream.extend(masked);
    let messages = messages(&stream);
    assert_eq!(messages[1], payload.as_bytes());
    let insides = decoded(&messages[1]);
    assert!(
        insides
            .iter()
            .any(|inside| contains(inside, TEXT.as_bytes()))
    );
}
