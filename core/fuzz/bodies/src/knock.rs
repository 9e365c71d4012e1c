//! What passes between a newcomer with a code and its sponsor, as a server may make it up.

use parlor_proto::code::{Nameplate, decoy_answer};
use parlor_proto::invite::RoomSecret;
use parlor_proto::knock::Half;
use parlor_proto::pake::Side;

use crate::Seed;

const PASSWORD: &[u8] = b"amber-otter-canoe";
const SECRET: RoomSecret = RoomSecret::from_bytes([7; 32]);

/// Takes the bytes for each message in turn. `true` when a side took them for the other's half.
pub fn run(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    let halves = [Side::Newcomer, Side::Sponsor].map(half);
    let [newcomer, sponsor] = &halves;
    let met = newcomer.meet(&sponsor.text());
    let met = met.expect("the sponsor's own half is one");
    assert!(met.open(&text).is_err(), "opened what nobody sealed");
    assert!(!met.is_proof(&text), "guessed a proof");
    let mut is_taken = false;
    for half in &halves {
        let Ok(made_up) = half.meet(&text) else {
            continue;
        };
        is_taken = true;
        // Whoever made the half up has no proof of the true exchange and cannot open it.
        assert!(!met.is_proof(&made_up.proof()), "another half, one key");
        let sealed = met.seal(&SECRET, [3; 24]);
        assert!(made_up.open(&sealed).is_err(), "another half, one key");
    }
    is_taken
}

fn half(side: Side) -> Half {
    let seed = match side {
        Side::Newcomer => [1; 32],
        Side::Sponsor => [2; 32],
    };
    Half::new(side, PASSWORD.to_vec(), nameplate(), seed)
}

fn nameplate() -> Nameplate {
    Nameplate::try_from(4821).expect("a number within its bounds")
}

/// Halves that are none of the true ones, and texts that are none.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let other = |side| Half::new(side, b"other".to_vec(), nameplate(), [9; 32]).text();
    let decoy = data_encoding::BASE64URL_NOPAD.encode(&decoy_answer(nameplate(), &[5; 32]));
    let met = half(Side::Newcomer).meet(&other(Side::Sponsor));
    let met = met.expect("a half of the other side");
    let seeds = [
        ("newcomer", other(Side::Newcomer)),
        ("sponsor", other(Side::Sponsor)),
        ("decoy", decoy),
        ("refused-proof", met.proof()),
        ("refused-invitation", met.seal(&SECRET, [3; 24])),
        ("refused-empty", String::new()),
        ("identity", format!("QQE{}", "A".repeat(41))),
    ];
    let seeds = seeds.map(|(name, text)| Seed::new(name, text));
    seeds.into_iter().collect()
}
