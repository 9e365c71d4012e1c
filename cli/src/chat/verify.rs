//! `/verify` and `/forget`: who is meant, and what is to be done.

use core::time::Duration;

use parlor_core::room::Room;
use parlor_core::room::view::{PeerView, RoomView};
use parlor_proto::id::DeviceId;

use super::line::Verdict;
use crate::exit::Failure;
use crate::observe::identity::{emoji_report, name_of};
use crate::stage::Stage;

/// What the emoji may take to be there: two frames each way, and the view that shows them.
const EMOJI_MAX: Duration = Duration::from_secs(2);

/// Shows the emoji of somebody, or takes the verdict on them.
pub(super) async fn verify(
    stage: &mut Stage<'_>,
    name: &str,
    verdict: Option<Verdict>,
) -> Result<(), Failure> {
    let (device, peer) = match named(&stage.room, name) {
        Ok(found) => found,
        Err(text) => {
            stage.reporter.note(text);
            return Ok(());
        }
    };
    if let Some(verdict) = verdict {
        let told = stage.room.verify(device, verdict == Verdict::Same).await;
        return told.map_err(|_| Failure::room_closed());
    }
    match emoji_report(device, &with_emoji(&stage.room, peer).await) {
        Some(report) => stage.reporter.report(&report),
        None => stage
            .reporter
            .note("There are no emoji to compare yet; try again in a moment."),
    }
    Ok(())
}

/// The same person once their emoji are there, if that is soon.
async fn with_emoji(room: &Room, peer: PeerView) -> PeerView {
    let mut views = room.view();
    let is_meant = |other: &&PeerView| other.peer == peer.peer && other.emoji.is_some();
    let shown = views.wait_for(|view| view.peers.iter().any(|other| is_meant(&other)));
    let view = tokio::time::timeout(EMOJI_MAX, shown).await;
    let found = view.ok().and_then(Result::ok);
    let found = found.and_then(|view| view.peers.iter().find(is_meant).cloned());
    found.unwrap_or(peer)
}

/// Forgets what is known of somebody.
pub(super) async fn forget(stage: &mut Stage<'_>, name: &str) -> Result<(), Failure> {
    let found = named(&stage.room, name);
    match found {
        Ok((device, peer)) => {
            let told = stage.room.forget(device).await;
            told.map_err(|_| Failure::room_closed())?;
            let text = format!(
                "Forgot {}: to you this device is new again.",
                name_of(&peer)
            );
            stage.reporter.note(text);
        }
        Err(text) => stage.reporter.note(text),
    }
    Ok(())
}

fn named(room: &Room, name: &str) -> Result<(DeviceId, PeerView), String> {
    find(&room.view().borrow(), name)
}

/// The one person of that name, or of that device id.
fn find(view: &RoomView, name: &str) -> Result<(DeviceId, PeerView), String> {
    let is_meant = |device: &DeviceId, shown: &str| {
        shown.to_lowercase() == name.to_lowercase() || device.to_string() == name
    };
    let meant = view.peers.iter().filter_map(|peer| {
        let (device, shown) = peer.identity.as_ref()?;
        is_meant(device, shown.as_str()).then(|| (*device, peer.clone()))
    });
    let mut meant: Vec<(DeviceId, PeerView)> = meant.collect();
    match meant.len() {
        0 => Err(format!(
            "There is nobody called {name} here; /who lists everybody."
        )),
        1 => Ok(meant.remove(0)),
        _ => {
            let ids: Vec<String> = meant.iter().map(|(id, _)| id.to_string()).collect();
            Err(format!(
                "Several devices use that name; name one by its id: {}.",
                ids.join(", ")
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use parlor_core::room::view::PeerStateView;
    use parlor_proto::id::PeerId;
    use parlor_proto::text::DisplayName;

    use super::*;

    fn peer(id: u8, name: &str) -> PeerView {
        PeerView {
            peer: PeerId([id; 16]),
            identity: Some((DeviceId([id; 16]), DisplayName::sanitise(name))),
            state: PeerStateView::Waiting,
            path: None,
            has_lane: false,
            attempts: 0,
            standing: None,
            avatar: parlor_proto::avatar::Avatar::default(),
            emoji: None,
        }
    }

    fn view() -> RoomView {
        RoomView {
            peers: vec![peer(1, "Ada Love"), peer(2, "Bob"), peer(3, "bob")],
            ..RoomView::default()
        }
    }

    #[test]
    fn people_are_found_by_name_or_by_device() {
        let (ada, bob) = (DeviceId([1; 16]), DeviceId([2; 16]));
        assert_eq!(find(&view(), "ada love").unwrap().0, ada);
        assert_eq!(find(&view(), &bob.to_string()).unwrap().0, bob);
    }

    #[test]
    fn a_name_that_two_use_says_how_to_tell_them_apart() {
        let text = find(&view(), "Bob").unwrap_err();
        assert!(text.contains(&DeviceId([3; 16]).to_string()), "{text}");
        assert!(find(&view(), "Eve").unwrap_err().contains("/who"));
    }
}
