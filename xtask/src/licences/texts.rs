//! The texts that come with a crate, or those of its licence where it brings none.

use std::fs;
use std::path::{Path, PathBuf};

use spdx::{Expression, ParseMode};

use super::crates::Crate;
use super::file_error;
use crate::shell::TaskError;

/// How names of files begin that say on what terms one may use something.
const NAMES: [&str; 7] = [
    "licence",
    "license",
    "copying",
    "copyright",
    "notice",
    "patents",
    "unlicense",
];

/// Files with such names that are for machines, or something else altogether.
const OTHER_ENDINGS: [&str; 7] = ["rs", "json", "toml", "spdx", "html", "py", "yml"];

/// Folders with what is not in the app.
const SKIPPED_FOLDERS: [&str; 6] = ["tests", "benches", "examples", "fuzz", "target", ".git"];

/// Where some keep one file for each licence.
const LICENCES_FOLDER: &str = "licenses";

/// Depth of folders that is looked at.
const DEPTH_MAX: usize = 8;

/// Parts of names of files with the text of a licence other than the MIT licence.
const NOT_MIT: [&str; 10] = [
    "apache",
    "a2",
    "llvm",
    "zlib",
    "unlicense",
    "cc0",
    "bsd",
    "gpl",
    "boost",
    "mit0",
];

/// What licences say, and texts do not that only name one.
const GRANTS: [&str; 10] = [
    "as much permission",
    "permission is hereby granted",
    "permission is granted",
    "permission to use",
    "redistribution and use",
    "terms and conditions",
    "conditions:",
    "data recipient",
    "hereby grants",
    "no copyright",
];

/// Where the blank MIT licence has the authors.
const BLANK: &str = "<year> <copyright holders>";

/// The texts that belong to a crate.
pub(super) fn of(found: &Crate) -> Result<Vec<String>, TaskError> {
    let mut paths = Vec::new();
    walk(&found.folder, 0, &mut paths)
        .map_err(|source| file_error(&found.folder.display().to_string(), source))?;
    paths.sort();
    let mut texts = Vec::new();
    for path in wanted(&found.licence, &found.folder, paths) {
        let bytes = fs::read(&path);
        let bytes = bytes.map_err(|source| file_error(&path.display().to_string(), source))?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        // Some archives hold a link that leads nowhere, as a file with a path in it.
        if text.split_whitespace().nth(1).is_some() {
            texts.push(text);
        }
    }
    if !texts.iter().any(|text| is_licence(text)) {
        texts.extend(blank(found));
    }
    Ok(texts)
}

fn walk(folder: &Path, depth: usize, paths: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let is_for_licences = folder
        .file_name()
        .is_some_and(|name| name.eq_ignore_ascii_case(LICENCES_FOLDER));
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().to_lowercase();
        if entry.file_type()?.is_dir() {
            if depth < DEPTH_MAX && !SKIPPED_FOLDERS.contains(&name.as_str()) {
                walk(&entry.path(), depth + 1, paths)?;
            }
        } else if is_for_licences || is_about_terms(&name) {
            paths.push(entry.path());
        }
    }
    Ok(())
}

fn is_about_terms(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    NAMES.iter().any(|start| name.starts_with(start))
        && ending.is_none_or(|ending| !OTHER_ENDINGS.contains(&ending))
}

/// Whether it is a licence, and does not only name one.
fn is_licence(text: &str) -> bool {
    let words: Vec<_> = text.split_whitespace().collect();
    let text = words.join(" ").to_lowercase();
    GRANTS.iter().any(|grant| text.contains(grant))
}

/// Of files for several licences that one may choose from, those of the MIT licence, which names
/// the authors and is short; without such, all but the GPL. Everything else stays.
fn wanted(licence: &str, folder: &Path, paths: Vec<PathBuf>) -> Vec<PathBuf> {
    let name = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.to_lowercase()
    };
    let is_other = |name: &str| NOT_MIT.iter().any(|other| name.contains(other));
    let is_mit = |path: &PathBuf| {
        let name = name(path);
        path.parent() == Some(folder) && name.contains("mit") && !is_other(&name)
    };
    let (may_choose, has_mit) = (!licence.contains("AND"), paths.iter().any(is_mit));
    let is_unwanted =
        |name: &str| may_choose && (name.contains("gpl") || has_mit && is_other(name));
    let kept = paths.into_iter().filter(|path| !is_unwanted(&name(path)));
    kept.collect()
}

/// The licence's own text, for a crate that brings none: the Apache licence if it may be chosen, as
/// it asks for no name, else all that are named, with the authors where they belong.
fn blank(found: &Crate) -> Vec<String> {
    let Ok(expression) = Expression::parse_mode(&found.licence, ParseMode::LAX) else {
        return Vec::new();
    };
    let named = expression.requirements();
    let mut named: Vec<_> = named.filter_map(|named| named.req.license.id()).collect();
    if let Some(apache) = named.iter().find(|id| id.name == "Apache-2.0") {
        named = vec![*apache];
    }
    let by = authors(found);
    let texts = named.iter().map(|id| id.text().replace(BLANK, &by));
    texts.collect()
}

/// Names without addresses.
fn authors(found: &Crate) -> String {
    let names = found.authors.iter();
    let names = names.map(|name| name.split('<').next().unwrap_or_default().trim());
    let names: Vec<_> = names.filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        format!("the authors of {}", found.name)
    } else {
        names.join(", ")
    }
}

/// A line this long was filled: what follows belongs to it.
const FILLED_MIN: usize = 45;

