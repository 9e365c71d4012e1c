//! The bench with everything it needs: release builds of ours, and the programs it compares.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{TaskError, cargo, root, run as shell_run};

/// The peers from registries, at the versions the written results are of.
const SENDME: &str = "sendme@0.37.1";
const WORMHOLE: [&str; 2] = ["magic-wormhole", "magic-wormhole-mailbox-server"];

/// Builds, fetches what is missing and measures. A peer that cannot be had is left out by the bench
/// itself, with its reason.
pub(crate) fn run(arguments: &[String]) -> Result<(), TaskError> {
    let ours = ["-p", "parlor", "-p", "parlor-bench"];
    shell_run(cargo(&["build", "--release", "--locked"]).args(ours))?;
    let peers = root().join("target/bench");
    for (name, fetched) in [
        ("sendme", fetch_sendme(&peers)),
        ("magic-wormhole", fetch_wormhole(&peers)),
    ] {
        if let Err(error) = fetched {
            eprintln!("{name} cannot be had here: {error}");
        }
    }
    let mut bench = Command::new(root().join("target/release/parlor-bench"));
    bench.arg("run").args(arguments);
    bench
        .current_dir(root())
        .env("PARLOR_BENCH_PEERS", folders(&peers));
    shell_run(&mut bench)
}

/// Where the bench looks for peers first; what the person named stays ahead of ours.
fn folders(peers: &Path) -> std::ffi::OsString {
    let own = [peers.join("bin"), peers.join("wormhole/bin")];
    let named = std::env::var_os("PARLOR_BENCH_PEERS").unwrap_or_default();
    let named = std::env::split_paths(&named).collect::<Vec<PathBuf>>();
    std::env::join_paths(named.iter().chain(&own)).unwrap_or_default()
}

fn is_there(name: &str, folder: &Path) -> bool {
    let named = std::env::var_os("PARLOR_BENCH_PEERS").unwrap_or_default();
    let mut folders = std::env::split_paths(&named);
    folder.join(name).exists() || folders.any(|folder| folder.join(name).exists())
}

fn fetch_sendme(peers: &Path) -> Result<(), TaskError> {
    if is_there("sendme", &peers.join("bin")) {
        return Ok(());
    }
    let mut install = cargo(&["install", "--locked", SENDME, "--root"]);
    shell_run(install.arg(peers))
}

fn fetch_wormhole(peers: &Path) -> Result<(), TaskError> {
    let environment = peers.join("wormhole");
    if is_there("wormhole", &environment.join("bin")) {
        return Ok(());
    }
    shell_run(
        Command::new("python3")
            .args(["-m", "venv"])
            .arg(&environment),
    )?;
    let mut install = Command::new(environment.join("bin/pip"));
    shell_run(install.args(["install", "--quiet"]).args(WORMHOLE))
}
