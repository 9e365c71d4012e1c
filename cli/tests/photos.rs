//! Photos sent without, and files sent with, what they tell.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its scene has failed"
)]

mod common;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use common::{Parlor, text};

/// EXIF with the orientation 6 and an entry for a directory of places, as a segment of a JPEG.
const EXIF: &[u8] = b"\xFF\xE1\0\x2EExif\0\0II*\0\x08\0\0\0\x02\0\
    \x12\x01\x03\0\x01\0\0\0\x06\0\0\0\x25\x88\x04\0\x01\0\0\0\x26\0\0\0\0\0\0\0";

/// A photo that says that it has a place; gives its path and its bytes.
fn photo(folder: &Path) -> (PathBuf, Vec<u8>) {
    let path = folder.join("harbour.jpg");
    image::RgbImage::new(40, 30).save(&path).unwrap();
    let plain = std::fs::read(&path).unwrap();
    let photo = [&plain[..2], EXIF, &plain[2..]].concat();
    std::fs::write(&path, &photo).unwrap();
    (path, photo)
}

/// What arrives, and what the sender was told about it.
fn sent(path: &Path, more: &[&dyn AsRef<OsStr>]) -> (Vec<u8>, String) {
    let to = tempfile::tempdir().unwrap();
    let send: [&dyn AsRef<OsStr>; 2] = [&"send", &path];
    let mut sender = Parlor::open(&[&send, more].concat());
    let link = sender.link();
    let told = text(&sender.next("note")["text"]);
    let mut receiver = Parlor::start(&[&"receive", &link, &"--out", &to.path(), &"--yes"]);
    receiver.succeed();
    sender.succeed();
    let arrived = std::fs::read(to.path().join("harbour.jpg")).unwrap();
    (arrived, told)
}

#[test]
fn as_photos_they_arrive_without_their_place_and_the_sender_is_told_so() {
    let from = tempfile::tempdir().unwrap();
    let (path, photo) = photo(from.path());
    let (arrived, told) = sent(&path, &[&"--as-photos"]);
    assert!(told.contains("without location and camera data"), "{told}");
    assert!(!arrived.windows(4).any(|bytes| bytes == [0x25, 0x88, 4, 0]));
    assert!(arrived.len() < photo.len());
}

#[test]
fn as_files_they_arrive_byte_for_byte_and_the_sender_is_warned_of_the_place() {
    let from = tempfile::tempdir().unwrap();
    let (path, photo) = photo(from.path());
    let (arrived, told) = sent(&path, &[]);
    assert!(told.contains("location data included"), "{told}");
    assert!(
        told.contains("harbour.jpg") && told.contains("--as-photos"),
        "{told}"
    );
    assert_eq!(arrived, photo);
}

#[test]
fn in_a_room_photos_have_a_command_of_their_own() {
    let from = tempfile::tempdir().unwrap();
    let notes = from.path().join("notes.txt");
    std::fs::write(&notes, b"hello").unwrap();
    let mut ada = Parlor::open(&[&"room"]);
    ada.link();
    ada.type_line(&format!("/photo {}", notes.display()));
    let told = |line: &serde_json::Value| text(&line["text"]).contains("without location");
    ada.next_where("note", told);
    let reason = text(&ada.next("not_prepared")["reason"]);
    assert!(reason.contains("send it as a file"), "{reason}");
    ada.type_line("/leave");
    ada.succeed();
}
