//! A member who breaks the protocol: it is cut off, and the others do not notice.

use core::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use parlor_engine::notice::Notice;
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::frame::{
    ByteRange, Cancel, ChatMessage, Credit, FileFailed, FileRef, Frame, Offer, OfferAnswer,
    OfferedFile, Probe, Stored, Want,
};
use parlor_proto::limits::CHUNK_BYTES;
use parlor_proto::name::SafePath;
use parlor_proto::tree::ChunkSize;
use parlor_sim::HostileFrame;
use parlor_sim::World;
use parlor_sim::seeds::check;

/// The hostile one.
const EVE: usize = 2;

#[test]
fn speaking_before_hello_is_refused() {
    check(
        module_path!(),
        "speaking_before_hello_is_refused",
        20,
        |seed| {
            let mut world = World::rough(seed);
            world.room(2);
            world.join();
            let first = match seed % 4 {
                0 => Frame::Message(ChatMessage::new(1, 1, 0, "psst")).encode(),
                1 => Frame::Credit(Credit { limit: u64::MAX }).encode(),
                2 => vec![0x01, 0xFF, 0xFF],
                _ => Vec::new(),
            };
            world.set_instead_of_hello(EVE, &first);
            world.run_until("both refused it", Duration::from_secs(120), |world| {
                (0..2).all(|node| was_refused(world, node))
            });
            go_on_without_her(&mut world);
        },
    );
}

#[test]
fn a_flood_beyond_the_credit_is_refused() {
    check(
        module_path!(),
        "a_flood_beyond_the_credit_is_refused",
        20,
        |seed| {
            let mut world = World::new(seed);
            world.faults().disk.delay_ms = 50..=400;
            world.faults().bandwidth = 20_000_000;
            world.room(3);
            world.offer(0, &[500_000]);
            let size = 4_000_000;
            let transfer = world.offer(EVE, &[size]);
            world.run_for(Duration::from_secs(2));
            let chunks = (0..size / CHUNK_BYTES).map(|n| chunk(transfer, n * CHUNK_BYTES));
            world.inject(EVE, &chunks.collect::<Vec<_>>());
            world.run_until("both refused it", Duration::from_secs(60), |world| {
                (0..2).all(|node| was_refused(world, node))
            });
            go_on_without_her(&mut world);
        },
    );
}

#[test]
fn a_flood_of_messages_is_bounded() {
    check(
        module_path!(),
        "a_flood_of_messages_is_bounded",
        10,
        |seed| {
            let mut world = World::new(seed);
            world.faults().disk.delay_ms = 50..=400;
            world.room(3);
            let stream = world.stream(EVE);
            let spam = |seq| world.signed(EVE, ChatMessage::new(stream, seq, 0, "spam"));
            let message = |seq| control(Frame::Message(spam(seq)).encode());
            let flood: Vec<_> = (1..2000).map(message).collect();
            world.inject(EVE, &flood);
            world.say(0, "so loud here");
            world.run_for(Duration::from_secs(30));
            go_on_without_her(&mut world);
        },
    );
}

#[test]
fn a_message_in_anothers_name_is_refused() {
    let name = "a_message_in_anothers_name_is_refused";
    check(module_path!(), name, 20, |seed| {
        let mut world = World::new(seed);
        world.room(3);
        world.say(0, "this is mine");
        let forged = ChatMessage::new(world.stream(EVE), 2, 0, "and so is this");
        // Signed with another device's key, or with none.
        let forged = if seed % 2 == 0 {
            world.signed(0, forged)
        } else {
            forged
        };
        world.inject(EVE, &[control(Frame::Message(forged).encode())]);
        world.run_until("both refused it", Duration::from_secs(60), |world| {
            (0..2).all(|node| was_refused(world, node))
        });
        go_on_without_her(&mut world);
    });
}

#[test]
fn a_message_of_another_stream_than_the_hellos_is_refused() {
    let name = "a_message_of_another_stream_than_the_hellos_is_refused";
    check(module_path!(), name, 20, |seed| {
        let mut world = World::new(seed);
        world.room(3);
        let other = world.stream(EVE) ^ 1;
        let message = world.signed(EVE, ChatMessage::new(other, 1, 0, "which of me?"));
        world.inject(EVE, &[control(Frame::Message(message).encode())]);
        world.run_until("both refused it", Duration::from_secs(60), |world| {
            (0..2).all(|node| was_refused(world, node))
        });
        go_on_without_her(&mut world);
    });
}

