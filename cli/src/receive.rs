//! `parlor receive`.

use std::collections::VecDeque;
use std::io::IsTerminal as _;

use parlor_core::room::RoomEvent;
use parlor_core::room::accept::AcceptRules;
use parlor_core::room::input::IncomingKey;
use parlor_core::room::notice::Notice;
use parlor_proto::signal::JoinIntent;
use tokio::sync::mpsc;

use crate::args::ReceiveArgs;
use crate::conduct::receive::ReceiveConduct;
use crate::conduct::{Act, Conduct as _, End};
use crate::enter::Entrance;
use crate::enter::invitation::{self, Given};
use crate::exit::Failure;
use crate::input;
use crate::interrupt::Interrupt;
use crate::observe::Observer;
use crate::report::Reporter;
use crate::stage::{Happening, Stage};

const QUESTION: &str = "Save these files? [y/N] ";

/// Joins a room and receives.
pub(crate) async fn run(
    args: &ReceiveArgs,
    reporter: &mut Reporter,
    interrupt: &mut Interrupt,
) -> End {
    if !args.yes && !std::io::stdin().is_terminal() {
        return Err(Failure::usage(
            "Nobody is at the keyboard to answer; say --yes to take everything that is offered.",
        ));
    }
    let given = Given {
        text: args.link.as_deref(),
        server: args.server.as_deref(),
    };
    let invite = invitation::invite(given, reporter, interrupt).await?;
    let server = invite.server.to_string();
    let entrance = Entrance {
        invite,
        intent: JoinIntent::Join,
        max_peers: None,
        folder: Some(&args.out),
        accept: AcceptRules::default(),
        common: &args.common,
    };
    let observer = Observer::new(None);
    let mut stage = Stage::new(entrance.enter()?, observer, reporter, interrupt);
    let conduct = ReceiveConduct::new(server, args.common.patience(), args.yes);
    let mut receiving = Receiving {
        conduct,
        asked: VecDeque::new(),
        answers: (!args.yes).then(input::lines),
        has_said_waiting: false,
    };
    let end = receiving.run(&mut stage).await;
    match &end {
        Ok(()) => stage.leave().await,
        // With the same link, folder and device it goes on where it was.
        Err(_) => stage.close().await,
    }
    end
}

/// The conduct, and the questions that the person has not answered.
struct Receiving {
    conduct: ReceiveConduct,
    asked: VecDeque<IncomingKey>,
    answers: Option<mpsc::Receiver<String>>,
    has_said_waiting: bool,
}

impl Receiving {
    async fn run(&mut self, stage: &mut Stage<'_>) -> End {
        loop {
            tokio::select! {
                happening = stage.next() => match happening {
                    Happening::Event(event) => {
                        if is_joined(&event) && !self.has_said_waiting {
                            self.has_said_waiting = true;
                            stage.reporter.note("Waiting for files to be offered …");
                        }
                        for act in self.conduct.on_event(&event, stage.now()) {
                            self.act(act, stage).await?;
                        }
                    }
                    Happening::Tick => {}
                    Happening::Interrupted => return Err(Failure::interrupted()),
                    Happening::Closed => return Err(Failure::room_closed()),
                },
                answer = next_line(&mut self.answers) => self.on_answer(answer, stage).await?,
            }
            if let Some(end) = self.conduct.verdict(stage.others(), stage.now()) {
                return end;
            }
        }
    }

    async fn act(&mut self, act: Act, stage: &mut Stage<'_>) -> Result<(), Failure> {
        match act {
            Act::Answer(key, files) => stage.answer(key, files).await,
            // Whoever receives shows no code.
            Act::RenewCode => Ok(()),
            Act::Ask(key) => {
                self.asked.push_back(key);
                if self.asked.len() == 1 {
                    stage.reporter.ask(QUESTION);
                }
                Ok(())
            }
        }
    }

    /// A line answers the oldest question; the end of input answers it with no.
    async fn on_answer(
        &mut self,
        line: Option<String>,
        stage: &mut Stage<'_>,
    ) -> Result<(), Failure> {
        if line.is_none() {
            self.answers = None;
        }
        stage.reporter.answered(line.is_some());
        self.asked.retain(|key| self.conduct.is_open(*key));
        let is_taken = line.as_deref().is_some_and(is_yes);
        let Some(key) = self.asked.pop_front() else {
            return Ok(());
        };
        if let Some(act) = self.conduct.decide(key, is_taken) {
            self.act(act, stage).await?;
        }
        if !self.asked.is_empty() {
            stage.reporter.ask(QUESTION);
        }
        Ok(())
    }
}

/// The next line; never ready where nothing is read.
async fn next_line(lines: &mut Option<mpsc::Receiver<String>>) -> Option<String> {
    match lines {
        Some(lines) => lines.recv().await,
        None => std::future::pending().await,
    }
}

const fn is_joined(event: &RoomEvent) -> bool {
    matches!(event, RoomEvent::Session(Notice::Joined { .. }))
}

fn is_yes(answer: &str) -> bool {
    matches!(answer.trim().to_lowercase().as_str(), "y" | "yes")
}
