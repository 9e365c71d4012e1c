//! Runs the real `parlor` as processes of their own and reads their JSON lines.
//!
//! Every wait is bounded, and a process that a test leaves behind is killed.
#![allow(dead_code, reason = "every test file uses another part")]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long any one step may take on a busy machine before the test fails.
const STEP_MAX: Duration = Duration::from_secs(60);

/// More lines than any test makes a process print.
const LINES_MAX: usize = 100_000;

/// A running `parlor --json`.
pub(crate) struct Parlor {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<Value>,
    seen: Vec<Value>,
    given: BTreeSet<usize>,
    stderr: Arc<Mutex<String>>,
    stderr_reader: Option<JoinHandle<()>>,
    title: String,
    /// Its own data folder.
    data: Option<PathBuf>,
}

impl Parlor {
    /// Starts `parlor <args> --json`.
    pub(crate) fn start(args: &[&dyn AsRef<OsStr>]) -> Self {
        let mut command = command(args);
        command
            .arg("--json")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let title = format!("{command:?}");
        let mut settings = command.get_envs();
        let data = settings.find_map(|(name, value)| (name == "PARLOR_DATA").then_some(value)?);
        let data = data.map(PathBuf::from);
        let mut child = command.spawn().expect("the program starts");
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        let (out, lines) = sync_channel(LINES_MAX);
        std::thread::spawn(move || {
            for line in stdout.lines() {
                let line = line.expect("stdout is UTF-8");
                let event: Value = serde_json::from_str(&line)
                    .unwrap_or_else(|error| panic!("no JSON on stdout: {error}: {line}"));
                if out.send(event).is_err() {
                    return;
                }
            }
        });
        let (stderr, stderr_reader) = collect(child.stderr.take().expect("piped"));
        Self {
            child,
            stdin,
            lines,
            seen: Vec::new(),
            given: BTreeSet::new(),
            stderr,
            stderr_reader: Some(stderr_reader),
            title,
            data,
        }
    }

    /// Hosts and opens a room on this machine only: `parlor <args> --embed --listen 127.0.0.1:0`.
    pub(crate) fn open(args: &[&dyn AsRef<OsStr>]) -> Self {
        let local: [&dyn AsRef<OsStr>; 3] = [&"--embed", &"--listen", &"127.0.0.1:0"];
        Self::start(&[args, &local[..]].concat())
    }

    /// The next line that is this event.
    pub(crate) fn next(&mut self, event: &str) -> Value {
        self.next_where(event, |_| true)
    }

    /// The next line that is this event and meets `is_wanted`. Each line is given once; lines of
    /// other events wait for their turn, because what happens at once is told in any order.
    pub(crate) fn next_where(&mut self, event: &str, is_wanted: impl Fn(&Value) -> bool) -> Value {
        let until = Instant::now() + STEP_MAX;
        let mut at = 0;
        loop {
            while at < self.seen.len() {
                let line = &self.seen[at];
                if !self.given.contains(&at) && line["event"] == event && is_wanted(line) {
                    self.given.insert(at);
                    return self.seen[at].clone();
                }
                at += 1;
            }
            let left = until.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("no \"{event}\" came\n{}", self.story());
            };
            self.keep(line);
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn link(&mut self) -> String {
        text(&self.next("room")["link"])
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        writeln!(stdin, "{line}")
            .and_then(|()| stdin.flush())
            .expect("the program reads stdin");
    }

    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Waits for the end; gives the exit code.
    pub(crate) fn exit_code(&mut self) -> i32 {
        let until = Instant::now() + STEP_MAX;
        let status = loop {
            if let Some(status) = self.child.try_wait().expect("our own child") {
                break status;
            }
            assert!(Instant::now() < until, "it does not end\n{}", self.story());
            std::thread::sleep(Duration::from_millis(20));
        };
        while let Ok(line) = self.lines.recv_timeout(STEP_MAX) {
            self.keep(line);
        }
        if let Some(reader) = self.stderr_reader.take() {
            reader.join().expect("no panic in the reader");
        }
        let code = status
            .code()
            .unwrap_or_else(|| panic!("killed\n{}", self.story()));
        let last = self
            .seen
            .last()
            .unwrap_or_else(|| panic!("nothing printed"));
        assert_eq!(last["event"], "end", "{}", self.story());
        assert_eq!(last["exit_code"], code, "{}", self.story());
        code
    }

    /// Waits for the end and checks that it is a good one.
    pub(crate) fn succeed(&mut self) {
        let code = self.exit_code();
        assert_eq!(code, 0, "{}", self.story());
    }

    /// Waits for the end and checks code and sentence.
    pub(crate) fn fail(&mut self, code: i32, kind: &str, sentence: &str) {
        let actual = self.exit_code();
        assert_eq!(actual, code, "{}", self.story());
        let error = self
            .all("error")
            .pop()
            .unwrap_or_else(|| panic!("{}", self.story()));
        assert_eq!(error["code"], code);
        assert_eq!(error["kind"], kind);
        let message = text(&error["message"]);
        assert!(message.contains(sentence), "{message}");
        assert!(self.stderr().contains(&message), "{}", self.story());
    }

    /// Every line of this event so far.
    pub(crate) fn all(&self, event: &str) -> Vec<Value> {
        self.seen
            .iter()
            .filter(|line| line["event"] == event)
            .cloned()
            .collect()
    }

    pub(crate) fn stderr(&self) -> String {
        self.stderr.lock().expect("no panic in the reader").clone()
    }

    /// As a crash or a pulled plug would end it.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("our own child");
        self.child.wait().expect("our own child");
    }

