//! The inbox on a volume that fills up, dies in the middle of anything, and loses power.

use std::collections::BTreeMap;

use fastrand::Rng;
use parlor_engine::ranges::RangeSet;
use parlor_proto::limits::CHUNK_BYTES;

use super::tests::{KEY, Sent, chunks, offer};
use super::*;

mod memory;

use memory::MemoryDisk;

/// Volumes tried for each operation that can be the last.
const SEEDS: u64 = 10;

/// Volumes on which several lives end at random.
const RANDOM_SEEDS: u64 = 200;

const PATH: &str = "trip/day 2/beach.mov";

/// Three chunks and a bit, the second of them zeros.
fn sent(rng: &mut Rng) -> Sent {
    let mut data = vec![0; 3 * CHUNK_BYTES + rng.usize(1..9000)];
    rng.fill(&mut data);
    data[CHUNK_BYTES..2 * CHUNK_BYTES].fill(0);
    offer(PATH, data)
}

fn create(inbox: &mut Inbox<MemoryDisk>, file: u32, sent: &Sent, may_be_whole: bool) -> DiskInput {
    let request = DiskRequest::Create {
        key: KEY,
        file,
        offered: sent.offered.clone(),
        may_be_whole,
    };
    inbox.handle(request).unwrap()
}

fn have(created: DiskInput) -> RangeSet {
    match created {
        DiskInput::Created { have, .. } => have,
        other => panic!("{other:?}"),
    }
}

fn write(inbox: &mut Inbox<MemoryDisk>, chunk: &ChunkFrame) -> DiskInput {
    let chunk = chunk.clone();
    inbox
        .handle(DiskRequest::Write { key: KEY, chunk })
        .unwrap()
}

/// The sender's side and all lives of the receiver.
struct Scene {
    rng: Rng,
    disk: MemoryDisk,
    sent: Sent,
    frames: Vec<ChunkFrame>,
    /// What was answered as written.
    answered: RangeSet,
    is_finished: bool,
}

impl Scene {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let sent = sent(&mut rng);
        Self {
            disk: MemoryDisk::new(seed),
            frames: chunks(&sent, 0),
            sent,
            rng,
            answered: RangeSet::default(),
            is_finished: false,
        }
    }

    fn is_named(&self) -> bool {
        !self.disk.stored().is_empty()
    }

    /// Receives the file until the end or until the disk is dead. `keeps` says that what was
    /// answered must still be there.
    fn live(&mut self, may_be_whole: bool, keeps: bool) {
        let was_named = self.is_named();
        let mut inbox = Inbox::on(Some(self.disk.clone()));
        let have = match create(&mut inbox, 0, &self.sent, may_be_whole) {
            DiskInput::Created { have, .. } => have,
            DiskInput::Finished { .. } => {
                assert!(may_be_whole && was_named);
                self.is_finished = true;
                return;
            }
            other => return assert!(self.disk.is_dead(), "{other:?}"),
        };
        if keeps && !was_named {
            for frame in &self.frames {
                let (start, end) = range(frame);
                let is_lost = self.answered.contains(start, end) && !have.contains(start, end);
                assert!(!is_lost, "{start}..{end}");
            }
        }
        let is_missing = |frame: &&ChunkFrame| !have.contains(range(frame).0, range(frame).1);
        let mut missing: Vec<&ChunkFrame> = self.frames.iter().filter(is_missing).collect();
        self.rng.shuffle(&mut missing);
        for frame in missing {
            match write(&mut inbox, frame) {
                DiskInput::Written { .. } => self.answered.insert(range(frame).0, range(frame).1),
                other => return assert!(self.disk.is_dead(), "{other:?}"),
            }
        }
        match inbox.handle(DiskRequest::Finish { key: KEY, file: 0 }) {
            Some(DiskInput::Finished { .. }) => self.is_finished = true,
            other => assert!(self.disk.is_dead(), "{other:?}"),
        }
    }

    /// Whatever has a name is right, and what was finished has one.
    fn check(&self) {
        let stored = self.disk.stored();
        for (path, data) in &stored {
            assert!(*data == self.sent.data, "{path} is wrong");
        }
        assert!(
            !self.is_finished || !stored.is_empty(),
            "a finished file is lost"
        );
    }

    fn end_life(&mut self, loses_power: bool) {
        if loses_power {
            self.disk.cut_power();
            self.answered = RangeSet::default();
        } else {
            self.disk.kill();
        }
        self.check();
    }
}

