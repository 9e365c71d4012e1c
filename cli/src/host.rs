//! Where a room is introduced: a server somewhere, or one in this process.

use core::net::SocketAddr;

use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use parlor_signaling::host::{Host, HostError};

use crate::args::OpenArgs;
use crate::exit::{Code, Failure};
use crate::report::{Report, Reporter};

/// Starts a server in this process that listens at `listen`.
pub(crate) async fn start(listen: SocketAddr) -> Result<Host, Failure> {
    Host::start(listen).await.map_err(|error| {
        Failure::usage(match error {
            HostError::Bind(error) => {
                format!("Cannot host the room ({error}); choose another address with --listen.")
            }
            HostError::Address { listen, error } => format!(
                "Nobody could join a room hosted at {listen} ({error}); listen on an address of \
                 your own network, or name a server with --server."
            ),
        })
    })
}

/// What is told of it.
pub(crate) fn report(host: &Host) -> Report {
    Report::Hosting {
        listen: host.local_addr().to_string(),
        server: host.url().to_string(),
        is_local_only: host.is_local_only(),
    }
}

/// Where a new room will be, and the server in this process if there is one.
pub(crate) async fn place(
    args: &OpenArgs,
    reporter: &mut Reporter,
) -> Result<(Invite, Option<Host>), Failure> {
    let host = if args.embed {
        let host = start(args.listen).await?;
        reporter.report(&report(&host));
        Some(host)
    } else {
        None
    };
    let server = match (&host, &args.server) {
        (Some(host), _) => host.url().clone(),
        (None, Some(url)) => server_at(url)?,
        (None, None) => {
            return Err(Failure::usage(
                "A room needs a server to introduce its members; host it here with --embed (for \
                 people on your network), or name one with --server URL or PARLOR_SERVER.",
            ));
        }
    };
    let secret = new_secret()?;
    Ok((Invite { server, secret }, host))
}

/// The server that somebody named.
pub(crate) fn server_at(url: &str) -> Result<ServerUrl, Failure> {
    ServerUrl::parse(url).map_err(|error| {
        Failure::usage(format!(
            "\"{url}\" is not the address of a server: {error}; see --server."
        ))
    })
}

/// A fresh room's secret.
pub(crate) fn new_secret() -> Result<RoomSecret, Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| {
        Failure::new(
            Code::LocalFile,
            format!("The system gives no random numbers ({error}); no room can be opened."),
        )
    })?;
    Ok(RoomSecret::from_bytes(bytes))
}
