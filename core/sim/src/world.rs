//! Everything there is in one run.

use core::time::Duration;
use std::collections::BTreeMap;

use fastrand::Rng;
use parlor_engine::notice::Notice;
use parlor_engine::time::Moment;
use parlor_engine::view::{PeerStateView, RoomView, TransferStateView};

use crate::clock::Clock;
use crate::faults::Faults;
use crate::ledger::Ledger;
use crate::link::{End, EndId};
use crate::node::{Node, NodeIx};
use crate::seeds::is_replay;
use crate::signaling::Server;
use crate::trace::Trace;

/// How often a wait looks whether it is over.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The receive window of nodes unless a test sets another: a few chunks, so that it matters.
const WINDOW_BYTES: u32 = 512 * 1024;

/// Nodes, server, network, disks, people, and the time.
#[derive(Debug)]
pub struct World {
    pub(crate) clock: Clock,
    pub(crate) rng: Rng,
    pub(crate) faults: Faults,
    pub(crate) nodes: Vec<Node>,
    pub(crate) server: Server,
    pub(crate) ends: BTreeMap<EndId, End>,
    pub(crate) next_end: u64,
    /// Pairs with nothing between them, lower first, each with the number of the cut.
    cuts: BTreeMap<(NodeIx, NodeIx), u64>,
    next_cut: u64,
    /// Bits flipped from one node to another.
    pub(crate) flips: BTreeMap<(NodeIx, NodeIx), u32>,
    pub(crate) ledger: Ledger,
    pub(crate) trace: Trace,
    pub(crate) window_bytes: u32,
    pub(crate) has_lanes: bool,
}

