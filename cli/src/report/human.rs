//! Reports in words. Results and messages go to stdout, or to stderr beside JSON; bars and
//! questions always go to stderr.

use std::io::{IsTerminal as _, Write};

use super::bars::{Bars, Pace};
use super::screen::{Screen, wrap};
use super::words::{SERVER_FAILURES_TOLD, Scene, clean, words};
use super::{Report, invitation};
use crate::exit::Code;

/// Prints for people.
#[derive(Debug)]
pub(crate) struct Human {
    is_beside_json: bool,
    screen: Screen,
    bars: Bars,
    scene: Scene,
    /// Asked and not answered; printed again below whatever else there is to say.
    question: Option<String>,
}

impl Human {
    pub(crate) fn new(is_beside_json: bool) -> Self {
        let screen = if is_beside_json {
            Screen::stderr()
        } else {
            Screen::stdout()
        };
        Self {
            is_beside_json,
            screen,
            bars: Bars::default(),
            scene: Scene::default(),
            question: None,
        }
    }

    pub(crate) fn print(&mut self, report: &Report) {
        self.move_bars(report);
        let text = if let Report::Error { message, .. } = report {
            // Nobody waits for an answer any more.
            self.answered(false);
            Some(format!("parlor: {}", clean(message)))
        } else if let Report::Room {
            link, deep_link, ..
        } = report
        {
            Some(invitation::draw(link, deep_link, &self.screen))
        } else {
            words(report, &self.scene)
        };
        if let Some(text) = text {
            self.say(&text, matches!(report, Report::Error { .. }));
        }
        self.follow(report);
    }

    pub(crate) fn ask(&mut self, question: &str) {
        // A bar would be drawn over a line that is not ended.
        let end = if self.bars.is_empty() { "" } else { "\n" };
        self.question = Some(format!("{question}{end}"));
        self.bars.suspend(|| tell(&format!("{question}{end}")));
    }

    /// The question is answered. At the end of input nobody ended its line.
    pub(crate) fn answered(&mut self, has_ended_line: bool) {
        if self.question.take().is_some() && !has_ended_line {
            tell("\n");
        }
    }

    /// The terminal has shown "^C" and stays on that line.
    pub(crate) fn interrupted(&mut self) {
        self.question = None;
        if std::io::stderr().is_terminal() && self.bars.is_empty() {
            tell("\n");
        }
    }

    fn say(&self, text: &str, is_error: bool) {
        let text = wrap(text, self.screen.size().map(|size| size.columns));
        self.bars.suspend(|| {
            if self.question.is_some() {
                tell("\n");
            }
            // A reader that is gone is no reason to stop a transfer half-way.
            let _ = if self.is_beside_json || is_error {
                writeln!(std::io::stderr(), "{text}")
            } else {
                writeln!(std::io::stdout(), "{text}")
            };
            if let Some(question) = &self.question {
                tell(question);
            }
        });
    }

    /// Remembers what later sentences depend on.
    fn follow(&mut self, report: &Report) {
        self.scene.took = None;
        if let Report::Start { command, .. } = report {
            self.scene.is_chat = *command == "room";
        } else if let Report::Joined { .. } = report {
            self.scene.has_joined = true;
            self.scene.is_server_lost = false;
        } else if let Report::ServerLost { failures, .. } = report {
            self.scene.is_server_lost |= self.scene.has_joined && *failures >= SERVER_FAILURES_TOLD;
        }
    }

    fn move_bars(&mut self, report: &Report) {
        if let Report::Preparing {
            share,
            done_bytes,
            total_bytes,
        } = report
        {
            self.bars.preparing(*share, *done_bytes, *total_bytes);
        } else if let Report::Prepared { share, .. } | Report::NotPrepared { share, .. } = report {
            self.bars.prepared(*share);
        } else if let Report::Progress {
            of,
            done_bytes,
            total_bytes,
            sent_bytes: _,
            bytes_per_second,
            seconds_left,
        } = report
        {
            let pace = Pace {
                bytes_per_second: *bytes_per_second,
                seconds_left: *seconds_left,
            };
            self.bars.progress(of, *done_bytes, *total_bytes, pace);
        } else if let Report::TransferComplete { of, .. }
        | Report::TransferIncomplete { of, .. }
        | Report::TransferDeclined { of }
        | Report::TransferCancelled { of, .. } = report
        {
            self.scene.took = self.bars.ended(of);
        } else if let Report::Error { code, .. } = report
            && *code == Code::Interrupted.number()
        {
            self.bars.clear();
        }
    }
}

/// Writes to the person as it is. One who cannot see it cannot be helped by an error either.
fn tell(text: &str) {
    let mut out = std::io::stderr();
    let _ = write!(out, "{text}").and_then(|()| out.flush());
}
