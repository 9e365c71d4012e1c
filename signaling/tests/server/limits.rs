//! What a client can do wrong, and that nobody else notices.

use std::time::Duration;

use futures_util::SinkExt;
use parlor_proto::limits::{SIGNAL_MESSAGE_MAX_BYTES, SIGNAL_PAYLOAD_MAX_BYTES};
use parlor_proto::signal::{ErrorCode, JoinIntent, ServerMessage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, config, patiently, server};

#[tokio::test]
async fn a_message_over_the_limit_is_refused_and_closes() {
    let server = server(config()).await;
    let (mut client, _) = Client::open(server.local_addr()).await;
    client
        .say_text(&"x".repeat(SIGNAL_MESSAGE_MAX_BYTES + 1))
        .await;
    assert_eq!(client.hear_refusal().await, ErrorCode::TooLarge);
}

#[tokio::test]
async fn a_message_far_over_the_limit_closes() {
    let server = server(config()).await;
    let (mut client, _) = Client::open(server.local_addr()).await;
    // The server may be gone before all of it is written.
    let _ = client.socket.send(Message::text("x".repeat(1 << 20))).await;
    assert_eq!(client.hear().await, None);
}

#[tokio::test]
async fn the_largest_signal_passes() {
    let server = server(config()).await;
    let (mut alice, a) = Client::open(server.local_addr()).await;
    let (mut bob, b) = Client::open(server.local_addr()).await;
    alice.hear().await;
    let payload = "_".repeat(SIGNAL_PAYLOAD_MAX_BYTES);
    bob.signal(a.peer, &payload).await;
    assert_eq!(
        alice.hear().await,
        Some(ServerMessage::Signal {
            from: b.peer,
            payload
        })
    );
}

#[tokio::test]
async fn malformed_json_is_a_bad_message() {
    let server = server(config()).await;
    for text in ["", "{", "{\"v\":1}", "[]", "{\"v\":1,\"type\":\"join\"}"] {
        let mut client = Client::connect(server.local_addr()).await;
        client.say_text(text).await;
        assert_eq!(client.hear_refusal().await, ErrorCode::BadMessage, "{text}");
    }
}

#[tokio::test]
async fn a_binary_message_is_a_bad_message() {
    let server = server(config()).await;
    let mut client = Client::connect(server.local_addr()).await;
    client
        .socket
        .send(Message::binary(vec![1, 2, 3]))
        .await
        .unwrap();
    assert_eq!(client.hear_refusal().await, ErrorCode::BadMessage);
}

#[tokio::test]
async fn another_version_is_told_so() {
    let server = server(config()).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.say_text(r#"{"v":2,"type":"join"}"#).await;
    assert_eq!(client.hear_refusal().await, ErrorCode::UnsupportedVersion);
}

#[tokio::test]
async fn an_unknown_type_does_not_end_the_connection() {
    let server = server(config()).await;
    let mut client = Client::connect(server.local_addr()).await;
    client.say_text(r#"{"v":1,"type":"nameplate"}"#).await;
    assert_eq!(client.hear_error().await, ErrorCode::UnknownType);
    client.join(JoinIntent::Open, None).await;
}

#[tokio::test]
async fn a_connection_that_does_not_join_is_closed() {
    let mut config = config();
    config.timing.hello = Duration::from_millis(20);
    let server = server(config).await;
    let mut client = Client::connect(server.local_addr()).await;
    assert_eq!(client.hear_refusal().await, ErrorCode::HelloTimeout);
}

#[tokio::test]
async fn a_client_that_does_not_read_is_closed_and_the_others_go_on() {
    let mut config = config();
    config.timing.resume_window = Duration::from_millis(20);
    config.timing.farewell = Duration::from_millis(20);
    let server = server(config).await;
    let (mut alice, a) = Client::open(server.local_addr()).await;
    let mut slow = Client::connect_narrow(server.local_addr()).await;
    let s = slow.join(JoinIntent::Join, None).await;
    let (mut bob, b) = Client::open(server.local_addr()).await;
    assert_eq!(
        alice.hear().await,
        Some(ServerMessage::PeerJoined { peer: s.peer })
    );
    assert_eq!(
        alice.hear().await,
        Some(ServerMessage::PeerJoined { peer: b.peer })
    );

    // Far more than the queue and both kernels' buffers, and within the rate limit.
    let payload = "_".repeat(SIGNAL_PAYLOAD_MAX_BYTES);
    for _ in 0..400 {
        alice.signal(s.peer, &payload).await;
    }
    let mut told = alice.hear().await;
    // Signals sent between the end of the window and the news of it.
    while matches!(
        told,
        Some(ServerMessage::Error {
            code: ErrorCode::PeerNotFound,
            ..
        })
    ) {
        told = alice.hear().await;
    }
    assert_eq!(told, Some(ServerMessage::PeerLeft { peer: s.peer }));
    assert_eq!(bob.hear().await, told);
    alice.signal(b.peer, "aGVsbG8").await;
    let hello = ServerMessage::Signal {
        from: a.peer,
        payload: "aGVsbG8".into(),
    };
    assert_eq!(bob.hear().await, Some(hello));
    while slow.hear().await.is_some() {}
}

#[tokio::test]
async fn a_client_that_answers_no_ping_is_gone() {
    let mut config = config();
    config.timing.ping_every = Duration::from_millis(100);
    config.timing.dead_after = Duration::from_millis(1_500);
    config.timing.resume_window = Duration::from_millis(20);
    let server = server(config).await;
    let (_asleep, a) = Client::open(server.local_addr()).await;
    let (mut awake, _) = Client::open(server.local_addr()).await;
    // Hearing answers pings, so only the other one falls silent.
    assert_eq!(
        awake.hear().await,
        Some(ServerMessage::PeerLeft { peer: a.peer })
    );
}

#[tokio::test]
async fn connections_over_the_limit_are_refused_until_one_ends() {
    let mut config = config();
    config.connections_max = 1;
    let server = server(config).await;
    let (mut only, _) = Client::open(server.local_addr()).await;
    let url = format!("ws://{}/ws", server.local_addr());
    assert!(
        patiently(tokio_tungstenite::connect_async(&url))
            .await
            .is_err()
    );
    only.say_text("the end").await;
    only.hear_refusal().await;
    drop(only);
    // The test's one thread saw the end of the stream, so the server's task has ended as well.
    Client::connect(server.local_addr()).await;
}

#[tokio::test]
async fn a_request_whose_head_does_not_end_is_closed() {
    let mut config = config();
    config.timing.header_read = Duration::from_millis(20);
    let server = server(config).await;
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    stream
        .write_all(b"GET /ws HTTP/1.1\r\nHost: x\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    // Closed, whether with an answer or a reset.
    let _ = patiently(stream.read_to_end(&mut answer)).await;
    assert!(!answer.starts_with(b"HTTP/1.1 101"));
}
