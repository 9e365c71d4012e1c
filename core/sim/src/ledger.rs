//! What everybody said and offered, and whether each notice is true.

use std::collections::BTreeMap;

use parlor_engine::input::{IncomingKey, MessageId};
use parlor_engine::notice::{Notice, OfferStanding, Outcome};
use parlor_proto::frame::OfferedFile;
use parlor_proto::id::DeviceId;
use parlor_proto::text::DisplayName;

use crate::node::NodeIx;
use crate::world::World;

/// The truth.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Texts by author and stream, in order.
    pub(crate) said: BTreeMap<(DeviceId, u64), Vec<String>>,
    pub(crate) offers: BTreeMap<IncomingKey, Vec<OfferedFile>>,
}

impl World {
    pub(crate) fn on_notice(&mut self, node: NodeIx, notice: Notice) {
        if self.nodes[node].hostility.is_hostile || self.is_of_a_hostile(&notice) {
            self.consider_anyway(node, &notice);
        } else {
            self.check(node, &notice);
        }
        self.nodes[node].notices.push(notice);
    }

    /// Whether a notice repeats what a hostile node made up.
    fn is_of_a_hostile(&self, notice: &Notice) -> bool {
        let device = match notice {
            Notice::Heard { author, .. } => *author,
            Notice::Delivered { to, .. }
            | Notice::FileDelivered { to, .. }
            | Notice::Sent { to, .. } => *to,
            Notice::Offered { key, .. }
            | Notice::Preview { key, .. }
            | Notice::IncomingPaused { key, .. }
            | Notice::IncomingResumed { key, .. }
            | Notice::FileReceived { key, .. }
            | Notice::Received { key, .. } => key.from,
            Notice::Joined { .. }
            | Notice::ServerLost { .. }
            | Notice::Rejected { .. }
            | Notice::PeerConnected { .. }
            | Notice::PeerUnreachable { .. }
            | Notice::PeerLost { .. }
            | Notice::PeerLeft { .. }
            | Notice::PeerRefused { .. }
            | Notice::Said { .. }
            | Notice::Typing { .. }
            | Notice::NotSaid { .. }
            | Notice::NotOffered { .. }
            | Notice::OfferAnswered { .. }
            | Notice::FileNotReceived { .. }
            | Notice::FileNotDelivered { .. }
            | Notice::CodeReady { .. }
            | Notice::CodeUsed { .. }
            | Notice::CodeMistyped { .. }
            | Notice::CodeClosed { .. }
            | Notice::ServerSuspected { .. }
            | Notice::Verified { .. }
            | Notice::NotVerified { .. }
            | Notice::NotRemembered { .. }
            | Notice::OutgoingPaused { .. }
            | Notice::OutgoingResumed { .. }
            | Notice::Ended => return false,
        };
        let node = self.node_of(device).map(|ix| &self.nodes[ix]);
        node.is_none_or(|node| node.hostility.is_hostile)
    }

    /// People do answer the offers of a hostile node.
    fn consider_anyway(&mut self, node: NodeIx, notice: &Notice) {
        if let Notice::Offered { key, files, .. } = notice {
            self.consider(node, *key, files.len());
        }
    }

