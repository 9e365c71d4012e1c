//! How everything stands, in words for somebody who helps: no names, messages, keys or addresses.

use core::fmt::Write as _;

use parlor_engine::view::ServerView;

use super::{LinkState, PathKind, link_state};
use crate::model::Model;
use crate::room::{Presence, ServerTrouble};

/// The report. In English, as those who help read it.
#[must_use]
pub fn report(model: &Model) -> String {
    let mut text = String::new();
    let settings = &model.settings;
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "rooms {}, own server {}, relay only {}, clean photos {}, accept {:?}",
        model.rooms.len(),
        settings.server.is_none(),
        settings.relay_only,
        settings.clean_photos,
        settings.accept_from
    );
    for room in model.rooms.values() {
        let presence = match &room.presence {
            Presence::Entering => "entering".to_owned(),
            Presence::Inside => "inside".to_owned(),
            Presence::Outside { reason } => format!("outside: {reason}"),
        };
        let server = match (&room.view.server, &room.server) {
            (ServerView::Joined, _) => "joined".to_owned(),
            (_, ServerTrouble::Lost { reason }) => format!("lost: {reason}"),
            (_, ServerTrouble::Rejected { reason }) => format!("rejected: {reason}"),
            (_, ServerTrouble::None) => "connecting".to_owned(),
        };
        let id = room.id().short();
        let entries = room.timeline.entries().len();
        let hosted = if room.is_hosted { ", hosted here" } else { "" };
        let _ = writeln!(
            text,
            "room {id}: {presence}, server {server}{hosted}, {entries} entries"
        );
        for peer in &room.view.peers {
            let link = match link_state(peer) {
                LinkState::Away => "away".to_owned(),
                LinkState::Connecting => "connecting".to_owned(),
                LinkState::Connected { path, round_trip } => {
                    let path = match path {
                        None => "unknown",
                        Some(PathKind::Near) => "same network",
                        Some(PathKind::Direct) => "direct",
                        Some(PathKind::Relayed) => "relayed",
                    };
                    let delay = round_trip.unwrap_or_default().as_millis();
                    let lane = if peer.has_lane { ", lane" } else { "" };
                    format!("connected, {path}, {delay} ms{lane}")
                }
            };
            let (id, tries) = (peer.peer.short(), peer.attempts);
            let _ = writeln!(text, "  peer {id}: {link}, {tries} tries");
        }
        for transfer in &room.view.transfers {
            let _ = writeln!(
                text,
                "  transfer {:?} {:?}: {} of {} bytes, {} bytes/s, held {}",
                transfer.direction,
                transfer.state,
                transfer.done_bytes,
                transfer.total_bytes,
                transfer.bytes_per_second,
                transfer.hold.is_some()
            );
        }
    }
    text
}
