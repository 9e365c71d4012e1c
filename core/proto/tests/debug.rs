//! Debug output of what holds a secret: it may end in a log, so it shows none.

use core::fmt::Debug;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use parlor_proto::code::{Code, Nameplate, Words};
use parlor_proto::envelope::{Candidate, PeerSignal, SignalSealer};
use parlor_proto::id::{PeerId, RoomId};
use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use parlor_proto::knock::Half;
use parlor_proto::pake::Side;
use parlor_proto::signal::{ClientMessage, IceServer, JoinIntent, ResumeToken, ServerMessage};

const SECRET: [u8; 32] = [0xA7; 32];
const TEXT: &str = "bWFya2VyLW1hcmtlcg";
const PEER: PeerId = PeerId([9; 16]);

/// Every form in which bytes or the marker text might show.
fn forms(secrets: &[[u8; 32]]) -> Vec<String> {
    let bytes = secrets.iter().flat_map(|bytes| {
        let list = format!("{:?}", &bytes[..4]);
        [
            list.trim_matches(['[', ']']).to_owned(),
            HEXLOWER.encode(&bytes[..8]),
            HEXUPPER.encode(&bytes[..8]),
            BASE64URL_NOPAD.encode(&bytes[..9]),
        ]
    });
    bytes.chain([TEXT.to_owned()]).collect()
}

#[track_caller]
fn hides(forms: &[String], value: &dyn Debug) {
    let shown = format!("{value:?} {value:#?}").replace('\n', " ");
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    for form in forms {
        assert!(!shown.contains(form.as_str()), "{form} in {shown}");
    }
}

#[test]
fn secrets_and_keys_do_not_show() {
    let secret = RoomSecret::from_bytes(SECRET);
    let (signal_key, psk) = (secret.signal_key(), secret.psk());
    let forms = forms(&[SECRET, signal_key, psk]);
    let invite = Invite {
        server: ServerUrl::parse("https://parlor.example").expect("a server"),
        secret: secret.clone(),
    };
    hides(&forms, &secret);
    hides(&forms, &invite);
    hides(&forms, &SignalSealer::new(&signal_key));
}

#[test]
fn codes_and_their_exchange_do_not_show() {
    let nameplate = Nameplate::try_from(4821).expect("a number");
    let words = Words::from_random(&[0xA7; 5]);
    let password = words.password();
    let newcomer = Half::new(Side::Newcomer, password.clone(), nameplate, SECRET);
    let sponsor = Half::new(Side::Sponsor, password.clone(), nameplate, [1; 32]);
    let met = newcomer.meet(&sponsor.text()).expect("a half");
    let mut forms = forms(&[SECRET]);
    let password = String::from_utf8(password).expect("text");
    let words_of_it = password.split(|c: char| !c.is_alphanumeric());
    forms.extend(words_of_it.filter(|word| word.len() > 2).map(str::to_owned));
    forms.extend([password.clone(), "4821".to_owned(), met.proof()]);
    let code = Code { nameplate, words };
    hides(&forms, &code);
    hides(&forms, &code.words);
    hides(&forms, &nameplate);
    hides(&forms, &newcomer);
    hides(&forms, &met);
}

#[test]
fn signaling_messages_show_no_payload_token_or_credential() {
    let forms = forms(&[SECRET]);
    let payload = || TEXT.to_owned();
    let resume = ResumeToken::new(TEXT).expect("a token");
    let nameplate = Nameplate::try_from(4821).expect("a number");
    let ice = IceServer {
        urls: vec!["turn:turn.example".to_owned()],
        username: Some(payload()),
        credential: Some(payload()),
    };
    let by_client = [
        ClientMessage::Join {
            room: RoomId([1; 16]),
            intent: JoinIntent::Open,
            max_peers: None,
            resume: Some(resume.clone()),
        },
        ClientMessage::Signal {
            to: PEER,
            payload: payload(),
        },
        ClientMessage::Knock {
            nameplate,
            payload: payload(),
        },
        ClientMessage::KnockProof { payload: payload() },
        ClientMessage::KnockAnswer {
            guest: PEER,
            payload: payload(),
        },
        ClientMessage::NameplateOpen {
            nameplate: Some(nameplate),
        },
    ];
    let by_server = [
        ServerMessage::Joined {
            peer: PEER,
            peers: Vec::new(),
            resume: resume.clone(),
            ice_servers: vec![ice.clone()],
            resumed: false,
        },
        ServerMessage::Signal {
            from: PEER,
            payload: payload(),
        },
        ServerMessage::Nameplate { nameplate },
        ServerMessage::Knock {
            guest: PEER,
            payload: payload(),
        },
        ServerMessage::KnockProof {
            guest: PEER,
            payload: payload(),
        },
        ServerMessage::KnockAnswer { payload: payload() },
    ];
    for message in &by_client {
        hides(&forms, message);
        assert!(!format!("{message:?}").contains("4821"));
    }
    for message in &by_server {
        hides(&forms, message);
        assert!(!format!("{message:?}").contains("4821"));
    }
    hides(&forms, &resume);
    hides(&forms, &ice);
}

#[test]
fn opened_signals_show_no_description_and_no_address() {
    let forms = forms(&[]);
    let candidate = Candidate {
        line: TEXT.to_owned(),
        mid: Some(TEXT.to_owned()),
        mline_index: Some(0),
        ufrag: Some(TEXT.to_owned()),
    };
    hides(&forms, &candidate);
    let attempt = 1;
    let sdp = TEXT.to_owned();
    hides(
        &forms,
        &PeerSignal::Answer {
            attempt,
            sdp: sdp.clone(),
        },
    );
    hides(&forms, &PeerSignal::Offer { attempt, sdp });
    hides(&forms, &PeerSignal::Candidate { attempt, candidate });
}
