//! What this is, and whose work is in it.

use dioxus::prelude::*;
use lucide_dioxus::ChevronRight;
use parlor_app_model::model::Screen;
use parlor_app_model::msg::Intent;

use crate::bridge::use_courier;
use crate::component::frame::Page;
use crate::component::logo::Logo;
use crate::t;
use crate::words::use_words;

/// What this is.
#[component]
pub(crate) fn About() -> Element {
    let words = use_words();
    let courier = use_courier();
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
                div { class: "card",
                    button {
                        class: "card-row",
                        r#type: "button",
                        onclick: move |_| courier.send(Intent::Go(Screen::Licences)),
                        span { class: "grow", {t!(words, "licences-all")} }
                        ChevronRight { size: 18, class: "mirrored" }
                    }
                }
            }
        }
    }
}
