//! Looks whether an earlier life of the program finished a file without saying so.

use std::io;

use parlor_proto::frame::OfferedFile;

use super::naming::names;
use super::partial::{self, SAME_CONTENT_MAX, stem};
use super::volume::{Volume, VolumeFile};

/// Files of the same name and size that are hashed before the search is given up.
const HASHED_MAX: u32 = 8;

/// Read at once while hashing.
const BLOCK_BYTES: usize = 128 * 1024;

/// Where a file of the offered name, or of a number after it, with the offered content is, for a
/// person to read; its name is durable then. What cannot be looked at is not the file, nor is any
/// once `is_over` says that nobody waits for the answer.
pub(super) fn find<V: Volume>(
    volume: &V,
    offered: &OfferedFile,
    is_over: &dyn Fn() -> bool,
) -> Option<String> {
    let mut folders = vec![volume.root().ok()?];
    for component in offered.path.folders() {
        let folder = volume.enter(folders.last()?, component.as_str()).ok()?;
        folders.push(folder);
    }
    let mut hashed = 0;
    for name in names(&offered.path) {
        let file = match volume.open_stored(folders.last()?, name.as_str()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(_) => continue,
            Ok(file) => file,
        };
        if file.len_bytes().ok() != Some(offered.size) {
            continue;
        }
        if hash(&file, is_over).ok() == Some(offered.root) {
            for folder in &folders {
                volume.sync_folder(folder).ok()?;
            }
            let path = offered.path.with_file_name(name).to_string();
            return Some(volume.path().join(path).to_string_lossy().into_owned());
        }
        hashed += 1;
        if hashed == HASHED_MAX {
            return None;
        }
    }
    None
}

fn hash<F: VolumeFile>(file: &F, is_over: &dyn Fn() -> bool) -> io::Result<[u8; 32]> {
    let (mut hasher, mut buffer) = (blake3::Hasher::new(), vec![0; BLOCK_BYTES]);
    let mut at = 0;
    loop {
        if is_over() {
            return Err(io::Error::other("the room is over"));
        }
        let read = file.read_at(at, &mut buffer)?;
        if read == 0 {
            return Ok(*hasher.finalize().as_bytes());
        }
        hasher.update(buffer.get(..read).unwrap_or_default());
        at += read as u64;
    }
}

/// Removes the partials of a content that is here already, but those that somebody works on.
pub(super) fn forget_partials<V: Volume>(volume: &V, offered: &OfferedFile) {
    for number in 0..SAME_CONTENT_MAX {
        let stem = stem(offered, number);
        if let Some(_held) = partial::lock(volume, &stem) {
            partial::remove(volume, &stem);
        }
    }
}
