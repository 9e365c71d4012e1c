//! What the list of words promises, codes as people type them, and fixed values.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::limits::CODE_MAX_BYTES;

fn code(number: u32, bytes: [u8; 5]) -> Code {
    Code {
        nameplate: Nameplate::try_from(number).unwrap(),
        words: Words::from_random(&bytes),
    }
}

fn canoe() -> Code {
    Code::parse("4821-amber-otter-canoe").unwrap()
}

fn error(text: &str) -> String {
    Code::parse(text).unwrap_err().to_string()
}

#[test]
fn there_are_2048_words_of_four_to_seven_small_letters_in_order() {
    let words = words::all();
    assert_eq!(words.len(), 2048);
    assert!(words.is_sorted_by(|a, b| a < b));
    for word in words {
        assert!((4..=7).contains(&word.len()), "{word}");
        assert!(word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
    }
    for word in ["amber", "otter", "canoe"] {
        assert!(words.contains(&word), "{word}");
    }
}

#[test]
fn four_letters_tell_every_word_from_the_others() {
    let starts: BTreeSet<&str> = words::all()
        .iter()
        .filter_map(|word| word.get(..4))
        .collect();
    assert_eq!(starts.len(), words::all().len());
}

#[test]
fn one_slip_of_the_fingers_never_makes_another_word() {
    let words = words::all();
    for (at, word) in words.iter().enumerate() {
        for other in words.iter().skip(at + 1) {
            let slips = strsim::damerau_levenshtein(word, other);
            assert!(slips >= 2, "{word} and {other}");
        }
    }
}

#[test]
fn every_bit_of_33_chooses_and_the_other_7_do_not() {
    for (bytes, words) in [
        ([0, 0, 0, 0, 0], "abacus-abacus-abacus"),
        ([0, 0, 0, 0, 0x7F], "abacus-abacus-abacus"),
        ([0, 0, 0, 0, 0x80], "abacus-abacus-abalone"),
        ([0, 0x20, 0, 0, 0], "abalone-abacus-abacus"),
        ([0xFF; 5], "zoom-zoom-zoom"),
    ] {
        assert_eq!(Words::from_random(&bytes).to_string(), words, "{bytes:?}");
    }
    let at_each_bit = (0..40).map(|bit| {
        let bytes = (1_u64 << bit).to_be_bytes();
        let [_, _, _, bytes @ ..] = bytes;
        Words::from_random(&bytes).to_string()
    });
    let different: BTreeSet<String> = at_each_bit.collect();
    // One more for the seven that say nothing, which all give the first word three times.
    assert_eq!(different.len(), 33 + 1);
}

#[test]
fn the_password_is_the_documented_one() {
    assert_eq!(canoe().words.password(), b"amber-otter-canoe");
    let [first, second, third] = ["amber", "otter", "canoe"].map(|word| {
        let place = words::all().iter().position(|listed| *listed == word);
        u64::try_from(place.unwrap()).unwrap()
    });
    let bits = (((first << 11 | second) << 11) | third) << 7;
    let [_, _, _, bytes @ ..] = bits.to_be_bytes();
    assert_eq!(Words::from_random(&bytes), canoe().words);
}

#[test]
fn a_code_is_read_however_it_is_written() {
    for text in [
        "4821-amber-otter-canoe",
        "4821-AMBER-Otter-canoe",
        "4821 amber otter canoe",
        "  \"4821 - amber, otter, canoe.\"\n",
        "(4821_amber.otter--canoe)",
        "\u{201C}4821\u{2013}amber\u{2013}otter\u{2013}canoe\u{201D}",
        "004821-ambe-otte-cano",
        "4821-ott-ott-ott",
    ] {
        let read = Code::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(read.nameplate, canoe().nameplate, "{text}");
        if !text.contains("ott-ott") {
            assert_eq!(read, canoe(), "{text}");
        }
    }
}

#[test]
fn what_is_missing_is_named() {
    for (text, expected) in [
        ("", "begins with its number"),
        ("amber-otter-canoe", "begins with its number"),
        ("amber-otter-canoe-4821", "begins with its number"),
        ("0-amber-otter-canoe", "1 to 999999"),
        ("1000000-amber-otter-canoe", "1 to 999999"),
        ("99999999999999999999-amber-otter-canoe", "1 to 999999"),
        ("4821", "0 of them are here"),
        ("4821-amber", "1 of them is here"),
        ("4821-amber-otter", "2 of them are here"),
        ("4821-amber-otter-canoe-canoe", "here are more"),
        ("4821-am-otter-canoe", "\"am\" is too little of a word"),
        ("4821-amber-otter-ca", "write four letters"),
    ] {
        let error = error(text);
        assert!(error.contains(expected), "{text}: {error}");
    }
    let long = "4".repeat(CODE_MAX_BYTES + 1);
    assert!(error(&long).contains("too long"));
}

#[test]
fn a_mistyped_word_is_named_with_the_one_it_was_meant_for() {
    for (typed, meant) in [("oter", "otter"), ("ottre", "otter"), ("OTTERS", "otter")] {
        let typed = format!("4821-amber-{typed}-canoe");
        let Err(CodeError::UnknownWord { suggestion, .. }) = Code::parse(&typed) else {
            panic!("{typed} was read");
        };
        assert_eq!(suggestion, Some(meant), "{typed}");
    }
    assert_eq!(
        error("4821-amber-oter-canoe"),
        "there is no word \"oter\" in codes; did you mean \"otter\"?"
    );
    assert_eq!(
        error("4821-amber-qqqq-canoe"),
        "there is no word \"qqqq\" in codes"
    );
}

#[test]
fn words_are_completed_in_order() {
    assert_eq!(complete("otter"), ["otter"]);
    assert_eq!(complete("OTT"), ["otter"]);
    assert_eq!(complete("zz"), [""; 0]);
    assert_eq!(complete("").len(), 2048);
    let with_am = complete("am");
    assert!(with_am.contains(&"amber") && with_am.iter().all(|word| word.starts_with("am")));
    assert!(with_am.is_sorted());
}

#[test]
fn codes_and_links_are_told_apart() {
    for text in [
        "4821-amber-otter-canoe",
        "4821",
        "amber otter canoe",
        "\"4821 amber\"",
        "4821-oter",
    ] {
        assert!(looks_like_code(text), "{text}");
    }
    for text in [
        "",
        "hello",
        "https://example.org/j#AQ",
        "example.org/j",
        "parlor://j?server=a#AQ",
        "192.168.1.20:4000",
    ] {
        assert!(!looks_like_code(text), "{text}");
    }
}

#[test]
fn nothing_of_a_code_is_in_its_debug_form() {
    let shown = format!("{:?}", canoe());
    for part in ["4821", "amber", "otter", "canoe"] {
        assert!(!shown.contains(part), "{shown}");
    }
}

proptest! {
    #[test]
    fn whatever_is_shown_is_read_as_the_same(number in 1..=NAMEPLATE_MAX, bytes: [u8; 5]) {
        let code = code(number, bytes);
        let upper = code.to_string().to_uppercase().replace('-', " ");
        for text in [code.to_string(), upper] {
            prop_assert_eq!(Code::parse(&text), Ok(code.clone()), "{}", text);
        }
    }

    #[test]
    fn no_text_brings_control_characters_into_an_error(text in "[0-9]{0,4}(\\PC|\\pC| |[a-z]{1,5}){0,40}") {
        if let Err(error) = Code::parse(&text) {
            let error = error.to_string();
            prop_assert!(!error.contains(char::is_control), "{error:?}");
            prop_assert!(error.len() < 2 * CODE_MAX_BYTES);
        }
    }
}
