//! What happens in a room.

use std::collections::BTreeMap;
use std::path::PathBuf;

use parlor_engine::input::{IncomingKey, MessageId};
use parlor_engine::notice::{Notice, OfferStanding, Outcome};
use parlor_proto::avatar::Avatar;
use parlor_proto::frame::OfferedFile;
use parlor_proto::id::{DeviceId, RoomId};
use parlor_proto::text::DisplayName;

use crate::effect::{Effect, NoteBody, PlatformEffect, RoomEffect};
use crate::model::{Model, Sheet};
use crate::msg::Report;
use crate::room::{Member, Preparing, Presence, RoomModel, ServerTrouble};
use crate::timeline::{Body, Entry, EntryKey, Fate, Files, Reply};
use crate::toast::Trouble;

impl Model {
    pub(super) fn on_room_report(&mut self, report: Report) -> Vec<Effect> {
        match report {
            Report::Entered(id, _) => return self.entered(id),
            Report::Moved(invite) => {
                if let Some(room) = self.rooms.get_mut(&invite.secret.room_id()) {
                    room.invite = invite;
                }
            }
            Report::NotEntered(id, reason) => {
                if let Some(room) = self.rooms.get_mut(&id) {
                    room.presence = Presence::Outside { reason };
                }
            }
            Report::Notice(id, notice) => return self.on_notice(id, notice),
            Report::View(id, view) => {
                if let Some(room) = self.rooms.get_mut(&id) {
                    room.view = view;
                }
            }
            Report::Entries {
                room: id,
                entries,
                has_older,
                receipts,
            } => {
                if let Some(room) = self.rooms.get_mut(&id) {
                    room.timeline.prepend(entries, has_older);
                    for (reader, stream, through) in receipts {
                        room.receipts.entry(reader).or_insert((stream, through));
                    }
                }
            }
            Report::Quoted { room, answer, text } => {
                if let Some(room) = self.rooms.get_mut(&room) {
                    room.timeline.quote(answer, text);
                }
            }
            of_files => self.on_file_report(of_files),
        }
        Vec::new()
    }

    /// How files come to be on offer, and where they are.
    fn on_file_report(&mut self, report: Report) {
        match report {
            Report::Preparing {
                room: id,
                share,
                done_bytes,
                total_bytes,
            } => {
                if let Some(room) = self.rooms.get_mut(&id) {
                    let preparing = Preparing {
                        done_bytes,
                        total_bytes,
                    };
                    room.preparing.insert(share, preparing);
                }
            }
            Report::Prepared {
                room,
                share,
                transfer,
                files,
                paths,
                more,
            } => self.prepared(room, share.filter(|_| !more), (transfer, files, paths)),
            Report::NotPrepared {
                room: id,
                share,
                name,
                reason,
                more,
            } => {
                if let (Some(room), false) = (self.rooms.get_mut(&id), more) {
                    room.preparing.remove(&share);
                }
                self.trouble(Trouble::NotPrepared { name, reason });
            }
            Report::FileAt {
                room: id,
                author,
                file: (transfer, file),
                path,
            } => {
                if let Some(room) = self.rooms.get_mut(&id)
                    && let Some(files) = room.timeline.files_mut(author, transfer)
                {
                    files.paths.insert(file, path);
                }
            }
            _ => {}
        }
    }

    fn entered(&mut self, id: RoomId) -> Vec<Effect> {
        if let Some(room) = self.rooms.get_mut(&id) {
            room.presence = Presence::Inside;
        }
        Vec::new()
    }

    fn prepared(
        &mut self,
        id: RoomId,
        over: Option<u64>,
        (transfer, files, paths): (u64, Vec<OfferedFile>, BTreeMap<u32, PathBuf>),
    ) {
        let (Some(author), now_ms) = (self.device, self.now_ms) else {
            return;
        };
        let Some(room) = self.rooms.get_mut(&id) else {
            return;
        };
        if let Some(share) = over {
            room.preparing.remove(&share);
        }
        room.timeline.push(Entry {
            key: EntryKey::Offer { author, transfer },
            place: None,
            at_ms: now_ms,
            body: Body::Files(Files::new(files, paths)),
        });
    }

    fn on_notice(&mut self, id: RoomId, notice: Notice) -> Vec<Effect> {
        let (own, now_ms) = (self.device, self.now_ms);
        let Some(room) = self.rooms.get_mut(&id) else {
            return Vec::new();
        };
        match notice {
            Notice::Joined { .. } => {
                room.server = ServerTrouble::None;
                if self.sheet == Some(Sheet::Invite(id)) && room.view.code.is_none() {
                    return vec![Effect::Room(id, RoomEffect::OpenCode)];
                }
            }
            Notice::ServerLost { reason, .. } => room.server = ServerTrouble::Lost { reason },
            Notice::Rejected { message, .. } => {
                room.server = ServerTrouble::Rejected { reason: message };
            }
            Notice::PeerConnected {
                device,
                name,
                avatar,
                ..
            } => {
                let member = Member {
                    name,
                    avatar,
                    came_at_ms: Some(now_ms),
                };
                room.members.insert(device, member);
            }
            Notice::Typing { device, is_typing } => {
                if is_typing {
                    room.writers.insert(device);
                } else {
                    room.writers.remove(&device);
                }
            }
            Notice::Offered {
                key,
                name,
                files,
                standing,
            } => {
                let count = files.len();
                met(room, key.from, &name);
                let is_new = offered(room, key, files, &standing, now_ms);
                let name = name.as_str().to_owned();
                return self.news(id, is_new, NoteBody::Files { name, count });
            }
            message @ (Notice::Said { .. }
            | Notice::NotSaid { .. }
            | Notice::Heard { .. }
            | Notice::Delivered { .. }) => return self.on_message_notice(id, message),
            other => on_transfer_notice(room, own, other),
        }
        Vec::new()
    }

