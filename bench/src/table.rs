//! The report as Markdown.

use std::fmt::Write as _;

use crate::report::{Entry, Report};
use crate::round::Figures;
use crate::stats::{Spread, percentile};

/// The whole page.
pub(crate) fn page(report: &Report) -> String {
    let mut page = head(report);
    page.push_str(&speeds(report));
    page.push_str(&costs(report));
    page.push_str(&latency(report));
    page.push_str(&failures(report));
    page
}

fn head(report: &Report) -> String {
    let machine = &report.machine;
    let mut head = format!(
        "# File transfer side by side\n\n{}. One file of {} MiB, {} rounds, one contestant after \
         the other in each; kept in {}.\n\nMachine: {} cores, {}, {}.",
        report.date,
        report.mib,
        report.rounds,
        report.storage,
        machine.cores,
        machine.cpu,
        machine.kernel
    );
    if let Some(load) = machine.load_before {
        let text = format!(" Load before the start: {load:.1}.");
        head.push_str(&text);
    }
    head.push('\n');
    if let Some(note) = &report.note {
        let text = format!("\n{note}\n");
        head.push_str(&text);
    }
    head.push_str(
        "\nMedian (range). Ratios are to the bare data channel of the same round. `README.md` \
         beside this folder says what is measured.\n\n![speed and cost](latest.svg)\n",
    );
    head
}

fn speeds(report: &Report) -> String {
    let mut table = String::from(
        "\n## Speed\n\n\
         | | version | MB/s, start to end | ratio | MB/s, first MiB to last byte | ratio | \
         first MiB after, ms | sender ready after, s |\n|---|---|---|---|---|---|---|---|\n",
    );
    for entry in taking_part(report) {
        let cells = [
            entry.version.clone().unwrap_or_default(),
            cell(entry.spread(report.speed()), 0),
            ratio(report, entry, report.speed()),
            cell(entry.spread(report.speed_moving()), 0),
            ratio(report, entry, report.speed_moving()),
            cell(entry.spread(|figures| figures.begun_s * 1000.0), 0),
            cell(entry.spread(|figures| figures.prepare_s), 2),
        ];
        row(&mut table, entry, &cells);
    }
    table
}

fn costs(report: &Report) -> String {
    let mut table = String::from(
        "\n## Cost\n\n\
         | | sender, CPU s/GiB | of it before the transfer | receiver, CPU s/GiB | both, ratio | \
         sender, peak MiB | receiver, peak MiB |\n|---|---|---|---|---|---|---|\n",
    );
    for entry in taking_part(report) {
        let cells = [
            cell(entry.spread(report.sender_cost()), 2),
            cell(entry.spread(report.sender_cost_before()), 2),
            cell(entry.spread(report.receiver_cost()), 2),
            ratio(report, entry, report.cost()),
            cell(entry.spread(|figures| figures.sender_peak_rss_mib), 0),
            cell(entry.spread(|figures| figures.receiver_peak_rss_mib), 0),
        ];
        row(&mut table, entry, &cells);
    }
    table
}

fn latency(report: &Report) -> String {
    let mut text = String::from("\n## Messages in a Parlor room\n\n");
    let Some(latency) = &report.latency else {
        let why = report.latency_failure.as_deref().unwrap_or("not measured");
        text.push_str("Failed: ");
        text.push_str(why);
        text.push('\n');
        return text;
    };
    text.push_str("| | samples | p50, ms | p99, ms |\n|---|---|---|---|\n");
    for (name, figures) in [
        ("nothing else under way", &latency.idle_ms),
        ("during a transfer", &latency.busy_ms),
    ] {
        let at = |percent| number(percentile(figures.iter().copied(), percent), 2);
        let line = format!("| {name} | {} | {} | {} |\n", figures.len(), at(50), at(99));
        text.push_str(&line);
    }
    let line = format!(
        "| ratio | | {} | {} |\n",
        number(latency.ratio(50), 1),
        number(latency.ratio(99), 1)
    );
    text.push_str(&line);
    text
}

fn failures(report: &Report) -> String {
    let mut lines = String::new();
    for entry in &report.entries {
        let name = entry.kind.name();
        if let Some(why) = &entry.left_out {
            // Writing to a String cannot fail.
            writeln!(lines, "- {name} took no part: {why}").ok();
        }
        for why in entry.failures() {
            writeln!(lines, "- {name}, a round failed: {why}").ok();
        }
    }
    if lines.is_empty() {
        return "\nAll contestants took part and no round failed.\n".to_owned();
    }
    format!("\n## Not measured\n\n{lines}")
}

fn taking_part(report: &Report) -> impl Iterator<Item = &Entry> {
    let entries = report.entries.iter();
    entries.filter(|entry| entry.left_out.is_none())
}

fn row(table: &mut String, entry: &Entry, cells: &[String]) {
    let line = format!("| {} | {} |\n", entry.kind.name(), cells.join(" | "));
    table.push_str(&line);
}

fn ratio(report: &Report, entry: &Entry, figure: impl Fn(&Figures) -> f64) -> String {
    let ratio = report.bare().and_then(|bare| entry.ratio(bare, figure));
    ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{:.2}", ratio.median))
}

fn cell(spread: Option<Spread>, digits: usize) -> String {
    spread.map_or_else(
        || "failed".to_owned(),
        |Spread { median, min, max }| format!("{median:.digits$} ({min:.digits$}–{max:.digits$})"),
    )
}

fn number(value: Option<f64>, digits: usize) -> String {
    value.map_or_else(|| "–".to_owned(), |value| format!("{value:.digits$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_took_no_part_and_what_failed_is_named() {
        let page = page(&crate::report::tests::report());
        assert!(page.contains("- sendme took no part: not found"), "{page}");
        assert!(
            page.contains("- Parlor, a round failed: it broke"),
            "{page}"
        );
        assert!(page.contains("Failed: not tried"), "{page}");
    }

    #[test]
    fn a_row_has_as_many_cells_as_the_head() {
        let page = page(&crate::report::tests::report());
        for table in page.split("\n\n").filter(|part| part.starts_with("| ")) {
            let mut widths = table.lines().map(|line| line.matches('|').count());
            let width = widths.next();
            assert!(widths.all(|other| Some(other) == width), "{table}");
        }
    }
}
