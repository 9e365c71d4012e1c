//! The path between both programs is gone for a while, changes, or stops letting a lane through.

use std::process::Command;
use std::time::{Duration, Instant};

use parlor_emulator::packet::is_quic;
use parlor_emulator::{Loss, Path, Shape, Side};

use super::outcome::{Outcome, Verdict, mib};
use super::running::Running;
use super::trees::{compare, write_noise};
use super::{FaultError, MIB, Plan};

/// How soon after the path is back the transfer has to move again.
const MOVES_AGAIN_MAX: Duration = Duration::from_secs(10);

/// What a blocked lane may cost: the data channel takes over.
const FALLBACK_MAX: Duration = Duration::from_secs(1);

/// What may be sent again.
const AGAIN_MAX_BYTES: u64 = 4 * MIB;

const FILE_BYTES: u64 = 64 * MIB;

/// More than what was under way and still arrives.
const MOVED_BYTES: u64 = 512 * 1024;

const START_MAX: Duration = Duration::from_secs(30);
const END_MAX: Duration = Duration::from_secs(240);

/// Times that each fault is tried.
const RUNS: u32 = 2;

/// What happens to the path in mid-transfer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Happens {
    /// Nothing passes for so long.
    Down(Duration),
    /// The receiver gets another address.
    NewAddress,
    /// QUIC does not pass any more.
    LaneBlocked,
}

/// Tries it a few times.
pub(crate) fn run(
    plan: &Plan,
    mut rng: fastrand::Rng,
    happens: Happens,
) -> Result<Outcome, FaultError> {
    let mut took = Vec::new();
    let mut again = 0;
    let mut problems = Vec::new();
    for _ in 0..RUNS {
        let tried = match try_once(plan, &mut rng, happens)? {
            Ok(tried) => tried,
            Err(skipped) => return Ok(Outcome::skipped(skipped)),
        };
        took.push(tried.moves_again);
        again = again.max(tried.again_bytes);
        problems.extend(tried.problems);
    }
    took.sort_unstable();
    let limit = match happens {
        Happens::LaneBlocked => FALLBACK_MAX,
        Happens::Down(_) | Happens::NewAddress => MOVES_AGAIN_MAX,
    };
    let (first, last) = (took.first().copied(), took.last().copied());
    let (first, last) = (first.unwrap_or_default(), last.unwrap_or_default());
    if last > limit {
        problems.push("it took too long".to_owned());
    }
    if again > AGAIN_MAX_BYTES {
        problems.push("too much was sent again".to_owned());
    }
    Ok(Outcome {
        runs: RUNS,
        figures: format!(
            "moves again after {:.1} to {:.1} s; at most {} sent again",
            first.as_secs_f64(),
            last.as_secs_f64(),
            mib(again)
        ),
        limit: format!("{} s; {}", limit.as_secs(), mib(AGAIN_MAX_BYTES)),
        verdict: Verdict::Tried(problems),
    })
}

struct Tried {
    moves_again: Duration,
    again_bytes: u64,
    problems: Vec<String>,
}

fn try_once(
    plan: &Plan,
    rng: &mut fastrand::Rng,
    happens: Happens,
) -> Result<Result<Tried, String>, FaultError> {
    let line = Shape::link(100, Duration::from_millis(20), Loss::None);
    let mut path = match Path::lay(line, line, rng.u64(..)) {
        Ok(path) => path,
        Err(no) => return Ok(Err(no.to_string())),
    };
    let folder = tempfile::tempdir_in(&plan.scratch).map_err(FaultError::io("a folder"))?;
    let place = |name: &str| folder.path().join(name);
    for name in ["from", "to"] {
        std::fs::create_dir_all(place(name)).map_err(FaultError::io(name))?;
    }
    let file = place("from").join("file.bin");
    write_noise(&file, FILE_BYTES, rng)?;
    let program = |what: &str, name: &str| {
        let mut command = Command::new(&plan.parlor);
        command.args([what, "--json", "--no-stun", "--patience", "120", "--data"]);
        command.arg(place(name));
        command
    };
    let mut sender = program("send", "data of the sender");
    let listen = format!("{}:0", path.address(Side::A));
    sender.args(["--embed", "--listen", &listen]).arg(&file);
    let mut sender = start(&path, Side::A, sender)?;
    sender.wait_until("the offer", START_MAX, |sender| {
        let heard = sender.heard();
        heard.link.is_some() && heard.prepared_files > 0
    })?;
    let link = sender.heard().link.clone().unwrap_or_default();
    let mut receiver = program("receive", "data of the receiver");
    receiver.args([&link, "--yes", "--out"]).arg(place("to"));
    let mut receiver = start(&path, Side::B, receiver)?;
    let goal = FILE_BYTES * rng.u64(20..=50) / 100;
    receiver.wait_until("the middle", START_MAX, |receiver| {
        receiver.written_bytes() >= goal
    })?;
    match happens {
        Happens::Down(time) => {
            path.cut();
            std::thread::sleep(time);
            path.mend();
        }
        Happens::NewAddress => path
            .change_address(Side::B)
            .map_err(FaultError::io("a new address"))?,
        Happens::LaneBlocked => path.block(Some(Box::new(is_quic))),
    }
    let back = Instant::now();
    let before = receiver.written_bytes();
    receiver.wait_until("progress", END_MAX, |receiver| {
        receiver.written_bytes() >= before + MOVED_BYTES
    })?;
    let moves_again = back.elapsed();
    receiver.wait_for_success(END_MAX)?;
    sender.wait_for_success(START_MAX)?;
    let sent = sender.heard().sent_bytes().unwrap_or(FILE_BYTES);
    Ok(Ok(Tried {
        moves_again,
        again_bytes: sent.saturating_sub(FILE_BYTES),
        problems: compare(&place("from"), &place("to"))?.problems(),
    }))
}

fn start(path: &Path, side: Side, mut command: Command) -> Result<Running, FaultError> {
    let started = path.run_to_end(side, move || Running::start(&mut command));
    started.map_err(FaultError::io("one end of the path"))?
}
