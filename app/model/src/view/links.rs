//! Links in what people say.

use linkify::{LinkFinder, LinkKind};

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
/// An address with invisible marks that turn the direction of what is read is no link: it would
/// look like another one.
#[must_use]
pub fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url]);
    let mut pieces = Vec::new();
    let mut done = 0;
    let links = finder.links(text).filter(|link| is_page(link.as_str()));
    for link in links.take(LINKS_MAX) {
        if link.start() > done {
            pieces.push(Piece::Text(&text[done..link.start()]));
        }
        pieces.push(Piece::Link(&text[link.start()..link.end()]));
        done = link.end();
    }
    if done < text.len() {
        pieces.push(Piece::Text(&text[done..]));
    }
    pieces
}

fn is_page(link: &str) -> bool {
    let scheme = link.split_once("://").map(|(scheme, _)| scheme);
    let is_web = scheme.is_some_and(|scheme| {
        scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")
    });
    is_web && link.len() <= LINK_MAX_BYTES && !link.chars().any(turns)
}

/// Marks and isolates of the bidirectional algorithm (UAX #9).
const fn turns(char: char) -> bool {
    matches!(
        char,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
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
    fn a_link_that_would_be_read_in_another_direction_is_text() {
        assert!(links("https://example.org/\u{202e}gro.elgoog").is_empty());
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
            "日本 https://例え.jp/道 です\nhttps://example.org",
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
