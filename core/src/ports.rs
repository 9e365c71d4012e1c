//! The UDP sockets of one connection, shared between ICE and a lane.
//!
//! Both send from the same sockets, so that NAT bindings, checks and a change of the path serve
//! both. What arrives is told apart by its first byte (RFC 7983, RFC 9443): STUN, DTLS and TURN
//! belong to ICE, the rest is QUIC. One side reads a socket at a time: ICE, until a lane borrows
//! it; the lane then lays aside what is not its own.
//!
//! The path is where the DTLS records go. That is the pair of candidates that ICE nominated, and
//! it is known the moment it changes. Records that leave through a TURN server are wrapped, so a
//! relayed path never shows here, and no lane is tried on it.

use std::collections::VecDeque;
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Waker};

use bytes::Bytes;

/// Packets of ICE and DTLS that a lane laid aside and nobody fetched, in bytes. Beyond it they are
/// dropped, as a full socket does.
const ASIDE_MAX_BYTES: usize = 1024 * 1024;

/// Where packets to the peer go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Path {
    /// Which of the sockets.
    pub(crate) port: usize,
    /// The peer's address.
    pub(crate) remote: SocketAddr,
}

/// All sockets of a connection. Clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ports(Arc<Mutex<Shared>>);

#[derive(Debug, Default)]
struct Shared {
    ports: Vec<Arc<Port>>,
    path: Option<Path>,
    /// Where DTLS records came from lately: the peer may choose a new path before we do.
    heard_from: Option<SocketAddr>,
}

/// One socket.
#[derive(Debug)]
pub(crate) struct Port {
    index: usize,
    all: Ports,
    socket: UdpSocket,
    is_lent: AtomicBool,
    aside: Mutex<Aside>,
}

#[derive(Debug, Default)]
struct Aside {
    packets: VecDeque<(SocketAddr, Bytes)>,
    bytes: usize,
    /// ICE, waiting for a packet.
    waker: Option<Waker>,
}

/// What ICE finds when it wants to read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// A packet that was laid aside.
    Packet(SocketAddr, Bytes),
    /// Nothing for now; it is woken.
    Wait,
    /// Nobody else reads the socket.
    Yours,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether a datagram is a DTLS record (RFC 7983, section 7).
fn is_dtls(datagram: &[u8]) -> bool {
    matches!(datagram.first(), Some(20..=63))
}

/// Whether a datagram may be QUIC (RFC 9443, section 3). The range of TURN channels is part of it:
/// those come from the server, and never from the peer.
fn may_be_quic(datagram: &[u8]) -> bool {
    matches!(datagram.first(), Some(64..))
}

impl Ports {
    /// Adds a socket; `socket` is another handle to the one that ICE reads.
    pub(crate) fn add(&self, socket: UdpSocket) -> Arc<Port> {
        let mut shared = lock(&self.0);
        let port = Arc::new(Port {
            index: shared.ports.len(),
            all: self.clone(),
            socket,
            is_lent: AtomicBool::new(false),
            aside: Mutex::default(),
        });
        shared.ports.push(Arc::clone(&port));
        port
    }

    /// All sockets so far.
    pub(crate) fn all(&self) -> Vec<Arc<Port>> {
        lock(&self.0).ports.clone()
    }

    /// The path to the peer, once there is one without a relay at our end.
    pub(crate) fn path(&self) -> Option<Path> {
        lock(&self.0).path
    }
}

impl Port {
    /// ICE sent a datagram.
    pub(crate) fn sent(&self, datagram: &[u8], remote: SocketAddr) {
        if is_dtls(datagram) {
            let path = Path {
                port: self.index,
                remote,
            };
            lock(&self.all.0).path = Some(path);
        }
    }

    /// ICE received a datagram.
    pub(crate) fn received(&self, datagram: &[u8], from: SocketAddr) {
        if is_dtls(datagram) {
            lock(&self.all.0).heard_from = Some(from);
        }
    }

    /// ICE wants to read.
    pub(crate) fn take(&self, cx: &Context<'_>) -> Turn {
        let mut aside = lock(&self.aside);
        if let Some((from, packet)) = aside.packets.pop_front() {
            aside.bytes -= packet.len();
            return Turn::Packet(from, packet);
        }
        if !self.is_lent.load(Ordering::Acquire) {
            return Turn::Yours;
        }
        aside.waker = Some(cx.waker().clone());
        Turn::Wait
    }

