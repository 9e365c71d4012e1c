//! Pictures with planted secrets: every piece of metadata holds [`SECRET`], and EXIF a place.
#![allow(dead_code, reason = "every test file uses another part")]

use std::io::Cursor;

use exif::experimental::Writer;
use exif::{Field, In, Rational, Tag, Value};
use image::{DynamicImage, ImageFormat, RgbImage, RgbaImage};

pub(crate) mod heif;

/// In the maker's name, the comments, the XMP and all else.
pub(crate) const SECRET: &[u8] = b"PLANTED";

/// In the latitude's seconds.
pub(crate) const SECONDS: u32 = 123_454_321;

/// A picture whose pixels all differ from their neighbours.
pub(crate) fn pixels() -> RgbImage {
    RgbImage::from_fn(48, 32, |x, y| {
        image::Rgb([(x * 5) as u8, (y * 7) as u8, (x * y) as u8])
    })
}

pub(crate) fn encode(format: ImageFormat) -> Vec<u8> {
    let image = match format {
        ImageFormat::Gif => DynamicImage::from(DynamicImage::from(pixels()).to_rgba8()),
        _ => DynamicImage::from(pixels()),
    };
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).expect("a small picture");
    bytes.into_inner()
}

pub(crate) fn decode(bytes: &[u8]) -> RgbaImage {
    let image = image::load_from_memory(bytes).expect("a whole picture");
    image.to_rgba8()
}

/// EXIF as cameras write it: maker, orientation 6, place, maker note and a thumbnail.
pub(crate) fn exif() -> Vec<u8> {
    let text = || Value::Ascii(vec![SECRET.to_vec()]);
    let degree = |num| Rational { num, denom: 1 };
    let seconds = Rational {
        num: SECONDS,
        denom: 1_000_000,
    };
    let place = vec![degree(52), degree(31), seconds];
    let fields = [
        (Tag::Make, text()),
        (Tag::Model, text()),
        (Tag::Orientation, Value::Short(vec![6])),
        (Tag::DateTime, text()),
        (Tag::MakerNote, Value::Undefined(SECRET.to_vec(), 0)),
        (Tag::GPSLatitudeRef, Value::Ascii(vec![b"N".to_vec()])),
        (Tag::GPSLatitude, Value::Rational(place)),
    ];
    let fields = fields.map(|(tag, value)| Field {
        tag,
        ifd_num: In::PRIMARY,
        value,
    });
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let thumbnail = [&[0xFF, 0xD8, 0xFF, 0xFE, 0, 9], SECRET, &[0xFF, 0xD9]].concat();
    writer.set_jpeg(&thumbnail, In::THUMBNAIL);
    let mut tiff = Cursor::new(Vec::new());
    writer.write(&mut tiff, false).expect("few fields");
    tiff.into_inner()
}

/// The start of a colour profile is all that tells it from other bytes.
pub(crate) fn profile(len: usize) -> Vec<u8> {
    let mut profile: Vec<u8> = (0..len).map(|at| (at % 251) as u8).collect();
    profile[..4].copy_from_slice(&(len as u32).to_be_bytes());
    profile[36..40].copy_from_slice(b"acsp");
    profile
}

pub(crate) fn xmp() -> Vec<u8> {
    [b"<x:xmpmeta><exif:GPSLatitude>".as_slice(), SECRET].concat()
}

pub(crate) fn segment(marker: u8, body: &[&[u8]]) -> Vec<u8> {
    let body = body.concat();
    let len = u16::try_from(body.len() + 2).expect("a short body");
    [&[0xFF, marker][..], &len.to_be_bytes(), &body].concat()
}

/// Segments behind the first of a JPEG, which is JFIF, and bytes behind its end.
pub(crate) fn jpeg_with(segments: &[Vec<u8>], behind: &[u8]) -> Vec<u8> {
    let plain = encode(ImageFormat::Jpeg);
    let jfif_end = 4 + usize::from(u16::from_be_bytes([plain[4], plain[5]]));
    let (start, rest) = plain.split_at(jfif_end);
    [start, &segments.concat(), rest, behind].concat()
}

