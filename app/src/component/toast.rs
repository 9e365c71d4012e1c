//! Short words at the edge of the window.

use dioxus::prelude::*;
use lucide_dioxus::X;
use parlor_app_model::model::Model;
use parlor_app_model::msg::Intent;
use parlor_app_model::toast::{ToastText, Trouble};

use super::button::IconButton;
use crate::bridge::use_courier;
use crate::t;
use crate::words::{Words, use_words};

/// All toasts.
#[component]
pub(crate) fn Toasts() -> Element {
    let model = use_context::<Signal<Model>>();
    let toasts = use_memo(move || model.read().toasts.clone());
    let words = use_words();
    let courier = use_courier();
    rsx! {
        div { class: "toasts", role: "status", "aria-live": "polite",
            for toast in toasts.read().iter().cloned() {
                div { class: "toast", key: "{toast.id}",
                    p { {text(&words, &toast.text)} }
                    if toast.text.can_be_undone() {
                        button {
                            class: "button plain small",
                            r#type: "button",
                            onclick: {
                                let courier = courier.clone();
                                move |_| courier.send(Intent::Undo(toast.id))
                            },
                            {t!(words, "undo")}
                        }
                    }
                    IconButton {
                        label: t!(words, "dismiss"),
                        onclick: {
                            let courier = courier.clone();
                            move |_| courier.send(Intent::Dismiss(toast.id))
                        },
                        X { size: 18 }
                    }
                }
            }
        }
    }
}

fn text(words: &Words, text: &ToastText) -> String {
    match text {
        ToastText::Forgetting { .. } => t!(words, "forgetting"),
        ToastText::ForgettingDevice { name, .. } => {
            t!(words, "forgetting-device", name = name.clone())
        }
        ToastText::Blocked { name, .. } => t!(words, "blocked", name = name.clone()),
        ToastText::Copied => t!(words, "copied"),
        ToastText::FilesCopied => t!(words, "files-copied"),
        ToastText::Saved => t!(words, "saved-copy"),
        ToastText::Trouble(trouble) => match trouble {
            Trouble::RoomNotOpened { reason } => {
                t!(words, "trouble-room", reason = reason.clone())
            }
            Trouble::NotSaid { reason } => t!(words, "trouble-say", reason = reason.clone()),
            Trouble::NotPrepared { name, reason } => {
                t!(
                    words,
                    "trouble-prepare",
                    name = name.clone(),
                    reason = reason.clone()
                )
            }
            Trouble::NotKept { reason } => t!(words, "trouble-keep", reason = reason.clone()),
            Trouble::NotShown { reason } => t!(words, "trouble-show", reason = reason.clone()),
            Trouble::NotSaved { reason } => t!(words, "trouble-save", reason = reason.clone()),
            Trouble::NotSharedOut { reason } => {
                t!(words, "trouble-share-out", reason = reason.clone())
            }
            Trouble::NoCamera { reason } => t!(words, "trouble-camera", reason = reason.clone()),
            Trouble::NoClipboard { reason } => {
                t!(words, "trouble-clipboard", reason = reason.clone())
            }
        },
    }
}
