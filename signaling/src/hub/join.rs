//! Into a room: who somebody is by their token, and whether there is a place for them.

use core::time::Duration;

use parlor_proto::id::{PeerId, RoomId};
use parlor_proto::signal::{ErrorCode, JoinIntent, ROOM_PEERS_MIN, ResumeToken, ServerMessage};

use super::room::{Held, Member, Room, bytes_of};
use super::{CloseCode, ConnId, ConnState, Hub, RESUME_TOKEN_LIFETIME};

/// A join whose token has been looked at.
pub(super) struct Join {
    pub(super) conn: ConnId,
    pub(super) room: RoomId,
    pub(super) intent: JoinIntent,
    pub(super) max_peers: Option<u8>,
    pub(super) claim: Option<PeerId>,
    pub(super) fresh_peer: PeerId,
}

impl Hub {
    pub(super) fn claim(&self, room: RoomId, token: &ResumeToken, now: Duration) -> Option<PeerId> {
        let claim = self.config.resume_key.open(room, token)?;
        let remembered = || {
            self.rooms
                .get(&room)
                .is_some_and(|room| room.members.contains_key(&claim.peer))
        };
        (claim.expires > now || remembered()).then_some(claim.peer)
    }

    /// Joins that make a room, or find none, are counted for the address they come from.
    pub(super) fn may_join(&mut self, join: &Join, now: Duration) -> Result<(), Duration> {
        if join.claim.is_some() || self.rooms.contains_key(&join.room) {
            return Ok(());
        }
        match self.conns.get(&join.conn) {
            Some(conn) => self.addresses.room(conn.from, now),
            None => Ok(()),
        }
    }

    pub(super) fn join(&mut self, join: &Join, now: Duration) -> Result<(), ErrorCode> {
        let peer = join.claim.unwrap_or(join.fresh_peer);
        self.make_place(join, peer)?;
        let limit = self.limit_of(join.max_peers);
        let room = self
            .rooms
            .entry(join.room)
            .or_insert_with(|| Room::new(limit));
        let earlier = room.members.insert(peer, Member::Here { conn: join.conn });
        let joined = ServerMessage::Joined {
            peer,
            peers: room.roster(peer),
            resume: self
                .config
                .resume_key
                .mint(join.room, peer, now + RESUME_TOKEN_LIFETIME),
            ice_servers: self.config.ice_servers.clone(),
            resumed: join.claim.is_some(),
        };
        self.settle(join, peer);
        self.send(join.conn, joined);
        match earlier {
            None => self.tell_others(join.room, peer, &ServerMessage::PeerJoined { peer }),
            Some(Member::Here { conn }) => {
                self.error(conn, ErrorCode::Displaced);
                self.close(conn, CloseCode::Failed(ErrorCode::Displaced));
            }
            Some(Member::Away { until, held }) => {
                self.aways.remove(&(until, join.room, peer));
                self.held_bytes -= bytes_of(&held);
                for Held { from, payload } in held {
                    self.send(join.conn, ServerMessage::Signal { from, payload });
                }
            }
        }
        Ok(())
    }

    /// Sees to it that `peer` may enter: the room exists or may be made, and has a place left.
    fn make_place(&mut self, join: &Join, peer: PeerId) -> Result<(), ErrorCode> {
        let Some(room) = self.rooms.get(&join.room) else {
            let may_create = join.intent == JoinIntent::Open || join.claim.is_some();
            return if may_create {
                Ok(())
            } else {
                Err(ErrorCode::RoomNotFound)
            };
        };
        if room.members.contains_key(&peer) {
            // Without a token nobody takes a member's place, even if the driver's names collide.
            return join.claim.map(|_| ()).ok_or(ErrorCode::Internal);
        }
        if !room.is_full() {
            return Ok(());
        }
        let leaver = room.longest_away().ok_or(ErrorCode::RoomFull)?;
        self.depart(join.room, leaver);
        Ok(())
    }

    fn limit_of(&self, max_peers: Option<u8>) -> usize {
        let most = self.config.room_peers_max;
        usize::from(max_peers.unwrap_or(most).min(most).max(ROOM_PEERS_MIN))
    }

    /// Turns a waiting connection into a member's.
    fn settle(&mut self, join: &Join, peer: PeerId) {
        if let Some(conn) = self.conns.get_mut(&join.conn) {
            if let ConnState::Waiting { until, .. } = conn.state {
                self.hellos.remove(&(until, join.conn));
            }
            conn.state = ConnState::Member {
                room: join.room,
                peer,
            };
        }
    }
}
