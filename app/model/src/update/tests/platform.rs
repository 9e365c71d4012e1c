//! What the platform is asked for by what happens, not by a button.

use parlor_engine::time::Moment;
use parlor_engine::view::{
    Direction, HoldView, PeerStateView, PeerView, RoomView, TransferStateView, TransferView,
};
use parlor_proto::id::PeerId;

use super::*;
use crate::effect::TransferRef;

fn view_of(state: TransferStateView, hold: Option<HoldView>, is_here: bool) -> RoomView {
    let since = Moment::default();
    let peer = PeerView {
        peer: PeerId([3; 16]),
        identity: Some((BOB, DisplayName::sanitise("Bob"))),
        state: if is_here {
            PeerStateView::Connected { since }
        } else {
            PeerStateView::Connecting
        },
        path: None,
        has_lane: false,
        attempts: 1,
        standing: None,
        avatar: parlor_proto::avatar::Avatar::default(),
        emoji: None,
    };
    let transfer = TransferView {
        transfer: 5,
        with: BOB,
        direction: Direction::Incoming,
        state,
        total_bytes: 9,
        done_bytes: 4,
        sent_bytes: 0,
        files: 1,
        done_files: 0,
        under_way: Vec::new(),
        bytes_per_second: 0,
        time_left: None,
        hold,
    };
    RoomView {
        peers: vec![peer],
        transfers: vec![transfer],
        ..RoomView::default()
    }
}

#[test]
fn the_device_is_kept_awake_while_a_file_moves_and_told_of_it_once() {
    let mut model = in_a_room();
    let mut told = |view| {
        let effects = report(&mut model, Report::View(room_id(), view));
        let told = effects.into_iter().map(|effect| match effect {
            Effect::Platform(PlatformEffect::KeepAwake(is_awake)) => is_awake,
            other => panic!("{other:?}"),
        });
        told.collect::<Vec<_>>()
    };
    let active = TransferStateView::Active;
    let paused = HoldView {
        by_us: true,
        reason: None,
    };
    assert_eq!(told(view_of(active, None, true)), [true]);
    assert!(told(view_of(active, None, true)).is_empty());
    assert_eq!(told(view_of(active, Some(paused), true)), [false]);
    assert_eq!(told(view_of(active, None, true)), [true]);
    assert_eq!(
        told(view_of(active, None, false)),
        [false],
        "nobody is here"
    );
    assert_eq!(told(view_of(active, None, true)), [true]);
    assert_eq!(told(view_of(TransferStateView::Ended, None, true)), [false]);
}

#[test]
fn all_files_of_an_offer_that_are_here_are_handed_on() {
    let mut model = in_a_room();
    let (key, offered) = offer(OfferStanding::Open);
    notice(&mut model, offered);
    let share = RoomIntent::ShareOut(TransferRef::Incoming(key));
    assert!(in_room(&mut model, share.clone()).is_empty());
    let at = Report::FileAt {
        room: room_id(),
        author: BOB,
        file: (key.transfer, 0),
        path: "/photo.jpg".into(),
    };
    report(&mut model, at);
    assert!(matches!(
        &in_room(&mut model, share)[..],
        [Effect::Platform(PlatformEffect::ShareOut(paths))] if paths.len() == 1
    ));
}

#[test]
fn a_link_in_a_message_leads_to_its_page() {
    let mut model = in_a_room();
    let link = "https://example.org/map".to_owned();
    let effects = intent(&mut model, Intent::Follow(link.clone()));
    assert!(matches!(
        &effects[..],
        [Effect::Platform(PlatformEffect::Visit(to))] if *to == link
    ));
}

#[test]
fn an_invite_in_a_message_leads_into_its_room() {
    let mut model = in_a_room();
    let effects = intent(&mut model, Intent::Follow(invite(2).to_link()));
    assert!(
        matches!(&effects[..], [Effect::KeepRoom(room)] if room.secret.room_id() == invite(2).secret.room_id())
    );
}
