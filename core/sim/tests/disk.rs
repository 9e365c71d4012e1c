//! Disks that are slow, full or broken, and sources that change.

use core::time::Duration;

use parlor_engine::notice::{Notice, Outcome};
use parlor_sim::World;
use parlor_sim::faults::DiskFaults;
use parlor_sim::seeds::check;

#[test]
fn a_full_disk_holds_its_files_and_nothing_else() {
    check(
        module_path!(),
        "a_full_disk_holds_its_files_and_nothing_else",
        25,
        |seed| {
            let mut world = World::new(seed);
            world.faults().bandwidth = 400_000;
            world.room(3);
            let transfer = world.offer(0, &[400_000, 300_000, 20_000]);
            let millis = world.dice().u64(0..2500);
            world.run_for(Duration::from_millis(millis));
            world.set_disk_full(1, true);
            world.say(0, "are you full?");
            let key = world.key(0, transfer);
            world.run_until("the other has it", Duration::from_secs(120), |world| {
                matches!(outcome_at(world, 2, key), Some(Outcome::Complete { .. }))
            });
            world.set_disk_full(1, false);
            world.settle();
        },
    );
}

#[test]
fn messages_survive_a_disk_that_fails_now_and_then() {
    check(
        module_path!(),
        "messages_survive_a_disk_that_fails_now_and_then",
        25,
        |seed| {
            let mut world = World::new(seed);
            world.faults().disk.message_fails = 300;
            world.faults().disk.delay_ms = 0..=200;
            world.room(3);
            for n in 0..60 {
                let node = world.dice().usize(0..3);
                world.say(node, &format!("message {n}"));
                let millis = world.dice().u64(0..300);
                world.run_for(Duration::from_millis(millis));
            }
            // The links stay up all the while: recovering must not need a new one.
            world.run_until("all heard", Duration::from_secs(240), World::is_all_heard);
        },
    );
}

#[test]
fn broken_disks_and_sources_end_every_transfer_somehow() {
    check(
        module_path!(),
        "broken_disks_and_sources_end_every_transfer_somehow",
        40,
        |seed| {
            let mut world = World::rough(seed);
            world.room(3);
            let faults = DiskFaults::rough(world.dice());
            world.set_disk_faults(faults);
            for node in 0..3 {
                world.offer(node, &[150_000, 60_000, 500]);
                world.say(node, "hello");
            }
            world.run_for(Duration::from_secs(20));
            world.settle();
        },
    );
}

#[test]
fn a_source_that_vanishes_or_changes_fails_that_file_alone() {
    check(
        module_path!(),
        "a_source_that_vanishes_or_changes_fails_that_file_alone",
        25,
        |seed| {
            let mut world = World::new(seed);
            world.faults().bandwidth = 300_000;
            world.room(3);
            let transfer = world.offer(0, &[300_000, 300_000]);
            let (millis, deletes) = (world.dice().u64(0..2500), world.dice().bool());
            world.run_for(Duration::from_millis(millis));
            world.spoil_source(0, transfer, 0, deletes);
            if world.dice().bool() {
                world.cut(0, 1);
                world.run_for(Duration::from_secs(15));
            }
            world.settle();
            for node in 1..3 {
                let received =
                    |notice: &Notice| matches!(notice, Notice::FileReceived { file: 1, .. });
                assert!(world.notices(node).iter().any(received));
            }
        },
    );
}

#[test]
fn a_few_damaged_chunks_are_fetched_again() {
    check(
        module_path!(),
        "a_few_damaged_chunks_are_fetched_again",
        25,
        |seed| {
            let mut world = World::new(seed);
            world.faults().disk.flips = 150;
            world.room(3);
            let transfer = world.offer(0, &[600_000, 90_000]);
            world.run_for(Duration::from_secs(10));
            world.settle();
            for node in 1..3 {
                let outcome = outcome_at(&world, node, world.key(0, transfer));
                assert!(
                    matches!(outcome, Some(Outcome::Complete { .. })),
                    "{outcome:?}"
                );
            }
        },
    );
}

fn outcome_at(
    world: &World,
    node: usize,
    of: parlor_engine::input::IncomingKey,
) -> Option<&Outcome> {
    world.notices(node).iter().find_map(|notice| match notice {
        Notice::Received { key, outcome } if *key == of => Some(outcome),
        _ => None,
    })
}
