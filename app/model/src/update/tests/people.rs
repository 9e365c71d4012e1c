//! Whom people answer, who is writing, and with whom somebody wants nothing to do.

use parlor_engine::input::MessageId;

use super::*;
use crate::view::rows::{By, Quote};

fn answering(seq: u64, to: MessageId) -> Notice {
    let Notice::Heard {
        author,
        name,
        stream,
        seq,
        text,
        written_at_ms,
        ..
    } = heard(seq)
    else {
        panic!("it is heard");
    };
    Notice::Heard {
        author,
        name,
        stream,
        seq,
        text,
        in_reply_to: Some(to),
        written_at_ms,
    }
}

fn last_quote(model: &Model) -> Option<Quote> {
    match all_rows(model).pop().map(|row| row.body) {
        Some(RowBody::Text { quote, .. }) => quote,
        _ => None,
    }
}

#[test]
fn a_message_can_be_answered_once_and_names_what_it_answers() {
    let mut model = in_a_room();
    notice(&mut model, heard(1));
    let answered = all_rows(&model)[0].key;
    in_room(&mut model, RoomIntent::Reply(Some(answered)));
    let replying = frame(&model, room_id()).unwrap().replying.unwrap();
    assert_eq!(replying.text.as_deref(), Some("message 1"));
    let effects = in_room(&mut model, RoomIntent::Say("yes".to_owned()));
    let to = answered.message_id();
    assert!(
        matches!(effects.last(), Some(Effect::Room(_, RoomEffect::Say(_, named))) if *named == to)
    );
    assert_eq!(last_quote(&model), Some(replying));
    assert!(frame(&model, room_id()).unwrap().replying.is_none());
}

#[test]
fn an_answer_that_could_not_be_sent_stays_an_answer() {
    let mut model = in_a_room();
    notice(&mut model, heard(1));
    let answered = all_rows(&model)[0].key;
    in_room(&mut model, RoomIntent::Reply(Some(answered)));
    in_room(&mut model, RoomIntent::Say("yes".to_owned()));
    let reason = "the disk is full".to_owned();
    let text = "yes".to_owned();
    notice(&mut model, Notice::NotSaid { text, reason });
    let SaidState::Failed { pending, .. } = last_state(&model) else {
        panic!("it failed");
    };
    let effects = in_room(&mut model, RoomIntent::SayAgain(pending));
    let to = answered.message_id();
    assert!(
        matches!(effects.last(), Some(Effect::Room(_, RoomEffect::Say(_, named))) if *named == to)
    );
}

#[test]
fn the_text_that_somebody_answers_is_looked_for_where_it_is_not_loaded() {
    let mut model = in_a_room();
    let to = MessageId {
        author: OWN,
        stream: 3,
        seq: 9,
    };
    let effects = notice(&mut model, answering(1, to));
    let Some(Effect::ReadQuoted { answer, .. }) = effects.last() else {
        panic!("{effects:?}");
    };
    assert_eq!(last_quote(&model).unwrap().text, None);
    let found = Report::Quoted {
        room: room_id(),
        answer: *answer,
        text: "do you?\nreally?".to_owned(),
    };
    report(&mut model, found);
    let quote = last_quote(&model).unwrap();
    assert_eq!((quote.by, quote.text.as_deref()), (By::Us, Some("do you?")));
}

#[test]
fn who_writes_is_named_until_they_stop() {
    let mut model = in_a_room();
    notice(&mut model, heard(1));
    let typing = |is_typing| Notice::Typing {
        device: BOB,
        is_typing,
    };
    notice(&mut model, typing(true));
    assert_eq!(frame(&model, room_id()).unwrap().writers, ["Bob"]);
    notice(&mut model, typing(false));
    assert!(frame(&model, room_id()).unwrap().writers.is_empty());
}

#[test]
fn that_the_person_writes_is_told_unless_they_do_not_want_it() {
    let mut model = in_a_room();
    let effects = in_room(&mut model, RoomIntent::Draft("hello".to_owned()));
    assert!(matches!(
        effects[..],
        [Effect::Room(_, RoomEffect::Typing(true))]
    ));
    model.settings.shows_typing = false;
    assert!(in_room(&mut model, RoomIntent::Draft("hello".to_owned())).is_empty());
}

#[test]
fn somebody_who_is_blocked_is_out_of_sight_until_that_is_undone() {
    let mut model = in_a_room();
    notice(&mut model, heard(1));
    let people = |model: &Model| frame(model, room_id()).unwrap().peers.len();
    assert_eq!(people(&model), 1);
    let block = Intent::Block {
        device: BOB,
        name: "Bob".to_owned(),
        is_blocked: true,
    };
    let effects = intent(&mut model, block);
    assert!(matches!(effects[..], [Effect::Block(BOB, true)]));
    assert_eq!(people(&model), 0);
    let toast = model.toasts[0].id;
    let effects = intent(&mut model, Intent::Undo(toast));
    assert!(matches!(effects[..], [Effect::Block(BOB, false)]));
    assert_eq!(people(&model), 1);
}

fn forgets_bob(effects: &[Effect]) -> bool {
    let is_it = |effect: &Effect| matches!(effect, Effect::Room(_, RoomEffect::ForgetDevice(BOB)));
    effects.iter().any(is_it)
}

#[test]
fn a_device_is_forgotten_once_that_cannot_be_undone_any_more() {
    let mut model = in_a_room();
    notice(&mut model, heard(1));
    let at_once = in_room(&mut model, RoomIntent::ForgetDevice(BOB));
    assert!(!forgets_bob(&at_once));
    assert!(forgets_bob(&report(&mut model, Report::Clock(60_000))));
}

#[test]
fn a_device_is_kept_if_forgetting_it_is_undone() {
    let mut model = in_a_room();
    notice(&mut model, heard(1));
    in_room(&mut model, RoomIntent::ForgetDevice(BOB));
    let toast = model.toasts[0].id;
    let undone = intent(&mut model, Intent::Undo(toast));
    assert!(undone.is_empty());
    assert!(!forgets_bob(&report(&mut model, Report::Clock(60_000))));
}
