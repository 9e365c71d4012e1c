//! A lane of a link: reliable and ordered as long as it lives, and when it dies, whatever is on it
//! is gone.

use core::time::Duration;
use std::collections::VecDeque;

use bytes::Bytes;
use parlor_engine::input::{LaneInput, LinkInput};
use parlor_engine::output::{LaneAction, Role};
use parlor_engine::time::Moment;

use super::{EndId, sending_time};
use crate::clock::Event;
use crate::faults::chance;
use crate::world::World;

/// Silence after which each side gives its lane up.
const PATIENCE: Duration = Duration::from_secs(1);

/// One side's lane. Zero is none.
#[derive(Debug, Default)]
pub(crate) struct LaneEnd {
    number: u32,
    is_open: bool,
    /// Nothing passes any more, whatever either side still believes.
    is_dead: bool,
    /// On their way to the other side, each with the time it arrives.
    frames: VecDeque<(Moment, Bytes)>,
    /// When the path is free for the next frame.
    free_at: Moment,
}

/// What happens on a lane of `end`.
#[derive(Debug)]
pub(crate) enum LaneEvent {
    /// The offerer's first packet is there, or would be.
    Dialled,
    Opened,
    Sent {
        data_len: u64,
    },
    Due,
    Breaks {
        reason: &'static str,
    },
}

impl World {
    fn lane_mut(&mut self, id: EndId, lane: u32) -> Option<&mut LaneEnd> {
        let end = self.ends.get_mut(&id)?;
        (end.lane.number == lane).then_some(&mut end.lane)
    }

    fn after(&mut self, wait: Duration, id: EndId, lane: u32, event: LaneEvent) {
        let end = id;
        self.clock.after(wait, Event::Lane { end, lane, event });
    }

    pub(crate) fn lane_action(&mut self, id: EndId, lane: u32, action: LaneAction) {
        match action {
            LaneAction::Open => {
                let Some(end) = self.ends.get_mut(&id) else {
                    return;
                };
                let is_offerer = end.role == Role::Offerer;
                end.lane = LaneEnd {
                    number: lane,
                    ..LaneEnd::default()
                };
                if is_offerer {
                    let wait = self.link_delay();
                    self.after(wait, id, lane, LaneEvent::Dialled);
                }
            }
            LaneAction::Send { frame, data_len } => self.send_on_lane(id, lane, frame, data_len),
            LaneAction::Close => self.close_lane(id, lane),
        }
    }

    fn close_lane(&mut self, id: EndId, lane: u32) {
        let reason = "the other side closed it";
        let passes = self.passes(id) == Some(true);
        let wait = self.link_delay();
        let Some(end) = self.lane_mut(id, lane) else {
            return;
        };
        *end = LaneEnd::default();
        let remote = self.ends.get(&id).and_then(|end| end.remote);
        if let Some(remote) = remote {
            let wait = if passes { wait } else { PATIENCE };
            self.after(wait, remote, lane, LaneEvent::Breaks { reason });
        }
    }

    fn send_on_lane(&mut self, id: EndId, lane: u32, frame: Bytes, data_len: u64) {
        let (now, delay) = (self.clock.now(), self.link_delay());
        let bandwidth = self.faults.bandwidth;
        let breaks = chance(&mut self.rng, self.faults.lane_breaks);
        let end = self.lane_mut(id, lane).filter(|end| !end.is_dead);
        let Some(end) = end else { return };
        let leaves = end.free_at.max(now) + sending_time(&frame, bandwidth);
        end.free_at = leaves;
        let last = end.frames.back().map(|(arrives, _)| *arrives);
        let arrives = (leaves + delay).max(last.unwrap_or_default());
        end.frames.push_back((arrives, frame));
        self.after(leaves.since(now), id, lane, LaneEvent::Sent { data_len });
        self.after(arrives.since(now), id, lane, LaneEvent::Due);
        if breaks {
            self.break_lane(id, lane);
        }
    }

    /// The lane is dead from now on; each side notices for itself.
    fn break_lane(&mut self, id: EndId, lane: u32) {
        let remote = self.ends.get(&id).and_then(|end| end.remote);
        for end in [Some(id), remote].into_iter().flatten() {
            if let Some(state) = self.lane_mut(end, lane) {
                state.frames.clear();
                state.is_open = false;
                state.is_dead = true;
            }
            let reason = "nothing is heard on it";
            let wait = Duration::from_millis(self.rng.u64(1..1000));
            self.after(wait, end, lane, LaneEvent::Breaks { reason });
        }
    }

    pub(crate) fn on_lane_event(&mut self, id: EndId, lane: u32, event: LaneEvent) {
        match event {
            LaneEvent::Dialled => self.on_lane_dialled(id, lane),
            LaneEvent::Opened => {
                let end = self.lane_mut(id, lane).filter(|end| !end.is_dead);
                if let Some(end) = end {
                    end.is_open = true;
                    self.lane_input(id, lane, LaneInput::Open);
                }
            }
            LaneEvent::Sent { data_len } => {
                if self.lane_mut(id, lane).is_some_and(|end| end.is_open) {
                    self.lane_input(id, lane, LaneInput::Sent { data_len });
                }
            }
            LaneEvent::Due => self.on_lane_due(id, lane),
            LaneEvent::Breaks { reason } => {
                if let Some(end) = self.lane_mut(id, lane) {
                    *end = LaneEnd::default();
                    let reason = reason.to_owned();
                    self.lane_input(id, lane, LaneInput::Closed { reason });
                }
            }
        }
    }

    fn lane_input(&mut self, id: EndId, lane: u32, event: LaneInput) {
        self.link_input(id, LinkInput::Lane { lane, event });
    }

    fn on_lane_dialled(&mut self, id: EndId, lane: u32) {
        let remote = self.ends.get(&id).and_then(|end| end.remote);
        let is_there = remote.is_some_and(|remote| self.lane_mut(remote, lane).is_some());
        let fails = chance(&mut self.rng, self.faults.lane_fails);
        // Nothing is heard of a lane that is not there; the session gives it up.
        if fails || !is_there || self.passes(id) != Some(true) {
            return;
        }
        for end in [Some(id), remote].into_iter().flatten() {
            let wait = self.link_delay();
            self.after(wait, end, lane, LaneEvent::Opened);
        }
    }

    fn on_lane_due(&mut self, id: EndId, lane: u32) {
        if self.passes(id) == Some(false) {
            return self.break_lane(id, lane);
        }
        let now = self.clock.now();
        let remote = self.ends.get(&id).and_then(|end| end.remote);
        let Some(remote) = remote else { return };
        if !self.lane_mut(remote, lane).is_some_and(|end| end.is_open) {
            // It is heard a moment later, once the other side knows that the lane is open.
            let is_there = self.lane_mut(remote, lane).is_some();
            if is_there && self.lane_mut(id, lane).is_some_and(|end| end.is_open) {
                self.after(Duration::from_millis(5), id, lane, LaneEvent::Due);
            }
            return;
        }
        let due = |end: &mut LaneEnd| {
            let is_due = end
                .frames
                .front()
                .is_some_and(|(arrives, _)| *arrives <= now);
            is_due.then(|| end.frames.pop_front()).flatten()
        };
        let frame = self.lane_mut(id, lane).and_then(due);
        if let Some((_, frame)) = frame {
            self.lane_input(remote, lane, LaneInput::Bulk(frame));
        }
    }
}