    /// As Ctrl-C would end it.
    #[cfg(unix)]
    pub(crate) fn interrupt(&self) {
        let pid = i32::try_from(self.child.id()).expect("a pid");
        let pid = rustix::process::Pid::from_raw(pid).expect("a pid");
        rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("our own child");
    }

    fn keep(&mut self, line: Value) {
        check_documented(&line);
        self.seen.push(line);
    }

    fn story(&self) -> String {
        let lines: Vec<String> = self.seen.iter().map(Value::to_string).collect();
        format!(
            "{}\n{}\n--- stderr\n{}",
            self.title,
            lines.join("\n"),
            self.stderr()
        )
    }
}

impl Drop for Parlor {
    fn drop(&mut self) {
        // Fails if it ended already, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(data) = &self.data {
            // What is left is in the build's own folder.
            let _ = std::fs::remove_dir_all(data);
        }
    }
}

/// `parlor <args>` without the caller's settings.
pub(crate) fn command(args: &[&dyn AsRef<OsStr>]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_parlor"));
    command.args(args.iter().map(|arg| arg.as_ref()));
    for name in ["PARLOR_LINK", "PARLOR_SERVER", "PARLOR_NAME", "PARLOR_LOG"] {
        command.env_remove(name);
    }
    // Each process is a device of its own, and none touches the person's data.
    command.env("PARLOR_DATA", fresh_data());
    command
}

/// A data folder that nobody has used.
fn fresh_data() -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let data = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("data-{process}-{count}"));
    // Of a process that had the same number long ago.
    let _ = std::fs::remove_dir_all(&data);
    data
}

fn collect(mut pipe: impl std::io::Read + Send + 'static) -> (Arc<Mutex<String>>, JoinHandle<()>) {
    let text = Arc::new(Mutex::new(String::new()));
    let out = Arc::clone(&text);
    let reader = std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(len @ 1..) = pipe.read(&mut bytes) {
            let piece = String::from_utf8_lossy(&bytes[..len]).into_owned();
            out.lock().expect("no panic elsewhere").push_str(&piece);
        }
    });
    (text, reader)
}

/// Checks a line against the table in `docs/cli.md`: a known event, and exactly its fields.
fn check_documented(line: &Value) {
    let documented = documented();
    let event = text(&line["event"]);
    let fields = documented
        .get(&event)
        .unwrap_or_else(|| panic!("docs/cli.md lacks {event}"));
    let actual: BTreeSet<String> = line
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    assert_eq!(&actual, fields, "fields of {event}");
}

fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let page = include_str!("../../../docs/cli.md");
    let table = page
        .split("| event | fields | when |")
        .nth(1)
        .expect("the table of events");
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let event = cells[1].trim_matches('`').to_owned();
        let mut fields = BTreeSet::from(["event".to_owned()]);
        for field in cells[2].split(", ") {
            match field {
                "*T*" => {
                    fields.extend(["direction", "transfer", "with", "name"].map(str::to_owned))
                }
                field => fields.extend([field.trim_matches('`').to_owned()]),
            }
        }
        (event, fields)
    };
    rows.map(row).collect()
}

pub(crate) fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value}"))
        .to_owned()
}

/// Writes a file whose bytes depend on its length and never repeat in a simple way.
pub(crate) fn write_noise(path: &Path, len: usize) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    let mut hasher = blake3::Hasher::new();
    hasher.update(&len.to_le_bytes());
    let mut bytes = vec![0; len];
    hasher.finalize_xof().fill(&mut bytes);
    std::fs::write(path, bytes).expect("the disk has room");
}

pub(crate) fn hash(path: &Path) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut file =
        std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    std::io::copy(&mut file, &mut hasher).expect("a readable file");
    hasher.finalize().to_hex().to_string()
}

/// Relative path and hash of every file below a folder.
pub(crate) fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        if path.is_dir() {
            let entries = path.read_dir().expect("a readable folder");
            left.extend(entries.map(|entry| entry.expect("a readable entry").path()));
        } else {
            let name = path.strip_prefix(folder).expect("below it").to_owned();
            files.insert(name, hash(&path));
        }
    }
    files
}
