//! Whatever clients do, in whatever order: nothing is said to closed connections, members agree on
//! who is in the room, and nothing is left when everybody has gone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use parlor_proto::code::Nameplate;
use parlor_proto::id::{PeerId, RoomId};
use parlor_proto::signal::{
    ClientMessage, JoinIntent, ResumeToken, ServerMessage, SignalDecodeError,
};
use parlor_signaling::hub::*;
use proptest::prelude::*;

/// What happens next. Numbers choose among what there is.
#[derive(Debug, Clone)]
enum Operation {
    Connect,
    Join {
        conn: usize,
        room: u8,
        open: bool,
        max_peers: Option<u8>,
        token: Option<usize>,
    },
    Signal {
        conn: usize,
        to: usize,
    },
    /// One of the verbs of typed codes.
    Code {
        conn: usize,
        verb: u8,
        number: u32,
        guest: usize,
    },
    Leave {
        conn: usize,
    },
    Garble {
        conn: usize,
    },
    Disconnect {
        conn: usize,
    },
    Wait {
        secs: u64,
    },
}

fn any_operation() -> impl Strategy<Value = Operation> {
    let conn = || 0..12usize;
    let max_peers = proptest::option::of(2..5u8);
    let token = proptest::option::of(0..8usize);
    prop_oneof![
        4 => Just(Operation::Connect),
        6 => (conn(), 0..3u8, any::<bool>(), max_peers, token).prop_map(
            |(conn, room, open, max_peers, token)| {
                Operation::Join { conn, room, open, max_peers, token }
            }
        ),
        4 => (conn(), conn()).prop_map(|(conn, to)| Operation::Signal { conn, to }),
        8 => (conn(), 0..6u8, 1_000..1_004u32, conn()).prop_map(|(conn, verb, number, guest)| {
            Operation::Code { conn, verb, number, guest }
        }),
        1 => conn().prop_map(|conn| Operation::Leave { conn }),
        1 => conn().prop_map(|conn| Operation::Garble { conn }),
        3 => conn().prop_map(|conn| Operation::Disconnect { conn }),
        2 => (0..90u64).prop_map(|secs| Operation::Wait { secs }),
    ]
}

/// What an open connection knows.
#[derive(Debug, Default)]
struct View {
    asked: Option<RoomId>,
    /// Everybody in the room, the connection's own peer included; empty before it has joined.
    members: BTreeSet<PeerId>,
}

struct Model {
    hub: Hub,
    now: Duration,
    next_conn: u64,
    open: BTreeMap<ConnId, View>,
    tokens: Vec<ResumeToken>,
    /// Names of members and guests.
    peers: Vec<PeerId>,
    nameplates: Vec<Nameplate>,
}

impl Model {
    fn new() -> Self {
        Self {
            hub: Hub::new(HubConfig::new(&[7; 32])),
            now: Duration::from_secs(1_790_000_000),
            next_conn: 0,
            open: BTreeMap::new(),
            tokens: Vec::new(),
            peers: vec![PeerId([0; 16])],
            nameplates: Vec::new(),
        }
    }

    fn pick(&self, index: usize) -> Option<ConnId> {
        let len = self.open.len().max(1);
        self.open.keys().copied().nth(index % len)
    }

    fn feed(&mut self, input: HubInput) {
        self.hub.handle(input, self.now);
        while let Some(output) = self.hub.poll_output() {
            match output {
                HubOutput::Send { conn, message } => self.hear(conn, message),
                HubOutput::Close { conn, .. } => {
                    assert!(self.open.remove(&conn).is_some(), "closed twice");
                }
            }
        }
    }

    fn hear(&mut self, conn: ConnId, message: ServerMessage) {
        assert!(
            ServerMessage::decode(&message.encode()).is_ok(),
            "{message:?}"
        );
        let view = self
            .open
            .get_mut(&conn)
            .expect("only open connections are spoken to");
        match message {
            ServerMessage::Joined {
                peer,
                peers,
                resume,
                ..
            } => {
                assert!(view.members.is_empty(), "joined twice");
                view.members = peers.into_iter().chain([peer]).collect();
                self.tokens.push(resume);
                self.peers.push(peer);
            }
            ServerMessage::PeerJoined { peer } => assert!(view.members.insert(peer)),
            ServerMessage::PeerLeft { peer } => assert!(view.members.remove(&peer)),
            ServerMessage::Signal { .. } => assert!(!view.members.is_empty()),
            ServerMessage::Nameplate { nameplate } => self.nameplates.push(nameplate),
            ServerMessage::Knock { guest, .. } => self.peers.push(guest),
            ServerMessage::KnockProof { .. }
            | ServerMessage::KnockAnswer { .. }
            | ServerMessage::Error { .. } => {}
        }
    }

