//! What is left of HEIC and AVIF.
#![allow(
    clippy::unwrap_used,
    reason = "a test that cannot set up its scene has failed"
)]

use parlor_photo::{CleanError, Format, clean, dimensions, format, tells_place};

mod planted;

use planted::heif::{
    ALPHA, ESSENTIAL, EXIF, GRID, HIDDEN, Item, Picture, THUMBNAIL, TILES, all, avif, boxed, obu,
    size, slice, tiles, unit, versioned,
};
use planted::{SECONDS, SECRET, holds};

/// By libheif with x265, and by libavif: a picture of 48x32 pixels, EXIF with a place, and XMP.
const REAL: [(&[u8], (u32, u32)); 2] = [
    (include_bytes!("fixtures/planted.heic"), (64, 64)),
    (include_bytes!("fixtures/planted.avif"), (48, 32)),
];

fn count(bytes: &[u8], what: &[u8]) -> usize {
    let windows = bytes.windows(what.len());
    windows.filter(|window| *window == what).count()
}

fn is_unusual(picture: &Picture) -> bool {
    matches!(clean(&picture.build()), Err(CleanError::Unsupported(words)) if words.contains("unusual"))
}

#[test]
fn nothing_that_was_planted_is_left() {
    for dirty in all().map(|picture| picture.build()) {
        let cleaned = clean(&dirty).unwrap();
        assert!(holds(&dirty, SECRET) && !holds(&cleaned, SECRET));
        assert!(!holds(&cleaned, HIDDEN));
        for seconds in [SECONDS.to_be_bytes(), SECONDS.to_le_bytes()] {
            assert!(!holds(&cleaned, &seconds));
        }
        for name in [
            b"Exif", b"mime", b"xmp>", b"uri ", b"tmap", b"thmb", b"cdsc", b"uuid", b"free",
            b"moov", b"mpvd", b"grpl", b"udes", b"msf1",
        ] {
            assert!(!holds(&cleaned, name), "{}", name.escape_ascii());
        }
    }
}

#[test]
fn nothing_is_left_of_what_real_encoders_write_beside_the_pixels() {
    for (dirty, size) in REAL {
        assert!(holds(dirty, SECRET) && tells_place(dirty));
        let cleaned = clean(dirty).unwrap();
        assert!(!holds(&cleaned, SECRET) && !tells_place(&cleaned));
        assert!(!holds(&cleaned, b"Exif") && !holds(&cleaned, b"mime"));
        assert_eq!(dimensions(dirty), Ok(size));
        assert_eq!(dimensions(&cleaned), Ok(size));
    }
}

#[test]
fn the_compressed_pixels_of_a_real_picture_are_kept_bit_for_bit() {
    // Its first item, as its directory says.
    let pixels = &REAL[0].0[0x22C..][..0x23E];
    let cleaned = clean(REAL[0].0).unwrap();
    assert!(cleaned.ends_with(pixels));
}

#[test]
fn an_avif_is_exactly_what_is_needed() {
    let data = [
        obu(2, b""),
        obu(1, b"a sequence"),
        b"\x30a frame to the end".to_vec(),
    ]
    .concat();
    let infe = versioned(b"infe", 2, 1, &[&[0, 1, 0, 0], b"av01", &[0]]);
    let properties = [
        boxed(b"av1C", &[&[0x81, 0, 0x0C, 0]]),
        size(48, 32),
        boxed(b"colr", &[b"nclx", &[0, 1, 0, 13, 0, 6, 0x80]]),
    ];
    let meta = |at: u8| {
        let place = [0, 1, 0, 0, 0, 1, 0, 0, 0, at, 0, 0, 0, data.len() as u8];
        let parts = [
            versioned(b"hdlr", 0, 0, &[&[0; 4], b"pict", &[0; 13]]),
            versioned(b"pitm", 0, 0, &[&[0, 1]]),
            versioned(b"iloc", 0, 0, &[&[0x44, 0, 0, 1], &place]),
            versioned(b"iinf", 0, 0, &[&[0, 1], &infe]),
            boxed(
                b"iprp",
                &[
                    &boxed(b"ipco", &[&properties.concat()]),
                    &versioned(b"ipma", 0, 0, &[&[0, 0, 0, 1, 0, 1, 3, 0x81, 2, 3]]),
                ],
            ),
        ];
        versioned(b"meta", 0, 0, &[&parts.concat()])
    };
    let ftyp = boxed(b"ftyp", &[b"avif\0\0\0\0mif1miafavifMA1B"]);
    let at = ftyp.len() + meta(0).len() + 8;
    let mdat = boxed(b"mdat", &[&data]);
    let expected = [ftyp, meta(u8::try_from(at).unwrap()), mdat].concat();
    assert_eq!(clean(&avif().build()).unwrap(), expected);
}

