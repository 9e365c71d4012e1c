//! Where the two sides of a contest are: on one machine, or at both ends of an emulated path.

use std::net::{IpAddr, Ipv4Addr};
use std::process::Command;

use parlor_emulator::{Path, Side};

use crate::failure::{Result, While as _};
use crate::process::Running;

/// The sender is at A, and so is every server; the receiver is at B.
#[derive(Debug)]
pub(crate) enum Ground {
    Loopback,
    Emulated(Path),
}

impl Ground {
    pub(crate) const fn address(&self, side: Side) -> IpAddr {
        match self {
            Self::Loopback => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Self::Emulated(path) => IpAddr::V4(path.address(side)),
        }
    }

    /// Starts a program at that side.
    pub(crate) fn spawn(&self, side: Side, command: Command) -> Result<Running> {
        let Self::Emulated(path) = self else {
            return Running::spawn(command);
        };
        let started = path.run_to_end(side, move || Running::spawn(command));
        started.during("one end of the path")?
    }
}
