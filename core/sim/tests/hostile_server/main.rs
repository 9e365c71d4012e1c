//! A signaling server that wants to be somebody's friend: a thousand sessions in which it lies, and
//! not one in which it gets anything.
//!
//! It has won when somebody is connected to a device that is nobody's or through it, is shown a
//! message that nobody wrote, or has given a secret away. Where it changed something that a client
//! can see, the client's person is warned.

mod codes;

use core::time::Duration;

use parlor_engine::notice::{Notice, Suspicion};
use parlor_proto::id::PeerId;
use parlor_proto::signal::ServerMessage;
use parlor_sim::seeds::check;
use parlor_sim::{Lie, Lies, World};

/// For the command that replays a seed.
const TARGET: &str = "hostile_server";

/// How many sessions each test lives through.
const CHANGED: u64 = 150;
const MISDIRECTED: u64 = 100;
const REPEATED: u64 = 100;
const INVENTED: u64 = 100;
const HIDDEN: u64 = 50;
const REJOINED: u64 = 100;
const JUNK: u64 = 100;
const IN_THE_MIDDLE: u64 = 150;
pub(crate) const GUESSED_BY_NEWCOMERS: u64 = 75;
pub(crate) const GUESSED_BY_SPONSORS: u64 = 75;

const _: () = assert!(
    CHANGED
        + MISDIRECTED
        + REPEATED
        + INVENTED
        + HIDDEN
        + REJOINED
        + JUNK
        + IN_THE_MIDDLE
        + GUESSED_BY_NEWCOMERS
        + GUESSED_BY_SPONSORS
        == 1000
);

/// Three people who talk and send a file for a minute, through a server that lies.
fn session(seed: u64, lies: Lies, is_in_the_middle: bool) -> World {
    let mut world = World::new(seed);
    world.faults().in_the_middle = is_in_the_middle;
    world.set_lies(lies);
    for _ in 0..3 {
        world.join();
    }
    for second in 0..60 {
        let speaker = world.dice().usize(0..3);
        match second % 10 {
            3 => world.say(speaker, "is anybody listening?"),
            5 => world.cut_signaling(speaker),
            7 if second > 30 => drop(world.offer(speaker, &[20_000])),
            _ => {}
        }
        world.run_for(Duration::from_secs(1));
    }
    for node in 0..3 {
        assert_eq!(world.fooled(node), 0, "node {node} was fooled");
    }
    everybody_told_a_lie_is_warned(&world);
    world
}

fn everybody_told_a_lie_is_warned(world: &World) {
    for (node, lie) in world.told_lies() {
        let why = match lie {
            Lie::Changed => Suspicion::Changed,
            Lie::Repeated => Suspicion::Repeated,
            Lie::Roster => Suspicion::Roster,
        };
        let warnings = warnings(world, node, why);
        assert_eq!(warnings, 1, "node {node} of {lie:?}");
    }
}

fn warnings(world: &World, node: usize, why: Suspicion) -> usize {
    let warning = Notice::ServerSuspected { why };
    let notices = world.notices(node).iter();
    notices.filter(|notice| **notice == warning).count()
}

fn was_told(world: &World, lie: Lie) -> bool {
    world.told_lies().iter().any(|(_, told)| *told == lie)
}

/// Whether every pair was connected at some time.
fn all_met(world: &World) -> bool {
    (0..3).all(|node| {
        let met = |notice: &&Notice| matches!(notice, Notice::PeerConnected { .. });
        world.notices(node).iter().filter(met).count() >= 2
    })
}

#[test]
fn changed_signals_are_thrown_away_and_told_once() {
    let name = "changed_signals_are_thrown_away_and_told_once";
    check(TARGET, name, CHANGED, |seed| {
        let lies = Lies {
            changes: [30, 300, 1000][seed as usize % 3],
            drops: 20,
            ..Lies::default()
        };
        let world = session(seed, lies, false);
        assert!(was_told(&world, Lie::Changed) || seed % 3 == 0);
        if seed % 3 == 2 {
            assert!(!all_met(&world), "nothing came through, and yet");
        }
    });
}

#[test]
fn signals_passed_on_as_anothers_are_thrown_away_and_told_once() {
    let name = "signals_passed_on_as_anothers_are_thrown_away_and_told_once";
    check(TARGET, name, MISDIRECTED, |seed| {
        let lies = Lies {
            misdirects: [100, 500][seed as usize % 2],
            invents: 20,
            invented_at_once: 2,
            ..Lies::default()
        };
        let world = session(seed, lies, false);
        assert!(was_told(&world, Lie::Changed) || seed % 2 == 0);
    });
}

#[test]
fn signals_that_come_again_are_thrown_away_and_told_once() {
    let name = "signals_that_come_again_are_thrown_away_and_told_once";
    check(TARGET, name, REPEATED, |seed| {
        let lies = Lies {
            repeats: 300,
            delays: 50,
            ..Lies::default()
        };
        let world = session(seed, lies, false);
        assert!(was_told(&world, Lie::Repeated));
        assert!(all_met(&world), "a lie kept people apart");
    });
}

