use bytes::Bytes;
use parlor_proto::id::DeviceId;
use parlor_proto::limits::CHUNK_BYTES;
use parlor_proto::tree::{ChunkSize, OutboardBuilder};

use super::*;

const KEY: IncomingKey = IncomingKey {
    from: DeviceId([1; 16]),
    transfer: 7,
};

struct Sent {
    data: Vec<u8>,
    offered: OfferedFile,
}

fn sent(name: &str, len: usize) -> Sent {
    let data: Vec<u8> = (0..len).map(|i| (i * 7 % 251) as u8).collect();
    let root = *blake3::hash(&data).as_bytes();
    let path = SafePath::sanitise(name);
    let offered = OfferedFile {
        path,
        size: len as u64,
        root,
        modified_ms: Some(1_600_000_000_000),
        mime: None,
    };
    Sent { data, offered }
}

fn chunks(sent: &Sent, file: u32) -> Vec<ChunkFrame> {
    let mut builder = OutboardBuilder::default();
    sent.data
        .chunks(CHUNK_BYTES)
        .for_each(|chunk| builder.push(chunk));
    let outboard = builder.finish();
    let frame = |(index, data): (usize, &[u8])| {
        let offset = (index * CHUNK_BYTES) as u64;
        let proof = outboard.proof(offset).unwrap();
        let data = Bytes::copy_from_slice(data);
        ChunkFrame {
            transfer: 7,
            file,
            offset,
            chunk: ChunkSize::PREFERRED,
            proof,
            data,
        }
    };
    sent.data
        .chunks(CHUNK_BYTES)
        .enumerate()
        .map(frame)
        .collect()
}

fn receive(inbox: &mut Inbox, file: u32, sent: &Sent) -> Option<DiskInput> {
    let offered = sent.offered.clone();
    let created = inbox.handle(DiskRequest::Create {
        key: KEY,
        file,
        offered,
        may_be_whole: false,
    });
    assert!(
        matches!(created, Some(DiskInput::Created { .. })),
        "{created:?}"
    );
    for chunk in chunks(sent, file) {
        let written = inbox.handle(DiskRequest::Write { key: KEY, chunk });
        assert!(
            matches!(written, Some(DiskInput::Written { .. })),
            "{written:?}"
        );
    }
    inbox.handle(DiskRequest::Finish { key: KEY, file })
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn a_whole_file_gets_its_name_its_bytes_and_its_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut inbox = Inbox::open(Some(folder.path()), 1).unwrap();
    let sent = sent("trip/beach.jpg", 3 * CHUNK_BYTES + 5);
    receive(&mut inbox, 0, &sent).unwrap();
    drop(inbox);
    assert_eq!(names(folder.path()), ["trip"]);
    let path = folder.path().join("trip/beach.jpg");
    assert_eq!(std::fs::read(&path).unwrap(), sent.data);
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    let age = modified.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(age, Duration::from_millis(1_600_000_000_000));
}

#[test]
fn an_empty_file_arrives_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut inbox = Inbox::open(Some(folder.path()), 1).unwrap();
    receive(&mut inbox, 0, &sent("empty", 0)).unwrap();
    assert_eq!(std::fs::read(folder.path().join("empty")).unwrap(), b"");
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), b"mine").unwrap();
    let mut inbox = Inbox::open(Some(folder.path()), 1).unwrap();
    receive(&mut inbox, 0, &sent("a.txt", 10)).unwrap();
    receive(&mut inbox, 1, &sent("a.txt", 20)).unwrap();
    drop(inbox);
    assert_eq!(std::fs::read(folder.path().join("a.txt")).unwrap(), b"mine");
    assert_eq!(names(folder.path()), ["a (2).txt", "a (3).txt", "a.txt"]);
}

#[test]
fn a_corrupt_chunk_is_refused_and_the_right_one_taken_later() {
    let folder = tempfile::tempdir().unwrap();
    let mut inbox = Inbox::open(Some(folder.path()), 1).unwrap();
    let sent = sent("file", 2 * CHUNK_BYTES);
    let offered = sent.offered.clone();
    inbox.handle(DiskRequest::Create {
        key: KEY,
        file: 0,
        offered,
        may_be_whole: false,
    });
    let mut chunk = chunks(&sent, 0).remove(1);
    let good = chunk.clone();
    let mut data = chunk.data.to_vec();
    data[17] ^= 4;
    chunk.data = data.into();
    let answer = inbox.handle(DiskRequest::Write { key: KEY, chunk });
    assert!(
        matches!(answer, Some(DiskInput::Corrupt { .. })),
        "{answer:?}"
    );
    let answer = inbox.handle(DiskRequest::Write {
        key: KEY,
        chunk: good,
    });
    assert!(
        matches!(answer, Some(DiskInput::Written { .. })),
        "{answer:?}"
    );
}

