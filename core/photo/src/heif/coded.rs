//! Compressed pixels of an item: a walk over their units, of which those stay that a decoder needs.
//!
//! The units are kept bit for bit. Of the others, which no decoder needs, encoders write their name
//! and settings into some, and anybody can write anything.

use crate::CleanError;
use crate::reader::{Reader, len};

/// Bytes of an HEVC configuration before its parameter sets; the last of them has the size of the
/// length of a unit.
const HEVC_CONFIG_BYTES: usize = 22;

/// Bytes of an AV1 configuration before its units.
const AV1_CONFIG_BYTES: usize = 4;

/// How the units of an item are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Codec {
    /// ISO/IEC 14496-15: every unit has its length before it, in so many bytes.
    Hevc { len_size: usize },
    /// The low-overhead format of the AV1 specification, 5.2.
    Av1,
}

impl Codec {
    /// Reads it of the configuration property of an item.
    pub(super) fn of_hevc(config: &[u8]) -> Result<Self, CleanError> {
        let last = config.get(HEVC_CONFIG_BYTES - 1);
        let last = last.ok_or(CleanError::Damaged("its configuration"))?;
        let len_size = usize::from(last & 3) + 1;
        Ok(Self::Hevc { len_size })
    }

    /// Appends the units of an item that stay.
    pub(super) fn copy(self, data: &[u8], out: &mut Vec<u8>) -> Result<(), CleanError> {
        let mut reader = Reader::new(data);
        let mut has_pixels = false;
        while !reader.is_empty() {
            let start = reader;
            let fate = match self {
                Self::Hevc { len_size } => hevc_unit(&mut reader, len_size)?,
                Self::Av1 => av1_unit(&mut reader)?,
            };
            has_pixels |= fate == Fate::Pixels;
            if fate != Fate::Goes {
                let used = start.rest().len().saturating_sub(reader.rest().len());
                out.extend_from_slice({ start }.take(used)?);
            }
        }
        if has_pixels {
            Ok(())
        } else {
            Err(CleanError::Damaged("it has no pixels"))
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Pixels,
    /// What the pixels are decoded with.
    Needed,
    Goes,
}

/// A unit of HEVC (ITU-T H.265, 7.3.1) in the layer that everybody decodes.
fn hevc_fate(unit: &[u8]) -> Result<Fate, CleanError> {
    let &[first, second, ..] = unit else {
        return Err(CleanError::Damaged("its pixels"));
    };
    let (kind, layer) = (first >> 1, (first & 1) << 5 | second >> 3);
    match kind {
        _ if layer != 0 => Ok(Fate::Goes),
        0..=9 | 16..=21 => Ok(Fate::Pixels),
        32..=34 => Ok(Fate::Needed),
        0..=63 => Ok(Fate::Goes),
        _ => Err(CleanError::Damaged("its pixels")),
    }
}

fn hevc_unit(reader: &mut Reader<'_>, len_size: usize) -> Result<Fate, CleanError> {
    let len = reader.take(len_size)?;
    let len = len
        .iter()
        .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    hevc_fate(reader.take(len)?)
}

/// A unit of AV1 (AV1 specification, 5.3); one that does not say how long it is is the last.
fn av1_unit(reader: &mut Reader<'_>) -> Result<Fate, CleanError> {
    let head = reader.u8()?;
    let (has_extension, has_size) = (head & 4 != 0, head & 2 != 0);
    if has_extension {
        reader.u8()?;
    }
    let len = if has_size {
        leb128(reader)?
    } else {
        reader.rest().len()
    };
    reader.take(len)?;
    match head >> 3 {
        3 | 4 | 6 => Ok(Fate::Pixels),
        // The sequence, the start of a picture, and a header once more.
        1 | 2 | 7 => Ok(Fate::Needed),
        0..=15 => Ok(Fate::Goes),
        _ => Err(CleanError::Damaged("its pixels")),
    }
}

/// A length of AV1 (4.10.5), which fits 32 bits.
fn leb128(reader: &mut Reader<'_>) -> Result<usize, CleanError> {
    let mut value: u64 = 0;
    for shift in (0..56).step_by(7) {
        let byte = reader.u8()?;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return u32::try_from(value)
                .map(len)
                .map_err(|_| CleanError::Damaged("its pixels"));
        }
    }
    Err(CleanError::Damaged("its pixels"))
}

/// An HEVC configuration (ISO/IEC 14496-15, 8.3.3.1) with no units but parameter sets.
pub(super) fn hevc_config(body: &[u8]) -> Result<Vec<u8>, CleanError> {
    let mut reader = Reader::new(body);
    let mut out = reader.take(HEVC_CONFIG_BYTES)?.to_vec();
    let mut kept_arrays = Vec::new();
    for _ in 0..reader.u8()? {
        let head = reader.u8()?;
        let mut units = Vec::new();
        for _ in 0..reader.u16_be()? {
            let mut ahead = reader;
            let unit = reader.take(usize::from(ahead.u16_be()?) + 2)?;
            let inner = unit.get(2..).unwrap_or_default();
            if hevc_fate(inner)? == Fate::Needed {
                units.push(unit);
            }
        }
        let count = u16::try_from(units.len()).unwrap_or(u16::MAX);
        if count > 0 {
            // The bit between is reserved.
            let mut array = vec![head & 0xBF];
            array.extend(count.to_be_bytes());
            units.iter().for_each(|unit| array.extend_from_slice(unit));
            kept_arrays.push(array);
        }
    }
    if !reader.is_empty() {
        return Err(CleanError::Damaged("its configuration"));
    }
    out.push(u8::try_from(kept_arrays.len()).unwrap_or(u8::MAX));
    out.extend(kept_arrays.concat());
    Ok(out)
}

/// An AV1 configuration (AV1-ISOBMFF, 2.3) without units: those of the item are enough.
pub(super) fn av1_config(body: &[u8]) -> Result<Vec<u8>, CleanError> {
    let head = body.get(..AV1_CONFIG_BYTES);
    let head = head.ok_or(CleanError::Damaged("its configuration"))?;
    Ok(head.to_vec())
}
