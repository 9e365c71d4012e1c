//! The hub, one behaviour at a time, with made-up time.

mod anything;
mod codes;
mod limits;
mod resume;
mod rooms;
mod world;
