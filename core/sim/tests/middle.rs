//! Somebody between the peers, who knows what seals the signals and puts own certificates in the
//! way. The handshake on the control channel is all that stands against them.

use core::time::Duration;

use parlor_engine::notice::Notice;
use parlor_sim::seeds::check;
use parlor_sim::world::World;

#[test]
fn nobody_connects_through_a_swapped_certificate() {
    let name = "nobody_connects_through_a_swapped_certificate";
    check(module_path!(), name, 1000, |seed| {
        let mut world = World::new(seed);
        world.faults().in_the_middle = true;
        for _ in 0..2 {
            world.join();
        }
        world.run_for(Duration::from_secs(60));
        for node in 0..2 {
            let notices = world.notices(node);
            let connected = |notice: &Notice| matches!(notice, Notice::PeerConnected { .. });
            assert!(!notices.iter().any(connected), "node {node} was fooled");
            let warned = |notice: &Notice| matches!(notice, Notice::PeerRefused { reason, .. } if reason.contains("in between"));
            assert!(
                notices.iter().any(warned),
                "node {node} was not warned: {notices:?}"
            );
        }
    });
}
