//! Whether a lane leaves others their part: two transfers and a TCP stream on one line.

use std::fs;
use std::path::{Path as FilePath, PathBuf};
use std::thread;
use std::time::Duration;

use parlor_emulator::{Loss, Path, Shape};
use serde::Serialize;

use crate::contest::{Contestant, Kind, Scene};
use crate::failure::{Result, While as _, failed};
use crate::ground::Ground;
use crate::process::Running;
use crate::round::{held_bytes, start_receiver, start_sender};

/// The line they share.
const MEGABITS: u64 = 100;
const RTT: Duration = Duration::from_millis(20);

/// What is seen before they found their shares does not count.
const SETTLING: Duration = Duration::from_secs(6);
const MEASURED: Duration = Duration::from_secs(20);

/// Queues of the line, in products of bandwidth and delay.
const QUEUES: [f64; 3] = [0.5, 1.0, 4.0];

/// More than the line carries meanwhile.
pub(crate) const FILE_MIB: u32 = 400;

/// Who shares the line.
const FLOWS: [Kind; 3] = [Kind::Parlor, Kind::Parlor, Kind::Tls];

/// The congestion control of the TCP stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Tcp {
    Cubic,
    Bbr,
    Reno,
}

impl Tcp {
    const ALL: [Self; 3] = [Self::Cubic, Self::Bbr, Self::Reno];

    const fn name(self) -> &'static str {
        match self {
            Self::Cubic => "cubic",
            Self::Bbr => "bbr",
            Self::Reno => "reno",
        }
    }
}

/// What to measure.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How often on each line
    #[arg(long, default_value_t = 1)]
    rounds: usize,

    /// Beside this TCP only
    #[arg(long, value_enum)]
    tcp: Option<Tcp>,

    /// Only with a queue of so many bandwidth-delay products
    #[arg(long)]
    queue: Option<f64>,

    /// Where the results go
    #[arg(long, default_value = "bench/results")]
    pub(crate) out: PathBuf,
}

/// One line with everybody on it.
#[derive(Debug, Serialize)]
pub(crate) struct Shares {
    /// The queue, in products of bandwidth and delay.
    pub(crate) queue: f64,
    /// The congestion control of TCP.
    pub(crate) tcp: Tcp,
    /// Megabytes a second of both transfers and of TCP.
    pub(crate) megabytes_per_second: [f64; 3],
}

impl Shares {
    /// The smallest as a part of the fair share: a third of all.
    pub(crate) fn smallest(&self) -> f64 {
        let all: f64 = self.megabytes_per_second.iter().sum();
        let smallest = self.megabytes_per_second.iter().copied();
        smallest.fold(f64::INFINITY, f64::min) / (all / 3.0).max(1e-9)
    }
}

/// Runs them over lines with shallow and deep queues, beside each TCP that the kernel has.
pub(crate) fn run(args: &Args, file: &FilePath, folder: &FilePath) -> Result<Vec<Shares>> {
    let tcps = Tcp::ALL
        .into_iter()
        .filter(|tcp| args.tcp.is_none_or(|only| only == *tcp));
    let queues = args
        .queue
        .map_or_else(|| QUEUES.to_vec(), |only| vec![only]);
    let mut results = Vec::new();
    for (tcp, queue) in tcps.flat_map(|tcp| queues.iter().map(move |queue| (tcp, *queue))) {
        for _ in 0..args.rounds {
            match share(file, folder, queue, tcp) {
                Ok(shares) => {
                    eprintln!("{}", line(&shares));
                    results.push(shares);
                }
                Err(why) => eprintln!("queue {queue}, TCP {}: FAILED: {why}", tcp.name()),
            }
        }
    }
    Ok(results)
}

fn line(shares: &Shares) -> String {
    let [one, other, tcp] = shares.megabytes_per_second;
    format!(
        "| {} | {} | {one:.1} | {other:.1} | {tcp:.1} | {:.2} |",
        shares.queue,
        shares.tcp.name(),
        shares.smallest()
    )
}

