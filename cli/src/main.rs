//! `parlor`: rooms where people chat and send files from device to device, in the terminal.
//!
//! Each command is a thin loop around a room of `parlor-core`: [`stage`] takes its events and
//! reports them, [`conduct`] decides from them when the command is done, [`report`] prints for
//! people and for programs, [`exit`] says how it ended.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::Parser as _;
use tokio::runtime::Runtime;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::{FilterExt as _, filter_fn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use args::{Cli, Command, OutputArgs};
use conduct::End;
use exit::{Code, Failure};
use interrupt::Interrupt;
use report::{Report, Reporter};

/// Every packet is a handful of small allocations in the transport.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

mod args;
mod chat;
mod conceal;
mod conduct;
mod demo;
mod enter;
mod exit;
mod host;
mod identity;
mod input;
mod interrupt;
mod observe;
mod privacy;
mod qr;
mod receive;
mod report;
mod send;
mod sources;
mod stage;

fn main() -> ExitCode {
    conceal::conceal();
    let cli = Cli::parse();
    start_logging(&cli.output);
    let mut reporter = Reporter::new(cli.output.json);
    // Whoever reads the first line may interrupt us at once, and wants a report of the end.
    let prepared = prepare();
    reporter.report(&Report::Start {
        format: report::json::FORMAT,
        version: env!("CARGO_PKG_VERSION"),
        command: cli.command.name(),
    });
    let end = prepared.and_then(|prepared| run(&cli.command, &mut reporter, prepared));
    if let Err(failure) = &end {
        reporter.report(&Report::from(failure));
    }
    let code = end.map_or_else(|failure| failure.code, |()| Code::Done);
    reporter.report(&Report::End {
        exit_code: code.number(),
    });
    code.into()
}

/// What every command runs with.
fn prepare() -> Result<(Runtime, Interrupt), Failure> {
    let begin = || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        let interrupt = runtime.block_on(async { Interrupt::new() })?;
        Ok((runtime, interrupt))
    };
    begin().map_err(|error: std::io::Error| {
        Failure::new(
            Code::LocalFile,
            format!(
                "The system refused what Parlor needs ({}).",
                exit::plain(&error)
            ),
        )
    })
}

fn run(
    command: &Command,
    reporter: &mut Reporter,
    (runtime, mut interrupt): (Runtime, Interrupt),
) -> End {
    let end = runtime.block_on(async {
        match command {
            Command::Send(args) => send::run(args, reporter, &mut interrupt).await,
            Command::Receive(args) => receive::run(args, reporter, &mut interrupt).await,
            Command::Room(args) => chat::run(args, reporter, &mut interrupt).await,
            Command::Demo => demo::run(reporter, &mut interrupt).await,
        }
    });
    // Whatever still runs has had its time in `Stage::leave`.
    runtime.shutdown_background();
    end
}

/// Nothing is logged unless asked for; secrets are in no log at any level.
fn start_logging(output: &OutputArgs) {
    let filter = match (std::env::var("PARLOR_LOG"), output.verbose) {
        (Ok(filter), 0) => EnvFilter::new(filter),
        (_, 0) => return,
        (_, 1) => EnvFilter::new("info"),
        (_, _) => EnvFilter::new("debug"),
    };
    // Whatever the filter says: the libraries below us log descriptions, addresses and passwords.
    let is_ours = filter_fn(|metadata| metadata.target().starts_with("parlor"));
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    tracing_subscriber::registry()
        .with(lines.with_filter(filter.and(is_ours)))
        .init();
}
