//! The lanes of a link: at most one at a time, on the link's own sockets and certificates.

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::pump::Outlet;
use super::{MAX_FRAME_BYTES, Role, RtcEvent};
use crate::lane::{Gone, Identity, LaneEvent, Lanes, Listener, Side};
use crate::ports::Ports;

/// Reports of one lane, tagged with its number.
#[derive(Debug)]
struct LaneOutlet<K> {
    lane: u32,
    outlet: Outlet<K>,
}

impl<K: Clone> Clone for LaneOutlet<K> {
    fn clone(&self) -> Self {
        Self {
            lane: self.lane,
            outlet: self.outlet.clone(),
        }
    }
}

impl<K: Clone + Send + Sync + 'static> Listener for LaneOutlet<K> {
    async fn tell(&self, event: LaneEvent) -> Result<(), Gone> {
        let lane = self.lane;
        let told = self.outlet.send(RtcEvent::Lane { lane, event }).await;
        told.map_err(|_| Gone)
    }
}

/// What opens lanes on one link.
#[derive(Debug)]
pub(super) struct LaneSeat {
    role: Role,
    ports: Ports,
    identity: Identity,
    lanes: Option<Lanes>,
    tasks: JoinSet<()>,
}

impl LaneSeat {
    pub(super) fn new(role: Role, ports: Ports, identity: Identity) -> Self {
        Self {
            role,
            ports,
            identity,
            lanes: None,
            tasks: JoinSet::new(),
        }
    }

    /// Ends the lane before, if any is left, and opens the next, to the peer that showed a
    /// certificate with this fingerprint on the link.
    pub(super) fn open<K: Clone + Send + Sync + 'static>(
        &mut self,
        lane: u32,
        frames: mpsc::Receiver<Bytes>,
        (outlet, fingerprint): (&Outlet<K>, Option<&str>),
    ) {
        self.tasks.abort_all();
        while self.tasks.try_join_next().is_some() {}
        let listener = LaneOutlet {
            lane,
            outlet: outlet.clone(),
        };
        match self.lanes(fingerprint) {
            Ok(lanes) => {
                self.tasks.spawn(lanes.run(lane, frames, listener));
            }
            Err(reason) => {
                let closed = async move {
                    // Without a listener there is nothing to report.
                    listener.tell(LaneEvent::Closed { reason }).await.ok();
                };
                self.tasks.spawn(closed);
            }
        }
    }

    fn lanes(&mut self, fingerprint: Option<&str>) -> Result<Lanes, String> {
        if let Some(lanes) = &self.lanes {
            return Ok(lanes.clone());
        }
        let Some(fingerprint) = fingerprint else {
            return Err("the link is not open".to_owned());
        };
        let side = match self.role {
            Role::Offerer => Side::Dials,
            Role::Answerer => Side::Listens,
        };
        let lanes = Lanes::new(
            side,
            &self.ports,
            &self.identity,
            fingerprint,
            MAX_FRAME_BYTES,
        )?;
        self.lanes = Some(lanes.clone());
        Ok(lanes)
    }

    /// The link ends.
    pub(super) async fn close(&mut self) {
        if let Some(lanes) = &self.lanes {
            lanes.close();
        }
        self.tasks.shutdown().await;
    }
}
