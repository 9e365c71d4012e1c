//! Scenes from made-up data in place of the core, for pictures of every screen.
//!
//! A scene is `<screen>[,<look>][,<language>][,rtl]`, as in `room,dark,de`, with `rtl` laid out from
//! right to left, as no language does yet. It plays through the model like the real thing: reports
//! come in, intents follow.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use parlor_app_model::effect::Effect;
use parlor_app_model::model::{Screen, Sheet};
use parlor_app_model::msg::{Intent, Msg, Report, RoomIntent};
use parlor_app_model::picture::PictureId;
use parlor_app_model::settings::{AcceptWhom, Look, Profile, Settings};
use parlor_app_model::timeline::{Body, Entry, EntryKey, Files};
use parlor_core::room::input::IncomingKey;
use parlor_core::room::known::Standing;
use parlor_core::room::notice::{Notice, OfferStanding};
use parlor_core::room::view::{
    CodeView, Direction, RoomView, ServerView, TransferStateView, TransferView,
};
use parlor_proto::code::Code;
use parlor_proto::id::{DeviceId, RoomId};
use tokio::sync::mpsc;

use crate::app::RIGHT_TO_LEFT;
use crate::bridge::executor::Setup;
use crate::bridge::pictures::Pictures;

use cast::{
    HOUR_MS, JONAS, MINUTE_MS, MIRA, NOW_MS, OWN, STREAM, answer, invite, message, name, offered,
    peer, rooms, trip,
};

mod cast;
mod paintings;

/// The scenes, one for each screen and each thing that can stand above or in one.
pub const SCENES: [&str; 21] = [
    "welcome",
    "home",
    "home-empty",
    "join",
    "join-problem",
    "room",
    "room-empty",
    "room-offline",
    "invite",
    "peer",
    "room-menu",
    "room-reply",
    "photo",
    "avatar",
    "share",
    "transfers",
    "settings",
    "diagnostics",
    "about",
    "licences",
    "broken",
];

/// What is printed once a scene is whole.
pub const SHOWN: &str = "shown";

/// A scene with no picture of its own: a room in which a thousand messages come each second, to
/// see what that costs.
pub const BUSY: &str = "room-busy";

/// Messages that come together in the busy room, 50 times a second.
const BURST: u64 = 20;

async fn chatter(reports: mpsc::Sender<Msg>) {
    let room = trip().secret.room_id();
    let mut tick = tokio::time::interval(Duration::from_millis(20));
    for burst in 0_u64.. {
        tick.tick().await;
        for one in 0..BURST {
            let seq = 1000 + burst * BURST + one;
            let heard = Notice::Heard {
                author: MIRA,
                name: name("Mira"),
                stream: STREAM,
                seq,
                text: format!("Message {seq}"),
                in_reply_to: None,
                written_at_ms: NOW_MS,
            };
            if reports
                .send(Msg::Report(Report::Notice(room, heard)))
                .await
                .is_err()
            {
                return;
            }
        }
    }
}

/// Whether the scene is whole only with the entries of a room.
fn is_room(screen: &str) -> bool {
    let in_rooms = ["invite", "peer", "photo", "transfers"];
    screen.starts_with("room") || in_rooms.contains(&screen)
}

/// Shows a scene until the app ends.
pub async fn play(
    scene: String,
    setup: Setup,
    reports: mpsc::Sender<Msg>,
    mut effects: mpsc::Receiver<Effect>,
) {
    let mut parts = scene.split(',');
    let screen = parts.next().unwrap_or_default();
    let settings = settings(parts);
    let photos = std::env::temp_dir().join(format!("parlor-demo-{}", std::process::id()));
    let files = paintings::hang(&photos).unwrap_or_default();
    let stage = Stage {
        reports,
        pictures: setup.pictures,
        files,
    };
    stage.open(screen, settings).await;
    if !is_room(screen) {
        println!("{SHOWN}");
    }
    if screen == BUSY {
        tokio::spawn(chatter(stage.reports.clone()));
    }
    loop {
        match effects.recv().await {
            Some(Effect::LoadEntries { room, before: None }) => {
                let entries = stage.entries(room);
                let receipts = vec![(MIRA, STREAM, 4), (JONAS, STREAM, 4)];
                stage
                    .tell(Report::Entries {
                        room,
                        entries,
                        has_older: false,
                        receipts,
                    })
                    .await;
                if room == trip().secret.room_id() {
                    stage.after_the_trip(screen).await;
                }
                println!("{SHOWN}");
            }
            Some(Effect::Close) | None => break,
            Some(_) => {}
        }
    }
    let _ = std::fs::remove_dir_all(photos);
}

