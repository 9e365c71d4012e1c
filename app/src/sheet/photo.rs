//! A photo as large as the window, and the way to the ones before and after it.

use dioxus::prelude::*;
use lucide_dioxus::{
    ChevronLeft, ChevronRight, Download, ExternalLink, FolderOpen, Share2, X, ZoomIn, ZoomOut,
};
use parlor_app_model::model::{Model, Sheet};
use parlor_app_model::msg::Intent;
use parlor_app_model::picture::PictureId;
use parlor_app_model::view::photo::{Gesture, PhotoView, gesture, photo};
use parlor_app_model::view::rows::By;
use parlor_proto::id::RoomId;

use crate::bridge::pictures::Size;
use crate::bridge::{Courier, use_courier};
use crate::component::button::IconButton;
use crate::component::entry::name_of;
use crate::component::frame::SheetFrame;
use crate::platform::Abilities;
use crate::words::use_words;
use crate::{format, t};

/// The id of the place of the photo, for the script that shows the middle of one seen closely.
const PLATE: &str = "plate";

/// A photo above everything else. Arrows and swipes lead to the others, Escape and a swipe down
/// away.
#[component]
pub(crate) fn Photo(room: RoomId, id: PictureId) -> Element {
    let model = use_context::<Signal<Model>>();
    let view = use_memo(use_reactive((&room, &id), move |(room, id)| {
        photo(&model.read(), room, id)
    }));
    let words = use_words();
    let courier = use_courier();
    let mut closer = use_signal(|| false);
    use_effect(move || {
        if closer() {
            document::eval(&format!(
                "{{ const plate = document.getElementById('{PLATE}'); plate.scrollTo((plate.scrollWidth - plate.clientWidth) / 2, (plate.scrollHeight - plate.clientHeight) / 2) }}"
            ));
        }
    });
    // Each photo is seen whole first.
    use_effect(use_reactive((&id,), move |_| closer.set(false)));
    let view = view.read();
    let Some(view) = view.clone() else {
        return rsx! {
            SheetFrame { title: String::new(),
                p { class: "problem", {t!(words, "photo-problem")} }
            }
        };
    };
    let turn = Turn { room, courier };
    let (by_key, by_swipe) = (turn.clone(), turn.clone());
    let (before, after) = (view.before, view.after);
    let on_key = move |event: KeyboardEvent| match event.key() {
        Key::Escape => by_key.close(),
        Key::ArrowLeft => by_key.to(before),
        Key::ArrowRight => by_key.to(after),
        _ => {}
    };
    let on_gesture = move |meant| match meant {
        Gesture::Tap => closer.toggle(),
        // Seen closely, it is moved under the finger.
        _ if closer() => {}
        Gesture::Before => by_swipe.to(before),
        Gesture::After => by_swipe.to(after),
        Gesture::Close => by_swipe.close(),
        Gesture::None => {}
    };
    rsx! {
        div {
            class: if closer() { "viewer closer" } else { "viewer" },
            role: "dialog",
            "aria-label": "{view.name}",
            tabindex: "-1",
            onmounted: move |element| async move {
                let _ = element.set_focus(true).await;
            },
            onkeydown: on_key,
            Head { view: view.clone(), closer }
            Plate { id, name: view.name.clone(), ongesture: on_gesture }
            Ways { turn, before, after }
            // The next ones are there before they are asked for.
            for id in [after, before].into_iter().flatten() {
                img { key: "{id.name()}", class: "ahead", src: Size::Large.address(id), alt: "" }
            }
        }
    }
}

/// The way to another photo of a room.
#[derive(Clone)]
struct Turn {
    room: RoomId,
    courier: Courier,
}

impl PartialEq for Turn {
    fn eq(&self, other: &Self) -> bool {
        self.room == other.room
    }
}

impl Turn {
    fn to(&self, id: Option<PictureId>) {
        if let Some(id) = id {
            self.courier.send(Intent::Show(Sheet::Photo(self.room, id)));
        }
    }

    fn close(&self) {
        self.courier.send(Intent::Back);
    }
}

