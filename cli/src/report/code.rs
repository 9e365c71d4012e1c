//! Sentences about typed codes.

use super::{CodeEndReport, Report};

/// The sentence for a report about a code.
pub(crate) fn words(report: &Report, is_chat: bool) -> Option<String> {
    let text = if let Report::CodeReady { code, valid_s, .. } = report {
        let minutes = valid_s.div_ceil(60);
        return Some(format!(
            "Or type this code there, within {minutes} minutes:  {code}"
        ));
    } else if let Report::CodeMistyped { tries_left } = report {
        return Some(match tries_left {
            0 => "Somebody tried a wrong code for the last time.".to_owned(),
            1 => "Somebody tried a wrong code; one more and the code is withdrawn.".to_owned(),
            n => format!("Somebody tried a wrong code; after {n} more the code is withdrawn."),
        });
    } else if let Report::CodeClosed { why } = report {
        ended(*why, is_chat)?
    } else {
        return None;
    };
    Some(text.to_owned())
}

const fn ended(why: CodeEndReport, is_chat: bool) -> Option<&'static str> {
    match (why, is_chat) {
        (CodeEndReport::Expired, false) => Some("The code expired; here is a new one."),
        (CodeEndReport::Expired, true) => Some("The code expired; /code makes a new one."),
        (CodeEndReport::Guessed, false) => Some(
            "The code was withdrawn after three wrong tries; use the link, or start again for a \
             new code.",
        ),
        (CodeEndReport::Guessed, true) => Some(
            "The code was withdrawn after three wrong tries; use the link, or /code for a new one.",
        ),
        (CodeEndReport::UsedUp, true) => {
            Some("The code has let in as many as it was for; /code makes a new one.")
        }
        (CodeEndReport::NoNumber, _) => Some("The server gives no codes just now; use the link."),
        // The person who joined is announced by name.
        (CodeEndReport::UsedUp, false) | (CodeEndReport::Closed | CodeEndReport::Left, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_shown_with_its_time() {
        let report = Report::CodeReady {
            code: "4821-amber-otter-canoe".to_owned(),
            valid_s: 599,
            uses_left: 1,
        };
        let text = words(&report, false).unwrap();
        assert!(text.contains("within 10 minutes") && text.contains("4821-amber-otter-canoe"));
    }

    #[test]
    fn in_a_chat_the_end_of_a_code_tells_how_to_get_another() {
        for why in [
            CodeEndReport::Expired,
            CodeEndReport::Guessed,
            CodeEndReport::UsedUp,
        ] {
            let text = words(&Report::CodeClosed { why }, true).unwrap();
            assert!(text.contains("/code"), "{text}");
        }
    }
}
