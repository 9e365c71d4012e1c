//! Two members and a carrier that does what it likes.

use parlor_proto::limits::SEALED_MIN_BYTES;

use super::*;

mod carrier;

const PSK: [u8; 32] = [9; 32];
const ADA: u8 = 3;
const BEN: u8 = 2;

fn device(of: u8) -> DeviceKey {
    DeviceKey::from_seed(&[of; 32])
}

fn parties(me: u8, them: u8) -> Parties {
    Parties {
        room: RoomId([1; 16]),
        conversation: 77,
        me: PeerId([me; 16]),
        them: PeerId([them; 16]),
    }
}

fn side_of(me: u8, them: u8, conversation: u64, seed: u8) -> Conversation {
    let parties = Parties {
        conversation,
        ..parties(me, them)
    };
    Conversation::new(parties, &device(me), &PSK, None, [seed; 32]).unwrap()
}

/// Ada, who begins, and Ben.
fn both() -> (Conversation, Conversation) {
    (side_of(ADA, BEN, 77, 30), side_of(BEN, ADA, 77, 20))
}

fn replies(received: Result<Received, ReceiveError>) -> Result<Vec<Relayed>, ReceiveError> {
    let received = received?;
    let Received::Replies(replies) = received else {
        panic!("no replies but {received:?}");
    };
    Ok(replies)
}

fn taken(side: &mut Conversation, messages: &[Relayed]) -> Result<Vec<Received>, ReceiveError> {
    messages
        .iter()
        .map(|message| side.receive(message))
        .collect()
}

/// An honest carrier: the handshake and both introductions.
fn meet(offerer: &mut Conversation, answerer: &mut Conversation) -> Result<(), ReceiveError> {
    let first = offerer.start().expect("this side begins");
    let second = replies(answerer.receive(&first))?;
    let [second] = second.as_slice() else {
        panic!("one reply");
    };
    let third = replies(offerer.receive(second))?;
    let [third, introduction] = third.as_slice() else {
        panic!("the third message and an introduction");
    };
    let answer = replies(answerer.receive(third))?;
    answerer.receive(introduction)?;
    taken(offerer, &answer)?;
    Ok(())
}

fn met() -> (Conversation, Conversation) {
    let (mut ada, mut ben) = both();
    meet(&mut ada, &mut ben).unwrap();
    (ada, ben)
}

fn frame(flow: Flow, frame: &'static [u8]) -> Result<Received, ReceiveError> {
    let frame = Bytes::from_static(frame);
    Ok(Received::Frame { flow, frame })
}

#[test]
fn both_sides_learn_the_other_device() {
    let (ada, ben) = met();
    assert_eq!(ada.remote(), Some(device(BEN).public()));
    assert_eq!(ben.remote(), Some(device(ADA).public()));
    assert_eq!(ada.transcript(), ben.transcript());
}

#[test]
fn frames_go_both_ways_on_every_flow() {
    let (mut ada, mut ben) = met();
    for flow in [Flow::Control, Flow::Bulk, Flow::Live] {
        let out = ada.seal(flow, b"to ben").unwrap();
        assert_eq!(ben.receive(&out), frame(flow, b"to ben"));
        let back = ben.seal(flow, b"to ada").unwrap();
        assert_eq!(ada.receive(&back), frame(flow, b"to ada"));
    }
}

#[test]
fn the_longest_frame_fits_and_a_longer_one_is_refused_with_the_limit() {
    let (mut ada, mut ben) = met();
    let longest = vec![5; CARRIED_CONTENT_MAX_BYTES];
    let sealed = ada.seal(Flow::Bulk, &longest).unwrap();
    let sealed = Relayed::decode(sealed.encode()).unwrap();
    assert!(matches!(ben.receive(&sealed), Ok(Received::Frame { frame, .. }) if frame == longest));
    let longer = vec![5; CARRIED_CONTENT_MAX_BYTES + 1];
    assert!(matches!(
        ada.seal(Flow::Bulk, &longer),
        Err(SealError::TooLong { .. })
    ));
}

#[test]
fn nothing_is_sealed_for_a_device_that_has_not_introduced_itself() {
    let (mut ada, mut ben) = both();
    assert_eq!(ada.seal(Flow::Control, b"x"), Err(SealError::NotReady));
    let first = ada.start().unwrap();
    let second = replies(ben.receive(&first)).unwrap();
    let _third = taken(&mut ada, &second).unwrap();
    assert_eq!(ada.seal(Flow::Control, b"x"), Err(SealError::NotReady));
}

