//! An app that is killed again and again while people talk and a file arrives.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use parlor_core::history::KeptContent;
use parlor_core::home::Home;

use super::{introduce, join, open_room, say};
use crate::desk::{Desk, Window};
use crate::process::until;

/// Kills in a run of all tests; `PARLOR_KILLS` asks for more.
const KILLS: u32 = 3;

/// One file, in bytes: several lives long on a fast disk, and little enough that a disk holds it
/// twice. When it is there, the next one follows, so that each kill comes while one arrives.
const FILE_BYTES: u64 = 3 << 30;

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

/// Files that Bob shares, one after the other.
struct Files<'a> {
    desk: &'a Desk,
    bob: &'a Window<'a>,
    shared: u32,
    whole: u32,
    /// Bytes of the one that arrives, when they were last looked at.
    arrived: u64,
}

impl Files<'_> {
    /// Waits until one arrives, and shares the next one if need be. What there was of it before a
    /// kill must be there again.
    fn keep_coming(&mut self, ada: &Window<'_>) {
        loop {
            self.share(ada);
            let look = || match progress(ada).filter(|bytes| *bytes > 0) {
                None if ada.received().is_empty() => None,
                arrives => Some(arrives),
            };
            let Some(seen) = until(look) else {
                panic!("nothing arrives: {}", ada.told());
            };
            // Without, it was whole before anybody looked.
            if let Some(bytes) = seen {
                let before = self.arrived;
                assert!(
                    bytes + LOST_MAX >= before,
                    "{bytes} bytes are there, and {before} were before the kill"
                );
                self.arrived = bytes;
                return;
            }
        }
    }

    fn share(&mut self, ada: &Window<'_>) {
        for whole in ada.received() {
            std::fs::remove_file(whole).unwrap();
            self.whole += 1;
        }
        if self.whole < self.shared {
            return;
        }
        self.arrived = 0;
        let path = self.desk.file(&format!("big {}.bin", self.shared));
        // Each has its own length, and so its own hash.
        let size = FILE_BYTES + u64::from(self.shared);
        File::create(&path).unwrap().set_len(size).unwrap();
        assert!(self.bob.start_again(&[path.to_str().unwrap()]));
        self.bob.sees("1 file is ready to go");
        self.bob.click("Ada");
        self.shared += 1;
        // A large file is read whole before it is offered.
        assert!((0..5).any(|_| ada.waits_for("Accept")), "no offer comes");
        ada.click("Accept");
    }
}

/// Says something in place of what was begun: a kill between storing a message and forgetting what
/// was being written leaves both.
fn say_instead(ada: &Window<'_>, text: &str) {
    ada.focus("Message");
    ada.press("ctrl+a");
    ada.types(text);
    ada.press("Return");
}

/// Runs one life of Ada's app while a file arrives: says something, watches, and is killed. Gives
/// whether what was said is on the disk for sure.
fn live(ada: Window<'_>, turn: u32, files: &mut Files<'_>) -> bool {
    files.keep_coming(&ada);
    say_instead(&ada, &format!("ada {turn}"));
    let (began, length) = (Instant::now(), moment(turn, 1_500));
    let mut is_said = false;
    loop {
        files.arrived = progress(&ada).unwrap_or(files.arrived);
        is_said |= ada.has(&format!("ada {turn}")) && ada.has_mark();
        if began.elapsed() >= length {
            break;
        }
    }
    ada.kill();
    is_said
}

#[test]
fn killed_again_and_again_it_loses_and_doubles_nothing() {
    let desk = Desk::set();
    let (bob, ada) = (desk.open("bob", &[]), desk.open("ada", &[]));
    introduce(&bob, "Bob");
    let link = open_room(&bob);
    introduce(&ada, "Ada");
    join(&ada, &link);
    bob.sees("Ada, connected");
    let mut files = Files {
        desk: &desk,
        bob: &bob,
        shared: 0,
        whole: 0,
        arrived: 0,
    };
    let (mut said, mut in_transfer) = (Vec::new(), 0);
    let mut ada = Some(ada);
    for turn in 0..kills() {
        let window = ada
            .take()
            .unwrap_or_else(|| desk.open_room_of("ada", "Bob"));
        if live(window, turn, &mut files) {
            said.push(format!("ada {turn}"));
        }
        in_transfer += u32::from(files.arrived > 0 && files.arrived < FILE_BYTES);
        say(&bob, &format!("bob {turn}"));
    }
    let ada = desk.open_room_of("ada", "Bob");
    ada.receives();
    say_instead(&ada, "the end");
    bob.sees("the end");
    say(&bob, "yes");
    ada.sees("yes");
    bob.sees("Delivered");
    let shared = files.shared;
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
        "{} kills, {in_transfer} of them while one of {shared} files arrived; {} messages, {} of \
         them said for sure",
        kills(),
        ada.len(),
        said.len()
    );
}
