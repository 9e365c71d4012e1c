//! The root: starts the bridge, provides what components share, shows the screen.

use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use dioxus::prelude::*;
use dioxus_desktop::wry::http::Response;
use dioxus_desktop::{use_asset_handler, use_wry_event_handler};
use parlor_app_model::model::{Model, Screen, Sheet, Stage};
use parlor_app_model::msg::{Msg, Report};
use parlor_app_model::settings::Look;
use parlor_proto::id::DeviceId;
use tokio::sync::{mpsc, watch};

use crate::bridge::executor::Setup;
use crate::bridge::pictures::{Pictures, Size};
use crate::bridge::{self, Courier, LastWords, executor};
use crate::component::toast::Toasts;
use crate::given::Given;
use crate::platform::Platform;
#[cfg(not(any(target_os = "android", target_os = "ios")))]
use crate::window::{hide_at_once, keep_place};
use crate::words::Words;
use crate::{platform, screen, sheet};

/// The page that the web view shows: the style, the place for the app, and what lets it go on unseen.
pub const INDEX: &str = concat!(
    "<!doctype html><html><head><meta charset=\"utf-8\"><title>Parlor</title>",
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1, viewport-fit=cover\">",
    "<style>",
    include_str!("../../assets/css/tokens.css"),
    include_str!("../../assets/css/base.css"),
    include_str!("../../assets/css/screens.css"),
    "</style><script>",
    include_str!("../../assets/page.js"),
    "</script></head><body><div id=\"main\"></div></body></html>"
);

/// Fonts, by the name in the style.
const FONTS: [(&str, &[u8]); 5] = [
    (
        "inter-latin-wght-normal.woff2",
        include_bytes!("../../assets/fonts/inter-latin-wght-normal.woff2"),
    ),
    (
        "inter-latin-ext-wght-normal.woff2",
        include_bytes!("../../assets/fonts/inter-latin-ext-wght-normal.woff2"),
    ),
    (
        "inter-cyrillic-wght-normal.woff2",
        include_bytes!("../../assets/fonts/inter-cyrillic-wght-normal.woff2"),
    ),
    (
        "inter-greek-wght-normal.woff2",
        include_bytes!("../../assets/fonts/inter-greek-wght-normal.woff2"),
    ),
    (
        "noto-emoji-comparison.woff2",
        include_bytes!("../../assets/fonts/noto-emoji-comparison.woff2"),
    ),
];

/// The part of a scene's name that lays it out from right to left.
pub(crate) const RIGHT_TO_LEFT: &str = "rtl";

/// What the app is started with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// Where everything is kept; the platform's place without.
    pub data_folder: Option<PathBuf>,
    /// A link to go in by, or files to be shared.
    pub given: Given,
    /// A scene to be shown in place of a person's own rooms.
    pub scene: Option<String>,
}

/// The app.
#[component]
pub fn App() -> Element {
    let start = use_context::<Start>();
    let model = use_signal(Model::default);
    let pictures = use_hook(Pictures::new);
    let language = use_memo(move || model.read().settings.language.clone());
    let words = use_memo(move || Words::new(language.read().as_deref()));
    use_context_provider(|| model);
    use_context_provider(|| words);
    let platform = use_hook(platform::current);
    use_context_provider(|| platform.abilities());
    let class = if start.scene.is_some() {
        "app still"
    } else {
        "app"
    };
    let dir = direction(start.scene.as_deref());
    let folder = start.data_folder.clone();
    let (reports, last_words) = use_bridge(model, start, &pictures, platform.clone());
    serve_pictures(pictures.clone(), Size::Small);
    serve_pictures(pictures, Size::Large);
    serve_fonts();
    #[cfg(target_os = "linux")]
    use_hook(|| crate::restart::when_the_page_dies(model, last_words.clone(), folder.clone()));
    watch_window(model, reports, platform, folder, last_words);
    let look = use_memo(move || model.read().settings.look);
    let look = match *look.read() {
        Look::System => "system",
        Look::Light => "light",
        Look::Dark => "dark",
    };
    rsx! {
        div { class, "data-look": look, lang: words.read().language(), dir,
            ErrorBoundary { handle_error: |errors| rsx! { screen::opening::Failed { errors } }, Shown {} }
            Toasts {}
        }
    }
}

/// Which way it is read: as every language there is, unless a scene wants it otherwise.
fn direction(scene: Option<&str>) -> &'static str {
    let mut parts = scene.unwrap_or_default().split(',');
    if parts.any(|part| part == RIGHT_TO_LEFT) {
        "rtl"
    } else {
        "ltr"
    }
}

