use super::hearsay::HEARSAY_MAX;
use super::*;
use crate::record::{OUTBOX_MAX, OwnMessages};

const ADA: DeviceId = DeviceId([1; 16]);
const WE: DeviceId = DeviceId([9; 16]);
const OURS: u64 = 7;
const THEIRS: u64 = 8;

/// Sessions of theirs.
const FIRST: u64 = 1;
const SECOND: u64 = 2;

fn fresh() -> Chat {
    Chat::new(WE, OURS, MessageRecord::default())
}

/// Says something, and the disk has it.
fn says(chat: &mut Chat, text: &str) -> Option<u64> {
    let seq = chat.say(text, None, 0, unsigned)?.seq;
    chat.on_own_durable(seq);
    Some(seq)
}

fn unsigned(_: &ChatMessage) -> [u8; 64] {
    [0; 64]
}

fn id(author: DeviceId, seq: u64) -> MessageId {
    MessageId {
        author,
        stream: THEIRS,
        seq,
    }
}

fn name() -> DisplayName {
    DisplayName::sanitise("Ada")
}

fn arrives(chat: &mut Chat, seq: u64) -> Arrival {
    chat.on_message(ADA, name(), ChatMessage::new(THEIRS, seq, 0, "hi"))
}

fn shown(durable: Option<Durable>) -> Vec<u64> {
    let messages = durable.map_or(Vec::new(), |durable| durable.messages);
    messages.iter().map(|(_, message)| message.seq).collect()
}

fn synced_with(messages: u64) -> Chat {
    let mut chat = fresh();
    for n in 0..messages {
        says(&mut chat, &format!("{n}")).unwrap();
    }
    chat.link_opened(ADA, FIRST, THEIRS);
    chat.on_stored(ADA, 0);
    chat
}

fn drain(chat: &mut Chat) -> Vec<u64> {
    core::iter::from_fn(|| chat.next_for(ADA).map(|message| message.seq)).collect()
}

#[test]
fn an_old_stream_that_is_passed_on_does_not_stand_in_for_the_authors_own() {
    let mut chat = fresh();
    chat.link_opened(ADA, FIRST, THEIRS);
    let old = ChatMessage::new(THEIRS + 1, 1, 0, "yesterday");
    let arrival = chat.on_passed((WE, ADA), name(), old.clone());
    assert_eq!(arrival, Arrival::Ignored);
    assert_eq!(arrives(&mut chat, 1), Arrival::New);
    let mut chat = fresh();
    chat.on_passed((WE, ADA), name(), old.clone());
    chat.on_durable(MessageId::of(ADA, &old));
    let opened = chat.link_opened(ADA, FIRST, THEIRS);
    assert_eq!(opened.through, 0);
    assert_eq!(arrives(&mut chat, 1), Arrival::New);
}

#[test]
fn what_others_pass_on_does_not_close_a_gap_that_is_the_authors_own() {
    let mut chat = fresh();
    for seq in 1..=2 {
        arrives(&mut chat, seq);
        chat.on_durable(id(ADA, seq));
    }
    chat.link_opened(ADA, SECOND, THEIRS);
    let passed = ChatMessage::new(THEIRS, 3, 0, "hi");
    chat.on_passed((WE, ADA), name(), passed);
    chat.on_durable(id(ADA, 3));
    assert_eq!(arrives(&mut chat, 100), Arrival::New);
}

#[test]
fn one_member_makes_so_many_authors_known_and_pushes_nobody_out() {
    let mut chat = fresh();
    arrives(&mut chat, 1);
    let eve = DeviceId([5; 16]);
    let taken = (0..1_000_u128).filter(|n| {
        let author = DeviceId(n.to_be_bytes());
        let message = ChatMessage::new(1, 1, 0, "I am many");
        chat.on_passed((eve, author), name(), message) == Arrival::New
    });
    assert_eq!(taken.count(), HEARSAY_MAX);
    assert!(chat.knows(ADA));
}

#[test]
fn nothing_is_sent_before_the_reader_says_how_far_it_is() {
    let mut chat = fresh();
    says(&mut chat, "hi").unwrap();
    chat.link_opened(ADA, FIRST, THEIRS);
    assert!(chat.next_for(ADA).is_none());
    chat.on_stored(ADA, 0);
    assert_eq!(drain(&mut chat), [1]);
}

#[test]
fn messages_without_a_receipt_are_bounded() {
    let mut chat = synced_with(100);
    assert_eq!(drain(&mut chat).len() as u64, UNSTORED_MAX);
    assert_eq!(chat.on_stored(ADA, 2), [1, 2]);
    assert_eq!(drain(&mut chat), [33, 34]);
}

