//! Somebody who can read and write the sealed signals, with a real connection to each member.

use std::collections::BTreeMap;

use parlor_core::rtc::{Candidate, Channel, Role, RtcConfig, RtcEvent, RtcLink};
use parlor_proto::envelope::{self, PeerSignal, Route, SignalSealer};
use parlor_proto::id::{PeerId, RoomId};
use parlor_proto::signal::ServerMessage;
use tokio::sync::mpsc;

use crate::noise::{Handshake, Place};

/// What members are told: whom, and what.
type Said = Vec<(PeerId, ServerMessage)>;

/// A connection to one member, who believes that it leads to another.
struct Ours {
    poses_as: PeerId,
    attempt: u32,
    role: Role,
    link: RtcLink,
    handshake: Option<Handshake>,
}

pub(crate) struct Middle {
    room: RoomId,
    sealer: SignalSealer,
    shakes_hands: bool,
    counter: u64,
    /// By the member it leads to.
    ours: BTreeMap<PeerId, Ours>,
    links: mpsc::Sender<((PeerId, u32), RtcEvent)>,
}

impl Middle {
    pub(crate) fn new(
        room: RoomId,
        signal_key: &[u8; 32],
        shakes_hands: bool,
        links: mpsc::Sender<((PeerId, u32), RtcEvent)>,
    ) -> Self {
        Self {
            room,
            sealer: SignalSealer::new(signal_key),
            shakes_hands,
            counter: 0,
            ours: BTreeMap::new(),
            links,
        }
    }

    fn route(&self, from: PeerId, to: PeerId) -> Route {
        let room = self.room;
        Route { room, from, to }
    }

    fn open(&mut self, to: PeerId, poses_as: PeerId, attempt: u32, role: Role) {
        let config = RtcConfig::default();
        let link = RtcLink::spawn((to, attempt), role, config, self.links.clone());
        let ours = Ours {
            poses_as,
            attempt,
            role,
            link,
            handshake: None,
        };
        self.ours.insert(to, ours);
    }

    /// A member's signal to another, which goes no further.
    pub(crate) fn on_signal(&mut self, from: PeerId, to: PeerId, payload: &str) -> Said {
        let opened = self.sealer.open(&self.route(from, to), payload);
        let (_, signal) = opened.expect("the attacker was given the key");
        match signal {
            PeerSignal::Offer { attempt, sdp } => {
                self.open(from, to, attempt, Role::Answerer);
                self.open(to, from, attempt, Role::Offerer);
                self.ours[&from].link.set_remote_description(sdp).ok();
            }
            PeerSignal::Answer { sdp, .. } => {
                if let Some(ours) = self.ours.get(&from) {
                    ours.link.set_remote_description(sdp).ok();
                }
            }
            PeerSignal::Candidate { candidate, .. } => {
                if let Some(ours) = self.ours.get(&from) {
                    ours.link.add_remote_candidate(theirs(candidate)).ok();
                }
            }
            please @ PeerSignal::OfferPlease { .. } => return self.sealed(from, to, &please),
        }
        Vec::new()
    }

    fn sealed(&mut self, from: PeerId, to: PeerId, signal: &PeerSignal) -> Said {
        self.counter += 1;
        let mut nonce = [0; 24];
        nonce[..8].copy_from_slice(&self.counter.to_be_bytes());
        let route = self.route(from, to);
        let payload = self.sealer.seal(&route, self.counter, nonce, signal);
        vec![(to, ServerMessage::Signal { from, payload })]
    }

    /// One of our own connections reports.
    pub(crate) fn on_link(&mut self, (to, attempt): (PeerId, u32), event: RtcEvent) -> Said {
        let Some(ours) = self.ours.get_mut(&to).filter(|o| o.attempt == attempt) else {
            return Vec::new();
        };
        let poses_as = ours.poses_as;
        match event {
            RtcEvent::LocalDescription { sdp } => {
                let signal = match ours.role {
                    Role::Offerer => PeerSignal::Offer { attempt, sdp },
                    Role::Answerer => PeerSignal::Answer { attempt, sdp },
                };
                return self.sealed(poses_as, to, &signal);
            }
            RtcEvent::LocalCandidate(candidate) => {
                let candidate = envelope::Candidate {
                    line: candidate.line,
                    mid: candidate.mid,
                    mline_index: candidate.mline_index,
                    ufrag: candidate.ufrag,
                };
                let signal = PeerSignal::Candidate { attempt, candidate };
                return self.sealed(poses_as, to, &signal);
            }
            RtcEvent::Open {
                local_fingerprint,
                remote_fingerprint,
                ..
            } if self.shakes_hands => {
                let place = Place {
                    room: self.room,
                    attempt,
                    us: (poses_as, local_fingerprint),
                    them: (to, remote_fingerprint),
                    begins: ours.role == Role::Offerer,
                };
                let (handshake, first) = Handshake::start(&place);
                ours.handshake = Some(handshake);
                ours.send(first);
            }
            RtcEvent::Frame { data, .. } if self.shakes_hands => {
                let replies = ours.handshake.as_mut().map(|shake| shake.read(&data));
                ours.send(replies.unwrap_or_default());
            }
            RtcEvent::Frame { channel, data } => {
                if let Some(other) = self.ours.get(&poses_as) {
                    other.link.send(channel, data).ok();
                }
            }
            RtcEvent::Open { .. }
            | RtcEvent::BulkSent { .. }
            | RtcEvent::Lane { .. }
            | RtcEvent::Path(_)
            | RtcEvent::Closed { .. } => {}
        }
        Vec::new()
    }
}

impl Ours {
    fn send(&self, frames: Vec<Vec<u8>>) {
        for frame in frames {
            self.link.send(Channel::Control, frame.into()).ok();
        }
    }
}

fn theirs(candidate: envelope::Candidate) -> Candidate {
    Candidate {
        line: candidate.line,
        mid: candidate.mid,
        mline_index: candidate.mline_index,
        ufrag: candidate.ufrag,
    }
}
