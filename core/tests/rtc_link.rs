//! Two links in one process over real UDP on this machine.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;
use parlor_core::rtc::{
    Candidate, CandidateKind, Channel, CloseReason, IceServer, MAX_FRAME_BYTES, PathInfo, Role,
    RtcConfig, RtcEvent, RtcLink,
};
use tokio::sync::mpsc;

/// Far more than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Offerer,
    Answerer,
}

impl Side {
    fn index(self) -> usize {
        match self {
            Self::Offerer => 0,
            Self::Answerer => 1,
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Offerer => Self::Answerer,
            Self::Answerer => Self::Offerer,
        }
    }
}

#[derive(Debug, Clone)]
struct Opened {
    path: Option<PathInfo>,
    local_fingerprint: String,
    remote_fingerprint: String,
}

/// Both links, signaling carried by hand, and what each side reported that nobody looked at yet.
struct Pair {
    links: [Option<RtcLink>; 2],
    events: mpsc::Receiver<(Side, RtcEvent)>,
    unread: VecDeque<(Side, RtcEvent)>,
    opened: [Option<Opened>; 2],
}

impl Pair {
    fn spawn(config: &RtcConfig) -> Self {
        let (sender, events) = mpsc::channel(64);
        let spawn = |side, role| Some(RtcLink::spawn(side, role, config.clone(), sender.clone()));
        Self {
            links: [
                spawn(Side::Offerer, Role::Offerer),
                spawn(Side::Answerer, Role::Answerer),
            ],
            events,
            unread: VecDeque::new(),
            opened: [None, None],
        }
    }

    async fn open(config: &RtcConfig) -> Self {
        let mut pair = Self::spawn(config);
        while pair.opened.iter().any(Option::is_none) {
            let event = pair.next_beyond_signaling().await;
            pair.unread.extend(event);
        }
        pair
    }

    fn link(&self, side: Side) -> &RtcLink {
        self.links[side.index()].as_ref().expect("not dropped yet")
    }

    /// Plays the server for one event; gives back what was not for it.
    async fn next_beyond_signaling(&mut self) -> Option<(Side, RtcEvent)> {
        let (side, event) = tokio::time::timeout(PATIENCE, self.events.recv())
            .await
            .expect("an event in time")
            .expect("links alive");
        match event {
            RtcEvent::LocalDescription { sdp } => {
                self.link(side.other())
                    .set_remote_description(sdp)
                    .expect("room");
                None
            }
            RtcEvent::LocalCandidate(candidate) => {
                if let Some(link) = &self.links[side.other().index()] {
                    // The other end may be gone already.
                    link.add_remote_candidate(candidate).ok();
                }
                None
            }
            RtcEvent::Open {
                path,
                local_fingerprint,
                remote_fingerprint,
            } => {
                self.opened[side.index()] = Some(Opened {
                    path,
                    local_fingerprint,
                    remote_fingerprint,
                });
                None
            }
            RtcEvent::Path(_) => None,
            event @ (RtcEvent::Frame { .. }
            | RtcEvent::BulkSent { .. }
            | RtcEvent::Closed { .. }) => Some((side, event)),
        }
    }

    async fn next(&mut self) -> (Side, RtcEvent) {
        loop {
            if let Some(event) = self.unread.pop_front() {
                return event;
            }
            let event = self.next_beyond_signaling().await;
            self.unread.extend(event);
        }
    }

    async fn frame_for(&mut self, wanted: Side) -> (Channel, Bytes) {
        loop {
            match self.next().await {
                (side, RtcEvent::Frame { channel, data }) if side == wanted => {
                    return (channel, data);
                }
                (_, RtcEvent::BulkSent { .. }) => {}
                other => panic!("waited for a frame, saw {other:?}"),
            }
        }
    }

    async fn close_of(&mut self, wanted: Side) -> CloseReason {
        loop {
            if let (side, RtcEvent::Closed { reason }) = self.next().await
                && side == wanted
            {
                return reason;
            }
        }
    }
}

/// Bytes that differ from place to place, so that a swap or a cut shows.
fn pattern(index: usize, len: usize) -> Bytes {
    (0..len)
        .map(|at| u8::try_from((at * 7 + index * 13) % 251).expect("below 251"))
        .collect()
}

