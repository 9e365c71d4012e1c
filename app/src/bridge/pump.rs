//! Takes what a room tells to the model, for as long as the room is open.

use parlor_app_model::msg::{Msg, Report};
use parlor_app_model::picture::PictureId;
use parlor_core::picture::PictureSource;
use parlor_core::room::notice::Notice;
use parlor_core::room::{Room, RoomEvent, RoomEvents};
use parlor_proto::id::{DeviceId, RoomId};
use tokio::sync::mpsc;

use super::pictures::Pictures;
use super::translate;

/// Where a room's pump brings things.
#[derive(Debug, Clone)]
pub(super) struct Outlets {
    pub(super) reports: mpsc::Sender<Msg>,
    pub(super) pictures: Pictures,
    /// Where received files go.
    pub(super) folder: std::path::PathBuf,
}

/// Brings events and state of a room to the model until the room is closed.
pub(super) async fn run(id: RoomId, room: &Room, mut events: RoomEvents, outlets: Outlets) {
    let own = room.identity().device;
    let mut view = room.view();
    let mut has_view = true;
    loop {
        let report = tokio::select! {
            event = events.next() => match event {
                Some(event) => {
                    let found = note(id, own, &event, &outlets);
                    if let Some(found) = found
                        && outlets.reports.send(Msg::Report(found)).await.is_err()
                    {
                        return;
                    }
                    translate::report(id, event)
                }
                None => return,
            },
            changed = view.changed(), if has_view => {
                if changed.is_err() {
                    has_view = false;
                    continue;
                }
                Report::View(id, view.borrow_and_update().clone())
            }
        };
        if outlets.reports.send(Msg::Report(report)).await.is_err() {
            return;
        }
    }
}

/// Gives pictures their addresses; gives where a file is that just became whole.
fn note(room: RoomId, own: DeviceId, event: &RoomEvent, outlets: &Outlets) -> Option<Report> {
    let add = |author, transfer, file, source| {
        let id = PictureId {
            author,
            transfer,
            file,
        };
        outlets.pictures.add(id, source);
    };
    match event {
        RoomEvent::Session(Notice::Preview { key, file, image }) => {
            add(
                key.from,
                key.transfer,
                *file,
                PictureSource::Bytes(image.clone()),
            );
            None
        }
        RoomEvent::Session(Notice::FileReceived {
            key,
            file,
            stored_as,
        }) => {
            let path = outlets.folder.join(stored_as);
            add(
                key.from,
                key.transfer,
                *file,
                PictureSource::Path(path.clone()),
            );
            Some(Report::FileAt {
                room,
                author: key.from,
                file: (key.transfer, *file),
                path,
            })
        }
        RoomEvent::Prepared {
            transfer, paths, ..
        }
        | RoomEvent::OfferedAgain {
            transfer, paths, ..
        } => {
            let paths = (0..).zip(paths.iter().cloned()).collect();
            outlets.pictures.add_files((own, *transfer), &paths);
            None
        }
        RoomEvent::Session(_) | RoomEvent::Preparing { .. } | RoomEvent::NotPrepared { .. } => None,
    }
}
