//! Three people who do all that a room has to offer, and what must be found nowhere afterwards.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use parlor_core::code::redeem;
use parlor_core::options::RoomOptions;
use parlor_core::room::notice::Notice;
use parlor_core::room::{Room, RoomEvent, RoomEvents};
use parlor_proto::code::Code;
use parlor_proto::id::DeviceId;
use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use parlor_proto::signal::JoinIntent;
use parlor_proto::text::DisplayName;

use crate::relay::Relay;

pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
pub(crate) const TEXT: &str = "the-marker-in-a-message";
pub(crate) const FILE_NAME: &str = "the-marker-in-a-name.txt";
pub(crate) const FILE_CONTENT: &str = "the-marker-in-a-file";
pub(crate) const NAMES: [&str; 3] = ["Marker-Ada", "Marker-Bob", "Marker-Cem"];

/// A room that is reached through the relay.
pub(crate) fn invite(relay: &Relay) -> Invite {
    Invite {
        server: ServerUrl::parse(&format!("http://{}", relay.addr)).unwrap(),
        secret: RoomSecret::from_bytes(*b"a secret that can be seen easily"),
    }
}

pub(crate) struct Member {
    room: Room,
    events: RoomEvents,
    folder: tempfile::TempDir,
}

pub(crate) fn member(invite: &Invite, name: &str) -> Member {
    let folder = tempfile::tempdir().unwrap();
    let name = DisplayName::sanitise(name);
    let mut options = RoomOptions::new(invite.clone(), JoinIntent::Open, name);
    options.folder = Some(folder.path().to_owned());
    options.ice_servers = Some(Vec::new());
    let (room, events) = Room::start(options).unwrap();
    Member {
        room,
        events,
        folder,
    }
}

impl Member {
    async fn notice<T>(&mut self, what: &str, pick: impl Fn(&Notice) -> Option<T>) -> T {
        let search = async {
            loop {
                let event = self.events.next().await;
                let event = event.unwrap_or_else(|| panic!("ended before {what}"));
                if let RoomEvent::Session(notice) = event
                    && let Some(found) = pick(&notice)
                {
                    return found;
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, search).await;
        found.unwrap_or_else(|_| panic!("no {what} in time"))
    }

    async fn device_of_the_other(&mut self) -> DeviceId {
        self.notice("connection", |notice| match notice {
            Notice::PeerConnected { device, .. } => Some(*device),
            _ => None,
        })
        .await
    }

    async fn hears(&mut self) {
        self.notice("message", |notice| {
            matches!(notice, Notice::Heard { .. }).then_some(())
        })
        .await;
    }

    async fn takes_the_file(&mut self) {
        let key = self
            .notice("offer", |notice| match notice {
                Notice::Offered { key, .. } => Some(*key),
                _ => None,
            })
            .await;
        self.room.answer(key, vec![0], None).await.unwrap();
        self.notice("file", |notice| {
            matches!(notice, Notice::Received { .. }).then_some(())
        })
        .await;
        let received = std::fs::read(self.folder.path().join(FILE_NAME)).unwrap();
        assert_eq!(received, FILE_CONTENT.as_bytes());
    }

    async fn shows_a_code(&mut self) -> Code {
        self.room.open_code(1).await.unwrap();
        self.notice("code", |notice| match notice {
            Notice::CodeReady { code, .. } => Some(code.clone()),
            _ => None,
        })
        .await
    }

    async fn rejoined(&mut self) {
        self.notice("return", |notice| {
            matches!(notice, Notice::Joined { .. }).then_some(())
        })
        .await;
    }
}

/// What a life leaves behind that nobody else may know.
pub(crate) struct Life {
    pub(crate) devices: BTreeSet<DeviceId>,
    pub(crate) code: Code,
}

/// Three people live through all a room has to offer, the last let in by a code.
pub(crate) async fn live(relay: &Relay, invite: &Invite, source: &Path) -> Life {
    let file = source.join(FILE_NAME);
    std::fs::write(&file, FILE_CONTENT).unwrap();
    let (mut ada, mut bob) = (member(invite, NAMES[0]), member(invite, NAMES[1]));
    let mut devices = BTreeSet::new();
    devices.insert(ada.device_of_the_other().await);
    devices.insert(bob.device_of_the_other().await);
    ada.room.say(TEXT).await.unwrap();
    bob.hears().await;
    ada.room.share(vec![file]).await.unwrap();
    bob.takes_the_file().await;
    relay.cut();
    ada.rejoined().await;
    bob.rejoined().await;
    let code = ada.shows_a_code().await;
    let given = redeem(&invite.server, code.clone()).await.unwrap();
    let mut cem = member(&given, NAMES[2]);
    for member in [&mut ada, &mut bob] {
        devices.insert(member.device_of_the_other().await);
    }
    cem.hears().await;
    bob.room.say(TEXT).await.unwrap();
    cem.hears().await;
    for member in [&mut cem, &mut bob, &mut ada] {
        member.room.leave().await.unwrap();
        while member.events.next().await.is_some() {}
    }
    Life { devices, code }
}

/// What the server must not see, each with a name for the failure.
pub(crate) fn secrets(invite: &Invite, life: &Life, source: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    let mut add = |name: &str, bytes: &[u8]| {
        found.push((name.to_owned(), bytes.to_vec()));
        found.push((format!("{name}, hex"), HEXLOWER.encode(bytes).into_bytes()));
        let base64 = BASE64URL_NOPAD.encode(bytes);
        found.push((format!("{name}, base64url"), base64.into_bytes()));
        let base64 = BASE64.encode(bytes);
        found.push((format!("{name}, base64"), base64.into_bytes()));
    };
    add("the secret", invite.secret.expose());
    add("the key of signals", &invite.secret.signal_key());
    add("the pre-shared key", &invite.secret.psk());
    add("the words of a code", &life.code.words.password());
    add("a code", life.code.to_string().as_bytes());
    for device in &life.devices {
        add("a device id", &device.0);
        add("a device id's text", device.to_string().as_bytes());
    }
    let texts = [TEXT, FILE_NAME, FILE_CONTENT, source.to_str().unwrap()];
    for text in texts.into_iter().chain(NAMES) {
        add("a text, a name or a path", text.as_bytes());
    }
    for token in ["v=0\r\n", "a=fingerprint", "a=ice-ufrag", "candidate:"] {
        add("a part of a session description", token.as_bytes());
    }
    for interface in if_addrs::get_if_addrs().unwrap() {
        // The server's own address, which clients name in the head of their request.
        if !interface.is_loopback() {
            add("an address", interface.ip().to_string().as_bytes());
        }
    }
    // Shorter ones turn up by chance in kilobytes of random characters; their raw form stands for
    // them.
    found.retain(|(_, bytes)| bytes.len() > 4);
    found
}

pub(crate) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}
