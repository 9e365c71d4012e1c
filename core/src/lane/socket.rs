//! The connection's UDP sockets as QUIC sees them: one socket with one peer, whose address never
//! changes. Where packets really go is for ICE to say, at every moment anew, so a change of the
//! path is no event for QUIC, and nothing has to be validated twice.
//!
//! The sockets are read and written by the `quinn-udp` that the WebRTC stack uses, whatever version
//! QUIC itself has: what one version sets on a socket (receive times, since 0.6) overflows the
//! buffers of another, which then takes the length of a datagram from rubbish.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use quinn::udp::{EcnCodepoint, RecvMeta, Transmit};
use quinn::{AsyncUdpSocket, UdpPoller};
use quinn_udp::{BATCH_SIZE, UdpSockRef, UdpSocketState};
use tokio::io::Interest;
use tokio::net::UdpSocket;
use tokio::time::Sleep;

use super::pacing::{Pacing, UNPACED_MAX_BYTES};
use crate::ports::{Port, Ports};

/// A wait for a socket that takes more.
type Writable = Pin<Box<dyn Future<Output = io::Result<()>> + Send + Sync>>;

/// What stands for us and for the peer (RFC 5737: addresses that nobody has).
const HERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 1);
pub(super) const PEER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2)), 1);

/// Segments that one call can hand to the kernel, in bytes: what fits a datagram, headers off.
const SEND_MAX_BYTES: usize = 65_507;

/// All sockets of a connection, borrowed from ICE until this is dropped.
pub(super) struct PathSocket {
    ports: Ports,
    borrowed: Vec<Borrowed>,
    pacing: Arc<Pacing>,
}

struct Borrowed {
    port: Arc<Port>,
    io: Arc<UdpSocket>,
    state: UdpSocketState,
}

impl fmt::Debug for PathSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PathSocket").finish_non_exhaustive()
    }
}

impl PathSocket {
    pub(super) fn borrow(ports: &Ports, pacing: Arc<Pacing>) -> io::Result<Self> {
        let mut this = Self {
            ports: ports.clone(),
            borrowed: Vec::new(),
            pacing,
        };
        for port in ports.all() {
            let socket = port.lend()?;
            socket.set_nonblocking(true)?;
            let io = Arc::new(UdpSocket::from_std(socket)?);
            let state = UdpSocketState::new(UdpSockRef::from(&*io))?;
            this.borrowed.push(Borrowed { port, io, state });
        }
        Ok(this)
    }

    fn poll_port(
        borrowed: &Borrowed,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<usize> {
        loop {
            let count = match borrowed.poll_recv(cx, bufs, meta) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Ok(count)) => count,
                Poll::Ready(Err(error)) => {
                    // ICE may have better luck, and judges the path.
                    tracing::debug!(%error, "a socket cannot be read");
                    borrowed.port.give_back();
                    return Poll::Pending;
                }
            };
            let mut kept = 0;
            for at in 0..count {
                if keep_quic(&borrowed.port, &mut bufs[at], &mut meta[at]) {
                    bufs.swap(kept, at);
                    meta.swap(kept, at);
                    kept += 1;
                }
            }
            if kept > 0 {
                return Poll::Ready(kept);
            }
        }
    }
}

