//! The frame of a screen and of a sheet, and what stands where nothing is yet.

use dioxus::prelude::*;
use lucide_dioxus::{ChevronLeft, X};
use parlor_app_model::msg::Intent;

use super::button::IconButton;
use crate::bridge::use_courier;
use crate::t;
use crate::words::use_words;

/// A screen with a title and the way back.
#[component]
pub(crate) fn Page(title: String, children: Element) -> Element {
    let words = use_words();
    let courier = use_courier();
    rsx! {
        section { class: "pane", "aria-label": "{title}",
            header { class: "bar",
                IconButton {
                    label: t!(words, "back"),
                    onclick: move |_| courier.send(Intent::Back),
                    ChevronLeft { class: "mirrored" }
                }
                h1 { class: "title", "{title}" }
            }
            div { class: "scroll",
                div { class: "page", {children} }
            }
        }
    }
}

/// Something above the screen, which cannot be used meanwhile. Escape, the cross and a click beside it close it.
#[component]
pub(crate) fn SheetFrame(title: String, children: Element) -> Element {
    let words = use_words();
    let courier = use_courier();
    let (by_veil, by_key) = (courier.clone(), courier.clone());
    rsx! {
        div {
            class: "veil",
            onclick: move |_| by_veil.send(Intent::Back),
            onkeydown: move |event| {
                if event.key() == Key::Escape {
                    by_key.send(Intent::Back);
                }
            },
            div {
                class: "sheet",
                role: "dialog",
                "aria-label": "{title}",
                tabindex: "-1",
                // The keyboard is where the eye is, without a ring around anything yet.
                onmounted: move |element| async move {
                    let _ = element.set_focus(true).await;
                },
                onclick: move |event| event.stop_propagation(),
                header { class: "bar",
                    h2 { class: "title", style: "padding-inline-start: var(--s3)", "{title}" }
                    IconButton {
                        label: t!(words, "close"),
                        onclick: move |_| courier.send(Intent::Back),
                        X {}
                    }
                }
                {children}
            }
        }
    }
}

/// A place where nothing is yet, and what one can do about it.
#[component]
pub(crate) fn Empty(title: String, text: String, picture: Element, children: Element) -> Element {
    rsx! {
        div { class: "empty",
            div { class: "picture", {picture} }
            h2 { "{title}" }
            p { "{text}" }
            {children}
        }
    }
}
