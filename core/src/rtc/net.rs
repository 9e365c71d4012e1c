//! Sockets, timers and names as the connection needs them: larger UDP buffers, addresses worth
//! binding, sleeps that can be cut short, and DNS that cannot hold up the connection.
//!
//! The library resolves STUN and TURN names inside its driver loop, before it reports a single
//! host candidate. On a network without internet that lookup takes many seconds, so lookups run
//! apart, are remembered, and are waited for only briefly.

use std::collections::HashMap;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};
use webrtc::runtime::{
    AsyncInterval, AsyncTcpListener, AsyncTcpStream, AsyncUdpSocket, JoinHandle, Runtime,
    TokioRuntime,
};

use super::intake::{CountedSocket, Intake};
use crate::ports::Ports;

/// How long a lookup may hold up gathering, counted from the moment it began. A warm resolver
/// answers in tens of milliseconds; beyond this, host candidates matter more.
const DNS_PATIENCE: Duration = Duration::from_millis(300);

/// How long an answer is used again. STUN pools rotate, but slowly.
const DNS_TTL: Duration = Duration::from_secs(120);

/// How long a failure is believed: the network may be back a moment later.
const DNS_NEGATIVE_TTL: Duration = Duration::from_secs(5);

/// Names remembered at once. A room has a handful of servers.
const DNS_NAMES: usize = 32;

type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// [`TokioRuntime`] with larger socket buffers, impatient name lookup, and sleeps that can be cut
/// short.
#[derive(Debug)]
pub(super) struct TunedRuntime {
    inner: TokioRuntime,
    udp_buffer_bytes: usize,
    nudge: Nudge,
    intake: Intake,
    ports: Ports,
}

/// Ends the present or the next sleep of a connection's driver.
///
/// The driver writes first and handles events after, so the packets that an event causes, such as
/// the first of the DTLS and of the SCTP handshake, stay behind until its next timer, up to 200 ms
/// each. When a sleep ends, it looks at all its timers and writes, whether or not one is due.
///
/// Not for use around the close of a connection, which bounds its own wait by a sleep.
#[derive(Debug, Clone, Default)]
pub(super) struct Nudge(Arc<Notify>);

impl Nudge {
    pub(super) fn driver(&self) {
        self.0.notify_one();
    }
}

impl TunedRuntime {
    pub(super) fn new(udp_buffer_bytes: usize) -> Self {
        Self {
            inner: TokioRuntime,
            udp_buffer_bytes,
            nudge: Nudge::default(),
            intake: Intake::default(),
            ports: Ports::default(),
        }
    }

    pub(super) fn ports(&self) -> Ports {
        self.ports.clone()
    }

    pub(super) fn intake(&self) -> Intake {
        self.intake.clone()
    }

    pub(super) fn nudge(&self) -> Nudge {
        self.nudge.clone()
    }
}

/// The least buffer worth asking for; kernels give about this much unasked.
const UDP_BUFFER_FLOOR_BYTES: usize = 128 * 1024;

/// Asks for buffers of `asked_bytes`. Linux cuts a wish down to `net.core.rmem_max` by itself;
/// Apple's kernels refuse it, so smaller ones follow.
fn enlarge_buffers(socket: &std::net::UdpSocket, asked_bytes: usize) {
    let socket = socket2::SockRef::from(socket);
    let mut bytes = asked_bytes;
    while bytes >= UDP_BUFFER_FLOOR_BYTES && socket.set_recv_buffer_size(bytes).is_err() {
        bytes /= 2;
    }
    let mut bytes = asked_bytes;
    while bytes >= UDP_BUFFER_FLOOR_BYTES && socket.set_send_buffer_size(bytes).is_err() {
        bytes /= 2;
    }
}

/// What the kernel reports of a receive buffer of `asked_bytes`. Linux counts its bookkeeping in
/// and so reports twice what it granted.
pub(super) fn granted_receive_buffer(asked_bytes: usize) -> usize {
    let granted = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|socket| {
        enlarge_buffers(&socket, asked_bytes);
        socket2::SockRef::from(&socket).recv_buffer_size()
    });
    granted.unwrap_or(asked_bytes)
}

