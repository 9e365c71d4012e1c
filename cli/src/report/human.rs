//! Reports in words. Results and messages go to stdout, or to stderr beside JSON; bars and
//! questions always go to stderr.

use std::io::{IsTerminal as _, Write};

use indicatif::HumanBytes;
use parlor_proto::text::{one_line, reorders_or_hides};

use super::bars::{Bars, pace};
use super::{FileReport, PathReport, PersonReport, Report, TransferRef, Way};
use crate::qr;

/// Longest foreign text on one line, in bytes.
const LINE_MAX_BYTES: usize = 512;

/// Files of an offer that are named one by one.
const FILES_SHOWN: usize = 12;

/// Prints for people.
#[derive(Debug)]
pub(crate) struct Human {
    is_beside_json: bool,
    is_terminal: bool,
    bars: Bars,
}

impl Human {
    pub(crate) fn new(is_beside_json: bool) -> Self {
        let is_terminal = if is_beside_json {
            std::io::stderr().is_terminal()
        } else {
            std::io::stdout().is_terminal()
        };
        Self {
            is_beside_json,
            is_terminal,
            bars: Bars::default(),
        }
    }

    pub(crate) fn print(&mut self, report: &Report) {
        self.move_bars(report);
        if let Report::Error { message, .. } = report {
            self.bars.suspend(|| {
                // Nothing is left to tell a person whose terminal is gone.
                let _ = writeln!(std::io::stderr(), "parlor: {}", clean(message));
            });
        } else if let Some(text) = words(report, self.is_terminal) {
            self.say(&text);
        }
    }

    pub(crate) fn ask(&mut self, question: &str) {
        self.bars.suspend(|| {
            let mut out = std::io::stderr();
            // A person who cannot see the question cannot be helped by an error either.
            let _ = write!(out, "{question}").and_then(|()| out.flush());
        });
    }

    fn say(&self, text: &str) {
        self.bars.suspend(|| {
            // A reader that is gone is no reason to stop a transfer half-way.
            let _ = if self.is_beside_json {
                writeln!(std::io::stderr(), "{text}")
            } else {
                writeln!(std::io::stdout(), "{text}")
            };
        });
    }

    fn move_bars(&mut self, report: &Report) {
        if let Report::Preparing {
            share,
            done_bytes,
            total_bytes,
        } = report
        {
            self.bars.preparing(*share, *done_bytes, *total_bytes);
        } else if let Report::Prepared { share, .. } | Report::NotPrepared { share, .. } = report {
            self.bars.prepared(*share);
        } else if let Report::Progress {
            of,
            done_bytes,
            total_bytes,
            bytes_per_second,
            seconds_left,
        } = report
        {
            let note = pace(*bytes_per_second, *seconds_left);
            self.bars.progress(of, *done_bytes, *total_bytes, note);
        } else if let Report::TransferComplete { of, .. }
        | Report::TransferIncomplete { of, .. }
        | Report::TransferDeclined { of }
        | Report::TransferCancelled { of, .. } = report
        {
            self.bars.ended(of);
        }
    }
}

/// The sentence for a report, if people need to hear of it at all.
fn words(report: &Report, is_terminal: bool) -> Option<String> {
    room_words(report, is_terminal)
        .or_else(|| file_words(report))
        .or_else(|| chat_words(report))
}

