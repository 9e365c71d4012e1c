//! Sealed signals, and what must not open.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use data_encoding::BASE64URL_NOPAD;
use parlor_proto::envelope::{Candidate, PeerSignal, Route, SignalSealer};
use parlor_proto::id::PeerId;
use parlor_proto::invite::RoomSecret;

use crate::json::{Json, hex};
use crate::{SECRET, check, variant};

const DESCRIPTION: &str = "Sealed peer signals (docs/protocol.md, 4). `plaintext` is counter and \
    CBOR; `payload` is base64url of nonce, ciphertext and tag. `refused` are payloads that must \
    not be taken, each with the error's name. Bytes are lower-case hex.";

#[test]
fn sealed_signals() {
    let room = RoomSecret::from_bytes(SECRET);
    let sealer = SignalSealer::new(&room.signal_key());
    let opened = signals().into_iter().zip(1..);
    let opened = opened.map(|((name, signal), counter)| sealed(&sealer, name, &signal, counter));
    let vectors = object! {
        "description": DESCRIPTION,
        "signal_key": hex(room.signal_key()),
        "route": route_of(&route()),
        "opened": opened.collect::<Vec<_>>(),
        "refused": refused(&sealer),
    };
    check("envelope.json", &vectors);
}

fn route() -> Route {
    Route {
        room: RoomSecret::from_bytes(SECRET).room_id(),
        from: PeerId([0x22; 16]),
        to: PeerId([0x11; 16]),
    }
}

fn route_of(route: &Route) -> Json {
    object! {
        "room": hex(route.room.0),
        "from": hex(route.from.0),
        "to": hex(route.to.0),
        "aad": hex(aad(route)),
    }
}

fn aad(route: &Route) -> Vec<u8> {
    let Route { room, from, to } = route;
    [b"parlor signal v1".as_slice(), &room.0, &from.0, &to.0].concat()
}

fn signals() -> Vec<(&'static str, PeerSignal)> {
    let (attempt, sdp) = (1, "v=0".to_owned());
    let candidate = |mid: Option<&str>, mline_index, ufrag: Option<&str>| Candidate {
        line: "candidate:1 1 udp 1 192.0.2.1 9 typ host".to_owned(),
        mid: mid.map(str::to_owned),
        mline_index,
        ufrag: ufrag.map(str::to_owned),
    };
    let whole = candidate(Some("0"), Some(0), Some("uf"));
    let least = candidate(None, None, None);
    vec![
        (
            "offer",
            PeerSignal::Offer {
                attempt,
                sdp: sdp.clone(),
            },
        ),
        ("answer", PeerSignal::Answer { attempt, sdp }),
        (
            "candidate",
            PeerSignal::Candidate {
                attempt,
                candidate: whole,
            },
        ),
        (
            "candidate without optional fields",
            PeerSignal::Candidate {
                attempt: u32::MAX,
                candidate: least,
            },
        ),
        ("offer please", PeerSignal::OfferPlease { attempt }),
    ]
}

fn fields(signal: &PeerSignal) -> Json {
    match signal {
        PeerSignal::Offer { attempt, sdp } | PeerSignal::Answer { attempt, sdp } => {
            object! { "attempt": *attempt, "sdp": sdp.as_str() }
        }
        PeerSignal::Candidate { attempt, candidate } => object! {
            "attempt": *attempt,
            "line": candidate.line.as_str(),
            "mid": candidate.mid.as_deref(),
            "mline_index": candidate.mline_index,
            "ufrag": candidate.ufrag.as_deref(),
        },
        PeerSignal::OfferPlease { attempt } => object! { "attempt": *attempt },
    }
}

