//! The release programs under faults: killed, stopped, and short of room in mid-transfer.
//!
//! Real processes talk over real sockets and disks, so this takes long and is no part of the tests.
//! It measures what a person would lose: bytes, time and memory. Linux only, because the figures
//! come from `/proc`.
//!
//! - [`bulk`]: large files, many files, and a receiver that does not read.
//! - [`full`]: a disk without room.
//! - [`heard`]: what a program has said in JSON lines.
//! - [`kills`]: programs that are killed and started again.
//! - [`outcome`]: figures, limits and the final table.
//! - [`paths`]: networks that go away, change, or block a lane.
//! - [`proc`]: what the system knows of a process.
//! - [`running`]: a program that runs.
//! - [`stage`]: a server, two people and their folders.
//! - [`trees`]: folders that are written and compared.
//! - [`volume`]: disks of a chosen size.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, ValueEnum};

use crate::shell::{TaskError, cargo, root, run as shell_run};

mod bulk;
mod full;
mod heard;
mod kills;
mod outcome;
mod paths;
mod proc;
mod running;
mod stage;
mod trees;
mod volume;

use outcome::{Outcome, row, table_head};
use paths::Happens;

/// Bytes in a mebibyte.
pub(crate) const MIB: u64 = 1024 * 1024;

/// What to try, and how much of it.
#[derive(Debug, Args)]
pub(crate) struct Settings {
    /// Kills of each fault that kills
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    kills: u32,
    /// Size of the files that are sent under kills
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = clap::value_parser!(u64).range(8..=65_536))]
    mib: u64,
    /// Size of the file of `huge-sparse`, in units of 1,000,000,000 bytes
    #[arg(long, value_name = "GB", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    huge_gb: u64,
    /// Try this fault alone; may be given more than once
    #[arg(long, value_name = "NAME", value_enum)]
    only: Vec<Fault>,
    /// Which random files and moments; a new one each time unless given
    #[arg(long)]
    seed: Option<u64>,
}

/// A fault by its name on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Fault {
    /// The receiver is killed and started again.
    ReceiverKilled,
    /// The sender is killed and started again.
    SenderKilled,
    /// One, the other or both are killed and started again.
    BothKilled,
    /// The receiver stands still for six seconds.
    SlowReader,
    /// Ten thousand files of one to four kibibytes.
    SmallFiles,
    /// A sparse file of 100 GB.
    HugeSparse,
    /// The receiver's disk has no room until something is deleted.
    DiskFull,
    /// A file of 4 GiB.
    Memory,
    /// The path is down for five seconds.
    #[value(name = "down-5s")]
    Down5s,
    /// The path is down for forty seconds.
    #[value(name = "down-40s")]
    Down40s,
    /// The receiver gets another address.
    NewAddress,
    /// QUIC passes no more.
    LaneBlocked,
}

/// Why a fault could not be tried to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FaultError {
    #[error("{what}: {source}")]
    Io { what: String, source: io::Error },
    #[error("{what} did not happen within {limit_s} s\n{story}")]
    Late {
        what: String,
        limit_s: u64,
        story: String,
    },
    #[error("{what}\n{story}")]
    Ended { what: String, story: String },
    #[error("{0}")]
    Impossible(String),
}

impl FaultError {
    /// Names what was tried when the system said no.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }
}

/// Where the programs are and what is asked of them.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) parlor: PathBuf,
    pub(crate) server: PathBuf,
    /// Where temporary folders are made: a disk, which a folder for temporary files may not be.
    pub(crate) scratch: PathBuf,
    pub(crate) kills: u32,
    pub(crate) file_bytes: u64,
    pub(crate) huge_bytes: u64,
}

/// Tries the faults; an error if any had an outcome beyond its limit.
pub(crate) fn run(settings: &Settings) -> Result<(), TaskError> {
    let mut build = cargo(&["build", "--release", "--locked"]);
    shell_run(build.args(["-p", "parlor", "-p", "parlor-signaling"]))?;
    let plan = plan(settings)?;
    let seed = settings.seed.unwrap_or_else(seed_of_now);
    println!("seed {seed}");
    let chosen = Fault::value_variants().iter().zip(0_u64..);
    let chosen =
        chosen.filter(|(fault, _)| settings.only.is_empty() || settings.only.contains(fault));
    let mut rows = Vec::new();
    let mut failed = Vec::new();
    for (&fault, index) in chosen {
        // Each has its own, so that it is the same one whether or not others went before.
        let rng = fastrand::Rng::with_seed(seed.wrapping_add(index));
        let outcome = try_one(fault, &plan, rng).unwrap_or_else(|error| {
            eprintln!("{}: {error}", name(fault));
            Outcome::broken(&error)
        });
        let row = row(&name(fault), &outcome);
        println!("{row}");
        rows.push(row);
        if outcome.has_failed() {
            failed.push(name(fault));
        }
    }
    println!("\nseed {seed}\n\n{}\n{}", table_head(), rows.join("\n"));
    if failed.is_empty() {
        Ok(())
    } else {
        let steps = failed.join(", ");
        Err(TaskError::StepsFailed { steps })
    }
}

fn plan(settings: &Settings) -> Result<Plan, TaskError> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = root().join(target.unwrap_or_else(|| "target".into()));
    let scratch = target.join("faults");
    std::fs::create_dir_all(&scratch).map_err(|source| TaskError::File {
        path: scratch.display().to_string(),
        source,
    })?;
    Ok(Plan {
        parlor: target.join("release/parlor"),
        server: target.join("release/parlor-signaling"),
        scratch,
        kills: settings.kills,
        file_bytes: settings.mib * MIB,
        huge_bytes: settings.huge_gb * 1_000_000_000,
    })
}

fn try_one(fault: Fault, plan: &Plan, rng: fastrand::Rng) -> Result<Outcome, FaultError> {
    match fault {
        Fault::ReceiverKilled => Ok(kills::run(plan, rng, kills::Whom::Receiver)),
        Fault::SenderKilled => Ok(kills::run(plan, rng, kills::Whom::Sender)),
        Fault::BothKilled => Ok(kills::run(plan, rng, kills::Whom::Any)),
        Fault::SlowReader => bulk::slow_reader(plan, rng),
        Fault::SmallFiles => bulk::small_files(plan, rng),
        Fault::HugeSparse => bulk::huge_sparse(plan),
        Fault::DiskFull => full::run(plan, rng),
        Fault::Memory => bulk::memory(plan, rng),
        Fault::Down5s => paths::run(plan, rng, Happens::Down(Duration::from_secs(5))),
        Fault::Down40s => paths::run(plan, rng, Happens::Down(Duration::from_secs(40))),
        Fault::NewAddress => paths::run(plan, rng, Happens::NewAddress),
        Fault::LaneBlocked => paths::run(plan, rng, Happens::LaneBlocked),
    }
}

fn name(fault: Fault) -> String {
    let value = fault.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

fn seed_of_now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    // Short enough to type.
    now.map_or(1, |now| now.as_secs() % 1_000_000)
}