fn range(frame: &ChunkFrame) -> (u64, u64) {
    (frame.offset, frame.offset + frame.data.len() as u64)
}

/// Lets a life end at each of its operations in turn, and the next one go on from there.
fn end_at_every_operation(loses_power: bool) {
    let mut ends = 0;
    for seed in 0..SEEDS {
        for operation in 1.. {
            let mut scene = Scene::new(seed);
            scene.disk.die_after(operation);
            scene.live(false, true);
            let is_over = !scene.disk.is_dead();
            scene.end_life(loses_power);
            if is_over {
                break;
            }
            ends += 1;
            let may_be_whole = scene.rng.bool();
            scene.live(may_be_whole, !loses_power);
            assert!(scene.is_finished, "seed {seed}, operation {operation}");
            scene.end_life(loses_power);
        }
    }
    assert!(ends > SEEDS * 20, "only {ends} ends");
}

/// Several lives end at random before one may come to its end.
fn end_at_random(loses_power: bool) {
    for seed in 0..RANDOM_SEEDS {
        let mut scene = Scene::new(seed);
        for life in 0..4 {
            scene.disk.die_after(scene.rng.u64(1..60));
            scene.live(life > 0, !loses_power);
            let is_cut = loses_power || scene.rng.u8(..8) == 0;
            scene.end_life(is_cut);
        }
        scene.live(true, false);
        scene.end_life(true);
        assert!(scene.is_finished, "seed {seed}");
    }
}

#[test]
fn killed_at_any_operation_it_goes_on_with_all_that_was_answered() {
    end_at_every_operation(false);
}

#[test]
fn killed_again_and_again_it_stores_the_file_right() {
    end_at_random(false);
}

#[test]
fn a_power_cut_at_any_operation_leaves_no_wrong_file_and_takes_no_finished_one() {
    end_at_every_operation(true);
}

#[test]
fn power_cuts_again_and_again_leave_no_wrong_file() {
    end_at_random(true);
}

#[test]
fn a_power_cut_while_files_are_finished_together_leaves_none_wrong_and_takes_no_finished_one() {
    let paths = ["a", "trip/a", "trip/day 2/a", "trip/day 2/b"];
    let of = |path: &str| offer(path, path.repeat(300).into_bytes());
    let sent = paths.map(of);
    for seed in 0..SEEDS {
        for operation in 1.. {
            let disk = MemoryDisk::new(seed);
            let mut inbox = Inbox::on(Some(disk.clone()));
            let mut files = Vec::new();
            for (file, sent) in (0..).zip(&sent) {
                create(&mut inbox, file, sent, false);
                write(&mut inbox, &chunks(sent, file)[0]);
                files.push((KEY, file));
            }
            disk.die_after(operation);
            let answers = inbox.finish(&files);
            drop(inbox);
            let is_over = !disk.is_dead();
            disk.cut_power();
            let stored = disk.stored();
            for (path, data) in &stored {
                assert!(*data == of(path).data, "{path} is wrong");
            }
            for answer in answers {
                if let DiskInput::Finished { stored_as, .. } = answer {
                    assert!(stored.contains_key(&stored_as), "{stored_as} is lost");
                }
            }
            if is_over {
                assert_eq!(stored.len(), sent.len());
                break;
            }
        }
    }
}

