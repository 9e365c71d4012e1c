//! A disk in memory: sources, files on their way, messages. Slow, full or broken on request.

use core::time::Duration;
use std::collections::BTreeMap;

use fastrand::Rng;
use parlor_engine::input::{DiskInput, IncomingKey, Input, MessageId};
use parlor_engine::known::KnownDevice;
use parlor_engine::output::DiskRequest;
use parlor_engine::ranges::RangeSet;
use parlor_engine::record::{IncomingRecord, Member};
use parlor_engine::time::Moment;
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::frame::{ChatMessage, OfferedFile};
use parlor_proto::id::DeviceId;
use parlor_proto::limits::CHUNK_BYTES;
use parlor_proto::tree::verify_chunk;

use crate::clock::Event;
use crate::faults::{DiskFaults, chance};
use crate::node::NodeIx;
use crate::world::World;

mod messages;
mod source;

pub(crate) use source::Source;

/// Bytes that may be in one node's memory for one peer beyond its window: the chunk that arrives.
const OVER_WINDOW_MAX_BYTES: u64 = CHUNK_BYTES as u64;

/// Messages of one author that may be on their way to the disk: what an honest author sends
/// without a receipt.
const UNSTORED_MESSAGES_MAX: usize = 32;

/// Largest file there is room for; what hostile nodes offer is larger.
const FILE_MAX_BYTES: u64 = 16 * 1024 * 1024;

/// What one device has stored.
#[derive(Debug, Default)]
pub(crate) struct Disk {
    pub(crate) sources: BTreeMap<u64, Vec<Source>>,
    pub(crate) files: BTreeMap<(IncomingKey, u32), Stored>,
    pub(crate) messages: BTreeMap<MessageId, ChatMessage>,
    members: BTreeMap<DeviceId, Member>,
    /// How far others have what this device said in its stream.
    receipts: BTreeMap<DeviceId, u64>,
    /// The first message of each author and stream that could not be stored: those behind it wait.
    holes: BTreeMap<(DeviceId, u64), u64>,
    /// In the order of the first meetings.
    pub(crate) known: Vec<KnownDevice>,
    /// Answered transfers, as a later life of the app finds them.
    pub(crate) records: BTreeMap<IncomingKey, IncomingRecord>,
    /// Nothing can be written.
    pub(crate) is_full: bool,
    /// Bytes of all files there is room for, where that is bounded.
    pub(crate) room: Option<u64>,
    /// When the last request of each line of requests is done.
    lines: BTreeMap<Line, Moment>,
    /// Bytes in memory on their way to the disk.
    pending: BTreeMap<DeviceId, u64>,
    pending_messages: BTreeMap<DeviceId, usize>,
}

/// Requests that are carried out one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Line {
    Reads,
    Messages,
    Records,
    File(IncomingKey, u32),
}

/// A file from another device.
#[derive(Debug)]
pub(crate) enum Stored {
    Partial {
        offered: OfferedFile,
        bytes: Vec<u8>,
        have: RangeSet,
        is_open: bool,
    },
    Whole(Vec<u8>),
    Gone,
}

impl World {
    /// Takes a request; the answer comes when its line gets to it.
    pub(crate) fn ask_disk(&mut self, node: NodeIx, request: DiskRequest) {
        let faults = &self.faults.disk;
        let delay_ms = match request {
            DiskRequest::ReadChunk { .. } => faults.read_delay_ms.clone(),
            _ => faults.delay_ms.clone(),
        };
        let wait = Duration::from_millis(self.rng.u64(delay_ms));
        let now = self.clock.now();
        let window = self.nodes[node].window_bytes + OVER_WINDOW_MAX_BYTES;
        let device = self.nodes[node].device;
        let disk = &mut self.nodes[node].disk;
        if let DiskRequest::Write { key, chunk } = &request {
            let pending = disk.pending.entry(key.from).or_insert(0);
            *pending += chunk.data.len() as u64;
            let bytes = *pending;
            assert!(
                bytes <= window,
                "node {node} holds {bytes} bytes of one peer in memory, {window} are allowed"
            );
        }
        if let DiskRequest::StoreMessage { author, .. } = &request {
            let pending = disk.pending_messages.entry(*author).or_insert(0);
            *pending += 1;
            assert!(
                *author == device || *pending <= UNSTORED_MESSAGES_MAX,
                "node {node} holds too many messages of one author"
            );
        }
        let line = disk.lines.entry(line_of(&request)).or_default();
        *line = (*line).max(now) + wait;
        let at = *line;
        self.clock.at(at, Event::Disk { node, request });
    }

