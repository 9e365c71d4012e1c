//! A network namespace with a TUN device in it (namespaces(7), Linux `tuntap` documentation).

use std::fs::File;
use std::io;
use std::net::Ipv4Addr;
use std::process::Command;
use std::thread;

use nix::sched::{CloneFlags, setns, unshare};
use tun_rs::{DeviceBuilder, SyncDevice};

/// What the device is called inside.
const DEVICE: &str = "path0";

/// The usual one of Ethernet.
const MTU_BYTES: u16 = 1500;

/// Prefix length of the one network that both sides are in.
const PREFIX: u8 = 24;

#[derive(Debug)]
pub(crate) struct Namespace {
    /// Keeps it there when nobody runs in it.
    handle: File,
}

impl Namespace {
    /// Makes one with a device that has the address.
    pub(crate) fn new(address: Ipv4Addr) -> io::Result<(Self, SyncDevice)> {
        // The thread that makes it moves in, so it is one of its own.
        let maker = thread::spawn(move || {
            unshare(CloneFlags::CLONE_NEWNET)?;
            let handle = File::open("/proc/thread-self/ns/net")?;
            let device = DeviceBuilder::new()
                .name(DEVICE)
                .mtu(MTU_BYTES)
                .build_sync()?;
            device.set_nonblocking(true)?;
            ip(&["link", "set", "lo", "up"])?;
            ip(&["link", "set", DEVICE, "up", "txqueuelen", "1000"])?;
            ip(&["addr", "add", &cidr(address), "dev", DEVICE])?;
            Ok((Self { handle }, device))
        });
        ended(maker)
    }

    /// Runs `work` in a thread inside. Whatever threads and processes it makes are inside, too.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<thread::JoinHandle<io::Result<T>>> {
        let handle = self.handle.try_clone()?;
        Ok(thread::spawn(move || {
            setns(handle, CloneFlags::CLONE_NEWNET)?;
            Ok(work())
        }))
    }

    /// Another address in place of the one before, as a new lease gives.
    pub(crate) fn change_address(&self, before: Ipv4Addr, after: Ipv4Addr) -> io::Result<()> {
        let inside = self.run(move || {
            ip(&["addr", "del", &cidr(before), "dev", DEVICE])?;
            ip(&["addr", "add", &cidr(after), "dev", DEVICE])
        })?;
        ended(inside)?
    }
}

/// Waits for what a thread comes to.
pub(crate) fn ended<T>(thread: thread::JoinHandle<io::Result<T>>) -> io::Result<T> {
    let panicked = |_| Err(io::Error::other("the thread in the namespace panicked"));
    thread.join().unwrap_or_else(panicked)
}

fn cidr(address: Ipv4Addr) -> String {
    format!("{address}/{PREFIX}")
}

fn ip(arguments: &[&str]) -> io::Result<()> {
    let done = Command::new("ip").args(arguments).output();
    let done = done.map_err(|error| io::Error::other(format!("ip: {error}")))?;
    if done.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&done.stderr);
    Err(io::Error::other(format!("ip: {}", said.trim())))
}
