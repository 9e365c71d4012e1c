//! What the tests of rooms over a real server share.

use std::net::Ipv4Addr;
use std::time::Duration;

use parlor_core::room::notice::Notice;
use parlor_core::room::{RoomEvent, RoomEvents};
use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use parlor_signaling::server::{Server, ServerConfig};

/// Long enough for a loaded machine, short enough that a hang is seen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A server of its own, and the way into a room there.
pub(crate) async fn server() -> (Server, Invite) {
    server_at(Ipv4Addr::LOCALHOST).await
}

/// The same where others than this machine reach it.
pub(crate) async fn server_at(address: Ipv4Addr) -> (Server, Invite) {
    let config = ServerConfig::new((address, 0).into());
    let server = Server::bind(config).await.unwrap();
    let url = format!("http://{}", server.local_addr());
    let invite = Invite {
        server: ServerUrl::parse(&url).unwrap(),
        secret: RoomSecret::from_bytes([7; 32]),
    };
    (server, invite)
}

/// The next event that `pick` takes something from.
pub(crate) async fn event<T>(
    events: &mut RoomEvents,
    what: &str,
    mut pick: impl FnMut(&RoomEvent) -> Option<T>,
) -> T {
    let search = async {
        loop {
            let event = events.next().await;
            let event = event.unwrap_or_else(|| panic!("ended before {what}"));
            if let Some(found) = pick(&event) {
                return found;
            }
        }
    };
    let found = tokio::time::timeout(PATIENCE, search).await;
    found.unwrap_or_else(|_| panic!("no {what} in time"))
}

/// The next notice that `pick` takes something from.
pub(crate) async fn notice<T>(
    events: &mut RoomEvents,
    what: &str,
    pick: impl Fn(&Notice) -> Option<T>,
) -> T {
    event(events, what, |event| match event {
        RoomEvent::Session(notice) => pick(notice),
        _ => None,
    })
    .await
}
