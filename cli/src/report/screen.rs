//! The terminal: whether there is one, how large it is, and lines that fit into it.

use console::{Term, measure_text_width};
use std::io::IsTerminal as _;

/// How much fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: usize,
    pub(crate) rows: usize,
}

/// Where people read.
#[derive(Debug)]
pub(crate) struct Screen {
    /// None for a file or a pipe.
    terminal: Option<Term>,
    has_colours: bool,
}

impl Screen {
    pub(crate) fn stdout() -> Self {
        Self::new(std::io::stdout().is_terminal().then(Term::stdout))
    }

    pub(crate) fn stderr() -> Self {
        Self::new(std::io::stderr().is_terminal().then(Term::stderr))
    }

    fn new(terminal: Option<Term>) -> Self {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let is_plain = set("NO_COLOR").is_some() || set("TERM").is_some_and(|term| term == "dumb");
        Self {
            has_colours: terminal.is_some() && !is_plain,
            terminal,
        }
    }

    pub(crate) const fn has_colours(&self) -> bool {
        self.has_colours
    }

    /// Asked each time, because people resize terminals.
    pub(crate) fn size(&self) -> Option<Size> {
        let (rows, columns) = self.terminal.as_ref()?.size_checked()?;
        Some(Size {
            columns: usize::from(columns),
            rows: usize::from(rows),
        })
    }
}

/// Breaks lines between words where they are longer than a terminal's line. Words that are longer
/// themselves, such as links, are left to the terminal, which lets people copy them whole.
pub(crate) fn wrap(text: &str, columns: Option<usize>) -> String {
    let Some(columns) = columns.filter(|columns| *columns > 0) else {
        return text.to_owned();
    };
    let lines: Vec<String> = text.lines().map(|line| wrap_line(line, columns)).collect();
    lines.join("\n")
}

fn wrap_line(line: &str, columns: usize) -> String {
    if measure_text_width(line) <= columns {
        return line.to_owned();
    }
    let indent: String = line.chars().take_while(|c| *c == ' ').collect();
    let mut wrapped = String::new();
    let mut used = 0;
    for word in line.split_inclusive(' ') {
        let width = measure_text_width(word.trim_end());
        if used > indent.len() && used + width > columns {
            wrapped.truncate(wrapped.trim_end().len());
            wrapped += "\n";
            wrapped += &indent;
            used = indent.len();
        }
        wrapped += word;
        used += measure_text_width(word);
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_break_between_words() {
        let text = "one two three\n  four five six";
        assert_eq!(wrap(text, Some(9)), "one two\nthree\n  four\n  five\n  six");
        assert_eq!(wrap(text, Some(80)), text);
        assert_eq!(wrap(text, None), text);
    }

    #[test]
    fn a_link_stays_whole() {
        let link = "http://192.168.1.20:40123/j#AbCdEfGh";
        let wrapped = wrap(&format!("open {link} there"), Some(20));
        assert_eq!(wrapped, format!("open\n{link}\nthere"));
        assert_eq!(wrap(link, Some(20)), link);
    }

    #[test]
    fn wide_characters_take_their_room() {
        assert_eq!(wrap("漢字 漢字", Some(8)), "漢字\n漢字");
    }
}
