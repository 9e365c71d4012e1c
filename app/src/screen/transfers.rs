//! All transfers of all rooms.

use dioxus::prelude::*;
use lucide_dioxus::ArrowDownUp;
use parlor_app_model::model::Model;
use parlor_app_model::msg::Intent;
use parlor_app_model::view::transfers::transfers;

use super::room_title;
use crate::bridge::use_courier;
use crate::component::entry::name_of;
use crate::component::files::Offer;
use crate::component::frame::{Empty, Page};
use crate::shown::use_view;
use crate::words::use_words;
use crate::{format, t};

/// All transfers.
#[component]
pub(crate) fn Transfers() -> Element {
    let model = use_context::<Signal<Model>>();
    let lines = use_view((), |model, ()| transfers(model))?;
    let minute = use_memo(move || model.read().now_ms / 60_000);
    let now_ms = *minute.read() * 60_000;
    let words = use_words();
    let courier = use_courier();
    rsx! {
        Page { title: t!(words, "transfers"),
            if lines.is_empty() {
                Empty {
                    title: t!(words, "transfers-empty-title"),
                    text: t!(words, "transfers-empty-text"),
                    picture: rsx! { ArrowDownUp { size: 36 } },
                }
            }
            for line in lines.iter().cloned() {
                section { key: "{line.files.of:?}", class: "section",
                    button {
                        class: "transfer-head",
                        r#type: "button",
                        onclick: {
                            let courier = courier.clone();
                            move |_| courier.send(Intent::SeeRoom(line.room))
                        },
                        span { class: "name", dir: "auto", {room_title(&words, &line.title)} }
                        span { dir: "auto", {name_of(&words, &line.by)} }
                        span { {format::short_when(&words, line.at_ms, now_ms)} }
                    }
                    Offer { room: line.room, files: line.files.clone(), by: line.by.clone() }
                }
            }
        }
    }
}
