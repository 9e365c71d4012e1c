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

#[cfg(test)]
mod tests {
    use super::*;

    /// The bus has a runtime of its own, which must not meet the one of the app; and a machine
    /// without a bus is told of in words.
    #[tokio::test]
    async fn asking_works_on_a_thread_of_the_runtime_with_and_without_a_bus() {
        let asked = tokio::task::spawn_blocking(|| match hold() {
            Ok(mut held) => {
                release(&mut held);
                held.is_empty()
            }
            Err(PlatformError(reason)) => !reason.is_empty(),
        });
        assert!(asked.await.unwrap());
    }
}
