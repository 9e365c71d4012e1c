//! How the program ends: the exit codes, and the one sentence that goes with each failure.

use core::fmt;
use std::io;
use std::process::ExitCode;

use parlor_core::room::StartError;
use parlor_proto::signal::ErrorCode;

/// What the program's exit code means. Scripts rely on these numbers; `docs/cli.md` lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Code {
    /// Everything that was asked for is done.
    Done = 0,
    /// The command line or the link is not usable.
    Usage = 2,
    /// The server was never reached.
    ServerUnreachable = 3,
    /// Nobody is in the room: the link is wrong, or everyone left.
    RoomNotFound = 4,
    /// The room has as many members as it may.
    RoomFull = 5,
    /// The other side declined the files or stopped the transfer.
    Declined = 6,
    /// The other side was gone before the end.
    ConnectionLost = 7,
    /// A file or folder on this machine cannot be used.
    LocalFile = 8,
    /// Some files arrived and some did not.
    Incomplete = 9,
    /// Server or peer speak another version or did not keep to the protocol.
    Refused = 10,
    /// Stopped by Ctrl-C or a signal.
    Interrupted = 130,
}

impl Code {
    /// The number for the operating system.
    pub(crate) const fn number(self) -> u8 {
        self as u8
    }

    /// The name in the JSON `error` event.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Usage => "usage",
            Self::ServerUnreachable => "server_unreachable",
            Self::RoomNotFound => "room_not_found",
            Self::RoomFull => "room_full",
            Self::Declined => "declined",
            Self::ConnectionLost => "connection_lost",
            Self::LocalFile => "local_file",
            Self::Incomplete => "incomplete",
            Self::Refused => "refused",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        Self::from(code.number())
    }
}

/// Why the program ends without having done what was asked: what was wrong and a way out, in one
/// sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: Code,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Code::Usage, message)
    }

    pub(crate) fn interrupted() -> Self {
        Self::new(
            Code::Interrupted,
            "Stopped; run the same command again, and what was under way goes on.",
        )
    }

    /// Whether the person wanted out in the middle.
    pub(crate) fn is_interrupt(&self) -> bool {
        self.code == Code::Interrupted
    }

    /// The room's task ended although nobody left.
    pub(crate) fn room_closed() -> Self {
        Self::new(
            Code::Refused,
            "The room closed by itself; run again with -v to see why.",
        )
    }

    /// The server's final refusal.
    pub(crate) fn rejected(code: ErrorCode, message: &str) -> Self {
        match code {
            ErrorCode::RoomNotFound => Self::new(
                Code::RoomNotFound,
                "Nobody is in that room: the link is wrong or its people have left; \
                 ask for a new link.",
            ),
            ErrorCode::RoomFull => Self::new(
                Code::RoomFull,
                "The room is full; wait until somebody leaves, or ask for a larger room.",
            ),
            ErrorCode::CodeRefused => Self::new(
                Code::RoomNotFound,
                "That code does not open a room: it is mistyped, used up or expired; ask for a \
                 new one.",
            ),
            ErrorCode::UnsupportedVersion => Self::new(
                Code::Refused,
                "The server speaks another version of the protocol; update Parlor.",
            ),
            ErrorCode::Displaced => Self::new(
                Code::ConnectionLost,
                "This place in the room was taken over by another connection; join again.",
            ),
            ErrorCode::BadMessage
            | ErrorCode::UnknownType
            | ErrorCode::NotJoined
            | ErrorCode::AlreadyJoined
            | ErrorCode::PeerNotFound
            | ErrorCode::TooLarge
            | ErrorCode::RateLimited
            | ErrorCode::SlowConsumer
            | ErrorCode::HelloTimeout
            | ErrorCode::Draining
            | ErrorCode::Internal
            | ErrorCode::Unknown => Self::new(
                Code::Refused,
                format!("The server refused us ({message}); update Parlor or try another server."),
            ),
        }
    }
}

/// Why the system refused, for a person: without the numbers that programmers look up.
pub(crate) fn plain(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory => {
            "a file is in the way of a folder".to_owned()
        }
        io::ErrorKind::ReadOnlyFilesystem => "the disk is read-only".to_owned(),
        io::ErrorKind::StorageFull => "the disk is full".to_owned(),
        _ => {
            let words = error.to_string();
            let end = words.find(" (os error").unwrap_or(words.len());
            words.get(..end).unwrap_or_default().to_lowercase()
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            StartError::Folder { path, reason } => Self::new(
                Code::LocalFile,
                format!(
                    "Cannot write to the folder {} ({reason}); choose another one with --out.",
                    path.display()
                ),
            ),
            StartError::History { path, reason } => Self::new(
                Code::LocalFile,
                format!("Cannot keep messages in {} ({reason}).", path.display()),
            ),
            StartError::Identity { path, reason } => Self::new(
                Code::LocalFile,
                format!(
                    "Cannot use the device key in {}: {reason}; or choose another folder with \
                     --data.",
                    path.display()
                ),
            ),
            StartError::System(reason) => Self::new(
                Code::LocalFile,
                format!("The system refused what a room needs ({reason})."),
            ),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_documented_ones() {
        let documented = include_str!("../../docs/cli.md");
        for code in [
            Code::Done,
            Code::Usage,
            Code::ServerUnreachable,
            Code::RoomNotFound,
            Code::RoomFull,
            Code::Declined,
            Code::ConnectionLost,
            Code::LocalFile,
            Code::Incomplete,
            Code::Refused,
            Code::Interrupted,
        ] {
            let row = format!("| {} | `{}` |", code.number(), code.name());
            assert!(documented.contains(&row), "docs/cli.md lacks {row}");
        }
    }

    #[test]
    fn refusals_of_the_server_have_their_own_codes() {
        let code = |code| Failure::rejected(code, "said the server").code;
        assert_eq!(code(ErrorCode::RoomNotFound), Code::RoomNotFound);
        assert_eq!(code(ErrorCode::RoomFull), Code::RoomFull);
        assert_eq!(code(ErrorCode::UnsupportedVersion), Code::Refused);
        assert_eq!(code(ErrorCode::TooLarge), Code::Refused);
    }
}