#[test]
fn tiles_stay_in_their_order_and_with_what_is_transparent() {
    let cleaned = clean(&tiles().build()).unwrap();
    let data = [
        slice(b"the first tile"),
        slice(b"the second tile"),
        slice(b"transparent"),
    ];
    assert!(cleaned.ends_with(&boxed(b"mdat", &[&data.concat()])));
    // The numbers of the items are new.
    assert!(holds(&cleaned, b"dimg\0\x01\0\x02\0\x02\0\x03"));
    assert!(holds(&cleaned, b"auxl\0\x04\0\x01\0\x01"));
    assert!(holds(&cleaned, b"prem\0\x01\0\x01\0\x04"));
    assert!(holds(
        &cleaned,
        &boxed(b"idat", &[&[0, 0, 0, 1, 0, 96, 0, 32]])
    ));
}

#[test]
fn what_no_decoder_needs_inside_the_pixels_goes() {
    let mut picture = tiles();
    let tile = [
        unit(39, SECRET),
        slice(b"one"),
        unit(38, SECRET),
        slice(b"two"),
        unit(40, SECRET),
        unit(48, SECRET),
    ];
    picture.item(TILES[0]).data = tile.concat();
    let cleaned = clean(&picture.build()).unwrap();
    assert!(!holds(&cleaned, SECRET));
    assert!(holds(&cleaned, &[slice(b"one"), slice(b"two")].concat()));
    let mut picture = avif();
    let obus = [
        obu(5, SECRET),
        obu(6, b"a frame"),
        obu(15, SECRET),
        obu(9, SECRET),
    ];
    picture.item(1).data = obus.concat();
    let cleaned = clean(&picture.build()).unwrap();
    assert!(!holds(&cleaned, SECRET));
    assert!(cleaned.ends_with(&boxed(b"mdat", &[&obu(6, b"a frame")])));
}

#[test]
fn the_turn_and_the_colour_profile_stay() {
    let cleaned = clean(&tiles().build()).unwrap();
    assert!(holds(&cleaned, &boxed(b"irot", &[&[3]])));
    assert!(holds(
        &cleaned,
        &boxed(b"colr", &[b"prof", &planted::profile(200)])
    ));
}

#[test]
fn something_that_poses_as_a_property_goes() {
    let mut picture = tiles();
    let long = [&planted::profile(200)[..], SECRET].concat();
    picture.properties[4] = boxed(b"colr", &[b"prof", &long]);
    picture.properties[3] = versioned(b"pixi", 0, 0, &[&[3, 8, 8, 8], SECRET]);
    picture.properties[8] = boxed(b"pasp", &[&[0; 8], SECRET]);
    let cleaned = clean(&picture.build()).unwrap();
    for name in [SECRET, b"colr", b"pixi", b"pasp"] {
        assert!(!holds(&cleaned, name));
    }
}

#[test]
fn a_clean_picture_stays_as_it_is() {
    for picture in all() {
        for version in 0..3 {
            let mut picture = picture.clone();
            picture.version = version;
            if version == 0 {
                picture
                    .items
                    .iter_mut()
                    .for_each(|i| i.is_in_directory = false);
            }
            let cleaned = clean(&picture.build()).unwrap();
            assert_eq!(clean(&cleaned).unwrap(), cleaned);
        }
    }
}

#[test]
fn data_in_pieces_is_joined() {
    for mut picture in all() {
        let whole = clean(&picture.build()).unwrap();
        picture.extents = 3;
        assert_eq!(clean(&picture.build()).unwrap(), whole);
    }
}

#[test]
fn pixels_in_the_directory_move_to_the_data() {
    let whole = clean(&tiles().build()).unwrap();
    let mut picture = tiles();
    picture
        .items
        .iter_mut()
        .for_each(|item| item.is_in_directory = true);
    assert_eq!(clean(&picture.build()).unwrap(), whole);
}

