//! Where the window was: kept in a small file of its own, as it is read before anything else.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Its name in the data folder.
const FILE: &str = "window.json";

/// Below this nothing fits any more.
pub const SIDE_MIN: u32 = 320;

/// More than any screen; what is beyond is damage.
const SIDE_MAX: u32 = 16_384;

/// Size and place of the window, in logical pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WindowPlace {
    /// Of the inside.
    pub width: u32,
    /// Of the inside.
    pub height: u32,
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
}

impl WindowPlace {
    /// Where a window is.
    #[must_use]
    pub fn of(window: &dioxus_desktop::tao::window::Window) -> Self {
        let scale = window.scale_factor();
        let size = window.inner_size().to_logical(scale);
        let position = window.outer_position().unwrap_or_default();
        let position = position.to_logical(scale);
        Self {
            width: size.width,
            height: size.height,
            x: position.x,
            y: position.y,
        }
    }

    /// Where the window was when the app was closed; nothing on first use, or for what makes no
    /// sense.
    #[must_use]
    pub fn read(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join(FILE)).ok()?;
        let place: Self = serde_json::from_str(&text).ok()?;
        let sides = SIDE_MIN..=SIDE_MAX;
        (sides.contains(&place.width) && sides.contains(&place.height)).then_some(place)
    }

    /// Keeps it. The window is where it is all the same if that fails.
    pub fn keep(&self, folder: &Path) {
        let text = serde_json::to_string(self).unwrap_or_default();
        if let Err(error) = fs::write(folder.join(FILE), text) {
            tracing::debug!(%error, "the window's place is not kept");
        }
    }
}

/// Keeps where a window is for the next start.
pub(crate) fn keep_place(window: &dioxus_desktop::tao::window::Window, folder: &Path) {
    WindowPlace::of(window).keep(folder);
}

/// Takes the window from the screen before anything else happens on its thread.
#[cfg(target_os = "linux")]
pub(crate) fn hide_at_once(window: &dioxus_desktop::tao::window::Window) {
    use dioxus_desktop::tao::platform::unix::WindowExtUnix as _;
    use gtk::prelude::WidgetExt as _;
    window.gtk_window().hide();
    if let Some(display) = gtk::gdk::Display::default() {
        display.flush();
    }
}

/// Takes the window from the screen before anything else happens on its thread.
#[cfg(not(target_os = "linux"))]
pub(crate) fn hide_at_once(window: &dioxus_desktop::tao::window::Window) {
    window.set_visible(false);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(WindowPlace::read(folder.path()), None);
        let place = WindowPlace {
            width: 390,
            height: 844,
            x: -5,
            y: 60,
        };
        place.keep(folder.path());
        assert_eq!(WindowPlace::read(folder.path()), Some(place));
    }

    #[test]
    fn a_place_that_makes_no_sense_is_as_none() {
        let folder = tempfile::tempdir().unwrap();
        for text in ["", "{}", r#"{"width":1,"height":844,"x":0,"y":0}"#] {
            fs::write(folder.path().join(FILE), text).unwrap();
            assert_eq!(WindowPlace::read(folder.path()), None, "{text}");
        }
    }
}
