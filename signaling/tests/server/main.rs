//! The server over real sockets. Waits are shortened where a test needs one to pass, and no test
//! measures how long anything takes.
#![cfg(feature = "server")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic like tests")]

mod client;
mod http;
mod limits;
mod logs;
mod resume;
mod rooms;
