//! A server that guesses typed codes: it knows the number, it carries every word, and it has three
//! tries.

use core::time::Duration;

use fastrand::Rng;
use parlor_engine::accept::AcceptRules;
use parlor_engine::device::DeviceKey;
use parlor_engine::input::{Command, Input, SignalInput};
use parlor_engine::newcomer::{Newcomer, NewcomerError, NewcomerOutput};
use parlor_engine::notice::{CodeEnd, Notice};
use parlor_engine::output::Output;
use parlor_engine::record::MessageRecord;
use parlor_engine::session::{Config, Session};
use parlor_engine::time::Moment;
use parlor_proto::code::{Code, Nameplate, Words};
use parlor_proto::id::PeerId;
use parlor_proto::invite::RoomSecret;
use parlor_proto::knock::{Half, Met};
use parlor_proto::pake::Side;
use parlor_proto::signal::{ClientMessage, JoinIntent, ResumeToken, ServerMessage};
use parlor_proto::text::DisplayName;
use parlor_sim::seeds::check;

use crate::{GUESSED_BY_NEWCOMERS, GUESSED_BY_SPONSORS, TARGET};

const SECRET: RoomSecret = RoomSecret::from_bytes([0x52; 32]);

/// Guesses a server tries if nobody stops it.
const GUESSES: usize = 40;

fn bytes<const N: usize>(rng: &mut Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}

/// Words that are not these.
fn guess(words: &Words, rng: &mut Rng) -> Words {
    loop {
        let guess = Words::from_random(&bytes(rng));
        if guess.password() != words.password() {
            return guess;
        }
    }
}

/// A member who shows a code, and the server that is all it hears.
struct Sponsor {
    session: Session,
    now: Moment,
    code: Code,
    notices: Vec<Notice>,
}

impl Sponsor {
    fn new(rng: &mut Rng, nameplate: Nameplate) -> Self {
        let config = Config {
            avatar: parlor_proto::avatar::Avatar::default(),
            known: Vec::new(),
            incoming: Vec::new(),
            messages: MessageRecord::default(),
            accept: AcceptRules::default(),
            has_lane: true,
            secret: SECRET,
            intent: JoinIntent::Open,
            max_peers: None,
            device: DeviceKey::from_seed(&bytes(rng)),
            name: DisplayName::sanitise("Ada"),
            seed: bytes(rng),
            window_bytes: 0,
        };
        let unknown = Code {
            nameplate,
            words: Words::from_random(&bytes(rng)),
        };
        let mut sponsor = Self {
            session: Session::new(config),
            now: Moment::default(),
            code: unknown,
            notices: Vec::new(),
        };
        sponsor.feed(Input::Time);
        sponsor.feed(Input::Signal(SignalInput::Opened));
        sponsor.hear(ServerMessage::Joined {
            peer: PeerId(bytes(rng)),
            peers: Vec::new(),
            resume: ResumeToken::new("token").expect("plain"),
            ice_servers: Vec::new(),
            resumed: false,
        });
        sponsor.feed(Input::Command(Command::OpenCode { uses: 5 }));
        sponsor.hear(ServerMessage::Nameplate { nameplate });
        let shown = sponsor.notices.iter().find_map(|notice| match notice {
            Notice::CodeReady { code, .. } => Some(code.clone()),
            _ => None,
        });
        sponsor.code = shown.expect("a code");
        sponsor
    }

    fn feed(&mut self, input: Input) -> Vec<ClientMessage> {
        self.session.handle_input(input, self.now);
        let mut sent = Vec::new();
        loop {
            match self.session.poll_output() {
                Output::SendSignal(message) => sent.push(message),
                Output::Notice(notice) => self.notices.push(notice),
                Output::Wait(_) => return sent,
                Output::Dial | Output::HangUp => {}
                other @ (Output::OpenLink { .. } | Output::Link { .. } | Output::Disk(_)) => {
                    panic!("nobody is here: {other:?}")
                }
            }
        }
    }

    fn hear(&mut self, message: ServerMessage) -> Vec<ClientMessage> {
        self.feed(Input::Signal(SignalInput::Received(message)))
    }

