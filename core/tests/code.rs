//! Typed codes over a real server: into a room that is then joined for real.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set up its scene has failed"
)]

use parlor_core::code::{NewcomerError, RedeemError, redeem};
use parlor_core::options::RoomOptions;
use parlor_core::room::notice::{CodeEnd, Notice};
use parlor_core::room::{Room, RoomEvents};
use parlor_proto::code::{Code, Nameplate, Words};
use parlor_proto::invite::Invite;
use parlor_proto::signal::JoinIntent;
use parlor_proto::text::DisplayName;

use common::{notice, server};

mod common;

fn enter(invite: &Invite, intent: JoinIntent, name: &str) -> (Room, RoomEvents) {
    let mut options = RoomOptions::new(invite.clone(), intent, DisplayName::sanitise(name));
    options.ice_servers = Some(Vec::new());
    Room::start(options).unwrap()
}

async fn code(room: &Room, events: &mut RoomEvents, uses: u32) -> Code {
    room.open_code(uses).await.unwrap();
    notice(events, "code", |notice| match notice {
        Notice::CodeReady { code, .. } => Some(code.clone()),
        _ => None,
    })
    .await
}

async fn end_of_code(events: &mut RoomEvents) -> CodeEnd {
    notice(events, "end of the code", |notice| match notice {
        Notice::CodeClosed { why } => Some(*why),
        _ => None,
    })
    .await
}

fn wrong(code: &Code) -> Code {
    let other = [1, 2, 3].map(|n| Words::from_random(&[n; 5]));
    let words = other.into_iter().find(|words| *words != code.words);
    Code {
        words: words.unwrap(),
        ..code.clone()
    }
}

fn is_refused(redeemed: &Result<Invite, RedeemError>) -> bool {
    matches!(redeemed, Err(RedeemError::Exchange(NewcomerError::Refused)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newcomer_who_types_the_code_is_in_the_room() {
    let (_server, invite) = server().await;
    let (ada, mut ada_events) = enter(&invite, JoinIntent::Open, "Ada");
    let code = code(&ada, &mut ada_events, 1).await;
    let typed = Code::parse(&code.to_string().to_uppercase()).unwrap();
    let given = redeem(&invite.server, typed).await.unwrap();
    assert_eq!(given, invite);
    let (_bob, mut bob_events) = enter(&given, JoinIntent::Join, "Bob");
    let met = |notice: &Notice| matches!(notice, Notice::PeerConnected { .. }).then_some(());
    notice(&mut bob_events, "connection", met).await;
    assert_eq!(end_of_code(&mut ada_events).await, CodeEnd::UsedUp);
}

#[tokio::test(flavor = "multi_thread")]
async fn three_wrong_codes_end_the_right_one() {
    let (_server, invite) = server().await;
    let (ada, mut ada_events) = enter(&invite, JoinIntent::Open, "Ada");
    let code = code(&ada, &mut ada_events, 9).await;
    for _ in 0..3 {
        assert!(is_refused(&redeem(&invite.server, wrong(&code)).await));
    }
    assert_eq!(end_of_code(&mut ada_events).await, CodeEnd::Guessed);
    assert!(is_refused(&redeem(&invite.server, code).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_that_nobody_shows_is_refused_like_a_wrong_code() {
    let (_server, invite) = server().await;
    let code = Code {
        nameplate: Nameplate::try_from(77).unwrap(),
        words: Words::from_random(&[1; 5]),
    };
    assert!(is_refused(&redeem(&invite.server, code).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_code_lets_nobody_in() {
    let (_server, invite) = server().await;
    let (ada, mut ada_events) = enter(&invite, JoinIntent::Open, "Ada");
    let code = code(&ada, &mut ada_events, 9).await;
    ada.close_code().await.unwrap();
    assert_eq!(end_of_code(&mut ada_events).await, CodeEnd::Closed);
    assert!(is_refused(&redeem(&invite.server, code).await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_cannot_be_reached_is_named_as_the_trouble() {
    let (server, invite) = server().await;
    server.shutdown().await;
    let code = Code {
        nameplate: Nameplate::try_from(77).unwrap(),
        words: Words::from_random(&[1; 5]),
    };
    let redeemed = redeem(&invite.server, code).await;
    assert!(matches!(
        redeemed,
        Err(RedeemError::Exchange(NewcomerError::Server { .. }))
    ));
}
