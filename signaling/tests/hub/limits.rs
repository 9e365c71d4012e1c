//! What the hub refuses, and what it holds at most.

use parlor_proto::id::RoomId;
use parlor_proto::signal::{
    ClientMessage, ErrorCode, JoinIntent, ServerMessage, SignalDecodeError,
};
use parlor_signaling::hub::*;

use crate::world::*;

#[test]
fn beyond_the_held_bytes_senders_are_told() {
    let mut world = World::new();
    let large = "a".repeat(14 * 1024);
    let mut conn = 0;
    let mut held = 0;
    // One sender and 31 away in each room, until the server's limit is reached.
    'rooms: for room in 0u8.. {
        let join = || ClientMessage::Join {
            room: RoomId([room; 16]),
            intent: JoinIntent::Open,
            max_peers: None,
            resume: None,
        };
        conn += 1;
        let sender = conn;
        world.enter(sender, join());
        for _ in 0..31 {
            conn += 1;
            let away = world.enter(conn, join());
            world.drop_conn(conn);
            for _ in 0..HELD_SIGNALS_MAX {
                world.signal(sender, away.peer, &large);
                if world.refusal(sender).0 == [ErrorCode::PeerNotFound] {
                    break 'rooms;
                }
                held += large.len();
            }
        }
    }
    assert!(held <= HELD_BYTES_MAX && held > HELD_BYTES_MAX - large.len());
    world.wait(RESUME_WINDOW);
    let (alice, _) = (world.open(9_000), world.open(9_001));
    world.drop_conn(9_000);
    world.signal(9_001, alice.peer, &large);
    assert_eq!(
        world.refusal(9_001),
        (vec![], false),
        "the room is there again"
    );
}

#[test]
fn no_join_in_time_closes_the_connection() {
    let mut world = World::new();
    world.connect(1);
    assert_eq!(world.hub.poll_deadline(), Some(START + HELLO_TIMEOUT));
    world.wait(HELLO_TIMEOUT);
    assert_eq!(world.refusal(1), (vec![ErrorCode::HelloTimeout], true));
    assert_eq!(world.hub.poll_deadline(), None);
}

#[test]
fn a_member_has_no_hello_timeout() {
    let mut world = World::new();
    world.open(1);
    world.wait(HELLO_TIMEOUT * 10);
    assert_eq!(world.heard(), []);
}

#[test]
fn unreadable_messages_close_with_their_code() {
    let cases = [
        (SignalDecodeError::Malformed, ErrorCode::BadMessage),
        (
            SignalDecodeError::OutOfBounds { what: "payload" },
            ErrorCode::BadMessage,
        ),
        (
            SignalDecodeError::TooLarge { len_bytes: 20_000 },
            ErrorCode::TooLarge,
        ),
        (
            SignalDecodeError::UnsupportedVersion { version: 2 },
            ErrorCode::UnsupportedVersion,
        ),
    ];
    for (error, code) in cases {
        let mut world = World::new();
        world.connect(1);
        world.feed(HubInput::Undecodable {
            conn: ConnId(1),
            error,
        });
        assert_eq!(world.refusal(1), (vec![code], true));
    }
}

#[test]
fn an_unknown_type_is_answered_and_the_connection_goes_on() {
    let mut world = World::new();
    world.open(1);
    let error = SignalDecodeError::UnknownType;
    world.feed(HubInput::Undecodable {
        conn: ConnId(1),
        error,
    });
    assert_eq!(world.refusal(1), (vec![ErrorCode::UnknownType], false));
}

#[test]
fn a_flood_closes_its_connection_and_says_when_to_come_back() {
    let mut world = World::new();
    let bob = world.open(1);
    world.open(2);
    for _ in 0..MESSAGE_BURST_MAX {
        world.signal(2, bob.peer, "x");
    }
    let heard = world.heard();
    let [
        ..,
        HubOutput::Send {
            conn: ConnId(2),
            message,
        },
        HubOutput::Close { .. },
    ] = &heard[..]
    else {
        panic!("{:?}", heard.last());
    };
    assert!(matches!(
        message,
        ServerMessage::Error {
            code: ErrorCode::RateLimited,
            retry_after_ms: Some(20),
            ..
        }
    ));
    assert_eq!((world.hub.peers_len(), world.hub.away_len()), (1, 1));
}

#[test]
fn connections_that_ended_are_not_heard() {
    let mut world = World::new();
    let bob = world.open(1);
    world.open(2);
    world.drop_conn(2);
    world.signal(2, bob.peer, "late");
    world.drop_conn(2);
    world.drop_conn(77);
    assert_eq!(world.heard(), []);
    assert_eq!((world.hub.peers_len(), world.hub.away_len()), (1, 1));
}

#[test]
fn members_away_are_bounded_on_the_whole_server() {
    let mut world = World::new();
    for n in 0..=u64::try_from(AWAY_MEMBERS_MAX).unwrap() {
        let mut room = [3; 16];
        room[..8].copy_from_slice(&n.to_be_bytes());
        let room = RoomId(room);
        let intent = JoinIntent::Open;
        world.enter(
            n,
            ClientMessage::Join {
                room,
                intent,
                max_peers: None,
                resume: None,
            },
        );
        world.drop_conn(n);
    }
    assert_eq!(
        (world.hub.away_len(), world.hub.rooms_len()),
        (AWAY_MEMBERS_MAX, AWAY_MEMBERS_MAX)
    );
}

#[test]
fn a_name_given_twice_by_the_driver_takes_nobodys_place() {
    let mut world = World::new();
    let alice = world.open(1);
    world.feed(HubInput::Connected {
        conn: ConnId(2),
        fresh_peer: alice.peer,
        from: HOME.into(),
    });
    world.say(2, join(JoinIntent::Open));
    assert_eq!(world.refusal(2), (vec![ErrorCode::Internal], true));
    assert_eq!(world.hub.peers_len(), 1);
}

#[test]
fn equal_inputs_give_equal_outputs() {
    let run = || {
        let mut world = World::new();
        let mut all = Vec::new();
        for conn in 1..20 {
            world.connect(conn);
            world.say(conn, join(JoinIntent::Open));
        }
        for conn in (1..20).step_by(3) {
            world.drop_conn(conn);
        }
        world.wait(RESUME_WINDOW);
        all.extend(world.heard());
        all
    };
    assert_eq!(run(), run());
}
