//! One room as one device lives it: routes each input to its machine and collects what to do.
//!
//! The server's words and the link's life go through `links`, what no honest server says through
//! `suspicion`, control frames through `frames`, messages through `messages`, file bytes and the disk through `files`. A session belongs to one event loop.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use parlor_proto::avatar::Avatar;
use parlor_proto::envelope::SignalSealer;
use parlor_proto::frame::Frame;
use parlor_proto::id::{DeviceId, PeerId, RoomId};
use parlor_proto::invite::RoomSecret;
use parlor_proto::limits::CHUNK_MAX_BYTES;
use parlor_proto::signal::{IceServer, JoinIntent};
use parlor_proto::text::DisplayName;

use crate::accept::AcceptRules;
use crate::allowance::Allowance;
use crate::chat::Chat;
use crate::device::DeviceKey;
use crate::input::{IncomingKey, Input};
use crate::known::{Known, KnownDevice};
use crate::notice::{Notice, Suspicion};
use crate::output::{DiskRequest, LinkAction, Output};
use crate::peer::{OpenLink, Peer};
use crate::quota::Quotas;
use crate::random::Random;
use crate::record::{IncomingRecord, MessageRecord};
use crate::signal::SignalMachine;
use crate::sponsor::Sponsor;
use crate::time::{Deadline, Moment};
use crate::transfer::incoming::Incoming;
use crate::transfer::outgoing::Outgoing;
use crate::transfer::{INCOMING_MAX, Step};
use crate::typing::Writers;
use crate::view::{PeerStateView, RoomView};

mod commands;
mod files;
mod frames;
mod identity;
mod lanes;
mod limits;
mod links;
mod messages;
mod proof;
mod suspicion;
mod timers;

/// Smallest receive window. Credit is granted in steps of a quarter of the window, so three
/// quarters of it must hold the largest chunk, or a sender could wait for ever.
pub const WINDOW_MIN_BYTES: u32 = 2 * CHUNK_MAX_BYTES as u32;

/// Largest receive window. What it holds is memory that any peer can fill, and the transport takes
/// twice as much for a flood.
pub const WINDOW_MAX_BYTES: u32 = 8 * 1024 * 1024;

/// A pause between inputs that only a sleeping machine makes: open links are pinged more often.
const SLEEP_MIN: Duration = Duration::from_secs(5);

/// What a session needs to know from the start.
#[derive(Clone)]
pub struct Config {
    /// The room's secret, from the invite.
    pub secret: RoomSecret,
    /// Whether the room may be created.
    pub intent: JoinIntent,
    /// Members at most, when this session creates the room.
    pub max_peers: Option<u8>,
    /// This device's long-term key.
    pub device: DeviceKey,
    /// Devices met before, in the order of their first meetings; beyond
    /// [`KNOWN_DEVICES_MAX`](crate::known::KNOWN_DEVICES_MAX) they are not taken.
    pub known: Vec<KnownDevice>,
    /// The person's name.
    pub name: DisplayName,
    /// How the person wants to be shown.
    pub avatar: Avatar,
    /// Fresh from the operating system for every session: nonces follow from it.
    pub seed: [u8; 32],
    /// Transfers to this device that were answered in earlier sessions of this room.
    pub incoming: Vec<IncomingRecord>,
    /// Messages of earlier sessions of this room.
    pub messages: MessageRecord,
    /// Which offers are taken without asking.
    pub accept: AcceptRules,
    /// Whether file bytes may go over a lane where the other side has one too.
    pub has_lane: bool,
    /// File bytes that may wait in this device's memory for each peer; less than
    /// [`WINDOW_MIN_BYTES`] or more than [`WINDOW_MAX_BYTES`] counts as that.
    pub window_bytes: u32,
}

impl core::fmt::Debug for Config {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Config")
            .field("room", &self.secret.room_id())
            .finish_non_exhaustive()
    }
}

