//! A signaling server that lies: what it does to messages on their way to the clients.
//!
//! The real hub stands behind it, so whoever it leaves alone is served as usual. It never has the
//! room's secret; with [`Faults::in_the_middle`](crate::Faults) it even knows what seals signals.

use core::time::Duration;
use std::collections::BTreeSet;

use fastrand::Rng;
use parlor_engine::notice::Notice;
use parlor_proto::code::Nameplate;
use parlor_proto::envelope::{PeerSignal, Route, SignalSealer};
use parlor_proto::id::PeerId;
use parlor_proto::invite::RoomSecret;
use parlor_proto::signal::{ErrorCode, ResumeToken, ServerMessage};

use crate::faults::chance;
use crate::node::NodeIx;
use crate::world::World;

/// Old signals of all members that a hostile server keeps.
const KEPT_MAX: usize = 256;

/// A lie may come this much later than the message that brought it about.
const LATER_MS: u64 = 20_000;

/// What a server does, in a thousand messages.
#[derive(Debug, Clone, Default)]
pub struct Lies {
    /// A signal is changed, cut, or replaced by one of other peers, another room or an older day.
    pub changes: u32,
    /// A signal is passed on as somebody else's.
    pub misdirects: u32,
    /// A signal is said again, at once or later.
    pub repeats: u32,
    /// A signal is held back, so that others overtake it.
    pub delays: u32,
    /// A message is kept back for good.
    pub drops: u32,
    /// Somebody who does not exist enters, and may leave again.
    pub invents: u32,
    /// How many at a time.
    pub invented_at_once: usize,
    /// Somebody who is here is said to have left.
    pub hides: u32,
    /// The answer to a join comes again, or somebody enters who is the receiver.
    pub rejoins: u32,
    /// A join is answered with a name that the others know nothing of.
    pub renames: u32,
    /// Anything a server can say, at a time when it makes no sense.
    pub junk: u32,
}

/// A lie that its victim must notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lie {
    /// A signal that does not open.
    Changed,
    /// A signal that was there before.
    Repeated,
    /// A roster that cannot be.
    Roster,
}

/// What a hostile server remembers.
#[derive(Debug, Default)]
pub(crate) struct Liar {
    pub(crate) lies: Lies,
    /// Payloads it carried.
    kept: Vec<String>,
    /// Members it has seen.
    members: BTreeSet<PeerId>,
    /// Lies that reached somebody in the room.
    pub(crate) told: BTreeSet<(NodeIx, Lie)>,
}

/// A message, how much later than usual it comes, and what is wrong with it.
pub(crate) type Told = (ServerMessage, Duration, Option<Lie>);

impl World {
    /// Has the server lie from now on.
    pub fn set_lies(&mut self, lies: Lies) {
        self.server.has_misbehaved = true;
        self.server.liar.get_or_insert_default().lies = lies;
    }

    /// Lies that reached somebody who was in the room.
    #[must_use]
    pub fn told_lies(&self) -> Vec<(NodeIx, Lie)> {
        let liar = self.server.liar.as_ref();
        liar.map_or_else(Vec::new, |liar| liar.told.iter().copied().collect())
    }

    /// How often a node was fooled: connected to a device that is nobody's, or through somebody in
    /// the middle. What is shown of messages and files is checked as it is shown.
    #[must_use]
    pub fn fooled(&self, node: NodeIx) -> usize {
        let is_fooled = |notice: &&Notice| match notice {
            Notice::PeerConnected { device, .. } => {
                let other = self.node_of(*device);
                self.faults.in_the_middle || other.is_none_or(|other| other == node)
            }
            Notice::CodeUsed { .. } => true,
            _ => false,
        };
        self.nodes[node].notices.iter().filter(is_fooled).count()
    }

    /// Connections that a node's session asked for so far.
    #[must_use]
    pub fn links_opened(&self, node: NodeIx) -> u64 {
        self.nodes[node].links_opened
    }

    /// Says something to a node that the hub did not.
    pub fn tell(&mut self, node: NodeIx, message: ServerMessage) {
        self.server.has_misbehaved = true;
        if let Some(conn) = self.nodes[node].socket {
            self.carry_to_client(conn, (message, Duration::ZERO, None));
        }
    }

    /// What a client is told instead of `message`.
    pub(crate) fn lied(&mut self, message: ServerMessage) -> Vec<Told> {
        let Some(liar) = &mut self.server.liar else {
            return vec![(message, Duration::ZERO, None)];
        };
        liar.remember(&message);
        liar.told_instead(message, &mut self.rng)
    }
}

