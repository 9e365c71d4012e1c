//! Starts Parlor on the desktop.

use std::path::{Path, PathBuf};

use clap::Parser;
use dioxus::prelude::*;
use dioxus_desktop::tao::dpi::{LogicalPosition, LogicalSize};
use dioxus_desktop::tao::window::Icon;
use dioxus_desktop::{Config, WindowBuilder};
use parlor_app::app::{App, INDEX, Start};
use parlor_app::given::Given;
use parlor_app::instance;
use parlor_app::platform;
use parlor_app::window::{SIDE_MIN, WindowPlace};

/// Size of the window on first use.
const SIZE: (u32, u32) = (1080, 760);

/// The window's icon.
const ICON: &[u8] = include_bytes!("../../../assets/icon/128.png");

/// Talk and share photos and files, device to device.
#[derive(Debug, Parser)]
#[command(name = "parlor-app", version)]
struct Args {
    /// An invite to go in by, or files to share
    #[arg(value_name = "LINK|FILE")]
    given: Vec<String>,

    /// Keep everything here instead of in the system's place for it
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,

    /// Width and height of the window, as in 390x844; as it was the last time without
    #[arg(long, value_name = "SIZE", value_parser = size)]
    size: Option<(u32, u32)>,

    /// Show a made-up scene instead of the person's own rooms
    #[cfg(feature = "demo")]
    #[arg(long, value_name = "SCENE")]
    scene: Option<String>,

    /// Name the scenes there are
    #[cfg(feature = "demo")]
    #[arg(long)]
    scenes: bool,
}

fn size(text: &str) -> Result<(u32, u32), String> {
    let sides = text.split_once('x').and_then(|(width, height)| {
        Some((width.parse::<u32>().ok()?, height.parse::<u32>().ok()?))
    });
    match sides {
        Some((width, height)) if width >= SIDE_MIN && height >= SIDE_MIN => Ok((width, height)),
        Some(_) => Err(format!("the sides are at least {SIDE_MIN}")),
        None => Err("write it like 390x844".to_owned()),
    }
}

/// Reads what the person gave, hands it to a Parlor that runs already, or opens the window.
pub(crate) fn start() {
    let args = Args::parse();
    #[cfg(feature = "demo")]
    if args.scenes {
        println!("{}", parlor_app::demo::SCENES.join("\n"));
        return;
    }
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let (links, files): (Vec<String>, Vec<String>) = args
        .given
        .into_iter()
        .partition(|given| given.contains("://"));
    let given = Given {
        link: links.into_iter().next(),
        files: files.into_iter().map(absolute).collect(),
    };
    #[cfg(feature = "demo")]
    let scene = args.scene;
    #[cfg(not(feature = "demo"))]
    let scene: Option<String> = None;
    let is_real = scene.is_none();
    let data_folder = args.data.or_else(|| platform::current().data_folder().ok());
    let data_folder = data_folder.filter(|_| is_real);
    if let Some(folder) = &data_folder
        && handed_over(folder, &given)
    {
        return;
    }
    let place = data_folder.as_deref().and_then(WindowPlace::read);
    let start = Start {
        data_folder,
        given,
        scene,
    };
    let config = Config::new()
        .with_window(window(args.size, place))
        .with_menu(None)
        .with_custom_index(INDEX.to_owned())
        // The page goes nowhere: a file that is dropped beside its target would take its place.
        .with_navigation_handler(|_| false)
        .with_background_color((0xf6, 0xf4, 0xef, 0xff))
        .with_disable_context_menu(true);
    LaunchBuilder::new()
        .with_cfg(config)
        .with_context(start)
        .launch(App);
}

/// A path that means the same to another process.
fn absolute(path: String) -> PathBuf {
    std::path::absolute(&path).unwrap_or_else(|_| path.into())
}

/// Whether an app that runs already took what this one was given.
fn handed_over(folder: &Path, given: &Given) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let handed = runtime.and_then(|runtime| runtime.block_on(instance::hand_over(folder, given)));
    match handed {
        Ok(handed) => handed,
        Err(error) => {
            eprintln!("error: Parlor is open already and does not answer: {error}");
            true
        }
    }
}

fn window(asked: Option<(u32, u32)>, place: Option<WindowPlace>) -> WindowBuilder {
    let before = place.map(|place| (place.width, place.height));
    let (width, height) = asked.or(before).unwrap_or(SIZE);
    let window = WindowBuilder::new()
        .with_title("Parlor")
        .with_inner_size(LogicalSize::new(width, height))
        .with_min_inner_size(LogicalSize::new(SIDE_MIN, SIDE_MIN))
        .with_window_icon(icon());
    match place {
        Some(place) if asked.is_none() => {
            window.with_position(LogicalPosition::new(place.x, place.y))
        }
        _ => window,
    }
}

fn icon() -> Option<Icon> {
    let picture = image::load_from_memory(ICON).ok()?.into_rgba8();
    let (width, height) = picture.dimensions();
    Icon::from_rgba(picture.into_raw(), width, height).ok()
}
