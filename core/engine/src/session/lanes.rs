//! The lane of each link: opened when both sides can, ended by either, and what it lost.

use parlor_proto::frame::{FileRef, Frame, LaneOver, LaneReady};
use parlor_proto::id::{DeviceId, PeerId};

use super::Session;
use crate::input::LaneInput;
use crate::output::{LaneAction, LinkAction};
use crate::peer::OpenLink;
use crate::quota::Counted;
use crate::transfer::Violation;
use crate::transfer::outgoing::NextChunk;

impl Session {
    /// It is our turn to open one.
    pub(super) fn open_lane(&mut self, id: PeerId) {
        let now = self.now;
        let Some(open) = self.open_link(id) else {
            return;
        };
        if open.is_relayed() {
            return open.lane.put_off(now);
        }
        let lane = open.lane.begin(now);
        self.act_on_lane(id, lane, LaneAction::Open);
        self.send(id, &Frame::LaneReady(LaneReady { lane }));
    }

    pub(super) fn on_lane_ready(&mut self, id: PeerId, ready: LaneReady) -> Result<(), Violation> {
        let (now, lane) = (self.now, ready.lane);
        let Some(open) = self.open_link(id) else {
            return Ok(());
        };
        let device = open.device;
        if open.lane.on_ready(lane, now)? {
            self.act_on_lane(id, lane, LaneAction::Open);
        } else {
            self.count(device, Counted::Idle, 1)?;
        }
        Ok(())
    }

    fn act_on_lane(&mut self, id: PeerId, lane: u32, action: LaneAction) {
        self.link(id, LinkAction::Lane { lane, action });
    }

    pub(super) fn on_lane(&mut self, id: PeerId, lane: u32, event: LaneInput) {
        let now = self.now;
        let Some(open) = self.open_link(id) else {
            return;
        };
        match event {
            LaneInput::Open => open.lane.on_open(lane, now),
            LaneInput::Bulk(frame) => {
                if open.lane.on_frame(lane) {
                    self.on_bulk(id, frame);
                }
            }
            LaneInput::Sent { data_len } => {
                if open.lane.on_sent(lane) {
                    open.taken(data_len, now);
                }
            }
            LaneInput::Closed { reason } => {
                tracing::debug!(reason, "a lane ended");
                if open.lane.number() == lane {
                    if open.lane.is_open() {
                        open.doubt(now);
                    }
                    self.end_lane(id);
                }
            }
        }
    }

    /// What was sent of a file that is whole at the receiver need not be remembered.
    pub(super) fn confirm_on_lane(&mut self, device: DeviceId, done: FileRef) {
        let peer = self.peer_of(device).and_then(|id| self.peers.get_mut(&id));
        if let Some(open) = peer.and_then(|peer| peer.open_mut()) {
            open.lane.on_file_done(done.transfer, done.file);
        }
    }

    /// The present lane is over on our side: the driver and the peer are told.
    pub(super) fn end_lane(&mut self, id: PeerId) {
        let now = self.now;
        let Some(open) = self.open_link(id) else {
            return;
        };
        let lane = open.lane.number();
        let Some(untaken) = open.lane.end(now) else {
            return;
        };
        untaken.into_iter().for_each(|len| open.send.sent(len));
        let received = open.lane.received();
        self.act_on_lane(id, lane, LaneAction::Close);
        self.send(id, &Frame::LaneOver(LaneOver { lane, received }));
    }

    /// The lane is over on the peer's side: what it did not receive is sent again.
    pub(super) fn on_lane_over(&mut self, id: PeerId, over: LaneOver) -> Result<(), Violation> {
        let now = self.now;
        let is_present = |open: &&mut OpenLink| open.lane.number() == over.lane;
        let open = self.open_link(id);
        let Some(device) = open.filter(is_present).map(|open| open.device) else {
            return Ok(());
        };
        self.end_lane(id);
        let Some(open) = self.peers.get_mut(&id).and_then(|peer| peer.open_mut()) else {
            return Ok(());
        };
        // The first one is to be the first again.
        for chunk in open.lane.on_over(over.received, now)?.into_iter().rev() {
            open.send.given_back(chunk.len);
            if let Some(outgoing) = self.outgoing.get_mut(&chunk.transfer) {
                let (file, offset, len) = (chunk.file, chunk.offset, chunk.len);
                outgoing.give_back(device, NextChunk { file, offset, len });
            }
        }
        Ok(())
    }
}
