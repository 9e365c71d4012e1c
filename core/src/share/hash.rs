//! The BLAKE3 tree of a file as it is read. One core hashes faster than a disk reads.

use std::io;

use parlor_proto::limits::CHUNK_BYTES;
use parlor_proto::tree::{GroupTreeBuilder, Hash, chunk_hash};

use super::leaves::LeavesWriter;

/// Read at once.
pub(super) const BLOCK_BYTES: usize = 16 * CHUNK_BYTES;

/// Takes a file's bytes in order and gives its leaves away.
#[derive(Debug, Default)]
pub(super) struct TreeHasher {
    size: u64,
    tree: GroupTreeBuilder,
    /// The plain hash of the first chunk, which is the root of a file that has no other.
    single: Option<Hash>,
    /// The first chunk's leaf, until a second one shows that leaves are needed.
    first: Option<Hash>,
}

impl TreeHasher {
    /// Bytes so far.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next bytes: whole chunks, but for the last ones of the file.
    pub(super) fn take(&mut self, bytes: &[u8], leaves: &mut LeavesWriter) -> io::Result<()> {
        let begin = self.size;
        if self.single.is_none() {
            let first = bytes.get(..CHUNK_BYTES).unwrap_or(bytes);
            self.single = Some(*blake3::hash(first).as_bytes());
        }
        let hashes: Vec<Hash> = bytes
            .chunks(CHUNK_BYTES)
            .enumerate()
            .map(|(index, chunk)| chunk_hash(begin + (index * CHUNK_BYTES) as u64, chunk))
            .collect();
        self.size += bytes.len() as u64;
        let only = begin == 0 && hashes.len() == 1;
        for leaf in hashes {
            self.tree.push(leaf);
            if only {
                self.first = Some(leaf);
                continue;
            }
            if let Some(first) = self.first.take() {
                leaves.push(&first)?;
            }
            leaves.push(&leaf)?;
        }
        Ok(())
    }

    /// The file's hash.
    pub(super) fn finish(self) -> io::Result<Hash> {
        let other = || io::Error::other("the file changed while it was read");
        let tree = self.tree.finish(self.size).ok_or_else(other)?;
        let single = self.single.unwrap_or(*blake3::hash(&[]).as_bytes());
        Ok(tree.root().unwrap_or(single))
    }
}

#[cfg(test)]
mod tests {
    use super::super::leaves::{Leaves, Shelf, read};
    use super::*;

    fn hashed(data: &[u8], block: usize) -> (Hash, u64, Leaves) {
        let mut writer = Shelf::new(None, 0).begin().unwrap();
        let mut tree = TreeHasher::default();
        for block in data.chunks(block) {
            tree.take(block, &mut writer).unwrap();
        }
        let count = writer.written();
        (tree.finish().unwrap(), count, writer.finish().unwrap().1)
    }

    #[test]
    fn the_root_is_the_plain_hash_of_the_file() {
        for len in [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 5 * CHUNK_BYTES + 7] {
            let data: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            for block in [CHUNK_BYTES, 2 * CHUNK_BYTES, BLOCK_BYTES] {
                let (root, _, _) = hashed(&data, block);
                assert_eq!(root, *blake3::hash(&data).as_bytes(), "{len} bytes");
            }
        }
    }

    #[test]
    fn a_file_of_several_chunks_gives_all_its_leaves_and_one_of_one_chunk_none() {
        let data = vec![7; 3 * CHUNK_BYTES];
        let (_, count, leaves) = hashed(&data, CHUNK_BYTES);
        assert_eq!(count, 3);
        let last = read(&leaves.open().unwrap(), 2, 1).unwrap();
        let offset = 2 * CHUNK_BYTES;
        assert_eq!(last, [chunk_hash(offset as u64, &data[offset..])]);
        assert_eq!(hashed(&data[..CHUNK_BYTES], CHUNK_BYTES).1, 0);
    }
}
