//! The command line, and the run from the first round to the written report.

use std::fs;
use std::io::Write as _;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use serde::Serialize;

use crate::contest::{Contestant, FILE_NAME, Kind, Scene};
use crate::failure::{Result, While as _, failed};
use crate::ground::Ground;
use crate::paths::Line;
use crate::report::{Entry, Report, RoundResult};
use crate::{channel, fair, latency, machine, paths, paths_page, plot, round, table, tls};

/// Where Linux keeps files in memory.
const MEMORY_FOLDER: &str = "/dev/shm";

/// Seconds of patience end sooner than larger files do.
const MIB_MAX: u32 = 4096;

/// File transfer side by side, measured in one run.
#[derive(Debug, Parser)]
#[command(name = "parlor-bench", version)]
struct Cli {
    #[command(subcommand)]
    command: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Measure everything and write the results.
    Run(RunArgs),
    /// Measure over emulated paths and write the results. Linux, as root.
    Paths(PathsArgs),
    /// Measure what two transfers leave to a TCP stream. Linux, as root.
    Fair(fair::Args),
    #[command(hide = true)]
    ChannelSend { file: PathBuf, at: IpAddr },
    #[command(hide = true)]
    ChannelReceive {
        address: String,
        file: PathBuf,
        at: IpAddr,
    },
    #[command(hide = true)]
    TlsSend {
        file: PathBuf,
        at: IpAddr,
        #[arg(long)]
        congestion: Option<String>,
    },
    #[command(hide = true)]
    TlsReceive { ticket: String, file: PathBuf },
    #[command(hide = true)]
    RoomAuthor {
        file: PathBuf,
        samples: usize,
        at: IpAddr,
    },
    #[command(hide = true)]
    RoomReader { link: String, inbox: PathBuf },
}

#[derive(Debug, clap::Args)]
struct RunArgs {
    /// Size of the file in MiB
    #[arg(long, default_value_t = 512, value_parser = clap::value_parser!(u32).range(2..=i64::from(MIB_MAX)))]
    mib: u32,

    /// How often each contestant sends it
    #[arg(long, default_value_t = 3)]
    rounds: usize,

    /// Messages of each half of the latency test; 0 leaves it out
    #[arg(long, default_value_t = 200)]
    messages: usize,

    /// Take these only
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Kind>,

    /// Where files are kept meanwhile; in memory unless given, where the system has that
    #[arg(long)]
    dir: Option<PathBuf>,

    /// Where the results go
    #[arg(long, default_value = "bench/results")]
    out: PathBuf,

    /// A remark for the report, such as what else the machine was doing
    #[arg(long)]
    note: Option<String>,
}

#[derive(Debug, clap::Args)]
struct PathsArgs {
    /// How often each contestant sends the file over each path
    #[arg(long, default_value_t = 2)]
    rounds: usize,

    /// Take these only
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Kind>,

    /// Only paths with this round trip, in milliseconds
    #[arg(long)]
    rtt: Option<u64>,

    /// Only paths with this loss, in percent
    #[arg(long)]
    loss: Option<f64>,

    /// Where the results go
    #[arg(long, default_value = "bench/results")]
    out: PathBuf,

    /// A remark for the report, such as what else the machine was doing
    #[arg(long)]
    note: Option<String>,
}

impl PathsArgs {
    fn takes(&self, line: Line) -> bool {
        let loss = f64::from(line.loss_per_million) / 10_000.0;
        self.rtt.is_none_or(|rtt| rtt == line.rtt_ms)
            && self.loss.is_none_or(|wanted| (wanted - loss).abs() < 1e-6)
    }
}

