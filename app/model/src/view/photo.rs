//! One photo as large as it can be, and the ones before and after it.

use std::path::PathBuf;

use parlor_proto::id::RoomId;

use super::is_drawn;
use super::rows::{By, by};
use crate::model::Model;
use crate::picture::PictureId;
use crate::room::RoomModel;
use crate::timeline::{Body, Entry, EntryKey};

/// How far a finger or the mouse goes for more than a tap, in pixels.
const SWIPE_MIN: f64 = 40.0;

/// How little it moves in a tap, in pixels.
const TAP_MAX: f64 = 8.0;

/// A photo of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhotoView {
    /// Which.
    pub id: PictureId,
    /// Its file's name.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// Whose it is.
    pub by: By,
    /// When it came, in milliseconds since 1970.
    pub at_ms: u64,
    /// The one before it in what is loaded of the room.
    pub before: Option<PictureId>,
    /// The one after it.
    pub after: Option<PictureId>,
    /// Where there may be ones before it that are not loaded: how many entries were loaded on the
    /// way back so far.
    pub earlier_from: Option<usize>,
}

/// A photo that is whole on this device and of a kind that this app draws; nothing for any other
/// file.
#[must_use]
pub fn photo(model: &Model, room: RoomId, id: PictureId) -> Option<PhotoView> {
    let room = model.rooms.get(&room)?;
    let (at, entry) = entry(room, id)?;
    let Body::Files(files) = &entry.body else {
        return None;
    };
    let all: Vec<u32> = photos(entry).collect();
    let place = all.iter().position(|file| *file == id.file)?;
    let beside = |file: Option<&u32>| file.map(|file| PictureId { file: *file, ..id });
    let entries = room.timeline.entries();
    let earlier = || entries[..at].iter().rev().find_map(last);
    let later = || entries[at + 1..].iter().find_map(first);
    let file = files.files.get(usize::try_from(id.file).ok()?)?;
    let before = beside(place.checked_sub(1).and_then(|place| all.get(place))).or_else(earlier);
    Some(PhotoView {
        id,
        name: file.path.file_name().as_str().to_owned(),
        path: files.paths.get(&id.file)?.clone(),
        by: by(room, Some(id.author), model.device),
        at_ms: entry.at_ms,
        earlier_from: (before.is_none() && room.timeline.has_older)
            .then(|| room.timeline.prepended()),
        before,
        after: beside(all.get(place + 1)).or_else(later),
    })
}

fn entry(room: &RoomModel, id: PictureId) -> Option<(usize, &Entry)> {
    let key = EntryKey::Offer {
        author: id.author,
        transfer: id.transfer,
    };
    let place = room.timeline.place(key)?;
    Some((place, room.timeline.entries().get(place)?))
}

/// The photos of an entry that are here, by their index.
fn photos(entry: &Entry) -> impl DoubleEndedIterator<Item = u32> {
    let files = match &entry.body {
        Body::Files(files) => Some(files),
        Body::Text { .. } => None,
    };
    let here = files.into_iter().flat_map(|files| files.paths.keys());
    here.copied().filter(move |index| {
        let index = usize::try_from(*index).unwrap_or(usize::MAX);
        let file = files.and_then(|files| files.files.get(index));
        file.is_some_and(|file| is_drawn(file.path.file_name().as_str()))
    })
}

fn first(entry: &Entry) -> Option<PictureId> {
    id_of(entry, photos(entry).next()?)
}

fn last(entry: &Entry) -> Option<PictureId> {
    id_of(entry, photos(entry).next_back()?)
}

fn id_of(entry: &Entry, file: u32) -> Option<PictureId> {
    match entry.key {
        EntryKey::Offer { author, transfer } => Some(PictureId {
            author,
            transfer,
            file,
        }),
        EntryKey::Message { .. } | EntryKey::Pending(_) => None,
    }
}

/// What a movement over a photo means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gesture {
    /// Nothing.
    None,
    /// A tap: closer, or back to all of it.
    Tap,
    /// To the right: the one before.
    Before,
    /// To the left: the one after.
    After,
    /// Down: away with it.
    Close,
}

