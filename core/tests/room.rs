//! Rooms over a real server, real WebRTC and real files, all on this machine.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its scene has failed"
)]

use std::path::{Path, PathBuf};

use parlor_core::options::RoomOptions;
use parlor_core::room::notice::{Notice, Outcome};
use parlor_core::room::{Room, RoomEvent, RoomEvents};
use parlor_proto::invite::Invite;
use parlor_proto::signal::{ErrorCode, JoinIntent};
use parlor_proto::text::DisplayName;
use parlor_signaling::server::Server;

use common::{PATIENCE, server};

mod common;

struct Member {
    room: Room,
    events: RoomEvents,
    _folder: tempfile::TempDir,
    folder: PathBuf,
}

fn member(invite: &Invite, intent: JoinIntent, name: &str) -> Member {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inbox");
    let mut options = RoomOptions::new(invite.clone(), intent, DisplayName::sanitise(name));
    options.folder = Some(path.clone());
    options.ice_servers = Some(Vec::new());
    let (room, events) = Room::start(options).unwrap();
    Member {
        room,
        events,
        _folder: folder,
        folder: path,
    }
}

impl Member {
    /// The next event that `pick` takes something from.
    async fn until<T>(&mut self, what: &str, pick: impl FnMut(&RoomEvent) -> Option<T>) -> T {
        common::event(&mut self.events, what, pick).await
    }

    async fn notice<T>(&mut self, what: &str, pick: impl Fn(&Notice) -> Option<T>) -> T {
        common::notice(&mut self.events, what, pick).await
    }

    async fn connected(&mut self) {
        self.notice("connection", |n| {
            matches!(n, Notice::PeerConnected { .. }).then_some(())
        })
        .await;
    }

    async fn accept_everything(&mut self) -> Outcome {
        let (key, count) = self
            .notice("offer", |notice| match notice {
                Notice::Offered { key, files, .. } => Some((*key, files.len())),
                _ => None,
            })
            .await;
        self.room
            .answer(key, (0..count as u32).collect(), None)
            .await
            .unwrap();
        self.notice("end of the transfer", |notice| match notice {
            Notice::Received { outcome, .. } => Some(outcome.clone()),
            _ => None,
        })
        .await
    }
}

async fn pair() -> (Server, Invite, Member, Member) {
    let (server, invite) = server().await;
    let mut ada = member(&invite, JoinIntent::Open, "Ada");
    ada.notice("joined", |n| {
        matches!(n, Notice::Joined { .. }).then_some(())
    })
    .await;
    let mut bob = member(&invite, JoinIntent::Join, "Bob");
    ada.connected().await;
    bob.connected().await;
    (server, invite, ada, bob)
}

