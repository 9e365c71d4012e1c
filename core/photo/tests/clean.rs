//! What is left of real pictures, as other people's readers see it.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its scene has failed"
)]

use std::io::Cursor;

use exif::{In, Tag};
use image::{ImageDecoder as _, ImageFormat, ImageReader};
use parlor_photo::{CleanError, Format, clean, dimensions, format, tells_place};

mod planted;

use planted::{SECONDS, SECRET, holds};

/// The EXIF that an independent reader finds.
fn exif_fields(bytes: &[u8]) -> Option<exif::Exif> {
    let reader = exif::Reader::new();
    reader.read_from_container(&mut Cursor::new(bytes)).ok()
}

fn icc(bytes: &[u8]) -> Option<Vec<u8>> {
    let reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .unwrap();
    reader.into_decoder().unwrap().icc_profile().unwrap()
}

#[test]
fn nothing_that_was_planted_is_left() {
    for dirty in planted::all() {
        let format = format(&dirty);
        assert!(holds(&dirty, SECRET), "{format:?}");
        let cleaned = clean(&dirty).unwrap();
        assert!(!holds(&cleaned, SECRET), "{format:?}");
        for seconds in [SECONDS.to_be_bytes(), SECONDS.to_le_bytes()] {
            assert!(!holds(&cleaned, &seconds), "{format:?}");
        }
        for name in [b"xmp".as_slice(), b"GPS", b"MPF", b"8BIM", b"ftyp"] {
            assert!(!holds(&cleaned, name), "{format:?}");
        }
    }
}

#[test]
fn of_exif_only_the_orientation_is_left() {
    for dirty in [planted::jpeg(), planted::png(), planted::webp()] {
        let format = format(&dirty);
        let before = exif_fields(&dirty).unwrap();
        assert!(before.get_field(Tag::GPSLatitude, In::PRIMARY).is_some());
        let after = exif_fields(&clean(&dirty).unwrap()).unwrap();
        let tags: Vec<Tag> = after.fields().map(|field| field.tag).collect();
        assert_eq!(tags, [Tag::Orientation], "{format:?}");
        let turn = after.get_field(Tag::Orientation, In::PRIMARY).unwrap();
        assert_eq!(turn.value.get_uint(0), Some(6), "{format:?}");
    }
}

#[test]
fn the_pixels_are_the_same() {
    for dirty in planted::all() {
        let cleaned = clean(&dirty).unwrap();
        assert_eq!(planted::decode(&cleaned), planted::decode(&dirty));
        assert_eq!(format(&cleaned), format(&dirty));
        assert_eq!(dimensions(&cleaned), Ok((48, 32)));
    }
}

#[test]
fn the_compressed_pixels_are_kept_bit_for_bit() {
    let jpeg = planted::jpeg();
    let scan = jpeg
        .windows(2)
        .position(|pair| pair == [0xFF, 0xDA])
        .unwrap();
    let end = jpeg
        .windows(2)
        .rposition(|pair| pair == [0xFF, 0xD9])
        .unwrap();
    assert!(holds(&clean(&jpeg).unwrap(), &jpeg[scan..end]));
    assert!(holds(
        &clean(&planted::webp()).unwrap(),
        &planted::webp_pixels()
    ));
}

#[test]
fn the_colour_profile_stays() {
    let cleaned = clean(&planted::jpeg()).unwrap();
    assert_eq!(icc(&cleaned), Some(planted::profile(600)));
    let cleaned = clean(&planted::webp()).unwrap();
    assert_eq!(icc(&cleaned), Some(planted::profile(200)));
}

#[test]
fn something_that_poses_as_a_colour_profile_goes() {
    let bodies: [&[u8]; 3] = [
        &[b"ICC_PROFILE\0\x01\x01", SECRET].concat(),
        &[b"ICC_PROFILE\0\x01\x02", &planted::profile(200)[..], SECRET].concat(),
        &[b"ICC_PROFILE\0\x01\x01", &planted::profile(200)[..], SECRET].concat(),
    ];
    for body in bodies {
        let dirty = planted::jpeg_with(&[planted::segment(0xE2, &[body])], b"");
        let cleaned = clean(&dirty).unwrap();
        assert!(!holds(&cleaned, SECRET) && !holds(&cleaned, b"ICC_PROFILE"));
    }
}

