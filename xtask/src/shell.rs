//! How tasks start other programs: at the root of the workspace, and visibly.

use std::env;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Why a task ended without having done its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TaskError {
    #[error("`{command}` could not be started: {source}")]
    NotStarted { command: String, source: io::Error },
    #[error("`{command}` failed")]
    Failed { command: String },
    #[error("`{command}` gave an answer of an unknown shape: {reason}")]
    Unreadable { command: String, reason: String },
    #[error("{path} cannot be read: {source}")]
    File { path: String, source: io::Error },
    #[error("{count} of the tree's boundaries crossed, see above")]
    BoundariesCrossed { count: usize },
    #[error("failed: {steps}")]
    StepsFailed { steps: String },
}

/// The root of the workspace, wherever in it the task was called.
pub(crate) fn root() -> PathBuf {
    // Set by `cargo run`; taken at run time, so that a moved tree does not find its old place.
    let manifest = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    manifest
        .and_then(|dir| dir.parent().map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from("."))
}

/// Cargo of the toolchain that runs this task.
pub(crate) fn cargo(args: &[&str]) -> Command {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(args).current_dir(root());
    command
}

/// Whether a cargo subcommand is installed.
pub(crate) fn has_cargo(subcommand: &str) -> bool {
    let mut command = cargo(&[subcommand, "--version"]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a command with its output on the terminal.
pub(crate) fn run(command: &mut Command) -> Result<(), TaskError> {
    let text = describe(command);
    eprintln!("$ {text}");
    let status = command.status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(TaskError::Failed { command: text }),
        Err(source) => Err(TaskError::NotStarted {
            command: text,
            source,
        }),
    }
}

/// Runs a command and gives what it prints; its errors go to the terminal.
pub(crate) fn read(command: &mut Command) -> Result<String, TaskError> {
    let text = describe(command);
    let output = command.stderr(Stdio::inherit()).output();
    match output {
        Ok(output) if output.status.success() => {
            String::from_utf8(output.stdout).map_err(|_| TaskError::Unreadable {
                command: text,
                reason: "not UTF-8".to_owned(),
            })
        }
        Ok(_) => Err(TaskError::Failed { command: text }),
        Err(source) => Err(TaskError::NotStarted {
            command: text,
            source,
        }),
    }
}

/// The command as one would type it.
pub(crate) fn describe(command: &Command) -> String {
    let args = command
        .get_args()
        .map(|arg| arg.to_string_lossy().into_owned());
    let program = PathBuf::from(command.get_program());
    let program = program
        .file_stem()
        .map(|stem| stem.to_string_lossy().into_owned());
    program
        .into_iter()
        .chain(args)
        .collect::<Vec<_>>()
        .join(" ")
}
