//! The real folder, reached through one handle of it (`cap-std`).

use std::fs::File;
use std::io::{self, ErrorKind, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use cap_fs_ext::{FollowSymlinks, MetadataExt, OpenOptionsFollowExt};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata, OpenOptions};
use fs4::FileExt;

use super::partial::{self, JOURNAL, PART};
use super::volume::{Standing, Taken, Volume, VolumeFile};
use crate::share::read_full;

/// Where partial files grow.
pub(super) const PARTIALS: &str = ".parlor-partial";

/// A partial that nobody wrote for so long is not waited for any more.
const ABANDONED_AFTER: Duration = Duration::from_hours(7 * 24);

/// The folder that the person chose.
#[derive(Debug)]
pub(crate) struct Disk {
    dir: Dir,
    path: PathBuf,
}

impl Disk {
    /// Opens the folder, making it if it is not there, and checks that it can be written. Removes
    /// what has been lying among its partials for a week.
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(path)?;
        let dir = Dir::open_ambient_dir(path, ambient_authority())?;
        dir.create_dir_all(PARTIALS)?;
        let path = path.canonicalize()?;
        let disk = Self { dir, path };
        disk.remove_abandoned();
        Ok(disk)
    }

    /// Best effort: what cannot be looked at or removed stays.
    fn remove_abandoned(&self) {
        let Ok(entries) = self.dir.read_dir(PARTIALS) else {
            return;
        };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if let Some(stem) = name.strip_suffix(PART) {
                let journal = format!("{stem}{JOURNAL}");
                // A file that waits for its name has the time its sender gave it.
                let is_old = self.is_old(&name) && self.is_old(&journal);
                let Some(file) = partial::lock(self, stem) else {
                    continue;
                };
                let is_named = self.standing(&file, &name).ok() == Some(Standing::Shared);
                if is_old || is_named {
                    partial::remove(self, stem);
                }
            } else if let Some(stem) = name.strip_suffix(JOURNAL)
                && self
                    .dir
                    .symlink_metadata(inside(&format!("{stem}{PART}")))
                    .is_err()
                && self.is_old(&name)
            {
                partial::remove(self, stem);
            }
        }
    }

    /// Whether nobody wrote it of late; so it is with what is not there.
    fn is_old(&self, name: &str) -> bool {
        let metadata = self.dir.symlink_metadata(inside(name));
        let changed = metadata.and_then(|metadata| metadata.modified());
        changed.map_or(true, |changed| {
            changed.into_std().elapsed().unwrap_or_default() > ABANDONED_AFTER
        })
    }

    fn open_inside(&self, name: &str, or_make: bool) -> io::Result<DiskFile> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(or_make);
        options.follow(FollowSymlinks::No);
        let file = self.dir.open_with(inside(name), &options)?;
        Ok(DiskFile(file.into_std()))
    }
}

fn inside(name: &str) -> String {
    format!("{PARTIALS}/{name}")
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Fails while there are partials in it, as it should.
        let _ = self.dir.remove_dir(PARTIALS);
    }
}

impl Volume for Disk {
    type File = DiskFile;
    type Folder = Dir;

    fn total_bytes(&self) -> io::Result<u64> {
        fs4::total_space(&self.path)
    }

    fn free_bytes(&self) -> io::Result<u64> {
        fs4::available_space(&self.path)
    }

    fn open_partial(&self, name: &str) -> io::Result<DiskFile> {
        match self.open_inside(name, true) {
            // Another room that ended took the empty folder with it.
            Err(error) if error.kind() == ErrorKind::NotFound => {
                self.dir.create_dir_all(PARTIALS)?;
                self.open_inside(name, true)
            }
            opened => opened,
        }
    }

    fn find_partial(&self, name: &str) -> io::Result<DiskFile> {
        self.open_inside(name, false)
    }

    fn remove_partial(&self, name: &str) -> io::Result<()> {
        self.dir.remove_file(inside(name))
    }

