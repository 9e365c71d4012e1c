//! The way to the server and back, and the server itself: the real hub, on pipes that keep order.

use core::net::Ipv4Addr;
use core::time::Duration;
use std::collections::BTreeMap;

use parlor_engine::input::{Input, SignalInput};
use parlor_engine::time::Moment;
use parlor_proto::id::PeerId;
use parlor_proto::signal::{ClientMessage, ServerMessage};
use parlor_signaling::hub::{ConnId, Hub, HubConfig, HubInput, HubOutput};

use crate::clock::Event;
use crate::faults::chance;
use crate::hostile_server::{Liar, Lie, Told};
use crate::node::NodeIx;
use crate::world::World;

/// The key of every server of a run: a restarted one knows its members' tokens.
const SERVER_KEY: [u8; 32] = [0x53; 32];

/// The hub's clock at the start of a run: it counts from an epoch long ago.
const EPOCH: Duration = Duration::from_secs(1_800_000_000);

/// Old signals that a misbehaving hub remembers.
const REMEMBERED_MAX: usize = 64;

/// The server and the sockets to it.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) hub: Hub,
    pub(crate) is_up: bool,
    conns: BTreeMap<ConnId, Conn>,
    next_conn: u64,
    ticks_at: Option<Moment>,
    /// How far the server's clock was put forward.
    pub(crate) offset: Duration,
    remembered: Vec<(NodeIx, ServerMessage)>,
    pub(crate) liar: Option<Liar>,
    /// Whether a client was told anything that an honest server does not say.
    pub(crate) has_misbehaved: bool,
}

#[derive(Debug)]
struct Conn {
    node: NodeIx,
    /// The hub knows of it.
    is_at_hub: bool,
    /// The client was told that it is in the room.
    is_joined: bool,
    /// Nothing passes any more, whatever the ends believe.
    is_cut: bool,
    to_hub_at: Moment,
    to_client_at: Moment,
}

impl Server {
    pub(crate) fn new() -> Self {
        Self {
            hub: Hub::new(HubConfig::new(&SERVER_KEY)),
            is_up: true,
            conns: BTreeMap::new(),
            next_conn: 0,
            ticks_at: None,
            offset: Duration::ZERO,
            remembered: Vec::new(),
            liar: None,
            has_misbehaved: false,
        }
    }
}

impl World {
    fn hub_now(&self) -> Duration {
        EPOCH + self.server.offset + self.clock.now().0
    }

    fn signal_delay(&mut self) -> Duration {
        Duration::from_millis(self.rng.u64(self.faults.signal_delay_ms.clone()))
    }

    pub(crate) fn dial(&mut self, node: NodeIx) {
        self.hang_up(node);
        self.server.next_conn += 1;
        let conn = ConnId(self.server.next_conn);
        self.server.conns.insert(
            conn,
            Conn {
                node,
                is_at_hub: false,
                is_joined: false,
                is_cut: false,
                to_hub_at: Moment::default(),
                to_client_at: Moment::default(),
            },
        );
        self.nodes[node].socket = Some(conn);
        let wait = self.signal_delay() * 2;
        self.clock.after(wait, Event::DialEnds { conn });
    }

    pub(crate) fn hang_up(&mut self, node: NodeIx) {
        let Some(conn) = self.nodes[node].socket.take() else {
            return;
        };
        let wait = self.signal_delay();
        let Some(state) = self.server.conns.get_mut(&conn) else {
            return;
        };
        // Behind everything that was sent before.
        let at = state.to_hub_at.max(self.clock.now() + wait);
        self.clock.at(at, Event::HubSeesClose { conn });
    }