#[test]
fn a_new_link_sends_again_what_has_no_receipt() {
    let mut chat = synced_with(3);
    drain(&mut chat);
    chat.on_stored(ADA, 1);
    chat.link_opened(ADA, FIRST, THEIRS);
    chat.on_stored(ADA, 1);
    assert_eq!(drain(&mut chat), [2, 3]);
}

#[test]
fn a_message_is_shown_once_however_often_it_comes() {
    let mut chat = fresh();
    assert_eq!(arrives(&mut chat, 1), Arrival::New);
    assert_eq!(arrives(&mut chat, 1), Arrival::Ignored);
    assert_eq!(shown(chat.on_durable(id(ADA, 1))), [1]);
    assert_eq!(
        arrives(&mut chat, 1),
        Arrival::Repeated { stored_through: 1 }
    );
    assert_eq!(chat.on_durable(id(ADA, 1)), None);
}

#[test]
fn a_gap_is_not_taken() {
    let mut chat = fresh();
    arrives(&mut chat, 1);
    assert_eq!(arrives(&mut chat, 3), Arrival::Ignored);
}

#[test]
fn a_gap_that_its_author_cannot_close_any_more_is_taken() {
    let mut chat = fresh();
    arrives(&mut chat, 1);
    chat.on_durable(id(ADA, 1));
    assert_eq!(chat.link_opened(ADA, FIRST, THEIRS).through, 1);
    assert_eq!(arrives(&mut chat, 500), Arrival::New);
    assert_eq!(arrives(&mut chat, 502), Arrival::Ignored);
    assert_eq!(shown(chat.on_durable(id(ADA, 500))), [500]);
}

#[test]
fn a_message_the_disk_refused_is_stored_later_and_holds_back_the_next() {
    let (mut chat, start) = (fresh(), Moment::default());
    arrives(&mut chat, 1);
    arrives(&mut chat, 2);
    chat.on_not_durable(id(ADA, 1), start);
    assert_eq!(chat.on_durable(id(ADA, 2)), None);
    assert!(chat.store_again(start).is_empty());
    let later = chat.deadline().unwrap().at;
    assert_eq!(chat.store_again(later).len(), 1);
    assert_eq!(chat.deadline(), None);
    assert_eq!(shown(chat.on_durable(id(ADA, 1))), [1, 2]);
}

#[test]
fn what_waits_for_the_disk_is_bounded_whatever_the_author_sends() {
    let mut chat = fresh();
    for seq in 1..=UNSTORED_MAX {
        assert_eq!(arrives(&mut chat, seq), Arrival::New);
    }
    assert_eq!(arrives(&mut chat, UNSTORED_MAX + 1), Arrival::Ignored);
    chat.on_durable(id(ADA, 1));
    assert_eq!(arrives(&mut chat, UNSTORED_MAX + 1), Arrival::New);
}

#[test]
fn devices_that_left_make_room_for_new_ones() {
    let mut chat = fresh();
    for n in 0..=AUTHORS_MAX {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&(n as u64).to_be_bytes());
        let device = DeviceId(bytes);
        chat.link_opened(device, FIRST, THEIRS);
        let arrival = chat.on_message(device, name(), ChatMessage::new(THEIRS, 1, 0, "hi"));
        assert_eq!(arrival, Arrival::New, "device {n}");
        chat.on_durable(id(device, 1));
        chat.left(device);
    }
}

#[test]
fn a_full_outbox_refuses_rather_than_drops_what_somebody_lacks() {
    let mut chat = synced_with(OUTBOX_MAX as u64);
    assert!(says(&mut chat, "one more").is_none());
    chat.on_stored(ADA, 1);
    assert!(says(&mut chat, "one more").is_some());
}

#[test]
fn nothing_waits_for_a_device_that_left() {
    let mut chat = synced_with(OUTBOX_MAX as u64);
    chat.left(ADA);
    assert!(says(&mut chat, "one more").is_some());
}

#[test]
fn a_receipt_for_messages_never_written_is_no_receipt() {
    let mut chat = synced_with(1);
    assert_eq!(chat.on_stored(ADA, 99), [1]);
    says(&mut chat, "later").unwrap();
    assert_eq!(drain(&mut chat), [2]);
}

#[test]
fn an_author_that_begins_anew_is_counted_anew() {
    let mut chat = fresh();
    arrives(&mut chat, 1);
    chat.on_durable(id(ADA, 1));
    chat.link_opened(ADA, FIRST, THEIRS);
    let anew = chat.link_opened(ADA, SECOND, THEIRS + 1);
    assert!(anew.has_begun_anew);
    assert_eq!(anew.through, 0);
    let first = ChatMessage::new(THEIRS + 1, 1, 0, "it is me again");
    assert_eq!(chat.on_message(ADA, name(), first), Arrival::New);
}

