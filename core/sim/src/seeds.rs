//! Runs a scenario over many seeds, and says how to replay the one that failed.

use crate::errors;

/// Replays one seed, with a trace of all that happens.
const SEED_VARIABLE: &str = "PARLOR_SIM_SEED";

/// Runs as many seeds as this instead of the usual number.
const SEEDS_VARIABLE: &str = "PARLOR_SIM_SEEDS";

/// Runs `scenario` under the seeds from zero to `usual_seeds`, or as the environment says.
///
/// `target` is the test's `module_path!()` and `test` its name; both go into the command that
/// replays a failure.
///
/// # Panics
/// With the scenario.
pub fn check(target: &str, test: &str, usual_seeds: u64, scenario: impl Fn(u64)) {
    let seeds = match number_in(SEED_VARIABLE) {
        Some(seed) => seed..=seed,
        None => {
            0..=number_in(SEEDS_VARIABLE)
                .unwrap_or(usual_seeds)
                .saturating_sub(1)
        }
    };
    for seed in seeds {
        let replay = Replay { target, test, seed };
        errors::none_in(|| scenario(seed));
        drop(replay);
    }
}

/// Whether one seed is being replayed, so that a trace is wanted.
#[must_use]
pub fn is_replay() -> bool {
    number_in(SEED_VARIABLE).is_some()
}

fn number_in(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Prints the command when it is dropped by a panic.
struct Replay<'a> {
    target: &'a str,
    test: &'a str,
    seed: u64,
}

impl Drop for Replay<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let Self { target, test, seed } = self;
            eprintln!(
                "\nreplay with: {SEED_VARIABLE}={seed} cargo test -p parlor-sim --test {target} \
                 {test} -- --exact --nocapture\n"
            );
        }
    }
}