    /// Carries a request out and answers it.
    pub(crate) fn on_disk(&mut self, node: NodeIx, request: DiskRequest) {
        if !self.nodes[node].is_alive {
            return;
        }
        let faults = &self.faults.disk;
        let disk = &mut self.nodes[node].disk;
        let answer = match request {
            DiskRequest::ReadChunk { .. } => {
                let fails = chance(&mut self.rng, faults.read_fails);
                disk.read_chunk(&request, fails)
            }
            DiskRequest::CloseSource { transfer } => {
                disk.sources.remove(&transfer);
                None
            }
            DiskRequest::RememberDevice { device } => disk.remember(device),
            DiskRequest::ForgetDevice { device } => disk.forget(device),
            DiskRequest::KeepIncoming { record } => {
                disk.records.insert(record.key, record);
                None
            }
            DiskRequest::MarkIncoming { key, marks } => {
                if let Some(record) = disk.records.get_mut(&key) {
                    record.marks = marks;
                }
                None
            }
            DiskRequest::ForgetIncoming { key } => {
                disk.records.remove(&key);
                None
            }
            DiskRequest::MarkOutgoing { .. } => None,
            DiskRequest::KeepReceipt { .. } => disk.keep_receipt(&request),
            DiskRequest::KeepMember { member, is_hearsay } => disk.keep_member(member, is_hearsay),
            DiskRequest::ReadMessages { .. } => disk.read_messages(&request),
            DiskRequest::StoreMessage { author, message } => {
                let fails = disk.is_full || chance(&mut self.rng, faults.message_fails);
                Some(disk.store_message(author, message, fails))
            }
            DiskRequest::Create {
                key,
                file,
                offered,
                may_be_whole,
            } => {
                let fails = chance(&mut self.rng, faults.create_fails);
                Some(disk.create(key, file, offered, may_be_whole, fails))
            }
            DiskRequest::Write { key, chunk } => {
                let fails = chance(&mut self.rng, faults.write_fails);
                Some(disk.write(key, &chunk, fails))
            }
            DiskRequest::Finish { key, file } => {
                let fails = chance(&mut self.rng, faults.finish_fails);
                Some(disk.finish(key, file, fails))
            }
            DiskRequest::Discard { key, file } => {
                disk.discard(key, file);
                None
            }
        };
        if let Some(answer) = answer {
            self.input(node, Input::Disk(answer));
        }
    }

    /// Deletes a source, or changes a byte of it, while it is on offer.
    pub fn spoil_source(&mut self, node: NodeIx, transfer: u64, file: usize, deletes: bool) {
        let sources = self.nodes[node].disk.sources.get_mut(&transfer);
        let Some(source) = sources.and_then(|sources| sources.get_mut(file)) else {
            return;
        };
        match &mut source.bytes {
            Some(bytes) if !deletes => {
                if let Some(last) = bytes.last_mut() {
                    *last ^= 1;
                }
            }
            bytes => *bytes = None,
        }
    }

    /// Fills a node's disk, or frees it.
    pub fn set_disk_full(&mut self, node: NodeIx, is_full: bool) {
        self.nodes[node].disk.is_full = is_full;
    }

