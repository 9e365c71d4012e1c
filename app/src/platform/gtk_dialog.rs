//! The dialog of GTK to choose files with.
//!
//! `rfd` asks the portal of the desktop (`org.freedesktop.portal.FileChooser`), and where there is
//! none runs `zenity`. A small desktop has neither, and the person would click and get nothing.
//! GTK is there in any case: the window is made with it. Its dialog is opened from here, on the
//! thread of the window, as `rfd` with its feature `gtk3` would run a second loop on another
//! thread, and GTK belongs to one.

use std::path::PathBuf;

use gtk::glib::MainContext;
use gtk::prelude::*;
use gtk::{FileChooserAction, FileChooserNative, FileFilter, ResponseType, Window, WindowType};

use super::desktop::{Wanted, photo_ends};

/// Lets the person choose; nothing when they do not.
pub(super) async fn choose(title: String, wanted: Wanted) -> Vec<PathBuf> {
    let asked = MainContext::default().spawn_from_within(move || ask(title, wanted));
    asked.await.unwrap_or_default()
}

/// On the thread of the window.
async fn ask(title: String, wanted: Wanted) -> Vec<PathBuf> {
    let action = match wanted {
        Wanted::Folder => FileChooserAction::SelectFolder,
        Wanted::Files | Wanted::Photos => FileChooserAction::Open,
    };
    // Without labels the dialog takes those of the system, in the person's language.
    let dialog = FileChooserNative::new(Some(&title), window().as_ref(), action, None, None);
    dialog.set_modal(true);
    dialog.set_select_multiple(wanted != Wanted::Folder);
    if wanted == Wanted::Photos {
        let filter = FileFilter::new();
        filter.set_name(Some(&title));
        for end in photo_ends() {
            filter.add_pattern(&format!("*.{end}"));
        }
        dialog.add_filter(filter);
    }
    let response = dialog.run_future().await;
    let chosen = if response == ResponseType::Accept {
        dialog.filenames()
    } else {
        Vec::new()
    };
    dialog.destroy();
    chosen
}

/// The window of the app.
fn window() -> Option<Window> {
    let windows = Window::list_toplevels().into_iter();
    let mut windows = windows.filter_map(|window| window.downcast::<Window>().ok());
    windows.find(|window| window.is_visible() && window.window_type() == WindowType::Toplevel)
}
