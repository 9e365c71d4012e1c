//! The first screen of all: a name, and nothing more.

use dioxus::prelude::*;
use parlor_app_model::msg::Intent;

use crate::bridge::use_courier;
use crate::component::logo::Logo;
use crate::t;
use crate::words::use_words;

/// Bytes of a name that a hello carries; the core cuts what is longer.
const NAME_MAX: i64 = 40;

/// Asks for the person's name.
#[component]
pub(crate) fn Welcome() -> Element {
    let words = use_words();
    let courier = use_courier();
    let mut name = use_signal(String::new);
    let is_named = use_memo(move || !name.read().trim().is_empty());
    rsx! {
        main { class: "welcome",
            form {
                onsubmit: move |event| {
                    event.prevent_default();
                    let name = name.peek().trim().to_owned();
                    if !name.is_empty() {
                        courier.send(Intent::CallMe(name));
                    }
                },
                Logo {}
                h1 { {t!(words, "welcome-title")} }
                p { {t!(words, "welcome-text")} }
                div { class: "field",
                    label { r#for: "name", {t!(words, "welcome-name")} }
                    input {
                        id: "name",
                        class: "input",
                        r#type: "text",
                        autocomplete: "name",
                        maxlength: NAME_MAX,
                        initial_value: "",
                        oninput: move |event| name.set(event.value()),
                        onmounted: move |element| async move {
                            let _ = element.set_focus(true).await;
                        },
                    }
                    span { class: "hint", {t!(words, "welcome-hint")} }
                }
                button {
                    class: "button main wide",
                    r#type: "submit",
                    disabled: !is_named(),
                    {t!(words, "welcome-go")}
                }
            }
        }
    }
}
