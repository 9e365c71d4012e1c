//! One WebSocket: reads messages to the hub, writes what the hub says, pings, and says goodbye.

use core::sync::atomic::Ordering;
use core::time::Duration;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code};
use parlor_proto::id::PeerId;
use parlor_proto::signal::{ClientMessage, ErrorCode, SignalDecodeError};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::Context;
use super::config::random_bytes;
use super::driver::{Command, Outbox, Outgoing};
use crate::hub::{ClientKey, CloseCode, ConnId, error_message};

/// RFC 6455 has no name for it, but IANA lists it: the service restarts, come back.
const CLOSE_SERVICE_RESTART: u16 = 1012;

pub(super) struct Connection {
    id: ConnId,
    socket: WebSocket,
    outbox: mpsc::Receiver<Outgoing>,
    overrun: CancellationToken,
    context: Arc<Context>,
}

/// How a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The client closed it, or the network did.
    Gone,
    /// Nothing came in for too long; not even a pong.
    Silent,
    /// The client does not take what it is sent.
    Slow,
    /// The hub closed it, and has said why.
    Closed(CloseCode),
    /// The server says goodbye to everybody.
    Draining,
    /// The server stops.
    Stopped,
}

impl Connection {
    /// Serves a new socket until it ends.
    pub(super) async fn open(socket: WebSocket, from: ClientKey, context: Arc<Context>) {
        let Ok(fresh_peer) = random_bytes().map(PeerId) else {
            tracing::error!("no random bytes; connection refused");
            return;
        };
        let id = ConnId(context.next_conn.fetch_add(1, Ordering::Relaxed));
        let (queue, outbox) = mpsc::channel(context.config.outbound_queue_len);
        let overrun = CancellationToken::new();
        let hub_end = Outbox {
            queue,
            overrun: overrun.clone(),
        };
        let mut this = Self {
            id,
            socket,
            outbox,
            overrun,
            context,
        };
        this.tell_hub(Command::Connected {
            conn: id,
            fresh_peer,
            from,
            outbox: hub_end,
        })
        .await;
        let end = this.converse().await;
        tracing::debug!(conn = id.0, ?end, "connection ends");
        // Before the goodbye, which may take a while: the member is away from now on.
        this.tell_hub(Command::Disconnected { conn: id }).await;
        let farewell = this.context.config.timing.farewell;
        let stop = this.context.stop.clone();
        tokio::select! {
            _ = timeout(farewell, this.say_goodbye(end)) => {}
            () = stop.cancelled() => {}
        }
    }

    async fn converse(&mut self) -> End {
        let timing = self.context.config.timing.clone();
        let (stop, drain) = (self.context.stop.clone(), self.context.drain.clone());
        let overrun = self.overrun.clone();
        let mut ping = interval_at(Instant::now() + timing.ping_every, timing.ping_every);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let silent = sleep_until(Instant::now() + timing.dead_after);
        tokio::pin!(silent);
        loop {
            let step = tokio::select! {
                () = stop.cancelled() => Err(End::Stopped),
                () = overrun.cancelled() => Err(End::Slow),
                () = drain.cancelled() => Err(End::Draining),
                () = silent.as_mut() => Err(End::Silent),
                _ = ping.tick() => self.write(Message::Ping(Bytes::new())).await,
                outgoing = self.outbox.recv() => match outgoing {
                    Some(Outgoing::Text(text)) => self.write(Message::Text(text)).await,
                    Some(Outgoing::Close(code)) => Err(End::Closed(code)),
                    None => Err(End::Stopped),
                },
                frame = self.socket.recv() => {
                    silent.as_mut().reset(Instant::now() + timing.dead_after);
                    match frame {
                        Some(Ok(frame)) => self.on_frame(frame).await,
                        Some(Err(_)) | None => Err(End::Gone),
                    }
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    async fn on_frame(&mut self, frame: Message) -> Result<(), End> {
        let conn = self.id;
        let command = match frame {
            Message::Text(text) => match ClientMessage::decode(&text) {
                Ok(message) => Command::Message { conn, message },
                Err(error) => Command::Undecodable { conn, error },
            },
            Message::Binary(_) => {
                let error = SignalDecodeError::Malformed;
                Command::Undecodable { conn, error }
            }
            // tungstenite answers pings by itself.
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(End::Gone),
        };
        self.tell_hub(command).await;
        Ok(())
    }

    /// Waits while the hub is busy, which is what slows down clients that send a lot.
    async fn tell_hub(&mut self, command: Command) {
        // The hub only goes away when the server stops, which the conversation notices itself.
        let _ = self.context.hub.send(command).await;
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        let patience = self.context.config.timing.write;
        tokio::select! {
            () = self.context.stop.cancelled() => Err(End::Stopped),
            () = self.overrun.cancelled() => Err(End::Slow),
            written = timeout(patience, self.socket.send(message)) => match written {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) => Err(End::Gone),
                Err(_) => Err(End::Slow),
            },
        }
    }

    async fn say_goodbye(&mut self, end: End) {
        let (error, close) = match end {
            End::Gone | End::Silent | End::Stopped => return,
            End::Slow => (Some((ErrorCode::SlowConsumer, None)), close_code::POLICY),
            End::Closed(code) => (None, close_code_of(code)),
            End::Draining => {
                let wait = random_part_of(self.context.config.timing.drain_spread);
                (
                    Some((ErrorCode::Draining, Some(wait))),
                    CLOSE_SERVICE_RESTART,
                )
            }
        };
        if let Some((code, wait)) = error {
            let text = error_message(code, wait).encode();
            if self.socket.send(Message::Text(text.into())).await.is_err() {
                return;
            }
        }
        let reason = Utf8Bytes::from_static("");
        let close = Message::Close(Some(CloseFrame {
            code: close,
            reason,
        }));
        if self.socket.send(close).await.is_err() {
            return;
        }
        // Dropping a socket with unread input resets the connection, and the client would lose
        // what it was just told. So read on until it has closed its side.
        while let Some(Ok(_)) = self.socket.recv().await {}
    }
}

fn close_code_of(code: CloseCode) -> u16 {
    match code {
        CloseCode::Left => close_code::NORMAL,
        CloseCode::Failed(ErrorCode::TooLarge) => close_code::SIZE,
        CloseCode::Failed(ErrorCode::Internal) => close_code::ERROR,
        CloseCode::Failed(_) => close_code::POLICY,
    }
}

fn random_part_of(whole: Duration) -> Duration {
    // Without randomness everybody comes back at the end of the time: late, but no worse.
    let part = random_bytes().map_or(u16::MAX, u16::from_le_bytes);
    whole.mul_f64(f64::from(part) / f64::from(u16::MAX))
}