#[test]
fn a_frame_before_its_introduction_is_not_shown_and_may_come_again() {
    let (mut ada, mut ben) = both();
    let first = ada.start().unwrap();
    let second = replies(ben.receive(&first)).unwrap();
    let third = replies(ada.receive(&second[0])).unwrap();
    let introduction = replies(ben.receive(&third[0])).unwrap();
    taken(&mut ada, &introduction).unwrap();
    let early = ada.seal(Flow::Control, b"early").unwrap();
    assert_eq!(ben.receive(&early), Err(ReceiveError::NotReady));
    ben.receive(&third[1]).unwrap();
    assert_eq!(ben.receive(&early), frame(Flow::Control, b"early"));
    assert_eq!(ben.receive(&early), Err(ReceiveError::Replayed));
}

#[test]
fn every_changed_byte_of_a_message_or_its_envelope_is_noticed() {
    let (mut ada, mut ben) = met();
    let bytes = ada.seal(Flow::Control, b"hello").unwrap().encode();
    for at in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1 << bit;
            let received = Relayed::decode(changed.into())
                .map_err(ReceiveError::Malformed)
                .and_then(|relayed| ben.receive(&relayed));
            assert!(received.is_err(), "bit {bit} of byte {at}");
        }
    }
    let relayed = Relayed::decode(bytes).unwrap();
    assert_eq!(ben.receive(&relayed), frame(Flow::Control, b"hello"));
}

#[test]
fn every_changed_byte_of_the_handshake_or_an_introduction_is_noticed() {
    for message in 0..5 {
        let mut was_changed = true;
        for at in 0.. {
            if !was_changed {
                assert!(at > 48, "message {message}");
                break;
            }
            was_changed = false;
            let (mut ada, mut ben) = both();
            let met = meet_through(&mut ada, &mut ben, |index, body| {
                if let Some(byte) = body.get_mut(at).filter(|_| index == message) {
                    *byte ^= 1;
                    was_changed = true;
                }
            });
            assert_eq!(met.is_err(), was_changed, "byte {at} of message {message}");
        }
    }
}

/// Like [`meet`], with a carrier that may change each of the five bodies.
fn meet_through(
    ada: &mut Conversation,
    ben: &mut Conversation,
    mut spoil: impl FnMut(usize, &mut Vec<u8>),
) -> Result<(), ReceiveError> {
    let mut index = 0;
    let mut pass = |relayed: &Relayed| {
        let mut body = relayed.body.to_vec();
        spoil(index, &mut body);
        index += 1;
        let body = body.into();
        Relayed {
            body,
            ..relayed.clone()
        }
    };
    let first = ada.start().expect("this side begins");
    let second = replies(ben.receive(&pass(&first)))?;
    let third = replies(ada.receive(&pass(&second[0])))?;
    let introduction = replies(ben.receive(&pass(&third[0])))?;
    ben.receive(&pass(&third[1]))?;
    ada.receive(&pass(&introduction[0])).map(drop)
}

#[test]
fn a_replayed_message_is_refused_and_does_no_harm() {
    let (mut ada, mut ben) = met();
    let once = ada.seal(Flow::Control, b"once").unwrap();
    ben.receive(&once).unwrap();
    assert_eq!(ben.receive(&once), Err(ReceiveError::Replayed));
    let next = ada.seal(Flow::Control, b"next").unwrap();
    assert_eq!(ben.receive(&next), frame(Flow::Control, b"next"));
}

#[test]
fn a_message_older_than_the_window_is_refused_as_too_old() {
    let (mut ada, mut ben) = met();
    let old = ada.seal(Flow::Bulk, b"old").unwrap();
    for _ in 0..1024 {
        let newer = ada.seal(Flow::Bulk, b"new").unwrap();
        ben.receive(&newer).unwrap();
    }
    assert_eq!(ben.receive(&old), Err(ReceiveError::TooOld));
}