/// A line this long goes on with what does not begin with a capital.
const BEGUN_MIN: usize = 30;

/// What is set in further is a title in the middle.
const INDENT_MAX: usize = 10;

/// How lines begin that stand for themselves.
const OWN_LINES: [&str; 7] = ["Copyright", "COPYRIGHT", "(c)", "(C)", "©", "- ", "* "];

/// What some have in front of each line, as if it were code.
const COMMENT: &str = "//";

/// The text without the width of somebody's terminal: paragraphs are one line each, which the
/// window breaks where it ends, and nothing is set in.
pub(super) fn reflow(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut last = 0;
    let raw = raw.trim_start_matches('\u{feff}').trim();
    let is_comment = raw.lines().all(|line| line.starts_with(COMMENT));
    for line in raw.lines() {
        let line = line.trim_end();
        let words = if is_comment {
            line.trim_start_matches(COMMENT)
        } else {
            line
        };
        let words = words.trim_start();
        if words.is_empty() {
            let is_double = text.ends_with("\n\n");
            text.push_str(if is_double { "" } else { "\n" });
            last = 0;
            continue;
        }
        if goes_on(last, words) {
            text.pop();
            text.push(' ');
        }
        text.push_str(words);
        text.push('\n');
        let is_rule = words.chars().all(|c| !c.is_alphanumeric());
        let indent = (line.len() - words.len()).min(INDENT_MAX);
        last = if is_rule {
            0
        } else {
            indent + words.chars().count()
        };
    }
    text.trim().to_owned()
}

/// Whether these words belong to a line of that many characters before them.
fn goes_on(last: usize, words: &str) -> bool {
    let is_own = OWN_LINES.iter().any(|start| words.starts_with(start));
    let is_begun = words.starts_with(|c: char| c.is_lowercase()) && !words.starts_with("http");
    !is_own && (last >= FILLED_MIN || last >= BEGUN_MIN && is_begun)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(licence: &str, authors: &[&str]) -> Crate {
        Crate {
            name: "one".to_owned(),
            version: "1.0.0".to_owned(),
            licence: licence.to_owned(),
            authors: authors.iter().map(|&name| name.to_owned()).collect(),
            repository: None,
            folder: PathBuf::new(),
        }
    }

    fn wanted_of(licence: &str, names: &[&str]) -> Vec<String> {
        let paths = names.iter().map(PathBuf::from).collect();
        let kept = wanted(licence, Path::new(""), paths).into_iter();
        kept.map(|path| path.display().to_string()).collect()
    }

    #[test]
    fn where_one_may_choose_the_mit_licence_is_taken_with_all_notices() {
        let names = ["COPYRIGHT", "LICENSE-APACHE", "LICENSE-MIT"];
        let kept = wanted_of("MIT OR Apache-2.0", &names);
        assert_eq!(kept, ["COPYRIGHT", "LICENSE-MIT"]);
    }

    #[test]
    fn where_one_may_not_choose_every_text_stays() {
        let names = ["LICENSE-BSD", "LICENSE-MIT"];
        assert_eq!(wanted_of("MIT AND BSD-3-Clause", &names), names);
    }

    #[test]
    fn without_a_file_for_the_mit_licence_every_text_stays() {
        let names = ["LICENSE", "LICENSE-APACHE"];
        assert_eq!(wanted_of("MIT OR Apache-2.0", &names), names);
    }

    #[test]
    fn where_one_may_choose_it_is_not_the_gpl() {
        let kept = wanted_of("Apache-2.0 OR GPL-2.0-only", &["LICENSE", "LICENSE-GPLv2"]);
        assert_eq!(kept, ["LICENSE"]);
    }

    #[test]
    fn a_text_that_only_names_a_licence_is_none() {
        assert!(!is_licence(
            "Licensed under the MIT license, at your option."
        ));
        assert!(is_licence(
            "Permission is hereby\n  granted, free of charge"
        ));
    }

    #[test]
    fn source_code_about_licences_is_no_text() {
        assert!(is_about_terms("license-apache-2.0"));
        assert!(!is_about_terms("license.rs"));
        assert!(!is_about_terms("readme.md"));
    }

    #[test]
    fn a_blank_licence_names_the_authors_without_their_addresses() {
        let texts = blank(&found("MIT", &["Ada <ada@example.org>", "Jonas"]));
        assert!(texts[0].contains("Copyright (c) Ada, Jonas\n"), "{texts:?}");
    }

    #[test]
    fn the_licence_that_needs_no_name_is_preferred_to_a_blank_one() {
        let texts = blank(&found("MIT/Apache-2.0", &[]));
        assert_eq!(texts.len(), 1);
        assert!(texts[0].contains("Apache License"), "{texts:?}");
    }

    #[test]
    fn a_paragraph_becomes_a_line() {
        let long = "Permission is hereby granted, free of charge, to any person obtaining a";
        let raw = format!("  A title\n\n\n  {long}\n  copy of this\n\nThe end\n");
        let flowed = format!("A title\n\n{long} copy of this\n\nThe end");
        assert_eq!(reflow(&raw), flowed);
    }

    #[test]
    fn a_text_is_not_shown_as_a_comment() {
        assert_eq!(reflow("// Ada.\n//\n// You may."), "Ada.\n\nYou may.");
    }

    #[test]
    fn each_holder_of_a_copyright_keeps_their_line() {
        let raw = "Copyright (c) 2018-2026 the developers of something with a long name\n\
                   Copyright (c) 2020 Ada";
        assert_eq!(reflow(raw), raw);
    }
}