#[test]
fn a_disk_that_fills_up_keeps_what_is_there_until_there_is_room() {
    for seed in 0..RANDOM_SEEDS {
        let mut scene = Scene::new(seed);
        scene.disk.set_can_allocate(false);
        let mut inbox = Inbox::on(Some(scene.disk.clone()));
        have(create(&mut inbox, 0, &scene.sent, false));
        scene.disk.leave_free(scene.sent.offered.size / 2);
        let mut written = RangeSet::default();
        for (number, frame) in scene.frames.iter().enumerate() {
            match write(&mut inbox, frame) {
                DiskInput::Written { .. } => written.insert(range(frame).0, range(frame).1),
                DiskInput::NoSpace { len, .. } => {
                    assert_eq!(len, frame.data.len() as u64);
                    let next = write(&mut inbox, &scene.frames[number]);
                    assert!(matches!(next, DiskInput::Dropped { .. }), "{next:?}");
                    break;
                }
                other => panic!("{other:?}"),
            }
        }
        assert!(written.total() < scene.sent.offered.size);
        let full = create(&mut inbox, 0, &scene.sent, false);
        assert!(
            matches!(full, DiskInput::NoSpace { len: 0, .. }),
            "{full:?}"
        );
        scene.disk.leave_free(1 << 40);
        assert_eq!(have(create(&mut inbox, 0, &scene.sent, false)), written);
        drop(inbox);
        scene.answered = written;
        scene.live(false, true);
        assert!(scene.is_finished, "seed {seed}");
        scene.check();
    }
}

/// A file that was closed in the middle by a life that ended in order.
fn all_but_finished(seed: u64) -> Scene {
    let scene = Scene::new(seed);
    let mut inbox = Inbox::on(Some(scene.disk.clone()));
    create(&mut inbox, 0, &scene.sent, false);
    for frame in &scene.frames {
        write(&mut inbox, frame);
    }
    scene
}

#[test]
fn a_flipped_bit_costs_its_chunk_and_no_other() {
    for seed in 0..RANDOM_SEEDS {
        let mut scene = all_but_finished(seed);
        let (at, bit) = (scene.rng.usize(..scene.sent.data.len()), scene.rng.u8(..8));
        scene
            .disk
            .with_partial(".part", |bytes| bytes[at] ^= 1 << bit);
        let mut inbox = Inbox::on(Some(scene.disk.clone()));
        let have = have(create(&mut inbox, 0, &scene.sent, false));
        for frame in &scene.frames {
            let (start, end) = range(frame);
            let is_damaged = (start..end).contains(&(at as u64));
            assert_eq!(have.contains(start, end), !is_damaged, "seed {seed}");
        }
        drop(inbox);
        scene.live(false, false);
        assert!(scene.is_finished);
        scene.check();
    }
}

#[test]
fn a_damaged_record_costs_its_chunk_and_no_other() {
    for seed in 0..RANDOM_SEEDS {
        let mut scene = all_but_finished(seed);
        let record = scene.rng.usize(..scene.frames.len());
        let (at, bit) = (record * 41 + scene.rng.usize(..41), scene.rng.u8(..8));
        scene
            .disk
            .with_partial(".journal", |bytes| bytes[at] ^= 1 << bit);
        let mut inbox = Inbox::on(Some(scene.disk.clone()));
        let have = have(create(&mut inbox, 0, &scene.sent, false));
        let lost = scene.frames[record].data.len() as u64;
        assert_eq!(have.total(), scene.sent.offered.size - lost, "seed {seed}");
        let left = scene.disk.with_partial(".journal", |bytes| bytes.len());
        assert_eq!(left, (scene.frames.len() - 1) * 41, "junk stays");
    }
}

#[test]
fn a_journal_of_junk_says_nothing_and_does_not_grow() {
    let scene = all_but_finished(1);
    let mut rng = Rng::with_seed(1);
    scene.disk.with_partial(".journal", |bytes| {
        let len = bytes.len();
        bytes.splice(0..0, (0..41 * 3).map(|_| rng.u8(..)));
        bytes.extend((0..1 << 20).map(|_| rng.u8(..)));
        assert!(len < bytes.len());
    });
    let mut inbox = Inbox::on(Some(scene.disk.clone()));
    let have = have(create(&mut inbox, 0, &scene.sent, false));
    assert_eq!(have.total(), scene.sent.offered.size);
    for _ in 0..1000 {
        write(&mut inbox, &scene.frames[0]);
    }
    let len = scene.disk.with_partial(".journal", |bytes| bytes.len());
    assert!(len < 41 * 30, "{len} bytes");
}

