//! Devices that are known again: real rooms with data folders, on this machine.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its scene has failed"
)]

use std::path::Path;

use parlor_core::options::{IdentityLocation, RoomOptions};
use parlor_core::room::known::Standing;
use parlor_core::room::notice::Notice;
use parlor_core::room::view::PeerView;
use parlor_core::room::{KeyState, Room, RoomEvents};
use parlor_proto::id::DeviceId;
use parlor_proto::invite::Invite;
use parlor_proto::signal::JoinIntent;
use parlor_proto::text::DisplayName;

use common::{PATIENCE, server};

mod common;

struct Member {
    room: Room,
    events: RoomEvents,
}

fn member(invite: &Invite, name: &str, data: &Path) -> Member {
    let name = DisplayName::sanitise(name);
    let options = RoomOptions {
        identity: IdentityLocation::Folder(data.to_owned()),
        ice_servers: Some(Vec::new()),
        ..RoomOptions::new(invite.clone(), JoinIntent::Open, name)
    };
    let (room, events) = Room::start(options).unwrap();
    Member { room, events }
}

impl Member {
    async fn notice<T>(&mut self, what: &str, pick: impl Fn(&Notice) -> Option<T>) -> T {
        common::notice(&mut self.events, what, pick).await
    }

    /// Who comes next, and what is known of them.
    async fn meets(&mut self) -> (DeviceId, String, Standing) {
        self.notice("connection", |notice| match notice {
            Notice::PeerConnected {
                device,
                name,
                standing,
                ..
            } => Some((*device, name.to_string(), standing.clone())),
            _ => None,
        })
        .await
    }

    /// The only other member, once the emoji are there.
    async fn emoji(&self) -> PeerView {
        let mut view = self.room.view();
        let shown = view.wait_for(|view| view.peers.iter().any(|peer| peer.emoji.is_some()));
        let view = tokio::time::timeout(PATIENCE, shown)
            .await
            .unwrap()
            .unwrap();
        view.peers
            .iter()
            .find(|peer| peer.emoji.is_some())
            .unwrap()
            .clone()
    }

    async fn leave(mut self) {
        self.room.leave().await.unwrap();
        while self.events.next().await.is_some() {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn verified_outlives_the_session_and_is_not_inherited_by_the_name() {
    let (_server, invite) = server().await;
    let data = ["ada", "bob", "eve"].map(|_| tempfile::tempdir().unwrap());
    let [at_ada, at_bob, at_eve] = data.each_ref().map(tempfile::TempDir::path);

    let (mut ada, mut bob) = (
        member(&invite, "Ada", at_ada),
        member(&invite, "Bob", at_bob),
    );
    let (device, _, standing) = ada.meets().await;
    assert_eq!(
        (device, standing),
        (bob.room.identity().device, Standing::New)
    );
    bob.meets().await;
    let (shown, theirs) = (ada.emoji().await.emoji, bob.emoji().await.emoji);
    assert_eq!(shown, theirs);
    ada.room.verify(device, true).await.unwrap();
    let name = ada.notice("verdict", |notice| match notice {
        Notice::Verified { name, .. } => Some(name.to_string()),
        _ => None,
    });
    assert_eq!(name.await, "Bob");
    bob.leave().await;
    ada.leave().await;

    let mut ada = member(&invite, "Ada", at_ada);
    let bob = member(&invite, "Robert", at_bob);
    let calls_itself = Some(DisplayName::sanitise("Robert"));
    let verified = Standing::Verified { calls_itself };
    assert_eq!(ada.meets().await, (device, "Bob".to_owned(), verified));
    bob.leave().await;

    let eve = member(&invite, "B0b", at_eve);
    let taken = Standing::NameTaken {
        owner: DisplayName::sanitise("Bob"),
        is_owner_verified: true,
    };
    let eves = eve.room.identity().device;
    assert_eq!(ada.meets().await, (eves, "B0b".to_owned(), taken));
    eve.leave().await;
    ada.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn emoji_that_differ_end_the_connection_with_a_warning() {
    let (_server, invite) = server().await;
    let data = ["ada", "bob"].map(|_| tempfile::tempdir().unwrap());
    let [at_ada, at_bob] = data.each_ref().map(tempfile::TempDir::path);
    let (mut ada, mut bob) = (
        member(&invite, "Ada", at_ada),
        member(&invite, "Bob", at_bob),
    );
    let (device, ..) = ada.meets().await;
    ada.emoji().await;
    ada.room.verify(device, false).await.unwrap();
    let warning = ada.notice("warning", |notice| match notice {
        Notice::PeerRefused { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    let warning = warning.await;
    assert!(warning.contains("in between"), "{warning}");
    let told = bob.notice("goodbye", |notice| match notice {
        Notice::PeerLeft { reason, .. } => Some(reason.clone()),
        _ => None,
    });
    assert_eq!(told.await, warning);
    bob.leave().await;
    ada.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sessions_on_one_folder_are_two_devices_in_the_room() {
    let (_server, invite) = server().await;
    let data = tempfile::tempdir().unwrap();
    let mut first = member(&invite, "Ada", data.path());
    let mut second = member(&invite, "Bob", data.path());
    assert_eq!(first.room.identity().key, KeyState::Kept);
    assert_eq!(second.room.identity().key, KeyState::InUse);
    first.meets().await;
    second.meets().await;
    second.leave().await;
    first.leave().await;
}
