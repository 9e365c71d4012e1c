//! Another program on somebody's screen, by the X protocol: it drags files, takes the keyboard
//! away, and asks windows to move or to close, as a file manager and a window manager do.

use std::path::{Path, PathBuf};

use x11rb::connection::Connection as _;
use x11rb::errors::ReplyOrIdError;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConfigureWindowAux, ConnectionExt as _, CreateWindowAux,
    EventMask, InputFocus, MapState, PropMode, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent,
    SelectionRequestEvent, Window as XWindow, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, CURRENT_TIME, NONE, atom_manager};

use crate::desk::Window;
use crate::process::until;

/// XDND, the version that all toolkits speak.
/// (<https://www.freedesktop.org/wiki/Specifications/XDND/>)
const XDND_VERSION: u32 = 5;

atom_manager! {
    Atoms: AtomsCookie {
        TEXT_URI_LIST: b"text/uri-list",
        WM_DELETE_WINDOW,
        WM_PROTOCOLS,
        XdndActionCopy,
        XdndAware,
        XdndDrop,
        XdndEnter,
        XdndFinished,
        XdndLeave,
        XdndPosition,
        XdndSelection,
        XdndStatus,
        _NET_WM_STATE,
        _NET_WM_STATE_HIDDEN,
    }
}

/// Where a window is and how large, in pixels.
pub(crate) type Extent = (i16, i16, u16, u16);

/// Another program on the screen of an app.
#[derive(Debug)]
pub(crate) struct Neighbour {
    x: RustConnection,
    atoms: Atoms,
    root: XWindow,
    /// Its own window, a dot in the corner.
    own: XWindow,
    /// The app's.
    app: XWindow,
}

impl Neighbour {
    /// Moves in beside an app.
    pub(crate) fn of(window: &Window<'_>) -> Self {
        let (x, screen) = x11rb::connect(Some(window.display())).unwrap();
        let atoms = Atoms::new(&x).unwrap().reply().unwrap();
        let root = x.setup().roots[screen].root;
        let own = dot(&x, root).unwrap();
        let app =
            until(|| windows(&x, root, &atoms).first().copied()).expect("the app has a window");
        Self {
            x,
            atoms,
            root,
            own,
            app,
        }
    }

    /// Gives the keyboard to its own window, as a click on it would.
    pub(crate) fn takes_the_keyboard(&self) {
        self.keyboard_to(self.own);
    }

    /// Gives the keyboard to the app.
    pub(crate) fn gives_the_keyboard(&self) {
        self.keyboard_to(self.app);
    }

    /// Gives the keyboard to the window that the app opens above its own, as a window manager does.
    pub(crate) fn gives_a_dialog_the_keyboard(&self) {
        let dialog = until(|| windows(&self.x, self.root, &self.atoms).get(1).copied());
        self.keyboard_to(dialog.expect("a dialog comes"));
    }

    fn keyboard_to(&self, window: XWindow) {
        let focus = self
            .x
            .set_input_focus(InputFocus::PARENT, window, CURRENT_TIME);
        focus.unwrap().check().unwrap();
    }

    /// Waits until the app has so many windows on the screen.
    pub(crate) fn waits_for_windows(&self, count: usize) {
        let count_now = || windows(&self.x, self.root, &self.atoms).len();
        let there = until(|| (count_now() == count).then_some(()));
        assert!(there.is_some(), "there are {} windows", count_now());
    }

    /// Where the app's window is.
    pub(crate) fn extent(&self) -> Extent {
        let extent = self.x.get_geometry(self.app).unwrap().reply().unwrap();
        (extent.x, extent.y, extent.width, extent.height)
    }

    /// Puts the app's window there.
    pub(crate) fn moves_the_app(&self, (x, y, width, height): Extent) {
        let place = ConfigureWindowAux::new().x(i32::from(x)).y(i32::from(y));
        let place = place.width(u32::from(width)).height(u32::from(height));
        let moved = self.x.configure_window(self.app, &place);
        moved.unwrap().check().unwrap();
    }

    /// Minimises the app's window, or shows it again, as a window manager tells it (EWMH).
    pub(crate) fn minimises_the_app(&self, is_minimised: bool) {
        let states = [self.atoms._NET_WM_STATE_HIDDEN];
        let states = if is_minimised { &states[..] } else { &[] };
        let (state, kind) = (self.atoms._NET_WM_STATE, AtomEnum::ATOM);
        let told = self
            .x
            .change_property32(PropMode::REPLACE, self.app, state, kind, states);
        told.unwrap().check().unwrap();
    }

    /// Asks the app to close its window (ICCCM 4.2.8.1).
    pub(crate) fn closes_the_app(&self) {
        let data = [self.atoms.WM_DELETE_WINDOW, CURRENT_TIME, 0, 0, 0];
        self.tell(self.atoms.WM_PROTOCOLS, data);
    }

    fn tell(&self, kind: Atom, data: [u32; 5]) {
        let message = ClientMessageEvent::new(32, self.app, kind, data);
        let sent = self
            .x
            .send_event(false, self.app, EventMask::NO_EVENT, message);
        sent.unwrap().check().unwrap();
    }