#[test]
fn what_the_disk_still_has_of_a_former_stream_is_shown_without_a_receipt() {
    let mut chat = fresh();
    chat.link_opened(ADA, FIRST, THEIRS);
    arrives(&mut chat, 1);
    chat.link_opened(ADA, SECOND, THEIRS + 1);
    let durable = chat.on_durable(id(ADA, 1)).unwrap();
    assert_eq!(durable.through, None);
    assert_eq!(shown(Some(durable)), [1]);
}

#[test]
fn a_reader_that_begins_anew_gets_everything_again_and_is_told_of_once() {
    let mut chat = synced_with(2);
    drain(&mut chat);
    assert_eq!(chat.on_stored(ADA, 2), [1, 2]);
    chat.link_opened(ADA, SECOND, THEIRS + 1);
    assert!(chat.on_stored(ADA, 0).is_empty());
    assert_eq!(drain(&mut chat), [1, 2]);
    assert!(chat.on_stored(ADA, 2).is_empty());
}

#[test]
fn nothing_leaves_before_it_is_durable() {
    let mut chat = synced_with(0);
    chat.say("first", None, 0, unsigned).unwrap();
    chat.say("second", None, 0, unsigned).unwrap();
    assert!(drain(&mut chat).is_empty());
    assert!(chat.on_own_durable(2).is_empty(), "the first comes first");
    assert!(drain(&mut chat).is_empty());
    assert_eq!(chat.on_own_durable(1).len(), 2);
    assert_eq!(drain(&mut chat), [1, 2]);
}

#[test]
fn an_own_message_that_the_disk_refused_is_stored_later() {
    let (mut chat, start) = (synced_with(0), Moment::default());
    let message = chat.say("hi", None, 0, unsigned).unwrap();
    chat.on_not_durable(MessageId::of(WE, &message), start);
    assert!(chat.store_again(start).is_empty());
    let later = chat.deadline().unwrap().at;
    assert_eq!(chat.store_again(later).len(), 1);
    chat.on_own_durable(1);
    assert_eq!(drain(&mut chat), [1]);
    assert_eq!(chat.deadline(), None);
}

fn after_a_restart(own: u64) -> Chat {
    let messages = (1..=own).map(|seq| ChatMessage::new(OURS, seq, 0, "before"));
    let record = MessageRecord {
        own: Some(OwnMessages {
            stream: OURS,
            messages: messages.collect(),
        }),
        authors: vec![AuthorRecord {
            device: ADA,
            stream: THEIRS,
            through: 5,
        }],
        readers: vec![ReaderRecord {
            device: ADA,
            through: 1,
        }],
    };
    Chat::new(WE, OURS + 1, record)
}

#[test]
fn what_was_said_before_a_restart_is_sent_and_counted_on() {
    let mut chat = after_a_restart(2);
    assert_eq!(chat.stream(), OURS);
    assert_eq!(says(&mut chat, "after"), Some(3));
    chat.link_opened(ADA, FIRST, THEIRS);
    chat.on_stored(ADA, 1);
    assert_eq!(drain(&mut chat), [2, 3]);
}

#[test]
fn a_receipt_is_told_of_once_across_restarts() {
    let mut chat = after_a_restart(2);
    chat.link_opened(ADA, FIRST, THEIRS);
    assert_eq!(chat.on_stored(ADA, 2), [2]);
}

#[test]
fn what_is_stored_is_not_asked_for_after_a_restart() {
    let mut chat = after_a_restart(0);
    let opened = chat.link_opened(ADA, FIRST, THEIRS);
    assert_eq!(opened.through, 5);
    assert!(!opened.has_begun_anew, "we began anew, and not they");
    let again = arrives(&mut chat, 5);
    assert_eq!(again, Arrival::Repeated { stored_through: 5 });
}

#[test]
fn nothing_waits_for_a_reader_that_was_here_before_the_restart() {
    let mut chat = after_a_restart(OUTBOX_MAX as u64);
    assert!(says(&mut chat, "one more").is_some());
}

#[test]
fn a_new_session_of_the_same_stream_may_have_lost_its_transfers_and_not_its_messages() {
    let mut chat = synced_with(0);
    arrives(&mut chat, 1);
    chat.on_durable(id(ADA, 1));
    let opened = chat.link_opened(ADA, SECOND, THEIRS);
    assert!(opened.has_begun_anew);
    assert_eq!(opened.through, 1);
}
