//! The signaling server goes away: nothing that is connected notices.

use core::time::Duration;

use parlor_engine::notice::Notice;
use parlor_sim::World;
use parlor_sim::seeds::check;

#[test]
fn a_transfer_goes_on_without_the_server() {
    check(
        module_path!(),
        "a_transfer_goes_on_without_the_server",
        20,
        |seed| {
            let mut world = World::new(seed);
            world.faults().bandwidth = 100_000;
            world.room(2);
            world.offer(0, &[500_000]);
            world.run_for(Duration::from_secs(2));
            world.server_down();
            world.say(1, "still here");
            world.run_until("the end", Duration::from_secs(10), |world| {
                world.is_all_transferred() && world.is_all_heard()
            });
            world.run_for(Duration::from_secs(40));
            nobody_was_lost(&world);
            world.server_up();
            world.settle();
            nobody_was_lost(&world);
        },
    );
}

#[test]
fn a_server_that_restarts_is_found_again() {
    check(
        module_path!(),
        "a_server_that_restarts_is_found_again",
        30,
        |seed| {
            let mut world = World::rough(seed);
            world.room(3);
            world.offer(0, &[200_000]);
            for _ in 0..3 {
                world.server_down();
                let down = world.dice().u64(0..20_000);
                world.run_for(Duration::from_millis(down));
                world.server_up();
                let up = world.dice().u64(0..10_000);
                world.run_for(Duration::from_millis(up));
            }
            world.join();
            world.settle();
        },
    );
}

/// One member's token has expired when the server restarts, so it comes back as somebody else.
#[test]
fn a_member_who_comes_back_under_another_name() {
    check(
        module_path!(),
        "a_member_who_comes_back_under_another_name",
        20,
        |seed| {
            let mut world = World::new(seed);
            world.room(3);
            world.run_for(Duration::from_secs(60));
            // Everybody but node 0 gets a fresh token.
            world.cut_signaling(1);
            world.cut_signaling(2);
            world.run_for(Duration::from_secs(60));
            world.server_down();
            world.advance_server_clock(Duration::from_secs(24 * 3600 - 90));
            world.run_for(Duration::from_secs(5));
            world.server_up();
            world.run_for(Duration::from_secs(200));
            world.say(0, "who am I?");
            world.offer(1, &[100_000]);
            world.settle();
            // The path breaks, and is made again under the new name.
            world.cut(0, 1);
            world.cut(0, 2);
            world.run_for(Duration::from_secs(30));
            world.settle();
        },
    );
}

/// Long without the server, so that it gave the places up; the links break meanwhile.
#[test]
fn away_longer_than_the_server_waits() {
    check(
        module_path!(),
        "away_longer_than_the_server_waits",
        20,
        |seed| {
            let mut world = World::rough(seed);
            world.room(3);
            world.set_reaches_server(0, false);
            world.run_for(Duration::from_secs(170));
            if world.dice().bool() {
                world.cut(0, 1);
                world.run_for(Duration::from_secs(20));
            }
            world.say(0, "back soon");
            world.settle();
        },
    );
}

/// One side forgets the other while the server is out of the other's reach, after many links.
#[test]
fn a_pair_with_a_long_history_meets_again() {
    check(
        module_path!(),
        "a_pair_with_a_long_history_meets_again",
        10,
        |seed| {
            let mut world = World::new(seed);
            world.room(2);
            for _ in 0..20 {
                world.cut(0, 1);
                world.run_for(Duration::from_secs(12));
                world.heal(0, 1);
                world.run_until("a mesh", Duration::from_secs(60), World::is_meshed);
            }
            world.set_reaches_server(1, false);
            world.cut(0, 1);
            world.run_for(Duration::from_secs(200));
            world.say(0, "hello again");
            let took = world.settle();
            assert!(took < Duration::from_secs(40), "{took:?}");
        },
    );
}

/// The path breaks, and the offer of the next try is lost in a socket that broke as well.
#[test]
fn a_lost_offer_is_asked_for_again() {
    check(
        module_path!(),
        "a_lost_offer_is_asked_for_again",
        40,
        |seed| {
            let mut world = World::new(seed);
            world.faults().ice_notices = false;
            world.room(2);
            world.cut(0, 1);
            let millis = world.dice().u64(5000..8000);
            world.run_for(Duration::from_millis(millis));
            for node in 0..2 {
                world.cut_signaling(node);
            }
            world.run_for(Duration::from_millis(9000 - millis));
            let took = world.settle();
            assert!(took < Duration::from_secs(12), "{took:?}");
        },
    );
}

#[test]
fn sockets_that_break_all_the_time() {
    check(
        module_path!(),
        "sockets_that_break_all_the_time",
        20,
        |seed| {
            let mut world = World::rough(seed);
            for _ in 0..3 {
                world.join();
            }
            for _ in 0..20 {
                let node = world.dice().usize(0..3);
                world.cut_signaling(node);
                let millis = world.dice().u64(0..5000);
                world.run_for(Duration::from_millis(millis));
                if world.dice().bool() {
                    world.network_changed(node);
                }
            }
            world.settle();
        },
    );
}

fn nobody_was_lost(world: &World) {
    for node in world.here() {
        let is_loss = |n: &&Notice| matches!(n, Notice::PeerLost { .. } | Notice::PeerLeft { .. });
        assert_eq!(world.notices(node).iter().find(is_loss), None);
    }
}
