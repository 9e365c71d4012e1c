//! The tree of a file wholly in memory.

use super::{ChunkSize, Hash, chunk_hash, grow};
use crate::limits::CHUNK_BYTES;

/// The whole tree of a file above its chunks, from which proofs are read.
///
/// About 64 bytes for each chunk: 1 MiB for a file of 1 GiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outboard {
    size: u64,
    root: Hash,
    /// `levels[0]` are the chunks, each further level pairs the one below; the root is not in it.
    levels: Vec<Vec<Hash>>,
}

impl Outboard {
    /// Length of the hashed file in bytes.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// BLAKE3 hash of the file.
    #[must_use]
    pub const fn root(&self) -> Hash {
        self.root
    }

    /// Sibling hashes that prove the chunk starting at `offset`; `None` when no chunk starts there.
    #[must_use]
    pub fn proof(&self, offset: u64) -> Option<Vec<Hash>> {
        ChunkSize::PREFERRED.len_at(self.size, offset)?;
        let mut index = usize::try_from(offset >> ChunkSize::PREFERRED.log2).ok()?;
        let mut proof = Vec::with_capacity(self.levels.len());
        for level in &self.levels {
            proof.extend(level.get(index ^ 1));
            index >>= 1;
        }
        Some(proof)
    }

    /// Whether `data` is what stood at `offset` when the file was hashed.
    #[must_use]
    pub fn matches(&self, offset: u64, data: &[u8]) -> bool {
        if ChunkSize::PREFERRED.len_at(self.size, offset) != Some(data.len() as u64) {
            return false;
        }
        match self.levels.first() {
            None => *blake3::hash(data).as_bytes() == self.root,
            Some(chunks) => usize::try_from(offset >> ChunkSize::PREFERRED.log2)
                .ok()
                .and_then(|index| chunks.get(index))
                .is_some_and(|expected| *expected == chunk_hash(offset, data)),
        }
    }
}

/// Hashes a file chunk by chunk into an [`Outboard`].
#[derive(Debug)]
pub struct OutboardBuilder {
    size: u64,
    chunks: Vec<Hash>,
    /// Hash of everything so far while it is a single chunk: then the chunk itself is the root.
    single: Hash,
}

impl Default for OutboardBuilder {
    fn default() -> Self {
        Self {
            size: 0,
            chunks: Vec::new(),
            single: *blake3::hash(&[]).as_bytes(),
        }
    }
}

impl OutboardBuilder {
    /// Takes the next chunk: exactly [`CHUNK_BYTES`] long, but for the file's last one.
    ///
    /// Empty chunks are ignored. A chunk after a short one is a caller's mistake; the outboard
    /// would then match no file, and every chunk would be refused as corrupt.
    pub fn push(&mut self, chunk: &[u8]) {
        if chunk.is_empty() {
            return;
        }
        if self.chunks.is_empty() {
            self.single = *blake3::hash(chunk).as_bytes();
        }
        let aligned = (self.chunks.len() as u64).saturating_mul(CHUNK_BYTES as u64);
        self.chunks.push(chunk_hash(aligned, chunk));
        self.size = self.size.saturating_add(chunk.len() as u64);
    }

    /// Bytes taken so far.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Builds the levels above the chunks.
    #[must_use]
    pub fn finish(self) -> Outboard {
        let Self {
            size,
            chunks,
            single,
        } = self;
        let (levels, root) = grow(chunks);
        Outboard {
            size,
            root: root.unwrap_or(single),
            levels,
        }
    }
}
