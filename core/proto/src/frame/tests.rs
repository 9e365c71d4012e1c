use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;
use crate::id::RoomId;
use crate::limits::{MESSAGE_SEQ_MAX, MESSAGE_TEXT_MAX_BYTES, WRITTEN_AT_MAX_MS};
use crate::name::SafePath;
use crate::version::VERSIONS;

fn samples() -> Vec<Frame> {
    let file = OfferedFile {
        path: SafePath::sanitise("trip/beach.jpg"),
        size: 3_000_000,
        root: [0xAB; 32],
        modified_ms: Some(1_700_000_000_000),
        mime: Some("image/jpeg".to_owned()),
    };
    [
        Frame::Hello(Hello {
            versions: VERSIONS,
            device: DeviceId([0x11; 16]),
            name: DisplayName::sanitise("Ada"),
            window_bytes: 4 << 20,
            bulk_frame_max_bytes: 135_168,
            signing_key: [0x22; 32],
            proof: [0x33; 64],
            stream: 0x4444,
            lanes: LANE_QUIC,
            session: 0x5555,
            avatar: Avatar {
                colour: 3,
                emblem: 7,
            },
        }),
        Frame::Ping(Probe { nonce: 7 }),
        Frame::Pong(Probe { nonce: 7 }),
        Frame::Message(ChatMessage::new(0x4444, 1, 1_700_000_000_000, "hello")),
        Frame::Stored(Stored { through: 1 }),
        Frame::Offer(Offer {
            transfer: 5,
            files: vec![file],
        }),
        Frame::Answer(OfferAnswer {
            transfer: 5,
            accepted: vec![0],
            reason: None,
            done: Vec::new(),
        }),
        Frame::Want(Want {
            transfer: 5,
            file: 0,
            ranges: vec![ByteRange {
                start: 0,
                end: 65536,
            }],
        }),
        Frame::Credit(Credit { limit: 8 << 20 }),
        Frame::FileDone(FileRef {
            transfer: 5,
            file: 0,
        }),
        Frame::FileFailed(FileFailed {
            transfer: 5,
            file: 0,
            reason: "gone".to_owned(),
            by_sender: true,
        }),
        Frame::Cancel(Cancel {
            transfer: 5,
            by_sender: true,
            reason: "changed".to_owned(),
        }),
        Frame::Bye(Bye {
            reason: "left".to_owned(),
        }),
    ]
    .into_iter()
    .chain(later_samples())
    .collect()
}

fn later_samples() -> [Frame; 11] {
    [
        Frame::SasCommit(SasCommit {
            commitment: [0x55; 32],
        }),
        Frame::SasReveal(SasReveal { random: [0x66; 32] }),
        Frame::Pause(Pause {
            transfer: 5,
            by_sender: false,
            is_paused: true,
            reason: Some("the disk is full".to_owned()),
        }),
        Frame::Preview(Preview {
            transfer: 5,
            file: 1,
            image: vec![0xFF, 0xD8, 0xFF, 0xD9],
        }),
        Frame::LaneReady(LaneReady { lane: 3 }),
        Frame::LaneOver(LaneOver {
            lane: 3,
            received: 70_000,
        }),
        Frame::Nudge(Nudge {}),
        Frame::Message(ChatMessage {
            in_reply_to: Some(MessageId {
                author: DeviceId([0x11; 16]),
                stream: 0x4444,
                seq: 1,
            }),
            ..ChatMessage::new(0x6666, 2, 1_700_000_001_000, "hello yourself")
        }),
        Frame::Typing(Typing { is_typing: true }),
        Frame::Have(Have {
            authors: vec![HaveAuthor {
                author: DeviceId([0x11; 16]),
                stream: 0x4444,
                through: 1,
                is_direct: false,
            }],
        }),
        Frame::Passed(Passed {
            handshake_key: [0x77; 32],
            signing_key: [0x22; 32],
            name: DisplayName::sanitise("Ada"),
            message: ChatMessage::new(0x4444, 2, 1_700_000_000_000, "still here"),
        }),
    ]
}