#[test]
fn an_unfinished_file_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut inbox = Inbox::open(Some(folder.path()), 1).unwrap();
    let sent = sent("file", 2 * CHUNK_BYTES);
    let offered = sent.offered.clone();
    inbox.handle(DiskRequest::Create {
        key: KEY,
        file: 0,
        offered,
        may_be_whole: false,
    });
    inbox.handle(DiskRequest::Write {
        key: KEY,
        chunk: chunks(&sent, 0).remove(0),
    });
    assert_eq!(names(folder.path()), [PARTIALS]);
    drop(inbox);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn what_a_killed_process_left_is_removed_and_what_is_in_use_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut busy = Inbox::open(Some(folder.path()), 1).unwrap();
    let offered = sent("file", 2 * CHUNK_BYTES).offered;
    busy.handle(DiskRequest::Create {
        key: KEY,
        file: 0,
        offered,
        may_be_whole: false,
    });
    let partials = folder.path().join(PARTIALS);
    let [in_use] = &names(&partials)[..] else {
        panic!("one partial");
    };
    std::fs::write(partials.join("left.part"), b"half a file").unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    for name in [in_use, "left.part"] {
        let file = File::options()
            .write(true)
            .open(partials.join(name))
            .unwrap();
        file.set_modified(long_ago).unwrap();
    }
    let other = Inbox::open(Some(folder.path()), 2).unwrap();
    assert_eq!(names(&partials), std::slice::from_ref(in_use));
    drop((busy, other));
    assert!(names(folder.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn a_link_in_the_folder_does_not_lead_out_of_it() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(outside.path(), folder.path().join("trip")).unwrap();
    let mut inbox = Inbox::open(Some(folder.path()), 1).unwrap();
    let answer = receive(&mut inbox, 0, &sent("trip/beach.jpg", 10));
    assert!(
        matches!(answer, Some(DiskInput::StoreFailed { .. })),
        "{answer:?}"
    );
    assert!(names(outside.path()).is_empty());
}

#[test]
fn a_file_larger_than_the_disk_is_refused_before_it_begins() {
    let folder = tempfile::tempdir().unwrap();
    let mut inbox = Inbox::open(Some(folder.path()), 1).unwrap();
    let mut offered = sent("huge", 1).offered;
    offered.size = 1 << 49;
    let answer = inbox.handle(DiskRequest::Create {
        key: KEY,
        file: 0,
        offered,
        may_be_whole: false,
    });
    let Some(DiskInput::StoreFailed { reason, .. }) = answer else {
        panic!("{answer:?}")
    };
    assert!(reason.contains("not enough space"), "{reason}");
}

/// The files have their length at once and take no space before they are written, so the volume
/// itself does not say what is promised.
#[test]
fn files_under_way_cannot_promise_the_same_space_twice() {
    let folder = tempfile::tempdir().unwrap();
    let mut inbox = Inbox::open(Some(folder.path()), 1).unwrap();
    let free = fs4::available_space(folder.path()).unwrap() - RESERVED_BYTES;
    let create = |inbox: &mut Inbox, file| {
        let mut offered = sent("huge", 1).offered;
        offered.size = free / 3 * 2;
        inbox.handle(DiskRequest::Create {
            key: KEY,
            file,
            offered,
            may_be_whole: false,
        })
    };
    let first = create(&mut inbox, 0);
    assert!(
        matches!(first, Some(DiskInput::Created { .. })),
        "{first:?}"
    );
    let second = create(&mut inbox, 1);
    assert!(
        matches!(&second, Some(DiskInput::StoreFailed { reason, .. }) if reason.contains("not enough space")),
        "{second:?}"
    );
    inbox.handle(DiskRequest::Discard { key: KEY, file: 0 });
    let third = create(&mut inbox, 1);
    assert!(
        matches!(third, Some(DiskInput::Created { .. })),
        "{third:?}"
    );
}

#[test]
fn a_file_in_the_place_of_the_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, b"x").unwrap();
    assert!(Inbox::open(Some(&path), 1).is_err());
}
