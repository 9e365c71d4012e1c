//! What can be set. Each change takes effect at once.

use dioxus::prelude::*;
use lucide_dioxus::ChevronRight;
use parlor_app_model::model::{Model, Screen, Sheet};
use parlor_app_model::msg::Intent;
use parlor_app_model::settings::{AcceptWhom, Look, Profile, Settings as Set};

use crate::app::own_device;
use crate::bridge::{Courier, use_courier};
use crate::component::avatar::Avatar;
use crate::component::frame::Page;
use crate::platform::Abilities;
use crate::t;
use crate::words::{LANGUAGES, use_words};

/// What can be set.
#[component]
pub(crate) fn Settings() -> Element {
    let model = use_context::<Signal<Model>>();
    let settings = use_memo(move || model.read().settings.clone());
    let words = use_words();
    let settings = settings.read().clone();
    rsx! {
        Page { title: t!(words, "settings"),
            You { language: settings.language.clone(), look: settings.look }
            Receiving { settings: settings.clone() }
            Privacy { settings: settings.clone() }
            Blocked {}
            Server { server: settings.server.clone().unwrap_or_default() }
            More {}
        }
    }
}

/// Changes one thing of the settings as they are now.
fn change(model: Signal<Model>, courier: &Courier, change: impl FnOnce(&mut Set)) {
    let mut settings = model.peek().settings.clone();
    change(&mut settings);
    courier.send(Intent::Set(settings));
}

