//! Whose work is in the app, and on what terms.
//!
//! Hundreds of names and a megabyte of texts: only what is open is in the page.

use std::rc::Rc;

use dioxus::prelude::*;
use lucide_dioxus::ChevronDown;

use crate::component::frame::Page;
use crate::licences::{Licences as All, Shelf, Work};
use crate::t;
use crate::words::use_words;

/// Everything of others that is in the app.
#[component]
pub(crate) fn Licences() -> Element {
    let words = use_words();
    // Gone with the page.
    let all = use_context_provider(|| Rc::new(All::read()));
    rsx! {
        Page { title: t!(words, "licences"),
            p { class: "hint", {t!(words, "licences-text")} }
            section { class: "section",
                h2 { {t!(words, "licences-others")} }
                ul { class: "card",
                    for work in all.others.iter().cloned() {
                        Terms { key: "{work.name}", work }
                    }
                }
            }
            section { class: "section",
                h2 { {t!(words, "licences-crates")} }
                ul { class: "card",
                    for shelf in all.shelves.iter().cloned() {
                        Letter { key: "{shelf.letter}", shelf }
                    }
                }
            }
        }
    }
}

/// The libraries with one letter.
#[component]
fn Letter(shelf: Shelf) -> Element {
    let mut is_open = use_signal(|| false);
    let mut names: Vec<_> = shelf.works.iter().map(|work| work.name.as_str()).collect();
    names.dedup();
    let names = names.join(", ");
    rsx! {
        li { class: "fold",
            button {
                class: "card-row",
                r#type: "button",
                "aria-expanded": "{is_open}",
                onclick: move |_| is_open.toggle(),
                span { class: "letter", "{shelf.letter}" }
                // For the eye: read aloud, the letter says enough.
                span {
                    class: "grow value",
                    dir: "ltr",
                    "aria-hidden": "true",
                    if !is_open() {
                        "{names}"
                    }
                }
                ChevronDown { size: 18, class: "turns" }
            }
            if is_open() {
                ul {
                    for work in shelf.works.iter().cloned() {
                        Terms { key: "{work.name} {work.version}", work }
                    }
                }
            }
        }
    }
}

/// A name that opens its terms.
#[component]
fn Terms(work: Work) -> Element {
    let words = use_words();
    let all = use_context::<Rc<All>>();
    let mut is_open = use_signal(|| false);
    rsx! {
        li { class: "fold",
            button {
                class: "card-row",
                r#type: "button",
                "aria-expanded": "{is_open}",
                onclick: move |_| is_open.toggle(),
                span { class: "grow work", dir: "ltr",
                    span { class: "name",
                        "{work.name} "
                        span { class: "version", "{work.version}" }
                    }
                    span { class: "hint", "{work.licence}" }
                }
                ChevronDown { size: 18, class: "turns" }
            }
            if is_open() {
                div { class: "terms", lang: "en", dir: "ltr",
                    if let Some(address) = &work.source {
                        p { {t!(words, "licences-source", address = address.clone())} }
                    }
                    for (place , text) in all.texts(&work).enumerate() {
                        p { key: "{place}", "{text}" }
                    }
                }
            }
        }
    }
}
