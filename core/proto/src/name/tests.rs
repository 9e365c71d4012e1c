//! Hostile names by example, and the promises of the module by property.

use proptest::prelude::*;
use unicode_normalization::is_nfc;

use super::*;

fn name(raw: &str) -> String {
    SafeName::sanitise(raw).to_string()
}

fn path(raw: &str) -> String {
    SafePath::sanitise(raw).to_string()
}

#[test]
fn ordinary_names_stay_as_they_are() {
    for kept in [
        "photo.jpg",
        ".gitignore",
        "~draft",
        "-rf",
        "Grüße aus Köln.txt",
        "写真 2026.png",
        "a..b",
        "console.log",
        "com10.txt",
        "lpt.txt",
        "partial",
        "x.parts",
        "I ❤️ this.md",
    ] {
        assert_eq!(name(kept), kept);
    }
}

#[test]
fn hostile_names_become_safe() {
    let cases = [
        ("../../x", ".._.._x"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        (" . . ", "file"),
        ("\u{200B}\u{FEFF}", "file"),
        ("C:\\Windows\\x", "C__Windows_x"),
        ("notes.txt:stream", "notes.txt_stream"),
        ("a\0b\nc\u{1b}[31m", "a_b_c_[31m"),
        ("trailing. . ", "trailing"),
        (" leading", "leading"),
        ("\u{202E}gpj.exe", "gpj.exe"),
        ("a\u{2066}b\u{2069}c\u{200E}d\u{200F}e\u{061C}f", "abcdef"),
        ("<>:\"|?*", "_______"),
    ];
    for (raw, safe) in cases {
        assert_eq!(name(raw), safe, "{raw:?}");
    }
}

#[test]
fn windows_devices_are_renamed_with_any_extension() {
    let cases = [
        ("CON", "_CON"),
        ("com1.txt", "_com1.txt"),
        ("LPT9", "_LPT9"),
        ("nul.tar.gz", "_nul.tar.gz"),
        ("aux .txt", "_aux .txt"),
        ("COM²", "_COM²"),
        ("CONOUT$", "_CONOUT$"),
        ("CO\u{200B}N", "_CON"),
    ];
    for (raw, safe) in cases {
        assert_eq!(name(raw), safe, "{raw:?}");
    }
}

#[test]
fn our_own_suffix_is_not_given_away() {
    assert_eq!(name("film.mkv.part"), "film.mkv.part_");
    assert_eq!(name("film.PART"), "film.PART_");
    assert_eq!(name("film.part..."), "film.part_");
    assert_eq!(name("con.part"), "_con.part_");
}

#[test]
fn long_names_are_cut_between_characters_and_keep_their_extension() {
    let cut = name(&format!("{}.jpeg", "ä".repeat(150)));
    assert!(
        cut.len() <= NAME_MAX_BYTES && cut.len() > 245,
        "{}",
        cut.len()
    );
    assert!(cut.starts_with('ä') && cut.ends_with("ä.jpeg"));

    let archive = name(&format!("{}.tar.gz", "a".repeat(300)));
    assert!(archive.ends_with("a.tar.gz"));

    let exact = "a".repeat(NAME_MAX_BYTES);
    assert_eq!(name(&exact), exact);
}

#[test]
fn cutting_does_not_uncover_what_was_refused() {
    let device = name(&format!("CON{}x", " ".repeat(300)));
    assert_eq!(device, "_CON");
    // Cut right behind `.part`, where the long tail no longer hides it.
    for len in 240..260 {
        let raw = format!("{}.part{}", "a".repeat(len), "b".repeat(60));
        assert!(!name(&raw).ends_with(PARTIAL_SUFFIX), "{len}");
    }
}

#[test]
fn accents_are_composed() {
    assert_eq!(name("Cafe\u{301}.txt"), "Caf\u{e9}.txt");
    assert_eq!(name("Cafe\u{200B}\u{301}.txt"), "Caf\u{e9}.txt");
}

#[test]
fn names_that_some_system_takes_for_one_share_a_key() {
    for (a, b) in [
        ("Photo.JPG", "photo.jpg"),
        ("CAFE\u{301}", "caf\u{e9}"),
        ("ΟΔΟΣ", "οδος"),
        ("STRASSE", "straße"),
    ] {
        assert_eq!(
            SafeName::sanitise(a).fold_key(),
            SafeName::sanitise(b).fold_key(),
            "{a} {b}"
        );
    }
    assert_ne!(
        SafeName::sanitise("a").fold_key(),
        SafeName::sanitise("b").fold_key()
    );
    assert_eq!(
        SafePath::sanitise("A/B").fold_key(),
        SafePath::sanitise("a/b").fold_key()
    );
}

#[test]
fn numbers_go_before_the_extension() {
    let cases = [
        ("photo.jpg", "photo (2).jpg"),
        ("archive.tar.gz", "archive (2).tar.gz"),
        ("README", "README (2)"),
        (".profile", ".profile (2)"),
        (".._", ".._ (2)"),
        ("film.part_", "film (2).part_"),
    ];
    for (plain, numbered) in cases {
        assert_eq!(SafeName::sanitise(plain).numbered(2).as_str(), numbered);
    }
    let long = SafeName::sanitise(&format!("{}.jpg", "é".repeat(200)));
    let numbered = long.numbered(u32::MAX).to_string();
    assert!(numbered.len() <= NAME_MAX_BYTES);
    assert!(numbered.ends_with(" (4294967295).jpg"));
}

#[test]
fn paths_stay_below_their_folder() {
    let cases = [
        ("holiday/day 1/a.jpg", "holiday/day 1/a.jpg"),
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("a\\..\\b", "a/b"),
        ("C:\\Users\\me\\x.txt", "C_/Users/me/x.txt"),
        ("\\\\server\\share\\x", "server/share/x"),
        ("a//./b/", "a/b"),
        ("a/ .. /\u{200B}/.\u{200B}./b", "a/b"),
        ("", "file"),
        ("../..", "file"),
        ("con/aux.h", "_con/_aux.h"),
    ];
    for (raw, safe) in cases {
        assert_eq!(path(raw), safe, "{raw:?}");
    }
}

#[test]
fn too_deep_and_too_long_paths_keep_the_file_name() {
    let deep = SafePath::sanitise(&format!("{}x.txt", "d/".repeat(1000)));
    assert_eq!(deep.components().count(), PATH_DEPTH_MAX);
    assert_eq!(deep.file_name().as_str(), "x.txt");

    let long = SafePath::sanitise(&format!(
        "{}x.txt",
        format!("{}/", "d".repeat(200)).repeat(9)
    ));
    assert_eq!(long.folders().len(), 5);
    assert_eq!(long.file_name().as_str(), "x.txt");
    assert!(long.to_string().len() <= PATH_MAX_BYTES);
}

#[test]
fn strict_parsing_says_what_a_path_breaks() {
    assert_eq!(
        SafePath::parse("a/b.txt").map(|path| path.to_string()),
        Ok("a/b.txt".to_owned())
    );
    let too_long = "a".repeat(PATH_MAX_BYTES + 1);
    assert!(matches!(
        SafePath::parse(&too_long),
        Err(NameError::TooLong {
            len_bytes: 1025,
            ..
        })
    ));
    let too_deep = vec!["a"; PATH_DEPTH_MAX + 1].join("/");
    assert!(matches!(
        SafePath::parse(&too_deep),
        Err(NameError::TooDeep { depth: 33, .. })
    ));
    for text in [
        "", "/a", "a/", "a//b", "../a", "a\\b", "a/con", "e\u{301}", "x.part", "x ",
    ] {
        assert_eq!(SafePath::parse(text), Err(NameError::Unsafe), "{text:?}");
    }
    assert_eq!(SafeName::parse("a/b"), Err(NameError::Unsafe));
    assert!(SafeName::parse("a.txt").is_ok());
}

/// Mostly the characters that have a rule of their own, among arbitrary ones.
fn hostile() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        "/",
        "\\",
        ":",
        ".",
        "..",
        " ",
        "\0",
        "\n",
        "\u{7f}",
        "\u{85}",
        "\u{a0}",
        "\u{202e}",
        "\u{2066}",
        "\u{200b}",
        "\u{200d}",
        "\u{feff}",
        "\u{301}",
        "\u{338}",
        "e",
        "<",
        "=",
        "CON",
        "com1",
        "LPT\u{b9}",
        "nul",
        ".part",
        ".PART",
        ".tar",
        ".gz",
        "_",
        "\u{212a}",
        "\u{fffe}",
        "\u{1fef}",
        "\u{37e}",
        "ΐ",
        "ß",
        "İ",
        "😀",
    ]);
    let piece = prop_oneof![
        4 => special.prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
        1 => "[a-z. ]{0,120}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn assert_safe(name: &SafeName) {
    let text = name.as_str();
    assert!(
        !text.is_empty() && text.len() <= NAME_MAX_BYTES,
        "{} bytes",
        text.len()
    );
    assert!(!text.contains(['/', '\\', ':']), "{text:?}");
    assert!(
        !text.chars().any(|c| c.is_control() || is_invisible(c)),
        "{text:?}"
    );
    assert!(
        text != "." && text != ".." && !text.ends_with(['.', ' ']),
        "{text:?}"
    );
    assert!(!text.to_lowercase().ends_with(PARTIAL_SUFFIX), "{text:?}");
    assert!(!is_device(text), "{text:?}");
    assert!(is_nfc(text), "{text:?}");
    assert_eq!(
        &SafeName::sanitise(text),
        name,
        "sanitising again changes nothing"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_name_is_safe(raw in hostile()) {
        assert_safe(&SafeName::sanitise(&raw));
    }

    #[test]
    fn every_numbered_name_is_safe_and_keeps_its_number(raw in hostile(), n: u32) {
        let numbered = SafeName::sanitise(&raw).numbered(n);
        assert_safe(&numbered);
        let number = format!("({n})");
        prop_assert!(numbered.as_str().contains(&number));
    }

    #[test]
    fn every_path_is_safe(raw in hostile(), inner in hostile(), repeat in 0..40usize) {
        let safe = SafePath::sanitise(&format!("{}{inner}", format!("{raw}/").repeat(repeat)));
        safe.components().for_each(assert_safe);
        let text = safe.to_string();
        prop_assert!(text.len() <= PATH_MAX_BYTES);
        prop_assert!(safe.components().count() <= PATH_DEPTH_MAX);
        prop_assert_eq!(SafePath::parse(&text), Ok(safe));
    }

    #[test]
    fn names_with_equal_keys_differ_only_in_case(raw in hostile()) {
        let name = SafeName::sanitise(&raw);
        let upper = SafeName::sanitise(&name.as_str().to_uppercase());
        if upper.as_str().len() < NAME_MAX_BYTES - GUARD_BYTES {
            prop_assert_eq!(name.fold_key(), upper.fold_key());
        }
    }
}
