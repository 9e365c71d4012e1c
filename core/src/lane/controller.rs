//! The model of the path as QUIC's congestion controller. QUIC's own pacer knows windows alone, so the
//! rate goes to the socket, by way of [`Pacing`].

use std::any::Any;
use std::sync::Arc;
use std::time::Instant;

use quinn::congestion::{Controller, ControllerFactory, ControllerMetrics};

use super::congestion::Model;
use super::pacing::Pacing;

/// Makes a controller for each connection.
#[derive(Debug)]
pub(super) struct Factory {
    pub(super) pacing: Arc<Pacing>,
}

impl ControllerFactory for Factory {
    fn build(self: Arc<Self>, now: Instant, current_mtu: u16) -> Box<dyn Controller> {
        // Nothing of it is secret; flows need only differ.
        let seed = now.elapsed().subsec_nanos();
        self.pacing.set(None);
        Box::new(Paced {
            model: Model::new(now, current_mtu, seed.into()),
            pacing: Arc::clone(&self.pacing),
        })
    }
}

/// The model as QUIC's congestion controller.
#[derive(Debug, Clone)]
struct Paced {
    model: Model,
    pacing: Arc<Pacing>,
}

impl Controller for Paced {
    fn on_sent(&mut self, now: Instant, _bytes: u64, _last_packet_number: u64) {
        self.model.sent(now);
    }

    fn on_ack(
        &mut self,
        now: Instant,
        sent: Instant,
        bytes: u64,
        _app_limited: bool,
        _rtt: &quinn_proto::RttEstimator,
    ) {
        self.model.acked(now, sent, bytes);
    }

    fn on_end_acks(
        &mut self,
        now: Instant,
        in_flight: u64,
        app_limited: bool,
        _largest_packet_num_acked: Option<u64>,
    ) {
        self.model.settle(now, in_flight, app_limited);
        self.pacing.set(self.model.pace());
    }

    fn on_congestion_event(
        &mut self,
        _now: Instant,
        _sent: Instant,
        _is_persistent_congestion: bool,
        lost_bytes: u64,
    ) {
        self.model.lost(lost_bytes);
    }

    fn on_mtu_update(&mut self, new_mtu: u16) {
        self.model.set_mtu(new_mtu);
    }

    fn window(&self) -> u64 {
        self.model.window()
    }

    fn metrics(&self) -> ControllerMetrics {
        let mut metrics = ControllerMetrics::default();
        metrics.congestion_window = self.window();
        metrics.pacing_rate = self.model.pace().map(|pace| pace.saturating_mul(8));
        metrics
    }

    fn clone_box(&self) -> Box<dyn Controller> {
        Box::new(self.clone())
    }

    fn initial_window(&self) -> u64 {
        self.model.initial_window()
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}
