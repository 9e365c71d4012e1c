//! A QR code out of half-block characters: two modules in the height of one line.

use qrcode::{Color, EcLevel, QrCode};

use crate::report::screen::Size;

/// Black on white whatever the terminal's colours are: many scanners read nothing else.
const BLACK_ON_WHITE: &str = "\u{1b}[38;5;16;48;5;231m";

const RESET: &str = "\u{1b}[0m";

/// What the code for `text` takes, with a margin of `quiet_zone` modules; `None` when the text is
/// too long for any code.
pub(crate) fn size(text: &str, quiet_zone: usize) -> Option<Size> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let columns = code.width() + 2 * quiet_zone;
    Some(Size {
        columns,
        rows: columns.div_ceil(2),
    })
}

/// Draws `text`; empty when it is too long for any code. Without colours, as in a file, the code
/// is drawn for a dark background.
pub(crate) fn draw(text: &str, quiet_zone: usize, has_colours: bool) -> String {
    let Ok(code) = QrCode::with_error_correction_level(text, EcLevel::L) else {
        return String::new();
    };
    let width = code.width() + 2 * quiet_zone;
    let colours = code.to_colors();
    let is_dark = |x: usize, y: usize| {
        let inside = |at: usize| at.checked_sub(quiet_zone).filter(|at| *at < code.width());
        let module = inside(y).and_then(|y| Some(y * code.width() + inside(x)?));
        module.and_then(|at| colours.get(at)) == Some(&Color::Dark)
    };
    let mut lines = Vec::new();
    for y in (0..width).step_by(2) {
        let halves = (0..width).map(|x| half_block(is_dark(x, y), is_dark(x, y + 1), has_colours));
        let line: String = halves.collect();
        lines.push(if has_colours {
            format!("{BLACK_ON_WHITE}{line}{RESET}")
        } else {
            line
        });
    }
    lines.join("\n")
}

const fn half_block(top: bool, bottom: bool, ink_is_dark: bool) -> char {
    match (top == ink_is_dark, bottom == ink_is_dark) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_has_the_same_width_and_a_margin() {
        let drawn = draw("http://192.168.1.20:40123/j#AbCdEfGh", 4, false);
        let lines: Vec<Vec<char>> = drawn.lines().map(|line| line.chars().collect()).collect();
        let width = lines[0].len();
        assert!(lines.iter().all(|line| line.len() == width));
        assert_eq!(lines.len(), width.div_ceil(2));
        assert!(lines[0].iter().all(|c| *c == '█'));
        assert!(lines.iter().all(|line| line[..4] == ['█'; 4]));
    }

    /// Black where a terminal would show black, some pixels a module, as a camera sees it.
    fn photograph(drawn: &str, ink_is_dark: bool) -> image::GrayImage {
        const SCALE: u32 = 4;
        let modules: Vec<Vec<bool>> = drawn
            .lines()
            .flat_map(|line| {
                let line: Vec<char> = line.chars().filter(|c| " ▀▄█".contains(*c)).collect();
                let row = |full: char| {
                    let inked = line.iter().map(move |c| *c == full || *c == '█');
                    inked.map(|inked| inked == ink_is_dark).collect()
                };
                [row('▀'), row('▄')]
            })
            .collect();
        let width = u32::try_from(modules[0].len()).unwrap() * SCALE;
        let height = u32::try_from(modules.len()).unwrap() * SCALE;
        image::GrayImage::from_fn(width, height, |x, y| {
            let is_dark = modules[(y / SCALE) as usize][(x / SCALE) as usize];
            image::Luma([if is_dark { 0 } else { 255 }])
        })
    }

    #[test]
    fn a_camera_reads_the_link_again() {
        let link = "https://parlor.example.org/j#AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f-RI";
        for (quiet_zone, has_colours) in [(4, false), (4, true), (2, false), (2, true)] {
            let drawn = draw(link, quiet_zone, has_colours);
            let plain = drawn.replace(BLACK_ON_WHITE, "").replace(RESET, "");
            let mut photo = rqrr::PreparedImage::prepare(photograph(&plain, has_colours));
            let (_, read) = photo.detect_grids()[0].decode().unwrap();
            assert_eq!(read, link);
        }
    }

    #[test]
    fn a_terminal_gets_black_on_white() {
        let drawn = draw("parlor", 4, true);
        assert!(drawn.lines().all(|line| line.starts_with(BLACK_ON_WHITE)));
        assert!(drawn.lines().all(|line| line.ends_with(RESET)));
        // The margin is background there, not ink.
        assert!(drawn.lines().next().unwrap().contains("m    "));
    }

    #[test]
    fn a_text_that_fits_no_code_is_left_out() {
        assert_eq!(draw(&"x".repeat(5000), 4, true), "");
    }
}
