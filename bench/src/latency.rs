//! How long a message in a Parlor room takes, with and without a file under way.
//!
//! Two processes, one room, the signaling server in the author's process. A message is sent some
//! milliseconds after the receipt for the last one; its time is from `Room::say` to
//! `Notice::Delivered`, which comes when the other device has stored it. Those of the busy half
//! count only if a file was moving at both ends of that time.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use parlor_core::options::RoomOptions;
use parlor_core::room::notice::{Notice, Outcome};
use parlor_core::room::view::{Direction, RoomView, TransferStateView};
use parlor_core::room::{Room, RoomEvent, RoomEvents};
use parlor_emulator::Side;
use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use parlor_proto::signal::JoinIntent;
use parlor_proto::text::DisplayName;
use parlor_signaling::server::{Server, ServerConfig};
use serde::{Deserialize, Serialize};

use crate::failure::{Result, While as _, failed};
use crate::ground::Ground;
use crate::stats::percentile;

/// Between a receipt and the next message.
const PAUSE: Duration = Duration::from_millis(5);

/// For each single step.
const PATIENCE: Duration = Duration::from_secs(60);

/// For all of them.
const RUN_PATIENCE: Duration = Duration::from_secs(300);

/// Transfers at most in which to get the busy messages through.
const TRANSFERS_MAX: usize = 12;

/// Round trips in milliseconds, in the order they were made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Latency {
    pub(crate) idle_ms: Vec<f64>,
    pub(crate) busy_ms: Vec<f64>,
}

impl Latency {
    /// How much longer the figure at `percent` is while a file moves.
    pub(crate) fn ratio(&self, percent: usize) -> Option<f64> {
        let idle = percentile(self.idle_ms.iter().copied(), percent)?;
        Some(percentile(self.busy_ms.iter().copied(), percent)? / idle)
    }
}

/// Runs both processes and gives what the author measured.
pub(crate) fn measure(
    file: &Path,
    inbox: &Path,
    samples: usize,
    ground: &Ground,
) -> Result<Latency> {
    let own = std::env::current_exe().during("this program")?;
    let mut author = Command::new(&own);
    author.arg("room-author").arg(file).arg(samples.to_string());
    author.arg(ground.address(Side::A).to_string());
    let mut author = ground.spawn(Side::A, author)?;
    let link = author.wait_for_line(PATIENCE, |line| {
        line.strip_prefix("ready ").map(str::to_owned)
    })?;
    let mut reader = Command::new(&own);
    reader.arg("room-reader").arg(link).arg(inbox);
    let mut reader = ground.spawn(Side::B, reader)?;
    reader.ignore_lines();
    let figures = author.wait_for_line(RUN_PATIENCE, |line| {
        line.strip_prefix("figures ").map(str::to_owned)
    })?;
    author.wait_for_end(PATIENCE)?;
    reader.interrupt().ok();
    serde_json::from_str(&figures).during("the author's figures")
}

/// The author's process: opens the room at that address, prints `ready LINK`, and in the end `figures JSON`.
pub(crate) async fn author(file: &Path, samples: usize, at: IpAddr) -> Result<()> {
    let server = Server::bind(ServerConfig::new(SocketAddr::new(at, 0)))
        .await
        .during("the server")?;
    let url = format!("http://{}", server.local_addr());
    let invite = Invite {
        server: ServerUrl::parse(&url).during("the server's address")?,
        // Nobody else is meant to come, and nobody is harmed if they do.
        secret: RoomSecret::from_bytes([7; 32]),
    };
    let link = invite.to_link();
    let options = RoomOptions::new(invite, JoinIntent::Open, DisplayName::sanitise("Author"));
    let mut member = Member::enter(options)?;
    member
        .until("the room", |notice| matches!(notice, Notice::Joined { .. }))
        .await?;
    println!("ready {link}");
    member
        .until("a reader", |notice| {
            matches!(notice, Notice::PeerConnected { .. })
        })
        .await?;
    let mut idle_ms = Vec::with_capacity(samples);
    for _ in 0..samples {
        idle_ms.push(member.round_trip_ms().await?);
    }
    let busy_ms = member.busy_round_trips_ms(file, samples).await?;
    let figures = serde_json::to_string(&Latency { idle_ms, busy_ms }).during("the figures")?;
    println!("figures {figures}");
    // A closed room is what this is for.
    member.room.leave().await.ok();
    Ok(())
}

