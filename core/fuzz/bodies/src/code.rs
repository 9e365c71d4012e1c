//! Codes as people type them.

use parlor_proto::code::{Code, Nameplate, Words, complete, looks_like_code};
use parlor_proto::limits::{CODE_MAX_BYTES, NAMEPLATE_MAX};

use crate::Seed;

/// An error repeats a word at most, and a lower-case letter may be longer than its upper-case one.
const ERROR_MAX_BYTES: usize = 4 * CODE_MAX_BYTES;

/// Reads a text as a code; what is taken is shown and read as the same, in any case.
pub fn run(data: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(data) else {
        return false;
    };
    for word in complete(text) {
        assert!(word.starts_with(&text.to_ascii_lowercase()), "{word}");
    }
    match Code::parse(text) {
        Ok(code) => {
            check(&code);
            true
        }
        Err(error) => {
            let error = error.to_string();
            assert!(error.len() <= ERROR_MAX_BYTES, "{error:?}");
            assert!(!error.contains(char::is_control), "{error:?}");
            false
        }
    }
}

fn check(code: &Code) {
    assert!((1..=NAMEPLATE_MAX).contains(&u32::from(code.nameplate)));
    let shown = code.to_string();
    assert!(
        shown.len() <= CODE_MAX_BYTES && looks_like_code(&shown),
        "{shown}"
    );
    let words = String::from_utf8(code.words.password()).expect("words are ASCII");
    assert_eq!(shown, format!("{}-{words}", code.nameplate));
    for text in [shown.to_uppercase(), shown.replace('-', " , ")] {
        assert_eq!(Code::parse(&text).as_ref(), Ok(code), "{text}");
    }
}

/// Codes in every dress, and what people get wrong.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let code = Code {
        nameplate: Nameplate::try_from(NAMEPLATE_MAX).expect("a number within its bounds"),
        words: Words::from_random(&[0xFF; 5]),
    };
    let texts = [
        ("whole", "4821-amber-otter-canoe"),
        ("spoken", "4821, Amber Otter Canoe."),
        ("short", "7_ambe_ott_cano"),
        (
            "quoted",
            "\u{201C}1\u{2013}amber\u{2013}otter\u{2013}canoe\u{201D}",
        ),
        ("refused-nothing", ""),
        ("refused-number", "amber-otter-canoe"),
        ("refused-zero", "0-amber-otter-canoe"),
        ("refused-million", "1000000-amber-otter-canoe"),
        ("refused-slip", "4821-amber-oter-canoe"),
        ("refused-start", "4821-am-otter-canoe"),
        ("refused-two", "4821-amber-otter"),
        ("refused-four", "4821-amber-otter-canoe-canoe"),
        (
            "refused-control",
            "4821-\u{1b}[2Jam\u{202E}ber-\u{130}\u{130}-canoe",
        ),
        ("refused-link", "https://example.org/j#AQ"),
    ];
    let texts = texts.map(|(name, text)| Seed::new(name, text));
    let long = Seed::new("refused-long", "4".repeat(CODE_MAX_BYTES + 1));
    let last = Seed::new("last", code.to_string());
    texts.into_iter().chain([long, last]).collect()
}
