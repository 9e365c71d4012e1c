use std::fs::File;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use parlor_proto::id::DeviceId;
use parlor_proto::limits::CHUNK_BYTES;
use parlor_proto::name::SafePath;
use parlor_proto::tree::{ChunkSize, OutboardBuilder};

use super::disk::PARTIALS;
use super::*;

mod space;

pub(super) const KEY: IncomingKey = IncomingKey {
    from: DeviceId([1; 16]),
    transfer: 7,
};

pub(super) struct Sent {
    pub(super) data: Vec<u8>,
    pub(super) offered: OfferedFile,
}

fn sent(name: &str, len: usize) -> Sent {
    offer(name, (0..len).map(|i| (i * 7 % 251) as u8).collect())
}

pub(super) fn offer(name: &str, data: Vec<u8>) -> Sent {
    let root = *blake3::hash(&data).as_bytes();
    let path = SafePath::sanitise(name);
    let offered = OfferedFile {
        path,
        size: data.len() as u64,
        root,
        modified_ms: Some(1_600_000_000_000),
        mime: None,
    };
    Sent { data, offered }
}

pub(super) fn chunks(sent: &Sent, file: u32) -> Vec<ChunkFrame> {
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
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
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
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
    receive(&mut inbox, 0, &sent("empty", 0)).unwrap();
    assert_eq!(std::fs::read(folder.path().join("empty")).unwrap(), b"");
}

#[test]
fn nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.txt"), b"mine").unwrap();
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
    receive(&mut inbox, 0, &sent("a.txt", 10)).unwrap();
    receive(&mut inbox, 1, &sent("a.txt", 20)).unwrap();
    drop(inbox);
    assert_eq!(std::fs::read(folder.path().join("a.txt")).unwrap(), b"mine");
    assert_eq!(names(folder.path()), ["a (2).txt", "a (3).txt", "a.txt"]);
}

#[test]
fn a_corrupt_chunk_is_refused_and_the_right_one_taken_later() {
    let folder = tempfile::tempdir().unwrap();
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
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

fn create(inbox: &mut Inbox, file: u32, sent: &Sent, may_be_whole: bool) -> DiskInput {
    let offered = sent.offered.clone();
    let request = DiskRequest::Create {
        key: KEY,
        file,
        offered,
        may_be_whole,
    };
    inbox.handle(request).unwrap()
}

/// What the inbox says it has of a file that it just opened.
fn have(created: DiskInput) -> u64 {
    match created {
        DiskInput::Created { have, .. } => have.total(),
        other => panic!("{other:?}"),
    }
}

fn write(inbox: &mut Inbox, chunk: ChunkFrame) {
    let written = inbox.handle(DiskRequest::Write { key: KEY, chunk });
    assert!(
        matches!(written, Some(DiskInput::Written { .. })),
        "{written:?}"
    );
}

/// A folder in which a file of three chunks lacks the last two.
fn begun(sent: &Sent) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
    create(&mut inbox, 0, sent, false);
    write(&mut inbox, chunks(sent, 0).remove(0));
    folder
}

fn make_old(path: &Path) {
    let long_ago = SystemTime::now() - Duration::from_hours(8 * 24);
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(long_ago).unwrap();
}

#[test]
fn what_is_there_of_a_file_stays_for_the_next_room() {
    let sent = sent("file", 3 * CHUNK_BYTES);
    let folder = begun(&sent);
    assert_eq!(names(folder.path()), [PARTIALS]);
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
    let there = have(create(&mut inbox, 5, &sent, false));
    assert_eq!(there, CHUNK_BYTES as u64);
    for chunk in chunks(&sent, 5).split_off(1) {
        write(&mut inbox, chunk);
    }
    inbox.handle(DiskRequest::Finish { key: KEY, file: 5 });
    drop(inbox);
    assert_eq!(names(folder.path()), ["file"]);
    assert_eq!(
        std::fs::read(folder.path().join("file")).unwrap(),
        sent.data
    );
}

#[test]
fn a_file_of_which_nothing_came_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
    create(&mut inbox, 0, &sent("large", 2 * CHUNK_BYTES), false);
    create(&mut inbox, 1, &sent("small", CHUNK_BYTES), false);
    drop(inbox);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_cancelled_file_leaves_nothing_behind() {
    let sent = sent("file", 3 * CHUNK_BYTES);
    let folder = begun(&sent);
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
    create(&mut inbox, 0, &sent, false);
    inbox.handle(DiskRequest::Discard { key: KEY, file: 0 });
    drop(inbox);
    assert!(names(folder.path()).is_empty());
}

