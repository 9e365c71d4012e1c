//! The test vectors in `docs/vectors`: everything that a second implementation has to compute
//! alike, with all inputs fixed. Each is made by the code that the program uses and compared to
//! what is committed.
//!
//! `UPDATE_VECTORS=1 cargo nextest run -p parlor-engine --test vectors` writes them again after a
//! change of the wire; the diff shows what changed.

use std::path::{Path, PathBuf};
use std::{env, fs};

#[macro_use]
mod json;

mod chunk;
mod conversation;
mod derivations;
mod envelope;
mod frames;
mod handshake;
mod knock;
mod message;
mod signaling;

use json::Json;

/// The secret of the room in all vectors but those of the derivations themselves: `000102…1f`.
const SECRET: [u8; 32] = counting();

const fn counting() -> [u8; 32] {
    let mut bytes = [0; 32];
    let mut at = 0;
    while at < 32 {
        bytes[at] = at as u8;
        at += 1;
    }
    bytes
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/vectors")
}

fn is_updating() -> bool {
    env::var_os("UPDATE_VECTORS").is_some()
}

/// Compares vectors to the committed file, or writes it when `UPDATE_VECTORS` is set.
fn check(name: &str, vectors: &Json) {
    let path = folder().join(name);
    let made = vectors.to_pretty();
    if is_updating() {
        fs::write(&path, made).expect("the vectors can be written");
        return;
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    let first = committed.lines().zip(made.lines());
    let first = first.enumerate().find(|(_, (was, is))| was != is);
    assert!(
        committed == made,
        "docs/vectors/{name} is not what the code makes, first at {first:?}. If the wire is meant \
         to change: UPDATE_VECTORS=1 cargo nextest run -p parlor-engine --test vectors"
    );
}

/// The name of an error's variant, as the vectors spell it.
fn variant(error: &impl std::fmt::Debug) -> String {
    let shown = format!("{error:?}");
    let end = shown.find(|c: char| !c.is_alphanumeric());
    shown[..end.unwrap_or(shown.len())].to_owned()
}

/// What the first 32 or 64 bytes of seeded randomness are: the secrets that follow from a seed.
fn seeded<const N: usize>(seed: &[u8; 32]) -> [u8; N] {
    let mut bytes = [0; N];
    blake3::Hasher::new_keyed(seed)
        .finalize_xof()
        .fill(&mut bytes);
    bytes
}

fn x25519_public(secret: [u8; 32]) -> [u8; 32] {
    curve25519_dalek::MontgomeryPoint::mul_base_clamped(secret).to_bytes()
}

#[test]
fn every_committed_file_is_checked_by_a_test() {
    const CHECKED: [&str; 10] = [
        "chunk.json",
        "conversation.json",
        "derivations.json",
        "envelope.json",
        "frames.json",
        "handshake.json",
        // In `core/proto/src/invite/tests.rs`.
        "invite.json",
        "knock.json",
        "message.json",
        "signaling.json",
    ];
    if is_updating() {
        // The other tests are about to write them.
        return;
    }
    let entries = fs::read_dir(folder()).expect("the vectors are there");
    let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
    let mut names: Vec<_> = names.collect::<Result<_, _>>().expect("a readable folder");
    names.sort();
    assert_eq!(names, CHECKED);
}
