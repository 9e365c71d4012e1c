//! A bulk frame: file bytes with their proof, from a peer.

use bytes::Bytes;
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::limits::{BULK_FRAME_MAX_BYTES, PROOF_MAX_HASHES};
use parlor_proto::tree::{ChunkSize, Hash, verify_chunk};

use crate::Seed;
use crate::tree::{filled, outboard};

/// One chunk and a bit, so that the last chunk is short and has a proof.
const FILE_BYTES: usize = 64 * 1024 + 100;

/// What the file is filled from.
const FILE_SEED: u64 = 7;

/// Reads a frame; one that is taken is the only way to write what it says, and passes as a chunk of
/// our file only with the file's own bytes.
pub fn run(data: &[u8]) -> bool {
    let Ok(frame) = ChunkFrame::decode(Bytes::copy_from_slice(data)) else {
        return false;
    };
    assert!(data.len() <= BULK_FRAME_MAX_BYTES, "read beyond limit");
    assert!(frame.proof.len() <= PROOF_MAX_HASHES, "{frame:?}");
    assert!((1..=frame.chunk.bytes()).contains(&(frame.data.len() as u64)));
    assert_eq!(frame.encode(), data);
    check_against_file(&frame);
    true
}

fn check_against_file(frame: &ChunkFrame) {
    // Most frames are for no file of this size, and making the file costs more than all else.
    let size = FILE_BYTES as u64;
    if frame.chunk.len_at(size, frame.offset) != Some(frame.data.len() as u64) {
        return;
    }
    let file = filled(FILE_SEED, FILE_BYTES);
    let root = outboard(&file).root();
    let ChunkFrame {
        chunk,
        offset,
        data,
        proof,
        ..
    } = frame;
    if verify_chunk(&root, size, *chunk, *offset, data, proof).is_ok() {
        let start = usize::try_from(*offset).expect("a verified chunk lies inside the file");
        assert_eq!(file[start..start + data.len()], data[..]);
    }
}

/// A chunk of our file, frames at the limits, and bytes that are none.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let file = filled(FILE_SEED, FILE_BYTES);
    let offset = ChunkSize::PREFERRED.bytes();
    let proof = outboard(&file)
        .proof(offset)
        .expect("the second chunk starts here");
    let last = frame(offset, ChunkSize::PREFERRED, proof, &file[64 * 1024..]);
    let smallest = ChunkSize::from_log2(14).expect("16 KiB is the least");
    let longest_proof = frame(0, smallest, vec![[7; 32]; PROOF_MAX_HASHES], b"x");
    let far = frame(u64::MAX, smallest, Vec::new(), b"far away");
    let bare = frame(0, smallest, vec![[7; 32]], b"").encode();
    let mut long_proof = longest_proof.encode().to_vec();
    long_proof[22] += 1;
    let mut wrong_size = far.encode().to_vec();
    wrong_size[21] = 18;
    vec![
        Seed::new("last-chunk", last.encode()),
        Seed::new("longest-proof", longest_proof.encode()),
        Seed::new("far-offset", far.encode()),
        Seed::new("refused-no-data", bare),
        Seed::new("refused-proof-length", long_proof),
        Seed::new("refused-chunk-size", wrong_size),
        Seed::new("refused-kind", b"\x21".as_slice()),
        Seed::new("refused-empty", b"".as_slice()),
    ]
}

fn frame(offset: u64, chunk: ChunkSize, proof: Vec<Hash>, data: &[u8]) -> ChunkFrame {
    ChunkFrame {
        transfer: 7,
        file: 2,
        offset,
        chunk,
        proof,
        data: Bytes::copy_from_slice(data),
    }
}
