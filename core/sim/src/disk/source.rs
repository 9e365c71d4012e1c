//! Files on offer, as the disk reads them.

use parlor_engine::input::DiskInput;
use parlor_engine::output::DiskRequest;
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::limits::CHUNK_BYTES;
use parlor_proto::tree::{ChunkSize, Outboard, OutboardBuilder};

use super::Disk;

/// A file on offer.
#[derive(Debug)]
pub(crate) struct Source {
    /// `None` when it was deleted after the offer.
    pub(crate) bytes: Option<Vec<u8>>,
    outboard: Outboard,
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

impl Disk {
    pub(super) fn read_chunk(&mut self, request: &DiskRequest, fails: bool) -> Option<DiskInput> {
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
                transfer,
                file,
                offset,
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
}