/// One device in one room.
#[derive(Debug)]
pub struct Session {
    config: Config,
    room: RoomId,
    sealer: SignalSealer,
    random: Random,
    now: Moment,
    signal: SignalMachine,
    me: Option<PeerId>,
    /// Who we were at the server before it gave us another name.
    former_me: Option<PeerId>,
    ice_servers: Vec<IceServer>,
    peers: BTreeMap<PeerId, Peer>,
    /// Peers that broke the protocol: not connected to again while they keep this id.
    refused: VecDeque<PeerId>,
    /// What the person was told of the server.
    suspected: BTreeSet<Suspicion>,
    /// Connections to peers that never said anything.
    first_tries: Allowance,
    /// Devices whose emoji differed: not talked to again in this session.
    refused_devices: VecDeque<DeviceId>,
    known: Known,
    quotas: Quotas,
    /// How far the signals of peers that are gone were heard.
    counters: VecDeque<(PeerId, u64)>,
    /// Counts our sealed signals.
    counter: u64,
    /// Tells this session from earlier ones of the device.
    number: u64,
    chat: Chat,
    writers: Writers,
    sponsor: Sponsor,
    outgoing: BTreeMap<u64, Outgoing>,
    incoming: BTreeMap<IncomingKey, Incoming>,
    /// Something happened that may make room for another file.
    begin_is_due: bool,
    /// When a full disk is to be looked at again: the first of all transfers that wait for room,
    /// kept because it is asked for with every input.
    space_retry_at: Option<Moment>,
    /// File bytes handed to the disk and not yet answered, by the device they came from. They
    /// outlive the link they came on.
    unsettled: BTreeMap<DeviceId, u64>,
    out: VecDeque<Output>,
    has_ended: bool,
}

impl Session {
    /// A session that dials as soon as it is told the time.
    #[must_use]
    pub fn new(mut config: Config) -> Self {
        config.window_bytes = config
            .window_bytes
            .clamp(WINDOW_MIN_BYTES, WINDOW_MAX_BYTES);
        let room = config.secret.room_id();
        let restored = core::mem::take(&mut config.incoming).into_iter();
        let restored = restored.take(INCOMING_MAX);
        let restored = restored.map(|record| (record.key, Incoming::restored(record)));
        let mut random = Random::new(config.seed);
        Self {
            room,
            sealer: SignalSealer::new(&config.secret.signal_key()),
            now: Moment::default(),
            signal: SignalMachine::new(room, config.intent, config.max_peers),
            me: None,
            former_me: None,
            ice_servers: Vec::new(),
            peers: BTreeMap::new(),
            refused: VecDeque::new(),
            suspected: BTreeSet::new(),
            first_tries: Allowance::new(
                suspicion::FIRST_TRIES_BURST,
                suspicion::FIRST_TRIES_EVERY,
                Moment::default(),
            ),
            refused_devices: VecDeque::new(),
            known: Known::new(core::mem::take(&mut config.known)),
            quotas: Quotas::default(),
            counters: VecDeque::new(),
            counter: 0,
            chat: Chat::new(
                config.device.id(),
                random.number(),
                core::mem::take(&mut config.messages),
            ),
            number: random.number(),
            random,
            writers: Writers::default(),
            sponsor: Sponsor::new(config.secret.clone()),
            outgoing: BTreeMap::new(),
            incoming: restored.collect(),
            begin_is_due: false,
            space_retry_at: None,
            unsettled: BTreeMap::new(),
            out: VecDeque::new(),
            has_ended: false,
            config,
        }
    }

    /// Takes one input. `now` never goes backwards; if it does, the later time counts.
    pub fn handle_input(&mut self, input: Input, now: Moment) {
        let gap = now.since(self.now);
        self.now = self.now.max(now);
        if self.has_ended {
            return;
        }
        if gap > SLEEP_MIN {
            self.peers
                .values_mut()
                .for_each(|peer| peer.slept(gap, now));
        }
        match input {
            Input::Signal(event) => self.on_signal(event),
            Input::Link {
                peer,
                attempt,
                event,
            } => self.on_link(peer, attempt, event),
            Input::Disk(event) => self.on_disk(event),
            Input::Command(command) => self.on_command(command),
            Input::Time => {}
        }
        self.run_timers();
        self.begin_files();
        self.pump_files();
    }

