//! A room: who is there, what was said, and where to say more.

use dioxus::html::HasFileData as _;
use dioxus::prelude::*;
use lucide_dioxus::{
    ChevronLeft, CloudOff, EllipsisVertical, LoaderCircle, MessageCircle, ShieldCheck,
    TriangleAlert, UserPlus,
};
use parlor_app_model::model::Sheet;
use parlor_app_model::msg::{Intent, RoomIntent};
use parlor_app_model::view::room::{Banner, PeerChip, RoomFrame, frame};
use parlor_app_model::view::{LinkState, RoomTitle};
use parlor_proto::id::RoomId;

use super::room_title;
use crate::bridge::use_courier;
use crate::component::avatar::Avatar;
use crate::component::button::IconButton;
use crate::component::composer::Composer;
use crate::component::frame::Empty;
use crate::component::timeline::Timeline;
use crate::shown::use_view;
use crate::words::use_words;
use crate::{format, t};

/// A room.
#[component]
pub(crate) fn Room(room: RoomId) -> Element {
    let view = use_view(room, frame)?;
    let words = use_words();
    let courier = use_courier();
    let mut is_over = use_signal(|| false);
    let Some(view) = view.as_ref() else {
        return rsx! {};
    };
    rsx! {
        section {
            class: if is_over() { "pane room over" } else { "pane room" },
            "aria-label": room_title(&words, &view.title),
            // Both say that the files may be dropped; in a quick drag only the first comes.
            ondragenter: move |event| {
                event.prevent_default();
                is_over.set(true);
            },
            ondragover: move |event| {
                event.prevent_default();
                if !*is_over.peek() {
                    is_over.set(true);
                }
            },
            ondragleave: move |_| is_over.set(false),
            ondrop: move |event| {
                event.prevent_default();
                is_over.set(false);
                let paths = event.files().into_iter().map(|file| file.path()).collect();
                courier.send(Intent::Room(room, RoomIntent::Share(paths)));
            },
            div { class: "above",
                Head { room, title: view.title.clone(), peers: view.peers.clone() }
                if !view.peers.is_empty() {
                    Peers { room, peers: view.peers.clone() }
                }
                if let Some(banner) = view.banner.clone() {
                    Obstacle { room, banner }
                }
            }
            Middle { view: view.clone() }
            div {
                if let Some((done, total)) = view.preparing {
                    div { class: "preparing", role: "status",
                        LoaderCircle { class: "spin", size: 16 }
                        {t!(words, "preparing", done = format::size(&words, done), total = format::size(&words, total))}
                    }
                }
                Writers { names: view.writers.clone() }
                Composer { room, replying: view.replying.clone() }
            }
            div { class: "drop-veil", {t!(words, "drop-here")} }
        }
    }
}

/// Who is writing. The line is there all the time, so that nothing moves when somebody begins.
#[component]
fn Writers(names: Vec<String>) -> Element {
    let words = use_words();
    let text = match &names[..] {
        [] => String::new(),
        [one] => t!(words, "typing-one", name = one.clone()),
        [one, other] => t!(
            words,
            "typing-two",
            name = one.clone(),
            other = other.clone()
        ),
        more => t!(words, "typing-many", count = more.len()),
    };
    rsx! {
        p { class: "writers", "aria-live": "polite",
            if !text.is_empty() {
                span { class: "dots", "aria-hidden": "true", i {} i {} i {} }
                span { dir: "auto", "{text}" }
            }
        }
    }
}

#[component]
fn Middle(view: RoomFrame) -> Element {
    let words = use_words();
    let courier = use_courier();
    let room = view.room;
    if view.entries > 0 {
        return rsx! {
            Timeline {
                room,
                entries: view.entries,
                prepended: view.prepended,
                has_older: view.has_older,
            }
        };
    }
    if view.is_loading {
        return rsx! { div {} };
    }
    rsx! {
        Empty {
            title: t!(words, "room-empty-title"),
            text: t!(words, "room-empty-text"),
            picture: rsx! { MessageCircle { size: 36 } },
            button {
                class: "button main",
                r#type: "button",
                onclick: move |_| courier.send(Intent::Show(Sheet::Invite(room))),
                UserPlus { size: 18 }
                {t!(words, "invite")}
            }
        }
    }
}

