//! The two things that are read of EXIF (CIPA DC-008, on top of TIFF 6.0), and the one written.

/// What a JPEG writes before it; some WebP files do too.
pub const PREFIX: &[u8] = b"Exif\0\0";

/// Entries of a directory that are looked at: cameras write about thirty.
const ENTRIES_MAX: usize = 1000;

const ENTRY_BYTES: usize = 12;
const ORIENTATION: u16 = 0x0112;
const GPS_DIRECTORY: u16 = 0x8825;
const SHORT: u16 = 3;

/// How the picture has to be turned to stand upright: 1 to 8, where 1 is "not at all".
///
/// `None` when the directory does not say, or is not one.
#[must_use]
pub fn orientation(tiff: &[u8]) -> Option<u8> {
    let entry = entry(tiff, ORIENTATION)?;
    let (kind, value) = (entry.u16(2)?, entry.u16(8)?);
    let value = u8::try_from(value).ok()?;
    (kind == SHORT && (1..=8).contains(&value)).then_some(value)
}

/// Whether there is a directory of places (GPS).
#[must_use]
pub fn has_place(tiff: &[u8]) -> bool {
    entry(tiff, GPS_DIRECTORY).is_some()
}

/// A directory that says how to turn the picture, and nothing else. Little-endian TIFF.
#[must_use]
pub fn only_orientation(orientation: u8) -> [u8; 26] {
    let mut tiff = *b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0";
    tiff[18] = orientation;
    tiff
}

/// Bytes with the byte order that the TIFF header names.
#[derive(Clone, Copy)]
struct Ordered<'a> {
    bytes: &'a [u8],
    is_little: bool,
}

impl Ordered<'_> {
    fn u16(self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.is_little {
            u16::from_le_bytes(bytes)
        } else {
            u16::from_be_bytes(bytes)
        })
    }

    fn u32(self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.is_little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }
}

/// The first entry with this tag in the first directory.
fn entry(tiff: &[u8], tag: u16) -> Option<Ordered<'_>> {
    let is_little = match tiff.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let order = |bytes| Ordered { bytes, is_little };
    let directory = usize::try_from(order(tiff).u32(4)?).ok()?;
    let directory = tiff.get(directory..)?;
    let count = usize::from(order(directory).u16(0)?).min(ENTRIES_MAX);
    let entries = directory.get(2..)?.chunks_exact(ENTRY_BYTES).take(count);
    entries.map(order).find(|entry| entry.u16(0) == Some(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for turn in 1..=8 {
            let tiff = only_orientation(turn);
            assert_eq!(orientation(&tiff), Some(turn));
            assert!(!has_place(&tiff));
        }
    }

    #[test]
    fn big_endian_is_read_too() {
        let tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
        assert_eq!(orientation(tiff), Some(6));
    }

    #[test]
    fn nonsense_says_nothing() {
        let mut far = only_orientation(6);
        far[4..8].copy_from_slice(&[0xFF; 4]);
        for tiff in [&far[..], b"", b"II*\0", b"II*\0\x08\0\0\0\xFF\xFF"] {
            assert_eq!(orientation(tiff), None);
        }
        assert_eq!(orientation(&only_orientation(9)), None);
    }
}
