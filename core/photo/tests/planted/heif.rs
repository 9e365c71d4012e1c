//! HEIC and AVIF with planted secrets, put together of boxes. Their pixels are none: nothing here
//! decodes them.

use super::{SECRET, exif, profile, xmp};

/// In pictures that go: the thumbnail and the depth.
pub(crate) const HIDDEN: &[u8] = b"CUTAWAY";

/// Whoever does not know the property may not show the item.
pub(crate) const ESSENTIAL: u16 = 0x8000;

pub(crate) const GRID: u16 = 11;
pub(crate) const TILES: [u16; 2] = [13, 12];
pub(crate) const ALPHA: u16 = 14;
pub(crate) const THUMBNAIL: u16 = 15;
pub(crate) const DEPTH: u16 = 16;
pub(crate) const EXIF: u16 = 17;
pub(crate) const XMP: u16 = 18;

pub(crate) fn boxed(kind: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let size = u32::try_from(body.len() + 8).expect("a small box");
    [&size.to_be_bytes()[..], kind, &body].concat()
}

pub(crate) fn versioned(kind: &[u8; 4], version: u8, flags: u8, parts: &[&[u8]]) -> Vec<u8> {
    boxed(kind, &[&[version, 0, 0, flags], &parts.concat()])
}

/// An item of a picture.
#[derive(Clone)]
pub(crate) struct Item {
    pub(crate) id: u16,
    pub(crate) kind: [u8; 4],
    pub(crate) protection: u16,
    /// Whether it is in `idat`.
    pub(crate) is_in_directory: bool,
    pub(crate) data: Vec<u8>,
    /// Numbers of properties, with [`ESSENTIAL`] for those one has to know.
    pub(crate) uses: Vec<u16>,
}

impl Item {
    pub(crate) fn new(id: u16, kind: &[u8; 4], data: Vec<u8>, uses: &[u16]) -> Self {
        Self {
            id,
            kind: *kind,
            protection: 0,
            is_in_directory: false,
            data,
            uses: uses.to_vec(),
        }
    }
}

/// A picture that can be changed before it is put together.
#[derive(Clone)]
pub(crate) struct Picture {
    pub(crate) brands: Vec<[u8; 4]>,
    pub(crate) primary: u16,
    pub(crate) items: Vec<Item>,
    pub(crate) references: Vec<([u8; 4], u16, Vec<u16>)>,
    pub(crate) properties: Vec<Vec<u8>>,
    /// Of `iloc`: 0, 1 or 2.
    pub(crate) version: u8,
    /// In how many pieces the data of an item is.
    pub(crate) extents: usize,
    /// Between two pieces.
    pub(crate) gap: Vec<u8>,
    pub(crate) in_directory: Vec<Vec<u8>>,
    pub(crate) behind: Vec<Vec<u8>>,
    pub(crate) name: Vec<u8>,
}

impl Picture {
    pub(crate) fn item(&mut self, id: u16) -> &mut Item {
        let mut items = self.items.iter_mut();
        items.find(|item| item.id == id).expect("an item")
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        let (major, others) = self.brands.split_first().expect("a brand");
        let ftyp = boxed(b"ftyp", &[major, &[0; 4], &others.concat()]);
        let free = boxed(b"free", &[&self.name]);
        let len = ftyp.len() + free.len() + self.meta(0).len();
        let mdat_at = u32::try_from(len + 8).expect("a small picture");
        let mdat = boxed(b"mdat", &[&self.pieces(false).concat()]);
        [ftyp, free, self.meta(mdat_at), mdat, self.behind.concat()].concat()
    }

    /// The data of all items in `idat` or in `mdat`: gap, piece, gap, piece...
    fn pieces(&self, is_in_directory: bool) -> Vec<Vec<u8>> {
        let items = self.items.iter();
        let items = items.filter(|item| item.is_in_directory == is_in_directory);
        let pieces = items.flat_map(|item| item.data.chunks(self.piece_len(item)));
        let gap = if is_in_directory { &[][..] } else { &self.gap };
        let pieces = pieces.flat_map(|piece| [gap.to_vec(), piece.to_vec()]);
        pieces.collect()
    }

    fn piece_len(&self, item: &Item) -> usize {
        item.data.len().div_ceil(self.extents).max(1)
    }

