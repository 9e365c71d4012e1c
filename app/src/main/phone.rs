//! Starts Parlor on a phone. Not run on a device.
//!
//! What other apps and links give comes while the app runs, not with its start.

use dioxus::prelude::*;
use dioxus_desktop::Config;
use parlor_app::app::{App, INDEX, Start};

/// Opens the one window a phone has.
pub(crate) fn start() {
    // Android starts it anew in the same process for a new activity.
    let _ = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .try_init();
    let config = Config::new()
        .with_custom_index(INDEX.to_owned())
        .with_background_color((0xf6, 0xf4, 0xef, 0xff))
        .with_disable_context_menu(true);
    #[cfg(target_os = "ios")]
    let config = config.with_custom_event_handler(|event, _| opened(event));
    LaunchBuilder::new()
        .with_cfg(config)
        .with_context(Start::default())
        .launch(App);
}

/// Links and files come before there is a window to take them, so that they are kept.
#[cfg(target_os = "ios")]
fn opened<T>(event: &dioxus_desktop::tao::event::Event<'_, T>) {
    use parlor_app::given::Given;
    let dioxus_desktop::tao::event::Event::Opened { urls } = event else {
        return;
    };
    for url in urls {
        let file = (url.scheme() == "file").then(|| url.to_file_path().ok());
        parlor_app::platform::opened(match file.flatten() {
            Some(file) => Given {
                link: None,
                files: vec![file],
            },
            None => Given {
                link: Some(url.to_string()),
                files: Vec::new(),
            },
        });
    }
}