/// What it is, and what can be done with it.
#[component]
fn Head(view: PhotoView, closer: Signal<bool>) -> Element {
    let model = use_context::<Signal<Model>>();
    let words = use_words();
    let courier = use_courier();
    let can_reveal = use_context::<Abilities>().can_reveal;
    let now_ms = model.peek().now_ms;
    let day = format::day(&words, view.at_ms, now_ms);
    let sub = format!(
        "{} · {day}, {}",
        name_of(&words, &view.by),
        format::time(view.at_ms)
    );
    let is_theirs = matches!(view.by, By::Other { .. });
    let action = move |intent: Intent| {
        let courier = courier.clone();
        move |()| courier.send(intent.clone())
    };
    let path = view.path;
    rsx! {
        header { class: "bar",
            IconButton { label: t!(words, "close"), onclick: action(Intent::Back), X {} }
            div { class: "head",
                h2 { class: "title", dir: "auto", "{view.name}" }
                p { class: "sub", dir: "auto", "{sub}" }
            }
            IconButton {
                label: if closer() { t!(words, "photo-whole") } else { t!(words, "photo-closer") },
                onclick: move |()| closer.toggle(),
                if closer() { ZoomOut {} } else { ZoomIn {} }
            }
            if can_reveal {
                IconButton {
                    label: t!(words, "reveal"),
                    onclick: action(Intent::Reveal(path.clone())),
                    FolderOpen {}
                }
            } else if is_theirs {
                IconButton {
                    label: t!(words, "save-copy"),
                    onclick: action(Intent::Save(vec![path.clone()])),
                    Download {}
                }
            }
            if is_theirs {
                IconButton {
                    label: t!(words, "share-out"),
                    onclick: action(Intent::ShareOut(vec![path.clone()])),
                    Share2 {}
                }
            }
            IconButton { label: t!(words, "open"), onclick: action(Intent::Open(path)), ExternalLink {} }
        }
    }
}

/// Where the photo is, and what fingers and the mouse do there.
#[component]
fn Plate(id: PictureId, name: String, ongesture: EventHandler<Gesture>) -> Element {
    let mut from = use_signal(|| None);
    rsx! {
        div {
            class: "plate",
            id: PLATE,
            onpointerdown: move |event| from.set(Some(event.client_coordinates())),
            onpointerup: move |event| {
                if let Some(from) = from.take() {
                    let moved = event.client_coordinates() - from;
                    ongesture.call(gesture(moved.x, moved.y));
                }
            },
            onpointercancel: move |_| from.set(None),
            // A list of one: with its key, another photo never begins with the pixels of this one.
            for id in [id] {
                Print { key: "{id.name()}", id, name: name.clone() }
            }
        }
    }
}

/// The photo itself: the small picture, which is there at once, under the large one.
#[component]
fn Print(id: PictureId, name: String) -> Element {
    let words = use_words();
    let mut has_failed = use_signal(|| false);
    if has_failed() {
        return rsx! { p { class: "problem", {t!(words, "photo-problem")} } };
    }
    rsx! {
        img {
            class: "under",
            src: "{Size::Small.address(id)}?whole",
            alt: "",
            draggable: "false",
        }
        img {
            src: Size::Large.address(id),
            alt: "{name}",
            draggable: "false",
            onerror: move |_| has_failed.set(true),
        }
    }
}

/// Buttons for the ones before and after. One that leads nowhere stays, for the keyboard's sake.
#[component]
fn Ways(turn: Turn, before: Option<PictureId>, after: Option<PictureId>) -> Element {
    let words = use_words();
    let back = turn.clone();
    rsx! {
        if before.is_some() || after.is_some() {
            div { class: if before.is_some() { "way before" } else { "way before nowhere" },
                IconButton {
                    label: t!(words, "photo-before"),
                    onclick: move |()| back.to(before),
                    ChevronLeft { class: "mirrored" }
                }
            }
            div { class: if after.is_some() { "way after" } else { "way after nowhere" },
                IconButton {
                    label: t!(words, "photo-after"),
                    onclick: move |()| turn.to(after),
                    ChevronRight { class: "mirrored" }
                }
            }
        }
    }
}
