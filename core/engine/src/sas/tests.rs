use super::*;

/// The two people, and the one between them.
const ADA: DeviceId = DeviceId([1; 16]);
const BOB: DeviceId = DeviceId([2; 16]);
const EVE: DeviceId = DeviceId([3; 16]);

fn scene(transcript: u8, offerer: DeviceId, answerer: DeviceId) -> SasScene {
    SasScene {
        transcript: [transcript; 32],
        offerer,
        answerer,
    }
}

fn random(seed: u64) -> [u8; 32] {
    blake3::derive_key("parlor test numbers", &seed.to_be_bytes())
}

fn commit_of(frame: Option<Frame>) -> SasCommit {
    let Some(Frame::SasCommit(commit)) = frame else {
        panic!("no commitment: {frame:?}")
    };
    commit
}

fn reveal_of(frame: Frame) -> SasReveal {
    let Frame::SasReveal(reveal) = frame else {
        panic!("no number: {frame:?}")
    };
    reveal
}

/// The emoji on both ends of one link.
fn compare(scene: SasScene, offers: [u8; 32], answers: [u8; 32]) -> (Comparison, Comparison) {
    let (mut offerer, first) = Sas::new(Role::Offerer, scene, offers);
    let (mut answerer, none) = Sas::new(Role::Answerer, scene, answers);
    assert_eq!(none, None);
    let reply = answerer.on_commit(commit_of(first)).unwrap();
    let last = offerer.on_reveal(reveal_of(reply)).unwrap().unwrap();
    assert_eq!(answerer.on_reveal(reveal_of(last)), Ok(None));
    (offerer.emoji().unwrap(), answerer.emoji().unwrap())
}

#[test]
fn both_sides_show_the_same_five() {
    for seed in 0..200 {
        let (ours, theirs) = compare(scene(9, ADA, BOB), random(seed), random(!seed));
        assert_eq!(ours, theirs);
    }
}

#[test]
fn somebody_between_two_links_shows_other_emoji_on_both_ends() {
    for seed in 0..2000 {
        let (at_ada, _) = compare(scene(8, ADA, EVE), random(seed), random(seed + 1));
        let (_, at_bob) = compare(scene(9, EVE, BOB), random(seed + 2), random(seed + 3));
        assert_ne!(at_ada, at_bob);
    }
}

#[test]
fn every_part_of_the_scene_changes_the_emoji() {
    let (emoji, _) = compare(scene(9, ADA, BOB), random(1), random(2));
    for other in [
        scene(8, ADA, BOB),
        scene(9, EVE, BOB),
        scene(9, ADA, EVE),
        scene(9, BOB, ADA),
    ] {
        assert_ne!(compare(other, random(1), random(2)).0, emoji, "{other:?}");
    }
}

#[test]
fn whoever_picks_a_number_after_seeing_the_other_is_caught() {
    let (_, first) = Sas::new(Role::Offerer, scene(9, EVE, BOB), random(1));
    let (mut bob, _) = Sas::new(Role::Answerer, scene(9, EVE, BOB), random(2));
    bob.on_commit(commit_of(first)).unwrap();
    let picked = SasReveal { random: random(3) };
    assert_eq!(bob.on_reveal(picked), Err(SasFailed::NotCommitted));
    assert_eq!(bob.emoji(), None);
}

#[test]
fn a_commitment_made_by_another_device_opens_nothing() {
    // Sent back by somebody who has no number of its own.
    let (_, first) = Sas::new(Role::Offerer, scene(9, ADA, BOB), random(1));
    let (mut bob, _) = Sas::new(Role::Answerer, scene(9, EVE, BOB), random(2));
    bob.on_commit(commit_of(first)).unwrap();
    let copied = SasReveal { random: random(1) };
    assert_eq!(bob.on_reveal(copied), Err(SasFailed::NotCommitted));
}

#[test]
fn frames_that_are_not_due_are_refused() {
    let commit = SasCommit {
        commitment: [7; 32],
    };
    let reveal = SasReveal { random: [7; 32] };
    let (mut offerer, _) = Sas::new(Role::Offerer, scene(9, ADA, BOB), random(1));
    assert_eq!(offerer.on_commit(commit), Err(SasFailed::OutOfOrder));
    offerer.on_reveal(reveal).unwrap();
    assert_eq!(offerer.on_reveal(reveal), Err(SasFailed::OutOfOrder));

    let (mut answerer, _) = Sas::new(Role::Answerer, scene(9, ADA, BOB), random(1));
    assert_eq!(answerer.on_reveal(reveal), Err(SasFailed::OutOfOrder));
    answerer.on_commit(commit).unwrap();
    assert_eq!(answerer.on_commit(commit), Err(SasFailed::OutOfOrder));
}

#[test]
fn the_debug_form_holds_no_number() {
    let (sas, _) = Sas::new(Role::Offerer, scene(9, ADA, BOB), [7; 32]);
    assert!(!format!("{sas:?}").contains('7'));
}

/// As `docs/protocol.md` gives it, for other implementations.
#[test]
fn the_example_of_the_documentation_holds() {
    let scene = scene(9, ADA, BOB);
    let hex = |bytes: [u8; 32]| blake3::Hash::from_bytes(bytes).to_hex().to_string();
    let commitment = "61f5d278a4852a08c10a4c86800a499ab238deaa3a85692355cd2d057bb3f736";
    assert_eq!(hex(scene.commitment(&[4; 32])), commitment);
    let (emoji, _) = compare(scene, [4; 32], [5; 32]);
    let names = emoji.map(|emoji| emoji.name());
    assert_eq!(names, ["bat", "bat", "tractor", "bicycle", "light bulb"]);
}
