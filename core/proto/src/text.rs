//! Short texts that strangers choose, made safe to show.

use core::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::limits::DISPLAY_NAME_MAX_BYTES;
use crate::name::is_invisible;

/// A person's name as they typed it, on one line and without characters that reorder other text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DisplayName(String);

impl DisplayName {
    /// Makes a usable name of any text: NFC, trimmed, invisible and reordering characters dropped,
    /// cut at [`DISPLAY_NAME_MAX_BYTES`]. A text with nothing left becomes "Someone".
    #[must_use]
    pub fn sanitise(text: &str) -> Self {
        let typed = text.chars().take(DISPLAY_NAME_MAX_BYTES * 4);
        let visible: String = typed.filter(|c| !reorders_or_hides(*c)).nfc().collect();
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
    const ZERO_WIDTH_NON_JOINER: char = '\u{200C}';
    const ZERO_WIDTH_JOINER: char = '\u{200D}';
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

/// A text from a peer for one line of a screen: control and reordering characters dropped, cut.
#[must_use]
pub fn one_line(text: &str, max_bytes: usize) -> String {
    let visible: String = text.chars().filter(|c| !reorders_or_hides(*c)).collect();
    cut(visible.trim(), max_bytes).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

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
