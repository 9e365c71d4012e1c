//! Somebody vanishes in the middle of everything.

use core::time::Duration;

use parlor_engine::notice::Notice;
use parlor_sim::World;
use parlor_sim::seeds::check;

#[test]
fn a_killed_peer_is_noticed_within_fifteen_seconds() {
    check(
        module_path!(),
        "a_killed_peer_is_noticed_within_fifteen_seconds",
        40,
        |seed| {
            let mut world = World::rough(seed);
            world.room(3);
            world.offer(0, &[400_000]);
            world.offer(2, &[300_000]);
            let millis = world.dice().u64(0..3000);
            world.run_for(Duration::from_millis(millis));
            world.kill(2);
            world.run_until("both lost it", Duration::from_secs(15), |world| {
                (0..2).all(|node| world.notices(node).iter().any(is_loss))
            });
            world.say(0, "where did they go?");
            world.settle();
        },
    );
}

#[test]
fn a_killed_peer_comes_back_as_another() {
    check(
        module_path!(),
        "a_killed_peer_comes_back_as_another",
        20,
        |seed| {
            let mut world = World::rough(seed);
            world.room(3);
            world.offer(0, &[200_000]);
            world.kill(1);
            let back = world.join();
            world.say(back, "it is me again");
            world.settle();
        },
    );
}

/// Its messages count on, and the ledger sees that each is shown once.
#[test]
fn a_device_that_starts_again_is_heard_again() {
    let name = "a_device_that_starts_again_is_heard_again";
    check(module_path!(), name, 40, |seed| {
        let mut world = World::rough(seed);
        world.room(3);
        for node in 0..3 {
            world.say(node, "before");
            world.offer(node, &[200_000, 1_000]);
        }
        let millis = world.dice().u64(0..4000);
        world.run_for(Duration::from_millis(millis));
        world.kill(1);
        world.restart(1);
        for text in ["it is me again", "do you hear me?"] {
            world.say(1, text);
        }
        world.offer(1, &[100_000]);
        world.say(0, "loud and clear");
        world.settle();
    });
}

#[test]
fn leaving_is_noticed_at_once() {
    check(module_path!(), "leaving_is_noticed_at_once", 20, |seed| {
        let mut world = World::new(seed);
        world.room(3);
        world.offer(0, &[2_000_000]);
        world.offer(1, &[2_000_000]);
        let millis = world.dice().u64(0..2000);
        world.run_for(Duration::from_millis(millis));
        world.say(0, "bye");
        world.leave(0);
        world.run_until("both saw it", Duration::from_secs(2), |world| {
            (1..3).all(|node| world.notices(node).iter().any(is_loss))
        });
        world.settle();
    });
}

fn is_loss(notice: &Notice) -> bool {
    matches!(notice, Notice::PeerLost { .. } | Notice::PeerLeft { .. })
}

/// Said while nobody was there or the path was cut, and the app is killed before anybody heard it.
#[test]
fn what_was_said_alone_goes_out_once_after_the_app_is_killed() {
    let name = "what_was_said_alone_goes_out_once_after_the_app_is_killed";
    check(module_path!(), name, 40, |seed| {
        let mut world = World::rough(seed);
        world.room(2);
        if world.dice().bool() {
            world.settle();
        }
        world.cut(0, 1);
        for n in 0..20 {
            world.say(0, &format!("alone {n}"));
            world.say(1, &format!("alone as well {n}"));
            let millis = world.dice().u64(0..200);
            world.run_for(Duration::from_millis(millis));
        }
        let node = world.dice().usize(0..2);
        world.kill(node);
        world.restart(node);
        world.say(node, "back");
        world.settle();
    });
}

#[test]
fn an_app_that_is_killed_again_and_again_loses_and_doubles_nothing() {
    let name = "an_app_that_is_killed_again_and_again_loses_and_doubles_nothing";
    check(module_path!(), name, 20, |seed| {
        let mut world = World::rough(seed);
        world.room(3);
        for n in 0..6 {
            for node in 0..3 {
                world.say(node, &format!("{node} says {n}"));
            }
            let millis = world.dice().u64(0..1500);
            world.run_for(Duration::from_millis(millis));
            let node = world.dice().usize(0..3);
            world.kill(node);
            world.restart(node);
        }
        world.settle();
    });
}
