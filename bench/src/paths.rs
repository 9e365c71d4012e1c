//! The contest on networks that are slow, far or lossy.

use std::path::Path as FilePath;
use std::time::Duration;

use parlor_emulator::{Loss, Path, Shape};
use serde::Serialize;

use crate::contest::{Contestant, Kind};
use crate::failure::{Result, failed};
use crate::ground::Ground;
use crate::latency::{self, Latency};
use crate::machine::{self, Machine};
use crate::round::{Pace, pace};
use crate::stats::Spread;

/// How long a file takes at the rate of the line.
const SECONDS_AT_LINE_RATE: u64 = 5;

/// When a transfer is cut short. It is judged by what it has by then.
const LIMIT: Duration = Duration::from_secs(12);

/// Messages with and without a file under way.
const MESSAGES: usize = 60;

/// A network between two devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    pub(crate) megabits: u64,
    pub(crate) rtt_ms: u64,
    /// Packets lost each way, of a million.
    pub(crate) loss_per_million: u32,
    /// How many of them in a row, on average; 1 is each by itself.
    pub(crate) burst_packets: u32,
}

impl Line {
    const fn new(megabits: u64, rtt_ms: u64, loss_per_million: u32) -> Self {
        Self {
            megabits,
            rtt_ms,
            loss_per_million,
            burst_packets: 1,
        }
    }

    /// The same with losses in a row.
    const fn in_bursts(mut self, packets: u32) -> Self {
        self.burst_packets = packets;
        self
    }

    /// The lines that are compared.
    pub(crate) const ALL: [Self; 10] = [
        Self::new(100, 20, 0),
        Self::new(100, 20, 1_000),
        Self::new(100, 20, 10_000),
        Self::new(100, 20, 30_000),
        Self::new(100, 20, 10_000).in_bursts(10),
        Self::new(100, 5, 0),
        Self::new(100, 5, 10_000),
        Self::new(100, 100, 0),
        Self::new(100, 100, 10_000),
        Self::new(1_000, 5, 0),
    ];

    fn shape(self) -> Shape {
        let loss = match self.loss_per_million {
            0 => Loss::None,
            per_million if self.burst_packets > 1 => Loss::Bursty {
                per_million,
                mean_burst_packets: self.burst_packets,
            },
            per_million => Loss::Random { per_million },
        };
        Shape::link(self.megabits, Duration::from_millis(self.rtt_ms), loss)
    }

    /// As the tables say it.
    pub(crate) fn words(self) -> String {
        let loss = f64::from(self.loss_per_million) / 10_000.0;
        let bursts = if self.burst_packets > 1 {
            format!(" in bursts of {}", self.burst_packets)
        } else {
            String::new()
        };
        format!(
            "{} Mbit/s, {} ms, {loss} %{bursts}",
            self.megabits, self.rtt_ms
        )
    }

    /// Mebibytes that keep it busy for some seconds.
    fn mib(self) -> u32 {
        let mib = self.megabits * 1_000_000 / 8 * SECONDS_AT_LINE_RATE / (1024 * 1024);
        u32::try_from(mib).unwrap_or(u32::MAX)
    }
}

/// What a run over all lines came to.
#[derive(Debug, Serialize)]
pub(crate) struct Paths {
    pub(crate) date: String,
    pub(crate) machine: Machine,
    pub(crate) note: Option<String>,
    pub(crate) rounds: usize,
    pub(crate) lines: Vec<LineResult>,
    /// Who took no part, and why.
    pub(crate) left_out: Vec<(String, String)>,
}

/// One line, everybody's rounds on it.
#[derive(Debug, Serialize)]
pub(crate) struct LineResult {
    pub(crate) line: Line,
    pub(crate) entries: Vec<LineEntry>,
    /// Messages in a Parlor room over it; none where that failed or was not asked for.
    pub(crate) latency: Option<Latency>,
}