impl World {
    /// A world with a server and nobody in it, where nothing goes wrong.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            clock: Clock::default(),
            rng: Rng::with_seed(seed),
            faults: Faults::none(),
            nodes: Vec::new(),
            server: Server::new(),
            ends: BTreeMap::new(),
            next_end: 0,
            cuts: BTreeMap::new(),
            next_cut: 0,
            flips: BTreeMap::new(),
            ledger: Ledger::default(),
            trace: Trace {
                prints: is_replay(),
                digest: None,
            },
            window_bytes: WINDOW_BYTES,
            has_lanes: true,
        }
    }

    /// A world on a network that is as bad as the seed says.
    #[must_use]
    pub fn rough(seed: u64) -> Self {
        let mut world = Self::new(seed);
        world.faults = Faults::rough(&mut world.rng);
        world
    }

    /// The dice of this run, for the choices of a scenario.
    pub fn dice(&mut self) -> &mut Rng {
        &mut self.rng
    }

    /// How bad things are, to be changed at any time.
    pub fn faults(&mut self) -> &mut Faults {
        &mut self.faults
    }

    /// The receive window of nodes that join from now on.
    pub fn set_window_bytes(&mut self, window: u32) {
        self.window_bytes = window;
    }

    /// Whether nodes that join from now on have lanes for file bytes.
    pub fn set_has_lanes(&mut self, has_lanes: bool) {
        self.has_lanes = has_lanes;
    }

    /// Takes all that happens into a hash, to compare two runs.
    pub fn record(&mut self) {
        self.trace.digest = Some(Box::default());
    }

    /// The hash of all that happened since [`Self::record`].
    #[must_use]
    pub fn recorded(&self) -> Option<[u8; 32]> {
        let digest = self.trace.digest.as_ref()?;
        Some(*digest.finalize().as_bytes())
    }

    /// Adds a line to the trace.
    pub fn note(&mut self, what: impl FnOnce() -> String) {
        self.trace.line(self.clock.now(), "*", what);
    }

    /// Time since the start of the run.
    #[must_use]
    pub fn now(&self) -> Duration {
        self.clock.now().0
    }

    /// Everything `node` was told so far.
    #[must_use]
    pub fn notices(&self, node: NodeIx) -> &[Notice] {
        &self.nodes[node].notices
    }

    /// The state of `node` as its screen shows it.
    #[must_use]
    pub fn view(&self, node: NodeIx) -> RoomView {
        self.nodes[node].session.view()
    }

    /// Nodes so far, dead ones included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether nobody ever joined.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Alive, and in the room.
    #[must_use]
    pub fn is_here(&self, node: NodeIx) -> bool {
        self.nodes[node].is_here()
    }

    /// Nothing passes between two nodes from now on, and neither hears of it.
    pub fn cut(&mut self, a: NodeIx, b: NodeIx) {
        self.note(|| format!("cut between {a} and {b}"));
        self.next_cut += 1;
        let cut = self.next_cut;
        self.cuts.insert((a.min(b), a.max(b)), cut);
        self.silence(a, b, cut);
    }

    /// Packets pass again.
    pub fn heal(&mut self, a: NodeIx, b: NodeIx) {
        self.note(|| format!("healed between {a} and {b}"));
        self.cuts.remove(&(a.min(b), a.max(b)));
    }

    /// Heals everything: cuts, the server, the ways to it, and no new faults.
    pub fn heal_all(&mut self) {
        self.note(|| "everything heals".to_owned());
        self.cuts.clear();
        self.faults.calm();
        if !self.server.is_up {
            self.server_up();
        }
        for node in &mut self.nodes {
            node.reaches_server = true;
            node.disk.is_full = false;
        }
    }

    pub(crate) fn cut_of(&self, a: NodeIx, b: NodeIx) -> Option<u64> {
        self.cuts.get(&(a.min(b), a.max(b))).copied()
    }

    pub(crate) fn is_cut(&self, a: NodeIx, b: NodeIx) -> bool {
        self.cut_of(a, b).is_some()
    }

    /// Lets time pass until `is_over`; gives the time it took.
    ///
    /// # Panics
    /// When it is not over within `limit`.
    pub fn run_until(
        &mut self,
        what: &str,
        limit: Duration,
        mut is_over: impl FnMut(&Self) -> bool,
    ) -> Duration {
        let start = self.clock.now();
        while !is_over(self) {
            let took = self.clock.now().since(start);
            if took >= limit {
                self.dump();
                panic!("not within {limit:?}: {what}");
            }
            self.run_for(LOOK_EVERY);
        }
        self.clock.now().since(start)
    }

    /// Heals everything and waits until all is as it should be.
    ///
    /// # Panics
    /// When it does not get there within five minutes.
    pub fn settle(&mut self) -> Duration {
        self.heal_all();
        let limit = Duration::from_secs(300);
        let took = self.run_until("everything settled", limit, Self::is_settled);
        self.note(|| format!("settled after {took:?}"));
        took
    }

    /// Whether everybody who is here is connected to all others who are, every message is
    /// everywhere, and no transfer between them is open.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.is_meshed() && self.is_all_heard() && self.is_all_transferred()
    }

    /// Whether everybody who is here is connected to everybody else who is, and knows of no other.
    #[must_use]
    pub fn is_meshed(&self) -> bool {
        let here = self.here();
        here.iter().all(|&ix| {
            let view = self.view(ix);
            let connected = |other: NodeIx| {
                view.peers.iter().any(|peer| {
                    let device = peer.identity.as_ref().map(|(device, _)| *device);
                    device == Some(self.nodes[other].device)
                        && matches!(peer.state, PeerStateView::Connected { .. })
                })
            };
            let others: Vec<_> = here.iter().filter(|&&other| other != ix).collect();
            view.peers.len() == others.len() && others.iter().all(|&&other| connected(other))
        })
    }

    /// Whether everything that those who are here said was shown to all others who are,
    /// and the authors know it.
    #[must_use]
    pub fn is_all_heard(&self) -> bool {
        let here = self.here();
        here.iter().all(|&author| {
            let device = self.nodes[author].device;
            let stream = (device, self.nodes[author].session.stream());
            let said = self.ledger.said.get(&stream).map_or(0, Vec::len) as u64;
            let mut others = here.iter().filter(|&&ix| ix != author);
            others.all(|&ix| {
                let heard = self.nodes[ix].heard.get(&stream).copied().unwrap_or(0);
                let receipts = self.nodes[author].delivered.get(&self.nodes[ix].device);
                heard == said && receipts.copied().unwrap_or(0) == said
            })
        })
    }

    /// Whether no transfer between two who are here is open, but for offers nobody answers.
    #[must_use]
    pub fn is_all_transferred(&self) -> bool {
        use crate::node::Manner;
        self.here().iter().all(|&ix| {
            self.view(ix).transfers.iter().all(|transfer| {
                let with = self.node_of(transfer.with).map(|with| &self.nodes[with]);
                let is_ignored = |manner| manner == Manner::Ignores;
                let is_here = with.is_some_and(Node::is_here);
                let may_wait = is_ignored(self.nodes[ix].manner)
                    || with.is_some_and(|with| is_ignored(with.manner));
                !is_here
                    || transfer.state == TransferStateView::Ended
                    || (transfer.state == TransferStateView::Offered && may_wait)
            })
        })
    }

    /// Those who are alive and have not left.
    #[must_use]
    pub fn here(&self) -> Vec<NodeIx> {
        (0..self.nodes.len())
            .filter(|ix| self.nodes[*ix].is_here())
            .collect()
    }

    /// Prints where everybody is, for a failure.
    fn dump(&self) {
        println!("at {:?}", self.now());
        for (ix, node) in self.nodes.iter().enumerate() {
            let here = node.is_here();
            println!("node {ix} (here: {here}), heard {:?}", node.heard);
            if !here {
                continue;
            }
            let view = node.session.view();
            println!("  server {:?}", view.server);
            for peer in view.peers {
                let name = peer.identity.map(|(_, name)| name.to_string());
                println!("  {:?} {name:?} {:?}", peer.peer, peer.state);
            }
            for transfer in view.transfers {
                println!("  {transfer:?}");
            }
        }
    }

    /// The time of the run as the engine counts it.
    #[must_use]
    pub fn moment(&self) -> Moment {
        self.clock.now()
    }
}
