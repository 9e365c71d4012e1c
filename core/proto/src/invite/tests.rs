//! Test vectors, round trips, and every way a link can be broken.

use proptest::prelude::*;
use serde::Deserialize;

use super::*;

const VECTORS: &str = include_str!("../../../../docs/vectors/invite.json");

#[derive(Deserialize)]
struct Vectors {
    accepted: Vec<Accepted>,
    refused: Vec<Refused>,
}

#[derive(Deserialize)]
struct Accepted {
    secret: String,
    link: String,
    deep_link: String,
    also: Vec<String>,
    websocket_url: String,
    room_id: String,
    signal_key: String,
    psk: String,
}

#[derive(Deserialize)]
struct Refused {
    text: String,
    error: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(VECTORS).expect("the committed vectors are JSON of this shape")
}

fn hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(bytes)
}

fn invite(server: &str, secret: [u8; 32]) -> Invite {
    let server = server.parse().expect("the test names a usable server");
    Invite {
        server,
        secret: RoomSecret::from_bytes(secret),
    }
}

/// Any fragment with a fitting check, for versions that do not exist yet.
fn fragment_of(body: &[u8]) -> String {
    BASE64URL_NOPAD.encode(&[body, &check(body)].concat())
}

/// The variant's name, as the vectors spell it.
fn variant(error: &InviteError) -> &'static str {
    match error {
        InviteError::NotALink => "NotALink",
        InviteError::UnknownScheme { .. } => "UnknownScheme",
        InviteError::MissingSecret => "MissingSecret",
        InviteError::Damaged => "Damaged",
        InviteError::NewerVersion { .. } => "NewerVersion",
        InviteError::TooLong { .. } => "TooLong",
        InviteError::Server(_) => "Server",
    }
}

#[test]
fn accepted_vectors_hold() {
    for vector in vectors().accepted {
        let invite = Invite::parse(&vector.link).expect(&vector.link);
        assert_eq!(hex(invite.secret.expose()), vector.secret);
        assert_eq!(invite.to_link(), vector.link);
        assert_eq!(invite.to_deep_link(), vector.deep_link);
        assert_eq!(invite.server.websocket_url(), vector.websocket_url);
        assert_eq!(invite.secret.room_id().to_string(), vector.room_id);
        assert_eq!(hex(&invite.secret.signal_key()), vector.signal_key);
        assert_eq!(hex(&invite.secret.psk()), vector.psk);
        for other in vector.also.iter().chain([&vector.deep_link]) {
            assert_eq!(Invite::parse(other).as_ref(), Ok(&invite), "{other}");
        }
    }
}

#[test]
fn refused_vectors_hold() {
    for vector in vectors().refused {
        let error = Invite::parse(&vector.text).expect_err(&vector.text);
        assert_eq!(variant(&error), vector.error, "{}", vector.text);
    }
}

#[test]
fn a_newer_version_is_named_and_a_zero_is_damage() {
    let newer = format!("https://example.org/j#{}", fragment_of(&[7, 1, 2, 3]));
    assert_eq!(
        Invite::parse(&newer),
        Err(InviteError::NewerVersion { version: 7 })
    );
    for body in [&[][..], &[0; 33], &[1; 32], &[1; 34]] {
        let link = format!("https://example.org/j#{}", fragment_of(body));
        assert_eq!(Invite::parse(&link), Err(InviteError::Damaged), "{body:?}");
    }
}

#[test]
fn too_long_texts_are_not_looked_at() {
    let text = format!("https://example.org/j#{}", "A".repeat(INVITE_MAX_BYTES));
    assert!(matches!(
        Invite::parse(&text),
        Err(InviteError::TooLong { max_bytes: 512, .. })
    ));
}

#[test]
fn the_longest_server_still_fits_an_invite() {
    let label = "a".repeat(60);
    let server = format!(
        "https://{label}.{label}.{label}.{label}.org:65535/{}",
        "b/".repeat(20)
    );
    let invite = invite(&server, [9; 32]);
    assert!(invite.to_deep_link().len() <= INVITE_MAX_BYTES);
    assert_eq!(Invite::parse(&invite.to_deep_link()), Ok(invite));
}

#[test]
fn every_truncation_is_refused() {
    let invite = invite("https://example.org", [0xC3; 32]);
    for text in [invite.to_link(), invite.to_deep_link()] {
        for end in 0..text.len() {
            let start = text.get(..end).expect("links are ASCII");
            assert!(Invite::parse(start).is_err(), "{start}");
        }
    }
}

#[test]
fn no_bit_flip_gives_another_secret() {
    let invite = invite("https://example.org", [0x5A; 32]);
    for text in [invite.to_link(), invite.to_deep_link()] {
        for position in 0..text.len() {
            for bit in 0..8 {
                let mut bytes = text.clone().into_bytes();
                if let Some(byte) = bytes.get_mut(position) {
                    *byte ^= 1 << bit;
                }
                let Ok(flipped) = String::from_utf8(bytes) else {
                    continue;
                };
                if let Ok(parsed) = Invite::parse(&flipped) {
                    assert_eq!(parsed.secret, invite.secret, "{flipped}");
                }
            }
        }
    }
}

#[test]
fn nothing_printed_holds_the_secret() {
    let invite = invite("https://example.org", [0xAB; 32]);
    let printed = format!("{invite:?} {:#?}", invite.secret);
    assert!(printed.contains("hidden"));
    for form in ["abab", "ABAB", "171", &invite.secret.to_fragment()] {
        assert!(!printed.contains(form), "{printed}");
    }
}

#[test]
fn derived_keys_have_nothing_in_common() {
    let secret = RoomSecret::from_bytes([1; 32]);
    assert_ne!(secret.signal_key(), secret.psk());
    assert!(!secret.signal_key().starts_with(&secret.room_id().0));
    assert_ne!(secret.room_id(), RoomSecret::from_bytes([2; 32]).room_id());
}

fn servers() -> impl Strategy<Value = String> {
    let scheme = prop::sample::select(vec!["https", "wss"]);
    let public = (
        scheme,
        "[a-z0-9]{1,20}\\.(org|de)",
        "(:[1-9][0-9]{0,3})?",
        "(/[a-z0-9._~-]{0,9}){0,3}",
    )
        .prop_map(|(scheme, host, port, path)| format!("{scheme}://{host}{port}{path}"));
    let own = prop::sample::select(vec![
        "http://192.168.0.7:8787",
        "ws://[fd00::7]:8787",
        "http://localhost",
        "http://studio.local:1/x/ws",
    ]);
    prop_oneof![public, own.prop_map(str::to_owned)]
}

proptest! {
    #[test]
    fn links_read_back_as_the_same_invite(server in servers(), secret: [u8; 32]) {
        let invite = invite(&server, secret);
        let link = invite.to_link();
        let deep_link = invite.to_deep_link();
        prop_assert_eq!(Invite::parse(&format!(" {link}\r\n")), Ok(invite.clone()));
        prop_assert_eq!(Invite::parse(&deep_link), Ok(invite));
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in ".{0,80}", server in servers()) {
        let _ = Invite::parse(&text).is_ok();
        let _ = ServerUrl::parse(&text).is_ok();
        for start in [format!("{server}/j#"), format!("parlor://j?server={server}#"), server] {
            prop_assert!(Invite::parse(&(start + &text)).is_err());
        }
    }
}
