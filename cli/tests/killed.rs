//! A side that dies in the middle of a transfer, as after a crash or a pulled plug.
#![cfg(unix)]

mod common;

use std::path::Path;

use common::Parlor;

/// Takes longer than it takes to notice that it began, on the fastest machine.
const ENDLESS_BYTES: u64 = 1024 * 1024 * 1024;

/// A file that costs no disk space.
fn write_sparse(path: &Path) {
    let file = std::fs::File::create(path).expect("a file");
    file.set_len(ENDLESS_BYTES).expect("a sparse file");
}

fn begin(from: &Path, to: &Path) -> (Parlor, Parlor) {
    let file = from.join("endless.bin");
    write_sparse(&file);
    let mut sender = Parlor::open(&[&"send", &file, &"--name", &"Ada"]);
    let link = sender.link();
    let mut receiver = Parlor::start(&[
        &"receive", &link, &"--out", &to, &"--yes", &"--name", &"Bob",
    ]);
    receiver.next_where("progress", |line| line["done_bytes"].as_u64() > Some(0));
    (sender, receiver)
}

#[test]
fn a_killed_receiver_ends_the_sender() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut sender, mut receiver) = begin(from.path(), to.path());
    receiver.kill();
    sender.fail(7, "connection_lost", "Bob was lost");
    assert!(!to.path().join("endless.bin").exists());
}

#[test]
fn a_killed_sender_ends_the_receiver_and_leaves_no_half_file() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut sender, mut receiver) = begin(from.path(), to.path());
    sender.kill();
    receiver.fail(7, "connection_lost", "Ada was lost");
    assert!(!to.path().join("endless.bin").exists());
}

#[test]
fn a_sender_that_stops_ends_the_receiver() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut sender, mut receiver) = begin(from.path(), to.path());
    sender.interrupt();
    sender.fail(130, "interrupted", "Stopped");
    // The goodbye stands in line behind the file, and gets through all the same.
    assert_eq!(receiver.exit_code(), 6);
    assert!(!to.path().join("endless.bin").exists());
}

#[test]
fn a_receiver_that_stops_is_no_lost_connection() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut sender, mut receiver) = begin(from.path(), to.path());
    receiver.interrupt();
    receiver.fail(130, "interrupted", "Stopped");
    sender.fail(6, "declined", "Bob went before everything arrived");
}