/// The results as Markdown.
pub(crate) fn page(results: &[Shares]) -> String {
    let mut page = format!(
        "# Two transfers and a TCP stream on one line\n\n{MEGABITS} Mbit/s, {} ms round trip, no \
         losses but those of the queue. MB/s over {} s, after {} s of settling. The last column is \
         the smallest as a part of its fair share, a third of all.\n\n| queue, bandwidth-delay \
         products | TCP | transfer | transfer | TCP + TLS | smallest / fair |\n|---|---|---|---|---|---|\n",
        RTT.as_millis(),
        MEASURED.as_secs(),
        SETTLING.as_secs()
    );
    for shares in results {
        page += &line(shares);
        page.push('\n');
    }
    page
}

fn shape(queue: f64) -> Shape {
    let shape = Shape::link(MEGABITS, RTT, Loss::None);
    // Far above the least that a line has, so it is one product.
    let product = f64::from(u32::try_from(shape.queue_bytes).unwrap_or(u32::MAX));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a queue of some hundred thousand bytes"
    )]
    let queue_bytes = (product * queue) as usize;
    Shape {
        queue_bytes,
        ..shape
    }
}

fn share(file: &FilePath, folder: &FilePath, queue: f64, tcp: Tcp) -> Result<Shares> {
    let path = match Path::lay(shape(queue), shape(queue), 1) {
        Ok(path) => path,
        Err(why) => return failed(why.to_string()),
    };
    let ground = Ground::Emulated(path);
    let mut flows = Vec::new();
    for (index, kind) in FLOWS.into_iter().enumerate() {
        let place = folder.join(format!("flow-{index}"));
        let scene = Scene {
            file: file.to_owned(),
            sender: place.join("sender"),
            receiver: place.join("receiver"),
        };
        fs::create_dir_all(&scene.sender).during("a folder")?;
        fs::create_dir_all(&scene.receiver).during("a folder")?;
        flows.push(Flow::start(kind, tcp, scene, &ground)?);
    }
    thread::sleep(SETTLING);
    let before: Vec<u64> = flows.iter().map(Flow::held).collect();
    thread::sleep(MEASURED);
    let mut rates = [0.0; 3];
    for ((rate, flow), before) in rates.iter_mut().zip(&flows).zip(before) {
        let moved = u32::try_from((flow.held() - before) / 1000).unwrap_or(u32::MAX);
        *rate = f64::from(moved) / 1000.0 / MEASURED.as_secs_f64();
    }
    drop(flows);
    for index in 0..FLOWS.len() {
        // What stays behind is overwritten by the next.
        fs::remove_dir_all(folder.join(format!("flow-{index}"))).ok();
    }
    Ok(Shares {
        queue,
        tcp,
        megabytes_per_second: rates,
    })
}

/// One transfer under way; it ends when this is dropped.
struct Flow {
    scene: Scene,
    _sender: Running,
    _receiver: Running,
}

impl Flow {
    fn start(kind: Kind, tcp: Tcp, scene: Scene, ground: &Ground) -> Result<Self> {
        let contestant =
            Contestant::prepare(kind, &scene.sender, ground)?.with_congestion(tcp.name());
        let (sender, ticket) = start_sender(&contestant, &scene, ground)?;
        Ok(Self {
            _receiver: start_receiver(&contestant, &scene, ground, &ticket)?,
            _sender: sender,
            scene,
        })
    }

    fn held(&self) -> u64 {
        held_bytes(&self.scene.receiver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_is_measured_by_a_third_of_all() {
        let shares = Shares {
            queue: 1.0,
            tcp: Tcp::Reno,
            megabytes_per_second: [6.0, 4.0, 2.0],
        };
        assert!((shares.smallest() - 0.5).abs() < 1e-9);
        assert!(page(&[shares]).contains("| 1 | reno | 6.0 | 4.0 | 2.0 | 0.50 |"));
    }
}
