//! Fetches what the other commands need, and says which optional tools are missing.

use crate::shell::{TaskError, cargo, has_cargo, run as shell_run};

/// Tools that make the checks faster or more complete, and what happens without them.
const OPTIONAL: [(&str, &str); 2] = [
    (
        "nextest",
        "tests run with `cargo test`, without time limits",
    ),
    (
        "deny",
        "licences and advisories of dependencies are not checked",
    ),
];

/// What the checks cannot do without.
const COMPONENTS: [(&str, &str); 2] = [("fmt", "rustfmt"), ("clippy", "clippy")];

/// Fetches the locked dependencies and looks at the tools.
pub(crate) fn run() -> Result<(), TaskError> {
    shell_run(&mut cargo(&["fetch", "--locked"]))?;
    for (subcommand, component) in COMPONENTS {
        if !has_cargo(subcommand) {
            eprintln!("Missing: {component}. Add it with `rustup component add {component}`.");
        }
    }
    for (subcommand, without) in OPTIONAL {
        if !has_cargo(subcommand) {
            eprintln!(
                "Optional: cargo-{subcommand} (without it {without}). \
                 Add it with `cargo install cargo-{subcommand} --locked`."
            );
        }
    }
    eprintln!("Ready: `./dev run` starts Parlor, `./dev test` checks it.");
    Ok(())
}
