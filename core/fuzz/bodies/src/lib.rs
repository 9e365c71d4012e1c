//! What the fuzz targets do, as functions that every build compiles and every test run calls.
//!
//! A target hands arbitrary bytes to `run` of its module. `run` panics when something that must
//! hold does not, and otherwise says whether the bytes were taken as what they may be: a test
//! that all seeds but the `refused-` ones are taken keeps the corpus from going stale unnoticed.
//! Each module has its `seeds` too, made by the encoders that the program uses.
//!
//! `docs/fuzzing.md` says how to fuzz, `tests/corpus` replays the corpus in the ordinary test run.

mod reader;

pub mod chunk;
pub mod code;
pub mod conversation;
pub mod envelope;
pub mod frame;
pub mod handshake;
pub mod invite;
pub mod knock;
pub mod name;
pub mod picture;
pub mod session;
pub mod signal_client;
pub mod signal_server;
pub mod tree;

/// Names of seeds that `run` must not take begin with this.
pub const REFUSED: &str = "refused-";

/// An input to start from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed {
    /// Name of its file in the corpus.
    pub name: String,
    /// The input.
    pub bytes: Vec<u8>,
}

impl Seed {
    fn new(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            bytes: bytes.into(),
        }
    }
}

/// One thing to fuzz.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// As in `cargo fuzz run <name>` and `corpus/<name>`.
    pub name: &'static str,
    /// Tries one input; panics on what must not happen.
    pub run: fn(&[u8]) -> bool,
    /// Inputs to start from.
    pub seeds: fn() -> Vec<Seed>,
}

macro_rules! targets {
    ($($name:ident),+ $(,)?) => {
        /// Every target.
        pub const TARGETS: &[Target] = &[$(Target {
            name: stringify!($name),
            run: $name::run,
            seeds: $name::seeds,
        }),+];
    };
}

targets![
    signal_client,
    signal_server,
    frame,
    chunk,
    tree,
    invite,
    name,
    envelope,
    knock,
    picture,
    code,
    handshake,
    conversation,
    session,
];
