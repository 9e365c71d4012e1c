//! Broken connections, restarts, and goodbyes.

use std::time::Duration;

use parlor_proto::signal::{ErrorCode, JoinIntent, ServerMessage};
use tokio::net::TcpStream;

use crate::client::{Client, config, patiently, server};

#[tokio::test]
async fn a_member_whose_connection_dropped_comes_back_as_the_same_peer() {
    let server = server(config()).await;
    let (alice, a) = Client::open(server.local_addr()).await;
    let (mut bob, b) = Client::open(server.local_addr()).await;
    drop(alice);
    let mut alice = Client::connect(server.local_addr()).await;
    let again = alice.join(JoinIntent::Join, Some(a.resume)).await;
    assert_eq!(
        (again.peer, again.resumed, again.peers),
        (a.peer, true, vec![b.peer])
    );
    bob.signal(a.peer, "aGVsbG8").await;
    let signal = ServerMessage::Signal {
        from: b.peer,
        payload: "aGVsbG8".into(),
    };
    assert_eq!(alice.hear().await, Some(signal));
}

#[tokio::test]
async fn a_resume_ends_the_older_connection() {
    let server = server(config()).await;
    let (mut old, a) = Client::open(server.local_addr()).await;
    let mut new = Client::connect(server.local_addr()).await;
    assert!(new.join(JoinIntent::Join, Some(a.resume)).await.resumed);
    assert_eq!(old.hear_refusal().await, ErrorCode::Displaced);
}

#[tokio::test]
async fn whoever_does_not_come_back_has_left() {
    let mut config = config();
    config.timing.resume_window = Duration::from_millis(20);
    let server = server(config).await;
    let (mut alice, _) = Client::open(server.local_addr()).await;
    let (bob, b) = Client::open(server.local_addr()).await;
    assert_eq!(
        alice.hear().await,
        Some(ServerMessage::PeerJoined { peer: b.peer })
    );
    drop(bob);
    assert_eq!(
        alice.hear().await,
        Some(ServerMessage::PeerLeft { peer: b.peer })
    );
}

#[tokio::test]
async fn members_come_back_as_themselves_after_a_restart_with_the_same_key() {
    let first = server(config()).await;
    let addr = first.local_addr();
    let (alice, a) = Client::open(addr).await;
    let (bob, b) = Client::open(addr).await;
    drop((alice, bob));
    patiently(first.shutdown()).await;

    let mut config = config();
    config.listen = addr;
    let second = server(config).await;
    let mut bob = Client::connect(second.local_addr()).await;
    let again = bob.join(JoinIntent::Join, Some(b.resume)).await;
    assert_eq!((again.peer, again.resumed), (b.peer, true));
    let mut alice = Client::connect(second.local_addr()).await;
    let again = alice.join(JoinIntent::Join, Some(a.resume)).await;
    assert_eq!((again.peer, again.peers), (a.peer, vec![b.peer]));
}

#[tokio::test]
async fn a_shutdown_tells_everybody_when_to_come_back() {
    let server = server(config()).await;
    let addr = server.local_addr();
    let (mut member, _) = Client::open(addr).await;
    let mut stranger = Client::connect(addr).await;
    let (heard, unheard, ()) = tokio::join!(
        async { (member.hear().await, member.hear().await) },
        async { (stranger.hear().await, stranger.hear().await) },
        patiently(server.shutdown()),
    );
    for heard in [heard, unheard] {
        assert!(
            matches!(
                heard,
                (
                    Some(ServerMessage::Error {
                        code: ErrorCode::Draining,
                        retry_after_ms: Some(0..=5_000),
                        ..
                    }),
                    None
                )
            ),
            "{heard:?}"
        );
    }
    assert!(TcpStream::connect(addr).await.is_err());
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_clients_that_do_not_read() {
    let mut config = config();
    config.timing.drain = Duration::from_millis(50);
    let server = server(config).await;
    let (_silent, _) = Client::open(server.local_addr()).await;
    patiently(server.shutdown()).await;
}

#[tokio::test]
async fn dropping_the_server_ends_every_connection() {
    let server = server(config()).await;
    let (mut client, _) = Client::open(server.local_addr()).await;
    drop(server);
    assert_eq!(client.hear().await, None);
}
