//! A sponsor, newcomers, and a server that passes their words on, or guesses.

mod seen;

use super::*;
use crate::input::SignalInput;
use crate::newcomer::{Newcomer, NewcomerError, NewcomerOutput};
use parlor_proto::signal::ServerMessage;

const SECRET: RoomSecret = RoomSecret::from_bytes([7; 32]);
const GUEST: PeerId = PeerId([9; 16]);
const START: Moment = Moment(Duration::from_secs(100));

fn nameplate(number: u32) -> Nameplate {
    Nameplate::try_from(number).unwrap()
}

fn words(byte: u8) -> Words {
    Words::from_random(&[byte; 5])
}

fn code(byte: u8) -> Code {
    Code {
        nameplate: nameplate(4821),
        words: words(byte),
    }
}

/// A sponsor whose code the server has numbered.
fn sponsor(uses: u32) -> Sponsor {
    let mut sponsor = Sponsor::new(SECRET);
    sponsor.open(words(1), uses, true, START);
    let ready = sponsor.on_nameplate(nameplate(4821), START);
    assert!(
        matches!(&ready[..], [Output::Notice(Notice::CodeReady { code: shown, .. })] if *shown == code(1))
    );
    sponsor
}

/// Lets a newcomer with `code` talk to `sponsor` through a server that only passes on.
fn join(sponsor: &mut Sponsor, code: Code, guest: PeerId) -> Result<RoomSecret, NewcomerError> {
    let mut newcomer = Newcomer::new(code, [guest.0[0]; 32]);
    newcomer.handle_input(None, START);
    newcomer.handle_input(Some(SignalInput::Opened), START);
    loop {
        let replies = match newcomer.poll_output() {
            NewcomerOutput::Dial => continue,
            NewcomerOutput::Done(result) => return result,
            NewcomerOutput::Wait(_) => panic!("the exchange is stuck"),
            NewcomerOutput::Send(ClientMessage::Knock { payload, .. }) => {
                sponsor.on_knock(guest, &payload, [guest.0[0] ^ 0x55; 32], START)
            }
            NewcomerOutput::Send(ClientMessage::KnockProof { payload }) => {
                sponsor.on_proof(guest, &payload, [3; 24])
            }
            NewcomerOutput::Send(other) => panic!("{other:?}"),
        };
        for reply in replies {
            let message = match answer_in(&reply) {
                Some(payload) => ServerMessage::KnockAnswer { payload },
                None if is_refusal(&reply) => refused(),
                None => continue,
            };
            newcomer.handle_input(Some(SignalInput::Received(message)), START);
        }
    }
}

fn answer_in(output: &Output) -> Option<String> {
    if let Output::SendSignal(ClientMessage::KnockAnswer { payload, .. }) = output {
        Some(payload.clone())
    } else {
        None
    }
}

fn is_refusal(output: &Output) -> bool {
    matches!(
        output,
        Output::SendSignal(ClientMessage::KnockRefuse { .. })
    )
}

fn refused() -> ServerMessage {
    ServerMessage::Error {
        code: parlor_proto::signal::ErrorCode::CodeRefused,
        message: String::new(),
        retry_after_ms: None,
    }
}

fn ends(outputs: &[Output]) -> Option<CodeEnd> {
    outputs.iter().find_map(|output| {
        if let Output::Notice(Notice::CodeClosed { why }) = output {
            Some(*why)
        } else {
            None
        }
    })
}

#[test]
fn the_right_code_gives_the_rooms_secret() {
    assert_eq!(join(&mut sponsor(1), code(1), GUEST), Ok(SECRET));
}

#[test]
fn a_wrong_code_is_refused_and_the_right_one_still_works() {
    let mut sponsor = sponsor(1);
    assert_eq!(
        join(&mut sponsor, code(2), GUEST),
        Err(NewcomerError::Refused)
    );
    assert_eq!(join(&mut sponsor, code(1), GUEST), Ok(SECRET));
}

#[test]
fn three_wrong_tries_burn_a_code() {
    let mut sponsor = sponsor(5);
    for n in 0..TRIES_MAX {
        let refused = join(&mut sponsor, code(2), PeerId([n; 16]));
        assert_eq!(refused, Err(NewcomerError::Refused));
    }
    assert_eq!(sponsor.view(), None);
    assert_eq!(
        join(&mut sponsor, code(1), GUEST),
        Err(NewcomerError::Refused)
    );
}

#[test]
fn a_code_lets_in_as_many_as_its_owner_said() {
    let mut sponsor = sponsor(2);
    for n in 0..2 {
        assert_eq!(join(&mut sponsor, code(1), PeerId([n; 16])), Ok(SECRET));
    }
    assert_eq!(
        join(&mut sponsor, code(1), GUEST),
        Err(NewcomerError::Refused)
    );
}

#[test]
fn a_code_ends_after_its_time_and_the_server_is_told() {
    let mut sponsor = sponsor(1);
    let at = START + CODE_LIFETIME;
    assert_eq!(sponsor.deadline().unwrap().at, at);
    let outputs = sponsor.on_time(true, at);
    assert_eq!(ends(&outputs), Some(CodeEnd::Expired));
    assert!(matches!(
        outputs[0],
        Output::SendSignal(ClientMessage::NameplateClose)
    ));
    assert!(sponsor.deadline().is_none());
}

