//! A program that runs: its lines, its end, and what it took of the machine.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use wait4::Wait4 as _;

use crate::failure::{Failure, Result, While as _, failed};

/// Lines that may wait to be looked at; a program that prints more waits.
const LINES_MAX: usize = 256;

/// Lines kept for the report of a failure.
const LAST_LINES: usize = 8;

/// How long a program may take to end after it was asked to.
const END_PATIENCE: Duration = Duration::from_secs(10);

/// How a process ended.
#[derive(Debug, Clone)]
pub(crate) struct Ended {
    pub(crate) at: Instant,
    pub(crate) is_success: bool,
    /// The exit code or the signal, in words.
    pub(crate) how: String,
    /// User and system time, of children it waited for too.
    pub(crate) cpu_s: f64,
    /// The largest resident set of itself or one child it waited for. The kernel counts the memory
    /// of the process that started it in, a few MiB.
    pub(crate) peak_rss_mib: f64,
}

/// A started program. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Running {
    name: String,
    pid: u32,
    lines: Receiver<String>,
    last_lines: Arc<Mutex<VecDeque<String>>>,
    exit: Receiver<Result<Ended>>,
    ended: Option<Ended>,
}

impl Running {
    /// Starts a program that reads nothing.
    pub(crate) fn spawn(mut command: Command) -> Result<Self> {
        let name = command.get_program().to_string_lossy().into_owned();
        let name = name.rsplit('/').next().unwrap_or_default().to_owned();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().during(&format!("starting {name}"))?;
        let (line_sender, lines) = sync_channel(LINES_MAX);
        let last_lines = Arc::default();
        if let Some(out) = child.stdout.take() {
            read_lines(out, line_sender.clone(), Arc::clone(&last_lines));
        }
        if let Some(errors) = child.stderr.take() {
            read_lines(errors, line_sender, Arc::clone(&last_lines));
        }
        let pid = child.id();
        Ok(Self {
            name,
            pid,
            lines,
            last_lines,
            exit: wait_apart(child),
            ended: None,
        })
    }

    /// Waits for a line that `pick` takes something from, on stdout or stderr.
    pub(crate) fn wait_for_line<T>(
        &mut self,
        patience: Duration,
        mut pick: impl FnMut(&str) -> Option<T>,
    ) -> Result<T> {
        let deadline = Instant::now() + patience;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => {
                    if let Some(found) = pick(&line) {
                        return Ok(found);
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    return failed(self.describe("was not ready in time"));
                }
                Err(RecvTimeoutError::Disconnected) => {
                    return failed(self.describe("ended before it was ready"));
                }
            }
        }
    }

    /// Takes no more lines in; what is printed from now on is only kept for a failure's report.
    pub(crate) fn ignore_lines(&mut self) {
        let (_, nothing) = sync_channel(0);
        self.lines = nothing;
    }

    /// Processor time so far, from the system's list of processes; `None` where it has none.
    pub(crate) fn cpu_so_far_s(&self) -> Option<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok()?;
        cpu_of_stat(&stat)
    }

    /// The end, if it has come.
    pub(crate) fn poll_end(&mut self) -> Result<Option<Ended>> {
        if self.ended.is_none() {
            match self.exit.try_recv() {
                Ok(ended) => self.ended = Some(ended?),
                Err(TryRecvError::Empty) => {}
                Err(TryRecvError::Disconnected) => return failed(self.describe("was lost")),
            }
        }
        Ok(self.ended.clone())
    }

    /// Waits for the end, and ends it by force when `patience` is over.
    pub(crate) fn wait_for_end(&mut self, patience: Duration) -> Result<Ended> {
        if let Some(ended) = &self.ended {
            return Ok(ended.clone());
        }
        if let Ok(ended) = self.exit.recv_timeout(patience) {
            let ended = ended?;
            self.ended = Some(ended.clone());
            return Ok(ended);
        }
        self.signal(Signal::KILL);
        failed(self.describe("did not end"))
    }

    /// Asks it to end, as Ctrl-C does, and waits for that.
    pub(crate) fn interrupt(&mut self) -> Result<Ended> {
        if self.poll_end()?.is_none() {
            self.signal(Signal::INT);
        }
        self.wait_for_end(END_PATIENCE)
    }

    /// What it did, with the last it said.
    pub(crate) fn describe(&self, what: &str) -> String {
        let lines = self
            .last_lines
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        format!("{} {what}; it said: {}", self.name, lines.join(" | "))
    }

    fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // It may have ended a moment ago.
            kill_process(pid, signal).ok();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Ok(None) = self.poll_end() {
            self.signal(Signal::KILL);
        }
    }
}

fn wait_apart(child: Child) -> Receiver<Result<Ended>> {
    let (sender, exit) = sync_channel(1);
    thread::spawn(move || {
        let ended = child.wait4().map(|used| Ended {
            at: Instant::now(),
            is_success: used.status.success(),
            how: used.status.to_string(),
            cpu_s: (used.rusage.utime + used.rusage.stime).as_secs_f64(),
            peak_rss_mib: bytes_as_mib(used.rusage.maxrss),
        });
        // Nobody waits any more.
        sender
            .send(ended.map_err(|error| Failure(format!("waiting for a process: {error}"))))
            .ok();
    });
    exit
}

fn bytes_as_mib(bytes: u64) -> f64 {
    let kib = u32::try_from(bytes / 1024).unwrap_or(u32::MAX);
    f64::from(kib) / 1024.0
}

fn read_lines(
    from: impl Read + Send + 'static,
    to: SyncSender<String>,
    last: Arc<Mutex<VecDeque<String>>>,
) {
    thread::spawn(move || {
        for line in BufReader::new(from).lines() {
            let Ok(line) = line else { return };
            {
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                if last.len() >= LAST_LINES {
                    last.pop_front();
                }
                last.push_back(line.clone());
            }
            // Read on for nobody: a full pipe would stop the program.
            to.send(line).ok();
        }
    });
}

/// User and system time in a line of `/proc/PID/stat`, children included (proc(5), fields 14–17).
fn cpu_of_stat(stat: &str) -> Option<f64> {
    const TICKS_PER_SECOND: f64 = 100.0;
    let fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks: Option<Vec<f64>> = fields.take(4).map(|field| field.parse().ok()).collect();
    let ticks = ticks.filter(|ticks| ticks.len() == 4)?;
    Some(ticks.iter().sum::<f64>() / TICKS_PER_SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_found_behind_a_name_with_brackets() {
        let stat = "17 (a (b) c) S 1 2 3 4 5 6 7 8 9 10 150 50 25 25 20 0 1";
        assert_eq!(cpu_of_stat(stat), Some(2.5));
        assert_eq!(cpu_of_stat("17 (a) S 1 2"), None);
    }

    #[test]
    fn lines_of_both_outputs_are_heard_and_the_end_is_told() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo one; echo two >&2; exit 3"]);
        let mut running = Running::spawn(command).unwrap();
        let patience = Duration::from_secs(30);
        let pick = |line: &str| (line == "two").then_some(());
        running.wait_for_line(patience, pick).unwrap();
        let ended = running.wait_for_end(patience).unwrap();
        assert!(!ended.is_success);
        assert!(ended.how.contains('3'), "{}", ended.how);
    }

    #[test]
    fn a_program_that_ends_too_soon_is_quoted() {
        let mut command = Command::new("sh");
        command.args(["-c", "echo no such thing"]);
        let mut running = Running::spawn(command).unwrap();
        let error = running
            .wait_for_line(Duration::from_secs(30), |_| None::<()>)
            .unwrap_err();
        assert!(error.to_string().contains("no such thing"), "{error}");
    }
}
