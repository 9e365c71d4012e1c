//! Two sessions and what is between them: a server, a link, and the disks.

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};

use super::disk::{answer, check_bounds};
use bytes::Bytes;
use parlor_engine::accept::AcceptRules;
use parlor_engine::device::DeviceKey;
use parlor_engine::input::{IncomingKey, Input, LaneInput, LinkInput, SignalInput};
use parlor_engine::notice::Notice;
use parlor_engine::output::{DiskRequest, LaneAction, LinkAction, Output, Role};
use parlor_engine::record::MessageRecord;
use parlor_engine::session::{Config, Session, WINDOW_MIN_BYTES};
use parlor_engine::time::{Deadline, Moment};
use parlor_proto::frame::Frame;
use parlor_proto::id::{DeviceId, PeerId};
use parlor_proto::invite::RoomSecret;
use parlor_proto::limits::{BULK_FRAME_MAX_BYTES, CONTROL_FRAME_MAX_BYTES, ROOM_PEERS_MAX};
use parlor_proto::signal::{ClientMessage, JoinIntent, ResumeToken, ServerMessage};
use parlor_proto::text::DisplayName;

/// Outputs that one input may cause; the simulator has the same bound, and the reason for it.
const OUTPUTS_MAX: usize = 2048;

/// Inputs after which two sessions have said all they have to say without time passing.
const INPUTS_MAX: usize = 5_000;

/// Times in a row that a session may want to be called at once.
const WAKES_MAX: usize = 20;

pub(super) const SECRET: RoomSecret = RoomSecret::from_bytes([0x52; 32]);

/// What differs from room to room.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rules {
    /// We have the larger id, and so write the offers.
    pub(super) we_offer: bool,
    /// Nothing they say reaches us by itself.
    pub(super) they_are_mute: bool,
    /// We take a megabyte at once, and not the least there is.
    pub(super) wide_window: bool,
}

impl Rules {
    const fn window_bytes(self) -> u32 {
        if self.wide_window {
            1 << 20
        } else {
            WINDOW_MIN_BYTES
        }
    }
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    We,
    They,
}

impl Who {
    pub(super) const fn other(self) -> Self {
        match self {
            Self::We => Self::They,
            Self::They => Self::We,
        }
    }
}

/// A session with what its driver would know.
pub(super) struct End {
    pub(super) session: Session,
    pub(super) device: DeviceId,
    pub(super) peer: PeerId,
    is_joined: bool,
    pub(super) links: BTreeMap<PeerId, (u32, Role)>,
    /// Offers that wait for an answer.
    pub(super) offers: VecDeque<IncomingKey>,
}

impl End {
    fn new(config: Config, peer: PeerId) -> Self {
        let device = config.device.id();
        Self {
            session: Session::new(config),
            device,
            peer,
            is_joined: false,
            links: BTreeMap::new(),
            offers: VecDeque::new(),
        }
    }
}

/// The two and everything between them.
pub(super) struct Room {
    now: Moment,
    pub(super) we: End,
    pub(super) they: End,
    rules: Rules,
    queue: VecDeque<(Who, Input)>,
    /// What we asked of our disk and have no answer to.
    pub(super) requests: VecDeque<DiskRequest>,
    /// Changes the next frame of theirs: byte and mask.
    pub(super) tamper: Option<(usize, u8)>,
    heard: BTreeMap<(DeviceId, u64), u64>,
    spoken: Vec<Frame>,
    returns: u8,
}

impl Room {
    pub(super) fn new(rules: Rules) -> Self {
        let peer = PeerId([if rules.we_offer { 0x90 } else { 0x10 }; 16]);
        let we = config(0, 0, rules.window_bytes());
        let they = config(1, 0, WINDOW_MIN_BYTES);
        Self {
            now: Moment::default(),
            we: End::new(we, peer),
            they: End::new(they, PeerId([0x50; 16])),
            rules,
            queue: VecDeque::new(),
            requests: VecDeque::new(),
            tamper: None,
            heard: BTreeMap::new(),
            spoken: Vec::new(),
            returns: 0,
        }
    }

    /// Both join, and connect if nothing is in the way.
    pub(super) fn meet(&mut self) {
        self.queue.push_back((Who::We, Input::Time));
        self.settle();
        self.queue.push_back((Who::They, Input::Time));
        self.settle();
    }

