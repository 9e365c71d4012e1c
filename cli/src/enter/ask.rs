//! The question for a link or a code at a terminal, where Tab completes the words of codes.

use inquire::ui::{RenderConfig, Styled};
use inquire::{Autocomplete, CustomUserError, InquireError, Text};
use parlor_proto::code::{complete, looks_like_code};

use super::invitation::checked;
use crate::exit::Failure;

const QUESTION: &str = "Link or code:";

/// Words shown below the line: enough to choose from, few enough for a low terminal.
const SHOWN_MAX: usize = 5;

/// Words of a code.
const WORDS: usize = 3;

/// Asks; the answer is not checked yet. Both stdin and stderr must be terminals.
pub(super) fn ask() -> Result<String, Failure> {
    let plain = RenderConfig::empty()
        .with_prompt_prefix(Styled::new(""))
        .with_answered_prompt_prefix(Styled::new(""));
    let answer = Text::new(QUESTION)
        .with_render_config(plain)
        .with_autocomplete(WordsOfCodes)
        .with_page_size(SHOWN_MAX)
        .prompt();
    match answer {
        Ok(line) => checked(&line),
        Err(InquireError::OperationCanceled | InquireError::OperationInterrupted) => {
            Err(Failure::interrupted())
        }
        Err(InquireError::IO(error)) if error.kind() == std::io::ErrorKind::Interrupted => {
            Err(Failure::interrupted())
        }
        Err(error) => Err(Failure::usage(format!(
            "Cannot ask for the link or code ({error}); give it as the argument."
        ))),
    }
}

/// Completes what is typed, as far as it is a code.
#[derive(Debug, Clone, Copy)]
struct WordsOfCodes;

impl Autocomplete for WordsOfCodes {
    fn get_suggestions(&mut self, input: &str) -> Result<Vec<String>, CustomUserError> {
        Ok(suggestions(input))
    }

    fn get_completion(
        &mut self,
        input: &str,
        highlighted: Option<String>,
    ) -> Result<Option<String>, CustomUserError> {
        Ok(highlighted.or_else(|| completion(input)))
    }
}

/// The code so far with each of the words that may be meant.
fn suggestions(input: &str) -> Vec<String> {
    let Some((before, start)) = started(input) else {
        return Vec::new();
    };
    let words = complete(start).iter().take(SHOWN_MAX);
    words.map(|word| format!("{before}{word}")).collect()
}

/// The code so far with as much more of its last word as is certain.
fn completion(input: &str) -> Option<String> {
    let (before, start) = started(input)?;
    let words = complete(start);
    let (first, last) = (words.first()?, words.last()?);
    if first == last {
        let parts = before.split(|c: char| !c.is_alphanumeric());
        // The number and the words so far: with the last word they are one more than the words.
        let so_far = parts.filter(|part| !part.is_empty()).count();
        let next = if so_far < WORDS { "-" } else { "" };
        return Some(format!("{before}{first}{next}"));
    }
    // The list is sorted, so what its ends have in common all of them have.
    let same = first.bytes().zip(last.bytes()).take_while(|(a, b)| a == b);
    let known = first.get(..same.count())?;
    (known.len() > start.len()).then(|| format!("{before}{known}"))
}

/// What stands before the word that is being typed, and its first letters.
fn started(input: &str) -> Option<(&str, &str)> {
    if !looks_like_code(input) {
        return None;
    }
    let is_letter = |c: char| c.is_ascii_alphabetic();
    let before = input.trim_end_matches(is_letter);
    let start = input.get(before.len()..)?;
    (!start.is_empty() && !before.is_empty()).then_some((before, start))
}

/// Puts the terminal back as it was. A question waits for keys one by one, and a thread that waits
/// cannot be told to put it back itself.
#[derive(Debug)]
pub(super) struct Restore {
    #[cfg(unix)]
    terminal: Option<rustix::termios::Termios>,
}

impl Restore {
    /// Remembers how the terminal is now.
    pub(super) fn new() -> Self {
        Self {
            #[cfg(unix)]
            terminal: rustix::termios::tcgetattr(std::io::stdin()).ok(),
        }
    }

    /// Puts it back.
    pub(super) fn restore(&self) {
        #[cfg(unix)]
        if let Some(terminal) = &self.terminal {
            use rustix::termios::{OptionalActions, tcsetattr};
            // The program ends with or without a terminal in order.
            let _ = tcsetattr(std::io::stdin(), OptionalActions::Now, terminal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_is_being_typed_is_completed_and_the_next_one_begun() {
        for (typed, completed) in [
            ("4821-amb", None),
            ("4821-sq", Some("4821-squ")),
            ("4821-ambe", Some("4821-amber-")),
            ("4821 amber OTT", Some("4821 amber otter-")),
            ("4821-amber-otter-canoe", Some("4821-amber-otter-canoe")),
            ("4821-amber-otter-cano", Some("4821-amber-otter-canoe")),
            ("4821-amber-", None),
            ("4821-qqq", None),
            ("4821", None),
            ("https://example.org/amb", None),
        ] {
            assert_eq!(completion(typed).as_deref(), completed, "{typed}");
        }
    }

    #[test]
    fn a_few_words_that_may_be_meant_are_shown() {
        let shown = suggestions("4821-a");
        assert_eq!(shown.len(), SHOWN_MAX);
        assert!(shown.iter().all(|shown| shown.starts_with("4821-a")));
        assert_eq!(suggestions("4821-ott"), ["4821-otter"]);
        assert!(suggestions("https://example.org/j#am").is_empty());
    }
}