#[component]
fn You(language: Option<String>, look: Look) -> Element {
    let model = use_context::<Signal<Model>>();
    let words = use_words();
    let courier = use_courier();
    let profile = use_memo(move || model.read().profile.clone());
    let profile = profile.read().clone();
    let device = own_device();
    let (renaming, picturing) = (courier.clone(), courier.clone());
    let (looking, speaking) = (courier.clone(), courier);
    let looks = [
        (Look::System, t!(words, "look-system")),
        (Look::Light, t!(words, "look-light")),
        (Look::Dark, t!(words, "look-dark")),
    ];
    rsx! {
        section { class: "section",
            h2 { {t!(words, "settings-you")} }
            div { class: "card",
                div { class: "card-row",
                    label { r#for: "own-name", {t!(words, "settings-name")} }
                    input {
                        id: "own-name",
                        class: "grow value",
                        style: "border: 0; background: none; text-align: end; min-height: 2rem; user-select: text; -webkit-user-select: text",
                        r#type: "text",
                        maxlength: 40,
                        initial_value: profile.name.clone(),
                        onchange: move |event| {
                            let name = event.value();
                            if !name.trim().is_empty() {
                                let profile = model.peek().profile.clone();
                                renaming.send(Intent::CallMe(Profile { name, ..profile }));
                            }
                        },
                    }
                }
                button {
                    class: "card-row",
                    r#type: "button",
                    onclick: move |_| picturing.send(Intent::Show(Sheet::Avatar)),
                    span { class: "grow", {t!(words, "avatar-title")} }
                    Avatar { name: profile.name.clone(), device, chosen: profile.avatar(), size: "small" }
                    ChevronRight { size: 18, class: "mirrored" }
                }
                div { class: "card-row", style: "display: grid; gap: var(--s2)",
                    span { {t!(words, "settings-look")} }
                    div { class: "segments", role: "radiogroup", "aria-label": t!(words, "settings-look"),
                        for (value, name) in looks {
                            button {
                                r#type: "button",
                                role: "radio",
                                "aria-checked": "{value == look}",
                                onclick: {
                                    let courier = looking.clone();
                                    move |_| change(model, &courier, |settings| settings.look = value)
                                },
                                "{name}"
                            }
                        }
                    }
                }
                div { class: "card-row",
                    label { class: "grow", r#for: "language", {t!(words, "settings-language")} }
                    select {
                        id: "language",
                        class: "select",
                        onchange: move |event| {
                            let tag = event.value();
                            let tag = (!tag.is_empty()).then_some(tag);
                            change(model, &speaking, |settings| settings.language = tag);
                        },
                        option { value: "", selected: language.is_none(), {t!(words, "language-system")} }
                        for (tag, name) in LANGUAGES {
                            option { value: tag, selected: language.as_deref() == Some(tag), "{name}" }
                        }
                    }
                }
            }
        }
    }
}

#[component]
fn Receiving(settings: Set) -> Element {
    let model = use_context::<Signal<Model>>();
    let words = use_words();
    let courier = use_courier();
    let has_folders = use_context::<Abilities>().can_reveal;
    let (folder, any_kind, accept) = (courier.clone(), courier.clone(), courier);
    let place = match &settings.folder {
        Some(folder) => folder.display().to_string(),
        None => t!(words, "settings-folder-default"),
    };
    let whom = [
        (AcceptWhom::Nobody, "nobody", t!(words, "accept-nobody")),
        (
            AcceptWhom::Verified,
            "verified",
            t!(words, "accept-verified"),
        ),
        (AcceptWhom::Known, "known", t!(words, "accept-known")),
        (AcceptWhom::Anyone, "anyone", t!(words, "accept-anyone")),
    ];
    let choices = whom.clone();
    rsx! {
        section { class: "section",
            h2 { {t!(words, "settings-receiving")} }
            div { class: "card",
                if has_folders {
                    button {
                        class: "card-row",
                        r#type: "button",
                        onclick: move |_| folder.send(Intent::PickFolder),
                        span { class: "grow", {t!(words, "settings-folder")} }
                        span { class: "value", dir: "auto", "{place}" }
                        ChevronRight { size: 18, class: "mirrored" }
                    }
                }
                div { class: "card-row",
                    label { class: "grow", r#for: "accept", {t!(words, "settings-accept")} }
                    select {
                        id: "accept",
                        class: "select",
                        onchange: move |event| {
                            let chosen = event.value();
                            let found = choices.iter().find(|(_, tag, _)| *tag == chosen);
                            if let Some((whom, _, _)) = found {
                                change(model, &accept, |settings| settings.accept_from = *whom);
                            }
                        },
                        for (value, tag, name) in whom {
                            option { value: tag, selected: value == settings.accept_from, "{name}" }
                        }
                    }
                }
                if settings.accept_from != AcceptWhom::Nobody {
                    Switch {
                        title: t!(words, "settings-any-kind"),
                        text: t!(words, "settings-any-kind-text"),
                        is_on: settings.accept_any_kind,
                        onswitch: move |is_on| change(model, &any_kind, |settings| settings.accept_any_kind = is_on),
                    }
                }
            }
        }
    }
}

#[component]
fn Privacy(settings: Set) -> Element {
    let model = use_context::<Signal<Model>>();
    let words = use_words();
    let courier = use_courier();
    let (clean, relay) = (courier.clone(), courier.clone());
    let (typing, notify) = (courier.clone(), courier);
    rsx! {
        section { class: "section",
            h2 { {t!(words, "settings-privacy")} }
            div { class: "card",
                Switch {
                    title: t!(words, "settings-clean"),
                    text: t!(words, "settings-clean-text"),
                    is_on: settings.clean_photos,
                    onswitch: move |is_on| change(model, &clean, |settings| settings.clean_photos = is_on),
                }
                Switch {
                    title: t!(words, "settings-relay"),
                    text: t!(words, "settings-relay-text"),
                    is_on: settings.relay_only,
                    onswitch: move |is_on| change(model, &relay, |settings| settings.relay_only = is_on),
                }
                Switch {
                    title: t!(words, "settings-typing"),
                    text: String::new(),
                    is_on: settings.shows_typing,
                    onswitch: move |is_on| change(model, &typing, |settings| settings.shows_typing = is_on),
                }
                Switch {
                    title: t!(words, "settings-notify"),
                    text: String::new(),
                    is_on: settings.notify,
                    onswitch: move |is_on| change(model, &notify, |settings| settings.notify = is_on),
                }
            }
        }
    }
}

#[component]
fn Switch(title: String, text: String, is_on: bool, onswitch: EventHandler<bool>) -> Element {
    rsx! {
        button {
            class: "card-row",
            r#type: "button",
            role: "switch",
            "aria-checked": "{is_on}",
            onclick: move |_| onswitch.call(!is_on),
            span { class: "grow",
                span { style: "display: block", "{title}" }
                if !text.is_empty() {
                    span { class: "hint", "{text}" }
                }
            }
            span { class: "toggle", "aria-hidden": "true", "aria-checked": "{is_on}" }
        }
    }
}

/// With whom the person wants nothing to do, for as long as there is somebody.
#[component]
fn Blocked() -> Element {
    let model = use_context::<Signal<Model>>();
    let blocked = use_memo(move || model.read().blocked.clone());
    let words = use_words();
    let courier = use_courier();
    let blocked = blocked.read();
    if blocked.is_empty() {
        return rsx! {};
    }
    rsx! {
        section { class: "section",
            h2 { {t!(words, "settings-blocked")} }
            ul { class: "card",
                for (device, name) in blocked.clone() {
                    li { class: "card-row", key: "{device}",
                        span { class: "grow", dir: "auto", "{name}" }
                        button {
                            class: "button small",
                            r#type: "button",
                            onclick: {
                                let courier = courier.clone();
                                move |_| courier.send(Intent::Block { device, name: name.clone(), is_blocked: false })
                            },
                            {t!(words, "unblock")}
                        }
                    }
                }
            }
        }
    }
}

#[component]
fn Server(server: String) -> Element {
    let model = use_context::<Signal<Model>>();
    let words = use_words();
    let courier = use_courier();
    let first = model.peek().settings.server.clone().unwrap_or_default();
    let problem = (!server.is_empty())
        .then(|| parlor_proto::invite::ServerUrl::parse(&server).err())
        .flatten();
    rsx! {
        section { class: "section",
            h2 { {t!(words, "settings-server")} }
            input {
                class: "input",
                r#type: "url",
                dir: "ltr",
                autocapitalize: "off",
                spellcheck: "false",
                placeholder: "https://",
                "aria-label": t!(words, "settings-server"),
                initial_value: first,
                onchange: move |event| {
                    let server = event.value().trim().to_owned();
                    let server = (!server.is_empty()).then_some(server);
                    change(model, &courier, |settings| settings.server = server);
                },
            }
            if let Some(problem) = problem {
                p { class: "problem", role: "alert", {t!(words, "problem-server", reason = problem.to_string())} }
            }
            p { class: "hint", style: "padding: 0 var(--s4)", {t!(words, "settings-server-text")} }
        }
    }
}

#[component]
fn More() -> Element {
    let words = use_words();
    let courier = use_courier();
    let about = courier.clone();
    rsx! {
        div { class: "card",
            button {
                class: "card-row",
                r#type: "button",
                onclick: move |_| courier.send(Intent::Go(Screen::Diagnostics)),
                span { class: "grow", {t!(words, "settings-diagnostics")} }
                ChevronRight { size: 18, class: "mirrored" }
            }
            button {
                class: "card-row",
                r#type: "button",
                onclick: move |_| about.send(Intent::Go(Screen::About)),
                span { class: "grow", {t!(words, "settings-about")} }
                ChevronRight { size: 18, class: "mirrored" }
            }
        }
    }
}
