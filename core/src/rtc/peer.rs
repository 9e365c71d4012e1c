//! Makes the peer connection: every setting of the library in one place, and the callbacks that
//! turn its notifications into a queue and a watch.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rtc::crypto::{self, SignatureScheme};
use rtc::ice::mdns::MulticastDnsMode;
use rtc::peer_connection::certificate::RTCCertificate;
use rtc::peer_connection::configuration::setting_engine::SctpMaxMessageSize;
use tokio::sync::{mpsc, watch};
use webrtc::data_channel::{DataChannel, RTCDataChannelInit};
use webrtc::error::{Error, Result};
use webrtc::peer_connection::{
    PeerConnection, PeerConnectionBuilder, PeerConnectionEventHandler, RTCBundlePolicy,
    RTCConfigurationBuilder, RTCIceCandidateInit, RTCIceConnectionState, RTCIceServer,
    RTCIceTransportPolicy, RTCPeerConnectionIceEvent, RTCPeerConnectionState, SettingEngine,
    SettingEngineBuilder,
};

use super::intake::Intake;
use super::lanes::LaneSeat;
use super::net::{self, Nudge, TunedRuntime};
use super::{Candidate, Channel, MAX_FRAME_BYTES, Role, RtcConfig};
use crate::lane::Identity;

/// Pause between two rounds of checks when the first did not decide: the pace that RFC 8445
/// (section 14.2) names for a single check. The library's own is 200 ms.
pub(super) const CHECK_INTERVAL: Duration = Duration::from_millis(50);

/// How long a pair of addresses is tried. The library's 1.4 s is less than a slow phone needs to
/// carry our answer to the other side.
const CHECK_PERIOD: Duration = Duration::from_secs(6);

/// Silence after which the path counts as disturbed. Nothing is done yet: Wi-Fi roams.
const DISCONNECTED_AFTER: Duration = Duration::from_secs(4);

/// Further silence after which it counts as lost, 11 s in all. Also bounds the first search.
const FAILED_AFTER: Duration = Duration::from_secs(7);

/// Pause between checks of an idle path (RFC 7675): five may be lost before we give up.
const KEEPALIVE: Duration = Duration::from_secs(2);

/// Head start of interface addresses over those a STUN server told us. The library never leaves
/// a chosen path, so a LAN path must have had its round of checks first.
const REFLEXIVE_WAIT: Duration = Duration::from_millis(100);

/// Head start of every direct path over TURN: a few round trips across the world.
const RELAY_WAIT: Duration = Duration::from_millis(1000);

/// A window must hold the largest message and some more, or that message crawls in, chunk by chunk.
const WINDOW_FLOOR_BYTES: usize = MAX_FRAME_BYTES + 64 * 1024;

/// A certificate serves one connection; this is longer than any.
const CERTIFICATE_LIFE: Duration = Duration::from_secs(365 * 24 * 3600);

/// Local candidates waiting for the supervisor; interfaces times servers, with a wide margin.
const CANDIDATE_QUEUE: usize = 256;

/// States as last reported. A failure stays, so that what follows it cannot hide it.
#[derive(Debug, Clone, Copy)]
pub(super) struct States {
    pub(super) ice_failed: bool,
    pub(super) peer: RTCPeerConnectionState,
    pub(super) candidates_lost: bool,
    /// The peer opened a channel that was not agreed on.
    pub(super) has_foreign_channel: bool,
}

/// The connection with its channels, and where its notifications arrive.
pub(super) struct Peer {
    pub(super) connection: Arc<dyn PeerConnection>,
    pub(super) candidates: mpsc::Receiver<Candidate>,
    pub(super) states: watch::Receiver<States>,
    pub(super) intake: Intake,
    pub(super) seat: LaneSeat,
}

