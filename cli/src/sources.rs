//! What was to be sent, as it looked at the start: tells our own trouble from the receiver's.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::exit::{Code, Failure};

/// Files remembered; beyond this, only the first ones are compared.
const FILES_MAX: usize = 100_000;

type Look = (u64, Option<SystemTime>);

/// Size and time of every file that was to be sent.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    files: BTreeMap<PathBuf, Look>,
}

impl Sources {
    /// Looks at every file at or below the paths. Links are left out, as they are not sent.
    pub(crate) fn look(paths: &[PathBuf]) -> Self {
        let mut sources = Self::default();
        let mut left: Vec<PathBuf> = paths.to_vec();
        while let Some(path) = left.pop() {
            if sources.files.len() >= FILES_MAX {
                break;
            }
            if let Ok(entries) = path.read_dir() {
                let inside = entries.flatten().filter(|e| !is_link(&e.path()));
                left.extend(inside.map(|entry| entry.path()));
            } else if let Some(look) = look_at(&path) {
                sources.files.insert(path, look);
            }
        }
        sources
    }

    /// Blames a failed file on this machine where one of ours has changed or gone.
    pub(crate) fn explain(&self, failure: Failure) -> Failure {
        if failure.code != Code::Incomplete {
            return failure;
        }
        let mut files = self.files.iter();
        match files.find(|(path, look)| look_at(path).as_ref() != Some(*look)) {
            None => failure,
            Some((path, _)) => Failure::new(
                Code::LocalFile,
                format!(
                    "{} changed or went away while it was sent; send it again.",
                    path.display()
                ),
            ),
        }
    }
}

fn is_link(path: &Path) -> bool {
    path.symlink_metadata()
        .is_ok_and(|metadata| metadata.is_symlink())
}

fn look_at(path: &Path) -> Option<Look> {
    let metadata = path.metadata().ok()?;
    Some((metadata.len(), metadata.modified().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_is_our_own_trouble() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, b"before").unwrap();
        let sources = Sources::look(&[folder.path().to_owned()]);
        let incomplete = Failure::new(Code::Incomplete, "1 of 1 files did not arrive");
        assert_eq!(sources.explain(incomplete.clone()), incomplete);
        std::fs::write(&file, b"afterwards").unwrap();
        let explained = sources.explain(incomplete.clone());
        assert_eq!(explained.code, Code::LocalFile);
        assert!(explained.message.contains("file"), "{explained}");
        std::fs::remove_file(&file).unwrap();
        assert_eq!(sources.explain(incomplete).code, Code::LocalFile);
        let lost = Failure::new(Code::ConnectionLost, "lost");
        assert_eq!(sources.explain(lost.clone()), lost);
    }
}