    fn meta(&self, mdat_at: u32) -> Vec<u8> {
        let number = |count: usize| (count as u16).to_be_bytes();
        let infe = self.items.iter().map(|item| {
            let protection = item.protection.to_be_bytes();
            let head = [item.id.to_be_bytes(), protection].concat();
            versioned(b"infe", 2, 1, &[&head, &item.kind, &self.name, &[0]])
        });
        let infe: Vec<u8> = infe.collect::<Vec<_>>().concat();
        let references = self.references.iter().map(|(kind, from, to)| {
            let ids: Vec<u8> = to.iter().flat_map(|id| id.to_be_bytes()).collect();
            boxed(kind, &[&from.to_be_bytes(), &number(to.len()), &ids])
        });
        let references: Vec<u8> = references.collect::<Vec<_>>().concat();
        let is_wide = self.properties.len() > 0x7F;
        let uses = self.items.iter().map(|item| {
            let numbers = item.uses.iter().flat_map(|used| match is_wide {
                true => used.to_be_bytes().to_vec(),
                false => vec![(used >> 8 | used & 0x7F) as u8],
            });
            let [high, low] = item.id.to_be_bytes();
            let head = [high, low, item.uses.len() as u8];
            [&head[..], &numbers.collect::<Vec<_>>()].concat()
        });
        let uses: Vec<u8> = uses.collect::<Vec<_>>().concat();
        let count = (self.items.len() as u32).to_be_bytes();
        let ipma = versioned(b"ipma", 0, u8::from(is_wide), &[&count, &uses]);
        let ipco = boxed(b"ipco", &[&self.properties.concat()]);
        let parts = [
            versioned(
                b"hdlr",
                0,
                0,
                &[&[0; 4], b"pict", &[0; 12], &self.name, &[0]],
            ),
            versioned(b"pitm", 0, 0, &[&self.primary.to_be_bytes()]),
            self.iloc(mdat_at),
            versioned(b"iinf", 0, 0, &[&number(self.items.len()), &infe]),
            versioned(b"iref", 0, 0, &[&references]),
            boxed(b"iprp", &[&ipco, &ipma]),
            boxed(b"idat", &[&self.pieces(true).concat()]),
            self.in_directory.concat(),
        ];
        versioned(b"meta", 0, 0, &[&parts.concat()])
    }

    fn iloc(&self, mdat_at: u32) -> Vec<u8> {
        let wide = |number: u16| match self.version {
            2 => u32::from(number).to_be_bytes().to_vec(),
            _ => number.to_be_bytes().to_vec(),
        };
        let mut out = [&[0x44, 0x40][..], &wide(self.items.len() as u16)].concat();
        let (mut in_file, mut in_directory) = (0, 0);
        for item in &self.items {
            out.extend(wide(item.id));
            if self.version > 0 {
                out.extend(u16::from(item.is_in_directory).to_be_bytes());
            }
            let (base, at, gap) = match item.is_in_directory {
                true => (0, &mut in_directory, 0),
                false => (mdat_at, &mut in_file, self.gap.len() as u32),
            };
            let pieces = item.data.chunks(self.piece_len(item));
            out.extend([0, 0]);
            out.extend(base.to_be_bytes());
            out.extend((pieces.len() as u16).to_be_bytes());
            for piece in pieces {
                out.extend((*at + gap).to_be_bytes());
                out.extend((piece.len() as u32).to_be_bytes());
                *at += gap + piece.len() as u32;
            }
        }
        versioned(b"iloc", self.version, 0, &[&out])
    }
}

/// A unit of HEVC with its length before it.
pub(crate) fn unit(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = (body.len() + 2) as u32;
    [&len.to_be_bytes()[..], &[kind << 1, 1], body].concat()
}

/// A slice of an IDR picture.
pub(crate) fn slice(body: &[u8]) -> Vec<u8> {
    unit(19, body)
}

fn hevc_config(units: &[(u8, &[u8])]) -> Vec<u8> {
    let mut config = vec![1; 22];
    config[21] = 0x0F;
    config.push(units.len() as u8);
    for (kind, body) in units {
        config.extend([kind | 0x80, 0, 1]);
        config.extend_from_slice(&unit(*kind, body)[2..]);
    }
    boxed(b"hvcC", &[&config])
}

pub(crate) fn size(width: u32, height: u32) -> Vec<u8> {
    versioned(
        b"ispe",
        0,
        0,
        &[&width.to_be_bytes(), &height.to_be_bytes()],
    )
}

fn auxiliary(name: &[u8]) -> Vec<u8> {
    versioned(b"auxC", 0, 0, &[name, &[0], SECRET])
}

