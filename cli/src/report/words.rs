//! Reports as sentences.

use core::time::Duration;

use indicatif::DecimalBytes;
use parlor_proto::text::{isolated, one_line, visible};

use super::bars::time;
use super::{FileReport, PathReport, PersonReport, Report, TransferRef, Way, code, hold, identity};

/// Longest foreign text on one line, in bytes.
const LINE_MAX_BYTES: usize = 512;

/// Files of an offer that are named one by one.
const FILES_SHOWN: usize = 12;

/// Shorter transfers are over before anybody wonders how long they take.
const WORTH_TELLING: Duration = Duration::from_secs(1);

/// What the core gives as the reason where somebody leaves in good order.
const LEFT: &str = "left the room";

/// Failures in a row after which a lost server is worth a sentence.
pub(crate) const SERVER_FAILURES_TOLD: u32 = 2;

/// What a sentence depends on besides its report.
#[derive(Debug, Default)]
pub(crate) struct Scene {
    /// Whether offers are answered by typing commands.
    pub(crate) is_chat: bool,
    pub(crate) has_joined: bool,
    /// Whether the person was told so.
    pub(crate) is_server_lost: bool,
    /// How long the transfer took that a report ends.
    pub(crate) took: Option<Duration>,
}

/// The sentence for a report, if people need to hear of it at all.
pub(crate) fn words(report: &Report, scene: &Scene) -> Option<String> {
    room_words(report, scene)
        .or_else(|| file_words(report, scene))
        .or_else(|| hold::words(report))
        .or_else(|| chat_words(report))
        .or_else(|| code::words(report, scene.is_chat))
        .or_else(|| identity::words(report))
}

fn room_words(report: &Report, scene: &Scene) -> Option<String> {
    Some(if let Report::Hosting { server, .. } = report {
        hosting(report, server)
    } else if let Report::Joined { others } = report {
        match others {
            _ if scene.is_server_lost => "Back at the server.".to_owned(),
            _ if scene.has_joined => return None,
            0 => "You are in the room. Waiting for somebody to join …".to_owned(),
            1 => "You are in the room with 1 other.".to_owned(),
            n => format!("You are in the room with {n} others."),
        }
    } else if let Report::ServerLost {
        reason, failures, ..
    } = report
    {
        return server_lost(reason, *failures, scene);
    } else if let Report::PeerConnected {
        name,
        path,
        connect_ms,
        standing,
        other_name,
        ..
    } = report
    {
        let way = path.as_ref().map_or("", way);
        let remark = identity::remark(name, *standing, other_name.as_deref());
        let name = clean(name);
        format!("{name} is connected{way} ({connect_ms} ms).{remark}")
    } else if let Report::PeerUnreachable { reason, failures } = report {
        // The tries that follow are no news.
        if *failures > 1 {
            return None;
        }
        let reason = clean(reason);
        format!("Somebody in the room cannot be reached yet ({reason}); trying again …")
    } else if let Report::PeerLost { name, reason, .. } = report {
        let reason = clean(reason);
        format!(
            "Lost the connection to {} ({reason}); waiting for them …",
            clean(name)
        )
    } else if let Report::PeerLeft { name, reason, .. } = report {
        match clean(reason).as_str() {
            LEFT => format!("{} left the room.", clean(name)),
            reason => format!("{} is gone ({reason}).", clean(name)),
        }
    } else if let Report::PeerRefused { reason } = report {
        format!("Refused to talk to somebody: {}.", clean(reason))
    } else if let Report::ServerSuspected { reason } = report {
        format!(
            "Careful: {}. It was thrown away, and nobody learned anything by it. Use another server \
             if this goes on.",
            clean(reason)
        )
    } else {
        return None;
    })
}

