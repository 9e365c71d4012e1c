//! Files between this device and others.
//!
//! The receiver leads: it says which files it takes and which ranges of them it still lacks, so
//! that an outage, a restart of the sender and a bad chunk are all answered the same way, by asking
//! again. `outgoing` answers those wants, `incoming` makes them.

use parlor_proto::frame::Frame;
use parlor_proto::limits::OFFER_FILES_MAX;

use crate::notice::Notice;
use crate::output::DiskRequest;

pub(crate) mod incoming;
pub(crate) mod outgoing;
mod pace;

/// Something a transfer wants done; the session knows the link.
#[derive(Debug)]
pub(crate) enum Step {
    /// Send to the other device, if it is connected; otherwise the next hello makes up for it.
    Frame(Frame),
    /// Ask of the disk.
    Disk(DiskRequest),
    /// Tell the program above.
    Notice(Notice),
}

/// The other side did something no honest implementation does; it is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Violation(pub(crate) &'static str);

/// Transfers one device may have open towards us: more is a flood, not a person.
pub(crate) const INCOMING_PER_DEVICE_MAX: usize = 128;

/// Files in those offers: what our own 32 open offers of the longest lists hold, and half as many.
pub(crate) const INCOMING_FILES_PER_DEVICE_MAX: usize = 48 * OFFER_FILES_MAX;

/// Transfers to us that are remembered in all.
pub(crate) const INCOMING_MAX: usize = 4096;

/// Files that are open for writing at once, in all transfers, but for one in each: each takes two
/// handles, and a phone has few.
pub(crate) const FILES_BUSY_MAX: usize = 48;

/// Transfers we keep open at once.
pub(crate) const OUTGOING_MAX: usize = 1024;