#[component]
fn Head(room: RoomId, title: RoomTitle, peers: Vec<PeerChip>) -> Element {
    let words = use_words();
    let courier = use_courier();
    let (invite, menu) = (courier.clone(), courier.clone());
    let others = peers
        .iter()
        .filter(|peer| matches!(peer.link, LinkState::Connected { .. }))
        .count();
    let here: usize = others + 1;
    rsx! {
        header { class: "bar",
            IconButton {
                label: t!(words, "back"),
                class: "only-narrow",
                onclick: move |_| courier.send(Intent::Back),
                ChevronLeft { class: "mirrored" }
            }
            div { class: "head",
                h1 { class: "title", dir: "auto", {room_title(&words, &title)} }
                span { class: "sub", {t!(words, "here-now", count = here)} }
            }
            button {
                class: "button soft small",
                r#type: "button",
                "aria-label": t!(words, "invite"),
                onclick: move |_| invite.send(Intent::Show(Sheet::Invite(room))),
                UserPlus { size: 18 }
                span { class: "words", {t!(words, "invite")} }
            }
            IconButton {
                label: t!(words, "more"),
                onclick: move |_| menu.send(Intent::Show(Sheet::RoomMenu(room))),
                EllipsisVertical { size: 22 }
            }
        }
    }
}

#[component]
fn Peers(room: RoomId, peers: Vec<PeerChip>) -> Element {
    let words = use_words();
    let courier = use_courier();
    rsx! {
        div { class: "peers",
            for peer in peers {
                button {
                    key: "{peer.device}",
                    class: if peer.link == LinkState::Away { "peer-chip away" } else { "peer-chip" },
                    r#type: "button",
                    "aria-label": match peer.link {
                        LinkState::Connected { .. } => t!(words, "peer-connected", name = peer.name.clone()),
                        LinkState::Connecting => t!(words, "peer-connecting", name = peer.name.clone()),
                        LinkState::Away => t!(words, "peer-away", name = peer.name.clone()),
                    },
                    onclick: {
                        let courier = courier.clone();
                        move |_| courier.send(Intent::Show(Sheet::Peer(room, peer.device)))
                    },
                    Avatar {
                        name: peer.name.clone(),
                        device: Some(peer.device),
                        chosen: peer.avatar,
                        size: "small",
                        link: Some(peer.link),
                    }
                    span { dir: "auto", "{peer.name}" }
                    if peer.is_verified {
                        ShieldCheck { size: 15 }
                    }
                    if peer.is_name_taken {
                        TriangleAlert { size: 15 }
                    }
                }
            }
        }
    }
}

/// What stands in the way, and what can be done about it.
#[component]
fn Obstacle(room: RoomId, banner: Banner) -> Element {
    let words = use_words();
    let courier = use_courier();
    let text = match &banner {
        Banner::Outside { reason } => t!(words, "banner-outside", reason = reason.clone()),
        Banner::Rejected { reason } => t!(words, "banner-rejected", reason = reason.clone()),
        Banner::ServerLost {
            has_company: true, ..
        } => t!(words, "banner-lost-company"),
        Banner::ServerLost { .. } => t!(words, "banner-lost-alone"),
    };
    rsx! {
        div { class: "banner", role: "status",
            CloudOff { size: 18 }
            span { class: "grow", "{text}" }
            button {
                class: "button small",
                r#type: "button",
                onclick: move |_| courier.send(Intent::Room(room, RoomIntent::Retry)),
                {t!(words, "retry")}
            }
        }
    }
}