/// Said once. In the room the first try to get back is not waited for in words: the connections to
/// people go on, and where the server was the host's own, the host's goodbye is on its way.
fn server_lost(reason: &str, failures: u32, scene: &Scene) -> Option<String> {
    match (scene.has_joined, failures) {
        (false, 1) => {
            let reason = clean(reason);
            Some(format!(
                "The server cannot be reached yet ({reason}); trying again …"
            ))
        }
        (true, SERVER_FAILURES_TOLD) => {
            let text = "Lost the server; whoever is connected stays connected. Trying again …";
            Some(text.to_owned())
        }
        (_, _) => None,
    }
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

fn file_words(report: &Report, scene: &Scene) -> Option<String> {
    Some(
        if let Report::Prepared {
            files, total_bytes, ..
        } = report
        {
            let what = count(files.len(), "file");
            format!("Offering {what} ({}).", DecimalBytes(*total_bytes))
        } else if let Report::OfferedAgain {
            files, total_bytes, ..
        } = report
        {
            let what = count(files.len(), "file");
            format!(
                "Offering {what} from before ({}).",
                DecimalBytes(*total_bytes)
            )
        } else if let Report::NotPrepared { path, reason, .. } = report {
            format!("Cannot send {}: {}.", clean(path), clean(reason))
        } else if let Report::Offered {
            offer,
            name,
            files,
            total_bytes,
            is_open,
            ..
        } = report
        {
            if !is_open {
                let what = count(files.len(), "file");
                let (name, size) = (clean(name), DecimalBytes(*total_bytes));
                return Some(format!("Taking {what} from {name} ({size})."));
            }
            let hint = if scene.is_chat {
                format!("\n/accept {offer} to save, /decline {offer} to refuse.")
            } else {
                String::new()
            };
            offered(name, files, *total_bytes) + &hint
        } else if let Report::OfferAnswered {
            of,
            accepted,
            reason,
        } = report
        {
            match (accepted, reason) {
                (0, None) => format!("{} declined the files.", clean(&of.name)),
                (0, Some(reason)) => {
                    let reason = clean(reason);
                    format!("{} did not take the files ({reason}).", clean(&of.name))
                }
                (n, _) => format!("{} takes {}.", clean(&of.name), count(*n, "file")),
            }
        } else if let Report::FileReceived { path, size, .. } = report {
            format!("Saved {} ({}).", clean(path), DecimalBytes(*size))
        } else if let Report::FileDelivered { of, path, .. } = report {
            format!("{} has {}.", clean(&of.name), clean(path))
        } else if let Report::FileFailed { path, reason, .. } = report {
            format!("{} did not arrive: {}.", clean(path), clean(reason))
        } else {
            return ended(report, scene);
        },
    )
}

fn ended(report: &Report, scene: &Scene) -> Option<String> {
    Some(
        if let Report::TransferComplete { of, files, bytes } = report {
            let took = scene.took.filter(|took| *took >= WORTH_TELLING);
            let took = took.map_or_else(String::new, |took| format!(" in {}", time(took)));
            let what = format!("{} ({}{took})", count(*files, "file"), DecimalBytes(*bytes));
            match of.direction {
                Way::Incoming => format!("Everything from {} is here: {what}.", clean(&of.name)),
                Way::Outgoing => format!("{} has everything: {what}.", clean(&of.name)),
            }
        } else if let Report::TransferIncomplete { of, failed, .. } = report {
            format!("{} {} did not arrive.", count(*failed, "file"), between(of))
        } else if let Report::TransferDeclined { of } = report {
            match of.direction {
                Way::Incoming => format!("Declined the files from {}.", clean(&of.name)),
                // The answer said it.
                Way::Outgoing => return None,
            }
        } else if let Report::TransferCancelled {
            of,
            reason,
            by_us: false,
        } = report
        {
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
    } else if let Report::Delivered { name, .. } = report {
        format!("  delivered to {}", clean(name))
    } else if let Report::Who { people } = report {
        who(people)
    } else if let Report::Note { text } = report {
        text.lines().map(clean).collect::<Vec<_>>().join("\n")
    } else if let Report::Checked { what, detail } = report {
        format!("ok   {what}: {}", clean(detail))
    } else if let Report::Demo {
        connection,
        connect_ms,
        megabytes_per_second,
        ..
    } = report
    {
        let how = if connection.contains("relay") {
            "through a relay"
        } else {
            "direct"
        };
        format!(
            "\nConnection: {how} ({connection})\nTime to connect: {connect_ms} ms\n\
             Speed: {megabytes_per_second:.1} MB/s\nAll verified."
        )
    } else {
        return None;
    })
}

fn offered(name: &str, files: &[FileReport], total_bytes: u64) -> String {
    let what = count(files.len(), "file");
    let mut text = format!(
        "{} offers {what} ({}):",
        clean(name),
        DecimalBytes(total_bytes)
    );
    for file in files.iter().take(FILES_SHOWN) {
        text += &format!("\n  {} ({})", clean(&file.path), DecimalBytes(file.size));
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
        format!("{name}{}: {state}{way}", identity::mark(person.standing))
    };
    let lines: Vec<String> = people.iter().map(line).collect();
    lines.join("\n")
}

pub(super) fn between(of: &TransferRef) -> String {
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

/// A text from elsewhere on one line, unable to move the cursor, to pose as ours or to reorder what
/// stands beside it.
pub(crate) fn clean(text: &str) -> String {
    isolated(&one_line(text, LINE_MAX_BYTES))
}

/// The same for a text of several lines: the later ones are indented, so that none can look like
/// another person's message.
pub(crate) fn clean_lines(text: &str) -> String {
    let clean = |line: &str| isolated(&visible(line));
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
            words(&report, &Scene::default()).unwrap(),
            "Ada[31m: hi]0;title\n    Bob: I agree"
        );
    }

    /// What an offer of one file looks like.
    fn offered_as(path: &str) -> String {
        let file = FileReport {
            path: path.to_owned(),
            size: 1,
            blake3: String::new(),
        };
        offered("Ada", &[file], 1)
    }

    #[test]
    fn hostile_file_names_show_what_they_are() {
        for (path, shown) in [
            ("photo\u{202E}gpj.exe", "photogpj.exe"),
            ("\u{1b}[2J\u{1b}[31mred.txt", "[2J[31mred.txt"),
            ("a.txt\nBob offers b.txt", "a.txtBob offers b.txt"),
            ("\u{9b}31m\u{2028}x\u{7f}", "31mx"),
        ] {
            let expected = format!("Ada offers 1 file (1 B):\n  {shown} (1 B)");
            assert_eq!(offered_as(path), expected);
        }
    }

    #[test]
    fn a_name_from_right_to_left_leaves_the_rest_of_the_line_in_order() {
        let text = offered_as("תמונה.jpg");
        assert!(
            text.ends_with("\n  \u{2068}תמונה.jpg\u{2069} (1 B)"),
            "{text}"
        );
        let report = Report::Message {
            device: String::new(),
            name: "مريم".to_owned(),
            seq: 1,
            text: "שלום\nhello".to_owned(),
            written_at_ms: 0,
        };
        assert_eq!(
            words(&report, &Scene::default()).unwrap(),
            "\u{2068}مريم\u{2069}: \u{2068}שלום\u{2069}\n    hello"
        );
    }

    #[test]
    fn heaps_of_marks_do_not_paint_over_other_lines() {
        let heap = format!("Z{}algo.jpg", "\u{336}".repeat(10_000));
        assert!(offered_as(&heap).chars().count() < 60);
        let shown = clean_lines(&format!("fine\n{heap}"));
        assert!(shown.starts_with("fine\n    Z") && shown.chars().count() < 30);
    }

    #[test]
    fn long_offers_are_cut_short() {
        let file = FileReport {
            path: "photo.jpg".to_owned(),
            size: 1024,
            blake3: String::new(),
        };
        let text = offered("Ada", &vec![file; 14], 14 * 1024);
        assert!(text.starts_with("Ada offers 14 files (14.34 kB):"));
        assert!(text.ends_with("… and 2 more"));
    }

    #[test]
    fn a_lost_server_is_told_once() {
        let lost = |failures| Report::ServerLost {
            reason: "nothing answers".to_owned(),
            failures,
            retry_in_ms: 0,
        };
        let mut scene = Scene::default();
        let told = words(&lost(1), &scene).unwrap();
        assert!(told.contains("nothing answers"), "{told}");
        assert_eq!(words(&lost(2), &scene), None);
        scene.has_joined = true;
        assert_eq!(words(&lost(1), &scene), None);
        let told = words(&lost(2), &scene).unwrap();
        assert!(told.contains("stays connected"), "{told}");
        assert_eq!(words(&lost(3), &scene), None);
        let back = Report::Joined { others: 1 };
        assert_eq!(words(&back, &scene), None);
        scene.is_server_lost = true;
        assert_eq!(words(&back, &scene).unwrap(), "Back at the server.");
    }

    #[test]
    fn in_a_chat_an_offer_says_how_to_answer_it() {
        let offer = Report::Offered {
            offer: 3,
            from: String::new(),
            name: "Ada".to_owned(),
            transfer: "1".to_owned(),
            files: Vec::new(),
            total_bytes: 0,
            is_open: true,
        };
        let chat = Scene {
            is_chat: true,
            ..Scene::default()
        };
        assert!(words(&offer, &chat).unwrap().contains("/accept 3"));
        let asked = words(&offer, &Scene::default()).unwrap();
        assert!(!asked.contains("/accept"), "{asked}");
    }

    #[test]
    fn one_is_not_a_plural() {
        assert_eq!(count(1, "file"), "1 file");
        assert_eq!(count(2, "file"), "2 files");
    }
}
