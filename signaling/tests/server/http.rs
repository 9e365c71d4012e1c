//! The pages around the WebSocket.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Client, config, patiently, server};

/// The status line and headers in lower case, and the body.
async fn get(addr: std::net::SocketAddr, path: &str) -> (String, String) {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    patiently(stream.read_to_string(&mut answer)).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (head.to_ascii_lowercase(), body.to_owned())
}

#[tokio::test]
async fn the_health_counts_rooms_and_peers() {
    let server = server(config()).await;
    let (_alice, _) = Client::open(server.local_addr()).await;
    let (_bob, _) = Client::open(server.local_addr()).await;
    let (head, body) = get(server.local_addr(), "/healthz").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("content-type: application/json"), "{head}");
    let health: serde_json::Value = serde_json::from_str(&body).unwrap();
    let expected = serde_json::json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "rooms": 1,
        "peers": 2,
    });
    assert_eq!(health, expected);
}

#[tokio::test]
async fn the_invite_page_has_no_script_and_loads_nothing() {
    let server = server(config()).await;
    let (head, body) = get(server.local_addr(), "/j").await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(
        head.contains("content-security-policy: default-src 'none'"),
        "{head}"
    );
    assert!(head.contains("referrer-policy: no-referrer"), "{head}");
    assert!(body.contains("Parlor"));
    for word in [
        "<script", "src=", "href=", "http:", "https:", "onload", "location",
    ] {
        assert!(!body.contains(word), "{word}");
    }
}

#[tokio::test]
async fn a_plain_request_for_the_web_socket_is_a_client_error() {
    let server = server(config()).await;
    let (head, _) = get(server.local_addr(), "/ws").await;
    assert!(head.starts_with("http/1.1 4"), "{head}");
}

#[tokio::test]
async fn other_paths_are_not_found() {
    let server = server(config()).await;
    let (head, _) = get(server.local_addr(), "/metrics").await;
    assert!(head.starts_with("http/1.1 404"), "{head}");
}
