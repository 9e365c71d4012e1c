//! Small pictures of what is on offer, made when the offer is out: nobody waits for them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use parlor_proto::limits::PREVIEW_MAX_BYTES;

use crate::picture::thumbnail;

/// Pictures of one share that are shown: what a person looks at before they answer.
pub(super) const COUNT_MAX: usize = 64;

/// Longest side, in pixels: sharp at the size of a list on a phone.
const SIDE_MAX: u32 = 256;

/// What tells the kind of a file: the box of brands that HEIF begins with is no longer.
const START_BYTES: u64 = 512;

/// A JPEG within the wire's limit; none where it is no picture that can be decoded here.
pub(super) fn make(path: &Path) -> Option<Bytes> {
    thumbnail(path, SIDE_MAX, PREVIEW_MAX_BYTES)
        .ok()
        .map(Bytes::from)
}

/// The media type by the name, but for pictures by their first bytes: phones give HEIC files the
/// names of JPEGs, and whoever gets one should read why it is not shown.
pub(super) fn media_type(path: &Path) -> Option<String> {
    let by_name = mime_guess::from_path(path).first_raw();
    let is_picture = by_name.is_none_or(|name| name.starts_with("image/"));
    let seen = if is_picture { by_start(path) } else { None };
    seen.or(by_name).map(str::to_owned)
}

fn by_start(path: &Path) -> Option<&'static str> {
    let mut start = Vec::new();
    let file = File::open(path).ok()?;
    file.take(START_BYTES).read_to_end(&mut start).ok()?;
    let kind = infer::get(&start)?;
    (kind.matcher_type() == infer::MatcherType::Image).then(|| kind.mime_type())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(side: u32) -> image::RgbImage {
        let mut random = fastrand::Rng::with_seed(1);
        image::RgbImage::from_fn(side, side, |_, _| {
            image::Rgb([0; 3].map(|_: u8| random.u8(..)))
        })
    }

    #[test]
    fn even_a_picture_of_noise_fits_the_wire() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("noise.png");
        noise(700).save(&path).unwrap();
        let made = make(&path).unwrap();
        assert!(made.len() <= PREVIEW_MAX_BYTES, "{}", made.len());
        let shown = image::load_from_memory(&made).unwrap();
        assert!(shown.width().max(shown.height()) <= SIDE_MAX);
    }

    #[test]
    fn what_is_transparent_is_shown_on_white() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logo.png");
        image::RgbaImage::new(30, 20).save(&path).unwrap();
        let shown = image::load_from_memory(&make(&path).unwrap()).unwrap();
        assert!(shown.to_rgb8().pixels().all(|pixel| pixel.0[0] > 250));
    }

    #[test]
    fn what_is_no_picture_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.jpg");
        std::fs::write(&path, b"not a picture").unwrap();
        assert_eq!(make(&path), None);
        assert_eq!(make(&folder.path().join("missing.jpg")), None);
    }

    #[test]
    fn heic_is_named_as_such_whatever_its_name_says() {
        let folder = tempfile::tempdir().unwrap();
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1";
        for name in ["a.jpg", "a.heic", "a"] {
            let path = folder.path().join(name);
            std::fs::write(&path, heic).unwrap();
            assert_eq!(media_type(&path).as_deref(), Some("image/heif"), "{name}");
        }
    }

    #[test]
    fn other_files_are_named_by_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.mp4");
        std::fs::write(&path, b"x").unwrap();
        assert_eq!(media_type(&path).as_deref(), Some("video/mp4"));
    }
}
