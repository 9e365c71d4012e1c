//! The way into the room: how long the server is tried, and which refusals are final.

use core::time::Duration;

use parlor_core::room::RoomEvent;
use parlor_core::room::notice::Notice;

use crate::exit::{Code, Failure};

/// Dials that may fail before the server counts as unreachable.
const FAILURES_MAX: u32 = 3;

/// The same in time, for a server that neither answers nor refuses.
const ENTRY_TIMEOUT: Duration = Duration::from_secs(10);

/// Whether we ever got in, and what keeps us out.
#[derive(Debug)]
pub(crate) struct Entry {
    server: String,
    has_joined: bool,
    failures: u32,
    last_reason: Option<String>,
    refusal: Option<Failure>,
}

impl Entry {
    pub(crate) fn new(server: impl Into<String>) -> Self {
        Self {
            server: server.into(),
            has_joined: false,
            failures: 0,
            last_reason: None,
            refusal: None,
        }
    }

    pub(crate) fn on_event(&mut self, event: &RoomEvent) {
        let RoomEvent::Session(notice) = event else {
            return;
        };
        if let Notice::Joined { .. } = notice {
            self.has_joined = true;
        } else if let Notice::ServerLost {
            reason, failures, ..
        } = notice
        {
            self.failures = *failures;
            self.last_reason = Some(reason.clone());
        } else if let Notice::Rejected { code, message } = notice {
            self.refusal = Some(Failure::rejected(*code, message));
        }
    }

    pub(crate) const fn has_joined(&self) -> bool {
        self.has_joined
    }

    /// Why there is no way in, once that is clear. Once in the room, a lost server is no reason
    /// to end: the connections to peers go on without it.
    pub(crate) fn failure(&self, now: Duration) -> Option<Failure> {
        if let Some(refusal) = &self.refusal {
            return Some(refusal.clone());
        }
        let is_given_up = self.failures >= FAILURES_MAX || now >= ENTRY_TIMEOUT;
        if self.has_joined || !is_given_up {
            return None;
        }
        let reason = self.last_reason.as_deref();
        let reason = reason.unwrap_or("the server did not answer in time");
        Some(Failure::new(
            Code::ServerUnreachable,
            format!(
                "Cannot reach the server {} ({reason}); check the address and your network.",
                self.server
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use parlor_proto::signal::ErrorCode;

    use super::super::examples::*;
    use super::*;

    fn server_lost(failures: u32) -> RoomEvent {
        notice(Notice::ServerLost {
            reason: "nothing answers at that address".to_owned(),
            failures,
            retry_in: s(1),
        })
    }

    #[test]
    fn three_failed_dials_or_ten_seconds_end_the_wait() {
        let mut entry = Entry::new("https://example.org");
        entry.on_event(&server_lost(2));
        assert_eq!(entry.failure(s(9)), None);
        let failure = entry.failure(s(10)).unwrap();
        assert_eq!(failure.code, Code::ServerUnreachable);
        assert!(failure.message.contains("https://example.org"));
        entry.on_event(&server_lost(3));
        assert!(entry.failure(s(1)).is_some());
    }

    #[test]
    fn a_server_lost_after_joining_is_no_failure() {
        let mut entry = Entry::new("https://example.org");
        entry.on_event(&joined(1));
        entry.on_event(&server_lost(7));
        assert_eq!(entry.failure(s(3600)), None);
    }

    #[test]
    fn a_refusal_is_final() {
        let mut entry = Entry::new("https://example.org");
        let code = ErrorCode::RoomFull;
        let message = String::new();
        entry.on_event(&notice(Notice::Rejected { code, message }));
        assert_eq!(entry.failure(s(0)).unwrap().code, Code::RoomFull);
    }
}
