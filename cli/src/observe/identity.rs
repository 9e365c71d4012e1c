//! Reports about who somebody is.

use parlor_core::room::known::Standing;
use parlor_core::room::notice::Notice;
use parlor_core::room::view::PeerView;
use parlor_core::room::{KeyState, RoomIdentity};
use parlor_proto::id::DeviceId;
use parlor_proto::text::DisplayName;

use crate::report::identity::{EmojiReport, KeyReport, StandingReport};
use crate::report::{PersonReport, Report};

use super::path_report;

/// Who we are in the room.
pub(crate) fn own_identity(identity: RoomIdentity) -> Report {
    Report::Identity {
        device: identity.device.to_string(),
        key: match identity.key {
            KeyState::Kept => KeyReport::Kept,
            KeyState::ForThisSession => KeyReport::Session,
            KeyState::InUse => KeyReport::InUse,
        },
    }
}

/// What is known of somebody, and the other name that goes with it.
pub(super) fn standing_report(standing: &Standing) -> (StandingReport, Option<String>) {
    let text = |name: &Option<DisplayName>| name.as_ref().map(DisplayName::to_string);
    match standing {
        Standing::New => (StandingReport::New, None),
        Standing::Known { former_name } => (StandingReport::Known, text(former_name)),
        Standing::Verified { calls_itself } => (StandingReport::Verified, text(calls_itself)),
        Standing::NameTaken { owner, .. } => (StandingReport::NameTaken, Some(owner.to_string())),
    }
}

/// The five emoji of somebody who is connected.
pub(crate) fn emoji_report(device: DeviceId, peer: &PeerView) -> Option<Report> {
    let emoji = peer.emoji?.into_iter().map(|emoji| EmojiReport {
        symbol: emoji.symbol(),
        name: emoji.name(),
    });
    Some(Report::Emoji {
        device: device.to_string(),
        name: name_of(peer),
        emoji: emoji.collect(),
    })
}

pub(crate) fn name_of(peer: &PeerView) -> String {
    let name = peer.identity.as_ref().map(|(_, name)| name.to_string());
    name.unwrap_or_default()
}

pub(super) fn person(peer: &PeerView) -> PersonReport {
    let is_connected = matches!(
        peer.state,
        parlor_core::room::view::PeerStateView::Connected { .. }
    );
    let standing = peer.standing.as_ref().map(standing_report);
    PersonReport {
        device: peer.identity.as_ref().map(|(device, _)| device.to_string()),
        name: peer.identity.as_ref().map(|(_, name)| name.to_string()),
        connected: is_connected,
        path: peer.path.as_ref().map(path_report),
        lane: peer.has_lane,
        standing: standing.map(|(standing, _)| standing),
    }
}

/// What people and the disk said of somebody.
pub(super) fn verdict_report(notice: &Notice, name: String) -> Option<Report> {
    Some(match notice {
        Notice::Verified { device, name } => Report::Verified {
            device: device.to_string(),
            name: name.to_string(),
        },
        Notice::NotVerified { device, reason } => Report::NotVerified {
            device: device.to_string(),
            name,
            reason: reason.clone(),
        },
        Notice::NotRemembered { device, reason } => Report::NotRemembered {
            device: device.to_string(),
            name,
            reason: reason.clone(),
        },
        #[allow(
            clippy::wildcard_enum_match_arm,
            reason = "the caller routes by the full list"
        )]
        _ => return None,
    })
}
