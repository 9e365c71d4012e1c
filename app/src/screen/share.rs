//! A room for files that came from another app.

use dioxus::prelude::*;
use lucide_dioxus::Plus;
use parlor_app_model::msg::Intent;
use parlor_app_model::view::home::home;

use super::home::Line;
use crate::bridge::use_courier;
use crate::component::frame::Page;
use crate::shown::use_view;
use crate::t;
use crate::words::use_words;

/// Chooses a room for the files, or makes one.
#[component]
pub(crate) fn Share() -> Element {
    let view = use_view((), |model, ()| (home(model), model.sharing.len()))?;
    let words = use_words();
    let courier = use_courier();
    let (home, count) = (&view.0, view.1);
    rsx! {
        Page { title: t!(words, "share-title"),
            p { {t!(words, "share-what", count = count)} }
            button {
                class: "button main wide",
                r#type: "button",
                disabled: home.is_making_room,
                onclick: move |_| courier.send(Intent::NewRoom),
                Plus { size: 20 }
                {t!(words, "new-room")}
            }
            ul {
                for line in home.rooms.iter().cloned() {
                    li { key: "{line.room}", Line { line } }
                }
            }
        }
    }
}
