//! Real rooms behind a signaling server that attacks them with real WebRTC connections: nobody is
//! fooled, and everybody is warned.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its scene has failed"
)]

mod attack;
mod middle;
mod noise;
mod proxy;

use std::time::Duration;

use futures_util::StreamExt as _;
use parlor_core::options::RoomOptions;
use parlor_core::room::notice::Notice;
use parlor_core::room::{Room, RoomEvent, RoomEvents};
use parlor_proto::invite::{Invite, RoomSecret, ServerUrl};
use parlor_proto::signal::JoinIntent;
use parlor_proto::text::DisplayName;
use parlor_signaling::server::{Server, ServerConfig};
use tokio::time::Instant;

use attack::Attack;

/// Long enough for a loaded machine, short enough that a hang is seen.
const PATIENCE: Duration = Duration::from_secs(50);

/// How long a member is watched after the first warning, for what must not follow.
const AFTERMATH: Duration = Duration::from_secs(2);

/// Sessions side by side: whole WebRTC stacks, up to four in each.
const AT_ONCE: usize = 5;

const SESSIONS: [Attack; 20] = {
    use Attack::{InTheMiddle, Invents, OwnHandshake, Repeats, Tampers};
    [
        InTheMiddle,
        OwnHandshake,
        Tampers,
        Repeats,
        Invents,
        InTheMiddle,
        OwnHandshake,
        Tampers,
        Repeats,
        Invents,
        InTheMiddle,
        OwnHandshake,
        Tampers,
        Repeats,
        Invents,
        InTheMiddle,
        OwnHandshake,
        Tampers,
        Repeats,
        InTheMiddle,
    ]
};

/// What came of a session for its two members.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    connected: usize,
    warned: usize,
}

/// The warning that belongs to an attack.
fn is_warning(attack: Attack, notice: &Notice) -> bool {
    match notice {
        Notice::ServerSuspected { .. } => {
            matches!(
                attack,
                Attack::Tampers | Attack::Repeats | Attack::Invents | Attack::None
            )
        }
        Notice::PeerRefused { reason, .. } => {
            matches!(
                attack,
                Attack::InTheMiddle | Attack::OwnHandshake | Attack::None
            ) && reason.contains("somebody may be in between")
        }
        _ => false,
    }
}

/// Waits until this member is connected or warned, and then looks on for a while.
async fn end_of(attack: Attack, events: &mut RoomEvents) -> Outcome {
    let mut outcome = Outcome::default();
    let mut until = Instant::now() + PATIENCE;
    // Who sees neither in time has neither.
    while let Ok(Some(event)) = tokio::time::timeout_at(until, events.next()).await {
        let RoomEvent::Session(notice) = event else {
            continue;
        };
        let before = outcome.connected + outcome.warned;
        outcome.connected += usize::from(matches!(notice, Notice::PeerConnected { .. }));
        outcome.warned += usize::from(is_warning(attack, &notice));
        if before == 0 && outcome != Outcome::default() {
            until = Instant::now() + AFTERMATH;
        }
    }
    outcome
}

async fn session(number: u8, attack: Attack) -> Outcome {
    let config = ServerConfig::new("127.0.0.1:0".parse().unwrap());
    let server = Server::bind(config).await.unwrap();
    let secret = RoomSecret::from_bytes([number; 32]);
    let proxy = proxy::start(server.local_addr(), attack, &secret).await;
    let invite = Invite {
        server: ServerUrl::parse(&format!("http://{proxy}")).unwrap(),
        secret,
    };
    let member = |name| {
        let name = DisplayName::sanitise(name);
        let mut options = RoomOptions::new(invite.clone(), JoinIntent::Open, name);
        options.ice_servers = Some(Vec::new());
        Room::start(options).unwrap()
    };
    let ((_ada, mut ada_events), (_bob, mut bob_events)) = (member("Ada"), member("Bob"));
    let (a, b) = tokio::join!(
        end_of(attack, &mut ada_events),
        end_of(attack, &mut bob_events)
    );
    Outcome {
        connected: a.connected + b.connected,
        warned: a.warned.min(1) + b.warned.min(1),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_attacks_connect_nobody_and_both_members_are_warned_each_time() {
    let sessions = (1..).zip(SESSIONS).map(|(number, attack)| async move {
        let outcome = session(number, attack).await;
        (number, attack, outcome)
    });
    let outcomes: Vec<_> = futures_util::stream::iter(sessions)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    assert_eq!(outcomes.len(), 20);
    for (number, attack, outcome) in outcomes {
        let expected = Outcome {
            connected: 0,
            warned: 2,
        };
        assert_eq!(outcome, expected, "session {number}, {attack:?}");
    }
}

/// The same members behind the same proxy, which this time only passes on: the test above could
/// fail.
#[tokio::test(flavor = "multi_thread")]
async fn without_an_attack_both_connect_and_nobody_is_warned() {
    let expected = Outcome {
        connected: 2,
        warned: 0,
    };
    assert_eq!(session(99, Attack::None).await, expected);
}
