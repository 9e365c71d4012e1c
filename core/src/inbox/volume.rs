//! What the inbox asks of the folder it stores into.
//!
//! It is a trait so that the tests can put a disk under the inbox that fills up, loses power and
//! forgets; [`Disk`](super::disk::Disk) is the real one.

use std::fmt::Debug;
use std::io;
use std::path::Path;
use std::time::SystemTime;

/// A folder for received files, with a place in it where partial files grow.
///
/// No name leads out of the folder, through links or otherwise.
pub(crate) trait Volume: Debug {
    /// An open file.
    type File: VolumeFile;
    /// An open folder.
    type Folder: Debug;

    /// Bytes of the whole volume, used or not.
    fn total_bytes(&self) -> io::Result<u64>;
    /// Bytes that can still be written.
    fn free_bytes(&self) -> io::Result<u64>;
    /// Opens a file among the partials for reading and writing, making it if it is not there.
    fn open_partial(&self, name: &str) -> io::Result<Self::File>;
    /// The same for one that must be there: [`io::ErrorKind::NotFound`] if it is not.
    fn find_partial(&self, name: &str) -> io::Result<Self::File>;
    /// Removes a file from among the partials.
    fn remove_partial(&self, name: &str) -> io::Result<()>;
    /// Whether an open file is still what a name among the partials stands for.
    fn standing(&self, file: &Self::File, name: &str) -> io::Result<Standing>;
    /// The folder itself.
    fn root(&self) -> io::Result<Self::Folder>;
    /// A folder inside another.
    fn enter(&self, folder: &Self::Folder, name: &str) -> io::Result<Self::Folder>;
    /// The same, made if it is not there.
    fn enter_or_make(&self, folder: &Self::Folder, name: &str) -> io::Result<Self::Folder>;
    /// Opens a stored file for reading: [`io::ErrorKind::NotFound`] if the name is free, another
    /// error if it is not that of a regular file.
    fn open_stored(&self, folder: &Self::Folder, name: &str) -> io::Result<Self::File>;
    /// Gives a partial its name in a folder: [`io::ErrorKind::AlreadyExists`] if it is taken.
    fn take_name(&self, partial: &str, folder: &Self::Folder, name: &str) -> io::Result<Taken>;
    /// Makes the names in a folder survive a power cut, where the system knows how.
    fn sync_folder(&self, folder: &Self::Folder) -> io::Result<()>;
    /// Where the folder is, for a person to read.
    fn path(&self) -> &Path;
}

/// What a partial's name stands for, seen from a file that was opened under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// For this file, which has no other name.
    Sole,
    /// For this file, which has its final name besides: it must not be written any more.
    Shared,
    /// For another file, or for nothing.
    Gone,
}

/// How a partial got its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    /// Its name among the partials is there too.
    Linked,
    /// It is not among the partials any more.
    Moved,
}

/// An open file of a [`Volume`]; its lock goes with it.
pub(crate) trait VolumeFile: Debug + Send + Sync {
    /// Length in bytes.
    fn len_bytes(&self) -> io::Result<u64>;
    /// Bytes of the disk that are its own already.
    fn allocated_bytes(&self) -> io::Result<u64>;
    /// Cuts it, or makes it longer by zeros that take no space.
    fn set_len(&self, len_bytes: u64) -> io::Result<()>;
    /// Takes the space for that many bytes; the length may grow to that too.
    fn allocate(&self, len_bytes: u64) -> io::Result<()>;
    /// Reads until the buffer is full or the file ends; gives the bytes read.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
    /// Writes all of it.
    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()>;
    /// Makes bytes, length and time survive a power cut.
    fn sync(&self) -> io::Result<()>;
    /// Says that somebody is at work on it, for as long as it is open. `false` if somebody else
    /// said so first; a volume without locks does without.
    fn try_lock(&self) -> bool;
    /// Sets when it was last changed.
    fn set_modified(&self, time: SystemTime) -> io::Result<()>;
}
