//! A WebRTC connection between two nodes, as the engine sees it.
//!
//! It opens when each side has the other's description of this very connection and an address of
//! it, and nothing stands between the nodes. Then `control` is reliable and ordered, `bulk`
//! reliable and unordered behind a bounded send buffer; a lost packet shows as one that is late. A
//! cut silences both without a word. ICE may notice after ten seconds, or never.

use core::time::Duration;
use std::collections::VecDeque;

use bytes::Bytes;
use parlor_engine::input::{Input, LinkInput};
use parlor_engine::output::{LinkAction, Role};
use parlor_engine::time::Moment;
use parlor_engine::view::{AddressKind, PathView};
use parlor_proto::envelope::Candidate;
use parlor_proto::id::PeerId;

use crate::clock::Event;
use crate::faults::chance;
use crate::node::NodeIx;
use crate::world::World;
use lane::LaneEnd;
pub(crate) use lane::LaneEvent;

mod bulk;
mod lane;

/// How long ICE takes to give a silent path up, where it does.
const ICE_PATIENCE: Duration = Duration::from_secs(10);

/// How long a closing end tries to get its last frames out.
const LINGER: Duration = Duration::from_secs(5);

/// Bulk frames the driver may hold before the data channel takes them: the engine's pipe.
const DRIVER_QUEUE_MAX_BYTES: u64 = 3 * 1024 * 1024;

/// Control frames that may wait behind a silent path: a window of messages, what transfers have to
/// say, and pings.
const CONTROL_QUEUE_MAX: usize = 512;

/// One side's half of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EndId(pub(crate) u64);

#[derive(Debug)]
pub(crate) struct End {
    pub(crate) node: NodeIx,
    pub(crate) peer: PeerId,
    pub(crate) attempt: u32,
    role: Role,
    remote: Option<EndId>,
    /// Ends whose addresses arrived here.
    addresses: Vec<EndId>,
    is_up: bool,
    /// Whether its session knows that it is up.
    is_open: bool,
    closes_at: Option<Moment>,
    control: VecDeque<(Moment, Bytes)>,
    is_control_due: bool,
    /// Not yet taken by the data channel.
    waiting: VecDeque<(Bytes, u64)>,
    waiting_bytes: u64,
    /// In the send buffer.
    buffer: VecDeque<Bytes>,
    buffered_bytes: u64,
    is_sending: bool,
    lane: LaneEnd,
}

impl World {
    fn link_delay(&mut self) -> Duration {
        let mut wait = self.rng.u64(self.faults.delay_ms.clone());
        while chance(&mut self.rng, self.faults.loss) {
            wait += self.rng.u64(50..600);
        }
        Duration::from_millis(wait)
    }

    pub(crate) fn open_link(&mut self, node: NodeIx, peer: PeerId, attempt: u32, role: Role) {
        self.next_end += 1;
        let id = EndId(self.next_end);
        let end = End {
            node,
            peer,
            attempt,
            role,
            remote: None,
            addresses: Vec::new(),
            is_up: false,
            is_open: false,
            closes_at: None,
            control: VecDeque::new(),
            is_control_due: false,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            buffer: VecDeque::new(),
            buffered_bytes: 0,
            is_sending: false,
            lane: LaneEnd::default(),
        };
        self.ends.insert(id, end);
        self.nodes[node].links_opened += 1;
        let older = self.nodes[node].links.insert((peer, attempt), id);
        assert!(older.is_none(), "node {node} opened one attempt twice");
        if role == Role::Offerer {
            self.gather(id);
        }
        if chance(&mut self.rng, self.faults.open_fails) {
            let wait = Duration::from_millis(self.rng.u64(0..400));
            let reason = "no address to use";
            self.clock.after(wait, Event::LinkEnds { end: id, reason });
        }
    }

