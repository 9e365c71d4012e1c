//! Anything, at any time; then it all heals and everything must come right.

use core::time::Duration;

use parlor_sim::faults::DiskFaults;
use parlor_sim::seeds::check;
use parlor_sim::{Manner, World};

/// People at once.
const PEOPLE_MAX: usize = 5;

#[test]
fn chaos() {
    check(module_path!(), "chaos", 300, |seed| {
        let mut world = World::rough(seed);
        if world.dice().bool() {
            let faults = DiskFaults::rough(world.dice());
            world.set_disk_faults(faults);
        }
        let windows = [128 * 1024, 512 * 1024, 4 * 1024 * 1024];
        let window = windows[world.dice().usize(0..windows.len())];
        world.set_window_bytes(window);
        for _ in 0..world.dice().usize(2..4) {
            world.join();
        }
        for _ in 0..world.dice().usize(10..50) {
            let millis = world.dice().u64(0..4000);
            world.run_for(Duration::from_millis(millis));
            anything(&mut world);
        }
        world.settle();
        world.leave(world.here()[0]);
        world.settle();
    });
}

fn anything(world: &mut World) {
    let here = world.here();
    let (some, other) = (
        world.dice().usize(0..here.len()),
        world.dice().usize(0..here.len()),
    );
    let (node, other) = (here[some], here[other]);
    match world.dice().u8(0..40) {
        0..8 => {
            let text = format!("said at {:?}", world.now());
            world.say(node, &text);
        }
        8..14 => {
            let count = world.dice().usize(1..5);
            let sizes: Vec<usize> = (0..count).map(|_| world.dice().usize(0..200_000)).collect();
            world.offer(node, &sizes);
        }
        14..18 if node != other => world.cut(node, other),
        18..22 if node != other => world.heal(node, other),
        22 => world.server_down(),
        23..25 => world.server_up(),
        25..27 => world.cut_signaling(node),
        27 => world.set_reaches_server(node, false),
        28 => world.set_reaches_server(node, true),
        29 => world.network_changed(node),
        30 => {
            let manners = [Manner::Accepts, Manner::Declines, Manner::Picks];
            let manner = manners[world.dice().usize(0..manners.len())];
            world.set_manner(node, manner);
        }
        31..33 => {
            let transfer = world.dice().u64(1..4);
            world.cancel_outgoing(node, transfer);
        }
        33..35 => {
            let transfer = world.dice().u64(1..4);
            world.cancel_incoming(node, world.key(other, transfer));
        }
        35 => {
            let is_full = world.dice().bool();
            world.set_disk_full(node, is_full);
        }
        36 => {
            let (transfer, deletes) = (world.dice().u64(1..4), world.dice().bool());
            world.spoil_source(node, transfer, 0, deletes);
        }
        37 if here.len() < PEOPLE_MAX => {
            world.join();
        }
        38 if here.len() > 2 => world.kill(node),
        39 if here.len() > 2 => world.leave(node),
        _ => {}
    }
}
