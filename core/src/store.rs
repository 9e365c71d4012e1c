//! The file of local state: one SQLite database in the app's data folder, for its owner alone.
//!
//! Whoever opens it first has the device key; a second Parlor on the same folder shares what is
//! known of others, but not the key: two sessions of one device in one room would displace each
//! other.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parlor_engine::device::DeviceKey;
use rusqlite::{Connection, OpenFlags, params};
use zeroize::Zeroizing;

use crate::options::IdentityLocation;
use crate::room::StartError;

pub(crate) mod changes;
pub(crate) mod schema;

/// Marks the file as ours: `PRLR`.
const APPLICATION_ID: i64 = 0x5052_4C52;

/// How long one process waits for another's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const FILE: &str = "parlor.db";
const LOCK_FILE: &str = "parlor.lock";

/// Whose key a session runs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// The one in the data folder: others know this device again.
    Kept,
    /// One for this session, as nothing is to be kept.
    ForThisSession,
    /// One for this session, because another Parlor uses the one in the data folder at the moment.
    InUse,
}

/// The open file, or a stand-in for it in memory.
#[derive(Debug)]
pub(crate) struct Store {
    pub(crate) connection: Connection,
    /// Held for as long as the key is used.
    lock: Option<Arc<File>>,
}

/// The key of a session and where it keeps what it learns.
pub(crate) struct Opened {
    pub(crate) key: DeviceKey,
    pub(crate) state: KeyState,
    pub(crate) store: Store,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("it was written by a later version of Parlor ({0}); update this one")]
    Later(i64),
    #[error("it is damaged ({0}); put a copy back, or move it away to begin as a new device")]
    Damaged(String),
    #[error("the system gives no random numbers ({0})")]
    NoRandomness(getrandom::Error),
}

impl Store {
    /// One more connection to the file of this one, for another thread; to an empty file in memory
    /// where this one is in memory.
    ///
    /// # Errors
    /// What SQLite says.
    pub(crate) fn another(&self) -> rusqlite::Result<Self> {
        let path = self.connection.path().unwrap_or_default();
        if path.is_empty() {
            return Self::in_memory();
        }
        let connection = connect(Path::new(path))?;
        keep_safely(&connection)?;
        Ok(Self {
            connection,
            lock: self.lock.clone(),
        })
    }

    /// A file that is gone when this is dropped.
    pub(crate) fn in_memory() -> rusqlite::Result<Self> {
        let connection = Connection::open_in_memory()?;
        schema::migrate(&connection, 0)?;
        Ok(Self {
            connection,
            lock: None,
        })
    }

    /// Takes out of the log what was changed, so that nothing removed is left there.
    pub(crate) fn settle(&self) -> rusqlite::Result<()> {
        let done = |_: &rusqlite::Row<'_>| Ok(());
        self.connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], done)
    }
}

impl Opened {
    /// Opens the file, making it on first use.
    ///
    /// # Errors
    /// [`StartError::Identity`] when it cannot be made or read. It is never replaced.
    pub(crate) fn open(location: &IdentityLocation) -> Result<Self, StartError> {
        let (opened, path) = match location {
            IdentityLocation::Memory => (in_memory(KeyState::ForThisSession), PathBuf::new()),
            IdentityLocation::Folder(folder) => (open_in(folder), folder.join(FILE)),
            IdentityLocation::Home(home) => (home.for_a_room(), home.folder().join(FILE)),
        };
        opened.map_err(|trouble| StartError::Identity {
            path,
            reason: trouble.to_string(),
        })
    }
}

fn in_memory(state: KeyState) -> Result<Opened, Trouble> {
    Ok(Opened {
        key: DeviceKey::from_seed(&*fresh_seed()?),
        state,
        store: Store::in_memory()?,
    })
}