/// Starts model and executor once; gives the way to the model for what the window tells, and for
/// its end.
fn use_bridge(
    model: Signal<Model>,
    start: Start,
    pictures: &Pictures,
    platform: Arc<dyn Platform>,
) -> (mpsc::Sender<Msg>, Rc<LastWords>) {
    let pictures = pictures.clone();
    let (courier, reports, last_words) = use_hook(move || {
        let (courier, reports, mailbox, effect_queue) = bridge::mailbox();
        let (last_words, closing) = LastWords::new(mailbox.clone());
        spawn(bridge::run(model, mailbox));
        let world = reports.clone();
        let setup = Setup {
            data_folder: start.data_folder,
            platform,
            pictures,
            raise: raise_window(),
            closing,
        };
        for intent in start.given.intents() {
            courier.send(intent);
        }
        take_given(setup.platform.clone(), reports.clone());
        match start.scene {
            #[cfg(feature = "demo")]
            Some(scene) => {
                tokio::spawn(crate::demo::play(scene, setup, world.clone(), effect_queue));
            }
            _ => {
                tokio::spawn(executor::run(setup, world.clone(), effect_queue));
                tokio::spawn(tell_the_time(world));
            }
        }
        (Rc::new(courier), reports, Rc::new(last_words))
    });
    use_context_provider(|| Courier::clone(&courier));
    (reports, last_words)
}

/// Takes what links and other apps gave meanwhile.
fn take_given(platform: Arc<dyn Platform>, reports: mpsc::Sender<Msg>) {
    tokio::task::spawn_blocking(move || {
        for intent in platform.given().intents() {
            if reports.blocking_send(Msg::Intent(intent)).is_err() {
                return;
            }
        }
    });
}

/// This device, once the home is open.
pub(crate) fn own_device() -> Option<DeviceId> {
    let model = use_context::<Signal<Model>>();
    let device = use_memo(move || model.read().device);
    *device.read()
}

/// A later start of the app brings this window to the front.
fn raise_window() -> mpsc::Sender<()> {
    let (raise, mut raised) = mpsc::channel(1);
    let window = dioxus_desktop::window();
    spawn(async move {
        while raised.recv().await.is_some() {
            window.set_minimized(false);
            window.set_focus();
        }
    });
    raise
}

async fn tell_the_time(reports: mpsc::Sender<Msg>) {
    let mut tick = tokio::time::interval(Duration::from_secs(1));
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        tick.tick().await;
        let now = std::time::SystemTime::now();
        let since = now
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        let now_ms = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        if reports
            .send(Msg::Report(Report::Clock(now_ms)))
            .await
            .is_err()
        {
            return;
        }
    }
}

fn serve_pictures(pictures: Pictures, size: Size) {
    use_asset_handler(size.folder(), move |request, responder| {
        let pictures = pictures.clone();
        let id = size.asked(request.uri().path());
        spawn(async move {
            let preview = match id {
                Some(id) => pictures.preview(id, size).await.ok(),
                None => None,
            };
            let response = match preview {
                Some(preview) => Response::builder()
                    .header("Content-Type", preview.media_type)
                    .header("Cache-Control", "no-store")
                    .body(preview.bytes.clone()),
                None => Response::builder().status(404).body(Vec::new()),
            };
            if let Ok(response) = response {
                responder.respond(response);
            }
        });
    });
}

fn serve_fonts() {
    use_asset_handler("font", move |request, responder| {
        let name = request.uri().path().trim_start_matches("/font/").to_owned();
        let font = FONTS.iter().find(|(known, _)| *known == name);
        let response = match font {
            Some((_, bytes)) => Response::builder()
                .header("Content-Type", "font/woff2")
                .header("Access-Control-Allow-Origin", "*")
                .body(bytes.to_vec()),
            None => Response::builder().status(404).body(Vec::new()),
        };
        if let Ok(response) = response {
            responder.respond(response);
        }
    });
}

