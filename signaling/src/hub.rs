//! Who is in which room, and who hears what: the whole behaviour of the server, without a socket,
//! a clock or a random number.
//!
//! The driver (the [`server`](crate::server)'s hub task, or a simulation) tells the hub what
//! happened with [`Hub::handle`], then takes every [`Hub::poll_output`], and comes back with
//! [`HubInput::Tick`] at [`Hub::poll_deadline`] at the latest. The same inputs at the same times
//! give the same outputs, in the same order.
//!
//! ```text
//! Connected ─► waiting ──Join──► here ──Disconnected──► away ──window ends──► gone
//!                │                │ ▲                     │
//!           hello timeout       Leave └──Join with token──┘
//! ```
//!
//! - A room exists while somebody is here or away in it, and vanishes with the last.
//! - A member whose connection ended without [`ClientMessage::Leave`] is *away* for
//!   [`HubConfig::resume_window`]: still in the roster, and the others hear nothing. Up to
//!   [`HELD_SIGNALS_MAX`] of the latest signals to them are held and follow their `joined`.
//! - A resume displaces an older connection of the same peer that is still open: after a network
//!   change the client knows of the break long before the server does.
//! - A good token recreates a room that vanished (the server restarted), whatever the intent. For
//!   a member the hub remembers, a token is good at any age; otherwise until it expires.
//! - A full room is full of people who are here: the member longest away gives way to a newcomer,
//!   so a crashed app without its token does not lock its owner out.
//! - Times are durations since an epoch that all servers with the same key share, such as Unix
//!   time, and never go backwards.
//!
//! Memory is bounded by the driver's limit on connections, [`AWAY_MEMBERS_MAX`] and
//! [`HELD_BYTES_MAX`].

mod addresses;
mod bucket;
mod guests;
mod io;
mod join;
mod nameplates;
mod room;

use core::time::Duration;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use parlor_proto::id::{PeerId, RoomId};
use parlor_proto::signal::{ClientMessage, ErrorCode, ServerMessage, SignalDecodeError};

pub use self::addresses::{ADDRESSES_MAX, AddressLimits, ClientKey};
use self::addresses::{Addresses, Counted};
use self::bucket::Bucket;
pub use self::bucket::{MESSAGE_BURST_MAX, MESSAGE_INTERVAL};
use self::guests::Guest;
pub use self::guests::{ANSWER_AFTER, GUESTS_PER_SPONSOR_MAX, PROOF_PATIENCE, REFUSE_AFTER};
pub use self::io::{
    CloseCode, ConnId, HELLO_TIMEOUT, HubConfig, HubInput, HubOutput, RESUME_TOKEN_LIFETIME,
    RESUME_WINDOW, error_message,
};
use self::join::Join;
pub use self::nameplates::CodeKey;
use self::nameplates::Nameplates;
pub use self::room::HELD_SIGNALS_MAX;
use self::room::{Held, Member, Room, bytes_of};

/// Members away at once, on the whole server. Beyond it those due first go early, so that
/// connecting and vanishing in a loop cannot fill the memory.
pub const AWAY_MEMBERS_MAX: usize = 4_096;

/// Signals held for members who are away, on the whole server. Beyond it senders are told that
/// the peer is not there.
pub const HELD_BYTES_MAX: usize = 32 * 1024 * 1024;

/// The hub. See the [module](self).
#[derive(Debug)]
pub struct Hub {
    config: HubConfig,
    conns: BTreeMap<ConnId, Conn>,
    rooms: BTreeMap<RoomId, Room>,
    /// One entry for each connection that waits for its join.
    hellos: BTreeSet<(Duration, ConnId)>,
    /// One entry for each member that is away.
    aways: BTreeSet<(Duration, RoomId, PeerId)>,
    held_bytes: usize,
    nameplates: Nameplates,
    /// Connections that knocked, by the name their sponsor knows them by.
    guests: BTreeMap<PeerId, Guest>,
    /// One entry for each guest: when it is told something, or has taken too long.
    dues: BTreeSet<(Duration, PeerId)>,
    addresses: Addresses,
    outputs: VecDeque<HubOutput>,
}

#[derive(Debug)]
struct Conn {
    from: Counted,
    bucket: Bucket,
    state: ConnState,
}

#[derive(Debug, Clone, Copy)]
enum ConnState {
    /// Connected; no room yet.
    Waiting { fresh_peer: PeerId, until: Duration },
    /// Here in a room.
    Member { room: RoomId, peer: PeerId },
    /// Knocked with a typed code; joins no more.
    Guest { peer: PeerId },
}

impl Hub {
    /// A hub without rooms.
    #[must_use]
    pub fn new(config: HubConfig) -> Self {
        Self {
            addresses: Addresses::new(config.address_limits),
            config,
            conns: BTreeMap::new(),
            rooms: BTreeMap::new(),
            hellos: BTreeSet::new(),
            aways: BTreeSet::new(),
            held_bytes: 0,
            nameplates: Nameplates::default(),
            guests: BTreeMap::new(),
            dues: BTreeSet::new(),
            outputs: VecDeque::new(),
        }
    }

