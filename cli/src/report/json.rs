//! JSON lines on stdout, for programs. The format is described in `docs/cli.md`.

use std::io::Write as _;

use super::Report;

/// Raised when a field changes its meaning or goes; new events and fields do not raise it.
pub(crate) const FORMAT: u32 = 1;

/// Prints one line.
pub(crate) fn print(report: &Report) {
    let mut out = std::io::stdout().lock();
    // A reader that is gone is no reason to stop a transfer half-way.
    let _ = writeln!(out, "{}", line(report)).and_then(|()| out.flush());
}

fn line(report: &Report) -> String {
    serde_json::to_string(report).unwrap_or_else(|_| r#"{"event":"unprintable"}"#.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::{TransferRef, Way};
    use super::*;

    #[test]
    fn a_report_is_one_flat_object_on_one_line() {
        let of = TransferRef {
            direction: Way::Incoming,
            transfer: "7".to_owned(),
            with: "device".to_owned(),
            name: "Ada".to_owned(),
        };
        let report = Report::Progress {
            of,
            done_bytes: 1,
            total_bytes: 2,
            sent_bytes: 0,
            bytes_per_second: 3,
            seconds_left: None,
        };
        assert_eq!(
            line(&report),
            r#"{"event":"progress","direction":"incoming","transfer":"7","with":"device","name":"Ada","done_bytes":1,"total_bytes":2,"sent_bytes":0,"bytes_per_second":3,"seconds_left":null}"#
        );
    }

    #[test]
    fn control_characters_cannot_break_a_line() {
        let report = Report::Note {
            text: "a\nb\u{1b}[2J".to_owned(),
        };
        assert_eq!(line(&report), r#"{"event":"note","text":"a\nb\u001b[2J"}"#);
    }
}
