//! A hub with made-up time, for tests to talk to.

use std::time::Duration;

use parlor_proto::id::{PeerId, RoomId};
use parlor_proto::signal::{ClientMessage, ErrorCode, JoinIntent, ResumeToken, ServerMessage};
use parlor_signaling::hub::*;

pub(crate) const ROOM: RoomId = RoomId([1; 16]);
pub(crate) const OTHER_ROOM: RoomId = RoomId([2; 16]);
/// One address for everybody.
pub(crate) const HOME: std::net::Ipv4Addr = std::net::Ipv4Addr::new(192, 0, 2, 1);
pub(crate) const START: Duration = Duration::from_secs(1_790_000_000);

/// A hub, its time, and what it has said so far to each connection.
pub(crate) struct World {
    pub(crate) hub: Hub,
    pub(crate) now: Duration,
    pub(crate) heard: Vec<HubOutput>,
}

#[derive(Debug, Clone)]
pub(crate) struct Entered {
    pub(crate) conn: u64,
    pub(crate) peer: PeerId,
    pub(crate) peers: Vec<PeerId>,
    pub(crate) resume: ResumeToken,
    pub(crate) resumed: bool,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(HubConfig::new(&[7; 32]))
    }

    pub(crate) fn with(config: HubConfig) -> Self {
        Self {
            hub: Hub::new(config),
            now: START,
            heard: Vec::new(),
        }
    }

    pub(crate) fn feed(&mut self, input: HubInput) {
        self.hub.handle(input, self.now);
        while let Some(output) = self.hub.poll_output() {
            self.heard.push(output);
        }
    }

    pub(crate) fn connect(&mut self, conn: u64) {
        let mut name = [0xC0; 16];
        name[..8].copy_from_slice(&conn.to_be_bytes());
        self.feed(HubInput::Connected {
            conn: ConnId(conn),
            fresh_peer: PeerId(name),
            from: address_of(conn),
        });
    }

    pub(crate) fn say(&mut self, conn: u64, message: ClientMessage) {
        self.feed(HubInput::Message {
            conn: ConnId(conn),
            message,
        });
    }

    pub(crate) fn drop_conn(&mut self, conn: u64) {
        self.feed(HubInput::Disconnected { conn: ConnId(conn) });
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.now += time;
        self.feed(HubInput::Tick);
    }

    pub(crate) fn signal(&mut self, conn: u64, to: PeerId, payload: &str) {
        self.say(
            conn,
            ClientMessage::Signal {
                to,
                payload: payload.into(),
            },
        );
    }

    /// Connects and joins; the rest of what was heard is forgotten.
    pub(crate) fn enter(&mut self, conn: u64, message: ClientMessage) -> Entered {
        self.connect(conn);
        self.say(conn, message);
        let (joined, _): (Vec<_>, Vec<_>) = self
            .heard
            .drain(..)
            .partition(|output| matches!(output, HubOutput::Send { conn: to, .. } if to.0 == conn));
        match joined.into_iter().next() {
            Some(HubOutput::Send {
                message:
                    ServerMessage::Joined {
                        peer,
                        peers,
                        resume,
                        resumed,
                        ..
                    },
                ..
            }) => Entered {
                conn,
                peer,
                peers,
                resume,
                resumed,
            },
            other => panic!("no joined but {other:?}"),
        }
    }

    pub(crate) fn open(&mut self, conn: u64) -> Entered {
        self.enter(conn, join(JoinIntent::Open))
    }

    pub(crate) fn heard(&mut self) -> Vec<HubOutput> {
        std::mem::take(&mut self.heard)
    }

    /// The codes of the errors sent to `conn`, and whether it was closed after them.
    pub(crate) fn refusal(&mut self, conn: u64) -> (Vec<ErrorCode>, bool) {
        let mut codes = Vec::new();
        let mut closed = false;
        for output in self.heard.drain(..) {
            match output {
                HubOutput::Send {
                    conn: to,
                    message: ServerMessage::Error { code, .. },
                } if to.0 == conn => {
                    assert!(!closed, "nothing follows a close");
                    codes.push(code);
                }
                HubOutput::Close { conn: to, .. } if to.0 == conn => closed = true,
                HubOutput::Send { .. } | HubOutput::Close { .. } => {}
            }
        }
        (codes, closed)
    }
}

/// Every connection from an address of its own, so that tests meet only the limits they mean.
fn address_of(conn: u64) -> ClientKey {
    std::net::Ipv4Addr::from(conn as u32).into()
}

pub(crate) fn join(intent: JoinIntent) -> ClientMessage {
    ClientMessage::Join {
        room: ROOM,
        intent,
        max_peers: None,
        resume: None,
    }
}

pub(crate) fn join_small(max_peers: u8) -> ClientMessage {
    let max_peers = Some(max_peers);
    ClientMessage::Join {
        room: ROOM,
        intent: JoinIntent::Open,
        max_peers,
        resume: None,
    }
}

pub(crate) fn resume(who: &Entered) -> ClientMessage {
    let resume = Some(who.resume.clone());
    ClientMessage::Join {
        room: ROOM,
        intent: JoinIntent::Join,
        max_peers: None,
        resume,
    }
}

pub(crate) fn send(conn: u64, message: ServerMessage) -> HubOutput {
    HubOutput::Send {
        conn: ConnId(conn),
        message,
    }
}

pub(crate) fn signal_from(conn: u64, from: PeerId, payload: &str) -> HubOutput {
    send(
        conn,
        ServerMessage::Signal {
            from,
            payload: payload.into(),
        },
    )
}
