//! What a message changes.

use std::collections::BTreeMap;

use parlor_proto::id::DeviceId;
use parlor_proto::invite::{Invite, ServerUrl};
use parlor_proto::text::DisplayName;

use crate::effect::{Effect, PlatformEffect, RoomEffect};
use crate::join::{Join, JoinProblem, WayIn, understand};
use crate::model::{Model, Screen, Sheet, Stage};
use crate::msg::{Intent, Msg, Report, RoomFound};
use crate::room::{Presence, RoomModel};
use crate::settings::Profile;
use crate::toast::{TOAST_MS, TOASTS_MAX, Toast, ToastText, Trouble};
use crate::view::links;

mod drafts;
mod room_intent;
mod room_report;

#[cfg(test)]
mod tests;

/// Screens one can go back to: enough for every way there is.
const SCREENS_MAX: usize = 16;

/// Files from another app at once.
const SHARING_MAX: usize = 10_000;

impl Model {
    /// Takes a message; gives what is to be done about it.
    pub fn update(&mut self, msg: Msg) -> Vec<Effect> {
        let mut effects = match msg {
            Msg::Intent(intent) => self.on_intent(intent),
            Msg::Report(report) => self.on_report(report),
        };
        let is_moving = self.is_moving();
        if self.is_kept_awake != is_moving {
            self.is_kept_awake = is_moving;
            effects.push(Effect::Platform(PlatformEffect::KeepAwake(is_moving)));
        }
        effects
    }

    fn on_intent(&mut self, intent: Intent) -> Vec<Effect> {
        match intent {
            Intent::CallMe(profile) => return self.call_me(profile),
            Intent::Go(screen) => self.go(screen),
            Intent::Show(sheet) => return self.show(sheet),
            Intent::Back => self.back(),
            Intent::NewRoom => return self.new_room(),
            Intent::SeeRoom(room) => return self.see_room(room),
            Intent::TypeInvite(text) => {
                self.join.text = text;
                self.join.problem = None;
            }
            Intent::Join => return self.join_by_text(),
            Intent::JoinByPicture(path) => {
                self.join.is_busy = true;
                self.join.problem = None;
                return vec![Effect::ReadPicture(path)];
            }
            Intent::PickQrPicture => {
                return vec![Effect::Platform(PlatformEffect::PickQrPicture)];
            }
            Intent::Scan => return vec![Effect::Platform(PlatformEffect::Scan)],
            Intent::OpenLink(link) => return self.open_link(link),
            Intent::ShareIn(mut paths) => {
                paths.truncate(SHARING_MAX);
                self.sharing = paths;
                self.go(Screen::Share);
            }
            Intent::Room(room, intent) => return self.on_room_intent(room, intent),
            Intent::Set(settings) => {
                self.settings = settings.clone();
                return vec![Effect::KeepSettings(settings)];
            }
            Intent::Block {
                device,
                name,
                is_blocked,
            } => return self.block(device, name, is_blocked),
            Intent::PickFolder => return vec![Effect::Platform(PlatformEffect::PickFolder)],
            Intent::Copy(text) => return vec![Effect::Platform(PlatformEffect::Copy(text))],
            Intent::Follow(link) => return self.follow(link),
            Intent::Open(path) => return vec![Effect::Platform(PlatformEffect::Open(path))],
            Intent::Reveal(path) => return vec![Effect::Platform(PlatformEffect::Reveal(path))],
            Intent::Save(paths) => return vec![Effect::Platform(PlatformEffect::Save(paths))],
            Intent::ShareOut(paths) => {
                return vec![Effect::Platform(PlatformEffect::ShareOut(paths))];
            }
            Intent::Undo(toast) => return self.undo(toast),
            Intent::Dismiss(toast) => return self.end_toasts(|ended| ended.id == toast),
        }
        Vec::new()
    }

    fn call_me(&mut self, profile: Profile) -> Vec<Effect> {
        let name = DisplayName::sanitise(&profile.name).as_str().to_owned();
        self.profile = Profile { name, ..profile };
        self.sheet = None;
        let mut effects = vec![Effect::KeepProfile(self.profile.clone())];
        if self.stage == Stage::Welcome {
            self.stage = Stage::Ready;
            effects.extend(self.enter_all());
            if let Some(link) = self.link_waiting.take() {
                effects.extend(self.open_link(link));
            }
        }
        effects
    }