    fn on_message_notice(&mut self, id: RoomId, notice: Notice) -> Vec<Effect> {
        let (own, now_ms) = (self.device, self.now_ms);
        let Some(room) = self.rooms.get_mut(&id) else {
            return Vec::new();
        };
        match notice {
            Notice::Said {
                stream,
                seq,
                text,
                in_reply_to,
                ..
            } => {
                room.own_stream = Some(stream);
                if let Some(author) = own {
                    let key = EntryKey::Message {
                        author,
                        stream,
                        seq,
                    };
                    let reply = in_reply_to.map(|to| reply_in(room, to));
                    room.timeline.number(key, (&text, reply), now_ms);
                }
                return self.keep_draft_of(id).into_iter().collect();
            }
            Notice::NotSaid { text, reason } => {
                room.timeline.fail(&text, &reason);
                self.trouble(Trouble::NotSaid { reason });
            }
            Notice::Heard {
                author,
                name,
                stream,
                seq,
                text,
                in_reply_to,
                ..
            } => {
                let key = EntryKey::Message {
                    author,
                    stream,
                    seq,
                };
                let reply = in_reply_to.map(|to| reply_in(room, to));
                let unknown = reply.clone().filter(|reply| reply.text.is_none());
                let body = Body::said(text.clone(), reply);
                let is_new = room.timeline.push(entry(key, now_ms, body));
                met(room, author, &name);
                let name = name.as_str().to_owned();
                let mut effects = self.news(id, is_new, NoteBody::Said { name, text });
                effects.extend(unknown.map(|reply| Effect::ReadQuoted {
                    room: id,
                    answer: key,
                    to: reply.to,
                }));
                return effects;
            }
            Notice::Delivered { seq, to } => {
                if let Some(stream) = room.own_stream {
                    let receipt = room.receipts.entry(to).or_insert((stream, seq));
                    *receipt = if receipt.0 == stream {
                        (stream, receipt.1.max(seq))
                    } else {
                        (stream, seq)
                    };
                }
            }
            _ => {}
        }
        Vec::new()
    }

    /// Something of somebody else is in the timeline: counts it, or marks it read, and tells the
    /// person if they look elsewhere.
    fn news(&mut self, id: RoomId, is_new: bool, body: NoteBody) -> Vec<Effect> {
        if !is_new {
            return Vec::new();
        }
        let is_seen = self.is_in_front && self.shown_room() == Some(id);
        let Some(room) = self.rooms.get_mut(&id) else {
            return Vec::new();
        };
        if is_seen {
            room.is_read_due = true;
            return Vec::new();
        }
        room.unread = room.unread.saturating_add(1);
        if self.is_in_front || !self.settings.notify {
            return Vec::new();
        }
        let title = room.title.clone().unwrap_or_default();
        vec![Effect::Platform(PlatformEffect::Notify { title, body })]
    }
}

const fn entry(key: EntryKey, at_ms: u64, body: Body) -> Entry {
    Entry {
        key,
        place: None,
        at_ms,
        body,
    }
}

/// What a message answers, as far as the timeline knows it.
fn reply_in(room: &RoomModel, to: MessageId) -> Reply {
    let text = room.timeline.text_of(EntryKey::of(to));
    Reply { to, text }
}

/// Whoever says something is a member, even one who was not seen coming.
fn met(room: &mut RoomModel, device: DeviceId, name: &DisplayName) {
    room.members.entry(device).or_insert_with(|| Member {
        name: name.clone(),
        avatar: Avatar::default(),
        came_at_ms: None,
    });
}

/// Puts an offer of somebody into the timeline; gives whether it was not there.
fn offered(
    room: &mut RoomModel,
    key: IncomingKey,
    files: Vec<OfferedFile>,
    standing: &OfferStanding,
    now_ms: u64,
) -> bool {
    let (author, transfer) = (key.from, key.transfer);
    let place = EntryKey::Offer { author, transfer };
    let body = Body::Files(Files::new(files, BTreeMap::new()));
    let is_new = room.timeline.push(entry(place, now_ms, body));
    if let Some(files) = room.timeline.files_mut(author, transfer) {
        files.fate = match standing {
            OfferStanding::Open => Fate::Asked,
            OfferStanding::Taken { .. } => Fate::Taken,
        };
    }
    is_new
}

/// What becomes of files on offer.
fn on_transfer_notice(room: &mut RoomModel, own: Option<DeviceId>, notice: Notice) {
    match notice {
        Notice::Preview { key, file, .. } => {
            if let Some(files) = room.timeline.files_mut(key.from, key.transfer) {
                files.previews.insert(file);
            }
        }
        Notice::FileNotReceived {
            key, file, reason, ..
        } => {
            if let Some(files) = room.timeline.files_mut(key.from, key.transfer) {
                files.failures.insert(file, reason);
            }
        }
        Notice::Received { key, outcome } => {
            if let Some(files) = room.timeline.files_mut(key.from, key.transfer) {
                files.fate = match outcome {
                    Outcome::Declined => Fate::Declined,
                    Outcome::Cancelled { by_us, .. } => Fate::Cancelled { by_us },
                    Outcome::Complete { .. } | Outcome::Incomplete { .. } => Fate::Done,
                };
            }
        }
        Notice::Sent {
            transfer,
            outcome: Outcome::Cancelled { by_us: true, .. },
            ..
        } => {
            let files = own.and_then(|own| room.timeline.files_mut(own, transfer));
            if let Some(files) = files {
                files.fate = Fate::Cancelled { by_us: true };
            }
        }
        _ => {}
    }
}
