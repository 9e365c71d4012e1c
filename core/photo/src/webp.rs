//! WebP (RFC 9649): a walk over the chunks of its RIFF container.

use crate::reader::{Reader, len, sides};
use crate::{CleanError, exif, icc};

/// Feature bits of the extended header.
const HAS_PROFILE: u8 = 0x20;
const HAS_ALPHA: u8 = 0x10;
const HAS_EXIF: u8 = 0x08;
const IS_ANIMATED: u8 = 0x02;

/// What stands before the chunks of a frame of an animation.
const FRAME_HEADER_BYTES: usize = 16;

/// The bits of the frame header's flags that mean something.
const FRAME_FLAGS: u8 = 0x03;

pub(crate) fn is_webp(bytes: &[u8]) -> bool {
    bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP")
}

struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
}

/// Chunks one after the other, each padded to an even length.
struct Chunks<'a> {
    reader: Reader<'a>,
}

impl<'a> Chunks<'a> {
    /// Those of a file, as far as its header says it goes.
    fn of_file(bytes: &'a [u8]) -> Result<Self, CleanError> {
        let mut reader = Reader::new(bytes);
        reader.take(4)?;
        let file_len = len(reader.u32_le()?);
        let mut body = Reader::new(reader.take(file_len)?);
        body.take(4)?;
        Ok(Self { reader: body })
    }

    fn read(&mut self) -> Result<Chunk<'a>, CleanError> {
        let kind = self.reader.array()?;
        let data_len = len(self.reader.u32_le()?);
        let data = self.reader.take(data_len)?;
        if !data_len.is_multiple_of(2) && !self.reader.is_empty() {
            self.reader.u8()?;
        }
        Ok(Chunk { kind, data })
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, CleanError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let chunk = self.read();
        if chunk.is_err() {
            self.reader = Reader::new(&[]);
        }
        Some(chunk)
    }
}

/// What the chunks say before the first is written.
#[derive(Default)]
struct Found {
    turn: Option<u8>,
    has_profile: bool,
    pictures: usize,
    headers: usize,
}

fn look(bytes: &[u8]) -> Result<Found, CleanError> {
    let mut found = Found::default();
    for (index, chunk) in Chunks::of_file(bytes)?.enumerate() {
        let chunk = chunk?;
        match &chunk.kind {
            b"EXIF" => {
                let tiff = chunk.data.strip_prefix(exif::PREFIX).unwrap_or(chunk.data);
                found.turn = found.turn.or(exif::orientation(tiff));
            }
            b"ICCP" => found.has_profile |= icc::is_profile(chunk.data),
            b"VP8 " | b"VP8L" | b"ANMF" => found.pictures += 1,
            b"VP8X" if index == 0 => found.headers += 1,
            b"VP8X" => return Err(CleanError::Damaged("its header is in the wrong place")),
            _ => {}
        }
    }
    if found.pictures == 0 {
        return Err(CleanError::Damaged("it has no pixels"));
    }
    // Without the extended header nobody looks for EXIF or a profile.
    if found.headers == 0 {
        found.turn = None;
        found.has_profile = false;
    }
    found.turn = found.turn.filter(|turn| *turn != 1);
    Ok(found)
}

pub(crate) fn clean(bytes: &[u8]) -> Result<Vec<u8>, CleanError> {
    let found = look(bytes)?;
    dimensions(bytes)?;
    let mut body = Vec::with_capacity(bytes.len());
    body.extend_from_slice(b"WEBP");
    for chunk in Chunks::of_file(bytes)? {
        let chunk = chunk?;
        match &chunk.kind {
            b"VP8X" => write(&mut body, chunk.kind, &header(chunk.data, &found)?),
            b"ICCP" if found.has_profile && icc::is_profile(chunk.data) => {
                write(&mut body, chunk.kind, chunk.data);
            }
            b"ANIM" if chunk.data.len() == 6 => write(&mut body, chunk.kind, chunk.data),
            b"ANMF" => write(&mut body, chunk.kind, &frame(chunk.data)?),
            b"ALPH" | b"VP8 " | b"VP8L" => write(&mut body, chunk.kind, chunk.data),
            _ => {}
        }
    }
    if let Some(turn) = found.turn {
        write(&mut body, *b"EXIF", &exif::only_orientation(turn));
    }
    let too_long = CleanError::Damaged("it is too long for its container");
    let len = u32::try_from(body.len()).map_err(|_| too_long)?;
    Ok([b"RIFF".as_slice(), &len.to_le_bytes(), &body].concat())
}

/// The extended header with the bits of what stays.
fn header(data: &[u8], found: &Found) -> Result<[u8; 10], CleanError> {
    let wrong = CleanError::Damaged("its header has the wrong length");
    let mut header: [u8; 10] = data.try_into().map_err(|_| wrong)?;
    let bit = |is_set, bit| if is_set { bit } else { 0 };
    let kept = header[0] & (HAS_ALPHA | IS_ANIMATED);
    header[0] = kept | bit(found.has_profile, HAS_PROFILE) | bit(found.turn.is_some(), HAS_EXIF);
    header[1..4].fill(0);
    Ok(header)
}

/// A frame of an animation: its place and time, and its pixels.
fn frame(data: &[u8]) -> Result<Vec<u8>, CleanError> {
    let mut reader = Reader::new(data);
    let mut place: [u8; FRAME_HEADER_BYTES] = reader.array()?;
    place[FRAME_HEADER_BYTES - 1] &= FRAME_FLAGS;
    let mut frame = place.to_vec();
    for chunk in (Chunks { reader }) {
        let chunk = chunk?;
        if matches!(&chunk.kind, b"ALPH" | b"VP8 " | b"VP8L") {
            write(&mut frame, chunk.kind, chunk.data);
        }
    }
    Ok(frame)
}

fn write(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let len = u32::try_from(data.len()).unwrap_or(u32::MAX);
    out.extend(kind);
    out.extend(len.to_le_bytes());
    out.extend_from_slice(data);
    if !data.len().is_multiple_of(2) {
        out.push(0);
    }
}

pub(crate) fn dimensions(bytes: &[u8]) -> Result<(u32, u32), CleanError> {
    let no_header = CleanError::Damaged("it does not begin with its header");
    let first = Chunks::of_file(bytes)?.next().ok_or(no_header.clone())??;
    let mut reader = Reader::new(first.data);
    match &first.kind {
        b"VP8X" => {
            reader.take(4)?;
            let mut side = || {
                let [low, middle, high] = reader.array()?;
                Ok(u32::from_le_bytes([low, middle, high, 0]) + 1)
            };
            Ok((side()?, side()?))
        }
        b"VP8 " => {
            reader.take(3)?;
            if reader.take(3)? != b"\x9D\x01\x2A" {
                return Err(no_header);
            }
            // The upper two bits of each side are a hint for scaling.
            let (width, height) = (reader.u16_le()? & 0x3FFF, reader.u16_le()? & 0x3FFF);
            sides(u32::from(width), u32::from(height))
        }
        b"VP8L" => {
            if reader.u8()? != 0x2F {
                return Err(no_header);
            }
            let bits = reader.u32_le()?;
            Ok(((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1))
        }
        _ => Err(no_header),
    }
}
