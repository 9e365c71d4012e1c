//! HEIC and AVIF: still pictures in HEIF (ISO/IEC 23008-12), which is made of boxes of the ISO
//! base media file format (ISO/IEC 14496-12).
//!
//! A picture is an item, as are its tiles, its thumbnail, its EXIF and all else; a directory says
//! where each is. The file is made anew of the picture that is shown and of what it needs; nothing
//! else of the old file comes along. How the picture is turned is a property of it, and EXIF does
//! not count.
//!
//! What goes with the rest: thumbnails, depth, maps that make bright screens brighter, films, and
//! further pictures in the same file. What `clap` cuts off stays: it is part of the pixels.

mod boxes;
mod choice;
mod coded;
mod data;
mod meta;
mod properties;
mod write;

use crate::reader::sides;
use crate::{CleanError, exif};
use boxes::{Boxes, Kind};
use meta::{Meta, Source};

/// First brands of still pictures; those of sequences are refused, lest they stand still unasked.
const STILL: [&Kind; 7] = [
    b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"avif",
];

/// Pictures that are coded, encrypted, stored or put together in a way that few programs know.
const UNUSUAL: CleanError = CleanError::Unsupported("unusual HEIC and AVIF pictures");

pub(crate) fn is_heif(bytes: &[u8]) -> bool {
    let brand = bytes.get(8..12).unwrap_or_default();
    bytes.get(4..8) == Some(b"ftyp") && STILL.iter().any(|still| *still == brand)
}

pub(crate) fn clean(bytes: &[u8]) -> Result<Vec<u8>, CleanError> {
    let (mut brands, mut directory, mut has_film) = (None, None, false);
    for part in Boxes::new(bytes) {
        let part = part?;
        let place = match &part.kind {
            b"ftyp" => &mut brands,
            b"meta" => &mut directory,
            b"moov" => {
                has_film = true;
                continue;
            }
            _ => continue,
        };
        if place.replace(part.body).is_some() {
            return Err(CleanError::Damaged("a box that may be there once only"));
        }
    }
    let (Some(brands), Some(directory)) = (brands, directory) else {
        return Err(if has_film {
            CleanError::Unsupported("HEIC and AVIF animations")
        } else {
            CleanError::Damaged("it has no directory")
        });
    };
    let meta = Meta::read(directory)?;
    size(&meta)?;
    write::write(bytes, brands, &meta)
}

/// Of the picture before it is turned, cut or put together.
pub(crate) fn dimensions(bytes: &[u8]) -> Result<(u32, u32), CleanError> {
    size(&directory(bytes)?)
}

fn size(meta: &Meta<'_>) -> Result<(u32, u32), CleanError> {
    let mut properties = meta.properties_of(meta.primary);
    let size = properties
        .find(|part| &part.kind == b"ispe")
        .and_then(|part| properties::size(part.body));
    let (width, height) = size.ok_or(CleanError::Damaged("it has no size"))?;
    sides(width, height)
}

/// The directory, where the bytes reach that far.
fn directory(bytes: &[u8]) -> Result<Meta<'_>, CleanError> {
    for part in Boxes::new(bytes) {
        let part = part?;
        if &part.kind == b"meta" {
            return Meta::read(part.body);
        }
    }
    Err(CleanError::Damaged("it has no directory"))
}

/// Whether EXIF says a place, where the bytes reach that far.
pub(crate) fn tells_place(bytes: &[u8]) -> bool {
    let Ok(meta) = directory(bytes) else {
        return false;
    };
    let mut items = meta.items.iter().filter(|(_, item)| &item.kind == b"Exif");
    items.any(|(id, _)| exif_of(bytes, &meta, *id).is_some_and(exif::has_place))
}

/// The EXIF directory of an item, the first piece of it: before it is how far ahead it begins
/// (ISO/IEC 23008-12, A.2.1).
fn exif_of<'a>(bytes: &'a [u8], meta: &Meta<'a>, item: u32) -> Option<&'a [u8]> {
    let place = meta.places.get(&item)?;
    let from = match place.source {
        Source::File => bytes,
        Source::Directory => meta.idat,
        Source::Elsewhere => return None,
    };
    let (start, end) = *place.extents.first()?;
    let start = usize::try_from(start).ok()?;
    let end = usize::try_from(end).map_or(from.len(), |end| end.min(from.len()));
    let (ahead, rest) = from.get(start..end)?.split_first_chunk()?;
    let ahead = usize::try_from(u32::from_be_bytes(*ahead)).ok()?;
    rest.get(ahead..)
}
