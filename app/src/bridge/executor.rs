//! Carries out what the model wants, one thing after the other; what takes long runs beside it.

use std::path::PathBuf;
use std::sync::Arc;

use parlor_app_model::effect::{Effect, RoomEffect};
use parlor_app_model::join::JoinProblem;
use parlor_app_model::msg::{Msg, Report};
use parlor_app_model::settings::{PROFILE, Profile, SETTINGS, Settings};
use parlor_app_model::timeline::{Body, EntryKey};
use parlor_app_model::toast::Trouble;
use parlor_core::home::{Home, HomeError};
use parlor_core::options::{IdentityLocation, RoomOptions};
use parlor_core::room::notice::Notice;
use parlor_core::room::{Room, RoomClosed};
use parlor_proto::code::Code;
use parlor_proto::frame::MessageId;
use parlor_proto::id::{DeviceId, RoomId};
use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use parlor_proto::signal::JoinIntent;
use parlor_proto::text::DisplayName;
use tokio::sync::mpsc;

use super::Closing;
use super::hosting::Hosting;
use super::notes::{self, Note};
use super::pictures::Pictures;
use super::pump::Outlets;
use super::rooms::Rooms;
use super::translate;
use crate::platform::Platform;
use crate::qr;
use crate::words::Words;

mod on_platform;

/// Entries that are read at once: several screens.
const PAGE: u32 = 200;

/// What the executor starts with.
#[derive(Debug)]
pub struct Setup {
    /// Where everything is kept; the platform's place without.
    pub data_folder: Option<PathBuf>,
    /// The platform.
    pub platform: Arc<dyn Platform>,
    /// Where pictures get their addresses.
    pub pictures: Pictures,
    /// Told when a later start of the app wants this one's window.
    pub raise: mpsc::Sender<()>,
    /// How the end of the app stands.
    pub closing: Closing,
}

/// Carries effects out.
#[derive(Debug)]
pub struct Executor {
    home: Home,
    platform: Arc<dyn Platform>,
    notes: mpsc::Sender<Note>,
    pictures: Pictures,
    words: Words,
    reports: mpsc::Sender<Msg>,
    closing: Closing,
    rooms: Rooms,
    hosting: Hosting,
    profile: Profile,
    settings: Settings,
}

/// Opens the home, tells the model what is in it, and carries effects out until nobody has any.
pub async fn run(setup: Setup, reports: mpsc::Sender<Msg>, mut effects: mpsc::Receiver<Effect>) {
    match open(setup, &reports).await {
        Ok(mut executor) => {
            while let Some(effect) = effects.recv().await {
                executor.carry_out(effect).await;
            }
            executor.rooms.close_all().await;
        }
        Err(reason) => {
            let _ = reports.send(Msg::Report(Report::HomeBroken(reason))).await;
            // The window stays and says so; whatever it asks for meanwhile has nobody to do it.
            while effects.recv().await.is_some() {}
        }
    }
}

async fn open(setup: Setup, reports: &mpsc::Sender<Msg>) -> Result<Executor, String> {
    let Setup {
        data_folder,
        platform,
        pictures,
        raise,
        closing,
    } = setup;
    let folder = data_folder.map_or_else(|| platform.data_folder(), Ok);
    let folder = folder.map_err(|error| error.to_string())?;
    let read = blocking(move || {
        let home = Home::open(&folder).map_err(|error| error.to_string())?;
        let words = |error: HomeError| error.to_string();
        let profile = home.setting(PROFILE).map_err(words)?;
        let settings = home.setting(SETTINGS).map_err(words)?;
        let rooms = home.rooms().map_err(words)?;
        let known = home.known_devices().map_err(words)?;
        Ok::<_, String>((home, profile, settings, rooms, known))
    });
    let (home, profile, settings, rooms, known) = read.await?;
    listen(
        home.folder().to_owned(),
        reports.clone(),
        raise,
        closing.clone(),
    );
    let profile: Option<Profile> = profile.as_deref().and_then(|text| parsed(PROFILE, text));
    let settings: Option<Settings> = settings.as_deref().and_then(|text| parsed(SETTINGS, text));
    let settings = settings.unwrap_or_default();
    let report = Report::Home {
        device: home.device(),
        profile: profile.clone(),
        settings: settings.clone(),
        rooms: rooms.into_iter().map(translate::found).collect(),
        blocked: translate::blocked(known),
    };
    let _ = reports.send(Msg::Report(report)).await;
    Ok(Executor {
        home,
        notes: notes::tell(platform.clone()),
        platform,
        pictures,
        words: Words::new(settings.language.as_deref()),
        reports: reports.clone(),
        closing,
        rooms: Rooms::default(),
        hosting: Hosting::default(),
        profile: profile.unwrap_or_default(),
        settings,
    })
}

