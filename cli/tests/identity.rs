//! A device that is known again: `--data`, `/verify` and `/who`.

mod common;

use common::{Parlor, text};
use serde_json::Value;

fn pair(ada_data: &std::path::Path, bob_data: &std::path::Path, bob: &str) -> (Parlor, Parlor) {
    let mut ada = Parlor::open(&[&"room", &"--name", &"Ada", &"--data", &ada_data]);
    let link = ada.link();
    let bob = Parlor::start(&[&"room", &link, &"--name", &bob, &"--data", &bob_data]);
    (ada, bob)
}

fn emoji(person: &mut Parlor, of: &str) -> Value {
    person.type_line(&format!("/verify {of}"));
    person.next("emoji")["emoji"].clone()
}

fn leave(people: [&mut Parlor; 2]) {
    for person in people {
        person.type_line("/leave");
        person.succeed();
    }
}

#[test]
fn somebody_verified_is_known_for_sure_the_next_time() {
    let (at_ada, at_bob) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut ada, mut bob) = pair(at_ada.path(), at_bob.path(), "Bob");
    let met = ada.next("peer_connected");
    assert_eq!(met["standing"], "new");
    bob.next("peer_connected");
    let shown = emoji(&mut ada, "bob");
    assert_eq!(shown.as_array().unwrap().len(), 5);
    assert_eq!(shown, emoji(&mut bob, "Ada"));
    ada.type_line("/verify Bob yes");
    assert_eq!(ada.next("verified")["name"], "Bob");
    ada.type_line("/who");
    assert_eq!(ada.next("who")["people"][0]["standing"], "verified");
    leave([&mut bob, &mut ada]);

    let (mut ada, mut bob) = pair(at_ada.path(), at_bob.path(), "Robert");
    let again = ada.next("peer_connected");
    assert_eq!(text(&again["device"]), text(&met["device"]));
    assert_eq!(again["standing"], "verified");
    assert_eq!(
        (&again["name"], &again["other_name"]),
        (&"Bob".into(), &"Robert".into())
    );
    leave([&mut bob, &mut ada]);

    let stranger = tempfile::tempdir().unwrap();
    let (mut ada, mut eve) = pair(at_ada.path(), stranger.path(), "Bob");
    assert_eq!(ada.next("peer_connected")["standing"], "name_taken");
    leave([&mut eve, &mut ada]);
}

#[test]
fn emoji_that_differ_end_it_with_a_warning() {
    let (at_ada, at_bob) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut ada, mut bob) = pair(at_ada.path(), at_bob.path(), "Bob");
    ada.next("peer_connected");
    bob.next("peer_connected");
    emoji(&mut ada, "Bob");
    ada.type_line("/verify Bob no");
    let reason = text(&ada.next("peer_refused")["reason"]);
    assert!(reason.contains("in between"), "{reason}");
    bob.next("peer_left");
    leave([&mut bob, &mut ada]);
}

#[test]
fn a_second_parlor_on_the_same_data_is_another_device() {
    let data = tempfile::tempdir().unwrap();
    let (mut ada, mut bob) = pair(data.path(), data.path(), "Bob");
    assert_eq!(ada.next("identity")["key"], "kept");
    assert_eq!(bob.next("identity")["key"], "in_use");
    ada.next("peer_connected");
    bob.next("peer_connected");
    leave([&mut bob, &mut ada]);
}

#[test]
fn a_damaged_device_key_is_named_and_not_replaced() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("parlor.db");
    std::fs::write(&file, "rubbish").unwrap();
    let mut ada = Parlor::open(&[&"room", &"--data", &data.path()]);
    ada.fail(8, "local_file", "parlor.db");
    assert_eq!(std::fs::read(&file).unwrap(), b"rubbish");
}
