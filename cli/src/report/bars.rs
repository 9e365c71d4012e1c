//! Progress bars on stderr, one for each transfer.

use core::fmt;
use std::collections::BTreeMap;

use indicatif::{HumanBytes, HumanDuration, MultiProgress, ProgressBar, ProgressStyle};

use super::{TransferRef, Way};

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
    pub(crate) fn preparing(&mut self, share: u64, done_bytes: u64, total_bytes: u64) {
        let bar = self.bar(Of::Share(share), "Reading", total_bytes);
        bar.set_position(done_bytes);
    }

    pub(crate) fn prepared(&mut self, share: u64) {
        self.remove(&Of::Share(share));
    }

    pub(crate) fn progress(&mut self, of: &TransferRef, done: u64, total: u64, note: String) {
        let to = match of.direction {
            Way::Incoming => format!("From {}", of.name),
            Way::Outgoing => format!("To {}", of.name),
        };
        let bar = self.bar(Of::Transfer(of.clone()), &to, total);
        bar.set_position(done);
        bar.set_message(note);
    }

    pub(crate) fn ended(&mut self, of: &TransferRef) {
        self.remove(&Of::Transfer(of.clone()));
    }

    /// Writes beside the bars.
    pub(crate) fn suspend(&self, write: impl FnOnce()) {
        self.all.suspend(write);
    }

    fn bar(&mut self, of: Of, title: &str, total_bytes: u64) -> &ProgressBar {
        let all = &self.all;
        let bar = self.shown.entry(of).or_insert_with(|| {
            let bar = all.add(ProgressBar::new(total_bytes));
            bar.set_style(style());
            bar.set_prefix(title.to_owned());
            bar
        });
        bar.set_length(total_bytes);
        bar
    }

    fn remove(&mut self, of: &Of) {
        if let Some(bar) = self.shown.remove(of) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
    }
}

fn style() -> ProgressStyle {
    let template = "{prefix} [{bar:24}] {bytes}/{total_bytes} {msg}";
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

/// "12.30 MiB/s, 4 seconds left"; empty while nothing moves.
pub(crate) fn pace(bytes_per_second: u64, seconds_left: Option<u64>) -> String {
    let Some(seconds) = seconds_left else {
        return String::new();
    };
    let speed = HumanBytes(bytes_per_second);
    let left = HumanDuration(core::time::Duration::from_secs(seconds));
    format!("{speed}/s, {left} left")
}
