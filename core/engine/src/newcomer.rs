//! Somebody who was told a code: one connection to the server, one exchange with the member who
//! shows the code, and the room's secret at its end.
//!
//! The same contract as a [`Session`](crate::session::Session): inputs and the time go in, outputs
//! come out, and nothing here dials, waits or draws randomness.

use core::time::Duration;
use std::collections::VecDeque;

use parlor_proto::code::Code;
use parlor_proto::invite::RoomSecret;
use parlor_proto::knock::{Half, Met};
use parlor_proto::pake::Side;
use parlor_proto::signal::{ClientMessage, ErrorCode, ServerMessage};

use crate::input::SignalInput;
use crate::time::{Deadline, Moment};

/// For the whole exchange: two round trips through the server, and its delays against scanners.
pub const EXCHANGE_PATIENCE: Duration = Duration::from_secs(30);

/// What to do for a newcomer.
#[derive(Debug)]
pub enum NewcomerOutput {
    /// Open a WebSocket to the signaling server.
    Dial,
    /// Send to the signaling server.
    Send(ClientMessage),
    /// The last output: the room's secret, or why there is none. Close the socket.
    Done(Result<RoomSecret, NewcomerError>),
    /// Call again at the deadline at the latest. `None` after [`Self::Done`].
    Wait(Option<Deadline>),
}

/// Why a code gave no secret, in words for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NewcomerError {
    /// Wrong, used up, expired, or its member is away; nobody is told which.
    #[error("the code does not open a room: it is mistyped, used up or expired; ask for a new one")]
    Refused,
    /// The connection to the server failed.
    #[error("cannot reach the server: {reason}")]
    Server {
        /// Why.
        reason: String,
    },
    /// Too many codes were tried from this network.
    #[error("too many codes were tried from this network; wait {} s and try again", .wait.as_secs().max(1))]
    TooMany {
        /// How long to wait.
        wait: Duration,
    },
    /// The server does not know codes.
    #[error("this server does not know codes; ask for the link")]
    Unsupported,
    /// Nothing came in time.
    #[error("nobody answered in time; ask whether the code is still shown, and try again")]
    TimedOut,
    /// What came back was not written by somebody who knows the code.
    #[error("somebody between you and the room changed the answer; ask for the link instead")]
    Forged,
}

enum State {
    /// Nothing happened yet.
    Start,
    /// The socket is being opened.
    Dialling,
    /// The knock is out.
    Knocked(Half),
    /// The proof is out.
    Proving(Met),
    /// Over.
    Ended,
}

/// One try of one code.
pub struct Newcomer {
    code: Code,
    seed: [u8; 32],
    state: State,
    give_up_at: Moment,
    out: VecDeque<NewcomerOutput>,
}

impl core::fmt::Debug for Newcomer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Newcomer(…)")
    }
}

impl Newcomer {
    /// `seed` is 32 fresh random bytes.
    #[must_use]
    pub const fn new(code: Code, seed: [u8; 32]) -> Self {
        Self {
            code,
            seed,
            state: State::Start,
            give_up_at: Moment(Duration::ZERO),
            out: VecDeque::new(),
        }
    }

    /// Takes what happened on the socket; `None` is nothing but the time.
    pub fn handle_input(&mut self, event: Option<SignalInput>, now: Moment) {
        if let State::Start = self.state {
            self.give_up_at = now + EXCHANGE_PATIENCE;
            self.state = State::Dialling;
            self.out.push_back(NewcomerOutput::Dial);
        }
        match event {
            None => {}
            Some(SignalInput::Opened) => self.knock(),
            Some(SignalInput::Received(message)) => self.on_message(message),
            Some(SignalInput::Closed { reason }) => {
                self.end(Err(NewcomerError::Server { reason }));
            }
        }
        if self.give_up_at <= now {
            self.end(Err(NewcomerError::TimedOut));
        }
    }

    /// What to do next.
    pub fn poll_output(&mut self) -> NewcomerOutput {
        self.out
            .pop_front()
            .unwrap_or_else(|| NewcomerOutput::Wait(self.deadline()))
    }

    fn deadline(&self) -> Option<Deadline> {
        match self.state {
            State::Start | State::Ended => None,
            State::Dialling | State::Knocked(_) | State::Proving(_) => Some(Deadline {
                at: self.give_up_at,
                why: "give up on a code",
            }),
        }
    }

    fn knock(&mut self) {
        let State::Dialling = self.state else { return };
        let nameplate = self.code.nameplate;
        let password = self.code.words.password();
        let half = Half::new(Side::Newcomer, password, nameplate, self.seed);
        let payload = half.text();
        self.state = State::Knocked(half);
        self.send(ClientMessage::Knock { nameplate, payload });
    }

    fn on_message(&mut self, message: ServerMessage) {
        match message {
            ServerMessage::KnockAnswer { payload } => self.on_answer(&payload),
            ServerMessage::Error {
                code,
                message,
                retry_after_ms,
            } => {
                let wait = Duration::from_millis(retry_after_ms.unwrap_or_default().into());
                self.on_error(code, message, wait);
            }
            // A later server may say more than a newcomer needs.
            ServerMessage::Joined { .. }
            | ServerMessage::PeerJoined { .. }
            | ServerMessage::PeerLeft { .. }
            | ServerMessage::Signal { .. }
            | ServerMessage::Nameplate { .. }
            | ServerMessage::Knock { .. }
            | ServerMessage::KnockProof { .. } => {}
        }
    }

    fn on_answer(&mut self, payload: &str) {
        match &self.state {
            State::Knocked(half) => match half.meet(payload) {
                Ok(met) => {
                    let payload = met.proof();
                    self.state = State::Proving(met);
                    self.send(ClientMessage::KnockProof { payload });
                }
                Err(_) => self.end(Err(NewcomerError::Forged)),
            },
            State::Proving(met) => {
                let secret = met.open(payload).map_err(|_| NewcomerError::Forged);
                self.end(secret);
            }
            State::Start | State::Dialling | State::Ended => {}
        }
    }

    fn on_error(&mut self, code: ErrorCode, message: String, wait: Duration) {
        let error = match code {
            ErrorCode::CodeRefused => NewcomerError::Refused,
            ErrorCode::RateLimited => NewcomerError::TooMany { wait },
            // A server from before codes: the knock is an unknown word, or not a join.
            ErrorCode::UnknownType | ErrorCode::NotJoined | ErrorCode::UnsupportedVersion => {
                NewcomerError::Unsupported
            }
            ErrorCode::BadMessage
            | ErrorCode::RoomNotFound
            | ErrorCode::RoomFull
            | ErrorCode::AlreadyJoined
            | ErrorCode::PeerNotFound
            | ErrorCode::TooLarge
            | ErrorCode::SlowConsumer
            | ErrorCode::HelloTimeout
            | ErrorCode::Displaced
            | ErrorCode::Draining
            | ErrorCode::Internal
            | ErrorCode::Unknown => NewcomerError::Server { reason: message },
        };
        self.end(Err(error));
    }

    fn send(&mut self, message: ClientMessage) {
        self.out.push_back(NewcomerOutput::Send(message));
    }

    fn end(&mut self, result: Result<RoomSecret, NewcomerError>) {
        if let State::Ended = self.state {
            return;
        }
        self.state = State::Ended;
        self.out.push_back(NewcomerOutput::Done(result));
    }
}
