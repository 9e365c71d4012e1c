//! The proof of a chunk: a file, one thing that is wrong with a chunk of it, and no way in.

use parlor_proto::limits::{CHUNK_BYTES, PROOF_MAX_HASHES};
use parlor_proto::tree::{ChunkSize, Hash, Outboard, OutboardBuilder, verify_chunk};

use crate::Seed;
use crate::reader::Reader;

/// Four chunks and a bit: every shape of a small tree, and quick to hash.
const FILE_MAX_BYTES: u32 = 4 * CHUNK_BYTES as u32 + 10;

/// A chunk on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Chunk {
    root: Hash,
    size: u64,
    chunk: ChunkSize,
    offset: u64,
    data: Vec<u8>,
    proof: Vec<Hash>,
}

impl Chunk {
    fn verifies(&self) -> bool {
        let Self {
            root,
            size,
            chunk,
            offset,
            data,
            proof,
        } = self;
        verify_chunk(root, *size, *chunk, *offset, data, proof).is_ok()
    }
}

/// Makes a file, takes a chunk of it, alters the chunk, and holds the tree to its word. `true` when
/// the chunk was altered.
pub fn run(data: &[u8]) -> bool {
    let mut choices = Reader::new(data);
    let len = choices.u32() % FILE_MAX_BYTES;
    let file = filled(choices.u64(), len as usize);
    let tree = outboard(&file);
    let index = usize::from(choices.u8()) % file.len().div_ceil(CHUNK_BYTES).max(1);
    let offset = (index * CHUNK_BYTES) as u64;
    let Some(proof) = tree.proof(offset) else {
        assert!(file.is_empty(), "no proof at {offset} of {len} bytes");
        return false;
    };
    let end = file.len().min((index + 1) * CHUNK_BYTES);
    let honest = Chunk {
        root: tree.root(),
        size: tree.size(),
        chunk: ChunkSize::PREFERRED,
        offset,
        data: file[index * CHUNK_BYTES..end].to_vec(),
        proof,
    };
    assert!(honest.verifies(), "chunk {index} of {len} bytes");
    assert!(tree.matches(offset, &honest.data));
    let mut altered = honest.clone();
    while !choices.is_empty() {
        alter(&mut altered, &mut choices);
    }
    if altered.verifies() {
        let start = usize::try_from(altered.offset).expect("a verified chunk lies in the file");
        let expected = file.get(start..start + altered.data.len());
        assert_eq!(expected, Some(&altered.data[..]), "accepted other bytes");
        assert_eq!(altered.root, honest.root, "accepted for another file");
    }
    let is_same = altered.data == honest.data && altered.offset == offset;
    assert_eq!(tree.matches(altered.offset, &altered.data), is_same);
    altered != honest
}

/// One thing that goes wrong, or that somebody does on purpose.
fn alter(chunk: &mut Chunk, choices: &mut Reader<'_>) {
    match choices.u8() % 10 {
        0 => flip(&mut chunk.data, choices.u32(), choices.u8()),
        1 => {
            let at = usize::from(choices.u8()) % chunk.proof.len().max(1);
            if let Some(hash) = chunk.proof.get_mut(at) {
                flip(hash, choices.u32(), choices.u8());
            }
        }
        2 => flip(&mut chunk.root, choices.u32(), choices.u8()),
        3 => chunk.data.truncate(choices.u32() as usize),
        4 if chunk.data.len() < 2 * CHUNK_BYTES => chunk.data.extend(choices.run()),
        5 => drop(chunk.proof.pop()),
        6 if chunk.proof.len() < PROOF_MAX_HASHES => {
            chunk.proof.push([choices.u8(); 32]);
        }
        7 => chunk.offset = choices.u64(),
        8 => chunk.size = choices.u64(),
        9 => chunk.chunk = ChunkSize::from_log2(choices.u8()).unwrap_or(ChunkSize::PREFERRED),
        _ => {}
    }
}

fn flip(bytes: &mut [u8], at: u32, mask: u8) {
    let at = at as usize % bytes.len().max(1);
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= mask.max(1);
    }
}

/// A file that follows from a number: each kibibyte of it says where it stands.
pub(crate) fn filled(seed: u64, len: usize) -> Vec<u8> {
    let mut block = [0x5A; 1024];
    let mut file = Vec::with_capacity(len + block.len());
    while file.len() < len {
        block[..8].copy_from_slice(&(seed ^ file.len() as u64).to_le_bytes());
        file.extend(block);
    }
    file.truncate(len);
    file
}

pub(crate) fn outboard(file: &[u8]) -> Outboard {
    let mut builder = OutboardBuilder::default();
    file.chunks(CHUNK_BYTES)
        .for_each(|chunk| builder.push(chunk));
    builder.finish()
}

/// Each way to alter a chunk, on trees of one to five chunks.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let unit = CHUNK_BYTES as u32;
    let cases: [(&str, u32, u8, &[u8]); 12] = [
        ("refused-empty-file", 0, 0, &[]),
        ("refused-unaltered", unit + 1, 1, &[]),
        ("data", 100, 0, &[0, 9, 0, 0, 0, 0x80]),
        ("data-of-full-chunk", 2 * unit, 1, &[0, 9, 0, 0, 0, 1]),
        ("proof", 3 * unit + 5, 1, &[1, 1, 7, 0, 0, 0, 1]),
        ("root", unit + 5, 0, &[2, 7, 0, 0, 0, 1]),
        ("cut", unit, 0, &[3, 255, 255, 0, 0]),
        ("longer", unit + 5, 1, &[4, 1, 0, 0]),
        ("proof-short", 4 * unit, 0, &[5]),
        ("proof-long", 4 * unit + 9, 4, &[6, 0]),
        ("elsewhere", 4 * unit, 0, &[7, 0, 0, 1, 0, 0, 0, 0, 0]),
        (
            "other-size-and-unit",
            4 * unit,
            3,
            &[8, 0, 0, 8, 0, 0, 0, 0, 0, 9, 17],
        ),
    ];
    let seed = |(name, len, index, alterations): (&str, u32, u8, &[u8])| {
        let mut bytes = u32::to_le_bytes(len).to_vec();
        bytes.extend(1_u64.to_le_bytes());
        bytes.push(index);
        bytes.extend(alterations);
        Seed::new(name, bytes)
    };
    cases.map(seed).into()
}
