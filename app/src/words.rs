//! The texts of the app in the person's language (Project Fluent), from `assets/i18n`.
//!
//! [`t!`](crate::t) is checked against the English texts when the app is built: a name that is not there, or
//! a missing argument, is an error of the compiler.

use std::sync::Arc;

use dioxus::prelude::*;
use i18n_embed::LanguageLoader as _;
use i18n_embed::fluent::FluentLanguageLoader;
use parlor_proto::emoji::Emoji;
use rust_embed::RustEmbed;
use unic_langid::LanguageIdentifier;

/// The languages there are texts in, each in its own words.
pub const LANGUAGES: [(&str, &str); 4] = [
    ("en", "English"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("zh-CN", "简体中文"),
];

const FALLBACK: &str = "en";

#[derive(RustEmbed)]
#[folder = "../assets/i18n"]
struct Texts;

/// The texts in one language, English where one is missing.
#[derive(Clone)]
pub struct Words {
    loader: Arc<FluentLanguageLoader>,
    language: &'static str,
}

impl std::fmt::Debug for Words {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Words").field(&self.language).finish()
    }
}

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self.language == other.language
    }
}

impl Words {
    /// The texts in the language that was asked for, or the system's, or English.
    #[must_use]
    pub fn new(asked: Option<&str>) -> Self {
        let system = sys_locale::get_locale();
        let wanted = asked.or(system.as_deref()).unwrap_or(FALLBACK);
        let language = nearest(wanted);
        let fallback: LanguageIdentifier = FALLBACK.parse().expect("it is a language tag");
        let tag: LanguageIdentifier = language.parse().expect("it is a language tag");
        let loader = FluentLanguageLoader::new("parlor-app", fallback);
        if let Err(error) = loader.load_languages(&Texts, &[tag]) {
            tracing::error!(%error, "a text file is damaged");
        }
        Self {
            loader: Arc::new(loader),
            language,
        }
    }

    /// For [`t!`](crate::t).
    #[must_use]
    pub fn loader(&self) -> &FluentLanguageLoader {
        &self.loader
    }

    /// What people call an emoji of the comparison.
    #[must_use]
    pub fn emoji(&self, emoji: Emoji) -> String {
        self.loader
            .get(&format!("emoji-{}", emoji.name().replace(' ', "-")))
    }

    /// What people call one of the pictures to be shown by.
    #[must_use]
    pub fn emblem(&self, english: &str) -> String {
        self.loader
            .get(&format!("emblem-{}", english.replace(' ', "-")))
    }

    /// The language's tag.
    #[must_use]
    pub const fn language(&self) -> &'static str {
        self.language
    }
}

/// The language there are texts in that is nearest to a tag.
fn nearest(tag: &str) -> &'static str {
    let first = |tag: &str| {
        tag.split(['-', '_', '.'])
            .next()
            .unwrap_or_default()
            .to_lowercase()
    };
    let wanted = first(tag);
    let known = LANGUAGES.iter().find(|(known, _)| first(known) == wanted);
    known.map_or(FALLBACK, |(known, _)| known)
}

/// The texts of this app.
#[must_use]
pub fn use_words() -> Words {
    use_context::<Memo<Words>>().read().clone()
}

/// A text by its name in `assets/i18n`, with its arguments.
#[macro_export]
macro_rules! t {
    ($words:expr, $name:literal $(, $argument:ident = $value:expr)* $(,)?) => {
        i18n_embed_fl::fl!($words.loader(), $name $(, $argument = $value)*)
    };
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
    use fluent_syntax::parser::parse;
    use parlor_proto::avatar::AVATAR_EMBLEMS;

    use super::*;

    /// Every text of a language with the arguments it uses.
    fn texts(language: &str) -> BTreeMap<String, Vec<String>> {
        let path = format!("{language}/parlor-app.ftl");
        let file = Texts::get(&path).expect("there is a file for each language");
        let source = String::from_utf8(file.data.to_vec()).unwrap();
        let resource = parse(source).expect("it is well-formed");
        let messages = resource.body.into_iter().filter_map(|entry| match entry {
            Entry::Message(message) => Some(message),
            _ => None,
        });
        messages
            .map(|message| {
                let mut used = Vec::new();
                arguments(&message.value.expect("it has a text"), &mut used);
                used.sort();
                used.dedup();
                (message.id.name, used)
            })
            .collect()
    }

    fn arguments(pattern: &Pattern<String>, used: &mut Vec<String>) {
        for element in &pattern.elements {
            if let PatternElement::Placeable { expression } = element {
                match expression {
                    Expression::Inline(inline) => argument(inline, used),
                    Expression::Select { selector, variants } => {
                        argument(selector, used);
                        for variant in variants {
                            arguments(&variant.value, used);
                        }
                    }
                }
            }
        }
    }

    fn argument(inline: &InlineExpression<String>, used: &mut Vec<String>) {
        if let InlineExpression::VariableReference { id } = inline {
            used.push(id.name.clone());
        }
    }

    #[test]
    fn every_text_is_there_in_every_language_with_the_same_arguments() {
        let english = texts("en");
        assert!(english.len() > 50);
        for (language, _) in LANGUAGES {
            assert_eq!(texts(language), english, "{language}");
        }
    }

    #[test]
    fn no_text_is_the_english_one_in_another_language_by_oversight() {
        let raw = |language: &str| {
            let file = Texts::get(&format!("{language}/parlor-app.ftl")).unwrap();
            let text = String::from_utf8(file.data.to_vec()).unwrap();
            text.lines()
                .filter(|line| {
                    line.split_once(" = ")
                        .is_some_and(|(_, text)| text.contains(' ') && !text.contains('{'))
                })
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        let english = raw("en");
        for language in ["de", "es", "zh-CN"] {
            let same: Vec<_> = raw(language)
                .into_iter()
                .filter(|line| english.contains(line))
                .collect();
            assert!(same.is_empty(), "{language}: {same:?}");
        }
    }

    #[test]
    fn every_emoji_of_the_comparison_has_a_name() {
        let english = texts("en");
        for bits in 0..64 {
            let name = Emoji::from_bits(bits).name().replace(' ', "-");
            assert!(english.contains_key(&format!("emoji-{name}")), "{name}");
        }
    }

    #[test]
    fn every_picture_to_be_shown_by_has_a_name() {
        let english = texts("en");
        for (_, name) in AVATAR_EMBLEMS {
            let id = format!("emblem-{}", name.replace(' ', "-"));
            assert!(english.contains_key(&id), "{id}");
        }
    }

    #[test]
    fn a_dialect_gets_its_language_and_an_unknown_one_english() {
        assert_eq!(nearest("de_AT.UTF-8"), "de");
        assert_eq!(nearest("zh-Hans-CN"), "zh-CN");
        assert_eq!(nearest("ES"), "es");
        assert_eq!(nearest("tlh"), "en");
        assert_eq!(nearest("C"), "en");
    }
}
