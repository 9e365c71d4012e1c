//! The bulk channel: reliable, unordered, with a bandwidth and a bounded send buffer.

use core::time::Duration;

use bytes::Bytes;
use parlor_engine::input::LinkInput;

use super::{DRIVER_QUEUE_MAX_BYTES, EndId, sending_time};
use crate::clock::Event;
use crate::faults::chance;
use crate::node::NodeIx;
use crate::world::World;

impl World {
    pub(crate) fn send_bulk(&mut self, id: EndId, frame: Bytes, data_len: u64) {
        let Some(end) = self.ends.get_mut(&id) else {
            return;
        };
        end.waiting_bytes += data_len;
        let waits = end.waiting_bytes;
        end.waiting.push_back((frame, data_len));
        let limit = DRIVER_QUEUE_MAX_BYTES;
        assert!(
            waits <= limit,
            "{waits} file bytes wait for one data channel"
        );
        self.fill_buffer(id);
    }

    fn fill_buffer(&mut self, id: EndId) {
        let room = self.faults.send_buffer;
        let Some(end) = self.ends.get_mut(&id) else {
            return;
        };
        while let Some((frame, data_len)) = end.waiting.pop_front() {
            let len = frame.len() as u64;
            if end.buffered_bytes > 0 && end.buffered_bytes + len > room {
                end.waiting.push_front((frame, data_len));
                break;
            }
            end.buffered_bytes += len;
            end.waiting_bytes -= data_len;
            end.buffer.push_back(frame);
            let taken = Event::BulkTaken { from: id, data_len };
            self.clock.after(Duration::ZERO, taken);
        }
        if !end.is_sending
            && let Some(first) = end.buffer.front()
        {
            end.is_sending = true;
            let wait = sending_time(first, self.faults.bandwidth);
            self.clock.after(wait, Event::BulkLeft { from: id });
        }
    }

    pub(crate) fn on_bulk_left(&mut self, from: EndId) {
        let passes = self.passes(from);
        let delay = self.link_delay();
        let Some(end) = self.ends.get_mut(&from) else {
            return;
        };
        if passes == Some(false) {
            let again = Duration::from_millis(200);
            return self.clock.after(again, Event::BulkLeft { from });
        }
        end.is_sending = false;
        let (frame, to, from_node) = (end.buffer.pop_front(), end.remote, end.node);
        if let (Some(frame), Some(to)) = (frame, to) {
            end.buffered_bytes -= frame.len() as u64;
            let due = Event::BulkDue {
                from_node,
                to,
                frame,
            };
            self.clock.after(delay, due);
        }
        self.fill_buffer(from);
    }

    pub(crate) fn on_bulk_due(&mut self, from_node: NodeIx, to: EndId, frame: Bytes) {
        let Some(end) = self.ends.get(&to) else {
            return;
        };
        let to_node = end.node;
        if self.is_cut(from_node, to_node) {
            let again = Duration::from_millis(self.rng.u64(100..1000));
            let due = Event::BulkDue {
                from_node,
                to,
                frame,
            };
            return self.clock.after(again, due);
        }
        let frame = self.flip_a_bit(from_node, to_node, frame);
        self.link_input(to, LinkInput::Bulk(frame));
    }

    /// Damages the file bytes of a frame, twice for each direction at most.
    fn flip_a_bit(&mut self, from: NodeIx, to: NodeIx, frame: Bytes) -> Bytes {
        let flips = self.flips.entry((from, to)).or_insert(0);
        if *flips >= 2 || !chance(&mut self.rng, self.faults.disk.flips) {
            return frame;
        }
        *flips += 1;
        let mut damaged = frame.to_vec();
        if let Some(last) = damaged.last_mut() {
            *last ^= 1;
        }
        damaged.into()
    }
}
