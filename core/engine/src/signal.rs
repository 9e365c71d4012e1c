//! The connection to the signaling server: when to dial, what to say first, when to give up.

use core::time::Duration;

use parlor_proto::id::RoomId;
use parlor_proto::signal::{ClientMessage, ErrorCode, JoinIntent, ResumeToken};

use crate::notice::Notice;
use crate::output::Output;
use crate::random::Random;
use crate::time::{Deadline, Moment};
use crate::view::ServerView;

/// First step of the backoff between dials; doubled with each failure, with full jitter.
const BACKOFF_FIRST: Duration = Duration::from_secs(1);

/// Longest backoff of the first tries: whoever was cut off for a minute is back within seconds.
const BACKOFF_EARLY_MAX: Duration = Duration::from_secs(4);

/// Tries that are early: some minutes of them.
const EARLY_TRIES: u32 = 24;

/// Longest backoff: a phone that comes back from a tunnel should not wait longer.
const BACKOFF_MAX: Duration = Duration::from_secs(30);

/// From dialling to being in the room: a handshake over a bad mobile network takes seconds. Not
/// longer, as TCP asks again ever more rarely (RFC 6298), and a new dial asks at once.
const JOIN_TIMEOUT: Duration = Duration::from_secs(7);

#[derive(Debug)]
enum State {
    Waiting { dial_at: Moment },
    Joining { give_up_at: Moment },
    Joined,
    Stopped,
}

/// Dials, joins, and comes back after a loss.
#[derive(Debug)]
pub(crate) struct SignalMachine {
    state: State,
    room: RoomId,
    intent: JoinIntent,
    max_peers: Option<u8>,
    resume: Option<ResumeToken>,
    failures: u32,
    has_joined: bool,
    /// When the server asked not to be dialled before.
    not_before: Option<Moment>,
    /// Until when a join of ours that we gave up may still reach the server and displace the one
    /// that came after it.
    astray_until: Option<Moment>,
}

impl SignalMachine {
    pub(crate) const fn new(room: RoomId, intent: JoinIntent, max_peers: Option<u8>) -> Self {
        let state = State::Waiting {
            dial_at: Moment(Duration::ZERO),
        };
        Self {
            state,
            room,
            intent,
            max_peers,
            resume: None,
            failures: 0,
            has_joined: false,
            not_before: None,
            astray_until: None,
        }
    }

    pub(crate) const fn is_joined(&self) -> bool {
        matches!(self.state, State::Joined)
    }

    /// Whether the server may say now that we are in the room.
    pub(crate) const fn is_joining(&self) -> bool {
        matches!(self.state, State::Joining { .. })
    }

    pub(crate) const fn view(&self) -> ServerView {
        match self.state {
            State::Waiting { .. } | State::Joining { .. } => ServerView::Connecting,
            State::Joined => ServerView::Joined,
            State::Stopped => ServerView::Rejected,
        }
    }

    /// The socket is open: ask to be let in.
    pub(crate) fn on_opened(&self) -> Option<Output> {
        let State::Joining { .. } = self.state else {
            return None;
        };
        // Whoever was in the room once may find it gone with its last member, and re-creates it.
        let intent = if self.has_joined {
            JoinIntent::Open
        } else {
            self.intent
        };
        Some(Output::SendSignal(ClientMessage::Join {
            room: self.room,
            intent,
            max_peers: self.max_peers,
            resume: self.resume.clone(),
        }))
    }

    pub(crate) fn on_joined(&mut self, resume: ResumeToken) {
        self.state = State::Joined;
        self.resume = Some(resume);
        self.failures = 0;
        self.has_joined = true;
    }

    pub(crate) fn on_closed(
        &mut self,
        reason: String,
        now: Moment,
        random: &mut Random,
    ) -> Option<Notice> {
        if matches!(self.state, State::Stopped | State::Waiting { .. }) {
            return None;
        }
        self.join_goes_astray(now);
        self.failures += 1;
        let asked = self.not_before.take().map(|at| at.since(now));
        let retry_in = random.up_to(self.backoff()).max(asked.unwrap_or_default());
        self.state = State::Waiting {
            dial_at: now + retry_in,
        };
        Some(Notice::ServerLost {
            reason,
            failures: self.failures,
            retry_in,
        })
    }

