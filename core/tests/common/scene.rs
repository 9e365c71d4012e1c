//! A room that people come back to: a server, a way in, and a folder for what each of them keeps.

use std::path::PathBuf;

use parlor_core::options::{IdentityLocation, RoomOptions};
use parlor_proto::invite::Invite;
use parlor_proto::signal::JoinIntent;
use parlor_proto::text::DisplayName;
use parlor_signaling::server::Server;

use crate::common;

pub(crate) struct Scene {
    _server: Server,
    pub(crate) invite: Invite,
    pub(crate) folder: tempfile::TempDir,
}

impl Scene {
    pub(crate) async fn set() -> Self {
        let (server, invite) = common::server().await;
        Self {
            _server: server,
            invite,
            folder: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What somebody's app starts with, the same device each time.
    pub(crate) fn options(&self, name: &str) -> RoomOptions {
        let shown = DisplayName::sanitise(name);
        let mut options = RoomOptions::new(self.invite.clone(), JoinIntent::Open, shown);
        options.identity = IdentityLocation::Folder(self.path(&format!("{name}-data")));
        options.ice_servers = Some(Vec::new());
        options
    }
}
