//! What two members without a direct link say to each other through a third party: another
//! member, a hub or the server's relay. The carrier sees who and how much, and nothing else.
//!
//! The two run the handshake of a direct link, [`Handshake`], under a prologue of its own, and go
//! on with the keys it leaves, one for each direction. As a carrier may drop, repeat, reorder and
//! replay, each message has its counter, which is its nonce, and a receiver takes each counter
//! once. Then both sides introduce themselves: a signature over the handshake's transcript shows
//! which device it is, as the hello of a direct link does. A carrier that is a member of the room
//! can hold a conversation with each of the two and pass everything on, but only as the device
//! that it is: who knows which device to expect, says so and is warned.
//!
//! A conversation never changes its keys. After 2^48 messages of one direction, or whenever the
//! two like, a new one with fresh keys takes its place. A lost handshake message is not repeated:
//! the side that begins tries again under another number.

use core::fmt;

use bytes::Bytes;
use parlor_proto::id::{DeviceId, PeerId, RoomId};
use parlor_proto::limits::{CARRIED_CONTENT_MAX_BYTES, CONVERSATION_MESSAGES_MAX};
use parlor_proto::relayed::{Body, Content, Flow, Introduction, Relayed, RelayedError, Step};
use snow::StatelessTransportState;

use crate::device::{DeviceKey, DevicePublic};
use crate::handshake::{Handshake, HandshakeFailed, Progress, Proven};
use crate::output::Role;

mod window;

use window::{Place, Window};

const PROTOCOL: &[u8] = b"parlor conversation v1";

/// Bytes that the cipher adds.
const TAG_BYTES: usize = 16;

/// Messages that did not open, after which a conversation ends: beyond this the tag of
/// ChaCha20-Poly1305 no longer is proof enough (RFC 9001, 6.6).
const FORGERIES_MAX: u64 = 1 << 36;

/// Which conversation this is, as one side sees it. The other sees the same with `me` and `them`
/// exchanged, or has other keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parties {
    /// The room both are in.
    pub room: RoomId,
    /// Drawn at random by the side that begins.
    pub conversation: u64,
    /// This side.
    pub me: PeerId,
    /// The other side.
    pub them: PeerId,
}

impl Parties {
    /// Who begins: the larger peer id, as with offers, so that two beginnings never cross.
    #[must_use]
    pub fn role(&self) -> Role {
        if self.me > self.them {
            Role::Offerer
        } else {
            Role::Answerer
        }
    }

    /// The bytes both sides put before the handshake.
    #[must_use]
    pub fn prologue(&self) -> Vec<u8> {
        let (offerer, answerer) = match self.role() {
            Role::Offerer => (self.me, self.them),
            Role::Answerer => (self.them, self.me),
        };
        [
            PROTOCOL,
            &self.room.0,
            &self.conversation.to_be_bytes(),
            &offerer.0,
            &answerer.0,
        ]
        .concat()
    }

    const fn envelope(&self, body: Bytes) -> Relayed {
        Relayed {
            conversation: self.conversation,
            from: self.me,
            to: self.them,
            body,
        }
    }
}

/// What a message of the other side brings about. Its debug form shows no frame.
#[derive(PartialEq, Eq)]
pub enum Received {
    /// To be carried to the other side, in this order. At most two.
    Replies(Vec<Relayed>),
    /// The other device has shown who it is; frames may go both ways.
    Introduced(DevicePublic),
    /// A frame of the device that was introduced.
    Frame {
        /// The channel it would have come on.
        flow: Flow,
        /// Its bytes.
        frame: Bytes,
    },
}