#[test]
fn guesses_made_all_at_once_are_counted_one_by_one() {
    let mut sponsor = sponsor(1);
    let half = |n: u8| {
        let password = words(n + 2).password();
        Half::new(Side::Newcomer, password, nameplate(4821), [n; 32])
    };
    let mut proofs = Vec::new();
    for n in 0..8 {
        let guest = PeerId([n; 16]);
        let outputs = sponsor.on_knock(guest, &half(n).text(), [n; 32], START);
        if let Some(payload) = outputs.first().and_then(answer_in) {
            proofs.push((guest, half(n).meet(&payload).unwrap().proof()));
        }
    }
    assert_eq!(proofs.len(), GUESTS_MAX);
    let outputs = proofs
        .iter()
        .flat_map(|(guest, proof)| sponsor.on_proof(*guest, proof, [3; 24]));
    let outputs: Vec<Output> = outputs.collect();
    assert_eq!(ends(&outputs), Some(CodeEnd::Guessed));
    assert_eq!(outputs.iter().filter_map(answer_in).count(), 0);
}

#[test]
fn a_newcomer_who_says_nothing_more_makes_room_for_the_next() {
    let mut sponsor = sponsor(1);
    let half = Half::new(
        Side::Newcomer,
        words(1).password(),
        nameplate(4821),
        [1; 32],
    );
    for n in 0..8 {
        sponsor.on_knock(PeerId([n; 16]), &half.text(), [n; 32], START);
    }
    let busy = join(&mut sponsor, code(1), GUEST);
    assert_eq!(busy, Err(NewcomerError::Refused));
    assert!(sponsor.on_time(true, START + GUEST_PATIENCE).is_empty());
    assert_eq!(join(&mut sponsor, code(1), GUEST), Ok(SECRET));
}

#[test]
fn a_proof_is_heard_once() {
    let mut sponsor = sponsor(5);
    let half = Half::new(
        Side::Newcomer,
        words(1).password(),
        nameplate(4821),
        [1; 32],
    );
    let outputs = sponsor.on_knock(GUEST, &half.text(), [2; 32], START);
    let payload = answer_in(&outputs[0]).unwrap();
    let proof = half.meet(&payload).unwrap().proof();
    assert!(answer_in(&sponsor.on_proof(GUEST, &proof, [3; 24])[0]).is_some());
    assert!(is_refusal(&sponsor.on_proof(GUEST, &proof, [3; 24])[0]));
}

#[test]
fn a_server_that_guesses_is_let_in_by_none_of_a_thousand() {
    let mut let_in = 0;
    for n in 0..1000_u32 {
        let mut sponsor = Sponsor::new(SECRET);
        let [a, b, c, d] = n.wrapping_mul(0x9E37_79B9).to_be_bytes();
        sponsor.open(Words::from_random(&[a, b, c, d, 1]), 9, true, START);
        sponsor.on_nameplate(nameplate(4821), START);
        for guess in 0..6_u8 {
            let code = Code {
                nameplate: nameplate(4821),
                words: Words::from_random(&[guess, a, 7, b, 2]),
            };
            let_in += usize::from(join(&mut sponsor, code, PeerId([guess; 16])).is_ok());
        }
        assert_eq!(sponsor.view(), None, "the code outlived its tries");
    }
    assert_eq!(let_in, 0);
}

#[test]
fn a_server_cannot_change_a_number_that_is_being_read_out() {
    let mut sponsor = sponsor(1);
    assert!(sponsor.on_nameplate(nameplate(5), START).is_empty());
    let shown = sponsor.view().and_then(|view| view.code).unwrap();
    assert_eq!(shown.nameplate, nameplate(4821));
}

#[test]
fn after_a_loss_of_the_server_the_same_number_is_asked_for() {
    let mut sponsor = sponsor(1);
    sponsor.on_server_lost();
    let asked = sponsor.on_joined(START);
    assert!(
        matches!(asked, Some(Output::SendSignal(ClientMessage::NameplateOpen { nameplate: Some(number) })) if number == nameplate(4821))
    );
    assert!(sponsor.on_nameplate(nameplate(4821), START).is_empty());
    sponsor.on_joined(START);
    let other = sponsor.on_nameplate(nameplate(77), START);
    assert!(matches!(
        &other[..],
        [Output::Notice(Notice::CodeReady { .. })]
    ));
}

#[test]
fn a_server_without_codes_ends_the_wish_for_one() {
    let mut sponsor = Sponsor::new(SECRET);
    sponsor.open(words(1), 1, true, START);
    assert_eq!(ends(&sponsor.on_unsupported()), Some(CodeEnd::NoNumber));
    sponsor.open(words(1), 1, true, START);
    let outputs = sponsor.on_time(true, START + NAMEPLATE_PATIENCE);
    assert_eq!(ends(&outputs), Some(CodeEnd::NoNumber));
}

#[test]
fn nothing_the_server_is_told_depends_on_the_words() {
    // All but the key exchange itself is the same for any words; and the exchange's texts are as
    // long, and looked at in `knock`.
    let told = |byte: u8| {
        let mut sponsor = Sponsor::new(SECRET);
        let mut told = sponsor.open(words(byte), 1, true, START);
        told.extend(sponsor.on_nameplate(nameplate(4821), START));
        let half = Half::new(
            Side::Newcomer,
            words(byte).password(),
            nameplate(4821),
            [1; 32],
        );
        let answers = sponsor.on_knock(GUEST, &half.text(), [2; 32], START);
        let met = half.meet(&answer_in(&answers[0]).unwrap());
        told.extend(answers);
        told.extend(sponsor.on_proof(GUEST, &met.unwrap().proof(), [3; 24]));
        let is_for_server = |output: &Output| matches!(output, Output::SendSignal(_));
        told.retain(is_for_server);
        // Debug output shows a payload's length and nothing of it.
        told.iter()
            .map(|output| format!("{output:?}"))
            .collect::<Vec<_>>()
    };
    let first = told(1);
    assert!(first.len() >= 3, "{first:?}");
    for byte in 2..10 {
        assert_eq!(told(byte), first);
    }
}
