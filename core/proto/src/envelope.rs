//! Offers, answers and candidates, sealed so that the server that carries them cannot read or
//! change them.
//!
//! A [`PeerSignal`] is CBOR, sealed with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha) under the
//! room's signal key. Room, sender, receiver and counter are authenticated with it, so that a
//! server cannot pass a message off as another's. The text form is base64url of nonce and
//! ciphertext.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::BASE64URL_NOPAD;

use crate::id::{PeerId, RoomId};
use crate::limits::{CANDIDATE_MAX_BYTES, SDP_MAX_BYTES, SIGNAL_PAYLOAD_MAX_BYTES};

const NONCE_BYTES: usize = 24;
const COUNTER_BYTES: usize = 8;

/// What two peers tell each other through the server to connect.
///
/// `attempt` numbers the tries of a pair to connect; the offering side counts it up, and whatever
/// belongs to an older try is void.
///
/// Debug output shows no description and no address.
#[derive(Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum PeerSignal {
    /// An SDP offer (RFC 8866, RFC 8841).
    #[n(0)]
    Offer {
        /// The try this offer opens.
        #[n(0)]
        attempt: u32,
        /// Session description.
        #[n(1)]
        sdp: String,
    },
    /// The answer to the offer of the same attempt.
    #[n(1)]
    Answer {
        /// The try this answers.
        #[n(0)]
        attempt: u32,
        /// Session description.
        #[n(1)]
        sdp: String,
    },
    /// One more address to try (RFC 8838).
    #[n(2)]
    Candidate {
        /// The try this belongs to.
        #[n(0)]
        attempt: u32,
        /// The address.
        #[n(1)]
        candidate: Candidate,
    },
    /// The side that does not offer asks for a new try.
    #[n(3)]
    OfferPlease {
        /// The last try the asking side knows of.
        #[n(0)]
        attempt: u32,
    },
}

/// An ICE candidate as RFC 8839 writes it, with its place in the session description. Debug output
/// shows nothing of it.
#[derive(Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Candidate {
    /// The `candidate:` line.
    #[n(0)]
    pub line: String,
    /// Media identification tag.
    #[n(1)]
    pub mid: Option<String>,
    /// Index of the media line.
    #[n(2)]
    pub mline_index: Option<u16>,
    /// User fragment of the ICE generation it belongs to.
    #[n(3)]
    pub ufrag: Option<String>,
}

impl core::fmt::Debug for PeerSignal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let name = match self {
            Self::Offer { .. } => "Offer",
            Self::Answer { .. } => "Answer",
            Self::Candidate { .. } => "Candidate",
            Self::OfferPlease { .. } => "OfferPlease",
        };
        f.debug_struct(name)
            .field("attempt", &self.attempt())
            .finish_non_exhaustive()
    }
}

impl core::fmt::Debug for Candidate {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Candidate(…)")
    }
}

/// Who speaks to whom in which room, and which message this is: authenticated with every seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The room.
    pub room: RoomId,
    /// The sending peer.
    pub from: PeerId,
    /// The receiving peer.
    pub to: PeerId,
}

/// Why a sealed signal could not be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Longer than [`SIGNAL_PAYLOAD_MAX_BYTES`], or no base64url, or too short for a seal.
    #[error("the sealed signal is malformed")]
    Malformed,
    /// Another key, another route, or changed on the way.
    #[error("the sealed signal was not written for this room and this peer")]
    Forged,
    /// Opened, but what is inside is not a signal within its limits.
    #[error("the signal inside the seal is malformed")]
    BadSignal,
}

/// Seals and opens the signals of one room. Its debug form shows no key.
#[derive(Clone)]
pub struct SignalSealer {
    cipher: XChaCha20Poly1305,
}

impl core::fmt::Debug for SignalSealer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("SignalSealer(…)")
    }
}

impl SignalSealer {
    /// From the room's signal key.
    #[must_use]
    pub fn new(signal_key: &[u8; 32]) -> Self {
        Self {
            cipher: XChaCha20Poly1305::new(signal_key.into()),
        }
    }

