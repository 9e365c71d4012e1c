//! What others on the machine can see of a running `parlor`.
#![cfg(target_os = "linux")]

mod common;

use std::net::TcpListener;

use common::{Parlor, text};

const CODE: &str = "4821-amber-otter-canoe";

/// What `ps` shows, one argument after the other.
fn arguments(of: &Parlor) -> Vec<String> {
    let line = std::fs::read(format!("/proc/{}/cmdline", of.id())).expect("it runs");
    let arguments = line.split(|byte| *byte == 0);
    arguments
        .map(|argument| String::from_utf8(argument.to_vec()).expect("UTF-8"))
        .collect()
}

#[test]
fn a_link_is_gone_from_the_process_list_and_still_leads_into_the_room() {
    let mut ada = Parlor::open(&[&"room", &"--name", &"Ada"]);
    let link = ada.link();
    let mut bob = Parlor::start(&[&"room", &link, &"--name", &"Bob"]);
    bob.next("start");
    let (before, secret) = link.split_once('#').unwrap();
    let arguments = arguments(&bob);
    for argument in &arguments {
        assert!(!argument.contains(secret) && !argument.contains(before));
    }
    assert!(arguments.starts_with(&[env!("CARGO_BIN_EXE_parlor").to_owned(), "room".to_owned()]));
    bob.next("peer_connected");
    // Stdin is the same as before.
    bob.type_line("here I am");
    assert_eq!(text(&ada.next("message")["text"]), "here I am");
    bob.type_line("/leave");
    bob.succeed();
}

#[test]
fn a_code_is_gone_from_the_process_list() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = format!("http://{}", silent.local_addr().unwrap());
    let mut bob = Parlor::start(&[&"receive", &CODE, &"--server", &server, &"--yes"]);
    bob.next("start");
    assert!(!arguments(&bob).concat().contains("otter"));
    bob.interrupt();
    bob.fail(130, "interrupted", "Stopped");
}
