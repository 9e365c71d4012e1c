//! What a program has said in JSON lines so far, as far as a fault needs it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use serde_json::Value;

/// Lines that are kept to be shown when something goes wrong.
const TAIL_MAX: usize = 30;

/// Longer lines, such as an offer of many files, are cut in the tail.
const LINE_MAX_CHARS: usize = 300;

/// Words by which a program tells a script that a disk has no room.
const NO_ROOM_WORDS: [&str; 5] = [
    "no_space",
    "no_room",
    "disk_full",
    "enough space",
    "disk is full",
];

/// The sum of a program's lines. Times are since it started.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) link: Option<String>,
    pub(crate) has_joined: bool,
    /// Paths that are on offer, ours or another's.
    pub(crate) prepared_files: usize,
    pub(crate) received_files: usize,
    /// When the first file was whole.
    pub(crate) received_at: Option<Duration>,
    pub(crate) complete_transfers: usize,
    /// When it first said that there is no room.
    pub(crate) no_room_at: Option<Duration>,
    pub(crate) exit_code: Option<u64>,
    /// Bytes put on the wire for each transfer and receiver.
    sent: BTreeMap<(String, String), u64>,
    tail: VecDeque<String>,
}

impl Heard {
    /// Takes one line of stdout, said `at` after the start. What is no event is kept for the story
    /// alone.
    pub(crate) fn take(&mut self, line: &str, at: Duration) {
        self.keep(line);
        let Ok(event) = serde_json::from_str::<Value>(line) else {
            return;
        };
        self.take_sent(&event);
        if self.no_room_at.is_none() && tells_of_no_room(&event) {
            self.no_room_at = Some(at);
        }
        match text(&event, "event") {
            "room" => self.link = Some(text(&event, "link").to_owned()),
            "joined" => self.has_joined = true,
            "prepared" => {
                let files = event.get("files").and_then(Value::as_array);
                self.prepared_files += files.map_or(0, Vec::len);
            }
            "file_received" => {
                self.received_files += 1;
                self.received_at.get_or_insert(at);
            }
            "transfer_complete" => self.complete_transfers += 1,
            "end" => self.exit_code = event.get("exit_code").and_then(Value::as_u64),
            _ => {}
        }
    }

    /// Bytes put on the wire for all transfers, if the program says so at all.
    pub(crate) fn sent_bytes(&self) -> Option<u64> {
        (!self.sent.is_empty()).then(|| self.sent.values().sum())
    }

    /// The last lines, oldest first.
    pub(crate) fn tail(&self) -> String {
        let lines: Vec<&str> = self.tail.iter().map(String::as_str).collect();
        lines.join("\n")
    }

    /// Counts within a transfer only ever grow, so the largest is the last.
    fn take_sent(&mut self, event: &Value) {
        let Some(sent) = event.get("sent_bytes").and_then(Value::as_u64) else {
            return;
        };
        if text(event, "direction") == "incoming" {
            return;
        }
        let key = ["transfer", "with"].map(|name| text(event, name).to_owned());
        let [transfer, with] = key;
        let so_far = self.sent.entry((transfer, with)).or_default();
        *so_far = sent.max(*so_far);
    }

    fn keep(&mut self, line: &str) {
        if self.tail.len() == TAIL_MAX {
            self.tail.pop_front();
        }
        self.tail
            .push_back(line.chars().take(LINE_MAX_CHARS).collect());
    }
}

fn text<'a>(event: &'a Value, field: &str) -> &'a str {
    event.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Whatever event it is that says so; names of files and people are not looked at.
fn tells_of_no_room(event: &Value) -> bool {
    let Some(fields) = event.as_object() else {
        return false;
    };
    let told = fields
        .iter()
        .filter(|(field, _)| !["path", "name", "text"].contains(&field.as_str()));
    let mut texts = told.filter_map(|(_, value)| value.as_str());
    texts.any(|text| NO_ROOM_WORDS.iter().any(|word| text.contains(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(lines: &[&str]) -> Heard {
        let mut heard = Heard::default();
        for (line, second) in lines.iter().zip(1..) {
            heard.take(line, Duration::from_secs(second));
        }
        heard
    }

    #[test]
    fn the_link_of_a_new_room_is_found() {
        let heard = heard(&[
            r#"{"event":"start","format":1}"#,
            r#"{"event":"room","link":"http://127.0.0.1:1/j#x","server":"s"}"#,
            r#"{"event":"joined","others":0}"#,
        ]);
        assert_eq!(heard.link.as_deref(), Some("http://127.0.0.1:1/j#x"));
        assert!(heard.has_joined);
    }

    #[test]
    fn files_and_ends_are_counted() {
        let heard = heard(&[
            r#"{"event":"prepared","files":[{"path":"a"},{"path":"b"}]}"#,
            r#"{"event":"file_received","path":"a"}"#,
            r#"{"event":"file_received","path":"b"}"#,
            r#"{"event":"transfer_complete","files":2}"#,
            r#"{"event":"end","exit_code":0}"#,
        ]);
        assert_eq!((heard.prepared_files, heard.received_files), (2, 2));
        assert_eq!(heard.received_at, Some(Duration::from_secs(2)));
        assert_eq!((heard.complete_transfers, heard.exit_code), (1, Some(0)));
    }

    #[test]
    fn sent_bytes_are_the_last_of_each_transfer_and_receiver() {
        let line = |transfer: u32, with: &str, sent: u64| {
            format!(
                r#"{{"event":"progress","direction":"outgoing","transfer":"{transfer}","with":"{with}","sent_bytes":{sent}}}"#
            )
        };
        let lines = [
            line(1, "a", 10),
            line(1, "a", 30),
            line(2, "a", 5),
            line(2, "b", 7),
        ];
        let heard = heard(&lines.each_ref().map(String::as_str));
        assert_eq!(heard.sent_bytes(), Some(42));
    }

    #[test]
    fn what_others_sent_is_not_ours() {
        let line = r#"{"event":"progress","direction":"incoming","transfer":"1","with":"a","sent_bytes":3}"#;
        assert_eq!(heard(&[line]).sent_bytes(), None);
    }

    #[test]
    fn no_room_is_found_in_any_event_but_not_in_names() {
        let named = r#"{"event":"file_received","path":"disk is full.txt"}"#;
        let told = r#"{"event":"file_failed","reason":"not enough space: the file needs 9 MB"}"#;
        let heard = heard(&[named, told]);
        assert_eq!(heard.no_room_at, Some(Duration::from_secs(2)));
    }

    #[test]
    fn a_line_that_is_no_event_stays_in_the_tail() {
        assert_eq!(heard(&["oops"]).tail(), "oops");
    }
}
