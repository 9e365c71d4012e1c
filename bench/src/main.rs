//! `parlor-bench`: sends one file with several programs in turn and writes down how long each took
//! and what it cost. `./dev bench` builds it, gets the other programs and runs it; `bench/README.md`
//! says what the figures mean.
//!
//! - [`contest`]: the programs, and how each is told to send and to receive.
//! - [`round`]: one transfer by one program, with a clock on it.
//! - [`process`]: a program that runs, and what it took of the machine in the end.
//! - [`channel`], [`tls`]: the two comparisons that are no program of their own. This binary starts
//!   itself for them.
//! - [`latency`]: messages in a Parlor room, with and without a file under way.
//! - [`ground`]: loopback, or both ends of an emulated path; [`paths`], [`paths_page`]: the contest
//!   on such paths; [`fair`]: what a lane leaves to others there.
//! - [`stats`], [`report`], [`table`], [`plot`]: from figures to files.

use std::process::ExitCode;

#[cfg(unix)]
mod channel;
#[cfg(unix)]
mod cli;
#[cfg(unix)]
mod contest;
#[cfg(unix)]
mod failure;
#[cfg(unix)]
mod fair;
#[cfg(unix)]
mod ground;
#[cfg(unix)]
mod latency;
#[cfg(unix)]
mod machine;
#[cfg(unix)]
mod paths;
#[cfg(unix)]
mod paths_page;
#[cfg(unix)]
mod plot;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod programs;
#[cfg(unix)]
mod report;
#[cfg(unix)]
mod round;
#[cfg(unix)]
mod stats;
#[cfg(unix)]
mod table;
#[cfg(unix)]
mod tls;

#[cfg(unix)]
fn main() -> ExitCode {
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    eprintln!("error: the bench asks the system what a process took, which needs Linux or macOS");
    ExitCode::FAILURE
}