    /// Takes in what happened. Whatever was due by `now` happens first.
    pub fn handle(&mut self, input: HubInput, now: Duration) {
        self.expire(now);
        match input {
            HubInput::Connected {
                conn,
                fresh_peer,
                from,
            } => self.on_connected(conn, fresh_peer, from, now),
            HubInput::Message { conn, message } => self.on_message(conn, message, now),
            HubInput::Undecodable { conn, error } => self.on_undecodable(conn, &error, now),
            HubInput::Disconnected { conn } => self.detach(conn, now),
            HubInput::Tick => {}
        }
    }

    /// The next thing to do, until there is none.
    pub fn poll_output(&mut self) -> Option<HubOutput> {
        self.outputs.pop_front()
    }

    /// When to [`HubInput::Tick`] at the latest.
    #[must_use]
    pub fn poll_deadline(&self) -> Option<Duration> {
        let hello = self.hellos.first().map(|(until, _)| *until);
        let away = self.aways.first().map(|(until, _, _)| *until);
        let due = self.dues.first().map(|(due, _)| *due);
        hello.into_iter().chain(away).chain(due).min()
    }

    /// Rooms with somebody in them.
    #[must_use]
    pub fn rooms_len(&self) -> usize {
        self.rooms.len()
    }

    /// Members who are here.
    #[must_use]
    pub fn peers_len(&self) -> usize {
        self.conns.len() - self.hellos.len() - self.guests.len()
    }

    /// Connections that knocked and have not been told how it ended.
    #[must_use]
    pub fn guests_len(&self) -> usize {
        self.guests.len()
    }

    /// Numbers of typed codes in use.
    #[must_use]
    pub fn nameplates_len(&self) -> usize {
        self.nameplates.len()
    }

    /// Members who are away.
    #[must_use]
    pub fn away_len(&self) -> usize {
        self.aways.len()
    }

    fn on_connected(&mut self, conn: ConnId, fresh_peer: PeerId, from: ClientKey, now: Duration) {
        let until = now + self.config.hello_timeout;
        let (from, allowed) = self.addresses.connect(from, now);
        let conn_state = Conn {
            from,
            bucket: Bucket::default(),
            state: ConnState::Waiting { fresh_peer, until },
        };
        let earlier = self.conns.insert(conn, conn_state);
        debug_assert!(earlier.is_none(), "the driver named two connections alike");
        self.hellos.insert((until, conn));
        if let Err(wait) = allowed {
            self.fail(conn, ErrorCode::RateLimited, Some(wait), now);
        }
    }

    fn on_message(&mut self, conn: ConnId, message: ClientMessage, now: Duration) {
        let Some(state) = self.admit(conn, now) else {
            return;
        };
        match (message, state) {
            (ClientMessage::Join { .. }, ConnState::Member { .. }) => {
                self.error(conn, ErrorCode::AlreadyJoined);
            }
            (
                ClientMessage::Join {
                    room,
                    intent,
                    max_peers,
                    resume,
                },
                ConnState::Waiting { fresh_peer, .. },
            ) => {
                let claim = resume.and_then(|token| self.claim(room, &token, now));
                let join = Join {
                    conn,
                    room,
                    intent,
                    max_peers,
                    claim,
                    fresh_peer,
                };
                match self.may_join(&join, now) {
                    Err(wait) => self.fail(conn, ErrorCode::RateLimited, Some(wait), now),
                    Ok(()) => {
                        if let Err(code) = self.join(&join, now) {
                            self.fail(conn, code, None, now);
                        }
                    }
                }
            }
            (ClientMessage::Signal { to, payload }, ConnState::Member { room, peer }) => {
                if self
                    .relay(
                        room,
                        Held {
                            from: peer,
                            payload,
                        },
                        to,
                    )
                    .is_err()
                {
                    self.error(conn, ErrorCode::PeerNotFound);
                }
            }
            (ClientMessage::Join { .. } | ClientMessage::Signal { .. }, _) => {
                self.error(conn, ErrorCode::NotJoined);
            }
            (ClientMessage::Leave, ConnState::Member { room, peer }) => {
                self.close(conn, CloseCode::Left);
                self.depart(room, peer);
            }
            (ClientMessage::Leave, _) => self.close(conn, CloseCode::Left),
            (message, state) => self.on_code_message(conn, message, state, now),
        }
    }

    fn on_undecodable(&mut self, conn: ConnId, error: &SignalDecodeError, now: Duration) {
        if self.admit(conn, now).is_none() {
            return;
        }
        let code = match error {
            // Newer clients may say things this server has never heard of, and go on without.
            SignalDecodeError::UnknownType => return self.error(conn, ErrorCode::UnknownType),
            SignalDecodeError::TooLarge { .. } => ErrorCode::TooLarge,
            SignalDecodeError::UnsupportedVersion { .. } => ErrorCode::UnsupportedVersion,
            SignalDecodeError::Malformed | SignalDecodeError::OutOfBounds { .. } => {
                ErrorCode::BadMessage
            }
        };
        self.fail(conn, code, None, now);
    }