    pub(crate) fn on_dial_ends(&mut self, conn: ConnId) {
        let Some(state) = self.server.conns.get_mut(&conn) else {
            return;
        };
        let node = state.node;
        if self.nodes[node].socket != Some(conn) {
            return;
        }
        let is_let_in = self.server.is_up && self.nodes[node].reaches_server && !state.is_cut;
        if !is_let_in {
            self.server.conns.remove(&conn);
            self.nodes[node].socket = None;
            let reason = "refused".to_owned();
            return self.input(node, Input::Signal(SignalInput::Closed { reason }));
        }
        state.is_at_hub = true;
        let mut fresh = [0; 16];
        self.rng.fill(&mut fresh);
        let fresh_peer = PeerId(fresh);
        let home = Ipv4Addr::from(0x0A00_0000 | u32::try_from(node).unwrap_or_default());
        self.tell_hub(HubInput::Connected {
            conn,
            fresh_peer,
            from: home.into(),
        });
        self.input(node, Input::Signal(SignalInput::Opened));
    }

    pub(crate) fn send_signal(&mut self, node: NodeIx, message: ClientMessage) {
        let Some(conn) = self.nodes[node].socket else {
            return;
        };
        let wait = self.signal_delay();
        let Some(state) = self.server.conns.get_mut(&conn) else {
            return;
        };
        state.to_hub_at = state.to_hub_at.max(self.clock.now() + wait);
        self.clock
            .at(state.to_hub_at, Event::ToHub { conn, message });
    }

    pub(crate) fn on_to_hub(&mut self, conn: ConnId, message: ClientMessage) {
        let passes = |state: &Conn| state.is_at_hub && !state.is_cut;
        if self.server.conns.get(&conn).is_some_and(passes) {
            self.tell_hub(HubInput::Message { conn, message });
        }
    }

    pub(crate) fn on_hub_tick(&mut self) {
        if self.server.ticks_at == Some(self.clock.now()) {
            self.server.ticks_at = None;
            self.tell_hub(HubInput::Tick);
        }
    }

    fn tell_hub(&mut self, input: HubInput) {
        if !self.server.is_up {
            return;
        }
        let now = self.hub_now();
        self.server.hub.handle(input, now);
        while let Some(output) = self.server.hub.poll_output() {
            match output {
                HubOutput::Send { conn, message } => self.send_to_client(conn, message),
                HubOutput::Close { conn, .. } => {
                    let wait = self.signal_delay();
                    if let Some(state) = self.server.conns.get_mut(&conn) {
                        state.is_at_hub = false;
                        let at = state.to_client_at.max(self.clock.now() + wait);
                        self.clock.at(at, Event::ClientSeesClose { conn });
                    }
                }
            }
        }
        if let Some(at) = self.server.hub.poll_deadline() {
            let at = Moment(at.saturating_sub(EPOCH + self.server.offset)).max(self.clock.now());
            if self.server.ticks_at != Some(at) {
                self.server.ticks_at = Some(at);
                self.clock.at(at, Event::HubTick);
            }
        }
    }

    fn send_to_client(&mut self, conn: ConnId, message: ServerMessage) {
        for told in self.lied(message) {
            self.carry_to_client(conn, told);
        }
    }

    pub(crate) fn carry_to_client(&mut self, conn: ConnId, (message, later, lie): Told) {
        let is_sealed = matches!(message, ServerMessage::Signal { .. });
        let mut wait = self.signal_delay();
        let doubled = is_sealed && chance(&mut self.rng, self.faults.signal_doubled);
        let overtaken = is_sealed && chance(&mut self.rng, self.faults.signal_overtaken);
        let replayed = is_sealed && chance(&mut self.rng, self.faults.signal_replayed);
        let Some(state) = self.server.conns.get_mut(&conn) else {
            return;
        };
        let node = state.node;
        self.server.has_misbehaved |= doubled || overtaken || replayed;
        if overtaken {
            wait += Duration::from_millis(self.rng.u64(1..2000));
        } else if later > Duration::ZERO {
            wait += later;
        } else {
            state.to_client_at = state.to_client_at.max(self.clock.now() + wait);
        }
        let at = state.to_client_at.max(self.clock.now() + wait);
        if doubled {
            let message = message.clone();
            self.clock.at(at, Event::ToClient { conn, message, lie });
        }
        if replayed {
            let of_node = |entry: &&(NodeIx, ServerMessage)| entry.0 == node;
            let old: Vec<_> = self.server.remembered.iter().filter(of_node).collect();
            if let Some((_, message)) = self.rng.choice(old).cloned() {
                let lie = None;
                self.clock.at(at, Event::ToClient { conn, message, lie });
            }
        }
        if is_sealed && self.server.remembered.len() < REMEMBERED_MAX {
            self.server.remembered.push((node, message.clone()));
        }
        self.clock.at(at, Event::ToClient { conn, message, lie });
    }

