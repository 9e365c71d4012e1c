//! A member who keeps to the protocol and asks for too much of it: told why, cut off, and shut out
//! by its device. Honest members never meet a quota.

use core::time::Duration;

use bytes::Bytes;
use parlor_engine::notice::Notice;
use parlor_engine::view::PeerStateView;
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::frame::{
    ByteRange, Cancel, ChatMessage, Credit, FileRef, Frame, Offer, OfferAnswer, OfferedFile, Probe,
    Stored, Want,
};
use parlor_proto::limits::{CHUNK_BYTES, MESSAGE_TEXT_MAX_BYTES, OFFER_FILES_MAX};
use parlor_proto::name::SafePath;
use parlor_proto::tree::ChunkSize;
use parlor_sim::seeds::check;
use parlor_sim::{HostileFrame, Manner, World};

/// The hostile one.
const EVE: usize = 2;

/// Runs for each seed.
const SEEDS: u64 = 3;

/// Frames put on a link at a time, with a little time between, as a channel would take them.
const BATCH: u64 = 400;

fn control(frame: &Frame) -> HostileFrame {
    HostileFrame::Control(frame.encode().into())
}

/// Sends `flood(0)`, `flood(1)` and so on until both honest members refuse it for `reason`, and
/// sees that they are well.
fn is_cut_off(test: &str, reason: &str, most: u64, flood: impl Fn(&World, u64) -> HostileFrame) {
    check(module_path!(), test, SEEDS, |seed| {
        let mut world = World::new(seed);
        world.room(3);
        // Enough to fill their screens; nobody takes any of it.
        (0..2).for_each(|node| world.set_manner(node, Manner::Ignores));
        let mut sent = 0;
        while !(0..2).all(|node| has_refused(&world, node, reason)) {
            assert!(sent < most, "{sent} frames and nobody minds");
            let frames: Vec<_> = (sent..sent + BATCH).map(|n| flood(&world, n)).collect();
            world.inject(EVE, &frames);
            sent += BATCH;
            world.run_for(Duration::from_millis(100));
        }
        (0..2).for_each(|node| world.set_manner(node, Manner::Accepts));
        world.say(0, "what was that?");
        world.offer(1, &[70_000]);
        world.kill(EVE);
        world.settle();
    });
}

fn has_refused(world: &World, by: usize, why: &str) -> bool {
    let refusal = |notice: &Notice| {
        matches!(notice, Notice::PeerRefused { name: Some(name), reason, .. }
            if name.as_str() == "node 2" && reason.contains(why))
    };
    world.notices(by).iter().any(refusal)
}

#[test]
fn a_flood_of_pings_is_cut_off() {
    let ping = |_: &World, nonce| control(&Frame::Ping(Probe { nonce }));
    is_cut_off(
        "a_flood_of_pings_is_cut_off",
        "flood of pings",
        10_000,
        ping,
    );
}

#[test]
fn a_flood_of_messages_is_cut_off() {
    let reason = "more messages than anybody writes";
    is_cut_off(
        "a_flood_of_messages_is_cut_off",
        reason,
        20_000,
        |world, n| {
            let message = world.signed(EVE, ChatMessage::new(world.stream(EVE), n + 1, 0, "spam"));
            control(&Frame::Message(message))
        },
    );
}

#[test]
fn a_flood_of_text_is_cut_off() {
    let text = "x".repeat(MESSAGE_TEXT_MAX_BYTES);
    let reason = "more text than anybody writes";
    is_cut_off("a_flood_of_text_is_cut_off", reason, 5_000, |world, n| {
        // Not a message that fits the order: its bytes count all the same.
        let message = world.signed(EVE, ChatMessage::new(world.stream(EVE), n + 1, 0, &text));
        control(&Frame::Message(message))
    });
}

#[test]
fn a_flood_of_offers_and_cancels_is_cut_off() {
    let name = "a_flood_of_offers_and_cancels_is_cut_off";
    is_cut_off(name, "offers more than", 20_000, |_, n| {
        let transfer = n / 2;
        control(&match n % 2 {
            0 => offer(transfer, 1),
            _ => Frame::Cancel(Cancel {
                transfer,
                by_sender: true,
                reason: "never mind".to_owned(),
            }),
        })
    });
}

