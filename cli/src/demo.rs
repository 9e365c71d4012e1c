//! `parlor demo`: a server, a room and two people in one process, with everything checked.

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::time::Instant;

use indicatif::DecimalBytes;
use parlor_core::options::RoomOptions;
use parlor_core::room::RoomEvent;
use parlor_core::room::notice::{Notice, Outcome};
use parlor_core::room::view::PathView;
use parlor_proto::invite::Invite;
use parlor_proto::signal::JoinIntent;
use parlor_proto::text::DisplayName;

use crate::conduct::End;
use crate::exit::{Code, Failure};
use crate::host;
use crate::interrupt::Interrupt;
use crate::observe::path_report;
use crate::report::{Report, Reporter};
use pair::{Pair, Who};

mod pair;
mod photo;

/// Large enough to leave the slow start behind, small enough for a laptop's temporary folder.
const SPEED_FILE_BYTES: usize = 32 * 1024 * 1024;

const GREETING: &str = "Hello Bob, can you read this?";
const REPLY: &str = "Every word, Ada. 👋";

/// What connecting showed.
struct Connection {
    path: Option<PathView>,
    took: Duration,
}

/// Runs the whole demo.
pub(crate) async fn run(reporter: &mut Reporter, interrupt: &mut Interrupt) -> End {
    let end = tokio::select! {
        end = all(reporter) => end,
        () = interrupt.wait() => Err(Failure::interrupted()),
    };
    if end
        .as_ref()
        .is_err_and(|failure| failure.code == Code::Interrupted)
    {
        reporter.interrupted();
    }
    end
}

async fn all(reporter: &mut Reporter) -> End {
    let folder = tempfile::tempdir().map_err(|error| local("a temporary folder", &error))?;
    let host = host::start(([127, 0, 0, 1], 0).into()).await?;
    reporter.report(&host::report(&host));
    let invite = Invite {
        server: host.url().clone(),
        secret: host::new_secret()?,
    };
    let ada = options(invite.clone(), JoinIntent::Open, "Ada");
    let mut pair = Pair::open(ada)?;
    pair.wait(Who::Ada, "to open the room", |event| {
        matches!(event, RoomEvent::Session(Notice::Joined { .. })).then_some(())
    })
    .await?;
    reporter.report(&Report::Room {
        link: invite.to_link(),
        deep_link: invite.to_deep_link(),
        server: invite.server.to_string(),
    });
    let connection = join(&mut pair, &invite.to_link(), folder.path(), reporter).await?;
    greet(&mut pair, reporter).await?;
    let megabytes_per_second = send_files(&mut pair, folder.path(), reporter).await?;
    pair.leave().await;
    host.stop().await;
    reporter.report(&Report::Demo {
        connection: kind(connection.path.as_ref()),
        connect_ms: u64::try_from(connection.took.as_millis()).unwrap_or(u64::MAX),
        megabytes_per_second,
        verified: true,
    });
    Ok(())
}

fn options(invite: Invite, intent: JoinIntent, name: &str) -> RoomOptions {
    RoomOptions {
        // Both are on this machine: no address of ours is of interest outside.
        ice_servers: Some(Vec::new()),
        ..RoomOptions::new(invite, intent, DisplayName::sanitise(name))
    }
}

/// Bob joins by the link, as another program would.
async fn join(
    pair: &mut Pair,
    link: &str,
    folder: &Path,
    reporter: &mut Reporter,
) -> Result<Connection, Failure> {
    let invite = Invite::parse(link).map_err(|error| Failure::usage(error.to_string()))?;
    let bob = RoomOptions {
        folder: Some(folder.join("received")),
        ..options(invite, JoinIntent::Join, "Bob")
    };
    let started = Instant::now();
    pair.join(bob)?;
    let connected = |event: &RoomEvent| match event {
        RoomEvent::Session(Notice::PeerConnected { path, name, .. }) => {
            Some((*path, name.to_string()))
        }
        RoomEvent::Session(_)
        | RoomEvent::Preparing { .. }
        | RoomEvent::Prepared { .. }
        | RoomEvent::OfferedAgain { .. }
        | RoomEvent::NotPrepared { .. } => None,
    };
    let (path, ada) = pair.wait(Who::Bob, "to connect to Ada", connected).await?;
    let took = started.elapsed();
    let (_, bob) = pair.wait(Who::Ada, "to connect to Bob", connected).await?;
    checked(
        reporter,
        "join by link",
        format!("{bob} joined, {ada} answered"),
    );
    Ok(Connection { path, took })
}

async fn greet(pair: &mut Pair, reporter: &mut Reporter) -> Result<(), Failure> {
    for (from, text) in [(Who::Ada, GREETING), (Who::Bob, REPLY)] {
        pair.say(from, text).await?;
        let heard = |event: &RoomEvent| match event {
            RoomEvent::Session(Notice::Heard { text, name, .. }) => {
                Some((text.clone(), name.to_string()))
            }
            RoomEvent::Session(_)
            | RoomEvent::Preparing { .. }
            | RoomEvent::Prepared { .. }
            | RoomEvent::OfferedAgain { .. }
            | RoomEvent::NotPrepared { .. } => None,
        };
        let (arrived, name) = pair.wait(from.other(), "to hear a message", heard).await?;
        if arrived != text {
            return Err(broken("a message arrived with another text"));
        }
        pair.wait(from, "to get a receipt", |event| {
            matches!(event, RoomEvent::Session(Notice::Delivered { .. })).then_some(())
        })
        .await?;
        checked(reporter, "message", format!("{name}: {text} (delivered)"));
    }
    Ok(())
}

