//! The bytes of the items that stay, out of the old file and into the new one.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::UNUSUAL;
use super::boxes::Boxes;
use super::choice::{is_coded, is_sound};
use super::coded::Codec;
use super::meta::{COUNT_MAX, Meta, Place, Source};
use crate::CleanError;

const OUTSIDE: CleanError = CleanError::Damaged("pixels outside of its data");

/// Where the bytes of an item are in the new file, counted from the first of `mdat` or `idat`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Put {
    pub(super) source: Source,
    pub(super) start: usize,
    pub(super) len_bytes: usize,
}

/// The bytes of all items.
#[derive(Debug)]
pub(super) struct Bodies<'a> {
    file: &'a [u8],
    meta: &'a Meta<'a>,
    /// The bodies of `mdat`: from, and to, in the order of the file.
    data: Vec<(u64, u64)>,
    /// What may still be read. Items may share bytes, but only whole, so that no small file makes
    /// a large one.
    left_bytes: usize,
    /// Where bytes that have been put are: items may be the same tile.
    put: BTreeMap<(&'a Place, Option<Codec>), Put>,
    pub(super) mdat: Vec<u8>,
    pub(super) idat: Vec<u8>,
}

impl<'a> Bodies<'a> {
    pub(super) fn new(file: &'a [u8], meta: &'a Meta<'a>) -> Result<Self, CleanError> {
        let mut data = Vec::new();
        for part in Boxes::new(file) {
            let part = part?;
            if &part.kind == b"mdat" {
                let at = part.at as u64;
                data.push((at, at.saturating_add(part.body.len() as u64)));
            }
            if data.len() > COUNT_MAX {
                return Err(CleanError::Damaged("its data is in too many pieces"));
            }
        }
        Ok(Self {
            file,
            meta,
            data,
            left_bytes: file.len(),
            put: BTreeMap::new(),
            mdat: Vec::with_capacity(file.len()),
            idat: Vec::new(),
        })
    }

    /// Refuses when an item that stays has bytes of one that goes: who can say what they are? One
    /// that goes may be all of the same pixels, shown in another way.
    pub(super) fn check_apart(&self, chosen: &[u32]) -> Result<(), CleanError> {
        let Meta { places, items, .. } = self.meta;
        let of_file = |place: &&Place| place.source == Source::File;
        let kept = chosen.iter().filter_map(|id| places.get(id));
        let kept: BTreeSet<&Place> = kept.filter(of_file).collect();
        let mut extents: Vec<(u64, u64)> = kept.iter().flat_map(|p| p.extents.clone()).collect();
        extents.sort_unstable();
        // Now one behind the other, and none in another.
        extents.dedup_by(|next, last| {
            let is_joined = next.0 <= last.1;
            if is_joined {
                last.1 = last.1.max(next.1);
            }
            is_joined
        });
        let is_stranger = |id: &u32, place: &Place| {
            let is_picture = items.get(id).is_some_and(|item| is_coded(&item.kind));
            !(is_picture && kept.contains(place)) && place.source == Source::File
        };
        let stays: BTreeSet<&u32> = chosen.iter().collect();
        let goes = places.iter().filter(|(id, _)| !stays.contains(id));
        let mut goes = goes.filter(|(id, place)| is_stranger(id, place));
        let is_mixed = goes.any(|(_, place)| {
            place.extents.iter().any(|(start, end)| {
                let next = extents.partition_point(|kept| kept.1 <= *start);
                extents.get(next).is_some_and(|kept| kept.0 < *end)
            })
        });
        if is_mixed {
            return Err(CleanError::Damaged("pixels that are something else too"));
        }
        Ok(())
    }

    /// Puts the bytes of an item where they belong; `None` if it has none.
    pub(super) fn put(&mut self, id: u32) -> Result<Option<Put>, CleanError> {
        let nowhere = CleanError::Damaged("pixels that are nowhere");
        let kind = self.meta.items.get(&id).ok_or(nowhere.clone())?.kind;
        if &kind == b"iden" {
            return Ok(None);
        }
        let place = self.meta.places.get(&id).ok_or(nowhere)?;
        let codec = self.codec(id)?;
        if codec.is_some() != is_coded(&kind) {
            return Err(CleanError::Damaged("its configuration"));
        }
        if let (Some(_), Some(put)) = (codec, self.put.get(&(place, codec))) {
            return Ok(Some(*put));
        }
        let data = self.read(place)?;
        // Coded pixels are in `mdat` always (ISO/IEC 23000-22, 7.2.1.4), the others where they were.
        let (out, source) = match (codec, place.source) {
            (None, Source::Directory) => (&mut self.idat, Source::Directory),
            _ => (&mut self.mdat, Source::File),
        };
        let start = out.len();
        match codec {
            Some(codec) => codec.copy(&data, out)?,
            None => {
                let inputs = self.meta.referred(b"dimg", id).len();
                if !is_sound(&kind, &data, inputs) {
                    return Err(CleanError::Damaged("how its pictures are put together"));
                }
                out.extend_from_slice(&data);
            }
        }
        let put = Put {
            source,
            start,
            len_bytes: out.len().saturating_sub(start),
        };
        self.put.insert((place, codec), put);
        Ok(Some(put))
    }

    /// How the pixels of an item are coded, by its configuration.
    fn codec(&self, id: u32) -> Result<Option<Codec>, CleanError> {
        let kind = self.meta.items.get(&id).map(|item| item.kind);
        let mut properties = self.meta.properties_of(id);
        match kind.as_ref() {
            Some(b"hvc1") => properties
                .find(|part| &part.kind == b"hvcC")
                .map(|part| Codec::of_hevc(part.body))
                .transpose(),
            Some(b"av01") => Ok(properties
                .any(|part| &part.kind == b"av1C")
                .then_some(Codec::Av1)),
            _ => Ok(None),
        }
    }

    /// All bytes of an item, in one piece.
    fn read(&mut self, place: &Place) -> Result<Cow<'a, [u8]>, CleanError> {
        let from = match place.source {
            Source::File => self.file,
            Source::Directory => self.meta.idat,
            Source::Elsewhere => return Err(UNUSUAL),
        };
        let mut pieces = Vec::new();
        for (start, end) in &place.extents {
            let next = self.data.partition_point(|data| data.1 < *end);
            let is_data = self.data.get(next).is_some_and(|data| data.0 <= *start);
            let at = |at: &u64| usize::try_from(*at).unwrap_or(usize::MAX);
            let piece = from.get(at(start)..at(end)).ok_or(OUTSIDE)?;
            if place.source == Source::File && !is_data {
                return Err(OUTSIDE);
            }
            let left = self.left_bytes.checked_sub(piece.len());
            self.left_bytes = left.ok_or(CleanError::Damaged("pixels that are there twice"))?;
            pieces.push(piece);
        }
        Ok(match pieces.as_slice() {
            [piece] => Cow::Borrowed(*piece),
            _ => Cow::Owned(pieces.concat()),
        })
    }
}
