//! A member of the room with nothing honest between its session and the others.
//!
//! Signaling, handshake and hello are the engine's own, so Eve is let in as anybody is. After that
//! her links are open to whatever the attack sends, and what her session says or hears passes
//! through her [`Habits`].

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use parlor_core::rtc::{
    Candidate as RtcCandidate, Channel, Role as RtcRole, RtcConfig, RtcEvent, RtcLink,
};
use parlor_engine::accept::AcceptRules;
use parlor_engine::device::DeviceKey;
use parlor_engine::input::{Command, DiskInput, Input, LinkInput, MessageId, SignalInput};
use parlor_engine::notice::Notice;
use parlor_engine::output::{DiskRequest, LinkAction, Output, Role};
use parlor_engine::record::MessageRecord;
use parlor_engine::session::{Config, Session};
use parlor_engine::time::Moment;
use parlor_proto::chunk::ChunkFrame;
use parlor_proto::envelope::Candidate;
use parlor_proto::id::PeerId;
use parlor_proto::invite::Invite;
use parlor_proto::signal::{ClientMessage, JoinIntent, ServerMessage};
use parlor_proto::text::DisplayName;
use parlor_proto::tree::ChunkSize;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

type Key = (PeerId, u32);
type Queue<T> = (mpsc::Sender<T>, mpsc::Receiver<T>);
type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How Eve differs from an honest member before she attacks.
#[derive(Clone)]
pub(crate) struct Habits {
    /// Names her device, so that she can come back as the same one.
    pub(crate) device: [u8; 32],
    /// Sent for the first handshake message.
    pub(crate) instead_of_proof: Option<Bytes>,
    /// What she answers wants with.
    pub(crate) serves: Serves,
    /// Takes every file, and reads nothing more once bytes of one arrive.
    pub(crate) takes_files_and_goes_deaf: bool,
}

/// What stands for her disk.
#[derive(Clone)]
pub(crate) enum Serves {
    /// Wants are not answered.
    Nothing,
    /// Bytes and proofs that she made up.
    Lies,
    /// This file, of one chunk.
    Bytes(Bytes),
}

impl Habits {
    pub(crate) fn new() -> Self {
        Self {
            device: [0xEE; 32],
            instead_of_proof: None,
            serves: Serves::Nothing,
            takes_files_and_goes_deaf: false,
        }
    }
}

/// The links that are open, and what she was told; the attack's view of a running member.
#[derive(Default)]
struct Shared {
    links: BTreeMap<Key, Arc<RtcLink>>,
    connected: usize,
    is_deaf: bool,
}

/// A running member.
pub(crate) struct Eve {
    shared: Arc<Mutex<Shared>>,
    commands: mpsc::Sender<Option<Command>>,
    notices: watch::Receiver<usize>,
    /// The stream that her messages must be numbered in.
    pub(crate) stream: u64,
}

impl Eve {
    /// Enters the room. Ends with the handle.
    pub(crate) fn enter(invite: &Invite, habits: Habits) -> Self {
        let shared = Arc::new(Mutex::new(Shared::default()));
        let (commands, command_queue) = mpsc::channel(16);
        let (noticed, notices) = watch::channel(0);
        let driver = Driver::new(invite, habits, Arc::clone(&shared), noticed);
        let stream = driver.session.stream();
        let url = invite.server.websocket_url();
        tokio::spawn(driver.run(url, command_queue));
        Self {
            shared,
            commands,
            notices,
            stream,
        }
    }

    /// Waits until `others` have said hello.
    pub(crate) async fn connected(&mut self, others: usize) {
        let shared = Arc::clone(&self.shared);
        let is_there = |_: &usize| shared.lock().unwrap().connected >= others;
        self.notices.wait_for(is_there).await.unwrap();
    }

    /// The links that are still open.
    pub(crate) fn links(&self) -> Vec<Arc<RtcLink>> {
        self.shared
            .lock()
            .unwrap()
            .links
            .values()
            .cloned()
            .collect()
    }

