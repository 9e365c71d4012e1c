//! Whether text can be read: the contrast of every pair of colours that meet as text and ground
//! (WCAG 2.2, success criterion 1.4.3, level AA), light and dark.

use std::collections::BTreeMap;

use parlor_proto::avatar::AVATAR_COLOURS;

const TOKENS: &str = include_str!("../../assets/css/tokens.css");
const PARTS: &str = include_str!("../../assets/css/base.css");

/// Level AA for text of any size.
const CONTRAST_MIN: f64 = 4.5;

/// Text and what it stands on.
const PAIRS: [(&str, &str); 16] = [
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
    ("ours-muted", "ours"),
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
    if let Some(parts) = text.strip_prefix("oklch(") {
        return oklch(parts.strip_suffix(')')?);
    }
    let number = u32::from_str_radix(text.strip_prefix('#')?, 16).ok()?;
    let [_, red, green, blue] = number.to_be_bytes();
    Some([red, green, blue])
}

/// A colour in Oklch as a screen shows it (CSS Color 4, sections 9.2 and 10.2).
fn oklch(parts: &str) -> Option<[u8; 3]> {
    let mut parts = parts.split(' ').map(|part| part.parse::<f64>().ok());
    let (light, chroma, hue) = (parts.next()??, parts.next()??, parts.next()??);
    let (sin, cos) = hue.to_radians().sin_cos();
    let (a, b) = (chroma * cos, chroma * sin);
    let cones = [
        light + 0.396_337_777_4 * a + 0.215_803_757_3 * b,
        light - 0.105_561_345_8 * a - 0.063_854_172_8 * b,
        light - 0.089_484_177_5 * a - 1.291_485_548_0 * b,
    ];
    let [long, medium, short] = cones.map(|cone| cone.powi(3));
    let linear = [
        4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short,
        -1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short,
        -0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701_0 * short,
    ];
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is clamped to a byte"
    )]
    Some(linear.map(|part| {
        let part = part.clamp(0.0, 1.0);
        let shown = if part <= 0.003_130_8 {
            12.92 * part
        } else {
            1.055 * part.powf(1.0 / 2.4) - 0.055
        };
        (shown * 255.0).round() as u8
    }))
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

#[test]
fn a_colour_in_oklch_is_what_screens_show() {
    assert_eq!(color("oklch(1 0 0)"), Some([255; 3]));
    assert_eq!(
        color("oklch(0.6279554 0.2576833 29.2338)"),
        Some([255, 0, 0])
    );
}

/// Text and ground of avatars in one colour: light, and dark.
fn avatar(hue: u16) -> Option<[[[u8; 3]; 2]; 2]> {
    let rule = PARTS.lines().find(|line| line.starts_with(".avatar {"))?;
    let rule = rule.replace("var(--h)", &hue.to_string());
    let both = |property: &str| {
        let (_, value) = rule.split_once(property)?;
        let (value, _) = value.split_once("));")?;
        let (light, dark) = value.split_once("), ")?;
        Some([color(&format!("{light})"))?, color(&format!("{dark})"))?])
    };
    let [light_text, dark_text] = both(" color: light-dark(")?;
    let [light_ground, dark_ground] = both(" background: light-dark(")?;
    Some([[light_text, light_ground], [dark_text, dark_ground]])
}

#[test]
fn the_letter_of_an_avatar_can_be_read_in_every_colour() {
    for colour in 0..AVATAR_COLOURS {
        let hue = u16::from(colour) * 30 + 10;
        for [text, ground] in avatar(hue).unwrap() {
            let found = contrast(text, ground);
            assert!(found >= CONTRAST_MIN, "{hue} degrees: {found:.2}");
        }
    }
}
