use proptest::prelude::*;

use super::*;

fn relayed(body: Bytes) -> Relayed {
    Relayed {
        conversation: 0x0102_0304_0506_0708,
        from: PeerId([2; 16]),
        to: PeerId([3; 16]),
        body,
    }
}

fn sealed(counter: u64, len: usize) -> Body {
    Body::Sealed {
        counter,
        sealed: vec![7; len].into(),
    }
}

#[test]
fn an_envelope_has_the_documented_bytes() {
    let bytes = relayed(Bytes::from_static(&[0xAA, 0xBB])).encode();
    let expected = [
        &[0x30, 1, 2, 3, 4, 5, 6, 7, 8][..],
        &[2; 16],
        &[3; 16],
        &[0xAA, 0xBB],
    ];
    assert_eq!(bytes, expected.concat());
}

#[test]
fn an_envelope_cut_short_or_without_a_body_is_refused() {
    let bytes = relayed(Bytes::from_static(&[1])).encode();
    for len in 0..bytes.len() {
        let cut = Relayed::decode(bytes.slice(..len));
        assert_eq!(cut, Err(RelayedError::Truncated), "{len} bytes");
    }
}

#[test]
fn an_envelope_to_its_own_sender_is_refused() {
    let mut own = relayed(Bytes::from_static(&[1]));
    own.to = own.from;
    let decoded = Relayed::decode(own.encode());
    assert_eq!(decoded, Err(RelayedError::OutOfBounds("receiver")));
}

#[test]
fn the_longest_of_everything_is_taken_and_one_byte_more_is_not() {
    let frame = |len| Content::Carried {
        flow: Flow::Bulk,
        frame: vec![0; len].into(),
    };
    let longest = frame(CARRIED_CONTENT_MAX_BYTES);
    assert_eq!(Content::decode(longest.encode()), Ok(longest));
    assert!(Content::decode(frame(CARRIED_CONTENT_MAX_BYTES + 1).encode()).is_err());

    let longest = sealed(0, SEALED_MAX_BYTES);
    assert_eq!(Body::decode(longest.encode()), Ok(longest.clone()));
    assert!(Body::decode(sealed(0, SEALED_MAX_BYTES + 1).encode()).is_err());

    let longest = relayed(longest.encode());
    assert_eq!(longest.encode().len(), RELAYED_MAX_BYTES);
    assert_eq!(Relayed::decode(longest.encode()), Ok(longest));
    let longer = relayed(vec![SEALED; RELAYED_MAX_BYTES - HEADER_BYTES + 1].into());
    assert_eq!(
        Relayed::decode(longer.encode()),
        Err(RelayedError::TooLong {
            len_bytes: RELAYED_MAX_BYTES + 1,
            max_bytes: RELAYED_MAX_BYTES
        })
    );
}

#[test]
fn a_counter_at_the_end_of_a_conversation_is_refused() {
    let last = sealed(CONVERSATION_MESSAGES_MAX - 1, SEALED_MIN_BYTES);
    assert_eq!(Body::decode(last.encode()), Ok(last));
    let over = sealed(CONVERSATION_MESSAGES_MAX, SEALED_MIN_BYTES);
    assert_eq!(
        Body::decode(over.encode()),
        Err(RelayedError::OutOfBounds("counter"))
    );
}

#[test]
fn a_seal_without_room_for_a_kind_and_a_tag_is_refused() {
    let short = sealed(0, SEALED_MIN_BYTES - 1);
    assert_eq!(Body::decode(short.encode()), Err(RelayedError::Truncated));
}

#[test]
fn kinds_of_later_versions_are_named_so_that_they_can_be_skipped() {
    let later = Bytes::from_static(&[0x31, 1, 2, 3]);
    let unknown = RelayedError::UnknownKind(0x31);
    assert_eq!(Relayed::decode(later.clone()), Err(unknown));
    assert_eq!(Body::decode(later.clone()), Err(unknown));
    assert_eq!(Content::decode(later), Err(unknown));
}

#[test]
fn what_is_printed_holds_neither_body_nor_conversation() {
    let frame = Bytes::from_static(b"secret");
    let content = Content::Carried {
        flow: Flow::Control,
        frame: frame.clone(),
    };
    let handshake = Body::Handshake {
        step: Step::First,
        message: frame.clone(),
    };
    let shown = format!("{content:?} {handshake:?} {:?}", relayed(frame));
    assert!(!shown.contains("secret"), "{shown}");
    assert!(!shown.contains("72623859790382856"), "{shown}");
}

fn bodies() -> impl Strategy<Value = Body> {
    let steps = prop::sample::select(vec![Step::First, Step::Second, Step::Third]);
    let message = prop::collection::vec(any::<u8>(), 0..=HANDSHAKE_MESSAGE_MAX_BYTES);
    let handshake = (steps, message).prop_map(|(step, message)| Body::Handshake {
        step,
        message: message.into(),
    });
    let bytes = prop::collection::vec(any::<u8>(), SEALED_MIN_BYTES..400);
    let sealed = (0..CONVERSATION_MESSAGES_MAX, bytes).prop_map(|(counter, sealed)| Body::Sealed {
        counter,
        sealed: sealed.into(),
    });
    prop_oneof![handshake, sealed]
}

proptest! {
    #[test]
    fn envelopes_and_bodies_read_back_as_they_were(
        conversation: u64, from: [u8; 16], to: [u8; 16], body in bodies(),
    ) {
        prop_assume!(from != to);
        let relayed = Relayed {
            conversation,
            from: PeerId(from),
            to: PeerId(to),
            body: body.encode(),
        };
        prop_assert_eq!(Relayed::decode(relayed.encode()), Ok(relayed.clone()));
        prop_assert_eq!(Body::decode(relayed.body), Ok(body));
    }

    #[test]
    fn introductions_read_back_as_they_were(signing_key: [u8; 32], proof: [u8; 32]) {
        let proof = [proof, proof].concat().try_into().expect("64 bytes");
        let content = Content::Introduction(Introduction { signing_key, proof });
        prop_assert_eq!(Content::decode(content.encode()), Ok(content));
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = Bytes::from(bytes);
        let _ = Relayed::decode(bytes.clone());
        let _ = Body::decode(bytes.clone());
        let _ = Content::decode(bytes);
    }
}
