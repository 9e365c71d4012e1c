use image::{Rgb, RgbImage, Rgba, RgbaImage};

use super::*;

/// Red on the left, blue on the right.
fn halves(width: u32, height: u32) -> RgbImage {
    let colour = |x| {
        if x < width / 2 {
            [255, 0, 0]
        } else {
            [0, 0, 255]
        }
    };
    RgbImage::from_fn(width, height, |x, _| Rgb(colour(x)))
}

fn encoded(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// The JPEG with an EXIF that turns it.
fn turned(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let tiff = parlor_photo::exif::only_orientation(orientation);
    let len = u16::try_from(2 + 6 + tiff.len()).unwrap().to_be_bytes();
    let exif = [&[0xFF, 0xE1], &len[..], b"Exif\0\0", &tiff].concat();
    [&jpeg[..2], &exif, &jpeg[2..]].concat()
}

/// A PNG header that claims these sides, and no pixels.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut png = encoded(halves(4, 4), ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc(&png[12..29]);
    png[29..33].copy_from_slice(&crc.to_be_bytes());
    png
}

/// CRC-32 as PNG has it (W3C PNG, annex D), a bit at a time.
fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1));
    let byte = |crc: u32, byte: &u8| (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc));
    !bytes.iter().fold(u32::MAX, byte)
}

#[test]
fn every_kind_is_shown_small_enough_and_in_shape() {
    for format in [
        ImageFormat::Jpeg,
        ImageFormat::Png,
        ImageFormat::WebP,
        ImageFormat::Gif,
    ] {
        let image = match format {
            ImageFormat::Gif => DynamicImage::from(DynamicImage::from(halves(300, 150)).to_rgba8()),
            _ => DynamicImage::from(halves(300, 150)),
        };
        let preview = preview(&encoded(image, format), 64).unwrap();
        assert_eq!((preview.width, preview.height), (64, 32), "{format:?}");
        let shown = image::load_from_memory(&preview.bytes).unwrap().to_rgb8();
        assert_eq!(shown.dimensions(), (64, 32));
        let [red, _, blue] = shown.get_pixel(5, 5).0;
        assert!(red > 200 && blue < 50, "{format:?}");
    }
}

#[test]
fn a_picture_on_its_side_is_shown_upright() {
    let jpeg = turned(&encoded(halves(300, 150), ImageFormat::Jpeg), 6);
    let preview = preview(&jpeg, 64).unwrap();
    assert_eq!((preview.width, preview.height), (32, 64));
    let shown = image::load_from_memory(&preview.bytes).unwrap().to_rgb8();
    // A quarter turn clockwise puts what was left on top.
    assert!(shown.get_pixel(16, 5).0[0] > 200 && shown.get_pixel(16, 58).0[2] > 200);
}

#[test]
fn a_preview_tells_nothing_but_pixels() {
    let jpeg = turned(&encoded(halves(300, 150), ImageFormat::Jpeg), 6);
    let preview = preview(&jpeg, 64).unwrap();
    assert_eq!(parlor_photo::clean(&preview.bytes).unwrap(), preview.bytes);
}

#[test]
fn transparency_stays() {
    let glass = RgbaImage::from_pixel(90, 90, Rgba([9, 9, 9, 100]));
    let preview = preview(&encoded(glass, ImageFormat::Png), 30).unwrap();
    assert_eq!(preview.media_type, "image/png");
    let shown = image::load_from_memory(&preview.bytes).unwrap().to_rgba8();
    assert_eq!(shown.get_pixel(3, 3).0[3], 100);
}

#[test]
fn sides_are_believed_before_anything_is_decoded() {
    let mut gif = encoded(
        DynamicImage::from(halves(4, 4)).to_rgba8(),
        ImageFormat::Gif,
    );
    gif[6..10].copy_from_slice(&[0x60, 0xEA, 0x60, 0xEA]);
    for bomb in [png_header(60_000, 60_000), gif, png_header(8193, 1)] {
        assert_eq!(preview(&bomb, 64), Err(PictureError::TooLarge));
    }
    // Within the sides, and still more than may be decoded.
    let wide = png_header(8192, 8192);
    assert_eq!(preview(&wide, 64), Err(PictureError::TooLarge));
}

