//! What a server sees of a typed code says nothing of its words: the texts of the exchange, one by
//! one. What the engine sends around them is tested next to its sponsor.

use std::collections::BTreeSet;

use data_encoding::BASE64URL_NOPAD;
use parlor_proto::code::{Nameplate, Words};
use parlor_proto::invite::RoomSecret;
use parlor_proto::knock::{Half, Met};
use parlor_proto::pake::Side;
use parlor_proto::signal::{ClientMessage, ServerMessage};

const SECRET: RoomSecret = RoomSecret::from_bytes([7; 32]);

fn nameplate() -> Nameplate {
    Nameplate::try_from(4821).expect("a number")
}

fn words(byte: u8) -> Words {
    Words::from_random(&[byte, byte ^ 0x3C, byte, 7, byte])
}

fn half(side: Side, byte: u8, seed: [u8; 32]) -> Half {
    Half::new(side, words(byte).password(), nameplate(), seed)
}

fn seed(a: u8, b: u8) -> [u8; 32] {
    let mut seed = [a; 32];
    seed[31] = b;
    seed
}

/// The sponsor's side of an exchange between two who know the words.
fn met(byte: u8) -> Met {
    let newcomer = half(Side::Newcomer, byte, [1; 32]);
    let sponsor = half(Side::Sponsor, byte, [2; 32]);
    sponsor.meet(&newcomer.text()).expect("a half")
}

fn raw(text: &str) -> Vec<u8> {
    BASE64URL_NOPAD.decode(text.as_bytes()).expect("base64url")
}

#[test]
fn around_its_payload_a_knock_is_the_same_whatever_the_words() {
    let knock = |byte| {
        let payload = half(Side::Newcomer, byte, [1; 32]).text();
        let nameplate = nameplate();
        let text = ClientMessage::Knock {
            nameplate,
            payload: payload.clone(),
        };
        (text.encode().replace(&payload, ""), payload.len())
    };
    let first = knock(0);
    assert!((1..=255).all(|byte| knock(byte) == first));
}

#[test]
fn answers_proofs_and_invitations_are_of_one_length_whatever_the_words() {
    let lengths = |byte| {
        let met = met(byte);
        let texts = [
            half(Side::Sponsor, byte, [2; 32]).text(),
            met.proof(),
            met.seal(&SECRET, [3; 24]),
        ];
        texts.map(|payload| ServerMessage::KnockAnswer { payload }.encode().len())
    };
    let first = lengths(0);
    assert!((1..=255).all(|byte| lengths(byte) == first));
}

/// A bias of its bits would say something of the words.
#[test]
fn every_text_is_as_likely_under_any_words() {
    type Text = fn(u8, u8) -> Vec<u8>;
    let texts: [(&str, Text); 4] = [
        ("knock", |byte, n| {
            raw(&half(Side::Newcomer, byte, seed(1, n)).text()).split_off(1)
        }),
        ("answer", |byte, n| {
            raw(&half(Side::Sponsor, byte, seed(2, n)).text()).split_off(1)
        }),
        ("proof", |byte, n| {
            let newcomer = half(Side::Newcomer, byte, seed(1, n));
            let sponsor = half(Side::Sponsor, byte, seed(2, n));
            raw(&sponsor.meet(&newcomer.text()).expect("a half").proof())
        }),
        ("invitation", |byte, n| {
            let newcomer = half(Side::Newcomer, byte, seed(1, n));
            let sponsor = half(Side::Sponsor, byte, seed(2, n));
            let met = sponsor.meet(&newcomer.text()).expect("a half");
            raw(&met.seal(&SECRET, [3; 24])).split_off(24)
        }),
    ];
    for (name, text) in texts {
        for byte in [0, 1, 128] {
            let texts: Vec<_> = (0..=255).map(|n| text(byte, n)).collect();
            let bits: usize = texts.iter().map(|text| text.len() * 8).sum();
            let ones: usize = texts
                .iter()
                .flatten()
                .map(|byte| byte.count_ones() as usize)
                .sum();
            assert!(
                ones.abs_diff(bits / 2) < bits / 50,
                "{name}: {ones} of {bits}"
            );
            let different: BTreeSet<_> = texts.iter().collect();
            assert_eq!(different.len(), 256, "{name} repeats itself");
        }
    }
}

/// Who recorded everything and is told the words later lacks what both sides threw away.
#[test]
fn with_the_words_alone_no_proof_and_no_invitation_can_be_checked() {
    let (newcomer, sponsor) = (
        half(Side::Newcomer, 1, [1; 32]),
        half(Side::Sponsor, 1, [2; 32]),
    );
    let theirs = met(1);
    let (proof, sealed) = (theirs.proof(), theirs.seal(&SECRET, [3; 24]));
    assert!(
        newcomer
            .meet(&sponsor.text())
            .expect("a half")
            .is_proof(&proof)
    );
    for n in 10..=255 {
        for side in [Side::Newcomer, Side::Sponsor] {
            for text in [newcomer.text(), sponsor.text()] {
                let Ok(late) = half(side, 1, seed(n, 0)).meet(&text) else {
                    continue;
                };
                assert!(!late.is_proof(&proof));
                assert!(late.open(&sealed).is_err());
            }
        }
    }
}
