//! What `-vv` puts on stderr while two people live through a room.

mod common;

use common::{Parlor, command, text, write_noise};

/// Every line of a log, and none of the sentences for people.
fn log_lines(stderr: &str) -> Vec<&str> {
    let is_log = |line: &&str| {
        let levels = [" ERROR ", " WARN ", " INFO ", "DEBUG ", "TRACE "];
        line.starts_with("20") && levels.iter().any(|level| line.contains(level))
    };
    stderr.lines().filter(is_log).collect()
}

#[test]
fn the_most_detailed_log_holds_nothing_of_the_room_and_nothing_of_the_libraries() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = from.path().join("marker-name.jpg");
    write_noise(&file, 100_000);
    let mut ada = Parlor::open(&[&"room", &"-vv", &"--name", &"Marker-Ada"]);
    let link = ada.link();
    let out = to.path().join("marker-folder");
    let mut bob = Parlor::start(&[
        &"room",
        &link,
        &"-vv",
        &"--name",
        &"Marker-Bob",
        &"--out",
        &out,
    ]);
    let devices = [&mut ada, &mut bob].map(|person| text(&person.next("peer_connected")["device"]));
    ada.type_line("marker-text");
    bob.next("message");
    ada.type_line(&format!("/send \"{}\"", file.display()));
    let offer = bob.next("offered")["offer"].clone();
    bob.type_line(&format!("/accept {offer}"));
    bob.next("transfer_complete");
    bob.type_line("/leave");
    bob.succeed();
    ada.type_line("/leave");
    ada.succeed();

    let secret = link.split_once('#').unwrap().1;
    let mut forbidden = vec![
        secret,
        "arker-",
        "v=0",
        "a=",
        "candidate",
        "ufrag",
        "127.0.0.1",
        "192.168.",
        "10.",
        "172.",
        "::1",
        "fe80",
    ];
    forbidden.extend(devices.iter().map(String::as_str));
    for person in [&ada, &bob] {
        let stderr = person.stderr();
        let lines = log_lines(&stderr);
        assert!(
            lines.iter().any(|line| line.contains("parlor_core::rtc")),
            "nothing was logged: {stderr}"
        );
        for line in lines {
            // The time in front has dots of its own.
            let said = line.split_once("Z ").map_or(line, |(_, said)| said);
            assert!(
                said.trim_start_matches(|c: char| c.is_ascii_uppercase() || c == ' ')
                    .starts_with("parlor"),
                "{line}"
            );
            for word in &forbidden {
                assert!(!said.contains(word), "{word} in {line}");
            }
        }
        assert!(
            !stderr.contains(secret) || person.all("room").len() == 1,
            "{stderr}"
        );
    }
}

#[test]
fn no_filter_turns_the_logs_of_the_libraries_on() {
    let output = command(&[&"demo", &"--json"])
        .env("PARLOR_LOG", "trace")
        .output()
        .unwrap();
    assert!(output.status.success());
    let stderr = String::from_utf8(output.stderr).unwrap();
    let lines = log_lines(&stderr);
    assert!(!lines.is_empty(), "{stderr}");
    let foreign: Vec<_> = lines
        .iter()
        .filter(|line| !line.contains(" parlor"))
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}
