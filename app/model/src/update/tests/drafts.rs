//! What is begun to be written, and when it is kept.

use super::*;
use crate::timeline::{Body, Entry};

fn write(model: &mut Model, text: &str) {
    in_room(model, RoomIntent::Draft(text.to_owned()));
}

/// What is kept of drafts a second later.
fn kept(model: &mut Model) -> Vec<String> {
    let now_ms = model.now_ms + 1000;
    let effects = report(model, Report::Clock(now_ms));
    let drafts = effects.into_iter().filter_map(|effect| match effect {
        Effect::KeepDraft(_, draft) => Some(draft),
        _ => None,
    });
    drafts.collect()
}

#[test]
fn what_is_begun_is_kept_once_for_all_that_was_typed_in_a_second() {
    let mut model = in_a_room();
    write(&mut model, "s");
    write(&mut model, "see");
    assert_eq!(kept(&mut model), ["see"]);
    assert!(kept(&mut model).is_empty());
}

/// What an effect keeps of drafts; none for another one.
fn kept_by(effect: &Effect) -> Option<&str> {
    match effect {
        Effect::KeepDraft(_, draft) => Some(draft),
        _ => None,
    }
}

#[test]
fn what_is_sent_is_kept_before_that_until_it_is_stored_as_a_message() {
    let mut model = in_a_room();
    write(&mut model, "hello");
    let effects = in_room(&mut model, RoomIntent::Say("hello".to_owned()));
    assert_eq!(kept_by(&effects[0]), Some("hello"));
    assert!(matches!(effects[1], Effect::Room(_, RoomEffect::Say(..))));
    assert!(kept(&mut model).is_empty());
    let effects = notice(&mut model, said(1, "hello"));
    assert_eq!(kept_by(&effects[0]), Some(""));
}

#[test]
fn what_is_begun_while_another_message_is_being_stored_takes_not_its_place() {
    let mut model = in_a_room();
    in_room(&mut model, RoomIntent::Say("hello".to_owned()));
    write(&mut model, "next");
    assert_eq!(kept(&mut model), ["hello\nnext"]);
    let effects = notice(&mut model, said(1, "hello"));
    assert_eq!(kept_by(&effects[0]), Some("next"));
}

#[test]
fn what_could_not_be_sent_stays_kept_and_what_was_sent_after_it_does_not() {
    let mut model = in_a_room();
    in_room(&mut model, RoomIntent::Say("lost".to_owned()));
    let reason = "the disk is full".to_owned();
    let text = "lost".to_owned();
    notice(&mut model, Notice::NotSaid { text, reason });
    write(&mut model, "next");
    kept(&mut model);
    in_room(&mut model, RoomIntent::Say("next".to_owned()));
    let effects = notice(&mut model, said(1, "next"));
    assert_eq!(kept_by(&effects[0]), Some("lost"));
}

#[test]
fn no_more_is_kept_than_a_message_may_have_and_what_is_being_written_first() {
    let mut model = in_a_room();
    let most = parlor_proto::limits::MESSAGE_TEXT_MAX_BYTES;
    // Its first letter would be cut in two.
    let long = format!("ö{}", "x".repeat(most - 5));
    in_room(&mut model, RoomIntent::Say(long.clone()));
    write(&mut model, "end");
    assert_eq!(kept(&mut model), [format!("{}\nend", &long[2..])]);
}

fn found(draft: &str) -> Report {
    let key = EntryKey::Message {
        author: OWN,
        stream: 9,
        seq: 1,
    };
    let room = RoomFound {
        invite: invite(1),
        is_hosted: false,
        title: None,
        draft: draft.to_owned(),
        made_at_ms: 0,
        last: Some(Entry {
            key,
            place: Some(1),
            at_ms: 0,
            body: Body::said("hello".to_owned(), None),
        }),
        unread: 0,
        members: BTreeMap::new(),
    };
    Report::Home {
        device: OWN,
        profile: Some(ada()),
        settings: Settings::default(),
        rooms: vec![room],
        blocked: BTreeMap::new(),
    }
}

#[test]
fn a_message_that_is_kept_as_a_draft_too_was_sent() {
    let mut model = Model::default();
    report(&mut model, found("hello "));
    assert_eq!(model.rooms[&room_id()].draft, "");
    assert_eq!(kept(&mut model), [""]);
}

#[test]
fn what_was_begun_after_a_message_that_was_sent_is_left_of_both() {
    let mut model = Model::default();
    report(&mut model, found("hello\nand"));
    assert_eq!(model.rooms[&room_id()].draft, "and");
}

#[test]
fn any_other_draft_is_there_again() {
    let mut model = Model::default();
    report(&mut model, found("hello again"));
    assert_eq!(model.rooms[&room_id()].draft, "hello again");
    assert!(kept(&mut model).is_empty());
}

#[test]
fn nothing_is_left_to_do_when_the_window_closes() {
    let mut model = in_a_room();
    write(&mut model, "see you");
    in_room(&mut model, RoomIntent::Forget);
    let effects = report(&mut model, Report::Closing);
    assert!(matches!(
        &effects[..],
        [Effect::KeepDraft(..), Effect::Forget(_), Effect::Close]
    ));
}

#[test]
fn who_looks_elsewhere_finds_what_they_began_among_the_rooms() {
    let mut model = in_a_room();
    write(&mut model, "see you");
    assert_eq!(home(&model).rooms[0].last, LastLine::Nothing);
    let effects = report(&mut model, Report::InFront(false));
    assert!(matches!(&effects[..], [Effect::KeepDraft(_, draft)] if draft == "see you"));
    intent(&mut model, Intent::Go(Screen::Home));
    let draft = LastLine::Draft("see you".to_owned());
    assert_eq!(home(&model).rooms[0].last, draft);
}

#[test]
fn nothing_but_blanks_is_no_draft() {
    let mut model = in_a_room();
    write(&mut model, " \n");
    assert!(kept(&mut model).is_empty());
}