fn room_words(report: &Report, is_terminal: bool) -> Option<String> {
    Some(if let Report::Hosting { server, .. } = report {
        hosting(report, server)
    } else if let Report::Room {
        link, deep_link, ..
    } = report
    {
        let code = qr::draw(link, is_terminal);
        format!(
            "{code}\nScan the code, or open this link on the other device:\n  {link}\n  {deep_link}\n"
        )
    } else if let Report::Joined { others } = report {
        match others {
            0 => "You are in the room. Waiting for somebody to join …".to_owned(),
            1 => "You are in the room with 1 other.".to_owned(),
            n => format!("You are in the room with {n} others."),
        }
    } else if let Report::ServerLost {
        reason, failures, ..
    } = report
    {
        let reason = clean(reason);
        format!("No connection to the server ({reason}, try {failures}); trying again …")
    } else if let Report::PeerConnected {
        name,
        path,
        connect_ms,
        ..
    } = report
    {
        let way = path.as_ref().map_or("", way);
        format!("{} is connected{way} ({connect_ms} ms).", clean(name))
    } else if let Report::PeerUnreachable { reason, .. } = report {
        let reason = clean(reason);
        format!("Somebody in the room cannot be reached yet ({reason}); trying again …")
    } else if let Report::PeerLost { name, reason, .. } = report {
        let reason = clean(reason);
        format!(
            "Lost the connection to {} ({reason}); waiting for them …",
            clean(name)
        )
    } else if let Report::PeerLeft { name, reason, .. } = report {
        format!("{} is gone ({}).", clean(name), clean(reason))
    } else if let Report::PeerRefused { reason } = report {
        format!("Refused to talk to somebody: {}.", clean(reason))
    } else {
        return None;
    })
}

fn hosting(report: &Report, server: &str) -> String {
    if matches!(
        report,
        Report::Hosting {
            is_local_only: true,
            ..
        }
    ) {
        format!("Hosting the room at {server}; only this machine can reach it.")
    } else {
        format!("Hosting the room at {server}, for people on the same network.")
    }
}

fn file_words(report: &Report) -> Option<String> {
    Some(
        if let Report::Prepared {
            files, total_bytes, ..
        } = report
        {
            let what = count(files.len(), "file");
            format!("Offering {what} ({}).", HumanBytes(*total_bytes))
        } else if let Report::NotPrepared { path, reason, .. } = report {
            format!("Cannot send {}: {}.", clean(path), clean(reason))
        } else if let Report::Offered {
            offer,
            name,
            files,
            total_bytes,
            ..
        } = report
        {
            offered(*offer, name, files, *total_bytes)
        } else if let Report::OfferAnswered { of, accepted, .. } = report {
            match accepted {
                0 => return None,
                n => format!("{} takes {}.", clean(&of.name), count(*n, "file")),
            }
        } else if let Report::FileReceived { path, size, .. } = report {
            format!("Saved {} ({}).", clean(path), HumanBytes(*size))
        } else if let Report::FileDelivered { of, path, .. } = report {
            format!("{} has {}.", clean(&of.name), clean(path))
        } else if let Report::FileFailed { path, reason, .. } = report {
            format!("{} did not arrive: {}.", clean(path), clean(reason))
        } else {
            return ended(report);
        },
    )
}

fn ended(report: &Report) -> Option<String> {
    Some(
        if let Report::TransferComplete { of, files, bytes } = report {
            let what = format!("{} ({})", count(*files, "file"), HumanBytes(*bytes));
            match of.direction {
                Way::Incoming => format!("Everything from {} is here: {what}.", clean(&of.name)),
                Way::Outgoing => format!("{} has everything: {what}.", clean(&of.name)),
            }
        } else if let Report::TransferIncomplete { of, failed, .. } = report {
            format!("{} {} did not arrive.", count(*failed, "file"), between(of))
        } else if let Report::TransferDeclined { of } = report {
            match of.direction {
                Way::Incoming => format!("Declined the files from {}.", clean(&of.name)),
                Way::Outgoing => format!("{} declined the files.", clean(&of.name)),
            }
        } else if let Report::TransferCancelled { of, reason, .. } = report {
            format!(
                "The transfer {} was stopped: {}.",
                between(of),
                clean(reason)
            )
        } else {
            return None;
        },
    )
}

