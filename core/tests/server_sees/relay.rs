//! Between clients and the real server: keeps every byte both ways.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use data_encoding::BASE64URL_NOPAD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What passed, one entry for each direction of each connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record(pub(crate) Arc<Mutex<Vec<Vec<u8>>>>);

impl Record {
    fn stream(&self) -> usize {
        let mut streams = self.0.lock().unwrap();
        streams.push(Vec::new());
        streams.len() - 1
    }

    fn keep(&self, stream: usize, bytes: &[u8]) {
        self.0.lock().unwrap()[stream].extend_from_slice(bytes);
    }
}

/// Between the rooms and the server, with a switch that breaks every connection.
pub(crate) struct Relay {
    pub(crate) addr: SocketAddr,
    pub(crate) record: Record,
    cut: watch::Sender<u32>,
}

impl Relay {
    pub(crate) async fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (addr, record) = (listener.local_addr().unwrap(), Record::default());
        let (cut, cuts) = watch::channel(0);
        let keep = record.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, server, keep.clone(), cuts.clone()));
            }
        });
        Self { addr, record, cut }
    }

    /// Breaks every connection there is.
    pub(crate) fn cut(&self) {
        self.cut.send_modify(|cuts| *cuts += 1);
    }
}

async fn carry(
    client: TcpStream,
    server: SocketAddr,
    record: Record,
    mut cuts: watch::Receiver<u32>,
) {
    let server = TcpStream::connect(server).await.unwrap();
    let ((client_in, client_out), (server_in, server_out)) =
        (client.into_split(), server.into_split());
    cuts.mark_unchanged();
    tokio::select! {
        () = copy(client_in, server_out, record.stream(), &record) => {}
        () = copy(server_in, client_out, record.stream(), &record) => {}
        _ = cuts.changed() => {}
    }
}

async fn copy(
    mut from: tokio::net::tcp::OwnedReadHalf,
    mut to: tokio::net::tcp::OwnedWriteHalf,
    stream: usize,
    record: &Record,
) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(len @ 1..) = from.read(&mut bytes).await {
        record.keep(stream, &bytes[..len]);
        if to.write_all(&bytes[..len]).await.is_err() {
            return;
        }
    }
}

/// The head of a connection, and every WebSocket message on it, unmasked (RFC 6455, section 5.2).
pub(crate) fn messages(stream: &[u8]) -> Vec<Vec<u8>> {
    let end = stream.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.expect("an HTTP head") + 4;
    let mut found = vec![stream[..end].to_vec()];
    let mut rest = &stream[end..];
    while rest.len() >= 2 {
        let (is_masked, short) = (rest[1] & 0x80 != 0, usize::from(rest[1] & 0x7F));
        let (len, at) = match short {
            126 => (usize::from(u16::from_be_bytes([rest[2], rest[3]])), 4),
            127 => panic!("longer than any message"),
            _ => (short, 2),
        };
        let mask_len = if is_masked { 4 } else { 0 };
        // The last one may have been cut.
        let Some(payload) = rest.get(at + mask_len..at + mask_len + len) else {
            break;
        };
        let mask = &rest[at..at + mask_len];
        let unmask = |(i, byte): (usize, &u8)| if is_masked { byte ^ mask[i % 4] } else { *byte };
        found.push(payload.iter().enumerate().map(unmask).collect());
        rest = &rest[at + mask_len + len..];
    }
    found
}

/// Whatever may be base64url in a text, decoded.
pub(crate) fn decoded(message: &[u8]) -> Vec<Vec<u8>> {
    let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let runs = message.split(|byte| !is_inside(byte));
    let long = runs.filter(|run| run.len() >= 16);
    long.filter_map(|run| BASE64URL_NOPAD.decode(run).ok())
        .collect()
}
