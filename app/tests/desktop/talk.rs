//! Who is writing, what answers what, and who is not to be heard any more.

use parlor_core::home::Home;

use super::{alone, introduce, join, say, together};
use crate::desk::Desk;
use crate::neighbour::Neighbour;
use crate::process::until;

#[test]
fn who_writes_is_seen_and_an_answer_shows_what_it_answers() {
    let desk = Desk::set();
    let (ada, bob) = together(&desk);
    bob.type_into("Message", "Shall we");
    ada.sees("Bob is writing");
    bob.press("Return");
    ada.sees("Shall we");
    ada.loses("Bob is writing …");
    ada.click("Reply");
    ada.sees("Do not reply");
    say(&ada, "We shall");
    bob.sees("We shall");
    // Once as it was said, and once above the answer.
    assert!(bob.counts("Shall we", 2), "{}", bob.told());
    bob.kill();
    let bob = desk.open_room_of("bob", "Ada: We shall");
    assert!(bob.counts("Shall we", 2), "{}", bob.told());
}

#[test]
fn somebody_new_hears_from_others_what_was_said_by_who_is_gone() {
    let desk = Desk::set();
    let (ada, link) = alone(&desk);
    let bob = desk.open("bob", &[]);
    introduce(&bob, "Bob");
    join(&bob, &link);
    ada.sees("Bob, connected");
    say(&bob, "I have to go");
    ada.sees("I have to go");
    bob.kill();
    let cem = desk.open("cem", &[]);
    introduce(&cem, "Cem");
    join(&cem, &link);
    cem.sees("I have to go");
    cem.sees("Bob, not here");
}

#[test]
fn who_is_blocked_is_gone_and_comes_back_by_undo() {
    let desk = Desk::set();
    let (ada, bob) = together(&desk);
    ada.click("Bob, connected");
    ada.click("Block");
    ada.sees("Bob is blocked");
    ada.loses("Bob, connected");
    say(&bob, "Why do you not answer");
    ada.click("Undo");
    ada.sees("Why do you not answer");
}

#[test]
fn what_is_begun_to_be_written_is_there_after_a_kill() {
    let desk = Desk::set();
    let (ada, _) = alone(&desk);
    ada.type_into("Message", "See you");
    let kept = until(|| {
        let rooms = Home::open(&desk.data("ada")).unwrap().rooms().unwrap();
        rooms
            .iter()
            .any(|room| room.draft == "See you")
            .then_some(())
    });
    assert!(kept.is_some(), "{}", ada.told());
    ada.kill();
    let ada = desk.open_room_of("ada", "Draft: See you");
    ada.focus("Message");
    ada.types(" at noon");
    ada.press("Return");
    ada.sees("See you at noon");
    ada.click("Back");
    ada.sees("You: See you at noon");
}

#[test]
fn what_was_typed_last_is_there_after_the_window_is_closed() {
    let desk = Desk::set();
    let (ada, _) = alone(&desk);
    ada.type_into("Message", "See you");
    Neighbour::of(&ada).closes_the_app();
    ada.ends();
    desk.open("ada", &[]).sees("Draft: See you");
}