/// Reads a `VmHWM`-like figure of this process, in bytes; none off Linux.
fn memory_bytes(field: &str) -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

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
    let frame = pattern(0, 64 * 1024);
    let mut taken = 0;
    // The library holds up to 512 undelivered messages; our queues, the send buffer and the
    // window come on top.
    let stalled = loop {
        if offerer.send(Channel::Bulk, frame.clone()).is_ok() {
            taken += 1;
            assert!(taken < 700, "the sender never stopped");
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

/// The other side of [`a_killed_peer_is_noticed`]: a process of its own that can be killed.
/// Does nothing when run as a test.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn peer_process() {
    if std::env::var_os(PEER_PROCESS).is_none() {
        return;
    }
    let (sender, mut events) = mpsc::channel(64);
    let link = RtcLink::spawn((), Role::Answerer, RtcConfig::default(), sender);
    let (lines_in, mut lines) = mpsc::channel(64);
    std::thread::spawn(move || {
        for line in std::io::stdin().lines().map_while(Result::ok) {
            lines_in.blocking_send(line).ok();
        }
    });
    loop {
        tokio::select! {
            Some(((), event)) = events.recv() => {
                if let Some(line) = to_line(event) {
                    println!("\n{line}");
                }
            }
            Some(line) = lines.recv() => from_line(&line, &link),
        }
    }
}

const PEER_PROCESS: &str = "PARLOR_TEST_PEER_PROCESS";

fn to_line(event: RtcEvent) -> Option<String> {
    match event {
        RtcEvent::LocalDescription { sdp } => {
            Some(format!("SDP {}", serde_json::to_string(&sdp).ok()?))
        }
        RtcEvent::LocalCandidate(candidate) => Some(format!("ICE {}", candidate.line)),
        RtcEvent::Open { .. }
        | RtcEvent::Frame { .. }
        | RtcEvent::BulkSent { .. }
        | RtcEvent::Path(_)
        | RtcEvent::Closed { .. } => None,
    }
}

fn from_line(line: &str, link: &RtcLink) {
    if let Some(sdp) = line.strip_prefix("SDP ") {
        let sdp = serde_json::from_str(sdp).expect("what to_line wrote");
        link.set_remote_description(sdp).expect("room");
    } else if let Some(line) = line.strip_prefix("ICE ") {
        let candidate = Candidate {
            line: line.to_owned(),
            ..Candidate::default()
        };
        link.add_remote_candidate(candidate).expect("room");
    }
}

/// A peer that is killed says nothing; silence tells, within 12 s or so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_peer_is_noticed() {
    use std::io::{BufRead, BufReader, Write};
    use std::process::{Command, Stdio};

    let mut peer = Command::new(std::env::current_exe().expect("a running test"))
        .args(["peer_process", "--exact", "--nocapture"])
        .env(PEER_PROCESS, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the test binary runs");
    let mut to_peer = peer.stdin.take().expect("piped");
    let from_peer = BufReader::new(peer.stdout.take().expect("piped"));
    let (lines_in, mut lines) = mpsc::channel(64);
    std::thread::spawn(move || {
        for line in from_peer.lines().map_while(Result::ok) {
            lines_in.blocking_send(line).ok();
        }
    });
    let (sender, mut events) = mpsc::channel(64);
    let link = RtcLink::spawn((), Role::Offerer, RtcConfig::default(), sender);
    let mut killed = None;
    let reason = loop {
        tokio::select! {
            Some(line) = lines.recv() => from_line(&line, &link),
            Some(((), event)) = events.recv() => match event {
                RtcEvent::Open { .. } => {
                    peer.kill().expect("alive until now");
                    peer.wait().expect("killed");
                    killed = Some(Instant::now());
                }
                RtcEvent::Closed { reason } => break reason,
                signal @ (RtcEvent::LocalDescription { .. }
                | RtcEvent::LocalCandidate(_)
                | RtcEvent::Path(_)
                | RtcEvent::Frame { .. }
                | RtcEvent::BulkSent { .. }) => if let Some(line) = to_line(signal) {
                    writeln!(to_peer, "{line}").expect("alive until open");
                },
            },
        }
    };
    assert_eq!(reason, CloseReason::IceFailed);
    let noticed = killed.expect("open before closed").elapsed();
    assert!(noticed < Duration::from_secs(15), "after {noticed:?}");
    println!("noticed after {noticed:?}");
}

/// Carries signaling from one link to the other; tells whether the event was its `Open`.
fn carry(event: RtcEvent, to: &RtcLink) -> bool {
    match event {
        RtcEvent::LocalDescription { sdp } => to.set_remote_description(sdp).expect("room"),
        RtcEvent::LocalCandidate(candidate) => to.add_remote_candidate(candidate).expect("room"),
        RtcEvent::Open { .. } => return true,
        RtcEvent::Frame { .. }
        | RtcEvent::BulkSent { .. }
        | RtcEvent::Path(_)
        | RtcEvent::Closed { .. } => {}
    }
    false
}