#[test]
fn zeros_are_not_written_where_there_is_nothing_yet() {
    let disk = MemoryDisk::new(1);
    disk.set_can_allocate(false);
    let sent = offer("zeros", vec![0; 4 * CHUNK_BYTES]);
    let mut inbox = Inbox::on(Some(disk.clone()));
    create(&mut inbox, 0, &sent, false);
    for frame in chunks(&sent, 0) {
        write(&mut inbox, &frame);
    }
    // The journal's page.
    assert_eq!(disk.used_bytes(), 4096);
    inbox.handle(DiskRequest::Finish { key: KEY, file: 0 });
    assert_eq!(
        disk.stored(),
        BTreeMap::from([("zeros".to_owned(), sent.data)])
    );
}

#[test]
fn zeros_are_written_over_what_an_earlier_life_left_unrecorded() {
    let mut scene = all_but_finished(3);
    scene
        .disk
        .with_partial(".part", |bytes| bytes[CHUNK_BYTES..2 * CHUNK_BYTES].fill(7));
    scene.live(false, false);
    assert!(scene.is_finished);
    scene.check();
}

#[test]
fn files_under_way_cannot_promise_the_same_space_twice() {
    for can_allocate in [false, true] {
        let (disk, mut rng) = (MemoryDisk::new(1), Rng::with_seed(1));
        let (first, second) = (sent(&mut rng), sent(&mut rng));
        disk.set_can_allocate(can_allocate);
        disk.leave_free(RESERVED_BYTES + first.offered.size + 4096 + second.offered.size / 2);
        let mut inbox = Inbox::on(Some(disk.clone()));
        have(create(&mut inbox, 0, &first, false));
        let refused = create(&mut inbox, 1, &second, false);
        assert!(matches!(refused, DiskInput::NoSpace { .. }), "{refused:?}");
        assert_eq!(disk.partials().len(), 2, "{:?}", disk.partials());
        inbox.handle(DiskRequest::Discard { key: KEY, file: 0 });
        have(create(&mut inbox, 1, &second, false));
    }
}

#[test]
fn what_is_there_already_needs_no_space_again() {
    let scene = all_but_finished(2);
    scene.disk.leave_free(RESERVED_BYTES + 4096);
    let mut inbox = Inbox::on(Some(scene.disk.clone()));
    scene.disk.set_can_allocate(false);
    let have = have(create(&mut inbox, 0, &scene.sent, false));
    assert_eq!(have.total(), scene.sent.offered.size);
}

#[test]
fn a_file_cancelled_after_it_found_no_space_leaves_nothing_behind() {
    let scene = Scene::new(4);
    scene.disk.set_can_allocate(false);
    let mut inbox = Inbox::on(Some(scene.disk.clone()));
    create(&mut inbox, 0, &scene.sent, false);
    write(&mut inbox, &scene.frames[0]);
    scene.disk.leave_free(0);
    let full = write(&mut inbox, &scene.frames[2]);
    assert!(matches!(full, DiskInput::NoSpace { .. }), "{full:?}");
    assert_eq!(scene.disk.partials().len(), 2);
    inbox.handle(DiskRequest::Discard { key: KEY, file: 0 });
    assert!(scene.disk.partials().is_empty());
}

#[test]
fn a_room_that_is_over_hashes_nothing_more_and_loses_nothing() {
    let mut scene = all_but_finished(5);
    let mut inbox = Inbox::on(Some(scene.disk.clone()));
    let (answers, waiting) = mpsc::channel(1);
    drop(waiting);
    inbox.answers = Some(answers);
    let given_up = create(&mut inbox, 0, &scene.sent, true);
    assert!(
        matches!(given_up, DiskInput::StoreFailed { .. }),
        "{given_up:?}"
    );
    drop(inbox);
    for frame in &scene.frames {
        scene.answered.insert(range(frame).0, range(frame).1);
    }
    scene.live(false, true);
    assert!(scene.is_finished);
}