#[test]
fn repeated_handshake_messages_are_out_of_turn_and_do_no_harm() {
    let (mut ada, mut ben) = both();
    let first = ada.start().unwrap();
    assert_eq!(ada.start(), None);
    let second = replies(ben.receive(&first)).unwrap();
    assert_eq!(ben.receive(&first), Err(ReceiveError::OutOfTurn));
    let third = replies(ada.receive(&second[0])).unwrap();
    assert_eq!(ada.receive(&second[0]), Err(ReceiveError::OutOfTurn));
    let introduction = replies(ben.receive(&third[0])).unwrap();
    assert_eq!(ben.receive(&third[0]), Err(ReceiveError::OutOfTurn));
    ben.receive(&third[1]).unwrap();
    assert_eq!(ben.receive(&third[1]), Err(ReceiveError::Replayed));
    assert!(matches!(
        ada.receive(&introduction[0]),
        Ok(Received::Introduced(_))
    ));
}

#[test]
fn a_message_turned_round_is_refused() {
    let (mut ada, _) = met();
    let mut own = ada.seal(Flow::Control, b"x").unwrap();
    (own.from, own.to) = (own.to, own.from);
    assert_eq!(ada.receive(&own), Err(ReceiveError::Forged));
}

#[test]
fn a_message_of_another_conversation_is_refused_under_any_envelope() {
    let (_, mut ben) = met();
    let (mut ada, mut other) = (side_of(ADA, BEN, 78, 31), side_of(BEN, ADA, 78, 21));
    meet(&mut ada, &mut other).unwrap();
    let mut moved = ada.seal(Flow::Control, b"x").unwrap();
    assert_eq!(ben.receive(&moved), Err(ReceiveError::Misrouted));
    moved.conversation = 77;
    assert_eq!(ben.receive(&moved), Err(ReceiveError::Forged));
}

#[test]
fn whatever_the_sides_see_differently_ends_it() {
    let seen = parties(BEN, ADA);
    let others = [
        Parties {
            room: RoomId([7; 16]),
            ..seen
        },
        Parties {
            conversation: 78,
            ..seen
        },
        Parties {
            me: PeerId([1; 16]),
            ..seen
        },
        Parties {
            them: PeerId([4; 16]),
            ..seen
        },
    ];
    for seen in others {
        let (mut ada, _) = both();
        let mut ben = Conversation::new(seen, &device(BEN), &PSK, None, [20; 32]).unwrap();
        // A carrier that writes the envelopes anew for each side.
        let first = ada.start().unwrap();
        let second = replies(ben.receive(&readdressed(&first, &seen))).unwrap_or_default();
        let met = second
            .first()
            .map(|second| ada.receive(&readdressed(second, &parties(ADA, BEN))));
        let failed = Err(ReceiveError::Unproven(HandshakeFailed));
        assert!(met.is_none_or(|met| met == failed), "{seen:?}");
    }
}

fn readdressed(relayed: &Relayed, to: &Parties) -> Relayed {
    Relayed {
        conversation: to.conversation,
        from: to.them,
        to: to.me,
        body: relayed.body.clone(),
    }
}

#[test]
fn a_carrier_without_the_rooms_secret_meets_nobody() {
    let stranger = |me, them| {
        let key = device(66);
        Conversation::new(parties(me, them), &key, &[8; 32], None, [66; 32]).unwrap()
    };
    let (mut ada, mut ben) = both();
    let failed = Err(ReceiveError::Unproven(HandshakeFailed));
    assert_eq!(meet(&mut ada, &mut stranger(BEN, ADA)), failed);
    assert_eq!(meet(&mut stranger(ADA, BEN), &mut ben), failed);
    // Who begins cannot tell yet that the answer came from a stranger, and says nothing either.
    assert_eq!(ada.seal(Flow::Control, b"x"), Err(SealError::NotReady));
    assert_eq!(ben.seal(Flow::Control, b"x"), Err(SealError::Over));
}

#[test]
fn a_member_in_the_middle_shows_as_the_device_that_it_is() {
    let member = |me, them| {
        let key = device(66);
        Conversation::new(parties(me, them), &key, &PSK, None, [66; 32]).unwrap()
    };
    let (mut ada, mut ben) = both();
    meet(&mut ada, &mut member(BEN, ADA)).unwrap();
    meet(&mut member(ADA, BEN), &mut ben).unwrap();
    for side in [ada, ben] {
        assert_eq!(side.remote(), Some(device(66).public()));
    }
}

