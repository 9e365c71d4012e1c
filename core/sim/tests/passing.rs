//! Messages reach those who were not there, or have no link to their author, by way of others; and
//! who is writing shows.

use core::time::Duration;

use parlor_engine::input::{Command, MessageId};
use parlor_engine::known::KnownDevice;
use parlor_engine::notice::Notice;
use parlor_proto::frame::{ChatMessage, Frame, Passed};
use parlor_proto::text::DisplayName;
use parlor_sim::seeds::check;
use parlor_sim::{HostileFrame, NodeIx, World};

const LONG: Duration = Duration::from_secs(60);

fn heard(world: &World, node: NodeIx) -> Vec<String> {
    let notices = world.notices(node).iter();
    notices
        .filter_map(|notice| match notice {
            Notice::Heard { text, .. } => Some(text.clone()),
            _ => None,
        })
        .collect()
}

fn typing(world: &World, node: NodeIx) -> Vec<bool> {
    let notices = world.notices(node).iter();
    notices
        .filter_map(|notice| match notice {
            Notice::Typing { is_typing, .. } => Some(*is_typing),
            _ => None,
        })
        .collect()
}

#[test]
fn who_comes_after_the_author_left_hears_the_messages_from_the_others() {
    check(module_path!(), "after_the_author_left", 20, |seed| {
        let mut world = World::rough(seed);
        world.room(2);
        let count = world.dice().usize(1..100);
        let texts: Vec<String> = (0..count).map(|n| format!("message {n}")).collect();
        let all = |world: &World, node| heard(world, node).len() == count;
        for text in &texts {
            world.say(0, text);
        }
        world.run_until("the first end", LONG * 5, |world| all(world, 1));
        world.leave(0);
        world.run_for(Duration::from_secs(5));
        let late = world.join();
        world.run_until("all messages", LONG * 5, |world| all(world, late));
        assert_eq!(heard(&world, late), texts);
    });
}

#[test]
fn two_without_a_link_hear_each_other_through_a_third() {
    check(module_path!(), "through_a_third", 20, |seed| {
        let mut world = World::new(seed);
        world.room(3);
        world.cut(0, 2);
        world.run_for(Duration::from_secs(30));
        world.say(0, "can you hear me?");
        world.say(2, "hello?");
        world.say(0, "over there");
        let both = |world: &World| heard(world, 2).len() == 2 && heard(world, 0).len() == 1;
        world.run_until("both heard", LONG, both);
        world.heal(0, 2);
        world.say(0, "at last");
        world.run_until("the end", LONG, |world| heard(world, 2).len() == 3);
        assert_eq!(
            heard(&world, 2),
            ["can you hear me?", "over there", "at last"]
        );
    });
}

#[test]
fn what_was_passed_on_is_known_by_the_author_who_comes_back() {
    check(module_path!(), "the_author_comes_back", 10, |seed| {
        let mut world = World::new(seed);
        world.room(2);
        world.say(0, "one");
        world.say(0, "two");
        world.run_until("the first end", LONG, |world| heard(world, 1).len() == 2);
        world.kill(0);
        let late = world.join();
        world.run_until("passed on", LONG, |world| heard(world, late).len() == 2);
        world.restart(0);
        world.say(0, "three");
        world.run_until("the end", LONG, |world| heard(world, late).len() == 3);
        assert_eq!(heard(&world, late), ["one", "two", "three"]);
    });
}

#[test]
fn messages_cross_a_chain_of_members_who_never_met_the_author() {
    check(module_path!(), "a_chain", 10, |seed| {
        let mut world = World::new(seed);
        world.room(2);
        world.say(0, "pass it on");
        world.run_until("the first", LONG, |world| !heard(world, 1).is_empty());
        world.leave(0);
        world.run_for(Duration::from_secs(5));
        let second = world.join();
        world.run_until("the second", LONG, |world| !heard(world, second).is_empty());
        world.leave(1);
        world.run_for(Duration::from_secs(5));
        let third = world.join();
        world.run_until("the third", LONG, |world| !heard(world, third).is_empty());
        assert_eq!(heard(&world, third), ["pass it on"]);
    });
}

#[test]
fn a_message_that_its_author_did_not_sign_costs_the_one_who_passes_it_on_the_connection() {
    check(module_path!(), "not_signed", 10, |seed| {
        let mut world = World::new(seed);
        world.room(2);
        let (ada, eve) = (0, 1);
        let cem = world.public(7);
        let passed = Passed {
            handshake_key: cem.handshake,
            signing_key: cem.signing,
            name: DisplayName::sanitise("node 7"),
            message: ChatMessage::new(5, 1, 0, "I never said that"),
        };
        let frame = Frame::Passed(passed).encode().into();
        world.inject(eve, &[HostileFrame::Control(frame)]);
        world.run_for(Duration::from_secs(2));
        assert!(heard(&world, ada).is_empty());
        assert!(world.view(ada).peers.is_empty(), "cut off");
    });
}

