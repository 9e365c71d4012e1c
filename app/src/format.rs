//! Numbers and times as people write them in their language.

use std::time::Duration;

use chrono::{DateTime, Local, Locale, NaiveDate, TimeZone as _};

use crate::t;
use crate::words::Words;

const KILO: f64 = 1000.0;

fn locale(words: &Words) -> Locale {
    match words.language() {
        "de" => Locale::de_DE,
        "es" => Locale::es_ES,
        "zh-CN" => Locale::zh_CN,
        _ => Locale::en_GB,
    }
}

/// A number of bytes, in decimal units as file managers and networks count.
#[must_use]
pub fn size(words: &Words, bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut number = bytes as f64;
    let mut unit = 0;
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    while number >= 999.5 && unit + 1 < UNITS.len() {
        number /= KILO;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && number < 9.95);
    let text = format!("{number:.digits$}");
    let text = match words.language() {
        "de" | "es" => text.replace('.', ","),
        _ => text,
    };
    format!("{text}\u{a0}{}", UNITS[unit])
}

/// A speed.
#[must_use]
pub fn speed(words: &Words, bytes_per_second: u64) -> String {
    t!(words, "speed", size = size(words, bytes_per_second))
}

/// Time until a transfer ends, in the two largest units that matter.
#[must_use]
pub fn time_left(words: &Words, left: Duration) -> String {
    let seconds = left.as_secs();
    if seconds < 60 {
        t!(words, "left-seconds", count = seconds.max(1))
    } else if seconds < 3600 {
        t!(words, "left-minutes", count = seconds.div_ceil(60))
    } else {
        let (hours, minutes) = (seconds / 3600, seconds % 3600 / 60);
        t!(words, "left-hours", hours = hours, minutes = minutes)
    }
}

fn local(at_ms: u64) -> DateTime<Local> {
    let at_ms = i64::try_from(at_ms).unwrap_or(i64::MAX);
    let at = Local.timestamp_millis_opt(at_ms).earliest();
    at.unwrap_or_default()
}

/// The time of day.
#[must_use]
pub fn time(at_ms: u64) -> String {
    local(at_ms).format("%H:%M").to_string()
}

/// A day, in relation to today where that is how people speak.
#[must_use]
pub fn day(words: &Words, at_ms: u64, now_ms: u64) -> String {
    let (day, today) = (local(at_ms).date_naive(), local(now_ms).date_naive());
    match (today - day).num_days() {
        0 => t!(words, "today"),
        1 => t!(words, "yesterday"),
        2..=6 => day.format_localized("%A", locale(words)).to_string(),
        _ => date(words, day, today),
    }
}

fn date(words: &Words, day: NaiveDate, today: NaiveDate) -> String {
    use chrono::Datelike as _;
    let is_this_year = day.year() == today.year();
    let form = match (words.language(), is_this_year) {
        ("de", true) => "%-d. %B",
        ("de", false) => "%-d. %B %Y",
        ("es", true) => "%-d de %B",
        ("es", false) => "%-d de %B de %Y",
        ("zh-CN", true) => "%-m月%-d日",
        ("zh-CN", false) => "%Y年%-m月%-d日",
        (_, true) => "%-d %B",
        (_, false) => "%-d %B %Y",
    };
    day.format_localized(form, locale(words)).to_string()
}

/// When something happened, in a line of a list: a time today, else a day.
#[must_use]
pub fn short_when(words: &Words, at_ms: u64, now_ms: u64) -> String {
    if local(at_ms).date_naive() == local(now_ms).date_naive() {
        time(at_ms)
    } else {
        day(words, at_ms, now_ms)
    }
}

/// Whether two times are on different days here.
#[must_use]
pub fn is_another_day(one_ms: u64, other_ms: u64) -> bool {
    local(one_ms).date_naive() != local(other_ms).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits_at_most_and_the_comma_of_the_language() {
        let (en, de) = (Words::new(Some("en")), Words::new(Some("de")));
        let plain = |words: &Words, bytes| size(words, bytes).replace('\u{a0}', " ");
        assert_eq!(plain(&en, 0), "0 B");
        assert_eq!(plain(&en, 999), "999 B");
        assert_eq!(plain(&en, 1_000), "1.0 kB");
        assert_eq!(plain(&de, 4_230_000), "4,2 MB");
        assert_eq!(plain(&en, 999_600), "1.0 MB");
        assert_eq!(plain(&en, 42_300_000), "42 MB");
        assert_eq!(plain(&en, u64::MAX), "18446744 TB");
    }

    #[test]
    fn days_near_are_named_and_days_far_are_dated() {
        let words = Words::new(Some("de"));
        let now = Local.with_ymd_and_hms(2026, 11, 27, 12, 0, 0).unwrap();
        let ms = |at: DateTime<Local>| u64::try_from(at.timestamp_millis()).unwrap();
        let ago = |days| ms(now - chrono::Duration::days(days));
        assert_eq!(day(&words, ago(0), ms(now)), "Heute");
        assert_eq!(day(&words, ago(1), ms(now)), "Gestern");
        assert_eq!(day(&words, ago(3), ms(now)), "Dienstag");
        assert_eq!(day(&words, ago(30), ms(now)), "28. Oktober");
        assert_eq!(day(&words, ago(400), ms(now)), "23. Oktober 2025");
    }

    #[test]
    fn a_time_no_calendar_has_is_no_panic() {
        let words = Words::new(Some("en"));
        assert!(!day(&words, u64::MAX, 0).is_empty());
    }
}
