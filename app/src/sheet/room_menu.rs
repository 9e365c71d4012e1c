//! What can be done with a room.

use dioxus::prelude::*;
use lucide_dioxus::Trash;
use parlor_app_model::model::Model;
use parlor_app_model::msg::{Intent, RoomIntent};
use parlor_proto::id::RoomId;

use crate::bridge::use_courier;
use crate::component::frame::SheetFrame;
use crate::t;
use crate::words::use_words;

/// Names the room, or leaves it.
#[component]
pub(crate) fn RoomMenu(room: RoomId) -> Element {
    let model = use_context::<Signal<Model>>();
    let words = use_words();
    let courier = use_courier();
    let forget = courier.clone();
    let first = use_hook(|| {
        let model = model.peek();
        let title = model.rooms.get(&room).and_then(|room| room.title.clone());
        title.unwrap_or_default()
    });
    let mut name = use_signal(|| first.clone());
    rsx! {
        SheetFrame { title: t!(words, "room-menu"),
            div { style: "display: grid; gap: var(--s5)",
                form {
                    class: "field",
                    onsubmit: move |event| {
                        event.prevent_default();
                        courier.send(Intent::Room(room, RoomIntent::Name(name.peek().clone())));
                    },
                    label { r#for: "room-name", {t!(words, "menu-name")} }
                    div { style: "display: flex; gap: var(--s2)",
                        input {
                            id: "room-name",
                            class: "input",
                            r#type: "text",
                            maxlength: 40,
                            initial_value: first,
                            oninput: move |event| name.set(event.value()),
                        }
                        button { class: "button main", style: "flex: none", r#type: "submit", {t!(words, "save")} }
                    }
                    span { class: "hint", {t!(words, "menu-name-hint")} }
                }
                div { class: "field",
                    button {
                        class: "button danger",
                        r#type: "button",
                        onclick: move |_| forget.send(Intent::Room(room, RoomIntent::Forget)),
                        Trash { size: 18 }
                        {t!(words, "menu-forget")}
                    }
                    span { class: "hint", {t!(words, "menu-forget-text")} }
                }
            }
        }
    }
}
