//! One peer: when to connect, which try is the current one, whether it still lives.
//!
//! Of any two peers the one with the larger id writes the offers, so offers never cross and no
//! rollback is needed. A try has a number; whatever belongs to another number is void. A path that
//! fails is replaced by a whole new connection rather than an ICE restart: measured, a new one
//! carries data sooner (see `docs/decisions`).

use core::time::Duration;
use std::collections::VecDeque;

use parlor_proto::avatar::Avatar;
use parlor_proto::envelope::Candidate;
use parlor_proto::id::{DeviceId, PeerId};
use parlor_proto::text::DisplayName;

use crate::allowance::Allowance;
use crate::device::DevicePublic;
use crate::handshake::{Handshake, Proven};
use crate::known::Standing;
use crate::lane::Lane;
use crate::output::Role;
use crate::pacer::{ReceiveCredit, SendPacer};
use crate::random::Random;
use crate::time::{Deadline, Moment};
use crate::view::{PathView, PeerStateView, PeerView};

/// From an offer to open channels and a hello; a relayed path over a slow network takes seconds.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(15);

/// How long the answering side waits for an offer before it asks for one.
const OFFER_PATIENCE: Duration = Duration::from_secs(3);

/// First step of the backoff between tries, doubled with each failure.
const RETRY_FIRST: Duration = Duration::from_millis(500);

/// Longest backoff between tries.
const RETRY_MAX: Duration = Duration::from_secs(15);

/// How long a newcomer waits when many came at once: time for one more to have its turn.
const NEWCOMER_WAIT: Duration = Duration::from_secs(1);

/// Tries that a peer's signals may cause in a row, and the pause that earns one more: a hostile
/// member could otherwise have us build connections as fast as the server carries its offers.
const TRIES_BURST: u32 = 8;
const TRIES_EVERY: Duration = Duration::from_secs(1);

/// Failures in a row to reach a peer that never said anything, before it is tried rarely: longer
/// than the server keeps a place for somebody who is away. If the peer exists after all, it asks.
const MUTE_TRIES_MAX: u32 = 6;

/// The pause between tries from then on.
const MUTE_RETRY: Duration = Duration::from_secs(600);

/// Candidates that may arrive before their offer; more than any host has interfaces.
const EARLY_CANDIDATES_MAX: usize = 64;

mod open;

pub(crate) use open::OpenLink;

/// How a connection to a peer stands.
#[derive(Debug)]
pub(crate) enum LinkState {
    /// No try is under way. The offering side begins one then, the other asks for one.
    Waiting { until: Moment },
    /// A try is under way, from the offer to the peer's hello.
    Connecting {
        since: Moment,
        stage: Stage,
        path: Option<PathView>,
    },
    /// Both said hello.
    Open(Box<OpenLink>),
}

/// How far a try has come.
#[derive(Debug)]
pub(crate) enum Stage {
    /// The channels are not open yet.
    Dialling,
    /// The handshake is under way.
    Proving(Box<Handshake>),
    /// The other side has proven itself; its hello is awaited.
    Greeting(Proven),
}

/// How a device introduced itself in its hello.
#[derive(Debug)]
pub(crate) struct Introduction {
    pub(crate) public: DevicePublic,
    pub(crate) name: DisplayName,
    pub(crate) stream: u64,
    /// The name to show it by.
    pub(crate) shown_name: DisplayName,
    pub(crate) standing: Standing,
    pub(crate) avatar: Avatar,
}

/// What a peer's timer asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// Write a new offer.
    Offer,
    /// Ask the other side for one.
    AskForOffer,
    /// The try took too long.
    ConnectTimeout,
    /// Open a lane.
    Lane,
    /// A lane did not come about in time.
    LaneTimeout,
    /// The network may have changed.
    Doubt,
    /// Probe a quiet link.
    Ping,
    /// Let the transport see whether what was said arrived.
    Nudge,
    /// The link said nothing for too long.
    Silent,
    /// The peer takes nothing in.
    Unread,
}

/// One peer.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) id: PeerId,
    /// Our own id towards it.
    pub(crate) me: PeerId,
    pub(crate) role: Role,
    pub(crate) in_roster: bool,
    pub(crate) attempt: u32,
    pub(crate) state: LinkState,
    pub(crate) failures: u32,
    /// Who the peer was when it was last connected.
    pub(crate) known_as: Option<(DeviceId, DisplayName)>,
    /// What is known of that device.
    pub(crate) standing: Option<Standing>,
    /// How it wants to be shown.
    pub(crate) avatar: Avatar,
    /// File bytes that our last hello to it allowed.
    pub(crate) allowed_bytes: u32,
    /// Highest counter seen in its sealed signals.
    pub(crate) last_counter: u64,
    /// Frames of the current try before its hello.
    pub(crate) greeting_frames: u32,
    /// Whether it was let through the bound on newcomers.
    pub(crate) is_met: bool,
    connecting_since: Option<Moment>,
    early: VecDeque<(u32, Candidate)>,
    /// When the server named it.
    pub(crate) met_at: Moment,
    tries: Allowance,
}

