//! The mark of the app: two speech bubbles that share one room.

use dioxus::prelude::*;

/// The mark, as in the app's icon.
#[component]
pub(crate) fn Logo() -> Element {
    rsx! {
        div {
            class: "logo",
            "aria-hidden": "true",
            dangerous_inner_html: include_str!("../../../assets/icon/logo.svg"),
        }
    }
}
