//! A second way for bulk frames: QUIC (RFC 9000) on the UDP sockets of a link.
//!
//! This is the only module that knows `quinn`. It decides nothing: when a lane opens, what goes on
//! it and what becomes of that when it breaks belong to the engine.
//!
//! A lane is one QUIC connection with one stream, on which each side first writes the lane's number
//! (32 bits, big endian), then its frames, each after its length (32 bits, big endian).

mod congestion;
mod controller;
mod identity;
mod pacing;
mod settings;
mod socket;

use std::future::Future;
use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use quinn::{Connection, Endpoint, RecvStream, SendStream};
use tokio::sync::mpsc;

pub(crate) use identity::Identity;
use pacing::Pacing;
use socket::{PEER, PathSocket};

use crate::ports::Ports;

/// Bytes of file data that one read takes at most.
const READ_MAX_BYTES: usize = 256 * 1024;

/// What a lane reports, in this order: `Open`, then `Frame`s and `Sent`s, then `Closed`.
#[derive(Debug, Clone)]
pub enum LaneEvent {
    /// Both sides are there; the peer showed the certificate of the link.
    Open,
    /// The next frame of the peer.
    Frame(Bytes),
    /// QUIC took the next frame of ours.
    Sent,
    /// The lane is gone, or never came about. Nothing comes after it.
    Closed {
        /// For logs.
        reason: String,
    },
}

/// Nobody listens to a lane any more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gone;

/// Where a lane's reports go.
pub(crate) trait Listener: Clone + Send + Sync + 'static {
    /// Waits for room: this is what slows the peer down.
    fn tell(&self, event: LaneEvent) -> impl Future<Output = Result<(), Gone>> + Send;
}

/// Which side of a lane this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// Opens the QUIC connection.
    Dials,
    /// Waits for it.
    Listens,
}

/// What all lanes of a link have in common.
#[derive(Debug, Clone)]
pub(crate) struct Lanes {
    side: Side,
    endpoint: Endpoint,
    client: quinn::ClientConfig,
    ports: Ports,
    frame_max_bytes: usize,
}

impl Lanes {
    /// Borrows the link's sockets. `remote_fingerprint` is that of the certificate which the peer
    /// showed on the link.
    ///
    /// # Errors
    /// A sentence for logs.
    ///
    /// # Panics
    /// Outside a tokio runtime with time and IO enabled.
    pub(crate) fn new(
        side: Side,
        ports: &Ports,
        identity: &Identity,
        remote_fingerprint: &str,
        frame_max_bytes: usize,
    ) -> Result<Self, String> {
        let pacing = Arc::<Pacing>::default();
        let tls = settings::tls(identity, remote_fingerprint, &pacing);
        let tls = tls.map_err(|error| error.to_string())?;
        let socket = PathSocket::borrow(ports, pacing).map_err(|error| error.to_string())?;
        let endpoint = Endpoint::new_with_abstract_socket(
            settings::endpoint(),
            (side == Side::Listens).then_some(tls.server),
            Arc::new(socket),
            Arc::new(quinn::TokioRuntime),
        );
        Ok(Self {
            side,
            endpoint: endpoint.map_err(|error| error.to_string())?,
            client: tls.client,
            ports: ports.clone(),
            frame_max_bytes,
        })
    }

    /// The whole life of the lane of that number. It ends, without a report, when `frames` does.
    pub(crate) async fn run<L: Listener>(
        self,
        number: u32,
        frames: mpsc::Receiver<Bytes>,
        listener: L,
    ) {
        if let Err(Some(reason)) = self.carry(number, frames, &listener).await {
            // Without a listener there is nothing to report.
            listener.tell(LaneEvent::Closed { reason }).await.ok();
        }
    }

