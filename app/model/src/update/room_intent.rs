//! What the person does in a room.

use std::path::PathBuf;

use parlor_engine::input::IncomingKey;
use parlor_proto::id::{DeviceId, RoomId};

use crate::effect::{Effect, PlatformEffect, RoomEffect, TransferRef};
use crate::model::{Model, Screen};
use crate::msg::RoomIntent;
use crate::room::Presence;
use crate::timeline::{Fate, Reply};
use crate::toast::ToastText;

/// Characters of a room's name: a line on a phone.
const TITLE_MAX_CHARS: usize = 40;

impl Model {
    pub(super) fn on_room_intent(&mut self, id: RoomId, intent: RoomIntent) -> Vec<Effect> {
        let to_room = |effect| vec![Effect::Room(id, effect)];
        match intent {
            RoomIntent::Say(text) => {
                let room = self.rooms.get_mut(&id);
                let reply = room.and_then(|room| {
                    room.draft.clear();
                    let answered = room.replying.take()?;
                    room.timeline.reply_to(answered)
                });
                self.say(id, text, reply)
            }
            RoomIntent::SayAgain(pending) => {
                let room = self.rooms.get_mut(&id);
                let said = room.and_then(|room| room.timeline.take_failed(pending));
                said.map_or_else(Vec::new, |(text, reply)| self.say(id, text, reply))
            }
            RoomIntent::Reply(answered) => {
                if let Some(room) = self.rooms.get_mut(&id) {
                    room.replying = answered.filter(|key| key.message_id().is_some());
                }
                Vec::new()
            }
            RoomIntent::Draft(text) => self.draft(id, text),
            RoomIntent::Pick { photos } => {
                let pick = PlatformEffect::PickFiles { room: id, photos };
                vec![Effect::Platform(pick)]
            }
            RoomIntent::Paste => vec![Effect::Platform(PlatformEffect::Paste { room: id })],
            RoomIntent::Share(paths) if paths.is_empty() => Vec::new(),
            RoomIntent::Share(paths) => to_room(self.share(paths)),
            RoomIntent::Answer(key, takes) => {
                let Some(room) = self.rooms.get_mut(&id) else {
                    return Vec::new();
                };
                let Some(files) = room.timeline.files_mut(key.from, key.transfer) else {
                    return Vec::new();
                };
                files.fate = if takes { Fate::Taken } else { Fate::Declined };
                let all = 0..u32::try_from(files.files.len()).unwrap_or_default();
                let wanted = if takes { all.collect() } else { Vec::new() };
                to_room(RoomEffect::Answer(key, wanted))
            }
            RoomIntent::TakeUpAgain(key) => self.take_up_again(id, key),
            RoomIntent::Pause(of, is_paused) => to_room(RoomEffect::Pause(of, is_paused)),
            RoomIntent::Cancel(of) => to_room(RoomEffect::Cancel(of)),
            RoomIntent::Save(of) => self.with_files(id, of, PlatformEffect::Save),
            RoomIntent::ShareOut(of) => self.with_files(id, of, PlatformEffect::ShareOut),
            RoomIntent::OpenCode => to_room(RoomEffect::OpenCode),
            RoomIntent::CloseCode => to_room(RoomEffect::CloseCode),
            RoomIntent::Verify(device, matches) => to_room(RoomEffect::Verify(device, matches)),
            RoomIntent::ForgetDevice(device) => self.forget_device(id, device),
            RoomIntent::Name(name) => self.name_room(id, &name),
            RoomIntent::Forget => self.forget_room(id),
            RoomIntent::ShowOlder => self.show_older(id),
            RoomIntent::Retry => self.retry(id),
        }
    }

