//! A volume in memory that misbehaves as disks do: it fills up, is cut off in the middle of an
//! operation, and forgets in a power cut what was not synced.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

use fastrand::Rng;

use super::super::disk::PARTIALS;

mod files;

const PAGE_BYTES: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    File(usize),
    Folder,
}

#[derive(Debug, Clone, Default)]
struct Node {
    cached: Vec<u8>,
    durable: Vec<u8>,
    pages: BTreeSet<usize>,
}

#[derive(Debug)]
struct State {
    rng: Rng,
    nodes: Vec<Node>,
    /// By path; a folder's is followed by a slash and the names in it.
    names: BTreeMap<String, Entry>,
    durable_names: BTreeMap<String, Entry>,
    /// Changes of names that no sync of their folder has seen, in order.
    pending: Vec<(String, Option<Entry>)>,
    locks: BTreeMap<usize, u64>,
    handles: u64,
    operations: u64,
    dies_at: Option<u64>,
    is_dead: bool,
    capacity_bytes: u64,
    can_allocate: bool,
    can_link: bool,
}

/// The volume; clones are the same one.
#[derive(Debug, Clone)]
pub(super) struct MemoryDisk(Arc<Mutex<State>>);

#[derive(Debug)]
pub(super) struct MemoryFile {
    disk: MemoryDisk,
    node: usize,
    handle: u64,
}