    /// The server knocks with its own half of an exchange.
    fn knock(&mut self, guest: PeerId, half: &Half) -> Option<Met> {
        let payload = half.text();
        let sent = self.hear(ServerMessage::Knock { guest, payload });
        sent.iter().find_map(|message| match message {
            ClientMessage::KnockAnswer { payload, .. } => half.meet(payload).ok(),
            _ => None,
        })
    }

    /// What a proof was answered with.
    fn prove(&mut self, guest: PeerId, payload: String) -> Option<String> {
        let sent = self.hear(ServerMessage::KnockProof { guest, payload });
        sent.into_iter().find_map(|message| match message {
            ClientMessage::KnockAnswer { payload, .. } => Some(payload),
            _ => None,
        })
    }

    fn tries_counted(&self) -> usize {
        let mistyped = |notice: &&Notice| matches!(notice, Notice::CodeMistyped { .. });
        self.notices.iter().filter(mistyped).count()
    }
}

fn nameplate(rng: &mut Rng) -> Nameplate {
    Nameplate::try_from(rng.u32(1..10_000)).expect("in range")
}

/// It knocks itself, with as many names as it likes, side by side and one after the other, and puts
/// old proofs and junk among its guesses.
#[test]
fn a_server_that_plays_newcomers_has_three_tries_and_no_secret() {
    let name = "codes::a_server_that_plays_newcomers_has_three_tries_and_no_secret";
    check(TARGET, name, GUESSED_BY_NEWCOMERS, |seed| {
        let mut rng = Rng::with_seed(seed);
        let nameplate = nameplate(&mut rng);
        let mut sponsor = Sponsor::new(&mut rng, nameplate);
        let mut proofs: Vec<String> = Vec::new();
        for _ in 0..GUESSES {
            sponsor.now = sponsor.now + Duration::from_millis(rng.u64(0..8_000));
            let (guest, words) = (
                PeerId(bytes(&mut rng)),
                guess(&sponsor.code.words, &mut rng),
            );
            let half = Half::new(Side::Newcomer, words.password(), nameplate, bytes(&mut rng));
            let Some(met) = sponsor.knock(guest, &half) else {
                continue;
            };
            let proof = match rng.u8(0..4) {
                0 => proofs.last().cloned().unwrap_or_default(),
                1 => continue,
                _ => met.proof(),
            };
            proofs.push(proof.clone());
            let answer = sponsor.prove(guest, proof);
            assert_eq!(answer, None, "a guess was answered with an invitation");
        }
        assert_eq!(sponsor.tries_counted(), 3);
        let burnt = Notice::CodeClosed {
            why: CodeEnd::Guessed,
        };
        assert!(sponsor.notices.contains(&burnt), "the owner was not told");
    });
}

/// What the newcomer says to a server that answers everything itself.
fn fooled_newcomer(
    rng: &mut Rng,
    code: &Code,
    guessed: &Words,
) -> (Result<RoomSecret, NewcomerError>, bool) {
    let mut newcomer = Newcomer::new(code.clone(), bytes(rng));
    let now = Moment::default();
    newcomer.handle_input(None, now);
    newcomer.handle_input(Some(SignalInput::Opened), now);
    let half = Half::new(
        Side::Sponsor,
        guessed.password(),
        code.nameplate,
        bytes(rng),
    );
    let mut met = None;
    let mut is_proven = false;
    loop {
        let payload = match newcomer.poll_output() {
            NewcomerOutput::Dial => continue,
            NewcomerOutput::Done(result) => return (result, is_proven),
            NewcomerOutput::Wait(_) => panic!("the exchange is stuck"),
            NewcomerOutput::Send(ClientMessage::Knock { payload, .. }) => {
                met = half.meet(&payload).ok();
                half.text()
            }
            NewcomerOutput::Send(ClientMessage::KnockProof { payload }) => {
                let met: &Met = met.as_ref().expect("met before");
                is_proven |= met.is_proof(&payload);
                invitation(rng, met, payload)
            }
            NewcomerOutput::Send(other) => panic!("{other:?}"),
        };
        let answer = ServerMessage::KnockAnswer { payload };
        newcomer.handle_input(Some(SignalInput::Received(answer)), now);
    }
}

