//! What was typed or pasted to get into a room.

use parlor_proto::code::{Code, CodeError, complete, looks_like_code};
use parlor_proto::invite::{Invite, InviteError, ServerUrl, ServerUrlError};

/// Completions of a word that are shown.
const COMPLETIONS_MAX: usize = 3;

/// Why somebody cannot come in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JoinProblem {
    /// The text is no invite.
    Link(InviteError),
    /// The text is a code, but a wrong one.
    Code(CodeError),
    /// A code works at the server where it was made, and none is set.
    NoServer,
    /// The server that is set cannot be used.
    Server(ServerUrlError),
    /// The exchange of the code failed, in the core's words.
    Exchange(String),
    /// No QR is in the picture.
    NoQr,
    /// The picture cannot be read.
    Picture(String),
}

/// A way into a room.
#[derive(Debug, Clone)]
pub enum WayIn {
    /// The invite itself.
    Invite(Invite),
    /// A code to be exchanged for it.
    Code(ServerUrl, Code),
}

/// The join screen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Join {
    /// As typed.
    pub text: String,
    /// Whether a code is being exchanged or a picture read.
    pub is_busy: bool,
    /// What was wrong with the last try.
    pub problem: Option<JoinProblem>,
}

/// Understands what was typed; `server` is where codes are made.
///
/// # Errors
/// [`JoinProblem`].
pub fn understand(text: &str, server: Option<&str>) -> Result<WayIn, JoinProblem> {
    let text = text.trim();
    if !looks_like_code(text) {
        return Invite::parse(text)
            .map(WayIn::Invite)
            .map_err(JoinProblem::Link);
    }
    let code = Code::parse(text).map_err(JoinProblem::Code)?;
    let server = server.ok_or(JoinProblem::NoServer)?;
    let server = ServerUrl::parse(server).map_err(JoinProblem::Server)?;
    Ok(WayIn::Code(server, code))
}

/// How the last word of a code could go on: whole texts to be put in place of what is typed.
#[must_use]
pub fn completions(text: &str) -> Vec<String> {
    if !looks_like_code(text) {
        return Vec::new();
    }
    let start = text.rfind(['-', ' ']).map_or(0, |at| at + 1);
    let (before, prefix) = text.split_at(start);
    if prefix.is_empty() || start == 0 {
        return Vec::new();
    }
    let words = complete(&prefix.to_lowercase());
    if words.contains(&prefix) {
        return Vec::new();
    }
    let whole = words.iter().map(|word| format!("{before}{word}"));
    whole.take(COMPLETIONS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_without_a_server_says_what_is_missing() {
        let problem = understand("4821-amber-otter-canoe", None).unwrap_err();
        assert_eq!(problem, JoinProblem::NoServer);
    }

    #[test]
    fn a_text_that_is_nothing_is_no_link() {
        let problem = understand("https://example.org/", None).unwrap_err();
        assert_eq!(problem, JoinProblem::Link(InviteError::NotALink));
    }

    #[test]
    fn a_begun_word_is_completed_in_place() {
        let whole = completions("4821-amb");
        assert!(whole.contains(&"4821-amber".to_owned()), "{whole:?}");
        assert!(whole.len() <= COMPLETIONS_MAX);
    }

    #[test]
    fn a_number_and_a_whole_word_need_no_completion() {
        assert!(completions("4821").is_empty());
        assert!(completions("4821-amber").is_empty());
        assert!(completions("https://example.org/j#x").is_empty());
    }
}
