//! Programs that are killed in mid-transfer and started again with the same arguments.
//!
//! A file is sent under several kills, so that what was resumed is resumed again. Then comes the
//! next file, in a new room, until all kills are done.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::outcome::{Outcome, Verdict, first_line, mib, middle_and_max};
use super::running::Running;
use super::stage::{START_MAX, Stage, time_for};
use super::trees::{compare, is_same, write_noise};
use super::{FaultError, MIB, Plan};

/// Kills while one file is sent: few enough that what lies between two of them is much more than
/// what may be sent again, so that a file that begins anew each time is noticed.
const KILLS_PER_FILE: u32 = 3;

/// Files that fail before the rest is not tried any more.
const FAILED_FILES_MAX: u32 = 3;

/// A kill finds the program at any place between two bytes: up to this much later than the byte.
const LATER_MAX_MS: u64 = 5;

/// Between a kill and the new start. Long enough for what was on its way to have arrived.
const AWAY_MS: std::ops::Range<u64> = 200..1000;

/// That a file moves again: a chunk, which is more than what a start writes for itself.
const MOVED_BYTES: u64 = 256 * 1024;

/// What may be sent again for each kill.
const RESENT_MAX_BYTES: u64 = 4 * MIB;

/// How long a start may take until the file moves again.
const RESTART_MAX: Duration = Duration::from_secs(10);

/// How long it is waited for that, to know by how much it is too late.
const MOVED_WAIT: Duration = Duration::from_secs(45);

/// Between two starts of a program that ends by itself.
const TRY_AGAIN_AFTER: Duration = Duration::from_millis(500);

/// Who is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whom {
    Receiver,
    Sender,
    /// One, the other or both, as it comes.
    Any,
}

/// Sums over all files.
#[derive(Debug, Default)]
struct Tally {
    files: u32,
    failed_files: u32,
    kills: u32,
    /// Kills that came when the file was already there.
    late_kills: u32,
    /// Starts that ended by themselves and were tried again.
    refused_starts: u32,
    corrupt: usize,
    /// Kills of files that came to their end, and what was sent again for those.
    measured_kills: u32,
    resent_bytes: u64,
    resent_max_bytes: u64,
    is_by_sender: bool,
    restarts: Vec<Duration>,
    problems: Vec<String>,
}

/// One file on its way. The programs go before the folders they write to.
struct Sending {
    sender: Running,
    receiver: Running,
    stage: Stage,
    link: String,
    file_bytes: u64,
    /// What programs that are gone had written and sent.
    written_before: u64,
    sent_before: Option<u64>,
    sender_was_killed: bool,
    /// The receiver was killed with the file in place, and not started again to tidy up.
    was_cut_short: bool,
    kills: u32,
}

/// Kills until it was done often enough, or too often in vain.
pub(crate) fn run(plan: &Plan, mut rng: fastrand::Rng, whom: Whom) -> Outcome {
    let mut tally = Tally::default();
    // A kill that comes too late does not count; nobody is that slow all the time.
    let files_max = plan.kills.saturating_mul(2);
    while tally.kills < plan.kills && tally.files < files_max {
        let kills = KILLS_PER_FILE.min(plan.kills - tally.kills);
        tally.files += 1;
        if let Err(error) = send_one(plan, &mut rng, whom, kills, &mut tally) {
            eprintln!("file {}: {}", tally.files, first_line(&error));
            tally.failed_files += 1;
            tally.problems.push(first_line(&error));
        }
        eprintln!("file {}: {}", tally.files, tally.figures());
        if tally.failed_files == FAILED_FILES_MAX {
            break;
        }
    }
    if tally.kills < plan.kills {
        let left = plan.kills - tally.kills;
        tally.problems.push(format!("{left} kills not tried"));
    }
    tally.outcome()
}

impl Tally {
    fn figures(&self) -> String {
        format!(
            "{} kills, {} late, {} starts refused; {} of {} files failed; {} corrupt; {}; moves again after {}",
            self.kills,
            self.late_kills,
            self.refused_starts,
            self.failed_files,
            self.files,
            self.corrupt,
            self.again(),
            middle_and_max(&self.restarts),
        )
    }