    /// The server's refusal: final, or a reason to try later.
    pub(crate) fn on_error(
        &mut self,
        code: ErrorCode,
        message: String,
        retry_after: Option<Duration>,
        now: Moment,
        random: &mut Random,
    ) -> Vec<Output> {
        if matches!(self.state, State::Stopped | State::Waiting { .. }) {
            return Vec::new();
        }
        // Who was in the room once is let in again when somebody else leaves.
        let is_full = code == ErrorCode::RoomFull && self.has_joined;
        let is_astray = |until: Moment| code == ErrorCode::Displaced && now <= until;
        let is_own_doing = self
            .astray_until
            .take_if(|until| is_astray(*until))
            .is_some();
        let is_passing = is_full || is_own_doing;
        if code.is_fatal() && !is_passing {
            self.state = State::Stopped;
            return vec![
                Output::HangUp,
                Output::Notice(Notice::Rejected { code, message }),
            ];
        }
        if self.is_joined() && !is_own_doing {
            // The server says so before it closes the socket; the dial after that keeps to it.
            self.not_before = retry_after.map(|after| now + after.min(BACKOFF_MAX));
            return Vec::new();
        }
        self.failures += 1;
        let retry_in = retry_after.unwrap_or_else(|| random.up_to(self.backoff()));
        let retry_in = retry_in.min(BACKOFF_MAX);
        self.state = State::Waiting {
            dial_at: now + retry_in,
        };
        let lost = Notice::ServerLost {
            reason: message,
            failures: self.failures,
            retry_in,
        };
        vec![Output::HangUp, Output::Notice(lost)]
    }

    /// Another dial begins before the server answered this one.
    fn join_goes_astray(&mut self, now: Moment) {
        if matches!(self.state, State::Joining { .. }) {
            self.astray_until = Some(now + JOIN_TIMEOUT);
        }
    }

    fn backoff(&self) -> Duration {
        let doublings = self.failures.saturating_sub(1).min(8);
        let most = if self.failures <= EARLY_TRIES {
            BACKOFF_EARLY_MAX
        } else {
            BACKOFF_MAX
        };
        BACKOFF_FIRST.saturating_mul(1 << doublings).min(most)
    }

    /// Dials at once, also while in the room: the socket may belong to a network that is gone.
    pub(crate) fn on_network_changed(&mut self, now: Moment) {
        if !matches!(self.state, State::Stopped) {
            self.join_goes_astray(now);
            self.state = State::Waiting { dial_at: now };
        }
    }

    pub(crate) fn stop(&mut self) {
        self.state = State::Stopped;
    }

    pub(crate) fn on_time(&mut self, now: Moment, random: &mut Random) -> Vec<Output> {
        match self.state {
            State::Waiting { dial_at } if dial_at <= now => {
                self.state = State::Joining {
                    give_up_at: now + JOIN_TIMEOUT,
                };
                vec![Output::Dial]
            }
            State::Joining { give_up_at } if give_up_at <= now => {
                let reason = "the server did not answer in time".to_owned();
                let lost = self.on_closed(reason, now, random).map(Output::Notice);
                [Output::HangUp].into_iter().chain(lost).collect()
            }
            State::Waiting { .. } | State::Joining { .. } | State::Joined | State::Stopped => {
                Vec::new()
            }
        }
    }

    pub(crate) const fn deadline(&self) -> Option<Deadline> {
        match self.state {
            State::Waiting { dial_at } => Some(Deadline {
                at: dial_at,
                why: "dial the server",
            }),
            State::Joining { give_up_at } => Some(Deadline {
                at: give_up_at,
                why: "give up joining",
            }),
            State::Joined | State::Stopped => None,
        }
    }
}
