//! Pictures, as somebody's camera, program or malice wrote them.

use parlor_photo::{clean, dimensions, exif, format, tells_place};

use crate::Seed;

/// What may come in for the orientation, in bytes: the longest is a segment of a JPEG.
const ADDED_MAX_BYTES: usize = 64;

/// Looks at a picture in every way there is. What comes out clean stays as it is when it is
/// cleaned again, is of the same kind and size, and tells no place. `true` when it was cleaned.
pub fn run(data: &[u8]) -> bool {
    let _ = (tells_place(data), exif::has_place(data));
    if let Some(turn) = exif::orientation(data) {
        assert!((1..=8).contains(&turn));
    }
    let size = dimensions(data);
    let Ok(cleaned) = clean(data) else {
        return false;
    };
    assert!(cleaned.len() <= data.len() + ADDED_MAX_BYTES);
    assert_eq!(clean(&cleaned).as_ref(), Ok(&cleaned));
    assert_eq!(format(&cleaned), format(data));
    assert_eq!(dimensions(&cleaned), size);
    assert!(!tells_place(&cleaned));
    true
}

const HEIC: &[u8] = include_bytes!("../../../photo/tests/fixtures/planted.heic");
const AVIF: &[u8] = include_bytes!("../../../photo/tests/fixtures/planted.avif");

fn segment(marker: u8, body: &[&[u8]]) -> Vec<u8> {
    let body = body.concat();
    let [.., high, low] = (body.len() + 2).to_be_bytes();
    [&[0xFF, marker, high, low], &body[..]].concat()
}

fn jpeg() -> Vec<u8> {
    let huffman = [&[0, 1], &[0; 15][..], &[0]].concat();
    let parts = [
        vec![0xFF, 0xD8],
        segment(0xE0, &[b"JFIF\0\x01\x02\0\0\x01\0\x01\x01\x01rgb"]),
        segment(0xE1, &[exif::PREFIX, &exif::only_orientation(6)]),
        segment(0xE2, &[b"ICC_PROFILE\0\x01\x01", &profile()]),
        segment(0xEE, &[b"Adobe\0\x64\0\0\0\0\x01"]),
        segment(0xFE, &[b"a comment"]),
        segment(0xDB, &[&[0], &[1; 64]]),
        segment(0xC2, &[&[8, 0, 8, 0, 8, 1, 1, 0x11, 0]]),
        segment(0xC4, &[&huffman]),
        segment(0xDD, &[&[0, 1]]),
        segment(0xDA, &[&[1, 1, 0, 0, 63, 0]]),
        vec![0x12, 0xFF, 0, 0x34, 0xFF, 0xD0, 0x56],
        segment(0xDA, &[&[1, 1, 0, 0, 63, 0]]),
        vec![0x78, 0xFF, 0xFF, 0xD9],
        b"a film".to_vec(),
    ];
    parts.concat()
}

fn profile() -> Vec<u8> {
    let mut profile = vec![0; 40];
    profile[3] = 40;
    profile[36..].copy_from_slice(b"acsp");
    profile
}

/// A chunk of PNG. Its checksum is nobody's business here.
fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let [.., a, b, c, d] = data.len().to_be_bytes();
    [&[a, b, c, d], &kind[..], data, &[0; 4]].concat()
}

fn png() -> Vec<u8> {
    let parts = [
        b"\x89PNG\r\n\x1A\n".to_vec(),
        png_chunk(b"IHDR", &[0, 0, 0, 8, 0, 0, 0, 8, 8, 2, 0, 0, 0]),
        png_chunk(b"gAMA", &[0, 0, 0xB1, 0x8F]),
        png_chunk(b"eXIf", &exif::only_orientation(6)),
        png_chunk(b"tEXt", b"Author\0somebody"),
        png_chunk(b"acTL", &[0; 8]),
        png_chunk(b"IDAT", &[1, 2, 3]),
        png_chunk(b"IEND", &[]),
        b"more".to_vec(),
    ];
    parts.concat()
}

fn riff_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let [a, b, c, d, ..] = data.len().to_le_bytes();
    let padding = vec![0; data.len() % 2];
    [&kind[..], &[a, b, c, d], data, &padding].concat()
}

fn webp() -> Vec<u8> {
    let picture = riff_chunk(b"VP8L", &[0x2F, 7, 0xC0, 1, 0, 9, 9]);
    let place = [0, 0, 0, 0, 0, 0, 7, 0, 0, 7, 0, 0, 100, 0, 0, 0];
    let frame = [&place[..], &picture, &riff_chunk(b"note", b"a")].concat();
    let parts = [
        b"WEBP".to_vec(),
        riff_chunk(b"VP8X", &[0x2E, 0, 0, 0, 7, 0, 0, 7, 0, 0]),
        riff_chunk(b"ICCP", &profile()),
        riff_chunk(b"ANIM", &[0; 6]),
        riff_chunk(b"ANMF", &frame),
        riff_chunk(b"EXIF", &exif::only_orientation(6)),
        riff_chunk(b"XMP ", b"<x/>"),
    ];
    [riff_chunk(b"RIFF", &parts.concat()), b"more".to_vec()].concat()
}

fn gif() -> Vec<u8> {
    let parts: [&[u8]; 8] = [
        b"GIF89a\x08\0\x08\0\x80\0\0\0\0\0\xFF\xFF\xFF",
        b"\x21\xFF\x0BNETSCAPE2.0\x03\x01\0\0\0",
        b"\x21\xFE\x05hello\0",
        b"\x21\xFF\x0BXMP DataXMP\x04<x/>\0",
        b"\x21\xF9\x04\0\x0A\0\0\0",
        b"\x2C\0\0\0\0\x08\0\x08\0\0\x02\x02\x44\x01\0",
        b"\x3B",
        b"more",
    ];
    parts.concat()
}

/// One of each kind with most of what it can hold, and some that are none.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    vec![
        Seed::new("jpeg", jpeg()),
        Seed::new("png", png()),
        Seed::new("webp", webp()),
        Seed::new("gif", gif()),
        Seed::new("heic", HEIC),
        Seed::new("avif", AVIF),
        Seed::new("refused-exif", exif::only_orientation(6)),
        Seed::new("refused-heic", b"\0\0\0\x18ftypheic\0\0\0\0".as_slice()),
        Seed::new("refused-cut-off", &jpeg()[..60]),
        Seed::new("refused-svg", b"<svg/>".as_slice()),
    ]
}
