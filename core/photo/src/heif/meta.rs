//! The directory of a picture: which items it has, where they are, and what belongs to what.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::boxes::{Boxes, Kind, Part, versioned};
use crate::CleanError;
use crate::reader::{Reader, len};

/// Items, extents, references or properties of one picture, each. Phones write some dozens of
/// them; the numbers of items that we write have two bytes.
pub(super) const COUNT_MAX: usize = u16::MAX as usize;

/// The boxes that are read, each of which is there at most once.
const READ: [&Kind; 7] = [
    b"hdlr", b"pitm", b"iinf", b"iloc", b"iref", b"iprp", b"idat",
];

/// References that are read: a picture made of others, an auxiliary one, and one whose colours are
/// multiplied with its auxiliary one already.
pub(super) const REFERENCES: [&Kind; 3] = [b"dimg", b"auxl", b"prem"];

/// An item, as `infe` names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item {
    pub(super) kind: Kind,
    /// Not to be shown by itself.
    pub(super) is_hidden: bool,
    pub(super) is_encrypted: bool,
}

/// What the extents of an item are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// The first byte of the file.
    File,
    /// The first byte of `idat`.
    Directory,
    /// Another item, or another file.
    Elsewhere,
}

/// Where an item is: pieces from a first byte to one behind the last.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) source: Source,
    pub(super) extents: Vec<(u64, u64)>,
}

/// That an item has a property.
#[derive(Debug, Clone, Copy)]
pub(super) struct Use {
    /// Whoever does not know the property may not show the item.
    pub(super) is_essential: bool,
    /// From 1, in the order of `ipco`; 0 is none.
    pub(super) number: u16,
}

/// The directory, with nothing in it checked against anything else.
#[derive(Debug, Default)]
pub(super) struct Meta<'a> {
    pub(super) primary: u32,
    pub(super) items: BTreeMap<u32, Item>,
    pub(super) places: BTreeMap<u32, Place>,
    /// By kind and by the item that refers to the others.
    pub(super) references: BTreeMap<(Kind, u32), Vec<u32>>,
    pub(super) properties: Vec<Part<'a>>,
    pub(super) uses: BTreeMap<u32, Vec<Use>>,
    pub(super) idat: &'a [u8],
}

impl<'a> Meta<'a> {
    /// Reads the body of a `meta` box.
    pub(super) fn read(body: &'a [u8]) -> Result<Self, CleanError> {
        let (_, _, reader) = versioned(body)?;
        let mut parts = BTreeMap::new();
        for part in Boxes::new(reader.rest()) {
            let Part { kind, body, .. } = part?;
            if READ.contains(&&kind) && parts.insert(kind, body).is_some() {
                return Err(CleanError::Damaged("a box that may be there once only"));
            }
        }
        let part = |kind: &Kind| parts.get(kind).copied();
        let needed = |kind| part(kind).ok_or(CleanError::Damaged("its directory is incomplete"));
        if needed(b"hdlr")?.get(8..12) != Some(b"pict") {
            return Err(CleanError::Damaged("its directory is of no picture"));
        }
        let mut meta = Self {
            primary: primary(needed(b"pitm")?)?,
            items: items(needed(b"iinf")?)?,
            places: places(needed(b"iloc")?)?,
            idat: part(b"idat").unwrap_or_default(),
            ..Self::default()
        };
        if let Some(body) = part(b"iref") {
            meta.references = references(body)?;
        }
        for part in Boxes::new(needed(b"iprp")?) {
            let part = part?;
            match &part.kind {
                b"ipco" => meta.note_properties(part.body)?,
                b"ipma" => meta.note_uses(part.body)?,
                _ => {}
            }
        }
        Ok(meta)
    }

    fn note_properties(&mut self, body: &'a [u8]) -> Result<(), CleanError> {
        for part in Boxes::new(body) {
            self.properties.push(part?);
            below_max(self.properties.len())?;
        }
        Ok(())
    }

    fn note_uses(&mut self, body: &[u8]) -> Result<(), CleanError> {
        let (version, flags, mut reader) = versioned(body)?;
        for _ in 0..reader.u32_be()? {
            let item = id(&mut reader, version > 0)?;
            let mut uses = Vec::new();
            for _ in 0..reader.u8()? {
                let (is_essential, number) = if flags & 1 == 0 {
                    let byte = reader.u8()?;
                    (byte & 0x80 != 0, u16::from(byte & 0x7F))
                } else {
                    let word = reader.u16_be()?;
                    (word & 0x8000 != 0, word & 0x7FFF)
                };
                uses.push(Use {
                    is_essential,
                    number,
                });
            }
            insert(&mut self.uses, item, uses)?;
        }
        Ok(())
    }

    /// The properties of an item.
    pub(super) fn properties_of(&self, item: u32) -> impl Iterator<Item = Part<'a>> {
        let uses = self.uses.get(&item).into_iter().flatten();
        uses.filter_map(|used| self.property(used.number))
    }

    pub(super) fn property(&self, number: u16) -> Option<Part<'a>> {
        let index = usize::from(number).checked_sub(1)?;
        self.properties.get(index).copied()
    }

    /// What an item refers to.
    pub(super) fn referred(&self, kind: &Kind, from: u32) -> &[u32] {
        let found = self.references.get(&(*kind, from));
        found.map_or(&[], Vec::as_slice)
    }
}

