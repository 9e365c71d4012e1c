//! What the server does with what it carries.

use std::collections::BTreeMap;

use parlor_core::rtc::RtcEvent;
use parlor_proto::id::PeerId;
use parlor_proto::invite::RoomSecret;
use parlor_proto::signal::{ClientMessage, ServerMessage};
use tokio::sync::mpsc;

use crate::middle::Middle;
use crate::proxy::Seen;

/// How the server attacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attack {
    /// It does not.
    None,
    /// Somebody gave it the key of the signals: it puts a connection of its own to each member
    /// between the two and passes every frame on.
    InTheMiddle,
    /// As before, but it does the handshake itself, without the room's secret.
    OwnHandshake,
    /// It changes every signal.
    Tampers,
    /// It plays the first signal back again and again.
    Repeats,
    /// It hides the members from each other and makes others up.
    Invents,
}

struct Conn {
    peer: Option<PeerId>,
    first: Option<ServerMessage>,
    to_client: mpsc::Sender<ServerMessage>,
    to_server: mpsc::Sender<ClientMessage>,
}

/// The one task that sees everything.
pub(crate) struct Attacker {
    attack: Attack,
    conns: BTreeMap<usize, Conn>,
    middle: Middle,
    changed: usize,
}

impl Attacker {
    pub(crate) fn new(
        attack: Attack,
        secret: &RoomSecret,
        links: mpsc::Sender<((PeerId, u32), RtcEvent)>,
    ) -> Self {
        let shakes_hands = attack == Attack::OwnHandshake;
        let middle = Middle::new(secret.room_id(), &secret.signal_key(), shakes_hands, links);
        Self {
            attack,
            conns: BTreeMap::new(),
            middle,
            changed: 0,
        }
    }

    pub(crate) async fn run(
        mut self,
        mut queue: mpsc::Receiver<Seen>,
        mut links: mpsc::Receiver<((PeerId, u32), RtcEvent)>,
    ) {
        loop {
            let seen = tokio::select! {
                Some(seen) = queue.recv() => seen,
                Some((tag, event)) = links.recv() => Seen::Link(tag, event),
                else => return,
            };
            self.take(seen);
        }
    }

    fn take(&mut self, seen: Seen) {
        match seen {
            Seen::Connected(conn, to_client, to_server) => {
                let state = Conn {
                    peer: None,
                    first: None,
                    to_client,
                    to_server,
                };
                self.conns.insert(conn, state);
            }
            Seen::FromClient(conn, message) => self.on_client(conn, message),
            Seen::FromServer(conn, message) => {
                for message in self.instead(conn, message) {
                    self.conns[&conn].to_client.try_send(message).ok();
                }
            }
            Seen::Link(tag, event) => {
                let said = self.middle.on_link(tag, event);
                self.say(said);
            }
        }
    }

    fn on_client(&mut self, conn: usize, message: ClientMessage) {
        let is_between = matches!(self.attack, Attack::InTheMiddle | Attack::OwnHandshake);
        match (message, self.conns[&conn].peer) {
            (ClientMessage::Signal { to, payload }, Some(from)) if is_between => {
                let said = self.middle.on_signal(from, to, &payload);
                self.say(said);
            }
            (message, _) => {
                self.conns[&conn].to_server.try_send(message).ok();
            }
        }
    }

    fn say(&self, said: Vec<(PeerId, ServerMessage)>) {
        for (peer, message) in said {
            let mut conns = self.conns.values();
            if let Some(conn) = conns.find(|conn| conn.peer == Some(peer)) {
                conn.to_client.try_send(message).ok();
            }
        }
    }

    /// What a client hears instead of what the server said.
    fn instead(&mut self, conn: usize, message: ServerMessage) -> Vec<ServerMessage> {
        let attack = self.attack;
        let Some(state) = self.conns.get_mut(&conn) else {
            return Vec::new();
        };
        if let ServerMessage::Joined { peer, .. } = &message {
            state.peer = Some(*peer);
        }
        let is_signal = matches!(message, ServerMessage::Signal { .. });
        match attack {
            Attack::Tampers if is_signal => {
                self.changed += 1;
                vec![changed(message, self.changed)]
            }
            Attack::Repeats if is_signal => {
                let first = state.first.get_or_insert(message).clone();
                vec![first]
            }
            Attack::Invents => invented(message),
            Attack::None
            | Attack::InTheMiddle
            | Attack::OwnHandshake
            | Attack::Tampers
            | Attack::Repeats => vec![message],
        }
    }
}

/// Another character, another length, or another sender.
fn changed(mut message: ServerMessage, number: usize) -> ServerMessage {
    if let ServerMessage::Signal { from, payload } = &mut message {
        match number % 3 {
            0 => payload.truncate(payload.len() / 2),
            1 => from.0[number % 16] ^= 1,
            _ => {
                let other = if payload.starts_with('A') { "B" } else { "A" };
                payload.replace_range(0..1, other);
            }
        }
    }
    message
}

/// A room full of others, and nobody who is really there.
fn invented(message: ServerMessage) -> Vec<ServerMessage> {
    match message {
        ServerMessage::Joined {
            peer,
            resume,
            ice_servers,
            resumed,
            ..
        } => {
            let others = (1..=6).map(|n| PeerId([n * 40; 16]));
            let signal = ServerMessage::Signal {
                from: PeerId([40; 16]),
                payload: "bm90aGluZyB0aGF0IG9wZW5z".to_owned(),
            };
            let joined = ServerMessage::Joined {
                peer,
                peers: others.collect(),
                resume,
                ice_servers,
                resumed,
            };
            vec![joined, ServerMessage::PeerJoined { peer }, signal]
        }
        ServerMessage::PeerJoined { .. } | ServerMessage::Signal { .. } => Vec::new(),
        other @ (ServerMessage::PeerLeft { .. }
        | ServerMessage::Nameplate { .. }
        | ServerMessage::Knock { .. }
        | ServerMessage::KnockProof { .. }
        | ServerMessage::KnockAnswer { .. }
        | ServerMessage::Error { .. }) => vec![other],
    }
}
