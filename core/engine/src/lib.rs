//! Every decision Parlor makes, without a socket, a disk, a clock or a die.
//!
//! A [`Session`](session::Session) is one device in one room. The driver hands it an
//! [`Input`](input::Input) and the time, then takes [`Output`](output::Output)s until it says
//! [`Wait`](output::Output::Wait). Time, randomness and the disk's answers come in as inputs, so the
//! same inputs always give the same outputs, and the simulator can replay any run from its seed.
//!
//! - `signal` keeps the connection to the signaling server.
//! - `peer` decides when to connect to a peer and whether it still lives.
//! - [`known`] tells who was met before, and who comes under another's name.
//! - `sas` agrees on five emoji that people can compare.
//! - [`handshake`] proves, on every new link, who is on the other side and that nobody is between.
//! - [`conversation`] seals what a third party carries for two members.
//! - `chat` numbers messages, sends them until they are stored, and shows each once.
//! - `typing` tells who is writing.
//! - `sponsor` lets in who knows the words of a typed code; [`newcomer`] is the other side.
//! - `transfer` offers files and asks for the ranges that are missing.
//! - `pacer` bounds what is under way to and from a peer.
//! - `quota` counts what each device asks of us, and cuts off the one that floods.

// States and messages are matched whole, so that a new one is met everywhere.
#![warn(clippy::wildcard_enum_match_arm)]

mod allowance;
mod chat;
mod lane;
mod pacer;
mod peer;
mod quota;
mod random;
mod sas;
mod signal;
mod sponsor;
mod transfer;
mod typing;

pub mod accept;
pub mod conversation;
pub mod device;
pub mod handshake;
pub mod input;
pub mod known;
pub mod newcomer;
pub mod notice;
pub mod output;
pub mod ranges;
pub mod record;
pub mod session;
pub mod time;
pub mod view;