#[test]
fn a_flood_of_offers_reaches_nobodys_screen_beyond_a_bound() {
    let name = "a_flood_of_offers_reaches_nobodys_screen_beyond_a_bound";
    check(module_path!(), name, 5, |seed| {
        let mut world = World::new(seed);
        world.room(3);
        let offers: Vec<_> = (100..400).map(|n| control(offer(n).encode())).collect();
        world.inject(EVE, &offers);
        world.run_for(Duration::from_secs(30));
        for node in 0..2 {
            let is_offer = |notice: &&Notice| matches!(notice, Notice::Offered { .. });
            let shown = world.notices(node).iter().filter(is_offer).count();
            assert!(
                (1..=128).contains(&shown),
                "{shown} offers shown to node {node}"
            );
        }
        go_on_without_her(&mut world);
    });
}

/// Frames of every kind with numbers that make no sense, and bytes that are no frames.
#[test]
fn nonsense_hurts_nobody() {
    check(module_path!(), "nonsense_hurts_nobody", 150, |seed| {
        let mut world = World::rough(seed);
        world.room(3);
        world.offer(0, &[200_000, 40_000]);
        world.offer(1, &[100_000]);
        world.offer(EVE, &[100_000, 100_000]);
        for _ in 0..30 {
            let millis = world.dice().u64(0..400);
            world.run_for(Duration::from_millis(millis));
            let frame = nonsense(world.dice());
            world.inject(EVE, &[frame]);
        }
        world.say(1, "was that you?");
        go_on_without_her(&mut world);
    });
}

fn go_on_without_her(world: &mut World) {
    world.kill(EVE);
    world.settle();
    let is_refused = |notice: &Notice| matches!(notice, Notice::PeerRefused { .. });
    for node in 0..2 {
        let count = world.notices(node).iter().filter(|n| is_refused(n)).count();
        assert!(count <= 1, "an honest peer was refused");
    }
}

fn was_refused(world: &World, by: usize) -> bool {
    let refusal = |notice: &Notice| matches!(notice, Notice::PeerRefused { .. });
    world.notices(by).iter().any(refusal)
}

fn control(bytes: Vec<u8>) -> HostileFrame {
    HostileFrame::Control(bytes.into())
}

fn chunk(transfer: u64, offset: usize) -> HostileFrame {
    let frame = ChunkFrame {
        transfer,
        file: 0,
        offset: offset as u64,
        chunk: ChunkSize::PREFERRED,
        proof: vec![[7; 32]; 3],
        data: Bytes::from(vec![1; CHUNK_BYTES]),
    };
    HostileFrame::Bulk(frame.encode())
}

fn offer(transfer: u64) -> Frame {
    Frame::Offer(Offer {
        transfer,
        files: vec![OfferedFile {
            path: SafePath::sanitise("../../etc/passwd"),
            size: 1 << 40,
            root: [1; 32],
            modified_ms: None,
            mime: None,
        }],
    })
}

/// A number that may well name something.
fn any(rng: &mut Rng) -> u64 {
    match rng.u8(0..4) {
        0 => 0,
        1 => rng.u64(1..4),
        2 => rng.u64(0..200_000),
        _ => rng.u64(..),
    }
}

fn nonsense(rng: &mut Rng) -> HostileFrame {
    let transfer = rng.u64(0..3);
    let file = rng.u32(0..4);
    let start = any(rng) % (1 << 40) / 16_384 * 16_384;
    let end = start + 1 + any(rng) % 1_000_000;
    let (by_sender, reason) = (rng.bool(), "because".to_owned());
    let frame = match rng.u8(0..16) {
        0 => Frame::Ping(Probe { nonce: any(rng) }),
        1 => Frame::Message(ChatMessage::new(any(rng), any(rng).max(1), 0, "?")),
        2 => Frame::Stored(Stored { through: any(rng) }),
        3 => offer(any(rng)),
        4 | 5 => Frame::Answer(OfferAnswer {
            transfer,
            accepted: (0..file).collect(),
            reason: None,
            done: Vec::new(),
        }),
        6..9 => Frame::Want(Want {
            transfer,
            file,
            ranges: vec![ByteRange { start, end }],
        }),
        9 => Frame::Credit(Credit { limit: any(rng) }),
        10 => Frame::FileDone(FileRef { transfer, file }),
        11 => Frame::FileFailed(FileFailed {
            transfer,
            file,
            reason,
            by_sender,
        }),
        12 => Frame::Cancel(Cancel {
            transfer,
            by_sender,
            reason,
        }),
        13 => return chunk(transfer, rng.usize(0..4) * CHUNK_BYTES),
        14 => {
            let mut bytes = vec![0; rng.usize(0..300)];
            rng.fill(&mut bytes);
            return HostileFrame::Bulk(bytes.into());
        }
        _ => {
            let mut bytes = vec![0; rng.usize(0..300)];
            rng.fill(&mut bytes);
            bytes.insert(0, rng.u8(0..16));
            return control(bytes);
        }
    };
    control(frame.encode())
}
