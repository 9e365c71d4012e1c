//! People who decline, pick, change their minds, or never answer.

use core::time::Duration;

use parlor_engine::notice::{Notice, Outcome};
use parlor_sim::seeds::check;
use parlor_sim::{Manner, World};

#[test]
fn declining_ends_it_on_both_sides() {
    check(
        module_path!(),
        "declining_ends_it_on_both_sides",
        20,
        |seed| {
            let mut world = World::rough(seed);
            world.room(3);
            world.set_manner(1, Manner::Declines);
            world.set_manner(2, Manner::Picks);
            world.offer(0, &[100_000, 100_000, 5]);
            world.settle();
            let declined = |n: &Notice| {
                matches!(
                    n,
                    Notice::Received {
                        outcome: Outcome::Declined,
                        ..
                    }
                )
            };
            assert!(world.notices(1).iter().any(declined));
        },
    );
}

#[test]
fn cancelling_ends_it_on_both_sides() {
    check(
        module_path!(),
        "cancelling_ends_it_on_both_sides",
        60,
        |seed| {
            let mut world = World::rough(seed);
            world.room(3);
            if world.dice().u8(0..5) == 0 {
                world.set_manner(1, Manner::Ignores);
            }
            let transfer = world.offer(0, &[300_000, 200_000]);
            let other = world.offer(1, &[50_000]);
            let with_cut = world.dice().bool();
            let millis = world.dice().u64(0..4000);
            world.run_for(Duration::from_millis(millis));
            if with_cut {
                world.cut(0, 1);
                let millis = world.dice().u64(0..20_000);
                world.run_for(Duration::from_millis(millis));
            }
            match world.dice().u8(0..3) {
                0 => world.cancel_outgoing(0, transfer),
                1 => world.cancel_incoming(1, world.key(0, transfer)),
                _ => {
                    world.cancel_incoming(1, world.key(0, transfer));
                    world.cancel_outgoing(0, transfer);
                }
            }
            world.cancel_incoming(2, world.key(1, other));
            if with_cut {
                let millis = world.dice().u64(0..20_000);
                world.run_for(Duration::from_millis(millis));
            }
            world.set_manner(1, Manner::Accepts);
            world.settle();
        },
    );
}

fn outcomes(world: &World, node: usize) -> Vec<Outcome> {
    let notices = world.notices(node).iter();
    notices
        .filter_map(|notice| match notice {
            Notice::Received { outcome, .. } => Some(outcome.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn what_was_declined_or_cancelled_can_be_had_after_all() {
    check(module_path!(), "had_after_all", 30, |seed| {
        let mut world = World::rough(seed);
        world.room(2);
        let declines = world.dice().bool();
        if declines {
            world.set_manner(1, Manner::Declines);
        }
        let transfer = world.offer(0, &[300_000, 200_000]);
        let key = world.key(0, transfer);
        if !declines {
            let millis = world.dice().u64(500..4000);
            world.run_for(Duration::from_millis(millis));
            world.cancel_incoming(1, key);
        }
        world.settle();
        if let Some(Outcome::Complete { .. }) = outcomes(&world, 1).last() {
            return;
        }
        let is_away = world.dice().bool();
        if is_away {
            world.cut(0, 1);
            world.run_for(Duration::from_secs(20));
        }
        world.take_up_again(1, key);
        if is_away {
            world.run_for(Duration::from_secs(5));
            world.heal(0, 1);
        }
        world.settle();
        let complete = Outcome::Complete {
            files: 2,
            bytes: 500_000,
        };
        assert_eq!(outcomes(&world, 1).last(), Some(&complete));
    });
}

#[test]
fn files_that_the_disk_refused_can_be_tried_again_and_the_others_are_not_sent_twice() {
    check(module_path!(), "tried_again", 30, |seed| {
        let mut world = World::new(seed);
        world.room(2);
        world.faults().disk.create_fails = 500;
        let transfer = world.offer(0, &[150_000, 60_000, 500, 90_000]);
        world.settle();
        let key = world.key(0, transfer);
        let received = |world: &World| {
            let is_received = |n: &&Notice| matches!(n, Notice::FileReceived { .. });
            world.notices(1).iter().filter(is_received).count()
        };
        if received(&world) == 4 {
            return;
        }
        world.faults().disk.create_fails = 0;
        world.take_up_again(1, key);
        world.settle();
        assert_eq!(received(&world), 4);
        let last = outcomes(&world, 1).pop();
        assert!(matches!(last, Some(Outcome::Complete { files: 4, .. })));
    });
}

#[test]
fn many_files_that_were_cancelled_are_taken_up_again_once_each() {
    check(module_path!(), "many_taken_up_again", 20, |seed| {
        let mut world = World::new(seed);
        world.faults().bandwidth = 1_000_000;
        world.room(2);
        let transfer = world.offer(0, &[20_000; 60]);
        let key = world.key(0, transfer);
        let millis = world.dice().u64(200..2500);
        world.run_for(Duration::from_millis(millis));
        world.cancel_incoming(1, key);
        world.run_for(Duration::from_secs(5));
        if outcomes(&world, 1).len() != 1 {
            return;
        }
        if let Some(Outcome::Complete { .. }) = outcomes(&world, 1).last() {
            return;
        }
        if world.dice().bool() {
            world.kill(1);
            world.restart(1);
            world.run_for(Duration::from_secs(20));
        }
        world.take_up_again(1, key);
        world.settle();
        let last = outcomes(&world, 1).pop();
        assert!(
            matches!(last, Some(Outcome::Complete { files: 60, .. })),
            "{last:?}"
        );
    });
}
