//! The new file: brands, a directory of the items that stay, and their bytes.

use std::collections::{BTreeMap, BTreeSet};

use super::boxes::{Kind, put};
use super::choice::choose;
use super::data::{Bodies, Put};
use super::meta::{Meta, REFERENCES, Source};
use super::properties::{self, is_alpha};
use crate::CleanError;

/// Brands that say something true of the new file too; sequences, and what only a tone map makes
/// true, are not among them.
const BRANDS: [&Kind; 14] = [
    b"mif1", b"mif2", b"miaf", b"heic", b"heix", b"heim", b"heis", b"avif", b"MA1A", b"MA1B",
    b"MiHA", b"MiHB", b"MiHE", b"MiPr",
];

/// What a box without flags begins with; its version.
const fn version(version: u8) -> [u8; 4] {
    [version, 0, 0, 0]
}

/// The file of what stays of a directory, in a fixed order. `brands` is the body of `ftyp`.
pub(super) fn write(file: &[u8], brands: &[u8], meta: &Meta<'_>) -> Result<Vec<u8>, CleanError> {
    let chosen = choose(meta)?;
    let mut bodies = Bodies::new(file, meta)?;
    bodies.check_apart(&chosen)?;
    let mut places = Vec::new();
    for (number, id) in (1..=u16::MAX).zip(&chosen) {
        places.extend(bodies.put(*id)?.map(|put| (number, put)));
    }
    let properties = properties(meta, &chosen)?;
    let head = |mdat_at| -> Result<Vec<u8>, CleanError> {
        let directory = [
            &put(b"hdlr", &[&version(0), &[0; 4], b"pict", &[0; 13]])[..],
            &put(b"pitm", &[&version(0), &1_u16.to_be_bytes()]),
            &located(&places, mdat_at)?,
            &items(meta, &chosen)?,
            &references(meta, &chosen)?,
            &properties,
            &match bodies.idat.as_slice() {
                [] => Vec::new(),
                idat => put(b"idat", &[idat]),
            },
        ];
        let directory = put(b"meta", &[&version(0), &directory.concat()]);
        Ok([kept_brands(brands), directory].concat())
    };
    // Places are as wide with any number in them.
    let mdat_at = head(0)?.len() + 8;
    let mut head = head(mdat_at)?;
    let mut mdat = bodies.mdat;
    let size = size_of_box(mdat.len())?;
    head.extend(size.to_be_bytes());
    head.extend(b"mdat");
    mdat.splice(0..0, head);
    Ok(mdat)
}

fn size_of_box(body: usize) -> Result<u32, CleanError> {
    let size = body.checked_add(8).and_then(|size| size.try_into().ok());
    size.ok_or(CleanError::TooLarge)
}

fn kept_brands(body: &[u8]) -> Vec<u8> {
    let (major, rest) = body.split_at_checked(4).unwrap_or_default();
    // Between is a version of the first.
    let others = rest.get(4..).unwrap_or_default().chunks_exact(4);
    let said: BTreeSet<&[u8]> = others.chain([major]).collect();
    let kept = BRANDS.iter().filter(|brand| said.contains(&brand[..]));
    let kept: Vec<u8> = kept.flat_map(|brand| **brand).collect();
    put(b"ftyp", &[major, &[0; 4], &kept])
}

/// How many there are, in two bytes.
fn count(len: usize) -> Result<[u8; 2], CleanError> {
    let many = CleanError::Damaged("its directory is too large");
    u16::try_from(len).map(u16::to_be_bytes).map_err(|_| many)
}

fn items(meta: &Meta<'_>, chosen: &[u32]) -> Result<Vec<u8>, CleanError> {
    let mut out = Vec::new();
    for (number, id) in (1..=u16::MAX).zip(chosen) {
        if let Some(item) = meta.items.get(id) {
            let head = [2, 0, 0, u8::from(item.is_hidden)];
            // Not encrypted, and without a name.
            let number = number.to_be_bytes();
            out.extend(put(b"infe", &[&head, &number, &[0; 2], &item.kind, &[0]]));
        }
    }
    Ok(put(b"iinf", &[&version(0), &count(chosen.len())?, &out]))
}

/// Every item in one piece, by four bytes each for the place and the length.
fn located(places: &[(u16, Put)], mdat_at: usize) -> Result<Vec<u8>, CleanError> {
    let is_file = |put: &Put| put.source == Source::File;
    let has_methods = !places.iter().all(|(_, put)| is_file(put));
    let mut out = Vec::new();
    out.extend([0x44, 0]);
    out.extend(count(places.len())?);
    for (number, put) in places {
        out.extend(number.to_be_bytes());
        if has_methods {
            out.extend(u16::from(!is_file(put)).to_be_bytes());
        }
        out.extend([0, 0, 0, 1]);
        let base = if is_file(put) { mdat_at } else { 0 };
        for number in [base.saturating_add(put.start), put.len_bytes] {
            let number = u32::try_from(number).map_err(|_| CleanError::TooLarge)?;
            out.extend(number.to_be_bytes());
        }
    }
    Ok(put(b"iloc", &[&version(u8::from(has_methods)), &out]))
}

fn references(meta: &Meta<'_>, chosen: &[u32]) -> Result<Vec<u8>, CleanError> {
    let numbers: BTreeMap<u32, u16> = chosen.iter().copied().zip(1..=u16::MAX).collect();
    let mut out = Vec::new();
    for (number, id) in (1..=u16::MAX).zip(chosen) {
        for kind in REFERENCES {
            let to = meta.referred(kind, *id).iter();
            let to: Vec<u16> = to.filter_map(|to| numbers.get(to).copied()).collect();
            // What is auxiliary in another way is so to nothing that stays.
            if to.is_empty() || (kind == b"auxl" && !is_alpha(meta, *id)) {
                continue;
            }
            let count = count(to.len())?;
            let to: Vec<u8> = to.into_iter().flat_map(u16::to_be_bytes).collect();
            out.extend(put(kind, &[&number.to_be_bytes(), &count, &to]));
        }
    }
    Ok(match out.as_slice() {
        [] => Vec::new(),
        out => put(b"iref", &[&version(0), out]),
    })
}

fn properties(meta: &Meta<'_>, chosen: &[u32]) -> Result<Vec<u8>, CleanError> {
    let mut kept = properties::Kept::default();
    let mut uses = Vec::new();
    for (number, id) in (1..=u16::MAX).zip(chosen) {
        let of_item = kept.uses_of(meta, *id)?;
        if !of_item.is_empty() {
            uses.push((number, of_item));
        }
    }
    let is_wide = kept.are_many();
    let mut out = Vec::new();
    for (number, of_item) in &uses {
        out.extend(number.to_be_bytes());
        out.push(u8::try_from(of_item.len()).unwrap_or(u8::MAX));
        for used in of_item {
            let [high, low] = used.number.to_be_bytes();
            let essential = if used.is_essential { 0x80 } else { 0 };
            if is_wide {
                out.extend([high | essential, low]);
            } else {
                out.push(low | essential);
            }
        }
    }
    let count = u32::try_from(uses.len()).unwrap_or(u32::MAX);
    let head = [0, 0, 0, u8::from(is_wide)];
    let ipma = put(b"ipma", &[&head, &count.to_be_bytes(), &out]);
    Ok(put(b"iprp", &[&put(b"ipco", &[&kept.boxes]), &ipma]))
}
