//! The contest on emulated paths, as Markdown and as a picture.

use std::collections::BTreeSet;
use std::path::Path as FilePath;

use plotters::prelude::{
    Color as _, IntoDrawingArea as _, PathElement, RGBColor, SVGBackend, WHITE,
};

use crate::contest::Kind;
use crate::failure::{Result, While as _};
use crate::paths::{Line, LineEntry, Paths};
use crate::plot::{Area, FAINT, INK, draw_text};
use crate::stats::percentile;

const WIDTH: u32 = 960;
const HEIGHT: u32 = 420;
const LEFT: i32 = 60;
const TOP: i32 = 70;
const CHART_WIDE: i32 = 260;
const CHART_HIGH: i32 = 280;

/// The whole page.
pub(crate) fn page(paths: &Paths) -> String {
    let machine = &paths.machine;
    let mut page = format!(
        "# File transfer over emulated paths\n\n{}. {} rounds, one contestant after the other; a \
         file of about five seconds at the rate of the line. Each way: that rate, half of the \
         round trip, a queue of one bandwidth-delay product (64 KiB at least), and packets lost \
         by chance.\n\nMachine: {} cores, {}, {}. Both ends, the servers and the path share it.\n",
        paths.date, paths.rounds, machine.cores, machine.cpu, machine.kernel
    );
    if let Some(note) = &paths.note {
        page += &format!("\n{note}\n");
    }
    page += "\nMB/s while the file moved: median (range). A figure with * is of a transfer that was \
             cut short after 12 s.\n\n![throughput](paths.svg)\n\n";
    let kinds = kinds(paths);
    page += "| path |";
    kinds
        .iter()
        .for_each(|kind| page += &format!(" {} |", kind.name()));
    page += &format!("\n|---|{}\n", "---|".repeat(kinds.len()));
    for result in &paths.lines {
        page += &format!("| {} |", result.line.words());
        for kind in &kinds {
            let entry = result.entries.iter().find(|entry| entry.kind == *kind);
            page += &format!(" {} |", entry.map_or_else(|| "–".to_owned(), cell));
        }
        page.push('\n');
    }
    page += &messages(paths);
    for (name, why) in &paths.left_out {
        page += &format!("\n- {name} took no part: {why}");
    }
    for result in &paths.lines {
        for entry in &result.entries {
            for why in &entry.failures {
                let (line, name) = (result.line.words(), entry.kind.name());
                page += &format!("\n- {name} failed on {line}: {why}");
            }
        }
    }
    page + "\n"
}

fn messages(paths: &Paths) -> String {
    let mut table = String::from(
        "\nMessages in a Parlor room, from saying one to its receipt, in ms: median and 99th \
         percentile.\n\n| path | nothing else under way | during a transfer |\n|---|---|---|\n",
    );
    for result in &paths.lines {
        let Some(latency) = &result.latency else {
            continue;
        };
        let [idle, busy] = [&latency.idle_ms, &latency.busy_ms].map(|figures| {
            let at = |percent| percentile(figures.iter().copied(), percent).unwrap_or(f64::NAN);
            format!("{:.1}, {:.1}", at(50), at(99))
        });
        table += &format!("| {} | {idle} | {busy} |\n", result.line.words());
    }
    table
}

fn cell(entry: &LineEntry) -> String {
    let star = if entry.is_cut() { "*" } else { "" };
    entry.speed().map_or_else(
        || "failed".to_owned(),
        |speed| {
            let (median, min, max) = (speed.median, speed.min, speed.max);
            format!("{median:.1} ({min:.1}–{max:.1}){star}")
        },
    )
}

fn kinds(paths: &Paths) -> Vec<Kind> {
    let there = |kind: &Kind| {
        let mut entries = paths.lines.iter().flat_map(|line| &line.entries);
        entries.any(|entry| entry.kind == *kind)
    };
    Kind::ALL.into_iter().filter(there).collect()
}

/// Writes the picture: throughput against loss, and against the round trip.
pub(crate) fn plot(paths: &Paths, to: &FilePath) -> Result<()> {
    let root = SVGBackend::new(to, (WIDTH, HEIGHT)).into_drawing_area();
    root.fill(&WHITE).during("the picture")?;
    let [by_loss, by_rtt] = [LEFT, LEFT + CHART_WIDE + 100];
    let loss = |line: &Line| {
        let is_of_it = line.megabits == 100 && line.rtt_ms == 20 && line.burst_packets == 1;
        is_of_it.then_some(line.loss_per_million)
    };
    let rtt = |line: &Line| {
        let is_of_it =
            line.megabits == 100 && line.loss_per_million == 10_000 && line.burst_packets == 1;
        is_of_it.then(|| u32::try_from(line.rtt_ms).unwrap_or(u32::MAX))
    };
    draw_text(&root, "MB/s on 100 Mbit/s", 20.0, INK, (20, 16))?;
    chart(
        &root,
        paths,
        by_loss,
        "packets lost, at 20 ms",
        &loss,
        |x| format!("{} %", f64::from(x) / 10_000.0),
    )?;
    chart(&root, paths, by_rtt, "round trip, at 1 % loss", &rtt, |x| {
        format!("{x} ms")
    })?;
    for (row, kind) in (0..).zip(kinds(paths)) {
        let (x, y) = (WIDTH.cast_signed() - 175, TOP + row * 26);
        let line = [(x, y + 8), (x + 22, y + 8)];
        draw_line(&root, line.to_vec(), color(kind))?;
        draw_text(&root, kind.name(), 14.0, INK, (x + 30, y))?;
    }
    root.present().during("the picture")
}

