//! A flood of hostile names through the real decoder into the real folder: whatever the name,
//! nothing outside the folder changes.
//!
//! `PARLOR_NAMES` says how many names, `PARLOR_NAMES_SEED` which ones; `cargo xtask names` runs a
//! million. Each batch of names meets a fresh folder full of traps and is taken away afterwards,
//! so that the disk stays as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use bytes::Bytes;
use fastrand::Rng;
use minicbor::Encoder;
use parlor_proto::frame::Frame;
use parlor_proto::id::DeviceId;
use parlor_proto::tree::{ChunkSize, OutboardBuilder};

use super::*;

mod raw;

/// In the ordinary test run: a few seconds.
const COUNT_DEFAULT: u64 = 4_000;

/// Names that meet one folder: enough to collide with each other, few enough to keep count of.
const BATCH: u64 = 500;

/// First byte of an offer.
const OFFER: u8 = 0x06;

/// A file system in memory, where there is one: every file is synced, and a disk would take longer
/// for that than for all else.
const MEMORY_FOLDER: &str = "/dev/shm";

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}: {text}")))
}

/// An offer of one file as a peer could write it, whatever our own encoder would not.
fn offer(raw: &str, data: &[u8]) -> Vec<u8> {
    let mut frame = vec![OFFER];
    let mut cbor = Encoder::new(&mut frame);
    let written = (|| {
        cbor.map(2)?.u8(0)?.u64(1)?.u8(1)?.array(1)?.map(3)?;
        cbor.u8(0)?.str(raw)?;
        cbor.u8(1)?.u64(data.len() as u64)?;
        cbor.u8(2)?.bytes(blake3::hash(data).as_bytes())?.ok()
    })();
    written.unwrap();
    frame
}

/// What there is at a path, without following it if it is a link.
#[derive(Debug, PartialEq, Eq)]
enum Thing {
    File(Vec<u8>),
    Folder,
    Link(PathBuf),
}

/// Everything below a folder but what is below `except`.
fn tree(folder: &Path, except: &Path) -> BTreeMap<PathBuf, Thing> {
    let mut things = BTreeMap::new();
    let mut left = vec![folder.to_owned()];
    while let Some(path) = left.pop() {
        let metadata = path.symlink_metadata().unwrap();
        let thing = if metadata.is_symlink() {
            Thing::Link(path.read_link().unwrap())
        } else if metadata.is_dir() {
            if path != except {
                left.extend(path.read_dir().unwrap().map(|entry| entry.unwrap().path()));
            }
            Thing::Folder
        } else {
            Thing::File(std::fs::read(&path).unwrap())
        };
        things.insert(path, thing);
    }
    things
}

/// A receiving folder with a neighbourhood that must not change.
struct Scene {
    _root: tempfile::TempDir,
    root: PathBuf,
    inbox: PathBuf,
    neighbourhood: BTreeMap<PathBuf, Thing>,
}

