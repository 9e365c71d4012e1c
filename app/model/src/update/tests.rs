use parlor_engine::input::IncomingKey;
use parlor_engine::notice::{Notice, OfferStanding, Outcome};
use parlor_proto::frame::OfferedFile;
use parlor_proto::id::{DeviceId, RoomId};
use parlor_proto::invite::RoomSecret;
use parlor_proto::name::SafePath;

use super::*;
use crate::effect::NoteBody;
use crate::msg::RoomIntent;
use crate::settings::Settings;
use crate::timeline::EntryKey;
use crate::view::home::{LastLine, home};
use crate::view::room::{Banner, frame};
use crate::view::rows::{FilesState, Row, RowBody, SaidState, rows};

mod drafts;
mod people;
mod platform;

const OWN: DeviceId = DeviceId([1; 16]);
const BOB: DeviceId = DeviceId([2; 16]);

fn invite(secret: u8) -> Invite {
    Invite {
        server: ServerUrl::parse("https://example.org").unwrap(),
        secret: RoomSecret::from_bytes([secret; 32]),
    }
}

fn room_id() -> RoomId {
    invite(1).secret.room_id()
}

fn home_report(profile: Option<Profile>) -> Msg {
    Msg::Report(Report::Home {
        device: OWN,
        profile,
        settings: Settings::default(),
        rooms: Vec::new(),
        blocked: BTreeMap::new(),
    })
}

fn ada() -> Profile {
    Profile {
        name: "Ada".to_owned(),
        ..Profile::default()
    }
}

/// A model with one room that is open and shown.
fn in_a_room() -> Model {
    let mut model = Model::default();
    model.update(home_report(Some(ada())));
    report(&mut model, Report::Clock(1_000));
    report(&mut model, Report::InFront(true));
    report(
        &mut model,
        Report::RoomMade {
            invite: invite(1),
            is_hosted: true,
        },
    );
    report(&mut model, Report::Entered(room_id(), OWN));
    model
}

fn intent(model: &mut Model, intent: Intent) -> Vec<Effect> {
    model.update(Msg::Intent(intent))
}

fn in_room(model: &mut Model, intent: RoomIntent) -> Vec<Effect> {
    model.update(Msg::Intent(Intent::Room(room_id(), intent)))
}

fn report(model: &mut Model, report: Report) -> Vec<Effect> {
    model.update(Msg::Report(report))
}

fn notice(model: &mut Model, notice: Notice) -> Vec<Effect> {
    report(model, Report::Notice(room_id(), notice))
}

fn heard(seq: u64) -> Notice {
    Notice::Heard {
        author: BOB,
        name: DisplayName::sanitise("Bob"),
        stream: 7,
        seq,
        text: format!("message {seq}"),
        in_reply_to: None,
        written_at_ms: 0,
    }
}

fn said(seq: u64, text: &str) -> Notice {
    Notice::Said {
        stream: 9,
        seq,
        text: text.to_owned(),
        in_reply_to: None,
        written_at_ms: 0,
        signature: [0; 64],
    }
}

fn offer(standing: OfferStanding) -> (IncomingKey, Notice) {
    let key = IncomingKey {
        from: BOB,
        transfer: 5,
    };
    let file = OfferedFile {
        path: SafePath::sanitise("photo.jpg"),
        size: 9,
        root: [0; 32],
        modified_ms: None,
        mime: None,
    };
    let name = DisplayName::sanitise("Bob");
    let files = vec![file];
    let offered = Notice::Offered {
        key,
        name,
        files,
        standing,
    };
    (key, offered)
}

fn all_rows(model: &Model) -> Vec<Row> {
    rows(model, room_id(), 0..usize::MAX)
}

fn last_state(model: &Model) -> SaidState {
    match all_rows(model).pop().map(|row| row.body) {
        Some(RowBody::Text { state, .. }) => state,
        other => panic!("no message: {other:?}"),
    }
}