fn chart(
    area: &Area<'_>,
    paths: &Paths,
    left: i32,
    title: &str,
    place: &impl Fn(&Line) -> Option<u32>,
    label: impl Fn(u32) -> String,
) -> Result<()> {
    draw_text(area, title, 14.0, FAINT, (left, TOP - 22))?;
    let places: BTreeSet<u32> = paths.lines.iter().filter_map(|l| place(&l.line)).collect();
    let places: Vec<u32> = places.into_iter().collect();
    let step = CHART_WIDE / i32::try_from(places.len()).unwrap_or(1).max(1);
    let x_of = |index: usize| left + step / 2 + step * i32::try_from(index).unwrap_or(0);
    let top = 12.5;
    let y_of = |speed: f64| TOP + CHART_HIGH - height(speed / top);
    for tick in [0, 5, 10] {
        let y = y_of(f64::from(tick));
        draw_line(
            area,
            vec![(left, y), (left + CHART_WIDE, y)],
            RGBColor(225, 228, 234),
        )?;
        draw_text(area, &tick.to_string(), 13.0, FAINT, (left - 22, y - 8))?;
    }
    for (index, at) in places.iter().enumerate() {
        draw_text(
            area,
            &label(*at),
            13.0,
            FAINT,
            (x_of(index) - 14, TOP + CHART_HIGH + 10),
        )?;
    }
    for kind in kinds(paths) {
        let mut points = Vec::new();
        for (index, at) in places.iter().enumerate() {
            let mut lines = paths.lines.iter();
            let line = lines.find(|result| place(&result.line) == Some(*at));
            let entry = line.and_then(|line| line.entries.iter().find(|e| e.kind == kind));
            if let Some(speed) = entry.and_then(LineEntry::speed) {
                points.push((x_of(index), y_of(speed.median)));
            }
        }
        draw_line(area, points, color(kind))?;
    }
    Ok(())
}

fn draw_line(area: &Area<'_>, points: Vec<(i32, i32)>, color: RGBColor) -> Result<()> {
    area.draw(&PathElement::new(points, color.stroke_width(2)))
        .during("the picture")
}

const fn color(kind: Kind) -> RGBColor {
    match kind {
        Kind::Parlor => RGBColor(200, 60, 50),
        Kind::ParlorChannels => RGBColor(236, 150, 130),
        Kind::Channel => RGBColor(120, 125, 135),
        Kind::Tls => RGBColor(52, 120, 180),
        Kind::Sendme => RGBColor(60, 150, 90),
        Kind::Wormhole => RGBColor(140, 90, 170),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a part of a chart is a few hundred pixels"
)]
fn height(part: f64) -> i32 {
    (part.clamp(0.0, 1.0) * f64::from(CHART_HIGH)).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::Machine;
    use crate::paths::LineResult;
    use crate::round::Pace;

    fn paths() -> Paths {
        let pace = |megabytes_per_second, is_cut| Pace {
            megabytes_per_second,
            is_cut,
        };
        let line = Line {
            megabits: 100,
            rtt_ms: 20,
            loss_per_million: 10_000,
            burst_packets: 1,
        };
        let entry = |kind, paces| LineEntry {
            kind,
            paces,
            failures: Vec::new(),
        };
        Paths {
            date: "today".to_owned(),
            machine: Machine {
                cores: 2,
                cpu: "Some CPU".to_owned(),
                kernel: "Linux".to_owned(),
                load_before: None,
            },
            note: None,
            rounds: 1,
            lines: vec![LineResult {
                line,
                entries: vec![
                    entry(Kind::Parlor, vec![pace(10.5, false)]),
                    entry(Kind::Channel, vec![pace(0.6, true)]),
                ],
                latency: None,
            }],
            left_out: vec![("sendme".to_owned(), "not found".to_owned())],
        }
    }

    #[test]
    fn what_was_cut_short_and_who_took_no_part_is_said() {
        let page = page(&paths());
        assert!(
            page.contains("| 10.5 (10.5–10.5) | 0.6 (0.6–0.6)* |"),
            "{page}"
        );
        assert!(page.contains("- sendme took no part: not found"), "{page}");
    }

    #[test]
    fn the_picture_names_everybody_who_took_part() {
        let folder = tempfile::tempdir().unwrap();
        let to = folder.path().join("paths.svg");
        plot(&paths(), &to).unwrap();
        let svg = std::fs::read_to_string(to).unwrap();
        assert!(svg.contains("Parlor") && svg.contains("bare data channel"));
    }
}
