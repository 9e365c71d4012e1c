//! The command line.

use core::net::SocketAddr;
use core::time::Duration;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use parlor_core::room::accept::{AcceptFrom, AcceptKinds, AcceptRules};

/// Long enough for a phone to change from Wi-Fi to mobile; with the 8 s after which a silent peer
/// counts as lost, a killed peer still ends the other side within 15 s.
const DEFAULT_PATIENCE_S: u64 = 5;

/// A film of some minutes, and less than fills a phone.
const ACCEPT_MB: u64 = 1000;

/// As many as a room can hold besides its opener.
pub(crate) const CODE_USES_ALL: u32 = 31;

/// What the commands that enter a room call the link or code.
#[cfg(unix)]
pub(crate) const LINK_ID: &str = "link";

const EXAMPLES: &str = "\
Examples:
  parlor send photo.jpg trip/ --embed    on one network, without any server
  parlor receive 'LINK' --out Downloads  on the other device
  parlor room --embed                    talk; /send PATH hands over files
  parlor demo                            see it work on this machine";

const SEND_EXAMPLES: &str = "\
Examples:
  parlor send photo.jpg trip/ --embed
  parlor send trip/ --embed --as-photos
  parlor send talk.mp4 --embed --keep
  parlor send photo.jpg --server https://parlor.example.org";

const RECEIVE_EXAMPLES: &str = "\
Examples:
  parlor receive 'http://192.168.1.20:40123/j#…'
  parlor receive 4821-amber-otter-canoe --server https://parlor.example.org
  parlor receive 'LINK' --out Downloads --yes
  parlor receive - --yes < link.txt";

const ROOM_EXAMPLES: &str = "\
Examples:
  parlor room --embed --out Downloads
  parlor room 'LINK' --out Downloads
  echo 'Dinner is ready' | parlor room 'LINK'";

const DEMO_EXAMPLES: &str = "\
Examples:
  parlor demo
  parlor demo --json";

/// Rooms where people chat and send files from device to device.
#[derive(Debug, Parser)]
#[command(
    name = "parlor",
    bin_name = "parlor",
    version,
    arg_required_else_help = true,
    after_help = EXAMPLES
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
    /// Print JSON lines for scripts on stdout, words on stderr
    #[arg(long, global = true, display_order = 90)]
    pub(crate) json: bool,

    /// Log to stderr; -vv in detail
    #[arg(short, long, global = true, display_order = 91, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Open a room and send files to whoever joins it
    #[command(after_help = SEND_EXAMPLES)]
    Send(SendArgs),
    /// Join a room and save the files that are offered there
    #[command(after_help = RECEIVE_EXAMPLES)]
    Receive(ReceiveArgs),
    /// Chat and exchange files in the terminal
    #[command(after_help = ROOM_EXAMPLES)]
    Room(RoomArgs),
    /// Try everything on this machine: server, room, messages and files
    #[command(after_help = DEMO_EXAMPLES)]
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

    /// Send pictures without location and camera data
    #[arg(long)]
    pub(crate) as_photos: bool,

    /// Serve everyone until Ctrl-C
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
    /// The link or code of the room; without one, or with "-", you are asked [env: PARLOR_LINK]
    #[arg(value_name = "LINK|CODE", env = "PARLOR_LINK", hide_env = true)]
    pub(crate) link: Option<String>,

    /// The server of a code; a link names its own [env: PARLOR_SERVER]
    #[arg(long, value_name = "URL", env = "PARLOR_SERVER", hide_env = true)]
    pub(crate) server: Option<String>,

    /// Folder for the files, made if it is not there
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub(crate) out: PathBuf,

    /// Take everything without asking
    #[arg(long, short)]
    pub(crate) yes: bool,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// `parlor room`.
#[derive(Debug, Args)]
pub(crate) struct RoomArgs {
    /// The link or code of the room, or "-"; without one a new room is opened [env: PARLOR_LINK]
    #[arg(value_name = "LINK|CODE", env = "PARLOR_LINK", hide_env = true)]
    pub(crate) link: Option<String>,

    /// Folder for accepted files; without it none can be
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,

    /// From whom photos, films and sound are taken without asking
    #[arg(long, value_name = "WHO", default_value = "nobody", requires = "out")]
    pub(crate) accept: AcceptWho,