    pub(super) fn are_connected(&self) -> bool {
        self.we.session.connected() == 1 && self.they.session.connected() == 1
    }

    pub(super) fn into_spoken(self) -> Vec<Frame> {
        self.spoken
    }

    pub(super) fn end(&mut self, who: Who) -> &mut End {
        match who {
            Who::We => &mut self.we,
            Who::They => &mut self.they,
        }
    }

    pub(super) fn push(&mut self, who: Who, input: Input) {
        self.queue.push_back((who, input));
    }

    /// Something on our link to them, if we have one.
    pub(super) fn push_link(&mut self, event: LinkInput) {
        let peer = self.they.peer;
        if let Some(&(attempt, _)) = self.we.links.get(&peer) {
            self.push_event(Who::We, peer, attempt, event);
        }
    }

    fn push_event(&mut self, who: Who, peer: PeerId, attempt: u32, event: LinkInput) {
        let input = Input::Link {
            peer,
            attempt,
            event,
        };
        self.queue.push_back((who, input));
    }

    pub(super) fn push_server(&mut self, who: Who, message: ServerMessage) {
        let input = Input::Signal(SignalInput::Received(message));
        self.queue.push_back((who, input));
    }

    pub(super) fn pass_time(&mut self, time: Duration) {
        self.now = self.now + time;
        self.queue.push_back((Who::We, Input::Time));
        self.queue.push_back((Who::They, Input::Time));
    }

    /// Another app starts on their side, of the same device or a new one. Without `told` our link
    /// to the former one stays as if they had lost power.
    pub(super) fn they_return(&mut self, is_same_device: bool, told: bool) {
        self.returns = self.returns.wrapping_add(1);
        let gone = self.they.peer;
        if let Some((attempt, _)) = self.we.links.get(&gone).copied().filter(|_| told) {
            let reason = "gone".to_owned();
            self.push_event(Who::We, gone, attempt, LinkInput::Closed { reason });
            self.push_server(Who::We, ServerMessage::PeerLeft { peer: gone });
        }
        let device = if is_same_device { 1 } else { self.returns | 2 };
        let mut id = [0x50_u8; 16];
        id[15] = id[15].wrapping_add(self.returns);
        self.they = End::new(config(device, self.returns, WINDOW_MIN_BYTES), PeerId(id));
        self.push(Who::They, Input::Time);
    }

    /// Goes on until nobody has anything to say.
    pub(super) fn settle(&mut self) {
        for count in 0.. {
            let Some((who, input)) = self.queue.pop_front() else {
                break;
            };
            assert!(count < INPUTS_MAX, "the two never come to rest");
            self.input(who, input);
        }
        let window = u64::from(self.rules.window_bytes());
        check_bounds(self.we.device, self.requests.iter(), window);
        let peers = self.we.session.view().peers.len();
        assert!(peers <= 2 * ROOM_PEERS_MAX, "{peers} peers");
    }

    fn input(&mut self, who: Who, input: Input) {
        let now = self.now;
        if let Input::Link {
            peer,
            event: LinkInput::Closed { .. },
            attempt,
        } = &input
        {
            let links = &mut self.end(who).links;
            if links.get(peer).is_some_and(|(open, _)| open == attempt) {
                links.remove(peer);
            }
        }
        let had_ended = self.end(who).session.has_ended();
        self.end(who).session.handle_input(input, now);
        let mut deadline = self.drain(who, had_ended);
        for wakes in 0.. {
            if deadline.is_none_or(|deadline| deadline.at > now) {
                break;
            }
            assert!(wakes < WAKES_MAX, "{who:?}: never done: {deadline:?}");
            self.end(who).session.handle_input(Input::Time, now);
            deadline = self.drain(who, had_ended);
        }
        let has_ended = self.end(who).session.has_ended();
        assert!(!has_ended || deadline.is_none(), "{who:?}: ended and waits");
    }

    fn drain(&mut self, who: Who, had_ended: bool) -> Option<Deadline> {
        for count in 0.. {
            assert!(count < OUTPUTS_MAX, "{who:?}: too many outputs");
            match self.end(who).session.poll_output() {
                Output::Wait(deadline) => return deadline,
                output => {
                    assert!(!had_ended, "{who:?}: ended and says {output:?}");
                    self.act(who, output);
                }
            }
        }
        None
    }

