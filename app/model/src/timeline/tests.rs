//! How entries come together.

use super::*;

const ADA: DeviceId = DeviceId([1; 16]);

fn key(seq: u64) -> EntryKey {
    EntryKey::Message {
        author: ADA,
        stream: 1,
        seq,
    }
}

fn kept(seq: u64) -> Entry {
    Entry {
        key: key(seq),
        place: Some(seq),
        at_ms: seq,
        body: Body::said(format!("message {seq}"), None),
    }
}

fn keys(timeline: &Timeline) -> Vec<EntryKey> {
    timeline.entries().iter().map(|entry| entry.key).collect()
}

#[test]
fn a_message_is_shown_once_when_history_and_session_both_tell_it() {
    let mut timeline = Timeline::default();
    timeline.push(kept(3));
    timeline.prepend(vec![kept(2), kept(3)], true);
    timeline.push(kept(3));
    assert_eq!(keys(&timeline), [key(2), key(3)]);
}

#[test]
fn older_entries_come_before_what_is_there() {
    let mut timeline = Timeline::default();
    timeline.prepend(vec![kept(3), kept(4)], true);
    assert_eq!(timeline.first_place(), Some(3));
    timeline.prepend(vec![kept(1), kept(2)], false);
    assert_eq!(keys(&timeline), [key(1), key(2), key(3), key(4)]);
    assert!(!timeline.has_older);
}

#[test]
fn a_message_keeps_its_line_when_it_gets_its_number() {
    let mut timeline = Timeline::default();
    timeline.push_pending("hello".to_owned(), None, 1);
    timeline.push(kept(9));
    timeline.number(key(1), ("hello", None), 2);
    assert_eq!(keys(&timeline), [key(1), key(9)]);
    assert!(timeline.find(key(1)).is_some());
}

#[test]
fn of_two_equal_messages_the_first_is_numbered_first() {
    let mut timeline = Timeline::default();
    timeline.push_pending("yes".to_owned(), None, 1);
    timeline.push_pending("yes".to_owned(), None, 2);
    timeline.number(key(1), ("yes", None), 3);
    assert_eq!(keys(&timeline), [key(1), EntryKey::Pending(2)]);
}

#[test]
fn a_message_that_failed_can_be_taken_out_to_be_said_again() {
    let mut timeline = Timeline::default();
    let pending = timeline.push_pending("hello".to_owned(), None, 1);
    assert_eq!(timeline.take_failed(pending), None);
    timeline.fail("hello", "too many wait");
    let said = ("hello".to_owned(), None);
    assert_eq!(timeline.take_failed(pending), Some(said));
    assert!(timeline.entries().is_empty());
}

#[test]
fn what_the_history_has_already_is_not_doubled_by_its_number() {
    let mut timeline = Timeline::default();
    timeline.push_pending("message 1".to_owned(), None, 1);
    timeline.prepend(vec![kept(1)], false);
    timeline.number(key(1), ("message 1", None), 2);
    assert_eq!(keys(&timeline), [key(1)]);
}

#[test]
fn a_message_that_fails_is_the_one_with_its_text() {
    let mut timeline = Timeline::default();
    let refused = timeline.push_pending("a".to_owned(), None, 1);
    timeline.push_pending("b".to_owned(), None, 2);
    timeline.fail("a", "too many wait");
    timeline.number(key(1), ("b", None), 3);
    assert_eq!(keys(&timeline), [EntryKey::Pending(refused), key(1)]);
}
