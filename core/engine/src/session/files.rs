//! File bytes, the disk's answers, and whose turn it is to be sent.

use std::collections::BTreeSet;

use bytes::Bytes;
use parlor_proto::chunk::{ChunkDecodeError, ChunkFrame};
use parlor_proto::frame::{Credit, Frame};
use parlor_proto::id::{DeviceId, PeerId};
use parlor_proto::text::DisplayName;

use super::Session;
use crate::input::{DiskInput, IncomingKey};
use crate::lane::SentChunk;
use crate::notice::Notice;
use crate::output::{DiskRequest, LaneAction, LinkAction};
use crate::time::Deadline;
use crate::transfer::incoming::{ChunkArrival, Incoming};
use crate::transfer::outgoing::{NextChunk, Outgoing};
use crate::transfer::{FILES_BUSY_MAX, Step, Violation};

/// Chunks that do not match their file before the peer that sends them is cut off: one may be a
/// source that changed, several are a fault or an attack.
const CORRUPT_CHUNKS_MAX: u32 = 3;

/// Offers that wait for one device or are under way to it: a person who shares a thousand photos
/// must not flood the other side, which refuses more than it can show.
const OFFERS_OPEN_MAX: usize = 32;

impl Session {
    /// Says again what a device was told over an older link, then goes on.
    pub(super) fn offer_again(&mut self, device: DeviceId) {
        let known = self.outgoing.values_mut().filter(|o| o.has_met(device));
        let steps: Vec<Step> = known.flat_map(|o| o.offer_to(device)).collect();
        self.take_steps(device, steps);
        self.offer_more(device);
    }

    /// Offers a device what it has not seen yet, as much as it may have open at once.
    pub(super) fn offer_more(&mut self, device: DeviceId) {
        let open = self
            .outgoing
            .values()
            .filter(|o| o.is_open_with(device))
            .count();
        let room = OFFERS_OPEN_MAX.saturating_sub(open);
        let new = self
            .outgoing
            .values_mut()
            .filter(|o| !o.has_met(device) && !o.is_cancelled());
        let steps: Vec<Step> = new.take(room).flat_map(|o| o.offer_to(device)).collect();
        self.take_steps(device, steps);
    }

    /// A link to a device opened. One that began anew may not know any more what it was offered,
    /// or what we took of its own.
    pub(super) fn meet_transfers_again(&mut self, device: DeviceId, has_begun_anew: bool) {
        if has_begun_anew {
            self.outgoing
                .values_mut()
                .for_each(|outgoing| outgoing.begin_again(device));
        }
        let name = self.name_of(device);
        let theirs = self.incoming.values_mut();
        let steps: Vec<Step> = theirs
            .filter(|incoming| incoming.is_from(device))
            .flat_map(|incoming| incoming.link_opened(has_begun_anew, name.clone()))
            .collect();
        self.take_steps(device, steps);
    }

    /// Opens as many files as there are places, one of each transfer at least.
    pub(super) fn begin_files(&mut self) {
        if !core::mem::take(&mut self.begin_is_due) {
            return;
        }
        let here: BTreeSet<DeviceId> = self.open_devices().iter().map(|(_, d)| *d).collect();
        let busy: usize = self.incoming.values().map(Incoming::busy).sum();
        let mut free = FILES_BUSY_MAX.saturating_sub(busy);
        let waiting = self.incoming.values_mut();
        let waiting = waiting.filter(|i| i.has_queued() && here.contains(&i.key().from));
        let steps: Vec<_> = waiting
            .map(|incoming| (incoming.key().from, incoming.begin(&mut free)))
            .collect();
        for (device, steps) in steps {
            self.take_steps(device, steps);
        }
        self.begin_is_due = false;
        self.space_retry_at = self.incoming.values().filter_map(Incoming::retry_at).min();
    }

    /// When a full disk is to be looked at again.
    pub(super) fn space_deadline(&self) -> Option<Deadline> {
        let at = self.space_retry_at?;
        let why = "room on the disk";
        Some(Deadline { at, why })
    }

    pub(super) fn look_for_space(&mut self) {
        let now = self.now;
        if self.space_retry_at.is_none_or(|at| at > now) {
            return;
        }
        let full = self.incoming.values_mut();
        let steps: Vec<_> = full
            .map(|incoming| (incoming.key().from, incoming.retry(now)))
            .collect();
        for (device, steps) in steps {
            self.take_steps(device, steps);
        }
        self.begin_is_due = true;
    }

    pub(super) fn name_of(&self, device: DeviceId) -> DisplayName {
        let mut known = self
            .peers
            .values()
            .filter_map(|peer| peer.known_as.as_ref());
        let found = known.find(|(known, _)| *known == device);
        found.map_or_else(|| DisplayName::sanitise(""), |(_, name)| name.clone())
    }

