//! Entering, signaling and leaving.

use parlor_proto::signal::{ClientMessage, ErrorCode, IceServer, JoinIntent, ServerMessage};
use parlor_signaling::server::{Server, ServerError};

use crate::client::{Client, ROOM, config, server};

#[tokio::test]
async fn two_clients_meet_signal_and_part() {
    let server = server(config()).await;
    let (mut alice, a) = Client::open(server.local_addr()).await;
    let mut bob = Client::connect(server.local_addr()).await;
    let b = bob.join(JoinIntent::Join, None).await;
    assert_eq!((a.peers, b.peers), (vec![], vec![a.peer]));
    assert_eq!(
        alice.hear().await,
        Some(ServerMessage::PeerJoined { peer: b.peer })
    );

    alice.signal(b.peer, "b2ZmZXI").await;
    let offer = ServerMessage::Signal {
        from: a.peer,
        payload: "b2ZmZXI".into(),
    };
    assert_eq!(bob.hear().await, Some(offer));
    bob.signal(a.peer, "YW5zd2Vy").await;
    let answer = ServerMessage::Signal {
        from: b.peer,
        payload: "YW5zd2Vy".into(),
    };
    assert_eq!(alice.hear().await, Some(answer));

    bob.say(&ClientMessage::Leave).await;
    assert_eq!(
        alice.hear().await,
        Some(ServerMessage::PeerLeft { peer: b.peer })
    );
    assert_eq!(bob.hear().await, None);
}

#[tokio::test]
async fn an_absent_room_cannot_be_joined() {
    let server = server(config()).await;
    let mut client = Client::connect(server.local_addr()).await;
    let intent = JoinIntent::Join;
    client
        .say(&ClientMessage::Join {
            room: ROOM,
            intent,
            max_peers: None,
            resume: None,
        })
        .await;
    assert_eq!(client.hear_refusal().await, ErrorCode::RoomNotFound);
}

#[tokio::test]
async fn a_full_room_cannot_be_joined() {
    let server = server(config()).await;
    let join = |max_peers| {
        let intent = JoinIntent::Open;
        ClientMessage::Join {
            room: ROOM,
            intent,
            max_peers,
            resume: None,
        }
    };
    let mut alice = Client::connect(server.local_addr()).await;
    alice.say(&join(Some(2))).await;
    assert!(matches!(
        alice.hear().await,
        Some(ServerMessage::Joined { .. })
    ));
    let (_bob, _) = Client::open(server.local_addr()).await;
    let mut carol = Client::connect(server.local_addr()).await;
    carol.say(&join(None)).await;
    assert_eq!(carol.hear_refusal().await, ErrorCode::RoomFull);
}

#[tokio::test]
async fn members_are_handed_the_ice_servers() {
    let ice = IceServer {
        urls: vec!["stun:stun.example:3478".into()],
        username: None,
        credential: None,
    };
    let mut config = config();
    config.ice_servers = vec![ice.clone()];
    let server = server(config).await;
    let mut client = Client::connect(server.local_addr()).await;
    let intent = JoinIntent::Open;
    client
        .say(&ClientMessage::Join {
            room: ROOM,
            intent,
            max_peers: None,
            resume: None,
        })
        .await;
    match client.hear().await {
        Some(ServerMessage::Joined { ice_servers, .. }) => assert_eq!(ice_servers, [ice]),
        other => panic!("no joined but {other:?}"),
    }
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let first = server(config()).await;
    let mut config = config();
    config.listen = first.local_addr();
    let error = Server::bind(config).await.expect_err("the port is taken");
    assert!(matches!(error, ServerError::PortTaken { addr } if addr == first.local_addr()));
    let port = first.local_addr().port();
    assert_eq!(
        error.to_string(),
        format!("port {port} is taken by another program")
    );
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused() {
    let mut config = config();
    config.ice_servers = vec![IceServer {
        urls: vec!["https://not.ice".into()],
        username: None,
        credential: None,
    }];
    assert!(matches!(
        Server::bind(config).await,
        Err(ServerError::Config { .. })
    ));
}