/// A HEIC of two tiles, turned and partly transparent, as phones write it, with all that has to go
/// around its pixels.
pub(crate) fn tiles() -> Picture {
    let mut grid = Item::new(
        GRID,
        b"grid",
        vec![0, 0, 0, 1, 0, 96, 0, 32],
        &[2, 5, ESSENTIAL | 6, 9],
    );
    grid.is_in_directory = true;
    let exif = [&[0, 0, 0, 6][..], b"Exif\0\0", &exif()].concat();
    let xmp = [b"application/rdf+xml\0", &xmp()[..]].concat();
    let data = |body: &[u8]| slice(body);
    Picture {
        brands: vec![
            *b"heic", *b"mif1", *b"tmap", *b"heic", *b"msf1", *b"miaf", *b"MiHB",
        ],
        primary: GRID,
        items: vec![
            grid,
            Item::new(
                12,
                b"hvc1",
                data(b"the second tile"),
                &[ESSENTIAL | 1, 3, 4],
            ),
            Item::new(13, b"hvc1", data(b"the first tile"), &[ESSENTIAL | 1, 3, 4]),
            Item::new(ALPHA, b"hvc1", data(b"transparent"), &[ESSENTIAL | 1, 2, 7]),
            Item::new(THUMBNAIL, b"hvc1", data(HIDDEN), &[ESSENTIAL | 1, 3]),
            Item::new(DEPTH, b"hvc1", data(HIDDEN), &[ESSENTIAL | 1, 2, 8]),
            Item::new(EXIF, b"Exif", exif, &[]),
            Item::new(XMP, b"mime", xmp, &[]),
            Item::new(19, b"uri ", SECRET.to_vec(), &[]),
            Item::new(20, b"tmap", SECRET.to_vec(), &[2]),
        ],
        references: vec![
            (*b"dimg", GRID, TILES.to_vec()),
            (*b"auxl", ALPHA, vec![GRID]),
            (*b"thmb", THUMBNAIL, vec![GRID]),
            (*b"auxl", DEPTH, vec![GRID]),
            (*b"cdsc", EXIF, vec![GRID]),
            (*b"cdsc", XMP, vec![GRID]),
            (*b"dimg", 20, vec![GRID, DEPTH]),
            (*b"prem", GRID, vec![ALPHA]),
        ],
        properties: vec![
            hevc_config(&[(32, b"v"), (33, b"s"), (34, b"p"), (39, SECRET)]),
            size(96, 32),
            size(48, 32),
            versioned(b"pixi", 0, 0, &[&[3, 8, 8, 8]]),
            boxed(b"colr", &[b"prof", &profile(200)]),
            boxed(b"irot", &[&[3]]),
            auxiliary(b"urn:mpeg:hevc:2015:auxid:1"),
            auxiliary(b"urn:mpeg:hevc:2015:auxid:2"),
            versioned(b"udes", 0, 0, &[b"en\0", SECRET, &[0; 3]]),
        ],
        version: 1,
        extents: 1,
        gap: SECRET.to_vec(),
        in_directory: vec![
            boxed(b"grpl", &[&versioned(b"altr", 0, 0, &[SECRET])]),
            boxed(b"uuid", &[SECRET, &[0; 16]]),
        ],
        behind: vec![
            boxed(b"uuid", &[&[0; 16], SECRET]),
            boxed(b"moov", &[SECRET]),
            boxed(b"mpvd", &[SECRET]),
        ],
        name: SECRET.to_vec(),
    }
}

/// A unit of AV1 that says how long it is.
pub(crate) fn obu(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind << 3 | 2, body.len() as u8], body].concat()
}

/// An AVIF of one item, with all that has to go around its pixels.
pub(crate) fn avif() -> Picture {
    let frame = [&[6 << 3][..], b"a frame to the end"].concat();
    let data = [obu(2, b""), obu(1, b"a sequence"), frame].concat();
    let config = [&[0x81, 0, 0x0C, 0][..], &obu(5, SECRET)].concat();
    let mut picture = tiles();
    let is_kept = |item: &Item| [EXIF, XMP].contains(&item.id);
    picture.items.retain(is_kept);
    picture
        .items
        .insert(0, Item::new(1, b"av01", data, &[ESSENTIAL | 1, 2, 3, 4]));
    picture.primary = 1;
    picture.references = vec![(*b"cdsc", EXIF, vec![1])];
    picture.properties = vec![
        boxed(b"av1C", &[&config]),
        size(48, 32),
        boxed(b"colr", &[b"nclx", &[0, 1, 0, 13, 0, 6, 0x80]]),
        versioned(b"udes", 0, 0, &[SECRET]),
    ];
    picture.brands = vec![*b"avif", *b"mif1", *b"miaf", *b"MA1B"];
    picture.version = 0;
    picture
}

/// Both, with an alpha picture and without.
pub(crate) fn all() -> [Picture; 2] {
    [tiles(), avif()]
}
