//! What of a room's events is kept for its timeline. Messages are kept by request of the engine,
//! which waits for them; nobody waits for these.

use std::path::PathBuf;

use parlor_engine::notice::Notice;
use parlor_proto::frame::OfferedFile;
use parlor_proto::id::DeviceId;

use super::writer::Entry;
use crate::room::RoomEvent;

/// Turns events into entries.
#[derive(Debug)]
pub(crate) struct Timeline {
    /// This device.
    pub(crate) own: DeviceId,
    /// Where received files go.
    pub(crate) folder: Option<PathBuf>,
}

impl Timeline {
    /// What is to be kept of an event.
    pub(crate) fn entries(&self, event: &RoomEvent) -> Vec<Entry> {
        match event {
            RoomEvent::Prepared {
                transfer,
                files,
                paths,
                ..
            }
            | RoomEvent::OfferedAgain {
                transfer,
                files,
                paths,
            } => self.own_offer(*transfer, files, paths),
            RoomEvent::Session(notice) => self.of_notice(notice).into_iter().collect(),
            RoomEvent::Preparing { .. } | RoomEvent::NotPrepared { .. } => Vec::new(),
        }
    }

    fn own_offer(&self, transfer: u64, files: &[OfferedFile], paths: &[PathBuf]) -> Vec<Entry> {
        let author = self.own;
        let files = files.to_vec();
        let offer = Entry::Offer {
            author,
            transfer,
            files,
        };
        let places = (0..).zip(paths).map(|(file, path)| Entry::File {
            author,
            transfer,
            file,
            path: path.clone(),
        });
        core::iter::once(offer).chain(places).collect()
    }

    fn of_notice(&self, notice: &Notice) -> Option<Entry> {
        match notice {
            Notice::Offered { key, files, .. } => Some(Entry::Offer {
                author: key.from,
                transfer: key.transfer,
                files: files.clone(),
            }),
            Notice::FileReceived {
                key,
                file,
                stored_as,
            } => Some(Entry::File {
                author: key.from,
                transfer: key.transfer,
                file: *file,
                path: self.folder.as_ref()?.join(stored_as),
            }),
            _ => None,
        }
    }
}
