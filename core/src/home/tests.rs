//! What a home keeps.

use parlor_proto::frame::ChatMessage;

use super::*;

const BOB: DeviceId = DeviceId([3; 16]);

fn invite(secret: u8) -> Invite {
    Invite {
        server: ServerUrl::parse("https://example.org").unwrap(),
        secret: RoomSecret::from_bytes([secret; 32]),
    }
}

fn says(home: &Home, room: &Invite, author: DeviceId, seq: u64) {
    let message = ChatMessage::new(7, seq, 0, &format!("message {seq}"));
    let id = room.secret.room_id();
    home.history().keep(id, author, &message).unwrap();
}

#[test]
fn rooms_and_settings_are_there_the_next_time() {
    let data = tempfile::tempdir().unwrap();
    let home = Home::open(data.path()).unwrap();
    home.keep_room(&invite(1), true).unwrap();
    home.name_room(invite(1).secret.room_id(), Some("Trip"))
        .unwrap();
    home.set("language", "de").unwrap();
    drop(home);
    let home = Home::open(data.path()).unwrap();
    let rooms = home.rooms().unwrap();
    assert_eq!(rooms.len(), 1);
    assert_eq!(rooms[0].title.as_deref(), Some("Trip"));
    assert_eq!(rooms[0].invite.to_link(), invite(1).to_link());
    assert!(rooms[0].is_hosted);
    assert_eq!(home.setting("language").unwrap().as_deref(), Some("de"));
    assert_eq!(home.setting("look").unwrap(), None);
}

#[test]
fn what_others_said_is_unread_until_it_is_looked_at() {
    let data = tempfile::tempdir().unwrap();
    let home = Home::open(data.path()).unwrap();
    home.keep_room(&invite(1), false).unwrap();
    says(&home, &invite(1), BOB, 1);
    says(&home, &invite(1), home.device(), 1);
    says(&home, &invite(1), BOB, 2);
    let unread = || home.rooms().unwrap()[0].unread;
    assert_eq!(unread(), 2);
    home.mark_read(invite(1).secret.room_id()).unwrap();
    assert_eq!(unread(), 0);
    says(&home, &invite(1), BOB, 3);
    assert_eq!(unread(), 1);
}

#[test]
fn pages_of_a_room_follow_each_other_without_a_gap() {
    let data = tempfile::tempdir().unwrap();
    let home = Home::open(data.path()).unwrap();
    let room = invite(1).secret.room_id();
    for seq in 1..=5 {
        says(&home, &invite(1), BOB, seq);
        says(&home, &invite(2), BOB, seq);
    }
    let last = home.entries_before(room, None, 3).unwrap();
    let first = home.entries_before(room, Some(last[0].place), 3).unwrap();
    let seq = |entry: &KeptEntry| match entry.content {
        crate::history::KeptContent::Message { seq, .. } => seq,
        crate::history::KeptContent::Offer { .. } => 0,
    };
    assert_eq!(
        first.iter().chain(&last).map(seq).collect::<Vec<_>>(),
        [1, 2, 3, 4, 5]
    );
}

#[test]
fn a_forgotten_room_takes_its_entries_along_and_leaves_the_others() {
    let data = tempfile::tempdir().unwrap();
    let home = Home::open(data.path()).unwrap();
    for room in [invite(1), invite(2)] {
        home.keep_room(&room, false).unwrap();
        says(&home, &room, BOB, 1);
    }
    home.forget_room(invite(1).secret.room_id()).unwrap();
    let rooms = home.rooms().unwrap();
    assert_eq!(rooms.len(), 1);
    assert_eq!(rooms[0].id(), invite(2).secret.room_id());
    let left = home.entries_before(invite(1).secret.room_id(), None, 9);
    assert!(left.unwrap().is_empty());
}

#[test]
fn the_rooms_of_a_home_are_one_device() {
    let data = tempfile::tempdir().unwrap();
    let home = Home::open(data.path()).unwrap();
    let (one, other) = (home.for_a_room().unwrap(), home.for_a_room().unwrap());
    assert_eq!(one.key.id(), other.key.id());
    assert_eq!((one.state, other.state), (KeyState::Kept, KeyState::Kept));
}

#[test]
fn the_key_is_in_use_until_the_last_room_is_gone() {
    let data = tempfile::tempdir().unwrap();
    let home = Home::open(data.path()).unwrap();
    let room = home.for_a_room().unwrap();
    drop(home);
    let state = || Home::open(data.path()).unwrap().key_state();
    assert_eq!(state(), KeyState::InUse);
    drop(room);
    assert_eq!(state(), KeyState::Kept);
}

#[test]
fn what_was_begun_to_be_written_is_there_the_next_time_and_goes_with_its_room() {
    let data = tempfile::tempdir().unwrap();
    let home = Home::open(data.path()).unwrap();
    let room = invite(1).secret.room_id();
    home.keep_room(&invite(1), false).unwrap();
    home.keep_draft(room, "see you at").unwrap();
    home.keep_room(&invite(1), true).unwrap();
    drop(home);
    let home = Home::open(data.path()).unwrap();
    assert_eq!(home.rooms().unwrap()[0].draft, "see you at");
    home.forget_room(room).unwrap();
    home.keep_room(&invite(1), false).unwrap();
    assert_eq!(home.rooms().unwrap()[0].draft, "");
}

#[test]
fn what_is_too_long_for_a_message_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let home = Home::open(data.path()).unwrap();
    let room = invite(1).secret.room_id();
    home.keep_room(&invite(1), false).unwrap();
    let most = "x".repeat(MESSAGE_TEXT_MAX_BYTES);
    home.keep_draft(room, &most).unwrap();
    let refused = home.keep_draft(room, &format!("{most}x")).unwrap_err();
    assert!(refused.to_string().contains("too long"), "{refused}");
    assert_eq!(home.rooms().unwrap()[0].draft, most);
}

#[test]
fn a_setting_that_is_too_long_is_refused_by_name() {
    let data = tempfile::tempdir().unwrap();
    let home = Home::open(data.path()).unwrap();
    let long = "x".repeat(SETTING_MAX_BYTES + 1);
    let error = home.set("look", &long).unwrap_err();
    assert!(error.to_string().contains("look"), "{error}");
}
