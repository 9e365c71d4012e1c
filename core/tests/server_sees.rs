//! Everything that a signaling server receives in a room's life, searched for what it must not know.
//!
//! A relay between the rooms and the real server keeps every byte both ways. WebSocket messages are
//! unmasked, and what looks like base64url in them is decoded and searched as well.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its scene has failed"
)]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use parlor_core::options::RoomOptions;
use parlor_core::room::notice::Notice;
use parlor_core::room::{Room, RoomEvent, RoomEvents};
use parlor_proto::id::DeviceId;
use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use parlor_proto::signal::JoinIntent;
use parlor_proto::text::DisplayName;
use parlor_signaling::server::{Server, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

const PATIENCE: Duration = Duration::from_secs(60);
const TEXT: &str = "the-marker-in-a-message";
const FILE_NAME: &str = "the-marker-in-a-name.txt";
const FILE_CONTENT: &str = "the-marker-in-a-file";
const NAMES: [&str; 3] = ["Marker-Ada", "Marker-Bob", "Marker-Cem"];

/// What passed, one entry for each direction of each connection.
#[derive(Debug, Clone, Default)]
struct Record(Arc<Mutex<Vec<Vec<u8>>>>);

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
struct Relay {
    addr: SocketAddr,
    record: Record,
    cut: watch::Sender<u32>,
}

impl Relay {
    async fn start(server: SocketAddr) -> Self {
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
fn messages(stream: &[u8]) -> Vec<Vec<u8>> {
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
fn decoded(message: &[u8]) -> Vec<Vec<u8>> {
    let is_inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let runs = message.split(|byte| !is_inside(byte));
    let long = runs.filter(|run| run.len() >= 16);
    long.filter_map(|run| BASE64URL_NOPAD.decode(run).ok())
        .collect()
}

struct Member {
    room: Room,
    events: RoomEvents,
    folder: tempfile::TempDir,
}

fn member(invite: &Invite, name: &str) -> Member {
    let folder = tempfile::tempdir().unwrap();
    let name = DisplayName::sanitise(name);
    let mut options = RoomOptions::new(invite.clone(), JoinIntent::Open, name);
    options.folder = Some(folder.path().to_owned());
    options.ice_servers = Some(Vec::new());
    let (room, events) = Room::start(options).unwrap();
    Member {
        room,
        events,
        folder,
    }
}

impl Member {
    async fn notice<T>(&mut self, what: &str, pick: impl Fn(&Notice) -> Option<T>) -> T {
        let search = async {
            loop {
                let event = self.events.next().await;
                let event = event.unwrap_or_else(|| panic!("ended before {what}"));
                if let RoomEvent::Session(notice) = event
                    && let Some(found) = pick(&notice)
                {
                    return found;
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, search).await;
        found.unwrap_or_else(|_| panic!("no {what} in time"))
    }

    async fn device_of_the_other(&mut self) -> DeviceId {
        self.notice("connection", |notice| match notice {
            Notice::PeerConnected { device, .. } => Some(*device),
            _ => None,
        })
        .await
    }

    async fn hears(&mut self) {
        self.notice("message", |notice| {
            matches!(notice, Notice::Heard { .. }).then_some(())
        })
        .await;
    }

    async fn takes_the_file(&mut self) {
        let key = self
            .notice("offer", |notice| match notice {
                Notice::Offered { key, .. } => Some(*key),
                _ => None,
            })
            .await;
        self.room.answer(key, vec![0], None).await.unwrap();
        self.notice("file", |notice| {
            matches!(notice, Notice::Received { .. }).then_some(())
        })
        .await;
        let received = std::fs::read(self.folder.path().join(FILE_NAME)).unwrap();
        assert_eq!(received, FILE_CONTENT.as_bytes());
    }

    async fn rejoined(&mut self) {
        self.notice("return", |notice| {
            matches!(notice, Notice::Joined { .. }).then_some(())
        })
        .await;
    }
}

/// Three people live through all a room has to offer; gives the devices they were.
async fn live(relay: &Relay, invite: &Invite, source: &Path) -> BTreeSet<DeviceId> {
    let file = source.join(FILE_NAME);
    std::fs::write(&file, FILE_CONTENT).unwrap();
    let (mut ada, mut bob) = (member(invite, NAMES[0]), member(invite, NAMES[1]));
    let mut devices = BTreeSet::new();
    devices.insert(ada.device_of_the_other().await);
    devices.insert(bob.device_of_the_other().await);
    ada.room.say(TEXT).await.unwrap();
    bob.hears().await;
    ada.room.share(vec![file]).await.unwrap();
    bob.takes_the_file().await;
    relay.cut.send_modify(|cuts| *cuts += 1);
    ada.rejoined().await;
    bob.rejoined().await;
    let mut cem = member(invite, NAMES[2]);
    for member in [&mut ada, &mut bob] {
        devices.insert(member.device_of_the_other().await);
    }
    cem.hears().await;
    bob.room.say(TEXT).await.unwrap();
    cem.hears().await;
    for member in [&mut cem, &mut bob, &mut ada] {
        member.room.leave().await.unwrap();
        while member.events.next().await.is_some() {}
    }
    devices
}

/// What the server must not see, each with a name for the failure.
fn secrets(invite: &Invite, devices: &BTreeSet<DeviceId>, source: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: &str, bytes: &[u8]| {
        found.push((name.to_owned(), bytes.to_vec()));
        found.push((format!("{name}, hex"), HEXLOWER.encode(bytes).into_bytes()));
        let base64 = BASE64URL_NOPAD.encode(bytes);
        found.push((format!("{name}, base64url"), base64.into_bytes()));
        let base64 = BASE64.encode(bytes);
        found.push((format!("{name}, base64"), base64.into_bytes()));
    };
    add("the secret", invite.secret.expose());
    add("the key of signals", &invite.secret.signal_key());
    add("the pre-shared key", &invite.secret.psk());
    for device in devices {
        add("a device id", &device.0);
        add("a device id's text", device.to_string().as_bytes());
    }
    let texts = [TEXT, FILE_NAME, FILE_CONTENT, source.to_str().unwrap()];
    for text in texts.into_iter().chain(NAMES) {
        add("a text, a name or a path", text.as_bytes());
    }
    for token in ["v=0\r\n", "a=fingerprint", "a=ice-ufrag", "candidate:"] {
        add("a part of a session description", token.as_bytes());
    }
    for interface in if_addrs::get_if_addrs().unwrap() {
        // The server's own address, which clients name in the head of their request.
        if !interface.is_loopback() {
            add("an address", interface.ip().to_string().as_bytes());
        }
    }
    // Shorter ones turn up by chance in kilobytes of random characters; their raw form stands for
    // them.
    found.retain(|(_, bytes)| bytes.len() > 4);
    found
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_receives_nothing_of_what_a_room_says_or_is() {
    let config = ServerConfig::new("127.0.0.1:0".parse().unwrap());
    let server = Server::bind(config).await.unwrap();
    let relay = Relay::start(server.local_addr()).await;
    let secret = *b"a secret that can be seen easily";
    let invite = Invite {
        server: ServerUrl::parse(&format!("http://{}", relay.addr)).unwrap(),
        secret: RoomSecret::from_bytes(secret),
    };
    let source = tempfile::tempdir().unwrap();
    let devices = live(&relay, &invite, source.path()).await;
    assert_eq!(devices.len(), 3);

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
    for (name, secret) in secrets(&invite, &devices, source.path()) {
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
