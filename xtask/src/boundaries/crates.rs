//! What each crate may depend on.

use std::path::Path;

use serde::Deserialize;

use super::Crossing;

/// Crates that decide and never act: what they use must not act either.
pub(super) const PURE: [&str; 4] = [
    "parlor-app-model",
    "parlor-engine",
    "parlor-photo",
    "parlor-proto",
];

/// Sockets, timers, threads, randomness and windows, by the crates that bring them.
const IMPURE: [&str; 8] = [
    "dioxus",
    "tokio",
    "webrtc",
    "rtc",
    "rand",
    "getrandom",
    "mio",
    "socket2",
];

/// The phones the app is made for.
pub(super) const PHONES: [&str; 2] = ["aarch64-linux-android", "aarch64-apple-ios"];

/// What only desktops have, or what needs a library that phones do not have.
const DESKTOP: [&str; 11] = [
    "arboard",
    "gtk",
    "interprocess",
    "keepawake",
    "muda",
    "notify-rust",
    "opener",
    "openssl-sys",
    "rfd",
    "tray-icon",
    "zbus",
];

/// Where the transport's crates may be depended on: behind core, and measured by themselves.
const TRANSPORT: [&str; 2] = ["webrtc", "rtc"];
const TRANSPORT_HOME: [&str; 2] = ["core", "bench"];

/// Each crate's folder, and the folders of ours it may use. A new crate gets its line here.
const DIRECTION: [(&str, &[&str]); 14] = [
    ("core/proto", &[]),
    ("core/photo", &[]),
    ("core/engine", &["core/proto"]),
    ("core", &["core/engine", "core/photo", "core/proto"]),
    ("core/sim", &["core/engine", "core/proto", "signaling"]),
    (
        "core/fuzz/bodies",
        &["core/engine", "core/photo", "core/proto"],
    ),
    ("core/ffi", &["core", "core/proto"]),
    ("signaling", &["core/proto"]),
    ("app", &["app/model", "core", "core/proto", "signaling"]),
    ("app/model", &["core/engine", "core/proto"]),
    ("cli", &["core", "core/proto", "signaling"]),
    (
        "bench",
        &["core", "core/engine", "core/proto", "emulator", "signaling"],
    ),
    ("emulator", &[]),
    ("xtask", &["emulator"]),
];

/// Crates that nothing depends on, not even a test.
const ENDS: [&str; 3] = ["app", "cli", "core/ffi"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_root: String,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `None` is an ordinary dependency.
    kind: Option<String>,
    /// Set for our own crates only.
    path: Option<String>,
}

/// Checks the output of `cargo tree --prefix none` for one crate.
pub(super) fn check_tree(package: &str, tree: &str) -> Vec<Crossing> {
    let crossing = |name: &str| Crossing {
        place: package.to_owned(),
        rule: format!("depends on `{name}` (see `cargo tree -p {package} -e normal -i {name}`)"),
    };
    found(&IMPURE, tree).into_iter().map(crossing).collect()
}

/// Checks the output of `cargo tree --prefix none` for the app on a phone.
pub(super) fn check_phone(target: &str, tree: &str) -> Vec<Crossing> {
    let crossing = |name: &str| Crossing {
        place: format!("app for {target}"),
        rule: format!(
            "depends on `{name}` (see `cargo tree --target {target} -p parlor-app -e normal -i {name}`)"
        ),
    };
    found(&DESKTOP, tree).into_iter().map(crossing).collect()
}

