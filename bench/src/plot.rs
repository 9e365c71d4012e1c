//! The report as bars: speed on the left, cost on the right.

use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::{
    Color as _, DrawingArea, IntoDrawingArea as _, IntoFont as _, RGBColor, Rectangle, SVGBackend,
    Text, TextStyle, WHITE,
};

use crate::failure::{Result, While as _};
use crate::report::{Entry, Report};
use crate::stats::Spread;

const WIDTH: u32 = 960;
const ROW: u32 = 44;
const HEAD: i32 = 70;
const FOOT: u32 = 30;

/// Where the bars of one half begin, behind the names.
const BARS_LEFT: i32 = 150;

/// The longest bar; behind it is room for the figure.
const BAR_MAX: f64 = 210.0;
const BAR_HIGH: i32 = 26;

pub(crate) const INK: RGBColor = RGBColor(40, 44, 52);
pub(crate) const FAINT: RGBColor = RGBColor(110, 116, 128);
const SPEED: RGBColor = RGBColor(52, 120, 180);
const SENDER: RGBColor = RGBColor(214, 120, 40);
const RECEIVER: RGBColor = RGBColor(238, 184, 120);

pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Writes the picture.
pub(crate) fn write(report: &Report, path: &Path) -> Result<()> {
    let entries = report.entries.iter();
    let entries: Vec<&Entry> = entries.filter(|entry| entry.left_out.is_none()).collect();
    let rows = u32::try_from(entries.len()).unwrap_or(u32::MAX).min(64);
    let height = HEAD.unsigned_abs() + rows * ROW + FOOT;
    let root = SVGBackend::new(path, (WIDTH, height)).into_drawing_area();
    root.fill(&WHITE).during("the picture")?;
    let (left, right) = root.split_horizontally(WIDTH / 2);
    draw_speeds(&left, report, &entries)?;
    draw_costs(&right, report, &entries)?;
    root.present().during("the picture")
}

fn draw_speeds(area: &Area<'_>, report: &Report, entries: &[&Entry]) -> Result<()> {
    let title = format!("MB/s, {} MiB, start to end", report.mib);
    draw_text(area, &title, 20.0, INK, (20, 16))?;
    draw_text(
        area,
        "median; the line is the range; more is better",
        13.0,
        FAINT,
        (20, 42),
    )?;
    let speeds: Vec<Option<Spread>> = entries
        .iter()
        .map(|entry| entry.spread(report.speed()))
        .collect();
    let largest = largest(speeds.iter().flatten().map(|speed| speed.max));
    for ((entry, speed), top) in entries.iter().zip(speeds).zip(tops()) {
        draw_text(area, entry.kind.name(), 15.0, INK, (20, top + 6))?;
        let Some(speed) = speed else {
            draw_text(area, "failed", 15.0, FAINT, (BARS_LEFT, top + 6))?;
            continue;
        };
        let end = draw_bar(area, 0.0, speed.median / largest, top, SPEED)?;
        let middle = top + BAR_HIGH / 2;
        let line = [
            (BARS_LEFT + pixels(speed.min / largest), middle - 1),
            (BARS_LEFT + pixels(speed.max / largest), middle + 1),
        ];
        area.draw(&Rectangle::new(line, INK.filled()))
            .during("the picture")?;
        let right = end.max(BARS_LEFT + pixels(speed.max / largest));
        let text = format!("{:.0}", speed.median);
        draw_text(area, &text, 15.0, INK, (right + 8, top + 6))?;
    }
    Ok(())
}

fn draw_costs(area: &Area<'_>, report: &Report, entries: &[&Entry]) -> Result<()> {
    draw_text(area, "CPU seconds per GiB", 20.0, INK, (20, 16))?;
    draw_text(
        area,
        "dark: sender, light: receiver; less is better",
        13.0,
        FAINT,
        (20, 42),
    )?;
    let costs: Vec<Option<(f64, f64)>> = entries
        .iter()
        .map(|entry| {
            let sender = entry.spread(report.sender_cost())?.median;
            Some((sender, entry.spread(report.receiver_cost())?.median))
        })
        .collect();
    let largest = largest(costs.iter().flatten().map(|(one, other)| one + other));
    for ((entry, cost), top) in entries.iter().zip(costs).zip(tops()) {
        draw_text(area, entry.kind.name(), 15.0, INK, (20, top + 6))?;
        let Some((sender, receiver)) = cost else {
            draw_text(area, "failed", 15.0, FAINT, (BARS_LEFT, top + 6))?;
            continue;
        };
        draw_bar(area, 0.0, sender / largest, top, SENDER)?;
        let both = sender + receiver;
        let end = draw_bar(area, sender / largest, both / largest, top, RECEIVER)?;
        let text = format!("{sender:.1} + {receiver:.1}");
        draw_text(area, &text, 15.0, INK, (end + 8, top + 6))?;
    }
    Ok(())
}

/// A bar between two parts of the longest; gives its right edge.
fn draw_bar(area: &Area<'_>, from: f64, to: f64, top: i32, color: RGBColor) -> Result<i32> {
    let (left, right) = (BARS_LEFT + pixels(from), BARS_LEFT + pixels(to));
    let corners = [(left, top), (right, top + BAR_HIGH)];
    area.draw(&Rectangle::new(corners, color.filled()))
        .during("the picture")?;
    Ok(right)
}

pub(crate) fn draw_text(
    area: &Area<'_>,
    text: &str,
    size: f64,
    color: RGBColor,
    at: (i32, i32),
) -> Result<()> {
    let style = TextStyle::from(("sans-serif", size).into_font()).color(&color);
    area.draw(&Text::new(text.to_owned(), at, style))
        .during("the picture")
}

/// The upper edges of the rows.
fn tops() -> impl Iterator<Item = i32> {
    (HEAD..).step_by(44)
}

/// Never zero, so that it can be divided by.
fn largest(figures: impl Iterator<Item = f64>) -> f64 {
    figures.fold(f64::MIN_POSITIVE, f64::max)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a part of a bar is a few hundred pixels"
)]
fn pixels(part: f64) -> i32 {
    (part.clamp(0.0, 1.0) * BAR_MAX).round() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_contestant_that_took_part_is_in_the_picture() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plot.svg");
        write(&crate::report::tests::report(), &path).unwrap();
        let svg = std::fs::read_to_string(path).unwrap();
        assert!(svg.contains("Parlor") && svg.contains("bare data channel"));
        assert!(!svg.contains("sendme"));
    }

    #[test]
    fn no_bar_is_longer_than_the_longest() {
        assert_eq!(pixels(2.0), pixels(1.0));
        assert_eq!(pixels(f64::NAN), 0);
    }
}
