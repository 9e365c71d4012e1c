//! The handshake on a new control channel: proves to each side that the other holds the room's
//! secret and the device it says, and that nobody sits between the two DTLS ends.
//!
//! `Noise_XXpsk3_25519_ChaChaPoly_BLAKE2s` (Noise Protocol Framework, revision 34). The prologue
//! holds everything both sides must agree on, the fingerprints of both DTLS certificates above
//! all, each side's remote one taken from the live connection. A server that puts its own
//! certificate in the middle makes the prologues differ, and the handshake fails on both sides.
//! After it, frames travel as they are: DTLS, now known to end where it should, protects them.
//! A [`Conversation`](crate::conversation::Conversation) through a third party runs the same
//! pattern under a prologue of its own and goes on with the keys.

use parlor_proto::id::{PeerId, RoomId};
use parlor_proto::limits::HANDSHAKE_MESSAGE_MAX_BYTES;
use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::{CryptoResolver, DefaultResolver};
use snow::types::{Cipher, Dh, Hash};
use snow::{Builder, HandshakeState, StatelessTransportState};

use crate::device::DeviceKey;
use crate::output::Role;

const PATTERN: &str = "Noise_XXpsk3_25519_ChaChaPoly_BLAKE2s";
const PROTOCOL: &[u8] = b"parlor handshake v1";

/// What both sides must see alike for a handshake to succeed.
#[derive(Debug, Clone)]
pub struct Scene<'a> {
    /// The room.
    pub room: RoomId,
    /// The try of the two to connect.
    pub attempt: u32,
    /// The peer that wrote the offer.
    pub offerer: (PeerId, &'a str),
    /// The peer that answered. Each with its certificate's SHA-256, as in `a=fingerprint`.
    pub answerer: (PeerId, &'a str),
}

impl Scene<'_> {
    /// The bytes both sides put before the handshake.
    #[must_use]
    pub fn prologue(&self) -> Vec<u8> {
        let mut bytes = PROTOCOL.to_vec();
        bytes.extend(self.room.0);
        bytes.extend(self.attempt.to_be_bytes());
        for (peer, fingerprint) in [self.offerer, self.answerer] {
            bytes.extend(peer.0);
            // Hashed, so that two texts of varying length cannot run into each other.
            bytes.extend(blake3::hash(fingerprint.to_ascii_uppercase().as_bytes()).as_bytes());
        }
        bytes
    }
}

/// The other side did not prove what it must.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the other device could not prove that it belongs to this room; somebody may be in between"
)]
pub struct HandshakeFailed;

/// What a message of the other side brings about.
#[derive(Debug, PartialEq, Eq)]
pub struct Progress {
    /// To be sent now.
    pub reply: Option<Vec<u8>>,
    /// The end, with what was proven.
    pub proven: Option<Proven>,
}

/// What a finished handshake proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proven {
    /// The other device's X25519 key.
    pub remote_key: [u8; 32],
    /// The same on both sides and nowhere else: signatures and comparisons bind to it.
    pub transcript: [u8; 32],
}

/// One handshake under way.
pub struct Handshake {
    state: HandshakeState,
}

impl core::fmt::Debug for Handshake {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Handshake(…)")
    }
}

impl Handshake {
    /// The handshake of a direct link. `seed` must be fresh: the ephemeral key follows from it.
    ///
    /// # Errors
    /// [`HandshakeFailed`] if Noise takes none of the keys.
    pub fn new(
        role: Role,
        key: &DeviceKey,
        psk: &[u8; 32],
        scene: &Scene<'_>,
        seed: [u8; 32],
    ) -> Result<Self, HandshakeFailed> {
        Self::with_prologue(role, key, psk, &scene.prologue(), seed)
    }

    /// The same under any prologue, whose first bytes must say what the handshake is for.
    pub(crate) fn with_prologue(
        role: Role,
        key: &DeviceKey,
        psk: &[u8; 32],
        prologue: &[u8],
        seed: [u8; 32],
    ) -> Result<Self, HandshakeFailed> {
        let params = PATTERN.parse().map_err(|_| HandshakeFailed)?;
        let builder = Builder::with_resolver(params, Box::new(Seeded { seed }));
        let builder = builder
            .local_private_key(key.handshake_secret())
            .and_then(|builder| builder.psk(3, psk))
            .and_then(|builder| builder.prologue(prologue))
            .map_err(|_| HandshakeFailed)?;
        let state = match role {
            Role::Offerer => builder.build_initiator(),
            Role::Answerer => builder.build_responder(),
        };
        state
            .map(|state| Self { state })
            .map_err(|_| HandshakeFailed)
    }

