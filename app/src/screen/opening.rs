//! Before there is anything to show, and when there never will be.

use dioxus::prelude::*;
use lucide_dioxus::{LoaderCircle, TriangleAlert};
use parlor_app_model::model::{Model, Screen};
use parlor_app_model::msg::Intent;

use crate::bridge::use_courier;
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

/// Something that is shown failed, which is a bug; all else goes on, and the rooms are a way out.
#[component]
pub(crate) fn Failed(errors: ErrorContext) -> Element {
    let model = use_context::<Signal<Model>>();
    let words = use_words();
    let courier = use_courier();
    let place = use_memo(move || {
        let model = model.read();
        (model.screen(), model.sheet)
    });
    let failed_at = use_hook(|| *place.peek());
    let elsewhere = errors.clone();
    use_effect(move || {
        if *place.read() != failed_at {
            elsewhere.clear_errors();
        }
    });
    rsx! {
        Empty {
            title: t!(words, "failed-title"),
            text: t!(words, "failed-text"),
            picture: rsx! { TriangleAlert { size: 36 } },
            button {
                class: "button main",
                r#type: "button",
                // What had the keyboard is gone.
                onmounted: move |element| async move {
                    let _ = element.set_focus(true).await;
                },
                onclick: move |_| {
                    if failed_at == (Screen::Home, None) {
                        errors.clear_errors();
                    }
                    courier.send(Intent::Go(Screen::Home));
                },
                {t!(words, "failed-back")}
            }
        }
    }
}