    /// Does something with the files of an offer that are here, if any is.
    fn with_files(
        &mut self,
        id: RoomId,
        of: TransferRef,
        effect: impl FnOnce(Vec<PathBuf>) -> PlatformEffect,
    ) -> Vec<Effect> {
        let (author, transfer) = match of {
            TransferRef::Incoming(key) => (Some(key.from), key.transfer),
            TransferRef::Outgoing(transfer) => (self.device, transfer),
        };
        let room = self.rooms.get_mut(&id);
        let files = room
            .zip(author)
            .and_then(|(room, author)| room.timeline.files_mut(author, transfer));
        let paths: Vec<PathBuf> = files
            .map(|files| files.paths.values().cloned().collect())
            .unwrap_or_default();
        if paths.is_empty() {
            return Vec::new();
        }
        vec![Effect::Platform(effect(paths))]
    }

    fn say(&mut self, id: RoomId, text: String, reply: Option<Reply>) -> Vec<Effect> {
        let now_ms = self.now_ms;
        let Some(room) = self.rooms.get_mut(&id) else {
            return Vec::new();
        };
        if text.trim().is_empty() {
            return Vec::new();
        }
        let to = reply.as_ref().map(|reply| reply.to);
        room.timeline.push_pending(text.clone(), reply, now_ms);
        if let Presence::Outside { reason } = &room.presence {
            // It stays in sight with the way to say it again.
            let reason = reason.clone();
            room.timeline.fail(&text, &reason);
            return self.keep_draft_of(id).into_iter().collect();
        }
        let say = Effect::Room(id, RoomEffect::Say(text, to));
        self.keep_draft_of(id).into_iter().chain([say]).collect()
    }

    /// Forgets a device unless the person thinks better of it in time.
    fn forget_device(&mut self, id: RoomId, device: DeviceId) -> Vec<Effect> {
        self.sheet = None;
        let room = self.rooms.get(&id);
        let name = room.and_then(|room| room.name_of(device));
        let name = name.unwrap_or_default().to_owned();
        self.toast(ToastText::ForgettingDevice {
            room: id,
            device,
            name,
        });
        Vec::new()
    }

    fn take_up_again(&mut self, id: RoomId, key: IncomingKey) -> Vec<Effect> {
        let room = self.rooms.get_mut(&id);
        let files = room.and_then(|room| room.timeline.files_mut(key.from, key.transfer));
        if let Some(files) = files {
            files.fate = Fate::Taken;
            files.failures.clear();
        }
        vec![Effect::Room(id, RoomEffect::TakeUpAgain(key))]
    }

    fn name_room(&mut self, id: RoomId, name: &str) -> Vec<Effect> {
        let name = parlor_proto::text::one_line(name, 4 * TITLE_MAX_CHARS);
        let name: String = name.trim().chars().take(TITLE_MAX_CHARS).collect();
        let title = (!name.is_empty()).then_some(name);
        self.sheet = None;
        match self.rooms.get_mut(&id) {
            Some(room) => {
                room.title.clone_from(&title);
                vec![Effect::NameRoom(id, title)]
            }
            None => Vec::new(),
        }
    }

    fn forget_room(&mut self, id: RoomId) -> Vec<Effect> {
        self.sheet = None;
        self.screens.retain(|screen| *screen != Screen::Room(id));
        if let Some(room) = self.rooms.get_mut(&id)
            && !room.is_going
        {
            room.is_going = true;
            self.toast(ToastText::Forgetting { room: id });
        }
        Vec::new()
    }

    fn show_older(&mut self, id: RoomId) -> Vec<Effect> {
        let Some(room) = self.rooms.get_mut(&id) else {
            return Vec::new();
        };
        let timeline = &mut room.timeline;
        if timeline.is_loading || !timeline.has_older {
            return Vec::new();
        }
        timeline.is_loading = true;
        vec![Effect::LoadEntries {
            room: id,
            before: timeline.first_place(),
        }]
    }

    fn retry(&mut self, id: RoomId) -> Vec<Effect> {
        if self.is_inside(id) {
            return vec![Effect::Room(id, RoomEffect::NetworkChanged)];
        }
        let Some(room) = self.rooms.get_mut(&id) else {
            return Vec::new();
        };
        room.presence = Presence::Entering;
        vec![Effect::Enter {
            invite: room.invite.clone(),
            is_hosted: room.is_hosted,
        }]
    }
}
