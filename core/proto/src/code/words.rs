//! The words of codes: one list of 2048, and three of them at a time.

use core::fmt;
use std::sync::LazyLock;

/// One word a line, sorted, each known by its first four letters and at least two typing errors
/// away from every other.
const TEXT: &str = include_str!("../../../../assets/words.txt");

/// Bits that choose one word.
const WORD_BITS: u32 = 11;

/// Random bits beyond the three words' 33.
const SPARE_BITS: u32 = 7;

static LIST: LazyLock<Box<[&'static str]>> = LazyLock::new(|| TEXT.lines().collect());

/// Every word, sorted.
pub(super) fn all() -> &'static [&'static str] {
    &LIST
}

/// The words that begin with `prefix`, sorted; with an empty one, all of them. Upper case counts as
/// lower case.
///
/// A list this short is searched in microseconds, so a keyboard may ask at every key.
#[must_use]
pub fn complete(prefix: &str) -> &'static [&'static str] {
    let prefix = prefix.to_ascii_lowercase();
    let words = all();
    let start = words.partition_point(|word| *word < prefix.as_str());
    let from_there = words.get(start..).unwrap_or_default();
    let len = from_there.partition_point(|word| word.starts_with(&prefix));
    from_there.get(..len).unwrap_or_default()
}

/// The three words of a code, 33 bits that only the people in a room and who they tell know.
///
/// `Debug` hides them; `Display` writes them for the person who reads them out.
#[derive(Clone, PartialEq, Eq)]
pub struct Words([&'static str; 3]);

impl Words {
    /// Three words from five random bytes. Every three words are as likely as any others: there are
    /// 2^11 words, and each is chosen by 11 bits of its own.
    #[must_use]
    pub fn from_random(bytes: &[u8; 5]) -> Self {
        let [a, b, c, d, e] = *bytes;
        let bits = u64::from_be_bytes([0, 0, 0, a, b, c, d, e]) >> SPARE_BITS;
        Self([2, 1, 0].map(|place| word(bits >> (place * WORD_BITS))))
    }

    pub(super) const fn new(words: [&'static str; 3]) -> Self {
        Self(words)
    }

    /// What the key exchange is keyed with: the whole words in lower case, joined by `-`
    /// (`docs/protocol.md` 2.4).
    #[must_use]
    pub fn password(&self) -> Vec<u8> {
        self.to_string().into_bytes()
    }
}

/// The word that the lowest bits choose.
fn word(bits: u64) -> &'static str {
    let index = usize::try_from(bits % (1 << WORD_BITS)).unwrap_or_default();
    all().get(index).copied().unwrap_or_default()
}

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second, third] = self.0;
        write!(f, "{first}-{second}-{third}")
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words(hidden)")
    }
}
