//! Progress bars on stderr, one for each transfer.

use core::fmt;
use core::time::Duration;
use std::collections::BTreeMap;

use console::{Term, truncate_str};
use indicatif::{DecimalBytes, MultiProgress, ProgressBar, ProgressStyle};
use parlor_proto::limits::DISPLAY_NAME_MAX_BYTES;
use parlor_proto::text::{isolated, one_line};

use super::{TransferRef, Way};

/// Columns for whom a bar is about.
const TITLE_MAX: usize = 16;

/// Below this there is no room for a bar beside its numbers.
const COLUMNS_FOR_BAR: u16 = 56;

/// What a bar belongs to: hashing, or a transfer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    Share(u64),
    Transfer(TransferRef),
}

/// All bars. Where stderr is no terminal they draw nothing.
#[derive(Default)]
pub(crate) struct Bars {
    all: MultiProgress,
    shown: BTreeMap<Of, ProgressBar>,
}

impl fmt::Debug for Bars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bars")
            .field("shown", &self.shown.len())
            .finish_non_exhaustive()
    }
}

impl Bars {
    pub(crate) fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    pub(crate) fn preparing(&mut self, share: u64, done_bytes: u64, total_bytes: u64) {
        let note = amount(done_bytes, total_bytes);
        self.draw(Of::Share(share), "Reading", (done_bytes, total_bytes), note);
    }

    pub(crate) fn prepared(&mut self, share: u64) {
        self.remove(&Of::Share(share));
    }

    pub(crate) fn progress(&mut self, of: &TransferRef, done: u64, total: u64, pace: Pace) {
        let title = title(of);
        let note = format!("{}{}", amount(done, total), pace.words());
        self.draw(Of::Transfer(of.clone()), &title, (done, total), note);
    }

    /// Takes the bar away; gives the time since it came.
    pub(crate) fn ended(&mut self, of: &TransferRef) -> Option<Duration> {
        self.remove(&Of::Transfer(of.clone()))
    }

    /// Takes all bars away.
    pub(crate) fn clear(&mut self) {
        while let Some(of) = self.shown.keys().next().cloned() {
            self.remove(&of);
        }
    }

    /// Writes beside the bars.
    pub(crate) fn suspend(&self, write: impl FnOnce()) {
        self.all.suspend(write);
    }

    fn draw(&mut self, of: Of, title: &str, (done, total): (u64, u64), note: String) {
        let all = &self.all;
        let bar = self.shown.entry(of).or_insert_with(|| {
            let bar = all.add(ProgressBar::new(total));
            bar.set_prefix(title.to_owned());
            bar
        });
        // Chosen each time, because people resize terminals.
        bar.set_style(style(Term::stderr().size().1));
        bar.set_length(total);
        bar.set_message(note);
        bar.set_position(done);
    }

    fn remove(&mut self, of: &Of) -> Option<Duration> {
        let bar = self.shown.remove(of)?;
        bar.finish_and_clear();
        self.all.remove(&bar);
        Some(bar.elapsed())
    }
}

/// Whom a bar is about, within [`TITLE_MAX`] columns. Cut before it is set apart, so that what sets
/// it apart is never cut.
fn title(of: &TransferRef) -> String {
    let way = match of.direction {
        Way::Incoming => "From ",
        Way::Outgoing => "To ",
    };
    let name = one_line(&of.name, DISPLAY_NAME_MAX_BYTES);
    let name = truncate_str(&name, TITLE_MAX - way.len(), "…");
    format!("{way}{}", isolated(&name))
}

fn style(columns: u16) -> ProgressStyle {
    let template = if columns < COLUMNS_FOR_BAR {
        "{prefix}: {wide_msg}"
    } else {
        "{prefix} [{wide_bar}] {msg}"
    };
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

fn amount(done: u64, total: u64) -> String {
    format!("{}/{}", DecimalBytes(done), DecimalBytes(total))
}

/// How fast something goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) bytes_per_second: u64,
    pub(crate) seconds_left: Option<u64>,
}

impl Pace {
    /// ", 12.30 MB/s, 4 s left"; empty while nothing moves.
    fn words(self) -> String {
        let Some(seconds) = self.seconds_left else {
            return String::new();
        };
        let speed = DecimalBytes(self.bytes_per_second);
        let left = time(Duration::from_secs(seconds));
        format!(", {speed}/s, {left} left")
    }
}

/// "4 s", "2 min 5 s", "1 h 3 min".
pub(crate) fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    match (hours, minutes) {
        (0, 0) => format!("{seconds} s"),
        (0, _) => format!("{minutes} min {} s", seconds % 60),
        (_, _) => format!("{hours} h {} min", minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_from_right_to_left_is_cut_inside_what_sets_it_apart() {
        let of = TransferRef {
            direction: Way::Incoming,
            transfer: "1".to_owned(),
            with: String::new(),
            name: "אברהם בן אברהם".to_owned(),
        };
        assert_eq!(title(&of), "From \u{2068}אברהם בן א…\u{2069}");
        assert_eq!(console::measure_text_width(&title(&of)), TITLE_MAX);
    }

    #[test]
    fn time_is_told_in_two_units_at_most() {
        let told = |seconds| time(Duration::from_secs(seconds));
        assert_eq!(told(4), "4 s");
        assert_eq!(told(125), "2 min 5 s");
        assert_eq!(told(3 * 3600 + 61), "3 h 1 min");
    }
}
