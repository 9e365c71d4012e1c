//! A sealed signal: from a server that has no key, and from a member who has it.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::BASE64URL_NOPAD;
use parlor_proto::envelope::{Candidate, PeerSignal, Route, SignalSealer};
use parlor_proto::id::{PeerId, RoomId};
use parlor_proto::limits::{CANDIDATE_MAX_BYTES, SDP_MAX_BYTES};

use crate::Seed;

const KEY: [u8; 32] = [7; 32];
const NONCE: [u8; 24] = [5; 24];
const ROUTE: Route = Route {
    room: RoomId([1; 16]),
    from: PeerId([2; 16]),
    to: PeerId([3; 16]),
};

/// Takes the bytes for a payload of the server, and then for what a member sealed. `true` when that
/// is a signal.
pub fn run(data: &[u8]) -> bool {
    let sealer = SignalSealer::new(&KEY);
    let opened = sealer.open(&ROUTE, &String::from_utf8_lossy(data));
    assert!(opened.is_err(), "opened what nobody sealed: {opened:?}");
    let text = sealed(data);
    check_flips(&sealer, &text, data);
    let Ok((counter, signal)) = sealer.open(&ROUTE, &text) else {
        return false;
    };
    assert!(is_within_limits(&signal), "{signal:?}");
    let again = sealer.seal(&ROUTE, counter, NONCE, &signal);
    assert_eq!(sealer.open(&ROUTE, &again), Ok((counter, signal)));
    true
}

/// Seals any bytes as docs/protocol.md, 4.1 says, where the sealer only takes signals.
fn sealed(plain: &[u8]) -> String {
    let sealed = cipher()
        .encrypt(&XNonce::from(NONCE), on_route(plain, &associated_data()))
        .expect("an input is far shorter than the cipher's limit");
    BASE64URL_NOPAD.encode(&[NONCE.as_slice(), &sealed].concat())
}

fn cipher() -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&KEY.into())
}

fn associated_data() -> Vec<u8> {
    let Route { room, from, to } = ROUTE;
    [b"parlor signal v1".as_slice(), &room.0, &from.0, &to.0].concat()
}

const fn on_route<'a>(msg: &'a [u8], aad: &'a [u8]) -> Payload<'a, 'a> {
    Payload { msg, aad }
}

/// Changes one character after the other, here and there.
fn check_flips(sealer: &SignalSealer, text: &str, places: &[u8]) {
    let step = usize::from(places.first().copied().unwrap_or_default()) + 1;
    for at in (0..text.len()).step_by(step).take(8) {
        let mut changed = text.to_owned();
        let other = if text[at..].starts_with('A') {
            "B"
        } else {
            "A"
        };
        changed.replace_range(at..=at, other);
        let opened = sealer.open(&ROUTE, &changed);
        assert!(opened.is_err(), "opened with character {at} changed");
    }
}

fn is_within_limits(signal: &PeerSignal) -> bool {
    match signal {
        PeerSignal::Offer { sdp, .. } | PeerSignal::Answer { sdp, .. } => {
            sdp.len() <= SDP_MAX_BYTES
        }
        PeerSignal::Candidate { candidate, .. } => {
            let Candidate {
                line, mid, ufrag, ..
            } = candidate;
            let texts = [Some(line), mid.as_ref(), ufrag.as_ref()];
            let mut texts = texts.into_iter().flatten();
            texts.all(|text| text.len() <= CANDIDATE_MAX_BYTES)
        }
        PeerSignal::OfferPlease { .. } => true,
    }
}

/// What is inside the seal of every signal, and bytes that are none.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let attempt = 1;
    let sdp = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\n".to_owned();
    let candidate = Candidate {
        line: "candidate:1 1 udp 1 192.0.2.1 9 typ host".to_owned(),
        mid: Some("0".to_owned()),
        mline_index: Some(0),
        ufrag: Some("uf".to_owned()),
    };
    let long = "x".repeat(SDP_MAX_BYTES + 1);
    let signals = [
        (
            "offer",
            PeerSignal::Offer {
                attempt,
                sdp: sdp.clone(),
            },
        ),
        ("answer", PeerSignal::Answer { attempt, sdp }),
        ("candidate", PeerSignal::Candidate { attempt, candidate }),
        (
            "offer-please",
            PeerSignal::OfferPlease { attempt: u32::MAX },
        ),
        ("refused-long", PeerSignal::Offer { attempt, sdp: long }),
    ];
    let seeds = signals.map(|(name, signal)| Seed::new(name, inside(&signal)));
    let raw: [(&str, &[u8]); 3] = [
        ("refused-empty", b""),
        ("refused-no-cbor", b"\0\0\0\0\0\0\0\x01\xff"),
        (
            "refused-huge",
            b"\0\0\0\0\0\0\0\x01\x82\x00\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        ),
    ];
    let raw = raw.map(|(name, bytes)| Seed::new(name, bytes));
    seeds.into_iter().chain(raw).collect()
}

/// Counter and CBOR of a signal: what its seal holds.
fn inside(signal: &PeerSignal) -> Vec<u8> {
    let text = SignalSealer::new(&KEY).seal(&ROUTE, 9, NONCE, signal);
    let bytes = BASE64URL_NOPAD
        .decode(text.as_bytes())
        .expect("the sealer writes base64url");
    let (_, sealed) = bytes.split_at(NONCE.len());
    cipher()
        .decrypt(&XNonce::from(NONCE), on_route(sealed, &associated_data()))
        .expect("sealed a line above")
}
