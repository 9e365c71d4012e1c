//! Conversations through a carrier that is a member of the room and does what the input says.

use std::collections::BTreeSet;

use bytes::Bytes;
use parlor_engine::conversation::{Conversation, Parties, Received};
use parlor_engine::device::DeviceKey;
use parlor_proto::id::{PeerId, RoomId};
use parlor_proto::relayed::{Body, Content, Flow, Relayed};

use crate::Seed;
use crate::reader::Reader;

const PSK: [u8; 32] = [7; 32];

/// Steps of one input: each may cost a curve operation.
const STEPS_MAX: usize = 96;

const ADA: u8 = 3;
const BEN: u8 = 2;
/// The carrier's own device.
const EVE: u8 = 6;

/// Ends of conversations: device, peer id, the other's peer id, number. Both ends of an honest one
/// stand next to each other; the last two are the carrier's, in place of Ben and of Ada.
const ENDS: [(u8, u8, u8, u64); 6] = [
    (ADA, ADA, BEN, 77),
    (BEN, BEN, ADA, 77),
    (ADA, ADA, BEN, 78),
    (BEN, BEN, ADA, 78),
    (EVE, BEN, ADA, 77),
    (EVE, ADA, BEN, 77),
];

/// Ends whose owners know which device to expect.
const HONEST: usize = 4;

/// Takes the bytes for envelope and body, and then for what a carrier does. `true` when somebody
/// was shown a frame.
pub fn run(data: &[u8]) -> bool {
    check_wire(data);
    let mut reader = Reader::new(data);
    let mut world = World::new();
    for _ in 0..STEPS_MAX {
        if reader.is_empty() {
            break;
        }
        world.step(&mut reader);
    }
    !world.heard.is_empty()
}

/// What is taken is written as it was.
fn check_wire(data: &[u8]) {
    let bytes = Bytes::copy_from_slice(data);
    if let Ok(relayed) = Relayed::decode(bytes.clone()) {
        assert_eq!(relayed.encode(), bytes);
    }
    if let Ok(body) = Body::decode(bytes.clone()) {
        assert_eq!(body.encode(), bytes);
    }
    if let Ok(content) = Content::decode(bytes.clone()) {
        // An introduction of a later version may be longer.
        assert!(bytes.starts_with(&content.encode()));
    }
}

struct World {
    ends: Vec<Conversation>,
    /// Everything that ever passed the carrier.
    seen: Vec<Relayed>,
    /// Frames by the end that sealed them.
    said: BTreeSet<(usize, Vec<u8>)>,
    /// Frames by the end that was shown them.
    heard: BTreeSet<(usize, Vec<u8>)>,
}

fn parties(end: usize) -> Parties {
    let (_, me, them, conversation) = ENDS[end];
    Parties {
        room: RoomId([1; 16]),
        conversation,
        me: PeerId([me; 16]),
        them: PeerId([them; 16]),
    }
}

fn device(end: usize) -> DeviceKey {
    DeviceKey::from_seed(&[ENDS[end].0; 32])
}

fn conversation(end: usize) -> Conversation {
    let expected = (end < HONEST).then(|| device(end ^ 1).id());
    let seed = [u8::try_from(end).unwrap_or_default(); 32];
    Conversation::new(parties(end), &device(end), &PSK, expected, seed)
        .expect("keys that Noise takes")
}

impl World {
    fn new() -> Self {
        let mut ends: Vec<_> = (0..ENDS.len()).map(conversation).collect();
        let seen = ends.iter_mut().filter_map(Conversation::start).collect();
        Self {
            ends,
            seen,
            said: BTreeSet::new(),
            heard: BTreeSet::new(),
        }
    }

    fn step(&mut self, reader: &mut Reader<'_>) {
        let kind = reader.u8() % 5;
        let end = usize::from(reader.u8()) % ENDS.len();
        match kind {
            0 => self.say(end, reader.u8()),
            1 => {
                let message = self.pick(reader);
                self.bring(&message, end);
            }
            2 => {
                let message = self.pick(reader);
                self.bring(&addressed(message.body, end), end);
            }
            3 => {
                let mut bytes = self.pick(reader).encode().to_vec();
                let at = usize::from(reader.u8()) % bytes.len();
                bytes[at] ^= reader.u8();
                if let Ok(message) = Relayed::decode(bytes.into()) {
                    self.bring(&message, end);
                }
            }
            _ => {
                let body = Bytes::copy_from_slice(reader.run());
                self.bring(&addressed(body, end), end);
            }
        }
    }