/// Why a message from a carrier is not taken. It has no effect then, unless
/// [`is_final`](Self::is_final).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiveError {
    /// Of others, or of another conversation.
    #[error("the message belongs to another conversation")]
    Misrouted,
    /// Not a message, too long, or of a later version.
    #[error(transparent)]
    Malformed(#[from] RelayedError),
    /// A handshake message or introduction that was taken before, or comes too early.
    #[error("the message is not the one this conversation waits for")]
    OutOfTurn,
    /// A frame from a device that has not shown yet which one it is.
    #[error("the other device has not introduced itself yet")]
    NotReady,
    /// Not sealed by the other side, or changed on the way.
    #[error("the message was forged or changed on the way")]
    Forged,
    /// Taken before.
    #[error("the message came before")]
    Replayed,
    /// So much later than others that nobody can say whether it came before.
    #[error("the message is too old to tell whether it came before")]
    TooOld,
    /// The handshake failed, or the introduction is not that of the device it names. Final.
    #[error(transparent)]
    Unproven(#[from] HandshakeFailed),
    /// Another device than the one that was expected. Final.
    #[error("another device than the expected one answered; somebody may be in between")]
    SomebodyElse {
        /// The device that answered.
        found: DeviceId,
    },
    /// The conversation ended before. Final.
    #[error("the conversation is over")]
    Over,
}

impl ReceiveError {
    /// Whether the conversation is over.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        match self {
            Self::Unproven(_) | Self::SomebodyElse { .. } | Self::Over => true,
            Self::Misrouted
            | Self::Malformed(_)
            | Self::OutOfTurn
            | Self::NotReady
            | Self::Forged
            | Self::Replayed
            | Self::TooOld => false,
        }
    }
}

/// Why a frame cannot be sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The other device has not introduced itself yet.
    #[error("the other device has not introduced itself yet")]
    NotReady,
    /// Over [`CARRIED_CONTENT_MAX_BYTES`].
    #[error("a frame of {len_bytes} bytes is over the limit of {max_bytes}")]
    TooLong {
        /// Its length.
        len_bytes: usize,
        /// The limit.
        max_bytes: usize,
    },
    /// The conversation has had all its messages; a new one has to take its place.
    #[error("the conversation has had as many messages as it may")]
    Exhausted,
    /// The conversation ended before.
    #[error("the conversation is over")]
    Over,
}

/// One side of a conversation.
pub struct Conversation {
    parties: Parties,
    expected: Option<DeviceId>,
    stage: Stage,
}

enum Stage {
    Proving {
        handshake: Box<Handshake>,
        key: Box<DeviceKey>,
        awaited: Step,
    },
    Met(Box<Met>),
    Over,
}

/// Both sides have keys.
struct Met {
    keys: StatelessTransportState,
    proven: Proven,
    remote: Option<DevicePublic>,
    sent: u64,
    window: Window,
    forgeries: u64,
}

impl fmt::Debug for Received {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Replies(replies) => f.debug_tuple("Replies").field(replies).finish(),
            Self::Introduced(device) => f.debug_tuple("Introduced").field(&device.id()).finish(),
            Self::Frame { flow, frame } => f
                .debug_struct("Frame")
                .field("flow", flow)
                .field("len_bytes", &frame.len())
                .finish(),
        }
    }
}

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stage = match &self.stage {
            Stage::Proving { .. } => "proving",
            Stage::Met(met) if met.remote.is_none() => "met",
            Stage::Met(_) => "introduced",
            Stage::Over => "over",
        };
        f.debug_struct("Conversation")
            .field("me", &self.parties.me)
            .field("them", &self.parties.them)
            .field("stage", &stage)
            .finish_non_exhaustive()
    }
}

impl Conversation {
    /// `psk` is the room's. `expected` is the device that the other peer is known as; without it
    /// any member may answer. `seed` must be fresh: the ephemeral key follows from it.
    ///
    /// # Errors
    /// [`HandshakeFailed`] if Noise takes none of the keys.
    pub fn new(
        parties: Parties,
        key: &DeviceKey,
        psk: &[u8; 32],
        expected: Option<DeviceId>,
        seed: [u8; 32],
    ) -> Result<Self, HandshakeFailed> {
        let role = parties.role();
        let handshake = Handshake::with_prologue(role, key, psk, &parties.prologue(), seed)?;
        let stage = Stage::Proving {
            handshake: Box::new(handshake),
            key: Box::new(key.clone()),
            awaited: match role {
                Role::Offerer => Step::Second,
                Role::Answerer => Step::First,
            },
        };
        Ok(Self {
            parties,
            expected,
            stage,
        })
    }

