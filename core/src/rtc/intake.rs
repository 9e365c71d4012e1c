//! How much of what the peer's packets brought is still held for it.
//!
//! SCTP's window bounds what waits to be read, but not a message that never ends: the library takes
//! every next part of it, as the one thing that can make room again, and holds all of them. Nor
//! does anything else bound the bytes between the window and us, but only their messages. So the
//! packets are counted where they come in and the messages where they come out; the difference is
//! what is held.
//!
//! Small messages are worse: the library takes in packets faster than it hands out messages, and
//! one of four bytes costs it some 700, of which its window counts four. While they come in a hurry,
//! no packet is let in before as much has come out.

use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use tokio::sync::Notify;
use webrtc::runtime::{AsyncUdpSocket, RecvMeta, Transmit};

use crate::ports::{Port, Turn};

/// Bytes that may be held for one peer. The engine allows a peer 4 MiB of file bytes, and 8 MiB if a
/// program asks for it; what else an honest peer has under way is a window of 1 MiB.
const HELD_MAX_BYTES: i64 = 12 * 1024 * 1024;

/// What a message costs in packets beyond its own bytes: headers, receipts, checks of the path.
const MESSAGE_EXTRA_BYTES: i64 = 400;

/// Of the bytes we send, the part that comes back as receipts (SACK, RFC 9260): one small packet
/// for two full ones, and more where the path loses some.
const RECEIPTS_PART: i64 = 8;

/// Messages that may come at once on a channel. An honest peer's most are the wants and receipts of
/// 512 files.
const MESSAGES_BURST: f64 = 4096.0;

/// And how many a second, on and on: two for each of 5,000 small files, or 640 MB of chunks.
const MESSAGES_PER_SECOND: f64 = 10_000.0;

/// What a peer does that sends more messages than that.
pub(super) const FLOODS: &str = "floods the connection";

/// Messages beyond which they come in a hurry.
const HASTE: f64 = 128.0;

/// Bytes of packets after which the library has to hand out messages before it reads on. Left alone
/// it reads up to 64 times, each time as many packets as the kernel joined (GRO): 5 MB, which is
/// 200,000 small messages.
const TURN_MAX_BYTES: usize = 64 * 1024;

/// What one message of a hurry, with many in one packet, takes of that packet beyond its own bytes:
/// the header and the padding of its chunk (RFC 9260, section 3.3.1).
const CHUNK_EXTRA_BYTES: i64 = 20;

/// How fast messages come on one channel. Looked at before anybody looks into them.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    lately: f64,
    at: Instant,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self {
            lately: 0.0,
            at: Instant::now(),
        }
    }

    /// One more message. Fails with what the peer does if it is one too many.
    pub(super) fn take(&mut self) -> Result<(), &'static str> {
        self.take_at(Instant::now())
    }

    /// Whether so many came lately that more may be piling up in the library.
    pub(super) fn is_hasty(&self) -> bool {
        self.lately > HASTE
    }

    fn take_at(&mut self, now: Instant) -> Result<(), &'static str> {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        self.lately = (self.lately - passed * MESSAGES_PER_SECOND).max(0.0) + 1.0;
        if self.lately > MESSAGES_BURST {
            Err(FLOODS)
        } else {
            Ok(())
        }
    }
}

/// The count of one link.
#[derive(Debug, Clone, Default)]
pub(super) struct Intake(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    held: AtomicI64,
    is_over: Notify,
    /// Whether packets are let in only as messages come out.
    is_tight: AtomicBool,
    /// Bytes of packets that may come in while that is so.
    allowance: AtomicI64,
    /// Sockets that wait for it.
    waiting: Mutex<Vec<Waker>>,
}

impl Intake {
    fn arrived(&self, bytes: usize) {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let before = self.0.held.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) > HELD_MAX_BYTES {
            self.0.is_over.notify_one();
        }
        if self.0.is_tight.load(Ordering::Relaxed) {
            self.0.allowance.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    /// From now on packets come in only as messages come out.
    pub(super) fn tighten(&self) {
        if !self.0.is_tight.swap(true, Ordering::Relaxed) {
            self.0.allowance.store(0, Ordering::Relaxed);
        }
    }

    /// Packets come in as they may.
    pub(super) fn relax(&self) {
        if self.0.is_tight.swap(false, Ordering::Relaxed) {
            self.wake();
        }
    }

    fn wake(&self) {
        let mut waiting = self
            .0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        waiting.drain(..).for_each(Waker::wake);
    }

    fn must_wait(&self, cx: &Context<'_>) -> bool {
        let is_shut = || {
            self.0.is_tight.load(Ordering::Relaxed) && self.0.allowance.load(Ordering::Relaxed) <= 0
        };
        if !is_shut() {
            return false;
        }
        let mut waiting = self
            .0
            .waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            waiting.push(cx.waker().clone());
        }
        // Whoever opens it takes the lock afterwards, and finds the waker.
        is_shut()
    }

    /// A message of `len` bytes came out.
    pub(super) fn taken(&self, len: usize) {
        let len = i64::try_from(len).unwrap_or(i64::MAX);
        self.release(
            len.saturating_add(len / 4)
                .saturating_add(MESSAGE_EXTRA_BYTES),
        );
        if self.0.is_tight.load(Ordering::Relaxed) {
            let freed = len.saturating_add(CHUNK_EXTRA_BYTES);
            let before = self.0.allowance.fetch_add(freed, Ordering::Relaxed);
            if before <= 0 && before.saturating_add(freed) > 0 {
                self.wake();
            }
        }
    }