    /// What to do next; [`Output::Wait`] when there is nothing until the next input.
    pub fn poll_output(&mut self) -> Output {
        self.out
            .pop_front()
            .unwrap_or_else(|| Output::Wait(self.deadline()))
    }

    /// The stream that this session's messages are numbered in.
    #[must_use]
    pub const fn stream(&self) -> u64 {
        self.chat.stream()
    }

    /// Whether the session is over.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// The state as a screen shows it.
    #[must_use]
    pub fn view(&self) -> RoomView {
        let outgoing = self
            .outgoing
            .values()
            .flat_map(|outgoing| outgoing.views(self.now));
        let incoming = self
            .incoming
            .values()
            .map(|incoming| incoming.view(self.now));
        RoomView {
            server: self.signal.view(),
            peers: self.peers.values().map(Peer::view).collect(),
            transfers: outgoing.chain(incoming).collect(),
            code: self.sponsor.view(),
        }
    }

    /// Peers that are connected now.
    #[must_use]
    pub fn connected(&self) -> usize {
        let views = self.peers.values().map(Peer::view);
        views
            .filter(|view| matches!(view.state, PeerStateView::Connected { .. }))
            .count()
    }

    fn deadline(&self) -> Option<Deadline> {
        if self.has_ended {
            return None;
        }
        let peers = self.peers.values().map(Peer::deadline);
        let others = self
            .signal
            .deadline()
            .into_iter()
            .chain(self.chat.deadline())
            .chain(self.writers.deadline())
            .chain(self.sponsor.deadline())
            .chain(self.space_deadline());
        peers.chain(others).min()
    }

    fn run_timers(&mut self) {
        let outputs = self.signal.on_time(self.now, &mut self.random);
        self.out.extend(outputs);
        for (author, message) in self.chat.store_again(self.now) {
            self.disk(DiskRequest::StoreMessage { author, message });
        }
        self.watch_writers();
        let outputs = self.sponsor.on_time(self.signal.is_joined(), self.now);
        self.out.extend(outputs);
        self.look_for_space();
        let peers: Vec<PeerId> = self.peers.keys().copied().collect();
        for peer in peers {
            self.run_peer_timers(peer);
        }
    }

    fn notice(&mut self, notice: Notice) {
        self.out.push_back(Output::Notice(notice));
    }

    fn disk(&mut self, request: DiskRequest) {
        self.out.push_back(Output::Disk(request));
    }

    fn link(&mut self, peer: PeerId, action: LinkAction) {
        let Some(attempt) = self.peers.get(&peer).map(|peer| peer.attempt) else {
            return;
        };
        self.out.push_back(Output::Link {
            peer,
            attempt,
            action,
        });
    }

    fn send(&mut self, peer: PeerId, frame: &Frame) {
        self.link(peer, LinkAction::SendControl(frame.encode().into()));
        let now = self.now;
        if let (Some(open), false) = (self.open_link(peer), matches!(frame, Frame::Nudge(_))) {
            open.nudges.begin(now);
        }
    }

    /// Peers that said hello, with the device behind each.
    fn open_devices(&self) -> Vec<(PeerId, DeviceId)> {
        let open = self
            .peers
            .values()
            .filter_map(|peer| Some((peer.id, peer.open()?.device)));
        open.collect()
    }

    /// The link to a peer that said hello.
    fn open_link(&mut self, id: PeerId) -> Option<&mut OpenLink> {
        self.peers.get_mut(&id)?.open_mut()
    }

    fn peer_of(&self, device: DeviceId) -> Option<PeerId> {
        let mut open = self.peers.values();
        open.find(|p| p.open().is_some_and(|open| open.device == device))
            .map(|peer| peer.id)
    }

    /// Carries out what a transfer with `device` asked for.
    fn take_steps(&mut self, device: DeviceId, steps: Vec<Step>) {
        self.begin_is_due |= !steps.is_empty();
        for step in steps {
            match step {
                Step::Frame(frame) => {
                    if let Some(peer) = self.peer_of(device) {
                        self.send(peer, &frame);
                    }
                }
                Step::Disk(request) => self.disk(request),
                Step::Notice(notice) => self.notice(notice),
            }
        }
    }
}
