use super::*;
use crate::device::DeviceKey;

fn public(seed: u8) -> DevicePublic {
    *DeviceKey::from_seed(&[seed; 32]).public()
}

fn name(text: &str) -> DisplayName {
    DisplayName::sanitise(text)
}

fn device(seed: u8, text: &str, is_verified: bool) -> KnownDevice {
    KnownDevice {
        public: public(seed),
        name: name(text),
        is_verified,
        is_blocked: false,
    }
}

fn standing(known: &Known, seed: u8, text: &str) -> Standing {
    known.standing(public(seed).id(), &name(text))
}

fn taken(owner: &str, is_owner_verified: bool) -> Standing {
    Standing::NameTaken {
        owner: name(owner),
        is_owner_verified,
    }
}

#[test]
fn a_device_is_new_once() {
    let mut known = Known::default();
    assert_eq!(standing(&known, 1, "Ada"), Standing::New);
    known.met(public(1), &name("Ada"));
    let former_name = None;
    assert_eq!(standing(&known, 1, "Ada"), Standing::Known { former_name });
}

#[test]
fn the_disk_hears_of_a_device_once_in_a_session() {
    let mut known = Known::new(vec![device(1, "Ada", true)]);
    let met = known.met(public(1), &name("Ada"));
    assert_eq!(met, Some(device(1, "Ada", true)));
    assert_eq!(known.met(public(1), &name("Ada")), None);
}

#[test]
fn a_known_device_with_another_name_is_told_by_its_first() {
    let known = Known::new(vec![device(1, "Ada", false)]);
    let former_name = Some(name("Ada"));
    assert_eq!(
        standing(&known, 1, "Countess"),
        Standing::Known { former_name }
    );
    assert_eq!(
        known.shown_name(public(1).id(), &name("Countess")),
        name("Countess")
    );
}

#[test]
fn a_verified_device_keeps_its_name_whatever_it_calls_itself() {
    let known = Known::new(vec![device(1, "Ada", true)]);
    let calls_itself = Some(name("Bob"));
    assert_eq!(
        standing(&known, 1, "Bob"),
        Standing::Verified { calls_itself }
    );
    assert_eq!(known.shown_name(public(1).id(), &name("Bob")), name("Ada"));
}

#[test]
fn another_device_with_a_known_name_is_announced_however_often_it_comes() {
    let mut known = Known::new(vec![device(1, "Ada", false)]);
    for _ in 0..2 {
        assert_eq!(standing(&known, 2, "Ada"), taken("Ada", false));
        known.met(public(2), &name("Ada"));
    }
    let former_name = None;
    let first = standing(&known, 1, "Ada");
    assert_eq!(first, Standing::Known { former_name });
}

#[test]
fn a_name_belongs_to_a_verified_device_above_all() {
    let known = Known::new(vec![device(1, "Ada", false), device(2, "Ada", true)]);
    assert_eq!(standing(&known, 1, "Ada"), taken("Ada", true));
    assert_eq!(standing(&known, 3, "Ada"), taken("Ada", true));
    let calls_itself = None;
    let owner = standing(&known, 2, "Ada");
    assert_eq!(owner, Standing::Verified { calls_itself });
}

#[test]
fn a_known_device_that_takes_anothers_name_is_announced() {
    let known = Known::new(vec![device(1, "Ada", false), device(2, "Bob", false)]);
    assert_eq!(standing(&known, 1, "Bob"), taken("Bob", false));
}

#[test]
fn names_that_look_alike_are_alike() {
    for (one, other) in [
        ("Ada", "ADA"),
        ("Ada", "A\u{200D}da"),
        ("Ada Love", "ada   LOVE"),
        ("Ada", "Аdа"),
        ("Paul", "Pau1"),
        ("Iris", "lris"),
        ("Iris", "iris"),
        ("Ｂｏｂ", "bob"),
        ("Strauß", "STRAUSS"),
        ("Zoe\u{301}", "Zoé"),
    ] {
        let known = Known::new(vec![device(1, one, false)]);
        let standing = standing(&known, 2, other);
        assert_eq!(standing, taken(one, false), "{one} and {other}");
    }
}

#[test]
fn names_that_differ_are_left_alone() {
    let known = Known::new(vec![device(1, "Ada", false), device(2, "李雷", false)]);
    for text in ["Adam", "Bob", "李梅", "مريم"] {
        assert_eq!(standing(&known, 3, text), Standing::New, "{text}");
    }
}

#[test]
fn people_without_a_name_are_not_told_apart_by_it() {
    let known = Known::new(vec![device(1, "", false)]);
    assert_eq!(standing(&known, 2, ""), Standing::New);
}

#[test]
fn made_up_devices_do_not_fill_the_memory() {
    let mut known = Known::default();
    let mut remembered = 0;
    for n in 0..2 * NEW_DEVICES_MAX {
        let public = DevicePublic {
            handshake: [1; 32],
            signing: blake3::derive_key("parlor test", &n.to_be_bytes()),
        };
        remembered += usize::from(known.met(public, &name("Eve")).is_some());
    }
    assert_eq!(remembered, NEW_DEVICES_MAX);
}

#[test]
fn a_verdict_is_remembered_for_the_key_alone() {
    let mut known = Known::new(vec![device(1, "Ada", false)]);
    let judged = known.judge(public(1), &name("Countess"), true);
    assert_eq!(judged, device(1, "Ada", true));
    assert_eq!(standing(&known, 2, "Ada"), taken("Ada", true));
}

#[test]
fn a_forgotten_device_is_new() {
    let mut known = Known::new(vec![device(1, "Ada", true)]);
    assert!(known.forget(public(1).id()));
    assert_eq!(standing(&known, 1, "Ada"), Standing::New);
}
