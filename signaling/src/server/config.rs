//! Settings of a server and the bounds around its sockets, each with the reason for its size.

use core::fmt;
use core::net::SocketAddr;
use core::time::Duration;

use ipnet::IpNet;
use parlor_proto::limits::{ICE_SERVERS_MAX, ROOM_PEERS_MAX, SIGNAL_MESSAGE_MAX_BYTES};
use parlor_proto::signal::{IceServer, ROOM_PEERS_MIN};

use super::ServerError;
use crate::hub::{AddressLimits, HELLO_TIMEOUT, HubConfig, RESUME_WINDOW};

/// Open connections. An idle member measures 10 KiB, so a full server fits the smallest rented
/// machine; one that does not read costs up to [`OUTBOUND_QUEUE_LEN`] messages until
/// [`Timing::write`] ends it.
pub const CONNECTIONS_MAX: usize = 10_000;

/// Messages that wait for one client. A joining member hears one message of each of 31 others
/// twice over; who lags further behind is closed, alone.
pub const OUTBOUND_QUEUE_LEN: usize = 64;

/// Messages of all clients that wait for the hub. It never waits for anybody, so this only has to
/// cover a moment's burst; when it is full, clients are read more slowly.
pub(super) const HUB_QUEUE_LEN: usize = 1_024;

/// What a socket takes before it gives up on a message. Twice what is allowed: a message that is
/// a bit too large is read to its end, so that its sender hears why instead of a TCP reset. The
/// parser never sees more than [`SIGNAL_MESSAGE_MAX_BYTES`].
pub(super) const SOCKET_MESSAGE_MAX_BYTES: usize = 2 * SIGNAL_MESSAGE_MAX_BYTES;

/// Read buffer of a connection. It is allocated for each, and most are idle most of the time.
pub(super) const SOCKET_READ_BUFFER_BYTES: usize = 4 * 1024;

/// Write buffer of a connection: a full message, the one before it, and a close frame.
pub(super) const SOCKET_WRITE_BUFFER_MAX_BYTES: usize = 3 * SIGNAL_MESSAGE_MAX_BYTES;

/// Send buffer of the kernel for each connection. Its default grows to megabytes, which would
/// hide a client that does not read, and cost those megabytes.
pub(super) const KERNEL_SEND_BUFFER_BYTES: u32 = 64 * 1024;

/// Connections the kernel holds until they are accepted: a herd that comes back at once.
pub(super) const LISTEN_BACKLOG: u32 = 1_024;

/// Buffer for a request's head; browsers stay under 2 KiB on a host without cookies.
pub(super) const HTTP_HEAD_MAX_BYTES: usize = 16 * 1024;

/// Headers of a request; browsers send about 20.
pub(super) const HTTP_HEADERS_MAX: usize = 64;

/// A plain HTTP connection ends after this; only WebSockets live longer.
pub(super) const HTTP_LIFETIME: Duration = Duration::from_secs(30);

/// How long a failed accept (out of file descriptors) waits for others to close.
pub(super) const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Every wait of the server. Tests shorten them; nothing else should.
#[derive(Debug, Clone)]
pub struct Timing {
    /// From connection to join.
    pub hello: Duration,
    /// How long a broken connection's member keeps their place.
    pub resume_window: Duration,
    /// For the head of a request to arrive whole.
    pub header_read: Duration,
    /// Between pings: under the 30 to 60 s after which mobile networks and proxies drop a silent
    /// connection.
    pub ping_every: Duration,
    /// A client that sends nothing for this long, not even a pong, is gone: two pings and some.
    pub dead_after: Duration,
    /// For one message to be taken by the client's side.
    pub write: Duration,
    /// For the last words and the closing handshake of one connection.
    pub farewell: Duration,
    /// For all connections to close in [`Server::shutdown`](super::Server::shutdown).
    pub drain: Duration,
    /// Clients are told to come back after a random part of this, so that they do not all at once.
    pub drain_spread: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            hello: HELLO_TIMEOUT,
            resume_window: RESUME_WINDOW,
            header_read: Duration::from_secs(5),
            ping_every: Duration::from_secs(20),
            dead_after: Duration::from_secs(45),
            write: Duration::from_secs(10),
            farewell: Duration::from_secs(2),
            drain: Duration::from_secs(5),
            drain_spread: Duration::from_secs(5),
        }
    }
}

/// Settings of a server.
#[derive(Clone)]
pub struct ServerConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Handed to everybody who joins.
    pub ice_servers: Vec<IceServer>,
    /// Signs resume tokens. `None` takes a random one, and members cannot resume after a restart.
    pub server_key: Option<[u8; 32]>,
    /// Limit of a room whose creator names none, and the most one can name.
    pub room_peers_max: u8,
    /// See [`CONNECTIONS_MAX`].
    pub connections_max: usize,
    /// See [`OUTBOUND_QUEUE_LEN`].
    pub outbound_queue_len: usize,
    /// What one address may do.
    pub address_limits: AddressLimits,
    /// Networks of our own reverse proxies: from them alone `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Every wait.
    pub timing: Timing,
}

impl ServerConfig {
    /// The defaults, listening at `listen`.
    #[must_use]
    pub fn new(listen: SocketAddr) -> Self {
        Self {
            listen,
            ice_servers: Vec::new(),
            server_key: None,
            room_peers_max: HubConfig::new(&[0; 32]).room_peers_max,
            connections_max: CONNECTIONS_MAX,
            outbound_queue_len: OUTBOUND_QUEUE_LEN,
            address_limits: AddressLimits::default(),
            trusted_proxies: Vec::new(),
            timing: Timing::default(),
        }
    }

    pub(super) fn check(&self) -> Result<(), ServerError> {
        let refuse = |what| Err(ServerError::Config { what });
        if self.ice_servers.len() > ICE_SERVERS_MAX {
            return refuse("too many ICE servers");
        }
        if self.ice_servers.iter().any(|ice| ice.check().is_err()) {
            return refuse("an ICE server's address or credential is not valid");
        }
        if !(usize::from(ROOM_PEERS_MIN)..=ROOM_PEERS_MAX).contains(&self.room_peers_max.into()) {
            return refuse("a room's limit is 2 to 32");
        }
        if self.connections_max == 0 || self.outbound_queue_len == 0 {
            return refuse("connections and queues cannot be limited to nothing");
        }
        Ok(())
    }

    pub(super) fn hub_config(&self) -> Result<HubConfig, ServerError> {
        let key = match self.server_key {
            Some(key) => key,
            None => random_bytes()?,
        };
        Ok(HubConfig {
            ice_servers: self.ice_servers.clone(),
            room_peers_max: self.room_peers_max,
            address_limits: self.address_limits,
            resume_window: self.timing.resume_window,
            hello_timeout: self.timing.hello,
            ..HubConfig::new(&key)
        })
    }
}

impl fmt::Debug for ServerConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerConfig")
            .field("ice_servers", &self.ice_servers)
            .field("has_server_key", &self.server_key.is_some())
            .field("room_peers_max", &self.room_peers_max)
            .field("connections_max", &self.connections_max)
            .field("outbound_queue_len", &self.outbound_queue_len)
            .field("timing", &self.timing)
            .finish_non_exhaustive()
    }
}

pub(super) fn random_bytes<const N: usize>() -> Result<[u8; N], ServerError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|_| ServerError::Random)?;
    Ok(bytes)
}
