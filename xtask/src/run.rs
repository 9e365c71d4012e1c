//! Starts Parlor as well as this machine can show it.

use std::env;

use crate::shell::{TaskError, cargo, root, run as shell_run};

/// Opens the app, or plays a room with two members in the terminal.
pub(crate) fn run() -> Result<(), TaskError> {
    let has_app = root().join("app/Cargo.toml").is_file();
    shell_run(&mut cargo(arguments(has_app && has_display())))
}

fn arguments(opens_app: bool) -> &'static [&'static str] {
    if opens_app {
        &["run", "--release", "--locked", "-p", "parlor-app"]
    } else {
        &["run", "--release", "--locked", "-p", "parlor", "--", "demo"]
    }
}

/// On Linux a display has a name; other desktops always have one.
fn has_display() -> bool {
    let named = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || named("WAYLAND_DISPLAY") || named("DISPLAY")
}
