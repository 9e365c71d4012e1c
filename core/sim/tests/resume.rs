//! Transfers that go on: after a kill of either side, a pause, a full disk.

use core::time::Duration;

use parlor_engine::accept::{AcceptFrom, AcceptKinds, AcceptRules};
use parlor_engine::input::Command;
use parlor_engine::notice::{Notice, OfferStanding, Outcome};
use parlor_engine::view::TransferStateView;
use parlor_sim::seeds::check;
use parlor_sim::{Manner, World};

const LIMIT: Duration = Duration::from_secs(300);

fn is_complete(world: &World, node: usize) -> bool {
    let complete = |notice: &Notice| {
        matches!(
            notice,
            Notice::Received {
                outcome: Outcome::Complete { .. },
                ..
            }
        )
    };
    world.notices(node).iter().any(complete)
}

fn questions(world: &World, node: usize) -> usize {
    let is_question = |notice: &&Notice| {
        matches!(
            notice,
            Notice::Offered {
                standing: OfferStanding::Open,
                ..
            }
        )
    };
    world.notices(node).iter().filter(is_question).count()
}

/// A room of two where a transfer of `sizes` was taken and has begun.
fn begun(seed: u64, sizes: &[usize]) -> (World, u64) {
    let mut world = World::rough(seed);
    world.room(2);
    let transfer = world.offer(0, sizes);
    world.run_until("some of it is there", LIMIT, |world| {
        let view = world.view(1);
        view.transfers.iter().any(|t| t.done_bytes > 100_000)
    });
    (world, transfer)
}

/// A transfer whose receiver or sender is killed half-way ends well, and nobody is asked twice.
fn goes_on_after_a_kill_of(node: usize, name: &str) {
    check(module_path!(), name, 40, |seed| {
        let (mut world, _) = begun(seed, &[3_000_000, 1_000, 400_000, 0]);
        let millis = world.dice().u64(500..4000);
        world.run_for(Duration::from_millis(millis));
        world.kill(node);
        world.restart(node);
        world.set_manner(1, Manner::Ignores);
        world.run_until("it is complete", LIMIT, |world| is_complete(world, 1));
        assert_eq!(questions(&world, 1), 1);
    });
}

#[test]
fn a_killed_receiver_goes_on_without_asking_again() {
    goes_on_after_a_kill_of(1, "a_killed_receiver_goes_on_without_asking_again");
}

#[test]
fn a_killed_sender_goes_on_without_a_question() {
    goes_on_after_a_kill_of(0, "a_killed_sender_goes_on_without_a_question");
}

#[test]
fn what_is_there_is_not_sent_again_after_a_kill() {
    let mut world = World::new(3);
    world.room(2);
    world.offer(0, &[4_000_000]);
    world.run_until("half of it is there", LIMIT, |world| {
        let view = world.view(1);
        view.transfers.iter().any(|t| t.done_bytes > 2_000_000)
    });
    world.kill(0);
    world.restart(0);
    world.run_until("it is complete", LIMIT, |world| is_complete(world, 1));
    let view = world.view(0);
    let sent: u64 = view.transfers.iter().map(|t| t.sent_bytes).sum();
    assert!(sent < 2_500_000, "{sent} bytes were sent after the kill");
}

#[test]
fn a_pause_of_either_side_holds_until_that_side_ends_it() {
    let name = "a_pause_of_either_side_holds_until_that_side_ends_it";
    check(module_path!(), name, 40, |seed| {
        let (mut world, transfer) = begun(seed, &[3_000_000, 400_000]);
        let key = world.key(0, transfer);
        let is_sender = world.dice().bool();
        let pause = |is_paused| {
            if is_sender {
                let command = Command::PauseOutgoing {
                    transfer,
                    is_paused,
                };
                (0, command)
            } else {
                (1, Command::PauseIncoming { key, is_paused })
            }
        };
        let (node, command) = pause(true);
        world.command(node, command);
        world.run_for(Duration::from_secs(40));
        let before = world.view(1).transfers.clone();
        world.run_for(Duration::from_secs(40));
        let after = world.view(1).transfers.clone();
        assert_eq!(before.len(), 1);
        assert_eq!(before[0].done_bytes, after[0].done_bytes, "it moved");
        let is_held = after[0].state == TransferStateView::Ended || after[0].hold.is_some();
        assert!(is_held, "{after:?}");
        let (node, command) = pause(false);
        world.command(node, command);
        world.run_until("it is complete", LIMIT, |world| is_complete(world, 1));
    });
}