#[test]
fn people_who_do_not_exist_keep_nobody_from_their_friends() {
    let name = "people_who_do_not_exist_keep_nobody_from_their_friends";
    check(TARGET, name, INVENTED, |seed| {
        let lies = Lies {
            invents: 150,
            invented_at_once: [1, 10][seed as usize % 2],
            ..Lies::default()
        };
        let world = session(seed, lies, false);
        assert!(all_met(&world), "honest people did not meet");
        for node in 0..3 {
            let peers = world.view(node).peers.len();
            assert!(peers <= 64, "node {node} keeps {peers} peers");
        }
    });
}

#[test]
fn people_who_are_hidden_stay_connected() {
    check(
        TARGET,
        "people_who_are_hidden_stay_connected",
        HIDDEN,
        |seed| {
            let lies = Lies {
                hides: 300,
                drops: 50,
                ..Lies::default()
            };
            let world = session(seed, lies, false);
            for node in 0..3 {
                let lost = |notice: &&Notice| matches!(notice, Notice::PeerLeft { .. });
                let lost = world.notices(node).iter().find(lost);
                assert_eq!(lost, None, "the server's word outweighed a live link");
            }
        },
    );
}

#[test]
fn joining_twice_or_as_oneself_changes_nothing_and_is_told() {
    let name = "joining_twice_or_as_oneself_changes_nothing_and_is_told";
    check(TARGET, name, REJOINED, |seed| {
        let lies = Lies {
            rejoins: 1000,
            renames: [0, 300][seed as usize % 2],
            ..Lies::default()
        };
        let world = session(seed, lies, false);
        assert!(was_told(&world, Lie::Roster));
        if seed % 2 == 0 {
            assert!(all_met(&world), "a second answer kept people apart");
        }
    });
}

#[test]
fn words_that_make_no_sense_do_no_harm() {
    check(
        TARGET,
        "words_that_make_no_sense_do_no_harm",
        JUNK,
        |seed| {
            let lies = Lies {
                junk: 300,
                changes: 50,
                delays: 50,
                hides: 20,
                ..Lies::default()
            };
            session(seed, lies, false);
        },
    );
}

/// It even knows what seals the signals, and has certificates of its own between all devices.
#[test]
fn nobody_connects_through_the_server_and_everybody_it_tried_is_warned() {
    let name = "nobody_connects_through_the_server_and_everybody_it_tried_is_warned";
    check(TARGET, name, IN_THE_MIDDLE, |seed| {
        let lies = Lies {
            delays: [0, 100][seed as usize % 2],
            invents: [0, 50][seed as usize % 2],
            invented_at_once: 1,
            ..Lies::default()
        };
        let world = session(seed, lies, true);
        for node in 0..3 {
            let warned = |notice: &Notice| matches!(notice, Notice::PeerRefused { reason, .. } if reason.contains("in between"));
            assert!(
                world.notices(node).iter().any(warned),
                "node {node} was not warned"
            );
        }
    });
}

/// The same sessions through an honest server: everybody meets and nobody is warned, so the tests
/// above could fail.
#[test]
fn without_lies_everybody_meets_and_nobody_is_warned() {
    let name = "without_lies_everybody_meets_and_nobody_is_warned";
    check(TARGET, name, 20, |seed| {
        let world = session(seed, Lies::default(), false);
        assert!(all_met(&world));
        for node in 0..3 {
            let warned = |notice: &&Notice| {
                matches!(
                    notice,
                    Notice::ServerSuspected { .. } | Notice::PeerRefused { .. }
                )
            };
            assert_eq!(world.notices(node).iter().find(warned), None);
        }
    });
}

/// A thousand names one after the other, each gone again at once.
#[test]
fn a_stream_of_invented_people_is_not_dialled_without_end() {
    let name = "a_stream_of_invented_people_is_not_dialled_without_end";
    check(TARGET, name, 5, |seed| {
        let mut world = World::new(seed);
        world.room(2);
        for _ in 0..1000 {
            let mut id = [0; 16];
            world.dice().fill(&mut id);
            let peer = PeerId(id);
            world.tell(0, ServerMessage::PeerJoined { peer });
            world.run_for(Duration::from_millis(25));
            world.tell(0, ServerMessage::PeerLeft { peer });
        }
        let opened = world.links_opened(0);
        let most = 64 + world.now().as_secs() + 2;
        assert!(opened <= most, "{opened} connections");
        world.say(1, "still there?");
        world.run_until("the message", Duration::from_secs(10), World::is_all_heard);
    });
}

/// A room's worth of people who never answer: they are tried now and then at most, and somebody who
/// comes later is met all the same.
#[test]
fn people_who_never_answer_are_given_up_and_make_room() {
    let name = "people_who_never_answer_are_given_up_and_make_room";
    check(TARGET, name, 5, |seed| {
        let mut world = World::new(seed);
        world.room(2);
        for _ in 0..100 {
            let mut id = [0; 16];
            world.dice().fill(&mut id);
            world.tell(0, ServerMessage::PeerJoined { peer: PeerId(id) });
        }
        world.run_for(Duration::from_secs(200));
        assert_eq!(warnings(&world, 0, Suspicion::Roster), 1);
        let before = world.links_opened(0);
        world.run_for(Duration::from_secs(600));
        let later = world.links_opened(0) - before;
        assert!(later <= 64, "{later} tries in ten minutes");
        world.join();
        let met = |world: &World| {
            let view = world.view(2);
            view.peers.len() == 2 && view.peers.iter().all(|peer| peer.identity.is_some())
        };
        world.run_until("the newcomer", Duration::from_secs(30), met);
    });
}
