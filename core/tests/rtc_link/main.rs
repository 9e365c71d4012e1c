//! Two links in one process over real UDP on this machine.

mod endings;
mod killed;
mod pair;

use std::time::{Duration, Instant};

use bytes::Bytes;
use parlor_core::rtc::{
    Candidate, CandidateKind, Channel, IceServer, MAX_FRAME_BYTES, Role, RtcConfig, RtcEvent,
    RtcLink,
};
use tokio::sync::mpsc;

use pair::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_pass_both_ways_on_every_channel() {
    let mut pair = Pair::open(&RtcConfig::default()).await;
    for side in [Side::Offerer, Side::Answerer] {
        for channel in Channel::ALL {
            let frame = pattern(usize::from(channel.id()), 900);
            pair.link(side).send(channel, frame.clone()).expect("room");
            let received = pair.frame_for(side.other()).await;
            assert_eq!(received, (channel, frame));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn control_keeps_its_order_and_takes_the_largest_frame() {
    let mut pair = Pair::open(&RtcConfig::default()).await;
    let lengths = [1, 40_000, 3, MAX_FRAME_BYTES, 2, 17];
    for (index, len) in lengths.into_iter().enumerate() {
        let frame = pattern(index, len);
        pair.link(Side::Offerer)
            .send(Channel::Control, frame)
            .expect("room");
    }
    for (index, len) in lengths.into_iter().enumerate() {
        let (channel, data) = pair.frame_for(Side::Answerer).await;
        assert_eq!(channel, Channel::Control);
        assert!(data == pattern(index, len), "frame {index} of {len} bytes");
    }
}

/// Many links, because without the greeting 19 of 120 lost their first frames.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn frames_queued_before_open_arrive_after_it() {
    for _ in 0..30 {
        tokio::time::timeout(PATIENCE, exchange_early_frames())
            .await
            .expect("no frame is lost");
    }
}

async fn exchange_early_frames() {
    let mut pair = Pair::spawn(&RtcConfig::default());
    for index in 0..20 {
        for side in [Side::Offerer, Side::Answerer] {
            pair.link(side)
                .send(Channel::Control, pattern(index, 100))
                .expect("room");
        }
    }
    let mut received = [0, 0];
    while received != [20, 20] {
        let Some((side, event)) = pair.next_beyond_signaling().await else {
            continue;
        };
        let RtcEvent::Frame { data, .. } = event else {
            panic!("unexpected {event:?}");
        };
        assert!(pair.opened[side.index()].is_some(), "frame before open");
        assert_eq!(data, pattern(received[side.index()], 100));
        received[side.index()] += 1;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_side_sees_the_certificate_of_the_other() {
    let pair = Pair::open(&RtcConfig::default()).await;
    let [Some(offerer), Some(answerer)] = pair.opened.clone() else {
        panic!("both open");
    };
    assert_eq!(offerer.local_fingerprint, answerer.remote_fingerprint);
    assert_eq!(answerer.local_fingerprint, offerer.remote_fingerprint);
    assert_ne!(offerer.local_fingerprint, answerer.local_fingerprint);
    assert_eq!(offerer.local_fingerprint.split(':').count(), 32);
    let path = offerer.path.expect("a path once open");
    assert_eq!(path.local, CandidateKind::Host);
    assert_eq!(path.protocol, "udp");
}

/// Strange candidates, early and late, and servers nobody answers at, change nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unreachable_servers_and_junk_candidates_delay_nothing() {
    let config = RtcConfig {
        ice_servers: vec![IceServer {
            // TEST-NET-3 (RFC 5737) and a name that cannot exist (RFC 6761).
            urls: vec![
                "stun:203.0.113.1:3478".into(),
                "stun:stun.invalid:3478".into(),
            ],
            ..IceServer::default()
        }],
        ..RtcConfig::default()
    };
    let begun = Instant::now();
    let mut pair = Pair::spawn(&config);
    for line in [
        "",
        "candidate:",
        "candidate:1 1 udp x y z typ host",
        "\u{1f600}",
    ] {
        let junk = Candidate {
            line: line.into(),
            ..Candidate::default()
        };
        for side in [Side::Offerer, Side::Answerer] {
            pair.link(side)
                .add_remote_candidate(junk.clone())
                .expect("room");
        }
    }
    while pair.opened.iter().any(Option::is_none) {
        pair.next_beyond_signaling().await;
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(3), "opened in {took:?}");
}

/// 64 MiB in messages of an odd size: all of it, unharmed, and never much of it in memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bulk_carries_64_mib_in_bounded_memory() {
    const FRAME_BYTES: usize = 64 * 1024 + 600;
    const FRAMES: usize = 64 * 1024 * 1024 / FRAME_BYTES + 1;
    let mut pair = Pair::open(&RtcConfig::default()).await;
    let frame = pattern(0, FRAME_BYTES);
    let before = memory_bytes("VmRSS");
    let (mut queued, mut sent, mut received) = (0, 0, 0);
    while received < FRAMES {
        while queued < FRAMES
            && pair
                .link(Side::Offerer)
                .send(Channel::Bulk, frame.clone())
                .is_ok()
        {
            queued += 1;
        }
        match pair.next().await {
            (Side::Offerer, RtcEvent::BulkSent { bytes }) => {
                assert_eq!(bytes, FRAME_BYTES);
                sent += 1;
            }
            (Side::Answerer, RtcEvent::Frame { channel, data }) => {
                assert_eq!(channel, Channel::Bulk);
                assert!(data == frame, "frame {received} differs");
                received += 1;
            }
            other => panic!("unexpected {other:?}"),
        }
    }
    assert_eq!(queued, FRAMES);
    assert!(sent <= FRAMES);
    if let (Some(before), Some(peak)) = (before, memory_bytes("VmHWM")) {
        let grown = peak.saturating_sub(before);
        assert!(grown < 40 * 1024 * 1024, "memory grew by {grown} bytes");
    }
}

/// Chat must not wait for a file: a control frame overtakes what the bulk queue still holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn control_gets_through_while_bulk_is_saturated() {
    let mut pair = Pair::open(&RtcConfig::default()).await;
    let frame = pattern(0, 64 * 1024);
    let mut asked: Option<Instant> = None;
    let mut answered = 0;
    let mut slowest = Duration::ZERO;
    while answered < 20 {
        while pair
            .link(Side::Offerer)
            .send(Channel::Bulk, frame.clone())
            .is_ok()
        {}
        if asked.is_none() {
            asked = Some(Instant::now());
            pair.link(Side::Offerer)
                .send(Channel::Control, Bytes::from_static(b"ping"))
                .expect("room");
        }
        if let (
            Side::Answerer,
            RtcEvent::Frame {
                channel: Channel::Control,
                ..
            },
        ) = pair.next().await
            && let Some(asked) = asked.take()
        {
            slowest = slowest.max(asked.elapsed());
            answered += 1;
        }
    }
    assert!(slowest < Duration::from_secs(2), "slowest {slowest:?}");
}

/// A consumer that stops reading stops the sender; nothing is lost once it goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_stops_stops_the_sender() {
    let (sender, mut offerer_events) = mpsc::channel(1024);
    let (answer_sender, mut answerer_events) = mpsc::channel(4);
    let offerer = RtcLink::spawn((), Role::Offerer, RtcConfig::default(), sender);
    let answerer = RtcLink::spawn((), Role::Answerer, RtcConfig::default(), answer_sender);
    let (mut offerer_open, mut answerer_open) = (false, false);
    while !(offerer_open && answerer_open) {
        tokio::select! {
            Some(((), event)) = offerer_events.recv() => {
                offerer_open |= carry(event, &answerer);
            }
            Some(((), event)) = answerer_events.recv() => {
                answerer_open |= carry(event, &offerer);
            }
        }
    }
    // In bytes less than what ends a link.
    let frame = pattern(0, 12 * 1024);
    let mut taken = 0;
    // The library holds up to 512 undelivered messages; our queues on both sides, the send buffer
    // and the window come on top.
    let stalled = loop {
        if offerer.send(Channel::Bulk, frame.clone()).is_ok() {
            taken += 1;
            assert!(taken < 1300, "the sender never stopped");
            continue;
        }
        match tokio::time::timeout(Duration::from_secs(2), offerer_events.recv()).await {
            Ok(event) => drop(event.expect("link alive")),
            Err(_) => break taken,
        }
    };
    let mut received = 0;
    while received < stalled {
        let ((), event) = tokio::time::timeout(PATIENCE, answerer_events.recv())
            .await
            .expect("in time")
            .expect("link alive");
        if let RtcEvent::Frame { data, .. } = event {
            assert!(data == frame, "frame {received} differs");
            received += 1;
        }
    }
}
