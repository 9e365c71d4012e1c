//! Lanes: the second way for file bytes, and what becomes of a transfer when one breaks.

use core::time::Duration;

use parlor_engine::notice::{Notice, Outcome};
use parlor_sim::World;
use parlor_sim::seeds::check;

const LIMIT: Duration = Duration::from_secs(300);

fn is_complete(world: &World, node: usize) -> bool {
    let complete = |notice: &Notice| {
        let Notice::Received { outcome, .. } = notice else {
            return false;
        };
        matches!(outcome, Outcome::Complete { .. })
    };
    world.notices(node).iter().any(complete)
}

fn has_lane(world: &World, node: usize) -> bool {
    world.view(node).peers.iter().any(|peer| peer.has_lane)
}

fn sent_bytes(world: &World) -> u64 {
    let view = world.view(0);
    view.transfers.iter().map(|t| t.sent_bytes).sum()
}

fn begun(world: &mut World) {
    world.run_until("some of it is there", LIMIT, |world| {
        let view = world.view(1);
        view.transfers.iter().any(|t| t.done_bytes > 500_000)
    });
}

#[test]
fn a_lane_opens_by_itself_and_carries_files() {
    let mut world = World::new(1);
    world.room(2);
    world.run_until("both have a lane", LIMIT, |world| {
        has_lane(world, 0) && has_lane(world, 1)
    });
    // Only the lane carries anything.
    world.faults().bandwidth = 20_000_000;
    world.offer(0, &[3_000_000, 1_000, 0]);
    world.settle();
    assert_eq!(sent_bytes(&world), 3_001_000);
}

#[test]
fn a_lane_that_breaks_again_and_again_loses_nothing() {
    let name = "a_lane_that_breaks_again_and_again_loses_nothing";
    check(module_path!(), name, 60, |seed| {
        let mut world = World::rough(seed);
        world.faults().lane_breaks = 120;
        world.faults().lane_fails = 200;
        world.room(2);
        world.offer(0, &[3_000_000, 1_000, 400_000, 0]);
        world.offer(1, &[700_000]);
        for node in [0, 1] {
            world.run_until("it is complete", LIMIT, |world| is_complete(world, node));
        }
        world.settle();
    });
}

#[test]
fn one_break_costs_no_more_than_what_was_under_way() {
    check(
        module_path!(),
        "one_break_costs_no_more_than_what_was_under_way",
        40,
        |seed| {
            let mut world = World::new(seed);
            world.faults().bandwidth = 2_000_000;
            world.set_window_bytes(1024 * 1024);
            world.room(2);
            world.offer(0, &[8_000_000]);
            begun(&mut world);
            world.faults().lane_breaks = 1000;
            world.run_for(Duration::from_millis(40));
            world.faults().lane_breaks = 0;
            world.settle();
            let again = sent_bytes(&world) - 8_000_000;
            assert!(again <= 1024 * 1024, "{again} bytes were sent again");
        },
    );
}

#[test]
fn after_a_break_there_is_a_new_lane() {
    let mut world = World::new(7);
    world.faults().bandwidth = 1_000_000;
    world.room(2);
    world.offer(0, &[8_000_000]);
    begun(&mut world);
    world.faults().lane_breaks = 1000;
    world.run_until("it is noticed", LIMIT, |world| !has_lane(world, 0));
    world.faults().lane_breaks = 0;
    world.run_until("there is a new one", Duration::from_secs(5), |world| {
        has_lane(world, 0) && has_lane(world, 1)
    });
    world.settle();
}

#[test]
fn where_one_side_has_no_lanes_files_go_all_the_same() {
    for without in [0, 1] {
        let mut world = World::new(9);
        for node in [0, 1] {
            world.set_has_lanes(node != without);
            world.join();
        }
        world.offer(0, &[2_000_000]);
        world.settle();
        assert!(!has_lane(&world, 0) && !has_lane(&world, 1));
        assert!(is_complete(&world, 1));
    }
}

#[test]
fn where_no_lane_ever_comes_about_files_go_all_the_same() {
    let mut world = World::new(11);
    world.faults().lane_fails = 1000;
    world.room(2);
    world.offer(0, &[2_000_000]);
    world.run_until("it is complete", Duration::from_secs(20), |world| {
        is_complete(world, 1)
    });
    assert!(!has_lane(&world, 0));
}

#[test]
fn a_cut_in_the_middle_of_a_lane_ends_well() {
    let name = "a_cut_in_the_middle_of_a_lane_ends_well";
    check(module_path!(), name, 40, |seed| {
        let mut world = World::rough(seed);
        world.room(2);
        world.offer(0, &[4_000_000]);
        begun(&mut world);
        world.cut(0, 1);
        let cut = world.dice().u64(500..40_000);
        world.run_for(Duration::from_millis(cut));
        world.heal(0, 1);
        world.run_until("it is complete", LIMIT, |world| is_complete(world, 1));
    });
}
