//! QR codes: made of an invite, and found in a picture.

use std::path::Path;

use image::{ImageReader, Limits};
use parlor_app_model::join::JoinProblem;
use parlor_proto::invite::Invite;
use qrcode::{Color, EcLevel, QrCode};

/// Longest side of a picture that is looked at, in pixels.
const SIDE_MAX: u32 = 8192;

/// Memory for it, in bytes.
const ALLOC_MAX_BYTES: u64 = 256 * 1024 * 1024;

/// Light modules around a QR (ISO/IEC 18004, section 9.1).
const QUIET: usize = 4;

/// A QR as the path of an SVG, in a square of `side` units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QrPath {
    /// For the attribute `d`.
    pub path: String,
    /// Length of a side, quiet zone included.
    pub side: usize,
}

impl QrPath {
    /// The QR of a text; nothing for one that is too long for any.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let width = code.width();
        let mut path = String::new();
        for (at, color) in code.to_colors().into_iter().enumerate() {
            if color == Color::Dark {
                let (x, y) = (at % width + QUIET, at / width + QUIET);
                path.push_str(&format!("M{x} {y}h1v1h-1z"));
            }
        }
        Some(Self {
            path,
            side: width + 2 * QUIET,
        })
    }
}

/// The invite in a picture.
///
/// # Errors
/// [`JoinProblem`]: the picture cannot be read, holds no QR, or one that is no invite.
pub fn read(path: &Path) -> Result<Invite, JoinProblem> {
    let unreadable = |error: String| JoinProblem::Picture(error);
    let reader = ImageReader::open(path).and_then(ImageReader::with_guessed_format);
    let mut reader = reader.map_err(|error| unreadable(error.to_string()))?;
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(ALLOC_MAX_BYTES);
    reader.limits(limits);
    let picture = reader
        .decode()
        .map_err(|error| unreadable(error.to_string()))?;
    let grey = picture.into_luma8();
    let (width, height) = (grey.width() as usize, grey.height() as usize);
    let mut prepared = rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| {
        grey.as_raw()[y * width + x]
    });
    let mut problem = JoinProblem::NoQr;
    for grid in prepared.detect_grids() {
        let Ok((_, text)) = grid.decode() else {
            continue;
        };
        match Invite::parse(text.trim()) {
            Ok(invite) => return Ok(invite),
            Err(error) => problem = JoinProblem::Link(error),
        }
    }
    Err(problem)
}

#[cfg(test)]
mod tests {
    use parlor_proto::invite::{RoomSecret, ServerUrl};

    use super::*;

    fn picture_of(text: &str, folder: &Path) -> std::path::PathBuf {
        let code = QrCode::with_error_correction_level(text, EcLevel::M).unwrap();
        let (width, scale) = (code.width(), 6);
        let side = u32::try_from((width + 2 * QUIET) * scale).unwrap();
        let colors = code.to_colors();
        let picture = image::GrayImage::from_fn(side, side, |x, y| {
            let at = |pixel: u32| (pixel as usize / scale).checked_sub(QUIET);
            let is_dark = match (at(x), at(y)) {
                (Some(x), Some(y)) if x < width && y < width => {
                    colors[y * width + x] == Color::Dark
                }
                _ => false,
            };
            image::Luma([if is_dark { 20 } else { 240 }])
        });
        let path = folder.join("qr.png");
        picture.save(&path).unwrap();
        path
    }

    #[test]
    fn the_invite_in_a_picture_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let invite = Invite {
            server: ServerUrl::parse("https://example.org").unwrap(),
            secret: RoomSecret::from_bytes([7; 32]),
        };
        let path = picture_of(&invite.to_link(), folder.path());
        assert_eq!(read(&path).unwrap().to_link(), invite.to_link());
    }

    #[test]
    fn a_qr_of_something_else_is_no_invite() {
        let folder = tempfile::tempdir().unwrap();
        let path = picture_of("https://example.org/menu", folder.path());
        assert!(matches!(read(&path), Err(JoinProblem::Link(_))));
    }

    #[test]
    fn a_picture_without_a_qr_and_a_file_that_is_none_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("grey.png");
        image::GrayImage::from_pixel(64, 64, image::Luma([128]))
            .save(&path)
            .unwrap();
        assert_eq!(read(&path).unwrap_err(), JoinProblem::NoQr);
        let text = folder.path().join("text.png");
        std::fs::write(&text, "no picture").unwrap();
        assert!(matches!(read(&text), Err(JoinProblem::Picture(_))));
    }

    #[test]
    fn a_qr_has_its_quiet_zone() {
        let qr = QrPath::of("https://example.org/j#secret").unwrap();
        assert!(qr.path.starts_with("M4 4"));
        assert_eq!(QrPath::of(&"x".repeat(10_000)), None);
    }
}
