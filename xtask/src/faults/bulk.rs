//! Large files, many files, and a receiver that does not read.

use std::time::{Duration, Instant};

use super::outcome::{Outcome, Verdict, mib};
use super::running::Running;
use super::stage::{Stage, time_for};
use super::trees::{compare, write_noise, write_sparse};
use super::volume::{Volume, VolumeError};
use super::{FaultError, MIB, Plan};

/// What either program may hold at most.
const PEAK_MAX_BYTES: u64 = 150 * MIB;

/// How much a sender may grow while nobody takes what it sends.
const GROWTH_MAX_BYTES: u64 = 16 * MIB;

/// Below the 8 s after which a silent peer counts as lost.
const STOPPED: Duration = Duration::from_secs(6);

const SLOW_FILE_BYTES: u64 = 1024 * MIB;
const MEMORY_FILE_BYTES: u64 = 4096 * MIB;

/// Files of `small-files`, in as many folders as each holds.
const SMALL_FILES: usize = 10_000;
const SMALL_FOLDERS: usize = 100;
const SMALL_BYTES: std::ops::RangeInclusive<u64> = 1024..=4096;

/// Room for what a file system needs for itself, and for the reserve of the receiver.
const HUGE_SPARE_BYTES: u64 = 20_000_000_000;

/// A receiver that stands still makes the sender hold no more.
pub(crate) fn slow_reader(plan: &Plan, mut rng: fastrand::Rng) -> Result<Outcome, FaultError> {
    let stage = Stage::set(plan)?;
    let file = stage.from().join("file.bin");
    // Zeros would not be written, and written bytes tell how far it is.
    write_noise(&file, SLOW_FILE_BYTES, &mut rng)?;
    let (sender, link) = stage.offer(&[file], 1, SLOW_FILE_BYTES)?;
    let mut receiver = stage.receiver(&link, &stage.to())?;
    let goal = SLOW_FILE_BYTES * rng.u64(20..=60) / 100;
    let limit = time_for(SLOW_FILE_BYTES);
    receiver.wait_until("the middle", limit, |receiver| {
        receiver.written_bytes() >= goal
    })?;
    let before = sender.memory().now;
    receiver.stop();
    let until = Instant::now() + STOPPED;
    let mut most = before;
    while Instant::now() < until {
        most = most.max(sender.memory().now);
        std::thread::sleep(Duration::from_millis(10));
    }
    receiver.go_on();
    receiver.wait_for_success(limit)?;
    let growth = most - before;
    let mut problems = compare(&stage.from(), &stage.to())?.problems();
    if growth > GROWTH_MAX_BYTES {
        problems.push("the sender grew too much".to_owned());
    }
    Ok(Outcome {
        runs: 1,
        figures: format!(
            "stopped at {}; sender {} + {}",
            mib(goal),
            mib(before),
            mib(growth)
        ),
        limit: format!("+ {}", mib(GROWTH_MAX_BYTES)),
        verdict: Verdict::Tried(problems),
    })
}

/// Ten thousand small files arrive, and cost no more memory than a large one.
pub(crate) fn small_files(plan: &Plan, mut rng: fastrand::Rng) -> Result<Outcome, FaultError> {
    let stage = Stage::set(plan)?;
    let tree = stage.from().join("tree");
    for folder in 0..SMALL_FOLDERS {
        let folder = tree.join(folder.to_string());
        let made = std::fs::create_dir_all(&folder);
        made.map_err(FaultError::io(folder.display().to_string()))?;
        for file in 0..SMALL_FILES / SMALL_FOLDERS {
            let len = rng.u64(SMALL_BYTES);
            write_noise(&folder.join(format!("{file}.bin")), len, &mut rng)?;
        }
    }
    // Each file costs as much time as the bytes of a larger one.
    let limit = time_for(SMALL_FILES as u64 * MIB / 10);
    let (sender, link) = stage.offer(&[tree], SMALL_FILES, 1024 * MIB)?;
    let mut receiver = stage.receiver(&link, &stage.to())?;
    let ended = receiver.wait_for_success(limit);
    let took = receiver.started.elapsed();
    let mut problems = compare(&stage.from(), &stage.to())?.problems();
    if ended.is_err() {
        let got = receiver.heard().received_files;
        eprintln!("{}", receiver.story());
        problems.push(format!("no good end; {got} files received"));
    }
    Ok(peaks(&sender, &receiver, took, problems))
}

/// The largest file that there is.
pub(crate) fn huge_sparse(plan: &Plan) -> Result<Outcome, FaultError> {
    let stage = Stage::set(plan)?;
    let size = plan.huge_bytes + HUGE_SPARE_BYTES;
    let volume = Volume::sparse(&stage.path("image"), &stage.path("volume"), size);
    let volume = match volume {
        Ok(volume) => volume,
        Err(VolumeError::NotHere(why)) => return Ok(Outcome::skipped(why)),
        Err(VolumeError::Fault(error)) => return Err(error),
    };
    let file = stage.from().join("huge.bin");
    write_sparse(&file, plan.huge_bytes)?;
    let (sender, link) = stage.offer(&[file], 1, plan.huge_bytes)?;
    let mut receiver = stage.receiver(&link, volume.path())?;
    receiver.wait_for_success(time_for(plan.huge_bytes))?;
    let took = receiver.started.elapsed();
    let problems = compare(&stage.from(), volume.path())?.problems();
    Ok(peaks(&sender, &receiver, took, problems))
}

/// A large file costs no more memory than a small one.
pub(crate) fn memory(plan: &Plan, mut rng: fastrand::Rng) -> Result<Outcome, FaultError> {
    let stage = Stage::set(plan)?;
    let file = stage.from().join("file.bin");
    write_noise(&file, MEMORY_FILE_BYTES, &mut rng)?;
    let (sender, link) = stage.offer(&[file], 1, MEMORY_FILE_BYTES)?;
    let mut receiver = stage.receiver(&link, &stage.to())?;
    receiver.wait_for_success(time_for(MEMORY_FILE_BYTES))?;
    let took = receiver.started.elapsed();
    let problems = compare(&stage.from(), &stage.to())?.problems();
    Ok(peaks(&sender, &receiver, took, problems))
}

fn peaks(
    sender: &Running,
    receiver: &Running,
    took: Duration,
    mut problems: Vec<String>,
) -> Outcome {
    let [sender, receiver] = [sender, receiver].map(|program| program.memory().peak);
    if sender.max(receiver) > PEAK_MAX_BYTES {
        problems.push("too much memory".to_owned());
    }
    Outcome {
        runs: 1,
        figures: format!(
            "peak of sender {}, of receiver {}; {:.1} s",
            mib(sender),
            mib(receiver),
            took.as_secs_f64()
        ),
        limit: mib(PEAK_MAX_BYTES),
        verdict: Verdict::Tried(problems),
    }
}