    fn act(&mut self, who: Who, output: Output) {
        match output {
            Output::Dial => self.push(who, Input::Signal(SignalInput::Opened)),
            Output::HangUp => self.end(who).is_joined = false,
            Output::SendSignal(message) => self.on_client_message(who, message),
            Output::OpenLink {
                peer,
                attempt,
                role,
                ..
            } => {
                let former = self.end(who).links.insert(peer, (attempt, role));
                assert_eq!(former, None, "{who:?}: opened a second link to {peer:?}");
                if role == Role::Offerer {
                    self.describe(who, peer, attempt);
                }
            }
            Output::Link {
                peer,
                attempt,
                action,
            } => {
                let link = self.end(who).links.get(&peer).copied();
                let Some((_, role)) = link.filter(|(open, _)| *open == attempt) else {
                    panic!("{who:?}: used a link that is not open: {action:?}");
                };
                self.on_link_action(who, peer, (attempt, role), action);
            }
            Output::Disk(request) => match who {
                Who::We => self.requests.push_back(request),
                Who::They => {
                    let answer = answer(request, 0);
                    self.queue
                        .extend(answer.map(|answer| (who, Input::Disk(answer))));
                }
            },
            Output::Notice(notice) => self.on_notice(who, notice),
            Output::Wait(_) => {}
        }
    }

    fn on_client_message(&mut self, who: Who, message: ClientMessage) {
        let (peer, other) = (self.end(who).peer, who.other());
        let is_other_here = self.end(other).is_joined;
        match message {
            ClientMessage::Join { .. } => {
                self.end(who).is_joined = true;
                let others = self.end(other).peer;
                let peers = is_other_here.then_some(others).into_iter().collect();
                let joined = ServerMessage::Joined {
                    peer,
                    peers,
                    resume: ResumeToken::new("token").expect("letters"),
                    ice_servers: Vec::new(),
                    resumed: false,
                };
                self.push_server(who, joined);
                if is_other_here {
                    self.push_server(other, ServerMessage::PeerJoined { peer });
                }
            }
            ClientMessage::Signal { to, payload } => {
                if is_other_here && to == self.end(other).peer {
                    self.push_server(
                        other,
                        ServerMessage::Signal {
                            from: peer,
                            payload,
                        },
                    );
                }
            }
            ClientMessage::Leave => self.push_server(other, ServerMessage::PeerLeft { peer }),
            // Typed codes have a target of their own.
            ClientMessage::NameplateOpen { .. }
            | ClientMessage::NameplateClose
            | ClientMessage::Knock { .. }
            | ClientMessage::KnockProof { .. }
            | ClientMessage::KnockAnswer { .. }
            | ClientMessage::KnockRefuse { .. } => {}
        }
    }

    fn describe(&mut self, who: Who, peer: PeerId, attempt: u32) {
        let sdp = "v=0".to_owned();
        self.push_event(who, peer, attempt, LinkInput::LocalDescription { sdp });
    }