#[test]
fn a_paused_transfer_is_still_paused_after_a_kill() {
    let mut world = World::new(5);
    world.room(2);
    let transfer = world.offer(0, &[3_000_000]);
    let key = world.key(0, transfer);
    world.run_until("it has begun", LIMIT, |world| {
        world.view(1).transfers.iter().any(|t| t.done_bytes > 0)
    });
    let is_paused = true;
    world.command(1, Command::PauseIncoming { key, is_paused });
    world.run_for(Duration::from_secs(2));
    world.kill(1);
    world.restart(1);
    world.run_for(Duration::from_secs(60));
    let view = world.view(1);
    assert!(view.transfers[0].hold.as_ref().is_some_and(|h| h.by_us));
    let is_paused = false;
    world.command(1, Command::PauseIncoming { key, is_paused });
    world.run_until("it is complete", LIMIT, |world| is_complete(world, 1));
}

#[test]
fn a_full_disk_is_told_to_both_and_freed_it_goes_on_by_itself() {
    let name = "a_full_disk_is_told_to_both_and_freed_it_goes_on_by_itself";
    check(module_path!(), name, 40, |seed| {
        let (mut world, _) = begun(seed, &[2_000_000, 1_000_000, 5_000]);
        if is_complete(&world, 1) {
            return;
        }
        world.set_disk_full(1, true);
        world.run_for(Duration::from_secs(60));
        let is_over = is_complete(&world, 1);
        let told = [0, 1].map(|node| {
            let view = world.view(node);
            let full = |hold: &parlor_engine::view::HoldView| hold.reason.is_some();
            view.transfers[0].hold.as_ref().is_some_and(full)
        });
        assert!(is_over || told == [true, true], "{told:?}");
        world.set_disk_full(1, false);
        world.run_until("it is complete", LIMIT, |world| is_complete(world, 1));
    });
}

#[test]
fn a_closed_app_goes_on_where_it_was() {
    let (mut world, _) = begun(9, &[3_000_000]);
    world.command(1, Command::Close);
    world.run_until("the sender saw it", LIMIT, |world| {
        let is_left = |notice: &Notice| matches!(notice, Notice::PeerLeft { .. });
        world.notices(0).iter().any(is_left)
    });
    world.restart(1);
    world.set_manner(1, Manner::Ignores);
    world.run_until("it is complete", LIMIT, |world| is_complete(world, 1));
}

#[test]
fn small_files_of_an_offer_go_past_a_large_one() {
    let mut world = World::new(11);
    world.room(2);
    world.offer(0, &[8_000_000, 10_000, 20_000, 30_000]);
    world.run_until("the small ones are there", LIMIT, |world| {
        world.view(1).transfers.iter().any(|t| t.done_files == 3)
    });
    assert!(world.view(1).transfers[0].done_bytes < 4_000_000);
    world.settle();
}

#[test]
fn what_the_rules_take_is_not_asked_about() {
    let mut world = World::new(13);
    world.room(2);
    world.set_manner(1, Manner::Ignores);
    world.command(
        1,
        Command::Accept(AcceptRules {
            from: AcceptFrom::Anyone,
            max_bytes: 50_000,
            kinds: AcceptKinds::All,
        }),
    );
    world.expect_all_taken(1);
    world.offer(0, &[20_000, 30_000]);
    world.run_until("it is complete", LIMIT, |world| is_complete(world, 1));
    assert_eq!(questions(&world, 1), 0);
    world.offer(0, &[60_000]);
    world.run_until("it is asked about", LIMIT, |world| questions(world, 1) == 1);
}

#[test]
fn small_pictures_reach_those_who_have_not_answered_once() {
    let mut world = World::new(15);
    world.room(2);
    world.set_manner(1, Manner::Ignores);
    let transfer = world.offer(0, &[20_000, 30_000]);
    for image in [vec![1; 100], vec![2; 20_000]] {
        let image = image.into();
        let file = 1;
        world.command(
            0,
            Command::Preview {
                transfer,
                file,
                image,
            },
        );
    }
    world.run_for(Duration::from_secs(5));
    let late = world.join();
    world.set_manner(late, Manner::Ignores);
    world.run_for(Duration::from_secs(20));
    for node in [1, late] {
        let shown: Vec<usize> = world
            .notices(node)
            .iter()
            .filter_map(|notice| match notice {
                Notice::Preview { image, .. } => Some(image.len()),
                _ => None,
            })
            .collect();
        assert_eq!(shown, [100], "what is over the limit is not shown");
    }
}

#[test]
fn while_one_file_waits_for_room_another_arrives() {
    let mut world = World::new(17);
    world.room(2);
    world.set_room_for(1, 3_000_000);
    world.offer(0, &[2_500_000, 2_000_000]);
    world.run_until("the first is there", LIMIT, |world| {
        let view = world.view(1);
        view.transfers
            .iter()
            .any(|t| t.done_files == 1 && t.hold.is_some())
    });
    world.run_until("the sender is told", Duration::from_secs(2), |world| {
        let view = world.view(0);
        view.transfers[0].hold.as_ref().is_some_and(|h| !h.by_us)
    });
    world.set_room_for(1, 10_000_000);
    world.run_until("it is complete", LIMIT, |world| is_complete(world, 1));
}
