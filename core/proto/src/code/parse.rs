//! A code as people type it, and what is wrong with it in words for them.

use core::str::FromStr;

use super::words::{self, Words, complete};
use super::{Code, Nameplate};
use crate::limits::{CODE_MAX_BYTES, NAMEPLATE_MAX};

/// Fewer letters do not stand for a word, even where only one begins with them: a slip would too
/// easily become another word.
const ABBREVIATION_MIN_LETTERS: usize = 3;

/// What is wrong with a text that should be a code. A word in it is letters and digits only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Longer than any code.
    #[error("the text is too long for a code ({len_bytes} bytes, at most {max_bytes})")]
    TooLong {
        /// Bytes of the text.
        len_bytes: usize,
        /// The limit.
        max_bytes: usize,
    },
    /// It does not begin with a number.
    #[error("a code begins with its number, as in 4821-amber-otter-canoe")]
    MissingNumber,
    /// No server gives this number.
    #[error("the number of a code is 1 to {NAMEPLATE_MAX}")]
    NumberOutOfRange,
    /// The number is there, the rest is not.
    #[error("a code has three words behind its number; {found} of them {} here", are(*.found))]
    TooFewWords {
        /// Words behind the number, 0 to 2.
        found: usize,
    },
    /// More words than a code has.
    #[error("a code has three words behind its number, and here are more")]
    TooManyWords,
    /// A word that codes do not use.
    #[error("there is no word \"{word}\" in codes{}", did_you_mean(*.suggestion))]
    UnknownWord {
        /// As it was typed, in lower case.
        word: String,
        /// The one word it can have been meant for, if there is just one that near.
        suggestion: Option<&'static str>,
    },
    /// Too few letters of a word to know which one is meant.
    #[error("\"{start}\" is too little of a word to know which one is meant; write four letters")]
    TooShort {
        /// As it was typed, in lower case.
        start: String,
    },
}

const fn are(found: usize) -> &'static str {
    if found == 1 { "is" } else { "are" }
}

fn did_you_mean(suggestion: Option<&str>) -> String {
    suggestion.map_or_else(String::new, |word| format!("; did you mean \"{word}\"?"))
}

impl Code {
    /// Reads a code in any case, with anything but letters and digits between its parts and around
    /// them. The first four letters of a word are enough, or three that only one word begins with.
    ///
    /// # Errors
    /// What is wrong with the text, in words for the person who typed it.
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let len_bytes = text.len();
        if len_bytes > CODE_MAX_BYTES {
            return Err(CodeError::TooLong {
                len_bytes,
                max_bytes: CODE_MAX_BYTES,
            });
        }
        let mut parts = parts(text);
        let number = parts.next().filter(|part| is_number(part));
        let number = number.ok_or(CodeError::MissingNumber)?;
        let nameplate = number.parse().ok();
        let nameplate = nameplate.and_then(|number: u32| Nameplate::try_from(number).ok());
        let nameplate = nameplate.ok_or(CodeError::NumberOutOfRange)?;
        let typed: Vec<&str> = parts.collect();
        let words = match *typed.as_slice() {
            [first, second, third] => [word(first)?, word(second)?, word(third)?],
            [_, _, _, _, ..] => return Err(CodeError::TooManyWords),
            // A word that does not exist is the better hint: the rest may be stuck to it.
            [..] => {
                typed.iter().try_for_each(|typed| word(typed).map(drop))?;
                let found = typed.len();
                return Err(CodeError::TooFewWords { found });
            }
        };
        Ok(Self {
            nameplate,
            words: Words::new(words),
        })
    }
}

impl FromStr for Code {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        Self::parse(text)
    }
}

/// Whether a text is meant as a code rather than as a link, so that errors speak of the right one:
/// it has a number, or more than one part and a word of codes among them, and no sign of an address.
#[must_use]
pub fn looks_like_code(text: &str) -> bool {
    if text.len() > CODE_MAX_BYTES || text.contains(['/', '#', ':', '@', '?', '=']) {
        return false;
    }
    let is_several = parts(text).nth(1).is_some();
    parts(text).any(|part| is_number(part) || (is_several && word(part).is_ok()))
}

fn parts(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|c: char| !c.is_alphanumeric());
    parts.filter(|part| !part.is_empty())
}

fn is_number(part: &str) -> bool {
    part.bytes().all(|byte| byte.is_ascii_digit())
}

/// The word that was typed, whole or abbreviated.
fn word(typed: &str) -> Result<&'static str, CodeError> {
    let typed = typed.to_lowercase();
    let is_long_enough = typed.len() >= ABBREVIATION_MIN_LETTERS;
    match *complete(&typed) {
        [word, ..] if word == typed => Ok(word),
        [word] if is_long_enough => Ok(word),
        [] => {
            let suggestion = near(&typed);
            Err(CodeError::UnknownWord {
                word: typed,
                suggestion,
            })
        }
        [..] => Err(CodeError::TooShort { start: typed }),
    }
}

/// The only word that one slip of the fingers away.
fn near(typed: &str) -> Option<&'static str> {
    // Measuring takes the product of both lengths; one slip changes the length by one at most.
    let has_length = |word: &&&str| word.len().abs_diff(typed.chars().count()) <= 1;
    let is_near = |word: &&&str| strsim::damerau_levenshtein(word, typed) == 1;
    let mut found = words::all().iter().filter(has_length).filter(is_near);
    match (found.next(), found.next()) {
        (Some(word), None) => Some(word),
        (_, _) => None,
    }
}
