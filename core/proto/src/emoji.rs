//! Sixty-four pictures that two people can compare aloud, and their names.
//!
//! Chosen to look different from each other in every font and to have a name that needs no
//! explaining: one code point each (with U+FE0F where text is the default form), none newer than
//! Unicode 9, no faces, flags, hands or people, which fonts draw in many ways.

/// Bits that one picture stands for.
pub const EMOJI_BITS: usize = 6;

/// Pictures in a comparison: 30 bits, so that a lucky guess has one chance in a thousand million.
pub const COMPARISON_LEN: usize = 5;

/// One picture of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Emoji(u8);

/// What is shown to both people.
pub type Comparison = [Emoji; COMPARISON_LEN];

impl Emoji {
    /// The picture for a number; only its lowest [`EMOJI_BITS`] count.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits % (1 << EMOJI_BITS))
    }

    /// The picture itself.
    #[must_use]
    pub fn symbol(self) -> &'static str {
        self.entry().0
    }

    /// Its English name, for screen readers and for people who compare over the phone.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().1
    }

    fn entry(self) -> (&'static str, &'static str) {
        TABLE
            .get(usize::from(self.0))
            .copied()
            .unwrap_or(("?", "unknown"))
    }
}

/// The pictures for the first 30 bits of `bytes`, the highest first.
#[must_use]
pub fn comparison(bytes: &[u8; 32]) -> Comparison {
    let [a, b, c, d, ..] = *bytes;
    let bits = u32::from_be_bytes([a, b, c, d]);
    [26, 20, 14, 8, 2].map(|shift: u32| {
        let [.., lowest] = (bits >> shift).to_be_bytes();
        Emoji::from_bits(lowest)
    })
}

const TABLE: [(&str, &str); 1 << EMOJI_BITS] = [
    ("🐘", "elephant"),
    ("🐫", "camel"),
    ("🐒", "monkey"),
    ("🐳", "whale"),
    ("🦀", "crab"),
    ("🐍", "snake"),
    ("🐢", "turtle"),
    ("🐸", "frog"),
    ("🦉", "owl"),
    ("🦆", "duck"),
    ("🐧", "penguin"),
    ("🐌", "snail"),
    ("🕷\u{FE0F}", "spider"),
    ("🦋", "butterfly"),
    ("🐑", "sheep"),
    ("🦇", "bat"),
    ("🍋", "lemon"),
    ("🍇", "grapes"),
    ("🍍", "pineapple"),
    ("🍒", "cherries"),
    ("🍉", "watermelon"),
    ("🥕", "carrot"),
    ("🥐", "croissant"),
    ("🧀", "cheese"),
    ("🍕", "pizza"),
    ("🍩", "doughnut"),
    ("🥚", "egg"),
    ("🌶\u{FE0F}", "pepper"),
    ("🍿", "popcorn"),
    ("🍄", "mushroom"),
    ("🌵", "cactus"),
    ("🌻", "sunflower"),
    ("🌈", "rainbow"),
    ("⛄", "snowman"),
    ("⚡", "lightning"),
    ("🌙", "moon"),
    ("🌋", "volcano"),
    ("🍁", "leaf"),
    ("🎈", "balloon"),
    ("🔑", "key"),
    ("🔔", "bell"),
    ("☂\u{FE0F}", "umbrella"),
    ("⚓", "anchor"),
    ("🎸", "guitar"),
    ("🎺", "trumpet"),
    ("🥁", "drum"),
    ("🎲", "die"),
    ("✂\u{FE0F}", "scissors"),
    ("🔨", "hammer"),
    ("💡", "light bulb"),
    ("🕯\u{FE0F}", "candle"),
    ("⏰", "alarm clock"),
    ("📷", "camera"),
    ("📚", "books"),
    ("🎩", "top hat"),
    ("👑", "crown"),
    ("👓", "glasses"),
    ("🔭", "telescope"),
    ("🚲", "bicycle"),
    ("🚀", "rocket"),
    ("🚂", "train"),
    ("⛵", "sailboat"),
    ("🚁", "helicopter"),
    ("🚜", "tractor"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_numbers_have_the_same_picture_or_name() {
        let all: Vec<Emoji> = (0..64).map(Emoji::from_bits).collect();
        let symbols: BTreeSet<_> = all.iter().map(|emoji| emoji.symbol()).collect();
        let names: BTreeSet<_> = all.iter().map(|emoji| emoji.name()).collect();
        assert_eq!((symbols.len(), names.len()), (64, 64));
    }

    #[test]
    fn a_picture_is_one_code_point_and_at_most_a_sign_to_draw_it_in_colour() {
        for (symbol, name) in TABLE {
            let mut chars = symbol.chars();
            assert!(chars.next().is_some_and(|c| !c.is_ascii()), "{name}");
            assert!(matches!(chars.next(), None | Some('\u{FE0F}')), "{name}");
            assert_eq!(chars.next(), None, "{name}");
        }
    }

    #[test]
    fn names_can_be_read_out() {
        for (_, name) in TABLE {
            let plain = name.chars().all(|c| c.is_ascii_lowercase() || c == ' ');
            assert!(plain && name.len() <= 11, "{name}");
        }
    }

    #[test]
    fn thirty_bits_are_taken_from_the_front() {
        let mut bytes = [0; 32];
        // 000001 000010 000011 111111 000100, then two bits that do not count.
        bytes[..4].copy_from_slice(&[0b0000_0100, 0b0010_0000, 0b1111_1111, 0b0001_0011]);
        let names = comparison(&bytes).map(Emoji::name);
        assert_eq!(names, ["camel", "monkey", "whale", "tractor", "crab"]);
    }
}
