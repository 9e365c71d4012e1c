//! Entering, leaving, and who hears what.

use parlor_proto::id::PeerId;
use parlor_proto::signal::{ClientMessage, ErrorCode, IceServer, JoinIntent, ServerMessage};
use parlor_signaling::hub::*;

use crate::world::*;

#[test]
fn the_first_member_is_alone() {
    let alice = World::new().open(1);
    assert_eq!(alice.peers, []);
    assert!(!alice.resumed);
}

#[test]
fn a_newcomer_hears_the_roster_and_the_others_hear_of_them() {
    let mut world = World::new();
    let alice = world.open(1);
    world.connect(2);
    world.say(2, join(JoinIntent::Join));
    let heard = world.heard();
    let [
        HubOutput::Send {
            conn: ConnId(2),
            message,
        },
        told,
    ] = &heard[..]
    else {
        panic!("{heard:?}");
    };
    let ServerMessage::Joined { peer, peers, .. } = message else {
        panic!("{message:?}")
    };
    assert_eq!(peers, &[alice.peer]);
    assert_eq!(told, &send(1, ServerMessage::PeerJoined { peer: *peer }));
}

#[test]
fn everybody_who_joins_is_handed_the_ice_servers() {
    let ice = IceServer {
        urls: vec!["stun:a.example".into()],
        username: None,
        credential: None,
    };
    let config = HubConfig {
        ice_servers: vec![ice.clone()],
        ..HubConfig::new(&[7; 32])
    };
    let mut world = World::with(config);
    world.connect(1);
    world.say(1, join(JoinIntent::Open));
    let heard = world.heard();
    assert!(matches!(
        &heard[..],
        [HubOutput::Send { message: ServerMessage::Joined { ice_servers, .. }, .. }]
            if *ice_servers == [ice]
    ));
}

#[test]
fn an_absent_room_cannot_be_joined_only_opened() {
    let mut world = World::new();
    world.connect(1);
    world.say(1, join(JoinIntent::Join));
    assert_eq!(world.refusal(1), (vec![ErrorCode::RoomNotFound], true));
    assert_eq!(world.hub.rooms_len(), 0);
}

#[test]
fn a_full_room_refuses_a_newcomer() {
    let mut world = World::new();
    world.enter(1, join_small(2));
    world.open(2);
    world.connect(3);
    world.say(3, join(JoinIntent::Open));
    assert_eq!(world.refusal(3), (vec![ErrorCode::RoomFull], true));
}

#[test]
fn the_limit_of_a_room_is_its_creators() {
    let mut world = World::new();
    world.enter(1, join_small(3));
    world.enter(2, join_small(2));
    assert_eq!(world.enter(3, join_small(2)).peers.len(), 2);
}

#[test]
fn no_creator_gets_more_than_the_server_allows() {
    let mut world = World::with(HubConfig {
        room_peers_max: 2,
        ..HubConfig::new(&[7; 32])
    });
    world.enter(1, join_small(32));
    world.open(2);
    world.connect(3);
    world.say(3, join(JoinIntent::Open));
    assert_eq!(world.refusal(3), (vec![ErrorCode::RoomFull], true));
}

#[test]
fn thirty_two_members_fit_by_default() {
    let mut world = World::new();
    for conn in 1..=32 {
        world.open(conn);
    }
    world.connect(33);
    world.say(33, join(JoinIntent::Open));
    assert_eq!(world.refusal(33), (vec![ErrorCode::RoomFull], true));
}

#[test]
fn rooms_do_not_hear_each_other() {
    let mut world = World::new();
    let alice = world.open(1);
    let elsewhere = ClientMessage::Join {
        room: OTHER_ROOM,
        intent: JoinIntent::Open,
        max_peers: None,
        resume: None,
    };
    world.connect(2);
    world.say(2, elsewhere);
    assert!(world.heard().iter().all(|output| !matches!(
        output,
        HubOutput::Send {
            conn: ConnId(1),
            ..
        }
    )));
    world.signal(2, alice.peer, "hello");
    assert_eq!(world.refusal(2), (vec![ErrorCode::PeerNotFound], false));
}

#[test]
fn a_signal_reaches_its_receiver_with_its_senders_name() {
    let mut world = World::new();
    let alice = world.open(1);
    let bob = world.open(2);
    world.open(3);
    world.signal(1, bob.peer, "offer");
    assert_eq!(world.heard(), [signal_from(2, alice.peer, "offer")]);
}

#[test]
fn a_signal_to_nobody_is_told_to_its_sender() {
    let mut world = World::new();
    world.open(1);
    world.signal(1, PeerId([9; 16]), "offer");
    assert_eq!(world.refusal(1), (vec![ErrorCode::PeerNotFound], false));
}

#[test]
fn only_members_may_signal() {
    let mut world = World::new();
    let alice = world.open(1);
    world.connect(2);
    world.signal(2, alice.peer, "offer");
    assert_eq!(world.refusal(2), (vec![ErrorCode::NotJoined], false));
}

#[test]
fn a_second_join_is_refused_and_changes_nothing() {
    let mut world = World::new();
    world.open(1);
    world.say(1, join(JoinIntent::Open));
    assert_eq!(world.refusal(1), (vec![ErrorCode::AlreadyJoined], false));
    assert_eq!((world.hub.rooms_len(), world.hub.peers_len()), (1, 1));
}

#[test]
fn leaving_is_told_at_once_and_closes_the_connection() {
    let mut world = World::new();
    let alice = world.open(1);
    world.open(2);
    world.say(1, ClientMessage::Leave);
    let closed = HubOutput::Close {
        conn: ConnId(1),
        code: CloseCode::Left,
    };
    let told = send(2, ServerMessage::PeerLeft { peer: alice.peer });
    assert_eq!(world.heard(), [closed, told]);
}

#[test]
fn a_room_vanishes_with_its_last_member() {
    let mut world = World::new();
    world.open(1);
    world.say(1, ClientMessage::Leave);
    assert_eq!(
        (world.hub.rooms_len(), world.hub.poll_deadline()),
        (0, None)
    );
    world.connect(2);
    world.say(2, join(JoinIntent::Join));
    assert_eq!(world.refusal(2), (vec![ErrorCode::RoomNotFound], true));
}

#[test]
fn leaving_without_having_joined_just_closes() {
    let mut world = World::new();
    world.connect(1);
    world.say(1, ClientMessage::Leave);
    assert_eq!(world.refusal(1), (vec![], true));
    assert_eq!(world.hub.poll_deadline(), None);
}