    fn enter_all(&self) -> Vec<Effect> {
        let entries = self.rooms.values().map(|room| Effect::Enter {
            invite: room.invite.clone(),
            is_hosted: room.is_hosted,
        });
        entries.collect()
    }

    fn go(&mut self, screen: Screen) {
        self.sheet = None;
        if screen == Screen::Home {
            self.screens.clear();
            return;
        }
        if screen == Screen::Join {
            self.join = Join::default();
        }
        self.screens.retain(|open| *open != screen);
        if self.screens.len() >= SCREENS_MAX {
            self.screens.remove(0);
        }
        self.screens.push(screen);
    }

    fn show(&mut self, sheet: Sheet) -> Vec<Effect> {
        self.sheet = Some(sheet);
        // The invite shows a code, too, wherever the server can give one.
        if let Sheet::Invite(id) = sheet
            && let Some(room) = self.rooms.get(&id)
            && room.view.code.is_none()
            && room.is_online()
        {
            return vec![Effect::Room(id, RoomEffect::OpenCode)];
        }
        Vec::new()
    }

    fn back(&mut self) {
        if self.sheet.take().is_none() && self.screens.pop() == Some(Screen::Share) {
            self.sharing.clear();
        }
    }

    fn new_room(&mut self) -> Vec<Effect> {
        if self.is_making_room {
            return Vec::new();
        }
        let server = match self.settings.server.as_deref().map(ServerUrl::parse) {
            None => None,
            Some(Ok(server)) => Some(server),
            Some(Err(error)) => {
                let reason = error.to_string();
                self.trouble(Trouble::RoomNotOpened { reason });
                return Vec::new();
            }
        };
        self.is_making_room = true;
        vec![Effect::MakeRoom { server }]
    }

    fn see_room(&mut self, id: parlor_proto::id::RoomId) -> Vec<Effect> {
        let Some(room) = self.rooms.get_mut(&id) else {
            return Vec::new();
        };
        let mut effects = vec![Effect::MarkRead(id)];
        room.unread = 0;
        if !room.timeline.is_loaded && !room.timeline.is_loading {
            room.timeline.is_loading = true;
            effects.push(Effect::LoadEntries {
                room: id,
                before: None,
            });
        }
        let paths = core::mem::take(&mut self.sharing);
        if !paths.is_empty() {
            effects.push(Effect::Room(id, self.share(paths)));
        }
        self.screens.clear();
        self.go(Screen::Room(id));
        effects
    }

    fn join_by_text(&mut self) -> Vec<Effect> {
        match understand(&self.join.text, self.settings.server.as_deref()) {
            Ok(way) => {
                self.join.is_busy = true;
                self.join.problem = None;
                vec![match way {
                    WayIn::Invite(invite) => Effect::KeepRoom(invite),
                    WayIn::Code(server, code) => Effect::Redeem { server, code },
                }]
            }
            Err(problem) => {
                self.join.problem = Some(problem);
                Vec::new()
            }
        }
    }

    fn open_link(&mut self, link: String) -> Vec<Effect> {
        match self.stage {
            Stage::Ready => {
                self.go(Screen::Join);
                self.join.text = link;
                self.join_by_text()
            }
            Stage::Opening | Stage::Welcome | Stage::Broken { .. } => {
                self.link_waiting = Some(link);
                Vec::new()
            }
        }
    }

    /// An invite is one wherever it stands; any other link leads out of the app.
    fn follow(&mut self, link: String) -> Vec<Effect> {
        if Invite::parse(&link).is_ok() {
            return self.open_link(link);
        }
        let page = links::address(&link).map(PlatformEffect::Visit);
        page.map(Effect::Platform).into_iter().collect()
    }

