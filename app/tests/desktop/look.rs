//! How it looks where somebody needs it otherwise.

use super::introduce;
use crate::desk::{Desk, Window};
use crate::screen_reader::{Heard, role};

const NOTHING: [String; 0] = [];

/// Whatever can be clicked or written into and sticks out of the window at its sides.
fn sticks_out(window: &Window<'_>) -> Vec<String> {
    let heard = window.heard();
    let frame = heard.iter().find(|one| one.role == role::FRAME);
    let frame = frame.expect("there is a window").place;
    let is_for_hands = |one: &Heard| [role::BUTTON, role::ENTRY].contains(&one.role);
    let shown = heard.into_iter().filter(|one| one.place.width > 0);
    let out = shown.filter(is_for_hands).filter(|one| {
        one.place.x < frame.x || one.place.x + one.place.width > frame.x + frame.width
    });
    out.map(|one| one.name).collect()
}

/// Waits until a screen is there, and looks whether all of it can be used.
fn all_fits(window: &Window<'_>, sign: &str) {
    window.sees(sign);
    assert_eq!(sticks_out(window), NOTHING, "{}", window.told());
}

#[test]
fn text_of_half_again_the_size_fits_a_narrow_window() {
    let desk = Desk::set();
    let large = [("GDK_DPI_SCALE", "1.5")];
    let ada = desk.start_where("ada", &["--size", "390x844"], &large);
    all_fits(&ada, "Your name");
    introduce(&ada, "Ada");
    all_fits(&ada, "New room");
    ada.click("Join");
    all_fits(&ada, "Use a picture of a QR code");
    ada.click("Back");
    ada.click("Settings");
    all_fits(&ada, "Save files to");
    ada.click("Back");
    ada.click("New room");
    all_fits(&ada, "QR code of the invite");
    ada.click("Close");
    all_fits(&ada, "It is quiet in here");
}
