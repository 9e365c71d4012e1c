//! The checks that no compiler and no lint makes: what each crate and each file may use.
//!
//! Each check is a function from text to [`Crossing`]s, tested on texts that must fail; this
//! module feeds them with the files of the tree and with what cargo says about it.

use std::fmt;
use std::fs;
use std::path::Path;

use crate::shell::{TaskError, cargo, read, root};

mod crates;
mod sources;

/// Folders that hold no source: build output and what tools keep for themselves.
const SKIPPED_FOLDERS: [&str; 3] = ["target", "node_modules", ".git"];

/// Larger files are data, not text that somebody wrote.
const TEXT_MAX_BYTES: u64 = 1024 * 1024;

/// One place where the tree breaks a rule.
#[derive(Debug, PartialEq, Eq)]
struct Crossing {
    /// A file, a line in a file, or a crate.
    place: String,
    /// The rule and the way out, in one sentence.
    rule: String,
}

impl fmt::Display for Crossing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.rule)
    }
}

/// Checks the whole tree and names everything that is wrong with it.
pub(crate) fn check() -> Result<(), TaskError> {
    let mut crossings = Vec::new();
    check_folder(&root(), "", &mut crossings)?;
    for name in crates::PURE {
        let args = [
            "tree", "--locked", "-p", name, "-e", "normal", "--prefix", "none",
        ];
        crossings.extend(crates::check_tree(name, &read(&mut cargo(&args))?));
    }
    for target in crates::PHONES {
        let args = [
            "tree",
            "--locked",
            "-p",
            "parlor-app",
            "-e",
            "normal",
            "--prefix",
            "none",
            "--target",
            target,
        ];
        crossings.extend(crates::check_phone(target, &read(&mut cargo(&args))?));
    }
    let args = ["metadata", "--locked", "--no-deps", "--format-version", "1"];
    let metadata = read(&mut cargo(&args))?;
    crossings.extend(crates::check_direction(&metadata).map_err(|error| {
        TaskError::Unreadable {
            command: "cargo metadata".to_owned(),
            reason: error.to_string(),
        }
    })?);
    for crossing in &crossings {
        eprintln!("{crossing}");
    }
    let count = crossings.len();
    if count == 0 {
        Ok(())
    } else {
        Err(TaskError::BoundariesCrossed { count })
    }
}

/// Walks the tree itself instead of asking git: a downloaded archive has to pass too.
fn check_folder(
    folder: &Path,
    inside: &str,
    crossings: &mut Vec<Crossing>,
) -> Result<(), TaskError> {
    let unreadable = |source| TaskError::File {
        path: folder.display().to_string(),
        source,
    };
    let entries: Result<Vec<_>, _> = fs::read_dir(folder).map_err(unreadable)?.collect();
    let mut entries = entries.map_err(unreadable)?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if inside.is_empty() {
            name.clone()
        } else {
            format!("{inside}/{name}")
        };
        let kind = entry.file_type().map_err(unreadable)?;
        if kind.is_dir() && !SKIPPED_FOLDERS.contains(&name.as_str()) {
            check_folder(&entry.path(), &path, crossings)?;
        } else if kind.is_file() && entry.metadata().map_err(unreadable)?.len() <= TEXT_MAX_BYTES {
            let bytes = fs::read(entry.path()).map_err(unreadable)?;
            // What is not UTF-8 is an icon or a font.
            if let Ok(text) = String::from_utf8(bytes) {
                crossings.extend(sources::check(&path, &text));
            }
        }
    }
    Ok(())
}