    /// The description of an end, and its addresses around it.
    fn gather(&mut self, end: EndId) {
        let described = Duration::from_millis(self.rng.u64(1..80));
        self.clock.after(described, Event::Described { end });
        for n in 0..self.rng.u16(1..4) {
            let early = chance(&mut self.rng, self.faults.early_candidates);
            let range = if early { 0..40 } else { 80..300 };
            let wait = Duration::from_millis(self.rng.u64(range));
            let candidate = Candidate {
                line: format!("candidate:{n} {}", end.0),
                mid: Some("0".to_owned()),
                mline_index: Some(0),
                ufrag: Some(end.0.to_string()),
            };
            self.clock.after(wait, Event::Gathered { end, candidate });
        }
    }

    pub(crate) fn on_described(&mut self, id: EndId) {
        let Some(end) = self.ends.get(&id) else {
            return;
        };
        let remote = end.remote.map_or(0, |remote| remote.0);
        let sdp = format!("{:?} {} {remote}", end.role, id.0);
        self.link_input(id, LinkInput::LocalDescription { sdp });
    }

    /// Hands an input to the session that owns `id`, if it still does.
    pub(crate) fn link_input(&mut self, id: EndId, event: LinkInput) {
        let Some(end) = self.ends.get(&id) else {
            return;
        };
        let (node, peer, attempt) = (end.node, end.peer, end.attempt);
        if self.nodes[node].links.get(&(peer, attempt)) == Some(&id) {
            self.input(
                node,
                Input::Link {
                    peer,
                    attempt,
                    event,
                },
            );
        }
    }

    pub(crate) fn link_action(&mut self, id: EndId, action: LinkAction) {
        match action {
            LinkAction::RemoteDescription { sdp } => self.on_remote_description(id, &sdp),
            LinkAction::RemoteCandidate(candidate) => {
                let of = candidate.ufrag.and_then(|text| text.parse().ok());
                if let (Some(of), Some(end)) = (of, self.ends.get_mut(&id)) {
                    end.addresses.push(EndId(of));
                    self.try_connect(id);
                }
            }
            LinkAction::SendControl(frame) => self.send_control(id, frame),
            LinkAction::SendLive(frame) => self.send_live(id, frame),
            LinkAction::SendBulk { frame, data_len } => self.send_bulk(id, frame, data_len),
            LinkAction::Lane { lane, action } => self.lane_action(id, lane, action),
            LinkAction::Close => self.close_end(id),
        }
    }

    fn on_remote_description(&mut self, id: EndId, sdp: &str) {
        let mut words = sdp.split(' ');
        let role = words.next().unwrap_or_default().to_owned();
        let mut numbers = words.map(|word| word.parse().map_or(0, core::convert::identity));
        let (writer, of) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        let Some(end) = self.ends.get_mut(&id) else {
            return;
        };
        match end.role {
            Role::Answerer if role == "Offerer" && end.remote.is_none() => {
                end.remote = Some(EndId(writer));
                self.gather(id);
            }
            // A stack takes an answer to another offer without a word; it never connects.
            Role::Offerer if role == "Answerer" && of == id.0 => end.remote = Some(EndId(writer)),
            Role::Answerer | Role::Offerer => {}
        }
        self.try_connect(id);
    }

    fn try_connect(&mut self, id: EndId) {
        let knows = |at: EndId, other: EndId| {
            self.ends
                .get(&at)
                .is_some_and(|end| end.remote == Some(other) && end.addresses.contains(&other))
        };
        let Some(end) = self.ends.get(&id) else {
            return;
        };
        let Some(other) = end.remote else { return };
        if end.is_up || !knows(id, other) || !knows(other, id) {
            return;
        }
        let (offerer, answerer) = match end.role {
            Role::Offerer => (id, other),
            Role::Answerer => (other, id),
        };
        let wait = self.link_delay() * 4;
        self.clock
            .after(wait, Event::Handshake { offerer, answerer });
    }

