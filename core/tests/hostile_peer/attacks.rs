//! What Eve does, told apart by the orders in her environment.

use std::io::BufRead;
use std::time::Duration;

use bytes::Bytes;
use parlor_core::rtc::Channel;
use parlor_engine::device::DeviceKey;
use parlor_engine::input::Command;
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::frame::{
    ByteRange, ChatMessage, Credit, Frame, Offer, OfferAnswer, OfferedFile, Probe, Want,
};
use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use parlor_proto::limits::{CHUNK_BYTES, CONTROL_FRAME_MAX_BYTES, OFFER_FILES_MAX};
use parlor_proto::name::SafePath;
use parlor_proto::tree::ChunkSize;

use crate::eve::{Eve, Habits, Serves};

/// What Eve is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attack {
    FrameOverTheLimit,
    FrameOfAMessage,
    BulkFrameOfAMessage,
    HugeClaims,
    HelloTwice,
    HandshakeGarbage,
    UnknownKinds,
    Pings,
    Messages,
    LongMessages,
    LongestOffers,
    Answers,
    Wants,
    Live,
    SmallChunksOfNothing,
    ChunksOfNothing,
    ChunkBeyondTheEnd,
    LyingHashes,
    LyingSize,
    EmptyLie,
    ImageBomb,
    FallsSilent,
    TalksAndNeverReads,
    ComesBack,
    ManyStrangers,
}

impl Attack {
    const ALL: [Self; 25] = [
        Self::FrameOverTheLimit,
        Self::FrameOfAMessage,
        Self::BulkFrameOfAMessage,
        Self::HugeClaims,
        Self::HelloTwice,
        Self::HandshakeGarbage,
        Self::UnknownKinds,
        Self::Pings,
        Self::Messages,
        Self::LongMessages,
        Self::LongestOffers,
        Self::Answers,
        Self::Wants,
        Self::Live,
        Self::SmallChunksOfNothing,
        Self::ChunksOfNothing,
        Self::ChunkBeyondTheEnd,
        Self::LyingHashes,
        Self::LyingSize,
        Self::EmptyLie,
        Self::ImageBomb,
        Self::FallsSilent,
        Self::TalksAndNeverReads,
        Self::ComesBack,
        Self::ManyStrangers,
    ];

    /// Whether she says hello like anybody before she begins.
    pub(crate) fn is_let_in(self) -> bool {
        self != Self::HandshakeGarbage
    }

    fn habits(self) -> Habits {
        let honest = Habits::new();
        match self {
            Self::HandshakeGarbage => Habits {
                instead_of_proof: Some(Bytes::from(vec![0xA5; 60_000])),
                ..honest
            },
            Self::LyingHashes => Habits {
                serves: Serves::Lies,
                ..honest
            },
            Self::ImageBomb => Habits {
                serves: Serves::Bytes(bomb()),
                ..honest
            },
            Self::FallsSilent | Self::TalksAndNeverReads => Habits {
                takes_files_and_goes_deaf: true,
                ..honest
            },
            _ => honest,
        }
    }
}

/// How often a flood is meant to repeat itself: it ends when she is cut off.
const FLOOD: u64 = 100_000;

/// The number of what she offers.
const TRANSFER: u64 = 7;

/// What Eve's process is told.
pub(crate) struct Orders {
    pub(crate) attack: Attack,
    pub(crate) url: String,
    pub(crate) secret: [u8; 32],
}

const ATTACK: &str = "PARLOR_TEST_EVE_ATTACK";
const SERVER: &str = "PARLOR_TEST_EVE_SERVER";
const SECRET: &str = "PARLOR_TEST_EVE_SECRET";