    fn standing(&self, file: &DiskFile, name: &str) -> io::Result<Standing> {
        let ours = Metadata::from_file(&file.0)?;
        let there = match self.open_inside(name, false) {
            Ok(there) => Metadata::from_file(&there.0)?,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Standing::Gone),
            Err(error) => return Err(error),
        };
        Ok(if (ours.dev(), ours.ino()) != (there.dev(), there.ino()) {
            Standing::Gone
        } else if ours.nlink() > 1 {
            Standing::Shared
        } else {
            Standing::Sole
        })
    }

    fn root(&self) -> io::Result<Dir> {
        self.dir.try_clone()
    }

    fn enter(&self, folder: &Dir, name: &str) -> io::Result<Dir> {
        folder.open_dir(name)
    }

    fn enter_or_make(&self, folder: &Dir, name: &str) -> io::Result<Dir> {
        match folder.create_dir(name) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            Ok(()) | Err(_) => folder.open_dir(name),
        }
    }

    fn open_stored(&self, folder: &Dir, name: &str) -> io::Result<DiskFile> {
        // Looked at first: opening a pipe would wait for somebody to write into it.
        if !folder.symlink_metadata(name)?.is_file() {
            return Err(ErrorKind::InvalidInput.into());
        }
        let mut options = OpenOptions::new();
        options.read(true).follow(FollowSymlinks::No);
        Ok(DiskFile(folder.open_with(name, &options)?.into_std()))
    }

    fn take_name(&self, partial: &str, folder: &Dir, name: &str) -> io::Result<Taken> {
        let partial = inside(partial);
        match self.dir.hard_link(&partial, folder, name) {
            Ok(()) => Ok(Taken::Linked),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
            // Volumes without hard links (FAT, Android's shared storage): look, then rename.
            Err(_) if folder.symlink_metadata(name).is_ok() => Err(ErrorKind::AlreadyExists.into()),
            Err(_) => {
                self.dir.rename(&partial, folder, name)?;
                Ok(Taken::Moved)
            }
        }
    }

    fn sync_folder(&self, folder: &Dir) -> io::Result<()> {
        if cfg!(unix) {
            // The handle itself is a mere path (`O_PATH`); syncing wants one open for reading.
            folder.open(".")?.sync_all()?;
        }
        Ok(())
    }

    fn path(&self) -> &Path {
        &self.path
    }
}

/// Whether a file is on a volume in memory, where taking space at once means to fill it: a third of
/// a second for each GiB before the first byte can come.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn is_in_memory(file: &File) -> bool {
    /// `TMPFS_MAGIC` of `statfs(2)`.
    const TMPFS: i128 = 0x0102_1994;
    // Its type is another one on each architecture.
    rustix::fs::fstatfs(file).is_ok_and(|volume| i128::from(volume.f_type) == TMPFS)
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
const fn is_in_memory(_: &File) -> bool {
    false
}

/// A file of the real folder.
#[derive(Debug)]
pub(crate) struct DiskFile(File);

impl VolumeFile for DiskFile {
    fn len_bytes(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn allocated_bytes(&self) -> io::Result<u64> {
        FileExt::allocated_size(&self.0)
    }

    fn set_len(&self, len_bytes: u64) -> io::Result<()> {
        self.0.set_len(len_bytes)
    }

    fn allocate(&self, len_bytes: u64) -> io::Result<()> {
        if is_in_memory(&self.0) {
            return Err(ErrorKind::Unsupported.into());
        }
        FileExt::allocate(&self.0, len_bytes)
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = &self.0;
        file.seek(SeekFrom::Start(offset))?;
        read_full(&mut file, buffer)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut file = &self.0;
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(data)
    }

    fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }

    fn try_lock(&self) -> bool {
        !matches!(self.0.try_lock(), Err(std::fs::TryLockError::WouldBlock))
    }

    fn set_modified(&self, time: SystemTime) -> io::Result<()> {
        self.0.set_modified(time)
    }
}
