//! How a person wants to be shown: a colour and a small picture, by their numbers.
//!
//! Numbers rather than colours and pictures, so that every app keeps its own contrast in light and
//! dark, and nobody can be shown anything that was not drawn for this.

/// Colours to choose from; what they are is up to the app.
pub const AVATAR_COLOURS: u8 = 12;

/// Pictures to choose from, with their English names: one code point each, none newer than Unicode 11. None of them is in the
/// table that people compare to be sure of each other ([`emoji`](crate::emoji)).
pub const AVATAR_EMBLEMS: [(&str, &str); 24] = [
    ("🐶", "dog"),
    ("🐯", "tiger"),
    ("🦁", "lion"),
    ("🐻", "bear"),
    ("🐼", "panda"),
    ("🐨", "koala"),
    ("🐷", "pig"),
    ("🐵", "monkey face"),
    ("🐔", "chicken"),
    ("🐣", "chick"),
    ("🦄", "unicorn"),
    ("🐮", "cow"),
    ("🐹", "hamster"),
    ("🦝", "raccoon"),
    ("🐲", "dragon"),
    ("🐞", "ladybird"),
    ("🍓", "strawberry"),
    ("🥑", "avocado"),
    ("🍪", "cookie"),
    ("🧁", "cupcake"),
    ("🎁", "present"),
    ("🎨", "palette"),
    ("🪁", "kite"),
    ("🏀", "basketball"),
];

/// How a person wants to be shown. In both fields 0 means that they chose nothing, and so does a
/// number of a later version.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct Avatar {
    /// From 1 to [`AVATAR_COLOURS`].
    #[cbor(n(0), default)]
    pub colour: u8,
    /// From 1: its place in [`AVATAR_EMBLEMS`].
    #[cbor(n(1), default)]
    pub emblem: u8,
}

impl Avatar {
    /// The colour that was chosen, from 0.
    #[must_use]
    pub fn colour(self) -> Option<u8> {
        let chosen = self.colour.checked_sub(1);
        chosen.filter(|colour| *colour < AVATAR_COLOURS)
    }

    /// The picture that was chosen, from 0.
    #[must_use]
    pub fn emblem(self) -> Option<u8> {
        let chosen = self.emblem.checked_sub(1);
        chosen.filter(|emblem| usize::from(*emblem) < AVATAR_EMBLEMS.len())
    }

    /// The picture itself.
    #[must_use]
    pub fn symbol(self) -> Option<&'static str> {
        let place = self.emblem()?;
        let (symbol, _) = AVATAR_EMBLEMS.get(usize::from(place))?;
        Some(symbol)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::emoji::Emoji;

    #[test]
    fn nothing_chosen_and_numbers_of_later_versions_are_the_same() {
        for (colour, emblem) in [(0, 0), (AVATAR_COLOURS + 1, 25), (255, 255)] {
            let avatar = Avatar { colour, emblem };
            assert_eq!((avatar.colour(), avatar.emblem()), (None, None));
            assert_eq!(avatar.symbol(), None);
        }
    }

    #[test]
    fn every_picture_can_be_chosen() {
        let symbols = (1..=24).map(|emblem| Avatar { colour: 1, emblem }.symbol());
        let all = AVATAR_EMBLEMS.map(|(symbol, _)| symbol);
        assert_eq!(symbols.flatten().collect::<Vec<_>>(), all);
    }

    #[test]
    fn no_picture_is_one_that_people_compare() {
        let compared: Vec<&str> = (0..64).map(|n| Emoji::from_bits(n).symbol()).collect();
        let both = AVATAR_EMBLEMS.map(|(symbol, _)| compared.contains(&symbol));
        assert_eq!(both, [false; 24]);
    }

    #[test]
    fn every_picture_is_there_once() {
        let unique: std::collections::BTreeSet<_> = AVATAR_EMBLEMS.iter().collect();
        assert_eq!(unique.len(), AVATAR_EMBLEMS.len());
    }
}
