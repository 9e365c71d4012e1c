//! HEIC and AVIF that lie: an error or a clean picture, never a panic.

use parlor_photo::{CleanError, PHOTO_MAX_BYTES, clean, dimensions, tells_place};

mod planted;

use planted::heif::{
    ALPHA, EXIF, GRID, Item, Picture, TILES, all, avif, boxed, obu, slice, tiles, versioned,
};
use planted::{SECRET, holds};

fn is_damaged(bytes: &[u8]) -> bool {
    matches!(clean(bytes), Err(CleanError::Damaged(_)))
}

/// What is wrong with it.
fn damage(bytes: &[u8]) -> &'static str {
    match clean(bytes) {
        Err(CleanError::Damaged(words)) => words,
        other => panic!("{:?}", other.map(|cleaned| cleaned.len())),
    }
}

/// Where the first box of this kind has its body.
fn body_at(bytes: &[u8], kind: &[u8; 4]) -> usize {
    let at = bytes.windows(4).position(|window| window == kind);
    at.expect("a box") + 4
}

/// Puts other bytes where a box of this kind has its body.
fn with_body(mut bytes: Vec<u8>, kind: &[u8; 4], at: usize, new: &[u8]) -> Vec<u8> {
    let start = body_at(&bytes, kind) + at;
    bytes[start..start + new.len()].copy_from_slice(new);
    bytes
}

fn refused_or_clean(bytes: &[u8], what: usize) {
    let _ = (dimensions(bytes), tells_place(bytes));
    if let Ok(cleaned) = clean(bytes) {
        assert!(!holds(&cleaned, SECRET), "{what}");
        assert!(cleaned.len() <= bytes.len() + 64, "{what}");
    }
}

#[test]
fn a_picture_that_is_cut_off_anywhere_is_refused_or_clean() {
    for dirty in all().map(|picture| picture.build()) {
        for len in 0..dirty.len() {
            refused_or_clean(&dirty[..len], len);
        }
    }
}

#[test]
fn a_picture_without_its_end_is_refused() {
    for whole in all().map(|picture| clean(&picture.build()).unwrap()) {
        for missing in 1..whole.len() - 12 {
            assert!(is_damaged(&whole[..whole.len() - missing]), "{missing}");
        }
    }
}

