//! A desk with screens, a mouse and a keyboard for each window.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use image::{Rgb, RgbImage};

use crate::process::{Ended, first_line, quiet, until};
use crate::screen_reader::{Heard, Place, ScreenReader, role};

/// Another build of the app to drive, where set.
const APP: &str = "PARLOR_APP";

/// Width and height of every window, unless a test says otherwise.
pub(crate) const SIZE: &str = "480x860";
const SCREEN: &str = "480x860x24";

/// Everything that the windows of one test share.
#[derive(Debug)]
pub(crate) struct Desk {
    folder: tempfile::TempDir,
    session: String,
    reader: ScreenReader,
    _bus: Ended,
    _launcher: Ended,
}

impl Desk {
    /// A session bus of its own, and somebody who listens to the windows on it.
    pub(crate) fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = folder.path().join("runtime");
        fs::create_dir(&runtime).unwrap();
        let mut bus = Command::new("dbus-daemon");
        bus.args(["--session", "--nofork", "--nopidfile", "--print-address"]);
        let (bus, session) = first_line(bus.env("XDG_RUNTIME_DIR", &runtime));
        let mut launcher = Command::new("/usr/libexec/at-spi-bus-launcher");
        launcher.arg("--launch-immediately");
        launcher.env("DBUS_SESSION_BUS_ADDRESS", &session);
        launcher.env("XDG_RUNTIME_DIR", &runtime);
        launcher.env_remove("DISPLAY");
        let launcher = Ended(
            quiet(&mut launcher)
                .spawn()
                .expect("at-spi2-core is installed"),
        );
        let reader =
            until(|| ScreenReader::listen(&session).ok()).expect("the accessibility bus answers");
        Self {
            folder,
            session,
            reader,
            _bus: bus,
            _launcher: launcher,
        }
    }

    /// Starts somebody's app on a screen of its own, as large as that.
    pub(crate) fn open(&self, name: &str, arguments: &[&str]) -> Window<'_> {
        self.start(name, &[&["--size", SIZE], arguments].concat())
    }

    /// Starts somebody's app on a screen of its own.
    pub(crate) fn start(&self, name: &str, arguments: &[&str]) -> Window<'_> {
        self.start_where(name, arguments, &[])
    }

    /// Starts somebody's app on a screen of its own, with these variables set.
    pub(crate) fn start_where(
        &self,
        name: &str,
        arguments: &[&str],
        variables: &[(&str, &str)],
    ) -> Window<'_> {
        let mut screen = Command::new("Xvfb");
        screen.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            SCREEN,
            "-nolisten",
            "tcp",
        ]);
        let (screen, display) = first_line(&mut screen);
        let display = format!(":{display}");
        let mut app = self.app(name, &display);
        app.args(arguments).envs(variables.iter().copied());
        let log = fs::File::create(self.folder.path().join(format!("{name}.log"))).unwrap();
        app.stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        let app = Ended(app.spawn().expect("the app starts"));
        Window {
            desk: self,
            name: name.to_owned(),
            home: self.folder.path().join(name),
            app,
            display,
            _screen: screen,
        }
    }

    /// Somebody's app, to be started.
    fn app(&self, name: &str, display: &str) -> Command {
        let home = self.folder.path().join(name);
        fs::create_dir_all(home.join("Downloads")).unwrap();
        let built = env!("CARGO_BIN_EXE_parlor-app").into();
        let mut app = Command::new(std::env::var_os(APP).unwrap_or(built));
        app.arg("--data").arg(home.join("data"));
        app.env("DISPLAY", display).env("HOME", &home);
        app.env("DBUS_SESSION_BUS_ADDRESS", &self.session);
        app.env("XDG_RUNTIME_DIR", self.folder.path().join("runtime"));
        // There a debug build of Dioxus keeps where the last window of any app of it was.
        app.env("DIOXUS_SESSION_CACHE_DIR", home.join("none"));
        // What is installed beside the app is not found, such as a `zenity` for dialogs.
        app.env("PATH", home.join("none"));
        for name in ["XDG_DATA_HOME", "XDG_CONFIG_HOME", "WAYLAND_DISPLAY"] {
            app.env_remove(name);
        }
        app.env("LANG", "en_GB.UTF-8").env("LC_ALL", "en_GB.UTF-8");
        app
    }

    /// Starts somebody's app once more and goes to a room.
    pub(crate) fn open_room_of(&self, name: &str, room: &str) -> Window<'_> {
        let window = self.open(name, &[]);
        window.click(room);
        window.sees("Message");
        window
    }

    /// The address of the session bus.
    pub(crate) fn session(&self) -> &str {
        &self.session
    }

    /// Where somebody's app keeps everything.
    pub(crate) fn data(&self, name: &str) -> PathBuf {
        self.folder.path().join(name).join("data")
    }

    /// A path for a file.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A photo of one colour.
    pub(crate) fn photo(&self, color: [u8; 3]) -> PathBuf {
        let [r, g, b] = color;
        let path = self.folder.path().join(format!("{r}-{g}-{b}.png"));
        RgbImage::from_pixel(640, 480, Rgb(color))
            .save(&path)
            .unwrap();
        path
    }
}

