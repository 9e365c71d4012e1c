//! The event loop of one room: hands the engine what happened, carries out what it says.
//!
//! One task owns the session. Sockets, links and disks are tasks and threads of their own that
//! report over bounded channels; none of them decides anything.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use parlor_engine::input::{Command, DiskInput, Input, MessageId};
use parlor_engine::notice::Notice;
use parlor_engine::output::Output;
use parlor_engine::session::{Config, Session};
use parlor_engine::time::{Deadline, Moment};
use parlor_engine::view::RoomView;
use parlor_proto::frame::OfferedFile;
use tokio::sync::{mpsc, watch};

use crate::clock::wall_clock_ms;
use crate::disks::Disks;
use crate::history::timeline::Timeline;
use crate::links::{LinkTag, Links};
use crate::offers::{KeptOffer, OfferChange};
use crate::options::{IdentityLocation, RoomOptions};
use crate::outlet::Outlet;
use crate::room::{KeyState, RoomEvent, RoomIdentity, ShareAs, ShareId, StartError};
use crate::rtc::RtcEvent;
use crate::share::{self, Leaves, Preparation, ReadRequest, Shelf, SourceFile};
use crate::socket::{Socket, SocketEvent};
use crate::store::Opened;
use crate::store::changes::Kept;

/// Reports of each kind that may wait for the loop.
const REPORTS_MAX: usize = 256;

/// Reports of all links that may wait for the loop. Each may hold a frame of up to 256 KiB from a
/// peer that keeps to no rule.
const LINK_REPORTS_MAX: usize = 64;

/// Events nobody has taken, beyond which the loop stops reading from peers and disks.
const UNTAKEN_EVENTS_MAX: usize = 1024;

/// The view of progress is published at most this often.
const VIEW_EVERY: Duration = Duration::from_millis(100);

/// Where hashes of files on offer are kept, in the data folder.
pub(crate) const OUTGOING_FOLDER: &str = "outgoing";

/// What leaving may take: time for the last frames and events to get out.
const LEAVE_MAX: Duration = Duration::from_secs(2);

/// What the program above asks for.
#[derive(Debug)]
pub(crate) enum DriverCommand {
    /// Leaves for good, and removes the messages.
    LeaveAndForget,
    /// Straight to the engine.
    Session(Command),
    /// Say something, stamped with the time it is taken.
    Say {
        text: String,
        in_reply_to: Option<MessageId>,
    },
    /// Hash files and offer them.
    Share {
        share: ShareId,
        paths: Vec<PathBuf>,
        how: ShareAs,
    },
}

/// What wakes the loop.
enum Happening {
    Command(Option<DriverCommand>),
    Socket(u64, SocketEvent),
    Link(LinkTag, RtcEvent),
    Disk(DiskInput),
    Prepared(Preparation),
    /// A deadline of the engine, the time to publish, or room in a queue.
    Nothing,
}

/// Both ends of a queue that the loop hands senders of to its tasks.
type Queue<T> = (mpsc::Sender<T>, mpsc::Receiver<T>);

struct Driver {
    session: Session,
    started: Instant,
    socket_url: String,
    commands: mpsc::Receiver<DriverCommand>,
    events: Outlet<RoomEvent>,
    view: watch::Sender<RoomView>,
    published_at: Instant,
    is_view_stale: bool,
    deadline: Option<Deadline>,
    socket: Option<Socket>,
    dials: u64,
    socket_events: Queue<(u64, SocketEvent)>,
    links: Links,
    link_events: mpsc::Receiver<(LinkTag, RtcEvent)>,
    disks: Disks,
    preparations: Queue<Preparation>,
    shelf: Shelf,
    timeline: Timeline,
    /// Whether the messages go, too, when it is over.
    forgets: bool,
}

