//! Replays the corpus in the ordinary test run: every seed, every regression, and mutations of
//! them that are the same in every run.

use std::path::{Path, PathBuf};
use std::{fs, io};

use parlor_fuzz_bodies::{REFUSED, Seed, TARGETS, Target};

mod mutate;

use mutate::Mutator;

/// Length of a name that libFuzzer gave: such inputs stay on the machine that found them.
const FOUND_NAME_LEN: usize = 40;

/// Seeds as the encoders make them today, and what else is in the corpus.
fn inputs(target: &Target) -> io::Result<Vec<Seed>> {
    let mut inputs = (target.seeds)();
    let mut paths: Vec<PathBuf> = fs::read_dir(folder(target))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let bytes = fs::read(&path)?;
        let is_known = inputs.iter().any(|seed| seed.bytes == bytes);
        if name.len() != FOUND_NAME_LEN && !is_known {
            let name = name.into_owned();
            inputs.push(Seed { name, bytes });
        }
    }
    Ok(inputs)
}

fn folder(target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../corpus")
        .join(target.name)
}

fn target(name: &str) -> &'static Target {
    let mut targets = TARGETS.iter();
    let found = targets.find(|target| target.name == name);
    found.expect("the list of targets has it")
}

/// A longer input gets fewer mutations: it costs more, and is mostly more of the same.
const LONG_BYTES: u64 = 1024;

/// Runs every input of a target as it is, and `rounds` mutations of each.
fn replay(name: &str, rounds: u64) {
    let target = target(name);
    let inputs = inputs(target).expect("the corpus can be read");
    let mut mutator = Mutator::new(&inputs);
    let target_name = target.name;
    for Seed { name, bytes } in &inputs {
        let context = Context {
            target_name,
            name,
            bytes,
        };
        (target.run)(bytes);
        drop(context);
        for round in 0..rounds / (1 + bytes.len() as u64 / LONG_BYTES) {
            let bytes = &mutator.mutate(bytes);
            let name = &format!("{name}, mutation {round}");
            let context = Context {
                target_name,
                name,
                bytes,
            };
            (target.run)(bytes);
            drop(context);
        }
    }
}

/// Leaves the input behind when a body panics, as `cargo fuzz` would.
struct Context<'a> {
    target_name: &'a str,
    name: &'a str,
    bytes: &'a [u8],
}

impl Drop for Context<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let path =
                Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("failed-{}", self.target_name));
            let written = fs::write(&path, self.bytes);
            eprintln!("input: {} ({written:?}: {})", self.name, path.display());
        }
    }
}

macro_rules! replays {
    ($($name:ident: $rounds:literal),+ $(,)?) => {$(
        #[test]
        fn $name() {
            replay(stringify!($name), $rounds);
        }
    )+

        #[test]
        fn every_target_is_replayed() {
            let replayed = [$(stringify!($name)),+];
            assert!(TARGETS.iter().all(|target| replayed.contains(&target.name)));
        }
    };
}

// As many as together take a few seconds unoptimised.
replays! {
    signal_client: 4000,
    signal_server: 4000,
    frame: 4000,
    chunk: 4000,
    tree: 30,
    invite: 3000,
    name: 200,
    envelope: 300,
    knock: 100,
    picture: 4000,
    code: 1000,
    handshake: 100,
    conversation: 100,
    session: 120,
}

#[test]
fn seeds_are_taken_for_what_they_are() {
    for target in TARGETS {
        for Seed { name, bytes } in (target.seeds)() {
            let taken = (target.run)(&bytes);
            assert_eq!(taken, !name.starts_with(REFUSED), "{}/{name}", target.name);
        }
    }
}

#[test]
fn the_corpus_has_every_seed_and_is_small() {
    const CORPUS_MAX_BYTES: usize = 200 * 1024;
    let mut total = 0;
    for target in TARGETS {
        let inputs = inputs(target).expect("the corpus can be read");
        total += inputs.iter().map(|seed| seed.bytes.len()).sum::<usize>();
        for seed in (target.seeds)() {
            let path = folder(target).join(&seed.name);
            let hint = "run `cargo run -p parlor-fuzz-bodies`";
            assert!(path.exists(), "{}: {hint}", path.display());
        }
    }
    assert!(total <= CORPUS_MAX_BYTES, "{total} bytes");
}
