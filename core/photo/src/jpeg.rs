//! JPEG (ITU-T T.81): a walk over the markers of one picture, up to its end.

use crate::reader::{Reader, sides};
use crate::{CleanError, exif, icc};

/// The start of the picture and of the first marker after it.
pub(crate) const START: [u8; 3] = [0xFF, START_OF_IMAGE, 0xFF];

const START_OF_IMAGE: u8 = 0xD8;
const END_OF_IMAGE: u8 = 0xD9;
const START_OF_SCAN: u8 = 0xDA;
const QUANTISATION: u8 = 0xDB;
const HUFFMAN: u8 = 0xC4;
const RESTART_INTERVAL: u8 = 0xDD;
const APP0: u8 = 0xE0;
const APP1: u8 = 0xE1;
const APP2: u8 = 0xE2;
const APP14: u8 = 0xEE;
const COMMENT: u8 = 0xFE;

const JFIF: &[u8] = b"JFIF\0";
const ICC: &[u8] = b"ICC_PROFILE\0";
const ADOBE: &[u8] = b"Adobe";

/// Of JFIF stay version, unit and density; its thumbnail goes.
const JFIF_KEPT_BYTES: usize = 12;

/// Adobe's segment says how the colours are transformed; that is all of it.
const ADOBE_BYTES: usize = 12;

/// One marker and what belongs to it.
struct Segment<'a> {
    marker: u8,
    body: &'a [u8],
    /// Compressed pixels, behind the start of a scan only.
    scan: &'a [u8],
}

/// The segments of a picture; ends behind the end of the image, whatever follows it.
struct Segments<'a> {
    reader: Reader<'a>,
    is_over: bool,
}

impl<'a> Segments<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let mut reader = Reader::new(bytes);
        // The caller has seen that it is there.
        let is_over = reader.take(2).is_err();
        Self { reader, is_over }
    }

    fn read(&mut self) -> Result<Segment<'a>, CleanError> {
        if self.reader.u8()? != 0xFF {
            return Err(CleanError::Damaged("bytes between its segments"));
        }
        let mut marker = self.reader.u8()?;
        while marker == 0xFF {
            marker = self.reader.u8()?;
        }
        if marker == END_OF_IMAGE {
            self.is_over = true;
            return Ok(Segment {
                marker,
                body: &[],
                scan: &[],
            });
        }
        // Markers without a length have no business outside compressed pixels.
        if marker < 0xC0 || (0xD0..=START_OF_IMAGE).contains(&marker) {
            return Err(CleanError::Damaged("a marker in the wrong place"));
        }
        let len = usize::from(self.reader.u16_be()?);
        let body = len
            .checked_sub(2)
            .ok_or(CleanError::Damaged("a segment without a length"))?;
        let body = self.reader.take(body)?;
        let scan = if marker == START_OF_SCAN {
            let len = scan_len(self.reader.rest())?;
            self.reader.take(len)?
        } else {
            &[]
        };
        Ok(Segment { marker, body, scan })
    }
}

impl<'a> Iterator for Segments<'a> {
    type Item = Result<Segment<'a>, CleanError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let segment = self.read();
        self.is_over |= segment.is_err();
        Some(segment)
    }
}

/// Bytes of compressed pixels up to the next marker (T.81, B.1.1.5): in them, 0xFF is followed by
/// zero or is a restart marker.
fn scan_len(bytes: &[u8]) -> Result<usize, CleanError> {
    let mut pairs = bytes.windows(2).enumerate();
    let end = pairs.find(|(_, pair)| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xD0..=0xD7));
    end.map(|(at, _)| at)
        .ok_or(CleanError::Damaged("it is cut off"))
}

/// Says whether a segment may stay as it is; `Err` where the picture cannot be shown without it.
fn is_kept(segment: &Segment<'_>) -> Result<bool, CleanError> {
    let body = segment.body;
    let (is_sound, what) = match segment.marker {
        0xC0..=0xC2 => (frame_size(body).is_ok(), "its frame header"),
        QUANTISATION => (are_quantisation_tables(body), "its quantisation tables"),
        HUFFMAN => (are_huffman_tables(body), "its Huffman tables"),
        RESTART_INTERVAL => (body.len() == 2, "its restart interval"),
        START_OF_SCAN => (is_scan_header(body), "its scan header"),
        APP0..=0xEF | COMMENT => return Ok(false),
        0xC3..=0xCF => return Err(CleanError::Unsupported("unusual JPEG pictures")),
        _ => return Err(CleanError::Damaged("an unknown segment")),
    };
    is_sound.then_some(true).ok_or(CleanError::Damaged(what))
}

fn frame_size(body: &[u8]) -> Result<(u32, u32), CleanError> {
    let mut reader = Reader::new(body);
    reader.u8()?;
    let (height, width) = (reader.u16_be()?, reader.u16_be()?);
    let components = usize::from(reader.u8()?);
    if !(1..=4).contains(&components) || reader.rest().len() != 3 * components {
        return Err(CleanError::Damaged("its frame header"));
    }
    sides(u32::from(width), u32::from(height))
}

fn is_scan_header(body: &[u8]) -> bool {
    let components = body.first().copied().map_or(0, usize::from);
    (1..=4).contains(&components) && body.len() == 4 + 2 * components
}

fn are_quantisation_tables(mut body: &[u8]) -> bool {
    while let Some((&head, rest)) = body.split_first() {
        let (precision, table) = (usize::from(head >> 4), head & 0xF);
        let Some(rest) = rest.get(64 * (1 + precision)..) else {
            return false;
        };
        if precision > 1 || table > 3 {
            return false;
        }
        body = rest;
    }
    true
}

