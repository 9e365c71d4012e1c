//! Keeps a link or code that was given as an argument out of the list of processes, which everybody
//! on the machine can read.
//!
//! The program starts itself anew in the same process, with the secret in `PARLOR_LINK` instead of
//! among the arguments: the environment of a process is for its own user alone. No other program is
//! ever started from here that could inherit it.

/// Does nothing where the arguments hold no link or code. Must come before the first thread.
#[cfg(unix)]
pub(crate) fn conceal() {
    use std::ffi::OsString;

    let arguments: Vec<OsString> = std::env::args_os().collect();
    let Some((secret, kept)) = without_secret(&arguments) else {
        return;
    };
    let error = restart(&secret, &kept);
    eprintln!(
        "parlor: The link or code stays visible in the list of processes ({}); set PARLOR_LINK \
         instead.",
        crate::exit::plain(&error)
    );
}

/// Other systems do not show the arguments to other users.
#[cfg(not(unix))]
pub(crate) fn conceal() {}

/// The secret among the arguments, and the arguments without it.
#[cfg(unix)]
fn without_secret(arguments: &[std::ffi::OsString]) -> Option<(String, Vec<std::ffi::OsString>)> {
    use clap::CommandFactory as _;
    use clap::parser::ValueSource;

    use crate::args::{Cli, LINK_ID};
    use crate::enter::invitation::FROM_STDIN;

    // What cannot be read ends the program in a moment, with the reason.
    let matches = Cli::command().try_get_matches_from(arguments).ok()?;
    let (_, command) = matches.subcommand()?;
    let secret = command.try_get_one::<String>(LINK_ID).ok().flatten()?;
    let is_argument = command.value_source(LINK_ID) == Some(ValueSource::CommandLine);
    if !is_argument || secret == FROM_STDIN {
        return None;
    }
    // The last that reads the same: the name of the command may, before it.
    let place = arguments
        .iter()
        .rposition(|argument| argument == secret.as_str())?;
    let mut kept = arguments.to_vec();
    kept.remove(place);
    Some((secret.clone(), kept))
}

/// Comes back only when it fails.
#[cfg(unix)]
fn restart(secret: &str, arguments: &[std::ffi::OsString]) -> std::io::Error {
    use std::os::unix::process::CommandExt as _;

    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    // Looked at first, because a start that fails would leave signals changed.
    if !program.is_file() {
        return std::io::ErrorKind::NotFound.into();
    }
    let (name, rest) = arguments
        .split_first()
        .map_or((None, arguments), |(name, rest)| (Some(name), rest));
    let mut command = std::process::Command::new(program);
    if let Some(name) = name {
        command.arg0(name);
    }
    command.args(rest).env("PARLOR_LINK", secret).exec()
}

#[cfg(all(test, unix))]
mod tests {
    use std::ffi::OsString;

    use super::*;

    const CODE: &str = "4821-amber-otter-canoe";

    fn kept(line: &str) -> Option<String> {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let (_, kept) = without_secret(&arguments)?;
        let kept: Vec<String> = kept
            .iter()
            .map(|kept| kept.to_string_lossy().into())
            .collect();
        Some(kept.join(" "))
    }

    #[test]
    fn the_secret_is_taken_out_and_the_rest_stays() {
        for (line, expected) in [
            (
                "parlor receive 4821-amber-otter-canoe --yes",
                "parlor receive --yes",
            ),
            (
                "parlor --json room --name Bob https://a.b/j#AQ",
                "parlor --json room --name Bob",
            ),
            ("parlor room room", "parlor room"),
            ("parlor receive -y -- x", "parlor receive -y --"),
        ] {
            assert_eq!(kept(line).as_deref(), Some(expected), "{line}");
        }
        let arguments = ["parlor", "receive", CODE].map(OsString::from);
        let (secret, _) = without_secret(&arguments).unwrap();
        assert_eq!(secret, CODE);
    }

    #[test]
    fn nothing_is_done_where_there_is_no_secret() {
        for line in [
            "parlor room --embed",
            "parlor receive --yes",
            "parlor receive - --yes",
            "parlor send a.jpg --embed",
            "parlor demo",
            "parlor --help",
            "parlor receive --what x",
        ] {
            assert_eq!(kept(line), None, "{line}");
        }
    }
}
