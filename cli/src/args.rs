//! The command line.

use core::net::SocketAddr;
use core::time::Duration;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Long enough for a phone to change from Wi-Fi to mobile; with the 8 s after which a silent peer
/// counts as lost, a killed peer still ends the other side within 15 s.
const DEFAULT_PATIENCE_S: u64 = 5;

/// Rooms where people chat and send files from device to device.
#[derive(Debug, Parser)]
#[command(
    name = "parlor",
    version,
    propagate_version = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) output: OutputArgs,

    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What is printed, and how.
#[derive(Debug, Clone, Args)]
pub(crate) struct OutputArgs {
    /// Print one JSON object per line on stdout, and everything for people on stderr
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Log to stderr: -v what happens, -vv in detail (or set PARLOR_LOG to a filter)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Open a room and send files to whoever joins it
    Send(SendArgs),
    /// Join a room and save the files that are offered there
    Receive(ReceiveArgs),
    /// Chat and exchange files in the terminal
    Room(RoomArgs),
    /// Try everything on this machine: server, room, messages and files
    Demo,
}

impl Command {
    /// As it is typed.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::Send(_) => "send",
            Self::Receive(_) => "receive",
            Self::Room(_) => "room",
            Self::Demo => "demo",
        }
    }
}

/// `parlor send`.
#[derive(Debug, Args)]
pub(crate) struct SendArgs {
    /// Files and folders to send
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// Serve everyone who joins until Ctrl-C, instead of ending when the first has everything
    #[arg(long, visible_alias = "to-all")]
    pub(crate) keep: bool,

    #[command(flatten)]
    pub(crate) open: OpenArgs,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// `parlor receive`.
#[derive(Debug, Args)]
pub(crate) struct ReceiveArgs {
    /// The link of the room; "-" reads it from stdin, which keeps it out of the process list
    #[arg(value_name = "LINK", env = "PARLOR_LINK", hide_env_values = true)]
    pub(crate) link: String,

    /// Folder for the files; it is created if it is not there
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,

    /// Take everything that is offered without asking
    #[arg(long, short)]
    pub(crate) yes: bool,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// `parlor room`.
#[derive(Debug, Args)]
pub(crate) struct RoomArgs {
    /// The link of the room ("-" reads it from stdin); without one a new room is opened
    #[arg(value_name = "LINK", env = "PARLOR_LINK", hide_env_values = true)]
    pub(crate) link: Option<String>,

    /// Folder for accepted files; without one nothing can be accepted
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) open: OpenArgs,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// Where a new room is opened.
#[derive(Debug, Clone, Args)]
pub(crate) struct OpenArgs {
    /// Server that introduces the members (https://, http://, wss:// or ws://)
    #[arg(long, value_name = "URL", env = "PARLOR_SERVER")]
    pub(crate) server: Option<String>,

    /// Be the server too, for people on the same network
    #[arg(long)]
    pub(crate) embed: bool,

    /// Where the server of --embed listens
    #[arg(
        long,
        value_name = "ADDR",
        default_value = "0.0.0.0:0",
        requires = "embed"
    )]
    pub(crate) listen: SocketAddr,

    /// Members at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=32))]
    pub(crate) max_peers: Option<u8>,
}

/// What every command that enters a room takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct CommonArgs {
    /// Your name, as the others see it
    #[arg(long, env = "PARLOR_NAME")]
    pub(crate) name: Option<String>,

    /// STUN server to ask for our public address (stun:host:port); may be given several times
    #[arg(long, value_name = "URL", conflicts_with = "no_stun")]
    pub(crate) stun: Vec<String>,

    /// Ask no STUN server: enough on one network
    #[arg(long)]
    pub(crate) no_stun: bool,

    /// How long to wait for a lost peer to come back
    #[arg(long, value_name = "SECONDS", default_value_t = DEFAULT_PATIENCE_S)]
    patience: u64,
}

impl CommonArgs {
    pub(crate) const fn patience(&self) -> Duration {
        Duration::from_secs(self.patience)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split_whitespace())
    }

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn json_may_stand_before_or_after_the_command() {
        assert!(parse("parlor --json demo").unwrap().output.json);
        assert!(parse("parlor demo --json").unwrap().output.json);
    }

    #[test]
    fn contradictions_are_refused() {
        for line in [
            "parlor",
            "parlor send",
            "parlor send a --listen 127.0.0.1:0",
            "parlor send a --max-peers 1",
            "parlor receive link",
            "parlor room --stun stun:a --no-stun",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn to_all_is_another_word_for_keep() {
        let Command::Send(send) = parse("parlor send a b --to-all").unwrap().command else {
            panic!("another command");
        };
        assert!(send.keep);
        assert_eq!(send.paths.len(), 2);
        assert_eq!(send.common.patience(), Duration::from_secs(5));
    }
}
