//! A network path between two places on one machine, as good or bad as a test wants it.
//!
//! Two network namespaces, a TUN device in each, and a thread between them that carries every IP
//! packet with a rate, a delay, a bounded queue and losses ([`Shape`]). Whatever runs inside meets
//! real sockets, real kernels and real congestion. Linux only, and only for who may make
//! namespaces; elsewhere [`Path::lay`] says so and the test is skipped.
//!
//! [`pipe`] is the model: it is told the time and is the same in every run with the same seed.
//! `path` is the thread around it.

pub mod packet;
pub mod pipe;

#[cfg(target_os = "linux")]
mod namespace;
#[cfg(target_os = "linux")]
mod path;
#[cfg(not(target_os = "linux"))]
#[path = "path_elsewhere.rs"]
mod path;

pub use path::Path;
pub use pipe::{Loss, Shape};

/// One of the two places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The first.
    A,
    /// The second.
    B,
}

impl Side {
    /// The place that packets of this one go to.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    #[cfg(target_os = "linux")]
    const fn index(self) -> usize {
        match self {
            Self::A => 0,
            Self::B => 1,
        }
    }
}

/// This machine does not let us make such a path. Not a failure of what is tested.
#[derive(Debug, thiserror::Error)]
#[error("skipped: no emulated path on this machine ({0})")]
pub struct NotPermitted(pub String);
