//! The tree of a file whose leaves are kept elsewhere: in memory is only what is above groups of
//! them.

use core::ops::Range;

use super::{ChunkSize, Hash, above, grow};

/// Leaves in a group: 1 MiB of file, and 512 bytes to read for a proof.
pub const GROUP_CHUNKS: usize = 16;

/// The tree of a file above groups of [`GROUP_CHUNKS`] leaves.
///
/// About 64 bytes for each MiB of the file: 6.4 MB for 100 GB. A proof takes the leaves of one
/// group besides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupTree {
    size: u64,
    root: Option<Hash>,
    /// `levels[0]` are the groups, each further level pairs the one below; the root is not in it.
    levels: Vec<Vec<Hash>>,
}

impl GroupTree {
    /// BLAKE3 hash of the file; `None` for one of a single chunk or none, which has no tree.
    #[must_use]
    pub const fn root(&self) -> Option<Hash> {
        self.root
    }

    /// Hashes in memory.
    #[must_use]
    pub fn hashes(&self) -> usize {
        self.levels.iter().map(Vec::len).sum()
    }

    /// Which leaves form the group of the chunk that starts at `offset`; `None` when no chunk
    /// starts there.
    #[must_use]
    pub fn group(&self, offset: u64) -> Option<Range<u64>> {
        let chunk = ChunkSize::PREFERRED;
        chunk.len_at(self.size, offset)?;
        let max = GROUP_CHUNKS as u64;
        let index = offset >> chunk.log2();
        let start = index.saturating_sub(index % max);
        Some(start..start.saturating_add(max).min(chunk.count(self.size)))
    }

    /// Sibling hashes that prove the chunk starting at `offset`. `group` are the leaves that
    /// [`GroupTree::group`] named; `None` when they are not as many, or when no chunk starts there.
    #[must_use]
    pub fn proof(&self, offset: u64, group: &[Hash]) -> Option<Vec<Hash>> {
        let range = self.group(offset)?;
        if range.end.saturating_sub(range.start) != group.len() as u64 {
            return None;
        }
        let leaf = offset >> ChunkSize::PREFERRED.log2();
        let mut index = usize::try_from(leaf.saturating_sub(range.start)).ok()?;
        let mut proof = Vec::new();
        let mut level = group.to_vec();
        while level.len() > 1 {
            proof.extend(level.get(index ^ 1));
            index >>= 1;
            level = above(&level);
        }
        let mut index = usize::try_from(leaf / GROUP_CHUNKS as u64).ok()?;
        for level in &self.levels {
            proof.extend(level.get(index ^ 1));
            index >>= 1;
        }
        Some(proof)
    }
}

/// Takes a file's leaves in order and keeps what is above their groups.
#[derive(Debug, Default)]
pub struct GroupTreeBuilder {
    /// The last group. It is merged only when another follows: a file of one group ends in its
    /// root, which is merged differently.
    group: Vec<Hash>,
    groups: Vec<Hash>,
    leaves: u64,
}

impl GroupTreeBuilder {
    /// Takes the next leaf.
    pub fn push(&mut self, leaf: Hash) {
        if self.group.len() == GROUP_CHUNKS {
            self.close_group();
        }
        self.group.push(leaf);
        self.leaves = self.leaves.saturating_add(1);
    }

    fn close_group(&mut self) {
        let mut level = core::mem::take(&mut self.group);
        while level.len() > 1 {
            level = above(&level);
        }
        self.groups.append(&mut level);
    }

    /// Builds the levels above the groups; `None` when a file of `size` bytes has not as many
    /// leaves as were taken.
    #[must_use]
    pub fn finish(mut self, size: u64) -> Option<GroupTree> {
        if ChunkSize::PREFERRED.count(size) != self.leaves {
            return None;
        }
        let (levels, root) = if self.groups.is_empty() {
            (Vec::new(), grow(self.group).1)
        } else {
            self.close_group();
            grow(self.groups)
        };
        Some(GroupTree { size, root, levels })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{OutboardBuilder, chunk_hash, verify_chunk};
    use super::*;
    use crate::limits::CHUNK_BYTES;

    fn bytes(len: usize) -> Vec<u8> {
        (0..len).map(|i| ((i * 7) ^ (i >> 13)) as u8).collect()
    }

    fn leaves(data: &[u8]) -> Vec<Hash> {
        let hash = |(i, chunk)| chunk_hash((i * CHUNK_BYTES) as u64, chunk);
        data.chunks(CHUNK_BYTES).enumerate().map(hash).collect()
    }

    fn grouped(leaves: &[Hash], size: u64) -> Option<GroupTree> {
        let mut builder = GroupTreeBuilder::default();
        leaves.iter().for_each(|leaf| builder.push(*leaf));
        builder.finish(size)
    }

    #[test]
    fn proofs_are_those_of_the_whole_tree() {
        let counts = [0, 1, 2, 3, 15, 16, 17, 19, 31, 32, 33, 47, 48, 65, 100];
        for (chunks, more) in counts.into_iter().flat_map(|n| [(n, 0), (n, 77)]) {
            let data = bytes(chunks * CHUNK_BYTES + more);
            let size = data.len() as u64;
            let leaves = leaves(&data);
            let mut whole = OutboardBuilder::default();
            data.chunks(CHUNK_BYTES).for_each(|chunk| whole.push(chunk));
            let whole = whole.finish();
            let tree = grouped(&leaves, size).unwrap();
            if leaves.len() > 1 {
                assert_eq!(tree.root(), Some(whole.root()), "{size} bytes");
            }
            for (i, chunk) in data.chunks(CHUNK_BYTES).enumerate() {
                let offset = (i * CHUNK_BYTES) as u64;
                let group = tree.group(offset).unwrap();
                let group = &leaves[group.start as usize..group.end as usize];
                let proof = tree.proof(offset, group).unwrap();
                assert_eq!(Some(&proof), whole.proof(offset).as_ref(), "{i} of {size}");
                let size_of = ChunkSize::PREFERRED;
                let checked = verify_chunk(&whole.root(), size, size_of, offset, chunk, &proof);
                assert_eq!(checked, Ok(()));
            }
        }
    }

    #[test]
    fn a_file_of_one_chunk_or_none_has_no_tree() {
        for data in [&b""[..], b"x"] {
            let tree = grouped(&leaves(data), data.len() as u64).unwrap();
            assert_eq!((tree.root(), tree.hashes()), (None, 0));
        }
    }

    #[test]
    fn leaves_of_another_file_make_no_tree() {
        let leaves = leaves(&bytes(3 * CHUNK_BYTES));
        for size in [0, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 1] {
            assert_eq!(grouped(&leaves, size as u64), None);
        }
    }

    #[test]
    fn too_few_leaves_and_no_chunk_have_no_proof() {
        let data = bytes(20 * CHUNK_BYTES);
        let leaves = leaves(&data);
        let tree = grouped(&leaves, data.len() as u64).unwrap();
        assert_eq!(tree.proof(0, &leaves[..15]), None);
        assert_eq!(tree.proof(1, &leaves[..16]), None);
        assert_eq!(tree.proof(data.len() as u64, &leaves[16..]), None);
    }

    #[test]
    fn a_hundred_gigabytes_take_some_megabytes() {
        let size = 100_000_000_000;
        let mut builder = GroupTreeBuilder::default();
        (0..ChunkSize::PREFERRED.count(size)).for_each(|_| builder.push([7; 32]));
        let tree = builder.finish(size).unwrap();
        assert!(tree.hashes() * 32 < 6_400_000, "{}", tree.hashes());
    }
}
