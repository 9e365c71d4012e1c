//! The file operations of the volume in memory.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::SystemTime;

use super::super::super::volume::{Standing, Taken, Volume, VolumeFile};
use super::{Entry, MemoryDisk, MemoryFile, Node, PAGE_BYTES, State, join, parent, partial_path};

impl Volume for MemoryDisk {
    type File = MemoryFile;
    type Folder = String;

    fn total_bytes(&self) -> io::Result<u64> {
        Ok(u64::MAX)
    }

    fn free_bytes(&self) -> io::Result<u64> {
        self.act(|state| Ok(state.free_bytes()))
    }

    fn open_partial(&self, name: &str) -> io::Result<MemoryFile> {
        let path = partial_path(name);
        self.act(|state| {
            let node = match state.names.get(&path) {
                Some(Entry::File(node)) => *node,
                _ => {
                    state.nodes.push(Node::default());
                    let node = state.nodes.len() - 1;
                    state.set(path, Some(Entry::File(node)));
                    node
                }
            };
            Ok(self.open(state, node))
        })
    }

    fn find_partial(&self, name: &str) -> io::Result<MemoryFile> {
        self.look_up(&partial_path(name))
    }

    fn remove_partial(&self, name: &str) -> io::Result<()> {
        let path = partial_path(name);
        self.act(|state| {
            if !state.names.contains_key(&path) {
                return Err(ErrorKind::NotFound.into());
            }
            state.set(path, None);
            Ok(())
        })
    }

    fn standing(&self, file: &MemoryFile, name: &str) -> io::Result<Standing> {
        self.act(|state| {
            let ours = Entry::File(file.node);
            let names = state.names.values().filter(|entry| **entry == ours);
            Ok(
                match (state.names.get(&partial_path(name)), names.count()) {
                    (Some(there), 1) if *there == ours => Standing::Sole,
                    (Some(there), _) if *there == ours => Standing::Shared,
                    _ => Standing::Gone,
                },
            )
        })
    }

    fn root(&self) -> io::Result<String> {
        Ok(String::new())
    }

    fn enter(&self, folder: &String, name: &str) -> io::Result<String> {
        let path = join(folder, name);
        self.act(|state| match state.names.get(&path) {
            Some(Entry::Folder) => Ok(path),
            _ => Err(ErrorKind::NotFound.into()),
        })
    }

    fn enter_or_make(&self, folder: &String, name: &str) -> io::Result<String> {
        let path = join(folder, name);
        self.act(|state| {
            if !state.names.contains_key(&path) {
                state.set(path.clone(), Some(Entry::Folder));
            }
            Ok(path)
        })
    }

    fn open_stored(&self, folder: &String, name: &str) -> io::Result<MemoryFile> {
        self.look_up(&join(folder, name))
    }

    fn take_name(&self, partial: &str, folder: &String, name: &str) -> io::Result<Taken> {
        let (from, to) = (partial_path(partial), join(folder, name));
        self.act(|state| {
            let entry = *state.names.get(&from).ok_or(ErrorKind::NotFound)?;
            if state.names.contains_key(&to) {
                return Err(ErrorKind::AlreadyExists.into());
            }
            state.set(to, Some(entry));
            if state.can_link {
                return Ok(Taken::Linked);
            }
            state.set(from, None);
            Ok(Taken::Moved)
        })
    }

    fn sync_folder(&self, folder: &String) -> io::Result<()> {
        self.act(|state| {
            let pending = std::mem::take(&mut state.pending);
            let (synced, left) = pending
                .into_iter()
                .partition(|(path, _)| parent(path) == folder);
            state.pending = left;
            let synced: Vec<(String, Option<Entry>)> = synced;
            for (path, entry) in synced {
                match entry {
                    Some(entry) => state.durable_names.insert(path, entry),
                    None => state.durable_names.remove(&path),
                };
            }
            Ok(())
        })
    }

    fn path(&self) -> &Path {
        Path::new("")
    }
}

impl VolumeFile for MemoryFile {
    fn len_bytes(&self) -> io::Result<u64> {
        self.disk
            .act(|state| Ok(state.nodes[self.node].cached.len() as u64))
    }

    fn allocated_bytes(&self) -> io::Result<u64> {
        let pages = |state: &mut State| Ok(state.nodes[self.node].pages.len());
        Ok((self.disk.act(pages)? * PAGE_BYTES) as u64)
    }

    fn set_len(&self, len_bytes: u64) -> io::Result<()> {
        let len = usize::try_from(len_bytes).unwrap();
        self.disk.act(|state| {
            let node = &mut state.nodes[self.node];
            node.cached.resize(len, 0);
            node.pages.retain(|page| page * PAGE_BYTES < len);
            Ok(())
        })
    }

    fn allocate(&self, len_bytes: u64) -> io::Result<()> {
        let len = usize::try_from(len_bytes).unwrap();
        self.disk.act(|state| {
            if !state.can_allocate {
                return Err(ErrorKind::Unsupported.into());
            }
            let taken = state.take_pages(self.node, 0, len);
            taken.map_err(|_| io::Error::from(ErrorKind::StorageFull))
        })
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.disk.act(|state| {
            let cached = &state.nodes[self.node].cached;
            let rest = cached
                .get(usize::try_from(offset).unwrap()..)
                .unwrap_or_default();
            let len = rest.len().min(buffer.len());
            buffer[..len].copy_from_slice(&rest[..len]);
            Ok(len)
        })
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        self.disk.act(|state| state.write(self.node, offset, data))
    }

    fn sync(&self) -> io::Result<()> {
        self.disk.act(|state| {
            let node = &mut state.nodes[self.node];
            node.durable.clone_from(&node.cached);
            Ok(())
        })
    }

    fn try_lock(&self) -> bool {
        let mut state = self.disk.state();
        *state.locks.entry(self.node).or_insert(self.handle) == self.handle
    }

    fn set_modified(&self, _: SystemTime) -> io::Result<()> {
        self.disk.act(|_| Ok(()))
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        let mut state = self.disk.state();
        if state.locks.get(&self.node) == Some(&self.handle) {
            state.locks.remove(&self.node);
        }
    }
}
