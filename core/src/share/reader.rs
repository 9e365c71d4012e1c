//! The reading thread: chunks of files on offer, checked against what was hashed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Seek, SeekFrom};

use parlor_engine::input::DiskInput;
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::tree::{ChunkSize, GroupTree, GroupTreeBuilder, Hash, chunk_hash};
use tokio::sync::mpsc;

use super::leaves::{self, Leaves};
use super::{Origin, ReadRequest, SourceFile, describe};

/// Open files the reading thread keeps.
const OPEN_FILES_MAX: usize = 32;

/// Leaves read at once while a file is opened: 1 MiB.
const LEAVES_AT_ONCE: u64 = 32 * 1024;

/// The files of one offer.
#[derive(Debug)]
struct OnOffer {
    sources: Vec<SourceFile>,
    leaves: Leaves,
}

/// The reading thread's memory.
#[derive(Debug, Default)]
struct Reader {
    transfers: BTreeMap<u64, OnOffer>,
    open: BTreeMap<(u64, u32), OpenSource>,
    uses: u64,
}

/// A file that is being read.
#[derive(Debug)]
struct OpenSource {
    /// None where the bytes are in a file shared with others.
    file: Option<File>,
    /// None for a file of one chunk.
    tree: Option<OpenTree>,
    last_use: u64,
}

/// The tree of a file that is being read: its upper part, and the leaves that were used last.
#[derive(Debug)]
struct OpenTree {
    upper: GroupTree,
    leaves: File,
    group_start: u64,
    group: Vec<Hash>,
}

