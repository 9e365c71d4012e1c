//! Parlor on the desktop.

use std::path::PathBuf;

use clap::Parser;
use dioxus::prelude::*;
use dioxus_desktop::tao::dpi::LogicalSize;
use dioxus_desktop::{Config, WindowBuilder};
use parlor_app::app::{App, INDEX, Start};

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

    /// Width and height of the window, as in 390x844
    #[arg(long, value_name = "SIZE", value_parser = size, default_value = "1080x760")]
    size: (u32, u32),

    /// Show a made-up scene instead of the person's own rooms
    #[cfg(feature = "demo")]
    #[arg(long, value_name = "SCENE")]
    scene: Option<String>,
}

/// Below this nothing fits any more.
const SIDE_MIN: u32 = 320;

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

fn main() {
    let args = Args::parse();
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let (links, files): (Vec<String>, Vec<String>) = args
        .given
        .into_iter()
        .partition(|given| given.contains("://"));
    let start = Start {
        data_folder: args.data,
        link: links.into_iter().next(),
        files: files.into_iter().map(PathBuf::from).collect(),
        #[cfg(feature = "demo")]
        scene: args.scene,
        #[cfg(not(feature = "demo"))]
        scene: None,
    };
    let window = WindowBuilder::new()
        .with_title("Parlor")
        .with_inner_size(LogicalSize::new(args.size.0, args.size.1))
        .with_min_inner_size(LogicalSize::new(SIDE_MIN, SIDE_MIN));
    let config = Config::new()
        .with_window(window)
        .with_menu(None)
        .with_custom_index(INDEX.to_owned())
        .with_background_color((0xf6, 0xf4, 0xef, 0xff))
        .with_disable_context_menu(true);
    LaunchBuilder::new()
        .with_cfg(config)
        .with_context(start)
        .launch(App);
}