/// A seed for the engine, and a number to begin to count transfers at.
fn randomness() -> Result<([u8; 32], u64), StartError> {
    let (mut seed, mut number) = ([0; 32], [0; 8]);
    for random in [&mut seed[..], &mut number[..]] {
        getrandom::fill(random).map_err(|error| StartError::System(error.to_string()))?;
    }
    Ok((seed, u64::from_le_bytes(number)))
}

/// Opens folder and history, starts the threads, spawns the loop.
pub(crate) fn spawn(
    options: RoomOptions,
    commands: mpsc::Receiver<DriverCommand>,
    events: mpsc::Sender<RoomEvent>,
    view: watch::Sender<RoomView>,
) -> Result<RoomIdentity, StartError> {
    let (seed, number) = randomness()?;
    let Opened { key, state, store } = Opened::open(&options.identity)?;
    let kept = Kept::read(&store, &options, state)?;
    // Random, so that a restarted device does not reuse a number its peers remember.
    let shelf = Shelf::new(outgoing_folder(&options, state), number >> 16);
    // A home did so when it was opened; by now another room may be putting an offer there.
    if !matches!(options.identity, IdentityLocation::Home(_)) {
        shelf.keep_only(&kept.offer_numbers);
    }
    let identity = RoomIdentity {
        device: key.id(),
        key: state,
    };
    let timeline = Timeline {
        own: identity.device,
        folder: options.folder.clone(),
    };
    let (disks, messages) = Disks::start(&options, identity.device, (store, state))?;
    let RoomOptions {
        invite,
        intent,
        max_peers,
        name,
        avatar,
        ice_servers,
        window_bytes,
        accept,
        has_lane,
        relay_only,
        ..
    } = options;
    let config = Config {
        secret: invite.secret.clone(),
        intent,
        max_peers,
        device: key,
        known: kept.known,
        incoming: kept.incoming,
        messages,
        accept,
        has_lane,
        name,
        avatar,
        seed,
        window_bytes,
    };
    let (link_reports, link_events) = mpsc::channel(LINK_REPORTS_MAX);
    let mut driver = Driver {
        session: Session::new(config),
        started: Instant::now(),
        socket_url: invite.server.websocket_url(),
        commands,
        events: Outlet::new(events),
        view,
        published_at: Instant::now(),
        is_view_stale: true,
        deadline: None,
        socket: None,
        dials: 0,
        socket_events: mpsc::channel(REPORTS_MAX),
        links: Links::new(ice_servers, relay_only, link_reports),
        link_events,
        disks,
        preparations: mpsc::channel(REPORTS_MAX),
        shelf,
        timeline,
        forgets: false,
    };
    driver.offer_again(kept.offers);
    tokio::spawn(driver.run());
    Ok(identity)
}

impl Driver {
    async fn run(mut self) {
        self.feed(Input::Time);
        while !self.session.has_ended() {
            let happening = self.next().await;
            self.take(happening);
            self.publish_if_due();
        }
        self.wind_down().await;
    }

    async fn next(&mut self) -> Happening {
        let until_deadline = self.deadline.map(|deadline| deadline.at.since(self.now()));
        let until_view = VIEW_EVERY.saturating_sub(self.published_at.elapsed());
        let is_heard = self.events.waiting() < UNTAKEN_EVENTS_MAX;
        tokio::select! {
            command = self.commands.recv() => Happening::Command(command),
            Some((generation, event)) = self.socket_events.1.recv() => {
                Happening::Socket(generation, event)
            }
            Some((tag, event)) = self.link_events.recv(), if is_heard => Happening::Link(tag, event),
            answer = self.disks.answer(), if is_heard => Happening::Disk(answer),
            Some(prepared) = self.preparations.1.recv(), if is_heard => {
                Happening::Prepared(prepared)
            }
            () = self.events.move_on() => Happening::Nothing,
            () = tokio::time::sleep(until_view), if self.is_view_stale => Happening::Nothing,
            () = tokio::time::sleep(until_deadline.unwrap_or_default()),
                if until_deadline.is_some() => Happening::Nothing,
        }
    }

