//! A client for tests, and servers for it to talk to.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use parlor_proto::id::{PeerId, RoomId};
use parlor_proto::signal::{ClientMessage, ErrorCode, JoinIntent, ResumeToken, ServerMessage};
use parlor_signaling::server::{Server, ServerConfig};
use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};

pub(crate) const ROOM: RoomId = RoomId([1; 16]);
pub(crate) const KEY: [u8; 32] = [7; 32];

/// Only a test that hangs gets there.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn config() -> ServerConfig {
    let mut config = ServerConfig::new(SocketAddr::from(([127, 0, 0, 1], 0)));
    config.server_key = Some(KEY);
    config
}

pub(crate) async fn server(config: ServerConfig) -> Server {
    Server::bind(config).await.expect("a free port")
}

pub(crate) async fn patiently<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("the test hangs")
}

pub(crate) struct Client {
    pub(crate) socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

#[derive(Debug)]
pub(crate) struct Entered {
    pub(crate) peer: PeerId,
    pub(crate) peers: Vec<PeerId>,
    pub(crate) resume: ResumeToken,
    pub(crate) resumed: bool,
}

impl Client {
    pub(crate) async fn connect(addr: SocketAddr) -> Self {
        let connected = patiently(connect_async(format!("ws://{addr}/ws"))).await;
        Self {
            socket: connected.expect("the server accepts").0,
        }
    }

    /// Connects with a receive buffer so small that not reading is soon noticed.
    pub(crate) async fn connect_narrow(addr: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(8 * 1024).unwrap();
        let stream = MaybeTlsStream::Plain(socket.connect(addr).await.unwrap());
        let connected = patiently(client_async(format!("ws://{addr}/ws"), stream)).await;
        Self {
            socket: connected.expect("the server accepts").0,
        }
    }

    /// Connects and opens [`ROOM`].
    pub(crate) async fn open(addr: SocketAddr) -> (Self, Entered) {
        let mut client = Self::connect(addr).await;
        let entered = client.join(JoinIntent::Open, None).await;
        (client, entered)
    }

    pub(crate) async fn join(
        &mut self,
        intent: JoinIntent,
        resume: Option<ResumeToken>,
    ) -> Entered {
        self.say(&ClientMessage::Join {
            room: ROOM,
            intent,
            max_peers: None,
            resume,
        })
        .await;
        match self.hear().await {
            Some(ServerMessage::Joined {
                peer,
                peers,
                resume,
                resumed,
                ..
            }) => Entered {
                peer,
                peers,
                resume,
                resumed,
            },
            other => panic!("no joined but {other:?}"),
        }
    }

    pub(crate) async fn say(&mut self, message: &ClientMessage) {
        self.say_text(&message.encode()).await;
    }

    pub(crate) async fn say_text(&mut self, text: &str) {
        let sent = patiently(self.socket.send(Message::text(text))).await;
        sent.expect("the connection is open");
    }

    pub(crate) async fn signal(&mut self, to: PeerId, payload: &str) {
        self.say(&ClientMessage::Signal {
            to,
            payload: payload.to_owned(),
        })
        .await;
    }

    /// The next message; `None` when the server has closed.
    pub(crate) async fn hear(&mut self) -> Option<ServerMessage> {
        loop {
            match patiently(self.socket.next()).await {
                Some(Ok(Message::Text(text))) => {
                    return Some(ServerMessage::decode(&text).expect("a message of the server"));
                }
                // After a close frame only the end of the stream is left to come.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Close(_))) => {}
                Some(Err(_)) | None => return None,
                Some(Ok(other)) => panic!("unexpected {other:?}"),
            }
        }
    }

    /// The next message, which is an error.
    pub(crate) async fn hear_error(&mut self) -> ErrorCode {
        match self.hear().await {
            Some(ServerMessage::Error { code, .. }) => code,
            other => panic!("no error but {other:?}"),
        }
    }

    /// The next message is an error, and the last one.
    pub(crate) async fn hear_refusal(&mut self) -> ErrorCode {
        let code = self.hear_error().await;
        assert_eq!(self.hear().await, None);
        code
    }
}
