//! Previews of pictures that strangers sent, decoded where they can do no harm.
//!
//! A picture is looked at before it is decoded: its kind by its first bytes, its sides and the
//! memory they take by its header. Decoding runs on one thread of its own, one picture at a time,
//! where a panic of a decoder is an error of that picture.

use std::fmt;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use image::codecs::jpeg::JpegEncoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use parlor_photo::Format;
use tokio::sync::{mpsc, oneshot};

use crate::share::describe;

/// Longest side of a picture that is decoded, in pixels: cameras of phones stay below it.
pub const SIDE_MAX: u32 = 8192;

/// Decoded pixels of one picture, in bytes: 22 megapixels in colour.
pub const DECODED_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// A picture's file, in bytes.
pub const INPUT_MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Longest side of a preview, in pixels: it fills a phone's screen.
pub const PREVIEW_SIDE_MAX: u32 = 2048;

/// Pictures that wait for the thread; whoever asks for more waits to ask.
const QUEUE_MAX: usize = 32;

/// Quality of a preview's JPEG, of 100: a tenth of the bytes, and nobody sees it at that size.
const QUALITY: u8 = 80;

/// The start of a file that is read for [`tells_place`]: EXIF is one of the first segments of a
/// JPEG, and none is longer than 64 KiB; where it is behind the pixels of a HEIC, it is not seen.
const START_BYTES: u64 = 256 * 1024;

/// A picture to be shown small.
#[derive(Clone)]
pub enum PictureSource {
    /// A file, read on the worker's thread.
    Path(PathBuf),
    /// Its bytes.
    Bytes(Bytes),
}

impl fmt::Debug for PictureSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Bytes(bytes) => f.debug_tuple("Bytes").field(&bytes.len()).finish(),
        }
    }
}

/// A small picture, upright and without metadata.
#[derive(Clone, PartialEq, Eq)]
pub struct Preview {
    /// The encoded picture.
    pub bytes: Vec<u8>,
    /// `image/jpeg`, or `image/png` where parts of it are transparent.
    pub media_type: &'static str,
    /// In pixels.
    pub width: u32,
    /// In pixels.
    pub height: u32,
}

impl fmt::Debug for Preview {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { width, height, .. } = self;
        write!(f, "Preview({width}x{height}, {})", self.media_type)
    }
}

/// Why there is no preview.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// The file cannot be read.
    #[error("the picture cannot be read: {0}")]
    Unreadable(String),
    /// Not a JPEG, PNG, WebP or GIF, whatever its name says.
    #[error("it is not a picture that can be shown")]
    NotAPicture,
    /// Over [`INPUT_MAX_BYTES`], [`SIDE_MAX`] or [`DECODED_MAX_BYTES`].
    #[error("the picture is too large to be shown")]
    TooLarge,
    /// Its bytes make no picture.
    #[error("the picture is damaged")]
    Damaged,
    /// The decoder panicked; the worker goes on.
    #[error("the picture cannot be decoded")]
    DecoderFailed,
    /// The worker is gone.
    #[error("pictures are not shown any more")]
    Stopped,
}

type Render = fn(&[u8], u32) -> Result<Preview, PictureError>;

struct Job {
    source: PictureSource,
    side_max: u32,
    answer: oneshot::Sender<Result<Preview, PictureError>>,
}

/// A handle to the thread that decodes. When the last one is dropped the thread ends.
#[derive(Debug, Clone)]
pub struct PictureWorker {
    jobs: mpsc::Sender<Job>,
}

impl PictureWorker {
    /// Starts the thread.
    ///
    /// # Errors
    /// What the system says when it gives no thread.
    pub fn start() -> io::Result<Self> {
        Self::start_with(preview)
    }

    fn start_with(render: Render) -> io::Result<Self> {
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE_MAX);
        let work = move || {
            while let Some(job) = queue.blocking_recv() {
                // Whoever asked may have scrolled on.
                if !job.answer.is_closed() {
                    let answer = contained(render, &job.source, job.side_max);
                    let _ = job.answer.send(answer);
                }
            }
        };
        std::thread::Builder::new()
            .name("parlor-picture".to_owned())
            .spawn(work)?;
        Ok(Self { jobs })
    }

    /// A preview that fits a square of `side_max` pixels, at most [`PREVIEW_SIDE_MAX`]. Waits its
    /// turn; one that is dropped meanwhile is not decoded.
    ///
    /// # Errors
    /// [`PictureError`].
    pub async fn preview(
        &self,
        source: PictureSource,
        side_max: u32,
    ) -> Result<Preview, PictureError> {
        let (answer, answered) = oneshot::channel();
        let job = Job {
            source,
            side_max,
            answer,
        };
        let stopped = |_| PictureError::Stopped;
        self.jobs
            .send(job)
            .await
            .map_err(|_| PictureError::Stopped)?;
        answered.await.map_err(stopped)?
    }
}

/// Reads and renders; a panic stays here.
fn contained(
    render: Render,
    source: &PictureSource,
    side_max: u32,
) -> Result<Preview, PictureError> {
    // Nothing is shared with what panics but bytes that are not written.
    let work = AssertUnwindSafe(|| match source {
        PictureSource::Bytes(bytes) => render(bytes, side_max),
        PictureSource::Path(path) => render(&read(path)?, side_max),
    });
    catch_unwind(work).unwrap_or_else(|_| {
        tracing::warn!("a decoder panicked on a picture");
        Err(PictureError::DecoderFailed)
    })
}