fn open_in(folder: &Path) -> Result<Opened, Trouble> {
    make_private_folder(folder)?;
    let path = folder.join(FILE);
    let lock = private_file(&folder.join(LOCK_FILE))?;
    match lock.try_lock() {
        Ok(()) => {}
        // Before the other one has made the file there is nothing to share.
        Err(TryLockError::WouldBlock) if !path.exists() => return in_memory(KeyState::InUse),
        Err(TryLockError::WouldBlock) => {
            let connection = open_existing(&path)?;
            let store = Store {
                connection,
                lock: None,
            };
            return Ok(Opened {
                key: DeviceKey::from_seed(&*fresh_seed()?),
                state: KeyState::InUse,
                store,
            });
        }
        Err(TryLockError::Error(error)) => return Err(error.into()),
    }
    if !path.exists() {
        create(folder, &path)?;
    }
    let connection = open_existing(&path)?;
    let seed = connection.query_row("SELECT seed FROM device_key", [], |row| {
        row.get::<_, [u8; 32]>(0).map(Zeroizing::new)
    });
    let seed = seed.map_err(|error| match error {
        rusqlite::Error::QueryReturnedNoRows => Trouble::Damaged("it holds no key".to_owned()),
        error => describe(error),
    })?;
    let store = Store {
        connection,
        lock: Some(Arc::new(lock)),
    };
    Ok(Opened {
        key: DeviceKey::from_seed(&seed),
        state: KeyState::Kept,
        store,
    })
}

fn fresh_seed() -> Result<Zeroizing<[u8; 32]>, Trouble> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *seed).map_err(Trouble::NoRandomness)?;
    Ok(seed)
}

/// Makes the file whole under another name first: one that is cut short is never taken for new.
fn create(folder: &Path, path: &Path) -> Result<(), Trouble> {
    // A log without its database would be replayed into the new one.
    for rest in ["-wal", "-journal"] {
        if beside(path, rest).exists() {
            let what = "the file itself is gone, and only its log is left";
            return Err(Trouble::Damaged(what.to_owned()));
        }
    }
    let unfinished = beside(path, ".new");
    for left in [unfinished.clone(), beside(&unfinished, "-journal")] {
        match fs::remove_file(left) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    // Private before SQLite touches it; the files SQLite puts beside it take its permissions.
    drop(private_file(&unfinished)?);
    let connection = Connection::open(&unfinished)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    schema::migrate(&connection, 0)?;
    let seed = fresh_seed()?;
    connection.execute(
        "INSERT INTO device_key VALUES (1, ?1)",
        params![seed.as_slice()],
    )?;
    connection.close().map_err(|(_, error)| error)?;
    fs::rename(&unfinished, path)?;
    sync_folder(folder)?;
    Ok(())
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn open_existing(path: &Path) -> Result<Connection, Trouble> {
    make_private(path)?;
    if fs::metadata(path)?.len() == 0 {
        return Err(Trouble::Damaged("it is empty".to_owned()));
    }
    let connection = connect(path)?;
    let number = |name| {
        let read = connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        read.map_err(describe)
    };
    if number("application_id")? != APPLICATION_ID {
        return Err(Trouble::Damaged("it is not a file of Parlor".to_owned()));
    }
    let version = number("user_version")?;
    let known = usize::try_from(version).ok().filter(|version| *version > 0);
    let Some(known) = known else {
        return Err(Trouble::Damaged(format!("unknown version {version}")));
    };
    if known > schema::VERSION {
        return Err(Trouble::Later(version));
    }
    let checked = connection.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0));
    let checked = checked.map_err(describe)?;
    if checked != "ok" {
        return Err(Trouble::Damaged(checked));
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    schema::migrate(&connection, known)?;
    keep_safely(&connection)?;
    Ok(connection)
}

fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    Ok(connection)
}

/// What a person decided and what a receipt promised survives a power cut, and what is forgotten
/// is gone.
fn keep_safely(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")
}

/// What SQLite says of a file that is none of its own is damage for a person.
fn describe(error: rusqlite::Error) -> Trouble {
    use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
    match error.sqlite_error_code() {
        Some(NotADatabase | DatabaseCorrupt) => Trouble::Damaged(error.to_string()),
        _ => error.into(),
    }
}

#[cfg(unix)]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt as _;
    // A folder that is there already keeps its permissions: it may serve others too.
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
}

#[cfg(unix)]
fn private_file(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    options.mode(0o600).open(path)
}

#[cfg(unix)]
fn make_private(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(not(unix))]
fn make_private_folder(folder: &Path) -> io::Result<()> {
    // The person's own folders are closed to others there.
    fs::create_dir_all(folder)
}

#[cfg(not(unix))]
fn private_file(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    options.open(path)
}

#[cfg(not(unix))]
fn make_private(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests;
