//! Stands between clients and the real server, and hands every message to the attack.

use std::net::SocketAddr;

use futures_util::{SinkExt as _, StreamExt as _};
use parlor_core::rtc::RtcEvent;
use parlor_proto::id::PeerId;
use parlor_proto::invite::RoomSecret;
use parlor_proto::signal::{ClientMessage, ServerMessage};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;

use crate::attack::{Attack, Attacker};

/// Messages of all connections that wait for the attack: far more than a test brings about.
const QUEUE_MAX: usize = 1024;

/// What the attack sees.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A client connected; what it is to hear, and what the server is to hear of it.
    Connected(
        usize,
        mpsc::Sender<ServerMessage>,
        mpsc::Sender<ClientMessage>,
    ),
    /// A client said something.
    FromClient(usize, ClientMessage),
    /// The server said something to a client.
    FromServer(usize, ServerMessage),
    /// One of the attacker's own connections, by the member it leads to and its number.
    Link((PeerId, u32), RtcEvent),
}

/// Listens; gives the address that clients are to believe is the server's.
pub(crate) async fn start(server: SocketAddr, attack: Attack, secret: &RoomSecret) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (seen, queue) = mpsc::channel(QUEUE_MAX);
    let (links, link_events) = mpsc::channel(QUEUE_MAX);
    tokio::spawn(Attacker::new(attack, secret, links).run(queue, link_events));
    tokio::spawn(async move {
        for conn in 0.. {
            let Ok((client, _)) = listener.accept().await else {
                return;
            };
            tokio::spawn(carry(conn, client, server, seen.clone()));
        }
    });
    addr
}

async fn carry(conn: usize, client: TcpStream, server: SocketAddr, seen: mpsc::Sender<Seen>) {
    let Ok(client) = tokio_tungstenite::accept_async(client).await else {
        return;
    };
    let url = format!("ws://{server}/ws");
    let (upstream, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let (mut client_sink, mut client_stream) = client.split();
    let (mut server_sink, mut server_stream) = upstream.split();
    let (to_client, mut for_client) = mpsc::channel::<ServerMessage>(QUEUE_MAX);
    let (to_server, mut for_server) = mpsc::channel::<ClientMessage>(QUEUE_MAX);
    let connected = Seen::Connected(conn, to_client, to_server);
    if seen.send(connected).await.is_err() {
        return;
    }
    loop {
        let next = tokio::select! {
            Some(message) = for_client.recv() => {
                client_sink.send(Message::text(message.encode())).await.ok()
            }
            Some(message) = for_server.recv() => {
                server_sink.send(Message::text(message.encode())).await.ok()
            }
            Some(Ok(message)) = client_stream.next() => match message.into_text().map(|text| {
                ClientMessage::decode(&text)
            }) {
                Ok(Ok(message)) => seen.send(Seen::FromClient(conn, message)).await.ok(),
                _ => Some(()),
            },
            Some(Ok(message)) = server_stream.next() => match message.into_text().map(|text| {
                ServerMessage::decode(&text)
            }) {
                Ok(Ok(message)) => seen.send(Seen::FromServer(conn, message)).await.ok(),
                _ => Some(()),
            },
            else => None,
        };
        if next.is_none() {
            return;
        }
    }
}