    fn on_report(&mut self, report: Report) -> Vec<Effect> {
        match report {
            Report::Home {
                device,
                profile,
                settings,
                rooms,
                blocked,
            } => {
                self.device = Some(device);
                self.blocked = blocked;
                self.settings = settings;
                let rooms = rooms.into_iter().map(|found| {
                    let mut room = RoomModel::new(found);
                    drafts::forget_if_sent(&mut room, device);
                    room
                });
                self.rooms = rooms.map(|room| (room.id(), room)).collect();
                return self.opened(profile);
            }
            Report::HomeBroken(reason) => self.stage = Stage::Broken { reason },
            Report::Clock(now_ms) => {
                self.now_ms = now_ms;
                let mut effects = self.end_toasts(|toast| toast.until_ms <= now_ms);
                effects.extend(self.keep_what_is_due());
                return effects;
            }
            Report::InFront(is_in_front) => {
                self.is_in_front = is_in_front;
                return match self.shown_room() {
                    Some(room) if is_in_front => self.look_at(room),
                    // A phone may end an app that is not.
                    _ => self.keep_what_is_due(),
                };
            }
            Report::Closing => {
                let mut effects = self.keep_what_is_due();
                // Who leaves it at that does not undo it.
                effects.extend(self.end_toasts(|_| true));
                effects.push(Effect::Close);
                return effects;
            }
            Report::RoomMade { invite, is_hosted } => return self.room_made(&invite, is_hosted),
            Report::Invited(invite) => return self.invited(invite),
            Report::JoinFailed(problem) => self.join_failed(problem),
            Report::FolderPicked(folder) => {
                self.settings.folder = Some(folder);
                return vec![Effect::KeepSettings(self.settings.clone())];
            }
            Report::Picked(room, paths) => {
                let share = self.share(paths);
                return vec![Effect::Room(room, share)];
            }
            Report::Copied => self.toast(ToastText::Copied),
            Report::FilesCopied => self.toast(ToastText::FilesCopied),
            Report::Saved => self.toast(ToastText::Saved),
            Report::Trouble(trouble) => self.trouble(trouble),
            in_room => return self.on_room_report(in_room),
        }
        Vec::new()
    }

    fn opened(&mut self, profile: Option<Profile>) -> Vec<Effect> {
        let Some(profile) = profile else {
            self.stage = Stage::Welcome;
            return Vec::new();
        };
        self.profile = profile;
        self.stage = Stage::Ready;
        let mut effects = self.enter_all();
        if let Some(link) = self.link_waiting.take() {
            effects.extend(self.open_link(link));
        }
        effects
    }

    fn room_made(&mut self, invite: &Invite, is_hosted: bool) -> Vec<Effect> {
        self.is_making_room = false;
        let room = self.add_room(invite, is_hosted);
        let mut effects = self.see_room(room);
        effects.push(Effect::Enter {
            invite: invite.clone(),
            is_hosted,
        });
        self.sheet = Some(Sheet::Invite(room));
        effects
    }

    fn invited(&mut self, invite: Invite) -> Vec<Effect> {
        self.join = Join::default();
        self.screens.retain(|screen| *screen != Screen::Join);
        let id = invite.secret.room_id();
        if self.rooms.contains_key(&id) {
            self.keep(id);
            return self.see_room(id);
        }
        self.add_room(&invite, false);
        let mut effects = self.see_room(id);
        effects.push(Effect::Enter {
            invite,
            is_hosted: false,
        });
        effects
    }

    fn add_room(&mut self, invite: &Invite, is_hosted: bool) -> parlor_proto::id::RoomId {
        let room = RoomModel::new(RoomFound {
            invite: invite.clone(),
            is_hosted,
            title: None,
            draft: String::new(),
            made_at_ms: self.now_ms,
            last: None,
            unread: 0,
            members: BTreeMap::new(),
        });
        let id = room.id();
        self.rooms.insert(id, room);
        id
    }

    fn join_failed(&mut self, problem: JoinProblem) {
        self.is_making_room = false;
        self.join.is_busy = false;
        self.join.problem = Some(problem);
    }

    /// What it takes to share files now.
    fn share(&self, paths: Vec<std::path::PathBuf>) -> RoomEffect {
        RoomEffect::Share {
            paths,
            is_clean: self.settings.clean_photos,
        }
    }

