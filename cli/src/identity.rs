//! Where this machine keeps its device key.

use directories::ProjectDirs;
use parlor_core::options::IdentityLocation;

use crate::args::CommonArgs;

/// The folder as given, or the system's place for such data. Without either, nothing is kept.
pub(crate) fn location(args: &CommonArgs) -> IdentityLocation {
    let usual = || ProjectDirs::from("", "", "parlor").map(|dirs| dirs.data_dir().to_owned());
    let folder = args.data.clone().or_else(usual);
    folder.map_or(IdentityLocation::Memory, IdentityLocation::Folder)
}
