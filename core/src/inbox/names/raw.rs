//! Names that somebody made up to do harm.

use fastrand::Rng;

/// Parts of a path at most, most of the time.
const PARTS_MAX: usize = 6;

const STARTS: [&str; 14] = [
    "",
    "/",
    "//",
    "\\",
    "C:\\",
    "c:",
    "\\\\server\\share\\",
    "\\\\?\\C:\\",
    "\\\\.\\",
    "~/",
    "file:///",
    "./",
    "../",
    "\u{FEFF}",
];

const SEPARATORS: [&str; 14] = [
    "/", "/", "/", "\\", "//", "\\/", "/./", "/../", "\\..\\", "\0/",
    "\u{2215}", // division slash
    "\u{2044}", // fraction slash
    "\u{FF0F}", // full-width solidus
    "\u{FF3C}", // full-width reverse solidus
];

const PARTS: [&str; 56] = [
    "..",
    ".",
    "...",
    ". .",
    ".. ",
    " ..",
    "..\0",
    ".\u{200B}.",
    "\u{202E}..",
    "\u{2024}\u{2024}", // dots that are one character each
    "\u{FF0E}\u{FF0E}",
    "\u{2026}",
    "%2e%2e",
    "..%00",
    "",
    " ",
    "\0",
    "\n",
    "\u{7F}",
    "C:",
    "a:b",
    "file.txt::$DATA",
    "CON",
    "nul.txt",
    "com1",
    "LPT\u{B9}.log",
    "aux .c",
    "PRN.",
    "-rf",
    "~",
    "$HOME",
    "`id`",
    "*",
    "a|b",
    "desktop.ini",
    ".htaccess",
    ".parlor-partial",
    ".PARLOR-PARTIAL",
    "x.part",
    "x.PART",
    // What is there, or in the way.
    "link",
    "LINK",
    "abs",
    "up",
    "loop",
    "inner",
    "file-link",
    "dangling",
    "dangling-abs",
    "real",
    "deep",
    "Photo.jpg",
    "photo.JPG",
    // The same letters, composed and not.
    "\u{E9}",
    "e\u{301}",
    "\u{1100}\u{1161}",
];

/// One name.
pub(super) fn name(rng: &mut Rng) -> String {
    match rng.u8(0..20) {
        0 => noise(rng),
        1 => part(rng),
        2 => deep(rng),
        _ => path(rng),
    }
}

fn path(rng: &mut Rng) -> String {
    let mut path = pick(rng, &STARTS).to_owned();
    for index in 0..rng.usize(1..=PARTS_MAX) {
        if index > 0 {
            path += pick(rng, &SEPARATORS);
        }
        path += &part(rng);
    }
    if rng.u8(0..10) == 0 {
        path += pick(rng, &SEPARATORS);
    }
    path
}

fn part(rng: &mut Rng) -> String {
    match rng.u8(0..10) {
        0..=4 => pick(rng, &PARTS).to_owned(),
        5..=7 => word(rng),
        8 => long(rng),
        _ => pick(rng, &PARTS).to_owned() + &word(rng),
    }
}

/// A plain name, so that not all of them collide.
fn word(rng: &mut Rng) -> String {
    let len = rng.usize(1..8);
    let letters = core::iter::repeat_with(|| rng.alphanumeric());
    letters.take(len).collect::<String>() + ".txt"
}

/// About as long as a file system takes, in characters of one to four bytes.
fn long(rng: &mut Rng) -> String {
    let letter = pick(rng, &["a", ".", "\u{E9}", "漢", "👩", "e\u{301}"]);
    letter.repeat(rng.usize(50..300))
}

/// More folders than a path may have.
fn deep(rng: &mut Rng) -> String {
    let part = pick(rng, &["d/", "../", "real/", "a\\", "link/"]);
    part.repeat(rng.usize(20..80)) + &word(rng)
}

/// Any characters at all.
fn noise(rng: &mut Rng) -> String {
    let len = rng.usize(0..60);
    core::iter::repeat_with(|| rng.char(..)).take(len).collect()
}

fn pick<'a>(rng: &mut Rng, list: &[&'a str]) -> &'a str {
    list[rng.usize(0..list.len())]
}