fn partial_path(name: &str) -> String {
    format!("{PARTIALS}/{name}")
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn join(folder: &str, name: &str) -> String {
    if folder.is_empty() {
        name.to_owned()
    } else {
        format!("{folder}/{name}")
    }
}

impl State {
    fn set(&mut self, path: String, entry: Option<Entry>) {
        match entry {
            Some(entry) => self.names.insert(path.clone(), entry),
            None => self.names.remove(&path),
        };
        self.pending.push((path, entry));
    }

    fn used_bytes(&self) -> u64 {
        let nodes: BTreeSet<usize> = self.names.values().filter_map(Entry::node).collect();
        let pages: usize = nodes.iter().map(|node| self.nodes[*node].pages.len()).sum();
        (pages * PAGE_BYTES) as u64
    }

    fn free_bytes(&self) -> u64 {
        self.capacity_bytes.saturating_sub(self.used_bytes())
    }

    /// Takes the pages of a range that are not taken yet, as long as there are any.
    fn take_pages(&mut self, node: usize, start: usize, end: usize) -> Result<(), usize> {
        let mut free = self.free_bytes();
        for page in start / PAGE_BYTES..end.div_ceil(PAGE_BYTES) {
            if !self.nodes[node].pages.contains(&page) {
                free = free
                    .checked_sub(PAGE_BYTES as u64)
                    .ok_or(page * PAGE_BYTES)?;
                self.nodes[node].pages.insert(page);
            }
        }
        Ok(())
    }

    fn write(&mut self, node: usize, offset: usize, data: &[u8]) -> io::Result<()> {
        // Whoever is killed while writing may have written any part.
        let len = if self.is_dead {
            self.rng.usize(..=data.len())
        } else {
            data.len()
        };
        let (end, full) = match self.take_pages(node, offset, offset + len) {
            Ok(()) => (offset + len, false),
            Err(end) => (end.max(offset), true),
        };
        let cached = &mut self.nodes[node].cached;
        cached.resize(cached.len().max(end), 0);
        cached[offset..end].copy_from_slice(&data[..end - offset]);
        if full {
            return Err(io::Error::from(ErrorKind::StorageFull));
        }
        Ok(())
    }

    fn lose_unsynced_bytes(&mut self) {
        let Self { nodes, rng, .. } = self;
        for node in nodes {
            let lens = [node.cached.len(), node.durable.len()];
            let mut left = node.durable.clone();
            left.resize(lens[rng.usize(..2)], 0);
            for (page, (to, from)) in left
                .chunks_mut(PAGE_BYTES)
                .zip(node.cached.chunks(PAGE_BYTES))
                .enumerate()
            {
                let len = to.len().min(from.len());
                let kept = [0, len / 2, len][rng.usize(..3)];
                if node.pages.contains(&page) {
                    to[..kept].copy_from_slice(&from[..kept]);
                }
            }
            node.cached.clone_from(&left);
            node.durable = left;
        }
    }

    fn lose_unsynced_names(&mut self) {
        for (path, entry) in std::mem::take(&mut self.pending) {
            if self.rng.bool() {
                match entry {
                    Some(entry) => self.durable_names.insert(path, entry),
                    None => self.durable_names.remove(&path),
                };
            }
        }
        let folders: BTreeSet<String> = self.durable_names.keys().cloned().collect();
        let is_reachable = |path: &str| {
            let mut above = parent(path);
            while !above.is_empty() {
                if !folders.contains(above) {
                    return false;
                }
                above = parent(above);
            }
            true
        };
        self.durable_names.retain(|path, _| is_reachable(path));
        self.names.clone_from(&self.durable_names);
    }
}

impl Entry {
    fn node(&self) -> Option<usize> {
        match self {
            Self::File(node) => Some(*node),
            Self::Folder => None,
        }
    }
}

impl MemoryDisk {
    pub(super) fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let names = BTreeMap::from([(PARTIALS.to_owned(), Entry::Folder)]);
        let (can_allocate, can_link) = (rng.bool(), rng.u8(..4) > 0);
        Self(Arc::new(Mutex::new(State {
            rng,
            nodes: Vec::new(),
            durable_names: names.clone(),
            names,
            pending: Vec::new(),
            locks: BTreeMap::new(),
            handles: 0,
            operations: 0,
            dies_at: None,
            is_dead: false,
            capacity_bytes: 1 << 40,
            can_allocate,
            can_link,
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// One operation, unless it is the one that the process does not survive: then it may be
    /// carried out or not, and nothing is after it.
    fn act<T>(&self, operation: impl FnOnce(&mut State) -> io::Result<T>) -> io::Result<T> {
        let mut state = self.state();
        if state.is_dead {
            return Err(io::Error::other("dead"));
        }
        state.operations += 1;
        if state.dies_at == Some(state.operations) {
            state.is_dead = true;
            let done = state.rng.bool().then(|| operation(&mut state));
            // A file that was opened locks the state as it closes.
            drop(state);
            drop(done);
            return Err(io::Error::other("dead"));
        }
        operation(&mut state)
    }

    /// The process dies at its `operations`th operation from now.
    pub(super) fn die_after(&self, operations: u64) {
        let mut state = self.state();
        state.dies_at = Some(state.operations + operations);
    }

    pub(super) fn is_dead(&self) -> bool {
        self.state().is_dead
    }

    /// The process is gone, and with it its locks; the next one may begin.
    pub(super) fn kill(&self) {
        let mut state = self.state();
        state.locks.clear();
        (state.dies_at, state.is_dead) = (None, false);
    }

    /// The same for the whole machine: of what was not synced any part may be there or not.
    pub(super) fn cut_power(&self) {
        self.kill();
        let mut state = self.state();
        state.lose_unsynced_bytes();
        state.lose_unsynced_names();
    }

    /// Leaves so many bytes free.
    pub(super) fn leave_free(&self, bytes: u64) {
        let mut state = self.state();
        state.capacity_bytes = state.used_bytes() + bytes;
    }

    pub(super) fn set_can_allocate(&self, can_allocate: bool) {
        self.state().can_allocate = can_allocate;
    }

    pub(super) fn used_bytes(&self) -> u64 {
        self.state().used_bytes()
    }

    /// Files outside of the partials with their bytes.
    pub(super) fn stored(&self) -> BTreeMap<String, Vec<u8>> {
        let state = self.state();
        let stored = state.names.iter().filter_map(|(path, entry)| {
            let bytes = state.nodes[entry.node()?].cached.clone();
            (parent(path) != PARTIALS).then(|| (path.clone(), bytes))
        });
        stored.collect()
    }

    /// Bytes of the only partial file with that ending, to be looked at and damaged.
    pub(super) fn with_partial<T>(&self, end: &str, look: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let mut state = self.state();
        let of_end = |(path, _): &(&String, &Entry)| path.ends_with(end);
        let found: Vec<usize> = state
            .names
            .iter()
            .filter(of_end)
            .filter_map(|(_, e)| e.node())
            .collect();
        let [node] = found[..] else {
            panic!("{} partials", found.len());
        };
        look(&mut state.nodes[node].cached)
    }

    pub(super) fn partials(&self) -> Vec<String> {
        let state = self.state();
        let is_partial = |path: &&String| parent(path) == PARTIALS;
        state.names.keys().filter(is_partial).cloned().collect()
    }

    fn open(&self, state: &mut State, node: usize) -> MemoryFile {
        state.handles += 1;
        MemoryFile {
            disk: self.clone(),
            node,
            handle: state.handles,
        }
    }

    fn look_up(&self, path: &str) -> io::Result<MemoryFile> {
        self.act(|state| match state.names.get(path) {
            None => Err(ErrorKind::NotFound.into()),
            Some(Entry::Folder) => Err(ErrorKind::IsADirectory.into()),
            Some(&Entry::File(node)) => Ok(self.open(state, node)),
        })
    }
}