    fn take(&mut self, happening: Happening) {
        match happening {
            Happening::Command(None) => self.feed(Input::Command(Command::Leave)),
            Happening::Command(Some(command)) => self.on_command(command),
            Happening::Socket(generation, event) => {
                if self
                    .socket
                    .as_ref()
                    .is_some_and(|socket| socket.generation() == generation)
                {
                    self.feed(Input::Signal(event.into()));
                }
            }
            Happening::Link(key, event) => {
                if let Some(input) = self.links.input(key, event) {
                    self.feed(input);
                }
            }
            Happening::Disk(answer) => self.feed(Input::Disk(answer)),
            Happening::Prepared(Preparation::Event(event)) => self.events.push(event),
            Happening::Prepared(Preparation::Offer(prepared)) => self.offer(prepared),
            Happening::Prepared(Preparation::Preview {
                transfer,
                file,
                image,
            }) => self.feed(Input::Command(Command::Preview {
                transfer,
                file,
                image,
            })),
            Happening::Nothing => self.feed(Input::Time),
        }
    }

    fn on_command(&mut self, command: DriverCommand) {
        match command {
            DriverCommand::Session(command) => self.feed(Input::Command(command)),
            DriverCommand::LeaveAndForget => {
                self.forgets = true;
                self.feed(Input::Command(Command::Leave));
            }
            DriverCommand::Say { text, in_reply_to } => {
                let written_at_ms = wall_clock_ms().cast_unsigned();
                self.feed(Input::Command(Command::Say {
                    text,
                    in_reply_to,
                    written_at_ms,
                }));
            }
            DriverCommand::Share { share, paths, how } => {
                let out = self.preparations.0.clone();
                let shelf = self.shelf.clone();
                tokio::task::spawn_blocking(move || {
                    share::prepare(share, &paths, how, &shelf, &out);
                });
            }
        }
    }

    fn offer(&mut self, prepared: share::Prepared) {
        let share::Prepared {
            share,
            transfer,
            offered: files,
            sources,
            leaves,
            more,
        } = prepared;
        let paths: Vec<_> = sources
            .iter()
            .map(|source| source.path().to_owned())
            .collect();
        if matches!(leaves, Leaves::Kept(_)) {
            self.disks.change_offer(OfferChange::Keep(KeptOffer {
                transfer,
                files: files.clone(),
                paths: paths.clone(),
                is_copy: sources.iter().any(SourceFile::is_copy),
                is_paused: false,
            }));
        }
        self.happened(RoomEvent::Prepared {
            share,
            transfer,
            files: files.clone(),
            paths,
            more,
        });
        let is_paused = false;
        self.put_on_offer((transfer, is_paused), files, sources, leaves);
    }

    /// Offers what an earlier life of the app had on offer in this room.
    fn offer_again(&mut self, offers: Vec<KeptOffer>) {
        for offer in offers {
            let KeptOffer {
                transfer,
                files,
                paths,
                is_copy,
                is_paused,
            } = offer;
            let len_bytes = files.iter().map(|file| file.size).sum();
            let photos = is_copy.then(|| self.shelf.kept_photos(transfer, len_bytes));
            let are_there = photos.as_ref().is_none_or(Option::is_some);
            let (sources, count) =
                SourceFile::kept(&files, paths.clone(), photos.flatten().as_ref());
            let leaves = self.shelf.kept(transfer, count);
            let Some(leaves) = leaves.filter(|_| are_there) else {
                tracing::warn!("an offer cannot go on: what was noted of its files is gone");
                self.disks.change_offer(OfferChange::Forget(transfer));
                continue;
            };
            self.happened(RoomEvent::OfferedAgain {
                transfer,
                files: files.clone(),
                paths,
            });
            self.put_on_offer((transfer, is_paused), files, sources, leaves);
        }
    }

