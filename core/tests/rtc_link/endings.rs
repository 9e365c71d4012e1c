//! How links end.

use std::time::{Duration, Instant};

use bytes::Bytes;
use parlor_core::rtc::{Channel, CloseReason, MAX_FRAME_BYTES, Role, RtcConfig, RtcEvent, RtcLink};
use tokio::sync::mpsc;

use super::pair::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_goodbye_arrives_before_the_close_it_announces() {
    let mut pair = Pair::open(&RtcConfig::default()).await;
    pair.link(Side::Offerer)
        .send(Channel::Control, Bytes::from_static(b"bye"))
        .expect("room");
    pair.link(Side::Offerer).close();
    let begun = Instant::now();
    let (_, data) = loop {
        if let (Side::Answerer, RtcEvent::Frame { channel, data }) = pair.next().await {
            break (channel, data);
        }
    };
    assert_eq!(data, "bye");
    assert_eq!(
        pair.close_of(Side::Answerer).await,
        CloseReason::RemoteClosed
    );
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "noticed at once, took {:?}",
        begun.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closed_is_the_last_event_of_each_side() {
    let mut pair = Pair::open(&RtcConfig::default()).await;
    pair.link(Side::Answerer).close();
    pair.link(Side::Answerer).close();
    let mut closes = Vec::new();
    let until_all_senders_are_gone = async {
        while let Some((side, event)) = pair.events.recv().await {
            if let RtcEvent::Closed { reason } = event {
                closes.push((side, reason));
            } else {
                assert!(
                    closes.iter().all(|(closed, _)| *closed != side),
                    "{side:?} reported {event:?} after its close"
                );
            }
        }
    };
    tokio::time::timeout(PATIENCE, until_all_senders_are_gone)
        .await
        .expect("every task ended");
    closes.sort_by_key(|(side, _)| side.index());
    assert_eq!(
        closes,
        [
            (Side::Offerer, CloseReason::RemoteClosed),
            (Side::Answerer, CloseReason::Requested)
        ]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dropping_the_handle_ends_every_task() {
    let mut pair = Pair::open(&RtcConfig::default()).await;
    pair.links[0] = None;
    assert_eq!(
        pair.close_of(Side::Answerer).await,
        CloseReason::RemoteClosed
    );
    let all_gone = async { while pair.events.recv().await.is_some() {} };
    tokio::time::timeout(PATIENCE, all_gone)
        .await
        .expect("every sender of events is gone");
}

#[tokio::test]
async fn a_bad_description_ends_the_link_with_a_reason() {
    for sdp in ["", "v=0", "not a description", "v=0\r\nm=application\r\n"] {
        let (sender, mut events) = mpsc::channel(8);
        let link = RtcLink::spawn((), Role::Answerer, RtcConfig::default(), sender);
        link.set_remote_description(sdp.to_owned()).expect("room");
        let ((), event) = tokio::time::timeout(PATIENCE, events.recv())
            .await
            .expect("in time")
            .expect("an event");
        let RtcEvent::Closed {
            reason: CloseReason::Setup(_),
        } = event
        else {
            panic!("{sdp:?} led to {event:?}");
        };
        assert!(events.recv().await.is_none(), "nothing after the close");
    }
}

#[tokio::test]
async fn a_frame_over_the_limit_is_refused_and_ends_the_link() {
    let (sender, mut events) = mpsc::channel(64);
    let link = RtcLink::spawn((), Role::Offerer, RtcConfig::default(), sender);
    let frame = Bytes::from(vec![0; MAX_FRAME_BYTES + 1]);
    assert!(link.send(Channel::Bulk, frame).is_err());
    loop {
        let ((), event) = events.recv().await.expect("a close");
        if let RtcEvent::Closed { reason } = event {
            assert_eq!(reason, CloseReason::QueueOverflow);
            return;
        }
    }
}
