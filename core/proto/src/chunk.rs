//! File bytes with their proof: the only frame on the `bulk` channel.
//!
//! Layout, integers big-endian: kind `0x20` (1), transfer (8), file (4), offset (8), chunk size as
//! a power of two (1), number of proof hashes (1), the hashes (32 each), then the file's bytes to
//! the end of the frame. The frame says where its bytes belong, so the channel need not be ordered.

use bytes::{BufMut, Bytes, BytesMut};

use crate::limits::{BULK_FRAME_MAX_BYTES, PROOF_MAX_HASHES};
use crate::tree::{ChunkSize, Hash};

const KIND: u8 = 0x20;
const HEADER_BYTES: usize = 23;
const HASH_BYTES: usize = 32;

/// One chunk of one offered file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkFrame {
    /// Transfer, as the offering side numbered it.
    pub transfer: u64,
    /// Index of the file in the offer.
    pub file: u32,
    /// Offset of the first byte in the file.
    pub offset: u64,
    /// Size of the leaves of the tree that the proof is for.
    pub chunk: ChunkSize,
    /// Sibling hashes from the chunk up to the root.
    pub proof: Vec<Hash>,
    /// The file's bytes; never empty.
    pub data: Bytes,
}

/// Why a bulk frame could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChunkDecodeError {
    /// Longer than [`BULK_FRAME_MAX_BYTES`].
    #[error("a bulk frame of {0} bytes is over the limit")]
    TooLong(usize),
    /// Ends before its header, its proof, or its first byte of file.
    #[error("the bulk frame is cut short")]
    Truncated,
    /// Another first byte than the chunk kind; skipped, so that later versions may add kinds.
    #[error("unknown bulk frame kind {0:#04x}")]
    UnknownKind(u8),
    /// A chunk size or proof length outside the limits.
    #[error("the bulk frame's {0} is out of bounds")]
    OutOfBounds(&'static str),
}

impl ChunkFrame {
    /// Starts a frame: header and proof, with room for `data_len` bytes of file to be appended.
    #[must_use]
    pub fn start(
        transfer: u64,
        file: u32,
        offset: u64,
        chunk: ChunkSize,
        proof: &[Hash],
        data_len: usize,
    ) -> BytesMut {
        let proof = proof.get(..PROOF_MAX_HASHES).unwrap_or(proof);
        let capacity = [proof.len().saturating_mul(HASH_BYTES), data_len]
            .into_iter()
            .fold(HEADER_BYTES, usize::saturating_add);
        let mut frame = BytesMut::with_capacity(capacity);
        frame.put_u8(KIND);
        frame.put_u64(transfer);
        frame.put_u32(file);
        frame.put_u64(offset);
        frame.put_u8(chunk.log2());
        frame.put_u8(u8::try_from(proof.len()).unwrap_or(u8::MAX));
        for hash in proof {
            frame.put_slice(hash);
        }
        frame
    }

    /// The whole frame as bytes.
    #[must_use]
    pub fn encode(&self) -> Bytes {
        let Self {
            transfer,
            file,
            offset,
            chunk,
            proof,
            data,
        } = self;
        let mut frame = Self::start(*transfer, *file, *offset, *chunk, proof, data.len());
        frame.put_slice(data);
        frame.freeze()
    }