/// What a movement by so many pixels to the right and down means.
#[must_use]
pub fn gesture(right: f64, down: f64) -> Gesture {
    if right.abs() <= TAP_MAX && down.abs() <= TAP_MAX {
        Gesture::Tap
    } else if right.abs() >= SWIPE_MIN && right.abs() > down.abs() {
        if right > 0.0 {
            Gesture::Before
        } else {
            Gesture::After
        }
    } else if down >= SWIPE_MIN {
        Gesture::Close
    } else {
        Gesture::None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use parlor_proto::frame::OfferedFile;
    use parlor_proto::id::DeviceId;
    use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
    use parlor_proto::name::SafePath;

    use super::*;
    use crate::msg::RoomFound;
    use crate::timeline::Files;

    const BOB: DeviceId = DeviceId([2; 16]);

    fn offer(transfer: u64, names: &[&str], here: &[u32]) -> Entry {
        let files = names.iter().map(|name| OfferedFile {
            path: SafePath::sanitise(name),
            size: 1,
            root: [0; 32],
            modified_ms: None,
            mime: None,
        });
        let paths = here.iter().map(|file| (*file, format!("/{file}").into()));
        Entry {
            key: EntryKey::Offer {
                author: BOB,
                transfer,
            },
            place: None,
            at_ms: transfer,
            body: Body::Files(Files::new(files.collect(), paths.collect())),
        }
    }

    fn room() -> (Model, RoomId) {
        let invite = Invite {
            server: ServerUrl::parse("https://example.org").unwrap(),
            secret: RoomSecret::from_bytes([1; 32]),
        };
        let mut room = RoomModel::new(RoomFound {
            invite,
            is_hosted: false,
            title: None,
            draft: String::new(),
            made_at_ms: 0,
            last: None,
            unread: 0,
            members: BTreeMap::new(),
        });
        let names = ["a.jpg", "plan.pdf", "b.png", "c.jpg", "d.heic"];
        room.timeline.push(offer(1, &["old.jpg"], &[0]));
        room.timeline.push(offer(2, &["text.txt"], &[0]));
        room.timeline.push(offer(3, &names, &[0, 1, 2, 4]));
        room.timeline.push(offer(4, &["new.jpg"], &[]));
        room.timeline.push(offer(5, &["newest.jpg"], &[0]));
        let id = room.id();
        let mut model = Model::default();
        model.rooms.insert(id, room);
        (model, id)
    }

    const fn id(transfer: u64, file: u32) -> PictureId {
        PictureId {
            author: BOB,
            transfer,
            file,
        }
    }

    #[test]
    fn photos_follow_each_other_over_offers_and_what_is_none_or_not_here_is_left_out() {
        let (model, room) = room();
        let mut seen = Vec::new();
        let mut next = Some(id(1, 0));
        while let Some(at) = next {
            let view = photo(&model, room, at).unwrap();
            seen.push(view.name);
            next = view.after;
        }
        assert_eq!(seen, ["old.jpg", "a.jpg", "b.png", "newest.jpg"]);
    }

    #[test]
    fn the_way_back_is_the_way_there() {
        let (model, room) = room();
        let before = |at| photo(&model, room, at).unwrap().before;
        assert_eq!(before(id(5, 0)), Some(id(3, 2)));
        assert_eq!(before(id(3, 2)), Some(id(3, 0)));
        assert_eq!(before(id(3, 0)), Some(id(1, 0)));
        assert_eq!(before(id(1, 0)), None);
    }

    #[test]
    fn what_is_not_here_or_no_photo_is_not_shown() {
        let (model, room) = room();
        for other in [id(3, 1), id(3, 3), id(3, 4), id(3, 9), id(4, 0), id(7, 0)] {
            assert_eq!(photo(&model, room, other), None, "{other:?}");
        }
    }

    #[test]
    fn a_movement_is_what_most_of_it_is() {
        for ((right, down), meant) in [
            ((0.0, 0.0), Gesture::Tap),
            ((90.0, -20.0), Gesture::Before),
            ((-90.0, 20.0), Gesture::After),
            ((20.0, 120.0), Gesture::Close),
            ((20.0, -120.0), Gesture::None),
            ((20.0, 10.0), Gesture::None),
        ] {
            assert_eq!(gesture(right, down), meant, "{right} {down}");
        }
    }
}