#[test]
fn two_transfers_of_one_content_do_not_meet() {
    let sent = sent("file", 3 * CHUNK_BYTES);
    let folder = begun(&sent);
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
    let mut other = Inbox::open(Some(folder.path())).unwrap();
    assert_eq!(
        have(create(&mut inbox, 0, &sent, false)),
        CHUNK_BYTES as u64
    );
    receive(&mut inbox, 1, &sent).unwrap();
    receive(&mut other, 0, &sent).unwrap();
    assert_eq!(names(folder.path()), [PARTIALS, "file", "file (2)"]);
    for chunk in chunks(&sent, 0).split_off(1) {
        write(&mut inbox, chunk);
    }
    inbox.handle(DiskRequest::Finish { key: KEY, file: 0 });
    drop((inbox, other));
    for name in ["file", "file (2)", "file (3)"] {
        assert_eq!(std::fs::read(folder.path().join(name)).unwrap(), sent.data);
    }
}

#[test]
fn a_room_that_ends_does_not_take_the_partials_folder_from_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
    drop(Inbox::open(Some(folder.path())).unwrap());
    assert!(names(folder.path()).is_empty());
    receive(&mut inbox, 0, &sent("file", 10)).unwrap();
    drop(inbox);
    assert_eq!(names(folder.path()), ["file"]);
}

/// A life that was killed right after it gave a file its name left the partial's name too, and both
/// are one file now.
#[cfg(unix)]
#[test]
fn a_partial_that_was_named_is_never_written_again() {
    let sent = sent("file", 3 * CHUNK_BYTES);
    let folder = begun(&sent);
    let partials = folder.path().join(PARTIALS);
    let part = partials.join(format!("{}.part", partial::stem(&sent.offered, 0)));
    std::fs::hard_link(&part, folder.path().join("named")).unwrap();
    let before = std::fs::read(&part).unwrap();
    let mut inbox = Inbox::on(Some(Disk::open(folder.path()).unwrap()));
    std::fs::hard_link(folder.path().join("named"), &part).unwrap();
    assert_eq!(have(create(&mut inbox, 0, &sent, false)), 0);
    for chunk in chunks(&sent, 0) {
        write(&mut inbox, chunk);
    }
    inbox.handle(DiskRequest::Finish { key: KEY, file: 0 });
    drop(inbox);
    assert_eq!(names(folder.path()), ["file", "named"]);
    assert_eq!(std::fs::read(folder.path().join("named")).unwrap(), before);
    assert_eq!(
        std::fs::read(folder.path().join("file")).unwrap(),
        sent.data
    );
}

#[test]
fn a_week_old_partial_is_removed_and_what_is_younger_or_in_use_stays() {
    let (old, young) = (
        sent("old", 3 * CHUNK_BYTES),
        sent("young", 3 * CHUNK_BYTES + 1),
    );
    let in_use = sent("in use", 3 * CHUNK_BYTES + 2);
    let folder = begun(&old);
    let partials = folder.path().join(PARTIALS);
    let mut busy = Inbox::open(Some(folder.path())).unwrap();
    create(&mut busy, 0, &young, false);
    write(&mut busy, chunks(&young, 0).remove(0));
    drop(busy);
    let mut busy = Inbox::open(Some(folder.path())).unwrap();
    create(&mut busy, 0, &in_use, false);
    std::fs::write(partials.join("orphan.journal"), b"x").unwrap();
    let of = |sent: &Sent| partial::stem(&sent.offered, 0);
    for stem in [of(&old), of(&in_use), "orphan".to_owned()] {
        for end in [".part", ".journal"] {
            let path = partials.join(format!("{stem}{end}"));
            if path.exists() {
                make_old(&path);
            }
        }
    }
    let other = Inbox::open(Some(folder.path())).unwrap();
    let mut expected = vec![];
    for stem in [of(&young), of(&in_use)] {
        expected.extend([format!("{stem}.journal"), format!("{stem}.part")]);
    }
    expected.sort();
    assert_eq!(names(&partials), expected);
    drop((busy, other));
}

