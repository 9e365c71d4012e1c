//! Into a room: the person's name, the ICE servers, and the room itself. [`invitation`] reads the
//! link or code.

use std::path::{Path, PathBuf};

use parlor_core::options::RoomOptions;
use parlor_core::room::accept::AcceptRules;
use parlor_core::room::{Room, RoomEvents};
use parlor_proto::invite::{Invite, ServerUrl};
use parlor_proto::signal::{IceServer, JoinIntent};
use parlor_proto::text::DisplayName;

use crate::args::{CommonArgs, Lane};
use crate::exit::{Code, Failure, plain};
use crate::identity;

pub(crate) mod ask;
pub(crate) mod invitation;
mod redeem;

/// The person's name: as given, or as they are called on this machine.
pub(crate) fn name(args: &CommonArgs) -> DisplayName {
    let on_this_machine = || {
        let names = ["USER", "LOGNAME", "USERNAME"];
        names.iter().find_map(|name| std::env::var(name).ok())
    };
    let name = args.name.clone().or_else(on_this_machine);
    DisplayName::sanitise(&name.unwrap_or_default())
}

/// The STUN servers to ask. A room with a server on the own network is for people there, who need
/// none; it then works without internet and tells nobody outside.
pub(crate) fn ice_servers(
    args: &CommonArgs,
    server: &ServerUrl,
) -> Result<Option<Vec<IceServer>>, Failure> {
    if !args.stun.is_empty() {
        return args
            .stun
            .iter()
            .map(|url| stun_server(url))
            .collect::<Result<_, _>>()
            .map(Some);
    }
    let none_needed = args.no_stun || !server.is_encrypted();
    Ok(none_needed.then(Vec::new))
}

fn stun_server(url: &str) -> Result<IceServer, Failure> {
    let server = IceServer {
        urls: vec![url.to_owned()],
        username: None,
        credential: None,
    };
    let host = url.strip_prefix("stun:").or(url.strip_prefix("stuns:"));
    if host.is_some_and(|host| !host.is_empty()) && server.check().is_ok() {
        Ok(server)
    } else {
        Err(Failure::usage(format!(
            "\"{url}\" is not a STUN server; write it like stun:example.org:3478."
        )))
    }
}

/// What a room is entered with.
#[derive(Debug)]
pub(crate) struct Entrance<'a> {
    pub(crate) invite: Invite,
    pub(crate) intent: JoinIntent,
    pub(crate) max_peers: Option<u8>,
    pub(crate) folder: Option<&'a Path>,
    pub(crate) accept: AcceptRules,
    pub(crate) common: &'a CommonArgs,
}

impl Entrance<'_> {
    /// Starts the room.
    pub(crate) fn enter(self) -> Result<(Room, RoomEvents), Failure> {
        if let Some(folder) = self.folder {
            prepare_folder(folder)?;
        }
        let ice_servers = ice_servers(self.common, &self.invite.server)?;
        let options = RoomOptions {
            max_peers: self.max_peers,
            accept: self.accept,
            folder: self.folder.map(PathBuf::from),
            ice_servers,
            has_lane: self.common.lane == Lane::On,
            identity: identity::location(self.common),
            ..RoomOptions::new(self.invite, self.intent, name(self.common))
        };
        Ok(Room::start(options)?)
    }
}

/// Makes the folder for received files. The room checks that it can be written.
fn prepare_folder(folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::new(
            Code::LocalFile,
            format!(
                "Cannot use {} as the folder for files ({}); choose another one with --out.",
                folder.display(),
                plain(&error)
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn common(stun: &[&str], no_stun: bool) -> CommonArgs {
        use clap::Parser as _;
        let mut line = vec!["parlor", "receive", "link", "--out", "."];
        for url in stun {
            line.extend(["--stun", *url]);
        }
        if no_stun {
            line.push("--no-stun");
        }
        match crate::args::Cli::parse_from(line).command {
            crate::args::Command::Receive(receive) => receive.common,
            other => panic!("{other:?}"),
        }
    }

    fn server(url: &str) -> ServerUrl {
        ServerUrl::parse(url).unwrap()
    }

    #[test]
    fn a_server_on_the_own_network_needs_no_stun() {
        let (lan, far) = (
            server("http://192.168.1.20:4000"),
            server("https://example.org"),
        );
        let ice = |args: &CommonArgs, at: &ServerUrl| ice_servers(args, at).unwrap();
        assert_eq!(ice(&common(&[], false), &lan), Some(Vec::new()));
        assert_eq!(ice(&common(&[], false), &far), None);
        assert_eq!(ice(&common(&[], true), &far), Some(Vec::new()));
        let own = ice(&common(&["stun:example.org:3478"], false), &lan).unwrap();
        assert_eq!(own[0].urls, ["stun:example.org:3478"]);
    }

    #[test]
    fn what_is_no_stun_server_is_refused() {
        for url in ["example.org", "turn:example.org", "stun:"] {
            let refused = ice_servers(&common(&[url], false), &server("https://example.org"));
            assert_eq!(refused.unwrap_err().code, Code::Usage, "{url}");
        }
    }
}
