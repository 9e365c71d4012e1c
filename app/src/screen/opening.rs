//! Before there is anything to show, and when there never will be.

use dioxus::prelude::*;
use lucide_dioxus::{LoaderCircle, TriangleAlert};

use crate::component::frame::Empty;
use crate::t;
use crate::words::use_words;

/// The home is being opened.
#[component]
pub(crate) fn Opening() -> Element {
    let words = use_words();
    rsx! {
        div { class: "empty", role: "status",
            LoaderCircle { class: "spin", size: 28 }
            p { {t!(words, "opening")} }
        }
    }
}

/// The home cannot be opened.
#[component]
pub(crate) fn Broken(reason: String) -> Element {
    let words = use_words();
    rsx! {
        Empty {
            title: t!(words, "broken-title"),
            text: t!(words, "broken-text"),
            picture: rsx! { TriangleAlert { size: 36 } },
            p { class: "problem selectable", role: "alert", "{reason}" }
        }
    }
}
