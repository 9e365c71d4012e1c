//! The WebSocket to the signaling server: carries messages, decides nothing.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use parlor_proto::limits::SIGNAL_MESSAGE_MAX_BYTES;
use parlor_proto::signal::{ClientMessage, ServerMessage, SignalDecodeError};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_tungstenite::{Connector, MaybeTlsStream, WebSocketStream};

/// Messages waiting for the socket: a burst of candidates for a full room.
const OUTGOING_MAX: usize = 512;

/// The server pings every 20 s; a socket that brought nothing for longer than two of them is dead.
const IDLE_MAX: Duration = Duration::from_secs(50);

/// What a socket that is being closed may still take to send what is queued.
const LINGER: Duration = Duration::from_secs(2);

type Stream = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// On the socket.
#[derive(Debug)]
pub(crate) enum SocketEvent {
    /// Open.
    Opened,
    /// A message of the server.
    Received(ServerMessage),
    /// Closed or never opened. The last event.
    Closed { reason: String },
}

/// One socket. Dropping it sends what is queued and closes it in silence.
#[derive(Debug)]
pub(crate) struct Socket {
    generation: u64,
    /// Gone once the queue ran over: the task then closes the socket and reports that.
    outgoing: Option<mpsc::Sender<ClientMessage>>,
}

impl Socket {
    /// Dials `url`. Events carry `generation`, so that those of an older socket can be told apart.
    pub(crate) fn dial(
        url: String,
        generation: u64,
        events: mpsc::Sender<(u64, SocketEvent)>,
    ) -> Self {
        let (outgoing, queue) = mpsc::channel(OUTGOING_MAX);
        tokio::spawn(async move {
            let reason = run(&url, generation, &events, queue).await;
            // Nobody listens any more when the room is closed.
            let _ = events
                .send((generation, SocketEvent::Closed { reason }))
                .await;
        });
        Self {
            generation,
            outgoing: Some(outgoing),
        }
    }

    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }

    /// Queues a message. A full queue ends the socket.
    pub(crate) fn send(&mut self, message: ClientMessage) {
        if self
            .outgoing
            .as_ref()
            .is_some_and(|queue| queue.try_send(message).is_err())
        {
            self.outgoing = None;
        }
    }
}

async fn run(
    url: &str,
    generation: u64,
    events: &mpsc::Sender<(u64, SocketEvent)>,
    mut queue: mpsc::Receiver<ClientMessage>,
) -> String {
    let mut stream = tokio::select! {
        connected = connect(url) => match connected {
            Ok(stream) => stream,
            Err(error) => return describe(&error),
        },
        // Nothing is queued before the socket is open: this is the handle being dropped.
        _ = queue.recv() => return "not needed any more".to_owned(),
    };
    if events
        .send((generation, SocketEvent::Opened))
        .await
        .is_err()
    {
        return "not needed any more".to_owned();
    }
    loop {
        tokio::select! {
            outgoing = queue.recv() => match outgoing {
                Some(message) => {
                    if let Err(error) = stream.send(Message::text(message.encode())).await {
                        return describe(&error);
                    }
                }
                None => {
                    // Best effort: the other end may be gone already.
                    let _ = tokio::time::timeout(LINGER, stream.close(None)).await;
                    return "closed".to_owned();
                }
            },
            incoming = tokio::time::timeout(IDLE_MAX, stream.next()) => {
                let event = match read(incoming) {
                    Ok(Some(message)) => SocketEvent::Received(message),
                    Ok(None) => continue,
                    Err(reason) => return reason,
                };
                if events.send((generation, event)).await.is_err() {
                    return "not needed any more".to_owned();
                }
            }
        }
    }
}

type Incoming = Result<Option<Result<Message, WsError>>, tokio::time::error::Elapsed>;

/// The message in what the socket gave, if it holds one.
fn read(incoming: Incoming) -> Result<Option<ServerMessage>, String> {
    let message = match incoming {
        Err(_) => return Err("the server fell silent".to_owned()),
        Ok(None) => return Err("the server closed the connection".to_owned()),
        Ok(Some(Err(error))) => return Err(describe(&error)),
        Ok(Some(Ok(message))) => message,
    };
    let text = match &message {
        Message::Text(text) => text.as_str(),
        Message::Close(_) => return Err("the server closed the connection".to_owned()),
        Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {
            return Ok(None);
        }
    };
    match ServerMessage::decode(text) {
        Ok(message) => Ok(Some(message)),
        Err(SignalDecodeError::UnknownType) => Ok(None),
        Err(error) => Err(format!("the server sent something unreadable: {error}")),
    }
}

async fn connect(url: &str) -> Result<Stream, WsError> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(SIGNAL_MESSAGE_MAX_BYTES))
        .max_frame_size(Some(SIGNAL_MESSAGE_MAX_BYTES))
        .read_buffer_size(4 * 1024);
    let connector = Connector::Rustls(Arc::new(tls_config()?));
    let connecting =
        tokio_tungstenite::connect_async_tls_with_config(url, Some(config), true, Some(connector));
    connecting.await.map(|(stream, _response)| stream)
}

fn tls_config() -> Result<rustls::ClientConfig, WsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let roots = rustls::RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| WsError::Io(std::io::Error::other(error)))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// An error of the socket in words for a person.
fn describe(error: &WsError) -> String {
    match error {
        WsError::Io(io) => match io.kind() {
            std::io::ErrorKind::ConnectionRefused => "nothing answers at that address".to_owned(),
            std::io::ErrorKind::TimedOut => "the server did not answer".to_owned(),
            _ => format!("the network refused: {io}"),
        },
        WsError::Http(response) => {
            format!(
                "that is no Parlor server (it answered {})",
                response.status()
            )
        }
        WsError::Tls(_) => "the server's certificate is not valid".to_owned(),
        other => format!("the connection to the server broke: {other}"),
    }
}

impl From<SocketEvent> for parlor_engine::input::SignalInput {
    fn from(event: SocketEvent) -> Self {
        match event {
            SocketEvent::Opened => Self::Opened,
            SocketEvent::Received(message) => Self::Received(message),
            SocketEvent::Closed { reason } => Self::Closed { reason },
        }
    }
}
