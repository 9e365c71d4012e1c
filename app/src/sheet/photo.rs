//! A photo as large as the window, and the way to the ones before and after it.

use dioxus::html::input_data::MouseButton;
use dioxus::prelude::*;
use lucide_dioxus::{
    ChevronLeft, ChevronRight, Download, ExternalLink, FolderOpen, Share2, X, ZoomIn, ZoomOut,
};
use parlor_app_model::model::{Model, Sheet};
use parlor_app_model::msg::{Intent, RoomIntent};
use parlor_app_model::picture::PictureId;
use parlor_app_model::view::photo::{Gesture, PhotoView, gesture, photo};
use parlor_app_model::view::rows::By;
use parlor_proto::id::RoomId;

use crate::bridge::pictures::{Size, tile_address};
use crate::bridge::use_courier;
use crate::component::button::IconButton;
use crate::component::entry::name_of;
use crate::component::frame::SheetFrame;
use crate::platform::Abilities;
use crate::script::run_on;
use crate::shown::use_view;
use crate::words::use_words;
use crate::{format, t};

/// The id of the place of the photo, for the script.
const PLATE: &str = "plate";

/// Entries that are loaded in search of an earlier photo: months of a busy room.
const LOADED_MAX: usize = 4000;

/// Shows the middle of a photo that is seen closely, and lets the arrows move it.
const TO_THE_MIDDLE: &str = "it.focus(); it.scrollTo((it.scrollWidth - it.clientWidth) / 2, (it.scrollHeight - it.clientHeight) / 2)";

/// A photo above everything else. Arrows and swipes lead to the others, Escape and a swipe down
/// away.
#[component]
pub(crate) fn Photo(room: RoomId, id: PictureId) -> Element {
    let view = use_view((room, id), |model, (room, id)| photo(model, room, id))?;
    let words = use_words();
    let courier = use_courier();
    // Which photo is seen closely, and which is there: each is seen whole first, and comes before
    // those beside it.
    let closely = use_signal(|| None);
    let there = use_signal(|| None);
    let closer = closely() == Some(id);
    use_effect(move || {
        if closely().is_some() {
            run_on(PLATE, TO_THE_MIDDLE);
        }
    });
    let turning = courier.clone();
    let turn = use_callback(move |to: Option<PictureId>| {
        if let Some(id) = to {
            turning.send(Intent::Show(Sheet::Photo(room, id)));
        }
    });
    use_earlier(room, id, view.as_ref().as_ref());
    let Some(view) = view.as_ref().clone() else {
        return rsx! { SheetFrame { title: t!(words, "photo-problem") } };
    };
    let by_swipe = courier.clone();
    let (before, after) = (view.before, view.after);
    let on_key = move |event: KeyboardEvent| match event.key() {
        Key::Escape => courier.send(Intent::Back),
        // Seen closely, it is moved by the arrows; held down, they would ask for every photo.
        _ if closer || event.is_auto_repeating() => {}
        Key::ArrowLeft => turn.call(before),
        Key::ArrowRight => turn.call(after),
        _ => {}
    };
    let on_gesture = move |meant| match meant {
        Gesture::Tap => toggle(closely, id),
        _ if closer => {}
        Gesture::Before => turn.call(before),
        Gesture::After => turn.call(after),
        Gesture::Close => by_swipe.send(Intent::Back),
        Gesture::None => {}
    };
    let beside = [after, before].into_iter().flatten();
    rsx! {
        div {
            class: if closer { "viewer closer" } else { "viewer" },
            role: "dialog",
            "aria-label": "{view.name}",
            tabindex: "-1",
            onmounted: move |element| async move {
                let _ = element.set_focus(true).await;
            },
            onkeydown: on_key,
            Head { view: view.clone(), closely }
            Plate { view: view.clone(), closer, there, ongesture: on_gesture }
            Ways { before, after, onturn: turn }
            if there() == Some(id) {
                // They are decoded before they are asked for.
                for id in beside {
                    img { key: "{id.name()}", class: "ahead", src: Size::Large.address(id), alt: "" }
                }
            }
        }
    }
}

/// Shows a photo closely, or all of it again.
fn toggle(mut closely: Signal<Option<PictureId>>, id: PictureId) {
    let now = (*closely.peek() != Some(id)).then_some(id);
    closely.set(now);
}

