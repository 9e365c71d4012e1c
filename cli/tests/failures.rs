//! Every way to fail: its exit code, and the sentence that says what to do.

mod common;

use std::ffi::OsStr;
use std::net::TcpListener;

use common::{Parlor, command, write_noise};

/// A link to a room that nobody is in, on the server of `link`.
fn another_room(link: &str) -> String {
    let server = link.split("/j#").next().expect("a server");
    format!("{server}/j#AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f-RI")
}

#[test]
fn without_a_server_it_says_how_to_name_one() {
    let file = tempfile::NamedTempFile::new().unwrap();
    Parlor::start(&[&"send", &file.path()]).fail(2, "usage", "--embed");
    Parlor::start(&[&"room"]).fail(2, "usage", "PARLOR_SERVER");
    let mut bad = Parlor::start(&[&"send", &file.path(), &"--server", &"ftp://example.org"]);
    bad.fail(2, "usage", "https://");
}

#[test]
fn a_damaged_link_is_named_as_such() {
    let to = tempfile::tempdir().unwrap();
    let receive = |link: &str| Parlor::start(&[&"receive", &link, &"--out", &to.path(), &"--yes"]);
    receive("hello").fail(2, "usage", "not an invite link");
    receive("https://example.org/j").fail(2, "usage", "the key after the #");
    receive("https://example.org/j#AQABAgMEBQ").fail(2, "usage", "damaged");
}

#[test]
fn a_mistyped_code_is_named_with_what_was_meant() {
    let receive = |code: &str, server: &[&str]| {
        let mut args: Vec<&dyn AsRef<OsStr>> = vec![&"receive", &code, &"--yes"];
        args.extend(server.iter().map(|arg| arg as &dyn AsRef<OsStr>));
        Parlor::start(&args)
    };
    let server = ["--server", "http://127.0.0.1:9"];
    receive("4821-amber-oter-canoe", &server).fail(2, "usage", "did you mean \"otter\"?");
    receive("4821-amber-otter", &server).fail(2, "usage", "three words");
    receive("4821-amber-otter-canoe", &[]).fail(2, "usage", "PARLOR_SERVER");
}

#[test]
fn a_code_for_a_server_that_nobody_answers_at_is_unreachable() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let server = format!("http://127.0.0.1:{port}");
    let mut room = Parlor::start(&[&"room", &"4821 ambe otte cano", &"--server", &server]);
    room.fail(3, "server_unreachable", &server);
}

#[test]
fn a_code_or_link_may_come_from_stdin_without_being_asked_for() {
    let mut receiver = Parlor::start(&[&"receive", &"--yes"]);
    receiver.type_line("4821-amber-otter-canoe");
    receiver.fail(2, "usage", "--server");
}

#[test]
fn a_link_and_a_new_room_contradict() {
    let link = "https://example.org/j#AQABAgMEBQ";
    for option in [&["--embed"][..], &["--max-peers", "3"]] {
        let mut args: Vec<&dyn AsRef<OsStr>> = vec![&"room", &link];
        args.extend(option.iter().map(|arg| arg as &dyn AsRef<OsStr>));
        Parlor::start(&args).fail(2, "usage", "leave out --embed");
    }
}

#[test]
fn a_link_to_an_empty_room_is_a_room_not_found() {
    let to = tempfile::tempdir().unwrap();
    let mut room = Parlor::open(&[&"room"]);
    let link = another_room(&room.link());
    let mut receiver = Parlor::start(&[&"receive", &link, &"--out", &to.path(), &"--yes"]);
    receiver.fail(4, "room_not_found", "ask for a new link");
}

#[test]
fn a_full_room_takes_nobody_else() {
    let to = tempfile::tempdir().unwrap();
    let mut first = Parlor::open(&[&"room", &"--max-peers", &"2"]);
    let link = first.link();
    let mut second = Parlor::start(&[&"room", &link]);
    second.next("joined");
    let mut third = Parlor::start(&[&"receive", &link, &"--out", &to.path(), &"--yes"]);
    third.fail(5, "room_full", "full");
}

