//! Where the other programs are.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Folders that are looked into before those of `PATH`, separated as there.
const FOLDERS: &str = "PARLOR_BENCH_PEERS";

/// The first program of that name.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let preferred = env::var_os(FOLDERS).unwrap_or_default();
    let path = env::var_os("PATH").unwrap_or_default();
    find_in(name, &preferred).or_else(|| find_in(name, &path))
}

/// A program beside this one: what the same build made.
pub(crate) fn sibling(name: &str) -> Option<PathBuf> {
    let own = env::current_exe().ok()?;
    Some(own.parent()?.join(name)).filter(|path| path.is_file())
}

/// What `--version` says, without the name.
pub(crate) fn version(program: &Path) -> Option<String> {
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    version_of(&text)
}

fn version_of(text: &str) -> Option<String> {
    let words = text.split_whitespace();
    words
        .filter(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .map(str::to_owned)
        .next()
}

fn find_in(name: &str, folders: &OsStr) -> Option<PathBuf> {
    env::split_paths(folders)
        .filter(|folder| !folder.as_os_str().is_empty())
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_the_word_that_begins_with_a_digit() {
        assert_eq!(version_of("sendme 0.37.1\n").as_deref(), Some("0.37.1"));
        assert_eq!(version_of("no version here"), None);
    }

    #[test]
    fn a_program_is_found_in_the_first_folder_that_has_it() {
        let (empty, full) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(full.path().join("tool"), "").unwrap();
        let folders = env::join_paths([empty.path(), full.path()]).unwrap();
        assert_eq!(find_in("tool", &folders), Some(full.path().join("tool")));
        assert_eq!(find_in("other", &folders), None);
    }
}
