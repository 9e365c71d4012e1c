//! Who is in the scenes, and what they said.

use std::path::Path;
use std::time::Duration;

use parlor_app_model::msg::RoomFound;
use parlor_app_model::room::Member;
use parlor_app_model::timeline::{Body, Entry, EntryKey, Reply};
use parlor_core::room::known::Standing;
use parlor_core::room::view::{AddressKind, PathView, PeerStateView, PeerView};
use parlor_proto::avatar::Avatar;
use parlor_proto::emoji::comparison;
use parlor_proto::frame::OfferedFile;
use parlor_proto::id::{DeviceId, PeerId};
use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use parlor_proto::name::SafePath;
use parlor_proto::text::DisplayName;

/// 27 November 2026, 18:42 UTC, in milliseconds since 1970.
pub(super) const NOW_MS: u64 = 1_795_804_920_000;
pub(super) const MINUTE_MS: u64 = 60_000;
pub(super) const HOUR_MS: u64 = 60 * MINUTE_MS;

pub(super) const OWN: DeviceId = DeviceId([1; 16]);
pub(super) const MIRA: DeviceId = DeviceId([44; 16]);
pub(super) const JONAS: DeviceId = DeviceId([19; 16]);
pub(super) const LENA: DeviceId = DeviceId([30; 16]);
pub(super) const STREAM: u64 = 7;

pub(super) fn invite(secret: u8) -> Invite {
    Invite {
        server: ServerUrl::parse("https://parlor.example").expect("it is an address"),
        secret: RoomSecret::from_bytes([secret; 32]),
    }
}

pub(super) fn trip() -> Invite {
    invite(3)
}

pub(super) fn name(text: &str) -> DisplayName {
    DisplayName::sanitise(text)
}

pub(super) fn offered(path: &Path, size: u64) -> OfferedFile {
    OfferedFile {
        path: SafePath::sanitise(&path.file_name().unwrap_or_default().to_string_lossy()),
        size,
        root: [0; 32],
        modified_ms: None,
        mime: None,
    }
}

pub(super) fn message(author: DeviceId, seq: u64, at_ms: u64, text: &str) -> Entry {
    Entry {
        key: EntryKey::Message {
            author,
            stream: STREAM,
            seq,
        },
        place: Some(seq),
        at_ms,
        body: Body::said(text.to_owned(), None),
    }
}

/// A message that answers another.
pub(super) fn answer(
    (author, seq): (DeviceId, u64),
    at_ms: u64,
    text: &str,
    (answered, its_seq): (DeviceId, u64),
) -> Entry {
    let to = message(answered, its_seq, 0, "").key.message_id();
    let reply = to.map(|to| Reply { to, text: None });
    Entry {
        body: Body::said(text.to_owned(), reply),
        ..message(author, seq, at_ms, text)
    }
}

pub(super) fn found(
    invite: Invite,
    title: Option<&str>,
    members: &[(DeviceId, &str)],
    last: Entry,
) -> RoomFound {
    let members = members
        .iter()
        .map(|(device, person)| (*device, member(*device, person)));
    RoomFound {
        invite,
        is_hosted: false,
        title: title.map(str::to_owned),
        draft: String::new(),
        made_at_ms: NOW_MS,
        last: Some(last),
        unread: 0,
        members: members.collect(),
    }
}

fn member(device: DeviceId, person: &str) -> Member {
    Member {
        name: name(person),
        avatar: avatar(device),
        came_at_ms: None,
    }
}

/// Some people chose a face, others have the letter that everybody begins with.
pub(super) fn avatar(device: DeviceId) -> Avatar {
    let (colour, emblem) = match device {
        MIRA => (9, 5),
        LENA => (2, 0),
        _ => (0, 0),
    };
    Avatar { colour, emblem }
}

pub(super) fn peer(number: u8, device: DeviceId, person: &str, standing: Standing) -> PeerView {
    PeerView {
        peer: PeerId([number; 16]),
        identity: Some((device, name(person))),
        state: PeerStateView::Connected {
            since: parlor_core::room::time::Moment::default(),
        },
        path: Some(PathView {
            local: AddressKind::Host,
            remote: AddressKind::Host,
            round_trip: Some(Duration::from_millis(4)),
        }),
        has_lane: true,
        attempts: 1,
        standing: Some(standing),
        avatar: avatar(device),
        emoji: Some(comparison(&[number.wrapping_mul(37); 32])),
    }
}

pub(super) fn rooms() -> Vec<RoomFound> {
    let mut family = found(
        invite(4),
        Some("Family"),
        &[(LENA, "Lena")],
        message(
            LENA,
            1,
            NOW_MS - 80 * MINUTE_MS,
            "Grandma says thank you for the photos ❤️",
        ),
    );
    family.unread = 2;
    let mut quiet = found(
        invite(9),
        None,
        &[],
        message(OWN, 1, NOW_MS - 120 * HOUR_MS, ""),
    );
    quiet.last = None;
    quiet.made_at_ms = NOW_MS - 120 * HOUR_MS;
    let mut slides = found(
        invite(5),
        None,
        &[(DeviceId([71; 16]), "陈晓"), (DeviceId([80; 16]), "Bea")],
        message(
            DeviceId([71; 16]),
            1,
            NOW_MS - 27 * HOUR_MS,
            "The slides are in, all 48 of them. See you on Tuesday!",
        ),
    );
    slides.draft = "Thank you! I’ll bring".to_owned();
    vec![
        found(
            trip(),
            Some("Alps in October"),
            &[(MIRA, "Mira"), (JONAS, "Jonas"), (LENA, "Lena")],
            message(OWN, 4, NOW_MS - 13 * MINUTE_MS, "Beautiful! Frame it"),
        ),
        family,
        slides,
        quiet,
    ]
}
