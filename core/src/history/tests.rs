use parlor_engine::device::DeviceKey;
use parlor_proto::name::SafePath;

use super::*;

const ROOM: RoomId = RoomId([1; 16]);
const ADA: DeviceId = DeviceId([2; 16]);
const BOB: DeviceId = DeviceId([3; 16]);
const STREAM: u64 = u64::MAX;

fn history() -> History {
    History::of(Store::in_memory().unwrap())
}

fn message(stream: u64, seq: u64) -> ChatMessage {
    ChatMessage::new(stream, seq, 5, "hello")
}

fn member(name: &str, colour: u8) -> Member {
    Member {
        public: *DeviceKey::from_seed(&[3; 32]).public(),
        name: DisplayName::sanitise(name),
        avatar: Avatar { colour, emblem: 0 },
    }
}

fn last(history: &History, max: u32) -> Vec<KeptEntry> {
    history.entries_before(ROOM, None, max).unwrap()
}

fn offered(name: &str) -> OfferedFile {
    OfferedFile {
        path: SafePath::sanitise(name),
        size: 7,
        root: [9; 32],
        modified_ms: None,
        mime: None,
    }
}

#[test]
fn a_message_is_kept_as_it_was_said() {
    let history = history();
    history.keep(ROOM, ADA, &message(STREAM, 1)).unwrap();
    let [entry] = &last(&history, 10)[..] else {
        panic!("one entry");
    };
    assert_eq!(entry.author, ADA);
    let content = KeptContent::Message {
        stream: STREAM,
        seq: 1,
        written_at_ms: 5,
        text: "hello".to_owned(),
        signature: [0; 64],
        in_reply_to: None,
        quoted: None,
    };
    assert_eq!(entry.content, content);
}

#[test]
fn an_offer_is_kept_once_with_the_places_of_its_files() {
    let history = history();
    let files = [offered("a.jpg"), offered("b.jpg")];
    for _ in 0..2 {
        history.keep_offer(ROOM, BOB, u64::MAX, &files).unwrap();
    }
    let path = Path::new("/photos/b.jpg");
    history.keep_path(ROOM, BOB, (u64::MAX, 1), path).unwrap();
    let [entry] = &last(&history, 10)[..] else {
        panic!("one entry");
    };
    let content = KeptContent::Offer {
        transfer: u64::MAX,
        files: files.to_vec(),
        paths: BTreeMap::from([(1, path.to_owned())]),
    };
    assert_eq!(entry.content, content);
}

#[test]
fn members_go_by_their_latest_name() {
    let history = history();
    let keeps = |name: &str, colour| {
        let member = member(name, colour);
        history.keep_member(ROOM, &member, false).unwrap();
    };
    keeps("Bob", 1);
    keeps("Robert", 2);
    let members = history.members(ROOM).unwrap();
    let robert = &members[&member("Robert", 2).public.id()];
    assert_eq!((robert.name.as_str(), robert.avatar.colour), ("Robert", 2));
    assert_eq!(members.len(), 1);
}

#[test]
fn what_others_say_of_somebody_counts_only_until_they_come_themselves() {
    let history = history();
    let keeps = |name: &str, is_hearsay| {
        let member = member(name, 1);
        history.keep_member(ROOM, &member, is_hearsay).unwrap();
        let members = history.members(ROOM).unwrap();
        members[&member.public.id()].name.as_str().to_owned()
    };
    assert_eq!(keeps("a friend of mine", true), "a friend of mine");
    assert_eq!(keeps("Bob", false), "Bob");
    assert_eq!(keeps("Mallory", true), "Bob");
}

