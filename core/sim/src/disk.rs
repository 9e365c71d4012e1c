//! A disk in memory: sources, files on their way, messages. Slow, full or broken on request.

use core::time::Duration;
use std::collections::BTreeMap;

use parlor_engine::input::{DiskInput, IncomingKey, Input, MessageId};
use parlor_engine::known::KnownDevice;
use parlor_engine::output::DiskRequest;
use parlor_engine::ranges::RangeSet;
use parlor_engine::time::Moment;
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::frame::{ChatMessage, OfferedFile};
use parlor_proto::id::DeviceId;
use parlor_proto::limits::CHUNK_BYTES;
use parlor_proto::tree::{ChunkSize, Outboard, OutboardBuilder, verify_chunk};

use crate::clock::Event;
use crate::faults::{DiskFaults, chance};
use crate::node::NodeIx;
use crate::world::World;

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
    pub(crate) messages: BTreeMap<MessageId, String>,
    /// In the order of the first meetings.
    pub(crate) known: Vec<KnownDevice>,
    /// Nothing can be written.
    pub(crate) is_full: bool,
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
    File(IncomingKey, u32),
}

/// A file on offer.
#[derive(Debug)]
pub(crate) struct Source {
    /// `None` when it was deleted after the offer.
    pub(crate) bytes: Option<Vec<u8>>,
    outboard: Outboard,
}

/// A file from another device.
#[derive(Debug)]
pub(crate) enum Stored {
    Partial {
        offered: OfferedFile,
        bytes: Vec<u8>,
        have: RangeSet,
    },
    Whole(Vec<u8>),
    Gone,
}

impl Source {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let mut builder = OutboardBuilder::default();
        bytes
            .chunks(CHUNK_BYTES)
            .for_each(|chunk| builder.push(chunk));
        let outboard = builder.finish();
        Self {
            bytes: Some(bytes),
            outboard,
        }
    }

    pub(crate) fn root(&self) -> [u8; 32] {
        self.outboard.root()
    }

    /// The bulk frame of a chunk, or why it cannot be had.
    fn read(&self, transfer: u64, file: u32, offset: u64, len: u64) -> Result<Vec<u8>, String> {
        let bytes = self.bytes.as_ref().ok_or("the file is gone")?;
        let start = usize::try_from(offset).map_err(|_| "too far")?;
        let end = start + usize::try_from(len).map_err(|_| "too long")?;
        let data = bytes.get(start..end).ok_or("the file became shorter")?;
        if !self.outboard.matches(offset, data) {
            return Err("the file has changed".to_owned());
        }
        let proof = self
            .outboard
            .proof(offset)
            .expect("matches() found the chunk");
        let chunk = ChunkSize::PREFERRED;
        let mut frame = ChunkFrame::start(transfer, file, offset, chunk, &proof, data.len());
        frame.extend_from_slice(data);
        Ok(frame.to_vec())
    }
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
                *pending <= UNSTORED_MESSAGES_MAX,
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
            DiskRequest::RememberDevice { device } => {
                disk.remember(device);
                None
            }
            DiskRequest::ForgetDevice { device } => {
                disk.known.retain(|known| known.public.id() != device);
                None
            }
            DiskRequest::StoreMessage { author, message } => {
                let fails = disk.is_full || chance(&mut self.rng, faults.message_fails);
                Some(disk.store_message(author, message, fails))
            }
            DiskRequest::Create {
                key, file, offered, ..
            } => {
                let fails = disk.is_full || chance(&mut self.rng, faults.create_fails);
                Some(disk.create(key, file, offered, fails))
            }
            DiskRequest::Write { key, chunk } => {
                let fails = disk.is_full || chance(&mut self.rng, faults.write_fails);
                Some(disk.write(key, &chunk, fails))
            }
            DiskRequest::Finish { key, file } => {
                let fails = disk.is_full || chance(&mut self.rng, faults.finish_fails);
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

    /// Replaces the chances of the disks to fail.
    pub fn set_disk_faults(&mut self, faults: DiskFaults) {
        self.faults.disk = faults;
    }
}