    fn put_on_offer(
        &mut self,
        (transfer, is_paused): (u64, bool),
        files: Vec<OfferedFile>,
        sources: Vec<SourceFile>,
        leaves: Leaves,
    ) {
        self.disks.read(ReadRequest::Open {
            transfer,
            sources,
            leaves,
        });
        self.feed(Input::Command(Command::Offer {
            transfer,
            files,
            is_paused,
        }));
    }

    fn now(&self) -> Moment {
        Moment(self.started.elapsed())
    }

    /// One turn: an input, then every output it brings about.
    fn feed(&mut self, input: Input) {
        self.session.handle_input(input, self.now());
        self.is_view_stale = true;
        loop {
            match self.session.poll_output() {
                Output::Wait(deadline) => {
                    self.deadline = deadline;
                    return;
                }
                output => self.carry_out(output),
            }
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::Dial => {
                self.dials += 1;
                let events = self.socket_events.0.clone();
                self.socket = Some(Socket::dial(self.socket_url.clone(), self.dials, events));
            }
            Output::HangUp => self.socket = None,
            Output::SendSignal(message) => {
                // A socket that takes no more ends by itself: its task notices the dropped queue
                // and reports under the same generation.
                if let Some(socket) = &mut self.socket {
                    socket.send(message);
                }
            }
            Output::OpenLink {
                peer,
                attempt,
                role,
                ice_servers,
            } => {
                self.links.open((peer, attempt), role, ice_servers);
            }
            Output::Link {
                peer,
                attempt,
                action,
            } => self.links.act((peer, attempt), action),
            Output::Disk(request) => self.disks.ask(request),
            Output::Notice(notice) => self.tell(notice),
            Output::Wait(_) => {}
        }
    }

    fn tell(&mut self, notice: Notice) {
        // Whoever hears of a person coming or going, or of a transfer's end, and looks at the view
        // finds it there; only progress can wait.
        let is_in_view = matches!(
            notice,
            Notice::Joined { .. }
                | Notice::PeerConnected { .. }
                | Notice::PeerLost { .. }
                | Notice::PeerLeft { .. }
                | Notice::Verified { .. }
                | Notice::Sent { .. }
                | Notice::Received { .. }
        );
        if is_in_view {
            self.publish();
        }
        self.happened(RoomEvent::Session(notice));
    }

    /// Keeps of an event what is to be kept, and hands it up.
    fn happened(&mut self, event: RoomEvent) {
        for entry in self.timeline.entries(&event) {
            self.disks.keep_for_timeline(entry);
        }
        self.events.push(event);
    }

    fn publish_if_due(&mut self) {
        if self.is_view_stale && self.published_at.elapsed() >= VIEW_EVERY {
            self.publish();
        }
    }

    fn publish(&mut self) {
        self.published_at = Instant::now();
        self.is_view_stale = false;
        let view = self.session.view();
        self.view.send_if_modified(|current| {
            let is_new = *current != view;
            *current = view;
            is_new
        });
    }

    /// Lets the last frames, messages and events out, for a bounded time.
    async fn wind_down(mut self) {
        self.publish();
        let until = tokio::time::Instant::now() + LEAVE_MAX;
        while !self.links.is_empty() || self.events.waiting() > 0 {
            tokio::select! {
                Some((key, event)) = self.link_events.recv() => {
                    self.links.input(key, event);
                }
                () = self.events.move_on() => {}
                () = tokio::time::sleep_until(until) => break,
            }
        }
        if self.forgets {
            self.disks.forget_room();
        }
        // The events end only when the disk is at rest: whoever waits for them may exit then.
        if tokio::time::timeout(LEAVE_MAX, self.disks.finish())
            .await
            .is_err()
        {
            tracing::warn!("the disk was still busy when the room closed");
        }
    }
}

/// Where offers are kept for the next session of this device.
fn outgoing_folder(options: &RoomOptions, key: KeyState) -> Option<PathBuf> {
    let folder = options.identity.folder()?;
    (key == KeyState::Kept).then(|| folder.join(OUTGOING_FOLDER))
}
