//! Ada and Bob in a room with Eve: what they are told, what reaches them, what it costs.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use parlor_core::options::{IdentityLocation, RoomOptions};
use parlor_core::room::notice::{Notice, Outcome};
use parlor_core::room::{Room, RoomEvent};
use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use parlor_proto::signal::JoinIntent;
use parlor_proto::text::DisplayName;
use parlor_signaling::server::{Server, ServerConfig};
use tokio::sync::{mpsc, watch};

use crate::attacks::{Attack, Orders};

/// Long enough for a loaded machine, short enough that a hang is seen.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);

/// What Eve may cost Ada and Bob together, in resident memory. Mostly it is below 40 MiB; how much
/// of a flood waits in the transport when it is cut off is the scheduler's choice.
const GROWTH_MAX_BYTES: usize = 96 * 1024 * 1024;

/// A file that Ada and Bob hand each other: several chunks, done in a moment.
const FILE_BYTES: usize = 300_000;

/// Memory is measured for a whole process, so two scenes in one would count each other.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// What one of them was told so far.
#[derive(Clone)]
struct Log {
    notices: Arc<Mutex<Vec<Notice>>>,
    count: watch::Receiver<usize>,
}

/// Ada or Bob.
pub(crate) struct Member {
    pub(crate) room: Room,
    pub(crate) inbox: PathBuf,
    log: Log,
    name: &'static str,
    _folder: tempfile::TempDir,
}

impl Member {
    fn enter(invite: &Invite, intent: JoinIntent, name: &'static str, takes_eves: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let inbox = folder.path().join("inbox");
        let mut options = RoomOptions::new(invite.clone(), intent, DisplayName::sanitise(name));
        options.folder = Some(inbox.clone());
        options.ice_servers = Some(Vec::new());
        options.identity = IdentityLocation::Folder(folder.path().join("data"));
        options.keeps_history = true;
        let (room, mut events) = Room::start(options).unwrap();
        let notices = Arc::new(Mutex::new(Vec::new()));
        let (counted, count) = watch::channel(0);
        let (log, answering) = (Arc::clone(&notices), room.clone());
        tokio::spawn(async move {
            while let Some(event) = events.next().await {
                let RoomEvent::Session(notice) = event else {
                    continue;
                };
                if let Notice::Offered {
                    key, name, files, ..
                } = &notice
                    && (takes_eves || name.as_str() != "Eve")
                {
                    let all = (0..).take(files.len()).collect();
                    answering.answer(*key, all, None).await.unwrap();
                }
                // What Eve says is counted by those who need it, not kept: it would count as memory.
                if !is_chatter(&notice) {
                    log.lock().unwrap().push(notice);
                    counted.send_modify(|count| *count += 1);
                }
            }
        });
        let log = Log { notices, count };
        Self {
            room,
            inbox,
            log,
            name,
            _folder: folder,
        }
    }

    /// Waits for a notice among all so far and to come.
    pub(crate) async fn told<T>(&self, what: &str, pick: impl Fn(&Notice) -> Option<T>) -> T {
        self.told_after(0, what, pick).await
    }

    async fn told_after<T>(
        &self,
        start: usize,
        what: &str,
        pick: impl Fn(&Notice) -> Option<T>,
    ) -> T {
        let mut log = self.log.clone();
        let search = async {
            loop {
                log.count.borrow_and_update();
                let found = {
                    let notices = log.notices.lock().unwrap();
                    notices.iter().skip(start).find_map(&pick)
                };
                match found {
                    Some(found) => return found,
                    None => log.count.changed().await.unwrap(),
                }
            }
        };
        match tokio::time::timeout(PATIENCE, search).await {
            Ok(found) => found,
            Err(_) => panic!(
                "{}: no {what} in time, but {:#?}",
                self.name,
                self.last_words()
            ),
        }
    }

    fn told_so_far(&self) -> usize {
        self.log.notices.lock().unwrap().len()
    }

    fn last_words(&self) -> Vec<Notice> {
        let notices = self.log.notices.lock().unwrap();
        notices.iter().rev().take(12).rev().cloned().collect()
    }

    /// How many notices so far are such.
    pub(crate) fn count(&self, is_such: impl Fn(&Notice) -> bool) -> usize {
        let notices = self.log.notices.lock().unwrap();
        notices.iter().filter(|notice| is_such(notice)).count()
    }

