//! Broken connections: staying in the roster, coming back, or not.

use std::time::Duration;

use parlor_proto::signal::{ClientMessage, ErrorCode, JoinIntent, ServerMessage};
use parlor_signaling::hub::*;

use crate::world::*;

#[test]
fn in_a_full_room_whoever_is_longest_away_gives_way() {
    let mut world = World::new();
    let alice = world.enter(1, join_small(3));
    let bob = world.open(2);
    world.open(3);
    world.drop_conn(2);
    world.wait(Duration::from_secs(1));
    world.drop_conn(1);
    let dora = world.open(4);
    assert!(dora.peers.contains(&alice.peer));
    assert!(!dora.peers.contains(&bob.peer));
}

#[test]
fn a_broken_connection_is_not_told_to_the_others() {
    let mut world = World::new();
    let alice = world.open(1);
    world.open(2);
    world.drop_conn(1);
    assert_eq!(world.heard(), []);
    assert!(
        world.open(3).peers.contains(&alice.peer),
        "still in the roster"
    );
}

#[test]
fn whoever_stays_away_for_the_window_has_left() {
    let mut world = World::new();
    let alice = world.open(1);
    world.open(2);
    world.drop_conn(1);
    world.wait(RESUME_WINDOW - Duration::from_millis(1));
    assert_eq!(world.heard(), []);
    assert_eq!(world.hub.poll_deadline(), Some(START + RESUME_WINDOW));
    world.wait(Duration::from_millis(1));
    assert_eq!(
        world.heard(),
        [send(2, ServerMessage::PeerLeft { peer: alice.peer })]
    );
}

#[test]
fn a_room_of_members_away_vanishes_with_the_window() {
    let mut world = World::new();
    world.open(1);
    world.drop_conn(1);
    assert_eq!((world.hub.rooms_len(), world.hub.away_len()), (1, 1));
    world.wait(RESUME_WINDOW);
    assert_eq!((world.hub.rooms_len(), world.hub.away_len()), (0, 0));
}

#[test]
fn a_resume_in_the_window_is_the_same_peer_and_silent() {
    let mut world = World::new();
    let alice = world.open(1);
    let bob = world.open(2);
    world.drop_conn(1);
    world.wait(Duration::from_secs(60));
    world.connect(3);
    world.say(3, resume(&alice));
    let heard = world.heard();
    let [
        HubOutput::Send {
            conn: ConnId(3),
            message,
        },
    ] = &heard[..]
    else {
        panic!("{heard:?}")
    };
    assert!(matches!(
        message,
        ServerMessage::Joined { peer, peers, resumed: true, .. }
            if *peer == alice.peer && *peers == [bob.peer]
    ));
    world.wait(RESUME_WINDOW * 2);
    assert_eq!(world.heard(), [], "the window is closed");
}

#[test]
fn signals_to_a_member_away_follow_their_resume_in_order() {
    let mut world = World::new();
    let alice = world.open(1);
    let bob = world.open(2);
    world.drop_conn(1);
    world.signal(2, alice.peer, "one");
    world.signal(2, alice.peer, "two");
    assert_eq!(world.heard(), []);
    world.connect(3);
    world.say(3, resume(&alice));
    let heard = world.heard();
    assert_eq!(
        heard[1..],
        [
            signal_from(3, bob.peer, "one"),
            signal_from(3, bob.peer, "two")
        ]
    );
}

#[test]
fn only_the_latest_signals_are_held() {
    let mut world = World::new();
    let alice = world.open(1);
    let bob = world.open(2);
    world.drop_conn(1);
    for n in 0..HELD_SIGNALS_MAX + 3 {
        world.signal(2, alice.peer, &format!("n{n}"));
    }
    world.connect(3);
    world.say(3, resume(&alice));
    let heard = world.heard();
    assert_eq!(heard.len(), 1 + HELD_SIGNALS_MAX);
    assert_eq!(heard[1], signal_from(3, bob.peer, "n3"));
}

#[test]
fn a_resume_displaces_the_older_connection() {
    let mut world = World::new();
    let alice = world.open(1);
    let bob = world.open(2);
    world.connect(3);
    world.say(3, resume(&alice));
    let told = world.heard();
    assert!(!told.iter().any(|output| matches!(
        output,
        HubOutput::Send {
            conn: ConnId(2),
            ..
        }
    )));
    assert!(told.contains(&HubOutput::Close {
        conn: ConnId(1),
        code: CloseCode::Failed(ErrorCode::Displaced)
    }));
    world.drop_conn(1);
    world.signal(2, alice.peer, "hello");
    assert_eq!(world.heard(), [signal_from(3, bob.peer, "hello")]);
}

#[test]
fn a_resume_into_a_vanished_room_recreates_it() {
    let mut world = World::new();
    let alice = world.open(1);
    let mut restarted = World::new();
    let again = restarted.enter(1, resume(&alice));
    assert_eq!((again.peer, again.resumed), (alice.peer, true));
}

#[test]
fn a_resume_after_the_window_is_the_same_peer_and_told_to_the_others() {
    let mut world = World::new();
    let alice = world.open(1);
    world.open(2);
    world.drop_conn(1);
    world.wait(RESUME_WINDOW);
    world.heard();
    world.connect(3);
    world.say(3, resume(&alice));
    assert_eq!(
        world.heard()[1],
        send(2, ServerMessage::PeerJoined { peer: alice.peer })
    );
}

#[test]
fn an_expired_token_of_a_forgotten_member_makes_a_newcomer() {
    let mut world = World::new();
    let alice = world.open(1);
    world.open(2);
    world.say(1, ClientMessage::Leave);
    world.wait(RESUME_TOKEN_LIFETIME);
    let again = world.enter(3, resume(&alice));
    assert!(!again.resumed);
    assert_ne!(again.peer, alice.peer);
}

#[test]
fn an_old_token_of_a_remembered_member_is_good() {
    let mut world = World::new();
    let alice = world.open(1);
    world.wait(RESUME_TOKEN_LIFETIME * 3);
    world.drop_conn(1);
    assert_eq!(world.enter(2, resume(&alice)).peer, alice.peer);
}

#[test]
fn a_token_of_another_server_makes_a_newcomer() {
    let alice = World::with(HubConfig::new(&[8; 32])).open(1);
    let mut world = World::new();
    world.open(1);
    assert!(!world.enter(2, resume(&alice)).resumed);
}

#[test]
fn a_token_of_another_room_makes_a_newcomer() {
    let mut world = World::new();
    let alice = world.open(1);
    let elsewhere = ClientMessage::Join {
        room: OTHER_ROOM,
        intent: JoinIntent::Open,
        max_peers: None,
        resume: Some(alice.resume),
    };
    assert!(!world.enter(2, elsewhere).resumed);
}

#[test]
fn a_resume_is_possible_again_and_again() {
    let mut world = World::new();
    let mut alice = world.open(1);
    for _ in 0..5 {
        world.drop_conn(alice.conn);
        let again = world.enter(alice.conn + 1, resume(&alice));
        assert_eq!(again.peer, alice.peer);
        alice = again;
    }
}
