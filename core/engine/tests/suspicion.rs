//! When a person is warned of the server, and when not.

use core::time::Duration;

use parlor_engine::accept::AcceptRules;
use parlor_engine::device::DeviceKey;
use parlor_engine::input::{Input, SignalInput};
use parlor_engine::notice::{Notice, Suspicion};
use parlor_engine::output::Output;
use parlor_engine::record::MessageRecord;
use parlor_engine::session::{Config, Session};
use parlor_engine::time::Moment;
use parlor_proto::envelope::{PeerSignal, Route, SignalSealer};
use parlor_proto::id::PeerId;
use parlor_proto::invite::RoomSecret;
use parlor_proto::signal::{JoinIntent, ResumeToken, ServerMessage};
use parlor_proto::text::DisplayName;

const SECRET: RoomSecret = RoomSecret::from_bytes([7; 32]);
const OTHER: PeerId = PeerId([9; 16]);
const US: PeerId = PeerId([5; 16]);
const US_LATER: PeerId = PeerId([6; 16]);

struct Member {
    session: Session,
    seconds: u64,
    has_dialled: bool,
    warnings: Vec<Suspicion>,
}

impl Member {
    fn new() -> Self {
        let session = Session::new(Config {
            avatar: parlor_proto::avatar::Avatar::default(),
            known: Vec::new(),
            incoming: Vec::new(),
            messages: MessageRecord::default(),
            accept: AcceptRules::default(),
            has_lane: true,
            secret: SECRET,
            intent: JoinIntent::Open,
            max_peers: None,
            device: DeviceKey::from_seed(&[1; 32]),
            name: DisplayName::sanitise("Ada"),
            seed: [2; 32],
            window_bytes: 0,
        });
        let mut member = Self {
            session,
            seconds: 0,
            has_dialled: false,
            warnings: Vec::new(),
        };
        member.feed(Input::Time);
        member.join(US);
        member
    }

    fn feed(&mut self, input: Input) {
        self.seconds += 1;
        let now = Moment(Duration::from_secs(self.seconds));
        self.session.handle_input(input, now);
        loop {
            match self.session.poll_output() {
                Output::Wait(_) => return,
                Output::Dial => self.has_dialled = true,
                Output::Notice(Notice::ServerSuspected { why }) => self.warnings.push(why),
                _ => {}
            }
        }
    }

    fn hear(&mut self, message: ServerMessage) {
        self.feed(Input::Signal(SignalInput::Received(message)));
    }

    fn join(&mut self, peer: PeerId) {
        self.feed(Input::Signal(SignalInput::Opened));
        self.hear(joined(peer));
    }

    /// The socket breaks, and the server knows us under another name when we are back.
    fn come_back(&mut self, peer: PeerId) {
        let reason = "broke".to_owned();
        self.feed(Input::Signal(SignalInput::Closed { reason }));
        self.has_dialled = false;
        while !self.has_dialled {
            self.feed(Input::Time);
        }
        self.join(peer);
    }

    fn signal(&mut self, to: PeerId, counter: u64) {
        let route = Route {
            room: SECRET.room_id(),
            from: OTHER,
            to,
        };
        let please = PeerSignal::OfferPlease { attempt: 0 };
        let sealer = SignalSealer::new(&SECRET.signal_key());
        let payload = sealer.seal(&route, counter, [3; 24], &please);
        self.hear(ServerMessage::Signal {
            from: OTHER,
            payload,
        });
    }
}

fn joined(peer: PeerId) -> ServerMessage {
    ServerMessage::Joined {
        peer,
        peers: vec![OTHER],
        resume: ResumeToken::new("token").expect("plain"),
        ice_servers: Vec::new(),
        resumed: false,
    }
}

#[test]
fn true_signals_in_order_warn_of_nothing() {
    let mut member = Member::new();
    for counter in [1, 2, 5, 90] {
        member.signal(US, counter);
    }
    assert_eq!(member.warnings, []);
}

#[test]
fn a_signal_for_who_we_were_before_we_came_back_warns_of_nothing() {
    let mut member = Member::new();
    member.come_back(US_LATER);
    member.signal(US, 1);
    assert_eq!(member.warnings, []);
    member.signal(US_LATER, 2);
    assert_eq!(member.warnings, []);
}

#[test]
fn a_signal_for_somebody_else_warns_once() {
    let mut member = Member::new();
    for counter in 1..20 {
        member.signal(PeerId([8; 16]), counter);
    }
    assert_eq!(member.warnings, [Suspicion::Changed]);
}

#[test]
fn a_signal_that_comes_again_warns_once() {
    let mut member = Member::new();
    for counter in [3, 3, 2, 1, 3] {
        member.signal(US, counter);
    }
    assert_eq!(member.warnings, [Suspicion::Repeated]);
}

#[test]
fn what_a_peer_said_before_it_left_cannot_be_repeated_when_it_is_named_again() {
    let mut member = Member::new();
    member.signal(US, 3);
    member.hear(ServerMessage::PeerLeft { peer: OTHER });
    member.hear(ServerMessage::PeerJoined { peer: OTHER });
    assert_eq!(member.warnings, []);
    member.signal(US, 3);
    assert_eq!(member.warnings, [Suspicion::Repeated]);
}

#[test]
fn being_let_in_twice_or_entering_as_oneself_warns_once() {
    for message in [joined(US_LATER), ServerMessage::PeerJoined { peer: US }] {
        let mut member = Member::new();
        for _ in 0..3 {
            member.hear(message.clone());
        }
        assert_eq!(member.warnings, [Suspicion::Roster]);
        // Still who it was.
        member.signal(US, 1);
        assert_eq!(member.warnings, [Suspicion::Roster]);
    }
}

#[test]
fn each_reason_is_in_words_for_a_person() {
    for why in [Suspicion::Changed, Suspicion::Repeated, Suspicion::Roster] {
        let words = why.to_string();
        assert!(words.len() > 30 && !words.contains(['_', ':']), "{words}");
    }
}