    /// How much of it at once, in MB
    #[arg(long, value_name = "MB", default_value_t = ACCEPT_MB, requires = "accept")]
    pub(crate) accept_mb: u64,

    /// Take other files without asking, too
    #[arg(long, requires = "accept")]
    pub(crate) accept_all: bool,

    #[command(flatten)]
    pub(crate) open: OpenArgs,

    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// From whom offers are taken without asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum AcceptWho {
    /// Nobody
    Nobody,
    /// People whose emoji you compared
    Verified,
    /// Those and people you met before
    Known,
    /// Everybody in the room
    Anyone,
}

impl RoomArgs {
    /// The rules that follow.
    pub(crate) fn accept_rules(&self) -> AcceptRules {
        AcceptRules {
            from: match self.accept {
                AcceptWho::Nobody => AcceptFrom::Nobody,
                AcceptWho::Verified => AcceptFrom::Verified,
                AcceptWho::Known => AcceptFrom::Known,
                AcceptWho::Anyone => AcceptFrom::Anyone,
            },
            max_bytes: self.accept_mb.saturating_mul(1_000_000),
            kinds: if self.accept_all {
                AcceptKinds::All
            } else {
                AcceptKinds::Media
            },
        }
    }
}

/// Where a new room is opened.
#[derive(Debug, Clone, Args)]
pub(crate) struct OpenArgs {
    /// Be the server too, for people on the same network
    #[arg(long)]
    pub(crate) embed: bool,

    /// Server that introduces the members [env: PARLOR_SERVER]
    #[arg(long, value_name = "URL", env = "PARLOR_SERVER", hide_env = true)]
    pub(crate) server: Option<String>,

    /// How many people the typed code lets in [default: 1 to send, else everybody]
    #[arg(long, value_name = "PEOPLE", value_parser = clap::value_parser!(u32).range(1..=31))]
    pub(crate) code_uses: Option<u32>,

    /// Where --embed listens
    #[arg(
        long,
        value_name = "IP:PORT",
        default_value = "0.0.0.0:0",
        requires = "embed"
    )]
    pub(crate) listen: SocketAddr,

    /// Members at most
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(2..=32))]
    pub(crate) max_peers: Option<u8>,
}

/// Whether there is a lane for file bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Lane {
    /// Where both sides can
    On,
    /// Data channels alone
    Off,
}

/// What every command that enters a room takes.
#[derive(Debug, Clone, Args)]
pub(crate) struct CommonArgs {
    /// Your name, as the others see it [env: PARLOR_NAME]
    #[arg(long, env = "PARLOR_NAME", hide_env = true)]
    pub(crate) name: Option<String>,

    /// Folder for the device key and the people you met [env: PARLOR_DATA]
    #[arg(long, value_name = "DIR", env = "PARLOR_DATA", hide_env = true)]
    pub(crate) data: Option<PathBuf>,

    /// STUN server, like stun:example.org:3478; repeatable
    #[arg(long, value_name = "URL", conflicts_with = "no_stun")]
    pub(crate) stun: Vec<String>,

    /// Ask no STUN server
    #[arg(long)]
    pub(crate) no_stun: bool,

    /// Whether file bytes may go over QUIC beside the data channels, where both sides can
    #[arg(long, value_name = "WHETHER", default_value = "on")]
    pub(crate) lane: Lane,

    /// How long a lost peer may stay away
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
            "parlor room --stun stun:a --no-stun",
            "parlor room --accept known",
            "parlor room --out d --accept friends",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn files_go_where_we_are_unless_told_otherwise() {
        let Command::Receive(receive) = parse("parlor receive link").unwrap().command else {
            panic!("another command");
        };
        assert_eq!(receive.out, PathBuf::from("."));
    }

    #[test]
    fn offers_are_asked_about_unless_told_otherwise() {
        let rules = |line: &str| match parse(line).unwrap().command {
            Command::Room(room) => room.accept_rules(),
            other => panic!("{other:?}"),
        };
        assert_eq!(rules("parlor room").from, AcceptFrom::Nobody);
        let rules = rules("parlor room --out d --accept known --accept-mb 5 --accept-all");
        assert_eq!(rules.from, AcceptFrom::Known);
        assert_eq!(
            (rules.max_bytes, rules.kinds),
            (5_000_000, AcceptKinds::All)
        );
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
