//! Reads the path and the certificates of a live connection from its transports and statistics
//! (W3C webrtc-stats).

use std::time::{Duration, Instant};

use rtc::statistics::stats::RTCStatsType;
use webrtc::peer_connection::{
    PeerConnection, RTCIceCandidate, RTCIceCandidateType, RTCStatsReport, RTCStatsReportEntry,
    StatsSelector,
};

use super::{CandidateKind, PathInfo};

/// What the connection says of itself, as far as it does.
#[derive(Debug, Default)]
pub(super) struct Inspection {
    pub(super) path: Option<PathInfo>,
    pub(super) local_fingerprint: Option<String>,
    /// Of the certificate the peer presented in this handshake, not of what its description
    /// promised.
    pub(super) remote_fingerprint: Option<String>,
}

pub(super) async fn inspect(connection: &dyn PeerConnection) -> Inspection {
    let report = connection
        .get_stats(Instant::now(), StatsSelector::None)
        .await;
    let Some(transport) = report.transport() else {
        return Inspection::default();
    };
    let rtt = round_trip(&report, &transport.selected_candidate_pair_id);
    Inspection {
        path: path(connection, rtt).await,
        local_fingerprint: fingerprint(&report, &transport.local_certificate_id),
        remote_fingerprint: fingerprint(&report, &transport.remote_certificate_id),
    }
}

/// From the transport rather than from the statistics, which leave out candidates that were
/// learned from a check.
async fn path(connection: &dyn PeerConnection, rtt: Option<Duration>) -> Option<PathInfo> {
    let ice = connection.sctp().await?.transport().ice_transport();
    let pair = ice.get_selected_candidate_pair().await.ok()??;
    let signaled = ice.get_remote_candidates().await.unwrap_or_default();
    let remote = pair.remote();
    let remote_addr = if remote.address.contains(':') {
        format!("[{}]:{}", remote.address, remote.port)
    } else {
        format!("{}:{}", remote.address, remote.port)
    };
    Some(PathInfo {
        local: kind(pair.local().typ)?,
        remote: kind(signaled_type(remote, &signaled))?,
        remote_addr,
        protocol: pair.local().protocol.to_string(),
        rtt,
    })
}

/// A check may arrive before the candidate it comes from. The address then counts as learned from
/// the peer for good, though signaling has since told what it is.
fn signaled_type(selected: &RTCIceCandidate, signaled: &[RTCIceCandidate]) -> RTCIceCandidateType {
    signaled
        .iter()
        .filter(|candidate| candidate.typ != RTCIceCandidateType::Prflx)
        .find(|candidate| candidate.address == selected.address && candidate.port == selected.port)
        .map_or(selected.typ, |candidate| candidate.typ)
}

fn round_trip(report: &RTCStatsReport, pair_id: &str) -> Option<Duration> {
    let pair = report
        .candidate_pairs()
        .find(|pair| pair.stats.id == pair_id)?;
    // Zero means "not measured" here.
    Duration::try_from_secs_f64(pair.current_round_trip_time)
        .ok()
        .filter(|rtt| !rtt.is_zero())
}

fn kind(candidate_type: RTCIceCandidateType) -> Option<CandidateKind> {
    match candidate_type {
        RTCIceCandidateType::Host => Some(CandidateKind::Host),
        RTCIceCandidateType::Srflx => Some(CandidateKind::ServerReflexive),
        RTCIceCandidateType::Prflx => Some(CandidateKind::PeerReflexive),
        RTCIceCandidateType::Relay => Some(CandidateKind::Relay),
        RTCIceCandidateType::Unspecified | _ => None,
    }
}

fn fingerprint(report: &RTCStatsReport, certificate_id: &str) -> Option<String> {
    report
        .iter_by_type(RTCStatsType::Certificate)
        .find_map(|entry| {
            let RTCStatsReportEntry::Certificate(certificate) = entry else {
                return None;
            };
            (certificate.stats.id == certificate_id)
                .then(|| certificate.fingerprint.to_ascii_uppercase())
        })
        .filter(|fingerprint| !fingerprint.is_empty())
}
