//! The contestants, and how each is told to send a file and to receive it.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use parlor_emulator::Side;

use crate::failure::{Result, While as _};
use crate::ground::Ground;
use crate::process::Running;
use crate::programs;

/// The name of the sent file, in its own folder.
pub(crate) const FILE_NAME: &str = "file.bin";

/// Servers answer within this time, or something is wrong with them.
const SERVER_PATIENCE: Duration = Duration::from_secs(30);

/// The ways to send a file that are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Kind {
    Parlor,
    /// Parlor with its lane off.
    ParlorChannels,
    Channel,
    Tls,
    Sendme,
    Wormhole,
}

impl Kind {
    pub(crate) const ALL: [Self; 6] = [
        Self::Parlor,
        Self::ParlorChannels,
        Self::Channel,
        Self::Tls,
        Self::Sendme,
        Self::Wormhole,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Parlor => "Parlor",
            Self::ParlorChannels => "Parlor, lane off",
            Self::Channel => "bare data channel",
            Self::Tls => "TCP + TLS 1.3",
            Self::Sendme => "sendme",
            Self::Wormhole => "magic-wormhole",
        }
    }
}

/// The folders of one round.
#[derive(Debug)]
pub(crate) struct Scene {
    /// The file to send.
    pub(crate) file: PathBuf,
    /// Where the sender may keep what it wants.
    pub(crate) sender: PathBuf,
    /// Where the receiver puts the file and whatever else it keeps.
    pub(crate) receiver: PathBuf,
}

/// One contestant that is there.
#[derive(Debug)]
pub(crate) struct Contestant {
    pub(crate) kind: Kind,
    pub(crate) version: String,
    program: PathBuf,
    /// Of TCP; none is the machine's.
    congestion: Option<&'static str>,
    sender_at: IpAddr,
    receiver_at: IpAddr,
    /// The server it meets at, where it needs one of its own.
    server: Option<MailboxServer>,
}

impl Contestant {
    /// Finds its programs and starts its server in `folder`. Fails with what is missing.
    pub(crate) fn prepare(kind: Kind, folder: &Path, ground: &Ground) -> Result<Self> {
        let (program, what) = match kind {
            Kind::Parlor | Kind::ParlorChannels => {
                (programs::sibling("parlor"), "parlor beside this program")
            }
            Kind::Channel | Kind::Tls => (std::env::current_exe().ok(), "this program"),
            Kind::Sendme => (programs::find("sendme"), "sendme"),
            Kind::Wormhole => (programs::find("wormhole"), "wormhole"),
        };
        let program = program.ok_or("not found").during(what)?;
        let version = match kind {
            Kind::Channel => "webrtc 0.21.1".to_owned(),
            Kind::Tls => "rustls 0.23, ring".to_owned(),
            Kind::Parlor | Kind::ParlorChannels | Kind::Sendme | Kind::Wormhole => {
                programs::version(&program).unwrap_or_else(|| "unknown".to_owned())
            }
        };
        let server = match kind {
            Kind::Wormhole => Some(MailboxServer::start(folder, ground)?),
            Kind::Parlor | Kind::ParlorChannels | Kind::Channel | Kind::Tls | Kind::Sendme => None,
        };
        Ok(Self {
            kind,
            version,
            program,
            congestion: None,
            sender_at: ground.address(Side::A),
            receiver_at: ground.address(Side::B),
            server,
        })
    }

    /// The same with another congestion control of TCP.
    pub(crate) const fn with_congestion(mut self, name: &'static str) -> Self {
        self.congestion = Some(name);
        self
    }

    /// Whether its sender ends by itself when the receiver has the file.
    pub(crate) const fn ends_alone(&self) -> bool {
        !matches!(self.kind, Kind::Sendme)
    }

    pub(crate) fn sender(&self, scene: &Scene) -> Command {
        let mut command = self.command(&scene.sender);
        match self.kind {
            Kind::Parlor | Kind::ParlorChannels => {
                command.arg("send").arg(&scene.file);
                let listen = SocketAddr::new(self.sender_at, 0).to_string();
                command.args(["--embed", "--listen", &listen, "--json", "--no-stun"]);
                command.args(["--lane", self.lane()]);
                command.arg("--data").arg(scene.sender.join("data"));
            }
            Kind::Channel => {
                command.arg("channel-send").arg(&scene.file);
                command.arg(self.sender_at.to_string());
            }
            Kind::Tls => {
                command.arg("tls-send").arg(&scene.file);
                command.arg(self.sender_at.to_string());
                if let Some(name) = self.congestion {
                    command.args(["--congestion", name]);
                }
            }
            Kind::Sendme => {
                command.arg("send").arg(&scene.file);
                command.args(["--relay", "disabled", "--ticket-type", "addresses"]);
                command.arg("--no-progress");
            }
            Kind::Wormhole => {
                command.args(["send", "--hide-progress", "--no-qr"]);
                command.arg(&scene.file);
            }
        }
        command
    }

