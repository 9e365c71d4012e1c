//! What two peers say of a lane: a second way for bulk frames beside the data channels.

/// Bit of [`Hello::lanes`](super::Hello::lanes): QUIC (RFC 9000) on the UDP sockets of ICE.
pub const LANE_QUIC: u32 = 1;

/// From the answerer: the lane of this number may be opened now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct LaneReady {
    /// Counts the lanes of the link from 1.
    #[n(0)]
    pub lane: u32,
}

/// From either side: the lane has ended here, and nothing that is still under way on it counts.
/// Bulk frames beyond those that were received are sent again, on whatever way is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct LaneOver {
    /// The lane's number.
    #[n(0)]
    pub lane: u32,
    /// Bulk frames of the other side that were received on it.
    #[n(1)]
    pub received: u64,
}