impl Scene {
    fn set() -> Self {
        let memory = Path::new(MEMORY_FOLDER);
        let temporary = if memory.is_dir() {
            tempfile::tempdir_in(memory)
        } else {
            tempfile::tempdir()
        };
        let temporary = temporary.unwrap();
        let root = temporary.path().canonicalize().unwrap();
        let inbox = root.join("inbox");
        for folder in ["outside/deep", "inbox-2", "inbox", "C:", "etc"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        for canary in [
            "outside/canary.txt",
            "canary.txt",
            "etc/passwd",
            "inbox-2/a",
        ] {
            std::fs::write(root.join(canary), canary).unwrap();
        }
        let neighbourhood = tree(&root, &inbox);
        Self {
            _root: temporary,
            root,
            inbox,
            neighbourhood,
        }
    }

    /// Fills the folder with what a name could run into; gives all of it.
    fn lay_traps(&self) -> BTreeMap<PathBuf, Thing> {
        if self.inbox.exists() {
            std::fs::remove_dir_all(&self.inbox).unwrap();
        }
        std::fs::create_dir_all(self.inbox.join("real")).unwrap();
        std::fs::write(self.inbox.join("Photo.jpg"), b"mine").unwrap();
        #[cfg(unix)]
        for (name, target) in [
            ("link", Path::new("../outside")),
            ("abs", &self.root.join("outside")),
            ("up", Path::new("..")),
            ("loop", Path::new("loop")),
            ("file-link", Path::new("../outside/canary.txt")),
            ("dangling", Path::new("../outside/new.txt")),
            ("dangling-abs", &self.root.join("outside/new.txt")),
            ("real/deep", Path::new("../../outside/deep")),
            ("inner", Path::new("real")),
        ] {
            std::os::unix::fs::symlink(target, self.inbox.join(name)).unwrap();
        }
        tree(&self.inbox, Path::new(""))
    }

    /// Outside everything is as it was; inside there are the traps and exactly what was stored.
    fn check(&self, traps: &BTreeMap<PathBuf, Thing>, stored: &BTreeMap<PathBuf, Vec<u8>>) {
        assert_eq!(tree(&self.root, &self.inbox), self.neighbourhood);
        let mut inside = tree(&self.inbox, Path::new(""));
        for (path, thing) in traps {
            assert_eq!(inside.remove(path).as_ref(), Some(thing), "{path:?}");
        }
        // What was stored through a link that stays inside is at the link's target.
        let real = |path: &PathBuf| path.canonicalize().unwrap();
        let mut expected: BTreeSet<PathBuf> = stored.keys().map(real).collect();
        assert_eq!(expected.len(), stored.len(), "two names for one file");
        for (path, thing) in inside {
            match thing {
                Thing::Folder => {}
                Thing::Link(target) => panic!("{path:?} leads to {target:?}"),
                Thing::File(_) => assert!(expected.remove(&path), "{path:?} was not reported"),
            }
        }
        assert!(expected.is_empty(), "not inside: {expected:?}");
        for (path, data) in stored {
            assert_eq!(&std::fs::read(path).unwrap(), data, "{path:?}");
        }
    }
}

/// How the names ended.
#[derive(Debug, Default)]
struct Tally {
    tried: u64,
    stored: u64,
    /// The frame was not read: the name is too long to be one.
    undecodable: u64,
    /// The folder would not have it, as where a link is in the way.
    refused: u64,
}

/// Sends one file of this name; gives where it went.
fn deliver(inbox: &mut Inbox, number: u64, raw: &str, tally: &mut Tally) -> Option<PathBuf> {
    let data = data(number);
    tally.tried += 1;
    let Ok(Frame::Offer(mut offer)) = Frame::decode(&offer(raw, &data)) else {
        tally.undecodable += 1;
        return None;
    };
    let offered = offer.files.remove(0);
    let key = IncomingKey {
        from: DeviceId([7; 16]),
        transfer: number,
    };
    let file = 0;
    let created = inbox.handle(DiskRequest::Create {
        key,
        file,
        offered,
        may_be_whole: false,
    });
    assert!(
        matches!(created, Some(DiskInput::Created { .. })),
        "{raw:?}"
    );
    if !data.is_empty() {
        let mut builder = OutboardBuilder::default();
        builder.push(&data);
        let chunk = ChunkFrame {
            transfer: number,
            file,
            offset: 0,
            chunk: ChunkSize::PREFERRED,
            proof: builder.finish().proof(0).unwrap(),
            data: Bytes::from(data),
        };
        let written = inbox.handle(DiskRequest::Write { key, chunk });
        assert!(
            matches!(written, Some(DiskInput::Written { .. })),
            "{raw:?}"
        );
    }
    match inbox.handle(DiskRequest::Finish { key, file }) {
        Some(DiskInput::Finished { stored_as, .. }) => {
            tally.stored += 1;
            Some(PathBuf::from(stored_as))
        }
        Some(DiskInput::StoreFailed { .. }) => {
            tally.refused += 1;
            None
        }
        other => panic!("{raw:?}: {other:?}"),
    }
}

/// Different for each file, and sometimes nothing.
fn data(number: u64) -> Vec<u8> {
    if number.is_multiple_of(50) {
        Vec::new()
    } else {
        number.to_le_bytes().to_vec()
    }
}

#[test]
fn no_name_leads_out_of_the_folder() {
    let count = setting("PARLOR_NAMES").unwrap_or(COUNT_DEFAULT);
    let seed = setting("PARLOR_NAMES_SEED").unwrap_or(1);
    let scene = Scene::set();
    let mut rng = Rng::with_seed(seed);
    let mut tally = Tally::default();
    while tally.tried < count {
        let traps = scene.lay_traps();
        let mut inbox = Inbox::open(Some(&scene.inbox)).unwrap();
        let mut stored = BTreeMap::new();
        for _ in 0..BATCH.min(count - tally.tried) {
            let (number, raw) = (tally.tried, raw::name(&mut rng));
            if let Some(path) = deliver(&mut inbox, number, &raw, &mut tally) {
                assert!(path.starts_with(&scene.inbox), "{raw:?} went to {path:?}");
                let earlier = stored.insert(path, data(number));
                assert_eq!(earlier, None, "{raw:?} took the name of another");
            }
        }
        drop(inbox);
        scene.check(&traps, &stored);
    }
    println!("seed {seed}: {tally:?}");
    // A test of refusals alone would say nothing about where files go.
    assert!(tally.stored > count / 2, "{tally:?}");
    assert!(tally.refused > 0 || cfg!(not(unix)), "{tally:?}");
}
