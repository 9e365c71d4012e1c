//! An app that is killed again and again while people talk and a file arrives.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use parlor_core::history::KeptContent;
use parlor_core::home::Home;

use super::{introduce, join, open_room, say};
use crate::desk::{Desk, Window};

/// Kills in a run of all tests; `PARLOR_KILLS` asks for more.
const KILLS: u32 = 3;

/// The file, in bytes for each kill: so long that most kills come while it arrives.
const FILE_BYTES: u64 = 700 << 20;

/// The file in all, in bytes: what a disk has to spare.
const FILE_MAX_BYTES: u64 = 10 << 30;

/// What a kill may cost, in bytes: what was on its way and not yet in the journal, and the one digit
/// that the screen rounds to.
const LOST_MAX: u64 = 256 << 20;

fn kills() -> u32 {
    let asked = std::env::var("PARLOR_KILLS").ok();
    asked.and_then(|count| count.parse().ok()).unwrap_or(KILLS)
}

/// A number for each turn, without a clock or dice: Knuth's multiplicative hash.
fn moment(turn: u32, most_ms: u32) -> Duration {
    let spread = turn.wrapping_mul(2_654_435_761) >> 8;
    Duration::from_millis(u64::from(spread % most_ms))
}

/// How far the file is by the words on the screen, in bytes.
fn progress(window: &Window<'_>) -> Option<u64> {
    let lines = window.paragraphs();
    let line = lines.iter().find(|line| line.contains(" of "))?;
    let mut parts = line.split([' ', '\u{a0}']);
    let number: f64 = parts.next()?.parse().ok()?;
    let unit = match parts.next()? {
        "B" => 1.0,
        "kB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        _ => return None,
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the screen shows two digits"
    )]
    Some((number * unit) as u64)
}

/// What a device keeps: how often it has each message, by its words.
fn kept(data: &Path) -> BTreeMap<String, usize> {
    let home = Home::open(data).unwrap();
    let rooms = home.rooms().unwrap();
    let entries = home.entries_before(rooms[0].id(), None, 10_000).unwrap();
    let mut count = BTreeMap::new();
    for entry in entries {
        if let KeptContent::Message { text, .. } = entry.content {
            *count.entry(text).or_default() += 1;
        }
    }
    count
}

/// Runs one life of Ada's app: says something, watches the file, and is killed.
fn live(ada: Window<'_>, turn: u32, before: &mut u64) -> (bool, bool) {
    ada.sees("Message");
    let life = Duration::from_millis(400) + moment(turn, 2_200);
    let mut arrives = false;
    let mut is_said = false;
    say(&ada, &format!("ada {turn}"));
    let began = Instant::now();
    while began.elapsed() < life {
        if let Some(bytes) = progress(&ada).filter(|bytes| *bytes > 0) {
            assert!(
                bytes + LOST_MAX >= *before,
                "turn {turn}: {bytes} bytes are there, and {before} were before the kill"
            );
            *before = bytes.max(*before);
            arrives = true;
        }
        is_said |= ada.has(&format!("ada {turn}")) && ada.has_mark();
    }
    ada.kill();
    (arrives, is_said)
}

#[test]
fn killed_again_and_again_it_loses_and_doubles_nothing() {
    let desk = Desk::set();
    let bob = desk.open("bob", &[]);
    introduce(&bob, "Bob");
    let link = open_room(&bob);
    let ada = desk.open("ada", &[]);
    introduce(&ada, "Ada");
    join(&ada, &link);
    bob.sees("Ada, connected");
    bob.kill();
    let big = desk.file("big.bin");
    let size = (u64::from(kills()) * FILE_BYTES).min(FILE_MAX_BYTES);
    File::create(&big).unwrap().set_len(size).unwrap();
    let bob = desk.open("bob", &[big.to_str().unwrap()]);
    bob.sees("1 file is ready to go");
    bob.click("Ada");
    // A large file is read whole before it is offered.
    assert!((0..5).any(|_| ada.waits_for("Accept")), "no offer comes");
    ada.click("Accept");

    let (mut before, mut said) = (0, Vec::new());
    let mut in_transfer = 0;
    let mut ada = Some(ada);
    for turn in 0..kills() {
        let window = ada
            .take()
            .unwrap_or_else(|| desk.open_room_of("ada", "Bob"));
        let (arrives, is_said) = live(window, turn, &mut before);
        in_transfer += u32::from(arrives);
        if is_said {
            said.push(format!("ada {turn}"));
        }
        say(&bob, &format!("bob {turn}"));
    }
    let ada = desk.open_room_of("ada", "Bob");
    ada.receives();
    say(&ada, "the end");
    bob.sees("the end");
    say(&bob, "yes");
    ada.sees("yes");
    bob.sees("Delivered");
    ada.kill();
    bob.kill();
    let (ada, bob) = (kept(&desk.data("ada")), kept(&desk.data("bob")));
    assert_eq!(ada, bob, "both have the same");
    assert!(ada.values().all(|count| *count == 1), "{ada:?}");
    for text in &said {
        assert!(ada.contains_key(text), "{text} was said and is lost");
    }
    for turn in 0..kills() {
        let text = format!("bob {turn}");
        assert!(ada.contains_key(&text), "{text} is lost");
    }
    println!(
        "{} kills, {in_transfer} of them while the file arrived; {} messages, {} of them said for sure",
        kills(),
        ada.len(),
        said.len()
    );
}
