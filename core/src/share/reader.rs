//! The reading thread: chunks of files on offer, checked against what was hashed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};

use parlor_engine::input::DiskInput;
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::tree::ChunkSize;
use tokio::sync::mpsc;

use super::{Origin, ReadRequest, SourceFile, describe, read_full};

/// Open files the reading thread keeps.
const OPEN_FILES_MAX: usize = 32;

/// The reading thread's memory.
#[derive(Debug, Default)]
struct Reader {
    transfers: BTreeMap<u64, Vec<SourceFile>>,
    open: BTreeMap<(u64, u32), File>,
}

/// The reading thread: answers until the queue's other end is gone.
pub(crate) fn run(mut queue: mpsc::Receiver<ReadRequest>, answers: &mpsc::Sender<DiskInput>) {
    let mut reader = Reader::default();
    while let Some(request) = queue.blocking_recv() {
        match request {
            ReadRequest::Open { transfer, sources } => {
                reader.transfers.insert(transfer, sources);
            }
            ReadRequest::Close { transfer } => {
                reader.transfers.remove(&transfer);
                reader.open.retain(|(open, _), _| *open != transfer);
            }
            ReadRequest::Chunk {
                peer,
                attempt,
                transfer,
                file,
                offset,
                len,
            } => {
                let answer = match reader.read(transfer, file, offset, len) {
                    Ok(frame) => DiskInput::ChunkRead {
                        peer,
                        attempt,
                        frame,
                        data_len: len,
                    },
                    Err(error) => {
                        let reason = describe(&error);
                        let data_len = len;
                        DiskInput::ReadFailed {
                            peer,
                            attempt,
                            transfer,
                            file,
                            data_len,
                            reason,
                        }
                    }
                };
                if answers.blocking_send(answer).is_err() {
                    return;
                }
            }
        }
    }
}

impl Reader {
    fn read(
        &mut self,
        transfer: u64,
        file: u32,
        offset: u64,
        len: u64,
    ) -> io::Result<bytes::Bytes> {
        let gone = || io::Error::other("the transfer was stopped");
        let sources = self.transfers.get(&transfer).ok_or_else(gone)?;
        let source = sources.get(file as usize).ok_or_else(gone)?;
        let changed = || io::Error::other("the file changed after it was offered");
        let proof = source.outboard.proof(offset).ok_or_else(changed)?;
        let len = usize::try_from(len).map_err(io::Error::other)?;
        let (mut handle, start) = match &source.origin {
            Origin::Cleaned(photo) => (&*photo.file, photo.start),
            Origin::Path(path) => {
                let key = (transfer, file);
                if !self.open.contains_key(&key) {
                    if self.open.len() >= OPEN_FILES_MAX {
                        self.open.pop_first();
                    }
                    self.open.insert(key, File::open(path)?);
                }
                (self.open.get(&key).ok_or_else(gone)?, 0)
            }
        };
        let mut frame =
            ChunkFrame::start(transfer, file, offset, ChunkSize::PREFERRED, &proof, len);
        let header_len = frame.len();
        frame.resize(header_len + len, 0);
        handle.seek(SeekFrom::Start(start.saturating_add(offset)))?;
        let read = read_full(&mut handle, &mut frame[header_len..])?;
        if read < len || !source.outboard.matches(offset, &frame[header_len..]) {
            return Err(changed());
        }
        Ok(frame.freeze())
    }
}

#[cfg(test)]
mod tests {
    use parlor_proto::limits::CHUNK_BYTES;

    use super::super::{Preparation, prepare};
    use super::*;
    use crate::room::{ShareAs, ShareId};

    #[test]
    fn a_file_that_changed_after_hashing_is_not_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, vec![1; CHUNK_BYTES + 9]).unwrap();
        let (out, mut queue) = mpsc::channel(10);
        prepare(ShareId(1), std::slice::from_ref(&path), ShareAs::File, &out);
        let Ok(Preparation::Offer(prepared)) = queue.try_recv() else {
            panic!("no offer");
        };
        let sources = prepared.sources;
        let mut reader = Reader {
            transfers: [(1, sources)].into(),
            open: BTreeMap::new(),
        };
        assert!(reader.read(1, 0, 0, CHUNK_BYTES as u64).is_ok());
        std::fs::write(&path, vec![2; CHUNK_BYTES + 9]).unwrap();
        let error = reader.read(1, 0, 0, CHUNK_BYTES as u64).unwrap_err();
        assert!(error.to_string().contains("changed"), "{error}");
        std::fs::write(&path, vec![1; 3]).unwrap();
        assert!(reader.read(1, 0, 0, CHUNK_BYTES as u64).is_err());
    }
}
