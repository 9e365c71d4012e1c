//! The way into a new room: a code to scan and links, as much of it as the terminal can show.

use super::screen::{Screen, Size};
use crate::qr;

/// Light modules around the code: what the standard asks for (ISO 18004), and what cameras do with
/// where a terminal is low.
const QUIET_ZONES: [usize; 2] = [4, 2];

/// Lines that follow at once and must not push the code out: who waits, what is offered, a bar.
const LINES_BELOW: usize = 3;

const SCAN: &str = "Scan the code, or open this link on the other device:";
const OPEN: &str = "Open this link on the other device:";

/// Draws the invitation.
pub(crate) fn draw(link: &str, deep_link: &str, screen: &Screen) -> String {
    fit(link, deep_link, screen.size(), screen.has_colours())
}

/// A size of `None` is a file, where everything fits.
fn fit(link: &str, deep_link: &str, size: Option<Size>, has_colours: bool) -> String {
    let both = format!("{link}\n{deep_link}");
    let Some(smallest) = qr::size(link, QUIET_ZONES[1]) else {
        return format!("{OPEN}\n{both}\n");
    };
    for links in [both.as_str(), link] {
        for quiet_zone in QUIET_ZONES {
            let below = 1 + rows(links, size) + LINES_BELOW;
            let fits = |code: Size| {
                size.is_none_or(|size| {
                    code.columns <= size.columns && code.rows + below <= size.rows
                })
            };
            if qr::size(link, quiet_zone).is_some_and(fits) {
                let code = qr::draw(link, quiet_zone, has_colours);
                return format!("{code}\n{SCAN}\n{links}");
            }
        }
    }
    let columns = smallest.columns;
    let rows = smallest.rows + 1 + rows(link, size) + LINES_BELOW;
    format!(
        "{OPEN}\n{link}\n\
         (The QR code needs a terminal of {columns} columns and {rows} lines.)"
    )
}

/// Lines that links take where a terminal breaks them.
fn rows(links: &str, size: Option<Size>) -> usize {
    let columns = size.map_or(usize::MAX, |size| size.columns.max(1));
    links.lines().map(|link| link.len().div_ceil(columns)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINK: &str =
        "http://192.168.1.20:40123/j#AZFF6E8FWhtI9XjY0kr0nc4j75R-6QC2YuWJlzofG6n8tE8";
    const DEEP: &str = "parlor://j?server=http%3A%2F%2F192.168.1.20%3A40123#AZFF6E8FWhtI9XjY0kr0nc4j75R-6QC2YuWJlzofG6n8tE8";

    fn at(columns: usize, rows: usize) -> String {
        fit(LINK, DEEP, Some(Size { columns, rows }), false)
    }

    #[test]
    fn the_code_fits_with_what_follows_or_is_left_out() {
        for (columns, rows) in [(100, 35), (80, 24), (60, 25), (41, 60)] {
            let drawn = at(columns, rows);
            let lines: usize = drawn
                .lines()
                .map(|line| line.chars().count().div_ceil(columns))
                .sum();
            assert!(drawn.contains('█'), "{columns}x{rows}");
            assert!(lines + LINES_BELOW <= rows, "{columns}x{rows}: {lines}");
            assert!(drawn.contains(LINK));
        }
        for (columns, rows) in [(100, 20), (36, 60)] {
            let drawn = at(columns, rows);
            assert!(!drawn.contains('█'), "{columns}x{rows}");
            assert!(drawn.contains(LINK) && drawn.contains("QR code needs"));
        }
    }

    #[test]
    fn a_file_gets_everything() {
        let drawn = fit(LINK, DEEP, None, false);
        assert!(drawn.contains('█') && drawn.contains(LINK) && drawn.contains(DEEP));
    }
}