    pub(crate) fn on_to_client(&mut self, conn: ConnId, message: ServerMessage, lie: Option<Lie>) {
        let Some(state) = self.server.conns.get_mut(&conn) else {
            return;
        };
        let node = state.node;
        if !state.is_cut && self.nodes[node].socket == Some(conn) {
            let was_joined = state.is_joined;
            state.is_joined |= matches!(message, ServerMessage::Joined { .. });
            if let (Some(liar), Some(lie), true) = (&mut self.server.liar, lie, was_joined) {
                liar.told.insert((node, lie));
            }
            self.input(node, Input::Signal(SignalInput::Received(message)));
        }
    }

    pub(crate) fn on_client_sees_close(&mut self, conn: ConnId) {
        let Some(state) = self.server.conns.get(&conn) else {
            return;
        };
        let node = state.node;
        if !state.is_at_hub {
            self.server.conns.remove(&conn);
        }
        if self.nodes[node].socket == Some(conn) {
            self.nodes[node].socket = None;
            let reason = "the connection broke".to_owned();
            self.input(node, Input::Signal(SignalInput::Closed { reason }));
        }
    }

    pub(crate) fn on_hub_sees_close(&mut self, conn: ConnId) {
        let Some(state) = self.server.conns.get_mut(&conn) else {
            return;
        };
        let was_at_hub = core::mem::take(&mut state.is_at_hub);
        if self.nodes[state.node].socket != Some(conn) {
            self.server.conns.remove(&conn);
        }
        if was_at_hub {
            self.tell_hub(HubInput::Disconnected { conn });
        }
    }

    /// Breaks the node's socket; both sides learn of it in their own time.
    pub fn cut_signaling(&mut self, node: NodeIx) {
        let Some(conn) = self.nodes[node].socket else {
            return;
        };
        if let Some(state) = self.server.conns.get_mut(&conn) {
            state.is_cut = true;
            let client_waits = Duration::from_millis(self.rng.u64(0..2000));
            let hub_waits = Duration::from_millis(self.rng.u64(0..30_000));
            self.clock
                .after(client_waits, Event::ClientSeesClose { conn });
            self.clock.after(hub_waits, Event::HubSeesClose { conn });
        }
    }

    /// Lets a node's dials succeed or fail from now on.
    pub fn set_reaches_server(&mut self, node: NodeIx, reaches: bool) {
        self.nodes[node].reaches_server = reaches;
        if !reaches {
            self.cut_signaling(node);
        }
    }

    /// Ends the server; it forgets everything but its key.
    pub fn server_down(&mut self) {
        if !self.server.is_up {
            return;
        }
        self.note(|| "the server goes down".to_owned());
        self.server.is_up = false;
        self.server.ticks_at = None;
        let conns: Vec<ConnId> = self.server.conns.keys().copied().collect();
        for conn in conns {
            let wait = self.signal_delay();
            if let Some(state) = self.server.conns.get_mut(&conn) {
                state.is_cut = true;
                state.is_at_hub = false;
                self.clock.after(wait, Event::ClientSeesClose { conn });
            }
        }
    }

    /// Starts a server with the same key and no memory.
    pub fn server_up(&mut self) {
        if self.server.is_up {
            return;
        }
        self.note(|| "the server is up".to_owned());
        self.server.hub = Hub::new(HubConfig::new(&SERVER_KEY));
        self.server.is_up = true;
    }

    /// Puts the server's clock forward; only while it is down, as a running hub's time is steady.
    pub fn advance_server_clock(&mut self, by: Duration) {
        assert!(!self.server.is_up, "the server is running");
        self.server.offset += by;
    }
}
