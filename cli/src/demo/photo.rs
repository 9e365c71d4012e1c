//! A picture as large as a phone's photo.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::{Rgb, RgbImage};

const WIDTH: u32 = 2400;
const HEIGHT: u32 = 1600;

/// Gives 1 to 3 MB with this much grain.
const QUALITY: u8 = 85;

/// Grain keeps the picture from being compressed to nothing.
const GRAIN: u32 = 24;

/// Paints an evening sky over water, and saves it as a JPEG.
pub(super) fn write(path: &Path) -> io::Result<()> {
    let picture = RgbImage::from_fn(WIDTH, HEIGHT, pixel);
    let mut out = BufWriter::new(File::create(path)?);
    JpegEncoder::new_with_quality(&mut out, QUALITY)
        .encode_image(&picture)
        .map_err(io::Error::other)?;
    out.flush()
}

fn pixel(x: u32, y: u32) -> Rgb<u8> {
    let height = y * 255 / HEIGHT;
    let waves = if y > HEIGHT / 2 {
        (x / 7 + y / 3) % 23
    } else {
        0
    };
    let grain = grain(x, y);
    let shade = |base: u32| u8::try_from((base + waves + grain).min(255)).unwrap_or(u8::MAX);
    Rgb([
        shade(220 - height / 2),
        shade(110 + height / 4),
        shade(60 + height / 2),
    ])
}

/// The same noise on every run (a multiplicative hash of the place).
const fn grain(x: u32, y: u32) -> u32 {
    let mixed = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77);
    (mixed ^ (mixed >> 15)).wrapping_mul(0xC2B2_AE3D) >> 16 & 0xFF & (GRAIN - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_photo_is_as_large_as_a_photo_and_can_be_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo.jpg");
        write(&path).unwrap();
        let size = path.metadata().unwrap().len();
        assert!((1_000_000..3_000_000).contains(&size), "{size} bytes");
        let opened = image::open(&path).unwrap();
        assert_eq!((opened.width(), opened.height()), (WIDTH, HEIGHT));
    }
}