#[test]
fn a_member_in_the_middle_is_not_the_device_that_was_expected() {
    let expecting = |me, them| {
        let expected = Some(device(them).id());
        Conversation::new(parties(me, them), &device(me), &PSK, expected, [me; 32]).unwrap()
    };
    let member = |me, them| {
        let key = device(66);
        Conversation::new(parties(me, them), &key, &PSK, None, [66; 32]).unwrap()
    };
    let found = device(66).id();
    let somebody_else = Err(ReceiveError::SomebodyElse { found });
    let (mut ada, mut ben) = (expecting(ADA, BEN), expecting(BEN, ADA));
    assert_eq!(meet(&mut ada, &mut member(BEN, ADA)), somebody_else);
    assert_eq!(meet(&mut member(ADA, BEN), &mut ben), somebody_else);
    for mut side in [ada, ben] {
        assert_eq!(side.seal(Flow::Control, b"x"), Err(SealError::Over));
        assert_eq!(side.remote(), None);
    }
    let (mut ada, mut ben) = (expecting(ADA, BEN), expecting(BEN, ADA));
    assert_eq!(meet(&mut ada, &mut ben), Ok(()));
}

#[test]
fn a_proof_from_another_conversation_proves_nothing() {
    let ben = device(BEN);
    let introduction = Introduction {
        signing_key: ben.public().signing,
        proof: ben.sign(&Introduction::signed_bytes(&[0; 32], ben.id())),
    };
    let (mut ada, mut forger) = both();
    let first = ada.start().unwrap();
    let second = replies(forger.receive(&first)).unwrap();
    let third = replies(ada.receive(&second[0])).unwrap();
    replies(forger.receive(&third[0])).unwrap();
    let Stage::Met(keys) = &mut forger.stage else {
        panic!("both have keys");
    };
    let body = keys.seal(&Content::Introduction(introduction)).unwrap();
    let forged = forger.parties.envelope(body.encode());
    let refused = Err(ReceiveError::Unproven(HandshakeFailed));
    assert_eq!(ada.receive(&forged), refused);
    assert_eq!(ada.receive(&forged), Err(ReceiveError::Over));
}

#[test]
fn kinds_of_later_versions_are_skipped_inside_the_seal_too() {
    let (mut ada, mut ben) = met();
    let Stage::Met(keys) = &mut ada.stage else {
        panic!("both have keys");
    };
    let mut sealed = vec![0; SEALED_MIN_BYTES];
    keys.keys.write_message(1, &[0x44], &mut sealed).unwrap();
    let body = Body::Sealed {
        counter: 1,
        sealed: sealed.into(),
    };
    let later = ada.parties.envelope(body.encode());
    let unknown = Err(ReceiveError::Malformed(RelayedError::UnknownKind(0x44)));
    assert_eq!(ben.receive(&later), unknown);
    assert_eq!(ben.receive(&later), Err(ReceiveError::Replayed));
}

#[test]
fn a_conversation_ends_after_its_last_message() {
    let (mut ada, mut ben) = met();
    let Stage::Met(keys) = &mut ada.stage else {
        panic!("both have keys");
    };
    keys.sent = CONVERSATION_MESSAGES_MAX - 1;
    let last = ada.seal(Flow::Control, b"last").unwrap();
    assert_eq!(ben.receive(&last), frame(Flow::Control, b"last"));
    assert_eq!(ada.seal(Flow::Control, b"x"), Err(SealError::Exhausted));
}

#[test]
fn a_conversation_ends_after_as_many_forgeries_as_its_cipher_stands() {
    let (mut ada, mut ben) = met();
    let Stage::Met(keys) = &mut ben.stage else {
        panic!("both have keys");
    };
    keys.forgeries = FORGERIES_MAX - 2;
    let good = ada.seal(Flow::Control, b"x").unwrap();
    let mut forged = good.clone();
    let mut body = forged.body.to_vec();
    *body.last_mut().unwrap() ^= 1;
    forged.body = body.into();
    assert_eq!(ben.receive(&forged), Err(ReceiveError::Forged));
    assert_eq!(ben.receive(&forged), Err(ReceiveError::Over));
    assert_eq!(ben.receive(&good), Err(ReceiveError::Over));
}

#[test]
fn nothing_printed_holds_a_key_or_a_text() {
    let (mut ada, mut ben) = met();
    let sealed = ada.seal(Flow::Control, b"private words").unwrap();
    let opened = ben.receive(&sealed).unwrap();
    let shown = format!("{ada:?} {sealed:?}");
    assert!(shown.len() < 300, "{shown}");
    assert!(matches!(opened, Received::Frame { .. }));
    let shown = format!("{opened:?}");
    assert!(!shown.contains("private"), "{shown}");
}