impl Peer {
    pub(crate) fn new(id: PeerId, me: PeerId, now: Moment) -> Self {
        let role = if me > id {
            Role::Offerer
        } else {
            Role::Answerer
        };
        let until = match role {
            Role::Offerer => now,
            Role::Answerer => now + OFFER_PATIENCE,
        };
        Self {
            id,
            me,
            role,
            in_roster: true,
            attempt: 0,
            state: LinkState::Waiting { until },
            failures: 0,
            known_as: None,
            standing: None,
            avatar: Avatar::default(),
            allowed_bytes: 0,
            last_counter: 0,
            greeting_frames: 0,
            is_met: false,
            connecting_since: None,
            early: VecDeque::new(),
            met_at: now,
            tries: Allowance::new(TRIES_BURST, TRIES_EVERY, now),
        }
    }

    pub(crate) fn open(&self) -> Option<&OpenLink> {
        if let LinkState::Open(open) = &self.state {
            Some(open)
        } else {
            None
        }
    }

    pub(crate) fn open_mut(&mut self) -> Option<&mut OpenLink> {
        if let LinkState::Open(open) = &mut self.state {
            Some(open)
        } else {
            None
        }
    }

    /// Whether it was another device than this one when it was last connected.
    pub(crate) fn is_other_than(&self, device: DeviceId) -> bool {
        let known = self.known_as.as_ref();
        known.is_some_and(|(known, _)| *known != device)
    }

    /// Whether a connection of the current attempt exists in the driver.
    pub(crate) const fn has_link(&self) -> bool {
        !matches!(self.state, LinkState::Waiting { .. })
    }

    /// Counts a try that the peer asks for; `false` when it asks too often.
    pub(crate) fn may_begin(&mut self, now: Moment) -> bool {
        self.tries.take(now)
    }

    /// Whether no signal of it ever opened: it may be the server's invention.
    pub(crate) const fn is_mute(&self) -> bool {
        self.last_counter == 0
    }

    /// No try begins before `until`.
    pub(crate) fn wait(&mut self, until: Moment) {
        self.state = LinkState::Waiting { until };
    }

    /// The machine slept for `gap`: nobody could be heard meanwhile.
    pub(crate) fn slept(&mut self, gap: Duration, now: Moment) {
        if let Some(open) = self.open_mut() {
            open.slept(gap, now);
        }
    }

    /// Whether the link fell silent, and nobody has looked for the server since.
    pub(crate) fn is_long_silent(&self) -> bool {
        self.open().is_some_and(OpenLink::is_long_silent)
    }

    /// Asks an open link for a sign of life now.
    pub(crate) fn probe(&mut self, now: Moment) {
        if let Some(open) = self.open_mut() {
            open.probe(now);
        }
    }

    /// A try begins under `attempt`.
    pub(crate) fn begin(&mut self, attempt: u32, now: Moment) {
        self.attempt = attempt;
        self.greeting_frames = 0;
        self.connecting_since.get_or_insert(now);
        self.state = LinkState::Connecting {
            since: now,
            stage: Stage::Dialling,
            path: None,
        };
    }

    /// The current try or link ended without success: the next one comes after a backoff.
    pub(crate) fn failed(&mut self, now: Moment, random: &mut Random) {
        self.failures = self.failures.saturating_add(1);
        let step = RETRY_FIRST
            .saturating_mul(1 << (self.failures - 1).min(8))
            .min(RETRY_MAX);
        let until = match self.role {
            Role::Offerer if self.is_mute() && self.failures >= MUTE_TRIES_MAX => now + MUTE_RETRY,
            Role::Offerer => now + random.up_to(step),
            Role::Answerer => now + OFFER_PATIENCE.max(step),
        };
        self.state = LinkState::Waiting { until };
    }

    /// An open link broke: the next try comes at once, as the peer was fine a moment ago.
    pub(crate) fn lost(&mut self, now: Moment) {
        self.failures = 0;
        let until = match self.role {
            Role::Offerer => now,
            Role::Answerer => now + RETRY_FIRST,
        };
        self.state = LinkState::Waiting { until };
    }

