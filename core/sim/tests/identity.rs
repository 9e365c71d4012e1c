//! Who somebody is: the emoji on both ends, what is remembered of a device, and taken names.

use core::time::Duration;

use bytes::Bytes;
use parlor_engine::input::Command;
use parlor_engine::known::Standing;
use parlor_engine::notice::Notice;
use parlor_proto::emoji::Comparison;
use parlor_proto::frame::{Frame, SasReveal};
use parlor_sim::seeds::check;
use parlor_sim::{HostileFrame, World};

const SOON: Duration = Duration::from_secs(30);

/// What `node` shows of `other`.
fn emoji(world: &World, node: usize, other: usize) -> Option<Comparison> {
    let device = world.device(other);
    let peers = world.view(node).peers.into_iter();
    let mut theirs = peers.filter(|peer| peer.identity.as_ref().is_some_and(|(d, _)| *d == device));
    theirs.find_map(|peer| peer.emoji)
}

fn standing(world: &World, node: usize, other: usize) -> Option<Standing> {
    let device = world.device(other);
    let notices = world.notices(node).iter().rev();
    let mut met = notices.filter_map(|notice| match notice {
        Notice::PeerConnected {
            device: d,
            standing,
            ..
        } if *d == device => Some(standing.clone()),
        _ => None,
    });
    met.next()
}

fn verify(world: &mut World, node: usize, other: usize, matches: bool) {
    let device = world.device(other);
    world.command(node, Command::Verify { device, matches });
}

fn is_refusal(notice: &Notice) -> bool {
    matches!(notice, Notice::PeerRefused { reason, .. } if reason.contains("in between"))
}

#[test]
fn both_ends_of_every_link_show_the_same_emoji() {
    let name = "both_ends_of_every_link_show_the_same_emoji";
    check(module_path!(), name, 60, |seed| {
        let mut world = World::rough(seed);
        world.room(3);
        for (one, other) in [(0, 1), (1, 2), (0, 2)] {
            world.run_until("emoji", SOON, |world| {
                emoji(world, one, other).is_some()
                    && emoji(world, one, other) == emoji(world, other, one)
            });
        }
        assert_ne!(emoji(&world, 0, 1), emoji(&world, 0, 2));
    });
}

/// Eve is in the room and passes on all that Ada and Bob say: they compare with each other what
/// each shows of her.
#[test]
fn somebody_who_relays_between_two_shows_them_different_emoji() {
    let name = "somebody_who_relays_between_two_shows_them_different_emoji";
    check(module_path!(), name, 300, |seed| {
        let mut world = World::new(seed);
        world.room(3);
        let (ada, bob, eve) = (0, 1, 2);
        world.run_until("emoji", SOON, |world| {
            [ada, bob]
                .iter()
                .all(|node| emoji(world, *node, eve).is_some())
        });
        assert_ne!(emoji(&world, ada, eve), emoji(&world, bob, eve));
    });
}

#[test]
fn a_number_out_of_turn_is_refused() {
    check(
        module_path!(),
        "a_number_out_of_turn_is_refused",
        20,
        |seed| {
            let mut world = World::new(seed);
            world.room(2);
            world.run_until("emoji", SOON, |world| emoji(world, 0, 1).is_some());
            let again = Frame::SasReveal(SasReveal { random: [1; 32] });
            world.inject(1, &[HostileFrame::Control(Bytes::from(again.encode()))]);
            world.run_until("refused", SOON, |world| {
                let refusal = |notice: &Notice| matches!(notice, Notice::PeerRefused { .. });
                world.notices(0).iter().any(refusal)
            });
        },
    );
}

#[test]
fn verified_is_remembered_for_the_device_when_the_app_starts_again() {
    let name = "verified_is_remembered_for_the_device_when_the_app_starts_again";
    check(module_path!(), name, 20, |seed| {
        let mut world = World::new(seed);
        world.room(3);
        assert_eq!(standing(&world, 0, 1), Some(Standing::New));
        world.run_until("emoji", SOON, |world| emoji(world, 0, 1).is_some());
        verify(&mut world, 0, 1, true);
        world.run_for(Duration::from_secs(1));
        world.kill(0);
        world.restart(0);
        world.settle();
        let calls_itself = None;
        let verified = Standing::Verified { calls_itself };
        assert_eq!(standing(&world, 0, 1), Some(verified));
        let former_name = None;
        let known = Standing::Known { former_name };
        assert_eq!(standing(&world, 0, 2), Some(known.clone()));
        assert_eq!(standing(&world, 1, 0), Some(known));
    });
}

#[test]
fn a_device_whose_emoji_differ_is_refused_for_the_rest_of_the_session() {
    let name = "a_device_whose_emoji_differ_is_refused_for_the_rest_of_the_session";
    check(module_path!(), name, 20, |seed| {
        let mut world = World::new(seed);
        world.faults().in_the_middle = false;
        world.room(2);
        world.mark_hostile(1);
        world.run_until("emoji", SOON, |world| emoji(world, 0, 1).is_some());
        verify(&mut world, 0, 1, false);
        assert!(world.notices(0).iter().any(is_refusal));
        world.kill(1);
        world.restart(1);
        world.run_until("refused again", SOON, |world| {
            world.notices(0).iter().filter(|n| is_refusal(n)).count() == 2
        });
        assert!(world.view(0).peers.is_empty());
    });
}

#[test]
fn emoji_cannot_be_judged_before_they_are_there() {
    let name = "emoji_cannot_be_judged_before_they_are_there";
    check(module_path!(), name, 5, |seed| {
        let mut world = World::new(seed);
        world.join();
        let device = world.device(0);
        let matches = true;
        world.command(0, Command::Verify { device, matches });
        let told = |notice: &Notice| matches!(notice, Notice::NotVerified { .. });
        assert!(world.notices(0).iter().any(told));
    });
}