/// A JPEG with everything in it that has to go, a profile in two parts that stays, and a film
/// behind its end.
pub(crate) fn jpeg() -> Vec<u8> {
    let profile = profile(600);
    let (first, second) = profile.split_at(350);
    jpeg_with(
        &[
            segment(0xE0, &[b"JFXX\0\x10", SECRET]),
            segment(0xE1, &[b"Exif\0\0", &exif()]),
            segment(0xE1, &[b"http://ns.adobe.com/xap/1.0/\0", &xmp()]),
            segment(0xE2, &[b"ICC_PROFILE\0\x01\x02", first]),
            segment(0xE2, &[b"ICC_PROFILE\0\x02\x02", second]),
            segment(0xE2, &[b"MPF\0", SECRET]),
            segment(0xED, &[b"Photoshop 3.0\08BIM\x04\x04", SECRET]),
            segment(0xEB, &[b"maker's own", SECRET]),
            segment(0xFE, &[b"taken by ", SECRET]),
        ],
        &[b"\0\0\0\x18ftypmp42".as_slice(), SECRET].concat(),
    )
}

pub(crate) fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = crc32fast::Hasher::new();
    crc.update(kind);
    crc.update(data);
    let (len, crc) = (data.len() as u32, crc.finalize());
    [&len.to_be_bytes()[..], kind, data, &crc.to_be_bytes()].concat()
}

/// Chunks behind the header of a PNG, and bytes behind its end.
pub(crate) fn png_with(chunks: &[Vec<u8>], behind: &[u8]) -> Vec<u8> {
    let plain = encode(ImageFormat::Png);
    let (start, rest) = plain.split_at(8 + 25);
    [start, &chunks.concat(), rest, behind].concat()
}

pub(crate) fn png() -> Vec<u8> {
    png_with(
        &[
            chunk(b"eXIf", &exif()),
            chunk(b"tEXt", &[b"Author\0", SECRET].concat()),
            chunk(b"zTXt", &[b"Comment\0\0", SECRET].concat()),
            chunk(
                b"iTXt",
                &[b"XML:com.adobe.xmp\0\0\0\0\0", &xmp()[..]].concat(),
            ),
            chunk(b"tIME", &[7, 0xE9, 1, 1, 12, 34, 56]),
            chunk(b"gAMA", &45_455_u32.to_be_bytes()),
            chunk(b"prVt", SECRET),
        ],
        SECRET,
    )
}

pub(crate) fn riff_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let padding = vec![0; data.len() % 2];
    [kind, &(data.len() as u32).to_le_bytes()[..], data, &padding].concat()
}

pub(crate) fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    let len = body.len() as u32 + 4;
    [b"RIFF", &len.to_le_bytes()[..], b"WEBP", &body].concat()
}

/// The pixels of a WebP file of one picture.
pub(crate) fn webp_pixels() -> Vec<u8> {
    let plain = encode(ImageFormat::WebP);
    assert_eq!(&plain[12..16], b"VP8L");
    plain[20..].to_vec()
}

pub(crate) fn webp() -> Vec<u8> {
    let flags = 0x20 | 0x08 | 0x04;
    let whole = riff(&[
        riff_chunk(b"VP8X", &[flags, 0, 0, 0, 47, 0, 0, 31, 0, 0]),
        riff_chunk(b"ICCP", &profile(200)),
        riff_chunk(b"VP8L", &webp_pixels()),
        riff_chunk(b"EXIF", &exif()),
        riff_chunk(b"XMP ", &xmp()),
        riff_chunk(b"OWN ", SECRET),
    ]);
    [&whole[..], SECRET].concat()
}

pub(crate) fn gif() -> Vec<u8> {
    let plain = encode(ImageFormat::Gif);
    let (rest, trailer) = plain.split_at(plain.len() - 1);
    let comment = [&[0x21, 0xFE, 7], SECRET, &[0]].concat();
    let xmp = [&[0x21, 0xFF, 11], &b"XMP DataXMP"[..], &[7], SECRET, &[0]].concat();
    let text = [&[0x21, 0x01, 12], &[0; 12][..], &[7], SECRET, &[0]].concat();
    [rest, &comment, &xmp, &text, trailer, SECRET].concat()
}

/// Every kind of picture that we can decode, with everything that has to go.
pub(crate) fn all() -> [Vec<u8>; 4] {
    [jpeg(), png(), webp(), gif()]
}

pub(crate) fn holds(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|window| window == what)
}