    /// Bounds the bytes of all files a node has room for.
    pub fn set_room_for(&mut self, node: NodeIx, bytes: u64) {
        self.nodes[node].disk.room = Some(bytes);
    }

    /// Replaces the chances of the disks to fail.
    pub fn set_disk_faults(&mut self, faults: DiskFaults) {
        self.faults.disk = faults;
    }
}

impl Disk {
    /// What outlives the app. Of what a partial holds some may be found spoilt.
    pub(crate) fn restart(&mut self, rng: &mut Rng) {
        for file in self.files.values_mut() {
            if let Stored::Partial { have, is_open, .. } = file {
                *is_open = false;
                if rng.u8(..4) == 0 {
                    *have = RangeSet::default();
                }
            }
        }
        *self = Self {
            sources: core::mem::take(&mut self.sources),
            files: core::mem::take(&mut self.files),
            records: core::mem::take(&mut self.records),
            messages: core::mem::take(&mut self.messages),
            receipts: core::mem::take(&mut self.receipts),
            known: core::mem::take(&mut self.known),
            is_full: self.is_full,
            room: self.room,
            ..Self::default()
        };
    }

    fn has_no_room_for(&self, offered: &OfferedFile) -> bool {
        let used = self.files.values().map(|file| match file {
            Stored::Partial { bytes, .. } | Stored::Whole(bytes) => bytes.len() as u64,
            Stored::Gone => 0,
        });
        let used = used.sum::<u64>();
        self.room.is_some_and(|room| used + offered.size > room)
    }

    fn remember(&mut self, device: KnownDevice) -> Option<DiskInput> {
        let mut known = self.known.iter_mut();
        match known.find(|known| known.public == device.public) {
            Some(known) => *known = device,
            None => self.known.push(device),
        }
        None
    }

    fn forget(&mut self, device: DeviceId) -> Option<DiskInput> {
        self.known.retain(|known| known.public.id() != device);
        None
    }

    fn create(
        &mut self,
        key: IncomingKey,
        file: u32,
        offered: OfferedFile,
        may_be_whole: bool,
        fails: bool,
    ) -> DiskInput {
        let is_full = self.is_full || self.has_no_room_for(&offered);
        let place = self.files.entry((key, file)).or_insert(Stored::Gone);
        match place {
            Stored::Whole(_) if may_be_whole => {
                return finished(key, file);
            }
            Stored::Partial { is_open: true, .. } => panic!("created a file twice"),
            Stored::Whole(_) | Stored::Partial { .. } | Stored::Gone => {}
        }
        if fails || offered.size > FILE_MAX_BYTES {
            *place = Stored::Gone;
            return store_failed(key, file, 0);
        }
        if is_full {
            return no_space(key, file, 0);
        }
        if let Stored::Partial { have, is_open, .. } = place {
            *is_open = true;
            let have = have.clone();
            return DiskInput::Created { key, file, have };
        }
        let len = usize::try_from(offered.size).expect("files of the sim are small");
        let have = RangeSet::default();
        *place = Stored::Partial {
            offered,
            bytes: vec![0; len],
            have: have.clone(),
            is_open: true,
        };
        DiskInput::Created { key, file, have }
    }

