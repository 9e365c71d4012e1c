//! Messages that outlive the app, over a real server, real WebRTC and real files.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its scene has failed"
)]

use std::path::PathBuf;

use parlor_core::history::KeptContent;
use parlor_core::home::Home;
use parlor_core::room::notice::Notice;
use parlor_core::room::{Room, RoomEvent, RoomEvents};

use scene::Scene;

mod common;
#[path = "common/scene.rs"]
mod scene;

struct App {
    room: Room,
    events: RoomEvents,
    /// Everything that was heard since the app started.
    heard: Vec<String>,
}

impl Scene {
    fn data(&self, name: &str) -> PathBuf {
        self.path(&format!("{name}-data"))
    }

    /// Starts somebody's app, the same device each time.
    fn start(&self, name: &str) -> App {
        let mut options = self.options(name);
        options.keeps_history = true;
        let (room, events) = Room::start(options).unwrap();
        App {
            room,
            events,
            heard: Vec::new(),
        }
    }

    /// What the app finds when it starts, oldest first.
    fn kept(&self, name: &str) -> Vec<String> {
        let home = Home::open(&self.data(name)).unwrap();
        let room = self.invite.secret.room_id();
        let kept = home.entries_before(room, None, 100).unwrap();
        let text = |content| match content {
            KeptContent::Message { text, .. } => text,
            KeptContent::Offer { .. } => "files".to_owned(),
        };
        kept.into_iter().map(|entry| text(entry.content)).collect()
    }
}

impl App {
    async fn says(&mut self, text: &str) {
        self.room.say(text).await.unwrap();
        common::notice(&mut self.events, "own message", |notice| {
            matches!(notice, Notice::Said { .. }).then_some(())
        })
        .await;
    }

    async fn hears(&mut self, text: &str) {
        self.until(|notice| matches!(notice, Notice::Heard { text: heard, .. } if heard == text))
            .await;
    }

    async fn until(&mut self, is_it: impl Fn(&Notice) -> bool) {
        let Self { events, heard, .. } = self;
        common::event(events, "what was said", |event| {
            let RoomEvent::Session(notice) = event else {
                return None;
            };
            if let Notice::Heard { text, .. } = notice {
                heard.push(text.clone());
            }
            is_it(notice).then_some(())
        })
        .await;
    }

    async fn close(mut self) {
        self.room.close().await.unwrap();
        while self.events.next().await.is_some() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_alone_is_heard_once_after_the_app_started_again() {
    let scene = Scene::set().await;
    let mut ada = scene.start("ada");
    ada.says("is anybody there?").await;
    ada.says("I come back later").await;
    ada.close().await;
    let mut ada = scene.start("ada");
    let mut bob = scene.start("bob");
    ada.says("here I am").await;
    bob.hears("here I am").await;
    assert_eq!(
        bob.heard,
        ["is anybody there?", "I come back later", "here I am"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_heard_is_not_heard_again_when_both_start_again() {
    let scene = Scene::set().await;
    let (mut ada, mut bob) = (scene.start("ada"), scene.start("bob"));
    ada.says("first").await;
    bob.hears("first").await;
    ada.close().await;
    bob.close().await;
    let (mut ada, mut bob) = (scene.start("ada"), scene.start("bob"));
    ada.says("second").await;
    bob.hears("second").await;
    bob.says("third").await;
    ada.hears("third").await;
    assert_eq!(bob.heard, ["second"]);
    for name in ["ada", "bob"] {
        assert_eq!(scene.kept(name), ["first", "second", "third"], "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_forgotten_is_in_no_file_any_more() {
    let scene = Scene::set().await;
    let (mut ada, mut bob) = (scene.start("ada"), scene.start("bob"));
    ada.says("a word that nobody may find").await;
    bob.hears("a word that nobody may find").await;
    bob.room.leave_and_forget().await.unwrap();
    while bob.events.next().await.is_some() {}
    assert!(scene.kept("bob").is_empty());
    assert_eq!(scene.kept("ada").len(), 1);
    for file in std::fs::read_dir(scene.data("bob")).unwrap() {
        let file = file.unwrap();
        if file.file_type().unwrap().is_file() {
            let bytes = std::fs::read(file.path()).unwrap();
            let word = b"nobody may find";
            let is_there = bytes.windows(word.len()).any(|part| part == word);
            assert!(!is_there, "{:?}", file.file_name());
        }
    }
}