    fn say(&mut self, end: usize, flow: u8) {
        let flow = [Flow::Control, Flow::Bulk, Flow::Live][usize::from(flow) % 3];
        let text = format!("{} from {end}", self.said.len()).into_bytes();
        if let Ok(sealed) = self.ends[end].seal(flow, &text) {
            self.seen.push(sealed);
            self.said.insert((end, text));
        }
    }

    fn pick(&self, reader: &mut Reader<'_>) -> Relayed {
        let index = usize::from(reader.u8()) % self.seen.len();
        self.seen[index].clone()
    }

    fn bring(&mut self, message: &Relayed, end: usize) {
        match self.ends[end].receive(message) {
            Ok(Received::Replies(replies)) => self.seen.extend(replies),
            Ok(Received::Introduced(found)) => {
                // To the carrier anybody who does not look may introduce themselves.
                let is_expected = found == *device(end ^ 1).public();
                assert!(end >= HONEST || is_expected, "somebody in between");
            }
            Ok(Received::Frame { frame, .. }) => {
                assert!(end < HONEST, "sealed for the carrier");
                let frame = frame.to_vec();
                let was_said = self.said.contains(&(end ^ 1, frame.clone()));
                assert!(was_said, "shown what nobody said");
                assert!(self.heard.insert((end, frame)), "shown twice");
            }
            Err(_) => {}
        }
    }
}

/// In an envelope that fits the receiving end.
fn addressed(body: Bytes, end: usize) -> Relayed {
    let Parties {
        conversation,
        me,
        them,
        ..
    } = parties(end);
    Relayed {
        conversation,
        from: them,
        to: me,
        body,
    }
}

/// Scripts of carriers, and bytes of envelopes and bodies.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    // The beginnings of ends 0, 2 and 5 are messages 0, 1 and 2.
    let meet = [
        [1, 1, 0], // second: 3
        [1, 0, 3], // third and introduction: 4, 5
        [1, 1, 4], // introduction: 6
        [1, 1, 5],
        [1, 0, 6],
    ];
    let talk = [[0, 0, 0], [1, 1, 7], [0, 1, 1], [1, 0, 8]];
    let twice = [[0, 0, 0], [0, 0, 2], [1, 1, 8], [1, 1, 7], [1, 1, 7]];
    let middle = [
        [2, 4, 0],
        [2, 0, 3],
        [2, 4, 4],
        [2, 0, 6],
        [2, 1, 2],
        [2, 5, 7],
        [2, 1, 8],
        [2, 1, 9],
    ];
    let changed = [3, 1, 7, 60, 1];
    let script = |parts: &[&[[u8; 3]]]| parts.concat().concat();
    let envelope = addressed(Bytes::from_static(&[1, 2, 3]), 0).encode();
    let first = Body::decode(World::new().seen[0].body.clone()).expect("the first message");
    let raw = |body: Bytes| {
        let len = u16::try_from(body.len()).unwrap_or_default().to_le_bytes();
        [&[4, 1], len.as_slice(), &body].concat()
    };
    vec![
        Seed::new("talk", script(&[&meet, &talk])),
        Seed::new("reordered-and-doubled", script(&[&meet, &twice])),
        Seed::new(
            "changed-then-whole",
            [
                script(&[&meet, &talk[..1]]),
                changed.to_vec(),
                vec![1, 1, 7],
            ]
            .concat(),
        ),
        Seed::new("refused-middle", script(&[&middle])),
        Seed::new("refused-handshake-alone", script(&[&meet])),
        Seed::new("refused-raw-first", raw(first.encode())),
        Seed::new("refused-raw-sealed", raw(vec![0x10; 40].into())),
        Seed::new("refused-envelope", envelope.to_vec()),
        Seed::new("refused-empty", Vec::new()),
    ]
}