    /// Whether our offer has been out long enough that the peer, who asks for one, cannot have it.
    pub(crate) fn is_offer_overdue(&self, now: Moment) -> bool {
        matches!(&self.state, LinkState::Connecting { since, .. } if *since + OFFER_PATIENCE <= now)
    }

    /// No try can begin before the server is back.
    pub(crate) fn wait_for_server(&mut self, now: Moment) {
        self.wait(now + RETRY_MAX);
    }

    /// Too many peers are met at the moment: this one has its turn a little later.
    pub(crate) fn wait_for_turn(&mut self, now: Moment) {
        self.wait(now + NEWCOMER_WAIT);
    }

    /// The server is back: whoever waits need not wait longer.
    pub(crate) fn hurry(&mut self, now: Moment) {
        if let LinkState::Waiting { until } = &mut self.state
            && self.role == Role::Offerer
        {
            *until = now;
        }
    }

    /// The peer said hello. Gives the time since the first try of this connection.
    pub(crate) fn opened(
        &mut self,
        who: Introduction,
        send: SendPacer,
        receive: ReceiveCredit,
        now: Moment,
    ) -> Duration {
        let path = match &self.state {
            LinkState::Connecting { path, .. } => *path,
            LinkState::Waiting { .. } | LinkState::Open(_) => None,
        };
        let device = who.public.id();
        let (name, standing) = (who.shown_name.clone(), who.standing.clone());
        let took = now.since(self.connecting_since.take().unwrap_or(now));
        self.failures = 0;
        self.known_as = Some((device, name));
        self.standing = Some(standing);
        self.avatar = who.avatar;
        self.state = LinkState::Open(Box::new(OpenLink::new(who, path, (send, receive), now)));
        took
    }

    /// Both sides can carry bulk frames on a lane; the answerer opens it.
    pub(crate) fn share_lane(&mut self, peer_window_bytes: u32, now: Moment) {
        let role = self.role;
        if let Some(open) = self.open_mut() {
            open.lane = Lane::shared(role, peer_window_bytes, now);
        }
    }

    /// Keeps a candidate that came before its offer. The oldest goes when there are too many.
    pub(crate) fn keep_early(&mut self, attempt: u32, candidate: Candidate) {
        if self.early.len() == EARLY_CANDIDATES_MAX {
            self.early.pop_front();
        }
        self.early.push_back((attempt, candidate));
    }

    /// The candidates kept for the current attempt; others of the past are dropped.
    pub(crate) fn take_early(&mut self) -> Vec<Candidate> {
        let (now, later): (VecDeque<_>, VecDeque<_>) = self
            .early
            .drain(..)
            .filter(|(attempt, _)| *attempt >= self.attempt)
            .partition(|(attempt, _)| *attempt == self.attempt);
        self.early = later;
        now.into_iter().map(|(_, candidate)| candidate).collect()
    }

    /// What is due now; called again until it gives nothing.
    pub(crate) fn due(&mut self, now: Moment) -> Option<Due> {
        match &mut self.state {
            LinkState::Waiting { until } if *until <= now => match self.role {
                Role::Offerer => Some(Due::Offer),
                Role::Answerer => {
                    *until = now + OFFER_PATIENCE.max(RETRY_FIRST * (1 << self.failures.min(5)));
                    self.failures = self.failures.saturating_add(1);
                    Some(Due::AskForOffer)
                }
            },
            LinkState::Connecting { since, .. } if *since + CONNECT_TIMEOUT <= now => {
                Some(Due::ConnectTimeout)
            }
            LinkState::Open(open) => open.due(now),
            LinkState::Waiting { .. } | LinkState::Connecting { .. } => None,
        }
    }

    pub(crate) fn deadline(&self) -> Deadline {
        match &self.state {
            LinkState::Waiting { until } => Deadline {
                at: *until,
                why: "try a peer",
            },
            LinkState::Connecting { since, .. } => Deadline {
                at: *since + CONNECT_TIMEOUT,
                why: "give up a try",
            },
            LinkState::Open(open) => open.deadline(),
        }
    }

    pub(crate) fn view(&self) -> PeerView {
        let (state, path) = match &self.state {
            LinkState::Waiting { .. } => (PeerStateView::Waiting, None),
            LinkState::Connecting { .. } => (PeerStateView::Connecting, None),
            LinkState::Open(open) => (PeerStateView::Connected { since: open.since }, open.path),
        };
        let identity = self.known_as.clone();
        PeerView {
            peer: self.id,
            identity,
            state,
            path,
            has_lane: self.open().is_some_and(|open| open.lane.is_open()),
            attempts: self.attempt,
            standing: self.standing.clone(),
            avatar: self.avatar,
            emoji: self.open().and_then(|open| open.sas.as_ref()?.emoji()),
        }
    }
}
