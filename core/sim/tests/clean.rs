//! Nothing goes wrong: everything arrives, and soon.

use core::time::Duration;

use parlor_engine::notice::{Notice, Outcome};
use parlor_sim::World;
use parlor_sim::seeds::check;

#[test]
fn two_peers_chat_and_send_a_file() {
    check(
        module_path!(),
        "two_peers_chat_and_send_a_file",
        20,
        |seed| {
            let mut world = World::new(seed);
            let (ada, bob) = (world.join(), world.join());
            let took = world.run_until("a mesh", Duration::from_secs(3), World::is_meshed);
            assert!(took < Duration::from_secs(2), "{took:?}");
            world.say(ada, "hello");
            world.say(bob, "hi");
            world.say(ada, "here comes a file");
            let transfer = world.offer(ada, &[700_000, 0, 1, 65_536]);
            world.run_until("the end", Duration::from_secs(5), World::is_settled);
            let key = world.key(ada, transfer);
            let received = Notice::Received {
                key,
                outcome: Outcome::Complete {
                    files: 4,
                    bytes: 765_537,
                },
            };
            assert!(world.notices(bob).contains(&received));
            world.leave(ada);
            world.run_for(Duration::from_secs(60));
            assert!(world.view(bob).peers.is_empty());
        },
    );
}

#[test]
fn everybody_sends_to_everybody() {
    check(module_path!(), "everybody_sends_to_everybody", 10, |seed| {
        let mut world = World::new(seed);
        let people = world.dice().usize(3..=5);
        world.room(people);
        for node in 0..people {
            world.say(node, "one");
            world.offer(node, &[300_000, 10]);
            world.offer(node, &[40_000]);
            world.say(node, "two");
        }
        world.run_until("the end", Duration::from_secs(20), World::is_settled);
        for node in 0..people {
            assert!(complete(&world, node) == 2 * (people - 1));
        }
    });
}

/// Whoever comes later gets what was said and offered before.
#[test]
fn a_latecomer_gets_everything() {
    check(module_path!(), "a_latecomer_gets_everything", 10, |seed| {
        let mut world = World::new(seed);
        world.room(2);
        world.say(0, "early");
        world.offer(0, &[100_000]);
        world.run_until("the first end", Duration::from_secs(10), World::is_settled);
        let late = world.join();
        world.run_until("the end", Duration::from_secs(10), World::is_settled);
        assert_eq!(complete(&world, late), 1);
    });
}

/// However little a device wants to hold in memory, files of any sizes arrive.
#[test]
fn the_smallest_windows_do_not_stall() {
    check(
        module_path!(),
        "the_smallest_windows_do_not_stall",
        20,
        |seed| {
            let mut world = World::new(seed);
            let window = world.dice().u32(0..300_000);
            world.set_window_bytes(window);
            world.room(2);
            for _ in 0..6 {
                let size = world.dice().usize(0..300_000);
                world.offer(0, &[size, size / 7, 130_000]);
            }
            world.run_until("the end", Duration::from_secs(60), World::is_settled);
        },
    );
}

#[test]
fn a_seed_gives_the_same_run_every_time() {
    let run = |seed| {
        let mut world = World::rough(seed);
        world.record();
        world.room(3);
        world.say(1, "again");
        world.offer(2, &[100_000]);
        world.run_for(Duration::from_secs(5));
        world.recorded()
    };
    check(
        module_path!(),
        "a_seed_gives_the_same_run_every_time",
        3,
        |seed| {
            assert_eq!(run(seed), run(seed));
            assert_ne!(run(seed), run(seed + 1));
        },
    );
}

fn complete(world: &World, node: usize) -> usize {
    let is_complete = |notice: &&Notice| {
        matches!(
            notice,
            Notice::Received {
                outcome: Outcome::Complete { .. },
                ..
            }
        )
    };
    world.notices(node).iter().filter(is_complete).count()
}