    /// Whether nobody is left to attack.
    pub(crate) fn is_alone(&self) -> bool {
        self.shared.lock().unwrap().links.is_empty()
    }

    /// Waits until somebody lets her in or sends her away, but not for long.
    pub(crate) async fn settled(&mut self, patience: Duration) {
        let _ = tokio::time::timeout(patience, self.connected(1)).await;
    }

    pub(crate) async fn command(&self, command: Command) {
        self.commands.send(Some(command)).await.unwrap();
    }

    /// Leaves without a goodbye to the others; the server is told, so that a place is free.
    pub(crate) async fn vanish(self) {
        self.commands.send(None).await.unwrap();
        self.commands.closed().await;
    }

    /// Sends a frame to everybody as soon as there is room; `false` when nobody is left.
    pub(crate) async fn send(&self, channel: Channel, frame: &Bytes) -> bool {
        for link in self.links() {
            while link.send(channel, frame.clone()).is_err() {
                if !self.links().iter().any(|open| Arc::ptr_eq(open, &link)) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        !self.is_alone()
    }

    /// Whether somebody who was lost, and did not cut her off, is back.
    async fn is_met_again(&self) -> bool {
        for _ in 0..30 {
            if !self.is_alone() {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        false
    }

    /// Sends `frame(0)`, `frame(1)` and so on as fast as the channel takes them.
    pub(crate) async fn flood(&self, channel: Channel, count: u64, frame: impl Fn(u64) -> Bytes) {
        for n in 0..count {
            if !self.send(channel, &frame(n)).await && !self.is_met_again().await {
                return;
            }
        }
    }
}

struct Driver {
    session: Session,
    habits: Habits,
    started: Instant,
    shared: Arc<Mutex<Shared>>,
    noticed: watch::Sender<usize>,
    links: BTreeMap<Key, Arc<RtcLink>>,
    under_way: BTreeMap<Key, VecDeque<u64>>,
    /// Links on which she said something.
    greeted: BTreeSet<Key>,
    events: Queue<(Key, RtcEvent)>,
    to_server: Vec<ClientMessage>,
    deadline: Option<Moment>,
}

impl Driver {
    fn new(
        invite: &Invite,
        habits: Habits,
        shared: Arc<Mutex<Shared>>,
        noticed: watch::Sender<usize>,
    ) -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        let session = Session::new(Config {
            avatar: parlor_proto::avatar::Avatar::default(),
            known: Vec::new(),
            incoming: Vec::new(),
            messages: MessageRecord::default(),
            accept: AcceptRules::default(),
            has_lane: false,
            secret: invite.secret.clone(),
            intent: JoinIntent::Join,
            max_peers: None,
            device: DeviceKey::from_seed(&habits.device),
            name: DisplayName::sanitise("Eve"),
            seed,
            window_bytes: 4 * 1024 * 1024,
        });
        Self {
            session,
            habits,
            started: Instant::now(),
            shared,
            noticed,
            links: BTreeMap::new(),
            under_way: BTreeMap::new(),
            greeted: BTreeSet::new(),
            events: mpsc::channel(16),
            to_server: Vec::new(),
            deadline: None,
        }
    }

    async fn run(mut self, url: String, mut commands: mpsc::Receiver<Option<Command>>) {
        let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        self.feed(Input::Time);
        self.feed(Input::Signal(SignalInput::Opened));
        loop {
            for message in std::mem::take(&mut self.to_server) {
                // The server may have had enough of her.
                let _ = socket.send(Message::text(message.encode())).await;
            }
            let wait = self.deadline.map(|at| at.since(self.now()));
            let is_deaf = self.shared.lock().unwrap().is_deaf;
            tokio::select! {
                command = commands.recv() => match command {
                    Some(Some(command)) => self.feed(Input::Command(command)),
                    Some(None) | None => return vanish(socket).await,
                },
                Some((key, event)) = self.events.1.recv(), if !is_deaf => self.on_event(key, event),
                Some(Ok(message)) = socket.next() => {
                    if let Message::Text(text) = message
                        && let Ok(message) = ServerMessage::decode(&text)
                    {
                        self.feed(Input::Signal(SignalInput::Received(message)));
                    }
                }
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() && !is_deaf => {
                    self.feed(Input::Time);
                }
            }
        }
    }

    fn now(&self) -> Moment {
        Moment(self.started.elapsed())
    }

    fn feed(&mut self, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            self.session.handle_input(input, self.now());
            loop {
                match self.session.poll_output() {
                    Output::Wait(deadline) => {
                        self.deadline = deadline.map(|deadline| deadline.at);
                        break;
                    }
                    Output::Disk(request) => inputs.extend(self.on_disk(request)),
                    Output::Notice(Notice::Offered { key, files, .. })
                        if self.habits.takes_files_and_goes_deaf =>
                    {
                        inputs.push(Input::Command(Command::Answer {
                            key,
                            accepted: (0..).take(files.len()).collect(),
                            reason: None,
                        }));
                    }
                    output => self.carry_out(output),
                }
            }
        }
    }

    fn carry_out(&mut self, output: Output) {
        match output {
            Output::SendSignal(message) => self.to_server.push(message),
            Output::OpenLink {
                peer,
                attempt,
                role,
                ..
            } => self.open((peer, attempt), role),
            Output::Link {
                peer,
                attempt,
                action,
            } => self.act((peer, attempt), action),
            Output::Notice(notice) => self.on_notice(&notice),
            Output::Dial | Output::HangUp | Output::Disk(_) | Output::Wait(_) => {}
        }
    }

    fn open(&mut self, key: Key, role: Role) {
        let role = match role {
            Role::Offerer => RtcRole::Offerer,
            Role::Answerer => RtcRole::Answerer,
        };
        let events = self.events.0.clone();
        let link = RtcLink::spawn(key, role, RtcConfig::default(), events);
        self.links.insert(key, Arc::new(link));
    }

    fn act(&mut self, key: Key, action: LinkAction) {
        let Some(link) = self.links.get(&key) else {
            return;
        };
        // A link that takes no more is closed by the other side.
        let _ = match action {
            LinkAction::RemoteDescription { sdp } => link.set_remote_description(sdp),
            LinkAction::RemoteCandidate(candidate) => link.add_remote_candidate(RtcCandidate {
                line: candidate.line,
                mid: candidate.mid,
                mline_index: candidate.mline_index,
                ufrag: candidate.ufrag,
            }),
            LinkAction::SendControl(frame) => {
                let is_proof = self.greeted.insert(key);
                let instead = self.habits.instead_of_proof.clone().filter(|_| is_proof);
                link.send(Channel::Control, instead.unwrap_or(frame))
            }
            LinkAction::SendLive(frame) => link.send(Channel::Live, frame),
            LinkAction::SendBulk { frame, data_len } => {
                self.under_way.entry(key).or_default().push_back(data_len);
                link.send(Channel::Bulk, frame)
            }
            LinkAction::Lane { .. } => Ok(()),
            LinkAction::Close => {
                link.close();
                self.shared.lock().unwrap().links.remove(&key);
                Ok(())
            }
        };
    }

    fn on_notice(&mut self, notice: &Notice) {
        if let Notice::PeerConnected { peer, .. } = notice {
            let mut shared = self.shared.lock().unwrap();
            shared.connected += 1;
            let open = self.links.iter().filter(|((open, _), _)| open == peer);
            let open = open.max_by_key(|((_, attempt), _)| *attempt);
            if let Some((key, link)) = open {
                shared.links.insert(*key, Arc::clone(link));
            }
        }
        if let Notice::PeerLost { reason, .. } | Notice::PeerUnreachable { reason, .. } = notice {
            eprintln!("Eve lost somebody: {reason}");
        }
        self.noticed.send_modify(|count| *count += 1);
    }

    fn on_event(&mut self, key: Key, event: RtcEvent) {
        let event = match event {
            RtcEvent::LocalDescription { sdp } => LinkInput::LocalDescription { sdp },
            RtcEvent::LocalCandidate(candidate) => LinkInput::LocalCandidate(Candidate {
                line: candidate.line,
                mid: candidate.mid,
                mline_index: candidate.mline_index,
                ufrag: candidate.ufrag,
            }),
            RtcEvent::Open {
                local_fingerprint,
                remote_fingerprint,
                ..
            } => LinkInput::Open {
                path: None,
                local_fingerprint,
                remote_fingerprint,
            },
            RtcEvent::Frame { channel, data } => match channel {
                Channel::Control => LinkInput::Control(data),
                Channel::Bulk => LinkInput::Bulk(data),
                Channel::Live => return,
            },
            RtcEvent::BulkSent { .. } => {
                let under_way = self.under_way.entry(key).or_default();
                // Frames of an attack are not in there.
                let Some(data_len) = under_way.pop_front() else {
                    return;
                };
                LinkInput::BulkSent { data_len }
            }
            // Eve says that she has no lanes.
            RtcEvent::Lane { .. } | RtcEvent::Path(_) => return,
            RtcEvent::Closed { reason } => {
                eprintln!("one of Eve's links closed: {reason:?}");
                self.links.remove(&key);
                self.shared.lock().unwrap().links.remove(&key);
                LinkInput::Closed {
                    reason: "closed".to_owned(),
                }
            }
        };
        let (peer, attempt) = key;
        self.feed(Input::Link {
            peer,
            attempt,
            event,
        });
        self.noticed.send_modify(|count| *count += 1);
    }

    /// A disk that keeps nothing, and lies if Eve does.
    fn on_disk(&self, request: DiskRequest) -> Option<Input> {
        let answer = match request {
            DiskRequest::ReadChunk {
                peer,
                attempt,
                transfer,
                file,
                offset,
                len,
            } => {
                let (proof, data) = self.habits.serves.chunk(len)?;
                let chunk = ChunkFrame {
                    transfer,
                    file,
                    offset,
                    chunk: ChunkSize::PREFERRED,
                    proof,
                    data,
                };
                DiskInput::ChunkRead {
                    peer,
                    attempt,
                    transfer,
                    file,
                    offset,
                    frame: chunk.encode(),
                    data_len: len,
                }
            }
            DiskRequest::Create { key, file, .. } => {
                let have = parlor_engine::ranges::RangeSet::default();
                DiskInput::Created { key, file, have }
            }
            DiskRequest::Write { key, chunk } => {
                if self.habits.takes_files_and_goes_deaf {
                    self.shared.lock().unwrap().is_deaf = true;
                }
                DiskInput::Written {
                    key,
                    file: chunk.file,
                    offset: chunk.offset,
                    len: chunk.data.len() as u64,
                }
            }
            DiskRequest::Finish { key, file } => DiskInput::Finished {
                key,
                file,
                stored_as: String::new(),
            },
            DiskRequest::StoreMessage { author, message } => DiskInput::MessageStored {
                id: MessageId::of(author, &message),
            },
            DiskRequest::Discard { .. }
            | DiskRequest::KeepIncoming { .. }
            | DiskRequest::MarkIncoming { .. }
            | DiskRequest::ForgetIncoming { .. }
            | DiskRequest::MarkOutgoing { .. }
            | DiskRequest::KeepReceipt { .. }
            | DiskRequest::KeepMember { .. }
            | DiskRequest::ReadMessages { .. }
            | DiskRequest::CloseSource { .. }
            | DiskRequest::RememberDevice { .. }
            | DiskRequest::ForgetDevice { .. } => return None,
        };
        Some(Input::Disk(answer))
    }
}

async fn vanish(mut socket: Socket) {
    // Whatever the server makes of it, she is gone.
    let _ = socket
        .send(Message::text(ClientMessage::Leave.encode()))
        .await;
    let _ = socket.close(None).await;
}
