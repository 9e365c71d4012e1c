//! Where messages are written.

use dioxus::prelude::*;
use lucide_dioxus::{ArrowUp, ImagePlus, Paperclip, X};
use parlor_app_model::model::Model;
use parlor_app_model::msg::{Intent, RoomIntent};
use parlor_app_model::view::rows::Quote;
use parlor_proto::id::RoomId;
use parlor_proto::limits::MESSAGE_TEXT_MAX_BYTES;

use super::button::IconButton;
use super::entry::Quoted;
use crate::bridge::use_courier;
use crate::script::run_on;
use crate::t;
use crate::words::use_words;

/// The id of the text field, for scripts.
const FIELD: &str = "compose";

/// Where messages are written. Enter sends, with Shift it begins a new line.
#[component]
pub(crate) fn Composer(room: RoomId, replying: Option<Quote>) -> Element {
    let words = use_words();
    let courier = use_courier();
    let model = use_context::<Signal<Model>>();
    let begun = use_hook(|| begun(&model.peek(), room));
    // The field itself is the master of its text: one that is set from here would lose what is
    // typed meanwhile.
    let mut draft = use_signal(|| begun.clone());
    let mut has_text = use_signal(|| !begun.is_empty());
    let sending = courier.clone();
    let mut send = move || {
        let written = draft.take();
        let text = written.trim().to_owned();
        if text.is_empty() {
            return;
        }
        sending.send(Intent::Room(room, RoomIntent::Say(text)));
        has_text.set(false);
        take_out(&written);
    };
    let mut send_by_key = send.clone();
    let stop = Intent::Room(room, RoomIntent::Reply(None));
    let (no_reply, writing) = (courier.clone(), courier.clone());
    let is_replying = replying.is_some();
    // Whoever answers wants to write now.
    use_effect(use_reactive((&is_replying,), |(is_replying,)| {
        if is_replying {
            run_on(FIELD, "it.focus()");
        }
    }));
    let pick = move |photos| Intent::Room(room, RoomIntent::Pick { photos });
    let (pick_photos, pick_files, paste) = (courier.clone(), courier.clone(), courier);
    rsx! {
        if let Some(quote) = replying {
            Answered { quote, onstop: {
                let (courier, stop) = (no_reply.clone(), stop.clone());
                move |()| courier.send(stop.clone())
            } }
        }
        footer { class: "composer",
            IconButton {
                label: t!(words, "compose-photos"),
                onclick: move |_| pick_photos.send(pick(true)),
                ImagePlus {}
            }
            IconButton {
                label: t!(words, "compose-files"),
                onclick: move |_| pick_files.send(pick(false)),
                Paperclip {}
            }
            textarea {
                id: FIELD,
                rows: 1,
                maxlength: MESSAGE_TEXT_MAX_BYTES as i64 / 4,
                placeholder: t!(words, "compose-placeholder"),
                "aria-label": t!(words, "compose-placeholder"),
                initial_value: "{begun}",
                oninput: move |event| {
                    let text = event.value();
                    let is_written = !text.trim().is_empty();
                    if *has_text.peek() != is_written {
                        has_text.set(is_written);
                    }
                    writing.send(Intent::Room(room, RoomIntent::Draft(text.clone())));
                    draft.set(text);
                },
                onkeydown: move |event| {
                    if event.key() == Key::Escape && is_replying {
                        no_reply.send(stop.clone());
                    }
                    if event.key() == Key::Enter
                        && !event.modifiers().shift()
                        && !event.is_composing()
                    {
                        event.prevent_default();
                        send_by_key();
                    }
                },
                onpaste: move |_| paste.send(Intent::Room(room, RoomIntent::Paste)),
                onmounted: move |element| async move {
                    let _ = element.set_focus(true).await;
                    run_on(FIELD, "it.setSelectionRange(it.value.length, it.value.length)");
                },
            }
            IconButton {
                label: t!(words, "compose-send"),
                class: "main",
                disabled: !has_text(),
                onclick: move |_| send(),
                ArrowUp {}
            }
        }
    }
}

/// Takes what was sent out of the field. What was typed meanwhile stays, and is told anew.
fn take_out(sent: &str) {
    let units = sent.encode_utf16().count();
    let script = format!(
        "it.value = it.value.slice({units}); it.dispatchEvent(new Event('input', {{ bubbles: true }}))"
    );
    run_on(FIELD, &script);
}

/// What was begun to be written in the room before.
fn begun(model: &Model, room: RoomId) -> String {
    let room = model.rooms.get(&room);
    room.map(|room| room.draft.clone()).unwrap_or_default()
}

/// What the next message answers, and the way out of it.
#[component]
fn Answered(quote: Quote, onstop: EventHandler<()>) -> Element {
    let words = use_words();
    rsx! {
        div { class: "answering",
            Quoted { quote }
            IconButton {
                label: t!(words, "reply-stop"),
                onclick: move |_| onstop.call(()),
                X { size: 18 }
            }
        }
    }
}
