//! A bad network: late, lost, doubled, replayed and overtaken, and paths that vanish for a while.

use core::time::Duration;

use parlor_engine::notice::{Notice, Outcome};
use parlor_sim::World;
use parlor_sim::seeds::check;

#[test]
fn two_peers_on_a_bad_network() {
    check(module_path!(), "two_peers_on_a_bad_network", 60, |seed| {
        let mut world = World::rough(seed);
        world.room(2);
        for n in 0..40 {
            world.say(n % 2, &format!("message {n}"));
        }
        world.offer(0, &[200_000, 3]);
        world.offer(1, &[150_000]);
        world.settle();
        no_transfer_failed(&world);
    });
}

#[test]
fn four_peers_on_a_bad_network() {
    check(module_path!(), "four_peers_on_a_bad_network", 25, |seed| {
        let mut world = World::rough(seed);
        world.room(4);
        for node in 0..4 {
            world.say(node, "hello");
            world.offer(node, &[60_000, 100_000]);
        }
        world.settle();
        no_transfer_failed(&world);
    });
}

#[test]
fn a_short_cut_in_the_middle_of_a_transfer() {
    cut_for(
        Duration::from_secs(5),
        "a_short_cut_in_the_middle_of_a_transfer",
    );
}

#[test]
fn a_long_cut_in_the_middle_of_a_transfer() {
    cut_for(
        Duration::from_secs(40),
        "a_long_cut_in_the_middle_of_a_transfer",
    );
}

fn cut_for(time: Duration, test: &str) {
    check(module_path!(), test, 40, |seed| {
        let mut world = World::rough(seed);
        world.room(3);
        world.offer(0, &[400_000, 30_000]);
        world.offer(1, &[200_000]);
        let before = Duration::from_millis(world.dice().u64(0..2500));
        world.run_for(before);
        world.cut(0, 1);
        world.say(0, "can you hear me?");
        world.run_for(time);
        world.heal(0, 1);
        world.say(1, "now I can");
        let took = world.settle();
        assert!(took < Duration::from_secs(90), "settled after {took:?}");
        no_transfer_failed(&world);
    });
}

/// The disk is slow and the path breaks again and again: what waits in memory stays bounded.
#[test]
fn cuts_while_the_disk_is_slow() {
    check(module_path!(), "cuts_while_the_disk_is_slow", 25, |seed| {
        let mut world = World::new(seed);
        world.set_window_bytes(256 * 1024);
        world.faults().ice_notices = world.dice().bool();
        world.faults().disk.delay_ms = 1500..=6000;
        world.room(2);
        world.offer(0, &[900_000, 500_000]);
        world.offer(1, &[400_000]);
        for _ in 0..6 {
            let millis = world.dice().u64(5000..15_000);
            world.run_for(Duration::from_millis(millis));
            world.cut(0, 1);
            world.run_for(Duration::from_millis(9500));
            world.heal(0, 1);
        }
        world.settle();
        no_transfer_failed(&world);
    });
}

fn no_transfer_failed(world: &World) {
    for node in world.here() {
        for notice in world.notices(node) {
            let Notice::Received { outcome, .. } = notice else {
                continue;
            };
            assert!(matches!(outcome, Outcome::Complete { .. }), "{outcome:?}");
        }
    }
}
