//! The tasks of this repository: `cargo xtask <command>`, or `./dev` which also checks the machine.
//!
//! - [`mod@bench`]: Parlor beside other programs, measured in one run.
//! - [`ci`]: every check that a change has to pass, each callable by its name.
//! - [`boundaries`]: the checks that no compiler and no lint makes.
//! - `faults`: the release programs, killed, stopped and starved in mid-transfer; on Linux.
//! - [`licences`]: whose work is inside the app, for the app to show.
//! - [`names`]: a million hostile file names, none of which may leave the folder.
//! - [`run`]: starts Parlor as well as this machine can show it.
//! - [`setup`]: fetches what the other commands need.
//! - [`shell`]: how all of them start other programs.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod bench;
mod boundaries;
mod ci;
#[cfg(target_os = "linux")]
mod faults;
mod licences;
mod names;
mod run;
#[cfg(target_os = "linux")]
mod screenshots;
mod setup;
mod shell;

/// The tasks of the Parlor repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measure Parlor beside other programs; arguments go to the bench (see --help behind --).
    Bench {
        /// Such as `--mib 512 --rounds 3`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Run one of the checks, or all of them.
    Ci {
        /// Which one.
        #[arg(value_enum)]
        job: ci::Job,
    },
    /// Kill, stop and starve the release programs in mid-transfer, and measure what it costs.
    #[cfg(target_os = "linux")]
    Faults(faults::Settings),
    /// Write down whose work is inside the app and on what terms, for the app to show.
    Licences,
    /// Try a million hostile file names on the receiving folder, in a release build.
    Names {
        /// How many.
        #[arg(default_value_t = names::COUNT_DEFAULT)]
        count: u64,
        /// Which ones.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Take pictures of the app's screens into docs/screenshots, from made-up data.
    #[cfg(target_os = "linux")]
    Screenshots {
        /// Only screens with this in their name.
        #[arg(long, default_value = "")]
        only: String,
    },
    /// Start Parlor: the app where there is one and a display, otherwise a demo in the terminal.
    Run,
    /// Fetch dependencies and say which optional tools are missing.
    Setup,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Bench { arguments } => bench::run(&arguments),
        Command::Ci { job } => ci::run(job),
        #[cfg(target_os = "linux")]
        Command::Faults(settings) => faults::run(&settings),
        Command::Licences => licences::run(),
        Command::Names { count, seed } => names::run(count, seed),
        #[cfg(target_os = "linux")]
        Command::Screenshots { only } => screenshots::run(&only),
        Command::Run => run::run(),
        Command::Setup => setup::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
