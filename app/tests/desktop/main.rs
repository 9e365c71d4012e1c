//! The real app in real windows, driven as a person would: it is found by what a screen reader
//! hears (AT-SPI), clicked with a mouse and typed on a keyboard (XTEST), with a real signaling
//! server, real WebRTC and real files.
//!
//! Why this driver: docs/decisions/0011-driving-the-app.md.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its scene has failed"
)]

mod costs;
mod desk;
mod dialogs;
mod drop;
mod eye;
mod kills;
mod links;
mod look;
mod neighbour;
mod notices;
mod page;
mod photos;
mod place;
mod process;
mod screen_reader;
mod talk;

use std::path::Path;

use desk::{Desk, Window};

/// Somebody's first start: says a name.
fn introduce(window: &Window<'_>, name: &str) {
    window.type_into("Your name", name);
    window.click("Start");
    window.sees("Open a room, invite a friend");
}

/// Opens a room; gives its link.
fn open_room(window: &Window<'_>) -> String {
    window.click("New room");
    window.sees("Invite to this room");
    window.sees("QR code of the invite");
    window.click("Copy link");
    window.sees("Copied");
    let link = window.clipboard();
    assert!(link.contains("/j#"), "{link}");
    window.click("Close");
    link
}

fn join(window: &Window<'_>, link: &str) {
    window.click("Join");
    window.type_into("Link or code", link);
    window.press("Return");
    window.sees("Message");
}

/// Ada in a room of hers, and its link.
fn alone(desk: &Desk) -> (Window<'_>, String) {
    let ada = desk.open("ada", &[]);
    introduce(&ada, "Ada");
    let link = open_room(&ada);
    (ada, link)
}

/// Ada and Bob in a room of Ada's.
fn together(desk: &Desk) -> (Window<'_>, Window<'_>) {
    let (ada, bob) = (desk.open("ada", &[]), desk.open("bob", &[]));
    introduce(&ada, "Ada");
    introduce(&bob, "Bob");
    let link = open_room(&ada);
    join(&bob, &link);
    ada.sees("Bob, connected");
    bob.sees("Ada, connected");
    (ada, bob)
}

/// Pastes a photo into the room, and has it taken.
fn hand_photo(from: &Window<'_>, to: &Window<'_>, photo: &Path) {
    from.copy_picture(photo);
    from.focus("Message");
    from.press("ctrl+v");
    to.click("Accept");
    to.sees("Received");
}

fn say(window: &Window<'_>, text: &str) {
    window.type_into("Message", text);
    window.press("Return");
}

#[test]
fn two_people_talk_and_hand_each_other_photos() {
    let desk = Desk::set();
    let (ada, bob) = together(&desk);

    say(&ada, "Hello Bob");
    bob.sees("Hello Bob");
    say(&bob, "Hello Ada");
    ada.sees("Hello Ada");

    for (from, to, color) in [(&ada, &bob, [200, 40, 40]), (&bob, &ada, [40, 40, 200])] {
        hand_photo(from, to, &desk.photo(color));
        from.sees("Sent to 1 person");
        let received = to.received();
        assert_eq!(received.len(), 1, "{received:?}");
        assert_eq!(eye::center(&received[0]), color);
        to.shows_color(color);
    }
}

#[test]
fn what_was_said_alone_is_there_after_a_kill_and_is_heard_once() {
    let desk = Desk::set();
    let (ada, link) = alone(&desk);
    say(&ada, "Is anybody there");
    ada.sees("Is anybody there");
    ada.sees("Waiting for somebody to come");
    ada.kill();
    let ada = desk.open("ada", &[]);
    ada.click("You: Is anybody there");
    ada.sees("Is anybody there");
    let bob = desk.open("bob", &[]);
    introduce(&bob, "Bob");
    join(&bob, &link);
    bob.sees("Is anybody there");
    say(&ada, "Now you are");
    bob.sees("Now you are");
    assert_eq!(bob.count("Is anybody there"), 1);
}

#[test]
fn a_link_and_files_on_the_command_line_lead_into_the_room() {
    let desk = Desk::set();
    let (ada, link) = alone(&desk);
    let bob = desk.open("bob", &[&link]);
    bob.type_into("Your name", "Bob");
    bob.click("Start");
    bob.sees("Message");
    ada.sees("Bob, connected");
    bob.close();
    let photo = desk.photo([10, 160, 60]);
    let bob = desk.open("bob", &[photo.to_str().unwrap()]);
    bob.sees("1 file is ready to go");
    bob.click("Ada");
    ada.click("Accept");
    ada.sees("Received");
    bob.sees("Sent to 1 person");
}

#[test]
fn a_second_start_hands_its_link_to_the_window_that_is_open() {
    let desk = Desk::set();
    let (ada, bob) = (desk.open("ada", &[]), desk.open("bob", &[]));
    introduce(&ada, "Ada");
    let link = open_room(&ada);
    introduce(&bob, "Bob");
    assert!(bob.start_again(&[&link]));
    bob.sees("Message");
    ada.sees("Bob, connected");
}

#[test]
fn what_cannot_be_read_is_said_in_a_window_that_works() {
    let desk = Desk::set();
    let data = desk.data("ada");
    std::fs::create_dir_all(&data).unwrap();
    std::fs::write(data.join("parlor.db"), "this is no database, nor ever was").unwrap();
    let ada = desk.open("ada", &[]);
    ada.sees("Parlor cannot start");
    ada.sees("damaged");
}

#[test]
fn a_forgotten_room_comes_back_by_undo() {
    let desk = Desk::set();
    let (ada, _) = alone(&desk);
    say(&ada, "Do not forget me");
    ada.sees("Waiting for somebody to come");
    ada.click("More");
    ada.click("Leave and forget");
    ada.sees("Room removed");
    ada.click("Undo");
    ada.click("You: Do not forget me");
    ada.sees("Waiting for somebody to come");
}

#[test]
fn the_terms_of_a_font_can_be_read_from_the_settings_by_keyboard() {
    let desk = Desk::set();
    let ada = desk.open("ada", &[]);
    introduce(&ada, "Ada");
    ada.click("Settings");
    // To the way back, which comes first, and backwards from there to what comes last.
    ada.sees("About Parlor");
    for key in ["Tab", "shift+Tab", "shift+Tab", "Return"] {
        ada.press(key);
    }
    ada.click("All of it, with the licences");
    ada.sees("Fonts, icons and words");
    ada.click("Inter OFL-1.1");
    ada.sees("SIL OPEN FONT LICENSE");
    ada.press("Tab");
    ada.press("Return");
    ada.sees("ISC License");
}