/// Somebody's window.
#[derive(Debug)]
pub(crate) struct Window<'a> {
    desk: &'a Desk,
    name: String,
    home: PathBuf,
    app: Ended,
    display: String,
    _screen: Ended,
}

impl Window<'_> {
    /// Everything that a screen reader finds.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        self.desk.reader.hear(self.app.0.id())
    }

    /// Waits until something with that in its name is on the screen, what is named just so first.
    fn find(&self, name: &str, is_it: impl Fn(&Heard) -> bool) -> Place {
        let found = until(|| {
            let heard = self.heard();
            let on_screen =
                |one: &&Heard| one.place.width > 0 && one.place.height > 0 && is_it(one);
            let mut exact = heard
                .iter()
                .filter(|one| one.name == name)
                .filter(on_screen);
            let mut partly = heard
                .iter()
                .filter(|one| one.name.contains(name))
                .filter(on_screen);
            exact
                .next_back()
                .or_else(|| partly.next_back())
                .map(|one| one.place)
        });
        found.unwrap_or_else(|| panic!("{} does not see \"{name}\":\n{}", self.name, self.told()))
    }

    /// For a failure: everything that is there, and what the app logged.
    pub(crate) fn told(&self) -> String {
        let names = self
            .heard()
            .into_iter()
            .map(|one| format!("  {} \"{}\"", one.role, one.name));
        let log = self.desk.folder.path().join(format!("{}.log", self.name));
        let picture = std::env::temp_dir().join(format!("parlor-{}.png", self.name));
        self.picture().save(&picture).unwrap();
        let names: Vec<String> = names.collect();
        format!(
            "{}\n{}\n(picture: {})",
            names.join("\n"),
            fs::read_to_string(log).unwrap_or_default(),
            picture.display()
        )
    }

    /// Whether that can be read before patience ends.
    pub(crate) fn waits_for(&self, name: &str) -> bool {
        until(|| self.has(name).then_some(())).is_some()
    }

    /// Waits until that can be read.
    pub(crate) fn sees(&self, name: &str) {
        self.find(name, |_| true);
    }

    /// Whether that is on the screen.
    pub(crate) fn shows(&self, name: &str) -> bool {
        let is_shown = |one: &Heard| one.name == name && one.place.width > 0;
        self.heard().iter().any(is_shown)
    }

    /// Waits until that is not on the screen any more.
    pub(crate) fn loses(&self, name: &str) {
        let gone = until(|| (!self.shows(name)).then_some(()));
        assert!(gone.is_some(), "{} still sees \"{name}\"", self.name);
    }

    /// Whether some field that has the keyboard says just that before patience ends.
    pub(crate) fn waits_to_write_after(&self, text: &str) -> bool {
        let is_it = |one: &Heard| one.has_focus && one.name == text;
        until(|| self.heard().iter().any(is_it).then_some(())).is_some()
    }

    /// Every paragraph that can be read now.
    pub(crate) fn paragraphs(&self) -> Vec<String> {
        let heard = self.heard().into_iter();
        let paragraphs = heard.filter(|one| one.role == role::PARAGRAPH);
        paragraphs.map(|one| one.name).collect()
    }

    /// Whether that can be read now.
    pub(crate) fn has(&self, text: &str) -> bool {
        self.heard().iter().any(|one| one.name == text)
    }

    /// Whether the last message is stored, by its mark.
    pub(crate) fn has_mark(&self) -> bool {
        let heard = self.heard();
        let is_stored = |name: &str| name.starts_with("Waiting") || name.starts_with("Delivered");
        let pending = heard.iter().any(|one| one.name.starts_with("Storing"));
        !pending && heard.iter().any(|one| is_stored(&one.name))
    }

    /// How many messages say just that.
    pub(crate) fn count(&self, text: &str) -> usize {
        let paragraphs = self.paragraphs().into_iter();
        paragraphs.filter(|name| name == text).count()
    }

    /// Whether so many say just that before patience ends.
    pub(crate) fn counts(&self, text: &str, count: usize) -> bool {
        until(|| (self.count(text) == count).then_some(())).is_some()
    }

    /// Clicks a button, a link or a field by its name.
    pub(crate) fn click(&self, name: &str) {
        let roles = [role::BUTTON, role::ENTRY, role::LINK];
        let can_be_clicked = |one: &Heard| roles.contains(&one.role);
        self.click_at(self.find(name, can_be_clicked));
    }

    /// Selects the words of something by drawing the mouse over them.
    pub(crate) fn selects(&self, name: &str) {
        let place = self.find(name, |one| one.role == role::LINK);
        let (left, right) = (
            (place.x + 3).to_string(),
            (place.x + place.width - 3).to_string(),
        );
        let middle = place.center().1.to_string();
        for step in [
            &["mousemove", &left, &middle, "mousedown", "1"][..],
            &["mousemove", &right, &middle],
            &["mouseup", "1"],
        ] {
            self.xdotool(step);
        }
    }

    fn click_at(&self, place: Place) {
        let (x, y) = place.center();
        let (x, y) = (x.to_string(), y.to_string());
        self.xdotool(&["mousemove", &x, &y, "click", "1"]);
    }

    /// The middle of something, by its name.
    pub(crate) fn middle_of(&self, name: &str) -> (u16, u16) {
        let (x, y) = self.find(name, |_| true).center();
        (x.try_into().unwrap(), y.try_into().unwrap())
    }

    /// Moves the pointer.
    pub(crate) fn points_at(&self, (x, y): (u16, u16)) {
        self.xdotool(&["mousemove", &x.to_string(), &y.to_string()]);
    }

    /// Types to whatever has the keyboard.
    pub(crate) fn types(&self, text: &str) {
        self.xdotool(&["type", "--delay", "12", "--", text]);
    }

    /// Clicks a field, again if what was above it took the first click, and types.
    pub(crate) fn type_into(&self, field: &str, text: &str) {
        self.focus(field);
        self.types(text);
    }

    /// Clicks a field until it has the keyboard.
    pub(crate) fn focus(&self, field: &str) {
        let focused = until(|| {
            self.click(field);
            let heard = self.heard();
            let mut fields = heard.iter().filter(|one| one.role == role::ENTRY);
            fields
                .any(|one| one.name.contains(field) && one.has_focus)
                .then_some(())
        });
        assert!(
            focused.is_some(),
            "{} cannot type into \"{field}\": {}",
            self.name,
            self.told()
        );
    }

    /// Turns the wheel over the middle of the window.
    pub(crate) fn scroll_up(&self, notches: u32) {
        let notches = notches.to_string();
        self.xdotool(&[
            "mousemove",
            "240",
            "430",
            "click",
            "--repeat",
            &notches,
            "--delay",
            "5",
            "4",
        ]);
    }

    /// Its screen.
    /// Whose it is.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn display(&self) -> &str {
        &self.display
    }

    /// Waits until the app has ended by itself.
    pub(crate) fn ends(mut self) {
        let ended = until(|| self.app.0.try_wait().unwrap());
        let is_well = ended.is_some_and(|status| status.success());
        assert!(is_well, "{ended:?} {}", self.told());
    }

    /// The app's process.
    pub(crate) fn pid(&self) -> u32 {
        self.app.0.id()
    }

    /// Presses a key, as in `ctrl+v`.
    pub(crate) fn press(&self, key: &str) {
        self.xdotool(&["key", "--", key]);
    }

    fn xdotool(&self, arguments: &[&str]) {
        let mut command = Command::new("xdotool");
        let done = command
            .args(arguments)
            .env("DISPLAY", &self.display)
            .output();
        let done = done.expect("xdotool is installed");
        assert!(done.status.success(), "{done:?}");
    }

    /// What was copied.
    pub(crate) fn clipboard(&self) -> String {
        let text = until(|| {
            let out = self.xclip(&["-selection", "clipboard", "-out"], None);
            (out.status.success() && !out.stdout.is_empty()).then_some(out.stdout)
        });
        String::from_utf8(text.expect("something is in the clipboard")).unwrap()
    }

    /// Puts a picture into the clipboard, as another program would.
    pub(crate) fn copy_picture(&self, path: &Path) {
        let picture = fs::read(path).unwrap();
        let arguments = ["-selection", "clipboard", "-target", "image/png", "-in"];
        assert!(self.xclip(&arguments, Some(&picture)).status.success());
    }

    fn xclip(&self, arguments: &[&str], input: Option<&[u8]>) -> Output {
        let mut command = Command::new("xclip");
        command.args(arguments).env("DISPLAY", &self.display);
        command.stdin(Stdio::piped()).stderr(Stdio::null());
        // It stays behind to serve what it was given, and would keep a pipe open.
        command.stdout(if input.is_some() {
            Stdio::null()
        } else {
            Stdio::piped()
        });
        let mut child = command.spawn().expect("xclip is installed");
        let mut pipe = child.stdin.take().unwrap();
        pipe.write_all(input.unwrap_or_default()).unwrap();
        drop(pipe);
        child.wait_with_output().unwrap()
    }

    /// Waits until a file has arrived whole.
    pub(crate) fn receives(&self) {
        let whole = until(|| self.received().pop());
        assert!(
            whole.is_some(),
            "{} gets no file: {}",
            self.name,
            self.told()
        );
    }

    /// The files that arrived.
    pub(crate) fn received(&self) -> Vec<PathBuf> {
        let folder = self.home.join("Downloads/Parlor");
        let files = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .map(|file| file.unwrap().path());
        let whole = files.filter(|file| file.extension().is_none_or(|end| end != "part"));
        whole.filter(|file| file.is_file()).collect()
    }

    /// Starts the app a second time beside the first; whether it ended well by itself.
    pub(crate) fn start_again(&self, arguments: &[&str]) -> bool {
        let mut app = self.desk.app(&self.name, &self.display);
        let app = quiet(app.args(arguments)).spawn();
        let mut app = Ended(app.expect("the app starts"));
        let ended = until(|| app.0.try_wait().unwrap());
        ended.is_some_and(|status| status.success())
    }

    /// What a shell is told to start the app a second time, with what the desktop hands to it.
    pub(crate) fn start_line(&self) -> String {
        let app = self.desk.app(&self.name, &self.display);
        let mut words = vec![app.get_program()];
        words.extend(app.get_args());
        let words: Vec<String> = words
            .into_iter()
            .map(|word| format!("'{}'", word.to_str().unwrap()))
            .collect();
        format!("exec {} \"$@\"", words.join(" "))
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(mut self) {
        self.app.0.kill().unwrap();
        self.app.0.wait().unwrap();
    }

    /// Ends it as the system does, so that its data can be opened again.
    pub(crate) fn close(self) {
        self.kill();
    }
}