    /// Frames both ways until the end. Fails with the reason, or with nothing when it was us.
    async fn carry<L: Listener>(
        &self,
        number: u32,
        mut frames: mpsc::Receiver<Bytes>,
        listener: &L,
    ) -> Result<(), Option<String>> {
        if self.ports.path().is_none() {
            return Err(Some("there is no direct path".to_owned()));
        }
        let opened = tokio::select! {
            opened = self.open(number) => opened,
            // Nothing is sent before it is open.
            _ = frames.recv() => return Err(None),
        };
        let (connection, mut send, receive) = opened.map_err(Some)?;
        listener.tell(LaneEvent::Open).await.map_err(|_| None)?;
        let end = tokio::select! {
            end = write(&mut send, &mut frames, listener) => end,
            end = read(receive, self.frame_max_bytes, listener) => end,
        };
        log(&connection);
        connection.close(0_u32.into(), b"");
        end
    }

    async fn open(&self, number: u32) -> Result<(Connection, SendStream, RecvStream), String> {
        match self.side {
            Side::Dials => self.dial(number).await,
            // Whoever else knocks, the link stays open for the peer.
            Side::Listens => loop {
                match self.listen(number).await {
                    Err(error) if error.is_final => return Err(error.reason),
                    Err(NotOpened { reason, .. }) => {
                        tracing::debug!(reason, "not the peer's lane");
                    }
                    Ok(opened) => return Ok(opened),
                }
            },
        }
    }

    async fn dial(&self, number: u32) -> Result<(Connection, SendStream, RecvStream), String> {
        let dialled = self
            .endpoint
            .connect_with(self.client.clone(), PEER, "lane");
        let connection = dialled.map_err(|error| error.to_string())?;
        let connection = connection.await.map_err(|error| error.to_string())?;
        let streams = connection.open_bi().await;
        let (mut send, mut receive) = streams.map_err(|error| error.to_string())?;
        greet(&mut send, number).await?;
        hear(&mut receive, number).await?;
        Ok((connection, send, receive))
    }

    async fn listen(&self, number: u32) -> Result<(Connection, SendStream, RecvStream), NotOpened> {
        let knock = self.endpoint.accept().await.ok_or_else(|| NotOpened {
            reason: "the link is closing".to_owned(),
            is_final: true,
        })?;
        let connection = knock.await.map_err(NotOpened::stranger)?;
        let streams = connection.accept_bi().await;
        let (mut send, mut receive) = streams.map_err(NotOpened::stranger)?;
        hear(&mut receive, number)
            .await
            .map_err(NotOpened::stranger)?;
        greet(&mut send, number)
            .await
            .map_err(NotOpened::stranger)?;
        Ok((connection, send, receive))
    }

    /// The link ends: so does whatever lane there is.
    pub(crate) fn close(&self) {
        self.endpoint.close(0_u32.into(), b"");
    }
}

/// How the lane fared, for whoever wonders about its speed.
fn log(connection: &Connection) {
    let path = connection.stats().path;
    tracing::debug!(
        rtt_us = path.rtt.as_micros(),
        mtu_bytes = path.current_mtu,
        window_bytes = path.cwnd,
        sent_packets = path.sent_packets,
        lost_packets = path.lost_packets,
        "a lane ends"
    );
}

/// Why no lane came of a try.
struct NotOpened {
    reason: String,
    is_final: bool,
}

impl NotOpened {
    fn stranger(error: impl ToString) -> Self {
        Self {
            reason: error.to_string(),
            is_final: false,
        }
    }
}