    async fn sees(&self, who: &str) {
        let connected = |notice: &Notice| {
            matches!(notice, Notice::PeerConnected { name, .. } if name.as_str() == who)
                .then_some(())
        };
        self.told("connection", connected).await;
    }

    /// Waits until Eve was cut off for one of these.
    async fn cuts_her_off(&self, why: &[&str]) {
        let what = format!("refusal that says one of {why:?}");
        self.told(&what, |notice| match notice {
            Notice::PeerRefused { reason, .. } => {
                why.iter().any(|why| reason.contains(why)).then_some(())
            }
            _ => None,
        })
        .await;
    }
}

fn is_chatter(notice: &Notice) -> bool {
    match notice {
        Notice::Heard { name, .. } | Notice::Offered { name, .. } => name.as_str() == "Eve",
        _ => false,
    }
}

/// The room with all three.
pub(crate) struct Scene {
    pub(crate) ada: Member,
    pub(crate) bob: Member,
    eve: EveProcess,
    memory: Memory,
    said: AtomicUsize,
    files: tempfile::TempDir,
    _server: Server,
    _turn: tokio::sync::MutexGuard<'static, ()>,
}

impl Scene {
    /// Everybody is connected, Eve included, and the attack has not begun.
    pub(crate) async fn with_eve(attack: Attack) -> Self {
        Self::set(attack, false).await
    }

    /// As [`Self::with_eve`]; Ada and Bob take every file she offers.
    pub(crate) async fn that_takes_her_files(attack: Attack) -> Self {
        Self::set(attack, true).await
    }

    async fn set(attack: Attack, takes_eves: bool) -> Self {
        let turn = ONE_AT_A_TIME.lock().await;
        let listen = "127.0.0.1:0".parse().unwrap();
        let server = Server::bind(ServerConfig::new(listen)).await.unwrap();
        let url = format!("http://{}", server.local_addr());
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).unwrap();
        let invite = Invite {
            server: ServerUrl::parse(&url).unwrap(),
            secret: RoomSecret::from_bytes(secret),
        };
        let ada = Member::enter(&invite, JoinIntent::Open, "Ada", takes_eves);
        ada.told("place in the room", |notice| {
            matches!(notice, Notice::Joined { .. }).then_some(())
        })
        .await;
        let bob = Member::enter(&invite, JoinIntent::Join, "Bob", takes_eves);
        ada.sees("Bob").await;
        bob.sees("Ada").await;
        let orders = Orders {
            attack,
            url,
            secret,
        };
        let mut scene = Self {
            ada,
            bob,
            eve: EveProcess::start(&orders),
            memory: Memory::default(),
            said: AtomicUsize::new(0),
            files: tempfile::tempdir().unwrap(),
            _server: server,
            _turn: turn,
        };
        scene.eve.says("ready").await;
        if attack.is_let_in() {
            scene.ada.sees("Eve").await;
            scene.bob.sees("Eve").await;
        }
        // What two exchanges need was allocated before it counts.
        scene.all_is_well().await;
        scene.all_is_well().await;
        scene.memory.watch();
        scene
    }

    /// The attack begins.
    pub(crate) fn attack(&mut self) {
        self.eve.is_told("go");
    }

    /// Waits until Eve is through with it.
    pub(crate) async fn over(&mut self) {
        self.eve.says("done").await;
    }

    /// Ada and Bob say something and hand each other a file, both ways, and all of it arrives.
    pub(crate) async fn all_is_well(&self) {
        let turn = self.said.fetch_add(1, Ordering::Relaxed);
        self.exchange(&self.ada, &self.bob, turn).await;
        self.exchange(&self.bob, &self.ada, turn).await;
    }

    async fn exchange(&self, from: &Member, to: &Member, turn: usize) {
        let (before, sent_before) = (to.told_so_far(), from.told_so_far());
        let text = format!("{} says {turn}", from.name);
        from.room.say(&text).await.unwrap();
        let path = self.file(&format!("{} {turn}", from.name));
        from.room.share(vec![path.clone()]).await.unwrap();
        to.told_after(before, &text, |notice| match notice {
            Notice::Heard { text: heard, .. } if *heard == text => Some(()),
            _ => None,
        })
        .await;
        let stored_as = to
            .told_after(before, "file", |notice| match notice {
                Notice::FileReceived { stored_as, .. } => Some(stored_as.clone()),
                _ => None,
            })
            .await;
        assert_eq!(
            std::fs::read(stored_as).unwrap(),
            std::fs::read(path).unwrap()
        );
        let complete = |notice: &Notice| match notice {
            Notice::Sent { outcome, .. } => {
                matches!(outcome, Outcome::Complete { .. }).then_some(())
            }
            _ => None,
        };
        from.told_after(sent_before, "receipt for the file", complete)
            .await;
    }

    fn file(&self, name: &str) -> PathBuf {
        let path = self.files.path().join(name);
        let byte = |i: usize| u8::try_from((i * 7 + name.len()) % 251).unwrap();
        std::fs::write(&path, (0..FILE_BYTES).map(byte).collect::<Vec<_>>()).unwrap();
        path
    }

    /// A file that is large and costs nothing to make.
    pub(crate) fn large_file(&self, bytes: u64) -> PathBuf {
        let path = self.files.path().join("large");
        std::fs::File::create(&path)
            .unwrap()
            .set_len(bytes)
            .unwrap();
        path
    }

    /// Both were told that Eve was cut off, by name or not, for one of these.
    pub(crate) async fn she_is_cut_off(&self, why: &[&str]) {
        self.ada.cuts_her_off(why).await;
        self.bob.cuts_her_off(why).await;
    }

    /// Eve cost Ada and Bob no more memory than she may, and they lost nobody but her.
    pub(crate) fn it_cost_little(self) {
        let growth = self.memory.growth_bytes();
        println!("memory grew by {} KiB", growth / 1024);
        assert!(
            growth < GROWTH_MAX_BYTES,
            "memory grew by {} MiB",
            growth >> 20
        );
        for (member, friend) in [(&self.ada, "Bob"), (&self.bob, "Ada")] {
            let is_loss = |notice: &Notice| match notice {
                Notice::PeerLost { name, .. } | Notice::PeerLeft { name, .. } => {
                    name.as_str() == friend
                }
                Notice::PeerRefused { name, .. } => {
                    name.as_ref().is_some_and(|name| name.as_str() == friend)
                }
                _ => false,
            };
            assert_eq!(member.count(is_loss), 0, "{} lost {friend}", member.name);
        }
    }
}

