//! The room's WebRTC connections: the engine's words for a link, translated both ways.

use std::collections::{BTreeMap, VecDeque};

use parlor_engine::input::{Input, LaneInput, LinkInput};
use parlor_engine::output::{LaneAction, LinkAction, Role};
use parlor_engine::view::{AddressKind, PathView};
use parlor_proto::envelope::Candidate;
use parlor_proto::id::PeerId;
use parlor_proto::signal::IceServer;
use tokio::sync::mpsc;

use crate::options::DEFAULT_STUN_SERVERS;
use crate::rtc::{self, Channel, CloseReason, LaneEvent, QueueFull, RtcConfig, RtcEvent, RtcLink};

/// Names a connection to the engine: the peer, and the attempt it was opened for.
pub(crate) type LinkKey = (PeerId, u32);

/// Names a connection among all this room ever opened: a peer that left and came back begins its
/// attempts anew, while the old connection may still be closing.
pub(crate) type LinkTag = (LinkKey, u64);

/// Connections at once, those that are closing included. The engine keeps at most 64 peers.
const LINKS_MAX: usize = 128;

#[derive(Debug)]
struct Link {
    serial: u64,
    rtc: RtcLink,
    /// File bytes in each bulk frame that the channel has not taken yet.
    under_way: VecDeque<u64>,
    /// The same of the present lane.
    on_lane: (u32, VecDeque<u64>),
    /// Whether the engine gave it up, so that its reports no longer matter.
    is_closing: bool,
}

impl Link {
    fn act_on_lane(&mut self, lane: u32, action: LaneAction) -> Result<(), QueueFull> {
        match action {
            LaneAction::Open => {
                self.on_lane = (lane, VecDeque::new());
                self.rtc.open_lane(lane)
            }
            LaneAction::Send { frame, data_len } => {
                self.on_lane.1.push_back(data_len);
                self.rtc.send_on_lane(lane, frame)
            }
            LaneAction::Close => {
                self.rtc.close_lane(lane);
                Ok(())
            }
        }
    }

    /// What a report of a lane means; nothing if it is of one before.
    fn lane_input(&mut self, lane: u32, event: LaneEvent) -> Option<LinkInput> {
        let (present, on_lane) = &mut self.on_lane;
        if *present != lane {
            return None;
        }
        let event = match event {
            LaneEvent::Open => LaneInput::Open,
            LaneEvent::Frame(frame) => LaneInput::Bulk(frame),
            LaneEvent::Sent => LaneInput::Sent {
                data_len: on_lane.pop_front()?,
            },
            LaneEvent::Closed { reason } => LaneInput::Closed { reason },
        };
        Some(LinkInput::Lane { lane, event })
    }
}

/// All connections of a room, those that are closing included.
#[derive(Debug)]
pub(crate) struct Links {
    links: BTreeMap<LinkKey, Link>,
    ice_servers: Option<Vec<IceServer>>,
    relay_only: bool,
    reports: mpsc::Sender<(LinkTag, RtcEvent)>,
    opened: u64,
}