    fn write(&mut self, key: IncomingKey, frame: &ChunkFrame, fails: bool) -> DiskInput {
        let ChunkFrame {
            file,
            offset,
            chunk,
            proof,
            data,
            ..
        } = frame;
        let (file, offset, len) = (*file, *offset, data.len() as u64);
        let pending = self
            .pending
            .get_mut(&key.from)
            .expect("counted when it was asked");
        *pending -= len;
        let is_full = self.is_full;
        let place = self
            .files
            .get_mut(&(key, file))
            .expect("wrote a file that was never made");
        match place {
            Stored::Whole(_) => panic!("wrote to a file that has its final name"),
            Stored::Gone | Stored::Partial { is_open: false, .. } => {
                DiskInput::Dropped { key, file, len }
            }
            Stored::Partial { is_open, .. } if is_full => {
                *is_open = false;
                no_space(key, file, len)
            }
            Stored::Partial { .. } if fails => {
                *place = Stored::Gone;
                store_failed(key, file, len)
            }
            Stored::Partial {
                offered,
                bytes,
                have,
                ..
            } => {
                let is_good =
                    verify_chunk(&offered.root, offered.size, *chunk, offset, data, proof).is_ok();
                if !is_good {
                    return DiskInput::Corrupt {
                        key,
                        file,
                        offset,
                        len,
                    };
                }
                let start = usize::try_from(offset).expect("files of the sim are small");
                bytes[start..start + data.len()].copy_from_slice(data);
                have.insert(offset, offset + len);
                DiskInput::Written {
                    key,
                    file,
                    offset,
                    len,
                }
            }
        }
    }

    fn finish(&mut self, key: IncomingKey, file: u32, fails: bool) -> DiskInput {
        let place = self
            .files
            .get_mut(&(key, file))
            .expect("finished a file that was never made");
        match core::mem::replace(place, Stored::Gone) {
            Stored::Whole(_) => panic!("finished a file twice"),
            Stored::Gone => store_failed(key, file, 0),
            Stored::Partial { .. } if fails => store_failed(key, file, 0),
            Stored::Partial {
                offered,
                bytes,
                have,
                ..
            } => {
                assert_eq!(have.total(), offered.size, "finished a file with holes");
                assert_eq!(
                    *blake3::hash(&bytes).as_bytes(),
                    offered.root,
                    "finished with other bytes"
                );
                *place = Stored::Whole(bytes);
                finished(key, file)
            }
        }
    }

    fn discard(&mut self, key: IncomingKey, file: u32) {
        let place = self.files.entry((key, file)).or_insert(Stored::Gone);
        assert!(
            !matches!(place, Stored::Whole(_)),
            "discarded a file that has its final name"
        );
        *place = Stored::Gone;
    }

    pub(crate) fn whole(&self, key: IncomingKey, file: u32) -> Option<&[u8]> {
        match self.files.get(&(key, file)) {
            Some(Stored::Whole(bytes)) => Some(bytes),
            Some(Stored::Partial { .. } | Stored::Gone) | None => None,
        }
    }
}

fn finished(key: IncomingKey, file: u32) -> DiskInput {
    let stored_as = format!("{}/{file}", key.transfer);
    DiskInput::Finished {
        key,
        file,
        stored_as,
    }
}

fn no_space(key: IncomingKey, file: u32, len: u64) -> DiskInput {
    let reason = "no room for it".to_owned();
    DiskInput::NoSpace {
        key,
        file,
        len,
        reason,
    }
}

fn store_failed(key: IncomingKey, file: u32, len: u64) -> DiskInput {
    let reason = "the disk is broken".to_owned();
    DiskInput::StoreFailed {
        key,
        file,
        len,
        reason,
    }
}

fn line_of(request: &DiskRequest) -> Line {
    match request {
        DiskRequest::ReadChunk { .. } | DiskRequest::CloseSource { .. } => Line::Reads,
        DiskRequest::StoreMessage { .. }
        | DiskRequest::KeepReceipt { .. }
        | DiskRequest::KeepMember { .. }
        | DiskRequest::ReadMessages { .. }
        | DiskRequest::RememberDevice { .. }
        | DiskRequest::ForgetDevice { .. } => Line::Messages,
        DiskRequest::KeepIncoming { .. }
        | DiskRequest::MarkIncoming { .. }
        | DiskRequest::ForgetIncoming { .. }
        | DiskRequest::MarkOutgoing { .. } => Line::Records,
        DiskRequest::Write { key, chunk } => Line::File(*key, chunk.file),
        DiskRequest::Create { key, file, .. }
        | DiskRequest::Finish { key, file }
        | DiskRequest::Discard { key, file } => Line::File(*key, *file),
    }
}
