//! A server in the process of somebody who opens a room: for people on the same network, with no
//! other server anywhere.

use core::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::net::UdpSocket;

use parlor_proto::invite::{ServerUrl, ServerUrlError};

use crate::server::{Server, ServerConfig, ServerError};

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

/// Why no server can be hosted.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The address cannot be listened at.
    #[error(transparent)]
    Bind(#[from] ServerError),
    /// The address is none that a link can name.
    #[error("nobody could join a room hosted at {listen}: {error}")]
    Address {
        /// Where it would listen.
        listen: SocketAddr,
        /// What is wrong with it.
        error: ServerUrlError,
    },
}

/// A server in this process.
#[derive(Debug)]
pub struct Host {
    server: Server,
    url: ServerUrl,
}

impl Host {
    /// Starts a server that listens at `listen`.
    ///
    /// # Errors
    /// [`HostError`].
    pub async fn start(listen: SocketAddr) -> Result<Self, HostError> {
        let server = Server::bind(ServerConfig::new(listen)).await?;
        let bound = server.local_addr();
        let ip = reachable_ip(bound.ip(), lan_address);
        let url = format!("http://{}", SocketAddr::new(ip, bound.port()));
        let url = ServerUrl::parse(&url).map_err(|error| HostError::Address {
            listen: bound,
            error,
        })?;
        Ok(Self { server, url })
    }

    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.server.local_addr()
    }

    /// The address that invites name.
    #[must_use]
    pub const fn url(&self) -> &ServerUrl {
        &self.url
    }

    /// Whether only this machine can reach it: it is on no network.
    #[must_use]
    pub fn is_local_only(&self) -> bool {
        self.url.link_base() == format!("http://127.0.0.1:{}", self.local_addr().port())
    }

    /// Says goodbye to everyone who is still connected.
    pub async fn stop(self) {
        self.server.shutdown().await;
    }
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
