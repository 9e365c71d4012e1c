//! From a typed code to an invite: one connection to the server, driven for the engine's
//! [`Newcomer`].

use std::time::Instant;

use parlor_engine::newcomer::{Newcomer, NewcomerOutput};
use parlor_engine::time::{Deadline, Moment};
use parlor_proto::code::Code;
use parlor_proto::invite::{Invite, ServerUrl};
use tokio::sync::mpsc;

use crate::socket::{Socket, SocketEvent};

pub use parlor_engine::newcomer::NewcomerError;

/// Events that may wait: the server says two or three things in all.
const EVENTS_MAX: usize = 16;

/// Why a code could not be turned into an invite.
#[derive(Debug, thiserror::Error)]
pub enum RedeemError {
    /// The exchange failed.
    #[error(transparent)]
    Exchange(#[from] NewcomerError),
    /// The operating system gave no random numbers.
    #[error("the system gives no random numbers: {0}")]
    System(String),
}

/// Asks the member who shows `code` for the room's secret. Takes about a second; dropping the
/// future gives up.
///
/// # Errors
/// [`RedeemError`], in words for the person who typed the code. Trying again by itself would only
/// use up the code's tries.
pub async fn redeem(server: &ServerUrl, code: Code) -> Result<Invite, RedeemError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| RedeemError::System(error.to_string()))?;
    let mut newcomer = Newcomer::new(code, seed);
    let (events_in, mut events) = mpsc::channel(EVENTS_MAX);
    let started = Instant::now();
    let now = || Moment(started.elapsed());
    let mut socket: Option<Socket> = None;
    newcomer.handle_input(None, now());
    loop {
        match newcomer.poll_output() {
            NewcomerOutput::Dial => {
                socket = Some(Socket::dial(server.websocket_url(), 0, events_in.clone()));
            }
            NewcomerOutput::Send(message) => {
                if let Some(socket) = &mut socket {
                    socket.send(message);
                }
            }
            NewcomerOutput::Done(Ok(secret)) => {
                return Ok(Invite {
                    server: server.clone(),
                    secret,
                });
            }
            NewcomerOutput::Done(Err(error)) => return Err(error.into()),
            NewcomerOutput::Wait(deadline) => {
                let event = next(&mut events, deadline, now()).await;
                newcomer.handle_input(event.map(Into::into), now());
            }
        }
    }
}

/// The next event of the socket, or nothing once the deadline has come.
async fn next(
    events: &mut mpsc::Receiver<(u64, SocketEvent)>,
    deadline: Option<Deadline>,
    now: Moment,
) -> Option<SocketEvent> {
    let wait = deadline.map_or_else(Default::default, |deadline| deadline.at.since(now));
    let event = tokio::time::timeout(wait, events.recv()).await;
    event.ok().flatten().map(|(_, event)| event)
}