    /// Begins to drag files to a point of an app's window.
    pub(crate) fn drags<'a>(
        &'a self,
        over: &'a Window<'a>,
        files: &[PathBuf],
        at: (u16, u16),
    ) -> Drag<'a> {
        let uris: String = files.iter().map(|file| uri(file)).collect();
        let atoms = &self.atoms;
        let owned = self
            .x
            .set_selection_owner(self.own, atoms.XdndSelection, CURRENT_TIME);
        owned.unwrap().check().unwrap();
        let version = XDND_VERSION << 24;
        self.tell(
            atoms.XdndEnter,
            [self.own, version, atoms.TEXT_URI_LIST, NONE, NONE],
        );
        Drag {
            by: self,
            over,
            uris,
            at,
        }
    }
}

/// Files that are dragged and not yet let go.
#[derive(Debug)]
pub(crate) struct Drag<'a> {
    by: &'a Neighbour,
    /// As `text/uri-list`.
    uris: String,
    over: &'a Window<'a>,
    at: (u16, u16),
}

impl Drag<'_> {
    /// Moves the files to and fro in the window until something is so, and the app would take them;
    /// whether that comes.
    pub(crate) fn hovers_until(&self, is_so: impl Fn() -> bool) -> bool {
        let mut turn = 0;
        until(|| {
            turn += 1;
            self.hover(turn % 2);
            let status = self.answer(self.by.atoms.XdndStatus)?;
            (status[1] & 1 == 1 && is_so()).then_some(())
        })
        .is_some()
    }

    /// Moves the pointer so far to the right of where the files were taken to, and says so.
    fn hover(&self, right: u16) {
        let by = self.by;
        let (x, y) = (self.at.0 + right, self.at.1);
        self.over.points_at((x, y));
        let (at, action) = (u32::from(x) << 16 | u32::from(y), by.atoms.XdndActionCopy);
        by.tell(by.atoms.XdndPosition, [by.own, 0, at, CURRENT_TIME, action]);
    }

    /// Lets the files go; whether the app took them.
    pub(crate) fn drops(self) -> bool {
        let by = self.by;
        by.tell(by.atoms.XdndDrop, [by.own, 0, CURRENT_TIME, 0, 0]);
        let finished = until(|| self.answer(by.atoms.XdndFinished));
        finished.expect("the app ends the drag")[1] & 1 == 1
    }

    /// Drags the files out of the window again.
    pub(crate) fn leaves(self) {
        let by = self.by;
        by.tell(by.atoms.XdndLeave, [by.own, 0, 0, 0, 0]);
    }

    /// Serves the files to who asks, and gives what the app answered, if it did.
    fn answer(&self, kind: Atom) -> Option<[u32; 5]> {
        let mut answer = None;
        while let Some(event) = self.by.x.poll_for_event().unwrap() {
            match event {
                Event::SelectionRequest(request) => self.serve(&request),
                Event::ClientMessage(message) if message.type_ == kind => {
                    answer = Some(message.data.as_data32());
                }
                _ => {}
            }
        }
        answer
    }

    /// Hands the files over (ICCCM 2.2).
    fn serve(&self, request: &SelectionRequestEvent) {
        let by = self.by;
        let is_known = request.target == by.atoms.TEXT_URI_LIST;
        if is_known {
            let uris = self.uris.as_bytes();
            let (to, property) = (request.requestor, request.property);
            let put =
                by.x.change_property8(PropMode::REPLACE, to, property, request.target, uris);
            put.unwrap().check().unwrap();
        }
        let notice = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: request.target,
            property: if is_known { request.property } else { NONE },
        };
        let sent =
            by.x.send_event(false, request.requestor, EventMask::NO_EVENT, notice);
        sent.unwrap().check().unwrap();
    }
}

/// A window of one pixel, which no window manager touches.
fn dot(x: &RustConnection, root: XWindow) -> Result<XWindow, ReplyOrIdError> {
    let dot = x.generate_id()?;
    let look = CreateWindowAux::new().override_redirect(1);
    let input = WindowClass::INPUT_OUTPUT;
    x.create_window(
        COPY_DEPTH_FROM_PARENT,
        dot,
        root,
        0,
        0,
        1,
        1,
        0,
        input,
        0,
        &look,
    )?;
    x.map_window(dot)?.check()?;
    Ok(dot)
}

/// The windows on a screen without a window manager that things can be dropped on, which are all
/// that GTK opens for a person, but for what pops up and goes by itself. The lowest one comes first.
fn windows(x: &RustConnection, root: XWindow, atoms: &Atoms) -> Vec<XWindow> {
    let children = x.query_tree(root).unwrap().reply().unwrap().children;
    let is_one = |window: &XWindow| -> Result<bool, x11rb::errors::ReplyError> {
        let look = x.get_window_attributes(*window)?.reply()?;
        let aware = x.get_property(false, *window, atoms.XdndAware, AtomEnum::ANY, 0, 1)?;
        let is_shown = look.map_state == MapState::VIEWABLE && !look.override_redirect;
        Ok(is_shown && aware.reply()?.type_ != NONE)
    };
    let known = children
        .into_iter()
        // What goes away meanwhile is none.
        .filter(|window| is_one(window).unwrap_or(false));
    known.collect()
}

/// A line of `text/uri-list` (RFC 2483).
fn uri(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.to_str().unwrap().bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri + "\r\n"
}
