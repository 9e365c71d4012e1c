//! Figures, limits and the final table.

use std::time::Duration;

use super::FaultError;

/// What came of a fault.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) runs: u32,
    /// What was measured.
    pub(crate) figures: String,
    /// What it may be.
    pub(crate) limit: String,
    pub(crate) verdict: Verdict,
}

/// Whether the figures are within their limits.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Each entry says what is beyond its limit; none if all is well.
    Tried(Vec<String>),
    /// This machine does not allow it.
    Skipped(String),
}

impl Outcome {
    pub(crate) const fn skipped(why: String) -> Self {
        Self {
            runs: 0,
            figures: String::new(),
            limit: String::new(),
            verdict: Verdict::Skipped(why),
        }
    }

    /// It did not come to its end.
    pub(crate) fn broken(error: &FaultError) -> Self {
        Self {
            runs: 1,
            figures: String::new(),
            limit: String::new(),
            verdict: Verdict::Tried(vec![first_line(error)]),
        }
    }

    pub(crate) const fn has_failed(&self) -> bool {
        matches!(&self.verdict, Verdict::Tried(problems) if !problems.is_empty())
    }
}

/// The error without the story of the program.
pub(crate) fn first_line(error: &FaultError) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

/// The head of the table, two lines.
pub(crate) const fn table_head() -> &'static str {
    "| fault | runs | figures | limit | result |\n|---|---|---|---|---|"
}

/// One line of the table.
pub(crate) fn row(name: &str, outcome: &Outcome) -> String {
    let result = match &outcome.verdict {
        Verdict::Tried(problems) if problems.is_empty() => "pass".to_owned(),
        Verdict::Tried(problems) => format!("FAIL: {}", problems.join("; ")),
        Verdict::Skipped(why) => format!("skipped: {why}"),
    };
    let cells = [
        name,
        &outcome.runs.to_string(),
        &outcome.figures,
        &outcome.limit,
        &result,
    ];
    // A cell ends at a bar and a row at a line.
    let cells = cells.map(|cell| cell.replace('|', "\\|").replace('\n', " "));
    format!("| {} |", cells.join(" | "))
}

/// The middle and the largest of some times, as text.
pub(crate) fn middle_and_max(times: &[Duration]) -> String {
    let mut times = times.to_vec();
    times.sort();
    match (times.get(times.len() / 2), times.last()) {
        (Some(middle), Some(max)) => format!(
            "p50 {:.2} s, max {:.2} s",
            middle.as_secs_f64(),
            max.as_secs_f64()
        ),
        _ => "no times".to_owned(),
    }
}

/// Bytes in MiB with one decimal.
pub(crate) fn mib(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) / super::MIB;
    format!("{}.{} MiB", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(verdict: Verdict) -> Outcome {
        Outcome {
            runs: 2,
            figures: "1 | 2".to_owned(),
            limit: "3".to_owned(),
            verdict,
        }
    }

    #[test]
    fn a_row_says_what_is_beyond_its_limit() {
        let outcome = outcome(Verdict::Tried(vec!["a".to_owned(), "b\nc".to_owned()]));
        assert!(outcome.has_failed());
        assert_eq!(row("x", &outcome), "| x | 2 | 1 \\| 2 | 3 | FAIL: a; b c |");
    }

    #[test]
    fn a_skipped_fault_has_not_failed() {
        let outcome = outcome(Verdict::Skipped("no root".to_owned()));
        assert!(!outcome.has_failed());
        assert!(row("x", &outcome).ends_with("skipped: no root |"));
    }

    #[test]
    fn the_middle_is_that_of_sorted_times() {
        let times = [3, 1, 2].map(Duration::from_secs);
        assert_eq!(middle_and_max(&times), "p50 2.00 s, max 3.00 s");
        assert_eq!(middle_and_max(&[]), "no times");
    }

    #[test]
    fn sizes_have_one_decimal() {
        assert_eq!(mib(super::super::MIB * 5 / 2), "2.5 MiB");
    }
}
