//! Transfers that go on after an app was closed, over a real server, real WebRTC and real files.
//! (`cargo xtask faults` does the same to whole programs with kill -9.)
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its scene has failed"
)]

use std::path::{Path, PathBuf};

use parlor_core::room::notice::{Notice, OfferStanding, Outcome};
use parlor_core::room::view::TransferStateView;
use parlor_core::room::{Room, RoomEvent, RoomEvents, ShareAs};

use common::PATIENCE;
use scene::Scene;

mod common;
#[path = "common/scene.rs"]
mod scene;

/// Far more than goes over between two looks at how far it is: the lane does 48 MiB in less.
const FILE_BYTES: usize = 384 * 1024 * 1024;

struct App {
    room: Room,
    events: RoomEvents,
}

impl Scene {
    /// Starts somebody's app, the same device each time.
    fn start(&self, name: &str) -> App {
        let mut options = self.options(name);
        options.folder = Some(self.path(&format!("{name}-inbox")));
        let (room, events) = Room::start(options).unwrap();
        App { room, events }
    }

    fn file(&self) -> PathBuf {
        let path = self.path("film.mp4");
        let bytes: Vec<u8> = (0..FILE_BYTES).map(|i| (i ^ (i >> 11)) as u8).collect();
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn arrived(&self) -> Vec<u8> {
        std::fs::read(self.path("bob-inbox").join("film.mp4")).unwrap()
    }
}

impl App {
    async fn notice<T>(&mut self, what: &str, pick: impl Fn(&Notice) -> Option<T>) -> T {
        common::notice(&mut self.events, what, pick).await
    }

    async fn outcome(&mut self) -> Outcome {
        self.notice("end of the transfer", |notice| match notice {
            Notice::Received { outcome, .. } => Some(outcome.clone()),
            _ => None,
        })
        .await
    }

    /// Takes the offer and waits until some of it is there.
    async fn begin(&mut self) {
        let key = self
            .notice("offer", |notice| match notice {
                Notice::Offered { key, .. } => Some(*key),
                _ => None,
            })
            .await;
        self.room.answer(key, vec![0], None).await.unwrap();
        let mut view = self.room.view();
        let moved = view.wait_for(|view| {
            let mut transfers = view.transfers.iter();
            transfers.any(|t| t.done_bytes > 4 * 1024 * 1024)
        });
        tokio::time::timeout(PATIENCE, moved)
            .await
            .unwrap()
            .unwrap();
    }

    async fn close(mut self) {
        self.room.close().await.unwrap();
        let over = async { while self.events.next().await.is_some() {} };
        tokio::time::timeout(PATIENCE, over).await.unwrap();
    }