/// Takes what later starts are given.
#[cfg(not(any(target_os = "android", target_os = "ios")))]
fn listen(folder: PathBuf, reports: mpsc::Sender<Msg>, raise: mpsc::Sender<()>, closing: Closing) {
    tokio::spawn(crate::instance::listen(folder, reports, raise, closing));
}

/// A phone starts an app once.
#[cfg(any(target_os = "android", target_os = "ios"))]
fn listen(_: PathBuf, _: mpsc::Sender<Msg>, _: mpsc::Sender<()>, _: Closing) {}

/// What is damaged is as if never set.
fn parsed<T: serde::de::DeserializeOwned>(name: &str, text: &str) -> Option<T> {
    serde_json::from_str(text)
        .inspect_err(|error| tracing::warn!(name, %error, "a setting is damaged"))
        .ok()
}

/// Runs what waits for the disk on a thread for it. A panic there is a bug, and is passed on.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

impl Executor {
    async fn report(&self, report: Report) {
        let _ = self.reports.send(Msg::Report(report)).await;
    }

    async fn trouble(&self, trouble: Trouble) {
        self.report(Report::Trouble(trouble)).await;
    }

    /// Does something with the home, and tells if that failed.
    async fn keep(&self, work: impl FnOnce(&Home) -> Result<(), HomeError> + Send + 'static) {
        let home = self.home.clone();
        if let Err(error) = blocking(move || work(&home)).await {
            let reason = error.to_string();
            self.trouble(Trouble::NotKept { reason }).await;
        }
    }

