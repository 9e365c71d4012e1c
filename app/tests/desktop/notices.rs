//! Notifications of the system, told to a service on the session bus (Desktop Notifications
//! Specification, `org.freedesktop.Notifications`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use zbus::blocking::Connection;
use zbus::blocking::connection::Builder;
use zbus::interface;
use zbus::zvariant::OwnedValue;

use super::{say, together};
use crate::desk::Desk;
use crate::neighbour::Neighbour;
use crate::process::until;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// Title and body of a notification.
type Note = (String, String);

/// A service that keeps what it is told.
struct Service(Arc<Mutex<Vec<Note>>>);

#[interface(name = "org.freedesktop.Notifications")]
impl Service {
    #[expect(clippy::too_many_arguments, reason = "the specification has as many")]
    fn notify(
        &self,
        _app_name: &str,
        _replaces_id: u32,
        _app_icon: &str,
        summary: String,
        body: String,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expire_timeout: i32,
    ) -> u32 {
        let mut notes = self.0.lock().unwrap();
        notes.push((summary, body));
        u32::try_from(notes.len()).unwrap()
    }
}

/// Somebody who reads notifications.
struct Reader {
    notes: Arc<Mutex<Vec<Note>>>,
    _bus: Connection,
}

impl Reader {
    fn of(desk: &Desk) -> Self {
        let notes = Arc::new(Mutex::new(Vec::new()));
        let builder = Builder::address(desk.session()).unwrap();
        let builder = builder.serve_at(PATH, Service(notes.clone())).unwrap();
        let bus = builder.name(NAME).unwrap().build().unwrap();
        Self { notes, _bus: bus }
    }

    /// All notes once there are some.
    fn reads(&self) -> Vec<Note> {
        let notes = until(|| {
            let notes = self.notes.lock().unwrap();
            (!notes.is_empty()).then(|| notes.clone())
        });
        notes.expect("a notification comes")
    }
}

#[test]
fn what_is_said_is_notified_only_while_the_person_looks_elsewhere() {
    let desk = Desk::set();
    let reader = Reader::of(&desk);
    let (ada, bob) = together(&desk);
    let elsewhere = Neighbour::of(&ada);
    say(&bob, "You see me");
    ada.sees("You see me");
    elsewhere.takes_the_keyboard();
    elsewhere.gives_the_keyboard();
    say(&bob, "You see me again");
    ada.sees("You see me again");
    elsewhere.takes_the_keyboard();
    say(&bob, "You do not see me");
    // What had been notified before would be before it.
    let note = ("Bob".to_owned(), "You do not see me".to_owned());
    assert_eq!(reader.reads(), [note]);
}

#[test]
fn what_is_said_is_notified_while_the_window_is_minimised() {
    let desk = Desk::set();
    let reader = Reader::of(&desk);
    let (ada, bob) = together(&desk);
    let manager = Neighbour::of(&ada);
    manager.takes_the_keyboard();
    manager.minimises_the_app(true);
    for at in 1..4 {
        say(&bob, &format!("You do not see me {at}"));
    }
    let notes = until(|| {
        let notes = reader.notes.lock().unwrap().clone();
        (notes.len() == 3).then_some(notes)
    });
    assert!(notes.is_some(), "{:?}", reader.notes);
    manager.minimises_the_app(false);
    manager.gives_the_keyboard();
    ada.sees("You do not see me 3");
    say(&ada, "Now I do");
    bob.sees("Now I do");
}

#[test]
fn without_a_notification_service_everything_else_goes_on() {
    let desk = Desk::set();
    let (ada, bob) = together(&desk);
    let elsewhere = Neighbour::of(&ada);
    elsewhere.takes_the_keyboard();
    say(&bob, "Nobody tells you");
    ada.sees("Nobody tells you");
    elsewhere.gives_the_keyboard();
    say(&ada, "I saw it");
    bob.sees("I saw it");
}

#[test]
fn a_notification_service_that_does_not_answer_holds_nothing_up() {
    let desk = Desk::set();
    // Nothing reads what comes to this connection.
    let builder = Builder::address(desk.session()).unwrap();
    let _deaf = builder.name(NAME).unwrap().build().unwrap();
    let (ada, bob) = together(&desk);
    let elsewhere = Neighbour::of(&ada);
    elsewhere.takes_the_keyboard();
    for at in 1..3 {
        let text = format!("Nobody tells you {at}");
        say(&bob, &text);
        ada.sees(&text);
    }
    elsewhere.gives_the_keyboard();
    say(&ada, "I saw it");
    bob.sees("I saw it");
    elsewhere.closes_the_app();
    ada.ends();
}