/// Loads older entries of the room until there is a photo among them.
fn use_earlier(room: RoomId, id: PictureId, view: Option<&PhotoView>) {
    let courier = use_courier();
    let from = view.and_then(|view| view.earlier_from);
    use_effect(use_reactive((&id, &from), move |(_, from)| {
        if from.is_some_and(|loaded| loaded < LOADED_MAX) {
            courier.send(Intent::Room(room, RoomIntent::ShowOlder));
        }
    }));
}

/// What it is, and what can be done with it.
#[component]
fn Head(view: PhotoView, closely: Signal<Option<PictureId>>) -> Element {
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
    let (path, id) = (view.path, view.id);
    let closer = closely() == Some(id);
    rsx! {
        header { class: "bar",
            IconButton { label: t!(words, "close"), onclick: action(Intent::Back), X {} }
            div { class: "head", "aria-live": "polite",
                h2 { class: "title", dir: "auto", "{view.name}" }
                p { class: "sub", dir: "auto", "{sub}" }
            }
            IconButton {
                label: if closer { t!(words, "photo-whole") } else { t!(words, "photo-closer") },
                onclick: move |()| toggle(closely, id),
                if closer { ZoomOut {} } else { ZoomIn {} }
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
fn Plate(
    view: PhotoView,
    closer: bool,
    there: Signal<Option<PictureId>>,
    ongesture: EventHandler<Gesture>,
) -> Element {
    let mut from = use_signal(|| None);
    rsx! {
        div {
            class: "plate",
            id: PLATE,
            tabindex: if closer { "0" } else { "-1" },
            // A second finger ends what the first one began.
            onpointerdown: move |event| from.set(is_touch(&event).then(|| event.client_coordinates())),
            onpointerup: move |event| {
                if let (Some(from), true) = (from.take(), is_touch(&event)) {
                    let moved = event.client_coordinates() - from;
                    ongesture.call(gesture(moved.x, moved.y));
                }
            },
            onpointercancel: move |_| from.set(None),
            // A list of one: with its key, another photo never begins with the pixels of this one.
            for view in [view] {
                Print { key: "{view.id.name()}", view, there }
            }
        }
    }
}

/// Whether it is the first finger, the pen, or the button of the mouse that clicks.
fn is_touch(event: &PointerEvent) -> bool {
    event.is_primary() && event.trigger_button() == Some(MouseButton::Primary)
}

/// The photo itself: the small picture, which is there at once, under the large one.
#[component]
fn Print(view: PhotoView, there: Signal<Option<PictureId>>) -> Element {
    let words = use_words();
    let courier = use_courier();
    let mut has_failed = use_signal(|| false);
    if has_failed() {
        return rsx! {
            div { class: "unseen", role: "alert",
                p { {t!(words, "photo-problem")} }
                button {
                    class: "button",
                    r#type: "button",
                    // It is no tap on a photo.
                    onpointerdown: move |event| event.stop_propagation(),
                    onclick: move |_| courier.send(Intent::Open(view.path.clone())),
                    ExternalLink { size: 18 }
                    {t!(words, "open")}
                }
            }
        };
    }
    rsx! {
        img {
            class: "under",
            src: tile_address(view.id, true),
            alt: "",
            draggable: "false",
        }
        img {
            src: Size::Large.address(view.id),
            alt: "{view.name}",
            draggable: "false",
            onload: move |_| there.set(Some(view.id)),
            onerror: move |_| has_failed.set(true),
        }
    }
}

/// Buttons for the ones before and after, on the sides of their keys in every direction of reading.
/// One that leads nowhere stays, as it may have the keyboard.
#[component]
fn Ways(
    before: Option<PictureId>,
    after: Option<PictureId>,
    onturn: EventHandler<Option<PictureId>>,
) -> Element {
    let words = use_words();
    rsx! {
        if before.is_some() || after.is_some() {
            div { class: "way before",
                IconButton {
                    label: t!(words, "photo-before"),
                    is_idle: before.is_none(),
                    onclick: move |()| onturn.call(before),
                    ChevronLeft {}
                }
            }
            div { class: "way after",
                IconButton {
                    label: t!(words, "photo-after"),
                    is_idle: after.is_none(),
                    onclick: move |()| onturn.call(after),
                    ChevronRight {}
                }
            }
        }
    }
}
