//! The handshake on a new link: any bytes in place of each of its messages.

use parlor_engine::device::DeviceKey;
use parlor_engine::handshake::{Handshake, Progress, Scene};
use parlor_engine::output::Role;
use parlor_proto::id::{PeerId, RoomId};
use parlor_proto::limits::HANDSHAKE_MESSAGE_MAX_BYTES;

use crate::Seed;
use crate::reader::Reader;

const PSK: [u8; 32] = [7; 32];

/// Takes the first byte for a place in the handshake and the others for the message that comes
/// there. `true` when it was taken.
pub fn run(data: &[u8]) -> bool {
    let mut reader = Reader::new(data);
    let place = reader.u8() % 4;
    let message = reader.rest();
    match place {
        0 => is_taken_as_first(message),
        1 => {
            let (mut offerer, ..) = begun();
            let taken = offerer.read(message);
            let [_, second, _] = messages();
            assert_eq!(taken.is_ok(), message == second, "answered by nobody");
            taken.is_ok()
        }
        2 => {
            let (_, mut answerer, ..) = begun();
            let taken = answerer.read(message);
            let [.., third] = messages();
            assert_eq!(taken.is_ok(), message == third, "proven by nobody");
            taken.is_ok_and(|progress| progress.proven.is_some())
        }
        _ => {
            check_out_of_turn(message);
            false
        }
    }
}

/// Anybody can begin; nothing is proven by that, and only who began can go on.
fn is_taken_as_first(message: &[u8]) -> bool {
    let mut answerer = side(Role::Answerer, 2);
    let Ok(Progress { reply, proven }) = answerer.read(message) else {
        return false;
    };
    assert!(reply.is_some() && proven.is_none(), "proven by a beginning");
    let [first, _, third] = messages();
    let went_on = answerer.read(&third).is_ok();
    assert_eq!(went_on, message == first, "gone on by somebody else");
    true
}

/// Sides that wait for nothing take nothing.
fn check_out_of_turn(message: &[u8]) {
    let mut silent = side(Role::Offerer, 1);
    assert!(silent.read(message).is_err(), "read before it began");
    let (mut offerer, mut answerer, second) = begun();
    let third = offerer.read(&second).expect("of the other side").reply;
    assert!(offerer.read(message).is_err(), "read after the end");
    let third = third.expect("the last message");
    answerer.read(&third).expect("of the other side");
    assert!(answerer.read(message).is_err(), "read after the end");
}

fn side(role: Role, device: u8) -> Handshake {
    let scene = Scene {
        room: RoomId([1; 16]),
        attempt: 1,
        offerer: (PeerId([3; 16]), "AA:BB"),
        answerer: (PeerId([2; 16]), "CC:DD"),
    };
    let key = DeviceKey::from_seed(&[device; 32]);
    Handshake::new(role, &key, &PSK, &scene, [device; 32]).expect("keys that Noise takes")
}

fn first(offerer: &mut Handshake) -> Vec<u8> {
    let first = offerer.start().expect("it has not begun");
    first.expect("the offerer begins")
}

/// Both sides after the second message was written, and that message.
fn begun() -> (Handshake, Handshake, Vec<u8>) {
    let (mut offerer, mut answerer) = (side(Role::Offerer, 1), side(Role::Answerer, 2));
    let second = answerer.read(&first(&mut offerer)).expect("a beginning");
    let second = second.reply.expect("an answer");
    (offerer, answerer, second)
}

/// What the two say to each other.
fn messages() -> [Vec<u8>; 3] {
    let (mut offerer, _, second) = begun();
    let third = offerer.read(&second).expect("of the other side").reply;
    let first = first(&mut side(Role::Offerer, 1));
    [first, second, third.expect("the last message")]
}

/// Each message in its place, of the two and of others, and some in places that are none.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let [one, two, three] = messages();
    let stranger = first(&mut side(Role::Offerer, 9));
    let too_long = vec![0; HANDSHAKE_MESSAGE_MAX_BYTES + 1];
    let seeds = [
        ("first", 0, &one),
        ("first-of-a-stranger", 0, &stranger),
        ("second", 1, &two),
        ("third", 2, &three),
        ("refused-second-in-place-of-third", 2, &two),
        ("refused-out-of-turn", 3, &three),
        ("refused-too-long", 1, &too_long),
        ("refused-empty", 0, &Vec::new()),
    ];
    let seeds = seeds.map(|(name, place, message)| {
        let place: &[u8] = &[place];
        Seed::new(name, [place, message].concat())
    });
    seeds.into_iter().collect()
}
