//! A disk without room.
//!
//! The receiver leaves some space of every volume alone and claims that of a file when it begins
//! it. So a disk is full for it in the middle of an offer: one of two files finds its place, and
//! the other does not until something is deleted.

use std::time::{Duration, Instant};

use super::outcome::{Outcome, Verdict};
use super::running::Running;
use super::stage::{Stage, time_for};
use super::trees::{compare, write_noise};
use super::volume::{Volume, VolumeError};
use super::{FaultError, MIB, Plan};

const FILE_BYTES: u64 = 96 * MIB;

/// What the receiver leaves alone.
const RESERVED_BYTES: u64 = 256 * MIB;

/// Too little for another file, enough for what a volume needs for itself.
const SPARE_BYTES: u64 = 32 * MIB;

/// How long there is no room.
const FULL: Duration = Duration::from_secs(4);

/// How long it may take until both people know.
const TOLD_MAX: Duration = Duration::from_secs(2);

/// Both are told, and it goes on by itself.
pub(crate) fn run(plan: &Plan, mut rng: fastrand::Rng) -> Result<Outcome, FaultError> {
    let stage = Stage::set(plan)?;
    let size = RESERVED_BYTES + 2 * FILE_BYTES + SPARE_BYTES;
    let volume = match Volume::in_memory(&stage.path("volume"), size) {
        Ok(volume) => volume,
        Err(VolumeError::NotHere(why)) => return Ok(Outcome::skipped(why)),
        Err(VolumeError::Fault(error)) => return Err(error),
    };
    let filler = stage.path("volume").join("filler");
    write_noise(&filler, FILE_BYTES, &mut rng)?;
    let out = volume.path().join("out");
    let files = ["one.bin", "other.bin"].map(|name| stage.from().join("two").join(name));
    let made = std::fs::create_dir(stage.from().join("two"));
    made.map_err(FaultError::io("a folder"))?;
    for file in &files {
        write_noise(file, FILE_BYTES, &mut rng)?;
    }
    // One path, so that it is one offer.
    let (sender, link) = stage.offer(&[stage.from().join("two")], 2, 2 * FILE_BYTES)?;
    let mut receiver = stage.receiver(&link, &out)?;
    let limit = time_for(FILE_BYTES);
    receiver.wait_until("the first file", limit, |receiver| {
        receiver.heard().received_files > 0
    })?;
    let full_since = received_at(&receiver);
    std::thread::sleep(FULL);
    let mut problems = Vec::new();
    let told = [("receiver", &receiver), ("sender", &sender)];
    let told = told.map(|(who, program)| {
        let text = told_after(program, full_since);
        if text.is_none_or(|after| after > TOLD_MAX) {
            problems.push(format!("the {who} was not told in time"));
        }
        let text = text.map(|after| format!("{:.2} s", after.as_secs_f64()));
        format!("{who} told after {}", text.unwrap_or("no time".to_owned()))
    });
    let freed = Instant::now();
    std::fs::remove_file(&filler).map_err(FaultError::io("the filler"))?;
    let resumed = receiver.wait_for_success(time_for(FILE_BYTES));
    let went_on = match resumed {
        Ok(()) => format!(
            "whole {:.1} s after there was room",
            freed.elapsed().as_secs_f64()
        ),
        Err(error) => {
            eprintln!("{error}\n{}", sender.story());
            problems.push("did not go on by itself".to_owned());
            "never whole".to_owned()
        }
    };
    problems.extend(compare(&stage.from(), &out)?.problems());
    Ok(Outcome {
        runs: 1,
        figures: format!("{}; {went_on}", told.join(", ")),
        limit: format!("told in {} s; goes on by itself", TOLD_MAX.as_secs()),
        verdict: Verdict::Tried(problems),
    })
}

fn received_at(receiver: &Running) -> Instant {
    receiver.started + receiver.heard().received_at.unwrap_or_default()
}

/// Zero if it knew before the first file was whole.
fn told_after(program: &Running, since: Instant) -> Option<Duration> {
    let at = program.started + program.heard().no_room_at?;
    Some(at.saturating_duration_since(since))
}
