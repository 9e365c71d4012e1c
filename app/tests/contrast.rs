//! Whether text can be read: the contrast of every pair of colours that meet as text and ground
//! (WCAG 2.2, success criterion 1.4.3, level AA), light and dark.

use std::collections::BTreeMap;

const TOKENS: &str = include_str!("../../assets/css/tokens.css");

/// Level AA for text of any size.
const CONTRAST_MIN: f64 = 4.5;

/// Text and what it stands on.
const PAIRS: [(&str, &str); 15] = [
    ("ink", "ground"),
    ("ink", "surface"),
    ("ink", "button"),
    ("muted", "ground"),
    ("muted", "surface"),
    ("muted", "sunken"),
    ("accent-ink", "accent"),
    ("accent-text", "accent-soft"),
    ("accent-text", "ground"),
    ("accent-text", "surface"),
    ("ours-ink", "ours"),
    ("warn", "warn-soft"),
    ("danger", "danger-soft"),
    ("danger", "ground"),
    ("good", "surface"),
];

/// The colours by name: light, and dark.
fn colors() -> BTreeMap<&'static str, [[u8; 3]; 2]> {
    let lines = TOKENS.lines().filter_map(|line| {
        let (name, value) = line
            .trim()
            .strip_prefix("--")?
            .split_once(": light-dark(")?;
        let (light, dark) = value.strip_suffix(");")?.split_once(", ")?;
        Some((name, [color(light)?, color(dark)?]))
    });
    lines.collect()
}

fn color(text: &str) -> Option<[u8; 3]> {
    let number = u32::from_str_radix(text.strip_prefix('#')?, 16).ok()?;
    let [_, red, green, blue] = number.to_be_bytes();
    Some([red, green, blue])
}

/// Relative luminance, as WCAG defines it.
fn luminance(color: [u8; 3]) -> f64 {
    let [red, green, blue] = color.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn black_on_white_has_the_most_there_is() {
    let most = contrast([0; 3], [255; 3]);
    assert!((most - 21.0).abs() < 1e-9, "{most}");
}

#[test]
fn text_can_be_read_on_what_it_stands_on() {
    let colors = colors();
    for (text, ground) in PAIRS {
        let (texts, grounds) = (colors.get(text).unwrap(), colors.get(ground).unwrap());
        for (look, (text_color, ground_color)) in texts.iter().zip(grounds).enumerate() {
            let found = contrast(*text_color, *ground_color);
            let look = ["light", "dark"][look];
            assert!(
                found >= CONTRAST_MIN,
                "{text} on {ground}, {look}: {found:.2}, less than {CONTRAST_MIN}"
            );
        }
    }
}