    fn again(&self) -> String {
        let Some(each) = self
            .resent_bytes
            .checked_div(u64::from(self.measured_kills))
        else {
            return "bytes sent again not known".to_owned();
        };
        let by = if self.is_by_sender { "sent" } else { "written" };
        let (each, worst) = (mib(each), mib(self.resent_max_bytes));
        format!("{each} again a kill (worst file {worst}, by bytes {by})")
    }

    fn outcome(mut self) -> Outcome {
        let slow = self.restarts.iter().filter(|took| **took > RESTART_MAX);
        let slow = slow.count();
        if slow > 0 {
            self.problems.push(format!("{slow} restarts too slow"));
        }
        if self.resent_max_bytes > RESENT_MAX_BYTES {
            self.problems.push("too much sent again".to_owned());
        }
        self.problems.sort();
        self.problems.dedup();
        Outcome {
            runs: self.files,
            figures: self.figures(),
            limit: format!(
                "0 corrupt; {} a kill; {} s",
                mib(RESENT_MAX_BYTES),
                RESTART_MAX.as_secs()
            ),
            verdict: Verdict::Tried(self.problems),
        }
    }
}

fn send_one(
    plan: &Plan,
    rng: &mut fastrand::Rng,
    whom: Whom,
    kills: u32,
    tally: &mut Tally,
) -> Result<(), FaultError> {
    let mut sending = Sending::begin(plan, rng)?;
    let ended = sending.kill_and_finish(rng, whom, kills, tally);
    if ended.is_err() {
        eprintln!(
            "sender {}\nreceiver {}\nserver {}",
            sending.sender.story(),
            sending.receiver.story(),
            sending.stage.server_story()
        );
    }
    // Whatever happened: a file that is there has to be the right one.
    let mut differences = compare(&sending.stage.from(), &sending.stage.to())?;
    tally.corrupt += differences.corrupt;
    ended?;
    if sending.was_cut_short {
        differences.partials = 0;
    }
    tally.problems.extend(differences.problems());
    if sending.kills > 0 {
        let resent = sending.resent_bytes(tally);
        tally.measured_kills += sending.kills;
        tally.resent_bytes += resent;
        tally.resent_max_bytes = tally
            .resent_max_bytes
            .max(resent / u64::from(sending.kills));
    }
    Ok(())
}

impl Sending {
    fn begin(plan: &Plan, rng: &mut fastrand::Rng) -> Result<Self, FaultError> {
        let stage = Stage::set(plan)?;
        let file = stage.from().join("file.bin");
        write_noise(&file, plan.file_bytes, rng)?;
        let (sender, link) = stage.offer(&[file], 1, plan.file_bytes)?;
        let receiver = stage.receiver(&link, &stage.to())?;
        Ok(Self {
            stage,
            link,
            sender,
            receiver,
            file_bytes: plan.file_bytes,
            written_before: 0,
            sent_before: None,
            sender_was_killed: false,
            was_cut_short: false,
            kills: 0,
        })
    }

    fn kill_and_finish(
        &mut self,
        rng: &mut fastrand::Rng,
        whom: Whom,
        kills: u32,
        tally: &mut Tally,
    ) -> Result<(), FaultError> {
        // As many bytes between two kills that the file is not whole before the last.
        let slice = self.file_bytes / u64::from(kills + 1);
        for _ in 0..kills {
            let goal = self.receiver.written_bytes() + rng.u64(MIB.min(slice)..=slice);
            let is_there =
                |receiver: &Running| receiver.written_bytes() >= goal || is_whole(receiver);
            let limit = time_for(self.file_bytes);
            self.receiver
                .wait_until("the next bytes", limit, is_there)?;
            std::thread::sleep(Duration::from_millis(rng.u64(0..=LATER_MAX_MS)));
            let (of_sender, of_receiver) = match whom {
                Whom::Receiver => (false, true),
                Whom::Sender => (true, false),
                Whom::Any => *rng
                    .choice(&[(true, false), (false, true), (true, true)])
                    .unwrap_or(&(true, true)),
            };
            self.kill(of_sender, of_receiver);
            if self.is_arrived()? {
                tally.late_kills += 1;
                if of_receiver {
                    self.was_cut_short = true;
                    return Ok(());
                }
                break;
            }
            self.kills += 1;
            tally.kills += 1;
            std::thread::sleep(Duration::from_millis(rng.u64(AWAY_MS)));
            tally.refused_starts += self.start_again(of_sender, of_receiver)?;
            tally.restarts.push(self.wait_for_movement()?);
        }
        let limit = time_for(self.file_bytes);
        self.receiver.wait_for_success(limit)?;
        // Its last count is exact then; whether it hears of the end is not asked here.
        let is_told = |sender: &Running| sender.heard().complete_transfers > 0;
        let _ = self.sender.wait_until("its end", START_MAX / 10, is_told);
        Ok(())
    }