/// One contestant on one line.
#[derive(Debug, Serialize)]
pub(crate) struct LineEntry {
    #[serde(serialize_with = "crate::report::kind_name")]
    pub(crate) kind: Kind,
    pub(crate) paces: Vec<Pace>,
    pub(crate) failures: Vec<String>,
}

impl LineEntry {
    /// Megabytes a second while it moved.
    pub(crate) fn speed(&self) -> Option<Spread> {
        Spread::of(self.paces.iter().map(|pace| pace.megabytes_per_second))
    }

    /// Whether any of its rounds was cut short.
    pub(crate) fn is_cut(&self) -> bool {
        self.paces.iter().any(|pace| pace.is_cut)
    }
}

/// Runs everybody over every line; `fill` makes a file of so many MiB.
pub(crate) fn run(
    (kinds, lines, rounds): (&[Kind], &[Line], usize),
    note: Option<String>,
    folder: &FilePath,
    fill: impl Fn(&FilePath, u32) -> Result<()>,
) -> Result<Paths> {
    let machine = Machine::look();
    let mut results = Vec::new();
    let mut left_out: Vec<(String, String)> = Vec::new();
    for line in lines {
        let path = match Path::lay(line.shape(), line.shape(), 1) {
            Ok(path) => path,
            Err(why) => return failed(why.to_string()),
        };
        let ground = Ground::Emulated(path);
        let file = folder.join(crate::contest::FILE_NAME);
        fill(&file, line.mib())?;
        let mut contest = Vec::new();
        for kind in kinds {
            match Contestant::prepare(*kind, folder, &ground) {
                Ok(contestant) => contest.push(contestant),
                Err(why) => {
                    let told = (kind.name().to_owned(), why.to_string());
                    if !left_out.contains(&told) {
                        eprintln!("{} takes no part: {why}", kind.name());
                        left_out.push(told);
                    }
                }
            }
        }
        let mut entries: Vec<LineEntry> = contest.iter().map(entry).collect();
        for _ in 0..rounds {
            for (contestant, entry) in contest.iter().zip(&mut entries) {
                let result = crate::cli::with_scene(&file, folder, |scene| {
                    pace(contestant, scene, &ground, LIMIT)
                });
                say(*line, contestant.kind, &result);
                match result {
                    Ok(pace) => entry.paces.push(pace),
                    Err(why) => entry.failures.push(why.to_string()),
                }
            }
        }
        let asked = kinds.contains(&Kind::Parlor).then(|| {
            crate::cli::with_scene(&file, folder, |scene| {
                latency::measure(&scene.file, &scene.receiver, MESSAGES, &ground)
            })
        });
        let latency = match asked.transpose() {
            Ok(latency) => latency,
            Err(why) => {
                left_out.push((format!("messages over {}", line.words()), why.to_string()));
                None
            }
        };
        results.push(LineResult {
            line: *line,
            entries,
            latency,
        });
    }
    Ok(Paths {
        date: machine::date(),
        machine,
        note,
        rounds,
        lines: results,
        left_out,
    })
}

const fn entry(contestant: &Contestant) -> LineEntry {
    LineEntry {
        kind: contestant.kind,
        paces: Vec::new(),
        failures: Vec::new(),
    }
}

fn say(line: Line, kind: Kind, result: &Result<Pace>) {
    let (line, name) = (line.words(), kind.name());
    match result {
        Ok(pace) => eprintln!(
            "{line}: {name:<20}{:>8.2} MB/s{}",
            pace.megabytes_per_second,
            if pace.is_cut { ", cut short" } else { "" }
        ),
        Err(why) => eprintln!("{line}: {name:<20}FAILED: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_keeps_its_line_busy_for_some_seconds() {
        assert_eq!(Line::new(100, 20, 0).mib(), 59);
        assert_eq!(Line::new(1_000, 5, 0).mib(), 596);
    }

    #[test]
    fn a_line_is_said_in_the_words_of_networks() {
        let words = Line::new(100, 20, 1_000).words();
        assert_eq!(words, "100 Mbit/s, 20 ms, 0.1 %");
    }
}