    fn sent(&self, bytes: usize) {
        self.release(i64::try_from(bytes).unwrap_or(i64::MAX) / RECEIPTS_PART);
    }

    fn release(&self, bytes: i64) {
        let left = |held: i64| Some(held.saturating_sub(bytes).max(0));
        // The closure never declines.
        let _ = self
            .0
            .held
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
    }

    /// Resolves when the peer has us hold more than an honest one ever does.
    pub(super) async fn is_over(&self) {
        self.0.is_over.notified().await;
    }
}

/// A socket whose packets are counted.
#[derive(Debug)]
pub(super) struct CountedSocket {
    inner: Arc<dyn AsyncUdpSocket>,
    port: Arc<Port>,
    intake: Intake,
    /// Bytes since the library last had to stop reading.
    in_turn: AtomicUsize,
}

impl CountedSocket {
    pub(super) fn new(inner: Arc<dyn AsyncUdpSocket>, port: Arc<Port>, intake: Intake) -> Self {
        Self {
            inner,
            port,
            intake,
            in_turn: AtomicUsize::new(0),
        }
    }
}

impl CountedSocket {
    /// From the socket, or what a lane that reads it laid aside for us.
    fn poll_port(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        let (from, packet) = match self.port.take(cx) {
            Turn::Yours => {
                let received = self.inner.poll_recv(cx, bufs, meta);
                if let Poll::Ready(Ok(count)) = &received {
                    for (meta, buf) in meta.iter().zip(bufs.iter()).take(*count) {
                        self.port.received(buf, meta.addr);
                    }
                }
                return received;
            }
            Turn::Wait => return Poll::Pending,
            Turn::Packet(from, packet) => (from, packet),
        };
        let (Some(buf), Some(meta)) = (bufs.first_mut(), meta.first_mut()) else {
            return Poll::Ready(Ok(0));
        };
        let len = packet.len().min(buf.len());
        buf[..len].copy_from_slice(&packet[..len]);
        *meta = RecvMeta::default();
        meta.addr = from;
        meta.len = len;
        meta.stride = len.max(1);
        Poll::Ready(Ok(1))
    }
}

impl AsyncUdpSocket for CountedSocket {
    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.inner.local_addr()
    }

    fn poll_send(&self, cx: &mut Context<'_>, transmit: &Transmit<'_>) -> Poll<io::Result<usize>> {
        let sent = self.inner.poll_send(cx, transmit);
        if let Poll::Ready(Ok(bytes)) = &sent {
            self.port.sent(transmit.contents, transmit.destination);
            self.intake.sent(*bytes);
        }
        sent
    }

    fn poll_recv(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
        meta: &mut [RecvMeta],
    ) -> Poll<io::Result<usize>> {
        if self.intake.must_wait(cx) {
            return Poll::Pending;
        }
        if self.in_turn.load(Ordering::Relaxed) > TURN_MAX_BYTES {
            self.in_turn.store(0, Ordering::Relaxed);
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let received = self.poll_port(cx, bufs, meta);
        if let Poll::Ready(Ok(count)) = &received {
            let bytes = meta.iter().take(*count).map(|meta| meta.len).sum();
            self.in_turn.fetch_add(bytes, Ordering::Relaxed);
            self.intake.arrived(bytes);
        } else {
            self.in_turn.store(0, Ordering::Relaxed);
        }
        received
    }

    fn max_gso_segments(&self) -> usize {
        self.inner.max_gso_segments()
    }

    fn max_gro_segments(&self) -> usize {
        self.inner.max_gro_segments()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;

    use super::*;

    fn is_over(intake: &Intake) -> bool {
        intake.is_over().now_or_never().is_some()
    }

    #[test]
    fn messages_that_come_out_make_room_for_more() {
        let intake = Intake::default();
        for _ in 0..1_000 {
            intake.arrived(70_000);
            intake.taken(65_536);
        }
        assert!(!is_over(&intake));
    }

    #[test]
    fn a_message_that_never_ends_is_noticed() {
        let intake = Intake::default();
        (0..20_000).for_each(|_| intake.arrived(1_200));
        assert!(is_over(&intake));
    }

    #[test]
    fn a_burst_passes_and_a_flood_does_not() {
        let (mut pace, start) = (Pace::new(), Instant::now());
        let passed = (0..100_000).take_while(|_| pace.take_at(start).is_ok());
        assert_eq!(passed.count(), 4096);
    }

    #[test]
    fn a_steady_stream_of_small_files_passes() {
        let (mut pace, start) = (Pace::new(), Instant::now());
        let sent = (0..100_000_u32).map(|n| start + Duration::from_micros(125) * n);
        sent.for_each(|now| pace.take_at(now).unwrap());
    }

    #[test]
    fn in_a_hurry_packets_come_in_as_messages_come_out() {
        let intake = Intake::default();
        let cx = Context::from_waker(Waker::noop());
        assert!(!intake.must_wait(&cx));
        intake.tighten();
        assert!(intake.must_wait(&cx));
        (0..50).for_each(|_| intake.taken(4));
        assert!(!intake.must_wait(&cx));
        intake.arrived(1_200);
        assert!(intake.must_wait(&cx));
        intake.relax();
        assert!(!intake.must_wait(&cx));
    }

    #[test]
    fn receipts_for_what_we_send_are_not_held_against_the_peer() {
        let intake = Intake::default();
        for _ in 0..1_000_000 {
            intake.sent(2_400);
            intake.arrived(100);
        }
        assert!(!is_over(&intake));
    }
}