    /// Seals `signal`. `nonce` must never repeat under a key; random bytes are long enough.
    /// `counter` must rise with every message of a route.
    #[must_use]
    pub fn seal(
        &self,
        route: &Route,
        counter: u64,
        nonce: [u8; NONCE_BYTES],
        signal: &PeerSignal,
    ) -> String {
        let mut plain = counter.to_be_bytes().to_vec();
        minicbor::encode(signal, &mut plain).expect("a Vec takes every write");
        let payload = Payload {
            msg: &plain,
            aad: &associated_data(route),
        };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), payload)
            .expect("a signal is far shorter than the cipher's limit");
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        BASE64URL_NOPAD.encode(&bytes)
    }

    /// Opens what [`Self::seal`] made, giving the counter and the signal.
    ///
    /// # Errors
    /// [`OpenError`]; in each case the text is to be dropped and nothing else.
    pub fn open(&self, route: &Route, text: &str) -> Result<(u64, PeerSignal), OpenError> {
        if text.len() > SIGNAL_PAYLOAD_MAX_BYTES {
            return Err(OpenError::Malformed);
        }
        let bytes = BASE64URL_NOPAD
            .decode(text.as_bytes())
            .map_err(|_| OpenError::Malformed)?;
        let (nonce, sealed) = bytes
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(OpenError::Malformed)?;
        let payload = Payload {
            msg: sealed,
            aad: &associated_data(route),
        };
        let plain = self
            .cipher
            .decrypt(&XNonce::from(*nonce), payload)
            .map_err(|_| OpenError::Forged)?;
        let (counter, body) = plain
            .split_first_chunk::<COUNTER_BYTES>()
            .ok_or(OpenError::BadSignal)?;
        let signal: PeerSignal = minicbor::decode(body).map_err(|_| OpenError::BadSignal)?;
        if !signal.is_within_limits() {
            return Err(OpenError::BadSignal);
        }
        Ok((u64::from_be_bytes(*counter), signal))
    }
}

impl PeerSignal {
    /// The try this signal belongs to.
    #[must_use]
    pub const fn attempt(&self) -> u32 {
        match self {
            Self::Offer { attempt, .. }
            | Self::Answer { attempt, .. }
            | Self::Candidate { attempt, .. }
            | Self::OfferPlease { attempt } => *attempt,
        }
    }

    fn is_within_limits(&self) -> bool {
        match self {
            Self::Offer { sdp, .. } | Self::Answer { sdp, .. } => sdp.len() <= SDP_MAX_BYTES,
            Self::Candidate { candidate, .. } => {
                let texts = [&candidate.mid, &candidate.ufrag];
                candidate.line.len() <= CANDIDATE_MAX_BYTES
                    && texts
                        .into_iter()
                        .flatten()
                        .all(|text| text.len() <= CANDIDATE_MAX_BYTES)
            }
            Self::OfferPlease { .. } => true,
        }
    }
}

fn associated_data(route: &Route) -> Vec<u8> {
    [
        b"parlor signal v1".as_slice(),
        &route.room.0,
        &route.from.0,
        &route.to.0,
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTE: Route = Route {
        room: RoomId([1; 16]),
        from: PeerId([2; 16]),
        to: PeerId([3; 16]),
    };

    fn sealer() -> SignalSealer {
        SignalSealer::new(&[7; 32])
    }

    fn offer() -> PeerSignal {
        PeerSignal::Offer {
            attempt: 1,
            sdp: "v=0".to_owned(),
        }
    }

    #[test]
    fn what_was_sealed_opens_on_its_own_route() {
        let text = sealer().seal(&ROUTE, 9, [5; 24], &offer());
        assert_eq!(sealer().open(&ROUTE, &text), Ok((9, offer())));
    }

    #[test]
    fn another_key_room_sender_or_receiver_cannot_open() {
        let text = sealer().seal(&ROUTE, 9, [5; 24], &offer());
        let others = [
            Route {
                room: RoomId([9; 16]),
                ..ROUTE
            },
            Route {
                from: PeerId([9; 16]),
                ..ROUTE
            },
            Route {
                to: PeerId([9; 16]),
                ..ROUTE
            },
            Route {
                from: ROUTE.to,
                to: ROUTE.from,
                ..ROUTE
            },
        ];
        for route in others {
            assert_eq!(sealer().open(&route, &text), Err(OpenError::Forged));
        }
        let stranger = SignalSealer::new(&[8; 32]);
        assert_eq!(stranger.open(&ROUTE, &text), Err(OpenError::Forged));
    }

    #[test]
    fn every_flipped_character_and_every_cut_is_refused() {
        let text = sealer().seal(&ROUTE, 9, [5; 24], &offer());
        for at in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(sealer().open(&ROUTE, &changed).is_err(), "character {at}");
            assert!(sealer().open(&ROUTE, &text[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn the_sealed_text_holds_nothing_of_the_signal() {
        let signal = PeerSignal::Offer {
            attempt: 1,
            sdp: "c=IN IP4 192.0.2.1".to_owned(),
        };
        let text = sealer().seal(&ROUTE, 1, [5; 24], &signal);
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap();
        assert!(!bytes.windows(9).any(|window| window == b"192.0.2.1"));
    }

    #[test]
    fn an_oversized_description_is_refused_after_opening() {
        let sdp = "x".repeat(SDP_MAX_BYTES + 1);
        let text = sealer().seal(&ROUTE, 1, [5; 24], &PeerSignal::Offer { attempt: 1, sdp });
        assert_eq!(sealer().open(&ROUTE, &text), Err(OpenError::BadSignal));
    }
}