    /// The message to begin with, once, on the side that begins.
    pub fn start(&mut self) -> Option<Relayed> {
        let Stage::Proving { handshake, .. } = &mut self.stage else {
            return None;
        };
        let message = handshake.start().ok().flatten()?.into();
        let step = Step::First;
        let body = Body::Handshake { step, message };
        Some(self.parties.envelope(body.encode()))
    }

    /// The other device, once it has introduced itself.
    #[must_use]
    pub fn remote(&self) -> Option<&DevicePublic> {
        match &self.stage {
            Stage::Met(met) => met.remote.as_ref(),
            Stage::Proving { .. } | Stage::Over => None,
        }
    }

    /// The hash of the finished handshake: the same on both sides and nowhere else.
    #[must_use]
    pub const fn transcript(&self) -> Option<&[u8; 32]> {
        match &self.stage {
            Stage::Met(met) => Some(&met.proven.transcript),
            Stage::Proving { .. } | Stage::Over => None,
        }
    }

    /// Takes what a carrier brought.
    ///
    /// # Errors
    /// [`ReceiveError`]: the message is dropped; a final one ends the conversation.
    pub fn receive(&mut self, relayed: &Relayed) -> Result<Received, ReceiveError> {
        let Parties {
            conversation,
            me,
            them,
            ..
        } = self.parties;
        if (relayed.conversation, relayed.from, relayed.to) != (conversation, them, me) {
            return Err(ReceiveError::Misrouted);
        }
        if matches!(self.stage, Stage::Over) {
            return Err(ReceiveError::Over);
        }
        let received = match Body::decode(relayed.body.clone())? {
            Body::Handshake { step, message } => self.on_handshake(step, &message),
            Body::Sealed { counter, sealed } => self.on_sealed(counter, &sealed),
        };
        if received.as_ref().is_err_and(ReceiveError::is_final) {
            self.stage = Stage::Over;
        }
        received
    }

    /// Seals a frame for the other side.
    ///
    /// # Errors
    /// [`SealError`]; nothing was sent.
    pub fn seal(&mut self, flow: Flow, frame: &[u8]) -> Result<Relayed, SealError> {
        let met = match &mut self.stage {
            Stage::Met(met) if met.remote.is_some() => met,
            Stage::Met(_) | Stage::Proving { .. } => return Err(SealError::NotReady),
            Stage::Over => return Err(SealError::Over),
        };
        if frame.len() > CARRIED_CONTENT_MAX_BYTES {
            return Err(SealError::TooLong {
                len_bytes: frame.len(),
                max_bytes: CARRIED_CONTENT_MAX_BYTES,
            });
        }
        let frame = Bytes::copy_from_slice(frame);
        let body = met.seal(&Content::Carried { flow, frame })?;
        Ok(self.parties.envelope(body.encode()))
    }

    fn on_handshake(&mut self, step: Step, message: &[u8]) -> Result<Received, ReceiveError> {
        let Stage::Proving {
            handshake, awaited, ..
        } = &mut self.stage
        else {
            return Err(ReceiveError::OutOfTurn);
        };
        if step != *awaited {
            return Err(ReceiveError::OutOfTurn);
        }
        let Progress { reply, proven } = handshake.read(message)?;
        let reply = reply.map(|message| {
            let step = match step {
                Step::First => Step::Second,
                Step::Second | Step::Third => Step::Third,
            };
            let message = message.into();
            Body::Handshake { step, message }
        });
        *awaited = Step::Third;
        let introduction = proven.map(|proven| self.introduce(proven)).transpose()?;
        let bodies = reply.into_iter().chain(introduction);
        let replies = bodies.map(|body| self.parties.envelope(body.encode()));
        Ok(Received::Replies(replies.collect()))
    }