#[test]
fn a_gap_cannot_be_forced_on_a_reader_by_passing_on_a_later_message_first() {
    check(module_path!(), "no_forced_gap", 10, |seed| {
        let mut world = World::new(seed);
        world.room(3);
        let (ada, eve, cem) = (0, 1, 2);
        let author = world.public(ada);
        world.cut(ada, cem);
        world.run_for(Duration::from_secs(30));
        let stream = world.stream(ada);
        let later = world.signed(ada, ChatMessage::new(stream, 2, 0, "two"));
        let passed = Passed {
            handshake_key: author.handshake,
            signing_key: author.signing,
            name: DisplayName::sanitise("node 0"),
            message: later,
        };
        let frame = Frame::Passed(passed).encode().into();
        world.inject(eve, &[HostileFrame::Control(frame)]);
        world.run_for(Duration::from_secs(2));
        assert!(heard(&world, cem).is_empty());
        world.say(ada, "one");
        world.say(ada, "two");
        world.heal(ada, cem);
        let both = |world: &World| heard(world, cem).len() == 2;
        world.run_until("both", LONG, both);
        assert_eq!(heard(&world, cem), ["one", "two"]);
    });
}

#[test]
fn an_answer_names_what_it_answers() {
    check(module_path!(), "an_answer", 5, |seed| {
        let mut world = World::new(seed);
        world.room(2);
        let answered = MessageId {
            author: world.device(1),
            stream: 7,
            seq: 3,
        };
        let command = Command::Say {
            text: "yes".to_owned(),
            in_reply_to: Some(answered),
            written_at_ms: 0,
        };
        world.command(0, command);
        world.run_until("the end", LONG, |world| !heard(world, 1).is_empty());
        let named = world.notices(1).iter().find_map(|notice| match notice {
            Notice::Heard { in_reply_to, .. } => *in_reply_to,
            _ => None,
        });
        assert_eq!(named, Some(answered));
    });
}

#[test]
fn somebody_who_writes_is_seen_to_until_the_message_comes() {
    check(module_path!(), "seen_writing", 10, |seed| {
        let mut world = World::new(seed);
        world.room(2);
        for _ in 0..4 {
            world.command(0, Command::Typed);
            world.run_for(Duration::from_secs(1));
        }
        assert_eq!(typing(&world, 1), [true]);
        world.say(0, "there");
        world.run_until("the end", LONG, |world| !heard(world, 1).is_empty());
        assert_eq!(typing(&world, 1), [true, false]);
    });
}

#[test]
fn who_stops_writing_or_goes_is_no_longer_seen_to_write() {
    check(module_path!(), "stops_writing", 10, |seed| {
        let mut world = World::rough(seed);
        world.room(2);
        for _ in 0..8 {
            world.command(0, Command::Typed);
            world.run_for(Duration::from_secs(1));
        }
        world.run_for(Duration::from_secs(15));
        let seen = typing(&world, 1);
        assert_ne!(seen.last(), Some(&true), "{seen:?}");
        world.command(0, Command::Typed);
        world.run_for(Duration::from_secs(1));
        world.kill(0);
        world.run_for(Duration::from_secs(30));
        let seen = typing(&world, 1);
        assert_ne!(seen.last(), Some(&true), "{seen:?}");
    });
}

#[test]
fn a_blocked_device_is_cut_off_and_let_in_again_when_the_person_wants_it() {
    check(module_path!(), "blocked", 10, |seed| {
        let mut world = World::new(seed);
        world.room(2);
        let public = world.public(1);
        let block = |is_blocked| Command::Block {
            device: KnownDevice {
                public,
                name: DisplayName::sanitise("node 1"),
                is_verified: false,
                is_blocked,
            },
        };
        world.command(0, block(true));
        world.run_for(Duration::from_secs(30));
        assert!(world.view(0).peers.is_empty());
        world.say(1, "are you there?");
        world.run_for(Duration::from_secs(30));
        assert!(heard(&world, 0).is_empty());
        // The app starts again, and still wants nothing to do with it.
        world.kill(0);
        world.restart(0);
        world.run_for(Duration::from_secs(60));
        assert!(heard(&world, 0).is_empty());
        world.command(0, block(false));
        world.kill(1);
        world.restart(1);
        world.run_until("heard", LONG * 3, |world| heard(world, 0).len() == 1);
    });
}

#[test]
fn how_somebody_wants_to_be_shown_is_seen_by_the_others() {
    check(module_path!(), "avatars", 3, |seed| {
        let mut world = World::new(seed);
        world.room(2);
        assert_eq!(world.view(0).peers[0].avatar, world.avatar(1));
    });
}
