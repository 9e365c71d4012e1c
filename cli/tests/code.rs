//! A code that is shown on one side and typed on the other.

mod common;

use common::{Parlor, hash, text, write_noise};

#[test]
fn a_file_arrives_by_an_abbreviated_code() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = from.path().join("photo.jpg");
    write_noise(&file, 300_000);
    let mut sender = Parlor::open(&[&"send", &file]);
    let server = text(&sender.next("room")["server"]);
    let code = text(&sender.next("code_ready")["code"]);
    let typed: Vec<String> = code
        .split('-')
        .enumerate()
        .map(|(at, part)| match at {
            0 => part.to_owned(),
            _ => part.chars().take(4).collect::<String>().to_uppercase(),
        })
        .collect();
    let mut receiver = Parlor::start(&[
        &"receive",
        &"-",
        &"--server",
        &server,
        &"--out",
        &to.path(),
        &"--yes",
    ]);
    receiver.type_line(&typed.join(" "));
    receiver.succeed();
    sender.succeed();
    assert_eq!(sender.all("code_closed")[0]["why"], "used_up");
    assert_eq!(hash(&to.path().join("photo.jpg")), hash(&file));
}

#[test]
fn a_wrong_code_opens_no_room_and_is_told_to_whoever_shows_it() {
    let mut room = Parlor::open(&[&"room"]);
    let server = text(&room.next("room")["server"]);
    let code = text(&room.next("code_ready")["code"]);
    let number = code.split('-').next().unwrap();
    // One of the two is not the code.
    let wrong = ["amber-otter-canoe", "canoe-otter-amber"].map(|words| format!("{number}-{words}"));
    let wrong = wrong.iter().find(|wrong| **wrong != code).unwrap();
    let mut other = Parlor::start(&[&"room", wrong, &"--server", &server]);
    other.fail(4, "room_not_found", "ask for a new one");
    assert_eq!(room.next("code_mistyped")["tries_left"], 2);
}