impl Liar {
    fn remember(&mut self, message: &ServerMessage) {
        match message {
            ServerMessage::Signal { from, payload } => {
                self.members.insert(*from);
                if self.kept.len() < KEPT_MAX {
                    self.kept.push(payload.clone());
                }
            }
            ServerMessage::Joined { peer, .. } => {
                self.members.insert(*peer);
            }
            ServerMessage::PeerJoined { .. }
            | ServerMessage::PeerLeft { .. }
            | ServerMessage::Nameplate { .. }
            | ServerMessage::Knock { .. }
            | ServerMessage::KnockProof { .. }
            | ServerMessage::KnockAnswer { .. }
            | ServerMessage::Error { .. } => {}
        }
    }

    fn told_instead(&self, message: ServerMessage, rng: &mut Rng) -> Vec<Told> {
        let at_once = |message, lie| (message, Duration::ZERO, lie);
        let mut told: Vec<Told> = Vec::new();
        match message {
            ServerMessage::Signal { from, payload } => {
                told.extend(self.signal_instead(from, payload, rng));
            }
            ServerMessage::Joined {
                peer,
                mut peers,
                resume,
                ice_servers,
                resumed,
            } => {
                peers.retain(|_| !chance(rng, self.lies.hides));
                while chance(rng, self.lies.invents) && peers.len() < 32 {
                    peers.push(invented(rng));
                }
                let is_renamed = chance(rng, self.lies.renames);
                let peer = if is_renamed { invented(rng) } else { peer };
                let joined = ServerMessage::Joined {
                    peer,
                    peers,
                    resume,
                    ice_servers,
                    resumed,
                };
                let again = chance(rng, self.lies.rejoins).then(|| self.again(&joined, rng));
                told.push(at_once(joined, None));
                told.extend(again);
            }
            other @ (ServerMessage::PeerJoined { .. }
            | ServerMessage::PeerLeft { .. }
            | ServerMessage::Nameplate { .. }
            | ServerMessage::Knock { .. }
            | ServerMessage::KnockProof { .. }
            | ServerMessage::KnockAnswer { .. }
            | ServerMessage::Error { .. }) => {
                if !chance(rng, self.lies.drops) {
                    told.push(at_once(other, None));
                }
            }
        }
        self.add(&mut told, rng);
        told
    }

    fn signal_instead(&self, from: PeerId, payload: String, rng: &mut Rng) -> Vec<Told> {
        let signal = |from, payload| ServerMessage::Signal { from, payload };
        if chance(rng, self.lies.drops) {
            return Vec::new();
        }
        if chance(rng, self.lies.misdirects) {
            let others: Vec<PeerId> = self.members.iter().copied().collect();
            let other = rng.choice(others).filter(|other| *other != from);
            let other = other.unwrap_or_else(|| invented(rng));
            return vec![(signal(other, payload), Duration::ZERO, Some(Lie::Changed))];
        }
        if chance(rng, self.lies.changes) {
            let (changed, lie) = self.changed(&payload, rng);
            return vec![(signal(from, changed), Duration::ZERO, lie)];
        }
        let wait = if chance(rng, self.lies.delays) {
            Duration::from_millis(rng.u64(0..LATER_MS))
        } else {
            Duration::ZERO
        };
        let mut told = vec![(signal(from, payload.clone()), wait, None)];
        if chance(rng, self.lies.repeats) {
            let later = wait + Duration::from_millis(rng.u64(0..2_000));
            told.push((signal(from, payload), later, Some(Lie::Repeated)));
        }
        told
    }

    /// Another payload than this. An old one may be of the same two people, and then it opens.
    fn changed(&self, payload: &str, rng: &mut Rng) -> (String, Option<Lie>) {
        let mut bytes = payload.as_bytes().to_vec();
        match rng.u8(0..5) {
            0 => {
                let at = rng.usize(0..bytes.len());
                bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            }
            1 => bytes.truncate(rng.usize(0..bytes.len())),
            2 => bytes = junk_payload(rng).into_bytes(),
            3 => bytes = of_another_room(rng).into_bytes(),
            _ => return (rng.choice(&self.kept).cloned().unwrap_or_default(), None),
        }
        let changed = String::from_utf8_lossy(&bytes).into_owned();
        (changed, Some(Lie::Changed))
    }

