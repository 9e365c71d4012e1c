//! Dialogs of the system to choose files and folders with.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use zbus::blocking::connection::Builder;
use zbus::interface;
use zbus::message::Header;
use zbus::zvariant::{OwnedObjectPath, OwnedValue, Value};

use super::{alone, introduce, say, together};
use crate::desk::{Desk, Window};
use crate::neighbour::Neighbour;
use crate::process::until;

/// Where the desktop's own dialog is asked for (XDG Desktop Portal,
/// `org.freedesktop.portal.FileChooser`).
#[derive(Default)]
struct Portal(Arc<Mutex<Option<Asked>>>);

/// Who asked for a dialog, and what says how it ended.
type Asked = (String, OwnedObjectPath);

#[interface(name = "org.freedesktop.portal.FileChooser")]
impl Portal {
    fn open_file(
        &self,
        #[zbus(header)] header: Header<'_>,
        _parent: String,
        _title: String,
        options: HashMap<String, OwnedValue>,
    ) -> OwnedObjectPath {
        let sender = header.sender().unwrap().to_string();
        let token: &str = options["handle_token"].downcast_ref().unwrap();
        let who = sender.trim_start_matches(':').replace('.', "_");
        let request = format!("/org/freedesktop/portal/desktop/request/{who}/{token}");
        let request = OwnedObjectPath::try_from(request).unwrap();
        *self.0.lock().unwrap() = Some((sender, request.clone()));
        request
    }
}

/// Types a path into the dialog of GTK, as people do: a slash opens the field for it.
fn choose(window: &Window<'_>, path: &Path) {
    let (root, rest) = path.to_str().unwrap().split_at(1);
    Neighbour::of(window).gives_a_dialog_the_keyboard();
    window.types(root);
    assert!(window.waits_to_write_after(root), "{}", window.told());
    window.types(rest);
    window.press("Return");
}

#[test]
fn a_file_chosen_in_the_dialog_is_offered_to_who_is_there() {
    let desk = Desk::set();
    let (ada, bob) = together(&desk);
    let photo = desk.photo([30, 120, 200]);
    ada.click("Files");
    choose(&ada, &photo);
    bob.click("Accept");
    bob.receives();
    assert_eq!(crate::eye::center(&bob.received()[0]), [30, 120, 200]);
}

#[test]
fn a_dialog_that_is_closed_changes_nothing() {
    let desk = Desk::set();
    let (ada, _) = alone(&desk);
    let neighbour = Neighbour::of(&ada);
    ada.click("Files");
    neighbour.gives_a_dialog_the_keyboard();
    ada.press("Escape");
    neighbour.waits_for_windows(1);
    neighbour.gives_the_keyboard();
    ada.sees("It is quiet in here");
    say(&ada, "Still here");
    ada.sees("Still here");
}

#[test]
fn a_folder_chosen_in_the_dialog_is_where_files_go() {
    let desk = Desk::set();
    let ada = desk.open("ada", &[]);
    introduce(&ada, "Ada");
    let folder = desk.file("Elsewhere");
    std::fs::create_dir(&folder).unwrap();
    ada.click("Settings");
    ada.click("Save files to");
    choose(&ada, &folder);
    ada.sees(folder.to_str().unwrap());
}

#[test]
fn the_dialog_of_the_desktop_comes_first_where_there_is_one() {
    let desk = Desk::set();
    let photo = format!("file://{}", desk.photo([7, 7, 7]).display());
    let chosen = (0_u32, HashMap::from([("uris", Value::from(vec![photo]))]));
    let portal = Portal::default();
    let asked = portal.0.clone();
    let bus = Builder::address(desk.session()).unwrap();
    let bus = bus.name("org.freedesktop.portal.Desktop").unwrap();
    let bus = bus.serve_at("/org/freedesktop/portal/desktop", portal);
    let bus = bus.unwrap().build().unwrap();
    let (ada, _) = alone(&desk);
    ada.click("Photos");
    // Again and again: an answer that comes at once, which no person gives, `rfd` does not hear.
    let offered = until(|| {
        if let Some((who, request)) = &*asked.lock().unwrap() {
            let interface = "org.freedesktop.portal.Request";
            let told = bus.emit_signal(Some(who.as_str()), request, interface, "Response", &chosen);
            told.unwrap();
        }
        ada.has("Goes out when somebody accepts it").then_some(())
    });
    assert!(offered.is_some(), "{}", ada.told());
}
