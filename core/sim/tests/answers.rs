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
