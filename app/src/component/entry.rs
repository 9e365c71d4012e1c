//! One entry of the timeline.

use dioxus::prelude::*;
use lucide_dioxus::{Check, CheckCheck, CircleAlert, Clock, CornerUpLeft};
use parlor_app_model::msg::{Intent, RoomIntent};
use parlor_app_model::timeline::EntryKey;
use parlor_app_model::view::links::{Piece, pieces};
use parlor_app_model::view::rows::{By, Quote, Row, RowBody, SaidState};
use parlor_proto::id::RoomId;

use super::avatar::Avatar;
use super::button::IconButton;
use super::files::Offer;
use crate::bridge::use_courier;
use crate::words::{Words, use_words};
use crate::{format, t};

/// One entry.
#[component]
pub(crate) fn EntryRow(room: RoomId, row: Row) -> Element {
    let words = use_words();
    let side = if row.by == By::Us { "ours" } else { "theirs" };
    let first = if row.is_first { "first" } else { "" };
    let last = if row.is_last { "last" } else { "" };
    let courier = use_courier();
    let author = match &row.by {
        By::Us => None,
        By::Other { device, avatar, .. } => Some((*device, *avatar, name_of(&words, &row.by))),
    };
    let at = format::time(row.at_ms);
    let is_last = row.is_last;
    rsx! {
        article { class: "row {side} {first} {last}",
            if let Some((device, chosen, name)) = author.clone() {
                if row.is_last {
                    Avatar { name, device: Some(device), chosen, size: "small" }
                } else {
                    span {}
                }
            }
            div { class: "content",
                if let (true, Some((_, _, name))) = (row.is_first, author) {
                    span { class: "author", "{name}" }
                }
                match row.body {
                    RowBody::Text { text, quote, state } => rsx! {
                        div { class: "said",
                            div {
                                class: match &state {
                                    SaidState::Pending => "bubble pending",
                                    SaidState::Failed { .. } => "bubble failed",
                                    _ => "bubble",
                                },
                                if let Some(quote) = quote {
                                    Quoted { quote }
                                }
                                Linked { text }
                            }
                            if matches!(row.key, EntryKey::Message { .. }) {
                                IconButton {
                                    label: t!(words, "reply"),
                                    class: "reply",
                                    onclick: move |_| courier.send(Intent::Room(room, RoomIntent::Reply(Some(row.key)))),
                                    CornerUpLeft { size: 18, class: "mirrored" }
                                }
                            }
                        }
                        Meta { room, at, state: state.clone(), is_last }
                    },
                    RowBody::Files(files) => rsx! {
                        Offer { room, files, by: row.by.clone() }
                        if is_last {
                            span { class: "meta", "{at}" }
                        }
                    },
                }
            }
        }
    }
}

/// By what name somebody goes, ourselves included.
pub(crate) fn name_of(words: &Words, by: &By) -> String {
    match by {
        By::Us => t!(words, "you"),
        By::Other { name, .. } if name.is_empty() => t!(words, "unnamed"),
        By::Other { name, .. } => name.clone(),
    }
}

/// A message that another one answers.
#[component]
pub(crate) fn Quoted(quote: Quote) -> Element {
    let words = use_words();
    let name = name_of(&words, &quote.by);
    let text = quote.text.unwrap_or_else(|| t!(words, "reply-unknown"));
    rsx! {
        blockquote { class: "quote",
            span { class: "author", dir: "auto", "{name}" }
            p { class: "text", dir: "auto", "{text}" }
        }
    }
}

/// What somebody said, with its links.
#[component]
fn Linked(text: String) -> Element {
    rsx! {
        p { dir: "auto",
            for piece in pieces(&text) {
                match piece {
                    Piece::Text(text) => rsx! { "{text}" },
                    Piece::Link(link) => rsx! { Link { link } },
                }
            }
        }
    }
}

/// A link. Not an `a`: some web views open what that names by themselves, in a window of the app.
#[component]
fn Link(link: String) -> Element {
    let courier = use_courier();
    let by_key = courier.clone();
    let follow = Intent::Follow(link.clone());
    let follow_by_key = follow.clone();
    rsx! {
        span {
            class: "link",
            role: "link",
            tabindex: "0",
            dir: "ltr",
            onclick: move |_| courier.send(follow.clone()),
            onkeydown: move |event| {
                if event.key() == Key::Enter && !event.is_auto_repeating() {
                    by_key.send(follow_by_key.clone());
                }
            },
            "{link}"
        }
    }
}

/// When a message came and what became of it.
#[component]
fn Meta(room: RoomId, at: String, state: SaidState, is_last: bool) -> Element {
    let words = use_words();
    let courier = use_courier();
    match state {
        SaidState::Theirs if is_last => rsx! { span { class: "meta", "{at}" } },
        SaidState::Theirs => rsx! {},
        SaidState::Failed { reason, pending } => rsx! {
            span { class: "meta", style: "color: var(--danger)",
                CircleAlert { size: 14 }
                {t!(words, "state-failed", reason = reason)}
                button {
                    class: "button plain",
                    r#type: "button",
                    onclick: move |_| courier.send(Intent::Room(room, RoomIntent::SayAgain(pending))),
                    {t!(words, "retry")}
                }
            }
        },
        SaidState::Pending => rsx! {
            span { class: "meta",
                Mark { text: t!(words, "state-pending"), Clock { size: 13 } }
            }
        },
        SaidState::Waiting => rsx! {
            span { class: "meta",
                if is_last { "{at}" }
                Mark { text: t!(words, "state-waiting"), Check { size: 14 } }
            }
        },
        SaidState::Delivered { to } if is_last => rsx! {
            span { class: "meta",
                "{at}"
                Mark { text: t!(words, "state-delivered", count = to), CheckCheck { size: 14 } }
            }
        },
        SaidState::Delivered { .. } => rsx! {},
    }
}

/// A mark that is read out as what it means, and says so to who points at it.
#[component]
fn Mark(text: String, children: Element) -> Element {
    rsx! {
        span { role: "img", "aria-label": "{text}", title: "{text}", {children} }
    }
}
