//! How everything stands, for somebody who helps.

use dioxus::prelude::*;
use lucide_dioxus::Copy;
use parlor_app_model::msg::Intent;
use parlor_app_model::view::diagnostics::report;

use crate::bridge::use_courier;
use crate::component::frame::Page;
use crate::shown::use_view;
use crate::t;
use crate::words::use_words;

/// A report without names, messages or keys.
#[component]
pub(crate) fn Diagnostics() -> Element {
    let text = use_view((), |model, ()| {
        let system = format!(
            "Parlor {} on {}",
            env!("CARGO_PKG_VERSION"),
            std::env::consts::OS
        );
        format!("{system}\n{}", report(model))
    })?;
    let words = use_words();
    let courier = use_courier();
    rsx! {
        Page { title: t!(words, "settings-diagnostics"),
            p { class: "hint", {t!(words, "diagnostics-text")} }
            div { class: "card", pre { class: "report", dir: "ltr", style: "margin: 0", "{text}" } }
            button {
                class: "button soft",
                r#type: "button",
                onclick: move |_| courier.send(Intent::Copy(text.to_string())),
                Copy { size: 18 }
                {t!(words, "diagnostics-copy")}
            }
        }
    }
}
