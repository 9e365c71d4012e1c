//! Files for which there is no room.

use super::*;

/// What becomes of a file of that size before any of it is there.
fn creation(size: impl Fn(&Path) -> u64) -> Option<DiskInput> {
    let folder = tempfile::tempdir().unwrap();
    let mut inbox = Inbox::open(Some(folder.path())).unwrap();
    let mut offered = sent("huge", 1).offered;
    offered.size = size(folder.path());
    let answer = inbox.handle(DiskRequest::Create {
        key: KEY,
        file: 0,
        offered,
        may_be_whole: false,
    });
    assert!(names(&folder.path().join(PARTIALS)).is_empty());
    answer
}

#[test]
fn a_file_larger_than_the_disk_is_refused_for_good() {
    let answer = creation(|_| 1 << 49);
    let Some(DiskInput::StoreFailed { reason, .. }) = answer else {
        panic!("{answer:?}")
    };
    assert!(reason.contains("the whole disk has"), "{reason}");
}

#[test]
fn a_file_larger_than_what_is_free_has_to_wait() {
    let answer = creation(|folder| fs4::available_space(folder).unwrap());
    let Some(DiskInput::NoSpace { reason, .. }) = answer else {
        panic!("{answer:?}")
    };
    assert!(reason.contains("not enough space"), "{reason}");
}
