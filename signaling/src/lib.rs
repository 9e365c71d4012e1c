//! The signaling server: it introduces peers to each other and keeps nothing.
//!
//! - [`hub`]: who is in which room and who hears what. Sans-IO: told the time, told the random
//!   names, asks nobody. The simulation drives it with a virtual clock.
//! - [`resume`]: the tokens by which a member whose connection broke comes back as themselves.
//! - [`server`]: sockets around the hub. One task owns the hub, each connection is a task of its
//!   own, and bounded queues join them. The `parlor-signaling` binary starts it through
//!   [`Server::bind`](server::Server::bind).
//! - [`host`]: the same in the process of an app that hosts a room on the local network.
//!
//! What the server learns: which connection is in which 128-bit room, and how much sealed text
//! goes from whom to whom. Its logs hold only the first characters of ids, and no address.

// States and messages are matched whole, so that a new one is met everywhere.
#![warn(clippy::wildcard_enum_match_arm)]

#[cfg(feature = "server")]
pub mod host;
pub mod hub;
pub mod resume;
#[cfg(feature = "server")]
pub mod server;