/// Builds the connection and binds its sockets. No packet leaves yet.
pub(super) async fn build(role: Role, config: &RtcConfig) -> Result<Peer> {
    net::prefetch(&config.ice_servers);
    let (candidate_queue, candidates) = mpsc::channel(CANDIDATE_QUEUE);
    let (state_watch, states) = watch::channel(States {
        ice_failed: false,
        peer: RTCPeerConnectionState::New,
        candidates_lost: false,
        has_foreign_channel: false,
    });
    let policy = if config.relay_only {
        RTCIceTransportPolicy::Relay
    } else {
        RTCIceTransportPolicy::All
    };
    let runtime = TunedRuntime::new(config.udp_buffer_bytes);
    let (nudge, intake, ports) = (runtime.nudge(), runtime.intake(), runtime.ports());
    let identity = Identity::generate().map_err(|error| Error::Other(error.to_string()))?;
    // No media engine and no interceptors: there is no media.
    let connection = PeerConnectionBuilder::new()
        .with_configuration(
            RTCConfigurationBuilder::new()
                .with_ice_servers(ice_servers(config))
                .with_ice_transport_policy(policy)
                // One transport for all there is. The library keeps this and the pool size without
                // acting on them yet, so a pool is not asked for.
                .with_bundle_policy(RTCBundlePolicy::MaxBundle)
                .with_certificates(vec![certificate(&identity)?])
                .build(),
        )
        .with_setting_engine(settings(config))
        .with_runtime(Arc::new(runtime))
        .with_handler(Arc::new(Handler {
            candidates: candidate_queue,
            states: state_watch,
            nudge,
        }))
        .with_udp_addrs(net::bind_addresses())
        .with_dedicated_reactor_pool_size(config.reactor_threads)
        .with_data_channel_send_buffer_limit(config.bulk_send_buffer_bytes)
        .build()
        .await?;
    Ok(Peer {
        connection: Arc::new(connection),
        candidates,
        states,
        intake,
        seat: LaneSeat::new(role, ports, identity),
    })
}

fn certificate(identity: &Identity) -> Result<RTCCertificate> {
    let provider = crypto::default_provider().map_err(|error| Error::Other(error.to_string()))?;
    RTCCertificate::from_pkcs8(
        provider.crypto(),
        SignatureScheme::EcdsaP256Sha256,
        vec![identity.certificate()],
        identity.key().secret_pkcs8_der(),
        SystemTime::now() + CERTIFICATE_LIFE,
    )
}

/// Creates one of the pre-negotiated channels (RFC 8832, section 4).
pub(super) async fn open_channel(
    connection: &dyn PeerConnection,
    channel: Channel,
) -> Result<Arc<dyn DataChannel>> {
    let (label, ordered, max_retransmits) = match channel {
        Channel::Control => ("control", true, None),
        // Ordered on the wire though nobody needs it: the library sends every queued unordered
        // message before any ordered one, so unordered bulk would starve control for as long as
        // a file is under way.
        Channel::Bulk => ("bulk", true, None),
        Channel::Live => ("live", false, Some(0)),
    };
    let init = RTCDataChannelInit {
        ordered,
        max_retransmits,
        negotiated: Some(channel.id()),
        ..Default::default()
    };
    connection.create_data_channel(label, Some(init)).await
}

/// Hands over one of the peer's addresses; what cannot be read is ignored.
pub(super) async fn take_candidate(connection: &dyn PeerConnection, candidate: Candidate) {
    let init = RTCIceCandidateInit {
        candidate: candidate.line,
        sdp_mid: candidate.mid,
        sdp_mline_index: candidate.mline_index,
        username_fragment: candidate.ufrag,
        url: None,
    };
    // The error may quote it.
    if connection.add_ice_candidate(init).await.is_err() {
        tracing::debug!("remote candidate ignored");
    }
}

pub(super) async fn close(connection: &dyn PeerConnection) {
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "closing");
    }
}

fn ice_servers(config: &RtcConfig) -> Vec<RTCIceServer> {
    config
        .ice_servers
        .iter()
        .map(|server| RTCIceServer {
            urls: server.urls.clone(),
            username: server.username.clone(),
            credential: server.credential.clone(),
        })
        .collect()
}

