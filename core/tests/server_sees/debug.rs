//! Debug output of the core's own types.

use parlor_core::options::{IdentityLocation, RoomOptions};
use parlor_core::rtc::IceServer;
use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use parlor_proto::signal::JoinIntent;
use parlor_proto::text::DisplayName;

#[test]
fn options_and_turn_servers_show_no_secret_name_path_or_password() {
    let invite = Invite {
        server: ServerUrl::parse("https://marker.example").unwrap(),
        secret: RoomSecret::from_bytes([0xA7; 32]),
    };
    let fragment = invite.to_link().split_once('#').unwrap().1.to_owned();
    let name = DisplayName::sanitise("marker");
    let mut options = RoomOptions::new(invite, JoinIntent::Open, name);
    options.folder = Some("/marker".into());
    options.identity = IdentityLocation::Folder("/marker".into());
    let turn = IceServer {
        urls: vec!["turn:turn.example".to_owned()],
        username: "marker".to_owned(),
        credential: "marker".to_owned(),
    };
    let shown = format!("{options:?} {options:#?} {turn:?} {turn:#?}");
    for hidden in ["marker", "167", "a7a7", &fragment] {
        assert!(!shown.contains(hidden), "{hidden} in {shown}");
    }
}