    /// Asks the disk for as many chunks as each link may take now, transfers taking turns.
    pub(super) fn pump_files(&mut self) {
        if self.outgoing.is_empty() {
            return;
        }
        for (peer, device) in self.open_devices() {
            while self.pump_one(peer, device).is_some() {}
        }
    }

    fn pump_one(&mut self, id: PeerId, device: DeviceId) -> Option<()> {
        let peer = self.peers.get_mut(&id)?;
        let attempt = peer.attempt;
        let open = peer.open_mut()?;
        let waits_for_lane = open.lane.is_awaited() && !open.is_relayed();
        if waits_for_lane || !open.send.allows(1) {
            return None;
        }
        let (transfer, chunk) = next_in_turn(&self.outgoing, device, open.turn)?;
        if !open.send.allows(chunk.len) {
            return None;
        }
        open.send.started(chunk.len);
        open.turn = transfer;
        self.outgoing
            .get_mut(&transfer)?
            .take(device, chunk, self.now);
        let NextChunk { file, offset, len } = chunk;
        self.disk(DiskRequest::ReadChunk {
            peer: id,
            attempt,
            transfer,
            file,
            offset,
            len,
        });
        Some(())
    }

    pub(super) fn on_bulk(&mut self, id: PeerId, bytes: Bytes) {
        let chunk = match ChunkFrame::decode(bytes) {
            Ok(chunk) => chunk,
            Err(ChunkDecodeError::UnknownKind(_)) => return self.count_idle(id),
            Err(error) => {
                return self.refuse_peer(id, &format!("the other device sent nonsense: {error}"));
            }
        };
        let Some(open) = self.open_link(id) else {
            return self.refuse_violation(id, Violation("sent a file before it said hello"));
        };
        let len = chunk.data.len() as u64;
        let device = open.device;
        if open.receive.received(len).is_err() {
            return self.refuse_violation(id, Violation("sent more than it was allowed to"));
        }
        let key = IncomingKey {
            from: device,
            transfer: chunk.transfer,
        };
        let arrival = match self.incoming.get_mut(&key) {
            Some(incoming) => incoming.on_chunk(chunk),
            // Of a transfer that is over, and forgotten, while the chunk was under way.
            None => Ok(ChunkArrival::Stale),
        };
        match arrival {
            Ok(ChunkArrival::Write(request)) => {
                *self.unsettled.entry(device).or_insert(0) += len;
                self.disk(request);
            }
            Ok(ChunkArrival::Stale) => {
                self.settle(device, len);
                if let Err(violation) = self.count_stale(device, len) {
                    self.refuse_violation(id, violation);
                }
            }
            Err(violation) => self.refuse_violation(id, violation),
        }
    }

    /// The disk is done with bytes it was handed.
    fn answered(&mut self, device: DeviceId, len: u64) {
        if let Some(waiting) = self.unsettled.get_mut(&device) {
            *waiting = waiting.saturating_sub(len);
            if *waiting == 0 {
                self.unsettled.remove(&device);
            }
        }
        self.settle(device, len);
    }

    /// Received bytes left our memory: the sender may send as many more.
    fn settle(&mut self, device: DeviceId, len: u64) {
        let Some(id) = self.peer_of(device) else {
            return;
        };
        let Some(open) = self.open_link(id) else {
            return;
        };
        if let Some(limit) = open.receive.settled(len) {
            self.send(id, &Frame::Credit(Credit { limit }));
        }
    }

    pub(super) fn on_disk(&mut self, event: DiskInput) {
        match event {
            DiskInput::ChunkRead {
                peer,
                attempt,
                transfer,
                file,
                offset,
                frame,
                data_len,
            } => {
                let chunk = SentChunk {
                    transfer,
                    file,
                    offset,
                    len: data_len,
                };
                self.on_chunk_read(peer, attempt, frame, chunk);
            }
            DiskInput::ReadFailed {
                peer,
                attempt,
                transfer,
                file,
                data_len,
                reason,
            } => {
                self.on_chunk_not_read(peer, attempt, data_len);
                self.on_source_broken(transfer, file, &reason);
            }
            DiskInput::Created { .. }
            | DiskInput::NoSpace { .. }
            | DiskInput::Dropped { .. }
            | DiskInput::Written { .. }
            | DiskInput::Corrupt { .. }
            | DiskInput::Finished { .. }
            | DiskInput::StoreFailed { .. } => self.on_inbox(event),
            DiskInput::DeviceNotRemembered { device, reason } => {
                self.notice(Notice::NotRemembered { device, reason });
            }
            DiskInput::MessageStored { id } => self.on_message_stored(id),
            DiskInput::MessagesRead {
                reader,
                after,
                who,
                messages,
            } => self.on_messages_read(reader, after, who, messages),
            DiskInput::MessageNotStored { id, reason } => {
                self.chat.on_not_durable(id, self.now);
                tracing::warn!(seq = id.seq, reason, "could not store a message");
            }
        }
    }

