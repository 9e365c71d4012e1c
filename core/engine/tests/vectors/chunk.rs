//! Files as bulk frames: root, proofs, headers.

use bytes::{Bytes, BytesMut};
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::limits::CHUNK_BYTES;
use parlor_proto::tree::{ChunkSize, Outboard, OutboardBuilder, verify_chunk};

use crate::json::{Json, hex};
use crate::{check, variant};

const DESCRIPTION: &str = "Files of which byte i is i mod 251, as bulk frames of transfer 5, file \
    0 (docs/protocol.md, 7). `head` is the frame up to the file's bytes; `frame_hash` is BLAKE3 of \
    the whole frame. `refused` are chunks of the file of 147456 bytes that must not be taken. \
    Bytes are lower-case hex.";

const SIZES: [usize; 8] = [
    0,
    1,
    CHUNK_BYTES - 1,
    CHUNK_BYTES,
    CHUNK_BYTES + 1,
    2 * CHUNK_BYTES + 16 * 1024,
    4 * CHUNK_BYTES,
    5 * CHUNK_BYTES + 77,
];

const TRANSFER: u64 = 5;
const FILE: u32 = 0;

fn file(len: usize) -> Bytes {
    (0..len).map(|i| (i % 251).to_le_bytes()[0]).collect()
}

fn outboard(file: &[u8]) -> Outboard {
    let mut builder = OutboardBuilder::default();
    file.chunks(CHUNK_BYTES)
        .for_each(|chunk| builder.push(chunk));
    builder.finish()
}

#[test]
fn chunks() {
    let vectors = object! {
        "description": DESCRIPTION,
        "files": SIZES.map(file_of).to_vec(),
        "refused": refused(),
    };
    check("chunk.json", &vectors);
}

fn file_of(len: usize) -> Json {
    let file = file(len);
    let tree = outboard(&file);
    assert_eq!(tree.root(), *blake3::hash(&file).as_bytes());
    let offsets = (0..len).step_by(CHUNK_BYTES);
    let chunks = offsets.map(|offset| chunk_of(&file, &tree, offset));
    object! {
        "size": len,
        "root": hex(tree.root()),
        "chunks": chunks.collect::<Vec<_>>(),
    }
}

fn chunk_of(file: &Bytes, tree: &Outboard, offset: usize) -> Json {
    let data = file.slice(offset..file.len().min(offset + CHUNK_BYTES));
    let proof = tree.proof(offset as u64).expect("a chunk starts here");
    let frame = ChunkFrame {
        transfer: TRANSFER,
        file: FILE,
        offset: offset as u64,
        chunk: ChunkSize::PREFERRED,
        proof: proof.clone(),
        data: data.clone(),
    };
    let bytes = frame.encode();
    assert_eq!(ChunkFrame::decode(bytes.clone()), Ok(frame));
    let taken = verify(tree, offset, &data, &proof);
    assert_eq!(taken, Ok(()));
    let head = ChunkFrame::start(
        TRANSFER,
        FILE,
        offset as u64,
        ChunkSize::PREFERRED,
        &proof,
        0,
    );
    assert!(bytes.starts_with(&head));
    object! {
        "offset": offset,
        "len": data.len(),
        "proof": proof.iter().map(hex).collect::<Vec<_>>(),
        "head": hex(head),
        "frame_hash": hex(blake3::hash(&bytes).as_bytes()),
    }
}

fn verify(
    tree: &Outboard,
    offset: usize,
    data: &[u8],
    proof: &[[u8; 32]],
) -> Result<(), parlor_proto::tree::ChunkError> {
    let chunk = ChunkSize::PREFERRED;
    verify_chunk(&tree.root(), tree.size(), chunk, offset as u64, data, proof)
}

/// Why, offset, bytes, proof.
type Case<'a> = (&'a str, usize, &'a [u8], &'a [[u8; 32]]);

fn refused() -> Vec<Json> {
    let file = file(2 * CHUNK_BYTES + 16 * 1024);
    let tree = outboard(&file);
    let proof = tree.proof(0).expect("a chunk starts here");
    let first = &file[..CHUNK_BYTES];
    let mut changed = BytesMut::from(first);
    changed[CHUNK_BYTES - 1] ^= 1;
    let mut longer = proof.clone();
    longer.push([0; 32]);
    let turned: Vec<_> = proof.iter().rev().copied().collect();
    let cases: [Case<'_>; 7] = [
        ("last bit of the chunk changed", 0, &changed, &proof),
        ("proof without its last hash", 0, first, &proof[..1]),
        ("proof with one hash more", 0, first, &longer),
        ("proof in the other order", 0, first, &turned),
        ("at the place of another chunk", CHUNK_BYTES, first, &proof),
        ("where no chunk starts", 16 * 1024, first, &proof),
        ("chunk without its first byte", 0, &first[1..], &proof),
    ];
    let cases = cases.map(|(why, offset, data, proof)| {
        let error = verify(&tree, offset, data, proof).expect_err(why);
        object! {
            "why": why,
            "offset": offset,
            "len": data.len(),
            "proof": proof.iter().map(hex).collect::<Vec<_>>(),
            "error": variant(&error),
        }
    });
    cases.to_vec()
}
