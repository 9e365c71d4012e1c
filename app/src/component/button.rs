//! A button that is an icon.

use dioxus::prelude::*;

/// A button that is an icon: its name is read out, and shown to who points at it.
#[component]
pub(crate) fn IconButton(
    label: String,
    #[props(default)] class: &'static str,
    #[props(default)] disabled: bool,
    /// Whether it does nothing now and stays where it is, for the keyboard's sake.
    #[props(default)]
    is_idle: bool,
    onclick: EventHandler<()>,
    children: Element,
) -> Element {
    rsx! {
        button {
            class: "icon-button {class}",
            r#type: "button",
            disabled,
            "aria-disabled": if is_idle { "true" },
            "aria-label": "{label}",
            title: "{label}",
            onclick: move |_| onclick.call(()),
            {children}
        }
    }
}
