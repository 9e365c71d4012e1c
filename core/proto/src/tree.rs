//! The BLAKE3 tree over a file, cut so that any chunk can be checked by itself.
//!
//! BLAKE3 is a binary tree over 1 KiB blocks, and any aligned power-of-two run of blocks is one of
//! its subtrees. A file cut into equal power-of-two chunks is therefore a small tree whose leaves
//! are the chunks' chaining values and whose root is the plain BLAKE3 hash of the file, what
//! `b3sum` prints. A chunk travels with the sibling hashes on its way to the root, so a receiver
//! that knows only size and root hash checks each chunk as it arrives, in any order and from any
//! source. See the BLAKE3 paper, section 2.1 and 6.4, and `blake3::hazmat`.

use blake3::hazmat::{HasherExt, Mode, merge_subtrees_non_root, merge_subtrees_root};

pub use groups::{GROUP_CHUNKS, GroupTree, GroupTreeBuilder};
pub use outboard::{Outboard, OutboardBuilder};

mod groups;
mod outboard;

use crate::limits::{CHUNK_BYTES, CHUNK_MAX_BYTES, CHUNK_UNIT_BYTES, FILE_MAX_BYTES};

/// Thirty-two bytes of BLAKE3: the root hash of a file or an inner node of its tree.
pub type Hash = [u8; 32];

/// Size of the leaves of a file's tree in bytes: a power of two between 16 KiB and 128 KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkSize {
    log2: u8,
}

impl ChunkSize {
    /// What this implementation sends.
    pub const PREFERRED: Self = Self {
        log2: CHUNK_BYTES.trailing_zeros() as u8,
    };

    /// From the exponent on the wire; `None` outside 16 KiB to 128 KiB.
    #[must_use]
    pub const fn from_log2(log2: u8) -> Option<Self> {
        if log2 as u32 >= CHUNK_UNIT_BYTES.trailing_zeros()
            && log2 as u32 <= CHUNK_MAX_BYTES.trailing_zeros()
        {
            Some(Self { log2 })
        } else {
            None
        }
    }

    /// The exponent as it stands on the wire.
    #[must_use]
    pub const fn log2(self) -> u8 {
        self.log2
    }

    /// Bytes in a full chunk.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        1 << self.log2
    }

    /// Number of chunks of a file; an empty file has none.
    #[must_use]
    pub const fn count(self, file_size: u64) -> u64 {
        file_size.div_ceil(self.bytes())
    }

    /// Length of the chunk that starts at `offset`; `None` when no chunk starts there.
    #[must_use]
    pub fn len_at(self, file_size: u64, offset: u64) -> Option<u64> {
        if offset >= file_size || !offset.is_multiple_of(self.bytes()) {
            return None;
        }
        Some(self.bytes().min(file_size.saturating_sub(offset)))
    }
}

/// Why a chunk was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// The chunk does not start or end where a chunk of this file can.
    #[error("the chunk does not fit the file")]
    Misplaced,
    /// The bytes or the proof do not lead to the file's hash.
    #[error("the chunk does not match the file's hash")]
    Corrupt,
}

/// Checks one chunk of a file of `size` bytes with hash `root`.
///
/// `proof` holds the sibling hashes from the chunk up to the root.
///
/// # Errors
/// [`ChunkError::Misplaced`] when offset and length are not those of a chunk of this file,
/// [`ChunkError::Corrupt`] when bytes or proof do not lead to `root`.
pub fn verify_chunk(
    root: &Hash,
    size: u64,
    chunk: ChunkSize,
    offset: u64,
    data: &[u8],
    proof: &[Hash],
) -> Result<(), ChunkError> {
    prove_chunk(root, size, chunk, offset, data, proof).map(|_| ())
}

/// Checks one chunk as [`verify_chunk`] does and gives what [`chaining_value`] would.
///
/// # Errors
/// Those of [`verify_chunk`].
pub fn prove_chunk(
    root: &Hash,
    size: u64,
    chunk: ChunkSize,
    offset: u64,
    data: &[u8],
    proof: &[Hash],
) -> Result<Hash, ChunkError> {
    if size > FILE_MAX_BYTES || chunk.len_at(size, offset) != Some(data.len() as u64) {
        return Err(ChunkError::Misplaced);
    }
    let mut width = chunk.count(size);
    let mut siblings = proof.iter();
    let value = chunk_hash(offset, data);
    let computed = if width == 1 {
        *blake3::hash(data).as_bytes()
    } else {
        let mut index = offset >> chunk.log2;
        let mut node = value;
        while width > 1 {
            if index ^ 1 < width {
                let sibling = siblings.next().ok_or(ChunkError::Corrupt)?;
                let (left, right) = if index & 1 == 0 {
                    (&node, sibling)
                } else {
                    (sibling, &node)
                };
                node = merge(left, right, width == 2);
            }
            index >>= 1;
            width = width.div_ceil(2);
        }
        node
    };
    if siblings.next().is_none() && computed == *root {
        Ok(value)
    } else {
        Err(ChunkError::Corrupt)
    }
}

