//! Lanes between two real rooms, and what becomes of a transfer when the path or the lane breaks.
//! The paths are emulated in namespaces of their own; where a machine permits none, those tests say
//! so and pass over it. (`cargo xtask faults` does the same to whole programs, for longer.)
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its scene has failed"
)]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parlor_core::options::{IdentityLocation, RoomOptions};
use parlor_core::room::notice::{Notice, Outcome};
use parlor_core::room::view::RoomView;
use parlor_core::room::{Room, RoomEvents};
use parlor_emulator::packet::is_quic;
use parlor_emulator::{Loss, Path, Shape, Side};
use parlor_proto::signal::JoinIntent;
use parlor_proto::text::DisplayName;
use tokio::runtime::Runtime;

use common::PATIENCE;

#[expect(
    dead_code,
    reason = "the server of these scenes is at one end of a path"
)]
mod common;

/// What may be sent again after a break: the receiver's window.
const AGAIN_MAX_BYTES: u64 = 4 * 1024 * 1024;

struct App {
    room: Room,
    events: RoomEvents,
}

/// Two people at the two ends of a path, and a server beside the first.
struct Scene {
    ada: App,
    bob: App,
    folder: tempfile::TempDir,
    file_bytes: u64,
    /// Whatever runs at each end.
    _ends: [Runtime; 2],
    watch: Runtime,
    path: Path,
}

fn runtime() -> Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    builder.worker_threads(2).enable_all().build().unwrap()
}

/// Runs something in the runtime of one end, whose threads are all there.
fn inside<T: Send + 'static>(
    end: &Runtime,
    watch: &Runtime,
    work: impl Future<Output = T> + Send + 'static,
) -> T {
    watch.block_on(end.spawn(work)).unwrap()
}

impl Scene {
    /// `None` where no path can be laid.
    fn set(shape: Shape, has_lane: [bool; 2]) -> Option<Self> {
        let path = match Path::lay(shape, shape, 3) {
            Ok(path) => path,
            Err(no) => {
                eprintln!("{no}");
                return None;
            }
        };
        let end = |side| path.run_to_end(side, runtime).unwrap();
        let ends = [end(Side::A), end(Side::B)];
        let watch = runtime();
        let folder = tempfile::tempdir().unwrap();
        let address = path.address(Side::A);
        let invite = inside(&ends[0], &watch, async move {
            let (server, invite) = common::server_at(address).await;
            // It serves until the runtime ends.
            std::mem::forget(server);
            invite
        });
        let start = |end: usize, name: &str| {
            let shown = DisplayName::sanitise(name);
            let mut options = RoomOptions::new(invite.clone(), JoinIntent::Open, shown);
            options.folder = Some(folder.path().join(format!("{name}-inbox")));
            options.identity = IdentityLocation::Folder(folder.path().join(format!("{name}-data")));
            options.ice_servers = Some(Vec::new());
            options.has_lane = has_lane[end];
            let room = async move { Room::start(options).unwrap() };
            let (room, events) = inside(&ends[end], &watch, room);
            App { room, events }
        };
        Some(Self {
            ada: start(0, "ada"),
            bob: start(1, "bob"),
            folder,
            file_bytes: 0,
            _ends: ends,
            watch,
            path,
        })
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("film.mp4")
    }

    /// Ada offers a file, Bob takes it, and a part of it has arrived.
    fn begin(&mut self, mib: usize) {
        let mut bytes = vec![0; mib * 1024 * 1024];
        fastrand::Rng::with_seed(1).fill(&mut bytes);
        std::fs::write(self.file(), &bytes).unwrap();
        self.file_bytes = bytes.len() as u64;
        let file = self.file();
        let (watch, ada, bob) = (&self.watch, &self.ada, &mut self.bob);
        watch.block_on(async {
            ada.room.share(vec![file]).await.unwrap();
            let pick = |notice: &Notice| match notice {
                Notice::Offered { key, .. } => Some(*key),
                _ => None,
            };
            let key = common::notice(&mut bob.events, "offer", pick).await;
            bob.room.answer(key, vec![0], None).await.unwrap();
        });
        let enough = self.file_bytes / 4;
        self.wait_at_bob(|view| view.transfers.iter().any(|t| t.done_bytes > enough));
    }

    fn wait_at_bob(&self, is_it: impl Fn(&RoomView) -> bool) {
        let mut view = self.bob.room.view();
        let wait = async { tokio::time::timeout(PATIENCE, view.wait_for(is_it)).await };
        self.watch.block_on(wait).unwrap().unwrap();
    }

