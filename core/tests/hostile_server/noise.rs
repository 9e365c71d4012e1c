//! The attacker's own side of the handshake, as `docs/protocol.md` section 5.4 has it, with all that
//! a server can know and a pre-shared key that it had to make up.

use parlor_engine::device::DeviceKey;
use parlor_proto::frame::{Frame, Hello};
use parlor_proto::id::{PeerId, RoomId};
use parlor_proto::limits::BULK_FRAME_MAX_BYTES;
use parlor_proto::text::DisplayName;
use parlor_proto::version::VERSIONS;
use snow::params::{CipherChoice, DHChoice, HashChoice};
use snow::resolvers::{CryptoResolver, DefaultResolver};
use snow::types::{Cipher, Dh, Hash, Random};
use snow::{Builder, HandshakeState};

const SEED: [u8; 32] = [0xEE; 32];
const WRONG_PSK: [u8; 32] = [0xBA; 32];

/// What the prologue is made of.
pub(crate) struct Place {
    pub(crate) room: RoomId,
    pub(crate) attempt: u32,
    pub(crate) us: (PeerId, String),
    pub(crate) them: (PeerId, String),
    pub(crate) begins: bool,
}

impl Place {
    fn prologue(&self) -> Vec<u8> {
        let mut bytes = b"parlor handshake v1".to_vec();
        bytes.extend(self.room.0);
        bytes.extend(self.attempt.to_be_bytes());
        let in_order = if self.begins {
            [&self.us, &self.them]
        } else {
            [&self.them, &self.us]
        };
        for (peer, fingerprint) in in_order {
            bytes.extend(peer.0);
            bytes.extend(blake3::hash(fingerprint.to_ascii_uppercase().as_bytes()).as_bytes());
        }
        bytes
    }
}

pub(crate) struct Handshake {
    state: HandshakeState,
    has_said_hello: bool,
}

impl Handshake {
    /// And what to say first.
    pub(crate) fn start(place: &Place) -> (Self, Vec<Vec<u8>>) {
        let key = blake3::derive_key("parlor v1 2026 device handshake key", &SEED);
        let params = "Noise_XXpsk3_25519_ChaChaPoly_BLAKE2s".parse().unwrap();
        let prologue = place.prologue();
        let builder = Builder::with_resolver(params, Box::new(Fixed))
            .local_private_key(&key)
            .and_then(|builder| builder.psk(3, &WRONG_PSK))
            .and_then(|builder| builder.prologue(&prologue))
            .unwrap();
        let state = if place.begins {
            builder.build_initiator()
        } else {
            builder.build_responder()
        };
        let mut handshake = Self {
            state: state.unwrap(),
            has_said_hello: false,
        };
        let first = handshake.write();
        (handshake, first)
    }

    /// And what to answer.
    pub(crate) fn read(&mut self, message: &[u8]) -> Vec<Vec<u8>> {
        let mut payload = [0; 256];
        if !self.state.is_handshake_finished() {
            // A message under a key that it lacks stays closed to it; it goes on all the same.
            let _ = self.state.read_message(message, &mut payload);
        }
        let mut replies = self.write();
        if !self.has_said_hello && (replies.is_empty() || self.state.is_handshake_finished()) {
            self.has_said_hello = true;
            replies.push(self.hello());
        }
        replies
    }

    fn write(&mut self) -> Vec<Vec<u8>> {
        let mut message = [0; 256];
        if self.state.is_handshake_finished() || !self.state.is_my_turn() {
            return Vec::new();
        }
        let written = self.state.write_message(&[], &mut message);
        written.map_or_else(|_| Vec::new(), |len| vec![message[..len].to_vec()])
    }

    /// With true keys of its own, and a proof over the transcript as far as it knows it.
    fn hello(&self) -> Vec<u8> {
        let key = DeviceKey::from_seed(&SEED);
        let transcript: [u8; 32] = self.state.get_handshake_hash().try_into().unwrap();
        let hello = Hello {
            avatar: parlor_proto::avatar::Avatar::default(),
            stream: 1,
            lanes: 0,
            session: 1,
            versions: VERSIONS,
            device: key.id(),
            name: DisplayName::sanitise("Bob"),
            window_bytes: 1 << 20,
            bulk_frame_max_bytes: u32::try_from(BULK_FRAME_MAX_BYTES).unwrap(),
            signing_key: key.public().signing,
            proof: key.sign(&Hello::signed_bytes(&transcript, key.id())),
        };
        Frame::Hello(hello).encode()
    }
}

/// The attacker need not keep anything secret.
struct Fixed;

impl CryptoResolver for Fixed {
    fn resolve_rng(&self) -> Option<Box<dyn Random>> {
        Some(Box::new(Sevens))
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

struct Sevens;

impl Random for Sevens {
    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), snow::Error> {
        dest.fill(7);
        Ok(())
    }
}
