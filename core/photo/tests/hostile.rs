//! Pictures that lie: an error or a clean picture, never a panic.

use std::sync::LazyLock;

use parlor_photo::{CleanError, clean, dimensions, tells_place};
use proptest::prelude::*;

mod planted;

use planted::{SECRET, holds};

#[test]
fn a_picture_that_is_cut_off_anywhere_is_refused_or_clean() {
    for dirty in planted::all() {
        for len in 0..dirty.len() {
            if let Ok(cleaned) = clean(&dirty[..len]) {
                assert!(!holds(&cleaned, SECRET), "{len}");
            }
        }
    }
}

#[test]
fn a_picture_without_its_end_is_refused() {
    for whole in planted::all().map(|dirty| clean(&dirty).unwrap()) {
        for missing in [1, 2, 5, whole.len() / 2] {
            let cut = &whole[..whole.len() - missing];
            assert!(matches!(clean(cut), Err(CleanError::Damaged(_))));
        }
    }
}

#[test]
fn lengths_that_lie_are_refused() {
    for len in [0u16, 1, u16::MAX] {
        let mut segment = planted::segment(0xE1, &[b"Exif\0\0"]);
        segment[2..4].copy_from_slice(&len.to_be_bytes());
        let jpeg = planted::jpeg_with(&[segment], b"");
        assert!(matches!(clean(&jpeg), Err(CleanError::Damaged(_))), "{len}");
    }
    for len in [0x7FFF_FFFFu32, u32::MAX] {
        let mut png = planted::png();
        png[33..37].copy_from_slice(&len.to_be_bytes());
        assert!(matches!(clean(&png), Err(CleanError::Damaged(_))), "{len}");
        let mut webp = planted::webp();
        webp[4..8].copy_from_slice(&len.to_le_bytes());
        assert!(matches!(clean(&webp), Err(CleanError::Damaged(_))), "{len}");
    }
}

#[test]
fn a_picture_without_pixels_is_refused() {
    let mut jpeg = planted::jpeg();
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    jpeg[frame + 5..frame + 7].fill(0);
    let mut png = planted::png();
    png[16..20].fill(0);
    let mut gif = planted::gif();
    gif[6..8].fill(0);
    for bytes in [jpeg, png, gif] {
        assert!(matches!(clean(&bytes), Err(CleanError::Damaged(_))));
        assert!(dimensions(&bytes).is_err());
    }
}

#[test]
fn thousands_of_segments_go() {
    let many = vec![planted::segment(0xFE, &[SECRET]); 20_000];
    let cleaned = clean(&planted::jpeg_with(&many, b"")).unwrap();
    assert!(!holds(&cleaned, SECRET));
    let many = vec![planted::chunk(b"tEXt", SECRET); 20_000];
    let cleaned = clean(&planted::png_with(&many, b"")).unwrap();
    assert!(!holds(&cleaned, SECRET));
}

static PICTURES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let heif = planted::heif::all().map(|picture| picture.build());
    planted::all().into_iter().chain(heif).collect()
});

/// What a HEIC begins with.
const HEIC: &[u8] = b"\0\0\0\x10ftypheic\0\0\0\0";

/// One change to a picture.
#[derive(Debug, Clone)]
enum Change {
    Set(prop::sample::Index, u8),
    Cut(prop::sample::Index, u8),
    Add(prop::sample::Index, Vec<u8>),
    End(prop::sample::Index),
}

fn change() -> impl Strategy<Value = Change> {
    let at = any::<prop::sample::Index>;
    prop_oneof![
        4 => (at(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        2 => (at(), prop::sample::select(vec![0, 0xFF, 0xD8, 0xD9, 0xDA, 0xE1, 0x7F]))
            .prop_map(|(at, byte)| Change::Set(at, byte)),
        1 => (at(), any::<u8>()).prop_map(|(at, len)| Change::Cut(at, len)),
        1 => (at(), prop::collection::vec(any::<u8>(), 1..40))
            .prop_map(|(at, bytes)| Change::Add(at, bytes)),
        1 => at().prop_map(Change::End),
    ]
}

fn apply(bytes: &mut Vec<u8>, change: &Change) {
    let (Change::Set(at, _) | Change::Cut(at, _) | Change::Add(at, _) | Change::End(at)) = change;
    let at = at.index(bytes.len().max(1)).min(bytes.len());
    match change {
        Change::Set(_, byte) => bytes.iter_mut().skip(at).take(1).for_each(|b| *b = *byte),
        Change::Cut(_, len) => {
            let end = (at + usize::from(*len)).min(bytes.len());
            drop(bytes.drain(at..end));
        }
        Change::Add(_, more) => drop(bytes.splice(at..at, more.iter().copied())),
        Change::End(_) => bytes.truncate(at),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn a_changed_picture_is_refused_or_clean(
        kind in 0_usize..6,
        changes in prop::collection::vec(change(), 1..6),
    ) {
        let mut bytes = PICTURES[kind].clone();
        changes.iter().for_each(|change| apply(&mut bytes, change));
        let _ = (dimensions(&bytes), tells_place(&bytes));
        if let Ok(cleaned) = clean(&bytes) {
            prop_assert!(cleaned.len() <= bytes.len() + 64);
            prop_assert_eq!(clean(&cleaned).unwrap(), cleaned);
        }
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        for start in [&[][..], &[0xFF, 0xD8, 0xFF], b"\x89PNG\r\n\x1A\n", b"GIF89a", HEIC] {
            let _ = clean(&[start, &bytes].concat());
        }
    }
}