    pub(crate) fn on_handshake(&mut self, offerer: EndId, answerer: EndId) {
        let (Some(a), Some(b)) = (self.ends.get(&offerer), self.ends.get(&answerer)) else {
            return;
        };
        if a.is_up || a.closes_at.is_some() || b.closes_at.is_some() {
            return;
        }
        if self.is_cut(a.node, b.node) {
            let again = Event::Handshake { offerer, answerer };
            return self.clock.after(Duration::from_millis(400), again);
        }
        for end in [offerer, answerer] {
            if let Some(state) = self.ends.get_mut(&end) {
                state.is_up = true;
            }
            // DTLS ends half a round trip apart, so frames may come before our own channels open.
            let wait = self.link_delay();
            self.clock.after(wait, Event::Opened { end });
        }
    }

    pub(crate) fn on_opened(&mut self, id: EndId) {
        let path = self.rng.bool().then_some(PathView {
            local: AddressKind::Host,
            remote: AddressKind::ServerReflexive,
            round_trip: None,
        });
        let Some(end) = self.ends.get_mut(&id) else {
            return;
        };
        end.is_open = true;
        let (local, remote) = (id.0, end.remote.map_or(0, |remote| remote.0));
        // Whoever sits in the middle shows each side a certificate of their own.
        let remote = if self.faults.in_the_middle {
            remote + 1_000_000
        } else {
            remote
        };
        let event = LinkInput::Open {
            path,
            local_fingerprint: format!("certificate {local}"),
            remote_fingerprint: format!("certificate {remote}"),
        };
        self.link_input(id, event);
    }

    pub(crate) fn send_control(&mut self, id: EndId, frame: Bytes) {
        let arrives = self.clock.now() + self.link_delay();
        let Some(end) = self.ends.get_mut(&id) else {
            return;
        };
        end.control.push_back((arrives, frame));
        let is_honest = !self.nodes[end.node].hostility.is_hostile;
        assert!(
            end.control.len() <= CONTROL_QUEUE_MAX || !is_honest,
            "too many control frames wait for one peer"
        );
        if !end.is_control_due {
            end.is_control_due = true;
            self.clock.at(arrives, Event::ControlDue { from: id });
        }
    }

    /// What may get lost, and may be overtaken.
    pub(crate) fn send_live(&mut self, id: EndId, frame: Bytes) {
        let passes = self.passes(id) == Some(true) && !chance(&mut self.rng, self.faults.loss);
        let remote = self.ends.get(&id).and_then(|end| end.remote);
        if let Some(to) = remote.filter(|_| passes) {
            let wait = self.link_delay();
            self.clock.after(wait, Event::LiveDue { to, frame });
        }
    }

    /// Whether packets pass from `id` to its other end now. `None` when that end is gone.
    fn passes(&self, id: EndId) -> Option<bool> {
        let end = self.ends.get(&id)?;
        let remote = self.ends.get(&end.remote?)?;
        Some(end.is_up && remote.is_up && !self.is_cut(end.node, remote.node))
    }

    pub(crate) fn on_control_due(&mut self, from: EndId) {
        let passes = self.passes(from);
        let jitter = Duration::from_millis(self.rng.u64(100..1000));
        let remote = self.ends.get(&from).and_then(|end| end.remote);
        let is_heard = remote
            .and_then(|to| self.ends.get(&to))
            .is_some_and(|end| end.is_open);
        let Some(end) = self.ends.get_mut(&from) else {
            return;
        };
        let is_over = end.closes_at.is_some_and(|at| at <= self.clock.now());
        if is_over || passes.is_none() {
            end.control.clear();
            end.is_control_due = false;
            return self.end_if_flushed(from);
        }
        if passes == Some(false) {
            // Retransmission: the next try comes a while after the path is back.
            return self.clock.after(jitter, Event::ControlDue { from });
        }
        if !is_heard {
            // The transport holds what comes before it has told its session that it is open.
            let again = Duration::from_millis(5);
            return self.clock.after(again, Event::ControlDue { from });
        }
        let (frame, to) = (end.control.pop_front(), end.remote);
        match end.control.front() {
            Some((arrives, _)) => self.clock.at(*arrives, Event::ControlDue { from }),
            None => end.is_control_due = false,
        }
        if let (Some((_, frame)), Some(to)) = (frame, to) {
            self.link_input(to, LinkInput::Control(frame));
        }
        self.end_if_flushed(from);
    }

