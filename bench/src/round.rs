//! One transfer by one contestant, with a clock on it.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use parlor_emulator::Side;
use parlor_proto::limits::CHUNK_BYTES;
use serde::Serialize;

use crate::contest::{Contestant, FILE_NAME, Scene, TicketSearch};
use crate::failure::{Result, While as _, failed};
use crate::ground::Ground;
use crate::process::{Ended, Running};

/// How often the receiver's folder is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// What has to be on disk before a transfer counts as begun: more than any contestant keeps beside
/// the file.
pub(crate) const BEGUN_BYTES: u64 = 1024 * 1024;

/// A block in the sense of `st_blocks`, whatever the file system's own are.
const BLOCK_BYTES: u64 = 512;

/// What Parlor calls a file that is not whole, and the list of its chunks that are there.
const PARTIAL: &str = "part";
const JOURNAL: &str = "journal";

/// One chunk in that list.
const JOURNAL_RECORD_BYTES: u64 = 41;

/// How long a sender may read the file before it is ready.
const READY_PATIENCE: Duration = Duration::from_secs(120);

/// How long a transfer may take: 3 MB/s for half a gigabyte.
const TRANSFER_PATIENCE: Duration = Duration::from_secs(180);

/// How long a sender may go on after the receiver has the file.
const FAREWELL_PATIENCE: Duration = Duration::from_secs(20);

/// What one round came to. Times are seconds.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figures {
    /// From starting the sender until it is ready for a receiver.
    pub(crate) prepare_s: f64,
    /// From starting the receiver until it has ended with the whole file.
    pub(crate) wall_s: f64,
    /// From starting the receiver until a mebibyte is on its disk.
    pub(crate) begun_s: f64,
    /// From then until as many bytes as the file has are on its disk.
    pub(crate) moving_s: f64,
    pub(crate) sender_cpu_s: f64,
    /// The part of it that was over before the receiver started; unknown off Linux.
    pub(crate) sender_cpu_before_s: Option<f64>,
    pub(crate) receiver_cpu_s: f64,
    pub(crate) sender_peak_rss_mib: f64,
    pub(crate) receiver_peak_rss_mib: f64,
}

/// Starts a sender and waits until it is ready; gives what the receiver has to be told.
pub(crate) fn start_sender(
    contestant: &Contestant,
    scene: &Scene,
    ground: &Ground,
) -> Result<(Running, String)> {
    let mut sender = ground.spawn(Side::A, contestant.sender(scene))?;
    let mut search = TicketSearch::new(contestant.kind);
    let ticket = sender.wait_for_line(READY_PATIENCE, |line| search.take(line))?;
    sender.ignore_lines();
    Ok((sender, ticket))
}

pub(crate) fn start_receiver(
    contestant: &Contestant,
    scene: &Scene,
    ground: &Ground,
    ticket: &str,
) -> Result<Running> {
    let mut receiver = ground.spawn(Side::B, contestant.receiver(scene, ticket))?;
    receiver.ignore_lines();
    Ok(receiver)
}

/// Sends the file once and checks what arrived.
pub(crate) fn run(contestant: &Contestant, scene: &Scene, ground: &Ground) -> Result<Figures> {
    let started = Instant::now();
    let (mut sender, ticket) = start_sender(contestant, scene, ground)?;
    let prepare_s = started.elapsed().as_secs_f64();
    let sender_cpu_before_s = sender.cpu_so_far_s();

    let size = fs::metadata(&scene.file).during("the file to send")?.len();
    let mut watch = Watch::start(size);
    let mut receiver = start_receiver(contestant, scene, ground, &ticket)?;
    let received = watch.until_end(&mut receiver, &scene.receiver, TRANSFER_PATIENCE)?;
    let Some(received) = received else {
        return failed(receiver.describe("did not get the file in time"));
    };
    if !received.is_success {
        return failed(receiver.describe(&format!("ended with {}", received.how)));
    }
    let sent = if contestant.ends_alone() {
        sender.wait_for_end(FAREWELL_PATIENCE)?
    } else {
        sender.interrupt()?
    };
    if contestant.ends_alone() && !sent.is_success {
        return failed(sender.describe(&format!("ended with {}", sent.how)));
    }
    if !is_same(&scene.file, &scene.receiver.join(FILE_NAME)).during("the received file")? {
        return failed("the received file is not the one that was sent");
    }
    let (begun_at, full_at) = (watch.begun_or(&received), watch.full_or(&received));
    Ok(Figures {
        prepare_s,
        wall_s: received.at.duration_since(watch.started).as_secs_f64(),
        begun_s: begun_at.duration_since(watch.started).as_secs_f64(),
        moving_s: full_at.duration_since(begun_at).as_secs_f64(),
        sender_cpu_s: sent.cpu_s,
        sender_cpu_before_s,
        receiver_cpu_s: received.cpu_s,
        sender_peak_rss_mib: sent.peak_rss_mib,
        receiver_peak_rss_mib: received.peak_rss_mib,
    })
}

/// How fast a transfer was on a path that is slower than any of the programs.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Pace {
    /// From the first mebibyte on disk to the last byte, or to where it was cut short.
    pub(crate) megabytes_per_second: f64,
    pub(crate) is_cut: bool,
}