/// Which of these crates are in a tree, each once.
fn found<'a>(forbidden: &[&str], tree: &'a str) -> Vec<&'a str> {
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    let mut found: Vec<&str> = names.filter(|name| forbidden.contains(name)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Checks `cargo metadata --no-deps`: who of us depends on whom.
pub(super) fn check_direction(metadata: &str) -> Result<Vec<Crossing>, serde_json::Error> {
    let metadata: Metadata = serde_json::from_str(metadata)?;
    let root = Path::new(&metadata.workspace_root);
    let crossings = metadata
        .packages
        .iter()
        .flat_map(|package| check_package(root, package));
    Ok(crossings.collect())
}

fn check_package(root: &Path, package: &Package) -> Vec<Crossing> {
    let place = inside(root, &package.manifest_path);
    let Some(folder) = place.strip_suffix("/Cargo.toml") else {
        return Vec::new();
    };
    let Some((_, allowed)) = DIRECTION.iter().find(|(known, _)| *known == folder) else {
        let rule = format!(
            "`{}` needs a line in xtask/src/boundaries/crates.rs",
            package.name
        );
        return vec![Crossing { place, rule }];
    };
    let rules = package.dependencies.iter().filter_map(|dependency| {
        match dependency.path.as_deref().map(|path| inside(root, path)) {
            Some(target) => check_own(folder, allowed, &target, dependency),
            None => check_foreign(folder, dependency),
        }
    });
    rules
        .map(|rule| Crossing {
            place: place.clone(),
            rule,
        })
        .collect()
}

fn check_own(from: &str, allowed: &[&str], to: &str, dependency: &Dependency) -> Option<String> {
    if ENDS.contains(&to) {
        return Some(format!("nothing depends on `{}`", dependency.name));
    }
    // A test may look at more than what it tests.
    let is_test = dependency.kind.as_deref() == Some("dev");
    (!is_test && !allowed.contains(&to))
        .then(|| format!("{from} must not depend on `{}`", dependency.name))
}

fn check_foreign(from: &str, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    (TRANSPORT.contains(&name) && !TRANSPORT_HOME.contains(&from))
        .then(|| format!("only core depends on `{name}`"))
}

/// The path as seen from the root, with forward slashes.
fn inside(root: &Path, path: &str) -> String {
    let path = Path::new(path);
    let path = path.strip_prefix(root).unwrap_or(path);
    path.components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const TREE: &str = "parlor-engine v0.1.0 (core/engine)\nblake3 v1.8.7\nfastrand v2.3.0\n";

    /// One package below `/p` with one dependency.
    fn metadata(folder: &str, name: &str, kind: Option<&str>, path: Option<&str>) -> String {
        let dependency = serde_json::json!({ "name": name, "kind": kind, "path": path });
        let package = serde_json::json!({
            "name": "some",
            "manifest_path": format!("/p/{folder}/Cargo.toml"),
            "dependencies": [dependency],
        });
        serde_json::json!({ "workspace_root": "/p", "packages": [package] }).to_string()
    }

    fn rules(folder: &str, name: &str, kind: Option<&str>, path: Option<&str>) -> Vec<String> {
        let crossings = check_direction(&metadata(folder, name, kind, path));
        crossings
            .expect("the test writes what cargo writes")
            .iter()
            .map(Crossing::to_string)
            .collect()
    }

    #[test]
    fn a_pure_crate_stays_pure() {
        assert_eq!(check_tree("parlor-engine", TREE), []);
        // Names that only start alike are other crates.
        assert_eq!(
            check_tree("parlor-engine", &format!("{TREE}rand_core v0.9.0\n")),
            []
        );
        let impure = format!("{TREE}tokio v1.54.0\nmio v1.2.0\ntokio v1.54.0 (*)\n");
        let crossings = check_tree("parlor-engine", &impure);
        assert_eq!(crossings.len(), 2);
        assert!(
            crossings
                .iter()
                .any(|crossing| crossing.rule.contains("`tokio`"))
        );
    }

    #[test]
    fn a_phone_has_none_of_what_desktops_have() {
        let tree = "parlor-app v0.1.0\nrfd v0.17.2\nrfd-like v1.0.0\nrfd v0.17.2 (*)\n";
        let crossings = check_phone(PHONES[0], tree);
        assert_eq!(crossings.len(), 1);
        assert!(crossings[0].rule.contains("`rfd`"));
    }

    #[test]
    fn dependencies_point_one_way() {
        assert!(rules("core", "parlor-engine", None, Some("/p/core/engine")).is_empty());
        let wrong = rules("core/engine", "parlor-core", None, Some("/p/core"));
        assert_eq!(
            wrong,
            ["core/engine/Cargo.toml: core/engine must not depend on `parlor-core`"]
        );
        assert_eq!(
            rules(
                "core/proto",
                "parlor-engine",
                Some("build"),
                Some("/p/core/engine")
            )
            .len(),
            1
        );
        assert!(
            rules(
                "core",
                "parlor-signaling",
                Some("dev"),
                Some("/p/signaling")
            )
            .is_empty()
        );
    }

    #[test]
    fn nothing_depends_on_the_ends() {
        for kind in [None, Some("dev")] {
            let wrong = rules("core", "parlor", kind, Some("/p/cli"));
            assert_eq!(wrong, ["core/Cargo.toml: nothing depends on `parlor`"]);
        }
    }

    #[test]
    fn a_crate_without_a_line_is_asked_for_one() {
        let wrong = rules("extra", "serde", None, None);
        assert_eq!(wrong.len(), 1);
        assert!(wrong.iter().all(|rule| rule.contains("needs a line")));
    }

    #[test]
    fn the_transport_is_behind_core() {
        assert!(rules("core", "webrtc", None, None).is_empty());
        assert_eq!(
            rules("cli", "webrtc", None, None),
            ["cli/Cargo.toml: only core depends on `webrtc`"]
        );
        assert_eq!(rules("signaling", "rtc", Some("dev"), None).len(), 1);
    }

    #[test]
    fn an_unknown_answer_is_an_error_and_not_a_pass() {
        assert!(check_direction("{}").is_err());
    }
}
