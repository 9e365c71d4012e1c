//! The `parlor-signaling` binary: settings from the command line, logs to standard error, and a
//! goodbye to every client on SIGTERM or ctrl-c. A second signal ends it at once.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Parser;
use parlor_proto::signal::IceServer;
use parlor_signaling::server::{CONNECTIONS_MAX, Server, ServerConfig, ServerError};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

/// Separates this use of the key file from any other.
const KEY_CONTEXT: &str = "parlor signaling 2026-11 server key file";

/// Shorter files are not keys.
const KEY_FILE_MIN_BYTES: u64 = 32;

/// Larger files are a mistake in the path.
const KEY_FILE_MAX_BYTES: u64 = 4 * 1024;

/// Introduces the members of Parlor rooms to each other. It stores nothing and reads nothing.
#[derive(Debug, Parser)]
#[command(version)]
struct Args {
    /// Where to listen.
    #[arg(long, default_value = "0.0.0.0:8787")]
    listen: SocketAddr,

    /// A STUN server for clients, such as stun:stun.example.org:3478. Can be repeated.
    #[arg(long, value_name = "URL")]
    stun: Vec<String>,

    /// A file of at least 32 random bytes. With it, members come back as themselves after a
    /// restart, and to any server with the same file.
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,

    /// Most members of a room.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u8).range(2..=32))]
    room_peers_max: u8,

    /// Most open connections.
    #[arg(long, default_value_t = CONNECTIONS_MAX)]
    connections_max: usize,

    /// A network of your own reverse proxies, such as 10.0.0.0/8: X-Forwarded-For is believed from
    /// there alone. Can be repeated.
    #[arg(long, value_name = "CIDR")]
    trusted_proxy: Vec<ipnet::IpNet>,

    /// How much to log: off, error, warn, info, debug or trace.
    #[arg(long, default_value = "info")]
    log: LevelFilter,
}

#[derive(Debug, thiserror::Error)]
enum MainError {
    #[error("cannot read the key file {path}: {source}")]
    KeyFile {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the key file {path} must have 32 to 4096 bytes")]
    KeyFileSize { path: PathBuf },
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error("cannot listen for signals: {0}")]
    Signals(std::io::Error),
    #[error("the server stopped by itself, which is a bug")]
    Stopped,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    // Only our own targets: libraries log what they send at trace level.
    let filter = EnvFilter::new(format!("parlor_signaling={}", args.log));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    match run(args).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(args: Args) -> Result<(), MainError> {
    let mut config = ServerConfig::new(args.listen);
    config.room_peers_max = args.room_peers_max;
    config.connections_max = args.connections_max;
    config.trusted_proxies = args.trusted_proxy;
    config.ice_servers = args.stun.into_iter().map(stun_server).collect();
    config.server_key = args.key_file.as_deref().map(read_key).transpose()?;
    if config.server_key.is_none() {
        tracing::warn!("no --key-file: members cannot resume after a restart");
    }
    let mut signals = Signals::listen().map_err(MainError::Signals)?;
    let server = Server::bind(config).await?;
    tokio::select! {
        () = signals.next() => {}
        () = server.stopped() => return Err(MainError::Stopped),
    }
    tokio::select! {
        () = server.shutdown() => {}
        () = signals.next() => tracing::warn!("stopped by a second signal"),
    }
    Ok(())
}

fn stun_server(url: String) -> IceServer {
    IceServer {
        urls: vec![url],
        username: None,
        credential: None,
    }
}

fn read_key(path: &Path) -> Result<[u8; 32], MainError> {
    let fail = |source| MainError::KeyFile {
        path: path.to_owned(),
        source,
    };
    let size = std::fs::metadata(path).map_err(fail)?.len();
    if !(KEY_FILE_MIN_BYTES..=KEY_FILE_MAX_BYTES).contains(&size) {
        return Err(MainError::KeyFileSize {
            path: path.to_owned(),
        });
    }
    let bytes = std::fs::read(path).map_err(fail)?;
    Ok(blake3::derive_key(KEY_CONTEXT, &bytes))
}

/// SIGTERM where there is one, and ctrl-c everywhere.
struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}