#[test]
fn the_bytes_of_every_frame_are_the_documented_ones() {
    let lines: Vec<String> = samples()
        .iter()
        .map(|frame| {
            let debug = format!("{frame:?}");
            let name = debug.split('(').next().unwrap_or_default().to_owned();
            format!("{name}: {}", HEXLOWER.encode(&frame.encode()))
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_frame_reads_back_as_it_was() {
    for frame in samples() {
        assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
    }
}

#[test]
fn every_truncation_is_an_error() {
    for frame in samples() {
        let bytes = frame.encode();
        for len in 0..bytes.len() {
            assert!(
                Frame::decode(&bytes[..len]).is_err(),
                "{frame:?} cut to {len}"
            );
        }
    }
}

#[test]
fn every_flipped_bit_is_read_or_refused_without_a_panic() {
    for frame in samples() {
        let bytes = frame.encode();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let _ = Frame::decode(&flipped);
        }
    }
}

#[test]
fn unknown_kinds_are_named_so_that_they_can_be_skipped() {
    assert_eq!(
        Frame::decode(&[0x7F, 0xA0]),
        Err(DecodeError::UnknownKind(0x7F))
    );
}

#[test]
fn unknown_keys_of_a_known_kind_are_ignored() {
    // {0: 7, 99: "later"}
    let later = [
        0x02, 0xA2, 0x00, 0x07, 0x18, 0x63, 0x65, b'l', b'a', b't', b'e', b'r',
    ];
    assert_eq!(Frame::decode(&later), Ok(Frame::Ping(Probe { nonce: 7 })));
}

#[test]
fn a_hostile_file_name_arrives_harmless() {
    // The text "../../x" where a well-behaved sender puts a clean path.
    let mut bytes = Frame::Offer(Offer {
        transfer: 1,
        files: vec![OfferedFile {
            path: SafePath::sanitise("aaaaaaa"),
            size: 1,
            root: [0; 32],
            modified_ms: None,
            mime: None,
        }],
    })
    .encode();
    let at = bytes.windows(7).position(|w| w == b"aaaaaaa").unwrap();
    bytes[at..at + 7].copy_from_slice(b"../../x");
    let Ok(Frame::Offer(offer)) = Frame::decode(&bytes) else {
        panic!("an offer")
    };
    assert_eq!(offer.files[0].path.to_string(), "x");
}

#[test]
fn bounds_are_held() {
    let long = Frame::Message(ChatMessage {
        text: "x".repeat(MESSAGE_TEXT_MAX_BYTES + 1),
        ..ChatMessage::new(0x4444, 1, 0, "")
    });
    assert_eq!(
        Frame::decode(&long.encode()),
        Err(DecodeError::OutOfBounds("message text"))
    );
    let overlapping = vec![
        ByteRange { start: 0, end: 10 },
        ByteRange { start: 5, end: 20 },
    ];
    let want = Frame::Want(Want {
        transfer: 1,
        file: 0,
        ranges: overlapping,
    });
    assert_eq!(
        Frame::decode(&want.encode()),
        Err(DecodeError::OutOfBounds("wanted ranges"))
    );
    let none = Frame::Offer(Offer {
        transfer: 1,
        files: Vec::new(),
    });
    assert_eq!(
        Frame::decode(&none.encode()),
        Err(DecodeError::OutOfBounds("offered files"))
    );
    let huge = vec![0x04; CONTROL_FRAME_MAX_BYTES + 1];
    assert_eq!(
        Frame::decode(&huge),
        Err(DecodeError::TooLong(CONTROL_FRAME_MAX_BYTES + 1))
    );
}

#[test]
fn a_passed_message_keeps_to_the_limits_of_one_from_its_author() {
    let passed = Frame::Passed(Passed {
        handshake_key: [0; 32],
        signing_key: [0; 32],
        name: DisplayName::sanitise("Ada"),
        message: ChatMessage::new(0x4444, 0, 0, "x"),
    });
    let refused = Err(DecodeError::OutOfBounds("message seq"));
    assert_eq!(Frame::decode(&passed.encode()), refused);
}

#[test]
fn what_is_signed_tells_an_answer_from_a_message_with_the_same_bytes() {
    let (room, author) = (RoomId([1; 16]), DeviceId([2; 16]));
    let plain = ChatMessage::new(1, 1, 0, "yes");
    let first = MessageId {
        author,
        stream: 9,
        seq: 1,
    };
    let second = MessageId { seq: 2, ..first };
    let signed = |in_reply_to| {
        let message = ChatMessage {
            in_reply_to,
            ..plain.clone()
        };
        message.signed_bytes(room, author)
    };
    assert_ne!(signed(None), signed(Some(first)));
    assert_ne!(signed(Some(first)), signed(Some(second)));
}

#[test]
fn no_word_names_a_message_that_cannot_be() {
    let answered = MessageId {
        author: DeviceId([1; 16]),
        stream: 1,
        seq: u64::MAX,
    };
    let answer = Frame::Message(ChatMessage {
        in_reply_to: Some(answered),
        ..ChatMessage::new(1, 1, 0, "?")
    });
    let refused = Err(DecodeError::OutOfBounds("answered message"));
    assert_eq!(Frame::decode(&answer.encode()), refused);
    let have = Frame::Have(Have {
        authors: vec![HaveAuthor {
            author: DeviceId([1; 16]),
            stream: 1,
            through: MESSAGE_SEQ_MAX + 1,
            is_direct: false,
        }],
    });
    let refused = Err(DecodeError::OutOfBounds("stored messages"));
    assert_eq!(Frame::decode(&have.encode()), refused);
}

#[test]
fn numbers_that_would_overflow_are_refused() {
    let last = ChatMessage::new(0x4444, MESSAGE_SEQ_MAX, u64::MAX, "x");
    let Ok(Frame::Message(read)) = Frame::decode(&Frame::Message(last.clone()).encode()) else {
        panic!("a message");
    };
    assert_eq!(read.written_at_ms, WRITTEN_AT_MAX_MS);
    let beyond = ChatMessage {
        seq: MESSAGE_SEQ_MAX + 1,
        ..last
    };
    let refused = Frame::decode(&Frame::Message(beyond).encode());
    assert_eq!(refused, Err(DecodeError::OutOfBounds("message seq")));
}

#[test]
fn ranges_between_units_are_refused() {
    let ranges = vec![ByteRange { start: 1, end: 2 }];
    let want = Frame::Want(Want {
        transfer: 1,
        file: 0,
        ranges,
    });
    assert_eq!(
        Frame::decode(&want.encode()),
        Err(DecodeError::OutOfBounds("wanted ranges"))
    );
}

#[test]
fn a_length_that_lies_allocates_nothing() {
    // Offer {0: 1, 1: array of 2^60 files} in fifteen bytes.
    let lie = [
        0x06, 0xA2, 0x00, 0x01, 0x01, 0x9B, 0x10, 0, 0, 0, 0, 0, 0, 0,
    ];
    assert_eq!(
        Frame::decode(&lie),
        Err(DecodeError::Malformed { kind: 0x06 })
    );
}

proptest! {
    #[test]
    fn messages_read_back(
        seq in 1u64..MESSAGE_SEQ_MAX, at in 0..WRITTEN_AT_MAX_MS, text in "a.{0,400}",
    ) {
        let frame = Frame::Message(ChatMessage::new(0x4444, seq, at, &text));
        prop_assert_eq!(Frame::decode(&frame.encode()), Ok(frame));
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = Frame::decode(&bytes);
    }
}