    /// The answer to a join once more, with other names in it.
    fn again(&self, joined: &ServerMessage, rng: &mut Rng) -> Told {
        let mut again = joined.clone();
        if let ServerMessage::Joined { peer, peers, .. } = &mut again {
            match rng.u8(0..4) {
                0 => *peer = invented(rng),
                1 => peers.push(*peer),
                2 => peers.clear(),
                _ => *peer = rng.choice(self.members.iter().copied()).unwrap_or(*peer),
            }
        }
        let later = Duration::from_millis(rng.u64(0..LATER_MS));
        (again, later, Some(Lie::Roster))
    }

    /// What is said beside the messages that have a reason.
    fn add(&self, told: &mut Vec<Told>, rng: &mut Rng) {
        let later = |rng: &mut Rng| Duration::from_millis(rng.u64(0..LATER_MS));
        if chance(rng, self.lies.invents) {
            for _ in 0..self.lies.invented_at_once {
                let peer = invented(rng);
                let wait = later(rng);
                told.push((ServerMessage::PeerJoined { peer }, wait, None));
                if rng.bool() {
                    let wait = wait + later(rng);
                    told.push((ServerMessage::PeerLeft { peer }, wait, None));
                }
            }
        }
        if chance(rng, self.lies.hides)
            && let Some(peer) = rng.choice(self.members.iter().copied())
        {
            told.push((ServerMessage::PeerLeft { peer }, later(rng), None));
            told.push((ServerMessage::PeerJoined { peer }, later(rng), None));
        }
        if chance(rng, self.lies.junk) {
            let junk = junk(&self.members, rng);
            let wait = later(rng);
            // Before everything else now and then, an answer to a join included.
            let (at, wait) = if rng.bool() {
                (0, Duration::ZERO)
            } else {
                (told.len(), wait)
            };
            told.insert(at, (junk, wait, None));
        }
    }
}

fn invented(rng: &mut Rng) -> PeerId {
    let mut id = [0; 16];
    rng.fill(&mut id);
    PeerId(id)
}

/// Sealed as it should be, for people who are elsewhere.
fn of_another_room(rng: &mut Rng) -> String {
    let mut secret = [0; 32];
    rng.fill(&mut secret);
    let secret = RoomSecret::from_bytes(secret);
    let route = Route {
        room: secret.room_id(),
        from: invented(rng),
        to: invented(rng),
    };
    let signal = PeerSignal::OfferPlease { attempt: 1 };
    let mut nonce = [0; 24];
    rng.fill(&mut nonce);
    SignalSealer::new(&secret.signal_key()).seal(&route, 1, nonce, &signal)
}

fn junk_payload(rng: &mut Rng) -> String {
    let characters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let len = rng.usize(0..200);
    (0..len)
        .map(|_| char::from(characters[rng.usize(0..characters.len())]))
        .collect()
}

/// A message of any type, about anybody.
fn junk(members: &BTreeSet<PeerId>, rng: &mut Rng) -> ServerMessage {
    let known = rng.choice(members.iter().copied());
    let peer = known
        .filter(|_| rng.bool())
        .unwrap_or_else(|| invented(rng));
    let payload = junk_payload(rng);
    match rng.u8(0..9) {
        0 => ServerMessage::Joined {
            peer,
            peers: (0..rng.usize(0..32)).map(|_| invented(rng)).collect(),
            resume: ResumeToken::new("junk").expect("plain"),
            ice_servers: Vec::new(),
            resumed: rng.bool(),
        },
        1 => ServerMessage::PeerJoined { peer },
        2 => ServerMessage::PeerLeft { peer },
        3 => ServerMessage::Signal {
            from: peer,
            payload,
        },
        4 => ServerMessage::Nameplate {
            nameplate: Nameplate::try_from(rng.u32(1..1000)).expect("in range"),
        },
        5 => ServerMessage::Knock {
            guest: peer,
            payload,
        },
        6 => ServerMessage::KnockProof {
            guest: peer,
            payload,
        },
        7 => ServerMessage::KnockAnswer { payload },
        _ => ServerMessage::Error {
            code: *rng.choice(&ERRORS).expect("not empty"),
            message: "junk".to_owned(),
            retry_after_ms: rng.bool().then(|| rng.u32(..)),
        },
    }
}

/// Those that do not end the session: ending it is no art for a server.
const ERRORS: [ErrorCode; 6] = [
    ErrorCode::UnknownType,
    ErrorCode::NotJoined,
    ErrorCode::PeerNotFound,
    ErrorCode::RateLimited,
    ErrorCode::Draining,
    ErrorCode::Unknown,
];
