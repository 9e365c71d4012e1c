//! A server, two people and their folders.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use super::running::Running;
use super::{FaultError, MIB, Plan};

/// To start a program and join a room, on a busy machine.
pub(crate) const START_MAX: Duration = Duration::from_secs(30);

/// Slower than any disk and machine that this is worth running on.
const SLOWEST_BYTES_PER_S: u64 = 10 * MIB;

/// How long a receiver waits for a sender that is away: longer than any fault takes.
const PATIENCE_S: &str = "3600";

/// A folder with everything in it, gone when it is dropped.
#[derive(Debug)]
pub(crate) struct Stage {
    server: Running,
    url: String,
    parlor: PathBuf,
    folder: TempDir,
}

impl Stage {
    /// Makes the folders and starts the server, which lives as long as the stage.
    pub(crate) fn set(plan: &Plan) -> Result<Self, FaultError> {
        let folder = tempfile::tempdir_in(&plan.scratch).map_err(FaultError::io("scratch"))?;
        let addr = free_addr().map_err(FaultError::io("a free port"))?;
        let mut command = Command::new(&plan.server);
        let log = ["--listen", &addr.to_string(), "--log", "warn"];
        let mut server = Running::start(command.args(log))?;
        server.wait_until("it listens", START_MAX, |_| {
            TcpStream::connect(addr).is_ok()
        })?;
        let stage = Self {
            server,
            url: format!("http://{addr}"),
            parlor: plan.parlor.clone(),
            folder,
        };
        for path in [stage.from(), stage.to()] {
            let made = std::fs::create_dir(&path);
            made.map_err(FaultError::io(path.display().to_string()))?;
        }
        Ok(stage)
    }

    /// What is sent.
    pub(crate) fn from(&self) -> PathBuf {
        self.path("from")
    }

    /// Where it is to arrive.
    pub(crate) fn to(&self) -> PathBuf {
        self.path("to")
    }

    /// A path on the stage.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The sender: opens a room, or joins the one it has the link of.
    pub(crate) fn sender(&self, link: Option<&str>) -> Result<Running, FaultError> {
        let mut command = self.command("room", "Ada");
        match link {
            Some(link) => command.arg(link),
            None => command.args(["--server", &self.url]),
        };
        Running::start(&mut command)
    }

    /// The receiver: takes everything.
    pub(crate) fn receiver(&self, link: &str, out: &Path) -> Result<Running, FaultError> {
        let mut command = self.command("receive", "Bob");
        command.args([link, "--yes", "--patience", PATIENCE_S, "--out"]);
        Running::start(command.arg(out))
    }

    /// A sender that offers paths, `files` in all, and the link of its room.
    pub(crate) fn offer(
        &self,
        paths: &[PathBuf],
        files: usize,
        size_bytes: u64,
    ) -> Result<(Running, String), FaultError> {
        let mut sender = self.sender(None)?;
        let is_open = |sender: &Running| sender.heard().link.is_some();
        sender.wait_until("a room", START_MAX, is_open)?;
        let link = sender.heard().link.clone().unwrap_or_default();
        for path in paths {
            sender.type_line(&format!("/send {}", path.display()))?;
        }
        let is_offered = |sender: &Running| sender.heard().prepared_files >= files;
        sender.wait_until("the offer", time_for(size_bytes), is_offered)?;
        Ok((sender, link))
    }

    /// Why the server may have been the reason.
    pub(crate) fn server_story(&self) -> String {
        self.server.story()
    }

    fn command(&self, what: &str, name: &str) -> Command {
        let mut command = Command::new(&self.parlor);
        for setting in ["PARLOR_LINK", "PARLOR_SERVER", "PARLOR_NAME", "PARLOR_LOG"] {
            command.env_remove(setting);
        }
        command
            .arg(what)
            .args(["--json", "--no-stun", "--name", name, "--data"])
            .arg(self.path(&format!("data of {name}")));
        command
    }
}

/// How long something may take that goes through so many bytes.
pub(crate) fn time_for(bytes: u64) -> Duration {
    START_MAX + Duration::from_secs(bytes / SLOWEST_BYTES_PER_S)
}

/// The server cannot say in a way that scripts can read where it listens. Nobody else takes the
/// port in between, because the system gives out others first.
fn free_addr() -> std::io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