    /// What became of a file that arrives.
    fn on_inbox(&mut self, event: DiskInput) {
        match event {
            DiskInput::Created { key, file, have } => {
                self.with_incoming(key, |incoming| incoming.on_created(file, have));
            }
            DiskInput::NoSpace {
                key,
                file,
                len,
                reason,
            } => {
                self.answered(key.from, len);
                let now = self.now;
                self.with_incoming(key, |incoming| incoming.on_no_space(file, &reason, now));
                self.begin_is_due = true;
            }
            DiskInput::Dropped { key, len, .. } => self.answered(key.from, len),
            DiskInput::Written {
                key,
                file,
                offset,
                len,
            } => {
                self.answered(key.from, len);
                let now = self.now;
                self.with_incoming(key, |incoming| incoming.on_written(file, offset, len, now));
            }
            DiskInput::Corrupt {
                key,
                file,
                offset,
                len,
            } => {
                self.answered(key.from, len);
                self.with_incoming(key, |incoming| incoming.on_corrupt(file, offset, len));
                self.count_corrupt(key.from);
            }
            DiskInput::Finished {
                key,
                file,
                stored_as,
            } => {
                self.with_incoming(key, |incoming| incoming.on_finished(file, stored_as));
            }
            DiskInput::StoreFailed {
                key,
                file,
                len,
                reason,
            } => {
                self.answered(key.from, len);
                self.with_incoming(key, |incoming| incoming.fail_file(file, &reason, true));
            }
            DiskInput::ChunkRead { .. }
            | DiskInput::ReadFailed { .. }
            | DiskInput::DeviceNotRemembered { .. }
            | DiskInput::MessageStored { .. }
            | DiskInput::MessagesRead { .. }
            | DiskInput::MessageNotStored { .. } => {}
        }
    }

    pub(super) fn with_incoming(
        &mut self,
        key: IncomingKey,
        act: impl FnOnce(&mut Incoming) -> Vec<Step>,
    ) {
        let steps = self.incoming.get_mut(&key).map(act);
        self.take_steps(key.from, steps.unwrap_or_default());
    }

    fn on_chunk_read(&mut self, id: PeerId, attempt: u32, frame: Bytes, chunk: SentChunk) {
        let peer = self.peers.get_mut(&id);
        let peer = peer.filter(|peer| peer.attempt == attempt);
        let Some(open) = peer.and_then(|peer| peer.open_mut()) else {
            return;
        };
        let data_len = chunk.len;
        let action = match open.lane.carry(chunk) {
            Some(lane) => LinkAction::Lane {
                lane,
                action: LaneAction::Send { frame, data_len },
            },
            None => LinkAction::SendBulk { frame, data_len },
        };
        self.link(id, action);
    }

    fn on_chunk_not_read(&mut self, id: PeerId, attempt: u32, data_len: u64) {
        let peer = self
            .peers
            .get_mut(&id)
            .filter(|peer| peer.attempt == attempt);
        if let Some(open) = peer.and_then(|peer| peer.open_mut()) {
            open.send.abandoned(data_len);
        }
    }

    fn on_source_broken(&mut self, transfer: u64, file: u32, reason: &str) {
        let outgoing = self.outgoing.get_mut(&transfer);
        let steps = outgoing.map(|outgoing| outgoing.on_read_failed(file, reason));
        for (device, steps) in steps.unwrap_or_default() {
            self.take_steps(device, steps);
        }
    }

    fn count_corrupt(&mut self, device: DeviceId) {
        let Some(id) = self.peer_of(device) else {
            return;
        };
        let Some(open) = self.open_link(id) else {
            return;
        };
        open.corrupt_chunks += 1;
        if open.corrupt_chunks >= CORRUPT_CHUNKS_MAX {
            self.refuse_violation(
                id,
                Violation("keeps sending chunks that do not match the file"),
            );
        }
    }
}

/// The next chunk for `device`, from the first transfer after `turn` that has one.
fn next_in_turn(
    outgoing: &std::collections::BTreeMap<u64, Outgoing>,
    device: DeviceId,
    turn: u64,
) -> Option<(u64, NextChunk)> {
    let after = outgoing.range((std::ops::Bound::Excluded(turn), std::ops::Bound::Unbounded));
    let mut in_turn = after.chain(outgoing.range(..=turn));
    in_turn.find_map(|(transfer, outgoing)| Some((*transfer, outgoing.peek(device)?)))
}