    fn kill(&mut self, of_sender: bool, of_receiver: bool) {
        if of_sender {
            self.sender.kill();
            self.sender_was_killed = true;
            let sent = self.sender.heard().sent_bytes();
            self.sent_before = add(self.sent_before, sent);
        }
        if of_receiver {
            self.receiver.kill();
            self.written_before += self.receiver.written_bytes();
        }
    }

    /// Whether the file has its final name, which has to mean that it is whole.
    fn is_arrived(&self) -> Result<bool, FaultError> {
        let [from, to] = [self.stage.from(), self.stage.to()].map(|at| at.join("file.bin"));
        if !to.exists() {
            return Ok(false);
        }
        match is_same(&from, &to) {
            Ok(true) => Ok(true),
            Ok(false) => Err(FaultError::Impossible("a corrupt file has a name".into())),
            Err(source) => Err(FaultError::io("comparing")(source)),
        }
    }

    /// Gives how many starts ended by themselves before one did not.
    fn start_again(&mut self, of_sender: bool, of_receiver: bool) -> Result<u32, FaultError> {
        let mut refused = 0;
        if of_sender {
            let start = || self.stage.sender(Some(&self.link));
            (self.sender, refused) = start_until_joined(start)?;
        }
        if of_receiver {
            let to: PathBuf = self.stage.to();
            let start = || self.stage.receiver(&self.link, &to);
            let (receiver, more) = start_until_joined(start)?;
            (self.receiver, refused) = (receiver, refused + more);
        }
        Ok(refused)
    }

    /// Time from the latest start until the file moves again.
    fn wait_for_movement(&mut self) -> Result<Duration, FaultError> {
        let since = self.sender.started.max(self.receiver.started);
        let is_new = self.receiver.started == since;
        let before = if is_new {
            0
        } else {
            self.receiver.written_bytes()
        };
        let has_moved = |receiver: &Running| {
            receiver.written_bytes() >= before + MOVED_BYTES || is_whole(receiver)
        };
        let what = "movement after a restart";
        self.receiver.wait_until(what, MOVED_WAIT, has_moved)?;
        Ok(since.elapsed())
    }

    /// Bytes that went more than once: the only place that knows where the number is from.
    ///
    /// The sender counts best, but what it counted last before it was killed is lost. The receiver
    /// writes what arrives, and the system counts that to the end.
    fn resent_bytes(&self, tally: &mut Tally) -> u64 {
        let written = self.written_before + self.receiver.written_bytes();
        let sent = add(self.sent_before, self.sender.heard().sent_bytes());
        let total = match sent {
            Some(sent) if !self.sender_was_killed => sent,
            Some(sent) => sent.max(written),
            None => written,
        };
        tally.is_by_sender = sent.is_some_and(|sent| sent == total);
        total.saturating_sub(self.file_bytes)
    }
}

/// Starts a program until it is in the room: right after a kill the server may not let it in.
fn start_until_joined(
    start: impl Fn() -> Result<Running, FaultError>,
) -> Result<(Running, u32), FaultError> {
    let until = Instant::now() + START_MAX;
    let mut refused = 0;
    loop {
        let mut program = start()?;
        let has_joined = |program: &Running| program.heard().has_joined;
        match program.wait_until("a restart", START_MAX, has_joined) {
            Ok(()) => return Ok((program, refused)),
            Err(error @ FaultError::Late { .. }) => return Err(error),
            Err(error) if Instant::now() >= until => return Err(error),
            Err(_) => refused += 1,
        }
        std::thread::sleep(TRY_AGAIN_AFTER);
    }
}

fn is_whole(receiver: &Running) -> bool {
    receiver.heard().received_files > 0
}

fn add(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one + other),
        (one, other) => one.or(other),
    }
}