/// The reader's process: takes every file, and removes it when it is whole.
pub(crate) async fn reader(link: &str, inbox: &Path) -> Result<()> {
    let invite: Invite = link.parse().during("the link")?;
    let mut options = RoomOptions::new(invite, JoinIntent::Join, DisplayName::sanitise("Reader"));
    options.folder = Some(inbox.to_owned());
    let mut member = Member::enter(options)?;
    loop {
        match member.next().await? {
            Notice::Offered { key, files, .. } => {
                let all = (0..).take(files.len()).collect();
                let answered = member.room.answer(key, all, None).await;
                answered.during("the answer")?;
            }
            Notice::Received {
                outcome: Outcome::Complete { .. },
                ..
            } => empty(inbox),
            Notice::PeerLeft { .. } => return Ok(()),
            _ => {}
        }
    }
}

fn empty(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        // A folder of Parlor's own stays.
        std::fs::remove_file(entry.path()).ok();
    }
}

struct Member {
    room: Room,
    events: RoomEvents,
}

impl Member {
    fn enter(mut options: RoomOptions) -> Result<Self> {
        options.ice_servers = Some(Vec::new());
        let (room, events) = Room::start(options).during("the room")?;
        Ok(Self { room, events })
    }

    async fn next(&mut self) -> Result<Notice> {
        loop {
            match self.events.next().await {
                Some(RoomEvent::Session(notice)) => return Ok(notice),
                Some(_) => {}
                None => return failed("the room closed"),
            }
        }
    }

    async fn until(&mut self, what: &str, is_it: impl Fn(&Notice) -> bool) -> Result<()> {
        let search = async {
            while !is_it(&self.next().await?) {}
            Ok(())
        };
        tokio::time::timeout(PATIENCE, search).await.during(what)?
    }

    async fn round_trip_ms(&mut self) -> Result<f64> {
        tokio::time::sleep(PAUSE).await;
        let said = Instant::now();
        self.room.say("Are you there?").await.during("a message")?;
        self.until("a receipt", |notice| {
            matches!(notice, Notice::Delivered { .. })
        })
        .await?;
        Ok(said.elapsed().as_secs_f64() * 1000.0)
    }

    /// As many as asked for, or as many as fit the transfers.
    async fn busy_round_trips_ms(&mut self, file: &Path, samples: usize) -> Result<Vec<f64>> {
        let mut figures = Vec::with_capacity(samples);
        let mut view = self.room.view();
        for _ in 0..TRANSFERS_MAX {
            let shared = self.room.share(vec![file.to_owned()]).await;
            shared.during("the file to send")?;
            let moving = view.wait_for(is_moving);
            let moving = tokio::time::timeout(PATIENCE, moving).await;
            drop(moving.during("the transfer")?.during("the transfer")?);
            while is_moving(&self.room.view().borrow()) {
                let took_ms = self.round_trip_ms().await?;
                if is_moving(&self.room.view().borrow()) {
                    figures.push(took_ms);
                }
                if figures.len() >= samples {
                    return Ok(figures);
                }
            }
        }
        Ok(figures)
    }
}

fn is_moving(view: &RoomView) -> bool {
    view.transfers.iter().any(|transfer| {
        transfer.direction == Direction::Outgoing
            && transfer.state == TransferStateView::Active
            && transfer.done_bytes > 0
            && transfer.done_bytes < transfer.total_bytes
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_compares_the_same_percentile() {
        let latency = Latency {
            idle_ms: vec![1.0, 2.0, 3.0],
            busy_ms: vec![10.0, 4.0, 9.0],
        };
        assert_eq!(latency.ratio(50), Some(4.5));
    }

    #[test]
    fn no_figures_give_no_ratio() {
        let latency = Latency {
            idle_ms: vec![1.0],
            busy_ms: Vec::new(),
        };
        assert_eq!(latency.ratio(50), None);
    }
}
