//! Where a room is introduced: a server somewhere, or one in this process.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::net::UdpSocket;

use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use parlor_signaling::server::{Server, ServerConfig};

use crate::args::OpenArgs;
use crate::exit::{Code, Failure};
use crate::report::{Report, Reporter};

/// Addresses in the ranges of private networks, and one that stands for the rest of the world.
/// Nothing is sent to them: asking the system how it would reach them tells our own address there.
const PROBES: [Ipv4Addr; 4] = [
    Ipv4Addr::new(1, 1, 1, 1),
    Ipv4Addr::new(192, 168, 255, 254),
    Ipv4Addr::new(10, 255, 255, 254),
    Ipv4Addr::new(172, 31, 255, 254),
];

/// Any port will do for a socket that sends nothing; 9 is "discard".
const PROBE_PORT: u16 = 9;

/// A server in this process.
#[derive(Debug)]
pub(crate) struct Host {
    server: Server,
    url: ServerUrl,
}

impl Host {
    /// Starts a server that listens at `listen`.
    pub(crate) async fn start(listen: SocketAddr) -> Result<Self, Failure> {
        let server = Server::bind(ServerConfig::new(listen))
            .await
            .map_err(|error| {
                let message = format!(
                    "Cannot host the room ({error}); choose another address with --listen."
                );
                Failure::usage(message)
            })?;
        let bound = server.local_addr();
        let ip = reachable_ip(bound.ip(), lan_address);
        let url = format!("http://{}", SocketAddr::new(ip, bound.port()));
        let url = ServerUrl::parse(&url).map_err(|error| {
            Failure::usage(format!(
                "Nobody could join a room hosted at {bound} ({error}); listen on an address of \
                 your own network, or name a server with --server."
            ))
        })?;
        Ok(Self { server, url })
    }

    pub(crate) const fn url(&self) -> &ServerUrl {
        &self.url
    }

    pub(crate) fn report(&self) -> Report {
        let listen = self.server.local_addr();
        let local = format!("http://127.0.0.1:{}", listen.port());
        Report::Hosting {
            listen: listen.to_string(),
            server: self.url.to_string(),
            is_local_only: self.url.link_base() == local,
        }
    }

    /// Says goodbye to everyone who is still connected.
    pub(crate) async fn stop(self) {
        self.server.shutdown().await;
    }
}

/// Where a new room will be, and the server in this process if there is one.
pub(crate) async fn place(
    args: &OpenArgs,
    reporter: &mut Reporter,
) -> Result<(Invite, Option<Host>), Failure> {
    let host = if args.embed {
        let host = Host::start(args.listen).await?;
        reporter.report(&host.report());
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

/// The address others can use for a server bound to `bound`.
fn reachable_ip(bound: IpAddr, lan_address: impl Fn() -> Option<Ipv4Addr>) -> IpAddr {
    if bound.is_unspecified() {
        IpAddr::V4(lan_address().unwrap_or(Ipv4Addr::LOCALHOST))
    } else {
        bound
    }
}

/// This machine's address on its own network.
fn lan_address() -> Option<Ipv4Addr> {
    PROBES.into_iter().find_map(source_towards)
}

/// The address from which the system would send to `probe`, if it is one of an own network.
fn source_towards(probe: Ipv4Addr) -> Option<Ipv4Addr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((probe, PROBE_PORT)).ok()?;
    match socket.local_addr().ok()?.ip() {
        IpAddr::V4(ip) if ip.is_private() || ip.is_link_local() => Some(ip),
        IpAddr::V4(_) | IpAddr::V6(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAN: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 20);

    #[test]
    fn a_server_on_all_addresses_is_named_by_the_one_others_can_reach() {
        let any = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
        assert_eq!(reachable_ip(any, || Some(LAN)), IpAddr::V4(LAN));
        assert_eq!(reachable_ip(any, || None), IpAddr::V4(Ipv4Addr::LOCALHOST));
        let own = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 7));
        assert_eq!(reachable_ip(own, || Some(LAN)), own);
    }

    #[test]
    fn an_address_of_our_own_is_one_of_an_own_network() {
        if let Some(address) = lan_address() {
            assert!(address.is_private() || address.is_link_local());
        }
    }
}
