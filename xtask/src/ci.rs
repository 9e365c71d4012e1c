//! The checks a change has to pass. `all` is what `./dev test` and `.ci/run` call.

use std::env;
use std::fmt;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::boundaries;
use crate::shell::{TaskError, cargo, has_cargo, run as shell_run};

/// A check by its name on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Job {
    /// Formatting, without changing anything.
    Fmt,
    /// Lints, where every warning is an error.
    Clippy,
    /// Documentation builds without a warning.
    Doc,
    /// Licences, banned crates, sources and advisories of the dependencies.
    Deny,
    /// What each crate and module may use, and the shape of files.
    Boundaries,
    /// All tests, doc tests included.
    Test,
    /// All of the above.
    All,
}

/// In the order that finds a mistake soonest.
const ALL: [Job; 6] = [
    Job::Fmt,
    Job::Boundaries,
    Job::Clippy,
    Job::Doc,
    Job::Deny,
    Job::Test,
];

/// How a step ended.
#[derive(Debug)]
enum Outcome {
    Done,
    /// What could be checked is fine, and something could not.
    Partly(&'static str),
    Skipped(&'static str),
    Failed(TaskError),
}

impl Outcome {
    fn of(result: Result<(), TaskError>) -> Self {
        result.map_or_else(Self::Failed, |()| Self::Done)
    }
}

/// One line of the summary.
struct Step {
    job: Job,
    outcome: Outcome,
    took: Duration,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self
            .job
            .to_possible_value()
            .map(|value| value.get_name().to_owned());
        write!(
            f,
            "{:<12}{:>7.1} s  ",
            name.unwrap_or_default(),
            self.took.as_secs_f64()
        )?;
        match &self.outcome {
            Outcome::Done => f.write_str("ok"),
            Outcome::Partly(without) => write!(f, "ok, but {without}"),
            Outcome::Skipped(why) => write!(f, "skipped: {why}"),
            Outcome::Failed(error) => write!(f, "FAILED: {error}"),
        }
    }
}

/// Runs a job. `all` stops at the first failure at a desk, and goes through to the end in CI,
/// where a second round costs more than the rest of the first.
pub(crate) fn run(job: Job) -> Result<(), TaskError> {
    let jobs: &[Job] = if job == Job::All { &ALL } else { &[job] };
    let mut steps = Vec::new();
    for &job in jobs {
        let started = Instant::now();
        let outcome = run_one(job);
        let failed = matches!(outcome, Outcome::Failed(_));
        steps.push(Step {
            job,
            outcome,
            took: started.elapsed(),
        });
        if failed && !is_ci() {
            break;
        }
    }
    summarise(&steps)
}

fn is_ci() -> bool {
    env::var_os("CI").is_some_and(|value| !value.is_empty() && value != "false")
}

fn summarise(steps: &[Step]) -> Result<(), TaskError> {
    eprintln!();
    for step in steps {
        eprintln!("{step}");
    }
    let total: Duration = steps.iter().map(|step| step.took).sum();
    eprintln!("{:<12}{:>7.1} s", "total", total.as_secs_f64());
    let failed = steps
        .iter()
        .filter(|step| matches!(step.outcome, Outcome::Failed(_)));
    let names = failed.filter_map(|step| step.job.to_possible_value());
    let names: Vec<String> = names.map(|value| value.get_name().to_owned()).collect();
    if names.is_empty() {
        Ok(())
    } else {
        Err(TaskError::StepsFailed {
            steps: names.join(", "),
        })
    }
}

fn run_one(job: Job) -> Outcome {
    let result = match job {
        Job::Fmt => shell_run(&mut cargo(&["fmt", "--all", "--", "--check"])),
        Job::Clippy => clippy(),
        Job::Doc => doc(),
        Job::Deny => return deny(),
        Job::Boundaries => boundaries::check(),
        Job::Test => test(),
        Job::All => run(Job::All),
    };
    Outcome::of(result)
}

fn clippy() -> Result<(), TaskError> {
    let args = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--locked",
        "--",
        "-D",
        "warnings",
    ];
    shell_run(&mut cargo(&args))
}

fn doc() -> Result<(), TaskError> {
    let mut command = cargo(&["doc", "--workspace", "--no-deps", "--locked"]);
    shell_run(command.env("RUSTDOCFLAGS", "-D warnings"))
}

fn test() -> Result<(), TaskError> {
    if !has_cargo("nextest") {
        return shell_run(&mut cargo(&["test", "--workspace", "--locked"]));
    }
    let profile = if is_ci() { "ci" } else { "default" };
    let args = [
        "nextest",
        "run",
        "--workspace",
        "--locked",
        "--profile",
        profile,
    ];
    // nextest leaves the examples in documentation out. They come first, so that the count of all
    // other tests is the last word.
    shell_run(&mut cargo(&["test", "--doc", "--workspace", "--locked"]))?;
    shell_run(&mut cargo(&args))
}

fn deny() -> Outcome {
    if !has_cargo("deny") {
        if env::var_os("PARLOR_DENY").is_none_or(|value| value != "1") {
            return Outcome::Skipped("cargo-deny is not installed (PARLOR_DENY=1 installs it)");
        }
        let installed = shell_run(&mut cargo(&["install", "cargo-deny", "--locked"]));
        if let Err(error) = installed {
            return Outcome::Failed(error);
        }
    }
    let args = ["deny", "--locked", "check", "licenses", "bans", "sources"];
    if let Err(error) = shell_run(&mut cargo(&args)) {
        return Outcome::Failed(error);
    }
    // Fetched by itself, so that no network and a known weakness are not the same failure.
    if shell_run(&mut cargo(&["deny", "--locked", "fetch", "db"])).is_err() {
        return Outcome::Partly("advisories NOT checked: their database cannot be reached");
    }
    let args = ["deny", "--locked", "check", "--disable-fetch", "advisories"];
    Outcome::of(shell_run(&mut cargo(&args)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(job: Job, outcome: Outcome) -> Step {
        Step {
            job,
            outcome,
            took: Duration::from_millis(1250),
        }
    }

    #[test]
    fn a_step_says_how_it_ended_and_how_long_it_took() {
        assert_eq!(
            step(Job::Fmt, Outcome::Done).to_string(),
            "fmt             1.2 s  ok"
        );
        let skipped = step(Job::Deny, Outcome::Skipped("why")).to_string();
        assert!(skipped.ends_with("skipped: why"), "{skipped}");
    }

    #[test]
    fn one_failed_step_fails_the_whole() {
        let failed = Outcome::Failed(TaskError::BoundariesCrossed { count: 2 });
        let steps = [step(Job::Fmt, Outcome::Done), step(Job::Boundaries, failed)];
        let error = summarise(&steps).expect_err("a step failed");
        assert_eq!(error.to_string(), "failed: boundaries");
        assert!(summarise(&[step(Job::Fmt, Outcome::Done)]).is_ok());
    }

    #[test]
    fn all_means_every_job() {
        let named = Job::value_variants().iter().filter(|&&job| job != Job::All);
        assert!(named.clone().all(|job| ALL.contains(job)));
        assert_eq!(named.count(), ALL.len());
    }
}