    pub(crate) fn receiver(&self, scene: &Scene, ticket: &str) -> Command {
        let mut command = self.command(&scene.receiver);
        match self.kind {
            Kind::Parlor | Kind::ParlorChannels => {
                command.args(["receive", ticket, "--yes", "--json", "--no-stun", "--out"]);
                command.arg(&scene.receiver).args(["--lane", self.lane()]);
                command
                    .arg("--data")
                    .arg(scene.sender.join("data-receiver"));
            }
            Kind::Channel => {
                command.args(["channel-receive", ticket]);
                command.arg(scene.receiver.join(FILE_NAME));
                command.arg(self.receiver_at.to_string());
            }
            Kind::Tls => {
                command.args(["tls-receive", ticket]);
                command.arg(scene.receiver.join(FILE_NAME));
            }
            Kind::Sendme => {
                command.args(["receive", "--relay", "disabled", "--no-progress", ticket]);
            }
            Kind::Wormhole => {
                command.args(["receive", "--accept-file", "--hide-progress", "-o"]);
                command.args([FILE_NAME, ticket]);
            }
        }
        command
    }

    const fn lane(&self) -> &'static str {
        match self.kind {
            Kind::ParlorChannels => "off",
            _ => "on",
        }
    }

    fn command(&self, folder: &Path) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(folder);
        if let Some(server) = &self.server {
            // No transit helper: the two sides reach each other.
            command.args(["--relay-url", &server.url, "--transit-helper", ""]);
        }
        command
    }
}

/// Looks through a sender's lines for what the receiver has to be told, until it is ready.
#[derive(Debug)]
pub(crate) struct TicketSearch {
    kind: Kind,
    ticket: Option<String>,
    is_prepared: bool,
}

impl TicketSearch {
    pub(crate) const fn new(kind: Kind) -> Self {
        Self {
            kind,
            ticket: None,
            // Only Parlor shows its ticket before it has read the file.
            is_prepared: !matches!(kind, Kind::Parlor | Kind::ParlorChannels),
        }
    }

    /// The ticket, once the sender is ready to send.
    pub(crate) fn take(&mut self, line: &str) -> Option<String> {
        match self.kind {
            Kind::Parlor | Kind::ParlorChannels => self.take_event(line),
            Kind::Channel | Kind::Tls => self.keep(line.strip_prefix("ready ")),
            Kind::Sendme => self.keep(line.trim().strip_prefix("sendme receive ")),
            Kind::Wormhole => self.keep(line.strip_prefix("Wormhole code is: ")),
        }
        self.ticket.clone().filter(|_| self.is_prepared)
    }

    fn keep(&mut self, ticket: Option<&str>) {
        if let Some(ticket) = ticket {
            self.ticket = Some(ticket.trim().to_owned());
        }
    }

    fn take_event(&mut self, line: &str) {
        let event: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
        let text = |name: &str| event.get(name).and_then(serde_json::Value::as_str);
        match text("event") {
            Some("room") => self.keep(text("link")),
            Some("prepared") => self.is_prepared = true,
            _ => {}
        }
    }
}

/// The server where the two sides of a wormhole meet.
#[derive(Debug)]
struct MailboxServer {
    url: String,
    /// Runs until this is dropped.
    _running: Running,
}

impl MailboxServer {
    fn start(folder: &Path, ground: &Ground) -> Result<Self> {
        let at = ground.address(Side::A);
        let twist = programs::find("twist")
            .ok_or("not found")
            .during("twist, for the mailbox server of magic-wormhole")?;
        let probe = std::net::TcpListener::bind("127.0.0.1:0").during("a free port")?;
        let port = probe.local_addr().during("a free port")?.port();
        drop(probe);
        let mut command = Command::new(twist);
        command.current_dir(folder).arg("wormhole-mailbox");
        command.arg(format!("--port=tcp:{port}:interface={at}"));
        command.arg("--channel-db=mailbox.sqlite");
        let mut running = ground.spawn(Side::A, command)?;
        running.wait_for_line(SERVER_PATIENCE, |line| {
            line.contains("starting on").then_some(())
        })?;
        running.ignore_lines();
        Ok(Self {
            url: format!("ws://{at}:{port}/v1"),
            _running: running,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parlor_is_ready_when_the_link_is_known_and_the_file_is_read() {
        let mut search = TicketSearch::new(Kind::Parlor);
        let room = r#"{"event":"room","link":"http://h/j#x"}"#;
        assert_eq!(search.take(room), None);
        assert_eq!(search.take("not json"), None);
        let ready = search.take(r#"{"event":"prepared"}"#);
        assert_eq!(ready.as_deref(), Some("http://h/j#x"));
    }

    #[test]
    fn tickets_of_the_others_are_cut_out_of_their_lines() {
        for (kind, line, ticket) in [
            (Kind::Tls, "ready 127.0.0.1:7/ab", "127.0.0.1:7/ab"),
            (Kind::Sendme, "sendme receive blobab", "blobab"),
            (Kind::Wormhole, "Wormhole code is: 1-a-b", "1-a-b"),
        ] {
            let mut search = TicketSearch::new(kind);
            assert_eq!(search.take("something else"), None);
            assert_eq!(search.take(line).as_deref(), Some(ticket));
        }
    }
}