impl Runtime for TunedRuntime {
    fn spawn(&self, future: BoxFuture<'static, ()>) -> Box<dyn JoinHandle> {
        self.inner.spawn(future)
    }

    fn spawn_reactor(
        &self,
        reactor_pool_size: usize,
        future: BoxFuture<'static, ()>,
    ) -> Box<dyn JoinHandle> {
        self.inner.spawn_reactor(reactor_pool_size, future)
    }

    fn wrap_udp_socket(&self, socket: std::net::UdpSocket) -> io::Result<Arc<dyn AsyncUdpSocket>> {
        enlarge_buffers(&socket, self.udp_buffer_bytes);
        let port = self.ports.add(socket.try_clone()?);
        let inner = self.inner.wrap_udp_socket(socket)?;
        let intake = self.intake.clone();
        Ok(Arc::new(CountedSocket::new(inner, port, intake)))
    }

    fn wrap_tcp_listener(
        &self,
        listener: std::net::TcpListener,
    ) -> io::Result<Arc<dyn AsyncTcpListener>> {
        self.inner.wrap_tcp_listener(listener)
    }

    fn connect_tcp<'a>(
        &'a self,
        remote_addr: SocketAddr,
    ) -> BoxFuture<'a, io::Result<Arc<dyn AsyncTcpStream>>> {
        self.inner.connect_tcp(remote_addr)
    }

    fn resolve_host<'a>(&'a self, host: &'a str) -> BoxFuture<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(resolve(host))
    }

    fn now(&self) -> Instant {
        self.inner.now()
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        let nudge = Arc::clone(&self.nudge.0);
        Box::pin(async move {
            tokio::select! {
                () = tokio::time::sleep(duration) => {}
                () = nudge.notified() => {}
            }
        })
    }

    fn interval(&self, period: Duration) -> Box<dyn AsyncInterval> {
        self.inner.interval(period)
    }

    fn block_on(&self, future: Pin<Box<dyn Future<Output = ()> + '_>>) {
        self.inner.block_on(future);
    }

    fn yield_now(&self) -> BoxFuture<'static, ()> {
        self.inner.yield_now()
    }

    fn name(&self) -> &'static str {
        "tokio-tuned"
    }
}

/// The addresses to bind: the wildcard of each family this machine has an address in.
///
/// The library expands a wildcard into every interface address except loopback and link-local
/// ones. With no other address it would bind the wildcard itself and offer `0.0.0.0`, which no
/// peer can dial, so a family without addresses is left out, and a machine with nothing but
/// loopback talks to itself.
pub(super) fn bind_addresses() -> Vec<SocketAddr> {
    let addresses: Vec<IpAddr> = rtc::shared::ifaces::ifaces()
        .unwrap_or_default()
        .into_iter()
        .filter_map(|interface| interface.addr.map(|address| address.ip()))
        .collect();
    choose_addresses(&addresses)
}

fn choose_addresses(interfaces: &[IpAddr]) -> Vec<SocketAddr> {
    let mut chosen = Vec::new();
    if interfaces.iter().any(|ip| ip.is_ipv4() && is_dialable(*ip)) {
        chosen.push(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)));
    }
    if interfaces.iter().any(|ip| ip.is_ipv6() && is_dialable(*ip)) {
        chosen.push(SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)));
    }
    if chosen.is_empty() {
        chosen.push(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    }
    chosen
}

/// The library's own filter, so that we never leave it a wildcard it cannot expand.
fn is_dialable(ip: IpAddr) -> bool {
    if ip.is_loopback() || ip.is_unspecified() {
        return false;
    }
    match ip {
        IpAddr::V4(ip) => !ip.is_link_local(),
        IpAddr::V6(ip) => !ip.is_unicast_link_local(),
    }
}

/// What a lookup has come to; `None` while it runs, empty when it failed.
type Answer = Option<Vec<SocketAddr>>;

#[derive(Debug)]
struct Lookup {
    begun: Instant,
    answer: watch::Receiver<Answer>,
}