    /// Goes on with the keys of the finished handshake; the first message says who this is.
    fn introduce(&mut self, proven: Proven) -> Result<Body, HandshakeFailed> {
        let Stage::Proving { handshake, key, .. } =
            core::mem::replace(&mut self.stage, Stage::Over)
        else {
            return Err(HandshakeFailed);
        };
        let mut met = Met {
            keys: handshake.into_keys()?,
            proven,
            remote: None,
            sent: 0,
            window: Window::default(),
            forgeries: 0,
        };
        let signed = Introduction::signed_bytes(&proven.transcript, key.id());
        let introduction = Introduction {
            signing_key: key.public().signing,
            proof: key.sign(&signed),
        };
        let body = met.seal(&Content::Introduction(introduction));
        self.stage = Stage::Met(Box::new(met));
        body.map_err(|_| HandshakeFailed)
    }

    fn on_sealed(&mut self, counter: u64, sealed: &[u8]) -> Result<Received, ReceiveError> {
        let Stage::Met(met) = &mut self.stage else {
            return Err(ReceiveError::NotReady);
        };
        let content = Content::decode(met.open(counter, sealed)?);
        if met.remote.is_none() && matches!(content, Ok(Content::Carried { .. })) {
            // Not counted as taken: it may come again once the introduction is through.
            return Err(ReceiveError::NotReady);
        }
        met.window.mark(counter);
        match content? {
            Content::Carried { flow, frame } => Ok(Received::Frame { flow, frame }),
            Content::Introduction(introduction) => {
                if met.remote.is_some() {
                    return Err(ReceiveError::OutOfTurn);
                }
                let device = met.device(&introduction)?;
                let found = device.id();
                if self.expected.is_some_and(|expected| expected != found) {
                    return Err(ReceiveError::SomebodyElse { found });
                }
                met.remote = Some(device);
                Ok(Received::Introduced(device))
            }
        }
    }
}

impl Met {
    fn seal(&mut self, content: &Content) -> Result<Body, SealError> {
        let counter = self.sent;
        if counter >= CONVERSATION_MESSAGES_MAX {
            return Err(SealError::Exhausted);
        }
        let plain = content.encode();
        let mut sealed = vec![0; plain.len() + TAG_BYTES];
        let written = self.keys.write_message(counter, &plain, &mut sealed);
        // Nothing else than the length can be wrong, and the caller has looked at it.
        let len = written.map_err(|_| SealError::Exhausted)?;
        sealed.truncate(len);
        self.sent += 1;
        let sealed = sealed.into();
        Ok(Body::Sealed { counter, sealed })
    }

    /// Opens what was not taken before; the caller marks it as taken.
    fn open(&mut self, counter: u64, sealed: &[u8]) -> Result<Bytes, ReceiveError> {
        match self.window.place(counter) {
            Place::New => {}
            Place::Seen => return Err(ReceiveError::Replayed),
            Place::TooOld => return Err(ReceiveError::TooOld),
        }
        let mut plain = vec![0; sealed.len()];
        let Ok(len) = self.keys.read_message(counter, sealed, &mut plain) else {
            self.forgeries += 1;
            return Err(if self.forgeries < FORGERIES_MAX {
                ReceiveError::Forged
            } else {
                ReceiveError::Over
            });
        };
        plain.truncate(len);
        Ok(plain.into())
    }

    /// The device that introduces itself, if both its keys are in this conversation.
    fn device(&self, introduction: &Introduction) -> Result<DevicePublic, HandshakeFailed> {
        let Introduction { signing_key, proof } = introduction;
        let device = DevicePublic {
            handshake: self.proven.remote_key,
            signing: *signing_key,
        };
        let signed = Introduction::signed_bytes(&self.proven.transcript, device.id());
        let is_proven = device.has_signed(&signed, proof);
        is_proven.then_some(device).ok_or(HandshakeFailed)
    }
}

#[cfg(test)]
mod tests;
