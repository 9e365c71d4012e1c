//! What a run came to: the figures of every round, and what follows from them.

use serde::Serialize;

use crate::contest::Kind;
use crate::latency::Latency;
use crate::machine::Machine;
use crate::round::{BEGUN_BYTES, Figures};
use crate::stats::Spread;

const MIB_PER_GIB: f64 = 1024.0;

/// Everything that a run wrote down.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) date: String,
    pub(crate) machine: Machine,
    pub(crate) note: Option<String>,
    pub(crate) mib: u32,
    pub(crate) rounds: usize,
    /// Where the file was kept, in words.
    pub(crate) storage: String,
    pub(crate) entries: Vec<Entry>,
    pub(crate) latency: Option<Latency>,
    pub(crate) latency_failure: Option<String>,
}

/// One contestant's results.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    #[serde(serialize_with = "kind_name")]
    pub(crate) kind: Kind,
    pub(crate) version: Option<String>,
    /// Why it took no part.
    pub(crate) left_out: Option<String>,
    pub(crate) rounds: Vec<RoundResult>,
}

/// A round is measured or failed.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RoundResult {
    Measured(Figures),
    Failed(String),
}

pub(crate) fn kind_name<S: serde::Serializer>(
    kind: &Kind,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.name())
}

impl RoundResult {
    pub(crate) const fn figures(&self) -> Option<&Figures> {
        match self {
            Self::Measured(figures) => Some(figures),
            Self::Failed(_) => None,
        }
    }
}

impl Entry {
    /// Of the rounds that were measured.
    pub(crate) fn spread(&self, figure: impl Fn(&Figures) -> f64) -> Option<Spread> {
        let measured = self.rounds.iter().filter_map(RoundResult::figures);
        Spread::of(measured.map(figure))
    }

    /// This one's figure over the other's, round by round, where both were measured.
    pub(crate) fn ratio(&self, to: &Self, figure: impl Fn(&Figures) -> f64) -> Option<Spread> {
        let pairs = self.rounds.iter().zip(&to.rounds);
        let both = pairs.filter_map(|(one, other)| one.figures().zip(other.figures()));
        Spread::of(both.map(|(one, other)| figure(one) / figure(other)))
    }

    pub(crate) fn failures(&self) -> impl Iterator<Item = &str> {
        self.rounds.iter().filter_map(|round| match round {
            RoundResult::Failed(why) => Some(why.as_str()),
            RoundResult::Measured(_) => None,
        })
    }
}

impl Report {
    /// The one that the others are compared with.
    pub(crate) fn bare(&self) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|entry| entry.kind == Kind::Channel)
    }

    /// Megabytes a second from starting the receiver to its end.
    pub(crate) fn speed(&self) -> impl Fn(&Figures) -> f64 {
        let megabytes = self.megabytes();
        move |figures| megabytes / figures.wall_s
    }

    /// Megabytes a second between the first mebibyte and the last byte.
    pub(crate) fn speed_moving(&self) -> impl Fn(&Figures) -> f64 {
        let begun = u32::try_from(BEGUN_BYTES).unwrap_or(u32::MAX);
        let megabytes = self.megabytes() - f64::from(begun) / 1e6;
        move |figures| megabytes / figures.moving_s.max(1e-3)
    }

    /// Processor seconds of the sender for each gibibyte.
    pub(crate) fn sender_cost(&self) -> impl Fn(&Figures) -> f64 {
        let gib = self.gib();
        move |figures| figures.sender_cpu_s / gib
    }

    /// The part of it before there was a receiver: start and, where there is one, the first reading
    /// of the file.
    pub(crate) fn sender_cost_before(&self) -> impl Fn(&Figures) -> f64 {
        let gib = self.gib();
        move |figures| figures.sender_cpu_before_s.unwrap_or(f64::NAN) / gib
    }

    /// Processor seconds of the receiver for each gibibyte.
    pub(crate) fn receiver_cost(&self) -> impl Fn(&Figures) -> f64 {
        let gib = self.gib();
        move |figures| figures.receiver_cpu_s / gib
    }

    /// Of both sides.
    pub(crate) fn cost(&self) -> impl Fn(&Figures) -> f64 {
        let gib = self.gib();
        move |figures| (figures.sender_cpu_s + figures.receiver_cpu_s) / gib
    }

    fn megabytes(&self) -> f64 {
        f64::from(self.mib) * 1.048_576
    }

    fn gib(&self) -> f64 {
        f64::from(self.mib) / MIB_PER_GIB
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn figures(wall_s: f64) -> Figures {
        Figures {
            prepare_s: 0.5,
            wall_s,
            begun_s: 0.1,
            moving_s: wall_s - 0.2,
            sender_cpu_s: 2.0,
            sender_cpu_before_s: Some(0.5),
            receiver_cpu_s: 1.0,
            sender_peak_rss_mib: 30.0,
            receiver_peak_rss_mib: 40.0,
        }
    }

    pub(crate) fn report() -> Report {
        let entry = |kind, rounds| Entry {
            kind,
            version: Some("1.0".to_owned()),
            left_out: None,
            rounds,
        };
        let measured = |wall_s| RoundResult::Measured(figures(wall_s));
        let failed = || RoundResult::Failed("it broke".to_owned());
        let mut report = Report {
            date: "today".to_owned(),
            machine: Machine {
                cores: 2,
                cpu: "Some CPU".to_owned(),
                kernel: "Linux".to_owned(),
                load_before: Some(0.1),
            },
            note: None,
            mib: 512,
            rounds: 2,
            storage: "memory".to_owned(),
            entries: vec![
                entry(Kind::Parlor, vec![measured(4.0), failed()]),
                entry(Kind::Channel, vec![measured(2.0), measured(3.0)]),
            ],
            latency: None,
            latency_failure: Some("not tried".to_owned()),
        };
        report.entries.push(Entry {
            kind: Kind::Sendme,
            version: None,
            left_out: Some("not found".to_owned()),
            rounds: Vec::new(),
        });
        report
    }

    #[test]
    fn ratios_are_taken_within_a_round_and_skip_failed_ones() {
        let report = report();
        let bare = report.bare().unwrap();
        let parlor = report.entries.first().unwrap();
        let ratio = parlor.ratio(bare, report.speed()).unwrap();
        assert_eq!((ratio.min, ratio.max), (0.5, 0.5));
        assert_eq!(parlor.failures().collect::<Vec<_>>(), ["it broke"]);
    }

    #[test]
    fn cost_is_for_a_gibibyte() {
        let report = report();
        let parlor = report.entries.first().unwrap();
        assert_eq!(parlor.spread(report.cost()).unwrap().median, 6.0);
    }
}