    async fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::KeepProfile(profile) => {
                let text = serde_json::to_string(&profile).unwrap_or_default();
                self.keep(move |home| home.set(PROFILE, &text)).await;
                let is_new_name = self.profile != profile;
                self.profile = profile;
                if is_new_name {
                    self.enter_anew().await;
                }
            }
            Effect::KeepSettings(settings) => self.set(settings).await,
            Effect::MakeRoom { server } => self.make_room(server).await,
            Effect::KeepRoom(invite) => self.invited(invite).await,
            Effect::Enter { invite, is_hosted } => self.enter(invite, is_hosted).await,
            Effect::Room(id, effect) => {
                let missed = missed(id, &effect);
                if self.rooms.act(id, effect).await.is_err()
                    && let Some(report) = missed
                {
                    self.report(report).await;
                }
            }
            Effect::Forget(id) => {
                self.rooms.forget(id).await;
                self.keep(move |home| home.forget_room(id)).await;
            }
            Effect::NameRoom(id, title) => {
                self.keep(move |home| home.name_room(id, title.as_deref()))
                    .await;
            }
            Effect::KeepDraft(id, draft) => {
                self.keep(move |home| home.keep_draft(id, &draft)).await;
            }
            Effect::Block(device, is_blocked) => self.block(device, is_blocked).await,
            Effect::ReadQuoted { room, answer, to } => self.read_quoted(room, answer, to).await,
            Effect::MarkRead(id) => self.keep(move |home| home.mark_read(id)).await,
            Effect::LoadEntries { room, before } => self.load(room, before).await,
            Effect::Redeem { server, code } => self.redeem(server, code),
            Effect::ReadPicture(path) => self.read_picture(path),
            Effect::Platform(effect) => self.on_platform(effect).await,
            Effect::Close => {
                self.rooms.close_all().await;
                self.closing.done();
            }
        }
    }

    async fn set(&mut self, settings: Settings) {
        let text = serde_json::to_string(&settings).unwrap_or_default();
        self.keep(move |home| home.set(SETTINGS, &text)).await;
        let old = std::mem::replace(&mut self.settings, settings);
        self.words = Words::new(self.settings.language.as_deref());
        let new = &self.settings;
        if new.accept_rules() != old.accept_rules() {
            for room in self.rooms.iter() {
                let _ = room.accept_by(new.accept_rules()).await;
            }
        }
        if new.folder != old.folder || new.relay_only != old.relay_only {
            self.enter_anew().await;
        }
    }

    /// Closes every room and enters it again, with what is set now.
    async fn enter_anew(&mut self) {
        let open = self.rooms.ids();
        self.rooms.close_all().await;
        let home = self.home.clone();
        let rooms = blocking(move || home.rooms()).await.unwrap_or_default();
        for room in rooms.into_iter().filter(|room| open.contains(&room.id())) {
            self.enter(room.invite, room.is_hosted).await;
        }
    }

    /// Has nothing to do with a device from now on, or has it back.
    async fn block(&mut self, device: DeviceId, is_blocked: bool) {
        let home = self.home.clone();
        match blocking(move || home.block(device, is_blocked)).await {
            Ok(Some(known)) => {
                for room in self.rooms.iter() {
                    let _ = room.block(known.clone()).await;
                }
            }
            Ok(None) => tracing::warn!("nothing is known of a device that is to be blocked"),
            Err(error) => {
                let reason = error.to_string();
                self.trouble(Trouble::NotKept { reason }).await;
            }
        }
        if !is_blocked {
            // Who was sent away is met anew.
            self.enter_anew().await;
        }
    }

    async fn read_quoted(&self, room: RoomId, answer: EntryKey, to: MessageId) {
        let home = self.home.clone();
        // Without it the answer stands as one to something unknown.
        if let Ok(Some(text)) = blocking(move || home.text_of(room, to)).await {
            self.report(Report::Quoted { room, answer, text }).await;
        }
    }

    async fn make_room(&mut self, server: Option<ServerUrl>) {
        let is_hosted = server.is_none();
        let server = match server {
            Some(server) => Ok(server),
            None => self
                .hosting
                .url(&self.home)
                .await
                .map_err(|error| error.to_string()),
        };
        let mut secret = [0; 32];
        let random = getrandom::fill(&mut secret).map_err(|error| error.to_string());
        let invite = server.and_then(|server| {
            random.map(|()| Invite {
                server,
                secret: RoomSecret::from_bytes(secret),
            })
        });
        match invite {
            Ok(invite) => {
                let kept = invite.clone();
                self.keep(move |home| home.keep_room(&kept, is_hosted))
                    .await;
                self.report(Report::RoomMade { invite, is_hosted }).await;
            }
            Err(reason) => self.trouble(Trouble::RoomNotOpened { reason }).await,
        }
    }

    async fn invited(&self, invite: Invite) {
        let id = invite.secret.room_id();
        if !self.rooms.contains(id) {
            let kept = invite.clone();
            self.keep(move |home| home.keep_room(&kept, false)).await;
        }
        self.report(Report::Invited(invite)).await;
    }

    async fn enter(&mut self, invite: Invite, is_hosted: bool) {
        let id = invite.secret.room_id();
        if self.rooms.contains(id) {
            return;
        }
        match self.try_to_enter(invite, is_hosted).await {
            Ok(device) => self.report(Report::Entered(id, device)).await,
            Err(reason) => self.report(Report::NotEntered(id, reason)).await,
        }
    }

    async fn try_to_enter(
        &mut self,
        mut invite: Invite,
        is_hosted: bool,
    ) -> Result<DeviceId, String> {
        if is_hosted {
            let url = self.hosting.url(&self.home).await;
            let url = url.map_err(|error| error.to_string())?;
            if url != invite.server {
                invite.server = url;
                let moved = invite.clone();
                self.keep(move |home| home.keep_room(&moved, true)).await;
                self.report(Report::Moved(invite.clone())).await;
            }
        }
        let id = invite.secret.room_id();
        let folder = self.folder()?;
        let is_local = !invite.server.is_encrypted();
        let options = RoomOptions {
            folder: Some(folder.clone()),
            identity: IdentityLocation::Home(self.home.clone()),
            keeps_history: true,
            avatar: self.profile.avatar(),
            accept: self.settings.accept_rules(),
            relay_only: self.settings.relay_only,
            // A room of the own network needs nobody outside to find its way.
            ice_servers: is_local.then(Vec::new),
            ..RoomOptions::new(
                invite,
                JoinIntent::Open,
                DisplayName::sanitise(&self.profile.name),
            )
        };
        let made = folder.clone();
        let started = blocking(move || {
            std::fs::create_dir_all(&made)
                .map_err(|error| format!("{}: {error}", made.display()))?;
            Room::start(options).map_err(|error| error.to_string())
        });
        let started = started.await?;
        let outlets = Outlets {
            reports: self.reports.clone(),
            pictures: self.pictures.clone(),
            folder,
        };
        Ok(self.rooms.add(id, started, outlets))
    }

    fn folder(&self) -> Result<PathBuf, String> {
        let chosen = self.settings.folder.clone();
        let folder = chosen.map_or_else(|| self.platform.download_folder(), Ok);
        folder.map_err(|error| error.to_string())
    }

    async fn load(&self, room: RoomId, before: Option<u64>) {
        let home = self.home.clone();
        let read = blocking(move || {
            let entries = home.entries_before(room, before, PAGE)?;
            let receipts = match before {
                None => home.receipts(room)?,
                Some(_) => Vec::new(),
            };
            Ok::<_, HomeError>((entries, receipts))
        });
        let (entries, receipts) = match read.await {
            Ok(read) => read,
            Err(error) => {
                let reason = error.to_string();
                self.trouble(Trouble::NotKept { reason }).await;
                (Vec::new(), Vec::new())
            }
        };
        let has_older = entries.len() == PAGE as usize;
        let entries: Vec<_> = entries.into_iter().map(translate::entry).collect();
        for entry in &entries {
            let (Some(author), Body::Files(files)) = (entry.author(), &entry.body) else {
                continue;
            };
            let EntryKey::Offer { transfer, .. } = entry.key else {
                continue;
            };
            self.pictures.add_files((author, transfer), &files.paths);
        }
        let receipts = receipts.into_iter();
        let receipts = receipts.map(|(stream, reader)| (reader.device, stream, reader.through));
        self.report(Report::Entries {
            room,
            entries,
            has_older,
            receipts: receipts.collect(),
        })
        .await;
    }

    fn redeem(&self, server: ServerUrl, code: Code) {
        let (reports, home) = (self.reports.clone(), self.home.clone());
        tokio::spawn(async move {
            let report = match parlor_core::code::redeem(&server, code).await {
                Ok(invite) => kept(home, invite).await,
                Err(error) => Report::JoinFailed(JoinProblem::Exchange(error.to_string())),
            };
            let _ = reports.send(Msg::Report(report)).await;
        });
    }

    fn read_picture(&self, path: PathBuf) {
        let (reports, home) = (self.reports.clone(), self.home.clone());
        tokio::spawn(async move {
            let report = match blocking(move || qr::read(&path)).await {
                Ok(invite) => kept(home, invite).await,
                Err(problem) => Report::JoinFailed(problem),
            };
            let _ = reports.send(Msg::Report(report)).await;
        });
    }
}

/// What the person is to hear if a room is closed that they said or shared something in.
fn missed(id: RoomId, effect: &RoomEffect) -> Option<Report> {
    let reason = RoomClosed.to_string();
    match effect {
        RoomEffect::Say(text, _) => {
            let text = text.clone();
            Some(Report::Notice(id, Notice::NotSaid { text, reason }))
        }
        RoomEffect::Share { paths, .. } => {
            let name = paths.first().and_then(|path| path.file_name());
            let name = name.unwrap_or_default().to_string_lossy().into_owned();
            Some(Report::Trouble(Trouble::NotPrepared { name, reason }))
        }
        _ => None,
    }
}

/// Keeps a room that somebody invited to.
async fn kept(home: Home, invite: Invite) -> Report {
    let room = invite.clone();
    match blocking(move || home.keep_room(&room, false)).await {
        Ok(()) => Report::Invited(invite),
        Err(error) => Report::JoinFailed(JoinProblem::Exchange(error.to_string())),
    }
}
