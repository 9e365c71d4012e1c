//! `parlor send`.

use std::path::{Path, PathBuf};

use parlor_core::room::ShareAs;
use parlor_core::room::accept::AcceptRules;
use parlor_proto::signal::JoinIntent;

use crate::args::{CODE_USES_ALL, SendArgs};
use crate::conduct::send::SendConduct;
use crate::conduct::{Act, Conduct as _, End};
use crate::enter::Entrance;
use crate::exit::{Code, Failure, plain};
use crate::host;
use crate::interrupt::Interrupt;
use crate::observe::Observer;
use crate::privacy;
use crate::report::Reporter;
use crate::sources::Sources;
use crate::stage::{Happening, Stage};

/// Opens a room and sends.
pub(crate) async fn run(
    args: &SendArgs,
    reporter: &mut Reporter,
    interrupt: &mut Interrupt,
) -> End {
    check(&args.paths)?;
    let sources = Sources::look(&args.paths);
    let (invite, host) = host::place(&args.open, reporter).await?;
    let server = invite.server.to_string();
    let entrance = Entrance {
        invite: invite.clone(),
        intent: JoinIntent::Open,
        max_peers: args.open.max_peers,
        folder: None,
        accept: AcceptRules::default(),
        common: &args.common,
    };
    let observer = Observer::new(Some(invite));
    let mut stage = Stage::new(entrance.enter()?, observer, reporter, interrupt);
    let conduct = SendConduct::new(server, args.common.patience(), args.keep);
    let uses = args
        .open
        .code_uses
        .unwrap_or(if args.keep { CODE_USES_ALL } else { 1 });
    let how = if args.as_photos {
        ShareAs::Photo
    } else {
        ShareAs::File
    };
    let end = serve(&mut stage, conduct, (args.paths.clone(), how), uses).await;
    stage.leave().await;
    if let Some(host) = host {
        host.stop().await;
    }
    end.map_err(|failure| sources.explain(failure))
}

async fn serve(
    stage: &mut Stage<'_>,
    mut conduct: SendConduct,
    (paths, how): (Vec<PathBuf>, ShareAs),
    code_uses: u32,
) -> End {
    let closed = |_| Failure::room_closed();
    privacy::tell(&paths, how, stage.reporter).await;
    stage.room.share_as(paths, how).await.map_err(closed)?;
    stage.room.open_code(code_uses).await.map_err(closed)?;
    loop {
        match stage.next().await {
            Happening::Event(event) => {
                let acts = conduct.on_event(&event, stage.now());
                if acts.contains(&Act::RenewCode) {
                    stage.room.open_code(code_uses).await.map_err(closed)?;
                }
            }
            Happening::Tick => {}
            Happening::Interrupted => return Err(Failure::interrupted()),
            Happening::Closed => return Err(Failure::room_closed()),
        }
        if let Some(end) = conduct.verdict(stage.others(), stage.now()) {
            return end;
        }
    }
}

/// Looks at the paths before anybody is bothered with a link.
fn check(paths: &[PathBuf]) -> Result<(), Failure> {
    for path in paths {
        open(path).map_err(|error| {
            Failure::new(
                Code::LocalFile,
                format!(
                    "Cannot read {} ({}); check the path and its permissions.",
                    path.display(),
                    plain(&error)
                ),
            )
        })?;
    }
    Ok(())
}

fn open(path: &Path) -> std::io::Result<()> {
    if path.metadata()?.is_dir() {
        path.read_dir().map(drop)
    } else {
        std::fs::File::open(path).map(drop)
    }
}
