//! What a hostile node does that its session would not.

use bytes::Bytes;
use parlor_engine::input::Input;
use parlor_engine::output::LinkAction;
use parlor_proto::frame::{ChatMessage, Frame};

use crate::link::EndId;
use crate::node::{Node, NodeIx, SECRET, device_key};
use crate::world::World;

/// How a node is hostile.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hostility {
    /// Whatever it says and offers is not in the ledger.
    pub(crate) is_hostile: bool,
    /// Sent instead of the hello.
    pub(crate) instead_of_hello: Option<Vec<u8>>,
    /// Keeps its pongs to itself.
    pub(crate) never_answers: bool,
}

/// What a hostile node says.
#[derive(Debug, Clone)]
pub enum HostileFrame {
    /// On the control channel.
    Control(Bytes),
    /// On the bulk channel.
    Bulk(Bytes),
    /// On the channel for what may get lost.
    Live(Bytes),
}

impl World {
    /// Has `node` send these bytes wherever its session would say hello.
    pub fn set_instead_of_hello(&mut self, node: NodeIx, bytes: &[u8]) {
        self.nodes[node].hostility = Hostility {
            is_hostile: true,
            instead_of_hello: Some(bytes.to_vec()),
            never_answers: false,
        };
    }

    /// Nothing that `node` says or does is held against the others from now on.
    pub fn mark_hostile(&mut self, node: NodeIx) {
        self.nodes[node].hostility.is_hostile = true;
    }

    /// The stream that `node` numbers its messages in.
    #[must_use]
    pub fn stream(&self, node: NodeIx) -> u64 {
        self.nodes[node].session.stream()
    }

    /// Has `node` send all it likes and answer no ping, as one that does not read.
    pub fn set_never_answers(&mut self, node: NodeIx) {
        self.nodes[node].hostility.is_hostile = true;
        self.nodes[node].hostility.never_answers = true;
    }

    /// A hostile node is gone without a word, and is back as somebody new to the server: with the
    /// key of its device, and with nothing else it had.
    pub fn come_back(&mut self, node: NodeIx) {
        self.kill(node);
        let window = self.window_bytes;
        let (turn, hostility) = (
            self.nodes[node].wake_turn,
            self.nodes[node].hostility.clone(),
        );
        let mut fresh = Node::new(node, window, self.has_lanes, &mut self.rng);
        fresh.wake_turn = turn;
        fresh.hostility = Hostility {
            is_hostile: true,
            ..hostility
        };
        self.nodes[node] = fresh;
        self.input(node, Input::Time);
    }

    /// What a hostile node sends in place of what its session says.
    pub(crate) fn made_hostile(&self, node: NodeIx, action: LinkAction) -> Option<LinkAction> {
        let hostility = &self.nodes[node].hostility;
        let LinkAction::SendControl(bytes) = &action else {
            return Some(action);
        };
        let frame = Frame::decode(bytes);
        if hostility.never_answers && matches!(frame, Ok(Frame::Pong(_))) {
            return None;
        }
        let instead = hostility.instead_of_hello.as_ref();
        match instead.filter(|_| matches!(frame, Ok(Frame::Hello(_)))) {
            Some(instead) => Some(LinkAction::SendControl(instead.clone().into())),
            None => Some(action),
        }
    }

    /// A message as the device of `node` would sign it.
    #[must_use]
    pub fn signed(&self, node: NodeIx, mut message: ChatMessage) -> ChatMessage {
        let key = device_key(node);
        message.signature = key.sign(&message.signed_bytes(SECRET.room_id(), key.id()));
        message
    }

    /// Has `node` send frames that its session never would, on every link it has open.
    pub fn inject(&mut self, node: NodeIx, frames: &[HostileFrame]) {
        self.nodes[node].hostility.is_hostile = true;
        let ends: Vec<EndId> = self.nodes[node].links.values().copied().collect();
        for end in ends {
            for frame in frames {
                match frame {
                    HostileFrame::Control(bytes) => self.send_control(end, bytes.clone()),
                    HostileFrame::Bulk(bytes) => self.send_bulk(end, bytes.clone(), 0),
                    HostileFrame::Live(bytes) => self.send_live(end, bytes.clone()),
                }
            }
        }
    }
}
