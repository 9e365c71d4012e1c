//! What stays of the properties of items (ISO/IEC 23008-12, 6.5): those that change how they are
//! shown, in the lengths these can have.

use std::collections::BTreeMap;

use super::boxes::{Kind, Part, put};
use super::coded;
use super::meta::{Meta, Use};
use crate::{CleanError, icc};

/// What an auxiliary picture is when it says which parts are transparent: the word of MIAF, and
/// the older one for HEVC.
const ALPHA: [&[u8]; 2] = [
    b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0",
    b"urn:mpeg:hevc:2015:auxid:1\0",
];

const VERSION_BYTES: usize = 4;

/// The kind of alpha picture that a property tells of, if it does.
fn alpha(part: &Part<'_>) -> Option<&'static [u8]> {
    let name = part.body.get(VERSION_BYTES..)?;
    let mut names = ALPHA.into_iter();
    let found = names.find(|alpha| name.starts_with(alpha))?;
    (&part.kind == b"auxC").then_some(found)
}

/// Whether an item says which parts of another are transparent.
pub(super) fn is_alpha(meta: &Meta<'_>, item: u32) -> bool {
    meta.properties_of(item).any(|part| alpha(&part).is_some())
}

/// Width and height of `ispe`, in pixels.
pub(super) fn size(body: &[u8]) -> Option<(u32, u32)> {
    let &[0, 0, 0, 0, a, b, c, d, e, f, g, h] = body else {
        return None;
    };
    let side = u32::from_be_bytes;
    Some((side([a, b, c, d]), side([e, f, g, h])))
}

/// The body of a property as it stays; `None` where it goes.
fn kept(part: &Part<'_>) -> Result<Option<Vec<u8>>, CleanError> {
    let body = part.body;
    let is_kept = match &part.kind {
        b"hvcC" => return coded::hevc_config(body).map(Some),
        b"av1C" => return coded::av1_config(body).map(Some),
        b"auxC" => {
            // More may follow the name.
            return Ok(alpha(part).map(|name| [&[0; VERSION_BYTES], name].concat()));
        }
        // Size, and bits of a channel.
        b"ispe" => size(body).is_some(),
        b"pixi" => match body {
            [0, 0, 0, 0, count, channels @ ..] => usize::from(*count) == channels.len(),
            _ => false,
        },
        b"colr" => match body.split_at_checked(4) {
            Some((b"nclx", numbers)) => numbers.len() == 7,
            Some((b"prof" | b"rICC", profile)) => icc::is_profile(profile),
            _ => false,
        },
        // The shape of a pixel, what is cut off, turned and mirrored.
        b"pasp" => body.len() == 8,
        b"clap" => body.len() == 32,
        b"irot" | b"imir" => body.len() == 1,
        // Brightness.
        b"clli" => body.len() == 4,
        b"mdcv" => body.len() == 24,
        // The layer to decode.
        b"a1op" => body.len() == 1,
        b"lsel" => body.len() == 2,
        _ => false,
    };
    Ok(is_kept.then(|| body.to_vec()))
}

/// Properties on their way into the new picture, each once.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// By their old number: the new one, or that they go.
    by_number: BTreeMap<u16, Option<u16>>,
    by_content: BTreeMap<(Kind, Vec<u8>), u16>,
    /// The boxes of all of them, in the order of their numbers.
    pub(super) boxes: Vec<u8>,
}

impl Kept {
    /// The uses of an item that stay.
    pub(super) fn uses_of(&mut self, meta: &Meta<'_>, item: u32) -> Result<Vec<Use>, CleanError> {
        let mut uses = Vec::new();
        for used in meta.uses.get(&item).into_iter().flatten() {
            let number = match self.by_number.get(&used.number) {
                Some(number) => *number,
                None => {
                    let part = meta.property(used.number);
                    let number = part.map_or(Ok(None), |part| self.put(&part))?;
                    self.by_number.insert(used.number, number);
                    number
                }
            };
            match number {
                Some(number) => uses.push(Use { number, ..*used }),
                None if used.is_essential => return Err(super::UNUSUAL),
                None => {}
            }
        }
        Ok(uses)
    }

    fn put(&mut self, part: &Part<'_>) -> Result<Option<u16>, CleanError> {
        let Some(body) = kept(part)? else {
            return Ok(None);
        };
        // There are no more than had numbers in the old picture.
        let next = u16::try_from(self.by_content.len() + 1).unwrap_or(u16::MAX);
        let boxed = put(&part.kind, &[&body]);
        let number = *self.by_content.entry((part.kind, body)).or_insert(next);
        if number == next {
            self.boxes.extend(boxed);
        }
        Ok(Some(number))
    }

    /// Whether a number takes more than seven bits.
    pub(super) fn are_many(&self) -> bool {
        self.by_content.len() > 0x7F
    }
}