#[test]
fn what_is_passed_on_comes_with_its_author_and_as_it_was_signed() {
    let history = history();
    let author = member("Bob", 1);
    let id = author.public.id();
    let mut answer = message(STREAM, 2);
    answer.signature = [7; 64];
    answer.in_reply_to = Some(MessageId {
        author: ADA,
        stream: u64::MAX,
        seq: 9,
    });
    history.keep(ROOM, id, &message(STREAM, 1)).unwrap();
    history.keep(ROOM, id, &answer).unwrap();
    history.keep(ROOM, id, &message(1, 1)).unwrap();
    let first = MessageId {
        author: id,
        stream: STREAM,
        seq: 1,
    };
    let after = |seq| history.messages_after(ROOM, MessageId { seq, ..first }, 9);
    let (who, messages) = after(1).unwrap();
    assert_eq!((who, messages), (None, vec![answer]));
    history.keep_member(ROOM, &author, false).unwrap();
    let (who, messages) = after(0).unwrap();
    assert_eq!(who, Some((author.public, author.name)));
    assert_eq!(messages.len(), 2);
}

#[test]
fn an_answer_comes_with_the_text_that_it_answers() {
    let history = history();
    let first = message(STREAM, 1);
    let mut answer = message(STREAM, 2);
    answer.in_reply_to = Some(MessageId::of(ADA, &first));
    let quoted = || match &last(&history, 1)[0].content {
        KeptContent::Message { quoted, .. } => quoted.clone(),
        KeptContent::Offer { .. } => None,
    };
    history.keep(ROOM, BOB, &answer).unwrap();
    assert_eq!(quoted(), None, "of a message that never came");
    history.keep(ROOM, ADA, &first).unwrap();
    let answer = ChatMessage { seq: 3, ..answer };
    history.keep(ROOM, BOB, &answer).unwrap();
    assert_eq!(quoted().as_deref(), Some("hello"));
}

#[test]
fn a_message_kept_twice_is_there_once() {
    let history = history();
    history
        .keep(ROOM, ADA, &ChatMessage::new(STREAM, 1, 5, "hello"))
        .unwrap();
    history
        .keep(ROOM, ADA, &ChatMessage::new(STREAM, 1, 5, "hello"))
        .unwrap();
    assert_eq!(last(&history, 10).len(), 1);
}

#[test]
fn the_same_number_in_another_stream_is_another_message() {
    let history = history();
    for stream in [STREAM, 1] {
        let message = ChatMessage::new(stream, 1, 5, "hello");
        history.keep(ROOM, ADA, &message).unwrap();
    }
    assert_eq!(last(&history, 10).len(), 2);
}

#[test]
fn the_last_messages_of_one_room_come_oldest_first() {
    let history = history();
    for seq in 1..=5 {
        history
            .keep(ROOM, ADA, &ChatMessage::new(STREAM, seq, 0, "x"))
            .unwrap();
    }
    history
        .keep(
            RoomId([9; 16]),
            ADA,
            &ChatMessage::new(STREAM, 1, 0, "elsewhere"),
        )
        .unwrap();
    let seq = |entry: &KeptEntry| match entry.content {
        KeptContent::Message { seq, .. } => seq,
        KeptContent::Offer { .. } => 0,
    };
    let seqs: Vec<u64> = last(&history, 3).iter().map(seq).collect();
    assert_eq!(seqs, [3, 4, 5]);
}

#[test]
fn a_later_session_goes_on_from_its_last_stream() {
    let history = history();
    for (stream, seq) in [(1, 1), (1, 2), (STREAM, 7), (STREAM, 8)] {
        history.keep(ROOM, ADA, &message(stream, seq)).unwrap();
    }
    history.keep(ROOM, BOB, &message(5, 4)).unwrap();
    history.keep_receipt(ROOM, BOB, STREAM, 7).unwrap();
    let record = history.record(ROOM, ADA).unwrap();
    let own = record.own.unwrap();
    assert_eq!(own.messages, [message(STREAM, 7), message(STREAM, 8)]);
    let (device, through) = (BOB, 4);
    let author = AuthorRecord {
        device,
        stream: 5,
        through,
    };
    assert_eq!(record.authors, [author]);
    assert_eq!(record.readers, [ReaderRecord { device, through: 7 }]);
}

#[test]
fn receipts_of_a_former_stream_do_not_count() {
    let history = history();
    history.keep(ROOM, ADA, &message(STREAM, 1)).unwrap();
    history.keep_receipt(ROOM, BOB, 1, 99).unwrap();
    assert_eq!(history.record(ROOM, ADA).unwrap().readers, []);
}
