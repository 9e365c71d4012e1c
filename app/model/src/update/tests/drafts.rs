//! What is begun to be written, and when it is kept.

use super::*;

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

#[test]
fn what_was_sent_stays_kept_until_it_is_stored_as_a_message() {
    let mut model = in_a_room();
    write(&mut model, "hello");
    kept(&mut model);
    in_room(&mut model, RoomIntent::Say("hello".to_owned()));
    assert!(kept(&mut model).is_empty());
    notice(&mut model, said(1, "hello"));
    assert_eq!(kept(&mut model), [""]);
}

#[test]
fn what_is_begun_after_a_message_that_could_not_be_sent_is_kept() {
    let mut model = in_a_room();
    in_room(&mut model, RoomIntent::Say("hello".to_owned()));
    let reason = "the disk is full".to_owned();
    notice(&mut model, Notice::NotSaid { reason });
    write(&mut model, "next");
    assert_eq!(kept(&mut model), ["next"]);
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
