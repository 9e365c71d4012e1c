//! Boxes of the ISO base media file format (ISO/IEC 14496-12, 4.2), taken apart and put together.

use crate::CleanError;
use crate::reader::{Reader, len};

/// What a box is, in four letters.
pub(super) type Kind = [u8; 4];

/// A box: what it is, and what it holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) kind: Kind,
    /// Where the body begins in the bytes that are walked.
    pub(super) at: usize,
    pub(super) body: &'a [u8],
}

/// Boxes one after the other, to the end of the bytes.
#[derive(Debug)]
pub(super) struct Boxes<'a> {
    reader: Reader<'a>,
    len_bytes: usize,
}

impl<'a> Boxes<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self {
            reader: Reader::new(bytes),
            len_bytes: bytes.len(),
        }
    }

    fn read(&mut self) -> Result<Part<'a>, CleanError> {
        let size = len(self.reader.u32_be()?);
        let kind = self.reader.array()?;
        let body_len = match size {
            // It goes as far as there are bytes.
            0 => Some(self.reader.rest().len()),
            1 => {
                let size = self.reader.u64_be()?;
                usize::try_from(size).map_or(Some(usize::MAX), |size| size.checked_sub(16))
            }
            size => size.checked_sub(8),
        };
        let body_len = body_len.ok_or(CleanError::Damaged("a box without a length"))?;
        let at = self.len_bytes.saturating_sub(self.reader.rest().len());
        let body = self.reader.take(body_len)?;
        Ok(Part { kind, at, body })
    }
}

impl<'a> Iterator for Boxes<'a> {
    type Item = Result<Part<'a>, CleanError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.is_empty() {
            return None;
        }
        let part = self.read();
        if part.is_err() {
            self.reader = Reader::new(&[]);
        }
        Some(part)
    }
}

/// The version and flags that some boxes begin with, and what follows.
pub(super) fn versioned(body: &[u8]) -> Result<(u8, u32, Reader<'_>), CleanError> {
    let mut reader = Reader::new(body);
    let [version, a, b, c] = reader.array()?;
    Ok((version, u32::from_be_bytes([0, a, b, c]), reader))
}

/// A box of these parts. They come from a picture, so their length fits again.
pub(super) fn put(kind: &Kind, parts: &[&[u8]]) -> Vec<u8> {
    let size = parts.iter().map(|part| part.len()).sum::<usize>() + 8;
    let mut out = Vec::with_capacity(size);
    out.extend(u32::try_from(size).unwrap_or(u32::MAX).to_be_bytes());
    out.extend(kind);
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}