fn settings(config: &RtcConfig) -> SettingEngine {
    let interval = config.ice_check_interval.max(Duration::from_millis(1));
    let checks = CHECK_PERIOD.as_millis() / interval.as_millis().max(1);
    let checks = u16::try_from(checks).unwrap_or(u16::MAX);
    let max_message = u32::try_from(MAX_FRAME_BYTES).unwrap_or(u32::MAX);
    SettingEngineBuilder::new()
        .with_multicast_dns_mode(MulticastDnsMode::Disabled)
        .with_discard_local_candidates_during_ice_restart(true)
        .with_ice_timeouts(
            Some(DISCONNECTED_AFTER),
            Some(FAILED_AFTER),
            Some(KEEPALIVE),
        )
        .with_ice_connection_attempts(Some(interval), Some(checks))
        .with_host_acceptance_min_wait(Some(Duration::ZERO))
        .with_srflx_acceptance_min_wait(Some(REFLEXIVE_WAIT))
        // On a LAN the peer's checks often outrun its candidates, and then this is the best path.
        .with_prflx_acceptance_min_wait(Some(Duration::ZERO))
        .with_relay_acceptance_min_wait(Some(RELAY_WAIT))
        .with_sctp_max_message_size(SctpMaxMessageSize::Bounded(max_message))
        .with_sctp_max_receive_buffer_size(window_bytes(config))
        // Loopback addresses are bound only where there is nothing else; see `net`.
        .with_include_loopback_candidate(true)
        .build()
}

/// The receive window: what was asked for, as far as the sockets can hold it.
///
/// A window's worth of packets may arrive while the driver is busy. Where the kernel grants less
/// than that, as stock Linux and Android do, packets are lost in bursts and the sender waits a
/// second for each. Measured with the stock 208 KiB: 23 to 38 MB/s with windows from 384 KiB up,
/// 172 to 200 MB/s with 320 KiB.
fn window_bytes(config: &RtcConfig) -> u32 {
    let granted = net::granted_receive_buffer(config.udp_buffer_bytes);
    let safe = (granted / 4 * 3).max(WINDOW_FLOOR_BYTES);
    u32::try_from(safe)
        .unwrap_or(u32::MAX)
        .min(config.sctp_window_bytes)
}

/// Runs on the library's driver loop, so nothing here waits.
struct Handler {
    candidates: mpsc::Sender<Candidate>,
    states: watch::Sender<States>,
    nudge: Nudge,
}

#[async_trait::async_trait]
impl PeerConnectionEventHandler for Handler {
    async fn on_ice_candidate(&self, event: RTCPeerConnectionIceEvent) {
        let init = match event.candidate.to_json() {
            Ok(init) => init,
            // The error may quote it.
            Err(_) => return tracing::warn!("unreadable local candidate"),
        };
        let candidate = Candidate {
            line: init.candidate,
            mid: init.sdp_mid,
            mline_index: init.sdp_mline_index,
            ufrag: init.username_fragment,
        };
        if self.candidates.try_send(candidate).is_err() {
            self.states
                .send_modify(|states| states.candidates_lost = true);
        }
    }

    async fn on_data_channel(&self, _: Arc<dyn DataChannel>) {
        self.states
            .send_modify(|states| states.has_foreign_channel = true);
    }

    async fn on_ice_connection_state_change(&self, state: RTCIceConnectionState) {
        tracing::debug!(%state, "ice");
        if state == RTCIceConnectionState::Connected {
            // The DTLS handshake begins with this.
            self.nudge.driver();
        }
        if state == RTCIceConnectionState::Failed {
            self.states.send_modify(|states| states.ice_failed = true);
        }
    }

    async fn on_connection_state_change(&self, state: RTCPeerConnectionState) {
        tracing::debug!(%state, "peer connection");
        if state == RTCPeerConnectionState::Connected {
            // The SCTP handshake begins with this.
            self.nudge.driver();
        }
        self.states.send_modify(|states| {
            if states.peer != RTCPeerConnectionState::Failed {
                states.peer = state;
            }
        });
    }
}