#[test]
fn offers_of_the_longest_lists_are_cut_off() {
    let name = "offers_of_the_longest_lists_are_cut_off";
    is_cut_off(name, "offers more files than", 5_000, |_, n| {
        control(&offer(n, OFFER_FILES_MAX))
    });
}

#[test]
fn a_flood_of_answers_is_cut_off() {
    let name = "a_flood_of_answers_is_cut_off";
    let answer = |transfer| OfferAnswer {
        transfer,
        accepted: Vec::new(),
        reason: None,
        done: Vec::new(),
    };
    is_cut_off(name, "answers the same offers", 20_000, |_, n| {
        control(&Frame::Answer(answer(n % 3)))
    });
}

#[test]
fn words_about_nothing_are_cut_off() {
    let name = "words_about_nothing_are_cut_off";
    is_cut_off(name, "frames that mean nothing", 60_000, |_, n| {
        let file = FileRef {
            transfer: n,
            file: 0,
        };
        let range = ByteRange { start: 0, end: 1 };
        control(&match n % 4 {
            0 => Frame::Stored(Stored { through: 0 }),
            1 => Frame::Credit(Credit { limit: 0 }),
            2 => Frame::FileDone(file),
            _ => Frame::Want(Want {
                transfer: n,
                file: 0,
                ranges: vec![range],
            }),
        })
    });
}

#[test]
fn a_flood_of_unknown_kinds_is_cut_off() {
    let name = "a_flood_of_unknown_kinds_is_cut_off";
    is_cut_off(name, "frames that mean nothing", 60_000, |_, n| {
        match n % 3 {
            0 => HostileFrame::Control(Bytes::from_static(&[0x77, 1, 2, 3])),
            1 => HostileFrame::Bulk(Bytes::from_static(&[0x77, 1, 2, 3])),
            _ => HostileFrame::Live(Bytes::from_static(&[0x77])),
        }
    });
}

#[test]
fn chunks_of_transfers_that_never_were_are_cut_off() {
    let name = "chunks_of_transfers_that_never_were_are_cut_off";
    is_cut_off(name, "files that nobody asked for", 100_000, |_, n| {
        let frame = ChunkFrame {
            transfer: 1 << 40,
            file: 0,
            offset: n * CHUNK_BYTES as u64,
            chunk: ChunkSize::PREFERRED,
            proof: Vec::new(),
            data: Bytes::from_static(b"x"),
        };
        HostileFrame::Bulk(frame.encode())
    });
}

#[test]
fn one_who_never_says_hello_is_cut_off_however_much_it_talks() {
    let name = "one_who_never_says_hello_is_cut_off_however_much_it_talks";
    check(module_path!(), name, 10, |seed| {
        let mut world = World::rough(seed);
        world.room(2);
        world.join();
        world.set_instead_of_hello(EVE, &[0x77, 0]);
        for _ in 0..600 {
            world.run_for(Duration::from_millis(100));
            world.inject(EVE, &[HostileFrame::Control(Bytes::from_static(&[0x77]))]);
        }
        for node in 0..2 {
            let notices = world.notices(node).iter();
            let refusals = notices.filter(|notice| {
                matches!(notice, Notice::PeerRefused { name: None, reason, .. }
                    if reason.contains("without saying hello") || reason.contains("not prove"))
            });
            assert_eq!(refusals.count(), 1, "node {node}");
        }
        world.kill(EVE);
        world.settle();
    });
}

#[test]
fn one_who_sends_and_never_reads_is_cut_off() {
    let name = "one_who_sends_and_never_reads_is_cut_off";
    check(module_path!(), name, 10, |seed| {
        let mut world = World::rough(seed);
        world.room(3);
        world.set_never_answers(EVE);
        world.run_until("both refused it", Duration::from_secs(400), |world| {
            (0..2).all(|node| has_refused(world, node, "does not read"))
        });
        world.say(0, "still there?");
        world.kill(EVE);
        world.settle();
    });
}

