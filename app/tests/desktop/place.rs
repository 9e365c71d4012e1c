//! Where the window was the last time.

use super::introduce;
use crate::desk::Desk;
use crate::neighbour::{Extent, Neighbour};
use crate::process::until;

#[test]
fn the_window_opens_where_it_was_closed() {
    let place: Extent = (25, 60, 400, 700);
    let desk = Desk::set();
    let ada = desk.open("ada", &[]);
    introduce(&ada, "Ada");
    let manager = Neighbour::of(&ada);
    assert_ne!(manager.extent(), place);
    manager.moves_the_app(place);
    manager.closes_the_app();
    ada.ends();
    let ada = desk.start("ada", &[]);
    ada.sees("Open a room, invite a friend");
    let manager = Neighbour::of(&ada);
    let back = until(|| (manager.extent() == place).then_some(()));
    assert!(back.is_some(), "it is at {:?}", manager.extent());
}
