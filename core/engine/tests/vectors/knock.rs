//! The key exchange behind a typed code, and the invitation it brings.

use curve25519_dalek::Scalar;
use data_encoding::BASE64URL_NOPAD;
use parlor_proto::code::Nameplate;
use parlor_proto::invite::RoomSecret;
use parlor_proto::knock::{Half, Met};
use parlor_proto::pake::{Pake as _, Side, Spake2Ed25519};

use crate::json::{Json, hex};
use crate::{SECRET, check, seeded, variant};

const DESCRIPTION: &str = "One exchange behind a typed code (docs/protocol.md, 2.4). The password \
    is given as text; `scalar` is each side's ephemeral secret, little-endian; `key` is K. \
    `refused` are exchanges whose sides do not share everything. Bytes are lower-case hex, `text` \
    is what travels.";

const PASSWORD: &str = "amber-otter-canoe";
const NAMEPLATE: u32 = 4821;
const NONCE: [u8; 24] = [0x33; 24];

#[test]
fn typed_codes() {
    let vectors = object! {
        "description": DESCRIPTION,
        "contexts": object! {
            "newcomer_id": "parlor code v1 newcomer ",
            "sponsor_id": "parlor code v1 sponsor ",
            "proof": "parlor v1 2026 code newcomer proof",
            "invitation_key": "parlor v1 2026 code invitation key",
            "invitation_aad": "parlor code invitation v1",
        },
        "exchanges": vec![
            exchange(PASSWORD, NAMEPLATE),
            exchange("zebra-zebra-zebra", 999_999),
        ],
        "refused": vec![
            refused("other words", "amber-otter-canon", NAMEPLATE),
            refused("another number", PASSWORD, NAMEPLATE + 1),
        ],
    };
    check("knock.json", &vectors);
}

const fn seed_of(side: Side) -> [u8; 32] {
    match side {
        Side::Newcomer => [0x01; 32],
        Side::Sponsor => [0x02; 32],
    }
}

fn half(side: Side, password: &str, nameplate: u32) -> Half {
    let nameplate = Nameplate::try_from(nameplate).expect("within its bounds");
    Half::new(side, password.into(), nameplate, seed_of(side))
}

fn side(side: Side, password: &str, nameplate: u32) -> Json {
    let text = half(side, password, nameplate).text();
    let seed = seed_of(side);
    let bound = nameplate.to_be_bytes();
    let message = Spake2Ed25519::message(side, password.as_bytes(), &bound, &seed);
    assert_eq!(BASE64URL_NOPAD.encode(&message), text);
    let scalar = Scalar::from_bytes_mod_order_wide(&seeded(&seed));
    object! {
        "scalar": hex(scalar.as_bytes()),
        "message": hex(message),
        "text": text,
    }
}

fn exchange(password: &str, nameplate: u32) -> Json {
    let newcomer = half(Side::Newcomer, password, nameplate);
    let sponsor = half(Side::Sponsor, password, nameplate);
    let (by_newcomer, by_sponsor) = met(&newcomer, &sponsor);
    let proof = by_newcomer.proof();
    assert!(by_sponsor.is_proof(&proof));
    let secret = RoomSecret::from_bytes(SECRET);
    let invitation = by_sponsor.seal(&secret, NONCE);
    assert_eq!(by_newcomer.open(&invitation), Ok(secret));
    let key = key(password, nameplate);
    object! {
        "password": password,
        "nameplate": nameplate,
        "newcomer": side(Side::Newcomer, password, nameplate),
        "sponsor": side(Side::Sponsor, password, nameplate),
        "key": hex(key),
        "proof": hex(blake3::derive_key("parlor v1 2026 code newcomer proof", &key)),
        "proof_text": proof,
        "invitation_key": hex(blake3::derive_key("parlor v1 2026 code invitation key", &key)),
        "nonce": hex(NONCE),
        "secret": hex(SECRET),
        "invitation_text": invitation,
    }
}

fn met(newcomer: &Half, sponsor: &Half) -> (Met, Met) {
    let by_newcomer = newcomer.meet(&sponsor.text());
    let by_sponsor = sponsor.meet(&newcomer.text());
    (
        by_newcomer.expect("the sponsor's half"),
        by_sponsor.expect("the newcomer's half"),
    )
}

fn key(password: &str, nameplate: u32) -> [u8; 32] {
    let (password, bound) = (password.as_bytes(), nameplate.to_be_bytes());
    let message = |side| Spake2Ed25519::message(side, password, &bound, &seed_of(side));
    let key = |side, theirs: &[u8]| {
        Spake2Ed25519::key(side, password, &bound, &seed_of(side), theirs).expect("a half")
    };
    let by_newcomer = key(Side::Newcomer, &message(Side::Sponsor));
    assert_eq!(by_newcomer, key(Side::Sponsor, &message(Side::Newcomer)));
    by_newcomer
}

/// A newcomer with something else than the sponsor's words and number.
fn refused(why: &str, password: &str, nameplate: u32) -> Json {
    let newcomer = half(Side::Newcomer, password, nameplate);
    let sponsor = half(Side::Sponsor, PASSWORD, NAMEPLATE);
    let (by_newcomer, by_sponsor) = met(&newcomer, &sponsor);
    let proof = by_newcomer.proof();
    assert!(!by_sponsor.is_proof(&proof));
    let invitation = by_sponsor.seal(&RoomSecret::from_bytes(SECRET), NONCE);
    let error = by_newcomer.open(&invitation).expect_err("another key");
    object! {
        "why": why,
        "newcomer_password": password,
        "newcomer_nameplate": nameplate,
        "newcomer_text": newcomer.text(),
        "sponsor_password": PASSWORD,
        "sponsor_nameplate": NAMEPLATE,
        "sponsor_text": sponsor.text(),
        "wrong_proof_text": proof,
        "invitation_text": invitation,
        "error": variant(&error),
    }
}