impl Links {
    pub(crate) const fn new(
        ice_servers: Option<Vec<IceServer>>,
        relay_only: bool,
        reports: mpsc::Sender<(LinkTag, RtcEvent)>,
    ) -> Self {
        Self {
            links: BTreeMap::new(),
            ice_servers,
            relay_only,
            reports,
            opened: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.links.is_empty()
    }

    pub(crate) fn open(&mut self, key: LinkKey, role: Role, from_server: Vec<IceServer>) {
        let ice_servers = match &self.ice_servers {
            Some(chosen) => chosen.clone(),
            None if from_server.is_empty() => vec![default_stun()],
            None => from_server,
        };
        let ice_servers = ice_servers.into_iter().map(rtc_ice_server).collect();
        let config = RtcConfig {
            ice_servers,
            relay_only: self.relay_only,
            ..RtcConfig::default()
        };
        let role = match role {
            Role::Offerer => rtc::Role::Offerer,
            Role::Answerer => rtc::Role::Answerer,
        };
        self.drop_closing_beyond(LINKS_MAX - 1);
        self.opened += 1;
        let serial = self.opened;
        let link = Link {
            serial,
            rtc: RtcLink::spawn((key, serial), role, config, self.reports.clone()),
            under_way: VecDeque::new(),
            on_lane: (0, VecDeque::new()),
            is_closing: false,
        };
        // A link that is replaced here is dropped, and dropping it closes it.
        self.links.insert(key, link);
    }

    /// Gives closing links no more time when there are too many.
    fn drop_closing_beyond(&mut self, max: usize) {
        while self.links.len() > max {
            let mut closing = self.links.iter().filter(|(_, link)| link.is_closing);
            let oldest = closing.by_ref().min_by_key(|(_, link)| link.serial);
            let Some(key) = oldest.map(|(key, _)| *key) else {
                return;
            };
            self.links.remove(&key);
        }
    }

    pub(crate) fn act(&mut self, key: LinkKey, action: LinkAction) {
        let Some(link) = self.links.get_mut(&key) else {
            return;
        };
        let taken = match action {
            LinkAction::RemoteDescription { sdp } => link.rtc.set_remote_description(sdp),
            LinkAction::RemoteCandidate(Candidate {
                line,
                mid,
                mline_index,
                ufrag,
            }) => link.rtc.add_remote_candidate(rtc::Candidate {
                line,
                mid,
                mline_index,
                ufrag,
            }),
            LinkAction::SendControl(frame) => link.rtc.send(Channel::Control, frame),
            LinkAction::SendLive(frame) => {
                // What may get lost gets lost here first.
                let _ = link.rtc.send(Channel::Live, frame);
                Ok(())
            }
            LinkAction::SendBulk { frame, data_len } => {
                link.under_way.push_back(data_len);
                link.rtc.send(Channel::Bulk, frame)
            }
            LinkAction::Lane { lane, action } => link.act_on_lane(lane, action),
            LinkAction::Close => {
                link.is_closing = true;
                link.rtc.close();
                Ok(())
            }
        };
        // A peer that lets our queues run over has stopped reading: its link is closed, the engine
        // hears so, and a new one takes over.
        if taken.is_err() {
            link.rtc.close_unread();
        }
    }

    /// What a report means to the engine, if anything.
    pub(crate) fn input(&mut self, tag: LinkTag, event: RtcEvent) -> Option<Input> {
        let (key, serial) = tag;
        let (peer, attempt) = key;
        let link = self
            .links
            .get_mut(&key)
            .filter(|link| link.serial == serial)?;
        let is_closing = link.is_closing;
        let event = match event {
            RtcEvent::LocalDescription { sdp } => LinkInput::LocalDescription { sdp },
            RtcEvent::LocalCandidate(rtc::Candidate {
                line,
                mid,
                mline_index,
                ufrag,
            }) => LinkInput::LocalCandidate(Candidate {
                line,
                mid,
                mline_index,
                ufrag,
            }),
            RtcEvent::Open {
                path,
                local_fingerprint,
                remote_fingerprint,
            } => LinkInput::Open {
                path: path.map(path_view),
                local_fingerprint,
                remote_fingerprint,
            },
            RtcEvent::Frame {
                channel: Channel::Control,
                data,
            } => LinkInput::Control(data),
            RtcEvent::Frame {
                channel: Channel::Bulk,
                data,
            } => LinkInput::Bulk(data),
            RtcEvent::Frame {
                channel: Channel::Live,
                data,
            } => LinkInput::Live(data),
            RtcEvent::BulkSent { .. } => LinkInput::BulkSent {
                data_len: link.under_way.pop_front()?,
            },
            RtcEvent::Lane { lane, event } => link.lane_input(lane, event)?,
            RtcEvent::Path(path) => LinkInput::Path(path_view(path)),
            RtcEvent::Closed { reason } => {
                self.links.remove(&key);
                match reason {
                    CloseReason::Misused(what) => LinkInput::Misused { what },
                    reason => LinkInput::Closed {
                        reason: describe(reason),
                    },
                }
            }
        };
        (!is_closing).then_some(Input::Link {
            peer,
            attempt,
            event,
        })
    }
}

fn default_stun() -> IceServer {
    let urls = DEFAULT_STUN_SERVERS.map(str::to_owned).to_vec();
    IceServer {
        urls,
        username: None,
        credential: None,
    }
}

fn rtc_ice_server(server: IceServer) -> rtc::IceServer {
    rtc::IceServer {
        urls: server.urls,
        username: server.username.unwrap_or_default(),
        credential: server.credential.unwrap_or_default(),
    }
}

fn path_view(path: rtc::PathInfo) -> PathView {
    let kind = |kind| match kind {
        rtc::CandidateKind::Host => AddressKind::Host,
        rtc::CandidateKind::ServerReflexive => AddressKind::ServerReflexive,
        rtc::CandidateKind::PeerReflexive => AddressKind::PeerReflexive,
        rtc::CandidateKind::Relay => AddressKind::Relay,
    };
    PathView {
        local: kind(path.local),
        remote: kind(path.remote),
        round_trip: path.rtt,
    }
}

fn describe(reason: CloseReason) -> String {
    match reason {
        CloseReason::Requested => "the connection was closed".to_owned(),
        CloseReason::RemoteClosed => "the other device closed the connection".to_owned(),
        CloseReason::IceFailed => "the path to the other device is gone".to_owned(),
        CloseReason::Setup(what) => format!("the connection could not be made: {what}"),
        CloseReason::QueueOverflow | CloseReason::Unread => {
            "the other device stopped reading".to_owned()
        }
        CloseReason::Misused(what) => format!("the other device {what}"),
    }
}