#[test]
fn a_clean_picture_stays_as_it_is() {
    for kind in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
    ] {
        let plain = planted::encode(kind);
        assert_eq!(clean(&plain).unwrap(), plain, "{kind:?}");
    }
}

#[test]
fn the_thumbnail_in_a_jfif_header_goes() {
    let mut thumbnail = planted::segment(
        0xE0,
        &[b"JFIF\0\x01\x02\x00\x00\x01\x00\x01\x03\x01PL", SECRET],
    );
    let plain = planted::encode(ImageFormat::Jpeg);
    let jfif_end = 4 + usize::from(u16::from_be_bytes([plain[4], plain[5]]));
    thumbnail.splice(0..0, plain[..2].iter().copied());
    let cleaned = clean(&[&thumbnail, &plain[jfif_end..]].concat()).unwrap();
    assert!(!holds(&cleaned, SECRET));
    assert_eq!(cleaned, plain);
}

#[test]
fn metadata_between_the_scans_of_a_progressive_picture_goes() {
    let plain = planted::encode(ImageFormat::Jpeg);
    let scan = plain
        .windows(2)
        .position(|pair| pair == [0xFF, 0xDA])
        .unwrap();
    let end = plain.len() - 2;
    let comment = planted::segment(0xFE, &[SECRET]);
    // Not what a decoder would show, but the same walk.
    let dirty = [&plain[..end], &comment, &plain[scan..]].concat();
    let cleaned = clean(&dirty).unwrap();
    assert_eq!(cleaned, [&plain[..end], &plain[scan..]].concat());
}

#[test]
fn metadata_inside_an_animation_goes() {
    let pixels = planted::riff_chunk(b"VP8L", &planted::webp_pixels());
    let place = [0, 0, 0, 0, 0, 0, 47, 0, 0, 31, 0, 0, 100, 0, 0, 0];
    let frame = |more: &[u8]| {
        let frame = [&place[..], &pixels, more].concat();
        planted::riff_chunk(b"ANMF", &frame)
    };
    let file = |flags, frame| {
        planted::riff(&[
            planted::riff_chunk(b"VP8X", &[flags, 0, 0, 0, 47, 0, 0, 31, 0, 0]),
            planted::riff_chunk(b"ANIM", &[0; 6]),
            frame,
        ])
    };
    let dirty = file(0x06, frame(&planted::riff_chunk(b"note", SECRET)));
    assert_eq!(clean(&dirty).unwrap(), file(0x02, frame(b"")));
}

#[test]
fn an_upright_picture_needs_no_exif() {
    let upright = parlor_photo::exif::only_orientation(1);
    let dirty = planted::png_with(&[planted::chunk(b"eXIf", &upright)], b"");
    assert_eq!(clean(&dirty).unwrap(), planted::encode(ImageFormat::Png));
}

#[test]
fn only_a_jpeg_with_a_place_tells_one() {
    let jpeg = planted::jpeg();
    assert!(tells_place(&jpeg));
    // Its first kilobytes are enough.
    assert!(tells_place(&jpeg[..2000]));
    assert!(!tells_place(&clean(&jpeg).unwrap()));
    assert!(!tells_place(b"hello"));
}

#[test]
fn a_picture_that_needs_what_we_do_not_know_is_refused() {
    let lossless = planted::segment(0xC3, &[&[8, 0, 1, 0, 1, 1, 1, 0x11, 0]]);
    let jpeg = planted::jpeg_with(&[lossless], b"");
    assert!(matches!(clean(&jpeg), Err(CleanError::Unsupported(_))));
    let png = planted::png_with(&[planted::chunk(b"CgBI", b"")], b"");
    assert!(matches!(clean(&png), Err(CleanError::Damaged(_))));
    assert_eq!(format(&png), Some(Format::Png));
}
