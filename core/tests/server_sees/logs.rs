//! What the logs must never hold, at any level: the whole life of a room, a stranger among its
//! members included, searched line by line.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt as _, StreamExt as _};
use parlor_proto::invite::Invite;
use parlor_proto::signal::{ClientMessage, JoinIntent, ServerMessage};
use parlor_signaling::server::{Server, ServerConfig};
use tokio_tungstenite::tungstenite::Message;
use tracing_subscriber::filter::LevelFilter;

use crate::life::{contains, invite, live, secrets};
use crate::relay::Relay;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Captured {
    /// Lines of our own crates.
    fn ours(&self) -> Vec<String> {
        let bytes = self.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        let ours = text.lines().filter(|line| line.contains(" parlor"));
        ours.map(str::to_owned).collect()
    }
}

/// Somebody who knows the room's id and not its secret: answers nobody, and signals junk.
async fn stranger(invite: Invite) {
    let url = invite.server.websocket_url();
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let join = ClientMessage::Join {
        room: invite.secret.room_id(),
        intent: JoinIntent::Open,
        max_peers: None,
        resume: None,
    };
    socket.send(Message::text(join.encode())).await.unwrap();
    while let Some(Ok(message)) = socket.next().await {
        let Ok(text) = message.into_text() else {
            continue;
        };
        let to = match ServerMessage::decode(&text) {
            Ok(ServerMessage::PeerJoined { peer }) => peer,
            Ok(ServerMessage::Signal { from, .. }) => from,
            _ => continue,
        };
        let payload = "bm90aGluZyB0aGF0IG9wZW5z".to_owned();
        let signal = ClientMessage::Signal { to, payload };
        socket.send(Message::text(signal.encode())).await.unwrap();
        socket.send(Message::text("no message")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_of_a_rooms_whole_life_hold_nothing_of_it_at_any_level() {
    let captured = Captured::default();
    let writer = captured.clone();
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .init();
    let config = ServerConfig::new("127.0.0.1:0".parse().unwrap());
    let server = Server::bind(config).await.unwrap();
    let relay = Relay::start(server.local_addr()).await;
    let invite = invite(&relay);
    let source = tempfile::tempdir().unwrap();
    let stranger = tokio::spawn(stranger(invite.clone()));
    let life = live(&relay, &invite, source.path()).await;
    stranger.abort();
    server.shutdown().await;

    let lines = captured.ours();
    for target in ["parlor_core::rtc", "parlor_engine::", "parlor_signaling::"] {
        assert!(lines.iter().any(|line| line.contains(target)), "{target}");
    }
    let mut forbidden = secrets(&invite, &life, source.path());
    let room = invite.secret.room_id().to_string();
    forbidden.push(("the room's whole id".to_owned(), room.into_bytes()));
    for address in ["127.0.0.1", "[::1]"] {
        forbidden.push(("an address".to_owned(), address.into()));
    }
    forbidden.push(("a payload".to_owned(), b"bm90aGluZyB0aGF0IG9wZW5z".to_vec()));
    for (name, secret) in forbidden {
        let leak = lines.iter().find(|line| contains(line.as_bytes(), &secret));
        assert_eq!(leak, None, "{name}");
    }
}

/// What log lines may be given a value of. Short ids, kinds, counts and errors that are made of
/// fixed words; never a notice, an event, a frame, a message or a candidate.
const LOGGED: [&str; 11] = [
    "%error", "%from", "%state", "?channel", "?code", "?end", "?self", "?why", "bytes", "reason",
    "seq",
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The arguments of every `tracing::…!(…)` in a source.
fn log_calls(source: &str) -> Vec<&str> {
    let macros = ["error", "warn", "info", "debug", "trace"];
    let calls = source.match_indices("tracing::").filter_map(|(at, _)| {
        let call = &source[at + "tracing::".len()..];
        let name = macros.iter().find(|name| call.starts_with(**name))?;
        let inside = call[name.len()..].strip_prefix("!(")?;
        let end = inside
            .find(");")
            .into_iter()
            .chain(inside.find(")\n"))
            .min();
        Some(&inside[..end.unwrap_or(inside.len())])
    });
    calls.collect()
}

/// What of an argument is formatted: `?x`, `y = %x`, or a name alone.
fn value(argument: &str) -> Option<&str> {
    let argument = argument.trim();
    let value = argument.rsplit('=').next().unwrap_or(argument).trim();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let is_name = !argument.is_empty() && argument.chars().all(is_word);
    let end = value.find(|c: char| !is_word(c) && !matches!(c, '?' | '%'));
    let value = &value[..end.unwrap_or(value.len())];
    (is_name || value.starts_with(['?', '%'])).then_some(value)
}

#[test]
fn no_log_line_is_given_a_notice_a_frame_or_an_input() {
    let tree = Path::new(env!("CARGO_MANIFEST_DIR"));
    let crates = [
        "src",
        "engine/src",
        "proto/src",
        "../signaling/src",
        "../cli/src",
    ];
    let mut files = Vec::new();
    for folder in crates {
        sources(&tree.join(folder), &mut files);
    }
    let mut calls = 0;
    let mut strangers = BTreeSet::new();
    for file in &files {
        let source = std::fs::read_to_string(file).unwrap();
        for call in log_calls(&source) {
            calls += 1;
            let values = call.split(',').filter_map(value);
            let unknown = values.filter(|value| !LOGGED.contains(value));
            strangers.extend(unknown.map(|value| format!("{value} in {}", file.display())));
        }
    }
    assert!(calls > 20, "{calls} calls found");
    assert!(strangers.is_empty(), "{strangers:?}");
}
