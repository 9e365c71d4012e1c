//! Names that strangers choose: of files, of folders, of themselves.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use parlor_proto::limits::{
    DISPLAY_NAME_MAX_BYTES, NAME_MAX_BYTES, PATH_DEPTH_MAX, PATH_MAX_BYTES, REASON_MAX_BYTES,
};
use parlor_proto::name::{PARTIAL_SUFFIX, SafeName, SafePath};
use parlor_proto::text::{DisplayName, one_line, reorders_or_hides};

use crate::Seed;

/// Makes a text safe in every way there is; what comes out keeps its promises and stays as it is
/// when it is made safe again. `true` when the text was a safe path as it stood.
pub fn run(data: &[u8]) -> bool {
    let text = String::from_utf8_lossy(data);
    check_name(&SafeName::sanitise(&text));
    check_path(&SafePath::sanitise(&text));
    check_shown(&text);
    SafePath::parse(&text).is_ok()
}

fn check_name(name: &SafeName) {
    check_component(name);
    // Whoever needs a free name counts up until one is free, so each must differ from the others.
    let numbered = [2, 3, u32::MAX].map(|n| name.numbered(n));
    numbered.iter().for_each(check_component);
    let keys: BTreeSet<String> = numbered.iter().map(SafeName::fold_key).collect();
    assert_eq!(keys.len(), numbered.len(), "{numbered:?} collide");
}

fn check_component(name: &SafeName) {
    let text = name.as_str();
    assert!((1..=NAME_MAX_BYTES).contains(&text.len()), "{name:?}");
    let is_forbidden = |c: char| c.is_control() || r#"/\:<>"|?*"#.contains(c);
    assert!(!text.contains(is_forbidden), "{name:?}");
    assert!(!text.ends_with('.'), "{name:?}");
    assert_eq!(text.trim(), text, "{name:?}");
    let folded = text.to_lowercase();
    assert!(!folded.ends_with(PARTIAL_SUFFIX), "{name:?}");
    let stem = folded.split('.').next().unwrap_or_default().trim_end();
    let devices = ["con", "prn", "aux", "nul", "com1", "lpt9"];
    assert!(!devices.contains(&stem), "{name:?}");
    assert_eq!(&SafeName::sanitise(text), name);
    assert_eq!(SafeName::parse(text).as_ref(), Ok(name));
}

fn check_path(path: &SafePath) {
    path.components().for_each(check_component);
    let text = path.to_string();
    assert!((1..=PATH_MAX_BYTES).contains(&text.len()), "{path:?}");
    let depth = path.components().count();
    assert!((1..=PATH_DEPTH_MAX).contains(&depth), "{path:?}");
    let on_disk = Path::new(&text).components();
    let inside = on_disk.filter(|part| matches!(part, Component::Normal(_)));
    assert_eq!(inside.count(), depth, "{path:?} leaves its folder");
    assert_eq!(&SafePath::sanitise(&text), path);
    assert_eq!(SafePath::parse(&text).as_ref(), Ok(path));
}

fn check_shown(text: &str) {
    let name = DisplayName::sanitise(text);
    let shown = name.as_str();
    assert!(
        (1..=DISPLAY_NAME_MAX_BYTES).contains(&shown.len()),
        "{name:?}"
    );
    assert!(!shown.contains(reorders_or_hides), "{name:?}");
    assert_eq!(DisplayName::sanitise(shown), name);
    let line = one_line(text, REASON_MAX_BYTES);
    assert!(line.len() <= REASON_MAX_BYTES, "{line:?}");
    assert!(!line.contains(reorders_or_hides), "{line:?}");
}

/// Safe paths, and the tricks that names play on each system.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let deep = "d/".repeat(PATH_DEPTH_MAX - 1) + "file";
    let long = "é".repeat(100) + ".tar.gz";
    let texts = [
        ("plain", "trip/beach.jpg"),
        ("hidden", ".gitignore"),
        ("scripts", "写真/صورة/ภาพ.png"),
        ("deep", &deep),
        ("long", &long),
        ("refused-up", "../../etc/passwd"),
        ("refused-root", "//server/share/C:\\x"),
        ("refused-device", "CON.txt/com¹/NUL ."),
        ("refused-stream", "file.txt:hidden:$DATA"),
        ("refused-unfinished", "film.mkv.PART"),
        ("refused-reversed", "photo\u{202E}gpj.exe"),
        ("refused-apart", "e\u{301}cole\u{200B}\u{FEFF}"),
        ("refused-dots", ". . / .. /...."),
        ("refused-nothing", "\u{0}\u{7f}\u{200D}"),
        ("refused-too-deep", &"d/".repeat(2 * PATH_DEPTH_MAX)),
        ("refused-too-long", &"ß".repeat(NAME_MAX_BYTES)),
    ];
    let broken = Seed::new("no-text", b"\xff\xfe/\xed\xa0\x80".as_slice());
    let texts = texts.map(|(name, text)| Seed::new(name, text));
    texts.into_iter().chain([broken]).collect()
}