/// A secret of the server's own, or anything else that might pass for an invitation.
fn invitation(rng: &mut Rng, met: &Met, proof: String) -> String {
    let own = RoomSecret::from_bytes(bytes(rng));
    let sealed = met.seal(&own, bytes(rng));
    match rng.u8(0..4) {
        0 => proof,
        1 => String::new(),
        2 => sealed[..rng.usize(0..sealed.len())].to_owned(),
        _ => sealed,
    }
}

#[test]
fn a_server_that_plays_the_sponsor_is_found_out() {
    let name = "codes::a_server_that_plays_the_sponsor_is_found_out";
    check(TARGET, name, GUESSED_BY_SPONSORS, |seed| {
        let mut rng = Rng::with_seed(seed);
        let code = Code {
            nameplate: nameplate(&mut rng),
            words: Words::from_random(&bytes(&mut rng)),
        };
        let guessed = guess(&code.words, &mut rng);
        let (result, is_proven) = fooled_newcomer(&mut rng, &code, &guessed);
        assert!(!is_proven, "the server can tell that its guess is right");
        assert_eq!(result, Err(NewcomerError::Forged));
    });
}

/// The same server, told the words: it wins, so the tests above could fail.
#[test]
fn whoever_is_told_the_words_gets_in() {
    let mut rng = Rng::with_seed(1);
    let nameplate = nameplate(&mut rng);
    let mut sponsor = Sponsor::new(&mut rng, nameplate);
    let guest = PeerId(bytes(&mut rng));
    let words = sponsor.code.words.password();
    let half = Half::new(Side::Newcomer, words, nameplate, bytes(&mut rng));
    let met = sponsor.knock(guest, &half).expect("an answer");
    let sealed = sponsor.prove(guest, met.proof()).expect("an invitation");
    assert_eq!(met.open(&sealed), Ok(SECRET));
}

/// It passes the true words of a true exchange on, with one character changed.
#[test]
fn a_changed_exchange_ends_in_a_plain_error_on_the_newcomers_side() {
    let name = "codes::a_changed_exchange_ends_in_a_plain_error_on_the_newcomers_side";
    check(TARGET, name, 40, |seed| {
        let mut rng = Rng::with_seed(seed);
        let nameplate = nameplate(&mut rng);
        let mut sponsor = Sponsor::new(&mut rng, nameplate);
        let mut newcomer = Newcomer::new(sponsor.code.clone(), bytes(&mut rng));
        let guest = PeerId(bytes(&mut rng));
        let now = Moment::default();
        newcomer.handle_input(None, now);
        newcomer.handle_input(Some(SignalInput::Opened), now);
        let mut is_let_in = false;
        let result = loop {
            let asked = match newcomer.poll_output() {
                NewcomerOutput::Dial => continue,
                NewcomerOutput::Done(result) => break result,
                NewcomerOutput::Wait(_) => {
                    let reason = "the server hung up".to_owned();
                    newcomer.handle_input(Some(SignalInput::Closed { reason }), now);
                    continue;
                }
                NewcomerOutput::Send(ClientMessage::Knock { payload, .. }) => {
                    let payload = spoilt(&mut rng, payload, seed % 4 == 0);
                    ServerMessage::Knock { guest, payload }
                }
                NewcomerOutput::Send(ClientMessage::KnockProof { payload }) => {
                    let payload = spoilt(&mut rng, payload, seed % 4 == 1);
                    ServerMessage::KnockProof { guest, payload }
                }
                NewcomerOutput::Send(other) => panic!("{other:?}"),
            };
            let is_proof = matches!(asked, ServerMessage::KnockProof { .. });
            for message in sponsor.hear(asked) {
                let ClientMessage::KnockAnswer { payload, .. } = message else {
                    continue;
                };
                is_let_in |= is_proof;
                let spoils = seed % 4 == if is_proof { 2 } else { 3 };
                let payload = spoilt(&mut rng, payload, spoils);
                let answer = ServerMessage::KnockAnswer { payload };
                newcomer.handle_input(Some(SignalInput::Received(answer)), now);
            }
        };
        assert!(result.is_err(), "a changed exchange gave a secret");
        assert_eq!(is_let_in, seed % 4 == 2, "only the invitation was changed");
    });
}

fn spoilt(rng: &mut Rng, payload: String, spoils: bool) -> String {
    if !spoils {
        return payload;
    }
    let mut bytes = payload.into_bytes();
    let at = rng.usize(0..bytes.len());
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).expect("ASCII")
}
