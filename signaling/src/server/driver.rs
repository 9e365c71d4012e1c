//! The task that owns the hub: takes commands from connections, ticks, and hands out what the hub
//! says. It never waits for a client.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use core::time::Duration;

use axum::extract::ws::Utf8Bytes;
use parlor_proto::id::PeerId;
use parlor_proto::signal::{ClientMessage, SignalDecodeError};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::hub::{ClientKey, CloseCode, ConnId, Hub, HubInput, HubOutput};

/// What connections tell the hub.
#[derive(Debug)]
pub(super) enum Command {
    Connected {
        conn: ConnId,
        fresh_peer: PeerId,
        from: ClientKey,
        outbox: Outbox,
    },
    Message {
        conn: ConnId,
        message: ClientMessage,
    },
    Undecodable {
        conn: ConnId,
        error: SignalDecodeError,
    },
    Disconnected {
        conn: ConnId,
    },
}

/// The hub's end of a connection.
#[derive(Debug)]
pub(super) struct Outbox {
    pub(super) queue: mpsc::Sender<Outgoing>,
    /// Set when the queue ran over: the connection is to end without what no longer fit.
    pub(super) overrun: CancellationToken,
}

/// What the hub tells a connection.
#[derive(Debug)]
pub(super) enum Outgoing {
    Text(Utf8Bytes),
    Close(CloseCode),
}

/// Figures for the health page.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Stats {
    pub(super) rooms: usize,
    pub(super) peers: usize,
}

/// The hub's time: Unix time when the server started plus what has passed since. Comparable
/// across restarts, for tokens, and never going back, for everything else.
#[derive(Debug, Clone, Copy)]
struct Clock {
    start: Instant,
    unix_at_start: Duration,
}

impl Clock {
    fn start() -> Self {
        // A clock before 1970 only makes tokens of this run unreadable to the next.
        let unix_at_start = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            start: Instant::now(),
            unix_at_start,
        }
    }

    fn now(&self) -> Duration {
        self.unix_at_start + self.start.elapsed()
    }

    fn instant_of(&self, time: Duration) -> Instant {
        self.start + time.saturating_sub(self.unix_at_start)
    }
}

struct Driver {
    hub: Hub,
    clock: Clock,
    outboxes: BTreeMap<ConnId, Outbox>,
    stats: watch::Sender<Stats>,
}

/// Runs the hub until the server stops.
pub(super) async fn drive(
    hub: Hub,
    mut commands: mpsc::Receiver<Command>,
    stats: watch::Sender<Stats>,
    stop: CancellationToken,
) {
    // Without its hub the server is nothing: should this task panic, the rest stops as well.
    let _stop_all = stop.clone().drop_guard();
    let clock = Clock::start();
    let mut driver = Driver {
        hub,
        clock,
        outboxes: BTreeMap::new(),
        stats,
    };
    loop {
        let deadline = driver.hub.poll_deadline();
        // Without a deadline the branch is off, and its time does not matter.
        let wake = clock.instant_of(deadline.unwrap_or_default());
        tokio::select! {
            () = stop.cancelled() => return,
            command = commands.recv() => match command {
                Some(command) => driver.on_command(command),
                None => return,
            },
            () = sleep_until(wake), if deadline.is_some() => driver.handle(HubInput::Tick),
        }
        driver.hand_out();
        driver.publish();
    }
}

impl Driver {
    fn on_command(&mut self, command: Command) {
        let input = match command {
            Command::Connected {
                conn,
                fresh_peer,
                from,
                outbox,
            } => {
                self.outboxes.insert(conn, outbox);
                HubInput::Connected {
                    conn,
                    fresh_peer,
                    from,
                }
            }
            Command::Message { conn, message } => {
                if let ClientMessage::Join { room, .. } = &message {
                    tracing::debug!(conn = conn.0, room = room.short(), "join");
                }
                HubInput::Message { conn, message }
            }
            Command::Undecodable { conn, error } => {
                tracing::debug!(conn = conn.0, %error, "unreadable message");
                HubInput::Undecodable { conn, error }
            }
            Command::Disconnected { conn } => {
                self.outboxes.remove(&conn);
                HubInput::Disconnected { conn }
            }
        };
        self.handle(input);
    }

    fn handle(&mut self, input: HubInput) {
        self.hub.handle(input, self.clock.now());
    }

    fn hand_out(&mut self) {
        while let Some(output) = self.hub.poll_output() {
            match output {
                HubOutput::Send { conn, message } => {
                    self.put(conn, Outgoing::Text(message.encode().into()));
                }
                HubOutput::Close { conn, code } => {
                    tracing::debug!(conn = conn.0, ?code, "closing");
                    self.put(conn, Outgoing::Close(code));
                    self.outboxes.remove(&conn);
                }
            }
        }
    }

    fn put(&mut self, conn: ConnId, outgoing: Outgoing) {
        let Some(outbox) = self.outboxes.get(&conn) else {
            return;
        };
        match outbox.queue.try_send(outgoing) {
            // A closed queue is a task that ended; its `Disconnected` is on the way.
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {}
            Err(mpsc::error::TrySendError::Full(_)) => {
                tracing::debug!(conn = conn.0, "slow consumer");
                outbox.overrun.cancel();
                self.outboxes.remove(&conn);
                self.handle(HubInput::Disconnected { conn });
            }
        }
    }

    fn publish(&self) {
        let stats = Stats {
            rooms: self.hub.rooms_len(),
            peers: self.hub.peers_len(),
        };
        self.stats
            .send_if_modified(|shown| core::mem::replace(shown, stats) != stats);
    }
}
