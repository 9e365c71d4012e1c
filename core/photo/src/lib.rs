//! Pictures without what they say about their maker: bytes in, bytes out.
//!
//! [`clean`] takes a JPEG, PNG, WebP, GIF, HEIC or AVIF apart into its segments, keeps those on a short list
//! that a decoder needs to show it, and leaves out everything else: EXIF with place and maker
//! notes, XMP, IPTC, comments, thumbnails, further pictures and films behind the end. What is kept
//! of the picture is kept bit for bit. Of EXIF only the orientation comes back, in a directory of
//! its own, so that no picture ends up on its side; the colour profile stays.
//!
//! The lists name what stays, never what goes, so that metadata nobody has thought of goes too.
//! What a picture hides inside its compressed data or its colour profile stays hidden there.

pub mod exif;

mod gif;
mod heif;
mod icc;
mod jpeg;
mod png;
mod reader;
mod webp;

/// Largest picture that is cleaned, in bytes. It and its copy are held in memory at once; photos
/// of 200 megapixels are about half of this.
pub const PHOTO_MAX_BYTES: usize = 64 * 1024 * 1024;

/// A kind of picture that can be cleaned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// ITU-T T.81 in JFIF or Exif.
    Jpeg,
    /// W3C PNG, third edition, animations included.
    Png,
    /// RFC 9649.
    WebP,
    /// GIF87a and GIF89a.
    Gif,
    /// ISO/IEC 23008-12, still pictures: HEIC and AVIF.
    Heif,
}

/// Why a picture cannot be cleaned, in words that say what to do instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CleanError {
    /// Not one of the formats of [`Format`], and none of those known to be pictures or films.
    #[error(
        "it is no JPEG, PNG, WebP, GIF, HEIC or AVIF, so it cannot be sent as a photo; send it as \
         a file"
    )]
    NotAPicture,
    /// A format that holds metadata and that we cannot take apart.
    #[error(
        "location and camera data cannot be taken out of {0}; send it as a file, which keeps \
         them, or as JPEG"
    )]
    Unsupported(&'static str),
    /// The picture does not keep to its format, so nobody can say what is in it.
    #[error(
        "it is damaged ({0}), so it cannot be cleaned safely; send it as a file, which keeps \
         its location and camera data, or save it anew as JPEG"
    )]
    Damaged(&'static str),
    /// Over [`PHOTO_MAX_BYTES`].
    #[error(
        "it is larger than {} MiB, too large to be cleaned; send it as a file, which keeps its \
         location and camera data",
        PHOTO_MAX_BYTES / (1024 * 1024)
    )]
    TooLarge,
}

/// What the first bytes say the picture is; its name is not asked.
#[must_use]
pub fn format(bytes: &[u8]) -> Option<Format> {
    if bytes.starts_with(&jpeg::START) {
        Some(Format::Jpeg)
    } else if bytes.starts_with(png::SIGNATURE) {
        Some(Format::Png)
    } else if webp::is_webp(bytes) {
        Some(Format::WebP)
    } else if gif::SIGNATURES.iter().any(|s| bytes.starts_with(s)) {
        Some(Format::Gif)
    } else if heif::is_heif(bytes) {
        Some(Format::Heif)
    } else {
        None
    }
}

/// The picture without metadata, its compressed pixels bit for bit as they were.
///
/// The result is cleaned once more before it is given out, and must stay as it is.
///
/// # Errors
/// [`CleanError`]; nothing is guessed and nothing repaired.
pub fn clean(bytes: &[u8]) -> Result<Vec<u8>, CleanError> {
    if bytes.len() > PHOTO_MAX_BYTES {
        return Err(CleanError::TooLarge);
    }
    let cleaned = clean_once(bytes)?;
    // The second look: whatever is left that is not on the list would go now.
    if clean_once(&cleaned)? != cleaned {
        return Err(CleanError::Damaged("it does not come out clean"));
    }
    Ok(cleaned)
}

