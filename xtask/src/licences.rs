//! Whose work is inside the app and on what terms: writes `assets/licences.json`, which the app
//! shows. A test holds it against the dependencies as they are.
//!
//! `cargo-about` does this job, too, but leaves the names of the authors out wherever it does not
//! know the form of a file or there is none: a blank form of the MIT licence for 146 crates.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

use crate::shell::{TaskError, root};

mod crates;
mod texts;

use crates::Crate;

/// What the app shows.
const FILE: &str = "assets/licences.json";

/// How the file is made.
const COMMAND: &str = "cargo xtask licences";

/// Work of others that is no crate: what it is, its licence, the file with the text.
const OTHERS: [(&str, &str, &str); 4] = [
    ("Inter", "OFL-1.1", "assets/fonts/Inter-OFL.txt"),
    ("Lucide", "ISC AND MIT", "assets/licences/lucide.txt"),
    (
        "Noto Color Emoji",
        "OFL-1.1",
        "assets/fonts/NotoColorEmoji-OFL.txt",
    ),
    ("WordNet 3.0", "WordNet", "assets/licences/wordnet.txt"),
];

/// Work of others, as it is in the file.
#[derive(Debug, Serialize, Deserialize, PartialEq, Eq)]
struct Work {
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    version: String,
    /// An SPDX expression.
    licence: String,
    /// Where its source is, if the licence asks to say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// Places in the list of texts.
    texts: Vec<usize>,
}

/// The file.
#[derive(Debug, Default, Deserialize)]
struct Licences {
    others: Vec<Work>,
    crates: Vec<Work>,
    texts: Vec<String>,
}

impl Licences {
    /// JSON with a line for each work and each text, so that a diff can be read.
    fn write(&self) -> Result<String, serde_json::Error> {
        fn lines<T: Serialize>(list: &[T]) -> Result<String, serde_json::Error> {
            let lines: Result<Vec<_>, _> = list.iter().map(serde_json::to_string).collect();
            Ok(lines?.join(",\n"))
        }
        Ok(format!(
            "{{\"others\":[\n{}\n],\"crates\":[\n{}\n],\"texts\":[\n{}\n]}}\n",
            lines(&self.others)?,
            lines(&self.crates)?,
            lines(&self.texts)?,
        ))
    }
}

/// Texts that are the same but for their spaces are kept once.
#[derive(Default)]
struct Texts {
    list: Vec<String>,
    places: BTreeMap<String, usize>,
}

impl Texts {
    fn add(&mut self, raw: &str) -> usize {
        let key: String = raw.split_whitespace().collect::<Vec<_>>().join(" ");
        *self.places.entry(key.to_lowercase()).or_insert_with(|| {
            self.list.push(texts::reflow(raw));
            self.list.len() - 1
        })
    }
}

/// Writes the file.
pub(crate) fn run() -> Result<(), TaskError> {
    let licences = collect()?;
    let json = licences.write().map_err(|error| TaskError::Unreadable {
        command: COMMAND.to_owned(),
        reason: error.to_string(),
    })?;
    fs::write(root().join(FILE), &json).map_err(|source| file_error(FILE, source))?;
    eprintln!(
        "{FILE}: {} crates, {} texts, {} KiB",
        licences.crates.len(),
        licences.texts.len(),
        json.len() / 1024
    );
    Ok(())
}

fn file_error(path: &str, source: io::Error) -> TaskError {
    TaskError::File {
        path: path.to_owned(),
        source,
    }
}

fn collect() -> Result<Licences, TaskError> {
    let mut texts = Texts::default();
    let mut others = Vec::new();
    for (name, licence, path) in OTHERS {
        let text = fs::read_to_string(root().join(path));
        let text = text.map_err(|source| file_error(path, source))?;
        others.push(Work {
            name: name.to_owned(),
            version: String::new(),
            licence: licence.to_owned(),
            source: None,
            texts: vec![texts.add(&text)],
        });
    }
    let mut works = Vec::new();
    for found in crates::described()? {
        let raw = texts::of(&found)?;
        works.push(Work {
            texts: raw.iter().map(|text| texts.add(text)).collect(),
            source: source(&found),
            licence: found.licence.replace(" / ", " OR ").replace('/', " OR "),
            name: found.name,
            version: found.version,
        });
    }
    Ok(Licences {
        others,
        crates: works,
        texts: texts.list,
    })
}

/// The MPL wants people to be told where the source is.
fn source(found: &Crate) -> Option<String> {
    let wanted = found.licence.contains("MPL");
    found.repository.clone().filter(|_| wanted)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn kept() -> Licences {
        let text = fs::read_to_string(root().join(FILE)).expect("the file is there");
        serde_json::from_str(&text).expect("it is what `write` writes")
    }

    /// Every crate in the file with its version.
    fn named(licences: &Licences) -> BTreeSet<(String, String)> {
        let crates = licences.crates.iter();
        crates
            .map(|work| (work.name.clone(), work.version.clone()))
            .collect()
    }

    #[test]
    fn the_app_names_the_crates_that_are_in_it_and_no_other() {
        let (kept, inside) = (named(&kept()), crates::inside().expect("cargo knows them"));
        let missing: Vec<_> = inside.difference(&kept).collect();
        let gone: Vec<_> = kept.difference(&inside).collect();
        assert!(
            missing.is_empty() && gone.is_empty(),
            "{FILE} is out of date, run `{COMMAND}`: {missing:?} not there, {gone:?} gone"
        );
    }

    #[test]
    fn every_work_has_a_licence_and_its_text() {
        let kept = kept();
        for work in kept.others.iter().chain(&kept.crates) {
            assert!(!work.licence.is_empty(), "{work:?}");
            let texts: Vec<_> = work
                .texts
                .iter()
                .map(|&text| kept.texts.get(text))
                .collect();
            assert!(!texts.is_empty(), "{work:?}");
            assert!(texts.iter().all(Option::is_some), "{work:?}");
        }
    }

    #[test]
    fn no_text_has_a_gap_where_a_name_belongs() {
        for text in &kept().texts {
            assert!(!text.contains("<copyright holders>"), "{text}");
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        let licences = collect_one("MIT");
        let read: Licences = serde_json::from_str(&licences.write().unwrap()).unwrap();
        assert_eq!(read.crates, licences.crates);
        assert_eq!(read.texts, licences.texts);
    }

    fn collect_one(licence: &str) -> Licences {
        let mut texts = Texts::default();
        let work = Work {
            name: "one".to_owned(),
            version: "1.0.0".to_owned(),
            licence: licence.to_owned(),
            source: None,
            texts: vec![texts.add("A \"text\"\nof lines")],
        };
        Licences {
            others: Vec::new(),
            crates: vec![work],
            texts: texts.list,
        }
    }

    #[test]
    fn texts_that_differ_in_spaces_alone_are_one() {
        let mut texts = Texts::default();
        let first = texts.add("Some  text\n");
        assert_eq!(texts.add("some\ntext"), first);
        assert_ne!(texts.add("another"), first);
    }
}