fn below_max(count: usize) -> Result<(), CleanError> {
    if count > COUNT_MAX {
        return Err(CleanError::Damaged("its directory is too large"));
    }
    Ok(())
}

/// Puts in what must not be there yet.
fn insert<K: Ord, V>(map: &mut BTreeMap<K, V>, key: K, value: V) -> Result<(), CleanError> {
    match map.entry(key) {
        Entry::Occupied(_) => return Err(CleanError::Damaged("an item that is there twice")),
        Entry::Vacant(place) => drop(place.insert(value)),
    }
    below_max(map.len())
}

/// The number of an item or of something else, in one of two widths.
fn id(reader: &mut Reader<'_>, is_wide: bool) -> Result<u32, CleanError> {
    if is_wide {
        reader.u32_be()
    } else {
        reader.u16_be().map(u32::from)
    }
}

fn primary(body: &[u8]) -> Result<u32, CleanError> {
    let (version, _, mut reader) = versioned(body)?;
    id(&mut reader, version > 0)
}

fn items(body: &[u8]) -> Result<BTreeMap<u32, Item>, CleanError> {
    let (version, _, mut reader) = versioned(body)?;
    let count = len(id(&mut reader, version > 0)?);
    let mut items = BTreeMap::new();
    let mut seen = 0;
    for part in Boxes::new(reader.rest()) {
        let Part { kind, body, .. } = part?;
        seen += 1;
        let (version, flags, mut reader) = versioned(body)?;
        if &kind != b"infe" || version < 2 {
            // Without a kind it is not one that stays.
            continue;
        }
        let item = id(&mut reader, version > 2)?;
        let is_encrypted = reader.u16_be()? != 0;
        let kind = reader.array()?;
        // Its name, which goes.
        if !reader.rest().contains(&0) {
            return Err(CleanError::Damaged("its list of items"));
        }
        let is_hidden = flags & 1 != 0;
        let value = Item {
            kind,
            is_hidden,
            is_encrypted,
        };
        insert(&mut items, item, value)?;
    }
    if seen != count {
        return Err(CleanError::Damaged("its list of items"));
    }
    Ok(items)
}

/// An unsigned number of 0, 4 or 8 bytes.
fn sized(reader: &mut Reader<'_>, size: u8) -> Result<u64, CleanError> {
    match size {
        0 => Ok(0),
        4 => reader.u32_be().map(u64::from),
        8 => reader.u64_be(),
        _ => Err(CleanError::Damaged("its list of places")),
    }
}

fn places(body: &[u8]) -> Result<BTreeMap<u32, Place>, CleanError> {
    let (version, _, mut reader) = versioned(body)?;
    let [sizes, more_sizes] = reader.array()?;
    let (offset_size, len_size) = (sizes >> 4, sizes & 0xF);
    let (base_size, index_size) = (more_sizes >> 4, more_sizes & 0xF);
    // An extent without a length is all of the file; it would also take no bytes itself.
    if version > 2 || len_size == 0 {
        return Err(CleanError::Damaged("its list of places"));
    }
    let (mut places, mut extent_count) = (BTreeMap::new(), 0);
    for _ in 0..id(&mut reader, version == 2)? {
        let item = id(&mut reader, version == 2)?;
        let method = if version == 0 {
            0
        } else {
            reader.u16_be()? & 0xF
        };
        let source = match (method, reader.u16_be()?) {
            (0, 0) => Source::File,
            (1, 0) => Source::Directory,
            _ => Source::Elsewhere,
        };
        let base = sized(&mut reader, base_size)?;
        let mut extents = Vec::new();
        for _ in 0..reader.u16_be()? {
            if version > 0 {
                sized(&mut reader, index_size)?;
            }
            let start = base.saturating_add(sized(&mut reader, offset_size)?);
            let end = start.saturating_add(sized(&mut reader, len_size)?);
            extents.push((start, end));
            extent_count += 1;
            below_max(extent_count)?;
        }
        insert(&mut places, item, Place { source, extents })?;
    }
    Ok(places)
}

fn references(body: &[u8]) -> Result<BTreeMap<(Kind, u32), Vec<u32>>, CleanError> {
    let (version, _, reader) = versioned(body)?;
    let is_wide = version > 0;
    let (mut references, mut count) = (BTreeMap::new(), 0);
    for part in Boxes::new(reader.rest()) {
        let Part { kind, body, .. } = part?;
        if !REFERENCES.contains(&&kind) {
            continue;
        }
        let mut reader = Reader::new(body);
        let from = id(&mut reader, is_wide)?;
        let mut to = Vec::new();
        for _ in 0..reader.u16_be()? {
            to.push(id(&mut reader, is_wide)?);
            count += 1;
            below_max(count)?;
        }
        insert(&mut references, (kind, from), to)?;
    }
    Ok(references)
}
