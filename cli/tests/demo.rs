//! `parlor demo`, as a person would try it first.

mod common;

use common::{Parlor, command, text};

#[test]
fn the_demo_holds() {
    let mut demo = Parlor::start(&[&"demo"]);
    demo.succeed();
    let checked: Vec<_> = demo
        .all("checked")
        .iter()
        .map(|line| line["what"].clone())
        .collect();
    assert_eq!(
        checked,
        ["join by link", "message", "message", "photo", "file"]
    );
    let found = demo.all("demo").pop().unwrap();
    assert_eq!(found["verified"], true);
    // Both ends are on this machine; which of them was found by a check first is chance.
    let connection = text(&found["connection"]);
    let mut ends = connection.split(" to ");
    assert!(
        ends.all(|end| ["host", "prflx"].contains(&end)),
        "{connection}"
    );
    assert!(found["megabytes_per_second"].as_f64().unwrap() > 0.0);
}

#[test]
fn the_demo_shows_its_code_and_its_report() {
    let output = command(&[&"demo"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let shown = String::from_utf8(output.stdout).unwrap();
    for part in ["██", "/j#", "parlor://j?server=", "Connection: ", "MB/s"] {
        assert!(shown.contains(part), "{part} is not in\n{shown}");
    }
}

#[test]
fn the_log_holds_no_secret_at_any_level() {
    let output = command(&[&"demo"])
        .env("PARLOR_LOG", "trace")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let shown = String::from_utf8(output.stdout).unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    let secret = shown
        .split("/j#")
        .nth(1)
        .and_then(|rest| rest.lines().next())
        .unwrap();
    assert!(secret.len() > 40, "{secret}");
    assert!(log.contains("join"), "nothing is logged");
    assert!(!log.contains(secret));
    assert!(!log.contains("remotePwd"));
}
