//! Pictures of every screen of the app: light and dark, on a phone and on a desktop, in two
//! languages, from made-up data (`app/src/demo.rs`), in real windows on virtual screens.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::shell::{TaskError, cargo, describe, read, root, run as shell_run};

const FOLDER: &str = "docs/screenshots";

/// Names and sizes of windows.
const WINDOWS: [(&str, &str); 2] = [("phone", "390x844"), ("desktop", "1080x760")];
const LOOKS: [&str; 2] = ["light", "dark"];
const LANGUAGES: [&str; 2] = ["en", "zh-CN"];

/// What a scene says when it is whole (`app/src/demo.rs`).
const SHOWN: &str = "shown";

/// How often the screen is looked at until it stands still.
const GLANCE: Duration = Duration::from_millis(250);

/// After that it is taken as it is: something on it moves.
const STILL_MAX: Duration = Duration::from_secs(6);

/// A process that ends with its owner.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Takes the pictures of the scenes with `only` in their names.
pub(crate) fn run(only: &str) -> Result<(), TaskError> {
    // The whole workspace decides about features: one package alone would be built anew.
    let what = [
        "--workspace",
        "--bin",
        "parlor-app",
        "--features",
        "parlor-app/demo",
    ];
    shell_run(cargo(&["build", "--locked"]).args(what))?;
    // A build without scenes may take its place meanwhile.
    let app = root().join("target/debug/parlor-app-scenes");
    let copied = fs::copy(root().join("target/debug/parlor-app"), &app);
    copied.map_err(|source| TaskError::File {
        path: app.display().to_string(),
        source,
    })?;
    let scenes = read(Command::new(&app).arg("--scenes"))?;
    for (window, size) in WINDOWS {
        let mut screen = Command::new("Xvfb");
        let depth = format!("{size}x24");
        screen.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            &depth,
            "-nolisten",
            "tcp",
        ]);
        let (_screen, display) = first_line(&mut screen)?;
        let display = format!(":{display}");
        for scene in scenes.lines().filter(|scene| scene.contains(only)) {
            for look in LOOKS {
                for language in LANGUAGES {
                    let file = format!("{scene}-{window}-{look}-{language}.webp");
                    let mut command = Command::new(&app);
                    command.args(["--size", size, "--scene"]);
                    command.arg(format!("{scene},{look},{language}"));
                    command.env("DISPLAY", &display).env("TZ", "UTC");
                    // A debug build of Dioxus puts the window where it was the last time.
                    command.env(
                        "DIOXUS_SESSION_CACHE_DIR",
                        root().join("target/screenshots"),
                    );
                    take(&mut command, &display, &root().join(FOLDER).join(file))?;
                }
            }
            eprintln!("{scene}, {window}");
        }
    }
    Ok(())
}

/// Starts a scene, waits until it stands still, takes its picture.
fn take(command: &mut Command, display: &str, path: &Path) -> Result<(), TaskError> {
    let (_app, said) = first_line(command)?;
    if said != SHOWN {
        return Err(TaskError::Unreadable {
            command: describe(command),
            reason: format!("it said {said:?}"),
        });
    }
    let started = Instant::now();
    let (mut last, mut same) = (Vec::new(), 0);
    while same < 3 && started.elapsed() < STILL_MAX {
        sleep(GLANCE);
        let now = screen(display, "rgb:-")?;
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    let picture = screen(display, "webp:-")?;
    let written = fs::create_dir_all(root().join(FOLDER)).and_then(|()| fs::write(path, picture));
    written.map_err(|source| TaskError::File {
        path: path.display().to_string(),
        source,
    })
}

/// What is on the screen, by ImageMagick.
fn screen(display: &str, form: &str) -> Result<Vec<u8>, TaskError> {
    let mut command = Command::new("import");
    command.args(["-window", "root", "-define", "webp:lossless=true"]);
    command
        .args(["-define", "webp:method=6", form])
        .env("DISPLAY", display);
    let failed = |source| TaskError::NotStarted {
        command: "import".to_owned(),
        source,
    };
    command.output().map(|output| output.stdout).map_err(failed)
}

/// Starts a program that says a line when it is ready.
fn first_line(command: &mut Command) -> Result<(Ended, String), TaskError> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let text = describe(command);
    let failed = |source| TaskError::NotStarted {
        command: text.clone(),
        source,
    };
    let mut child = Ended(command.spawn().map_err(failed)?);
    let mut line = String::new();
    if let Some(out) = child.0.stdout.take() {
        BufReader::new(out).read_line(&mut line).map_err(failed)?;
    }
    Ok((child, line.trim().to_owned()))
}
