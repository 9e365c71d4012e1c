//! The first screen of all: a name, a face for who wants one, and nothing more.

use dioxus::prelude::*;
use parlor_app_model::msg::Intent;
use parlor_app_model::settings::Profile;
use parlor_proto::avatar::Avatar as Chosen;

use crate::app::own_device;
use crate::bridge::use_courier;
use crate::component::avatar::Avatar;
use crate::component::avatar_picker::AvatarPicker;
use crate::component::logo::Logo;
use crate::t;
use crate::words::use_words;

/// Bytes of a name that a hello carries; the core cuts what is longer.
const NAME_MAX: i64 = 40;

/// The start of a name, or a smile before there is one.
fn first_letter(name: &str) -> String {
    let name = name.trim();
    if name.is_empty() { "☺" } else { name }.to_owned()
}

/// Asks for the person's name.
#[component]
pub(crate) fn Welcome() -> Element {
    let words = use_words();
    let courier = use_courier();
    let mut name = use_signal(String::new);
    let mut chosen = use_signal(Chosen::default);
    let mut is_choosing = use_signal(|| false);
    let device = own_device();
    let is_named = use_memo(move || !name.read().trim().is_empty());
    rsx! {
        main { class: "welcome",
            form {
                onsubmit: move |event| {
                    event.prevent_default();
                    let name = name.peek().trim().to_owned();
                    if !name.is_empty() {
                        let Chosen { colour, emblem } = *chosen.peek();
                        courier.send(Intent::CallMe(Profile {
                            name,
                            colour,
                            emblem,
                        }));
                    }
                },
                Logo {}
                h1 { {t!(words, "welcome-title")} }
                p { {t!(words, "welcome-text")} }
                div { class: "field",
                    label { r#for: "name", {t!(words, "welcome-name")} }
                    div { class: "who",
                        button {
                            class: "face",
                            r#type: "button",
                            "aria-label": t!(words, "avatar-title"),
                            "aria-expanded": "{is_choosing}",
                            onclick: move |_| is_choosing.toggle(),
                            Avatar { name: first_letter(&name.read()), device, chosen: chosen() }
                        }
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
                    }
                    if is_choosing() {
                        AvatarPicker { chosen: chosen(), onchoose: move |now| chosen.set(now) }
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