    fn sent_bytes(&self) -> u64 {
        let view = self.room.view();
        let view = view.borrow();
        view.transfers.iter().map(|t| t.sent_bytes).sum()
    }
}

async fn half_way(scene: &Scene) -> (App, App) {
    let (ada, mut bob) = (scene.start("ada"), scene.start("bob"));
    ada.room.share(vec![scene.file()]).await.unwrap();
    bob.begin().await;
    (ada, bob)
}

fn same(path: &Path, bytes: &[u8]) -> bool {
    std::fs::read(path).unwrap() == bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_was_closed_goes_on_by_itself_from_what_it_has() {
    let scene = Scene::set().await;
    let (ada, bob) = half_way(&scene).await;
    let before = bob.room.view().borrow().transfers[0].done_bytes;
    bob.close().await;
    let mut bob = scene.start("bob");
    let standing = bob
        .notice("the offer from before", |notice| match notice {
            Notice::Offered { standing, .. } => Some(standing.clone()),
            _ => None,
        })
        .await;
    assert!(
        matches!(standing, OfferStanding::Taken { .. }),
        "{standing:?}"
    );
    let outcome = bob.outcome().await;
    assert!(matches!(outcome, Outcome::Complete { .. }), "{outcome:?}");
    assert!(same(&scene.path("film.mp4"), &scene.arrived()));
    let again = ada.sent_bytes().saturating_sub(FILE_BYTES as u64);
    assert!(again <= 4 * 1024 * 1024, "{again} again after {before}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_that_was_closed_offers_again_and_goes_on() {
    let scene = Scene::set().await;
    let (ada, mut bob) = half_way(&scene).await;
    ada.close().await;
    let before = bob.room.view().borrow().transfers[0].done_bytes;
    let ada = scene.start("ada");
    let outcome = bob.outcome().await;
    assert!(matches!(outcome, Outcome::Complete { .. }), "{outcome:?}");
    assert!(same(&scene.path("film.mp4"), &scene.arrived()));
    let sent = ada.sent_bytes();
    assert!(sent + before <= FILE_BYTES as u64, "{sent} after {before}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_transfer_moves_on_only_when_it_is_resumed() {
    let scene = Scene::set().await;
    let (_ada, mut bob) = half_way(&scene).await;
    let key = {
        let view = bob.room.view();
        let view = view.borrow();
        let transfer = &view.transfers[0];
        parlor_core::room::input::IncomingKey {
            from: transfer.with,
            transfer: transfer.transfer,
        }
    };
    bob.room.pause_incoming(key, true).await.unwrap();
    bob.notice("pause", |notice| {
        matches!(notice, Notice::IncomingPaused { .. }).then_some(())
    })
    .await;
    assert_eq!(
        bob.room.view().borrow().transfers[0].state,
        TransferStateView::Active
    );
    bob.room.pause_incoming(key, false).await.unwrap();
    let outcome = bob.outcome().await;
    assert!(matches!(outcome, Outcome::Complete { .. }), "{outcome:?}");
    assert!(same(&scene.path("film.mp4"), &scene.arrived()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_left_for_good_starts_over() {
    let scene = Scene::set().await;
    let (_ada, mut bob) = half_way(&scene).await;
    bob.room.leave().await.unwrap();
    while bob.events.next().await.is_some() {}
    let mut bob = scene.start("bob");
    let standing = bob
        .notice("the offer", |notice| match notice {
            Notice::Offered { standing, .. } => Some(standing.clone()),
            _ => None,
        })
        .await;
    assert_eq!(standing, OfferStanding::Open);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn photos_shared_alone_are_on_offer_after_a_restart() {
    let scene = Scene::set().await;
    let photo = scene.path("photo.png");
    image::RgbImage::from_fn(300, 200, |x, y| image::Rgb([x as u8, y as u8, 9]))
        .save(&photo)
        .unwrap();
    let mut ada = scene.start("ada");
    ada.room
        .share_as(vec![photo.clone()], ShareAs::Photo)
        .await
        .unwrap();
    common::event(&mut ada.events, "prepared", |event| {
        matches!(event, RoomEvent::Prepared { .. }).then_some(())
    })
    .await;
    ada.close().await;
    let mut ada = scene.start("ada");
    let paths = common::event(&mut ada.events, "offered again", |event| match event {
        RoomEvent::OfferedAgain { paths, .. } => Some(paths.clone()),
        _ => None,
    })
    .await;
    assert_eq!(paths, std::slice::from_ref(&photo));
    let mut bob = scene.start("bob");
    let key = bob
        .notice("offer", |notice| match notice {
            Notice::Offered { key, .. } => Some(*key),
            _ => None,
        })
        .await;
    bob.room.answer(key, vec![0], None).await.unwrap();
    assert!(matches!(
        bob.outcome().await,
        Outcome::Complete { files: 1, .. }
    ));
    let arrived = image::open(scene.path("bob-inbox").join("photo.png")).unwrap();
    assert_eq!(arrived, image::open(&photo).unwrap());
    ada.room.cancel_outgoing(key.transfer).await.unwrap();
    ada.close().await;
    let left = std::fs::read_dir(scene.path("ada-data").join("outgoing")).unwrap();
    assert_eq!(left.count(), 0, "what was kept of the offer goes with it");
}