    fn on_link_action(
        &mut self,
        who: Who,
        peer: PeerId,
        (attempt, role): (u32, Role),
        action: LinkAction,
    ) {
        let (me, other) = (self.end(who).peer, who.other());
        let reaches = self.end(other).peer == peer
            && matches!(self.end(other).links.get(&me), Some((open, _)) if *open == attempt);
        match action {
            LinkAction::RemoteDescription { .. } if role == Role::Answerer => {
                self.describe(who, peer, attempt);
            }
            LinkAction::RemoteDescription { .. } if reaches => {
                self.push_event(who, peer, attempt, opened(who));
                self.push_event(other, me, attempt, opened(other));
            }
            LinkAction::SendControl(frame) => {
                assert!(frame.len() <= CONTROL_FRAME_MAX_BYTES, "{who:?}: too long");
                self.spoken.extend(Frame::decode(&frame));
                if let Some(frame) = self.carried(who, frame).filter(|_| reaches) {
                    self.push_event(other, me, attempt, LinkInput::Control(frame));
                }
            }
            LinkAction::SendLive(frame) => {
                self.spoken.extend(Frame::decode(&frame));
                if let Some(frame) = self.carried(who, frame).filter(|_| reaches) {
                    self.push_event(other, me, attempt, LinkInput::Live(frame));
                }
            }
            LinkAction::SendBulk { frame, data_len } => {
                assert!(frame.len() <= BULK_FRAME_MAX_BYTES, "{who:?}: too long");
                self.push_event(who, peer, attempt, LinkInput::BulkSent { data_len });
                if let Some(frame) = self.carried(who, frame).filter(|_| reaches) {
                    self.push_event(other, me, attempt, LinkInput::Bulk(frame));
                }
            }
            LinkAction::Lane { lane, action } => {
                let is_dialled = role == Role::Offerer;
                self.act_on_lane(who, (peer, attempt), (lane, is_dialled, reaches), action);
            }
            LinkAction::Close => {
                self.end(who).links.remove(&peer);
                if reaches {
                    let reason = "the other side closed it".to_owned();
                    self.push_event(other, me, attempt, LinkInput::Closed { reason });
                }
            }
            LinkAction::RemoteDescription { .. } | LinkAction::RemoteCandidate(_) => {}
        }
    }

    fn act_on_lane(
        &mut self,
        who: Who,
        (peer, attempt): (PeerId, u32),
        (lane, is_dialled, reaches): (u32, bool, bool),
        action: LaneAction,
    ) {
        let (me, other) = (self.end(who).peer, who.other());
        let there = |room: &mut Self, event| {
            if reaches {
                room.push_event(other, me, attempt, LinkInput::Lane { lane, event });
            }
        };
        match action {
            LaneAction::Open if is_dialled => {
                there(self, LaneInput::Open);
                let event = LaneInput::Open;
                self.push_event(who, peer, attempt, LinkInput::Lane { lane, event });
            }
            LaneAction::Open => {}
            LaneAction::Send { frame, data_len } => {
                assert!(frame.len() <= BULK_FRAME_MAX_BYTES, "{who:?}: too long");
                let event = LaneInput::Sent { data_len };
                self.push_event(who, peer, attempt, LinkInput::Lane { lane, event });
                if let Some(frame) = self.carried(who, frame) {
                    there(self, LaneInput::Bulk(frame));
                }
            }
            LaneAction::Close => {
                let reason = "the other side closed it".to_owned();
                there(self, LaneInput::Closed { reason });
            }
        }
    }

    /// A frame as it arrives, if it does.
    fn carried(&mut self, from: Who, frame: Bytes) -> Option<Bytes> {
        if from == Who::We {
            return Some(frame);
        }
        let mut bytes = frame.to_vec();
        if let Some((at, mask)) = self.tamper.take() {
            let at = at % bytes.len().max(1);
            bytes.get_mut(at).into_iter().for_each(|byte| *byte ^= mask);
        }
        (!self.rules.they_are_mute).then(|| bytes.into())
    }

    fn on_notice(&mut self, who: Who, notice: Notice) {
        match notice {
            Notice::Offered { key, .. } => self.end(who).offers.push_back(key),
            Notice::Heard {
                author,
                stream,
                seq,
                ..
            } if who == Who::We => {
                let last = self.heard.insert((author, stream), seq);
                assert!(last < Some(seq), "message {seq} of {author:?} shown again");
            }
            _ => {}
        }
    }
}

/// How the session of this device begins that is its `run`th.
fn config(device: u8, run: u8, window_bytes: u32) -> Config {
    let mut seed = [device; 32];
    seed[0] = run;
    Config {
        avatar: parlor_proto::avatar::Avatar::default(),
        secret: SECRET,
        intent: JoinIntent::Open,
        max_peers: None,
        device: DeviceKey::from_seed(&[device; 32]),
        known: Vec::new(),
        incoming: Vec::new(),
        messages: MessageRecord::default(),
        accept: AcceptRules::default(),
        has_lane: true,
        name: DisplayName::sanitise("somebody"),
        seed,
        window_bytes,
    }
}

/// The channels of a link are open.
fn opened(who: Who) -> LinkInput {
    LinkInput::Open {
        path: None,
        local_fingerprint: format!("{who:?}"),
        remote_fingerprint: format!("{:?}", who.other()),
    }
}