    /// Reads a frame; `data` shares memory with `bytes`.
    ///
    /// # Errors
    /// [`ChunkDecodeError`] names what is wrong; [`ChunkDecodeError::UnknownKind`] may be skipped.
    pub fn decode(mut bytes: Bytes) -> Result<Self, ChunkDecodeError> {
        use ChunkDecodeError::{OutOfBounds, TooLong, Truncated, UnknownKind};

        if bytes.len() > BULK_FRAME_MAX_BYTES {
            return Err(TooLong(bytes.len()));
        }
        let (&kind, _) = bytes.split_first().ok_or(Truncated)?;
        if kind != KIND {
            return Err(UnknownKind(kind));
        }
        let header = take::<HEADER_BYTES>(&mut bytes).ok_or(Truncated)?;
        let [
            _,
            t0,
            t1,
            t2,
            t3,
            t4,
            t5,
            t6,
            t7,
            f0,
            f1,
            f2,
            f3,
            o0,
            o1,
            o2,
            o3,
            o4,
            o5,
            o6,
            o7,
            log2,
            proof_len,
        ] = header;
        let proof_len = usize::from(proof_len);
        if proof_len > PROOF_MAX_HASHES {
            return Err(OutOfBounds("proof length"));
        }
        let chunk = ChunkSize::from_log2(log2).ok_or(OutOfBounds("chunk size"))?;
        let mut proof = Vec::with_capacity(proof_len);
        for _ in 0..proof_len {
            proof.push(take::<HASH_BYTES>(&mut bytes).ok_or(Truncated)?);
        }
        if bytes.is_empty() {
            return Err(Truncated);
        }
        if bytes.len() as u64 > chunk.bytes() {
            return Err(OutOfBounds("data length"));
        }
        Ok(Self {
            transfer: u64::from_be_bytes([t0, t1, t2, t3, t4, t5, t6, t7]),
            file: u32::from_be_bytes([f0, f1, f2, f3]),
            offset: u64::from_be_bytes([o0, o1, o2, o3, o4, o5, o6, o7]),
            chunk,
            proof,
            data: bytes,
        })
    }
}

fn take<const N: usize>(bytes: &mut Bytes) -> Option<[u8; N]> {
    let array = *bytes.first_chunk::<N>()?;
    drop(bytes.split_to(N));
    Some(array)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> ChunkFrame {
        ChunkFrame {
            transfer: 7,
            file: 2,
            offset: 65536,
            chunk: ChunkSize::PREFERRED,
            proof: vec![[0xAA; 32]],
            data: Bytes::from_static(b"hello"),
        }
    }

    #[test]
    fn layout_is_the_documented_one() {
        let hex = data_encoding::HEXLOWER.encode(&sample().encode());
        let proof = "aa".repeat(32);
        let expected = format!("20{:016x}{:08x}{:016x}1001{proof}68656c6c6f", 7, 2, 65536);
        assert_eq!(hex, expected);
    }

    #[test]
    fn every_truncation_is_refused() {
        let frame = sample().encode();
        for len in 0..frame.len() - 5 {
            assert!(
                ChunkFrame::decode(frame.slice(..len + 1).slice(..len)).is_err(),
                "{len} bytes"
            );
        }
    }

    #[test]
    fn frames_over_the_limit_are_refused_unread() {
        let bytes = Bytes::from(vec![KIND; BULK_FRAME_MAX_BYTES + 1]);
        assert_eq!(
            ChunkFrame::decode(bytes),
            Err(ChunkDecodeError::TooLong(BULK_FRAME_MAX_BYTES + 1))
        );
    }

    #[test]
    fn another_kind_is_named_so_that_it_can_be_skipped() {
        let unknown = ChunkFrame::decode(Bytes::from_static(&[0x21, 0, 0]));
        assert_eq!(unknown, Err(ChunkDecodeError::UnknownKind(0x21)));
    }

    proptest! {
        #[test]
        fn frames_read_back_as_they_were(
            transfer: u64, file: u32, offset: u64, log2 in 14u8..=17,
            proof in prop::collection::vec(any::<[u8; 32]>(), 0..PROOF_MAX_HASHES),
            data in prop::collection::vec(any::<u8>(), 1..2000),
        ) {
            let chunk = ChunkSize::from_log2(log2).unwrap();
            let frame = ChunkFrame { transfer, file, offset, chunk, proof, data: data.into() };
            prop_assert_eq!(ChunkFrame::decode(frame.encode()), Ok(frame));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = ChunkFrame::decode(bytes.into());
        }
    }
}
