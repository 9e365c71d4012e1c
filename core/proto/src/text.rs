//! Short texts that strangers choose, made safe to show.

use core::fmt;

use unicode_normalization::UnicodeNormalization;

use crate::limits::DISPLAY_NAME_MAX_BYTES;

/// A person's name as they typed it, on one line and without characters that reorder other text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DisplayName(String);

impl DisplayName {
    /// Makes a usable name of any text: NFC, trimmed, invisible and reordering characters dropped,
    /// cut at [`DISPLAY_NAME_MAX_BYTES`]. A text with nothing left becomes "Someone".
    #[must_use]
    pub fn sanitise(text: &str) -> Self {
        let visible = text.chars().take(DISPLAY_NAME_MAX_BYTES * 4).nfc();
        let visible: String = visible.filter(|c| !reorders_or_hides(*c)).collect();
        let name = cut(visible.trim(), DISPLAY_NAME_MAX_BYTES).trim_end();
        Self(if name.is_empty() {
            "Someone".to_owned()
        } else {
            name.to_owned()
        })
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

/// Whether a character controls the terminal or the direction of text, or cannot be seen.
///
/// Zero-width joiners stay: emoji and several scripts need them.
#[must_use]
pub fn reorders_or_hides(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}')
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
    cut(visible.trim(), max_bytes).to_owned()
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
        assert_eq!(DisplayName::sanitise("\u{200B} \n").as_str(), "Someone");
    }

    #[test]
    fn long_names_are_cut_between_characters() {
        let name = DisplayName::sanitise(&"é".repeat(100));
        assert_eq!(name.as_str().len(), 64);
    }
}
