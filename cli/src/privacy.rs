//! What files tell about whoever sends them, said before they go.

use std::path::{Path, PathBuf};

use parlor_core::picture::tells_place;
use parlor_core::room::ShareAs;

use crate::report::Reporter;

/// Files looked into for a place; the first one that has it is enough.
const FILES_MAX: usize = 1000;

/// Folders inside folders that are looked into.
const DEPTH_MAX: usize = 16;

const AS_PHOTOS: &str = "Pictures go without location and camera data.";

/// Tells which way the files go, where that makes a difference to a person.
pub(crate) async fn tell(paths: &[PathBuf], how: ShareAs, reporter: &mut Reporter) {
    if how == ShareAs::Photo {
        reporter.note(AS_PHOTOS);
        return;
    }
    let paths = paths.to_vec();
    let look = tokio::task::spawn_blocking(move || file_with_place(&paths));
    if let Ok(Some(path)) = look.await {
        let name = path.file_name().unwrap_or(path.as_os_str());
        reporter.note(format!(
            "Files go exactly as they are, location data included: {} says where it was taken. \
             To send pictures without it, use --as-photos, or /photo in a room.",
            name.display()
        ));
    }
}

/// The first file at or below the paths that says where it was taken. Links are not followed.
fn file_with_place(paths: &[PathBuf]) -> Option<PathBuf> {
    let mut left: Vec<(PathBuf, usize)> = paths.iter().rev().map(|p| (p.clone(), 0)).collect();
    let mut looked_at = 0;
    while let Some((path, depth)) = left.pop() {
        if looked_at >= FILES_MAX {
            return None;
        }
        if path.is_dir() {
            if depth < DEPTH_MAX
                && let Ok(entries) = path.read_dir()
            {
                let inside = entries.flatten().take(FILES_MAX).map(|entry| entry.path());
                let inside = inside.filter(|path| !is_link(path));
                left.extend(inside.map(|path| (path, depth + 1)));
            }
            continue;
        }
        looked_at += 1;
        if tells_place(&path) {
            return Some(path);
        }
    }
    None
}

fn is_link(path: &Path) -> bool {
    path.symlink_metadata()
        .is_ok_and(|metadata| metadata.is_symlink())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The start of a JPEG whose EXIF has a directory of places.
    const WITH_PLACE: &[u8] = b"\xFF\xD8\xFF\xE1\0\x22Exif\0\0\
        II*\0\x08\0\0\0\x01\0\x25\x88\x04\0\x01\0\0\0\x1A\0\0\0\0\0\0\0";

    #[test]
    fn a_picture_with_a_place_is_found_below_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("trip/day 1");
        std::fs::create_dir_all(&inner).unwrap();
        std::fs::write(inner.join("notes.txt"), b"hello").unwrap();
        let paths = [folder.path().to_owned()];
        assert_eq!(file_with_place(&paths), None);
        let photo = inner.join("harbour.jpg");
        std::fs::write(&photo, WITH_PLACE).unwrap();
        assert_eq!(file_with_place(&paths), Some(photo));
    }
}
