//! What a peer's timers ask for.

use parlor_proto::envelope::PeerSignal;
use parlor_proto::frame::{Frame, Nudge, Probe};
use parlor_proto::id::PeerId;

use super::Session;
use crate::output::LinkAction;
use crate::peer::{Due, Peer};
use crate::transfer::Violation;

impl Session {
    pub(super) fn run_peer_timers(&mut self, id: PeerId) {
        let now = self.now;
        while let Some(due) = self.peers.get_mut(&id).and_then(|peer| peer.due(now)) {
            match due {
                Due::Offer => self.begin_offer(id),
                Due::AskForOffer => {
                    let attempt = self.peers.get(&id).map_or(0, |peer| peer.attempt);
                    self.send_sealed(id, &PeerSignal::OfferPlease { attempt });
                }
                Due::ConnectTimeout => {
                    self.link(id, LinkAction::Close);
                    self.on_link_closed(id, "no connection came about in time");
                }
                Due::Silent => {
                    if self.peers.get(&id).is_some_and(Peer::is_long_silent) {
                        self.doubt_server();
                    }
                    self.link(id, LinkAction::Close);
                    self.on_link_closed(id, "the other device fell silent");
                }
                Due::Doubt => self.doubt_server(),
                Due::Lane => self.open_lane(id),
                Due::LaneTimeout => {
                    self.end_lane(id);
                }
                Due::Unread => {
                    self.refuse_violation(id, Violation("does not read what it is sent"));
                }
                Due::Nudge => self.send(id, &Frame::Nudge(Nudge {})),
                Due::Ping => {
                    let nonce = self.random.number();
                    if let Some(open) = self.open_link(id) {
                        open.pinged(nonce);
                    }
                    self.send(id, &Frame::Ping(Probe { nonce }));
                    // What a pause between our own messages held back.
                    self.pump_messages();
                }
            }
        }
    }
}
