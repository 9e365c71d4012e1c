//! The invite: a QR to scan, a code to type, a link to send.

use dioxus::prelude::*;
use lucide_dioxus::{Check, Link, RefreshCw};
use parlor_app_model::msg::{Intent, RoomIntent};
use parlor_app_model::view::invite::invite;
use parlor_proto::id::RoomId;

use crate::bridge::use_courier;
use crate::component::frame::SheetFrame;
use crate::qr::QrPath;
use crate::shown::use_view;
use crate::t;
use crate::words::use_words;

/// The invite of a room.
#[component]
pub(crate) fn Invite(room: RoomId) -> Element {
    let view = use_view(room, invite)?;
    let link = view.as_ref().as_ref().map(|view| view.link.clone());
    let qr = use_memo(use_reactive((&link,), |(link,)| {
        link.as_deref().and_then(QrPath::of)
    }));
    let words = use_words();
    let courier = use_courier();
    let Some(view) = view.as_ref() else {
        return rsx! {};
    };
    let link = view.link.clone();
    let renew = courier.clone();
    rsx! {
        SheetFrame { title: t!(words, "invite-title"),
            div { class: "invite",
                for name in view.came.clone() {
                    div { class: "came", role: "status",
                        Check { size: 18 }
                        {t!(words, "invite-came", name = name)}
                    }
                }
                if let Some(qr) = qr.read().as_ref() {
                    div { class: "qr",
                        svg {
                            role: "img",
                            "aria-label": t!(words, "qr-label"),
                            view_box: "0 0 {qr.side} {qr.side}",
                            "shape-rendering": "crispEdges",
                            path { d: "{qr.path}", fill: "#1d1b18" }
                        }
                    }
                }
                p { class: "hint", {t!(words, "invite-scan")} }
                if !view.is_local {
                    div {
                        p { class: "hint", {t!(words, "invite-code")} }
                        match (&view.code, view.is_online) {
                            (Some(code), _) => rsx! { p { class: "code", dir: "ltr", "{code}" } },
                            (None, true) => rsx! { p { class: "hint", {t!(words, "invite-code-wait")} } },
                            (None, false) => rsx! { p { class: "hint", {t!(words, "invite-code-none")} } },
                        }
                    }
                }
                div { class: if view.is_local { "" } else { "pair" },
                    if !view.is_local {
                        button {
                            class: "button",
                            r#type: "button",
                            disabled: !view.is_online,
                            onclick: move |_| renew.send(Intent::Room(room, RoomIntent::OpenCode)),
                            RefreshCw { size: 18 }
                            {t!(words, "invite-new-code")}
                        }
                    }
                    button {
                        class: "button main",
                        r#type: "button",
                        onclick: move |_| courier.send(Intent::Copy(link.clone())),
                        Link { size: 18 }
                        {t!(words, "invite-copy-link")}
                    }
                }
                p { class: "hint",
                    {t!(words, "invite-secret")}
                    if view.is_local {
                        " "
                        {t!(words, "invite-local")}
                    }
                }
            }
        }
    }
}
