//! A hostile member in a real room: real server, real WebRTC, real disks.
//!
//! Ada and Bob are honest, live in the test's process, and talk and hand each other files the whole
//! time. Eve has the room's secret and a device of her own; she runs in a process of her own, so
//! that the memory measured here is theirs alone. Each test says what she does, what both of them
//! are told about it, and that it cost them nothing.
//!
//! - `scene` is the room with Ada and Bob, and what is measured of them.
//! - `eve` is a member below `Room`: a real session whose links and disk do as the attack wants.
//! - `attacks` is what she does; the other modules are the tests, by topic.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its scene has failed"
)]

mod attacks;
mod eve;
mod files;
mod floods;
mod frames;
mod links;
mod scene;

/// Eve's process: started by the tests, which tell her what to do. By itself it does nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other process of the tests, which start it"]
async fn eve_process() {
    if let Some(orders) = attacks::Orders::from_environment() {
        attacks::carry_out(orders).await;
    }
}
