//! The files at and below what a person chose.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use parlor_proto::limits::FILE_MAX_BYTES;
use parlor_proto::name::SafePath;
use walkdir::WalkDir;

use super::describe;

/// Files of one share: beyond this the list alone no longer fits a phone's memory.
const SHARE_FILES_MAX: usize = 100_000;

pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) name: SafePath,
    pub(super) size: u64,
    pub(super) modified_ms: Option<u64>,
}

/// Every regular file at or below the paths, and what is wrong with the others.
pub(super) fn find(paths: &[PathBuf]) -> (Vec<Found>, Vec<(PathBuf, String)>) {
    let (mut found, mut failed) = (Vec::new(), Vec::new());
    if paths.is_empty() {
        failed.push((PathBuf::new(), "nothing was chosen".to_owned()));
    }
    for path in paths {
        let before = found.len() + failed.len();
        let base = path.canonicalize().unwrap_or_else(|_| path.clone());
        let parent = base.parent().unwrap_or(Path::new("")).to_owned();
        for entry in WalkDir::new(&base).sort_by_file_name() {
            match entry {
                Err(error) => {
                    let at = error.path().unwrap_or(path).to_owned();
                    let reason = error.io_error().map_or_else(|| error.to_string(), describe);
                    failed.push((at, reason));
                }
                Ok(entry) if entry.file_type().is_file() => match look_at(entry.path(), &parent) {
                    Ok(file) => found.push(file),
                    Err(reason) => failed.push((entry.path().to_owned(), reason)),
                },
                // Links are not followed: they may lead out of the folder that was chosen.
                Ok(_) => {}
            }
            if found.len() > SHARE_FILES_MAX {
                let reason = format!("more than {SHARE_FILES_MAX} files at once");
                return (Vec::new(), vec![(path.clone(), reason)]);
            }
        }
        if found.len() + failed.len() == before {
            failed.push((path.clone(), "there is no file in it".to_owned()));
        }
    }
    (found, failed)
}

fn look_at(path: &Path, parent: &Path) -> Result<Found, String> {
    let metadata = std::fs::metadata(path).map_err(|error| describe(&error))?;
    if metadata.len() > FILE_MAX_BYTES {
        return Err("the file is too large".to_owned());
    }
    let relative = path.strip_prefix(parent).unwrap_or(path);
    let since = |time: SystemTime| time.duration_since(UNIX_EPOCH).ok();
    let modified = metadata.modified().ok().and_then(since);
    Ok(Found {
        path: path.to_owned(),
        name: SafePath::sanitise(&relative.to_string_lossy()),
        size: metadata.len(),
        modified_ms: modified.and_then(|age| u64::try_from(age.as_millis()).ok()),
    })
}