fn settings<'a>(parts: impl Iterator<Item = &'a str>) -> Settings {
    let mut settings = Settings {
        accept_from: AcceptWhom::Verified,
        ..Settings::default()
    };
    for part in parts {
        match part {
            "dark" => settings.look = Look::Dark,
            "light" => settings.look = Look::Light,
            RIGHT_TO_LEFT => {}
            language => settings.language = Some(language.to_owned()),
        }
    }
    settings
}

struct Stage {
    reports: mpsc::Sender<Msg>,
    pictures: Pictures,
    files: Vec<PathBuf>,
}

impl Stage {
    async fn tell(&self, report: Report) {
        let _ = self.reports.send(Msg::Report(report)).await;
    }

    async fn want(&self, intent: Intent) {
        let _ = self.reports.send(Msg::Intent(intent)).await;
    }

    async fn open(&self, screen: &str, settings: Settings) {
        self.tell(Report::Clock(NOW_MS)).await;
        self.tell(Report::InFront(true)).await;
        if screen == "broken" {
            // In the look and language of the scene.
            self.tell(Report::Home {
                device: OWN,
                profile: None,
                settings,
                rooms: Vec::new(),
                blocked: BTreeMap::new(),
            })
            .await;
            let reason = "parlor.db: it is damaged (file is not a database)".to_owned();
            self.tell(Report::HomeBroken(reason)).await;
            return;
        }
        let profile = (screen != "welcome").then(|| Profile {
            name: "Ada".to_owned(),
            ..Profile::default()
        });
        let is_bare = matches!(screen, "welcome" | "home-empty");
        self.tell(Report::Home {
            device: OWN,
            profile,
            settings,
            rooms: if is_bare { Vec::new() } else { rooms() },
            blocked: BTreeMap::from([(DeviceId([99; 16]), "Mallory".to_owned())]),
        })
        .await;
        if is_bare {
            return;
        }
        for room in rooms() {
            self.tell(Report::Entered(room.invite.secret.room_id(), OWN))
                .await;
        }
        let id = trip().secret.room_id();
        self.tell(Report::View(id, self.view(screen))).await;
        self.show(screen, id).await;
    }

    async fn show(&self, screen: &str, trip: RoomId) {
        match screen {
            "join" | "join-problem" => {
                self.want(Intent::Go(Screen::Join)).await;
                if screen == "join-problem" {
                    let code = "4821-amber-oter".to_owned();
                    self.want(Intent::TypeInvite(code)).await;
                    self.want(Intent::Join).await;
                }
            }
            "room" | "room-busy" | "room-reply" | "room-offline" | "invite" | "peer" | "photo"
            | "room-menu" => {
                self.want(Intent::SeeRoom(trip)).await;
            }
            "room-empty" => self.want(Intent::SeeRoom(invite(9).secret.room_id())).await,
            "transfers" => {
                self.want(Intent::SeeRoom(trip)).await;
                self.want(Intent::Go(Screen::Transfers)).await;
            }
            "share" => self.want(Intent::ShareIn(self.files.clone())).await,
            "settings" => self.want(Intent::Go(Screen::Settings)).await,
            "avatar" => self.want(Intent::Show(Sheet::Avatar)).await,
            "diagnostics" => self.want(Intent::Go(Screen::Diagnostics)).await,
            "about" => self.want(Intent::Go(Screen::About)).await,
            "licences" => self.want(Intent::Go(Screen::Licences)).await,
            _ => {}
        }
    }

    /// What comes above the room, once its timeline is there.
    async fn after_the_trip(&self, screen: &str) {
        let id = trip().secret.room_id();
        let (key, offered) = self.offer();
        self.tell(Report::Notice(id, offered)).await;
        if screen != "transfers" {
            self.want(Intent::Room(id, RoomIntent::Answer(key, true)))
                .await;
        }
        match screen {
            "invite" => self.want(Intent::Show(Sheet::Invite(id))).await,
            "peer" => self.want(Intent::Show(Sheet::Peer(id, JONAS))).await,
            "room-menu" => self.want(Intent::Show(Sheet::RoomMenu(id))).await,
            "photo" => {
                let id = PictureId {
                    author: OWN,
                    transfer: 5,
                    file: 3,
                };
                self.want(Intent::Show(Sheet::Photo(trip().secret.room_id(), id)))
                    .await;
            }
            "room" => {
                let (device, is_typing) = (MIRA, true);
                let typing = Notice::Typing { device, is_typing };
                self.tell(Report::Notice(id, typing)).await;
            }
            "room-reply" => {
                let key = message(MIRA, 2, 0, "").key;
                self.want(Intent::Room(id, RoomIntent::Reply(Some(key))))
                    .await;
            }
            "room-offline" => {
                let lost = Notice::ServerLost {
                    reason: "connection refused".to_owned(),
                    failures: 3,
                    retry_in: Duration::from_secs(4),
                };
                self.tell(Report::Notice(id, lost)).await;
            }
            _ => {}
        }
    }

