//! Folders that are written and compared.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::{FaultError, MIB};

/// Where a receiver keeps what is not whole.
const PARTIALS: &str = ".parlor-partial";

/// Bytes written and compared at a time.
const PIECE_BYTES: usize = 1024 * 1024;

/// How a folder differs from what it should hold.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Differences {
    /// Files with other bytes under the right name.
    pub(crate) corrupt: usize,
    pub(crate) missing: usize,
    /// Files that nobody sent, such as a second copy.
    pub(crate) extra: usize,
    /// Files among the partials.
    pub(crate) partials: usize,
}

impl Differences {
    /// One sentence for each kind.
    pub(crate) fn problems(&self) -> Vec<String> {
        let kinds = [
            (self.corrupt, "corrupt"),
            (self.missing, "missing"),
            (self.extra, "not sent by anybody"),
            (self.partials, "left among the partials"),
        ];
        let some = kinds.into_iter().filter(|(count, _)| *count > 0);
        some.map(|(count, what)| format!("{count} files {what}"))
            .collect()
    }
}

/// Compares every byte below two folders.
pub(crate) fn compare(from: &Path, to: &Path) -> Result<Differences, FaultError> {
    let failed = |folder: &Path| FaultError::io(folder.display().to_string());
    let wanted = list(from).map_err(failed(from))?;
    let found = list(to).map_err(failed(to))?;
    let (partials, found): (BTreeSet<_>, BTreeSet<_>) = found
        .into_iter()
        .partition(|path| path.starts_with(PARTIALS));
    let mut differences = Differences {
        partials: partials.len(),
        missing: wanted.difference(&found).count(),
        extra: found.difference(&wanted).count(),
        corrupt: 0,
    };
    for path in wanted.intersection(&found) {
        let is_same = is_same(&from.join(path), &to.join(path)).map_err(failed(path))?;
        differences.corrupt += usize::from(!is_same);
    }
    Ok(differences)
}

/// Whether two files hold the same bytes.
pub(crate) fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let mut one = BufReader::with_capacity(PIECE_BYTES, one);
    let mut other = BufReader::with_capacity(PIECE_BYTES, other);
    let (mut left, mut right) = (vec![0; PIECE_BYTES], vec![0; PIECE_BYTES]);
    loop {
        let len = one.read(&mut left)?;
        let (Some(left), Some(right)) = (left.get(..len), right.get_mut(..len)) else {
            return Ok(false);
        };
        if len == 0 {
            return Ok(true);
        }
        other.read_exact(right)?;
        if left != right {
            return Ok(false);
        }
    }
}

/// Writes a file of random bytes.
pub(crate) fn write_noise(
    path: &Path,
    len_bytes: u64,
    rng: &mut fastrand::Rng,
) -> Result<(), FaultError> {
    let write = |rng: &mut fastrand::Rng| -> io::Result<()> {
        let mut file = File::create(path)?;
        let mut piece = vec![0; PIECE_BYTES];
        let mut left = len_bytes;
        while left > 0 {
            rng.fill(&mut piece);
            let len = left.min(MIB);
            let len_in_memory = usize::try_from(len).unwrap_or(PIECE_BYTES);
            file.write_all(piece.get(..len_in_memory).unwrap_or(&piece))?;
            left -= len;
        }
        Ok(())
    };
    write(rng).map_err(FaultError::io(path.display().to_string()))
}

/// Writes a file of zeros that takes no space.
pub(crate) fn write_sparse(path: &Path, len_bytes: u64) -> Result<(), FaultError> {
    let written = File::create(path).and_then(|file| file.set_len(len_bytes));
    written.map_err(FaultError::io(path.display().to_string()))
}

/// Relative paths of the files below a folder; none if it is not there.
fn list(folder: &Path) -> io::Result<BTreeSet<PathBuf>> {
    let mut files = BTreeSet::new();
    let mut left = vec![folder.to_owned()];
    if !folder.exists() {
        return Ok(files);
    }
    while let Some(path) = left.pop() {
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            // A new volume has it.
            if entry.file_name() == "lost+found" {
                continue;
            }
            if entry.file_type()?.is_dir() {
                left.push(entry.path());
            } else if let Ok(name) = entry.path().strip_prefix(folder) {
                files.insert(name.to_owned());
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        folder
    }

    #[test]
    fn the_same_trees_do_not_differ() {
        let files = [("a", "1"), ("b/c", "2")];
        let differences = compare(folder(&files).path(), folder(&files).path()).unwrap();
        assert_eq!(differences, Differences::default());
    }

    #[test]
    fn every_kind_of_difference_is_counted() {
        let from = folder(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let to = folder(&[
            ("a", "x"),
            ("b", "2"),
            ("b (2)", "2"),
            (".parlor-partial/p", ""),
        ]);
        let differences = compare(from.path(), to.path()).unwrap();
        let one_each = Differences {
            corrupt: 1,
            missing: 1,
            extra: 1,
            partials: 1,
        };
        assert_eq!(differences, one_each);
        assert_eq!(differences.problems().len(), 4);
    }

    #[test]
    fn noise_has_its_length_and_follows_the_seed() {
        let folder = folder(&[]);
        let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
        for path in [&one, &other] {
            write_noise(path, MIB + 3, &mut fastrand::Rng::with_seed(7)).unwrap();
        }
        assert_eq!(fs::metadata(&one).unwrap().len(), MIB + 3);
        assert!(is_same(&one, &other).unwrap());
    }
}
