//! A program that runs: its lines, its memory, and the signals it gets.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use super::FaultError;
use super::heard::Heard;
use super::proc;
use crate::shell::describe;

/// How often conditions are looked at: finer than a window of chunks takes on a fast machine.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// How often memory is looked at.
const SAMPLE_EVERY: Duration = Duration::from_millis(10);

/// The end of stderr that is shown when something goes wrong.
const STDERR_MAX_BYTES: usize = 2000;

/// What its threads know of a process.
#[derive(Debug, Default)]
struct Shared {
    heard: Mutex<Heard>,
    stderr: Mutex<Vec<u8>>,
    memory_now: AtomicU64,
    memory_peak: AtomicU64,
    has_ended: AtomicBool,
}

/// A child process; killed when it is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    pid: Pid,
    stdin: Option<ChildStdin>,
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    title: String,
    pub(crate) started: Instant,
    /// Known for good once it has ended.
    written_at_end: Option<u64>,
}

impl Running {
    /// Starts a program with all its pipes read.
    pub(crate) fn start(command: &mut Command) -> Result<Self, FaultError> {
        let title = describe(command);
        let pipes = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = pipes.spawn().map_err(FaultError::io(&title))?;
        let started = Instant::now();
        let pid = Pid::from_child(&child);
        let shared = Arc::new(Shared::default());
        let mut threads = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            let shared = Arc::clone(&shared);
            threads.push(std::thread::spawn(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    lock(&shared.heard).take(&line, started.elapsed());
                }
            }));
        }
        if let Some(stderr) = child.stderr.take() {
            let shared = Arc::clone(&shared);
            threads.push(std::thread::spawn(move || keep_end(stderr, &shared.stderr)));
        }
        let (sampled, id) = (Arc::clone(&shared), child.id());
        threads.push(std::thread::spawn(move || sample(id, &sampled)));
        Ok(Self {
            stdin: child.stdin.take(),
            child,
            pid,
            shared,
            threads,
            title,
            started,
            written_at_end: None,
        })
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) -> Result<(), FaultError> {
        let Some(stdin) = self.stdin.as_mut() else {
            return Ok(());
        };
        let typed = writeln!(stdin, "{line}").and_then(|()| stdin.flush());
        typed.map_err(FaultError::io(format!("typing {line}")))
    }

    /// What it has said so far.
    pub(crate) fn heard(&self) -> MutexGuard<'_, Heard> {
        lock(&self.shared.heard)
    }

    /// Bytes it has written to files and pipes; exact once it has ended.
    pub(crate) fn written_bytes(&self) -> u64 {
        let now = || proc::written_bytes(self.child.id()).unwrap_or_default();
        self.written_at_end.unwrap_or_else(now)
    }

    /// Bytes resident at most, and at the last look.
    pub(crate) fn memory(&self) -> proc::Memory {
        proc::Memory {
            now: self.shared.memory_now.load(Ordering::Relaxed),
            peak: self.shared.memory_peak.load(Ordering::Relaxed),
        }
    }

    /// Waits until a condition holds. An error if the program ends before, or after `limit`.
    pub(crate) fn wait_until(
        &mut self,
        what: &str,
        limit: Duration,
        mut is_met: impl FnMut(&Self) -> bool,
    ) -> Result<(), FaultError> {
        let until = Instant::now() + limit;
        loop {
            if is_met(self) {
                return Ok(());
            }
            if self.has_ended() {
                self.reap();
                // Its last lines were read after the last look.
                if is_met(self) {
                    return Ok(());
                }
                return Err(FaultError::Ended {
                    what: format!("the program ended before {what}"),
                    story: self.story(),
                });
            }
            if Instant::now() >= until {
                return Err(self.late(what, limit));
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Waits for its end, which has to be a good one.
    pub(crate) fn wait_for_success(&mut self, limit: Duration) -> Result<(), FaultError> {
        let until = Instant::now() + limit;
        while !self.has_ended() {
            if Instant::now() >= until {
                return Err(self.late("its end", limit));
            }
            std::thread::sleep(LOOK_EVERY);
        }
        self.reap();
        if self.heard().exit_code == Some(0) {
            return Ok(());
        }
        Err(FaultError::Ended {
            what: "the program failed".to_owned(),
            story: self.story(),
        })
    }

    /// Whether it has ended; it is not reaped yet, so its figures can still be read.
    pub(crate) fn has_ended(&self) -> bool {
        if self.written_at_end.is_some() {
            return true;
        }
        let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        !matches!(waitid(WaitId::Pid(self.pid), how), Ok(None))
    }

    /// As a crash or a pulled plug would end it.
    pub(crate) fn kill(&mut self) {
        if self.written_at_end.is_some() {
            return;
        }
        // Fails if it ended by itself, which is as good.
        let _ = self.child.kill();
        let how = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        let _ = waitid(WaitId::Pid(self.pid), how);
        self.reap();
    }

    /// Keeps it from running.
    pub(crate) fn stop(&self) {
        let _ = kill_process(self.pid, Signal::STOP);
    }

    /// Lets it run on.
    pub(crate) fn go_on(&self) {
        let _ = kill_process(self.pid, Signal::CONT);
    }

    /// What it was told, what it said last, and what it complained of.
    pub(crate) fn story(&self) -> String {
        let stderr = lock(&self.shared.stderr);
        let stderr = String::from_utf8_lossy(&stderr);
        let said = self.heard().tail();
        format!("$ {}\n{said}\n--- stderr\n{stderr}\n---", self.title)
    }

    fn late(&self, what: &str, limit: Duration) -> FaultError {
        FaultError::Late {
            what: what.to_owned(),
            limit_s: limit.as_secs(),
            story: self.story(),
        }
    }

    /// Reads the last figures and lines of a process that has ended.
    fn reap(&mut self) {
        if self.written_at_end.is_some() {
            return;
        }
        let written = proc::written_bytes(self.child.id()).unwrap_or_default();
        self.written_at_end = Some(written);
        self.shared.has_ended.store(true, Ordering::Relaxed);
        let _ = self.child.wait();
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn keep_end(mut pipe: impl Read, end: &Mutex<Vec<u8>>) {
    let mut bytes = [0; 4096];
    while let Ok(len @ 1..) = pipe.read(&mut bytes) {
        let mut end = lock(end);
        end.extend(bytes.iter().take(len));
        let too_many = end.len().saturating_sub(STDERR_MAX_BYTES);
        end.drain(..too_many);
    }
}

fn sample(pid: u32, shared: &Shared) {
    while !shared.has_ended.load(Ordering::Relaxed) {
        if let Some(memory) = proc::memory(pid) {
            shared.memory_now.store(memory.now, Ordering::Relaxed);
            shared.memory_peak.fetch_max(memory.peak, Ordering::Relaxed);
        }
        std::thread::sleep(SAMPLE_EVERY);
    }
}