#[test]
fn a_picture_with_any_bit_flipped_is_refused_or_clean() {
    let real = include_bytes!("fixtures/planted.heic").to_vec();
    let real = [real, include_bytes!("fixtures/planted.avif").to_vec()];
    for dirty in all().map(|picture| picture.build()).into_iter().chain(real) {
        let mut bytes = dirty.clone();
        for bit in 0..8 * dirty.len() {
            bytes[bit / 8] ^= 1 << (bit % 8);
            refused_or_clean(&bytes, bit);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn a_picture_with_any_byte_at_its_limits_is_refused_or_clean() {
    for dirty in all().map(|picture| picture.build()) {
        for at in 0..dirty.len() {
            for byte in [0, 1, 0x7F, 0x80, 0xFF] {
                let mut bytes = dirty.clone();
                bytes[at] = byte;
                refused_or_clean(&bytes, at);
            }
        }
    }
}

#[test]
fn counts_that_lie_are_refused() {
    for (kind, at) in [
        (b"iinf", 4),
        (b"iloc", 6),
        (b"dimg", 2),
        (b"ipma", 4),
        (b"hvcC", 22),
    ] {
        for count in [[0xFF; 2], [0x7F, 0xFF]] {
            let bytes = with_body(tiles().build(), kind, at, &count);
            assert!(is_damaged(&bytes), "{}", kind.escape_ascii());
        }
    }
    let bytes = with_body(tiles().build(), b"iinf", 4, &[0, 9]);
    assert_eq!(damage(&bytes), "its list of items");
    let mut picture = tiles();
    picture.version = 2;
    let bytes = with_body(picture.build(), b"iloc", 6, &[0xFF; 4]);
    assert!(is_damaged(&bytes));
}

#[test]
fn extents_that_take_no_bytes_are_refused() {
    // Four thousand million of them would be in a megabyte.
    let mut body = vec![0; 6];
    body.extend([0xFF; 2]);
    for id in 0..u16::MAX {
        body.extend(id.to_be_bytes());
        body.extend([0, 0, 0xFF, 0xFF]);
    }
    let mut picture = tiles();
    picture.in_directory = vec![boxed(b"iloc", &[&body])];
    let mut bytes = picture.build();
    let first = body_at(&bytes, b"iloc") - 4;
    bytes[first..first + 4].copy_from_slice(b"free");
    assert_eq!(damage(&bytes), "its list of places");
}

#[test]
fn directories_of_millions_are_refused() {
    let empty = boxed(b"free", &[]);
    let mut picture = tiles();
    picture.properties.extend(vec![empty.clone(); 1_000_000]);
    assert_eq!(damage(&picture.build()), "its directory is too large");
    let mut picture = tiles();
    picture.behind = vec![boxed(b"mdat", &[]); 1_000_000];
    assert_eq!(damage(&picture.build()), "its data is in too many pieces");
    // Those that nobody reads do no harm.
    let mut picture = tiles();
    picture.in_directory = vec![empty.clone(); 1_000_000];
    picture.behind = vec![empty; 1_000_000];
    assert!(clean(&picture.build()).is_ok());
}

#[test]
fn lengths_of_boxes_that_lie_are_refused() {
    for kind in [
        b"ftyp", b"meta", b"iloc", b"iinf", b"infe", b"iprp", b"ipco", b"mdat",
    ] {
        let dirty = avif().build();
        let at = body_at(&dirty, kind) - 4;
        for size in [1_u32, 2, 7, 0x7FFF_FFFF, u32::MAX] {
            let mut bytes = dirty.clone();
            bytes[at - 4..at].copy_from_slice(&size.to_be_bytes());
            assert!(is_damaged(&bytes), "{} {size}", kind.escape_ascii());
        }
    }
}

#[test]
fn bytes_behind_the_last_box_are_refused() {
    let dirty = avif().build();
    assert!(is_damaged(&[&dirty[..], SECRET].concat()));
}

/// With the place of the item that is first in `iloc` changed.
fn with_place(picture: &Picture, start: u32, len: u32) -> Vec<u8> {
    let place = [start.to_be_bytes(), 0_u32.to_be_bytes(), len.to_be_bytes()];
    let mut place = place.concat();
    place.splice(4..4, [0, 1]);
    with_body(picture.build(), b"iloc", 12, &place)
}

#[test]
fn pixels_outside_of_the_data_are_refused() {
    let mut picture = avif();
    let data_len = picture.item(1).data.len();
    let bytes = picture.build();
    let place = |bytes: &[u8]| {
        let base = body_at(bytes, b"iloc") + 12;
        u32::from_be_bytes(bytes[base..base + 4].try_into().unwrap())
    };
    let data = u32::try_from(data_len).unwrap();
    let start = place(&bytes) + SECRET.len() as u32;
    assert!(clean(&with_place(&picture, start, data)).is_ok());
    let end = bytes.len() as u32;
    for (start, len) in [
        (0, 8),
        (40, 20),
        (place(&bytes) - 8, 20),
        (end - 4, 4),
        (end, 1),
        (start, u32::MAX),
        (u32::MAX, u32::MAX),
    ] {
        assert!(
            is_damaged(&with_place(&picture, start, len)),
            "{start} {len}"
        );
    }
}

#[test]
fn pixels_in_a_box_that_goes_are_refused() {
    let frame = obu(6, b"a frame");
    let mut picture = avif();
    picture.behind = vec![boxed(b"skip", &[&frame])];
    let start = body_at(&picture.build(), b"skip") as u32;
    let bytes = with_place(&picture, start, frame.len() as u32);
    assert_eq!(damage(&bytes), "pixels outside of its data");
    picture.behind = vec![boxed(b"mdat", &[&frame])];
    assert!(clean(&with_place(&picture, start, frame.len() as u32)).is_ok());
}

#[test]
fn pixels_that_are_metadata_too_are_refused() {
    // A unit that goes on over all of EXIF: to a decoder it is sound.
    let mut picture = avif();
    let exif = picture.item(EXIF).data.split_off(80);
    let data = obu(6, &exif[..100]);
    let (head, body) = data.split_at(2);
    picture.gap = Vec::new();
    picture.item(1).data = head.to_vec();
    picture.item(EXIF).data = body.to_vec();
    let at = body_at(&picture.build(), b"mdat");
    let words = damage(&with_place(&picture, at as u32, data.len() as u32));
    assert_eq!(words, "pixels that are something else too");
    // The same bytes where no metadata are.
    picture.items.retain(|item| item.id != EXIF);
    picture.item(1).data = data;
    assert!(clean(&picture.build()).is_ok());
}

#[test]
fn pixels_of_the_thumbnail_and_of_more_are_refused() {
    let mut picture = avif();
    let whole = [obu(6, b"one"), obu(6, b"two")].concat();
    picture.item(1).data = whole;
    let mut other = Item::new(2, b"av01", Vec::new(), &[1]);
    other.data = obu(6, b"cut away");
    picture.items.insert(1, other);
    picture.gap = Vec::new();
    let bytes = picture.build();
    let all = with_place(&picture, body_at(&bytes, b"mdat") as u32, 20);
    assert!(clean(&bytes).is_ok());
    assert_eq!(damage(&all), "pixels that are something else too");
}

#[test]
fn items_that_share_bytes_make_no_large_file() {
    let mut picture = avif();
    picture.item(1).kind = *b"grid";
    picture.item(1).data = vec![0, 0, 0xFF, 0x7F, 1, 0, 1, 0];
    picture.item(1).uses = vec![2];
    let ids: Vec<u16> = (100..100 + 0x8000).collect();
    picture.references.push((*b"dimg", 1, ids.clone()));
    let mut data = Vec::new();
    for _ in 0..ids.len() {
        data.extend(obu(6, b"a frame"));
    }
    picture.gap = Vec::new();
    for id in ids {
        picture.items.push(Item::new(id, b"av01", vec![0], &[1]));
    }
    picture.behind = vec![boxed(b"mdat", &[&data])];
    let mut bytes = picture.build();
    let start = bytes.len() - data.len();
    let iloc = body_at(&bytes, b"iloc");
    // Every tile begins one frame further, and goes to the end.
    let tiles = bytes[iloc + 8..].chunks_exact_mut(18).skip(3).take(0x8000);
    for (index, place) in tiles.enumerate() {
        let from = index * 9;
        place[4..8].fill(0);
        place[10..14].copy_from_slice(&((start + from) as u32).to_be_bytes());
        place[14..18].copy_from_slice(&((data.len() - from) as u32).to_be_bytes());
    }
    assert!(bytes.len() < PHOTO_MAX_BYTES);
    assert_eq!(damage(&bytes), "pixels that are there twice");
}

#[test]
fn pictures_made_of_themselves_are_refused() {
    let grid = |id| {
        let mut item = Item::new(id, b"grid", vec![0, 0, 0, 0, 0, 96, 0, 32], &[2]);
        item.is_in_directory = true;
        item
    };
    let mut itself = tiles();
    itself.references[0].2 = vec![GRID, TILES[0]];
    let mut ring = tiles();
    ring.items.extend([grid(50), grid(51)]);
    ring.references[0].2 = vec![50, 50];
    ring.references.push((*b"dimg", 50, vec![51]));
    ring.references.push((*b"dimg", 51, vec![50]));
    for picture in [itself, ring] {
        assert_eq!(damage(&picture.build()), "a picture that is made of itself");
    }
}

#[test]
fn transparency_that_is_its_own_ends() {
    let mut picture = tiles();
    picture.references[1].2 = vec![GRID, ALPHA, GRID, TILES[0]];
    assert!(clean(&picture.build()).is_ok());
}

#[test]
fn a_long_chain_of_pictures_takes_no_stack() {
    let mut picture = tiles();
    picture.primary = 1000;
    for id in 1000..21_000 {
        picture.items.push(Item::new(id, b"iden", Vec::new(), &[2]));
        let next = if id == 20_999 { GRID } else { id + 1 };
        picture.references.push((*b"dimg", id, vec![next]));
    }
    assert!(clean(&picture.build()).is_ok());
}

#[test]
fn tiles_that_do_not_fit_the_grid_are_refused() {
    let wrong: [&[u8]; 6] = [
        &[0, 0, 1, 1, 0, 96, 0, 32],
        &[0, 0, 0, 1, 0, 96, 0, 32, b'!'],
        &[0, 1, 0, 1, 0, 96, 0, 32],
        &[0, 2, 0, 1, 0, 96, 0, 32],
        &[1, 0, 0, 1, 0, 96, 0, 32],
        b"",
    ];
    for data in wrong {
        let mut picture = tiles();
        picture.item(GRID).data = data.to_vec();
        let words = damage(&picture.build());
        assert_eq!(words, "how its pictures are put together", "{data:?}");
    }
}

#[test]
fn an_overlay_stays_with_nothing_behind_it() {
    let overlay = [&[0, 0][..], &[0xFF; 8], &[0, 96, 0, 32], &[0; 8]].concat();
    let mut picture = tiles();
    picture.item(GRID).kind = *b"iovl";
    picture.item(GRID).data = overlay.clone();
    assert!(holds(&clean(&picture.build()).unwrap(), &overlay));
    picture.item(GRID).data.extend_from_slice(SECRET);
    assert_eq!(
        damage(&picture.build()),
        "how its pictures are put together"
    );
}

#[test]
fn what_is_there_twice_is_refused() {
    let twice = |part: Vec<u8>| {
        let mut picture = tiles();
        picture.in_directory.push(part);
        picture.build()
    };
    for part in [
        versioned(b"pitm", 0, 0, &[&[0, 1]]),
        versioned(b"iinf", 0, 0, &[&[0, 0]]),
        boxed(b"idat", &[]),
    ] {
        assert_eq!(damage(&twice(part)), "a box that may be there once only");
    }
    let mut picture = tiles();
    picture.items.push(picture.items[1].clone());
    assert_eq!(damage(&picture.build()), "an item that is there twice");
    let mut picture = tiles();
    picture.behind.push(versioned(b"meta", 0, 0, &[]));
    assert_eq!(
        damage(&picture.build()),
        "a box that may be there once only"
    );
}

#[test]
fn pixels_that_are_no_units_are_refused() {
    let slice = slice(b"pixels");
    let wrong: [&[u8]; 6] = [
        b"",
        SECRET,
        &slice[..slice.len() - 1],
        &[&slice[..], b"!"].concat(),
        &[0, 0, 0, 1, 0x26],
        &[0, 0, 0, 2, 0x42, 1],
    ];
    for data in wrong {
        let mut picture = tiles();
        picture.item(ALPHA).data = data.to_vec();
        assert!(is_damaged(&picture.build()), "{data:?}");
    }
    let wrong: [&[u8]; 5] = [
        b"\x32\xFF\xFF",
        b"\xB2\0",
        b"\x0A\0",
        b"\x32\x02a",
        &[0x32, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1],
    ];
    for data in wrong {
        let mut picture = avif();
        picture.item(1).data = data.to_vec();
        assert!(is_damaged(&picture.build()), "{data:?}");
    }
}

#[test]
fn a_picture_without_pixels_or_size_is_refused() {
    let mut nowhere = avif();
    nowhere.primary = 99;
    let mut no_size = avif();
    no_size.item(1).uses.remove(1);
    let mut empty = avif();
    empty.properties[1] = planted::heif::size(0, 32);
    let mut no_config = avif();
    no_config.item(1).uses.remove(0);
    for picture in [nowhere, no_size, empty, no_config] {
        assert!(is_damaged(&picture.build()));
    }
}
