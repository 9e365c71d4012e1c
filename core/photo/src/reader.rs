//! Bytes taken from the front, with an error instead of a panic where there are too few.

use crate::CleanError;

/// What is left of a picture.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8], CleanError> {
        let cut_off = CleanError::Damaged("it is cut off");
        let (taken, rest) = self.rest.split_at_checked(len).ok_or(cut_off)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], CleanError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, CleanError> {
        self.array().map(|[byte]| byte)
    }

    pub(crate) fn u16_be(&mut self) -> Result<u16, CleanError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u16_le(&mut self) -> Result<u16, CleanError> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32_be(&mut self) -> Result<u32, CleanError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn u64_be(&mut self) -> Result<u64, CleanError> {
        self.array().map(u64::from_be_bytes)
    }

    pub(crate) fn u32_le(&mut self) -> Result<u32, CleanError> {
        self.array().map(u32::from_le_bytes)
    }
}

/// A length of the format as one of memory. On every system we build for it fits.
pub(crate) fn len(len: u32) -> usize {
    usize::try_from(len).unwrap_or(usize::MAX)
}

/// Both sides, unless one of them is zero.
pub(crate) fn sides(width: u32, height: u32) -> Result<(u32, u32), CleanError> {
    if width == 0 || height == 0 {
        Err(CleanError::Damaged("it has no pixels"))
    } else {
        Ok((width, height))
    }
}
