//! How many file bytes may go to one peer now, and how many it may send us.
//!
//! Two bounds hold a sender: the receiver's credit, which grows as the receiver's disk takes bytes,
//! and a short pipe between our own disk and the data channel. Credit counts file bytes since the
//! link opened, as an absolute limit, so a lost or repeated frame cannot inflate it.

/// File bytes we keep between our disk and the data channel: enough to hide a read, little enough
/// that a cancel or a chat message does not wait behind it.
const PIPE_MAX_BYTES: u64 = 2 * 1024 * 1024;

/// Chunks in that pipe: small files make small chunks, and each costs a queue slot.
const PIPE_MAX_CHUNKS: u32 = 48;

/// Sending half of one link.
#[derive(Debug, Clone)]
pub(crate) struct SendPacer {
    limit: u64,
    sent: u64,
    in_pipe: u64,
    chunks_in_pipe: u32,
}

impl SendPacer {
    pub(crate) fn new(peer_window_bytes: u32) -> Self {
        Self {
            limit: u64::from(peer_window_bytes),
            sent: 0,
            in_pipe: 0,
            chunks_in_pipe: 0,
        }
    }

    /// Whether a chunk of `len` bytes may be read and sent now. One chunk always fits the pipe.
    pub(crate) fn allows(&self, len: u64) -> bool {
        let pipe_has_room = self.in_pipe + len <= PIPE_MAX_BYTES;
        let fits = self.in_pipe == 0 || (pipe_has_room && self.chunks_in_pipe < PIPE_MAX_CHUNKS);
        self.sent + len <= self.limit && fits
    }

    /// A chunk was asked of the disk.
    pub(crate) fn started(&mut self, len: u64) {
        self.sent += len;
        self.in_pipe += len;
        self.chunks_in_pipe += 1;
    }

    /// A chunk was taken by the data channel.
    pub(crate) fn sent(&mut self, len: u64) {
        self.in_pipe = self.in_pipe.saturating_sub(len);
        self.chunks_in_pipe = self.chunks_in_pipe.saturating_sub(1);
    }

    /// A chunk that was asked of the disk will never be sent.
    pub(crate) fn abandoned(&mut self, len: u64) {
        self.in_pipe = self.in_pipe.saturating_sub(len);
        self.chunks_in_pipe = self.chunks_in_pipe.saturating_sub(1);
        self.given_back(len);
    }

    /// A chunk that was sent did not get there and is to be sent again.
    pub(crate) fn given_back(&mut self, len: u64) {
        self.sent = self.sent.saturating_sub(len);
    }

    /// The receiver allows `limit` bytes in all. `false` when that is nothing new.
    pub(crate) fn credit(&mut self, limit: u64) -> bool {
        let is_new = limit > self.limit;
        self.limit = self.limit.max(limit);
        is_new
    }
}

/// A peer sent more than it was allowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CreditExceeded;

/// Receiving half of one link.
#[derive(Debug, Clone)]
pub(crate) struct ReceiveCredit {
    window: u64,
    /// Bytes of an older link that still waited in memory when this one opened.
    carried: u64,
    granted: u64,
    received: u64,
    settled: u64,
}

impl ReceiveCredit {
    /// `granted` is what our hello allowed, `carried` what still waits in memory of older links.
    pub(crate) fn new(window_bytes: u32, granted: u32, carried: u64) -> Self {
        Self {
            window: u64::from(window_bytes),
            carried,
            granted: u64::from(granted),
            received: 0,
            settled: 0,
        }
    }

    /// Counts arriving bytes.
    pub(crate) fn received(&mut self, len: u64) -> Result<(), CreditExceeded> {
        self.received += len;
        if self.received > self.granted {
            Err(CreditExceeded)
        } else {
            Ok(())
        }
    }

    /// Counts bytes that no longer wait in memory; gives a new limit when it is worth a frame.
    pub(crate) fn settled(&mut self, len: u64) -> Option<u64> {
        self.settled += len;
        let limit = (self.window + self.settled).saturating_sub(self.carried);
        if limit < self.granted + self.window / 4 {
            return None;
        }
        self.granted = limit;
        Some(limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_bounds_what_is_sent() {
        let mut pacer = SendPacer::new(100);
        pacer.started(60);
        pacer.sent(60);
        assert!(pacer.allows(40) && !pacer.allows(41));
        pacer.credit(160);
        assert!(pacer.allows(100));
    }

    #[test]
    fn an_older_credit_takes_nothing_back() {
        let mut pacer = SendPacer::new(100);
        pacer.credit(50);
        assert!(pacer.allows(100));
    }

    #[test]
    fn the_pipe_bounds_what_is_read_ahead() {
        let mut pacer = SendPacer::new(u32::MAX);
        pacer.started(PIPE_MAX_BYTES);
        assert!(!pacer.allows(1));
        pacer.sent(1);
        assert!(pacer.allows(1));
    }

    #[test]
    fn a_peer_that_ignores_its_credit_is_caught() {
        let mut credit = ReceiveCredit::new(100, 100, 0);
        assert_eq!(credit.received(100), Ok(()));
        assert_eq!(credit.received(1), Err(CreditExceeded));
    }

    #[test]
    fn credit_is_granted_in_worthwhile_steps_as_bytes_settle() {
        let mut credit = ReceiveCredit::new(100, 100, 0);
        assert_eq!(credit.settled(24), None);
        assert_eq!(credit.settled(1), Some(125));
    }

    #[test]
    fn bytes_of_an_older_link_count_until_they_settle() {
        let mut credit = ReceiveCredit::new(100, 40, 60);
        assert_eq!(credit.received(40), Ok(()));
        assert_eq!(credit.settled(20), None);
        assert_eq!(credit.settled(40), Some(100));
        assert_eq!(credit.received(61), Err(CreditExceeded));
    }

    #[test]
    fn what_settles_before_the_peer_says_hello_is_granted_at_once() {
        let mut credit = ReceiveCredit::new(100, 0, 0);
        assert_eq!(credit.settled(0), Some(100));
    }
}