    fn apply(&mut self, operation: Operation) {
        if let Operation::Wait { secs } = operation {
            self.now += Duration::from_secs(secs);
            return self.feed(HubInput::Tick);
        }
        if let Operation::Connect = operation {
            self.next_conn += 1;
            let conn = ConnId(self.next_conn);
            self.open.insert(conn, View::default());
            let mut name = [0xAA; 16];
            name[..8].copy_from_slice(&self.next_conn.to_be_bytes());
            return self.feed(HubInput::Connected {
                conn,
                fresh_peer: PeerId(name),
                from: crate::world::HOME.into(),
            });
        }
        let (Operation::Join { conn, .. }
        | Operation::Signal { conn, .. }
        | Operation::Code { conn, .. }
        | Operation::Leave { conn }
        | Operation::Garble { conn }
        | Operation::Disconnect { conn }) = operation
        else {
            return;
        };
        let Some(conn) = self.pick(conn) else { return };
        let input = self.input_of(conn, operation);
        self.feed(input);
    }

    fn input_of(&mut self, conn: ConnId, operation: Operation) -> HubInput {
        let message = match operation {
            Operation::Join {
                room,
                open,
                max_peers,
                token,
                ..
            } => {
                let room = RoomId([room; 16]);
                if let Some(view) = self.open.get_mut(&conn)
                    && view.members.is_empty()
                {
                    view.asked = Some(room);
                }
                let resume = token
                    .filter(|_| !self.tokens.is_empty())
                    .map(|index| self.tokens[index % self.tokens.len()].clone());
                let intent = if open {
                    JoinIntent::Open
                } else {
                    JoinIntent::Join
                };
                ClientMessage::Join {
                    room,
                    intent,
                    max_peers,
                    resume,
                }
            }
            Operation::Signal { to, .. } => {
                let to = self.peers[to % self.peers.len()];
                ClientMessage::Signal {
                    to,
                    payload: "c2VhbGVk".into(),
                }
            }
            Operation::Code {
                verb,
                number,
                guest,
                ..
            } => self.code_message(verb, number, guest),
            Operation::Leave { .. } => ClientMessage::Leave,
            Operation::Garble { .. } => {
                return HubInput::Undecodable {
                    conn,
                    error: SignalDecodeError::Malformed,
                };
            }
            Operation::Disconnect { .. } | Operation::Connect | Operation::Wait { .. } => {
                self.open.remove(&conn);
                return HubInput::Disconnected { conn };
            }
        };
        HubInput::Message { conn, message }
    }

    fn code_message(&self, verb: u8, number: u32, guest: usize) -> ClientMessage {
        let nameplates = &self.nameplates;
        let opened = nameplates.get(number as usize % nameplates.len().max(1));
        let nameplate = opened.copied().or(Nameplate::try_from(number).ok());
        let nameplate = nameplate.expect("a number of four digits is one");
        let guest = self.peers[guest % self.peers.len()];
        let payload = "cGF5bG9hZA".to_owned();
        match verb {
            0 => ClientMessage::NameplateOpen {
                nameplate: Some(nameplate),
            },
            1 => ClientMessage::NameplateClose,
            2 => ClientMessage::Knock { nameplate, payload },
            3 => ClientMessage::KnockProof { payload },
            4 => ClientMessage::KnockAnswer { guest, payload },
            _ => ClientMessage::KnockRefuse { guest },
        }
    }

    fn check(&self) {
        let mut rooms: BTreeMap<RoomId, &BTreeSet<PeerId>> = BTreeMap::new();
        for view in self.open.values().filter(|view| !view.members.is_empty()) {
            let room = view.asked.expect("who has joined has asked");
            assert_eq!(*rooms.entry(room).or_insert(&view.members), &view.members);
        }
        let here = self
            .open
            .values()
            .filter(|view| !view.members.is_empty())
            .count();
        assert_eq!(self.hub.peers_len(), here);
        assert!(self.hub.guests_len() <= self.open.len());
        assert!(self.hub.nameplates_len() <= here + self.hub.away_len());
        assert!(
            self.hub
                .poll_deadline()
                .is_none_or(|deadline| deadline > self.now)
        );
    }

    fn everybody_goes(&mut self) {
        while let Some(conn) = self.pick(0) {
            self.open.remove(&conn);
            self.feed(HubInput::Disconnected { conn });
        }
        self.now += RESUME_WINDOW;
        self.feed(HubInput::Tick);
        assert_eq!((self.hub.rooms_len(), self.hub.away_len()), (0, 0));
        assert_eq!((self.hub.guests_len(), self.hub.nameplates_len()), (0, 0));
        assert_eq!(self.hub.poll_deadline(), None);
    }
}

proptest! {
    #[test]
    fn members_agree_and_nothing_is_left(
        operations in proptest::collection::vec(any_operation(), 1..120),
    ) {
        let mut model = Model::new();
        for operation in operations {
            model.apply(operation);
            model.check();
        }
        model.everybody_goes();
    }
}
