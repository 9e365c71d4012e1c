//! Files from `parlor send` to `parlor receive`, as two processes.

mod common;

use common::{Parlor, hash, text, tree, write_noise};

/// As large as a phone's photo.
const PHOTO_BYTES: usize = 2_345_678;

/// Long enough that windows, credit and hashing of all parts come into play.
const LARGE_BYTES: usize = 200 * 1024 * 1024;

#[test]
fn a_photo_an_empty_file_and_a_folder_arrive_as_they_were() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let trip = from.path().join("trip");
    write_noise(&trip.join("harbour.jpg"), PHOTO_BYTES);
    write_noise(&trip.join("empty"), 0);
    write_noise(&trip.join("day 1/notes/ünïcode 👋.txt"), 70_000);
    write_noise(&trip.join("day 1/.hidden"), 65_536);
    let single = from.path().join("single.bin");
    write_noise(&single, 1);
    let out = to.path().join("made/by/parlor");

    let mut sender = Parlor::open(&[&"send", &trip, &single, &"--name", &"Ada"]);
    let link = sender.link();
    let mut receiver = Parlor::start(&[
        &"receive", &link, &"--out", &out, &"--yes", &"--name", &"Bob",
    ]);
    receiver.succeed();
    sender.succeed();

    let mut expected = tree(&trip)
        .into_iter()
        .map(|(path, hash)| (std::path::Path::new("trip").join(path), hash))
        .collect::<std::collections::BTreeMap<_, _>>();
    expected.insert("single.bin".into(), hash(&single));
    assert_eq!(tree(&out), expected);

    let received = receiver.all("file_received");
    assert_eq!(received.len(), expected.len());
    for file in received {
        let path = std::path::PathBuf::from(text(&file["path"]));
        assert_eq!(text(&file["blake3"]), hash(&path));
        assert_eq!(file["size"], path.metadata().unwrap().len());
        assert_eq!(file["name"], "Ada");
    }
    let complete = receiver.all("transfer_complete");
    let bytes = PHOTO_BYTES + 70_000 + 65_536 + 1;
    assert_eq!(complete[0]["bytes"], bytes);
    assert_eq!(complete[0]["files"], expected.len());
    assert_eq!(sender.all("transfer_complete")[0]["bytes"], bytes);
    assert_eq!(sender.all("file_delivered").len(), expected.len());
}

#[test]
fn a_large_file_arrives_and_its_progress_is_told() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = from.path().join("film.mkv");
    write_noise(&file, LARGE_BYTES);

    let mut sender = Parlor::open(&[&"send", &file]);
    let link = sender.link();
    let mut receiver = Parlor::start(&[&"receive", &link, &"--out", &to.path(), &"--yes"]);
    receiver.succeed();
    sender.succeed();

    assert_eq!(hash(&to.path().join("film.mkv")), hash(&file));
    for side in [&receiver, &sender] {
        let progress = side.all("progress");
        assert!(!progress.is_empty());
        let done: Vec<u64> = progress
            .iter()
            .map(|p| p["done_bytes"].as_u64().unwrap())
            .collect();
        assert!(done.is_sorted(), "{done:?}");
        assert!(done.iter().all(|done| *done <= LARGE_BYTES as u64));
        assert!(progress.iter().all(|p| p["total_bytes"] == LARGE_BYTES));
    }
}

#[test]
fn many_files_make_several_offers_and_all_arrive() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let many = from.path().join("many");
    for number in 0..300 {
        write_noise(&many.join(format!("{number:03}.txt")), number);
    }
    let mut sender = Parlor::open(&[&"send", &many]);
    let link = sender.link();
    let mut receiver = Parlor::start(&[&"receive", &link, &"--out", &to.path(), &"--yes"]);
    receiver.succeed();
    sender.succeed();
    assert!(receiver.all("offered").len() > 1);
    assert_eq!(tree(&to.path().join("many")), tree(&many));
}

#[test]
fn nothing_is_overwritten() {
    let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = from.path().join("photo.jpg");
    write_noise(&file, 1000);
    std::fs::write(to.path().join("photo.jpg"), b"mine").unwrap();
    let mut sender = Parlor::open(&[&"send", &file]);
    let link = sender.link();
    let mut receiver = Parlor::start(&[&"receive", &link, &"--out", &to.path(), &"--yes"]);
    receiver.succeed();
    sender.succeed();
    assert_eq!(std::fs::read(to.path().join("photo.jpg")).unwrap(), b"mine");
    assert_eq!(hash(&to.path().join("photo (2).jpg")), hash(&file));
}

#[cfg(unix)]
#[test]
fn keep_serves_one_receiver_after_the_other_until_it_is_stopped() {
    let from = tempfile::tempdir().unwrap();
    let file = from.path().join("photo.jpg");
    write_noise(&file, PHOTO_BYTES);
    let mut sender = Parlor::open(&[&"send", &file, &"--keep"]);
    let link = sender.link();
    for name in ["Bob", "Cem"] {
        let to = tempfile::tempdir().unwrap();
        let mut receiver = Parlor::start(&[
            &"receive",
            &link,
            &"--out",
            &to.path(),
            &"--yes",
            &"--name",
            &name,
        ]);
        receiver.succeed();
        assert_eq!(hash(&to.path().join("photo.jpg")), hash(&file));
        sender.next_where("transfer_complete", |line| line["name"] == name);
    }
    sender.interrupt();
    sender.fail(130, "interrupted", "Stopped");
}

#[test]
fn the_link_can_come_from_stdin_or_the_environment() {
    let from = tempfile::tempdir().unwrap();
    let file = from.path().join("photo.jpg");
    write_noise(&file, 1000);
    let mut sender = Parlor::open(&[&"send", &file, &"--keep"]);
    let link = sender.link();

    let to = tempfile::tempdir().unwrap();
    let mut receiver = Parlor::start(&[&"receive", &"-", &"--out", &to.path(), &"--yes"]);
    receiver.type_line(&link);
    receiver.succeed();
    assert_eq!(hash(&to.path().join("photo.jpg")), hash(&file));

    let to = tempfile::tempdir().unwrap();
    let status = common::command(&[&"receive", &"--out", &to.path(), &"--yes"])
        .env("PARLOR_LINK", link)
        .output()
        .unwrap();
    assert_eq!(status.status.code(), Some(0), "{status:?}");
    assert_eq!(hash(&to.path().join("photo.jpg")), hash(&file));
}
