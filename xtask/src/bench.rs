//! The bench with everything it needs: release builds of ours, and the programs it compares.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::shell::{TaskError, cargo, root, run as shell_run};

/// The peers from registries, at the versions the written results are of.
const SENDME: &str = "sendme@0.37.1";
const WORMHOLE: [&str; 2] = ["magic-wormhole", "magic-wormhole-mailbox-server"];

/// Names folders that the bench looks for peers in.
const FOLDERS: &str = "PARLOR_BENCH_PEERS";

/// Builds, fetches what is missing and measures. A peer that cannot be had is left out by the bench
/// itself, with its reason.
pub(crate) fn run(arguments: &[String]) -> Result<(), TaskError> {
    let ours = ["-p", "parlor", "-p", "parlor-bench"];
    shell_run(cargo(&["build", "--release", "--locked"]).args(ours))?;
    let peers = root().join("target/bench");
    let folders = folders(&peers);
    for (name, fetched) in [
        ("sendme", fetch_sendme(&peers, &folders)),
        ("magic-wormhole", fetch_wormhole(&peers, &folders)),
    ] {
        if let Err(error) = fetched {
            eprintln!("{name} cannot be had here: {error}");
        }
    }
    let mut bench = Command::new(root().join("target/release/parlor-bench"));
    // Over loopback, unless the arguments begin with another task.
    if arguments.first().is_none_or(|first| first.starts_with('-')) {
        bench.arg("run");
    }
    bench.args(arguments).current_dir(root());
    bench.env(FOLDERS, env::join_paths(&folders).unwrap_or_default());
    shell_run(&mut bench)
}

/// Where peers are looked for; what the person named stays ahead of ours.
fn folders(peers: &Path) -> Vec<PathBuf> {
    let named = env::var_os(FOLDERS).unwrap_or_default();
    let own = [peers.join("bin"), peers.join("wormhole/bin")];
    env::split_paths(&named).chain(own).collect()
}

fn is_there(name: &str, folders: &[PathBuf]) -> bool {
    folders.iter().any(|folder| folder.join(name).exists())
}

fn fetch_sendme(peers: &Path, folders: &[PathBuf]) -> Result<(), TaskError> {
    if is_there("sendme", folders) {
        return Ok(());
    }
    let mut install = cargo(&["install", "--locked", SENDME, "--root"]);
    shell_run(install.arg(peers))
}

fn fetch_wormhole(peers: &Path, folders: &[PathBuf]) -> Result<(), TaskError> {
    if is_there("wormhole", folders) {
        return Ok(());
    }
    let environment = peers.join("wormhole");
    let mut make = Command::new("python3");
    shell_run(make.args(["-m", "venv"]).arg(&environment))?;
    let mut install = Command::new(environment.join("bin/pip"));
    shell_run(install.args(["install", "--quiet"]).args(WORMHOLE))
}