/// An error with what lies behind it.
fn said(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

async fn greet(send: &mut SendStream, number: u32) -> Result<(), String> {
    let sent = send.write_all(&number.to_be_bytes()).await;
    sent.map_err(|error| error.to_string())
}

async fn hear(receive: &mut RecvStream, number: u32) -> Result<(), String> {
    let mut theirs = [0; 4];
    let heard = receive.read_exact(&mut theirs).await;
    heard.map_err(|error| error.to_string())?;
    if u32::from_be_bytes(theirs) == number {
        Ok(())
    } else {
        Err("it is another lane".to_owned())
    }
}

async fn write<L: Listener>(
    send: &mut SendStream,
    frames: &mut mpsc::Receiver<Bytes>,
    listener: &L,
) -> Result<(), Option<String>> {
    while let Some(frame) = frames.recv().await {
        let len = u32::try_from(frame.len()).map_err(|_| Some("a frame is too long".to_owned()))?;
        let mut parts = [Bytes::copy_from_slice(&len.to_be_bytes()), frame];
        let sent = send.write_all_chunks(&mut parts).await;
        sent.map_err(|error| Some(said(&error)))?;
        listener.tell(LaneEvent::Sent).await.map_err(|_| None)?;
    }
    Err(None)
}

async fn read<L: Listener>(
    mut receive: RecvStream,
    frame_max_bytes: usize,
    listener: &L,
) -> Result<(), Option<String>> {
    let mut assembly = Assembly::new(frame_max_bytes);
    loop {
        let chunk = receive.read_chunk(READ_MAX_BYTES, true).await;
        let chunk = chunk.map_err(|error| Some(said(&error)))?;
        let Some(chunk) = chunk else {
            return Err(Some("the other side finished".to_owned()));
        };
        let mut bytes = chunk.bytes;
        while !bytes.is_empty() {
            if let Some(frame) = assembly
                .take(&mut bytes)
                .map_err(|what| Some(what.to_owned()))?
            {
                listener
                    .tell(LaneEvent::Frame(frame))
                    .await
                    .map_err(|_| None)?;
            }
        }
    }
}

/// Puts frames together from what the stream gives.
#[derive(Debug)]
struct Assembly {
    max_bytes: usize,
    header: [u8; 4],
    /// Bytes of the header that are there.
    header_len: usize,
    frame: BytesMut,
}

impl Assembly {
    fn new(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            header: [0; 4],
            header_len: 0,
            frame: BytesMut::new(),
        }
    }

    /// Takes bytes off the front; gives a frame once it is whole.
    fn take(&mut self, bytes: &mut Bytes) -> Result<Option<Bytes>, &'static str> {
        while self.header_len < self.header.len() {
            let Some(byte) = bytes.first().copied() else {
                return Ok(None);
            };
            self.header[self.header_len] = byte;
            self.header_len += 1;
            bytes.advance(1);
            if self.header_len == self.header.len() {
                let len = u32::from_be_bytes(self.header) as usize;
                if len == 0 || len > self.max_bytes {
                    return Err("the other side sends frames of a length that cannot be");
                }
                self.frame.reserve(len);
            }
        }
        let len = u32::from_be_bytes(self.header) as usize;
        let missing = len - self.frame.len();
        self.frame.put(bytes.split_to(missing.min(bytes.len())));
        if self.frame.len() < len {
            return Ok(None);
        }
        self.header_len = 0;
        Ok(Some(self.frame.split().freeze()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(frames: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for frame in frames {
            bytes.put_u32(u32::try_from(frame.len()).expect("short"));
            bytes.extend_from_slice(frame);
        }
        bytes
    }

    #[test]
    fn frames_come_out_however_the_stream_is_cut() {
        let sent: [&[u8]; 3] = [b"a", b"bcdef", b"ghi"];
        let bytes = wire(&sent);
        for cut in 1..=bytes.len() {
            let mut assembly = Assembly::new(5);
            let mut got = Vec::new();
            for piece in bytes.chunks(cut) {
                let mut piece = Bytes::copy_from_slice(piece);
                while !piece.is_empty() {
                    got.extend(assembly.take(&mut piece).expect("well formed"));
                }
            }
            assert_eq!(got, sent, "in pieces of {cut}");
        }
    }

    #[test]
    fn a_length_that_cannot_be_ends_it() {
        for len in [0, 6, u32::MAX] {
            let mut bytes = Bytes::copy_from_slice(&len.to_be_bytes());
            assert!(Assembly::new(5).take(&mut bytes).is_err(), "{len}");
        }
    }
}
