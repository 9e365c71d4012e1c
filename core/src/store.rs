//! The file of local state: one SQLite database in the app's data folder, for its owner alone.
//!
//! It holds the device key and the devices that were met. Whoever opens it first has the key; a
//! second Parlor on the same folder shares what is known of others, but not the key: two sessions
//! of one device in one room would displace each other.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use parlor_engine::device::DeviceKey;
use rusqlite::{Connection, OpenFlags, params};
use zeroize::Zeroizing;

use crate::options::IdentityLocation;
use crate::room::StartError;

pub(crate) mod changes;

/// Version of the schema below, kept in the file itself.
const SCHEMA_VERSION: i64 = 2;

/// Marks the file as ours: `PRLR`.
const APPLICATION_ID: i64 = 0x5052_4C52;

/// How long one process waits for another's write.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

const FILE: &str = "parlor.db";
const LOCK_FILE: &str = "parlor.lock";

const SCHEMA: &str = "
    CREATE TABLE device_key (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        seed BLOB NOT NULL CHECK (length(seed) = 32)
    );
    CREATE TABLE known_device (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        handshake_key BLOB NOT NULL CHECK (length(handshake_key) = 32),
        signing_key BLOB NOT NULL CHECK (length(signing_key) = 32),
        name TEXT NOT NULL,
        is_verified INTEGER NOT NULL,
        first_met_at_ms INTEGER NOT NULL,
        last_met_at_ms INTEGER NOT NULL,
        UNIQUE (handshake_key, signing_key)
    );";

/// What version 2 added: transfers that outlive the app.
const TRANSFERS: &str = "
    CREATE TABLE incoming (
        room BLOB NOT NULL,
        device BLOB NOT NULL,
        transfer INTEGER NOT NULL,
        offer BLOB NOT NULL,
        files BLOB NOT NULL,
        is_paused INTEGER NOT NULL,
        stopped TEXT,
        changed_at_ms INTEGER NOT NULL,
        PRIMARY KEY (room, device, transfer)
    ) WITHOUT ROWID;
    CREATE TABLE outgoing (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        transfer INTEGER NOT NULL UNIQUE,
        room BLOB NOT NULL,
        offer BLOB NOT NULL,
        is_paused INTEGER NOT NULL,
        made_at_ms INTEGER NOT NULL
    );
    CREATE TABLE outgoing_file (
        transfer INTEGER NOT NULL,
        file INTEGER NOT NULL,
        path BLOB NOT NULL,
        PRIMARY KEY (transfer, file)
    ) WITHOUT ROWID;";

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
    _lock: Option<File>,
}

/// The key of a session and where it keeps what it learns.
pub(crate) struct Opened {
    pub(crate) key: DeviceKey,
    pub(crate) state: KeyState,
    pub(crate) store: Store,
}

/// Why the file cannot be used.
#[derive(Debug, thiserror::Error)]
enum Trouble {
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

impl Opened {
    /// Opens the file, making it on first use.
    ///
    /// # Errors
    /// [`StartError::Identity`] when it cannot be made or read. It is never replaced.
    pub(crate) fn open(location: &IdentityLocation) -> Result<Self, StartError> {
        let (opened, path) = match location {
            IdentityLocation::Memory => (in_memory(KeyState::ForThisSession), PathBuf::new()),
            IdentityLocation::Folder(folder) => (open_in(folder), folder.join(FILE)),
        };
        opened.map_err(|trouble| StartError::Identity {
            path,
            reason: trouble.to_string(),
        })
    }
}

fn in_memory(state: KeyState) -> Result<Opened, Trouble> {
    let connection = Connection::open_in_memory()?;
    connection.execute_batch(SCHEMA)?;
    connection.execute_batch(TRANSFERS)?;
    let store = Store {
        connection,
        _lock: None,
    };
    Ok(Opened {
        key: DeviceKey::from_seed(&*fresh_seed()?),
        state,
        store,
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
                _lock: None,
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
        _lock: Some(lock),
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
    let mut connection = Connection::open(&unfinished)?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "application_id", APPLICATION_ID)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    transaction.execute_batch(TRANSFERS)?;
    let seed = fresh_seed()?;
    transaction.execute(
        "INSERT INTO device_key VALUES (1, ?1)",
        params![seed.as_slice()],
    )?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()?;
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
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    let number = |name| {
        let read = connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        read.map_err(describe)
    };
    if number("application_id")? != APPLICATION_ID {
        return Err(Trouble::Damaged("it is not a file of Parlor".to_owned()));
    }
    let version = number("user_version")?;
    match version {
        1 | SCHEMA_VERSION => {}
        later if later > SCHEMA_VERSION => return Err(Trouble::Later(later)),
        unknown => return Err(Trouble::Damaged(format!("unknown version {unknown}"))),
    }
    let checked = connection.pragma_query_value(None, "quick_check", |row| row.get::<_, String>(0));
    let checked = checked.map_err(describe)?;
    if checked != "ok" {
        return Err(Trouble::Damaged(checked));
    }
    connection.pragma_update(None, "journal_mode", "WAL")?;
    migrate(&connection, version)?;
    // What a person decided about somebody survives a power cut, and what is forgotten is gone.
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "secure_delete", "ON")?;
    Ok(connection)
}

/// Brings the tables from `version` to [`SCHEMA_VERSION`], wholly or not at all.
fn migrate(connection: &Connection, version: i64) -> Result<(), Trouble> {
    if version == SCHEMA_VERSION {
        return Ok(());
    }
    let transaction = connection.unchecked_transaction()?;
    transaction.execute_batch(TRANSFERS)?;
    transaction.pragma_update(None, "user_version", SCHEMA_VERSION)?;
    transaction.commit()?;
    Ok(())
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
