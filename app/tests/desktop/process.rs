//! Programs that a test starts, and waiting for what they do.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long something may take to appear: a cold start of two web views on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// How often it is looked.
const GLANCE: Duration = Duration::from_millis(150);

/// A process that ends with its owner.
#[derive(Debug)]
pub(crate) struct Ended(pub(crate) Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts nothing yet, but will say nothing.
pub(crate) fn quiet(command: &mut Command) -> &mut Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
}

/// Starts a program that says one line when it is ready.
pub(crate) fn first_line(command: &mut Command) -> (Ended, String) {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let program = command.get_program().to_string_lossy().into_owned();
    let child = command
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut child = Ended(child);
    let out = child.0.stdout.take().unwrap();
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line).unwrap();
    assert!(!line.trim().is_empty(), "{program} does not start");
    (child, line.trim().to_owned())
}

/// Looks again and again until there is something.
pub(crate) fn until<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if started.elapsed() > PATIENCE {
            return None;
        }
        std::thread::sleep(GLANCE);
    }
}

/// The processes of an app: itself and its web processes.
pub(crate) fn family(pid: u32) -> Vec<u32> {
    let mut family = vec![pid];
    let all = fs::read_dir("/proc").unwrap().flatten();
    let mut pids: Vec<u32> = all
        .filter_map(|one| one.file_name().to_str()?.parse().ok())
        .collect();
    pids.sort_unstable();
    for pid in pids {
        if stat(pid, 1).is_some_and(|parent| family.contains(&u32::try_from(parent).unwrap_or(0))) {
            family.push(pid);
        }
    }
    family
}

/// A number from `/proc/<pid>/stat`, counted from behind the name.
pub(crate) fn stat(pid: u32, field: usize) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let rest = stat.rsplit(')').next()?.trim_start();
    rest.split(' ').nth(field)?.parse().ok()
}
