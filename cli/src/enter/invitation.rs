//! What a person was given to get in, a link or a code, and the invite that comes of it.

use std::io::{BufRead as _, IsTerminal as _};

use parlor_proto::code::{Code, CodeError, looks_like_code};
use parlor_proto::invite::{Invite, InviteError, ServerUrl};
use parlor_proto::limits::INVITE_MAX_BYTES;

use super::ask;
use super::redeem::redeem;
use crate::exit::Failure;
use crate::host;
use crate::interrupt::Interrupt;
use crate::report::Reporter;

/// The argument that stands for stdin.
pub(crate) const FROM_STDIN: &str = "-";

/// What the command line says about the way in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Given<'a> {
    /// A link or a code; without one, or with [`FROM_STDIN`], the person is asked.
    pub(crate) text: Option<&'a str>,
    /// Where a code was made. A link names its server itself.
    pub(crate) server: Option<&'a str>,
}

/// A text, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
enum WayIn {
    Link(Invite),
    Code(ServerUrl, Code),
}

/// The invite to a room that is there already. A code is exchanged for it, which takes a second.
pub(crate) async fn invite(
    given: Given<'_>,
    reporter: &mut Reporter,
    interrupt: &mut Interrupt,
) -> Result<Invite, Failure> {
    let text = match given.text {
        Some(text) if text != FROM_STDIN => text.to_owned(),
        Some(_) | None => read(reporter, interrupt).await?,
    };
    match understand(&text, given.server)? {
        WayIn::Link(invite) => Ok(invite),
        WayIn::Code(server, code) => {
            reporter.note("Asking whoever shows this code …");
            redeem(&server, code, reporter, interrupt).await
        }
    }
}

fn understand(text: &str, server: Option<&str>) -> Result<WayIn, Failure> {
    if !looks_like_code(text) {
        return link(text).map(WayIn::Link);
    }
    let code = Code::parse(text).map_err(|error| bad_code(&error))?;
    let Some(server) = server else {
        return Err(Failure::usage(
            "A code works on the server where it was made; name it with --server URL or \
             PARLOR_SERVER, or ask for the link, which says it itself.",
        ));
    };
    Ok(WayIn::Code(host::server_at(server)?, code))
}

fn bad_code(error: &CodeError) -> Failure {
    Failure::usage(format!(
        "{}; look at the code again.",
        sentence(&error.to_string())
    ))
}

fn link(text: &str) -> Result<Invite, Failure> {
    Invite::parse(text).map_err(|error| {
        let message = match &error {
            InviteError::Damaged => {
                "That link is damaged or incomplete; copy the whole link again, or ask for it \
                 again."
                    .to_owned()
            }
            InviteError::MissingSecret => {
                "That link has lost its last part, the key after the #; copy the whole link again, \
                 and put it between quotes."
                    .to_owned()
            }
            InviteError::NewerVersion { .. } => {
                format!("{}; update Parlor.", sentence(&error.to_string()))
            }
            InviteError::Server(error) => {
                format!("That link names a server that cannot be used: {error}; ask for another.")
            }
            InviteError::NotALink
            | InviteError::UnknownScheme { .. }
            | InviteError::TooLong { .. } => {
                let error = sentence(&error.to_string());
                format!("{error}; copy the whole link again, or type the code.")
            }
        };
        Failure::usage(message)
    })
}

/// An error's words at the start of a sentence.
fn sentence(words: &str) -> String {
    let mut chars = words.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

/// Asks the person at the terminal, or reads a line where there is none.
async fn read(reporter: &mut Reporter, interrupt: &mut Interrupt) -> Result<String, Failure> {
    let is_at_terminal = std::io::stdin().is_terminal() && std::io::stderr().is_terminal();
    // A read that waits for a person must not keep them from leaving.
    let terminal = ask::Restore::new();
    let line = tokio::task::spawn_blocking(move || {
        if is_at_terminal {
            ask::ask()
        } else {
            first_line()
        }
    });
    tokio::select! {
        line = line => line.map_err(|_| Failure::interrupted())?,
        () = interrupt.wait() => {
            terminal.restore();
            reporter.interrupted();
            Err(Failure::interrupted())
        }
    }
}

fn first_line() -> Result<String, Failure> {
    let mut line = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut line)
        .map_err(|error| {
            Failure::usage(format!(
                "Cannot read the link or code from stdin ({error})."
            ))
        })?;
    checked(&line)
}

/// A line that was read: not empty, and no longer than what can be understood.
pub(super) fn checked(line: &str) -> Result<String, Failure> {
    if line.trim().is_empty() {
        return Err(Failure::usage(
            "There is no link or code on stdin; write it there, or give it as the argument.",
        ));
    }
    Ok(parlor_proto::text::cut(line, INVITE_MAX_BYTES + 2).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Code as Exit;

    const SERVER: Option<&str> = Some("https://example.org");

    fn failure(text: &str, server: Option<&str>) -> Failure {
        let failure = understand(text, server).unwrap_err();
        assert_eq!(failure.code, Exit::Usage, "{text}");
        failure
    }

    #[test]
    fn a_bad_link_says_what_is_wrong_with_it() {
        let failure = failure("https://example.org/j", None);
        assert!(failure.message.contains("the key after the #"), "{failure}");
    }

    #[test]
    fn an_abbreviated_code_is_the_whole_code() {
        let whole = understand("4821-amber-otter-canoe", SERVER).unwrap();
        assert_eq!(understand(" 4821 ambe OTT cano ", SERVER).unwrap(), whole);
        let WayIn::Code(server, _) = whole else {
            panic!("taken for a link");
        };
        assert_eq!(server.to_string(), "https://example.org");
    }

    #[test]
    fn a_code_without_a_server_says_how_to_name_one() {
        let failure = failure("4821-amber-otter-canoe", None);
        for part in ["--server", "PARLOR_SERVER", "link"] {
            assert!(failure.message.contains(part), "{failure}");
        }
    }

    #[test]
    fn a_bad_code_is_not_taken_for_a_link() {
        for (text, expected) in [
            ("4821-amber-oter-canoe", "did you mean \"otter\"?"),
            ("amber-otter-canoe", "begins with its number"),
            ("4821-amber", "three words"),
        ] {
            let failure = failure(text, SERVER);
            assert!(failure.message.contains(expected), "{failure}");
        }
        let failure = failure("4821-amber-otter-canoe", Some("ftp://example.org"));
        assert!(failure.message.contains("ftp://example.org"), "{failure}");
    }
}
