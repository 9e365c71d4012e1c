//! Short texts that strangers choose, made safe to show.

use core::fmt;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::limits::DISPLAY_NAME_MAX_BYTES;
use crate::name::is_invisible;

/// Combining marks and joiners that one letter may carry: the scripts that stack most, Hebrew with
/// points and accents and Tibetan, get by with these; more is there to paint over other lines.
const MARKS_MAX: usize = 6;

const ZERO_WIDTH_NON_JOINER: char = '\u{200C}';
const ZERO_WIDTH_JOINER: char = '\u{200D}';
const FIRST_STRONG_ISOLATE: char = '\u{2068}';
const POP_DIRECTIONAL_ISOLATE: char = '\u{2069}';

/// A person's name as they typed it, on one line and without characters that reorder other text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DisplayName(String);

impl DisplayName {
    /// Makes a usable name of any text: NFC, trimmed, invisible and reordering characters and heaps
    /// of combining marks dropped, cut at [`DISPLAY_NAME_MAX_BYTES`]. A text with nothing left becomes "Someone".
    #[must_use]
    pub fn sanitise(text: &str) -> Self {
        let typed = text.chars().take(DISPLAY_NAME_MAX_BYTES * 4);
        let visible: String = typed.filter(|c| !reorders_or_hides(*c)).nfc().collect();
        let visible: String = few_marks(visible.chars()).collect();
        let name = cut(visible.trim(), DISPLAY_NAME_MAX_BYTES).trim_end();
        // Joiners between nothing and nothing show nothing.
        Self(
            if name.chars().all(|c| is_invisible(c) || c.is_whitespace()) {
                "Someone".to_owned()
            } else {
                name.to_owned()
            },
        )
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DisplayName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a character controls the terminal or the direction of text, or shows nothing.
///
/// Zero-width joiners count as shown: emoji and several scripts need them.
#[must_use]
pub fn reorders_or_hides(c: char) -> bool {
    c.is_control() || (is_invisible(c) && !matches!(c, ZERO_WIDTH_NON_JOINER | ZERO_WIDTH_JOINER))
}

/// The longest start of `text` that has at most `max_bytes` bytes and ends between characters.
#[must_use]
pub fn cut(text: &str, max_bytes: usize) -> &str {
    if text.len() <= max_bytes {
        return text;
    }
    let end = (0..=max_bytes)
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

/// The characters without what towers over a letter: of each run of combining marks and joiners
/// the first [`MARKS_MAX`] stay.
fn few_marks(chars: impl Iterator<Item = char>) -> impl Iterator<Item = char> {
    let mut run: usize = 0;
    chars.filter(move |c| {
        let is_joiner = matches!(*c, ZERO_WIDTH_NON_JOINER | ZERO_WIDTH_JOINER);
        run = if is_joiner || is_combining_mark(*c) {
            run.saturating_add(1)
        } else {
            0
        };
        run <= MARKS_MAX
    })
}

/// What may be shown of a text: control and reordering characters and heaps of combining marks
/// dropped. Line breaks are controls, too.
#[must_use]
pub fn visible(text: &str) -> String {
    few_marks(text.chars().filter(|c| !reorders_or_hides(*c))).collect()
}

/// A text from a peer for one line of a screen: what may be shown of it, trimmed and cut.
#[must_use]
pub fn one_line(text: &str, max_bytes: usize) -> String {
    cut(visible(text).trim(), max_bytes).trim_end().to_owned()
}

/// The text as part of a sentence: one written from right to left is set apart (UAX #9, FSI and
/// PDI), so that it reads as it should and leaves the order of the words around it alone.
///
/// For texts that went through [`one_line`] or are a [`DisplayName`]; others could end the
/// isolation themselves. To be called last: cutting the result would leave it open.
#[must_use]
pub fn isolated(text: &str) -> String {
    if text.contains(is_right_to_left) {
        format!("{FIRST_STRONG_ISOLATE}{text}{POP_DIRECTIONAL_ISOLATE}")
    } else {
        text.to_owned()
    }
}

/// Whether a character is of a block that Unicode reserves for scripts from right to left.
const fn is_right_to_left(c: char) -> bool {
    matches!(c,
        '\u{0590}'..='\u{08FF}' // Hebrew, Arabic, Syriac, Thaana, NKo and their neighbours
        | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFF}' // their presentation forms
        | '\u{10800}'..='\u{10FFF}' // ancient scripts, Hanifi Rohingya, Yezidi
        | '\u{1E800}'..='\u{1EFFF}' // Mende Kikakui, Adlam, Arabic mathematics
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_right_to_left_are_set_apart_and_others_are_not() {
        assert_eq!(isolated("مريم"), "\u{2068}مريم\u{2069}");
        assert_eq!(isolated("Dana דנה"), "\u{2068}Dana דנה\u{2069}");
        for name in ["Ada", "李雷", "👩‍💻 Zoë"] {
            assert_eq!(isolated(name), name);
        }
    }

    #[test]
    fn nothing_that_is_isolated_can_end_the_isolation() {
        let line = one_line("דנה\u{2069}\u{202E}gpj.exe", 100);
        assert_eq!(isolated(&line), "\u{2068}דנהgpj.exe\u{2069}");
    }

    #[test]
    fn a_letter_carries_as_many_marks_as_scripts_need_and_no_more() {
        let heap = |mark: &str| format!("a{}b", mark.repeat(10_000));
        for mark in ["\u{316}", "\u{200D}", "\u{20DD}\u{200C}", "\u{FE0F}"] {
            let line = one_line(&heap(mark), 1000);
            assert_eq!(line.chars().count(), 2 + MARKS_MAX, "{mark:?}");
            let name = DisplayName::sanitise(&format!("a{}", mark.repeat(10_000)));
            assert!(name.as_str().chars().count() <= 1 + MARKS_MAX, "{mark:?}");
        }
        // A letter with dagesh, vowel, shin dot and accent; a Tibetan stack.
        for word in ["שּׁ֑וּ", "བསྒྲུབས", "प्रौद्योगिकी", "ẫ"]
        {
            assert_eq!(one_line(word, 1000), word);
        }
    }

    #[test]
    fn names_keep_their_script_and_emoji() {
        for name in ["Ada", "مريم", "李雷", "👩‍💻 Zoë"] {
            assert_eq!(DisplayName::sanitise(name).as_str(), name);
        }
    }

    #[test]
    fn controls_and_direction_marks_are_dropped() {
        assert_eq!(
            DisplayName::sanitise(" \u{202E}evil\u{1b}[31m\n").as_str(),
            "evil[31m"
        );
    }

    #[test]
    fn a_name_with_nothing_to_see_gets_a_stand_in() {
        for text in ["\u{200B} \n", "\u{3164}", "\u{200D}", ""] {
            assert_eq!(DisplayName::sanitise(text).as_str(), "Someone", "{text:?}");
        }
    }

    #[test]
    fn a_line_cut_behind_a_space_is_cut_once_and_for_all() {
        let line = one_line(&format!("{} b", "a".repeat(9)), 10);
        assert_eq!(
            (line.as_str(), one_line(&line, 10)),
            ("aaaaaaaaa", line.clone())
        );
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let name = DisplayName::sanitise(&"é".repeat(100));
        assert_eq!(name.as_str().len(), 64);
    }
}
