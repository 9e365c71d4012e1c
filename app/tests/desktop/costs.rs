//! What the app costs. Run by hand against a release build (app/README.md); it prints and asserts
//! nothing about time.

use std::fs;
use std::time::{Duration, Instant};

use parlor_core::home::Home;
use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use rusqlite::{Connection, params};

use crate::desk::{Desk, Window};
use crate::process::{family, stat};

/// How long CPU time is counted.
const SPAN: Duration = Duration::from_secs(10);

/// Clock ticks of `/proc` in a second (`sysconf(_SC_CLK_TCK)`, the same on every Linux).
const TICKS: u64 = 100;

/// Proportional set size, in MiB.
fn memory(pid: u32) -> u64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = rollup.lines().find(|line| line.starts_with("Pss:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

/// CPU time of a process so far, in ticks.
fn cpu(pid: u32) -> u64 {
    stat(pid, 11).unwrap_or(0) + stat(pid, 12).unwrap_or(0)
}

/// Share of one core that each process takes, in percent.
fn load(window: &Window<'_>) -> Vec<u64> {
    let family = family(window.pid());
    let before: Vec<u64> = family.iter().map(|pid| cpu(*pid)).collect();
    std::thread::sleep(SPAN);
    let after = family.iter().map(|pid| cpu(*pid));
    let spent = after.zip(before).map(|(after, before)| after - before);
    spent
        .map(|ticks| ticks * 100 / TICKS / SPAN.as_secs())
        .collect()
}

/// A home with one room of so many messages.
fn fill(desk: &Desk, name: &str, messages: u32) {
    let data = desk.data(name);
    let home = Home::open(&data).unwrap();
    home.set("profile", r#"{"name":"Ada"}"#).unwrap();
    let invite = Invite {
        server: ServerUrl::parse("http://127.0.0.1:9").unwrap(),
        secret: RoomSecret::from_bytes([7; 32]),
    };
    home.keep_room(&invite, false).unwrap();
    let room = invite.secret.room_id();
    home.name_room(room, Some("Years of it")).unwrap();
    drop(home);
    let mut connection = Connection::open(data.join("parlor.db")).unwrap();
    let transaction = connection.transaction().unwrap();
    let insert = "INSERT INTO entry
        (room, author, kept_at_ms, stream, seq, written_at_ms, text, signature)
        VALUES (?1, ?2, ?3, 7, ?4, ?3, ?5, zeroblob(64))";
    for seq in 1..=messages {
        let at_ms = 1_700_000_000_000_i64 + i64::from(seq) * 60_000;
        let text = format!("Message {seq}, {}", "and so on ".repeat(seq as usize % 12));
        let author = [u8::try_from(seq / 3 % 3).unwrap(); 16];
        let row = params![room.0, author, at_ms, seq, text];
        transaction.execute(insert, row).unwrap();
    }
    transaction.commit().unwrap();
}

#[test]
#[ignore = "measures; see app/README.md"]
fn what_the_app_costs() {
    let desk = Desk::set();
    fill(&desk, "ada", 50_000);
    let began = Instant::now();
    let ada = desk.open("ada", &[]);
    ada.sees("Years of it");
    println!("start to a usable list: {:?}", began.elapsed());
    std::thread::sleep(Duration::from_secs(5));
    let sizes: Vec<u64> = family(ada.pid()).into_iter().map(memory).collect();
    println!(
        "memory at rest: {sizes:?} MiB, {} in all",
        sizes.iter().sum::<u64>()
    );
    let began = Instant::now();
    ada.click("Years of it");
    ada.sees("Message 50000, and so on and so on and so on and so on and so on and so on and so on and so on");
    println!("open a room of 50,000 messages: {:?}", began.elapsed());
    let began = Instant::now();
    for _ in 0..60 {
        ada.scroll_up(20);
    }
    println!(
        "1200 notches up: {:?}, CPU since start {:?} ticks",
        began.elapsed(),
        family(ada.pid()).into_iter().map(cpu).collect::<Vec<_>>()
    );
    let shown = ada.paragraphs();
    println!(
        "then shown: {:?} …, {} paragraphs are there",
        shown.first(),
        shown.len()
    );
    let sizes: Vec<u64> = family(ada.pid()).into_iter().map(memory).collect();
    println!("memory then: {sizes:?} MiB");
    ada.kill();
    let busy = desk.open("busy", &["--scene", "room-busy"]);
    busy.sees("Message");
    println!(
        "1,000 messages a second: {:?} % of a core (app, web processes)",
        load(&busy)
    );
    busy.kill();
}
