//! The page in the window, which is a process of its own.

use std::process::Command;

use super::{alone, say};
use crate::desk::{Desk, Window};
use crate::process::{family, until};

/// Kills the process of the page, as a crash of a graphics driver would.
fn kill_page(window: &Window<'_>) {
    let is_page = |pid: &u32| {
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm"));
        name.is_ok_and(|name| name.starts_with("WebKitWebProc"))
    };
    let page = until(|| family(window.pid()).into_iter().find(is_page));
    let page = page.expect("there is a page").to_string();
    assert!(
        Command::new("kill")
            .args(["-9", &page])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn a_window_whose_page_died_comes_back_with_all_that_was_in_it() {
    let desk = Desk::set();
    let (ada, _) = alone(&desk);
    say(&ada, "Is anybody there");
    ada.sees("Waiting for somebody to come");
    ada.type_into("Message", "Or will");
    kill_page(&ada);
    ada.click("Draft: Or will");
    ada.sees("Is anybody there");
    ada.focus("Message");
    ada.press("End");
    ada.types(" be");
    ada.press("Return");
    ada.sees("Or will be");
}
