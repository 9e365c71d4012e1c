//! Parlor's core: rooms over real sockets, real WebRTC and real disks.
//!
//! A [`Room`](room::Room) is the way in: commands go to it, state and notices come from it. Behind
//! it one event loop feeds the engine, which decides everything; the modules here only carry out.

pub mod code;
pub mod history;
pub mod home;
pub mod options;
pub mod picture;
pub mod room;
pub mod rtc;

mod arrivals;
mod clock;
mod devices;
mod disks;
mod driver;
mod inbox;
mod lane;
mod links;
mod offers;
mod outlet;
mod ports;
mod share;
mod socket;
mod store;