async fn send_files(
    pair: &mut Pair,
    folder: &Path,
    reporter: &mut Reporter,
) -> Result<f64, Failure> {
    let photo = folder.join("harbour.jpg");
    photo::write(&photo).map_err(|error| local("the photo", &error))?;
    let took = send(pair, &photo).await?;
    checked(reporter, "photo", describe(&photo, took)?);

    let file = folder.join("random.bin");
    let mut bytes = vec![0; SPEED_FILE_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| broken("the system gives no random numbers"))?;
    std::fs::write(&file, bytes).map_err(|error| local("the test file", &error))?;
    let took = send(pair, &file).await?;
    checked(reporter, "file", describe(&file, took)?);
    Ok(SPEED_FILE_BYTES as f64 / 1e6 / took.as_secs_f64().max(f64::EPSILON))
}

/// Sends one file from Ada to Bob and compares what arrived. Gives the time from yes to done.
async fn send(pair: &mut Pair, file: &Path) -> Result<Duration, Failure> {
    pair.share(Who::Ada, file).await?;
    let offered = |event: &RoomEvent| match event {
        RoomEvent::Session(Notice::Offered { key, .. }) => Some(*key),
        RoomEvent::Session(_)
        | RoomEvent::Preparing { .. }
        | RoomEvent::Prepared { .. }
        | RoomEvent::OfferedAgain { .. }
        | RoomEvent::NotPrepared { .. } => None,
    };
    let key = pair.wait(Who::Bob, "to be offered a file", offered).await?;
    let started = Instant::now();
    pair.accept(Who::Bob, key).await?;
    let stored = |event: &RoomEvent| match event {
        RoomEvent::Session(Notice::FileReceived { stored_as, .. }) => {
            Some(Ok(PathBuf::from(stored_as)))
        }
        RoomEvent::Session(Notice::FileNotReceived { reason, .. }) => Some(Err(reason.clone())),
        RoomEvent::Session(_)
        | RoomEvent::Preparing { .. }
        | RoomEvent::Prepared { .. }
        | RoomEvent::OfferedAgain { .. }
        | RoomEvent::NotPrepared { .. } => None,
    };
    let stored = pair.wait(Who::Bob, "to receive a file", stored).await?;
    let stored = stored.map_err(|reason| broken(&format!("a file did not arrive: {reason}")))?;
    let took = started.elapsed();
    let complete = |event: &RoomEvent| match event {
        RoomEvent::Session(Notice::Sent { outcome, .. }) => {
            Some(matches!(outcome, Outcome::Complete { .. }))
        }
        RoomEvent::Session(_)
        | RoomEvent::Preparing { .. }
        | RoomEvent::Prepared { .. }
        | RoomEvent::OfferedAgain { .. }
        | RoomEvent::NotPrepared { .. } => None,
    };
    if !pair
        .wait(Who::Ada, "to hear that a file arrived", complete)
        .await?
    {
        return Err(broken("the sender was not told that the file arrived"));
    }
    if hash(file)? != hash(&stored)? {
        return Err(broken("a file arrived with other bytes"));
    }
    Ok(took)
}

fn describe(file: &Path, took: Duration) -> Result<String, Failure> {
    let size = file
        .metadata()
        .map_err(|error| local("a file", &error))?
        .len();
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let hash = hash(file)?.to_hex();
    let hash = hash.get(..16).unwrap_or_default();
    let millis = took.as_millis();
    Ok(format!(
        "{name}, {} in {millis} ms, BLAKE3 {hash}… on both sides",
        DecimalBytes(size)
    ))
}

fn hash(file: &Path) -> Result<blake3::Hash, Failure> {
    let mut source = std::fs::File::open(file).map_err(|error| local("a file", &error))?;
    let mut hasher = blake3::Hasher::new();
    std::io::copy(&mut source, &mut hasher).map_err(|error| local("a file", &error))?;
    Ok(hasher.finalize())
}

fn kind(path: Option<&PathView>) -> String {
    path.map_or_else(
        || "unknown".to_owned(),
        |path| {
            let path = path_report(path);
            format!("{} to {}", path.local, path.remote)
        },
    )
}

fn checked(reporter: &mut Reporter, what: &'static str, detail: String) {
    reporter.report(&Report::Checked { what, detail });
}

fn local(what: &str, error: &std::io::Error) -> Failure {
    let message = format!("Cannot use {what} for the demo ({error}); free some disk space.");
    Failure::new(Code::LocalFile, message)
}

fn broken(what: &str) -> Failure {
    let message = format!("The demo failed: {what}; run it again with -vv and report the log.");
    Failure::new(Code::Incomplete, message)
}