impl Disk {
    /// Messages outlive the app; files of theirs have other names in its next life.
    pub(crate) fn restart(&mut self) {
        *self = Self {
            messages: core::mem::take(&mut self.messages),
            known: core::mem::take(&mut self.known),
            is_full: self.is_full,
            ..Self::default()
        };
    }

    fn read_chunk(&mut self, request: &DiskRequest, fails: bool) -> Option<DiskInput> {
        let &DiskRequest::ReadChunk {
            peer,
            attempt,
            transfer,
            file,
            offset,
            len,
        } = request
        else {
            return None;
        };
        let sources = self
            .sources
            .get_mut(&transfer)
            .expect("read a closed source");
        let source = sources
            .get_mut(file as usize)
            .expect("read a file that is not on offer");
        if fails {
            source.bytes = None;
        }
        Some(match source.read(transfer, file, offset, len) {
            Ok(frame) => DiskInput::ChunkRead {
                peer,
                attempt,
                frame: frame.into(),
                data_len: len,
            },
            Err(reason) => DiskInput::ReadFailed {
                peer,
                attempt,
                transfer,
                file,
                data_len: len,
                reason,
            },
        })
    }

    fn remember(&mut self, device: KnownDevice) {
        let mut known = self.known.iter_mut();
        match known.find(|known| known.public == device.public) {
            Some(known) => *known = device,
            None => self.known.push(device),
        }
    }

    fn store_message(&mut self, author: DeviceId, message: ChatMessage, fails: bool) -> DiskInput {
        let id = MessageId::of(author, &message);
        let text = message.text;
        let pending = self.pending_messages.get_mut(&author);
        *pending.expect("counted when it was asked") -= 1;
        if fails {
            let reason = "no space left".to_owned();
            return DiskInput::MessageNotStored { id, reason };
        }
        let kept = self.messages.entry(id).or_insert_with(|| text.clone());
        assert_eq!(*kept, text, "two texts under one number");
        DiskInput::MessageStored { id }
    }

    fn create(
        &mut self,
        key: IncomingKey,
        file: u32,
        offered: OfferedFile,
        fails: bool,
    ) -> DiskInput {
        let place = self.files.entry((key, file)).or_insert(Stored::Gone);
        assert!(matches!(place, Stored::Gone), "created a file twice");
        if fails || offered.size > FILE_MAX_BYTES {
            return store_failed(key, file, 0);
        }
        let len = usize::try_from(offered.size).expect("files of the sim are small");
        *place = Stored::Partial {
            offered,
            bytes: vec![0; len],
            have: RangeSet::default(),
        };
        let have = RangeSet::default();
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
        let place = self
            .files
            .get_mut(&(key, file))
            .expect("wrote a file that was never made");
        match place {
            Stored::Whole(_) => panic!("wrote to a file that has its final name"),
            Stored::Gone => store_failed(key, file, len),
            Stored::Partial { .. } if fails => {
                *place = Stored::Gone;
                store_failed(key, file, len)
            }
            Stored::Partial {
                offered,
                bytes,
                have,
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
            } => {
                assert_eq!(have.total(), offered.size, "finished a file with holes");
                assert_eq!(
                    *blake3::hash(&bytes).as_bytes(),
                    offered.root,
                    "finished with other bytes"
                );
                *place = Stored::Whole(bytes);
                let stored_as = format!("{}/{file}", key.transfer);
                DiskInput::Finished {
                    key,
                    file,
                    stored_as,
                }
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

fn store_failed(key: IncomingKey, file: u32, len: u64) -> DiskInput {
    let reason = "no space left".to_owned();
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
        | DiskRequest::RememberDevice { .. }
        | DiskRequest::ForgetDevice { .. } => Line::Messages,
        DiskRequest::Write { key, chunk } => Line::File(*key, chunk.file),
        DiskRequest::Create { key, file, .. }
        | DiskRequest::Finish { key, file }
        | DiskRequest::Discard { key, file } => Line::File(*key, *file),
    }
}