    /// A lane reads the socket from now on. Gives a handle of its own, so that each side waits
    /// for itself.
    pub(crate) fn lend(&self) -> io::Result<UdpSocket> {
        let socket = self.socket.try_clone()?;
        self.is_lent.store(true, Ordering::Release);
        Ok(socket)
    }

    /// ICE reads the socket again.
    pub(crate) fn give_back(&self) {
        self.is_lent.store(false, Ordering::Release);
        self.wake();
    }

    /// Whether a datagram that the lane read is the lane's.
    pub(crate) fn is_for_lane(&self, datagram: &[u8], from: SocketAddr) -> bool {
        if !may_be_quic(datagram) {
            return false;
        }
        let shared = lock(&self.all.0);
        let is_peer = shared.path.is_some_and(|path| path.remote == from);
        is_peer || shared.heard_from == Some(from)
    }

    /// The lane read a datagram that is not its own.
    pub(crate) fn lay_aside(&self, datagram: &[u8], from: SocketAddr) {
        self.received(datagram, from);
        let mut aside = lock(&self.aside);
        if aside.bytes + datagram.len() <= ASIDE_MAX_BYTES {
            aside.bytes += datagram.len();
            aside
                .packets
                .push_back((from, Bytes::copy_from_slice(datagram)));
        }
        drop(aside);
        self.wake();
    }

    fn wake(&self) {
        let waker = lock(&self.aside).waker.take();
        waker.into_iter().for_each(Waker::wake);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STUN: [u8; 2] = [0, 1];
    const DTLS: [u8; 2] = [22, 254];
    const QUIC: [u8; 2] = [0x43, 9];

    fn port() -> (Ports, Arc<Port>) {
        let ports = Ports::default();
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let port = ports.add(socket);
        (ports, port)
    }

    fn addr(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn the_path_is_where_dtls_goes() {
        let (ports, port) = port();
        let (checked, chosen) = (addr("192.0.2.1:5"), addr("192.0.2.2:6"));
        port.sent(&STUN, checked);
        assert_eq!(ports.path(), None);
        port.sent(&DTLS, chosen);
        port.sent(&STUN, checked);
        let remote = chosen;
        assert_eq!(ports.path(), Some(Path { port: 0, remote }));
    }

    #[test]
    fn quic_is_taken_from_the_peer_alone() {
        let (_, port) = port();
        let (peer, stranger) = (addr("192.0.2.2:6"), addr("192.0.2.9:6"));
        port.sent(&DTLS, peer);
        assert!(port.is_for_lane(&QUIC, peer));
        assert!(!port.is_for_lane(&QUIC, stranger));
        assert!(!port.is_for_lane(&DTLS, peer));
        assert!(!port.is_for_lane(&[], peer));
    }

    #[test]
    fn quic_is_taken_from_where_the_peer_moved_to() {
        let (_, port) = port();
        let (before, after) = (addr("192.0.2.2:6"), addr("192.0.2.3:7"));
        port.sent(&DTLS, before);
        port.lay_aside(&DTLS, after);
        assert!(port.is_for_lane(&QUIC, after) && port.is_for_lane(&QUIC, before));
    }

    #[test]
    fn ice_finds_what_the_lane_laid_aside_and_then_waits() {
        let (_, port) = port();
        let cx = Context::from_waker(Waker::noop());
        let from = addr("192.0.2.2:6");
        assert_eq!(port.take(&cx), Turn::Yours);
        port.lend().expect("a handle");
        port.lay_aside(&DTLS, from);
        let packet = Bytes::copy_from_slice(&DTLS);
        assert_eq!(port.take(&cx), Turn::Packet(from, packet));
        assert_eq!(port.take(&cx), Turn::Wait);
        port.give_back();
        assert_eq!(port.take(&cx), Turn::Yours);
    }

    #[test]
    fn what_nobody_fetches_is_bounded() {
        let (_, port) = port();
        port.lend().expect("a handle");
        for _ in 0..10_000 {
            port.lay_aside(&[22; 1200], addr("192.0.2.2:6"));
        }
        assert!(lock(&port.aside).bytes <= ASIDE_MAX_BYTES);
    }
}
