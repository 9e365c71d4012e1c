//! Debug output of a session and what it is made of shows no secret, whatever state it is in.

use core::fmt::Debug;
use core::time::Duration;

use parlor_engine::accept::AcceptRules;
use parlor_engine::device::DeviceKey;
use parlor_engine::input::{Command, Input, SignalInput};
use parlor_engine::newcomer::{Newcomer, NewcomerOutput};
use parlor_engine::notice::Notice;
use parlor_engine::output::Output;
use parlor_engine::record::MessageRecord;
use parlor_engine::session::{Config, Session};
use parlor_engine::time::Moment;
use parlor_proto::code::{Code, Nameplate};
use parlor_proto::id::PeerId;
use parlor_proto::invite::RoomSecret;
use parlor_proto::knock::Half;
use parlor_proto::pake::Side;
use parlor_proto::signal::{JoinIntent, ResumeToken, ServerMessage};
use parlor_proto::text::DisplayName;

const SECRET: RoomSecret = RoomSecret::from_bytes([0xA7; 32]);
const SEED: [u8; 32] = [0xA3; 32];
const DEVICE_SEED: [u8; 32] = [0xA5; 32];
const TOKEN: &str = "the-token-of-the-server";

/// The start of each secret, as lists and as hex.
fn forbidden() -> Vec<String> {
    let handshake_key = blake3::derive_key("parlor v1 2026 device handshake key", &DEVICE_SEED);
    let signing_key = blake3::derive_key("parlor v1 2026 device signing key", &DEVICE_SEED);
    let keys = [
        *SECRET.expose(),
        SECRET.signal_key(),
        SECRET.psk(),
        SEED,
        DEVICE_SEED,
        handshake_key,
        signing_key,
    ];
    let forms = keys.iter().flat_map(|key| {
        let list = format!("{:?}", &key[..4]);
        let hex = blake3::Hash::from_bytes(*key).to_hex()[..12].to_owned();
        [list.trim_matches(['[', ']']).to_owned(), hex]
    });
    forms.chain([TOKEN.to_owned()]).collect()
}

#[track_caller]
fn hides(forbidden: &[String], value: &dyn Debug) {
    let shown = format!("{value:?} {value:#?}");
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for form in forbidden {
        assert!(!shown.contains(form.as_str()), "{form} in {shown}");
    }
}

fn config() -> Config {
    Config {
        avatar: parlor_proto::avatar::Avatar::default(),
        known: Vec::new(),
        incoming: Vec::new(),
        messages: MessageRecord::default(),
        accept: AcceptRules::default(),
        has_lane: true,
        secret: SECRET,
        intent: JoinIntent::Open,
        max_peers: None,
        device: DeviceKey::from_seed(&DEVICE_SEED),
        name: DisplayName::sanitise("Ada"),
        seed: SEED,
        window_bytes: 0,
    }
}

fn feed(session: &mut Session, input: Input) -> Vec<Output> {
    session.handle_input(input, Moment(Duration::from_secs(1)));
    let outputs = core::iter::from_fn(|| match session.poll_output() {
        Output::Wait(_) => None,
        output => Some(output),
    });
    outputs.collect()
}

#[test]
fn a_session_shows_no_secret_key_token_or_code() {
    let mut forbidden = forbidden();
    let mut session = Session::new(config());
    hides(&forbidden, &config());
    hides(&forbidden, &config().device);
    let hear = |message| Input::Signal(SignalInput::Received(message));
    feed(&mut session, Input::Signal(SignalInput::Opened));
    feed(&mut session, Input::Signal(SignalInput::Opened));
    let joined = ServerMessage::Joined {
        peer: PeerId([9; 16]),
        peers: vec![PeerId([3; 16])],
        resume: ResumeToken::new(TOKEN).expect("plain"),
        ice_servers: Vec::new(),
        resumed: false,
    };
    feed(&mut session, hear(joined));
    feed(&mut session, Input::Command(Command::OpenCode { uses: 1 }));
    let nameplate = Nameplate::try_from(4821).expect("a number");
    let outputs = feed(&mut session, hear(ServerMessage::Nameplate { nameplate }));
    let code = outputs.iter().find_map(|output| match output {
        Output::Notice(Notice::CodeReady { code, .. }) => Some(code.clone()),
        _ => None,
    });
    let code: Code = code.expect("a code");
    let password = String::from_utf8(code.words.password()).expect("text");
    forbidden.push(password);
    forbidden.push("4821".to_owned());
    let guest = PeerId([5; 16]);
    let half = Half::new(Side::Newcomer, code.words.password(), nameplate, [1; 32]);
    let payload = half.text();
    let outputs_of_knock = feed(&mut session, hear(ServerMessage::Knock { guest, payload }));
    hides(&forbidden, &session);
    hides(&forbidden, &session.view());
    for output in outputs.iter().chain(&outputs_of_knock) {
        hides(&forbidden, output);
    }
    let mut newcomer = Newcomer::new(code, SEED);
    newcomer.handle_input(None, Moment::default());
    newcomer.handle_input(Some(SignalInput::Opened), Moment::default());
    hides(&forbidden, &newcomer);
    while let output @ (NewcomerOutput::Dial | NewcomerOutput::Send(_)) = newcomer.poll_output() {
        hides(&forbidden, &output);
    }
    hides(&forbidden, &NewcomerOutput::Done(Ok(SECRET)));
}
