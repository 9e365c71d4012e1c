//! A whole room in one thread: real sessions and the real hub on a bad network, over bad disks,
//! under a virtual clock. Everything follows from one seed, so any failure can be replayed.
//!
//! A [`World`] owns the nodes, the hub and all that is between them. It takes the
//! earliest event of its queue, hands it to the session or the hub it concerns, and turns their
//! outputs into further events:
//!
//! - `clock` orders events by time and then by the order in which they were planned.
//! - `signaling` carries messages between sessions and the hub, and fails on request.
//! - `link` models the connection between two nodes: when it opens, how its channels behave, how
//!   its end is noticed or not.
//! - `disk` keeps sources, partial files and messages in memory, verifies chunks with the code the
//!   real disk uses, and fails on request.
//! - `person` is the one in front of each node: answers offers, says things.
//! - `hostile` is the one who does not keep to the protocol, `hostile_server` a server that lies.
//! - `ledger` knows what everybody said and offered, and checks each notice against it.
//! - [`seeds`] runs a scenario over many seeds and prints how to replay the one that failed.

mod clock;
mod disk;
mod drive;
pub mod errors;
pub mod faults;
mod hostile;
mod hostile_server;
mod ledger;
mod link;
mod node;
mod person;
pub mod seeds;
mod signaling;
mod trace;
pub mod world;

pub use faults::Faults;
pub use hostile::HostileFrame;
pub use hostile_server::{Lie, Lies};
pub use node::{Manner, NodeIx};
pub use world::World;