fn files_state(model: &Model) -> FilesState {
    match all_rows(model).pop().map(|row| row.body) {
        Some(RowBody::Files(files)) => files.state,
        other => panic!("no files: {other:?}"),
    }
}

#[test]
fn the_first_start_asks_for_a_name_and_then_shows_home() {
    let mut model = Model::default();
    model.update(home_report(None));
    assert_eq!(model.stage, Stage::Welcome);
    let effects = intent(
        &mut model,
        Intent::CallMe(Profile {
            name: "  Ada\n".to_owned(),
            ..ada()
        }),
    );
    assert!(matches!(&effects[..], [Effect::KeepProfile(profile)] if profile.name == "Ada"));
    assert_eq!(
        (model.stage.clone(), model.screen()),
        (Stage::Ready, Screen::Home)
    );
}

#[test]
fn a_new_room_is_shown_with_its_invite() {
    let mut model = Model::default();
    model.update(home_report(Some(ada())));
    let effects = intent(&mut model, Intent::NewRoom);
    assert!(matches!(effects[..], [Effect::MakeRoom { server: None }]));
    assert!(
        intent(&mut model, Intent::NewRoom).is_empty(),
        "one at a time"
    );
    let made = Report::RoomMade {
        invite: invite(1),
        is_hosted: true,
    };
    let effects = report(&mut model, made);
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Enter { .. }))
    );
    assert_eq!(model.screen(), Screen::Room(room_id()));
    assert_eq!(model.sheet, Some(Sheet::Invite(room_id())));
}

#[test]
fn a_server_that_cannot_be_used_is_named_and_the_button_works_again() {
    let mut model = Model::default();
    model.update(home_report(Some(ada())));
    model.settings.server = Some("ftp://nowhere".to_owned());
    assert!(intent(&mut model, Intent::NewRoom).is_empty());
    assert!(matches!(
        model.toasts[0].text,
        ToastText::Trouble(Trouble::RoomNotOpened { .. })
    ));
    assert!(!model.is_making_room);
}

#[test]
fn a_message_is_on_screen_before_it_is_stored() {
    let mut model = in_a_room();
    let effects = in_room(&mut model, RoomIntent::Say("hello".to_owned()));
    assert!(matches!(
        effects[..],
        [Effect::KeepDraft(..), Effect::Room(_, RoomEffect::Say(..))]
    ));
    assert_eq!(last_state(&model), SaidState::Pending);
    notice(&mut model, said(1, "hello"));
    assert_eq!(last_state(&model), SaidState::Waiting);
    notice(&mut model, Notice::Delivered { seq: 1, to: BOB });
    assert_eq!(last_state(&model), SaidState::Delivered { to: 1 });
    assert_eq!(all_rows(&model).len(), 1);
}

#[test]
fn a_message_without_anything_to_read_is_not_said() {
    let mut model = in_a_room();
    assert!(in_room(&mut model, RoomIntent::Say(" \n".to_owned())).is_empty());
    assert!(all_rows(&model).is_empty());
}

#[test]
fn a_message_that_could_not_be_said_can_be_said_again() {
    let mut model = in_a_room();
    in_room(&mut model, RoomIntent::Say("hello".to_owned()));
    let reason = "too many wait".to_owned();
    let text = "hello".to_owned();
    notice(&mut model, Notice::NotSaid { text, reason });
    let SaidState::Failed { pending, .. } = last_state(&model) else {
        panic!("it failed");
    };
    let effects = in_room(&mut model, RoomIntent::SayAgain(pending));
    assert!(matches!(
        effects[..],
        [Effect::Room(_, RoomEffect::Say(..))]
    ));
    assert_eq!(all_rows(&model).len(), 1);
}