    /// Counts a message of a connection, which ends if it talks too fast.
    fn admit(&mut self, conn: ConnId, now: Duration) -> Option<ConnState> {
        let known = self.conns.get_mut(&conn)?;
        match known.bucket.take_message(now) {
            Ok(()) => Some(known.state),
            Err(wait) => {
                self.fail(conn, ErrorCode::RateLimited, Some(wait), now);
                None
            }
        }
    }

    fn relay(&mut self, room: RoomId, signal: Held, to: PeerId) -> Result<(), NotThere> {
        let room = self.rooms.get_mut(&room).ok_or(NotThere)?;
        match room.members.get_mut(&to).ok_or(NotThere)? {
            Member::Here { conn } => {
                let Held { from, payload } = signal;
                let conn = *conn;
                self.send(conn, ServerMessage::Signal { from, payload });
            }
            Member::Away { held, .. } => {
                if self.held_bytes + signal.payload.len() > HELD_BYTES_MAX {
                    return Err(NotThere);
                }
                // The latest count: a peer that sends this much has started over.
                if held.len() == HELD_SIGNALS_MAX
                    && let Some(oldest) = held.pop_front()
                {
                    self.held_bytes -= oldest.payload.len();
                }
                self.held_bytes += signal.payload.len();
                held.push_back(signal);
            }
        }
        Ok(())
    }

    /// Forgets a connection; its member, if any, is away from now on.
    fn detach(&mut self, conn: ConnId, now: Duration) {
        let Some(ConnState::Member { room, peer }) = self.forget(conn) else {
            return;
        };
        let until = now + self.config.resume_window;
        let place = self
            .rooms
            .get_mut(&room)
            .and_then(|room| room.members.get_mut(&peer));
        let Some(member) = place else { return };
        *member = Member::Away {
            until,
            held: VecDeque::new(),
        };
        self.aways.insert((until, room, peer));
        if self.aways.len() > AWAY_MEMBERS_MAX
            && let Some(&(_, room, peer)) = self.aways.first()
        {
            self.depart(room, peer);
        }
    }

    fn forget(&mut self, conn: ConnId) -> Option<ConnState> {
        let Conn { from, state, .. } = self.conns.remove(&conn)?;
        self.addresses.closed(from);
        match state {
            ConnState::Waiting { until, .. } => {
                self.hellos.remove(&(until, conn));
            }
            ConnState::Guest { peer } => self.forget_guest(peer),
            ConnState::Member { .. } => {}
        }
        Some(state)
    }

    /// Removes a member for good, and the room with the last of them.
    fn depart(&mut self, room: RoomId, peer: PeerId) {
        self.nameplates.close((room, peer));
        let Entry::Occupied(mut entry) = self.rooms.entry(room) else {
            return;
        };
        if let Some(Member::Away { until, held }) = entry.get_mut().members.remove(&peer) {
            self.aways.remove(&(until, room, peer));
            self.held_bytes -= bytes_of(&held);
        }
        if entry.get().members.is_empty() {
            entry.remove();
        } else {
            self.tell_others(room, peer, &ServerMessage::PeerLeft { peer });
        }
    }

    fn expire(&mut self, now: Duration) {
        self.expire_guests(now);
        while let Some(&(until, conn)) = self.hellos.first()
            && until <= now
        {
            self.fail(conn, ErrorCode::HelloTimeout, None, now);
        }
        while let Some(&(until, room, peer)) = self.aways.first()
            && until <= now
        {
            self.depart(room, peer);
        }
    }

    fn tell_others(&mut self, room: RoomId, peer: PeerId, message: &ServerMessage) {
        let Some(room) = self.rooms.get(&room) else {
            return;
        };
        let sends = room.others_here(peer).map(|conn| HubOutput::Send {
            conn,
            message: message.clone(),
        });
        self.outputs.extend(sends);
    }

    fn send(&mut self, conn: ConnId, message: ServerMessage) {
        self.outputs.push_back(HubOutput::Send { conn, message });
    }

    fn error(&mut self, conn: ConnId, code: ErrorCode) {
        self.send(conn, error_message(code, None));
    }

    /// Says why, and closes; a member is away from then on.
    fn fail(&mut self, conn: ConnId, code: ErrorCode, wait: Option<Duration>, now: Duration) {
        self.send(conn, error_message(code, wait));
        self.outputs.push_back(HubOutput::Close {
            conn,
            code: CloseCode::Failed(code),
        });
        self.detach(conn, now);
    }

    fn close(&mut self, conn: ConnId, code: CloseCode) {
        self.outputs.push_back(HubOutput::Close { conn, code });
        self.forget(conn);
    }
}

struct NotThere;
