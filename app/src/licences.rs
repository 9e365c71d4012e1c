//! Whose work is in the app, and on what terms: `assets/licences.json`, which
//! `cargo xtask licences` writes.

use serde::Deserialize;

/// Part of the program, and looked at only while somebody wants to know.
const FILE: &[u8] = include_bytes!("../../assets/licences.json");

/// Work of others.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Work {
    /// What it is called.
    pub name: String,
    /// Empty where there is none.
    #[serde(default)]
    pub version: String,
    /// On what terms it comes, as an SPDX expression.
    pub licence: String,
    /// Where its source is, if the terms ask to say so.
    pub source: Option<String>,
    texts: Vec<usize>,
}

/// Libraries that begin with the same letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// In capitals.
    pub letter: char,
    /// By name.
    pub works: Vec<Work>,
}

#[derive(Debug, Default, Deserialize)]
struct Kept {
    others: Vec<Work>,
    crates: Vec<Work>,
    texts: Vec<String>,
}

/// All of it.
#[derive(Debug, Default)]
pub struct Licences {
    /// Fonts, icons and words.
    pub others: Vec<Work>,
    /// Libraries.
    pub shelves: Vec<Shelf>,
    texts: Vec<String>,
}

impl Licences {
    /// Reads the file, which takes some milliseconds. Nothing is there if it is damaged.
    #[must_use]
    pub fn read() -> Self {
        let kept = serde_json::from_slice(FILE);
        let kept: Kept = kept.unwrap_or_else(|error| {
            tracing::error!(%error, "the list of licences is damaged");
            Kept::default()
        });
        let mut shelves: Vec<Shelf> = Vec::new();
        for work in kept.crates {
            let letter = letter(&work.name);
            match shelves.iter_mut().find(|shelf| shelf.letter == letter) {
                Some(shelf) => shelf.works.push(work),
                None => shelves.push(Shelf {
                    letter,
                    works: vec![work],
                }),
            }
        }
        Self {
            others: kept.others,
            shelves,
            texts: kept.texts,
        }
    }

    /// The terms of a work in full, with the notices that belong to them.
    pub fn texts<'a>(&'a self, work: &'a Work) -> impl Iterator<Item = &'a str> {
        let texts = work.texts.iter();
        texts.filter_map(|&place| self.texts.get(place).map(String::as_str))
    }
}

fn letter(name: &str) -> char {
    name.chars().next().unwrap_or('?').to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_work_has_its_terms() {
        let licences = Licences::read();
        let crates = licences.shelves.iter().flat_map(|shelf| &shelf.works);
        let works: Vec<_> = licences.others.iter().chain(crates).collect();
        assert!(works.len() > 100, "{}", works.len());
        for work in works {
            assert!(licences.texts(work).next().is_some(), "{work:?}");
        }
    }

    #[test]
    fn a_library_is_found_by_its_letter() {
        let licences = Licences::read();
        let shelf = licences.shelves.iter().find(|shelf| shelf.letter == 'T');
        let mut works = shelf.expect("there is one").works.iter();
        assert!(works.any(|work| work.name == "tokio"));
    }

    #[test]
    fn each_letter_is_there_once() {
        let licences = Licences::read();
        let mut letters: Vec<_> = licences.shelves.iter().map(|shelf| shelf.letter).collect();
        let count = letters.len();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), count);
    }
}