#[test]
fn what_is_seen_counts_as_read_and_what_is_not_is_counted() {
    let mut model = in_a_room();
    for seq in 1..=3 {
        assert!(notice(&mut model, heard(seq)).is_empty());
    }
    let effects = report(&mut model, Report::Clock(2_000));
    assert!(matches!(effects[..], [Effect::MarkRead(_)]), "once");
    assert!(report(&mut model, Report::Clock(3_000)).is_empty());
    intent(&mut model, Intent::Back);
    intent(&mut model, Intent::Go(Screen::Home));
    notice(&mut model, heard(4));
    notice(&mut model, heard(4));
    assert_eq!(home(&model).rooms[0].unread, 1);
    intent(&mut model, Intent::SeeRoom(room_id()));
    assert_eq!(home(&model).rooms[0].unread, 0);
}

#[test]
fn a_person_who_looks_elsewhere_is_told_unless_they_do_not_want_it() {
    let mut model = in_a_room();
    report(&mut model, Report::InFront(false));
    let effects = notice(&mut model, heard(1));
    assert!(matches!(
        &effects[..],
        [Effect::Platform(PlatformEffect::Notify { body: NoteBody::Said { name, .. }, .. })]
            if name == "Bob"
    ));
    model.settings.notify = false;
    assert!(notice(&mut model, heard(2)).is_empty());
    let effects = report(&mut model, Report::InFront(true));
    assert!(matches!(effects[..], [Effect::MarkRead(_)]));
}

#[test]
fn a_forgotten_room_comes_back_by_undo_and_goes_for_good_without() {
    let mut model = in_a_room();
    assert!(in_room(&mut model, RoomIntent::Forget).is_empty());
    assert!(home(&model).rooms.is_empty());
    let toast = model.toasts[0].id;
    intent(&mut model, Intent::Undo(toast));
    assert_eq!(home(&model).rooms.len(), 1);
    in_room(&mut model, RoomIntent::Forget);
    let effects = report(&mut model, Report::Clock(1_000 + TOAST_MS));
    assert!(matches!(effects[..], [Effect::Forget(room)] if room == room_id()));
    assert!(model.rooms.is_empty());
}

#[test]
fn words_that_can_be_undone_are_not_pushed_out_by_others() {
    let mut model = in_a_room();
    in_room(&mut model, RoomIntent::Forget);
    for _ in 0..5 {
        report(&mut model, Report::Copied);
    }
    assert!(model.toasts.len() <= TOASTS_MAX);
    assert!(matches!(model.toasts[0].text, ToastText::Forgetting { .. }));
}

#[test]
fn an_offer_waits_for_its_answer_and_then_moves() {
    let mut model = in_a_room();
    let (key, offered) = offer(OfferStanding::Open);
    notice(&mut model, offered);
    assert_eq!(files_state(&model), FilesState::Asked(key));
    let effects = in_room(&mut model, RoomIntent::Answer(key, true));
    let [Effect::Room(_, RoomEffect::Answer(_, files))] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(files[..], [0]);
    assert!(matches!(files_state(&model), FilesState::Moving(_)));
    let outcome = Outcome::Complete { files: 1, bytes: 9 };
    notice(&mut model, Notice::Received { key, outcome });
    assert_eq!(files_state(&model), FilesState::Done { to: None });
}

#[test]
fn a_declined_offer_says_so() {
    let mut model = in_a_room();
    let (key, offered) = offer(OfferStanding::Open);
    notice(&mut model, offered);
    let effects = in_room(&mut model, RoomIntent::Answer(key, false));
    let [Effect::Room(_, RoomEffect::Answer(_, files))] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert!(files.is_empty());
    assert_eq!(files_state(&model), FilesState::Declined);
}

#[test]
fn the_server_being_gone_is_said_and_taken_back() {
    let mut model = in_a_room();
    let lost = Notice::ServerLost {
        reason: "refused".to_owned(),
        failures: 1,
        retry_in: core::time::Duration::from_secs(1),
    };
    notice(&mut model, lost);
    let banner = |model: &Model| frame(model, room_id()).unwrap().banner;
    assert!(matches!(
        banner(&model),
        Some(Banner::ServerLost {
            has_company: false,
            ..
        })
    ));
    notice(&mut model, Notice::Joined { others: 0 });
    assert_eq!(banner(&model), None);
}