fn sealed(sealer: &SignalSealer, name: &str, signal: &PeerSignal, counter: u8) -> Json {
    let nonce = [0x30 + counter; 24];
    let counter = u64::from(counter);
    let payload = sealer.seal(&route(), counter, nonce, signal);
    assert_eq!(
        sealer.open(&route(), &payload),
        Ok((counter, signal.clone()))
    );
    let cbor = minicbor::to_vec(signal).expect("a Vec takes every write");
    let plaintext = [&counter.to_be_bytes(), cbor.as_slice()].concat();
    // The plaintext as it stands here is what was sealed.
    assert_eq!(seal_bytes(&route(), nonce, &plaintext), payload);
    object! {
        "signal": name,
        "fields": fields(signal),
        "counter": counter,
        "nonce": hex(nonce),
        "plaintext": hex(plaintext),
        "payload": payload,
    }
}

/// Seals any bytes, where the sealer only takes signals.
fn seal_bytes(route: &Route, nonce: [u8; 24], plain: &[u8]) -> String {
    let key = RoomSecret::from_bytes(SECRET).signal_key();
    let payload = Payload {
        msg: plain,
        aad: &aad(route),
    };
    let sealed = XChaCha20Poly1305::new(&key.into())
        .encrypt(&XNonce::from(nonce), payload)
        .expect("far shorter than the cipher's limit");
    BASE64URL_NOPAD.encode(&[&nonce[..], &sealed].concat())
}

fn refused(sealer: &SignalSealer) -> Vec<Json> {
    const NONCE: [u8; 24] = [0x33; 24];
    let signal = PeerSignal::OfferPlease { attempt: 1 };
    let good = sealer.seal(&route(), 1, NONCE, &signal);
    let other = PeerId([0x12; 16]);
    let elsewhere = RoomSecret::from_bytes([0; 32]);
    let turned = Route {
        from: route().to,
        to: route().from,
        ..route()
    };
    let routes = [
        (
            "another sender",
            Route {
                from: other,
                ..route()
            },
        ),
        (
            "another receiver",
            Route {
                to: other,
                ..route()
            },
        ),
        (
            "another room",
            Route {
                room: elsewhere.room_id(),
                ..route()
            },
        ),
        ("sender and receiver exchanged", turned),
    ];
    let payloads = [
        ("changed nonce", flipped(&good, 0)),
        ("changed counter", flipped(&good, 24 + 7)),
        ("changed signal", flipped(&good, 24 + 8)),
        ("changed tag", flipped(&good, 24 + 8 + 4)),
        ("cut by a byte", cut(&good)),
        (
            "another key",
            SignalSealer::new(&elsewhere.signal_key()).seal(&route(), 1, NONCE, &signal),
        ),
        ("shorter than a nonce", "AAAA".to_owned()),
        ("padded", format!("{good}==")),
        ("not base64url", "+".repeat(good.len())),
        (
            "sealed, but no counter",
            seal_bytes(&route(), NONCE, &[1; 7]),
        ),
        (
            "sealed, but an unknown signal",
            seal_bytes(&route(), NONCE, &[0, 0, 0, 0, 0, 0, 0, 1, 0x82, 4, 0x81, 1]),
        ),
    ];
    let routes = routes.map(|(why, route)| (why, route, good.clone()));
    let payloads = payloads.map(|(why, payload)| (why, route(), payload));
    let all = routes.into_iter().chain(payloads);
    all.map(|(why, route, payload)| {
        let error = sealer.open(&route, &payload).expect_err(why);
        object! {
            "why": why,
            "route": route_of(&route),
            "payload": payload,
            "error": variant(&error),
        }
    })
    .collect()
}

fn bytes_of(payload: &str) -> Vec<u8> {
    BASE64URL_NOPAD
        .decode(payload.as_bytes())
        .expect("the sealer writes base64url")
}

fn flipped(payload: &str, at: usize) -> String {
    let mut bytes = bytes_of(payload);
    bytes[at] ^= 1;
    BASE64URL_NOPAD.encode(&bytes)
}

fn cut(payload: &str) -> String {
    let mut bytes = bytes_of(payload);
    bytes.pop();
    BASE64URL_NOPAD.encode(&bytes)
}