#[test]
fn a_tile_that_is_there_twice_is_kept_once() {
    let mut picture = tiles();
    picture.references[0].2 = vec![TILES[0], TILES[0]];
    let cleaned = clean(&picture.build()).unwrap();
    assert!(holds(&cleaned, b"dimg\0\x01\0\x02\0\x02\0\x02"));
    assert_eq!(count(&cleaned, b"the first tile"), 1);
    assert!(!holds(&cleaned, b"the second tile"));
}

#[test]
fn the_size_and_the_kind_are_the_same() {
    for (picture, size) in all().into_iter().zip([(96, 32), (48, 32)]) {
        let dirty = picture.build();
        let cleaned = clean(&dirty).unwrap();
        assert_eq!(dimensions(&dirty), Ok(size));
        assert_eq!(dimensions(&cleaned), Ok(size));
        assert_eq!(format(&dirty), Some(Format::Heif));
        assert_eq!(
            cleaned[..12],
            [&[0, 0, 0, cleaned[3]], &dirty[4..12]].concat()
        );
    }
}

#[test]
fn only_a_picture_with_a_place_tells_one() {
    for mut picture in all() {
        let dirty = picture.build();
        assert!(tells_place(&dirty));
        // Its first bytes are enough when EXIF is among them.
        let exif = dirty
            .windows(6)
            .position(|bytes| bytes == b"Exif\0\0")
            .unwrap();
        assert!(tells_place(&dirty[..exif + 200]));
        assert!(!tells_place(&dirty[..exif]));
        assert!(!tells_place(&clean(&dirty).unwrap()));
        picture.item(EXIF).data = [&[0; 4][..], &parlor_photo::exif::only_orientation(6)].concat();
        assert!(!tells_place(&picture.build()));
    }
}

#[test]
fn a_picture_of_another_codec_is_refused() {
    for kind in [b"tmap", b"jpeg", b"lhv1", b"vvc1", b"unci", b"Exif"] {
        let mut picture = avif();
        picture.item(1).kind = *kind;
        assert!(is_unusual(&picture), "{}", kind.escape_ascii());
    }
}

#[test]
fn an_encrypted_picture_is_refused() {
    let mut picture = tiles();
    picture.item(ALPHA).protection = 1;
    assert!(is_unusual(&picture));
}

#[test]
fn a_picture_that_needs_what_we_do_not_know_is_refused() {
    let mut picture = tiles();
    picture.item(GRID).uses[3] |= ESSENTIAL;
    assert!(is_unusual(&picture));
    // Unless nothing of it stays.
    let mut picture = tiles();
    picture.item(THUMBNAIL).uses.push(ESSENTIAL | 9);
    assert!(clean(&picture.build()).is_ok());
}

#[test]
fn animations_are_refused_by_name() {
    let mut picture = avif();
    let film = [
        boxed(b"ftyp", &[b"avif\0\0\0\0"]),
        boxed(b"moov", &[SECRET]),
    ];
    picture.brands[0] = *b"avis";
    for bytes in [picture.build(), film.concat()] {
        let words = clean(&bytes).unwrap_err().to_string();
        assert!(words.contains("AVIF animations"), "{words}");
    }
}

#[test]
fn many_items_and_properties_stay_apart() {
    let mut picture = avif();
    let tiles: Vec<u16> = (100..356).collect();
    let grid = vec![0, 0, 15, 15, 1, 0, 1, 0];
    picture.item(1).kind = *b"grid";
    picture.item(1).data = grid;
    picture.item(1).uses = vec![2];
    picture.references.push((*b"dimg", 1, tiles.clone()));
    for id in tiles {
        let data = obu(6, &id.to_be_bytes());
        picture
            .items
            .push(Item::new(id, b"av01", data, &[ESSENTIAL | 1]));
    }
    for (side, item) in (1000..).zip(&mut picture.items[3..203]) {
        picture.properties.push(size(side, side));
        item.uses.push(picture.properties.len() as u16);
    }
    let cleaned = clean(&picture.build()).unwrap();
    assert_eq!(count(&cleaned, b"infe"), 257);
    assert_eq!(count(&cleaned, b"ispe"), 201);
}
