//! The people: what they say, offer, answer, and when they go.

use core::time::Duration;

use parlor_engine::device::DevicePublic;
use parlor_engine::input::{Command, IncomingKey, Input};
use parlor_proto::avatar::Avatar;
use parlor_proto::frame::OfferedFile;
use parlor_proto::id::DeviceId;
use parlor_proto::name::SafePath;

use crate::clock::Event;
use crate::disk::Source;
use crate::node::{Manner, Node, NodeIx, avatar, device_key};
use crate::world::World;

impl World {
    /// A person opens the app.
    pub fn join(&mut self) -> NodeIx {
        let ix = self.nodes.len();
        let window = self.window_bytes;
        let node = Node::new(ix, window, self.has_lanes, &mut self.rng);
        self.nodes.push(node);
        self.input(ix, Input::Time);
        ix
    }

    /// Several people open the app and are connected to each other.
    ///
    /// # Panics
    /// When that takes longer than two minutes.
    pub fn room(&mut self, people: usize) {
        for _ in 0..people {
            self.join();
        }
        let limit = Duration::from_secs(120);
        self.run_until("a mesh", limit, Self::is_meshed);
    }

    /// Says something.
    pub fn say(&mut self, node: NodeIx, text: &str) {
        let command = Command::Say {
            text: text.to_owned(),
            in_reply_to: None,
            written_at_ms: 0,
        };
        self.input(node, Input::Command(command));
    }

    /// Offers files of these sizes with random bytes; gives the transfer's number.
    pub fn offer(&mut self, node: NodeIx, sizes: &[usize]) -> u64 {
        let sources: Vec<Source> = sizes
            .iter()
            .map(|size| {
                let mut bytes = vec![0; *size];
                self.rng.fill(&mut bytes);
                Source::new(bytes)
            })
            .collect();
        let state = &mut self.nodes[node];
        state.next_transfer += 1;
        let transfer = state.next_transfer;
        let offered = |(index, (source, size)): (usize, (&Source, &usize))| OfferedFile {
            path: SafePath::sanitise(&format!("{transfer}/{index}.bin")),
            size: *size as u64,
            root: source.root(),
            modified_ms: None,
            mime: None,
        };
        let files: Vec<_> = sources.iter().zip(sizes).enumerate().map(offered).collect();
        state.disk.sources.insert(transfer, sources);
        let key = IncomingKey {
            from: state.device,
            transfer,
        };
        self.ledger.offers.insert(key, files.clone());
        self.input(node, Input::Command(offer(transfer, files)));
        transfer
    }

    /// The transfer that `node` offered under that number, as the others name it.
    #[must_use]
    pub fn key(&self, node: NodeIx, transfer: u64) -> IncomingKey {
        let from = self.nodes[node].device;
        IncomingKey { from, transfer }
    }

    /// How the person in front of `node` answers offers from now on.
    pub fn set_manner(&mut self, node: NodeIx, manner: Manner) {
        self.nodes[node].manner = manner;
    }

    /// The person in front of `node` has rules by which offers are taken.
    pub fn expect_all_taken(&mut self, node: NodeIx) {
        self.nodes[node].has_rules = true;
    }

    /// Stops a transfer at the sender.
    pub fn cancel_outgoing(&mut self, node: NodeIx, transfer: u64) {
        self.input(node, Input::Command(Command::CancelOutgoing { transfer }));
    }

    /// Stops a transfer at a receiver.
    pub fn cancel_incoming(&mut self, node: NodeIx, key: IncomingKey) {
        self.input(node, Input::Command(Command::CancelIncoming { key }));
    }

    /// The person wants files of an offer after all that ended without them.
    pub fn take_up_again(&mut self, node: NodeIx, key: IncomingKey) {
        let all = 0..self.ledger.offers[&key].len();
        let all = all.map(|file| u32::try_from(file).expect("offers are short"));
        self.nodes[node].received.remove(&key);
        self.nodes[node].taken.insert(key, all.collect());
        let device = self.nodes[node].device;
        let sender = self.node_of(key.from).expect("somebody offered it");
        self.nodes[sender].sent.remove(&(key.transfer, device));
        self.input(node, Input::Command(Command::TakeUpAgain { key }));
    }

    /// The person wants something.
    pub fn command(&mut self, node: NodeIx, command: Command) {
        self.input(node, Input::Command(command));
    }

    /// The keys of the device of `node`.
    #[must_use]
    pub fn public(&self, node: NodeIx) -> DevicePublic {
        *device_key(node).public()
    }

    /// How the person in front of `node` wants to be shown.
    #[must_use]
    pub fn avatar(&self, node: NodeIx) -> Avatar {
        avatar(node)
    }

    /// The device of `node`.
    #[must_use]
    pub fn device(&self, node: NodeIx) -> DeviceId {
        self.nodes[node].device
    }

    /// The operating system says that the network changed.
    pub fn network_changed(&mut self, node: NodeIx) {
        self.input(node, Input::Command(Command::NetworkChanged));
    }

    /// Leaves the room.
    pub fn leave(&mut self, node: NodeIx) {
        self.input(node, Input::Command(Command::Leave));
    }

    /// Ends the app without a word to anybody.
    pub fn kill(&mut self, node: NodeIx) {
        self.note(|| format!("node {node} is killed"));
        self.nodes[node].is_alive = false;
        self.nodes[node].links.clear();
        self.drop_ends_of(node);
        self.cut_signaling(node);
        self.nodes[node].socket = None;
    }

    /// Starts the app of a killed node again, some time later: the same device, a new session.
    pub fn restart(&mut self, node: NodeIx) {
        // What was asked of the disk before is done by then.
        self.run_for(Duration::from_secs(10));
        self.note(|| format!("node {node} starts again"));
        let device = self.nodes[node].device;
        self.nodes[node].restart(node, &mut self.rng);
        self.read_own_messages(node);
        for other in &mut self.nodes {
            // Offers are made to it anew.
            other.sent.retain(|(_, to)| *to != device);
        }
        self.input(node, Input::Time);
        let kept: Vec<u64> = self.nodes[node].disk.sources.keys().copied().collect();
        for transfer in kept {
            let files = self.ledger.offers[&self.key(node, transfer)].clone();
            self.input(node, Input::Command(offer(transfer, files)));
        }
    }

    /// The person thinks about an offer, and answers.
    pub(crate) fn consider(&mut self, node: NodeIx, key: IncomingKey, count: usize) {
        let all = 0..u32::try_from(count).expect("offers are short");
        let accepted: Vec<u32> = match self.nodes[node].manner {
            Manner::Ignores => return,
            Manner::Declines => Vec::new(),
            Manner::Accepts => all.collect(),
            Manner::Picks => all.filter(|_| self.rng.bool()).collect(),
        };
        self.nodes[node].taken.insert(key, accepted.clone());
        let reason = accepted.is_empty().then(|| "no, thanks".to_owned());
        let command = Command::Answer {
            key,
            accepted,
            reason,
        };
        let wait = Duration::from_millis(self.rng.u64(20..1500));
        self.clock.after(wait, Event::Person { node, command });
    }
}

fn offer(transfer: u64, files: Vec<OfferedFile>) -> Command {
    Command::Offer {
        transfer,
        files,
        is_paused: false,
    }
}