/// The chaining value of one chunk of a file of `size` bytes: its leaf in the file's tree, also
/// where the chunk is the whole file. `None` when no such chunk starts at `offset`.
///
/// With it a chunk that was proven once is known again without its proof.
#[must_use]
pub fn chaining_value(size: u64, chunk: ChunkSize, offset: u64, data: &[u8]) -> Option<Hash> {
    let fits = size <= FILE_MAX_BYTES && chunk.len_at(size, offset) == Some(data.len() as u64);
    fits.then(|| chunk_hash(offset, data))
}

/// The leaf of a chunk: its chaining value, which is not the hash of a file that is one chunk.
///
/// `offset` is where the chunk starts in its file, a multiple of its size.
#[must_use]
pub fn chunk_hash(offset: u64, data: &[u8]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.set_input_offset(offset).update(data);
    hasher.finalize_non_root()
}

fn merge(left: &Hash, right: &Hash, is_root: bool) -> Hash {
    if is_root {
        *merge_subtrees_root(left, right, Mode::Hash).as_bytes()
    } else {
        merge_subtrees_non_root(left, right, Mode::Hash)
    }
}

/// The level above: pairs are merged, an odd one is carried. Not for the pair below the root.
fn above(below: &[Hash]) -> Vec<Hash> {
    let parent = |pair: &[Hash]| match pair {
        [left, right] => Some(merge(left, right, false)),
        [carried] => Some(*carried),
        _ => None,
    };
    below.chunks(2).filter_map(parent).collect()
}