fn are_huffman_tables(mut body: &[u8]) -> bool {
    while let Some((&head, rest)) = body.split_first() {
        let Some((counts, rest)) = rest.split_at_checked(16) else {
            return false;
        };
        let codes: usize = counts.iter().copied().map(usize::from).sum();
        let Some(rest) = rest.get(codes..) else {
            return false;
        };
        if head >> 4 > 1 || head & 0xF > 3 || codes > 256 {
            return false;
        }
        body = rest;
    }
    true
}

/// What is remembered of the segments that do not stay as they are.
#[derive(Default)]
struct Found<'a> {
    jfif: Option<&'a [u8]>,
    exif: Option<&'a [u8]>,
    adobe: Option<&'a [u8]>,
    /// Parts of the colour profile in order, and how many there are to be.
    profile: Vec<&'a [u8]>,
    profile_parts: usize,
    is_profile_broken: bool,
    frames: usize,
    scans: usize,
    is_ended: bool,
}

impl<'a> Found<'a> {
    fn note(&mut self, segment: &Segment<'a>) -> Result<(), CleanError> {
        let body = segment.body;
        match segment.marker {
            0xC0..=0xC2 => self.frames += 1,
            START_OF_SCAN if self.frames == 0 => {
                return Err(CleanError::Damaged("pixels before the frame header"));
            }
            START_OF_SCAN => self.scans += 1,
            END_OF_IMAGE => self.is_ended = true,
            APP0 if body.starts_with(JFIF) => {
                self.jfif = self.jfif.or(body.get(..JFIF_KEPT_BYTES));
            }
            APP1 => self.exif = self.exif.or(body.strip_prefix(exif::PREFIX)),
            APP2 => self.note_profile(body),
            APP14 if body.starts_with(ADOBE) => {
                self.adobe = self.adobe.or(body.get(..ADOBE_BYTES));
            }
            _ => {}
        }
        Ok(())
    }

    /// A part of a profile: its number from 1, the number of parts, bytes (ICC.1:2022, B.4).
    fn note_profile(&mut self, body: &'a [u8]) {
        let Some([number, parts, part @ ..]) = body.strip_prefix(ICC) else {
            return;
        };
        self.is_profile_broken |= usize::from(*number) != self.profile.len() + 1
            || (self.profile_parts != 0 && self.profile_parts != usize::from(*parts));
        self.profile_parts = usize::from(*parts);
        self.profile.push(part);
    }

    /// The parts of the profile if they are whole, in order, and a profile.
    fn profile(&self) -> &[&'a [u8]] {
        let is_whole = !self.is_profile_broken && self.profile.len() == self.profile_parts;
        if is_whole && icc::is_profile(&self.profile.concat()) {
            &self.profile
        } else {
            &[]
        }
    }

    fn check(&self) -> Result<(), CleanError> {
        match (self.is_ended, self.frames, self.scans) {
            (false, ..) => Err(CleanError::Damaged("it is cut off")),
            (_, 1, 1..) => Ok(()),
            _ => Err(CleanError::Damaged("it has no pixels")),
        }
    }
}

pub(crate) fn clean(bytes: &[u8]) -> Result<Vec<u8>, CleanError> {
    let mut found = Found::default();
    for segment in Segments::new(bytes) {
        found.note(&segment?)?;
    }
    found.check()?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend([0xFF, START_OF_IMAGE]);
    if let Some(jfif) = found.jfif {
        write(&mut out, APP0, &[jfif, &[0, 0]]);
    }
    if let Some(turn) = found
        .exif
        .and_then(exif::orientation)
        .filter(|turn| *turn != 1)
    {
        let tiff = exif::only_orientation(turn);
        write(&mut out, APP1, &[exif::PREFIX, &tiff]);
    }
    if let Some(adobe) = found.adobe {
        write(&mut out, APP14, &[adobe]);
    }
    let parts = found.profile();
    for (number, part) in (1..=u8::MAX).zip(parts) {
        let count = u8::try_from(parts.len()).unwrap_or(u8::MAX);
        write(&mut out, APP2, &[ICC, &[number, count], part]);
    }
    for segment in Segments::new(bytes) {
        let segment = segment?;
        if segment.marker != END_OF_IMAGE && is_kept(&segment)? {
            write(&mut out, segment.marker, &[segment.body]);
            out.extend_from_slice(segment.scan);
        }
    }
    out.extend([0xFF, END_OF_IMAGE]);
    Ok(out)
}

/// Writes a segment. Bodies come from segments, so their length fits its two bytes again.
fn write(out: &mut Vec<u8>, marker: u8, body: &[&[u8]]) {
    let len: usize = body.iter().map(|part| part.len()).sum();
    let len = u16::try_from(len.saturating_add(2)).unwrap_or(u16::MAX);
    out.extend([0xFF, marker]);
    out.extend(len.to_be_bytes());
    body.iter().for_each(|part| out.extend_from_slice(part));
}

pub(crate) fn dimensions(bytes: &[u8]) -> Result<(u32, u32), CleanError> {
    for segment in Segments::new(bytes) {
        let segment = segment?;
        match segment.marker {
            0xC0..=0xC2 => return frame_size(segment.body),
            START_OF_SCAN => break,
            _ => {}
        }
    }
    Err(CleanError::Damaged("it has no frame header"))
}

/// The EXIF directory, where the bytes reach that far.
pub(crate) fn exif_of(bytes: &[u8]) -> Option<&[u8]> {
    let mut bodies = Segments::new(bytes)
        .map_while(Result::ok)
        .filter(|segment| segment.marker == APP1);
    bodies.find_map(|segment| segment.body.strip_prefix(exif::PREFIX))
}