fn chat_words(report: &Report) -> Option<String> {
    Some(if let Report::Message { name, text, .. } = report {
        format!("{}: {}", clean(name), clean_lines(text))
    } else if let Report::NotSaid { reason } = report {
        format!("Not said: {}.", clean(reason))
    } else if let Report::Delivered { name, seq, .. } = report {
        format!("  delivered to {} (message {seq})", clean(name))
    } else if let Report::Who { people } = report {
        who(people)
    } else if let Report::Note { text } = report {
        clean_lines(text)
    } else if let Report::Checked { what, detail } = report {
        format!("ok   {what}: {}", clean(detail))
    } else if let Report::Demo {
        connection,
        connect_ms,
        megabytes_per_second,
        ..
    } = report
    {
        format!(
            "\nConnection: {connection}\nTime to connect: {connect_ms} ms\n\
             Speed: {megabytes_per_second:.1} MB/s\nAll verified."
        )
    } else {
        return None;
    })
}

fn offered(offer: u32, name: &str, files: &[FileReport], total_bytes: u64) -> String {
    let what = count(files.len(), "file");
    let mut text = format!(
        "{} offers {what} ({}) [offer {offer}]:",
        clean(name),
        HumanBytes(total_bytes)
    );
    for file in files.iter().take(FILES_SHOWN) {
        text += &format!("\n  {} ({})", clean(&file.path), HumanBytes(file.size));
    }
    if files.len() > FILES_SHOWN {
        text += &format!("\n  … and {} more", files.len() - FILES_SHOWN);
    }
    text
}

fn who(people: &[PersonReport]) -> String {
    if people.is_empty() {
        return "Nobody else is here.".to_owned();
    }
    let line = |person: &PersonReport| {
        let name = person
            .name
            .as_deref()
            .map_or_else(|| "Somebody".to_owned(), clean);
        let way = person.path.as_ref().map_or("", way);
        let state = if person.connected {
            "connected"
        } else {
            "connecting …"
        };
        format!("{name}: {state}{way}")
    };
    let lines: Vec<String> = people.iter().map(line).collect();
    lines.join("\n")
}

fn between(of: &TransferRef) -> String {
    match of.direction {
        Way::Incoming => format!("from {}", clean(&of.name)),
        Way::Outgoing => format!("to {}", clean(&of.name)),
    }
}

fn way(path: &PathReport) -> &'static str {
    match (path.local, path.remote) {
        ("relay", _) | (_, "relay") => " through a relay",
        ("host", "host") => " directly on the same network",
        (_, _) => " directly",
    }
}

fn count(n: usize, what: &str) -> String {
    if n == 1 {
        format!("1 {what}")
    } else {
        format!("{n} {what}s")
    }
}

/// A text from elsewhere on one line, unable to move the cursor or to pose as ours.
pub(crate) fn clean(text: &str) -> String {
    one_line(text, LINE_MAX_BYTES)
}

/// The same for a text of several lines: the later ones are indented, so that none can look like
/// another person's message.
pub(crate) fn clean_lines(text: &str) -> String {
    let clean = |line: &str| line.chars().filter(|c| !reorders_or_hides(*c)).collect();
    let lines: Vec<String> = text.trim_end().lines().map(clean).collect();
    lines.join("\n    ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_control_the_terminal_or_pose_as_another() {
        let report = Report::Message {
            device: String::new(),
            name: "Ada\u{1b}[31m".to_owned(),
            seq: 1,
            text: "hi\u{1b}]0;title\u{7}\u{202e}\r\nBob: I agree".to_owned(),
            written_at_ms: 0,
        };
        assert_eq!(
            words(&report, false).unwrap(),
            "Ada[31m: hi]0;title\n    Bob: I agree"
        );
    }

    #[test]
    fn long_offers_are_cut_short() {
        let file = FileReport {
            path: "photo.jpg".to_owned(),
            size: 1024,
            blake3: String::new(),
        };
        let text = offered(2, "Ada", &vec![file; 14], 14 * 1024);
        assert!(text.starts_with("Ada offers 14 files (14.00 KiB) [offer 2]:"));
        assert!(text.ends_with("… and 2 more"));
    }

    #[test]
    fn one_is_not_a_plural() {
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(2, "file"), "2 files");
    }
}
