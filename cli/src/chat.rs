//! `parlor room`: a chat in the terminal.

use std::io::IsTerminal as _;

use parlor_core::room::RoomEvent;
use parlor_core::room::notice::Notice;
use parlor_proto::signal::JoinIntent;
use tokio::sync::mpsc;

use crate::args::{CODE_USES_ALL, RoomArgs};
use crate::conduct::chat::{ChatConduct, Do};
use crate::conduct::{Conduct as _, End};
use crate::enter::Entrance;
use crate::enter::invitation::{self, Given};
use crate::exit::Failure;
use crate::host;
use crate::input;
use crate::interrupt::Interrupt;
use crate::observe::{Observer, people};
use crate::privacy;
use crate::report::{Report, Reporter};
use crate::stage::{Happening, Stage, Steering};
use line::Line;

pub(crate) mod line;
mod verify;

const GREETING: &str = "Type to talk; /help lists what else you can do.";

const GREETING_WITHOUT_FOLDER: &str = "Type to talk; /help lists what else you can do. \
    To save files too, join with --out DIR.";

/// Opens or joins a room and talks.
pub(crate) async fn run(
    args: &RoomArgs,
    reporter: &mut Reporter,
    interrupt: &mut Interrupt,
) -> End {
    if args.link.is_some() && (args.open.embed || args.open.max_peers.is_some()) {
        return Err(Failure::usage(
            "A link or code leads into a room that is there already; leave out --embed and \
             --max-peers, or the link (PARLOR_LINK) to open a new one.",
        ));
    }
    let (invite, host) = match &args.link {
        Some(link) => {
            let given = Given {
                text: Some(link),
                server: args.open.server.as_deref(),
            };
            (invitation::invite(given, reporter, interrupt).await?, None)
        }
        None => host::place(&args.open, reporter).await?,
    };
    let server = invite.server.to_string();
    let is_ours = args.link.is_none();
    let entrance = Entrance {
        invite: invite.clone(),
        intent: if is_ours {
            JoinIntent::Open
        } else {
            JoinIntent::Join
        },
        max_peers: args.open.max_peers,
        folder: args.out.as_deref(),
        accept: args.accept_rules(),
        common: &args.common,
    };
    let observer = Observer::new(is_ours.then_some(invite));
    let mut stage = Stage::new(entrance.enter()?, observer, reporter, interrupt);
    let conduct = ChatConduct::new(server, args.common.patience(), args.out.is_some());
    let greeting = if args.out.is_some() {
        GREETING
    } else {
        GREETING_WITHOUT_FOLDER
    };
    let code_uses = args.open.code_uses.unwrap_or(CODE_USES_ALL);
    if is_ours {
        let opened = stage.room.open_code(code_uses).await;
        opened.map_err(|_| Failure::room_closed())?;
    }
    let end = talk(&mut stage, conduct, greeting, code_uses).await;
    if end.as_ref().is_err_and(Failure::is_interrupt) {
        // Another time it goes on where it was.
        stage.close().await;
    } else {
        stage.leave().await;
    }
    stop(host).await;
    end
}

async fn stop(host: Option<parlor_signaling::host::Host>) {
    if let Some(host) = host {
        host.stop().await;
    }
}

async fn talk(
    stage: &mut Stage<'_>,
    mut conduct: ChatConduct,
    greeting: &str,
    code_uses: u32,
) -> End {
    let mut greeting = Some(greeting);
    let mut lines = Some(input::lines());
    // Ctrl-D at a keyboard means "I am off"; the end of a file means "that was all".
    let at_end = if std::io::stdin().is_terminal() {
        Line::Leave
    } else {
        Line::End
    };
    loop {
        tokio::select! {
            happening = stage.next() => match happening {
                Happening::Event(event) => {
                    if matches!(event, RoomEvent::Session(Notice::Joined { .. }))
                        && let Some(greeting) = greeting.take()
                    {
                        stage.reporter.note(greeting);
                    }
                    conduct.on_event(&event, stage.now());
                }
                Happening::Tick => {}
                Happening::Interrupted => return Err(Failure::interrupted()),
                Happening::Closed => return Err(Failure::room_closed()),
            },
            line = next_line(&mut lines) => {
                let line = match line {
                    Some(text) => line::parse(&text),
                    None => {
                        lines = None;
                        at_end.clone()
                    }
                };
                carry_out(conduct.on_line(line), stage, code_uses).await?;
            }
        }
        if let Some(end) = conduct.verdict(stage.others(), stage.now()) {
            return end;
        }
    }
}

async fn next_line(lines: &mut Option<mpsc::Receiver<String>>) -> Option<String> {
    match lines {
        Some(lines) => lines.recv().await,
        None => std::future::pending().await,
    }
}

/// What is said to the person who steered.
const fn steered(how: Steering, count: usize) -> &'static str {
    match (how, count) {
        (_, 0) => "Nothing is under way.",
        (Steering::Pause, _) => "Paused; /resume goes on.",
        (Steering::Resume, _) => "Going on.",
        (Steering::Cancel, _) => "Stopped.",
    }
}

async fn carry_out(what: Do, stage: &mut Stage<'_>, code_uses: u32) -> Result<(), Failure> {
    let closed = |_| Failure::room_closed();
    match what {
        Do::Nothing => {}
        Do::Say(text) => stage.room.say(text).await.map_err(closed)?,
        Do::Share(paths, how) => {
            privacy::tell(&paths, how, stage.reporter).await;
            stage.room.share_as(paths, how).await.map_err(closed)?;
        }
        Do::Answer(key, files) => stage.answer(key, files).await?,
        Do::Who => {
            let people = people(&stage.room.view().borrow());
            stage.reporter.report(&Report::Who { people });
        }
        Do::Verify(name, verdict) => verify::verify(stage, &name, verdict).await?,
        Do::Forget(name) => verify::forget(stage, &name).await?,
        Do::OpenCode => {
            stage.room.open_code(code_uses).await.map_err(closed)?;
        }
        Do::Steer(how) => {
            let count = stage.steer(how).await?;
            stage.reporter.note(steered(how, count));
        }
        Do::Tell(text) => stage.reporter.note(text),
    }
    Ok(())
}
