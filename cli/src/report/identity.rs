//! Sentences about who somebody is.

use serde::Serialize;

use super::Report;
use super::words::clean;

/// What is known of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StandingReport {
    New,
    Known,
    Verified,
    NameTaken,
}

/// Whose key this run uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeyReport {
    Kept,
    Session,
    InUse,
}

/// One of five pictures to compare.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct EmojiReport {
    pub(crate) symbol: &'static str,
    pub(crate) name: &'static str,
}

/// The sentence for a report about who somebody is.
pub(crate) fn words(report: &Report) -> Option<String> {
    Some(if let Report::Identity { key, .. } = report {
        match key {
            KeyReport::InUse => "Another Parlor on this machine uses your device key just now, so \
                 for this session the others see a new device."
                .to_owned(),
            KeyReport::Kept | KeyReport::Session => return None,
        }
    } else if let Report::Emoji { name, emoji, .. } = report {
        let name = clean(name);
        let lines: Vec<String> = emoji
            .iter()
            .map(|emoji| format!("  {}  {}", emoji.symbol, emoji.name))
            .collect();
        format!(
            "{}\nAsk {name}, face to face or on the phone: are these five the same there, in this \
             order?\n/verify {name} yes, or /verify {name} no",
            lines.join("\n")
        )
    } else if let Report::Verified { name, .. } = report {
        let name = clean(name);
        format!("{name} is verified; this device will be known as {name} from now on.")
    } else if let Report::NotVerified { name, reason, .. } = report {
        format!("{} is not verified: {}.", clean(name), clean(reason))
    } else if let Report::NotRemembered { name, reason, .. } = report {
        format!(
            "What is known of {} could not be saved ({}); it holds until you leave.",
            clean(name),
            clean(reason)
        )
    } else {
        return None;
    })
}

/// What to add to the news that somebody is connected.
pub(super) fn remark(name: &str, standing: StandingReport, other_name: Option<&str>) -> String {
    let (name, other) = (clean(name), other_name.map(clean));
    match (standing, other) {
        (StandingReport::Verified, None) => " Verified.".to_owned(),
        (StandingReport::Verified, Some(other)) => {
            format!(" Verified, and calls itself {other} now.")
        }
        (StandingReport::Known, Some(other)) => format!(" You met them as {other}."),
        (StandingReport::NameTaken, Some(other)) => format!(
            "\nWarning: this is another device than the {other} you have met. Whoever it is, \
             /verify {name} tells for sure."
        ),
        (StandingReport::New | StandingReport::Known | StandingReport::NameTaken, _) => {
            String::new()
        }
    }
}

/// What to put behind a name in a list.
pub(super) const fn mark(standing: Option<StandingReport>) -> &'static str {
    match standing {
        Some(StandingReport::New) => " (new)",
        Some(StandingReport::Known) => " (known)",
        Some(StandingReport::Verified) => " (verified)",
        Some(StandingReport::NameTaken) => " (not the device that had this name before)",
        None => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_name_is_a_warning_that_names_the_way_out() {
        let text = remark("Ada", StandingReport::NameTaken, Some("Ada"));
        assert!(
            text.contains("Warning") && text.contains("/verify Ada"),
            "{text}"
        );
    }

    #[test]
    fn emoji_are_shown_with_their_names_and_how_to_answer() {
        let report = Report::Emoji {
            device: String::new(),
            name: "Ada\u{1b}[2J".to_owned(),
            emoji: vec![EmojiReport {
                symbol: "🐘",
                name: "elephant",
            }],
        };
        let text = words(&report).unwrap();
        assert!(text.contains("🐘  elephant"), "{text}");
        assert!(text.contains("/verify Ada[2J yes"), "{text}");
    }
}