    /// The message to begin with, on the side that begins.
    ///
    /// # Errors
    /// [`HandshakeFailed`] after the end of the handshake.
    pub fn start(&mut self) -> Result<Option<Vec<u8>>, HandshakeFailed> {
        if self.state.is_my_turn() {
            self.write().map(Some)
        } else {
            Ok(None)
        }
    }

    /// Takes a message of the other side.
    ///
    /// # Errors
    /// [`HandshakeFailed`]; nothing that comes after it may be read.
    pub fn read(&mut self, message: &[u8]) -> Result<Progress, HandshakeFailed> {
        let mut payload = [0; HANDSHAKE_MESSAGE_MAX_BYTES];
        if message.len() > HANDSHAKE_MESSAGE_MAX_BYTES || self.state.is_my_turn() {
            return Err(HandshakeFailed);
        }
        let read = self.state.read_message(message, &mut payload);
        // Version 1 says nothing in the payloads.
        if read.map_err(|_| HandshakeFailed)? != 0 {
            return Err(HandshakeFailed);
        }
        let reply = if self.state.is_handshake_finished() {
            None
        } else {
            Some(self.write()?)
        };
        let proven = if self.state.is_handshake_finished() {
            Some(self.proven()?)
        } else {
            None
        };
        Ok(Progress { reply, proven })
    }

    /// The keys that a finished handshake leaves, one for each direction.
    pub(crate) fn into_keys(self) -> Result<StatelessTransportState, HandshakeFailed> {
        let keys = self.state.into_stateless_transport_mode();
        keys.map_err(|_| HandshakeFailed)
    }

    fn write(&mut self) -> Result<Vec<u8>, HandshakeFailed> {
        let mut message = [0; HANDSHAKE_MESSAGE_MAX_BYTES];
        let written = self.state.write_message(&[], &mut message);
        let len = written.map_err(|_| HandshakeFailed)?;
        Ok(message[..len].to_vec())
    }

    fn proven(&self) -> Result<Proven, HandshakeFailed> {
        let key = self.state.get_remote_static().ok_or(HandshakeFailed)?;
        let remote_key = key.try_into().map_err(|_| HandshakeFailed)?;
        let hash = self.state.get_handshake_hash();
        let transcript = hash.try_into().map_err(|_| HandshakeFailed)?;
        Ok(Proven {
            remote_key,
            transcript,
        })
    }
}

/// Noise's primitives with randomness that follows from a seed.
struct Seeded {
    seed: [u8; 32],
}

impl CryptoResolver for Seeded {
    fn resolve_rng(&self) -> Option<Box<dyn snow::types::Random>> {
        let stream = blake3::Hasher::new_keyed(&self.seed).finalize_xof();
        Some(Box::new(SeededRandom(stream)))
    }

    fn resolve_dh(&self, choice: &DHChoice) -> Option<Box<dyn Dh>> {
        DefaultResolver.resolve_dh(choice)
    }

    fn resolve_hash(&self, choice: &HashChoice) -> Option<Box<dyn Hash>> {
        DefaultResolver.resolve_hash(choice)
    }

    fn resolve_cipher(&self, choice: &CipherChoice) -> Option<Box<dyn Cipher>> {
        DefaultResolver.resolve_cipher(choice)
    }
}

struct SeededRandom(blake3::OutputReader);