/// Does what the command line asks for.
pub(crate) fn run() -> Result<()> {
    match Cli::parse().command {
        Task::Run(args) => measure(&args),
        Task::Paths(args) => measure_paths(&args),
        Task::Fair(args) => measure_shares(&args),
        Task::ChannelSend { file, at } => wait(channel::send(&file, at)),
        Task::ChannelReceive { address, file, at } => wait(channel::receive(&address, &file, at)),
        Task::TlsSend {
            file,
            at,
            congestion,
        } => tls::send(&file, at, congestion.as_deref()),
        Task::TlsReceive { ticket, file } => tls::receive(&ticket, &file),
        Task::RoomAuthor { file, samples, at } => wait(latency::author(&file, samples, at)),
        Task::RoomReader { link, inbox } => wait(latency::reader(&link, &inbox)),
    }
}

fn wait(task: impl Future<Output = Result<()>>) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .during("the runtime")?;
    let result = runtime.block_on(task);
    runtime.shutdown_background();
    result
}

fn measure(args: &RunArgs) -> Result<()> {
    let machine = machine::Machine::look();
    let (folder, storage) = open_folder(args.dir.as_deref())?;
    let file = folder.path().join(FILE_NAME);
    fill(&file, args.mib).during("the file to send")?;
    let mut contest: Vec<(Option<Contestant>, Entry)> = chosen(&args.only)
        .map(|kind| take_part(kind, folder.path(), &Ground::Loopback))
        .collect();
    for number in 1..=args.rounds {
        for (contestant, entry) in &mut contest {
            if let Some(contestant) = contestant {
                let result = run_round(contestant, &file, folder.path());
                say_round(number, contestant.kind, &result);
                entry.rounds.push(result);
            }
        }
    }
    let entries = contest.into_iter().map(|(_, entry)| entry).collect();
    let (latency, latency_failure) = match measure_latency(args, &file, folder.path()) {
        Ok(latency) => (latency, None),
        Err(why) => (None, Some(why.to_string())),
    };
    let report = Report {
        date: machine::date(),
        machine,
        note: args.note.clone(),
        mib: args.mib,
        rounds: args.rounds,
        storage,
        entries,
        latency,
        latency_failure,
    };
    write(&args.out, "latest", &report, &table::page(&report))?;
    plot::write(&report, &args.out.join("latest.svg"))
}

/// All contestants, or those that were asked for.
fn chosen(only: &[Kind]) -> impl Iterator<Item = Kind> {
    let all = Kind::ALL.into_iter();
    all.filter(move |kind| only.is_empty() || only.contains(kind))
}

/// Memory where there is some: the disk of the machine is not what is compared.
fn open_folder(wanted: Option<&Path>) -> Result<(tempfile::TempDir, String)> {
    let memory = Path::new(MEMORY_FOLDER);
    let (place, words) = match wanted {
        Some(place) => (place.to_owned(), "the folder that was asked for"),
        None if memory.is_dir() => (memory.to_owned(), "memory (tmpfs)"),
        None => (std::env::temp_dir(), "the folder for temporary files"),
    };
    let folder = tempfile::Builder::new()
        .prefix("parlor-bench-")
        .tempdir_in(place)
        .during("a folder for the files")?;
    Ok((folder, words.to_owned()))
}

/// Bytes that no compression makes smaller.
fn fill(path: &Path, mib: u32) -> std::io::Result<()> {
    let mut file = fs::File::create(path)?;
    let mut random = fastrand::Rng::with_seed(u64::from(mib));
    let mut block = vec![0; 1024 * 1024];
    for _ in 0..mib {
        random.fill(&mut block);
        file.write_all(&block)?;
    }
    Ok(())
}

fn take_part(kind: Kind, folder: &Path, ground: &Ground) -> (Option<Contestant>, Entry) {
    let prepared = Contestant::prepare(kind, folder, ground);
    let entry = Entry {
        kind,
        version: prepared.as_ref().ok().map(|it| it.version.clone()),
        left_out: prepared.as_ref().err().map(ToString::to_string),
        rounds: Vec::new(),
    };
    if let Some(why) = &entry.left_out {
        eprintln!("{} takes no part: {why}", kind.name());
    }
    (prepared.ok(), entry)
}