/// Tells the model whether the app is in front, and keeps where its window was.
fn watch_window(
    model: Signal<Model>,
    reports: mpsc::Sender<Msg>,
    platform: Arc<dyn Platform>,
    folder: Option<PathBuf>,
    last_words: Rc<LastWords>,
) {
    use dioxus_desktop::tao::event::{Event, WindowEvent};
    let window = dioxus_desktop::use_window();
    let in_front =
        use_hook(|| Rc::new(tell_whether_in_front(reports.clone(), window.is_focused())));
    use_wry_event_handler(move |event, _| {
        let is_in_front = match event {
            Event::WindowEvent {
                event: WindowEvent::Focused(is_in_front),
                ..
            } => Some(*is_in_front),
            // Only phones tell of these two.
            Event::Resumed => Some(true),
            Event::Suspended => Some(false),
            _ => None,
        };
        let is_going = matches!(
            event,
            Event::WindowEvent {
                event: WindowEvent::CloseRequested,
                ..
            }
        );
        if let Some(is_in_front) = is_in_front {
            in_front.send_replace(is_in_front);
        }
        if is_in_front == Some(true) {
            take_given(platform.clone(), reports.clone());
        }
        if (is_going || is_in_front == Some(false))
            && let Some(folder) = &folder
        {
            keep_place(&window, folder);
        }
        if is_going {
            hide_at_once(&window);
        }
        // Some systems end the app without asking its window.
        let is_gone = matches!(
            event,
            Event::LoopDestroyed
                | Event::WindowEvent {
                    event: WindowEvent::Destroyed,
                    ..
                }
        );
        if is_going || is_gone {
            last_words.say(model);
        }
    });
}

/// Tells the model whether the window is in front: how it is now, as the window is there before
/// anybody listens to it, and each change. What the model is too busy for is told later.
fn tell_whether_in_front(reports: mpsc::Sender<Msg>, is_in_front: bool) -> watch::Sender<bool> {
    let (in_front, mut changes) = watch::channel(is_in_front);
    spawn(async move {
        loop {
            let is_in_front = *changes.borrow_and_update();
            let report = Msg::Report(Report::InFront(is_in_front));
            if reports.send(report).await.is_err() || changes.changed().await.is_err() {
                return;
            }
        }
    });
    in_front
}

/// The window of a phone is its screen.
#[cfg(any(target_os = "android", target_os = "ios"))]
fn keep_place(_: &dioxus_desktop::tao::window::Window, _: &std::path::Path) {}

/// The system takes it away.
#[cfg(any(target_os = "android", target_os = "ios"))]
fn hide_at_once(_: &dioxus_desktop::tao::window::Window) {}

/// The stage, the screen and the sheet.
#[component]
fn Shown() -> Element {
    let model = use_context::<Signal<Model>>();
    let stage = use_memo(move || model.read().stage.clone());
    let place = use_memo(move || {
        let model = model.read();
        (model.screen(), model.sheet)
    });
    let (screen, above) = *place.read();
    match &*stage.read() {
        Stage::Opening => rsx! { screen::opening::Opening {} },
        Stage::Broken { reason } => rsx! { screen::opening::Broken { reason: reason.clone() } },
        Stage::Welcome => rsx! { screen::welcome::Welcome {} },
        Stage::Ready => rsx! {
            div {
                class: if screen == Screen::Home { "split" } else { "split has-main" },
                // Unlike a modal dialog this leaves toasts to be heard.
                inert: if above.is_some() { true },
                div { class: "list", screen::home::Home {} }
                div { class: "main",
                    match screen {
                        Screen::Home => rsx! { screen::home::Nothing {} },
                        Screen::Join => rsx! { screen::join::Join {} },
                        Screen::Room(room) => rsx! { screen::room::Room { key: "{room}", room } },
                        Screen::Transfers => rsx! { screen::transfers::Transfers {} },
                        Screen::Settings => rsx! { screen::settings::Settings {} },
                        Screen::Diagnostics => rsx! { screen::diagnostics::Diagnostics {} },
                        Screen::About => rsx! { screen::about::About {} },
                        Screen::Licences => rsx! { screen::licences::Licences {} },
                        Screen::Share => rsx! { screen::share::Share {} },
                    }
                }
            }
            match above {
                Some(Sheet::Invite(room)) => rsx! { sheet::invite::Invite { room } },
                Some(Sheet::Peer(room, device)) => rsx! { sheet::peer::Peer { room, device } },
                Some(Sheet::Avatar) => rsx! { sheet::avatar::Avatar {} },
                Some(Sheet::Photo(room, id)) => rsx! { sheet::photo::Photo { room, id } },
                Some(Sheet::RoomMenu(room)) => rsx! { sheet::room_menu::RoomMenu { room } },
                None => rsx! {},
            }
        },
    }
}
