//! What decoding a stranger's picture takes of memory, counted by the allocator.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its scene has failed"
)]

use std::io::Cursor;

use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};
use parlor_core::picture::{
    DECODED_MAX_BYTES, INPUT_MAX_BYTES, PictureError, PictureSource, PictureWorker,
};
use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What a decoder needs besides the pixels, the preview included.
const WORKING_MAX_BYTES: usize = 8 * 1024 * 1024;

fn png(image: impl Into<DynamicImage>) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// A JPEG that claims to be progressive, in three colours, of the most pixels that are decoded:
/// its coefficients take twice the memory of its pixels.
fn progressive() -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let small = RgbImage::from_pixel(16, 16, image::Rgb([90, 0, 0]));
    small.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let mut bytes = bytes.into_inner();
    let frame = bytes
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC0])
        .unwrap();
    bytes[frame + 1] = 0xC2;
    bytes[frame + 5..frame + 9].copy_from_slice(&[0x0A, 0xAA, 0x20, 0x00]);
    bytes
}

/// The outcome, and the most that was allocated on the way above what was there.
async fn shown(worker: &PictureWorker, picture: Vec<u8>) -> (Result<(), PictureError>, usize) {
    let source = PictureSource::Bytes(picture.into());
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let outcome = worker.preview(source, 256).await.map(drop);
    (outcome, MEMORY.peak_usage().saturating_sub(before))
}

/// One test, because all tests of a process share its allocator.
#[tokio::test]
async fn no_picture_takes_more_memory_than_it_may() {
    let worker = PictureWorker::start().unwrap();
    let decoded = usize::try_from(DECODED_MAX_BYTES).unwrap();

    // Exactly as much as is decoded at all: 64 KiB of zeros, compressed a thousand times.
    let (outcome, peak) = shown(&worker, png(GrayImage::new(8192, 8192))).await;
    assert_eq!(outcome, Ok(()));
    assert!(peak >= decoded, "{peak}: it was not decoded");
    assert!(peak <= decoded + WORKING_MAX_BYTES, "{peak}");

    // Three times as much is refused before it is allocated.
    let (outcome, peak) = shown(&worker, png(RgbImage::new(8192, 8192))).await;
    assert_eq!(outcome, Err(PictureError::TooLarge));
    assert!(peak <= WORKING_MAX_BYTES, "{peak}");

    let (_, peak) = shown(&worker, progressive()).await;
    assert!(peak <= 3 * decoded + WORKING_MAX_BYTES, "{peak}");

    // A file that is too large is not read.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("huge.png");
    let file = std::fs::File::create(&path).unwrap();
    file.set_len(INPUT_MAX_BYTES * 100).unwrap();
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let outcome = worker.preview(PictureSource::Path(path), 256).await;
    assert_eq!(outcome, Err(PictureError::TooLarge));
    let peak = MEMORY.peak_usage().saturating_sub(before);
    assert!(peak <= WORKING_MAX_BYTES, "{peak}");
}
