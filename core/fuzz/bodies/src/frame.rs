//! A control frame: CBOR from a peer.

use parlor_proto::frame::{
    Bye, Cancel, ChatMessage, Credit, FileFailed, FileRef, Frame, Offer, Passed, Probe, SasCommit,
    SasReveal, Stored, Typing,
};
use parlor_proto::limits::{CONTROL_FRAME_MAX_BYTES, OFFER_FILES_MAX, REASON_MAX_BYTES};
use parlor_proto::text::DisplayName;

use crate::{Seed, session};

/// Reads a frame; one that is taken encodes to a frame that reads as itself.
pub fn run(data: &[u8]) -> bool {
    let Ok(frame) = Frame::decode(data) else {
        return false;
    };
    assert!(data.len() <= CONTROL_FRAME_MAX_BYTES, "read beyond limit");
    let encoded = frame.encode();
    // A name made safe may be longer than it was, and only who offers it has to fit it.
    if encoded.len() <= CONTROL_FRAME_MAX_BYTES {
        let again = Frame::decode(&encoded).expect("what was taken is taken again");
        // A text for people that was cut behind a space loses the space now, and nothing after.
        assert_eq!(Frame::decode(&again.encode()), Ok(again));
    }
    true
}

/// Every frame that two sessions exchange, those they only send in trouble, and bytes that are none.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let spoken = session::spoken_frames();
    let names = spoken.iter().map(kind_name);
    let names: Vec<String> = names
        .enumerate()
        .map(|(n, kind)| format!("{n:02}-{kind}"))
        .collect();
    let spoken: Vec<Seed> = names
        .into_iter()
        .zip(&spoken)
        .map(|(name, frame)| Seed::new(name, frame.encode()))
        .collect();
    let in_trouble = trouble().map(|frame| Seed::new(kind_name(&frame), frame.encode()));
    let raw: [(&str, &[u8]); 6] = [
        ("unknown-key", b"\x02\xa2\x00\x07\x18\x63\x65later"),
        ("indefinite-map", b"\x02\xbf\x00\x07\xff"),
        ("refused-kind", b"\x7f\xa0"),
        ("refused-empty", b""),
        (
            "refused-huge-array",
            b"\x08\xa3\x00\x00\x01\x00\x02\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        ),
        ("refused-deep", &[0x81; 300]),
    ];
    let raw = raw.map(|(name, bytes)| Seed::new(name, bytes));
    spoken
        .into_iter()
        .chain(in_trouble)
        .chain(raw)
        .chain(large(&session::spoken_frames()))
        .collect()
}

/// Frames that two sessions without trouble do not exchange.
pub(crate) fn trouble() -> [Frame; 12] {
    let (transfer, file) = (1, 0);
    let reason = "because".to_owned();
    [
        Frame::Ping(Probe { nonce: 7 }),
        Frame::Pong(Probe { nonce: u64::MAX }),
        Frame::SasCommit(SasCommit {
            commitment: [1; 32],
        }),
        Frame::SasReveal(SasReveal { random: [1; 32] }),
        Frame::Stored(Stored { through: 1 }),
        Frame::Credit(Credit { limit: 8 << 20 }),
        Frame::FileDone(FileRef { transfer, file }),
        Frame::FileFailed(FileFailed {
            transfer,
            file,
            reason: reason.clone(),
            by_sender: true,
        }),
        Frame::Cancel(Cancel {
            transfer,
            by_sender: true,
            reason: reason.clone(),
        }),
        Frame::Bye(Bye { reason }),
        Frame::Typing(Typing { is_typing: true }),
        Frame::Passed(Passed {
            handshake_key: [1; 32],
            signing_key: [2; 32],
            name: DisplayName::sanitise("Ada"),
            message: ChatMessage::new(3, 1, 0, "hello"),
        }),
    ]
}

/// An offer of as many files as fit, and texts that have to be cut.
fn large(spoken: &[Frame]) -> Vec<Seed> {
    let offers = spoken.iter().find_map(|frame| match frame {
        Frame::Offer(offer) => Some(offer.clone()),
        _ => None,
    });
    let many = offers.map(|offer| {
        let files = offer.files.iter().cycle().take(OFFER_FILES_MAX);
        Frame::Offer(Offer {
            files: files.cloned().collect(),
            ..offer
        })
    });
    let long = Frame::Bye(Bye {
        reason: "é ".repeat(REASON_MAX_BYTES),
    });
    let many = many.map(|frame| Seed::new("offer-of-many", frame.encode()));
    let long = Seed::new("bye-long", long.encode());
    many.into_iter().chain([long]).collect()
}

fn kind_name(frame: &Frame) -> String {
    let debug = format!("{frame:?}");
    let name = debug.split('(').next().unwrap_or_default();
    name.to_ascii_lowercase()
}
