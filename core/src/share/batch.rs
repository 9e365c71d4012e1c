//! The files of one offer, until it is full.

use std::io;
use std::path::PathBuf;

use parlor_proto::frame::OfferedFile;
use parlor_proto::limits::OFFER_FILES_MAX;

use super::find::Found;
use super::leaves::{LeavesWriter, Shelf};
use super::{Prepared, SourceFile, describe, thumbnails};
use crate::room::{ShareAs, ShareId};

/// What the paths of one offer may add up to, so that its frame stays below the wire's limit.
const OFFER_PATHS_MAX_BYTES: usize = 24 * 1024;

/// A picture on offer that is to be shown small.
pub(super) struct Picture {
    pub(super) transfer: u64,
    pub(super) file: u32,
    pub(super) path: PathBuf,
}

#[derive(Default)]
pub(super) struct Batch {
    pub(super) offered: Vec<OfferedFile>,
    sources: Vec<SourceFile>,
    paths_len_bytes: usize,
    leaves: Option<LeavesWriter>,
    /// Where its pictures are, by index.
    pictures: Vec<(u32, PathBuf)>,
}

impl Batch {
    pub(super) fn note_pictures(&mut self, pictures: &mut Vec<Picture>) {
        let Some(transfer) = self.leaves.as_ref().map(|leaves| leaves.transfer) else {
            return;
        };
        let room = thumbnails::COUNT_MAX.saturating_sub(pictures.len());
        let noted = self.pictures.drain(..).take(room);
        pictures.extend(noted.map(|(file, path)| Picture {
            transfer,
            file,
            path,
        }));
    }

    /// Where the leaves of the next file go. The reason of a failure is for a person.
    pub(super) fn leaves(&mut self, shelf: &Shelf) -> Result<&mut LeavesWriter, String> {
        match &mut self.leaves {
            Some(leaves) => Ok(leaves),
            empty => {
                let leaves = shelf.begin().map_err(|error| describe(&error))?;
                Ok(empty.insert(leaves))
            }
        }
    }

    pub(super) fn push(&mut self, file: Found, source: SourceFile, how: ShareAs) {
        let Found {
            path,
            name,
            size: _,
            modified_ms,
        } = file;
        // The time of a photo is when it was taken, which it is not to tell.
        let modified_ms = modified_ms.filter(|_| how == ShareAs::File);
        let mime = thumbnails::media_type(&path);
        if mime.as_ref().is_some_and(|mime| mime.starts_with("image/")) {
            let index = u32::try_from(self.offered.len()).unwrap_or(u32::MAX);
            self.pictures.push((index, path));
        }
        self.paths_len_bytes += name.to_string().len();
        let (size, root) = (source.size, source.root);
        self.offered.push(OfferedFile {
            path: name,
            size,
            root,
            modified_ms,
            mime,
        });
        self.sources.push(source);
    }

    pub(super) fn finish(self, share: ShareId, more: bool) -> io::Result<Prepared> {
        let leaves = self
            .leaves
            .ok_or_else(|| io::Error::other("nothing to offer"))?;
        let (transfer, leaves) = leaves.finish()?;
        Ok(Prepared {
            share,
            transfer,
            leaves,
            offered: self.offered,
            sources: self.sources,
            more,
        })
    }

    pub(super) fn is_full(&self) -> bool {
        self.offered.len() >= OFFER_FILES_MAX || self.paths_len_bytes >= OFFER_PATHS_MAX_BYTES
    }
}
