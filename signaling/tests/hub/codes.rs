//! Typed codes: numbers, guests, and that a guest learns nothing but whether the words are right.

use std::time::Duration;

use parlor_proto::code::Nameplate;
use parlor_proto::id::PeerId;
use parlor_proto::signal::{ClientMessage, ErrorCode, JoinIntent, ServerMessage};
use parlor_signaling::hub::*;

use crate::world::{Entered, HOME, START, World, join};

const SPONSOR: u64 = 1;
const GUEST: u64 = 9;

fn open_code(world: &mut World, conn: u64) -> Nameplate {
    let nameplate = None;
    world.say(conn, ClientMessage::NameplateOpen { nameplate });
    match world.heard().pop() {
        Some(HubOutput::Send {
            message: ServerMessage::Nameplate { nameplate },
            ..
        }) => nameplate,
        other => panic!("no number but {other:?}"),
    }
}

fn sponsor(world: &mut World) -> (Entered, Nameplate) {
    let entered = world.open(SPONSOR);
    let nameplate = open_code(world, SPONSOR);
    (entered, nameplate)
}

fn knock(world: &mut World, conn: u64, nameplate: Nameplate) {
    world.connect(conn);
    let payload = "a".repeat(44);
    world.say(conn, ClientMessage::Knock { nameplate, payload });
}

fn prove(world: &mut World, conn: u64) {
    let payload = "cHJvb2Y".to_owned();
    world.say(conn, ClientMessage::KnockProof { payload });
}

fn guest_named(world: &mut World) -> PeerId {
    let named = world.heard().into_iter().find_map(|output| match output {
        HubOutput::Send {
            conn: ConnId(SPONSOR),
            message: ServerMessage::Knock { guest, .. },
        } => Some(guest),
        _ => None,
    });
    named.expect("the sponsor hears of the knock")
}

fn answer(world: &mut World, guest: PeerId, payload: &str) {
    let payload = payload.to_owned();
    world.say(SPONSOR, ClientMessage::KnockAnswer { guest, payload });
}

/// What a guest hears from the knock to the end, with times and with answers by their length.
fn story(world: &mut World, nameplate: Nameplate, mut act: impl FnMut(&mut World)) -> Vec<String> {
    let mut story = Vec::new();
    let mut tell = |world: &mut World| {
        let at = world.now - START;
        for output in world.heard() {
            match output {
                HubOutput::Send {
                    conn: ConnId(GUEST),
                    message: ServerMessage::KnockAnswer { payload },
                } => story.push(format!("{at:?}: {} characters", payload.len())),
                HubOutput::Send {
                    conn: ConnId(GUEST),
                    message,
                } => story.push(format!("{at:?}: {message:?}")),
                HubOutput::Close {
                    conn: ConnId(GUEST),
                    code,
                } => story.push(format!("{at:?}: {code:?}")),
                _ => {}
            }
        }
    };
    world.now = START;
    knock(world, GUEST, nameplate);
    act(world);
    for _ in 0..20 {
        world.wait(Duration::from_millis(100));
        tell(world);
    }
    prove(world, GUEST);
    act(world);
    for _ in 0..40 {
        world.wait(Duration::from_millis(100));
        tell(world);
    }
    story
}

#[test]
fn absent_away_busy_refusing_and_wrong_look_the_same_to_the_moment() {
    let mut nobody = World::new();
    let unused = Nameplate::try_from(77).unwrap();
    let expected = story(&mut nobody, unused, |_| ());
    assert_eq!(
        expected.len(),
        3,
        "an answer, a refusal, an end: {expected:?}"
    );

    let mut away = World::new();
    let (_, number) = sponsor(&mut away);
    away.drop_conn(SPONSOR);
    assert_eq!(story(&mut away, number, |_| ()), expected, "away");

    let mut silent = World::new();
    let (_, number) = sponsor(&mut silent);
    assert_eq!(story(&mut silent, number, |_| ()), expected, "silent");

    let mut refusing = World::new();
    let (_, number) = sponsor(&mut refusing);
    let refuses = |world: &mut World| {
        let guest = PeerId(guest_name(GUEST));
        world.say(SPONSOR, ClientMessage::KnockRefuse { guest });
    };
    assert_eq!(story(&mut refusing, number, refuses), expected, "refusing");

    let mut wrong = World::new();
    let (_, number) = sponsor(&mut wrong);
    let mut is_first = true;
    let answers_then_refuses = |world: &mut World| {
        let guest = PeerId(guest_name(GUEST));
        if std::mem::take(&mut is_first) {
            answer(world, guest, &"b".repeat(44));
        } else {
            world.say(SPONSOR, ClientMessage::KnockRefuse { guest });
        }
    };
    assert_eq!(
        story(&mut wrong, number, answers_then_refuses),
        expected,
        "wrong words"
    );

    let mut busy = World::new();
    let (_, number) = sponsor(&mut busy);
    for conn in 100..100 + GUESTS_PER_SPONSOR_MAX as u64 {
        knock(&mut busy, conn, number);
    }
    assert_eq!(story(&mut busy, number, |_| ()), expected, "busy");
}

