//! Which crates are inside the app, and what they say about themselves.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde::Deserialize;

use crate::shell::{TaskError, cargo, read};

/// What the app is built for. The list is the same wherever it is made.
const TARGETS: [&str; 9] = [
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-pc-windows-msvc",
    "aarch64-apple-darwin",
    "aarch64-linux-android",
    "armv7-linux-androideabi",
    "x86_64-linux-android",
    "aarch64-apple-ios",
    "aarch64-apple-ios-sim",
];

const APP: &str = "parlor-app";

/// How `cargo tree` marks crates that run in the compiler.
const MACRO: &str = "(proc-macro)";

/// A crate, by its own account.
#[derive(Debug, Clone)]
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) version: String,
    /// An SPDX expression, or the old form with a slash.
    pub(super) licence: String,
    pub(super) authors: Vec<String>,
    pub(super) repository: Option<String>,
    pub(super) folder: PathBuf,
}

/// Names and versions of the crates of others that are in the app on any of its systems: all that
/// is linked, and the macros, whose output is. Not what only builds or tests it.
pub(super) fn inside() -> Result<BTreeSet<(String, String)>, TaskError> {
    let linked = tree("normal,no-proc-macro")?;
    let all = tree("normal")?;
    let macros = all.lines().filter(|line| line.contains(MACRO));
    let lines = linked.lines().chain(macros);
    Ok(lines.filter_map(foreign).collect())
}

fn tree(edges: &str) -> Result<String, TaskError> {
    let mut command = cargo(&["tree", "--locked", "--package", APP, "--edges", edges]);
    command.args(["--prefix", "none", "--format", "{p}"]);
    for target in TARGETS {
        command.args(["--target", target]);
    }
    read(&mut command)
}

/// Name and version of a line as in `quote v1.0.0 (*)`; nothing for a crate of our own, which has
/// its folder there.
fn foreign(line: &str) -> Option<(String, String)> {
    let mut parts = line.split_whitespace();
    let (name, version) = (parts.next()?, parts.next()?.strip_prefix('v')?);
    let is_ours = parts.any(|part| part != MACRO && part != "(*)");
    (!is_ours).then(|| (name.to_owned(), version.to_owned()))
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    license_file: Option<String>,
    authors: Vec<String>,
    repository: Option<String>,
    manifest_path: PathBuf,
}

/// The crates of [`inside`] with what they say about themselves, by name and version.
pub(super) fn described() -> Result<Vec<Crate>, TaskError> {
    let inside = inside()?;
    let mut command = cargo(&["metadata", "--locked", "--format-version", "1"]);
    for target in TARGETS {
        command.args(["--filter-platform", target]);
    }
    let metadata: Metadata =
        serde_json::from_str(&read(&mut command)?).map_err(|error| TaskError::Unreadable {
            command: "cargo metadata".to_owned(),
            reason: error.to_string(),
        })?;
    let mut packages = metadata.packages;
    packages.retain(|package| inside.contains(&(package.name.clone(), package.version.clone())));
    packages.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
    Ok(packages.into_iter().map(describe).collect())
}

fn describe(package: Package) -> Crate {
    let mut folder = package.manifest_path;
    folder.pop();
    Crate {
        name: package.name,
        version: package.version,
        licence: package.license.or(package.license_file).unwrap_or_default(),
        authors: package.authors,
        repository: package.repository,
        folder,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_tree_is_a_crate_and_its_version() {
        let quote = Some(("quote".to_owned(), "1.0.40".to_owned()));
        assert_eq!(foreign("quote v1.0.40"), quote);
        assert_eq!(foreign("quote v1.0.40 (proc-macro) (*)"), quote);
        assert_eq!(foreign(""), None);
    }

    #[test]
    fn our_own_crates_are_not_the_work_of_others() {
        assert_eq!(foreign("parlor-core v0.1.0 (/home/ada/parlor/core)"), None);
    }
}
