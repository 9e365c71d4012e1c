//! PNG (W3C, third edition): a walk over its chunks, up to the last.

use crate::reader::{Reader, len, sides};
use crate::{CleanError, exif};

pub(crate) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1A\n";

/// A chunk: its type, what it holds, and all of it as it stands in the file.
struct Chunk<'a> {
    kind: [u8; 4],
    data: &'a [u8],
    whole: &'a [u8],
}

/// The chunks of a picture; ends behind the one that ends it.
struct Chunks<'a> {
    reader: Reader<'a>,
    is_over: bool,
}

impl<'a> Chunks<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut reader = Reader::new(bytes);
        // The caller has seen that it is there.
        let is_over = reader.take(SIGNATURE.len()).is_err();
        Self { reader, is_over }
    }

    fn read(&mut self) -> Result<Chunk<'a>, CleanError> {
        let mut head = self.reader;
        let data_len = len(head.u32_be()?);
        let kind = head.array()?;
        let data = head.take(data_len)?;
        let whole = self.reader.take(data_len.saturating_add(12))?;
        Ok(Chunk { kind, data, whole })
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Result<Chunk<'a>, CleanError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let chunk = self.read();
        self.is_over = chunk.as_ref().map_or(true, |chunk| &chunk.kind == b"IEND");
        Some(chunk)
    }
}

/// Whether a chunk stays, by its type and the lengths that type can have.
fn is_kept(chunk: &Chunk<'_>) -> Result<bool, CleanError> {
    let len = chunk.data.len();
    let is_sound = match &chunk.kind {
        b"IHDR" => len == 13,
        b"PLTE" => len <= 768 && len.is_multiple_of(3),
        b"IDAT" => true,
        b"IEND" => len == 0,
        // Colour and transparency.
        b"tRNS" => len <= 256,
        b"gAMA" | b"cICP" => len == 4,
        b"cHRM" => len == 32,
        b"sRGB" => len == 1,
        b"sBIT" => len <= 4,
        b"bKGD" => len <= 6,
        b"mDCV" => len == 24,
        b"cLLI" => len == 8,
        b"iCCP" => true,
        // The shape of a pixel.
        b"pHYs" => len == 9,
        // Animation.
        b"acTL" => len == 8,
        b"fcTL" => len == 26,
        b"fdAT" => len >= 4,
        // A capital letter first says that it cannot be shown without.
        [first, ..] if first.is_ascii_uppercase() => false,
        _ => return Ok(false),
    };
    let is_needed = chunk.kind[0].is_ascii_uppercase();
    if !is_sound && is_needed {
        return Err(CleanError::Damaged("a chunk that does not belong there"));
    }
    Ok(is_sound)
}

pub(crate) fn clean(bytes: &[u8]) -> Result<Vec<u8>, CleanError> {
    dimensions(bytes)?;
    let turn = orientation(bytes)?.filter(|turn| *turn != 1);
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(SIGNATURE);
    for chunk in Chunks::new(bytes) {
        let chunk = chunk?;
        if is_kept(&chunk)? {
            out.extend_from_slice(chunk.whole);
        }
        if let (b"IHDR", Some(turn)) = (&chunk.kind, turn) {
            write(&mut out, *b"eXIf", &exif::only_orientation(turn));
        }
    }
    Ok(out)
}

/// Looks at every chunk; gives the orientation of the first that has one.
fn orientation(bytes: &[u8]) -> Result<Option<u8>, CleanError> {
    let (mut turn, mut headers, mut pixels) = (None, 0, 0);
    for chunk in Chunks::new(bytes) {
        let chunk = chunk?;
        match &chunk.kind {
            b"eXIf" => turn = turn.or(exif::orientation(chunk.data)),
            b"IHDR" => headers += 1,
            b"IDAT" => pixels += 1,
            _ => {}
        }
    }
    if headers != 1 || pixels == 0 {
        return Err(CleanError::Damaged("it has no pixels"));
    }
    Ok(turn)
}

fn write(out: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    let len = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut crc = crc32fast::Hasher::new();
    crc.update(&kind);
    crc.update(data);
    out.extend(len.to_be_bytes());
    out.extend(kind);
    out.extend_from_slice(data);
    out.extend(crc.finalize().to_be_bytes());
}

pub(crate) fn dimensions(bytes: &[u8]) -> Result<(u32, u32), CleanError> {
    let no_header = CleanError::Damaged("it does not begin with its header");
    let header = Chunks::new(bytes).next().ok_or(no_header.clone())??;
    if &header.kind != b"IHDR" || header.data.len() != 13 {
        return Err(no_header);
    }
    let mut reader = Reader::new(header.data);
    sides(reader.u32_be()?, reader.u32_be()?)
}