#[test]
fn a_device_that_was_cut_off_is_not_let_in_under_a_new_name() {
    let name = "a_device_that_was_cut_off_is_not_let_in_under_a_new_name";
    check(module_path!(), name, 10, |seed| {
        let mut world = World::new(seed);
        world.room(3);
        let pings = (0..1_000).map(|nonce| control(&Frame::Ping(Probe { nonce })));
        let pings: Vec<_> = pings.collect();
        world.inject(EVE, &pings);
        world.run_until("both refused it", Duration::from_secs(60), |world| {
            (0..2).all(|node| has_refused(world, node, "pings"))
        });
        let told_at_first: Vec<_> = (0..2).map(|node| refusals(&world, node)).collect();
        for _ in 0..20 {
            world.come_back(EVE);
            world.run_for(Duration::from_secs(5));
            assert!((0..2).all(|node| !is_connected(&world, node)));
        }
        let told: Vec<_> = (0..2).map(|node| refusals(&world, node)).collect();
        assert_eq!(told, told_at_first, "nobody is bothered again");
        world.run_for(Duration::from_secs(600));
        world.come_back(EVE);
        world.run_until("it is let in again", Duration::from_secs(60), |world| {
            (0..2).all(|node| is_connected(world, node))
        });
        world.kill(EVE);
        world.settle();
    });
}

fn refusals(world: &World, node: usize) -> usize {
    let is_refused = |notice: &&Notice| matches!(notice, Notice::PeerRefused { .. });
    world.notices(node).iter().filter(is_refused).count()
}

fn is_connected(world: &World, node: usize) -> bool {
    let view = world.view(node);
    let mut peers = view.peers.iter();
    peers.any(|peer| {
        let is_eve = peer.identity.as_ref().map(|(_, name)| name.as_str()) == Some("node 2");
        is_eve && matches!(peer.state, PeerStateView::Connected { .. })
    })
}

#[test]
fn a_storm_of_new_peers_does_not_keep_the_others_busy() {
    let name = "a_storm_of_new_peers_does_not_keep_the_others_busy";
    check(module_path!(), name, 5, |seed| {
        let mut world = World::new(seed);
        world.room(3);
        world.set_never_answers(EVE);
        for _ in 0..300 {
            world.come_back(EVE);
            world.run_for(Duration::from_millis(200));
        }
        world.say(0, "who is that?");
        world.offer(1, &[70_000]);
        world.kill(EVE);
        world.settle();
    });
}

#[test]
fn ten_thousand_small_files_are_welcome() {
    check(
        module_path!(),
        "ten_thousand_small_files_are_welcome",
        1,
        |seed| {
            let mut world = World::new(seed);
            world.room(2);
            for _ in 0..40 {
                world.offer(0, &[7; 250]);
            }
            world.settle();
        },
    );
}

#[test]
fn a_newcomer_hears_a_thousand_messages() {
    check(
        module_path!(),
        "a_newcomer_hears_a_thousand_messages",
        2,
        |seed| {
            let mut world = World::new(seed);
            world.room(2);
            for n in 0..1_000 {
                world.say(0, &format!("line {n}"));
                if n % 100 == 0 {
                    world.run_for(Duration::from_secs(2));
                }
            }
            world.settle();
            world.join();
            world.settle();
        },
    );
}

/// A program that talks without end is slowed down by its own side, and loses nothing.
#[test]
fn a_program_that_says_more_than_the_quota_is_slowed_and_not_cut_off() {
    let name = "a_program_that_says_more_than_the_quota_is_slowed_and_not_cut_off";
    check(module_path!(), name, 1, |seed| {
        let mut world = World::new(seed);
        world.room(2);
        for n in 0..6_000 {
            world.say(0, &format!("line {n}"));
            if n % 10 == 0 {
                world.run_for(Duration::from_millis(300));
            }
        }
        world.settle();
    });
}

fn offer(transfer: u64, files: usize) -> Frame {
    let file = |n| OfferedFile {
        path: SafePath::sanitise(&format!("{n}")),
        size: 1 << 30,
        root: [1; 32],
        modified_ms: None,
        mime: None,
    };
    Frame::Offer(Offer {
        transfer,
        files: (0..files).map(file).collect(),
    })
}
