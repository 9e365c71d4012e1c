//! Virtual time: what happens next, and when.

use core::time::Duration;
use std::collections::BTreeMap;

use bytes::Bytes;
use parlor_engine::input::Command;
use parlor_engine::output::DiskRequest;
use parlor_engine::time::Moment;
use parlor_proto::envelope::Candidate;
use parlor_proto::signal::{ClientMessage, ServerMessage};
use parlor_signaling::hub::ConnId;

use crate::hostile_server::Lie;
use crate::link::{EndId, LaneEvent};
use crate::node::NodeIx;

/// Something that will happen.
#[derive(Debug)]
pub(crate) enum Event {
    /// A session's deadline, unless it named another since.
    Wake { node: NodeIx, turn: u64 },
    /// The hub's deadline.
    HubTick,
    /// A dial comes to its end, one way or the other.
    DialEnds { conn: ConnId },
    /// A message reaches the hub.
    ToHub {
        conn: ConnId,
        message: ClientMessage,
    },
    /// A message reaches a client.
    ToClient {
        conn: ConnId,
        message: ServerMessage,
        /// What is wrong with it.
        lie: Option<Lie>,
    },
    /// A client learns that its socket is gone.
    ClientSeesClose { conn: ConnId },
    /// The hub learns that a socket is gone.
    HubSeesClose { conn: ConnId },
    /// An offer or answer is ready.
    Described { end: EndId },
    /// An address of an end was found.
    Gathered { end: EndId, candidate: Candidate },
    /// Two ends that know each other finish their handshakes.
    Handshake { offerer: EndId, answerer: EndId },
    /// An end tells its session that the channels are open.
    Opened { end: EndId },
    /// The next control frame that left `from` is due at the other end.
    ControlDue { from: EndId },
    /// The next bulk frame of `from` has left its send buffer.
    BulkLeft { from: EndId },
    /// The send buffer of `from` took a bulk frame.
    BulkTaken { from: EndId, data_len: u64 },
    /// A bulk frame is due.
    BulkDue {
        from_node: NodeIx,
        to: EndId,
        frame: Bytes,
    },
    /// A frame on the channel for what may get lost is due.
    LiveDue { to: EndId, frame: Bytes },
    /// Something happens on a lane.
    Lane {
        end: EndId,
        lane: u32,
        event: LaneEvent,
    },
    /// The other end closed, or ICE gave up.
    LinkEnds { end: EndId, reason: &'static str },
    /// ICE gives up if the nodes are still apart since that cut.
    IceGivesUp { end: EndId, cut: u64 },
    /// The disk carries out a request.
    Disk { node: NodeIx, request: DiskRequest },
    /// The person does something.
    Person { node: NodeIx, command: Command },
}

/// Events in the order in which they happen: by time, then as they were planned.
#[derive(Debug, Default)]
pub(crate) struct Clock {
    now: Moment,
    planned: u64,
    queue: BTreeMap<(Moment, u64), Event>,
}

impl Clock {
    pub(crate) const fn now(&self) -> Moment {
        self.now
    }

    pub(crate) fn at(&mut self, at: Moment, event: Event) {
        self.planned += 1;
        self.queue.insert((at.max(self.now), self.planned), event);
    }

    pub(crate) fn after(&mut self, wait: Duration, event: Event) {
        self.at(self.now + wait, event);
    }

    /// The next event that is due by `limit`; time moves to it, or to `limit` when there is none.
    pub(crate) fn next_until(&mut self, limit: Moment) -> Option<Event> {
        let entry = self.queue.first_entry();
        let Some(entry) = entry.filter(|entry| entry.key().0 <= limit) else {
            self.now = self.now.max(limit);
            return None;
        };
        let ((at, _), event) = entry.remove_entry();
        self.now = at;
        Some(event)
    }
}
