//! The way into somebody's room: a link, a code, or a picture of a QR.

use dioxus::html::HasFileData as _;
use dioxus::prelude::*;
use lucide_dioxus::{CircleAlert, LoaderCircle, ScanQrCode};
use parlor_app_model::join::{JoinProblem, completions};
use parlor_app_model::model::Model;
use parlor_app_model::msg::Intent;
use parlor_proto::code::CodeError;
use parlor_proto::invite::InviteError;

use crate::bridge::use_courier;
use crate::component::frame::Page;
use crate::platform::Abilities;
use crate::script::run_on;
use crate::t;
use crate::words::{Words, use_words};

/// The id of the field, for the script that completes a word.
const FIELD: &str = "invite";

/// The way into somebody's room.
#[component]
pub(crate) fn Join() -> Element {
    let model = use_context::<Signal<Model>>();
    let join = use_memo(move || model.read().join.clone());
    let words = use_words();
    let courier = use_courier();
    let mut is_over = use_signal(|| false);
    let join = join.read();
    let first = model.peek().join.text.clone();
    let (typing, dropping, picking) = (courier.clone(), courier.clone(), courier.clone());
    let (completing, scanning) = (courier.clone(), courier.clone());
    let can_scan = use_context::<Abilities>().can_scan;
    rsx! {
        Page { title: t!(words, "join-title"),
            form {
                class: "join-form",
                onsubmit: move |event| {
                    event.prevent_default();
                    courier.send(Intent::Join);
                },
                p { class: "hint", style: "font-size: var(--text-m)", {t!(words, "join-text")} }
                div { class: "field",
                    label { r#for: FIELD, {t!(words, "join-label")} }
                    input {
                        id: FIELD,
                        class: "input",
                        r#type: "text",
                        dir: "ltr",
                        autocomplete: "off",
                        autocapitalize: "off",
                        spellcheck: "false",
                        placeholder: t!(words, "join-placeholder"),
                        initial_value: first,
                        oninput: move |event| typing.send(Intent::TypeInvite(event.value())),
                        onmounted: move |element| async move {
                            let _ = element.set_focus(true).await;
                        },
                    }
                    div { class: "completions",
                        for whole in completions(&join.text) {
                            button {
                                key: "{whole}",
                                class: "button small",
                                r#type: "button",
                                onclick: {
                                    let courier = completing.clone();
                                    let whole = whole.clone();
                                    move |_| {
                                        // Words are letters and hyphens, so they need no quoting.
                                        run_on(FIELD, &format!("it.value = '{whole}'; it.focus()"));
                                        courier.send(Intent::TypeInvite(whole.clone()));
                                    }
                                },
                                {whole.rsplit(['-', ' ']).next().unwrap_or_default().to_owned()}
                            }
                        }
                    }
                }
                if let Some(problem) = &join.problem {
                    p { class: "problem", role: "alert",
                        CircleAlert { size: 18 }
                        {problem_text(&words, problem)}
                    }
                }
                button {
                    class: "button main wide",
                    r#type: "submit",
                    disabled: join.is_busy || join.text.trim().is_empty(),
                    if join.is_busy {
                        LoaderCircle { class: "spin", size: 20 }
                        {t!(words, "join-busy")}
                    } else {
                        {t!(words, "join-go")}
                    }
                }
            }
            div {
                class: if is_over() { "drop-box over" } else { "drop-box" },
                // Both say that it may be dropped; in a quick drag only the first comes.
                ondragenter: move |event| {
                    event.prevent_default();
                    is_over.set(true);
                },
                ondragover: move |event| {
                    event.prevent_default();
                    is_over.set(true);
                },
                ondragleave: move |_| is_over.set(false),
                ondrop: move |event| {
                    event.prevent_default();
                    is_over.set(false);
                    if let Some(file) = event.files().into_iter().next() {
                        dropping.send(Intent::JoinByPicture(file.path()));
                    }
                },
                ScanQrCode { size: 32 }
                if can_scan {
                    button {
                        class: "button main",
                        r#type: "button",
                        disabled: join.is_busy,
                        onclick: move |_| scanning.send(Intent::Scan),
                        {t!(words, "join-scan")}
                    }
                }
                button {
                    class: "button plain",
                    r#type: "button",
                    disabled: join.is_busy,
                    onclick: move |_| picking.send(Intent::PickQrPicture),
                    {t!(words, "join-picture")}
                }
                // What has a camera at hand has nothing to be dropped.
                if !can_scan {
                    span { class: "hint", {t!(words, "join-drop")} }
                }
            }
        }
    }
}

fn problem_text(words: &Words, problem: &JoinProblem) -> String {
    match problem {
        JoinProblem::Link(error) => link_text(words, error),
        JoinProblem::Code(error) => code_text(words, error),
        JoinProblem::NoServer => t!(words, "problem-no-server"),
        JoinProblem::Server(error) => t!(words, "problem-server", reason = error.to_string()),
        JoinProblem::Exchange(reason) => t!(words, "problem-exchange", reason = reason.clone()),
        JoinProblem::NoQr => t!(words, "problem-no-qr"),
        JoinProblem::Picture(reason) => t!(words, "problem-picture", reason = reason.clone()),
    }
}

fn link_text(words: &Words, error: &InviteError) -> String {
    match error {
        InviteError::NotALink | InviteError::UnknownScheme { .. } => t!(words, "problem-not-link"),
        InviteError::MissingSecret => t!(words, "problem-lost-key"),
        InviteError::Damaged => t!(words, "problem-damaged"),
        InviteError::NewerVersion { .. } => t!(words, "problem-newer"),
        InviteError::TooLong { .. } => t!(words, "problem-too-long"),
        InviteError::Server(error) => t!(words, "problem-link-server", reason = error.to_string()),
    }
}

fn code_text(words: &Words, error: &CodeError) -> String {
    match error {
        CodeError::TooLong { .. } => t!(words, "problem-too-long"),
        CodeError::MissingNumber | CodeError::NumberOutOfRange => t!(words, "problem-code-number"),
        CodeError::TooFewWords { .. } => t!(words, "problem-code-few"),
        CodeError::TooManyWords => t!(words, "problem-code-many"),
        CodeError::UnknownWord {
            word,
            suggestion: Some(meant),
        } => t!(
            words,
            "problem-code-meant",
            word = word.clone(),
            meant = meant.to_owned()
        ),
        CodeError::UnknownWord { word, .. } => t!(words, "problem-code-word", word = word.clone()),
        CodeError::TooShort { start } => t!(words, "problem-code-short", word = start.clone()),
    }
}