#[test]
fn what_is_said_in_a_room_that_is_not_open_stays_in_sight() {
    let mut model = in_a_room();
    report(
        &mut model,
        Report::NotEntered(room_id(), "no disk".to_owned()),
    );
    let effects = in_room(&mut model, RoomIntent::Say("hello".to_owned()));
    assert!(matches!(effects[..], [Effect::KeepDraft(..)]));
    assert!(matches!(last_state(&model), SaidState::Failed { .. }));
    let effects = in_room(&mut model, RoomIntent::Retry);
    assert!(matches!(effects[..], [Effect::Enter { .. }]));
}

#[test]
fn files_from_another_app_go_to_the_room_that_is_chosen() {
    let mut model = in_a_room();
    intent(&mut model, Intent::ShareIn(vec!["/a.jpg".into()]));
    assert_eq!(model.screen(), Screen::Share);
    let effects = intent(&mut model, Intent::SeeRoom(room_id()));
    assert!(effects.iter().any(|effect| matches!(
        effect,
        Effect::Room(_, RoomEffect::Share { paths, is_clean: true }) if paths.len() == 1
    )));
    assert!(model.sharing.is_empty());
    assert_eq!(model.screen(), Screen::Room(room_id()));
}

#[test]
fn an_invite_to_a_room_that_is_known_shows_that_room() {
    let mut model = in_a_room();
    intent(&mut model, Intent::Go(Screen::Home));
    let effects = report(&mut model, Report::Invited(invite(1)));
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Enter { .. }))
    );
    assert_eq!(model.screen(), Screen::Room(room_id()));
}

#[test]
fn a_link_that_comes_before_the_name_waits_for_it() {
    let mut model = Model::default();
    intent(&mut model, Intent::OpenLink(invite(1).to_deep_link()));
    model.update(home_report(None));
    let effects = intent(&mut model, Intent::CallMe(ada()));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::KeepRoom(_)))
    );
}

#[test]
fn what_did_not_come_can_be_had_after_all() {
    let mut model = in_a_room();
    let (key, offered) = offer(OfferStanding::Open);
    notice(&mut model, offered);
    in_room(&mut model, RoomIntent::Answer(key, false));
    let again = |model: &Model| match all_rows(model).pop().map(|row| row.body) {
        Some(RowBody::Files(files)) => files.again,
        _ => None,
    };
    assert_eq!(again(&model), Some(key));
    let effects = in_room(&mut model, RoomIntent::TakeUpAgain(key));
    assert!(matches!(
        effects[..],
        [Effect::Room(_, RoomEffect::TakeUpAgain(_))]
    ));
    assert_eq!(again(&model), None);
    let reason = "no".to_owned();
    let by_us = false;
    let outcome = Outcome::Cancelled { by_us, reason };
    notice(&mut model, Notice::Received { key, outcome });
    assert_eq!(again(&model), None, "the sender wants it no more");
}

#[test]
fn older_entries_are_asked_for_once() {
    let mut model = in_a_room();
    let entry = crate::timeline::Entry {
        key: EntryKey::Message {
            author: BOB,
            stream: 7,
            seq: 1,
        },
        place: Some(40),
        at_ms: 1,
        body: crate::timeline::Body::said("x".to_owned(), None),
    };
    let page = Report::Entries {
        room: room_id(),
        entries: vec![entry],
        has_older: true,
        receipts: Vec::new(),
    };
    report(&mut model, page);
    let effects = in_room(&mut model, RoomIntent::ShowOlder);
    assert!(matches!(
        effects[..],
        [Effect::LoadEntries {
            before: Some(40),
            ..
        }]
    ));
    assert!(in_room(&mut model, RoomIntent::ShowOlder).is_empty());
}

#[test]
fn the_list_says_who_said_what_last() {
    let mut model = in_a_room();
    notice(&mut model, heard(1));
    let by = Some("Bob".to_owned());
    let text = "message 1".to_owned();
    assert_eq!(home(&model).rooms[0].last, LastLine::Text { by, text });
}