impl Orders {
    pub(crate) fn environment(&self) -> [(&'static str, String); 3] {
        let hex = self.secret.iter().map(|byte| format!("{byte:02x}"));
        [
            (ATTACK, format!("{:?}", self.attack)),
            (SERVER, self.url.clone()),
            (SECRET, hex.collect()),
        ]
    }

    pub(crate) fn from_environment() -> Option<Self> {
        let name = std::env::var(ATTACK).ok()?;
        let mut all = Attack::ALL.into_iter();
        let attack = all.find(|attack| format!("{attack:?}") == name)?;
        let hex = std::env::var(SECRET).ok()?;
        let mut secret = [0; 32];
        for (at, byte) in secret.iter_mut().enumerate() {
            *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        let url = std::env::var(SERVER).ok()?;
        Some(Self {
            attack,
            url,
            secret,
        })
    }

    fn invite(&self) -> Invite {
        Invite {
            server: ServerUrl::parse(&self.url).unwrap(),
            secret: RoomSecret::from_bytes(self.secret),
        }
    }
}

/// Enters, waits for the word, attacks, and stays until the process is ended.
pub(crate) async fn carry_out(orders: Orders) {
    let invite = orders.invite();
    let attack = orders.attack;
    if attack == Attack::HandshakeGarbage {
        println!("ready");
        wait_for_the_word().await;
        let _eve = Eve::enter(&invite, attack.habits());
        println!("done");
        return std::future::pending().await;
    }
    let mut eve = Eve::enter(&invite, attack.habits());
    eve.connected(2).await;
    println!("ready");
    wait_for_the_word().await;
    match attack {
        Attack::ComesBack => eve = come_back(&invite, eve).await,
        Attack::ManyStrangers => eve = many_strangers(&invite, eve).await,
        _ => play(attack, &invite, &eve).await,
    }
    println!("done");
    std::future::pending::<()>().await;
    drop(eve);
}

async fn wait_for_the_word() {
    let line = tokio::task::spawn_blocking(|| std::io::stdin().lock().lines().next());
    // The end of the input comes when the test is over.
    let _ = line.await.unwrap();
}

async fn play(attack: Attack, invite: &Invite, eve: &Eve) {
    match attack {
        Attack::FrameOverTheLimit
        | Attack::FrameOfAMessage
        | Attack::BulkFrameOfAMessage
        | Attack::HugeClaims
        | Attack::HelloTwice => play_frame(attack, eve).await,
        Attack::UnknownKinds
        | Attack::Pings
        | Attack::Messages
        | Attack::LongMessages
        | Attack::LongestOffers
        | Attack::Answers
        | Attack::Wants
        | Attack::Live
        | Attack::SmallChunksOfNothing
        | Attack::ChunksOfNothing => play_flood(attack, invite, eve).await,
        Attack::ChunkBeyondTheEnd
        | Attack::LyingHashes
        | Attack::LyingSize
        | Attack::EmptyLie
        | Attack::ImageBomb => play_file(attack, eve).await,
        Attack::FallsSilent | Attack::TalksAndNeverReads => play_reader(attack, eve).await,
        Attack::HandshakeGarbage | Attack::ComesBack | Attack::ManyStrangers => {
            unreachable!("these enter by themselves")
        }
    }
}

/// One frame, or the same one again.
async fn play_frame(attack: Attack, eve: &Eve) {
    let control = Channel::Control;
    match attack {
        Attack::FrameOverTheLimit => {
            send(eve, vec![0x77; CONTROL_FRAME_MAX_BYTES + 1]).await;
        }
        Attack::FrameOfAMessage => {
            let frame = Bytes::from(vec![0x77; 256 << 10]);
            eve.flood(control, 1_000, |_| frame.clone()).await;
        }
        Attack::BulkFrameOfAMessage => {
            let frame = Bytes::from(vec![0x20; 256 << 10]);
            eve.flood(Channel::Bulk, 1_000, |_| frame.clone()).await;
        }
        Attack::HugeClaims => send(eve, huge_claims()).await,
        Attack::HelloTwice => send(eve, hello_again()).await,
        _ => unreachable!("not one of these"),
    }
}

async fn play_flood(attack: Attack, invite: &Invite, eve: &Eve) {
    let control = Channel::Control;
    match attack {
        Attack::UnknownKinds => {
            let frame = Bytes::from_static(&[0x77, 1, 2, 3]);
            eve.flood(control, FLOOD, |_| frame.clone()).await;
        }
        Attack::Pings => {
            let ping = |nonce| Frame::Ping(Probe { nonce }).encode().into();
            eve.flood(control, FLOOD, ping).await;
        }
        Attack::Messages => messages(eve, invite, "spam").await,
        Attack::LongMessages => messages(eve, invite, &"x".repeat(16 << 10)).await,
        Attack::LongestOffers => {
            let files = longest_list();
            let offer = |transfer| longest_offer(transfer, &files);
            eve.flood(control, FLOOD, offer).await;
        }
        Attack::Answers => {
            let answer = |transfer| {
                Frame::Answer(OfferAnswer {
                    transfer,
                    accepted: vec![0],
                    reason: None,
                    done: Vec::new(),
                })
            };
            eve.flood(control, FLOOD, |n| answer(n).encode().into())
                .await;
        }
        Attack::Wants => {
            let ranges = (0..1024).map(|n| ByteRange {
                start: n << 20,
                end: (n << 20) + 1,
            });
            let want = Want {
                transfer: 1,
                file: 0,
                ranges: ranges.collect(),
            };
            let frame = Bytes::from(Frame::Want(want).encode());
            eve.flood(control, FLOOD, |_| frame.clone()).await;
        }
        Attack::Live => {
            let frame = Bytes::from(vec![0x77; 1_000]);
            eve.flood(Channel::Live, 20 * FLOOD, |_| frame.clone())
                .await;
        }
        Attack::SmallChunksOfNothing => chunks(eve, 1).await,
        Attack::ChunksOfNothing => chunks(eve, CHUNK_BYTES).await,
        _ => unreachable!("not one of these"),
    }
}

async fn play_file(attack: Attack, eve: &Eve) {
    match attack {
        Attack::ChunkBeyondTheEnd => {
            offer(eve, offered("notes.txt", 1 << 20, [1; 32])).await;
            let beyond = chunk(TRANSFER, 1 << 20, CHUNK_BYTES);
            // They must have taken the file first, or it is one that nobody asked for.
            tokio::time::sleep(Duration::from_secs(2)).await;
            eve.send(Channel::Bulk, &beyond).await;
        }
        Attack::LyingHashes => offer(eve, offered("report.pdf", 50 << 20, [1; 32])).await,
        Attack::LyingSize => offer(eve, offered("all.zip", 1 << 50, [1; 32])).await,
        Attack::EmptyLie => offer(eve, offered("empty.txt", 0, [1; 32])).await,
        Attack::ImageBomb => {
            let bytes = bomb();
            let root = *blake3::hash(&bytes).as_bytes();
            offer(eve, offered("bomb.png", bytes.len() as u64, root)).await;
        }
        _ => unreachable!("not one of these"),
    }
}

async fn play_reader(attack: Attack, eve: &Eve) {
    match attack {
        Attack::FallsSilent => allow_everything(eve).await,
        Attack::TalksAndNeverReads => {
            allow_everything(eve).await;
            loop {
                let ping = Frame::Ping(Probe { nonce: 1 }).encode();
                if !eve.send(Channel::Control, &ping.into()).await {
                    return;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }
        _ => unreachable!("not one of these"),
    }
}

async fn send(eve: &Eve, frame: Vec<u8>) {
    eve.send(Channel::Control, &frame.into()).await;
}

/// An offer whose list is said to have 2^63 entries, in a frame of a few bytes.
fn huge_claims() -> Vec<u8> {
    let mut frame = vec![0x06, 0xA2, 0x00, 0x01, 0x01, 0x9B];
    frame.extend([0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    frame
}

fn hello_again() -> Vec<u8> {
    use parlor_proto::frame::Hello;
    use parlor_proto::text::DisplayName;
    let key = DeviceKey::from_seed(&[0xEE; 32]);
    Frame::Hello(Hello {
        avatar: parlor_proto::avatar::Avatar::default(),
        stream: 1,
        lanes: 0,
        session: 1,
        versions: parlor_proto::version::VERSIONS,
        device: key.id(),
        name: DisplayName::sanitise("Ada"),
        window_bytes: u32::MAX,
        bulk_frame_max_bytes: u32::MAX,
        signing_key: key.public().signing,
        proof: [0; 64],
    })
    .encode()
}

/// Signed as they should be, one after the other, and far too many.
async fn messages(eve: &Eve, invite: &Invite, text: &str) {
    let key = DeviceKey::from_seed(&[0xEE; 32]);
    let room = invite.secret.room_id();
    let message = |n| {
        let mut message = ChatMessage::new(eve.stream, n + 1, 0, text);
        message.signature = key.sign(&message.signed_bytes(room, key.id()));
        Frame::Message(message).encode().into()
    };
    eve.flood(Channel::Control, FLOOD, message).await;
}

/// As many files, with names as long, as one frame takes.
fn longest_list() -> Vec<OfferedFile> {
    let name = "n".repeat(150);
    let file = |n| offered(&format!("{n}/{name}"), 1 << 30, [1; 32]);
    (0..OFFER_FILES_MAX).map(file).collect()
}

fn longest_offer(transfer: u64, files: &[OfferedFile]) -> Bytes {
    let files = files.to_vec();
    let frame = Frame::Offer(Offer { transfer, files }).encode();
    assert!(frame.len() <= CONTROL_FRAME_MAX_BYTES, "{}", frame.len());
    frame.into()
}

fn offered(name: &str, size: u64, root: [u8; 32]) -> OfferedFile {
    OfferedFile {
        path: SafePath::sanitise(name),
        size,
        root,
        modified_ms: None,
        mime: None,
    }
}

async fn offer(eve: &Eve, file: OfferedFile) {
    let files = vec![file];
    eve.command(Command::Offer {
        transfer: TRANSFER,
        files,
        is_paused: false,
    })
    .await;
}

async fn allow_everything(eve: &Eve) {
    let credit = Frame::Credit(Credit { limit: u64::MAX }).encode();
    send(eve, credit).await;
}

fn chunk(transfer: u64, offset: u64, len: usize) -> Bytes {
    ChunkFrame {
        transfer,
        file: 0,
        offset,
        chunk: ChunkSize::PREFERRED,
        proof: Vec::new(),
        data: Bytes::from(vec![1; len]),
    }
    .encode()
}

async fn chunks(eve: &Eve, len: usize) {
    let frame = chunk(1 << 40, 0, len);
    eve.flood(Channel::Bulk, FLOOD, |_| frame.clone()).await;
}

/// A picture of 60,000 by 60,000 by its header, in a few hundred bytes.
fn bomb() -> Bytes {
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR".to_vec();
    png.extend(60_000_u32.to_be_bytes());
    png.extend(60_000_u32.to_be_bytes());
    png.extend([8, 6, 0, 0, 0]);
    png.extend([0; 300]);
    png.into()
}

/// Is cut off, and comes again and again with the same device.
async fn come_back(invite: &Invite, mut eve: Eve) -> Eve {
    play(Attack::Pings, invite, &eve).await;
    for _ in 0..10 {
        eve.vanish().await;
        eve = Eve::enter(invite, Habits::new());
        eve.settled(Duration::from_secs(2)).await;
    }
    eve
}

/// Comes as one stranger after the other, each with a device of its own, and is gone without a
/// word.
async fn many_strangers(invite: &Invite, mut eve: Eve) -> Eve {
    for n in 0..40 {
        eve.vanish().await;
        eve = Eve::enter(
            invite,
            Habits {
                device: [n; 32],
                ..Habits::new()
            },
        );
        eve.settled(Duration::from_millis(300)).await;
    }
    eve
}
