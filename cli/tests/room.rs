//! `parlor room` with piped stdin, as scripts use it.

mod common;

use std::process::Stdio;

use common::{Parlor, command, hash, text, write_noise};

#[test]
fn three_people_exchange_messages_and_a_file() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = from.path().join("a photo.jpg");
    write_noise(&file, 1_500_000);

    let mut ada = Parlor::open(&[&"room", &"--name", &"Ada"]);
    let link = ada.link();
    let folder = |name: &str| to.path().join(name);
    let mut bob = Parlor::start(&[&"room", &link, &"--name", &"Bob", &"--out", &folder("bob")]);
    let mut cem = Parlor::start(&[&"room", &link, &"--name", &"Cem", &"--out", &folder("cem")]);
    for person in [&mut ada, &mut bob, &mut cem] {
        person.next("peer_connected");
        person.next("peer_connected");
    }

    for (person, line) in [
        (&mut ada, "hello all"),
        (&mut bob, "hi"),
        (&mut cem, "//slash"),
    ] {
        person.type_line(line);
        let said = person.next("said");
        let receipts = [person.next("delivered"), person.next("delivered")];
        assert!(receipts.iter().all(|receipt| receipt["seq"] == said["seq"]));
        assert_ne!(receipts[0]["to"], receipts[1]["to"]);
    }
    let heard = |person: &mut Parlor, from: &str| {
        text(&person.next_where("message", |line| line["name"] == from)["text"])
    };
    assert_eq!(heard(&mut bob, "Ada"), "hello all");
    assert_eq!(heard(&mut cem, "Bob"), "hi");
    assert_eq!(heard(&mut ada, "Cem"), "/slash");

    ada.type_line(&format!("/send \"{}\"", file.display()));
    for (person, name) in [(&mut bob, "bob"), (&mut cem, "cem")] {
        let offer = person.next("offered")["offer"].clone();
        person.type_line(&format!("/accept {offer}"));
        person.next("transfer_complete");
        assert_eq!(hash(&folder(name).join("a photo.jpg")), hash(&file));
    }
    ada.next("transfer_complete");
    ada.next("transfer_complete");

    ada.type_line("/who");
    let people = ada.next("who")["people"].clone();
    assert_eq!(people.as_array().unwrap().len(), 2);
    assert!(
        people
            .as_array()
            .unwrap()
            .iter()
            .all(|person| person["connected"] == true)
    );

    cem.type_line("/leave");
    cem.succeed();
    assert_eq!(bob.next("peer_left")["name"], "Cem");
    bob.close_stdin();
    bob.succeed();
    ada.next_where("peer_left", |line| line["name"] == "Bob");
    ada.type_line("/leave");
    ada.succeed();
}

#[test]
fn a_piped_line_is_delivered_before_the_end_of_input_ends_the_room() {
    let mut ada = Parlor::open(&[&"room", &"--name", &"Ada"]);
    let link = ada.link();
    let mut bob = Parlor::start(&[&"room", &link, &"--name", &"Bob"]);
    bob.type_line("the build is done");
    bob.close_stdin();
    bob.succeed();
    assert_eq!(ada.next("message")["text"], "the build is done");
    assert_eq!(bob.all("delivered")[0]["name"], "Ada");
}

#[test]
fn what_others_say_cannot_control_the_terminal() {
    let mut ada = Parlor::open(&[&"room", &"--name", &"A\u{1b}[31mda"]);
    let link = ada.link();
    let mut bob = command(&[&"room", &link, &"--name", &"Bob"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    ada.next("peer_connected");
    ada.type_line("look\u{1b}[2J\u{202e} here");
    ada.next("delivered");
    // Dropping stdin is the end of input.
    drop(bob.stdin.take());
    let output = bob.wait_with_output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(shown.contains("A[31mda: look[2J here"), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown}");
}

#[test]
fn mistakes_are_explained() {
    let mut ada = Parlor::open(&[&"room"]);
    ada.link();
    for (line, answer) in [
        ("/dance", "/help"),
        ("/accept", "no such offer"),
        ("/send", "/send PATH"),
        ("/help", "/decline"),
    ] {
        ada.type_line(line);
        ada.next_where("note", |note| {
            note["text"].as_str().unwrap().contains(answer)
        });
    }
    ada.type_line("/send /no/such/file");
    assert_eq!(ada.next("not_prepared")["path"], "/no/such/file");
    ada.type_line("/leave");
    ada.succeed();
}