/// The time of a file that only waits for its name is the one its sender gave it.
#[test]
fn a_partial_with_the_time_of_its_sender_is_as_young_as_its_journal() {
    let sent = sent("file", 3 * CHUNK_BYTES);
    let folder = begun(&sent);
    let stem = partial::stem(&sent.offered, 0);
    make_old(&folder.path().join(PARTIALS).join(format!("{stem}.part")));
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
    assert_eq!(
        have(create(&mut inbox, 0, &sent, false)),
        CHUNK_BYTES as u64
    );
}

#[test]
fn a_file_that_an_earlier_life_finished_is_found_under_its_name_or_a_number() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("trip")).unwrap();
    std::fs::create_dir(folder.path().join("trip/a")).unwrap();
    std::fs::write(folder.path().join("trip/a (2)"), b"other").unwrap();
    let sent = sent("trip/a", 3 * CHUNK_BYTES);
    std::fs::write(folder.path().join("trip/a (3)"), &sent.data).unwrap();
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
    let found = create(&mut inbox, 0, &sent, true);
    let DiskInput::Finished { stored_as, .. } = found else {
        panic!("{found:?}");
    };
    assert!(stored_as.ends_with("a (3)"), "{stored_as}");
    assert_eq!(have(create(&mut inbox, 1, &sent, false)), 0);
}

#[test]
fn behind_the_first_free_name_nothing_is_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let sent = sent("a", 3 * CHUNK_BYTES);
    std::fs::write(folder.path().join("a (2)"), &sent.data).unwrap();
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
    assert_eq!(have(create(&mut inbox, 0, &sent, true)), 0);
}

#[test]
fn what_is_left_of_a_file_that_is_found_whole_is_removed() {
    let sent = sent("a", 3 * CHUNK_BYTES);
    let folder = begun(&sent);
    std::fs::write(folder.path().join("a"), &sent.data).unwrap();
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
    let found = create(&mut inbox, 0, &sent, true);
    assert!(matches!(found, DiskInput::Finished { .. }), "{found:?}");
    drop(inbox);
    assert_eq!(names(folder.path()), ["a"]);
}

#[test]
fn a_chunk_of_a_file_that_is_not_open_is_dropped() {
    let folder = tempfile::tempdir().unwrap();
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
    let chunk = chunks(&sent("file", 10), 3).remove(0);
    let answer = inbox.handle(DiskRequest::Write { key: KEY, chunk });
    let expected = (KEY, 3, 10);
    assert!(
        matches!(answer, Some(DiskInput::Dropped { key, file, len }) if (key, file, len) == expected),
        "{answer:?}"
    );
}

#[test]
fn requests_after_a_burst_of_finished_files_are_carried_out_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let inbox = Inbox::open(Some(folder.path())).unwrap();
    let (requests, queue) = mpsc::channel(QUEUE_MAX);
    let (out, mut answers) = mpsc::channel(QUEUE_MAX);
    let sent = sent("a", 10);
    for round in 0..2 {
        for file in 0..40 {
            let (offered, key) = (sent.offered.clone(), KEY);
            let may_be_whole = false;
            let chunk = chunks(&sent, file).remove(0);
            for request in [
                DiskRequest::Create {
                    key,
                    file,
                    offered,
                    may_be_whole,
                },
                DiskRequest::Write { key, chunk },
                DiskRequest::Finish { key, file },
            ] {
                if round == 0 || file == 0 {
                    requests.blocking_send(request).unwrap();
                }
            }
        }
    }
    drop(requests);
    run(inbox, queue, &out);
    drop(out);
    let mut finished = 0;
    while let Some(answer) = answers.blocking_recv() {
        match answer {
            DiskInput::Finished { .. } => finished += 1,
            DiskInput::Created { .. } | DiskInput::Written { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(finished, 41);
    assert_eq!(names(folder.path()).len(), 41);
}

#[cfg(unix)]
#[test]
fn a_link_in_the_folder_does_not_lead_out_of_it() {
    let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(outside.path(), folder.path().join("trip")).unwrap();
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
    let answer = receive(&mut inbox, 0, &sent("trip/beach.jpg", 10));
    assert!(
        matches!(answer, Some(DiskInput::StoreFailed { .. })),
        "{answer:?}"
    );
    assert!(names(outside.path()).is_empty());
}

#[test]
fn a_file_in_the_place_of_the_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, b"x").unwrap();
    assert!(Inbox::open(Some(&path)).is_err());
}