/// Sends the file once, for so long at most; checks what arrived if all of it did.
pub(crate) fn pace(
    contestant: &Contestant,
    scene: &Scene,
    ground: &Ground,
    limit: Duration,
) -> Result<Pace> {
    let (mut sender, ticket) = start_sender(contestant, scene, ground)?;
    let size = fs::metadata(&scene.file).during("the file to send")?.len();
    let mut watch = Watch::start(size);
    let mut receiver = start_receiver(contestant, scene, ground, &ticket)?;
    let ended = watch.until_end(&mut receiver, &scene.receiver, limit)?;
    let (until, bytes) = match &ended {
        Some(ended) if !ended.is_success => {
            return failed(receiver.describe(&format!("ended with {}", ended.how)));
        }
        Some(ended) => (watch.full_or(ended), size),
        None => (Instant::now(), held_bytes(&scene.receiver)),
    };
    sender.interrupt().ok();
    receiver.interrupt().ok();
    let is_whole = || is_same(&scene.file, &scene.receiver.join(FILE_NAME));
    if ended.is_some() && !is_whole().during("the received file")? {
        return failed("the received file is not the one that was sent");
    }
    // One that never began was as slow as the time it had.
    let (begun, before) = watch
        .begun
        .map_or((watch.started, 0), |at| (at, BEGUN_BYTES));
    let moved = u32::try_from(bytes.saturating_sub(before) / 1000).unwrap_or(u32::MAX);
    let seconds = until.saturating_duration_since(begun).as_secs_f64();
    Ok(Pace {
        megabytes_per_second: f64::from(moved) / 1000.0 / seconds.max(1e-3),
        is_cut: ended.is_none(),
    })
}

/// Looks at the receiver's folder while the receiver runs.
struct Watch {
    started: Instant,
    size: u64,
    begun: Option<Instant>,
    full: Option<Instant>,
}

impl Watch {
    fn start(size: u64) -> Self {
        Self {
            started: Instant::now(),
            size,
            begun: None,
            full: None,
        }
    }

    /// Nothing if it goes on longer than `patience`.
    fn until_end(
        &mut self,
        receiver: &mut Running,
        folder: &Path,
        patience: Duration,
    ) -> Result<Option<Ended>> {
        while self.started.elapsed() < patience {
            if let Some(ended) = receiver.poll_end()? {
                return Ok(Some(ended));
            }
            self.note(held_bytes(folder), Instant::now());
            thread::sleep(LOOK_EVERY);
        }
        Ok(None)
    }

    fn note(&mut self, bytes: u64, now: Instant) {
        if self.begun.is_none() && bytes >= BEGUN_BYTES.min(self.size) {
            self.begun = Some(now);
        }
        if self.full.is_none() && bytes >= self.size {
            self.full = Some(now);
        }
    }

    /// A file that came between two looks came at the end.
    fn begun_or(&self, ended: &Ended) -> Instant {
        self.begun.unwrap_or(ended.at)
    }

    fn full_or(&self, ended: &Ended) -> Instant {
        self.full.unwrap_or(ended.at)
    }
}

/// What the files below a folder hold. Lengths would say nothing: some programs set the length of a
/// file before they have a byte of it. So it is what they take on disk, but for Parlor, which takes
/// the space at once too: there the journal beside a partial file says what is in it.
pub(crate) fn held_bytes(folder: &Path) -> u64 {
    // Files come and go while this looks.
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| {
        let path = entry.path();
        let kind = path.extension().and_then(|kind| kind.to_str());
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => held_bytes(&path),
            Ok(metadata) if kind == Some(JOURNAL) => {
                metadata.len() / JOURNAL_RECORD_BYTES * CHUNK_BYTES as u64
            }
            Ok(_) if kind == Some(PARTIAL) => 0,
            Ok(metadata) => metadata.blocks() * BLOCK_BYTES,
            Err(_) => 0,
        }
    });
    sizes.sum()
}

fn is_same(one: &Path, other: &Path) -> std::io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    let size = one.metadata()?.len();
    if size != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut ours, mut theirs) = (vec![0; 1 << 18], vec![0; 1 << 18]);
    loop {
        let read = one.read(&mut ours)?;
        let (Some(ours), Some(theirs)) = (ours.get(..read), theirs.get_mut(..read)) else {
            return Ok(false);
        };
        if read == 0 {
            return Ok(true);
        }
        other.read_exact(theirs)?;
        if ours != theirs {
            return Ok(false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_transfer_has_begun_with_a_mebibyte_and_is_full_with_all() {
        let mut watch = Watch::start(10 * BEGUN_BYTES);
        let now = Instant::now();
        watch.note(BEGUN_BYTES - 1, now);
        assert_eq!(watch.begun, None);
        watch.note(BEGUN_BYTES, now);
        assert_eq!((watch.begun, watch.full), (Some(now), None));
        watch.note(10 * BEGUN_BYTES, now);
        assert_eq!(watch.full, Some(now));
    }

    #[test]
    fn a_length_without_bytes_takes_nothing_on_disk() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("inner");
        fs::create_dir(&inner).unwrap();
        let file = File::create(inner.join("sparse")).unwrap();
        file.set_len(1 << 30).unwrap();
        assert!(held_bytes(folder.path()) < BEGUN_BYTES);
        fs::write(inner.join("full"), vec![1; 3 << 20]).unwrap();
        assert!(held_bytes(folder.path()) >= 3 << 20);
    }

    #[test]
    fn a_partial_of_parlor_holds_what_its_journal_says() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.part"), vec![1; 3 << 20]).unwrap();
        assert_eq!(held_bytes(folder.path()), 0);
        fs::write(folder.path().join("a.journal"), [0; 41 * 16]).unwrap();
        assert_eq!(held_bytes(folder.path()), 16 * CHUNK_BYTES as u64);
    }

    #[test]
    fn one_other_byte_makes_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let mut bytes = vec![7; 600_000];
        fs::write(path("a"), &bytes).unwrap();
        fs::write(path("b"), &bytes).unwrap();
        bytes[599_999] = 8;
        fs::write(path("c"), &bytes).unwrap();
        assert!(is_same(&path("a"), &path("b")).unwrap());
        assert!(!is_same(&path("a"), &path("c")).unwrap());
    }
}
