//! Files that are dragged from another program.

use super::{alone, introduce, open_room, together};
use crate::desk::Desk;
use crate::neighbour::Neighbour;

/// The middle of a window.
const MIDDLE: (u16, u16) = (240, 430);

/// Where files may be dropped says so.
const VEIL: &str = "Drop to share with everyone here";

#[test]
fn a_file_dropped_into_a_room_is_offered_to_who_is_there() {
    let desk = Desk::set();
    let (ada, bob) = together(&desk);
    let photo = desk.photo([200, 120, 30]);
    // A name that has to be quoted on the way.
    let named = desk.file("Übung 100 % #1.png");
    std::fs::rename(photo, &named).unwrap();
    let files = Neighbour::of(&ada);
    let drag = files.drags(&ada, &[named], MIDDLE);
    assert!(drag.hovers_until(|| ada.shows(VEIL)), "{}", ada.told());
    assert!(drag.drops(), "the app did not take it");
    bob.click("Accept");
    bob.receives();
    let received = bob.received();
    let name = received[0].file_name().unwrap().to_string_lossy();
    assert_eq!(name, "Übung 100 % #1.png");
}

#[test]
fn a_file_that_is_dragged_away_again_is_not_sent() {
    let desk = Desk::set();
    let (ada, _) = alone(&desk);
    let files = Neighbour::of(&ada);
    let drag = files.drags(&ada, &[desk.photo([9, 9, 9])], MIDDLE);
    assert!(drag.hovers_until(|| ada.shows(VEIL)), "{}", ada.told());
    drag.leaves();
    ada.loses(VEIL);
    ada.sees("It is quiet in here");
}

#[test]
fn a_file_dropped_where_nothing_takes_it_leaves_the_app_as_it_was() {
    let desk = Desk::set();
    let ada = desk.open("ada", &[]);
    introduce(&ada, "Ada");
    let files = Neighbour::of(&ada);
    let drag = files.drags(&ada, &[desk.photo([200, 40, 40])], MIDDLE);
    assert!(drag.hovers_until(|| true), "the app says nothing");
    drag.drops();
    open_room(&ada);
}

#[test]
fn a_picture_of_an_invite_dropped_on_the_way_in_leads_into_the_room() {
    let desk = Desk::set();
    let (ada, bob) = (desk.open("ada", &[]), desk.open("bob", &[]));
    introduce(&ada, "Ada");
    ada.click("New room");
    ada.sees("QR code of the invite");
    let picture = desk.file("invite.png");
    ada.still_picture().save(&picture).unwrap();
    introduce(&bob, "Bob");
    bob.click("Join");
    let place = bob.middle_of("Use a picture of a QR code");
    let files = Neighbour::of(&bob);
    let drag = files.drags(&bob, &[picture], place);
    assert!(drag.hovers_until(|| true), "the app does not want it");
    drag.drops();
    bob.sees("Ada, connected");
}