fn file(folder: &Path, name: &str, len: usize) -> PathBuf {
    let bytes: Vec<u8> = (0..len).map(|i| (i ^ (i >> 11)) as u8).collect();
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_go_both_ways_and_are_delivered_once_stored() {
    let (_server, _, mut ada, mut bob) = pair().await;
    for (from, to) in [(true, "hello Bob"), (false, "hello Ada")] {
        let (author, reader) = if from {
            (&mut ada, &mut bob)
        } else {
            (&mut bob, &mut ada)
        };
        author.room.say(to).await.unwrap();
        let heard = reader.notice("message", |notice| match notice {
            Notice::Heard { text, .. } => Some(text.clone()),
            _ => None,
        });
        assert_eq!(heard.await, to);
        author
            .notice("receipt", |n| {
                matches!(n, Notice::Delivered { .. }).then_some(())
            })
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_arrives_whole() {
    let (_server, _, mut ada, mut bob) = pair().await;
    let source = tempfile::tempdir().unwrap();
    let path = file(source.path(), "photo.jpg", 5_000_001);
    ada.room.share(vec![path.clone()]).await.unwrap();
    let outcome = bob.accept_everything().await;
    assert_eq!(
        outcome,
        Outcome::Complete {
            files: 1,
            bytes: 5_000_001
        }
    );
    let received = std::fs::read(bob.folder.join("photo.jpg")).unwrap();
    assert_eq!(
        blake3::hash(&received),
        blake3::hash(&std::fs::read(path).unwrap())
    );
    ada.notice("sent", |notice| match notice {
        Notice::Sent {
            outcome: Outcome::Complete { .. },
            ..
        } => Some(()),
        _ => None,
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_with_an_empty_file_keeps_its_tree() {
    let (_server, _, ada, mut bob) = pair().await;
    let source = tempfile::tempdir().unwrap();
    let trip = source.path().join("trip");
    std::fs::create_dir_all(trip.join("day 1")).unwrap();
    file(&trip, "empty", 0);
    file(&trip.join("day 1"), "big", 300_000);
    ada.room.share(vec![trip]).await.unwrap();
    assert_eq!(
        bob.accept_everything().await,
        Outcome::Complete {
            files: 2,
            bytes: 300_000
        }
    );
    assert_eq!(std::fs::read(bob.folder.join("trip/empty")).unwrap(), b"");
    assert_eq!(
        std::fs::read(bob.folder.join("trip/day 1/big"))
            .unwrap()
            .len(),
        300_000
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_room_nobody_is_in_cannot_be_joined() {
    let (_server, invite) = server().await;
    let mut bob = member(&invite, JoinIntent::Join, "Bob");
    let code = bob.notice("refusal", |notice| match notice {
        Notice::Rejected { code, .. } => Some(*code),
        _ => None,
    });
    assert_eq!(code.await, ErrorCode::RoomNotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn leaving_is_told_to_the_others_and_ends_the_room() {
    let (_server, _, mut ada, mut bob) = pair().await;
    bob.room.leave().await.unwrap();
    bob.notice("end", |n| matches!(n, Notice::Ended).then_some(()))
        .await;
    let name = ada.notice("farewell", |notice| match notice {
        Notice::PeerLeft { name, .. } => Some(name.to_string()),
        _ => None,
    });
    assert_eq!(name.await, "Bob");
    assert!(bob.events.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_third_member_hears_what_was_said_and_gets_what_was_offered() {
    let (_server, invite, mut ada, _bob) = pair().await;
    let source = tempfile::tempdir().unwrap();
    let path = file(source.path(), "list.txt", 1000);
    ada.room.say("before you came").await.unwrap();
    ada.room.share(vec![path]).await.unwrap();
    ada.until("offer ready", |e| {
        matches!(e, RoomEvent::Prepared { .. }).then_some(())
    })
    .await;
    let mut cleo = member(&invite, JoinIntent::Join, "Cleo");
    let outcome = cleo.accept_everything().await;
    assert_eq!(
        outcome,
        Outcome::Complete {
            files: 1,
            bytes: 1000
        }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_server_is_told_and_tried_again() {
    let (server, invite) = server().await;
    server.shutdown().await;
    let mut ada = member(&invite, JoinIntent::Open, "Ada");
    for failure in 1..=2 {
        let failures = ada.notice("failure", |notice| match notice {
            Notice::ServerLost { failures, .. } => Some(*failures),
            _ => None,
        });
        assert_eq!(failures.await, failure);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_partial_is_left_when_the_events_end() {
    let (_server, _, mut ada, mut bob) = pair().await;
    let source = tempfile::tempdir().unwrap();
    let path = file(source.path(), "big", 40_000_000);
    ada.room.share(vec![path]).await.unwrap();
    let key = bob
        .notice("offer", |notice| match notice {
            Notice::Offered { key, .. } => Some(*key),
            _ => None,
        })
        .await;
    bob.room.answer(key, vec![0], None).await.unwrap();
    let mut view = bob.room.view();
    let begun = view.wait_for(|view| view.transfers.iter().any(|t| t.done_bytes > 0));
    tokio::time::timeout(PATIENCE, begun)
        .await
        .unwrap()
        .unwrap();
    bob.room.leave().await.unwrap();
    while bob.events.next().await.is_some() {}
    let left: Vec<_> = std::fs::read_dir(&bob.folder).unwrap().collect();
    assert!(
        left.is_empty() || bob.folder.join("big").exists(),
        "{left:?}"
    );
    assert!(!bob.folder.join(".parlor-partial").exists());
    ada.notice("farewell", |n| {
        matches!(n, Notice::PeerLeft { .. }).then_some(())
    })
    .await;
}
