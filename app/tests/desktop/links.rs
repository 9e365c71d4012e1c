//! Links in messages, and links to the app.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use parlor_proto::invite::Invite;

use super::{introduce, open_room, say};
use crate::desk::{Desk, SIZE};
use crate::process::{quiet, until};

/// A program of the desktop.
fn install(folder: &Path, name: &str, script: &str) {
    fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_link_in_a_message_is_opened_by_the_desktop() {
    let desk = Desk::set();
    let (programs, opened) = (desk.file("programs"), desk.file("opened"));
    let script = format!("printf %s \"$1\" > '{}'", opened.display());
    install(&programs, "xdg-open", &script);
    let path = programs.to_str().unwrap();
    let ada = desk.start_where("ada", &["--size", SIZE], &[("PATH", path)]);
    introduce(&ada, "Ada");
    open_room(&ada);
    say(&ada, "Here: https://example.org/map?x=1#hut, at noon");
    ada.selects("https://example.org/map?x=1#hut");
    say(&ada, "It is near");
    ada.sees("It is near");
    assert!(!opened.exists(), "who selects a link does not follow it");
    ada.click("https://example.org/map?x=1#hut");
    let told = until(|| {
        fs::read_to_string(&opened)
            .ok()
            .filter(|link| !link.is_empty())
    });
    assert_eq!(told.as_deref(), Some("https://example.org/map?x=1#hut"));
    // The page itself went nowhere.
    say(&ada, "Still here");
    ada.sees("Still here");
}

#[test]
fn a_link_to_the_app_leads_from_the_desktop_into_the_room() {
    let desk = Desk::set();
    let (ada, bob) = (desk.open("ada", &[]), desk.open("bob", &[]));
    introduce(&ada, "Ada");
    let link = open_room(&ada);
    introduce(&bob, "Bob");
    let (programs, share) = (desk.file("programs"), desk.file("share"));
    install(&programs, "parlor-app", &bob.start_line());
    let entry = include_str!("../../../assets/linux/parlor.desktop");
    fs::create_dir_all(share.join("applications")).unwrap();
    fs::write(share.join("applications/parlor.desktop"), entry).unwrap();
    // As `xdg-mime default` and the installation of a package do.
    let choice = "[Default Applications]\nx-scheme-handler/parlor=parlor.desktop\n";
    fs::write(share.join("applications/mimeapps.list"), choice).unwrap();
    let link = Invite::parse(&link).unwrap().to_deep_link();
    let mut open = Command::new("/usr/bin/gio");
    open.args(["open", &link]).env("PATH", &programs);
    open.env("XDG_DATA_HOME", &share)
        .env("HOME", desk.file("bob"));
    open.env("DISPLAY", bob.display())
        .env("DBUS_SESSION_BUS_ADDRESS", desk.session());
    open.env_remove("XDG_CONFIG_HOME");
    assert!(quiet(&mut open).status().unwrap().success());
    bob.sees("Message");
    ada.sees("Bob, connected");
}
