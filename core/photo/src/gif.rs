//! GIF (GIF89a specification): a walk over its blocks, up to the trailer.

use crate::CleanError;
use crate::reader::{Reader, sides};

pub(crate) const SIGNATURES: [&[u8]; 2] = [b"GIF87a", b"GIF89a"];

const SIGNATURE_BYTES: usize = 6;
const EXTENSION: u8 = 0x21;
const IMAGE: u8 = 0x2C;
const TRAILER: u8 = 0x3B;
const GRAPHIC_CONTROL: u8 = 0xF9;
const APPLICATION: u8 = 0xFF;

/// How often an animation is played, in the two spellings there are.
const LOOPS: [&[u8]; 2] = [b"NETSCAPE2.0", b"ANIMEXTS1.0"];

pub(crate) fn clean(bytes: &[u8]) -> Result<Vec<u8>, CleanError> {
    dimensions(bytes)?;
    let mut reader = Reader::new(bytes);
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(reader.take(SIGNATURE_BYTES)?);
    let screen: [u8; 7] = reader.array()?;
    out.extend(screen);
    out.extend_from_slice(colours(&mut reader, screen[4])?);
    let mut images = 0;
    // Belongs to the image that follows, and goes where none does.
    let mut control: Option<[u8; 4]> = None;
    loop {
        match reader.u8()? {
            TRAILER if images == 0 => return Err(CleanError::Damaged("it has no pixels")),
            TRAILER => {
                out.push(TRAILER);
                return Ok(out);
            }
            IMAGE => {
                if let Some(control) = control.take() {
                    out.extend([EXTENSION, GRAPHIC_CONTROL, 4]);
                    out.extend(control);
                    out.push(0);
                }
                image(&mut reader, &mut out)?;
                images += 1;
            }
            EXTENSION => match reader.u8()? {
                GRAPHIC_CONTROL => {
                    control = Some(graphic_control(&mut reader)?);
                }
                APPLICATION => application(&mut reader, &mut out)?,
                // Comments, plain text, and whatever else there is.
                _ => {
                    control = None;
                    blocks(&mut reader)?;
                }
            },
            _ => return Err(CleanError::Damaged("an unknown block")),
        }
    }
}

/// The table of colours that the flags announce.
fn colours<'a>(reader: &mut Reader<'a>, flags: u8) -> Result<&'a [u8], CleanError> {
    let has_table = flags & 0x80 != 0;
    let entries = 2_usize << (flags & 0x07);
    reader.take(if has_table { 3 * entries } else { 0 })
}

/// Blocks up to the empty one that ends them, as they stand.
fn blocks<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], CleanError> {
    let start = *reader;
    let mut len_bytes: usize = 0;
    loop {
        let len = usize::from(reader.u8()?);
        reader.take(len)?;
        len_bytes += len + 1;
        if len == 0 {
            let mut whole = start;
            return whole.take(len_bytes);
        }
    }
}

fn image(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), CleanError> {
    let place: [u8; 9] = reader.array()?;
    out.push(IMAGE);
    out.extend(place);
    out.extend_from_slice(colours(reader, place[8])?);
    // The width of the first code, then compressed pixels.
    out.push(reader.u8()?);
    out.extend_from_slice(blocks(reader)?);
    Ok(())
}

fn graphic_control(reader: &mut Reader<'_>) -> Result<[u8; 4], CleanError> {
    match *blocks(reader)? {
        [4, a, b, c, d, 0] => Ok([a, b, c, d]),
        _ => Err(CleanError::Damaged("a frame's times")),
    }
}

fn application(reader: &mut Reader<'_>, out: &mut Vec<u8>) -> Result<(), CleanError> {
    let whole = blocks(reader)?;
    let is_loop = LOOPS.into_iter().any(|name| {
        let times = whole.strip_prefix(&[11]).and_then(|w| w.strip_prefix(name));
        matches!(times, Some([3, 1, _, _, 0]))
    });
    if is_loop {
        out.extend([EXTENSION, APPLICATION]);
        out.extend_from_slice(whole);
    }
    Ok(())
}

pub(crate) fn dimensions(bytes: &[u8]) -> Result<(u32, u32), CleanError> {
    let mut reader = Reader::new(bytes);
    reader.take(SIGNATURE_BYTES)?;
    let (width, height) = (reader.u16_le()?, reader.u16_le()?);
    sides(u32::from(width), u32::from(height))
}