impl Borrowed {
    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let mut theirs = [(); BATCH_SIZE].map(|()| quinn_udp::RecvMeta::default());
        let most = theirs.len().min(meta.len()).min(bufs.len());
        loop {
            ready!(self.io.poll_recv_ready(cx))?;
            let received = self.io.try_io(Interest::READABLE, || {
                let (bufs, theirs) = (&mut bufs[..most], &mut theirs[..most]);
                self.state.recv(UdpSockRef::from(&*self.io), bufs, theirs)
            });
            match received {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Poll::Ready(Err(error)),
                Ok(count) => {
                    for (ours, theirs) in meta.iter_mut().zip(&theirs).take(count) {
                        *ours = RecvMeta {
                            addr: theirs.addr,
                            len: theirs.len,
                            stride: theirs.stride,
                            ecn: theirs
                                .ecn
                                .and_then(|ecn| EcnCodepoint::from_bits(ecn as u8)),
                            dst_ip: None,
                        };
                    }
                    return Poll::Ready(Ok(count));
                }
            }
        }
    }

    /// Fails only where the socket is full: any other trouble, such as a probe that is too long for
    /// the interface or a network that is down, is a packet lost.
    fn send(&self, transmit: &quinn_udp::Transmit<'_>) -> io::Result<()> {
        let sent = self.io.try_io(Interest::WRITABLE, || {
            self.state.try_send(UdpSockRef::from(&*self.io), transmit)
        });
        match sent {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// Leaves the lane's own datagrams in a buffer and lays the others aside. `false` if none is left.
fn keep_quic(port: &Port, buf: &mut IoSliceMut<'_>, meta: &mut RecvMeta) -> bool {
    let (from, len) = (meta.addr, meta.len);
    let stride = meta.stride.clamp(1, len.max(1));
    let mut kept = 0;
    for start in (0..len).step_by(stride) {
        let end = len.min(start + stride);
        if port.is_for_lane(&buf[start..end], from) {
            // Only where something before it was taken out.
            if kept != start {
                buf.copy_within(start..end, kept);
            }
            kept += end - start;
        } else {
            port.lay_aside(&buf[start..end], from);
        }
    }
    meta.addr = PEER;
    meta.stride = stride;
    meta.len = kept;
    kept > 0
}

impl Drop for PathSocket {
    fn drop(&mut self) {
        self.borrowed.iter().for_each(|one| one.port.give_back());
    }
}

impl AsyncUdpSocket for PathSocket {
    fn create_io_poller(self: Arc<Self>) -> Pin<Box<dyn UdpPoller>> {
        let sockets = self.borrowed.iter().map(|one| Arc::clone(&one.io));
        Box::pin(PathPoller {
            ports: self.ports.clone(),
            sockets: sockets.collect(),
            writable: None,
            pacing: Arc::clone(&self.pacing),
            wait: None,
        })
    }

    fn try_send(&self, transmit: &Transmit<'_>) -> io::Result<()> {
        let Some(path) = self.ports.path() else {
            // As on a network without a route for a moment: QUIC sends it again.
            return Ok(());
        };
        let Some(one) = self.borrowed.get(path.port) else {
            return Ok(());
        };
        let is_paced = transmit.contents.len() > UNPACED_MAX_BYTES;
        if is_paced && self.pacing.check(Instant::now()).is_err() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let segment = transmit.segment_size.unwrap_or(transmit.contents.len());
        let at_once = (SEND_MAX_BYTES / segment.max(1)).max(1) * segment.max(1);
        for contents in transmit.contents.chunks(at_once) {
            // Should the socket be full half-way, all of it is sent again: QUIC drops what comes
            // twice.
            one.send(&quinn_udp::Transmit {
                destination: path.remote,
                ecn: transmit
                    .ecn
                    .and_then(|ecn| quinn_udp::EcnCodepoint::from_bits(ecn as u8)),
                contents,
                segment_size: transmit.segment_size.filter(|size| *size < contents.len()),
                src_ip: None,
            })?;
        }
        if is_paced {
            self.pacing.sent(transmit.contents.len());
        }
        Ok(())
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        for borrowed in &self.borrowed {
            if let Poll::Ready(count) = Self::poll_port(borrowed, cx, bufs, meta) {
                return Poll::Ready(Ok(count));
            }
        }
        Poll::Pending
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(HERE)
    }

    fn max_transmit_segments(&self) -> usize {
        let sockets = self.borrowed.iter();
        let segments = sockets.map(|one| one.state.max_gso_segments());
        segments.min().unwrap_or(1)
    }

    fn may_fragment(&self) -> bool {
        self.borrowed.iter().any(|one| one.state.may_fragment())
    }
}

/// Waits for the time of the next packet, and for the socket that it leaves by.
struct PathPoller {
    ports: Ports,
    sockets: Vec<Arc<UdpSocket>>,
    /// The wait for one of them to take more, with its place.
    writable: Option<(usize, Writable)>,
    pacing: Arc<Pacing>,
    wait: Option<Pin<Box<Sleep>>>,
}

impl fmt::Debug for PathPoller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PathPoller").finish_non_exhaustive()
    }
}

impl UdpPoller for PathPoller {
    fn poll_writable(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Err(then) = self.pacing.check(Instant::now()) {
            let wait = self
                .wait
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(then.into())));
            wait.as_mut().reset(then.into());
            ready!(wait.as_mut().poll(cx));
        }
        let Some(port) = self.ports.path().map(|path| path.port) else {
            return Poll::Ready(Ok(()));
        };
        let Some(socket) = self.sockets.get(port).cloned() else {
            return Poll::Ready(Ok(()));
        };
        // Another path in between makes it another socket's turn.
        self.writable.take_if(|(waits_for, _)| *waits_for != port);
        let (_, writable) = self.writable.get_or_insert_with(|| {
            let wait = async move { socket.writable().await };
            (port, Box::pin(wait))
        });
        let is_writable = ready!(writable.as_mut().poll(cx));
        self.writable = None;
        Poll::Ready(is_writable)
    }
}
