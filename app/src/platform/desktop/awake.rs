//! Keeping the machine from falling asleep.

use std::panic::{AssertUnwindSafe, catch_unwind};

use keepawake::{Builder, KeepAwake};

use super::{PlatformError, words};

/// Asks the system to stay awake until what it gives is released; the screen may go dark.
///
/// # Errors
/// What the system says if nothing there keeps it awake, as without a bus.
pub(super) fn hold() -> Result<Vec<KeepAwake>, PlatformError> {
    let mut asked = vec![ask(|builder| builder.idle(true))];
    // Some desktops of Linux listen to the system's login service, others to their screen saver.
    if cfg!(target_os = "linux") {
        asked.push(ask(|builder| builder.display(true)));
    }
    let (held, refused): (Vec<_>, Vec<_>) = asked.into_iter().partition(Result::is_ok);
    let held: Vec<_> = held.into_iter().filter_map(Result::ok).collect();
    match refused.into_iter().find_map(Result::err) {
        Some(error) if held.is_empty() => Err(words(error)),
        _ => Ok(held),
    }
}

fn ask(what: impl FnOnce(&mut Builder) -> &mut Builder) -> Result<KeepAwake, keepawake::Error> {
    let mut builder = Builder::default();
    builder
        .reason("Files are on their way")
        .app_name("Parlor")
        .app_reverse_domain("app.parlor");
    what(&mut builder).create()
}

/// Lets it sleep again.
pub(super) fn release(held: &mut Vec<KeepAwake>) {
    for held in held.drain(..) {
        // It panics when the bus it was asked over is gone; whoever kept us awake is gone with it.
        if catch_unwind(AssertUnwindSafe(|| drop(held))).is_err() {
            tracing::debug!("nobody is left who kept the machine awake");
        }
    }
}
