//! Writes the seeds of every target to `core/fuzz/corpus`: `cargo run -p parlor-fuzz-bodies`.

use std::path::Path;
use std::{fs, io};

use parlor_fuzz_bodies::TARGETS;

fn main() -> io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus");
    for target in TARGETS {
        let folder = corpus.join(target.name);
        fs::create_dir_all(&folder)?;
        for seed in (target.seeds)() {
            fs::write(folder.join(seed.name), seed.bytes)?;
        }
    }
    Ok(())
}
