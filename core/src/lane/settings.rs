//! Every setting of QUIC and its TLS in one place.

use std::sync::Arc;
use std::time::Duration;

use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use quinn::{
    AckFrequencyConfig, ClientConfig, EndpointConfig, IdleTimeout, MtuDiscoveryConfig,
    ServerConfig, TransportConfig, VarInt,
};
use rustls::crypto::{CryptoProvider, ring};

use super::controller::Factory;
use super::identity::{Identity, Pinned};
use super::pacing::Pacing;

/// What the stream is for, so that no other protocol is ever taken for it (RFC 7301).
const ALPN: &[u8] = b"parlor-lane/1";

/// Silence after which the lane is given up, if three times the probe timeout is not longer
/// (RFC 9000, section 10.1): file bytes then take the data channel within a second.
const IDLE_MS: u32 = 800;

/// Pause between signs of life: four may be lost.
const KEEP_ALIVE: Duration = Duration::from_millis(180);

/// What a round trip takes before it is measured: the link is there already, so it is short.
const FIRST_GUESS: Duration = Duration::from_millis(100);

/// Bytes under way each way. The engine's credit allows 4 MiB by default and 8 MiB at most.
const WINDOW_BYTES: u32 = 8 * 1024 * 1024;

/// Largest packet that is tried. Ethernet takes 1,452 bytes, jumbo frames some 9,000, and loopback
/// whatever there is; the search costs a dozen probes.
const MTU_MAX_BYTES: u16 = 32_700;

/// Packets of the peer that may wait for one acknowledgement (draft-ietf-quic-ack-frequency), where
/// QUIC alone has two.
const ACK_AFTER: u32 = 4;

pub(super) struct Tls {
    pub(super) client: ClientConfig,
    pub(super) server: ServerConfig,
}

pub(super) fn endpoint() -> EndpointConfig {
    let mut config = EndpointConfig::default();
    // The limit of UDP itself: what is coalesced by the kernel is no longer either. A bit that is
    // always set tells QUIC from STUN and DTLS (RFC 9443, section 3), so the peer must not be
    // allowed to clear it (RFC 9287).
    config
        .grease_quic_bit(false)
        .max_udp_payload_size(u16::MAX - 8)
        .unwrap_or_else(|_| unreachable!("within the bounds of QUIC"));
    config
}

pub(super) fn tls(
    identity: &Identity,
    remote_fingerprint: &str,
    pacing: &Arc<Pacing>,
) -> Result<Tls, Box<dyn std::error::Error>> {
    let provider = Arc::new(provider());
    let pinned = Arc::new(Pinned::new(remote_fingerprint, Arc::clone(&provider)));
    let chain = vec![identity.certificate()];
    let versions = [&rustls::version::TLS13];
    let mut client = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::clone(&pinned) as Arc<_>)
        .with_client_auth_cert(chain.clone(), identity.key().into())?;
    client.alpn_protocols = vec![ALPN.to_vec()];
    let mut server = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&versions)?
        .with_client_cert_verifier(pinned)
        .with_single_cert(chain, identity.key().into())?;
    server.alpn_protocols = vec![ALPN.to_vec()];
    let transport = Arc::new(transport(pacing));
    let mut client = ClientConfig::new(Arc::new(QuicClientConfig::try_from(client)?));
    client.transport_config(Arc::clone(&transport));
    let server = QuicServerConfig::try_from(server)?;
    let mut server = ServerConfig::with_crypto(Arc::new(server));
    server.transport_config(transport);
    Ok(Tls { client, server })
}

/// AES with 128 bits first: every phone and computer of these years has instructions for it.
fn provider() -> CryptoProvider {
    let mut provider = ring::default_provider();
    let first = rustls::CipherSuite::TLS13_AES_128_GCM_SHA256;
    provider
        .cipher_suites
        .sort_by_key(|suite| suite.suite() != first);
    provider
}

fn transport(pacing: &Arc<Pacing>) -> TransportConfig {
    let mut mtu = MtuDiscoveryConfig::default();
    mtu.upper_bound(MTU_MAX_BYTES);
    let mut acks = AckFrequencyConfig::default();
    acks.ack_eliciting_threshold(VarInt::from_u32(ACK_AFTER));
    let mut config = TransportConfig::default();
    config
        .max_concurrent_bidi_streams(1_u8.into())
        .max_concurrent_uni_streams(0_u8.into())
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(IDLE_MS))))
        .keep_alive_interval(Some(KEEP_ALIVE))
        .initial_rtt(FIRST_GUESS)
        .stream_receive_window(WINDOW_BYTES.into())
        .receive_window(WINDOW_BYTES.into())
        .send_window(WINDOW_BYTES.into())
        .mtu_discovery_config(Some(mtu))
        .ack_frequency_config(Some(acks))
        .congestion_controller_factory(Arc::new(Factory {
            pacing: Arc::clone(pacing),
        }));
    config
}