fn guest_name(conn: u64) -> [u8; 16] {
    let mut name = [0xC0; 16];
    name[..8].copy_from_slice(&conn.to_be_bytes());
    name
}

#[test]
fn a_guest_and_a_sponsor_talk_and_the_invitation_comes_at_once() {
    let mut world = World::new();
    let (_, number) = sponsor(&mut world);
    knock(&mut world, GUEST, number);
    let guest = guest_named(&mut world);
    answer(&mut world, guest, "aGFsZg");
    world.wait(ANSWER_AFTER);
    let half = ServerMessage::KnockAnswer {
        payload: "aGFsZg".to_owned(),
    };
    assert_eq!(world.heard(), [crate::world::send(GUEST, half)]);
    prove(&mut world, GUEST);
    let proof = ServerMessage::KnockProof {
        guest,
        payload: "cHJvb2Y".to_owned(),
    };
    assert_eq!(world.heard(), [crate::world::send(SPONSOR, proof)]);
    answer(&mut world, guest, "aW52aXRl");
    let invitation = ServerMessage::KnockAnswer {
        payload: "aW52aXRl".to_owned(),
    };
    let close = HubOutput::Close {
        conn: ConnId(GUEST),
        code: CloseCode::Left,
    };
    assert_eq!(
        world.heard(),
        [crate::world::send(GUEST, invitation), close]
    );
    assert_eq!(world.hub.guests_len(), 0);
}

#[test]
fn decoys_differ_each_time() {
    let mut world = World::new();
    let number = Nameplate::try_from(77).unwrap();
    for conn in 1..4 {
        knock(&mut world, conn, number);
    }
    world.wait(ANSWER_AFTER);
    let answers: std::collections::BTreeSet<String> = world
        .heard()
        .into_iter()
        .filter_map(|output| match output {
            HubOutput::Send {
                message: ServerMessage::KnockAnswer { payload },
                ..
            } => Some(payload),
            _ => None,
        })
        .collect();
    assert_eq!(answers.len(), 3);
}

#[test]
fn a_member_who_comes_back_has_the_number_still_and_one_who_leaves_has_not() {
    let mut world = World::new();
    let (entered, number) = sponsor(&mut world);
    world.drop_conn(SPONSOR);
    world.enter(2, crate::world::resume(&entered));
    assert_eq!(open_code(&mut world, 2), number);
    world.say(2, ClientMessage::Leave);
    assert_eq!(world.hub.nameplates_len(), 0);
}

#[test]
fn only_the_sponsor_answers_a_guest() {
    let mut world = World::new();
    let (_, number) = sponsor(&mut world);
    world.enter(2, join(JoinIntent::Join));
    world.heard();
    knock(&mut world, GUEST, number);
    let guest = guest_named(&mut world);
    let payload = "Zm9yZ2Vk".to_owned();
    world.say(2, ClientMessage::KnockAnswer { guest, payload });
    world.wait(ANSWER_AFTER);
    let forged = world.heard().into_iter().any(|output| {
        matches!(output, HubOutput::Send { message: ServerMessage::KnockAnswer { payload }, .. }
            if payload == "Zm9yZ2Vk")
    });
    assert!(!forged);
}

#[test]
fn a_guest_does_not_join_and_one_that_never_proves_is_closed() {
    let mut world = World::new();
    let (_, number) = sponsor(&mut world);
    knock(&mut world, GUEST, number);
    world.heard();
    world.say(GUEST, join(JoinIntent::Join));
    assert_eq!(world.refusal(GUEST), (vec![ErrorCode::NotJoined], false));
    world.wait(ANSWER_AFTER);
    world.wait(PROOF_PATIENCE);
    assert_eq!(world.refusal(GUEST), (vec![ErrorCode::HelloTimeout], true));
    assert_eq!(world.hub.guests_len(), 0);
}

#[test]
fn one_address_that_tries_too_many_codes_is_told_to_wait() {
    let mut world = World::new();
    let limits = AddressLimits::default();
    let number = Nameplate::try_from(77).unwrap();
    for conn in 1..=u64::from(limits.knocks_burst) + 1 {
        world.feed(HubInput::Connected {
            conn: ConnId(conn),
            fresh_peer: PeerId(guest_name(conn)),
            from: HOME.into(),
        });
        let payload = "aGFsZg".to_owned();
        world.say(
            conn,
            ClientMessage::Knock {
                nameplate: number,
                payload,
            },
        );
    }
    let last = u64::from(limits.knocks_burst) + 1;
    assert_eq!(world.refusal(last), (vec![ErrorCode::RateLimited], true));
}
