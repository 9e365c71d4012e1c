//! Which chunks of a partial were proven, in a way that proves itself.
//!
//! One record for each chunk, appended right after the chunk's bytes: offset (8, big-endian), chunk
//! size as a power of two (1), the chunk's chaining value (32). The next life hashes again what a
//! record speaks of and believes only what matches. A torn record, a write that a power cut took,
//! or a bit that flipped is a chunk that is asked for again, and so nothing here is synced.

use std::io;

use parlor_engine::ranges::RangeSet;
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::limits::CHUNK_UNIT_BYTES;
use parlor_proto::tree::{ChunkSize, Hash, chaining_value};

use super::volume::VolumeFile;

const RECORD_BYTES: usize = 41;

/// Records for each of the smallest chunks that the file could come in: one, and another for a
/// chunk that came twice in two sizes.
const RECORDS_PER_UNIT: u64 = 2;

/// The open journal of a partial.
#[derive(Debug)]
pub(super) struct Journal<F> {
    file: F,
    len_bytes: u64,
    /// What is beyond is not recorded and has to come again after a crash.
    max_bytes: u64,
}

impl<F: VolumeFile> Journal<F> {
    /// The journal of a partial of `size` bytes.
    pub(super) fn new(file: F, size: u64) -> io::Result<Self> {
        let len_bytes = file.len_bytes()?;
        let units = size.div_ceil(CHUNK_UNIT_BYTES as u64);
        let max_bytes = units.saturating_mul(RECORDS_PER_UNIT * RECORD_BYTES as u64);
        Ok(Self {
            file,
            len_bytes,
            max_bytes,
        })
    }

    /// Whether it speaks of no chunk at all.
    pub(super) const fn is_empty(&self) -> bool {
        self.len_bytes == 0
    }

    /// Forgets everything, as is due for a partial that is new.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.truncate(0)
    }

    /// Records a chunk whose bytes are written.
    pub(super) fn append(&mut self, chunk: &ChunkFrame, value: &Hash) -> io::Result<()> {
        let record = encode(chunk.offset, chunk.chunk, value);
        if self.len_bytes + RECORD_BYTES as u64 <= self.max_bytes {
            self.file.write_at(self.len_bytes, &record)?;
            self.len_bytes += RECORD_BYTES as u64;
        }
        Ok(())
    }

    /// Hashes again what is recorded of a partial of `size` bytes, and gives what is right.
    ///
    /// Records that are not are thrown out by moving the later ones up. Whenever that is cut short,
    /// what is in the file are still records that prove themselves, some of them twice.
    pub(super) fn replay(
        &mut self,
        partial: &F,
        size: u64,
        is_over: &dyn Fn() -> bool,
    ) -> io::Result<RangeSet> {
        let (mut have, mut kept_bytes, mut chunk) = (RangeSet::default(), 0, Vec::new());
        let mut at = 0;
        while at < self.len_bytes.min(self.max_bytes) {
            if is_over() {
                return Err(io::Error::other("the room is over"));
            }
            let mut record = [0; RECORD_BYTES];
            let is_whole = self.file.read_at(at, &mut record)? == RECORD_BYTES;
            if is_whole
                && let Some((start, end)) = proven(&record, partial, size, &have, &mut chunk)
            {
                have.insert(start, end);
                if kept_bytes != at {
                    self.file.write_at(kept_bytes, &record)?;
                }
                kept_bytes += RECORD_BYTES as u64;
            }
            at += RECORD_BYTES as u64;
        }
        if kept_bytes != self.len_bytes {
            self.truncate(kept_bytes)?;
        }
        Ok(have)
    }

    fn truncate(&mut self, len_bytes: u64) -> io::Result<()> {
        if self.len_bytes != len_bytes {
            self.file.set_len(len_bytes)?;
            self.len_bytes = len_bytes;
        }
        Ok(())
    }
}

fn encode(offset: u64, chunk: ChunkSize, value: &Hash) -> [u8; RECORD_BYTES] {
    let mut record = [0; RECORD_BYTES];
    let bytes = offset.to_be_bytes().into_iter();
    let bytes = bytes.chain([chunk.log2()]).chain(*value);
    record
        .iter_mut()
        .zip(bytes)
        .for_each(|(to, from)| *to = from);
    record
}

/// Start and end of the chunk that a record speaks of, if it is there and adds anything.
fn proven<F: VolumeFile>(
    record: &[u8; RECORD_BYTES],
    partial: &F,
    size: u64,
    have: &RangeSet,
    buffer: &mut Vec<u8>,
) -> Option<(u64, u64)> {
    let (offset, rest) = record.split_first_chunk::<8>()?;
    let (&log2, value) = rest.split_first()?;
    let offset = u64::from_be_bytes(*offset);
    let chunk = ChunkSize::from_log2(log2)?;
    let len = chunk.len_at(size, offset)?;
    let end = offset.checked_add(len)?;
    if have.contains(offset, end) {
        return None;
    }
    buffer.resize(usize::try_from(len).ok()?, 0);
    // What cannot be read is not there.
    let read = partial.read_at(offset, buffer).ok()?;
    let found = chaining_value(size, chunk, offset, buffer.get(..read)?)?;
    (found == value).then_some((offset, end))
}