/// The reading thread: answers until the queue's other end is gone.
pub(crate) fn run(mut queue: mpsc::Receiver<ReadRequest>, answers: &mpsc::Sender<DiskInput>) {
    let mut reader = Reader::default();
    while let Some(request) = queue.blocking_recv() {
        match request {
            ReadRequest::Open {
                transfer,
                sources,
                leaves,
            } => {
                let on_offer = OnOffer { sources, leaves };
                reader.transfers.insert(transfer, on_offer);
            }
            ReadRequest::Close { transfer } => {
                if let Some(on_offer) = reader.transfers.remove(&transfer) {
                    on_offer.leaves.remove();
                }
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
                        transfer,
                        file,
                        offset,
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
        self.open(transfer, file)?;
        let on_offer = self.transfers.get(&transfer).ok_or_else(gone)?;
        let source = on_offer.sources.get(file as usize).ok_or_else(gone)?;
        let open = self.open.get_mut(&(transfer, file)).ok_or_else(gone)?;
        let changed = || io::Error::other("the file changed after it was offered");
        let (proof, leaf) = match &mut open.tree {
            Some(tree) => tree.prove(source.first_leaf, offset)?,
            None => (Vec::new(), None),
        };
        let len = usize::try_from(len).map_err(io::Error::other)?;
        let (mut handle, start) = match (&source.origin, &open.file) {
            (Origin::Cleaned(photo), _) => (&*photo.file, photo.start),
            (Origin::Own, Some(file)) => (file, 0),
            (Origin::Own, None) => return Err(gone()),
        };
        let header = ChunkFrame::start(transfer, file, offset, ChunkSize::PREFERRED, &proof, 0);
        let mut frame = Vec::with_capacity(header.len() + len);
        frame.extend_from_slice(&header);
        handle.seek(SeekFrom::Start(start.saturating_add(offset)))?;
        // Straight behind the header, into memory that is not cleared first.
        let read = handle.take(len as u64).read_to_end(&mut frame)?;
        let data = frame.get(header.len()..).unwrap_or_default();
        let is_same = match leaf {
            Some(leaf) => chunk_hash(offset, data) == leaf,
            None => *blake3::hash(data).as_bytes() == source.root,
        };
        if read < len || !is_same {
            return Err(changed());
        }
        Ok(frame.into())
    }

    /// Has a file ready to be read from, closing the one that was not used for longest.
    fn open(&mut self, transfer: u64, file: u32) -> io::Result<()> {
        let key = (transfer, file);
        self.uses += 1;
        if let Some(open) = self.open.get_mut(&key) {
            open.last_use = self.uses;
            return Ok(());
        }
        if self.open.len() >= OPEN_FILES_MAX {
            let oldest = self.open.iter().min_by_key(|(_, open)| open.last_use);
            if let Some(key) = oldest.map(|(key, _)| *key) {
                self.open.remove(&key);
            }
        }
        let gone = || io::Error::other("the transfer was stopped");
        let on_offer = self.transfers.get(&transfer).ok_or_else(gone)?;
        let source = on_offer.sources.get(file as usize).ok_or_else(gone)?;
        let file = (!source.is_copy())
            .then(|| File::open(source.path()))
            .transpose()?;
        let tree = match source.leaves() {
            0 => None,
            count => Some(OpenTree::read(source, count, &on_offer.leaves)?),
        };
        let last_use = self.uses;
        let opened = OpenSource {
            file,
            tree,
            last_use,
        };
        self.open.insert(key, opened);
        Ok(())
    }
}

impl OpenTree {
    fn read(source: &SourceFile, count: u64, leaves: &Leaves) -> io::Result<Self> {
        let leaves = leaves.open()?;
        let mut builder = GroupTreeBuilder::default();
        let mut done = 0;
        while done < count {
            let next = usize::try_from((count - done).min(LEAVES_AT_ONCE)).unwrap_or(1);
            let read = leaves::read(&leaves, source.first_leaf + done, next)?;
            read.into_iter().for_each(|leaf| builder.push(leaf));
            done += next as u64;
        }
        let upper = builder.finish(source.size);
        let upper = upper.filter(|tree| tree.root() == Some(source.root));
        Ok(Self {
            upper: upper.ok_or_else(spoilt)?,
            leaves,
            group_start: 0,
            group: Vec::new(),
        })
    }

    /// The proof of the chunk at `offset`, and its leaf.
    fn prove(&mut self, first_leaf: u64, offset: u64) -> io::Result<(Vec<Hash>, Option<Hash>)> {
        let range = self.upper.group(offset).ok_or_else(spoilt)?;
        if self.group.is_empty() || self.group_start != range.start {
            let count = usize::try_from(range.end - range.start).map_err(io::Error::other)?;
            self.group = leaves::read(&self.leaves, first_leaf + range.start, count)?;
            self.group_start = range.start;
        }
        let proof = self.upper.proof(offset, &self.group).ok_or_else(spoilt)?;
        let index = offset / ChunkSize::PREFERRED.bytes() - range.start;
        let index = usize::try_from(index).map_err(io::Error::other)?;
        let leaf = self.group.get(index).copied().ok_or_else(spoilt)?;
        Ok((proof, Some(leaf)))
    }
}

fn spoilt() -> io::Error {
    io::Error::other("what Parlor noted of the file is damaged; share it again")
}

#[cfg(test)]
mod tests {
    use parlor_proto::limits::CHUNK_BYTES;

    use super::super::{Preparation, Shelf, prepare};
    use super::*;
    use crate::room::{ShareAs, ShareId};

    #[test]
    fn a_file_that_changed_after_hashing_is_not_sent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, vec![1; CHUNK_BYTES + 9]).unwrap();
        let (out, mut queue) = mpsc::channel(10);
        let paths = std::slice::from_ref(&path);
        prepare(ShareId(1), paths, ShareAs::File, &Shelf::new(None, 0), &out);
        let Ok(Preparation::Offer(prepared)) = queue.try_recv() else {
            panic!("no offer");
        };
        let (sources, leaves) = (prepared.sources, prepared.leaves);
        let mut reader = Reader {
            transfers: [(1, OnOffer { sources, leaves })].into(),
            ..Reader::default()
        };
        assert!(reader.read(1, 0, 0, CHUNK_BYTES as u64).is_ok());
        std::fs::write(&path, vec![2; CHUNK_BYTES + 9]).unwrap();
        let error = reader.read(1, 0, 0, CHUNK_BYTES as u64).unwrap_err();
        assert!(error.to_string().contains("changed"), "{error}");
        std::fs::write(&path, vec![1; 3]).unwrap();
        assert!(reader.read(1, 0, 0, CHUNK_BYTES as u64).is_err());
    }
}