#[test]
fn a_server_that_nobody_answers_at_is_unreachable() {
    let file = tempfile::NamedTempFile::new().unwrap();
    // Bound and released: nothing listens there for now.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let server = format!("http://127.0.0.1:{port}");
    let mut sender = Parlor::start(&[&"send", &file.path(), &"--server", &server]);
    sender.fail(3, "server_unreachable", &server);
}

#[test]
fn a_server_that_never_speaks_is_unreachable() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("ws://{}", listener.local_addr().unwrap());
    let mut sender = Parlor::start(&[&"send", &file.path(), &"--server", &server]);
    sender.fail(3, "server_unreachable", "check the address");
}

#[test]
fn a_declined_offer_ends_the_sender() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut sender = Parlor::open(&[&"send", &file.path()]);
    let link = sender.link();
    let mut receiver = Parlor::start(&[&"room", &link, &"--name", &"Bob"]);
    receiver.next("offered");
    receiver.type_line("/accept");
    receiver.next_where("note", |note| {
        note["text"].as_str().unwrap().contains("--out")
    });
    receiver.type_line("/decline");
    sender.fail(6, "declined", "Bob declined");
    receiver.type_line("/leave");
    receiver.succeed();
}

#[test]
fn a_missing_file_is_noticed_before_anybody_is_bothered() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.jpg");
    let mut sender = Parlor::open(&[&"send", &missing]);
    sender.fail(8, "local_file", "missing.jpg");
    assert!(sender.all("room").is_empty());
}

#[test]
fn an_empty_folder_is_nothing_to_send() {
    let folder = tempfile::tempdir().unwrap();
    Parlor::open(&[&"send", &folder.path()]).fail(8, "local_file", "no file");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, b"x").unwrap();
    let mut room = Parlor::open(&[&"room"]);
    let link = room.link();
    let inside = file.join("inside");
    for out in [
        file.as_path(),
        inside.as_path(),
        "/proc".as_ref(),
        "/proc/none".as_ref(),
    ] {
        let mut receiver = Parlor::start(&[&"receive", &link, &"--out", &out, &"--yes"]);
        receiver.fail(8, "local_file", &out.display().to_string());
    }
}

#[test]
fn a_file_that_changes_before_it_is_sent_is_our_own_trouble() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (changed, fine) = (
        from.path().join("changed.bin"),
        from.path().join("fine.bin"),
    );
    write_noise(&changed, 3_000_000);
    write_noise(&fine, 100_000);
    let mut sender = Parlor::open(&[&"send", &changed, &fine, &"--name", &"Ada"]);
    let link = sender.link();
    sender.next("prepared");
    write_noise(&changed, 2_999_999);
    let mut receiver = Parlor::start(&[&"receive", &link, &"--out", &to.path(), &"--yes"]);
    receiver.fail(9, "incomplete", "1 of 2 files from Ada did not arrive");
    sender.fail(8, "local_file", "changed.bin");
    assert!(to.path().join("fine.bin").exists());
    assert!(!to.path().join("changed.bin").exists());
}

#[test]
fn nobody_at_the_keyboard_has_to_say_yes_in_advance() {
    let to = tempfile::tempdir().unwrap();
    let mut receiver = Parlor::start(&[&"receive", &"https://example.org/j", &"--out", &to.path()]);
    receiver.fail(2, "usage", "--yes");
}

#[test]
fn a_command_line_that_cannot_be_read_is_a_usage_error() {
    let output = command(&[&"send"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
}

#[cfg(unix)]
#[test]
fn ctrl_c_says_goodbye() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let to = tempfile::tempdir().unwrap();
    let mut sender = Parlor::open(&[&"send", &file.path(), &"--keep"]);
    let link = sender.link();
    let mut other = Parlor::start(&[&"room", &link, &"--out", &to.path()]);
    other.next("peer_connected");
    sender.interrupt();
    sender.fail(130, "interrupted", "Stopped");
    // A goodbye, not a silence.
    other.next("peer_left");
    assert!(other.all("peer_lost").is_empty());
}