    fn offer(&self) -> (IncomingKey, Notice) {
        let key = IncomingKey {
            from: JONAS,
            transfer: 12,
        };
        let notice = Notice::Offered {
            key,
            name: name("Jonas"),
            files: vec![offered(Path::new("Pass in the morning.mov"), 742_000_000)],
            standing: OfferStanding::Open,
        };
        (key, notice)
    }

    fn view(&self, screen: &str) -> RoomView {
        let peers = vec![
            peer(2, MIRA, "Mira", Standing::Verified { calls_itself: None }),
            peer(3, JONAS, "Jonas", Standing::New),
        ];
        let transfer = |transfer, with, direction, state, done, total, speed| TransferView {
            transfer,
            with,
            direction,
            state,
            total_bytes: total,
            done_bytes: done,
            sent_bytes: 0,
            files: 1,
            done_files: usize::from(state == TransferStateView::Ended),
            under_way: Vec::new(),
            bytes_per_second: speed,
            time_left: (speed > 0).then(|| Duration::from_secs((total - done) / speed)),
            hold: None,
        };
        let (incoming, outgoing) = (Direction::Incoming, Direction::Outgoing);
        let (active, ended) = (TransferStateView::Active, TransferStateView::Ended);
        RoomView {
            server: if screen == "room-offline" {
                ServerView::Connecting
            } else {
                ServerView::Joined
            },
            peers,
            transfers: vec![
                transfer(
                    12,
                    JONAS,
                    incoming,
                    active,
                    318_000_000,
                    742_000_000,
                    21_400_000,
                ),
                transfer(5, MIRA, outgoing, ended, 12_000_000, 12_000_000, 0),
                transfer(5, JONAS, outgoing, ended, 12_000_000, 12_000_000, 0),
            ],
            code: Some(CodeView {
                code: Code::parse("4821-amber-otter-canoe").ok(),
                expires_at: parlor_core::room::time::Moment::default(),
                uses_left: 8,
                tries_left: 3,
            }),
        }
    }

    fn entries(&self, room: RoomId) -> Vec<Entry> {
        if room != trip().secret.room_id() {
            return Vec::new();
        }
        let day = NOW_MS - 26 * HOUR_MS;
        let today = NOW_MS - 35 * MINUTE_MS;
        vec![
            message(MIRA, 1, day, "Who still has the pictures from the hut?"),
            message(OWN, 1, day + 2 * MINUTE_MS, "Me! I’ll bring them tomorrow."),
            message(
                JONAS,
                1,
                day + 9 * MINUTE_MS,
                "Great, then everybody has them 🎉 This is where: https://hut.example/way-up",
            ),
            message(OWN, 2, today, "Here they are"),
            self.photos(OWN, 5, today + 1, 0..5),
            message(MIRA, 2, today + 6 * MINUTE_MS, "The one with the fog!"),
            message(
                MIRA,
                3,
                today + 7 * MINUTE_MS,
                "I’d like to print it. Could you send me the original, too, not the small one?",
            ),
            message(
                OWN,
                3,
                today + 9 * MINUTE_MS,
                "That is the original, all of it. No server in between, so nothing gets shrunk.",
            ),
            self.photos(MIRA, 8, today + 20 * MINUTE_MS, 5..6),
            answer(
                (OWN, 4),
                today + 22 * MINUTE_MS,
                "Beautiful! Frame it",
                (MIRA, 3),
            ),
        ]
    }

    fn photos(
        &self,
        author: DeviceId,
        transfer: u64,
        at_ms: u64,
        which: std::ops::Range<usize>,
    ) -> Entry {
        let files: Vec<PathBuf> = self.files.get(which).unwrap_or_default().to_vec();
        let paths: BTreeMap<u32, PathBuf> = (0..).zip(files.iter().cloned()).collect();
        self.pictures.add_files((author, transfer), &paths);
        let files = files.iter().map(|path| offered(path, 2_400_000)).collect();
        Entry {
            key: EntryKey::Offer { author, transfer },
            place: Some(transfer),
            at_ms,
            body: Body::Files(Files::new(files, paths)),
        }
    }
}