    fn check(&mut self, node: NodeIx, notice: &Notice) {
        match notice {
            Notice::Said {
                stream, seq, text, ..
            } => self.check_said(node, *stream, *seq, text),
            Notice::Heard {
                author,
                name,
                stream,
                seq,
                text,
                ..
            } => {
                self.check_name(*author, name);
                let id = MessageId {
                    author: *author,
                    stream: *stream,
                    seq: *seq,
                };
                self.check_heard(node, id, text);
            }
            Notice::Delivered { seq, to } => {
                self.check_delivered(node, *seq, *to);
            }
            Notice::Offered {
                key,
                files,
                standing,
                ..
            } => {
                assert_eq!(
                    Some(files),
                    self.ledger.offers.get(key),
                    "another offer than was made"
                );
                self.check_offer(node, *key, files.len(), standing);
            }
            Notice::FileReceived { key, file, .. } => self.check_file(node, *key, *file),
            Notice::FileDelivered { transfer, file, to } => {
                let ix = self.node_of(*to).expect("delivered to nobody");
                self.check_file(ix, self.key(node, *transfer), *file);
            }
            Notice::Received { key, outcome } => self.check_received(node, *key, outcome),
            Notice::Sent {
                transfer,
                to,
                outcome,
            } => self.check_sent(node, *transfer, *to, outcome),
            Notice::PeerRefused { .. } | Notice::ServerSuspected { .. } => {
                self.check_warning(node, notice);
            }
            #[allow(
                clippy::wildcard_enum_match_arm,
                reason = "most of what is told can be neither true nor false"
            )]
            _ => {}
        }
    }

    fn check_offer(
        &mut self,
        node: NodeIx,
        key: IncomingKey,
        count: usize,
        standing: &OfferStanding,
    ) {
        match standing {
            OfferStanding::Open => self.consider(node, key, count),
            OfferStanding::Taken { accepted, .. } => {
                let state = &mut self.nodes[node];
                if state.has_rules {
                    state.taken.insert(key, accepted.clone());
                }
                let taken = &state.taken[&key];
                assert_eq!(taken, accepted, "goes on with other files than were taken");
            }
        }
    }

    /// Nobody is warned of honest people or an honest server.
    fn check_warning(&self, node: NodeIx, notice: &Notice) {
        if let Notice::PeerRefused { reason, .. } = notice {
            let is_hostile = self.nodes.iter().any(|node| node.hostility.is_hostile);
            let is_deserved = is_hostile || self.faults.in_the_middle;
            assert!(is_deserved, "node {node} refused an honest peer: {reason}");
        } else if let Notice::ServerSuspected { why } = notice {
            assert!(
                self.server.has_misbehaved,
                "node {node} suspects an honest server: {why}"
            );
        }
    }

    fn check_name(&self, author: DeviceId, name: &DisplayName) {
        let author_name = self.node_of(author).map(|ix| &self.nodes[ix].name);
        assert_eq!(Some(name), author_name, "a message under another name");
    }

    /// What became durable right before the app was killed counts as said, too: the next life of it
    /// shows it.
    pub(crate) fn read_own_messages(&mut self, node: NodeIx) {
        let (author, stream) = (self.nodes[node].device, self.nodes[node].session.stream());
        let kept = self.nodes[node].disk.messages_of(author, stream);
        let said = self.ledger.said.entry((author, stream)).or_default();
        assert!(kept.len() >= said.len(), "node {node} lost what it said");
        said.extend(
            kept.into_iter()
                .skip(said.len())
                .map(|message| message.text),
        );
    }

    fn check_said(&mut self, node: NodeIx, stream: u64, seq: u64, text: &str) {
        let author = self.nodes[node].device;
        let said = self.ledger.said.entry((author, stream)).or_default();
        said.push(text.to_owned());
        assert_eq!(seq, said.len() as u64, "a number was left out");
    }

    fn check_delivered(&mut self, node: NodeIx, seq: u64, to: DeviceId) {
        let ix = self.node_of(to).expect("delivered to nobody");
        let message = MessageId {
            author: self.nodes[node].device,
            stream: self.nodes[node].session.stream(),
            seq,
        };
        let is_stored = self.nodes[ix].disk.messages.contains_key(&message);
        assert!(
            is_stored,
            "node {node} says {seq} is delivered, node {ix} lacks it"
        );
        let before = self.nodes[node].delivered.insert(to, seq).unwrap_or(0);
        assert_eq!(seq, before + 1, "a receipt was left out or came twice");
    }

    fn check_heard(&mut self, node: NodeIx, id: MessageId, text: &str) {
        let MessageId {
            author,
            stream,
            seq,
        } = id;
        let said = self.ledger.said.get(&(author, stream));
        let index = usize::try_from(seq - 1).expect("a small number");
        let original = said.and_then(|said| said.get(index));
        assert_eq!(
            original.map(String::as_str),
            Some(text),
            "another text than was said"
        );
        let state = &mut self.nodes[node];
        assert!(
            state.disk.messages.contains_key(&id),
            "shown before it was stored"
        );
        let before = state.heard.insert((author, stream), seq).unwrap_or(0);
        assert_eq!(seq, before + 1, "node {node} showed {seq} after {before}");
    }

    fn check_received(&mut self, node: NodeIx, key: IncomingKey, outcome: &Outcome) {
        let is_first = self.nodes[node].received.insert(key);
        assert!(is_first, "a transfer ended twice at node {node}");
        if let Outcome::Complete { files, bytes } = outcome {
            self.check_complete(node, key, *files, *bytes);
        }
    }

    fn check_sent(&mut self, node: NodeIx, transfer: u64, to: DeviceId, outcome: &Outcome) {
        let is_first = self.nodes[node].sent.insert((transfer, to));
        assert!(is_first, "a transfer ended twice for node {node}");
        let ix = self.node_of(to).expect("sent to nobody");
        if let Outcome::Complete { files, bytes } = outcome {
            self.check_complete(ix, self.key(node, transfer), *files, *bytes);
        }
    }

    fn check_file(&self, node: NodeIx, key: IncomingKey, file: u32) {
        let offered = &self.ledger.offers[&key][file as usize];
        let bytes = self.nodes[node].disk.whole(key, file);
        let root = bytes.map(|bytes| *blake3::hash(bytes).as_bytes());
        assert_eq!(
            root,
            Some(offered.root),
            "node {node} does not have file {file} whole"
        );
    }

    fn check_complete(&self, node: NodeIx, key: IncomingKey, files: usize, bytes: u64) {
        let taken = &self.nodes[node].taken[&key];
        assert_eq!(
            files,
            taken.len(),
            "complete with another number of files than were taken"
        );
        let offered = &self.ledger.offers[&key];
        let size: u64 = taken.iter().map(|file| offered[*file as usize].size).sum();
        assert_eq!(bytes, size, "complete with another number of bytes");
        for file in taken {
            self.check_file(node, key, *file);
        }
    }

    pub(crate) fn node_of(&self, device: DeviceId) -> Option<NodeIx> {
        self.nodes.iter().position(|node| node.device == device)
    }
}