/// Eve's process. It ends with its handle.
struct EveProcess {
    child: Child,
    orders: ChildStdin,
    words: mpsc::Receiver<String>,
}

impl EveProcess {
    fn start(orders: &Orders) -> Self {
        let this = std::env::current_exe().unwrap();
        let mut child = Command::new(this)
            .args(["eve_process", "--exact", "--ignored", "--nocapture"])
            .envs(orders.environment())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (heard, words) = mpsc::channel(64);
        let out = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if heard.blocking_send(line).is_err() {
                    return;
                }
            }
        });
        let orders = child.stdin.take().unwrap();
        Self {
            child,
            orders,
            words,
        }
    }

    async fn says(&mut self, word: &str) {
        let search = async {
            loop {
                let line = self.words.recv().await.expect("Eve's process lives");
                if line.ends_with(word) {
                    return;
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, search).await;
        assert!(found.is_ok(), "Eve did not say \"{word}\" in time");
    }

    fn is_told(&mut self, word: &str) {
        writeln!(self.orders, "{word}").unwrap();
    }
}

impl Drop for EveProcess {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Watches how much resident memory this process takes.
#[derive(Default)]
struct Memory {
    start: usize,
    most: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
}

impl Memory {
    fn watch(&mut self) {
        self.start = resident_bytes();
        let (most, is_over) = (Arc::clone(&self.most), Arc::clone(&self.is_over));
        std::thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                most.fetch_max(resident_bytes(), Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
    }

    fn growth_bytes(&self) -> usize {
        let most = self.most.load(Ordering::Relaxed).max(resident_bytes());
        most.saturating_sub(self.start)
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
    }
}

fn resident_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<usize>().ok());
    kib.unwrap() * 1024
}

/// Everything below a folder, by name.
pub(crate) fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for entry in entries.flatten() {
        if entry.path().is_dir() {
            found.extend(files_below(&entry.path()));
        } else {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}
