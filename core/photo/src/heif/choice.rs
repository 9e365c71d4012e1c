//! Which items stay: the picture that is shown, those it is made of, and what is transparent.

use std::collections::{BTreeMap, BTreeSet};

use super::UNUSUAL;
use super::boxes::Kind;
use super::meta::{Item, Meta};
use super::properties::is_alpha;
use crate::CleanError;

/// Whether an item is compressed pixels.
pub(super) const fn is_coded(kind: &Kind) -> bool {
    matches!(kind, b"hvc1" | b"av01")
}

/// Whether an item is made of others: tiles, one over the other, or one turned and cut.
pub(super) const fn is_derived(kind: &Kind) -> bool {
    matches!(kind, b"grid" | b"iovl" | b"iden")
}

/// The items that stay, the picture first and each behind those that need it.
///
/// Thumbnails do not: they may show what was cut away. Depth and brightness for other screens
/// (`tmap` and its like) are not needed either.
pub(super) fn choose(meta: &Meta<'_>) -> Result<Vec<u32>, CleanError> {
    let mut auxiliary: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for ((_, from), to) in meta.references.iter().filter(|((k, _), _)| k == b"auxl") {
        let masters: BTreeSet<&u32> = to.iter().collect();
        for master in masters {
            auxiliary.entry(*master).or_default().push(*from);
        }
    }
    let mut chosen = vec![meta.primary];
    let mut seen = BTreeSet::from([meta.primary]);
    let mut next = 0;
    while let Some(&id) = chosen.get(next) {
        next += 1;
        let item = usable(meta, id)?;
        for input in inputs(meta, id, item)? {
            if seen.insert(*input) {
                chosen.push(*input);
            } else if !is_coded(&usable(meta, *input)?.kind) {
                return Err(CleanError::Damaged("a picture that is made of itself"));
            }
        }
        for other in auxiliary.get(&id).into_iter().flatten() {
            if is_alpha(meta, *other) && seen.insert(*other) {
                chosen.push(*other);
            }
        }
    }
    Ok(chosen)
}

/// An item of a kind that is known, and that can be read.
fn usable(meta: &Meta<'_>, id: u32) -> Result<Item, CleanError> {
    let missing = CleanError::Damaged("a picture that is not there");
    let item = *meta.items.get(&id).ok_or(missing)?;
    if item.is_encrypted || !(is_coded(&item.kind) || is_derived(&item.kind)) {
        return Err(UNUSUAL);
    }
    Ok(item)
}

/// What an item is made of.
fn inputs<'a>(meta: &'a Meta<'_>, id: u32, item: Item) -> Result<&'a [u32], CleanError> {
    let inputs = meta.referred(b"dimg", id);
    if is_derived(&item.kind) == inputs.is_empty() {
        return Err(CleanError::Damaged("a picture made of nothing"));
    }
    Ok(inputs)
}

/// Whether what a derived item says of itself fits the pictures it is made of, with nothing more
/// behind it (ISO/IEC 23008-12, 6.6.2).
pub(super) fn is_sound(kind: &Kind, data: &[u8], inputs: usize) -> bool {
    let (Some(0), Some(flags @ (0 | 1))) = (data.first(), data.get(1)) else {
        return false;
    };
    let number_bytes = if *flags == 0 { 2 } else { 4 };
    match (kind, data) {
        (b"grid", [_, _, rows, columns, size @ ..]) => {
            let tiles = (usize::from(*rows) + 1) * (usize::from(*columns) + 1);
            tiles == inputs && size.len() == 2 * number_bytes
        }
        // A colour of four words, the size, and a place for each.
        (b"iovl", [_, _, rest @ ..]) => {
            let numbers = inputs.saturating_add(1).saturating_mul(2);
            rest.len() == 8 + numbers.saturating_mul(number_bytes)
        }
        _ => false,
    }
}