impl snow::types::Random for SeededRandom {
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), snow::Error> {
        self.0.fill(dest);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PSK: [u8; 32] = [9; 32];

    fn scene() -> Scene<'static> {
        Scene {
            room: RoomId([1; 16]),
            attempt: 1,
            offerer: (PeerId([2; 16]), "AA:BB"),
            answerer: (PeerId([3; 16]), "CC:DD"),
        }
    }

    fn side(role: Role, device: u8, psk: &[u8; 32], scene: &Scene<'_>) -> Handshake {
        let key = DeviceKey::from_seed(&[device; 32]);
        Handshake::new(role, &key, psk, scene, [device ^ 0x55; 32]).unwrap()
    }

    /// Runs both sides against each other.
    fn meet(
        offerer: &mut Handshake,
        answerer: &mut Handshake,
    ) -> Result<(Proven, Proven), HandshakeFailed> {
        let first = offerer.start()?.expect("the offerer begins");
        let second = answerer.read(&first)?.reply.expect("an answer");
        let third = offerer.read(&second)?;
        let last = answerer.read(&third.reply.expect("a third message"))?;
        Ok((third.proven.expect("proof"), last.proven.expect("proof")))
    }

    #[test]
    fn both_sides_learn_the_other_device_and_share_a_transcript() {
        let mut offerer = side(Role::Offerer, 1, &PSK, &scene());
        let mut answerer = side(Role::Answerer, 2, &PSK, &scene());
        let (by_offerer, by_answerer) = meet(&mut offerer, &mut answerer).unwrap();
        assert_eq!(by_offerer.transcript, by_answerer.transcript);
        let key_of = |device: u8| DeviceKey::from_seed(&[device; 32]).public().handshake;
        assert_eq!(by_offerer.remote_key, key_of(2));
        assert_eq!(by_answerer.remote_key, key_of(1));
    }

    #[test]
    fn without_the_rooms_secret_there_is_no_proof() {
        let mut offerer = side(Role::Offerer, 1, &PSK, &scene());
        let mut stranger = side(Role::Answerer, 2, &[8; 32], &scene());
        assert_eq!(meet(&mut offerer, &mut stranger), Err(HandshakeFailed));
        let mut stranger = side(Role::Offerer, 1, &[8; 32], &scene());
        let mut answerer = side(Role::Answerer, 2, &PSK, &scene());
        assert_eq!(meet(&mut stranger, &mut answerer), Err(HandshakeFailed));
    }

    #[test]
    fn whatever_the_sides_see_differently_ends_it() {
        let other_room = Scene {
            room: RoomId([7; 16]),
            ..scene()
        };
        let other_attempt = Scene {
            attempt: 2,
            ..scene()
        };
        let other_offerer = Scene {
            offerer: (PeerId([2; 16]), "AA:BC"),
            ..scene()
        };
        let other_answerer = Scene {
            answerer: (PeerId([3; 16]), "CC:DE"),
            ..scene()
        };
        for seen in [other_room, other_attempt, other_offerer, other_answerer] {
            let mut offerer = side(Role::Offerer, 1, &PSK, &scene());
            let mut answerer = side(Role::Answerer, 2, &PSK, &seen);
            let met = meet(&mut offerer, &mut answerer);
            assert_eq!(met, Err(HandshakeFailed), "{seen:?}");
        }
    }

    #[test]
    fn every_changed_byte_of_every_message_ends_it() {
        for message in 0..3 {
            for at in 0..64 {
                let mut offerer = side(Role::Offerer, 1, &PSK, &scene());
                let mut answerer = side(Role::Answerer, 2, &PSK, &scene());
                let met = meet_with(&mut offerer, &mut answerer, |index, bytes| {
                    if let (true, Some(byte)) = (index == message, bytes.get_mut(at)) {
                        *byte ^= 1;
                    } else if index == message {
                        bytes.push(0);
                    }
                });
                assert_eq!(met, Err(HandshakeFailed), "byte {at} of message {message}");
            }
        }
    }

    fn meet_with(
        offerer: &mut Handshake,
        answerer: &mut Handshake,
        spoil: impl Fn(usize, &mut Vec<u8>),
    ) -> Result<(), HandshakeFailed> {
        let mut first = offerer.start()?.expect("the offerer begins");
        spoil(0, &mut first);
        let mut second = answerer.read(&first)?.reply.expect("an answer");
        spoil(1, &mut second);
        let mut third = offerer.read(&second)?.reply.expect("a third message");
        spoil(2, &mut third);
        answerer.read(&third).map(drop)
    }

    #[test]
    fn a_message_out_of_turn_ends_it() {
        let mut offerer = side(Role::Offerer, 1, &PSK, &scene());
        assert_eq!(offerer.read(&[0; 32]), Err(HandshakeFailed));
    }
}
