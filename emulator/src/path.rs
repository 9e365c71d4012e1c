//! The two namespaces and the thread that carries packets between them.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;
use tun_rs::SyncDevice;

use crate::namespace::{Namespace, ended};
use crate::packet::Filter;
use crate::pipe::{Counts, Pipe, Shape};
use crate::{NotPermitted, Side};

/// How long the carrier waits at most: it looks then whether it is to end.
const WAIT_MAX: Duration = Duration::from_millis(20);

/// Packets that are read in a row from one side before the other has its turn.
const TURN_PACKETS: usize = 64;

/// The longest IP packet.
const PACKET_MAX_BYTES: usize = 65_536;

/// The addresses of both sides at first; those after a change follow.
const FIRST: [Ipv4Addr; 2] = [Ipv4Addr::new(10, 77, 0, 1), Ipv4Addr::new(10, 77, 0, 2)];

/// Two places with a path between them, until this is dropped.
#[derive(Debug)]
pub struct Path {
    sides: [Namespace; 2],
    addresses: [Ipv4Addr; 2],
    carried: Arc<Carried>,
    carrier: Option<JoinHandle<()>>,
}

struct Carried {
    /// By the side that packets come from.
    pipes: Mutex<[Pipe; 2]>,
    filter: Mutex<Option<Filter>>,
    is_cut: AtomicBool,
    is_over: AtomicBool,
    started: Instant,
}

impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Carried").finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Path {
    /// Makes both places. `ab` is how packets fare from A to B, `ba` back.
    ///
    /// # Errors
    /// [`NotPermitted`] where the machine does not let us.
    pub fn lay(ab: Shape, ba: Shape, seed: u64) -> Result<Self, NotPermitted> {
        let refused = |error: io::Error| NotPermitted(error.to_string());
        let (a, device_a) = Namespace::new(FIRST[0]).map_err(refused)?;
        let (b, device_b) = Namespace::new(FIRST[1]).map_err(refused)?;
        let carried = Arc::new(Carried {
            pipes: Mutex::new([Pipe::new(ab, seed), Pipe::new(ba, seed ^ 1)]),
            filter: Mutex::default(),
            is_cut: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
            started: Instant::now(),
        });
        let shared = Arc::clone(&carried);
        let carrier = thread::spawn(move || shared.carry(&[device_a, device_b]));
        Ok(Self {
            sides: [a, b],
            addresses: FIRST,
            carried,
            carrier: Some(carrier),
        })
    }

    /// Runs `work` in a thread at that side. Whatever threads and processes it makes are there,
    /// too.
    ///
    /// # Errors
    /// When the system gives no thread or does not let it in.
    pub fn run<T: Send + 'static>(
        &self,
        side: Side,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<JoinHandle<io::Result<T>>> {
        self.sides[side.index()].run(work)
    }

    /// Runs `work` in a thread at that side and waits for what it comes to.
    ///
    /// # Errors
    /// As [`Self::run`], and when `work` panicked.
    pub fn run_to_end<T: Send + 'static>(
        &self,
        side: Side,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        ended(self.run(side, work)?)
    }

    /// The address of a side.
    #[must_use]
    pub const fn address(&self, side: Side) -> Ipv4Addr {
        self.addresses[side.index()]
    }

    /// Gives a side another address in place of the one it has.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn change_address(&mut self, side: Side) -> io::Result<()> {
        let before = self.addresses[side.index()];
        let [.., last] = before.octets();
        let after = Ipv4Addr::new(10, 77, 0, last + 2);
        self.sides[side.index()].change_address(before, after)?;
        self.addresses[side.index()] = after;
        Ok(())
    }

    /// How packets from that side fare from now on.
    pub fn set_shape(&self, from: Side, shape: Shape) {
        lock(&self.carried.pipes)[from.index()].set_shape(shape);
    }

    /// Nothing passes from now on, and nobody is told.
    pub fn cut(&self) {
        self.carried.is_cut.store(true, Ordering::Release);
        lock(&self.carried.pipes).iter_mut().for_each(Pipe::clear);
    }

    /// Packets pass again.
    pub fn mend(&self) {
        self.carried.is_cut.store(false, Ordering::Release);
    }

    /// Drops the packets that the filter names; none lets all pass.
    pub fn block(&self, filter: Option<Filter>) {
        *lock(&self.carried.filter) = filter;
    }

    /// What became of the packets from that side.
    #[must_use]
    pub fn counts(&self, from: Side) -> Counts {
        lock(&self.carried.pipes)[from.index()].counts()
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        self.carried.is_over.store(true, Ordering::Release);
        if let Some(carrier) = self.carrier.take() {
            // A carrier that panicked has printed why.
            carrier.join().ok();
        }
    }
}

impl Carried {
    fn carry(&self, devices: &[SyncDevice; 2]) {
        let mut buffer = vec![0; PACKET_MAX_BYTES];
        while !self.is_over.load(Ordering::Acquire) {
            let mut due = None;
            for from in [0, 1] {
                self.take_in(&devices[from], from, &mut buffer);
                let next = self.hand_out(&devices[1 - from], from);
                due = [due, next].into_iter().flatten().min();
            }
            wait(
                devices,
                due.map(|due| due.saturating_sub(self.started.elapsed())),
            );
        }
    }

    fn take_in(&self, device: &SyncDevice, from: usize, buffer: &mut [u8]) {
        for _ in 0..TURN_PACKETS {
            // An error is no packet for now, or a device without an address.
            let Ok(len) = device.recv(buffer) else { return };
            let packet = &buffer[..len];
            let is_blocked = lock(&self.filter)
                .as_ref()
                .is_some_and(|drops| drops(packet));
            if !is_blocked && !self.is_cut.load(Ordering::Acquire) {
                let now = self.started.elapsed();
                lock(&self.pipes)[from].enter(packet, now);
            }
        }
    }

    /// Hands on what has arrived; gives when the next does.
    fn hand_out(&self, device: &SyncDevice, from: usize) -> Option<Duration> {
        loop {
            let now = self.started.elapsed();
            let mut pipes = lock(&self.pipes);
            let Some(packet) = pipes[from].leave(now) else {
                return pipes[from].next_due();
            };
            drop(pipes);
            // The kernel refuses what no socket could take: it is lost.
            device.send(&packet).ok();
        }
    }
}

fn wait(devices: &[SyncDevice; 2], due: Option<Duration>) {
    let flags = PollFlags::POLLIN;
    let mut fds = [
        PollFd::new(devices[0].as_fd(), flags),
        PollFd::new(devices[1].as_fd(), flags),
    ];
    let timeout = TimeSpec::from_duration(due.unwrap_or(WAIT_MAX).min(WAIT_MAX));
    // Whatever woke it, both devices are looked at.
    ppoll(&mut fds, Some(timeout), None).ok();
}
