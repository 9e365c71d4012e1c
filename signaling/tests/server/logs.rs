//! What the logs must never hold, at any level.

use std::io::Write;
use std::sync::{Arc, Mutex};

use parlor_proto::signal::JoinIntent;
use tracing_subscriber::filter::LevelFilter;

use crate::client::{Client, ROOM, config, server};

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

// The server's tasks run on this one thread, so the thread's own subscriber hears all of them.
#[tokio::test(flavor = "current_thread")]
async fn logs_hold_no_payload_no_token_no_address_and_no_whole_id() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);

    let server = server(config()).await;
    let (mut alice, a) = Client::open(server.local_addr()).await;
    let (bob, b) = Client::open(server.local_addr()).await;
    alice.hear().await;
    alice.signal(b.peer, "cGF5bG9hZA").await;
    drop(bob);
    let mut bob = Client::connect(server.local_addr()).await;
    bob.join(JoinIntent::Join, Some(b.resume.clone())).await;
    bob.say_text("{\"garbage\":\"cGF5bG9hZA\"").await;
    bob.hear_refusal().await;
    tokio::join!(server.shutdown(), async {
        while alice.hear().await.is_some() {}
    });
    drop(guard);

    let bytes = captured.0.lock().unwrap().clone();
    let ours: Vec<String> = String::from_utf8(bytes)
        .unwrap()
        .lines()
        .filter(|line| line.contains("parlor_signaling"))
        .map(str::to_owned)
        .collect();
    let logs = ours.join("\n");
    assert!(
        logs.contains(&ROOM.short()),
        "the room is named in short: {logs}"
    );
    let secrets = [
        "cGF5bG9hZA",
        a.resume.as_str(),
        b.resume.as_str(),
        "127.0.0.1",
        &ROOM.to_string(),
        &a.peer.to_string(),
        &b.peer.to_string(),
    ];
    for secret in secrets {
        assert!(!logs.contains(secret), "{secret} in {logs}");
    }
}
