//! What a typed line means.

use std::path::PathBuf;

use crate::stage::Steering;

/// Shown for `/help`.
pub(crate) const HELP: &str = "\
/send PATH…   offer files and folders; quote spaces
/photo PATH…  the same for pictures, without location and camera data
/accept [N]   save offer N, or the latest
/decline [N]  decline it
/pause        let all transfers stand still, until /resume
/cancel       stop all transfers
/verify NAME  compare five emoji with somebody, to be sure who it is
/forget NAME  forget that you met somebody
/code         make a code to read out, for somebody to join
/who          who is here, and how they are connected
/leave        leave the room; so does Ctrl-D
//text        say a text that starts with /
Anything else is said to everyone.";

/// What the person says of the emoji.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Same,
    Different,
}

/// A line, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Line {
    Say(String),
    Send(Vec<PathBuf>),
    /// Pictures, without what they tell.
    Photo(Vec<PathBuf>),
    /// The number of an offer; none for the latest.
    Accept(Option<u32>),
    Decline(Option<u32>),
    Who,
    /// Somebody by name; without a verdict their emoji are asked for.
    Verify(String, Option<Verdict>),
    Forget(String),
    Code,
    Steer(Steering),
    Help,
    Leave,
    /// Something that is no command, with what is wrong.
    Mistake(String),
    Nothing,
    /// The input is at its end.
    End,
}

/// Understands one line.
pub(crate) fn parse(line: &str) -> Line {
    let line = line.trim();
    if line.is_empty() {
        return Line::Nothing;
    }
    let Some(command) = line.strip_prefix('/') else {
        return Line::Say(line.to_owned());
    };
    if command.starts_with('/') {
        return Line::Say(command.to_owned());
    }
    let (word, rest) = command
        .split_once(char::is_whitespace)
        .unwrap_or((command, ""));
    let rest = rest.trim();
    match word {
        "send" => send(word, rest, Line::Send),
        "photo" => send(word, rest, Line::Photo),
        "accept" => numbered(rest, Line::Accept),
        "decline" => numbered(rest, Line::Decline),
        "who" => Line::Who,
        "verify" => verify(rest),
        "forget" if rest.is_empty() => Line::Mistake("Say whom to forget: /forget NAME".to_owned()),
        "forget" => Line::Forget(rest.to_owned()),
        "code" => Line::Code,
        "pause" => Line::Steer(Steering::Pause),
        "resume" => Line::Steer(Steering::Resume),
        "cancel" => Line::Steer(Steering::Cancel),
        "help" => Line::Help,
        "leave" | "quit" => Line::Leave,
        _ => Line::Mistake(format!("There is no /{word}; /help lists what there is.")),
    }
}

fn send(word: &str, rest: &str, line: impl FnOnce(Vec<PathBuf>) -> Line) -> Line {
    match split_words(rest) {
        None => Line::Mistake("A quote is not closed.".to_owned()),
        Some(words) if words.is_empty() => {
            Line::Mistake(format!("Say what to send: /{word} PATH…"))
        }
        Some(words) => line(words.into_iter().map(PathBuf::from).collect()),
    }
}

fn verify(rest: &str) -> Line {
    if rest.is_empty() {
        return Line::Mistake("Say who: /verify NAME".to_owned());
    }
    let (name, verdict) = match rest.rsplit_once(char::is_whitespace) {
        Some((name, "yes")) => (name, Some(Verdict::Same)),
        Some((name, "no")) => (name, Some(Verdict::Different)),
        _ => (rest, None),
    };
    Line::Verify(name.trim().to_owned(), verdict)
}

fn numbered(rest: &str, line: impl FnOnce(Option<u32>) -> Line) -> Line {
    if rest.is_empty() {
        return line(None);
    }
    match rest.parse() {
        Ok(number) => line(Some(number)),
        Err(_) => Line::Mistake(format!("\"{rest}\" is not the number of an offer.")),
    }
}

/// Splits at white space, but not inside quotes or behind a backslash; `None` when a quote stays
/// open. On Windows a backslash is part of the path.
fn split_words(text: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None | Some('"'), '\\') if !cfg!(windows) => {
                word.get_or_insert_default().extend(chars.next());
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_lines_are_said_and_slashes_can_be_too() {
        assert_eq!(
            parse("  hello / world "),
            Line::Say("hello / world".to_owned())
        );
        assert_eq!(parse("//shrug"), Line::Say("/shrug".to_owned()));
        assert_eq!(parse("   "), Line::Nothing);
    }

    #[test]
    fn commands_are_understood() {
        let path = PathBuf::from("a.jpg");
        assert_eq!(parse("/photo a.jpg"), Line::Photo(vec![path]));
        assert_eq!(parse("/accept"), Line::Accept(None));
        assert_eq!(parse("/accept 2"), Line::Accept(Some(2)));
        assert_eq!(parse("/decline  7 "), Line::Decline(Some(7)));
        assert_eq!(parse("/quit"), Line::Leave);
        for wrong in ["/accept x", "/send", "/photo", "/dance", "/send 'a"] {
            assert!(matches!(parse(wrong), Line::Mistake(_)), "{wrong}");
        }
    }

    #[test]
    fn a_verdict_is_the_word_behind_a_name() {
        let ada = || "Ada Love".to_owned();
        assert_eq!(parse("/verify Ada Love"), Line::Verify(ada(), None));
        let same = Some(Verdict::Same);
        assert_eq!(parse("/verify Ada Love  yes"), Line::Verify(ada(), same));
        let differs = Some(Verdict::Different);
        assert_eq!(parse("/verify Ada Love no"), Line::Verify(ada(), differs));
        assert_eq!(parse("/verify no"), Line::Verify("no".to_owned(), None));
        assert!(matches!(parse("/verify"), Line::Mistake(_)));
        assert_eq!(parse("/forget Ada Love"), Line::Forget(ada()));
    }

    #[cfg(not(windows))]
    #[test]
    fn paths_with_spaces_can_be_quoted() {
        let paths = ["a b.jpg", "c\"d", "e f", "g"].map(PathBuf::from);
        assert_eq!(
            parse(r#"/send "a b.jpg" 'c"d' e\ f g"#),
            Line::Send(paths.to_vec())
        );
    }
}