    fn wait_for_lane(&self) {
        self.wait_at_bob(|view| view.peers.iter().any(|peer| peer.has_lane));
    }

    /// The file arrived as it is. Gives the bytes that were sent more than once.
    fn end(&mut self) -> u64 {
        let pick = |notice: &Notice| match notice {
            Notice::Received { outcome, .. } => Some(outcome.clone()),
            _ => None,
        };
        let end = common::notice(&mut self.bob.events, "end", pick);
        let outcome = self.watch.block_on(end);
        assert!(matches!(outcome, Outcome::Complete { .. }), "{outcome:?}");
        let arrived = self.folder.path().join("bob-inbox").join("film.mp4");
        assert!(std::fs::read(arrived).unwrap() == std::fs::read(self.file()).unwrap());
        let view = self.ada.room.view();
        let sent: u64 = view.borrow().transfers.iter().map(|t| t.sent_bytes).sum();
        sent - self.file_bytes
    }

    fn has_lane(&self) -> bool {
        let view = self.ada.room.view();
        let view = view.borrow();
        view.peers.iter().any(|peer| peer.has_lane)
    }
}

fn link(megabits: u64, loss: Loss) -> Shape {
    Shape::link(megabits, Duration::from_millis(20), loss)
}

#[test]
fn a_lane_opens_and_carries_files() {
    let Some(mut scene) = Scene::set(link(200, Loss::None), [true, true]) else {
        return;
    };
    scene.wait_for_lane();
    let quic = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&quic);
    scene.path.block(Some(Box::new(move |packet| {
        if is_quic(packet) {
            count.fetch_add(packet.len(), Ordering::Relaxed);
        }
        false
    })));
    scene.begin(12);
    assert_eq!(scene.end(), 0);
    let quic = quic.load(Ordering::Relaxed) as u64;
    assert!(quic > scene.file_bytes, "{quic} bytes of packets");
    assert!(scene.has_lane());
}

#[test]
fn losses_do_not_keep_a_lane_from_opening_and_files_arrive_whole() {
    let loss = Loss::Bursty {
        per_million: 20_000,
        mean_burst_packets: 4,
    };
    let Some(mut scene) = Scene::set(link(100, loss), [true, true]) else {
        return;
    };
    scene.wait_for_lane();
    scene.begin(12);
    scene.end();
}

#[test]
fn a_blocked_lane_leaves_the_file_to_the_data_channel() {
    let Some(mut scene) = Scene::set(link(100, Loss::None), [true, true]) else {
        return;
    };
    scene.wait_for_lane();
    scene.begin(40);
    scene.path.block(Some(Box::new(is_quic)));
    scene.wait_at_bob(|view| view.peers.iter().all(|peer| !peer.has_lane));
    let again = scene.end();
    assert!(again <= AGAIN_MAX_BYTES, "{again} bytes were sent again");
    assert!(!scene.has_lane());
}

#[test]
fn where_quic_never_passes_files_go_all_the_same() {
    let Some(mut scene) = Scene::set(link(200, Loss::None), [true, true]) else {
        return;
    };
    scene.path.block(Some(Box::new(is_quic)));
    scene.begin(8);
    assert_eq!(scene.end(), 0);
}

#[test]
fn where_one_side_wants_no_lane_files_go_all_the_same() {
    for has_lane in [[true, false], [false, true]] {
        let Some(mut scene) = Scene::set(link(200, Loss::None), has_lane) else {
            return;
        };
        scene.begin(8);
        assert_eq!(scene.end(), 0);
        assert!(!scene.has_lane());
    }
}

#[test]
fn a_path_that_was_down_for_a_while_is_gone_on_with() {
    let Some(mut scene) = Scene::set(link(50, Loss::None), [true, true]) else {
        return;
    };
    scene.wait_for_lane();
    scene.begin(24);
    scene.path.cut();
    std::thread::sleep(Duration::from_secs(5));
    scene.path.mend();
    let again = scene.end();
    assert!(again <= AGAIN_MAX_BYTES, "{again} bytes were sent again");
}

#[test]
fn a_new_address_in_the_middle_of_a_file_is_gone_on_with() {
    let Some(mut scene) = Scene::set(link(50, Loss::None), [true, true]) else {
        return;
    };
    scene.wait_for_lane();
    scene.begin(24);
    scene.path.change_address(Side::B).unwrap();
    let again = scene.end();
    assert!(again <= AGAIN_MAX_BYTES, "{again} bytes were sent again");
}
