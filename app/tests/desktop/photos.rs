//! Photos as large as the window.

use super::{hand_photo, together};
use crate::desk::Desk;

const RED: [u8; 3] = [200, 40, 40];
const BLUE: [u8; 3] = [40, 40, 200];

/// More of the screen than a photo takes in the timeline.
const LARGE: usize = 150_000;

/// More than it takes where all of it is seen.
const LARGE_AND_CLOSE: usize = 200_000;

#[test]
fn photos_are_looked_at_one_after_the_other_as_large_as_the_window() {
    let desk = Desk::set();
    let (ada, bob) = together(&desk);
    for color in [RED, BLUE] {
        hand_photo(&ada, &bob, &desk.photo(color));
        bob.shows_color(color);
    }
    // The tile of the last photo is named like its file.
    bob.click(".png");
    bob.shows_much_of(BLUE, LARGE);
    bob.press("Left");
    bob.shows_much_of(RED, LARGE);
    bob.click("Next photo");
    bob.shows_much_of(BLUE, LARGE);
    bob.click("Zoom in");
    bob.sees("Zoom out");
    bob.shows_much_of(BLUE, LARGE_AND_CLOSE);
    bob.press("Escape");
    bob.loses("Zoom out");
    bob.focus("Message");
}

#[test]
fn a_photo_that_is_gone_says_so_and_can_be_left() {
    let desk = Desk::set();
    let (ada, bob) = together(&desk);
    hand_photo(&ada, &bob, &desk.photo(RED));
    bob.shows_color(RED);
    for file in bob.received() {
        std::fs::remove_file(file).unwrap();
    }
    bob.click(".png");
    bob.sees("This photo cannot be shown here");
    bob.click("Close");
    bob.focus("Message");
}
