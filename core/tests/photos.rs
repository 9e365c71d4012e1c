//! The same photo sent both ways through a real room.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its scene has failed"
)]

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::time::Duration;

use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};
use parlor_core::options::RoomOptions;
use parlor_core::room::notice::{Notice, Outcome};
use parlor_core::room::{Room, RoomEvent, RoomEvents, ShareAs};
use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use parlor_proto::signal::JoinIntent;
use parlor_proto::text::DisplayName;
use parlor_signaling::server::{Server, ServerConfig};

/// Long enough for a loaded machine, short enough that a hang is seen.
const PATIENCE: Duration = Duration::from_secs(60);

struct Scene {
    _server: Server,
    ada: (Room, RoomEvents),
    bob: (Room, RoomEvents),
    source: tempfile::TempDir,
    inbox: tempfile::TempDir,
}

async fn until<T>(events: &mut RoomEvents, pick: impl Fn(&RoomEvent) -> Option<T>) -> T {
    let search = async {
        loop {
            let event = events.next().await.unwrap();
            if let Some(found) = pick(&event) {
                return found;
            }
        }
    };
    tokio::time::timeout(PATIENCE, search).await.unwrap()
}

fn connected(event: &RoomEvent) -> Option<()> {
    matches!(event, RoomEvent::Session(Notice::PeerConnected { .. })).then_some(())
}

impl Scene {
    async fn set() -> Self {
        let config = ServerConfig::new("127.0.0.1:0".parse().unwrap());
        let server = Server::bind(config).await.unwrap();
        let invite = Invite {
            server: ServerUrl::parse(&format!("http://{}", server.local_addr())).unwrap(),
            secret: RoomSecret::from_bytes([9; 32]),
        };
        let (source, inbox) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let start = |intent, name, folder: Option<&Path>| {
            let name = DisplayName::sanitise(name);
            let mut options = RoomOptions::new(invite.clone(), intent, name);
            options.folder = folder.map(Path::to_owned);
            options.ice_servers = Some(Vec::new());
            Room::start(options).unwrap()
        };
        let mut ada = start(JoinIntent::Open, "Ada", None);
        until(&mut ada.1, |event| {
            matches!(event, RoomEvent::Session(Notice::Joined { .. })).then_some(())
        })
        .await;
        let mut bob = start(JoinIntent::Join, "Bob", Some(inbox.path()));
        until(&mut ada.1, connected).await;
        until(&mut bob.1, connected).await;
        Self {
            _server: server,
            ada,
            bob,
            source,
            inbox,
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.source.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    /// Takes everything of the next offer; gives the time that was told of its first file.
    async fn receive(&mut self) -> Option<u64> {
        let (key, files) = until(&mut self.bob.1, |event| match event {
            RoomEvent::Session(Notice::Offered { key, files, .. }) => Some((*key, files.clone())),
            _ => None,
        })
        .await;
        let all = (0..).take(files.len()).collect();
        self.bob.0.answer(key, all, None).await.unwrap();
        let outcome = until(&mut self.bob.1, |event| match event {
            RoomEvent::Session(Notice::Received { outcome, .. }) => Some(outcome.clone()),
            _ => None,
        })
        .await;
        assert!(matches!(outcome, Outcome::Complete { .. }), "{outcome:?}");
        files[0].modified_ms
    }

    fn received(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.inbox.path().join(name)).unwrap()
    }
}

fn degrees(num: u32) -> Rational {
    Rational { num, denom: 1 }
}

/// A photo of some hundred kilobytes as a phone takes it, lying on its side.
fn photo() -> Vec<u8> {
    let image = image::RgbImage::from_fn(600, 400, |x, y| {
        image::Rgb([(x * y) as u8, (x * 7) as u8, (y * x * 3) as u8])
    });
    let mut jpeg = Cursor::new(Vec::new());
    image.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    let jpeg = jpeg.into_inner();
    let text = |text: &str| Value::Ascii(vec![text.as_bytes().to_vec()]);
    let fields = [
        (Tag::Make, text("PLANTED")),
        (Tag::Orientation, Value::Short(vec![6])),
        (Tag::GPSLatitudeRef, text("N")),
        (
            Tag::GPSLatitude,
            Value::Rational([52, 31, 12].map(degrees).to_vec()),
        ),
    ]
    .map(|(tag, value)| Field {
        tag,
        ifd_num: In::PRIMARY,
        value,
    });
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut tiff = Cursor::new(Vec::new());
    writer.write(&mut tiff, true).unwrap();
    let body = [b"Exif\0\0".as_slice(), tiff.get_ref()].concat();
    let len = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    let exif = [&[0xFF, 0xE1], &len[..], &body].concat();
    [&jpeg[..2], &exif, &jpeg[2..], b"PLANTED film"].concat()
}

fn tags(jpeg: &[u8]) -> Vec<(Tag, Option<u32>)> {
    let exif = exif::Reader::new()
        .read_from_container(&mut Cursor::new(jpeg))
        .unwrap();
    let fields = exif.fields();
    fields.map(|f| (f.tag, f.value.get_uint(0))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn as_a_photo_it_arrives_clean_and_as_a_file_byte_for_byte() {
    let mut scene = Scene::set().await;
    let photo = photo();
    let path = scene.write("a.jpg", &photo);

    let share = scene
        .ada
        .0
        .share_as(vec![path.clone()], ShareAs::Photo)
        .await;
    share.unwrap();
    // Neither the folder nor the time of a photo's last change leaves with it.
    assert_eq!(scene.receive().await, None);
    let clean = scene.received("a.jpg");
    assert!(!clean.windows(7).any(|window| window == b"PLANTED"));
    assert_eq!(tags(&clean), [(Tag::Orientation, Some(6))]);
    let pixels = |bytes: &[u8]| image::load_from_memory(bytes).unwrap().to_rgb8();
    assert_eq!(pixels(&clean), pixels(&photo));

    scene.ada.0.share(vec![path]).await.unwrap();
    assert!(scene.receive().await.is_some());
    assert_eq!(scene.received("a (2).jpg"), photo);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_on_offer_is_what_it_was_even_if_its_file_changes() {
    let mut scene = Scene::set().await;
    let photo = photo();
    let path = scene.write("a.jpg", &photo);
    let share = scene
        .ada
        .0
        .share_as(vec![path.clone()], ShareAs::Photo)
        .await;
    share.unwrap();
    until(&mut scene.ada.1, |event| {
        matches!(event, RoomEvent::Prepared { .. }).then_some(())
    })
    .await;
    std::fs::write(path, b"something else").unwrap();
    scene.receive().await;
    assert_eq!(
        scene.received("a.jpg"),
        parlor_photo::clean(&photo).unwrap()
    );
}