/// All levels from `bottom` to the pair below the root, and the root; nothing for fewer than two
/// hashes, as those have none above them.
fn grow(bottom: Vec<Hash>) -> (Vec<Vec<Hash>>, Option<Hash>) {
    if bottom.len() < 2 {
        return (Vec::new(), None);
    }
    let mut levels = vec![bottom];
    loop {
        let below = levels.last().map_or(&[][..], Vec::as_slice);
        if let [left, right] = below {
            let root = merge(left, right, true);
            return (levels, Some(root));
        }
        levels.push(above(below));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(len: usize) -> Vec<u8> {
        (0..len)
            .map(|i| (i.wrapping_mul(31) ^ (i >> 9)) as u8)
            .collect()
    }

    fn outboard(data: &[u8]) -> Outboard {
        let mut builder = OutboardBuilder::default();
        data.chunks(CHUNK_BYTES)
            .for_each(|chunk| builder.push(chunk));
        builder.finish()
    }

    const SIZES: [usize; 9] = [
        0,
        1,
        CHUNK_BYTES - 1,
        CHUNK_BYTES,
        CHUNK_BYTES + 1,
        2 * CHUNK_BYTES,
        3 * CHUNK_BYTES + 5,
        5 * CHUNK_BYTES,
        11 * CHUNK_BYTES + 77,
    ];

    #[test]
    fn root_is_the_plain_hash_of_the_file() {
        for size in SIZES {
            let data = bytes(size);
            assert_eq!(
                outboard(&data).root(),
                *blake3::hash(&data).as_bytes(),
                "{size} bytes"
            );
        }
    }

    #[test]
    fn every_chunk_proves_itself_against_the_root() {
        for size in SIZES {
            let data = bytes(size);
            let tree = outboard(&data);
            for (i, chunk) in data.chunks(CHUNK_BYTES).enumerate() {
                let offset = (i * CHUNK_BYTES) as u64;
                let proof = tree.proof(offset).unwrap();
                let size = size as u64;
                let checked = verify_chunk(
                    &tree.root(),
                    size,
                    ChunkSize::PREFERRED,
                    offset,
                    chunk,
                    &proof,
                );
                assert_eq!(checked, Ok(()), "chunk {i} of {size} bytes");
                assert!(tree.matches(offset, chunk));
            }
        }
    }

    #[test]
    fn one_flipped_bit_in_data_or_proof_is_corrupt() {
        let mut data = bytes(3 * CHUNK_BYTES + 5);
        let tree = outboard(&data);
        let size = data.len() as u64;
        let offset = CHUNK_BYTES as u64;
        let mut proof = tree.proof(offset).unwrap();
        let range = CHUNK_BYTES..2 * CHUNK_BYTES;
        let check = |data: &[u8], proof: &[Hash]| {
            verify_chunk(
                &tree.root(),
                size,
                ChunkSize::PREFERRED,
                offset,
                data,
                proof,
            )
        };
        assert_eq!(check(&data[range.clone()], &proof), Ok(()));
        proof[1][7] ^= 1;
        assert_eq!(
            check(&data[range.clone()], &proof),
            Err(ChunkError::Corrupt)
        );
        proof[1][7] ^= 1;
        data[CHUNK_BYTES + 9] ^= 0x80;
        assert_eq!(
            check(&data[range.clone()], &proof),
            Err(ChunkError::Corrupt)
        );
        assert!(!tree.matches(offset, &data[range]));
    }

    #[test]
    fn a_proven_chunk_is_known_again_by_its_chaining_value() {
        let data = bytes(2 * CHUNK_BYTES + 5);
        let (tree, size) = (outboard(&data), data.len() as u64);
        for (i, chunk) in data.chunks(CHUNK_BYTES).enumerate() {
            let (offset, log2) = ((i * CHUNK_BYTES) as u64, ChunkSize::PREFERRED);
            let proof = tree.proof(offset).unwrap();
            let proven = prove_chunk(&tree.root(), size, log2, offset, chunk, &proof);
            assert_eq!(chaining_value(size, log2, offset, chunk), proven.ok());
            assert_eq!(chaining_value(size, log2, offset + 1, chunk), None);
            assert_eq!(chaining_value(size, log2, offset, &chunk[1..]), None);
        }
    }

    #[test]
    fn a_chunk_at_another_place_is_refused() {
        let data = bytes(4 * CHUNK_BYTES);
        let tree = outboard(&data);
        let size = data.len() as u64;
        let chunk = &data[..CHUNK_BYTES];
        let proof = tree.proof(0).unwrap();
        let check = |offset, data: &[u8]| {
            verify_chunk(
                &tree.root(),
                size,
                ChunkSize::PREFERRED,
                offset,
                data,
                &proof,
            )
        };
        assert_eq!(check(CHUNK_BYTES as u64, chunk), Err(ChunkError::Corrupt));
        assert_eq!(check(1, chunk), Err(ChunkError::Misplaced));
        assert_eq!(check(size, chunk), Err(ChunkError::Misplaced));
        assert_eq!(check(0, &chunk[1..]), Err(ChunkError::Misplaced));
    }

    #[test]
    fn proofs_that_are_too_short_or_too_long_are_refused() {
        let data = bytes(5 * CHUNK_BYTES);
        let tree = outboard(&data);
        let mut proof = tree.proof(0).unwrap();
        let size = data.len() as u64;
        let check = |proof: &[Hash]| {
            let chunk = &data[..CHUNK_BYTES];
            verify_chunk(&tree.root(), size, ChunkSize::PREFERRED, 0, chunk, proof)
        };
        assert_eq!(check(&proof[1..]), Err(ChunkError::Corrupt));
        proof.push([0; 32]);
        assert_eq!(check(&proof), Err(ChunkError::Corrupt));
    }

    #[test]
    fn smaller_and_larger_chunks_verify_with_their_own_proofs() {
        let data = bytes(CHUNK_MAX_BYTES * 2 + 100);
        let root = *blake3::hash(&data).as_bytes();
        let size = data.len() as u64;
        let large = ChunkSize::from_log2(17).unwrap();
        let tail = &data[CHUNK_MAX_BYTES * 2..];
        let (first, second) = (
            &data[..CHUNK_MAX_BYTES],
            &data[CHUNK_MAX_BYTES..][..CHUNK_MAX_BYTES],
        );
        let left = merge(
            &chunk_hash(0, first),
            &chunk_hash(CHUNK_MAX_BYTES as u64, second),
            false,
        );
        let offset = (CHUNK_MAX_BYTES * 2) as u64;
        assert_eq!(
            verify_chunk(&root, size, large, offset, tail, &[left]),
            Ok(())
        );
    }
}