fn read(path: &Path) -> Result<Vec<u8>, PictureError> {
    let words = |error: io::Error| PictureError::Unreadable(describe(&error));
    let metadata = std::fs::metadata(path).map_err(words)?;
    // Opening a pipe would wait for somebody to write into it.
    if !metadata.is_file() {
        return Err(PictureError::NotAPicture);
    }
    if metadata.len() > INPUT_MAX_BYTES {
        return Err(PictureError::TooLarge);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    // It may be growing.
    let mut file = File::open(path).map_err(words)?.take(INPUT_MAX_BYTES + 1);
    file.read_to_end(&mut bytes).map_err(words)?;
    Ok(bytes)
}

/// Decodes a picture and makes it small. Blocking, and only as safe as the decoder: programs ask a
/// [`PictureWorker`].
///
/// Beside the input and [`DECODED_MAX_BYTES`] of pixels, a decoder takes working memory of its own,
/// at most twice the pixels (the coefficients of a progressive JPEG).
fn preview(bytes: &[u8], side_max: u32) -> Result<Preview, PictureError> {
    encode(&small(bytes, side_max)?)
}

/// A JPEG of a picture that fits `side_max` pixels and `bytes_max` bytes, on white where it is
/// transparent; smaller where it would not fit otherwise. Blocking; a panic of a decoder is an
/// error of the picture.
pub(crate) fn thumbnail(
    path: &Path,
    side_max: u32,
    bytes_max: usize,
) -> Result<Vec<u8>, PictureError> {
    let work = AssertUnwindSafe(|| {
        let picture = on_white(&small(&read(path)?, side_max)?);
        for shrink in [1, 2, 4] {
            let picture = match shrink {
                1 => picture.clone(),
                _ => picture.thumbnail(side_max / shrink, side_max / shrink),
            };
            for quality in [QUALITY, 60, 40] {
                let mut bytes = Vec::new();
                let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
                let written = picture.write_with_encoder(encoder);
                written.map_err(|_| PictureError::DecoderFailed)?;
                if bytes.len() <= bytes_max {
                    return Ok(bytes);
                }
            }
        }
        Err(PictureError::TooLarge)
    });
    catch_unwind(work).unwrap_or(Err(PictureError::DecoderFailed))
}

fn on_white(picture: &DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return picture.to_rgb8().into();
    }
    let (width, height) = (picture.width(), picture.height());
    let white = image::Rgba([u8::MAX; 4]);
    let mut ground = image::RgbaImage::from_pixel(width, height, white);
    image::imageops::overlay(&mut ground, &picture.to_rgba8(), 0, 0);
    DynamicImage::from(ground).to_rgb8().into()
}

fn small(bytes: &[u8], side_max: u32) -> Result<DynamicImage, PictureError> {
    if bytes.len() as u64 > INPUT_MAX_BYTES {
        return Err(PictureError::TooLarge);
    }
    let format = match parlor_photo::format(bytes).ok_or(PictureError::NotAPicture)? {
        Format::Jpeg => ImageFormat::Jpeg,
        Format::Png => ImageFormat::Png,
        Format::WebP => ImageFormat::WebP,
        Format::Gif => ImageFormat::Gif,
        // Nothing here decodes it; it is shared without a small picture.
        Format::Heif => return Err(PictureError::NotAPicture),
    };
    let (width, height) = parlor_photo::dimensions(bytes).map_err(|_| PictureError::Damaged)?;
    if width > SIDE_MAX || height > SIDE_MAX {
        return Err(PictureError::TooLarge);
    }
    let mut limits = Limits::default();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(DECODED_MAX_BYTES);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| refusal(&error))?;
    if decoder.total_bytes() > DECODED_MAX_BYTES {
        return Err(PictureError::TooLarge);
    }
    let upright = Orientation::NoTransforms;
    let orientation = decoder.orientation().unwrap_or(upright);
    let picture = DynamicImage::from_decoder(decoder).map_err(|error| refusal(&error))?;
    let side_max = side_max.clamp(1, PREVIEW_SIDE_MAX);
    let mut small = if picture.width().max(picture.height()) > side_max {
        picture.thumbnail(side_max, side_max)
    } else {
        picture
    };
    // Turned after it is small: turning takes a second copy.
    small.apply_orientation(orientation);
    Ok(small)
}

fn encode(small: &DynamicImage) -> Result<Preview, PictureError> {
    let mut bytes = Vec::new();
    let (media_type, written) = if small.color().has_alpha() {
        let mut out = Cursor::new(&mut bytes);
        let small = small.to_rgba8();
        ("image/png", small.write_to(&mut out, ImageFormat::Png))
    } else {
        let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
        ("image/jpeg", small.to_rgb8().write_with_encoder(encoder))
    };
    written.map_err(|_| PictureError::DecoderFailed)?;
    Ok(Preview {
        bytes,
        media_type,
        width: small.width(),
        height: small.height(),
    })
}

fn refusal(error: &ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::TooLarge,
        ImageError::Unsupported(_) => PictureError::NotAPicture,
        ImageError::Decoding(_)
        | ImageError::Encoding(_)
        | ImageError::Parameter(_)
        | ImageError::IoError(_) => PictureError::Damaged,
    }
}

/// Whether a file is a picture that says where it was taken: what a person may want to know before
/// they send it as it is. Blocking; a file that cannot be read tells nothing.
#[must_use]
pub fn tells_place(path: &Path) -> bool {
    let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    let mut start = Vec::new();
    let read = |file: File| file.take(START_BYTES).read_to_end(&mut start);
    is_file && File::open(path).and_then(read).is_ok() && parlor_photo::tells_place(&start)
}

#[cfg(test)]
mod tests;
