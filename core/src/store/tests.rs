use super::*;

fn open(folder: &Path) -> Result<Opened, StartError> {
    Opened::open(&IdentityLocation::Folder(folder.to_owned()))
}

fn refusal(folder: &Path) -> String {
    let error = open(folder).err().expect("it cannot be used");
    let path = folder.join(FILE).display().to_string();
    let text = error.to_string();
    assert!(text.contains(&path), "{text}");
    text
}

#[test]
fn a_device_is_the_same_the_next_time() {
    let data = tempfile::tempdir().unwrap();
    let first = open(data.path()).unwrap();
    assert_eq!(first.state, KeyState::Kept);
    let id = first.key.id();
    drop(first);
    assert_eq!(open(data.path()).unwrap().key.id(), id);
}

#[test]
fn devices_of_two_folders_differ() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let id = |folder: &Path| open(folder).unwrap().key.id();
    assert_ne!(id(one.path()), id(other.path()));
}

#[test]
fn a_second_session_on_the_folder_runs_with_a_key_of_its_own() {
    let data = tempfile::tempdir().unwrap();
    let first = open(data.path()).unwrap();
    let second = open(data.path()).unwrap();
    assert_eq!(second.state, KeyState::InUse);
    assert_ne!(first.key.id(), second.key.id());
    let id = first.key.id();
    drop(first);
    let third = open(data.path()).unwrap();
    assert_eq!((third.state, third.key.id()), (KeyState::Kept, id));
}

#[test]
fn nothing_is_kept_in_memory() {
    let open = || Opened::open(&IdentityLocation::Memory).unwrap();
    let (one, other) = (open(), open());
    assert_eq!(one.state, KeyState::ForThisSession);
    assert_ne!(one.key.id(), other.key.id());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_what_is_made() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("deep/data");
    let opened = open(&data).unwrap();
    let connection = &opened.store.connection;
    connection
        .execute("DELETE FROM known_device", [])
        .expect("a write, so that there is a log");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let files: Vec<_> = fs::read_dir(&data).unwrap().collect();
    assert!(files.len() >= 3, "{files:?}");
    for file in files {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_others_could_read_is_closed_to_them() {
    use std::os::unix::fs::PermissionsExt as _;
    let data = tempfile::tempdir().unwrap();
    drop(open(data.path()).unwrap());
    let path = data.path().join(FILE);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    drop(open(data.path()).unwrap());
    assert_eq!(
        fs::metadata(path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn a_damaged_file_is_named_and_left_as_it_is() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().join(FILE);
    for bytes in [b"".as_slice(), b"not a database, but long enough to be one"] {
        fs::write(&path, bytes).unwrap();
        let text = refusal(data.path());
        assert!(text.contains("damaged"), "{text}");
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}

#[test]
fn a_file_cut_short_is_named_and_left_as_it_is() {
    let data = tempfile::tempdir().unwrap();
    drop(open(data.path()).unwrap());
    let path = data.path().join(FILE);
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    let text = refusal(data.path());
    assert!(text.contains("damaged"), "{text}");
    fs::write(&path, &whole).unwrap();
    assert!(open(data.path()).is_ok());
}

#[test]
fn a_file_of_a_later_version_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    drop(open(data.path()).unwrap());
    let connection = Connection::open(data.path().join(FILE)).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    let text = refusal(data.path());
    assert!(text.contains("later version"), "{text}");
}

#[test]
fn a_file_of_another_program_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    let connection = Connection::open(data.path().join(FILE)).unwrap();
    connection.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(connection);
    let text = refusal(data.path());
    assert!(text.contains("not a file of Parlor"), "{text}");
}

#[test]
fn a_file_without_its_key_gets_no_new_one() {
    let data = tempfile::tempdir().unwrap();
    let opened = open(data.path()).unwrap();
    let connection = &opened.store.connection;
    connection.execute("DELETE FROM device_key", []).unwrap();
    drop(opened);
    assert!(refusal(data.path()).contains("holds no key"));
}

#[test]
fn a_start_that_was_interrupted_is_made_up_for() {
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("parlor.db.new"), b"half").unwrap();
    assert_eq!(open(data.path()).unwrap().state, KeyState::Kept);
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("file");
    fs::write(&file, b"").unwrap();
    refusal(&file);
}

#[test]
fn a_file_of_an_earlier_version_keeps_what_it_holds() {
    for version in 1..schema::VERSION {
        let data = tempfile::tempdir().unwrap();
        let old = Connection::open(data.path().join(FILE)).unwrap();
        old.pragma_update(None, "application_id", APPLICATION_ID)
            .unwrap();
        for step in &schema::STEPS[..version] {
            old.execute_batch(step).unwrap();
        }
        let insert = "INSERT INTO device_key VALUES (1, ?1)";
        old.execute(insert, [[5_u8; 32]]).unwrap();
        let number = i64::try_from(version).unwrap();
        old.pragma_update(None, "user_version", number).unwrap();
        drop(old);
        for _ in 0..2 {
            let opened = open(data.path()).unwrap();
            let id = DeviceKey::from_seed(&[5; 32]).id();
            assert_eq!(opened.key.id(), id, "from version {version}");
            opened
                .store
                .connection
                .execute("DELETE FROM room", [])
                .unwrap();
        }
    }
}
