//! The rooms.

use dioxus::prelude::*;
use lucide_dioxus::{ArrowDownUp, DoorOpen, LogIn, MessagesSquare, Plus, Settings};
use parlor_app_model::model::{Model, Screen};
use parlor_app_model::msg::Intent;
use parlor_app_model::view::home::{LastLine, RoomLine, home};

use super::room_title;
use crate::bridge::use_courier;
use crate::component::avatar::Avatar;
use crate::component::button::IconButton;
use crate::component::frame::Empty;
use crate::shown::use_view;
use crate::words::{Words, use_words};
use crate::{format, t};

/// The rooms, and the two ways to one more.
#[component]
pub(crate) fn Home() -> Element {
    let view = use_view((), |model, ()| home(model))?;
    let words = use_words();
    let courier = use_courier();
    let transfers_label = if view.transfers > 0 {
        t!(words, "transfers-now", count = view.transfers)
    } else {
        t!(words, "transfers")
    };
    let (settings, transfers) = (courier.clone(), courier.clone());
    let (new_room, join) = (courier.clone(), courier);
    rsx! {
        nav { class: "pane home", "aria-label": t!(words, "home-title"),
            header { class: "bar",
                h1 { {t!(words, "home-title")} }
                IconButton {
                    label: "{transfers_label}",
                    onclick: move |_| transfers.send(Intent::Go(Screen::Transfers)),
                    ArrowDownUp { size: 22 }
                    if view.transfers > 0 {
                        span { class: "badge above", "aria-hidden": "true", "{view.transfers}" }
                    }
                }
                IconButton {
                    label: t!(words, "settings"),
                    onclick: move |_| settings.send(Intent::Go(Screen::Settings)),
                    Settings { size: 22 }
                }
            }
            div { class: "scroll",
                if view.rooms.is_empty() {
                    Empty {
                        title: t!(words, "home-empty-title"),
                        text: t!(words, "home-empty-text"),
                        picture: rsx! { DoorOpen { size: 40 } },
                    }
                } else {
                    ul { class: "rooms",
                        for line in view.rooms.iter().cloned() {
                            li { key: "{line.room}",
                                Line { is_shown: view.shown == Some(line.room), line }
                            }
                        }
                    }
                }
            }
            div { class: "actions pair",
                button {
                    class: "button soft wide",
                    r#type: "button",
                    onclick: move |_| join.send(Intent::Go(Screen::Join)),
                    LogIn { size: 20 }
                    {t!(words, "join-room")}
                }
                button {
                    class: "button main wide",
                    r#type: "button",
                    disabled: view.is_making_room,
                    onclick: move |_| new_room.send(Intent::NewRoom),
                    Plus { size: 20 }
                    {t!(words, "new-room")}
                }
            }
        }
    }
}

/// A room in the list.
#[component]
pub(crate) fn Line(line: RoomLine, #[props(default)] is_shown: bool) -> Element {
    let model = use_context::<Signal<Model>>();
    let minute = use_memo(move || model.read().now_ms / 60_000);
    let words = use_words();
    let courier = use_courier();
    let title = room_title(&words, &line.title);
    let when = format::short_when(&words, line.at_ms, *minute.read() * 60_000);
    let presence = if line.present > 0 {
        t!(words, "here-now", count = line.present)
    } else {
        String::new()
    };
    rsx! {
        button {
            class: if line.unread > 0 { "room-line unread" } else { "room-line" },
            r#type: "button",
            "aria-current": "{is_shown}",
            onclick: move |_| courier.send(Intent::SeeRoom(line.room)),
            Avatar {
                name: title.clone(),
                device: Some(parlor_proto::id::DeviceId(line.room.0)),
                chosen: Default::default(),
                link: (line.present > 0).then_some(parlor_app_model::view::LinkState::Connected { path: None, round_trip: None }),
            }
            span { class: "text",
                span { class: "top",
                    span { class: "name", dir: "auto", "{title}" }
                    span { class: "when", "{when}" }
                }
                span { class: "bottom",
                    span { class: "last", dir: "auto",
                        if line.is_broken {
                            {t!(words, "room-broken")}
                        } else {
                            {last_text(&words, &line.last)}
                        }
                    }
                    if !presence.is_empty() {
                        span { class: "hidden-label", "{presence}" }
                    }
                    if line.unread > 0 {
                        span { class: "badge", "aria-label": t!(words, "unread", count = line.unread), "{line.unread}" }
                    }
                }
            }
        }
    }
}

fn last_text(words: &Words, last: &LastLine) -> String {
    let said = |by: &Option<String>, text: String| match by {
        None => t!(words, "last-you", text = text),
        Some(name) if name.is_empty() => text,
        Some(name) => t!(words, "last-other", name = name.clone(), text = text),
    };
    match last.clone() {
        LastLine::Nothing => t!(words, "last-nothing"),
        LastLine::Draft(text) => t!(words, "last-draft", text = text),
        LastLine::Text { by, text } => said(&by, text),
        LastLine::Photos { by, count } => said(&by, t!(words, "photos", count = count)),
        LastLine::Files { by, count } => said(&by, t!(words, "files", count = count)),
    }
}

/// What stands beside the rooms while none is shown.
#[component]
pub(crate) fn Nothing() -> Element {
    let words = use_words();
    rsx! {
        Empty {
            title: t!(words, "choose-room-title"),
            text: t!(words, "choose-room-text"),
            picture: rsx! { MessagesSquare { size: 40 } },
        }
    }
}
