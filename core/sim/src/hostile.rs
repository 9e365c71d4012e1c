//! What a hostile node does that its session would not.

use bytes::Bytes;
use parlor_proto::frame::ChatMessage;

use crate::link::EndId;
use crate::node::{NodeIx, SECRET, device_key};
use crate::world::World;

/// How a node is hostile.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hostility {
    /// Whatever it says and offers is not in the ledger.
    pub(crate) is_hostile: bool,
    /// Sent instead of the hello.
    pub(crate) instead_of_hello: Option<Vec<u8>>,
}

/// What a hostile node says.
#[derive(Debug, Clone)]
pub enum HostileFrame {
    /// On the control channel.
    Control(Bytes),
    /// On the bulk channel.
    Bulk(Bytes),
}

impl World {
    /// Has `node` send these bytes wherever its session would say hello.
    pub fn set_instead_of_hello(&mut self, node: NodeIx, bytes: &[u8]) {
        self.nodes[node].hostility = Hostility {
            is_hostile: true,
            instead_of_hello: Some(bytes.to_vec()),
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
                }
            }
        }
    }
}
