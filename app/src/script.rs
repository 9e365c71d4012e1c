//! What only a script in the page can do with an element.

use dioxus::prelude::*;

/// Runs a script in which `it` is the element with that id.
pub(crate) fn run_on(id: &str, script: &str) {
    document::eval(&format!(
        "{{ const it = document.getElementById('{id}'); {script} }}"
    ));
}