    /// The session closed its end: what was sent goes out, then the other end learns of it.
    fn close_end(&mut self, id: EndId) {
        let is_abrupt = chance(&mut self.rng, self.faults.abrupt_close);
        let linger = self.clock.now() + LINGER;
        let Some(end) = self.ends.get_mut(&id) else {
            return;
        };
        self.nodes[end.node].links.remove(&(end.peer, end.attempt));
        end.closes_at = Some(linger);
        end.waiting.clear();
        if is_abrupt || !end.is_up {
            end.control.clear();
        }
        self.end_if_flushed(id);
    }

    fn end_if_flushed(&mut self, id: EndId) {
        let Some(end) = self.ends.get(&id) else {
            return;
        };
        if end.closes_at.is_none() || !end.control.is_empty() {
            return;
        }
        let wait = self.link_delay();
        let passes = self.passes(id);
        let Some(end) = self.ends.remove(&id) else {
            return;
        };
        let Some(remote) = end.remote.filter(|_| end.is_up) else {
            return;
        };
        if passes == Some(true) {
            let reason = "the other side closed the connection";
            self.clock.after(
                wait,
                Event::LinkEnds {
                    end: remote,
                    reason,
                },
            );
        } else {
            self.abandon(remote);
        }
    }

    /// The other end is gone without a word.
    pub(crate) fn abandon(&mut self, end: EndId) {
        if self.faults.ice_notices {
            let wait = ICE_PATIENCE + self.link_delay();
            let reason = "ICE gave the path up";
            self.clock.after(wait, Event::LinkEnds { end, reason });
        }
    }

    pub(crate) fn on_link_ends(&mut self, id: EndId, reason: &str) {
        let reason = reason.to_owned();
        self.link_input(id, LinkInput::Closed { reason });
        if let Some(end) = self.ends.remove(&id) {
            // The key may belong to a newer end by now.
            self.nodes[end.node].links.retain(|_, link| *link != id);
        }
    }

    pub(crate) fn on_ice_gives_up(&mut self, id: EndId, cut: u64) {
        let Some(end) = self.ends.get(&id) else {
            return;
        };
        let remote = end.remote.and_then(|remote| self.ends.get(&remote));
        let is_apart = remote.is_some_and(|remote| self.cut_of(end.node, remote.node) == Some(cut));
        if is_apart {
            self.on_link_ends(id, "ICE gave the path up");
        }
    }

    /// The connections between two nodes have fallen silent.
    pub(crate) fn silence(&mut self, a: NodeIx, b: NodeIx, cut: u64) {
        if !self.faults.ice_notices {
            return;
        }
        let ends: Vec<EndId> = self.ends.keys().copied().collect();
        for id in ends {
            let Some(end) = self.ends.get(&id) else {
                continue;
            };
            let remote = end.remote.and_then(|remote| self.ends.get(&remote));
            let is_between = remote.is_some_and(|remote| {
                (end.node, remote.node) == (a, b) || (end.node, remote.node) == (b, a)
            });
            if is_between {
                let wait = ICE_PATIENCE + self.link_delay();
                self.clock.after(wait, Event::IceGivesUp { end: id, cut });
            }
        }
    }

    /// Removes a killed node's ends; the others only see silence.
    pub(crate) fn drop_ends_of(&mut self, node: NodeIx) {
        let of_node = |(id, end): (&EndId, &End)| (end.node == node).then_some((*id, end.remote));
        let ends: Vec<_> = self.ends.iter().filter_map(of_node).collect();
        for (id, remote) in ends {
            let was_up = self.ends.remove(&id).is_some_and(|end| end.is_up);
            if let Some(remote) = remote.filter(|_| was_up) {
                self.abandon(remote);
            }
        }
    }
}

fn sending_time(frame: &Bytes, bandwidth: u64) -> Duration {
    Duration::from_micros(frame.len() as u64 * 1_000_000 / bandwidth.max(1))
}