#[test]
fn only_the_first_frame_of_a_film_is_decoded() {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    let first = DynamicImage::from(halves(8, 8)).to_rgba8();
    let frames = std::iter::once(first).chain(vec![RgbaImage::new(8, 8); 3000]);
    encoder
        .encode_frames(frames.map(image::Frame::new))
        .unwrap();
    drop(encoder);
    let whole = preview(&bytes, 8).unwrap();
    let shown = image::load_from_memory(&whole.bytes).unwrap().to_rgb8();
    assert!(shown.get_pixel(1, 1).0[0] > 200);
    // What follows the first frame is not even looked at.
    let cut = preview(&bytes[..bytes.len() / 2], 8).unwrap();
    assert_eq!(cut, whole);
}

#[test]
fn a_picture_under_a_wrong_name_is_shown_for_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("drawing.svg");
    std::fs::write(&path, encoded(halves(9, 9), ImageFormat::Png)).unwrap();
    assert!(preview(&read(&path).unwrap(), 9).is_ok());
}

#[test]
fn what_is_no_picture_is_refused() {
    for bytes in [
        b"<svg xmlns='http://www.w3.org/2000/svg'/>".as_slice(),
        b"BM\x3A\0\0\0",
        b"",
    ] {
        assert_eq!(preview(bytes, 64), Err(PictureError::NotAPicture));
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(read(folder.path()), Err(PictureError::NotAPicture));
}

#[test]
fn broken_pictures_are_errors() {
    let whole = encoded(halves(60, 60), ImageFormat::Png);
    for len in [8, 20, 33, whole.len() / 2] {
        assert_eq!(preview(&whole[..len], 9), Err(PictureError::Damaged));
    }
    let mut garbage = whole;
    garbage[50..].fill(0xA5);
    assert_eq!(preview(&garbage, 9), Err(PictureError::Damaged));
}

fn source() -> PictureSource {
    PictureSource::Bytes(encoded(halves(60, 60), ImageFormat::Png).into())
}

#[tokio::test]
async fn a_worker_answers_from_files_and_from_bytes() {
    let worker = PictureWorker::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    std::fs::write(&path, encoded(halves(60, 60), ImageFormat::Png)).unwrap();
    let from_bytes = worker.preview(source(), 30).await.unwrap();
    let from_file = worker.preview(PictureSource::Path(path.clone()), 30).await;
    assert_eq!(from_file, Ok(from_bytes));
    let missing = PictureSource::Path(folder.path().join("missing"));
    let answer = worker.preview(missing, 30).await;
    assert!(matches!(answer, Err(PictureError::Unreadable(_))));
}

#[tokio::test]
async fn a_decoder_that_panics_takes_nothing_with_it() {
    let worker = PictureWorker::start_with(|bytes, side_max| {
        assert_ne!(side_max, 13, "this decoder cannot count");
        preview(bytes, side_max)
    })
    .unwrap();
    let unlucky = worker.preview(source(), 13).await;
    assert_eq!(unlucky, Err(PictureError::DecoderFailed));
    assert!(worker.preview(source(), 14).await.is_ok());
}

#[tokio::test]
async fn a_preview_nobody_waits_for_is_not_made() {
    use std::sync::Mutex;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    static DECODED: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    static GATE: Mutex<Option<Receiver<()>>> = Mutex::new(None);
    let (open, gate): (SyncSender<()>, _) = sync_channel(1);
    *GATE.lock().unwrap() = Some(gate);
    let worker = PictureWorker::start_with(|bytes, side_max| {
        if side_max == 1 {
            let _ = GATE.lock().unwrap().as_ref().unwrap().recv();
        }
        DECODED.lock().unwrap().push(side_max);
        preview(bytes, side_max)
    })
    .unwrap();
    let (busy, other) = (worker.clone(), worker.clone());
    let first = tokio::spawn(async move { busy.preview(source(), 1).await });
    let dropped = tokio::spawn(async move { other.preview(source(), 2).await });
    // Both are in the queue or with the thread once this one is.
    while worker.jobs.capacity() > QUEUE_MAX - 1 {
        tokio::task::yield_now().await;
    }
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    open.send(()).unwrap();
    first.await.unwrap().unwrap();
    worker.preview(source(), 3).await.unwrap();
    assert_eq!(*DECODED.lock().unwrap(), [1, 3]);
}
