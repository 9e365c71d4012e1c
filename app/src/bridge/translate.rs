//! The core's words in the model's.

use std::collections::BTreeMap;
use std::path::PathBuf;

use parlor_app_model::msg::{Report, RoomFound};
use parlor_app_model::room::Member;
use parlor_app_model::timeline::{Body, Entry, EntryKey, Files, Reply};
use parlor_core::history::{KeptContent, KeptEntry, KeptMember};
use parlor_core::home::KeptRoom;
use parlor_core::room::RoomEvent;
use parlor_core::room::known::KnownDevice;
use parlor_proto::id::{DeviceId, RoomId};

/// What an event of a room is to the model.
pub(super) fn report(room: RoomId, event: RoomEvent) -> Report {
    match event {
        RoomEvent::Session(notice) => Report::Notice(room, notice),
        RoomEvent::Preparing {
            share,
            done_bytes,
            total_bytes,
        } => Report::Preparing {
            room,
            share: share.0,
            done_bytes,
            total_bytes,
        },
        RoomEvent::Prepared {
            share,
            transfer,
            files,
            paths,
            more,
        } => Report::Prepared {
            room,
            share: Some(share.0),
            transfer,
            files,
            paths: numbered(paths),
            more,
        },
        RoomEvent::OfferedAgain {
            transfer,
            files,
            paths,
        } => Report::Prepared {
            room,
            share: None,
            transfer,
            files,
            paths: numbered(paths),
            more: false,
        },
        RoomEvent::NotPrepared {
            share,
            path,
            reason,
            more,
        } => {
            let name = path.file_name().unwrap_or(path.as_os_str());
            Report::NotPrepared {
                room,
                share: share.0,
                name: name.to_string_lossy().into_owned(),
                reason,
                more,
            }
        }
    }
}

fn numbered(paths: Vec<PathBuf>) -> BTreeMap<u32, PathBuf> {
    (0..).zip(paths).collect()
}

/// An entry of the history.
pub(super) fn entry(kept: KeptEntry) -> Entry {
    let author = kept.author;
    let (key, body) = match kept.content {
        KeptContent::Message {
            stream,
            seq,
            text,
            in_reply_to,
            quoted,
            ..
        } => (
            EntryKey::Message {
                author,
                stream,
                seq,
            },
            Body::said(text, in_reply_to.map(|to| Reply { to, text: quoted })),
        ),
        KeptContent::Offer {
            transfer,
            files,
            paths,
        } => (
            EntryKey::Offer { author, transfer },
            Body::Files(Files::new(files, paths)),
        ),
    };
    Entry {
        key,
        place: Some(kept.place),
        at_ms: kept.kept_at_ms,
        body,
    }
}

/// A room of the home.
pub(super) fn found(room: KeptRoom) -> RoomFound {
    RoomFound {
        invite: room.invite,
        is_hosted: room.is_hosted,
        title: room.title,
        draft: room.draft,
        made_at_ms: room.made_at_ms,
        last: room.last.map(entry),
        unread: room.unread,
        members: room.members.into_iter().map(member).collect(),
    }
}

fn member((device, kept): (DeviceId, KeptMember)) -> (DeviceId, Member) {
    let member = Member {
        name: kept.name,
        avatar: kept.avatar,
        came_at_ms: None,
    };
    (device, member)
}

/// Whom of the devices that were met the person wants nothing to do with.
pub(super) fn blocked(known: Vec<KnownDevice>) -> BTreeMap<DeviceId, String> {
    let blocked = known.into_iter().filter(|device| device.is_blocked);
    let named = blocked.map(|device| (device.public.id(), device.name.as_str().to_owned()));
    named.collect()
}