impl Lookup {
    fn is_usable(&self, now: Instant) -> bool {
        let age = now.saturating_duration_since(self.begun);
        match &*self.answer.borrow() {
            Some(addresses) if addresses.is_empty() => age < DNS_NEGATIVE_TTL,
            Some(_) => age < DNS_TTL,
            // Running, unless its runtime is gone.
            None => self.answer.has_changed().is_ok(),
        }
    }
}

/// Shared by the process: links come and go, servers stay.
static LOOKUPS: LazyLock<Mutex<HashMap<String, Lookup>>> = LazyLock::new(Mutex::default);

/// Begins the lookups that gathering will need, all at once, while the offer is being made.
pub(super) fn prefetch(ice_servers: &[super::IceServer]) {
    for url in ice_servers.iter().flat_map(|server| &server.urls) {
        let sanitized = url.split('?').next().unwrap_or(url);
        if let Ok(url) = rtc::ice::url::Url::parse_url(sanitized)
            && url.host.parse::<IpAddr>().is_err()
        {
            begin_lookup(&format!("{}:{}", url.host, url.port));
        }
    }
}

async fn resolve(host: &str) -> io::Result<Vec<SocketAddr>> {
    if let Ok(address) = host.parse() {
        return Ok(vec![address]);
    }
    let (begun, mut answer) = begin_lookup(host);
    let deadline = tokio::time::Instant::from_std(begun + DNS_PATIENCE);
    let ready = tokio::time::timeout_at(deadline, answer.wait_for(Option::is_some)).await;
    match ready {
        Ok(Ok(addresses)) => match addresses.as_deref() {
            Some([]) | None => Err(io::ErrorKind::NotFound.into()),
            Some(addresses) => Ok(addresses.to_vec()),
        },
        Ok(Err(_)) => Err(io::ErrorKind::Interrupted.into()),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

fn begin_lookup(host: &str) -> (Instant, watch::Receiver<Answer>) {
    let now = Instant::now();
    let mut lookups = LOOKUPS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(lookup) = lookups.get(host)
        && lookup.is_usable(now)
    {
        return (lookup.begun, lookup.answer.clone());
    }
    if lookups.len() >= DNS_NAMES {
        // Forgetting costs one lookup; it happens to nobody with a sane server list.
        lookups.clear();
    }
    let (done, answer) = watch::channel(None);
    let name = host.to_owned();
    tokio::spawn(async move {
        let addresses = tokio::net::lookup_host(name)
            .await
            .map(Iterator::collect)
            .unwrap_or_default();
        done.send_replace(Some(addresses));
    });
    let lookup = Lookup {
        begun: now,
        answer: answer.clone(),
    };
    lookups.insert(host.to_owned(), lookup);
    (now, answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("a literal address")
    }

    #[test]
    fn only_families_with_an_address_are_bound() {
        let both = choose_addresses(&[ip("127.0.0.1"), ip("192.0.2.2"), ip("fd00::2")]);
        assert_eq!(both.len(), 2);
        let v4 = choose_addresses(&[ip("192.0.2.2"), ip("::1"), ip("fe80::1")]);
        assert_eq!(v4, [SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))]);
    }

    #[test]
    fn a_machine_without_network_talks_to_itself() {
        let offline = choose_addresses(&[ip("127.0.0.1"), ip("::1"), ip("169.254.3.4")]);
        assert_eq!(offline, [SocketAddr::from((Ipv4Addr::LOCALHOST, 0))]);
    }

    #[tokio::test]
    async fn address_literals_need_no_lookup() {
        let resolved = resolve("192.0.2.7:3478").await.expect("a literal");
        assert_eq!(resolved, [SocketAddr::new(ip("192.0.2.7"), 3478)]);
    }

    #[tokio::test]
    async fn a_name_that_does_not_exist_fails_soon() {
        let begun = Instant::now();
        assert!(resolve("nowhere.invalid:3478").await.is_err());
        assert!(begun.elapsed() < DNS_PATIENCE * 3);
    }
}