    fn toast(&mut self, text: ToastText) {
        let until_ms = self.now_ms + TOAST_MS;
        if let Some(same) = self.toasts.iter_mut().find(|toast| toast.text == text) {
            same.until_ms = until_ms;
            return;
        }
        self.toast_count += 1;
        if self.toasts.len() >= TOASTS_MAX {
            // One that can be undone is not pushed out.
            let plain = self
                .toasts
                .iter()
                .position(|toast| !toast.text.can_be_undone());
            if let Some(plain) = plain {
                self.toasts.remove(plain);
            }
        }
        self.toasts.push(Toast {
            id: self.toast_count,
            text,
            until_ms,
        });
    }

    fn trouble(&mut self, trouble: Trouble) {
        if matches!(trouble, Trouble::RoomNotOpened { .. }) {
            self.is_making_room = false;
        }
        self.toast(ToastText::Trouble(trouble));
    }

    fn undo(&mut self, id: u64) -> Vec<Effect> {
        let Some(place) = self.toasts.iter().position(|toast| toast.id == id) else {
            return Vec::new();
        };
        let toast = self.toasts.remove(place);
        match toast.text {
            ToastText::Forgetting { room } => self.keep(room),
            ToastText::Blocked { device, name } => return self.block(device, name, false),
            ToastText::ForgettingDevice { .. }
            | ToastText::Copied
            | ToastText::FilesCopied
            | ToastText::Saved
            | ToastText::Trouble(_) => {}
        }
        Vec::new()
    }

    /// Has nothing to do with a device, or has it back.
    fn block(&mut self, device: DeviceId, name: String, is_blocked: bool) -> Vec<Effect> {
        self.sheet = None;
        if is_blocked {
            self.blocked.insert(device, name.clone());
            self.toast(ToastText::Blocked { device, name });
        } else {
            self.blocked.remove(&device);
        }
        vec![Effect::Block(device, is_blocked)]
    }

    /// Keeps what is kept once for all that happened in a second.
    fn keep_what_is_due(&mut self) -> Vec<Effect> {
        let mut effects = self.mark_read();
        effects.extend(self.keep_drafts());
        effects
    }

    /// What was seen since the last time is read: once for all that came in a second.
    fn mark_read(&mut self) -> Vec<Effect> {
        let due = self.rooms.iter_mut();
        due.filter_map(|(id, room)| {
            let is_due = core::mem::take(&mut room.is_read_due);
            is_due.then_some(Effect::MarkRead(*id))
        })
        .collect()
    }

    /// A room that was about to go stays.
    fn keep(&mut self, id: parlor_proto::id::RoomId) {
        if let Some(room) = self.rooms.get_mut(&id) {
            room.is_going = false;
        }
        let of_room =
            |toast: &Toast| matches!(toast.text, ToastText::Forgetting { room } if room == id);
        self.toasts.retain(|toast| !of_room(toast));
    }

    /// Ends toasts; what one of them could still undo is done for good.
    fn end_toasts(&mut self, is_over: impl Fn(&Toast) -> bool) -> Vec<Effect> {
        let mut effects = Vec::new();
        for toast in core::mem::take(&mut self.toasts) {
            if !is_over(&toast) {
                self.toasts.push(toast);
                continue;
            }
            match toast.text {
                ToastText::Forgetting { room } => {
                    self.rooms.remove(&room);
                    effects.push(Effect::Forget(room));
                }
                ToastText::ForgettingDevice { room, device, .. } => {
                    effects.push(Effect::Room(room, RoomEffect::ForgetDevice(device)));
                }
                ToastText::Blocked { .. }
                | ToastText::Copied
                | ToastText::FilesCopied
                | ToastText::Saved
                | ToastText::Trouble(_) => {}
            }
        }
        effects
    }

    /// The person sees the room, so nothing in it is new any more.
    fn look_at(&mut self, id: parlor_proto::id::RoomId) -> Vec<Effect> {
        match self.rooms.get_mut(&id) {
            Some(room) if room.unread > 0 => {
                room.unread = 0;
                vec![Effect::MarkRead(id)]
            }
            _ => Vec::new(),
        }
    }

    /// Whether anything of a room that is not open may be asked of it.
    fn is_inside(&self, id: parlor_proto::id::RoomId) -> bool {
        let room = self.rooms.get(&id);
        room.is_some_and(|room| room.presence == Presence::Inside)
    }
}
