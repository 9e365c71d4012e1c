//! The path property test at full length: `core/src/inbox/names.rs` says what it checks.

use std::process::Command;

use crate::shell::{TaskError, cargo, run as shell_run};

/// What the project promises to have tried.
pub(crate) const COUNT_DEFAULT: u64 = 1_000_000;

/// Runs the test in a release build, without the slow last step that only speed needs.
pub(crate) fn run(count: u64, seed: u64) -> Result<(), TaskError> {
    shell_run(&mut command(count, seed))
}

fn command(count: u64, seed: u64) -> Command {
    let args = [
        "test",
        "--release",
        "--locked",
        "-p",
        "parlor-core",
        "--lib",
        "inbox::names",
        "--",
        "--nocapture",
    ];
    let mut command = cargo(&args);
    command
        .env("PARLOR_NAMES", count.to_string())
        .env("PARLOR_NAMES_SEED", seed.to_string())
        .env("CARGO_PROFILE_RELEASE_LTO", "off");
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_is_told_how_many_names_and_which() {
        let command = command(7, 3);
        let is_set = |name: &str, value: &str| {
            command
                .get_envs()
                .any(|(key, set)| key == name && set == Some(value.as_ref()))
        };
        assert!(is_set("PARLOR_NAMES", "7"));
        assert!(is_set("PARLOR_NAMES_SEED", "3"));
    }
}