fn run_round(contestant: &Contestant, file: &Path, folder: &Path) -> RoundResult {
    let measured = with_scene(file, folder, |scene| {
        round::run(contestant, scene, &Ground::Loopback)
    });
    match measured {
        Ok(figures) => RoundResult::Measured(figures),
        Err(why) => RoundResult::Failed(why.to_string()),
    }
}

/// Makes the folders of a round for as long as it lasts.
pub(crate) fn with_scene<T>(
    file: &Path,
    folder: &Path,
    round: impl FnOnce(&Scene) -> Result<T>,
) -> Result<T> {
    let scene = Scene {
        file: file.to_owned(),
        sender: folder.join("sender"),
        receiver: folder.join("receiver"),
    };
    let prepared = fs::create_dir(&scene.sender).and_then(|()| fs::create_dir(&scene.receiver));
    let result = prepared
        .during("the folders of a round")
        .and_then(|()| round(&scene));
    // What stays behind makes the next round fail, with its own words.
    fs::remove_dir_all(&scene.sender).ok();
    fs::remove_dir_all(&scene.receiver).ok();
    result
}

fn measure_paths(args: &PathsArgs) -> Result<()> {
    let (folder, _) = open_folder(None)?;
    let kinds: Vec<Kind> = chosen(&args.only).collect();
    let lines = Line::ALL.into_iter().filter(|line| args.takes(*line));
    let lines: Vec<Line> = lines.collect();
    let what = (kinds.as_slice(), lines.as_slice(), args.rounds);
    let paths = paths::run(what, args.note.clone(), folder.path(), |file, mib| {
        fill(file, mib).during("the file to send")
    })?;
    write(&args.out, "paths", &paths, &paths_page::page(&paths))?;
    paths_page::plot(&paths, &args.out.join("paths.svg"))
}

fn measure_shares(args: &fair::Args) -> Result<()> {
    let (folder, _) = open_folder(None)?;
    let file = folder.path().join(FILE_NAME);
    fill(&file, fair::FILE_MIB).during("the file to send")?;
    let shares = fair::run(args, &file, folder.path())?;
    write(&args.out, "fair", &shares, &fair::page(&shares))
}

fn say_round(number: usize, kind: Kind, result: &RoundResult) {
    match result {
        RoundResult::Measured(figures) => eprintln!(
            "round {number}: {:<18}{:>7.2} s, of it moving {:>6.2} s, CPU {:>6.2} + {:>6.2} s",
            kind.name(),
            figures.wall_s,
            figures.moving_s,
            figures.sender_cpu_s,
            figures.receiver_cpu_s
        ),
        RoundResult::Failed(why) => eprintln!("round {number}: {:<18}FAILED: {why}", kind.name()),
    }
}

fn measure_latency(args: &RunArgs, file: &Path, folder: &Path) -> Result<Option<latency::Latency>> {
    if args.messages == 0 {
        return failed("left out, as asked for");
    }
    let inbox = folder.join("inbox");
    fs::create_dir(&inbox).during("the reader's folder")?;
    let latency = latency::measure(file, &inbox, args.messages, &Ground::Loopback)?;
    Ok(Some(latency))
}

/// Writes results and the page about them, and shows the page.
fn write(out: &Path, name: &str, results: &impl Serialize, page: &str) -> Result<()> {
    fs::create_dir_all(out).during("the folder for the results")?;
    let json = serde_json::to_string_pretty(results).during("the results")?;
    fs::write(out.join(format!("{name}.json")), json + "\n").during("the results")?;
    fs::write(out.join(format!("{name}.md")), page).during("the results")?;
    println!("{page}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_file_is_as_large_as_asked_for_and_not_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        fill(&path, 2).unwrap();
        let bytes = fs::read(path).unwrap();
        assert_eq!(bytes.len(), 2 * 1024 * 1024);
        assert!(bytes.iter().any(|byte| *byte != bytes[0]));
    }
}
