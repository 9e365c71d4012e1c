//! Somebody in a room: how they are connected, and whether it is them.

use dioxus::prelude::*;
use lucide_dioxus::{Ban, Info, ShieldCheck, TriangleAlert};
use parlor_app_model::msg::{Intent, RoomIntent};
use parlor_app_model::view::Standing;
use parlor_app_model::view::peer::peer;
use parlor_app_model::view::{LinkState, PathKind};
use parlor_proto::emoji::Comparison;
use parlor_proto::id::{DeviceId, RoomId};

use crate::bridge::use_courier;
use crate::component::avatar::Avatar;
use crate::component::frame::SheetFrame;
use crate::shown::use_view;
use crate::words::{Words, use_words};
use crate::{format, t};

/// Somebody in a room.
#[component]
pub(crate) fn Peer(room: RoomId, device: DeviceId) -> Element {
    let view = use_view((room, device), |model, (room, device)| {
        peer(model, room, device)
    })?;
    let words = use_words();
    let courier = use_courier();
    let blocking = courier.clone();
    let Some(view) = view.as_ref() else {
        return rsx! {};
    };
    let speed = view.bytes_per_second;
    rsx! {
        SheetFrame { title: view.name.clone(),
            div { class: "peer-sheet",
                div { class: "who",
                    Avatar {
                        name: view.name.clone(),
                        device: Some(device),
                        chosen: view.avatar,
                        size: "large",
                        link: Some(view.link),
                    }
                    p { class: "hint", {path_text(&words, view.link)} }
                    if speed > 0 {
                        p { class: "hint", {format::speed(&words, speed)} }
                    }
                }
                if let Some(standing) = view.standing.clone() {
                    StandingNote { standing }
                }
                if let (Some(emoji), false) = (view.emoji, matches!(view.standing, Some(Standing::Verified { .. }))) {
                    Verify { room, device, name: view.name.clone(), emoji }
                }
                div { class: "pair",
                    button {
                        class: "button",
                        r#type: "button",
                        onclick: move |_| courier.send(Intent::Room(room, RoomIntent::ForgetDevice(device))),
                        {t!(words, "peer-forget")}
                    }
                    button {
                        class: "button danger",
                        r#type: "button",
                        onclick: {
                            let name = view.name.clone();
                            let is_blocked = !view.is_blocked;
                            move |_| blocking.send(Intent::Block { device, name: name.clone(), is_blocked })
                        },
                        Ban { size: 18 }
                        if view.is_blocked {
                            {t!(words, "unblock")}
                        } else {
                            {t!(words, "block")}
                        }
                    }
                }
                p { class: "hint", {t!(words, "block-text")} }
            }
        }
    }
}

fn path_text(words: &Words, link: LinkState) -> String {
    let LinkState::Connected { path, round_trip } = link else {
        return t!(words, "peer-path-none");
    };
    let path = match path {
        Some(PathKind::Near) | None => t!(words, "peer-path-near"),
        Some(PathKind::Direct) => t!(words, "peer-path-direct"),
        Some(PathKind::Relayed) => t!(words, "peer-path-relay"),
    };
    match round_trip.map(|time| time.as_millis()) {
        Some(ms) if ms > 0 => {
            let ms = u64::try_from(ms).unwrap_or(u64::MAX);
            format!("{path} · {}", t!(words, "peer-delay", ms = ms))
        }
        _ => path,
    }
}

#[component]
fn StandingNote(standing: Standing) -> Element {
    let words = use_words();
    match standing {
        Standing::Verified { .. } => rsx! {
            p { class: "note good", ShieldCheck { size: 18 } {t!(words, "peer-verified")} }
        },
        Standing::NameTaken { owner, .. } => rsx! {
            p { class: "note warn", role: "alert",
                TriangleAlert { size: 18 }
                {t!(words, "peer-name-taken", owner = owner.as_str().to_owned())}
            }
        },
        Standing::New => rsx! {
            p { class: "note", Info { size: 18 } {t!(words, "peer-new")} }
        },
        Standing::Known { .. } => rsx! {
            p { class: "note", Info { size: 18 } {t!(words, "peer-known")} }
        },
    }
}

/// The five emoji, for two people to compare.
#[component]
fn Verify(room: RoomId, device: DeviceId, name: String, emoji: Comparison) -> Element {
    let words = use_words();
    let courier = use_courier();
    let differ = courier.clone();
    let verdict = move |matches| Intent::Room(room, RoomIntent::Verify(device, matches));
    rsx! {
        section { class: "card", style: "padding: var(--s4); display: grid; gap: var(--s3)",
            h3 { style: "font-weight: 650", {t!(words, "peer-verify-title")} }
            div { class: "emoji",
                for (at, one) in emoji.into_iter().enumerate() {
                    div { key: "{at}",
                        span { class: "symbol", "{one.symbol()}" }
                        span { {words.emoji(one)} }
                    }
                }
            }
            p { class: "hint", {t!(words, "peer-verify-text", name = name)} }
            div { class: "pair",
                button {
                    class: "button",
                    r#type: "button",
                    onclick: move |_| differ.send(verdict(false)),
                    {t!(words, "peer-differ")}
                }
                button {
                    class: "button main",
                    r#type: "button",
                    onclick: move |_| courier.send(verdict(true)),
                    {t!(words, "peer-match")}
                }
            }
        }
    }
}
