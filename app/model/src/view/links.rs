//! Links in what people say.

use linkify::{LinkFinder, LinkKind};
use url::Url;

/// Bytes of a link; what is longer stays text.
const LINK_MAX_BYTES: usize = 2048;

/// Links of one message; those after them stay text.
const LINKS_MAX: usize = 64;

/// A part of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'a> {
    /// Words.
    Text(&'a str),
    /// The address of a page, `http` or `https`, as it was written.
    Link(&'a str),
}

/// The message in parts that make up all of it, one after the other.
///
/// A link ends before the first character that is neither ASCII nor a letter of Latin, Greek,
/// Cyrillic or Armenian: before the quotes, full stops and words that follow it in other scripts
/// without a space, and before every mark that is not seen or turns the direction of reading. What
/// browsers hand on has such characters percent-encoded.
#[must_use]
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let mut start = 0;
    let parts = text.split_inclusive(ends).flat_map(|part| {
        let at = start;
        start += part.len();
        let links = finder.links(part.trim_end_matches(ends));
        links.map(move |link| at + link.start()..at + link.end())
    });
    let links = parts.filter(|link| is_page(&text[link.clone()]));
    let mut pieces = Vec::new();
    let mut done = 0;
    for link in links.take(LINKS_MAX) {
        if link.start > done {
            pieces.push(Piece::Text(&text[done..link.start]));
        }
        done = link.end;
        pieces.push(Piece::Link(&text[link]));
    }
    if done < text.len() {
        pieces.push(Piece::Text(&text[done..]));
    }
    pieces
}

fn is_page(link: &str) -> bool {
    link.len() <= LINK_MAX_BYTES && address(link).is_some()
}

/// The link as every system takes it: its scheme in small letters, all of it ASCII. `None` for what
/// is no page of the web.
#[must_use]
pub fn address(link: &str) -> Option<String> {
    let url = Url::parse(link).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.into())
}

/// Whether a character is the end of a link in front of it.
fn ends(char: char) -> bool {
    let is_european = matches!(char, '\0'..'\u{590}' | '\u{1e00}'..'\u{2000}');
    let is_combining = matches!(char, '\u{300}'..='\u{36f}');
    let stays = char.is_ascii() || is_combining || (is_european && char.is_alphanumeric());
    !stays
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(text: &str) -> Vec<&str> {
        let all = pieces(text).into_iter();
        let links = all.filter_map(|piece| match piece {
            Piece::Link(link) => Some(link),
            Piece::Text(_) => None,
        });
        links.collect()
    }

    #[test]
    fn a_link_ends_before_what_ends_its_sentence() {
        let text = "Here (https://example.org/a_(b)?c=d#e), or http://example.com.";
        let parts = [
            Piece::Text("Here ("),
            Piece::Link("https://example.org/a_(b)?c=d#e"),
            Piece::Text("), or "),
            Piece::Link("http://example.com"),
            Piece::Text("."),
        ];
        assert_eq!(pieces(text), parts);
    }

    #[test]
    fn an_address_of_the_own_network_is_a_link() {
        for link in [
            "http://192.168.1.20:41234/j#AQ-x_y",
            "http://localhost:8080/j#AQ",
        ] {
            assert_eq!(pieces(link), [Piece::Link(link)]);
        }
    }

    #[test]
    fn only_pages_of_the_web_are_links() {
        let others = "file:///etc/passwd javascript://x vnd.x://y ada@example.org example.org";
        assert_eq!(pieces(others), [Piece::Text(others)]);
    }

    #[test]
    fn a_link_ends_before_what_follows_it_in_every_language() {
        for text in [
            "看 https://example.org/a，很好",
            "看https://example.org/a很好",
            "„https://example.org/a“",
            "«https://example.org/a»",
            "“https://example.org/a”",
            "https://example.org/a\u{a0}!",
            "https://example.org/a\u{3000}b",
            "https://example.org/a\u{200b}b",
            "https://example.org/a\u{202e}b",
            "https://example.org/a של",
        ] {
            assert_eq!(links(text), ["https://example.org/a"], "{text}");
        }
    }

    #[test]
    fn letters_with_two_marks_are_letters() {
        let link = "https://example.org/wiki/Hà_Nội";
        assert_eq!(links(link), [link]);
    }

    #[test]
    fn a_link_may_have_letters_with_marks_and_is_handed_on_without() {
        let link = "Https://Müller.example/stra\u{df}e/e\u{301}";
        assert_eq!(links(link), [link]);
        assert_eq!(
            address(link).as_deref(),
            Some("https://xn--mller-kva.example/stra%C3%9Fe/e%CC%81")
        );
    }

    #[test]
    fn what_is_far_too_long_or_too_much_is_text() {
        let long = format!("https://example.org/{}", "a".repeat(LINK_MAX_BYTES));
        assert!(links(&long).is_empty());
        let many = "https://example.org ".repeat(LINKS_MAX + 9);
        assert_eq!(links(&many).len(), LINKS_MAX);
    }

    #[test]
    fn the_parts_are_the_whole_message() {
        for text in [
            "",
            "no link",
            "https://a.b",
            "日本 https://example.org/道 です\nhttps://example.org",
        ] {
            let all: String = pieces(text)
                .into_iter()
                .map(|piece| match piece {
                    Piece::Text(part) | Piece::Link(part) => part,
                })
                .collect();
            assert_eq!(all, text);
        }
    }
}
