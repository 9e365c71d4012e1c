//! What this is, and whose work is in it.

use dioxus::prelude::*;

use crate::component::frame::Page;
use crate::component::logo::Logo;
use crate::t;
use crate::words::use_words;

/// What this is.
#[component]
pub(crate) fn About() -> Element {
    let words = use_words();
    rsx! {
        Page { title: t!(words, "settings-about"),
            div { class: "empty", style: "height: auto",
                div { style: "width: 5rem; height: 5rem", Logo {} }
                h2 { {t!(words, "app-name")} }
                p { {t!(words, "about-version", version = env!("CARGO_PKG_VERSION"))} }
                p { {t!(words, "about-text")} }
            }
            section { class: "section",
                h2 { {t!(words, "about-licences")} }
                ul { class: "card",
                    li { class: "card-row", {t!(words, "about-crates")} }
                    li { class: "card-row", {t!(words, "about-icons")} }
                    li { class: "card-row", {t!(words, "about-fonts")} }
                }
            }
        }
    }
}