fn clean_once(bytes: &[u8]) -> Result<Vec<u8>, CleanError> {
    match format(bytes) {
        Some(Format::Jpeg) => jpeg::clean(bytes),
        Some(Format::Png) => png::clean(bytes),
        Some(Format::WebP) => webp::clean(bytes),
        Some(Format::Gif) => gif::clean(bytes),
        Some(Format::Heif) => heif::clean(bytes),
        None => Err(unsupported(bytes)),
    }
}

/// Width and height in pixels as the header claims them, before anything is decoded.
///
/// # Errors
/// [`CleanError`] when the header is not there or claims a picture without pixels.
pub fn dimensions(bytes: &[u8]) -> Result<(u32, u32), CleanError> {
    match format(bytes) {
        Some(Format::Jpeg) => jpeg::dimensions(bytes),
        Some(Format::Png) => png::dimensions(bytes),
        Some(Format::WebP) => webp::dimensions(bytes),
        Some(Format::Gif) => gif::dimensions(bytes),
        Some(Format::Heif) => heif::dimensions(bytes),
        None => Err(unsupported(bytes)),
    }
}

/// Whether a JPEG, HEIC or AVIF says where it was taken, as far as its first bytes show. A quick
/// look for a hint to a person, not a promise.
#[must_use]
pub fn tells_place(start: &[u8]) -> bool {
    match format(start) {
        Some(Format::Jpeg) => jpeg::exif_of(start).is_some_and(exif::has_place),
        Some(Format::Heif) => heif::tells_place(start),
        Some(Format::Png | Format::WebP | Format::Gif) | None => false,
    }
}

/// Says what the bytes are where they are a picture or film of another kind.
fn unsupported(bytes: &[u8]) -> CleanError {
    let at = |offset: usize, text: &[u8]| {
        bytes
            .get(offset..)
            .is_some_and(|rest| rest.starts_with(text))
    };
    let any = |offset, texts: &[&[u8]]| texts.iter().any(|text| at(offset, text));
    let what = if at(4, b"ftyp") {
        if any(8, &[b"hevc", b"hevx", b"hevm", b"hevs", b"msf1", b"avis"]) {
            "HEIC and AVIF animations"
        } else if at(8, b"crx ") {
            "camera raw files"
        } else {
            "films"
        }
    } else if any(
        0,
        &[b"II*\0", b"MM\0*", b"FUJIFILMCCD-RAW", b"IIRO", b"IIU\0"],
    ) {
        "TIFF and camera raw files"
    } else if any(0, &[b"\xFF\x0A", b"\0\0\0\x0CJXL "]) {
        "JPEG XL pictures"
    } else if any(0, &[b"\x1A\x45\xDF\xA3"]) || (at(0, b"RIFF") && at(8, b"AVI ")) {
        "films"
    } else if any(0, &[b"BM", b"8BPS"]) {
        "BMP and Photoshop pictures"
    } else if any(0, &[b"<svg", b"<?xml"]) {
        "SVG drawings"
    } else {
        return CleanError::NotAPicture;
    };
    CleanError::Unsupported(what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_formats_are_named_and_told_a_way_out() {
        for (bytes, name) in [
            (b"\0\0\0\x18ftyphevc\0\0\0\0".as_slice(), "HEIC"),
            (b"\0\0\0\x18ftypavis\0\0\0\0", "AVIF"),
            (b"\0\0\0\x18ftypisom\0\0\0\0", "films"),
            (b"II*\0\x08\0\0\0", "raw"),
            (b"<svg xmlns=", "SVG"),
        ] {
            let words = clean(bytes).unwrap_err().to_string();
            assert!(words.contains(name), "{words}");
            assert!(words.contains("send it as a file"), "{words}");
        }
    }

    #[test]
    fn a_text_is_not_a_picture() {
        assert_eq!(clean(b"hello"), Err(CleanError::NotAPicture));
        assert_eq!(clean(b""), Err(CleanError::NotAPicture));
    }

    #[test]
    fn a_picture_over_the_limit_is_refused_unread() {
        let mut bytes = vec![0; PHOTO_MAX_BYTES + 1];
        bytes[..3].copy_from_slice(&[0xFF, 0xD8, 0xFF]);
        assert_eq!(clean(&bytes), Err(CleanError::TooLarge));
    }
}
