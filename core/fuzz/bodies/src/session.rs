//! A whole session, and a peer that may say anything.
//!
//! Two sessions meet in a `Room` that carries what they say. *We* are under test: nothing that
//! *they*, the server, the network and the disk do may make us panic, never come to rest, or hold
//! more than we said. They are a real session as well, so that whatever it takes to be let in stays
//! their business; after that the input adds, changes and forges what they say.

use parlor_proto::frame::Frame;

use crate::Seed;

mod disk;
mod play;
mod room;
mod script;

use play::Op;
use room::{Room, Rules};

/// Plays a script. `true` when the two were connected at its start.
pub fn run(data: &[u8]) -> bool {
    play::play(data)
}

/// Scripts that go through every part of a session.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    script::seeds()
}

/// The control frames of two sessions that meet, talk and send a file, in order.
pub(crate) fn spoken_frames() -> Vec<Frame> {
    let mut room = Room::new(Rules::default());
    room.meet();
    let mut script = script::Script::new(0);
    script.op(Op::TheySay).text("hello");
    script.op(Op::TheyOffer).u8(1).u8(1).u32(100);
    script.op(Op::WeAnswer).u8(0).u8(1);
    for _ in 0..4 {
        script.op(Op::Disk).u8(0).u8(15);
    }
    play::perform(&mut room, script.bytes());
    room.into_spoken()
}
